-- Written by maitred; changes are overwritten.
-- Answers in place of the agent while none of its workers does (SPOP: reference/spop.md 1 to 3), and gives no verdict: what must not pass
-- without one does not, and nobody waits for it.
local HELLO, DISCONNECT, NOTIFY, LARGEST = 1, 2, 3, 262144

local function frame(bytes)
    local n = #bytes
    return string.char(n >> 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255) .. bytes
end

-- Frames of ours: type, FIN, ids, payload.
local hello = frame("\x65\0\0\0\1\0\0" .. "\7version\8\0032.0" .. "\14max-frame-size\3\xfc\xf0\6" .. "\12capabilities\8\10pipelining")
local bye = frame("\x66\0\0\0\1\0\0" .. "\11status-code\3\0" .. "\7message\8\3bye")
local verdict = "\1\3\2\7verdict\8\6closed"

-- Where the number that begins at `at` ends.
local function behind(bytes, at)
    if (bytes:byte(at) or 0) < 240 then
        return at + 1
    end
    repeat
        at = at + 1
    until (bytes:byte(at) or 0) < 128
    return at + 1
end

core.register_service("closed", "tcp", function(applet)
    while true do
        local head = applet:receive(4)
        if not head or #head < 4 then
            return
        end
        local size = head:byte(1) << 24 | head:byte(2) << 16 | head:byte(3) << 8 | head:byte(4)
        local bytes = size >= 7 and size <= LARGEST and applet:receive(size)
        if not bytes or #bytes < size then
            return
        end
        local kind = bytes:byte(1)
        if kind == HELLO then
            applet:send(hello)
        elseif kind == NOTIFY then
            applet:send(frame("\x67\0\0\0\1" .. bytes:sub(6, behind(bytes, behind(bytes, 6)) - 1) .. verdict))
        elseif kind == DISCONNECT then
            applet:send(bye)
            return
        end
    end
end)

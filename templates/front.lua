-- For entry points that look at the first bytes of a connection: a PROXY header is taken off, and the protocols that a TLS client offers are
-- compared with those that it may have.

local function address6(s)
    local groups = {}
    for i = 1, 16, 2 do
        groups[#groups + 1] = string.format("%x", s:byte(i) << 8 | s:byte(i + 1))
    end
    return table.concat(groups, ":")
end

local function say(txn, src, src_port, dst, dst_port)
    txn:set_var("sess.pp_src", src)
    txn:set_var("sess.pp_src_port", src_port)
    txn:set_var("sess.pp_dst", dst)
    txn:set_var("sess.pp_dst_port", dst_port)
end

-- Version 1: a line of at most 107 bytes.
local function text_header(txn, channel)
    local line = channel:line(0) or ""
    if #line > 107 or line:sub(-2) ~= "\r\n" then
        return nil
    end
    local family, src, dst, src_port, dst_port = line:match("^PROXY (TCP[46]) ([%x:.]+) ([%x:.]+) (%d+) (%d+)\r\n$")
    src_port, dst_port = tonumber(src_port), tonumber(dst_port)
    if family and src_port <= 65535 and dst_port <= 65535 then
        say(txn, src, src_port, dst, dst_port)
    elseif not line:find("^PROXY UNKNOWN[ \r]") then
        return nil
    end
    return #line
end

-- Version 2: 16 bytes, and as many more as these say. Other commands and families than of an address: the header is taken off, no more.
local function binary_header(txn, channel)
    local head = channel:data(0, 16) or ""
    if #head < 16 or head:byte(13) >> 4 ~= 2 then
        return nil
    end
    local n = 16 + (head:byte(15) << 8 | head:byte(16))
    local all = channel:data(0, n) or ""
    if #all < n then
        return nil
    end
    local command, family = all:byte(13) & 15, all:byte(14)
    if command == 1 and family == 0x11 and n >= 28 then
        local b = { all:byte(17, 28) }
        say(txn, table.concat(b, ".", 1, 4), b[9] << 8 | b[10], table.concat(b, ".", 5, 8), b[11] << 8 | b[12])
    elseif command == 1 and family == 0x21 and n >= 52 then
        local b = { all:byte(49, 52) }
        say(txn, address6(all:sub(17, 32)), b[1] << 8 | b[2], address6(all:sub(33, 48)), b[3] << 8 | b[4])
    end
    return n
end

core.register_action("proxy", { "tcp-req" }, function(txn)
    local channel = txn.req
    local length = (txn:get_var("sess.pp") == 2 and binary_header or text_header)(txn, channel)
    if length then
        channel:remove(0, length)
    else
        txn:set_var("sess.pp_bad", true)
    end
end)

-- The protocols of a ClientHello that lies in `data`, or nil.
local function protocols(data)
    local function number(at, n)
        local value = 0
        for i = at, at + n - 1 do
            value = value << 8 | (data:byte(i) or 0)
        end
        return value
    end
    local at = 5 + 4 + 2 + 32 + 1 -- record, handshake, version, random
    at = at + 1 + number(at, 1)   -- session
    at = at + 2 + number(at, 2)   -- ciphers
    at = at + 1 + number(at, 1)   -- compression
    local stop = at + 2 + number(at, 2)
    at = at + 2
    while at + 4 <= stop and at + 3 <= #data do
        local kind, length = number(at, 2), number(at + 2, 2)
        if kind == 16 then
            local out, i, last = {}, at + 6, at + 4 + length
            while i < last and i <= #data do
                out[#out + 1] = data:sub(i + 1, i + number(i, 1))
                i = i + 1 + number(i, 1)
            end
            return out
        end
        at = at + 4 + length
    end
    return nil
end

-- The messages of a handshake may be cut into several records.
local function unrecorded(data)
    local out, at = { data:sub(1, 5) }, 1
    while at + 5 <= #data and data:byte(at) == 0x16 do
        local length = data:byte(at + 3) << 8 | data:byte(at + 4)
        out[#out + 1] = data:sub(at + 5, at + 4 + length)
        at = at + 5 + length
    end
    return table.concat(out)
end

-- sess.foreign: the client offers protocols, and none that is in sess.alpn.
core.register_action("alpn", { "tcp-req" }, function(txn)
    local offered = protocols(unrecorded(txn.req:data(0) or ""))
    if not offered or #offered == 0 then
        return
    end
    local wanted = "," .. (txn:get_var("sess.alpn") or "") .. ","
    for _, name in ipairs(offered) do
        if wanted:find("," .. name .. ",", 1, true) then
            return
        end
    end
    txn:set_var("sess.foreign", true)
end)

-- Ops that refuse: by address, by how many are on their way, by codes in the path.
local ops, stop, pause = maitred.ops, maitred.stop, maitred.pause

-- Addresses --------------------------------------------------------------------------------------------------------

local function parse_v4(s)
    local a, b, c, d = s:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
    if not a or s:find("%f[%d]0%d") then
        return nil
    end
    a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
    if a > 255 or b > 255 or c > 255 or d > 255 then
        return nil
    end
    return a << 24 | b << 16 | c << 8 | d
end

-- The groups of one side of "::".
local function groups_of(text, out)
    if text == "" then
        return true
    end
    for group in (text .. ":"):gmatch("([^:]*):") do
        if not group:find("^%x%x?%x?%x?$") then
            return false
        end
        out[#out + 1] = tonumber(group, 16)
    end
    return true
end

-- net/netip ParseAddr: the two halves of an IPv6 address, or nil.
local function parse_v6(s)
    local zone = s:find("%", 1, true)
    if zone == #s then
        return nil
    end
    s = zone and s:sub(1, zone - 1) or s
    local front, v4 = s:match("^(.*:)(%d+%.%d+%.%d+%.%d+)$")
    if front then
        v4 = parse_v4(v4)
        if not v4 then
            return nil
        end
        s = string.format("%s%x:%x", front, v4 >> 16, v4 & 0xffff)
    end
    local left, right = s:match("^(.-)::(.*)$")
    local groups, rest = {}, {}
    if not groups_of(left or s, groups) or (not left and s == "") then
        return nil
    end
    if left then
        if not groups_of(right, rest) or #groups + #rest > 7 then
            return nil
        end
        for _ = #groups + #rest, 7 do
            groups[#groups + 1] = 0
        end
        for _, group in ipairs(rest) do
            groups[#groups + 1] = group
        end
    end
    if #groups ~= 8 then
        return nil
    end
    local g = groups
    return g[1] << 48 | g[2] << 32 | g[3] << 16 | g[4], g[5] << 48 | g[6] << 32 | g[7] << 16 | g[8]
end

-- 4 and the number, or 6 and two halves; nil for what is none. IPv4 in IPv6 is IPv4.
local function parse(s)
    local v4 = parse_v4(s)
    if v4 then
        return 4, v4
    end
    local high, low = parse_v6(s)
    if not high then
        return nil
    end
    if high == 0 and low >> 32 == 0xffff then
        return 4, low & 0xffffffff
    end
    return 6, high, low
end

local function mask(bits)
    return bits <= 0 and 0 or -1 << (64 - (bits < 64 and bits or 64))
end

-- A test of addresses against a list of networks: one look-up for each length that occurs.
local function nets_of(list)
    local v4, v6, lengths4, lengths6 = {}, {}, {}, {}
    for _, net in ipairs(list) do
        local hex, bits = net:match("^(%x+)/(%d+)$")
        bits = tonumber(bits)
        local by_length, lengths = v4, lengths4
        local key = tonumber(hex, 16)
        if #hex == 32 then
            by_length, lengths, key = v6, lengths6, hex
        end
        if not by_length[bits] then
            by_length[bits] = {}
            lengths[#lengths + 1] = bits
        end
        by_length[bits][key] = true
    end
    return function(kind, high, low)
        if kind == 4 then
            for i = 1, #lengths4 do
                local bits = lengths4[i]
                if v4[bits][high & (mask(32 + bits) & 0xffffffff)] then
                    return true
                end
            end
        elseif kind == 6 then
            for i = 1, #lengths6 do
                local bits = lengths6[i]
                if v6[bits][string.format("%016x%016x", high & mask(bits), low & mask(bits - 64))] then
                    return true
                end
            end
        end
        return false
    end
end

-- X-Forwarded-For as the middleware sees it: without the peer, which the proxy adds at the end.
local function forwarded(st)
    local value, peer = st.txn.f:req_fhdr("x-forwarded-for") or "", st.txn:get_var("sess.ip")
    if value == peer then
        return ""
    end
    local tail = ", " .. peer
    return value:sub(-#tail) == tail and value:sub(1, -#tail - 1) or value
end

local function trim(s)
    return s:match("^%s*(.-)%s*$")
end

-- By networks of so many bits, where an address is one of IPv6.
local function by_subnet(text, bits)
    local high, low
    if bits > 0 then
        high, low = parse_v6(text)
    end
    if not high then
        return text
    end
    high, low = high & mask(bits), low & mask(bits - 64)
    return string.format("%x:%x:%x:%x:%x:%x:%x:%x", high >> 48 & 65535, high >> 32 & 65535, high >> 16 & 65535, high & 65535,
        low >> 48 & 65535, low >> 32 & 65535, low >> 16 & 65535, low & 65535)
end

-- A function that says which address counts.
local function strategy_of(text)
    local words = {}
    for word in text:gmatch("[^,]+") do
        words[#words + 1] = word
    end
    if words[1] == "not" then
        local excluded = nets_of({ table.unpack(words, 2) })
        return function(st)
            local items = {}
            for item in (forwarded(st) .. ","):gmatch("([^,]*),") do
                items[#items + 1] = trim(item)
            end
            for i = #items, 1, -1 do
                if items[i] ~= "" and not excluded(parse(items[i])) then
                    return items[i]
                end
            end
            return ""
        end
    end
    local subnet = tonumber(words[2])
    if words[1] == "depth" then
        local depth = tonumber(words[3])
        return function(st)
            local items = {}
            for item in (forwarded(st) .. ","):gmatch("([^,]*),") do
                items[#items + 1] = item
            end
            return #items >= depth and by_subnet(trim(items[#items - depth + 1]), subnet) or ""
        end
    end
    return function(st)
        return by_subnet(st.txn:get_var("sess.ip"), subnet)
    end
end

-- Ops --------------------------------------------------------------------------------------------------------------

function ops.allow(_, status, reason, strategy, ...)
    local source, nets = strategy_of(strategy), nets_of({ ... })
    status = tonumber(status)
    -- The verdicts of late.
    local known, n = {}, 0
    return function(st)
        local address = source(st)
        local welcome = known[address]
        if welcome == nil then
            if n >= 1000 then
                known, n = {}, 0
            end
            welcome = nets(parse((maitred.split_host(address))))
            known[address] = welcome
            n = n + 1
        end
        if not welcome then
            return stop(st, status, reason, reason)
        end
        st.listed = true
    end
end

-- Waits two milliseconds for a seat (program.cfg), where HAProxy has no pause of its own.
core.register_action("seat", { "http-req" }, function(txn, slot)
    local key, most = txn:get_var("txn.i" .. slot), tonumber(txn:get_var("txn.m" .. slot))
    for _ = 1, 2 do
        core.msleep(1)
        local taken = tonumber(txn.c:table_conn_cur(key, "in-flight"))
        if taken and taken < most then
            return txn:set_var("txn.n" .. slot, taken)
        end
    end
end, 1)

function ops.inflight(_, amount, key, counter, by)
    local source
    local slot = tonumber(counter)
    if by == "host" then
        source = function(st) return st.txn.f:req_fhdr("host", 1) or "" end
    elseif by == "=host" or by == "=transfer-encoding" or by == "=trailer" then -- a Go server shows none of them
        source = function() return "" end
    elseif by == "=x-forwarded-for" then
        source = forwarded
    elseif by:sub(1, 1) == "=" then
        local name = by:sub(2)
        source = function(st) return st.txn.f:req_fhdr(name, 1) or "" end
    else
        source = strategy_of(by)
    end
    local most, refusal = tonumber(amount), "max connections reached: " .. amount
    -- Whether it has a seat. Requests of one moment all see each other: their numbers put them in a row, in which those that have ended (all
    -- that were counted less those on their way, in this order, so that none is missed that begins between the two) have left theirs.
    local function seated(st)
        local number = tonumber(st.txn:get_var("txn.t" .. counter))
        for _ = 1, number and 2 or 0 do
            local begun = st.txn.f:sc_conn_cnt(slot)
            if number - begun + st.txn.f:sc_conn_cur(slot) <= most then
                return true
            end
        end
    end
    local function check(st)
        if not seated(st) then
            return stop(st, 429, "Too Many Requests", refusal)
        end
    end
    return function(st)
        if most == 0 then
            return stop(st, 429, "Too Many Requests", refusal)
        end
        -- A lane has counted it already.
        if st.txn:get_var("txn.t" .. counter) then
            return check(st)
        end
        st.txn:set_var("txn.m" .. counter, most)
        st.txn:set_var("txn.i" .. counter, key .. source(st))
        return pause(st, "i", check)
    end
end

function ops.refuse(_, codes)
    local refused = {}
    for code in codes:gmatch("%x%x") do
        refused[code] = true
    end
    return function(st)
        local path = st.dirty and maitred.escaped(st) or st.txn.f:path() or ""
        if not path:find("%", 1, true) then
            return
        end
        for code in path:gmatch("%%(%x%x)") do
            if refused[code:upper()] then
                return stop(st, 400, "Bad Request", "")
            end
        end
    end
end

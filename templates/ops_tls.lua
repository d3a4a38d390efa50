-- What servers are told of a client's certificate (Traefik's passTLSClientCert). DER is taken apart here: HAProxy before 3.2 does not tell
-- alternative names, and none tells all values of a name's part.
local ops = maitred.ops

-- The element at `at`: its tag, where its contents begin and end, and where the next one begins; nil where there is none.
local function element(der, at, stop)
    local tag, length = der:byte(at, at + 1)
    local first = at + 2
    if not length then
        return nil
    end
    if length >= 0x80 then
        local n = length - 0x80
        if n == 0 or n > 3 then
            return nil
        end
        length = 0
        for i = 1, n do
            length = length << 8 | (der:byte(first) or 0)
            first = first + 1
        end
    end
    if first + length - 1 > stop then
        return nil
    end
    return tag, first, first + length - 1, first + length
end

-- The elements between two places, as { tag, first, last, beginning }.
local function elements(der, at, stop)
    local out = {}
    while at <= stop do
        local tag, first, last, next_ = element(der, at, stop)
        if not tag then
            break
        end
        out[#out + 1] = { tag, first, last, at }
        at = next_
    end
    return out
end

local function inside(der, e)
    return e and elements(der, e[2], e[3]) or {}
end

local function bytes(der, e)
    return e and der:sub(e[2], e[3]) or ""
end

local function utf8_of_bmp(s)
    return (s:gsub("(.)(.)", function(a, b) return utf8.char(a:byte() << 8 | b:byte()) end))
end

local PARTS = {
    ["\x55\x04\x06"] = "C", ["\x55\x04\x08"] = "ST", ["\x55\x04\x07"] = "L", ["\x55\x04\x0a"] = "O", ["\x55\x04\x0b"] = "OU",
    ["\x55\x04\x05"] = "SN", ["\x55\x04\x03"] = "CN", ["\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"] = "DC",
}

-- { C = { values in order }, … }
local function name_of(der, e)
    local out = {}
    for _, set in ipairs(inside(der, e)) do
        for _, pair in ipairs(inside(der, set)) do
            local both = inside(der, pair)
            local part = PARTS[bytes(der, both[1])]
            if part and both[2] then
                local value = bytes(der, both[2])
                out[part] = out[part] or {}
                table.insert(out[part], both[2][1] == 0x1e and utf8_of_bmp(value) or value)
            end
        end
    end
    return out
end

-- `wanted`: letters of what is wanted; of CN and SN the last one counts, as in Go.
local ORDER = { { "D", "DC" }, { "C", "C" }, { "T", "ST" }, { "L", "L" }, { "O", "O" }, { "U", "OU" }, { "S", "SN" }, { "N", "CN" } }
local SINGLE = { SN = true, CN = true }

local function name_text(name, wanted)
    local out = {}
    for _, row in ipairs(ORDER) do
        local values = wanted:find(row[1], 1, true) and name[row[2]] or {}
        for i = SINGLE[row[2]] and #values > 0 and #values or 1, #values do
            if values[i] ~= "" or row[2] == "DC" then
                out[#out + 1] = row[2] .. "=" .. values[i]
            end
        end
    end
    return table.concat(out, ",")
end

-- A number in decimal digits. Longer ones than this are nobody's (RFC 5280: 20 bytes), and would take long.
local LONGEST_NUMBER = 64

local function decimal(s)
    if #s == 0 or #s > LONGEST_NUMBER then
        return ""
    end
    local negative = (s:byte(1) or 0) >= 0x80
    local digits, carry = { 0 }, 0
    for i = 1, #s do
        carry = negative and 255 - s:byte(i) or s:byte(i)
        for j = 1, #digits do
            carry = carry + digits[j] * 256
            digits[j] = carry % 10
            carry = carry // 10
        end
        while carry > 0 do
            digits[#digits + 1] = carry % 10
            carry = carry // 10
        end
    end
    local at = negative and 1 or nil -- two's complement: one more
    while at do
        digits[at] = (digits[at] or 0) + 1
        at = digits[at] == 10 and at + 1 or nil
        if at then
            digits[at - 1] = 0
        end
    end
    local text = table.concat(digits):reverse():gsub("^0+(%d)", "%1")
    return (negative and "-" or "") .. text
end

-- Seconds since 1970 of YYMMDDhhmmssZ or YYYYMMDDhhmmssZ.
local function unix_time(e, text)
    local year, rest = text:match(e[1] == 0x17 and "^(%d%d)(%d+)Z$" or "^(%d%d%d%d)(%d+)Z$")
    local month, day, hour, minute, second = (rest or ""):match("^(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)$")
    if not month then
        return "0"
    end
    local y, m = tonumber(year), tonumber(month)
    if e[1] == 0x17 then
        y = y < 50 and y + 2000 or y + 1900
    end
    if m <= 2 then
        y, m = y - 1, m + 12
    end
    local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + tonumber(day) - 719469
    return string.format("%d", ((days * 24 + tonumber(hour)) * 60 + tonumber(minute)) * 60 + tonumber(second))
end

-- An address as Go writes it (RFC 5952; IPv4 in IPv6 as IPv4).
local function address(s)
    if #s == 16 and s:sub(1, 12) == ("\0"):rep(10) .. "\xff\xff" then
        s = s:sub(13)
    end
    if #s == 4 then
        return table.concat({ s:byte(1, 4) }, ".")
    elseif #s ~= 16 then
        return "?" .. s:gsub(".", function(c) return string.format("%02x", c:byte()) end)
    end
    local groups, best, best_n, at = {}, nil, 1, 1
    for i = 1, 8 do
        groups[i] = s:byte(2 * i - 1) << 8 | s:byte(2 * i)
    end
    while at <= 8 do
        local n = 0
        while at + n <= 8 and groups[at + n] == 0 do
            n = n + 1
        end
        if n > best_n then
            best, best_n = at, n
        end
        at = at + n + 1
    end
    local out = ""
    at = 1
    while at <= 8 do
        if at == best then
            out = out .. "::"
            at = at + best_n
        else
            out = out .. (out ~= "" and out:sub(-1) ~= ":" and ":" or "") .. string.format("%x", groups[at])
            at = at + 1
        end
    end
    return out
end

-- Names, mail addresses, addresses, URIs: in this order.
local function sans_of(der, extensions)
    local kinds = { [0x82] = {}, [0x81] = {}, [0x87] = {}, [0x86] = {} }
    for _, extension in ipairs(extensions) do
        local parts = inside(der, extension)
        if bytes(der, parts[1]) == "\x55\x1d\x11" then
            for _, name in ipairs(inside(der, inside(der, parts[#parts])[1])) do
                local list = kinds[name[1]]
                if list then
                    list[#list + 1] = name[1] == 0x87 and address(bytes(der, name)) or bytes(der, name)
                end
            end
        end
    end
    local out = {}
    for _, kind in ipairs({ 0x82, 0x81, 0x87, 0x86 }) do
        table.move(kinds[kind], 1, #kinds[kind], #out + 1, out)
    end
    return table.concat(out, ",")
end

-- One certificate's part of the header. `flags`: n serial number, b and a the ends of its life, s alternative names.
local function describe(der, flags, subject, issuer)
    local fields = inside(der, inside(der, element(der, 1, #der) and { element(der, 1, #der) })[1])
    local at = fields[1] and fields[1][1] == 0xa0 and 1 or 0
    local out = {}
    local function put(name, text)
        if text ~= "" then
            out[#out + 1] = name .. '="' .. text .. '"'
        end
    end
    put("Subject", name_text(name_of(der, fields[at + 5]), subject))
    put("Issuer", name_text(name_of(der, fields[at + 3]), issuer))
    if flags:find("n", 1, true) then
        put("SerialNumber", decimal(bytes(der, fields[at + 1])))
    end
    local life = inside(der, fields[at + 4])
    if flags:find("b", 1, true) then
        put("NB", life[1] and unix_time(life[1], bytes(der, life[1])) or "")
    end
    if flags:find("a", 1, true) then
        put("NA", life[2] and unix_time(life[2], bytes(der, life[2])) or "")
    end
    if flags:find("s", 1, true) then
        local last = fields[#fields]
        put("SAN", last and last[1] == 0xa3 and sans_of(der, inside(der, inside(der, last)[1])) or "")
    end
    return table.concat(out, ";")
end

-- net/url QueryEscape
local function escape(text)
    return (text:gsub("[^A-Za-z0-9_.~ -]", function(c) return string.format("%%%02X", c:byte()) end):gsub(" ", "+"))
end

-- What the client has sent, its own certificate first.
local function certificates(f)
    local own, chain = f:ssl_c_der() or "", f:ssl_c_chain_der() or ""
    local out = {}
    if own == "" then
        return out
    end
    out[1] = own
    for i, e in ipairs(elements(chain, 1, #chain)) do
        local der = chain:sub(e[4], e[3])
        if i > 1 or der ~= own then
            out[#out + 1] = der
        end
    end
    return out
end

-- `flags`: p the certificates themselves, i what is said of them.
function ops.clientcert(_, flags, subject, issuer)
    return function(st)
        local list, pem, info = certificates(st.txn.f), {}, {}
        if #list == 0 then
            return
        end
        for i, der in ipairs(list) do
            pem[i] = flags:find("p", 1, true) and st.txn.c:base64(der)
            info[i] = flags:find("i", 1, true) and describe(der, flags, subject or "", issuer or "")
        end
        if flags:find("p", 1, true) then
            st.http:req_set_header("X-Forwarded-Tls-Client-Cert", table.concat(pem, ","))
        end
        if flags:find("i", 1, true) then
            st.http:req_set_header("X-Forwarded-Tls-Client-Cert-Info", escape(table.concat(info, ",")))
        end
    end
end

-- Cookies that an authentication has a say in: forwardAuth hands on its server's, and then net/http writes all of an answer anew.
local values = maitred.values

local months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"

-- "Wed, 21 Oct 2099 07:28:00 GMT" of a cookie's time, which may have '-' for the blanks of its date; nil where it is none.
local function expires(text)
    local day, month, year, clock, zone = text:match("^%a%a%a, (%d%d)[ -](%a%a%a)[ -](%d%d%d%d) (%d%d:%d%d:%d%d) (%a+)$")
    if not day or not months:find(month, 1, true) or tonumber(year) < 1601 or (zone ~= "GMT" and zone ~= "UTC") then
        return nil
    end
    return ("%s %s %s %s %s GMT"):format(text:sub(1, 4), day, month, year, clock)
end

-- What no value has.
local no_value = '[%c"\\;\127-\255]'

-- A cookie's attributes, in the order in which net/http writes them: what it is of the value, or nil.
local attributes = {
    { "path", "Path", function(v) return v ~= "" and v:gsub("[^\x20-\x3a\x3c-\x7e]", "") end },
    { "domain", "Domain", function(v)
        v = v:gsub("^%.", "")
        local labels = "." .. v .. "."
        return v ~= "" and not labels:find("[^%w.-]") and not labels:find("%.[.-]") and not labels:find("-.", 1, true) and v
    end },
    { "expires", "Expires", expires },
    { "max-age", "Max-Age", function(v)
        local n = (v == "0" or v:find("^[+-]?[1-9]%d*$")) and math.tointeger(tonumber(v))
        return n and (n > 0 and tostring(n) or "0")
    end },
    { "httponly", "HttpOnly" },
    { "secure", "Secure" },
    { "samesite", "SameSite", function(v) return ({ lax = "Lax", strict = "Strict", none = "None" })[v:lower()] end },
    { "partitioned", "Partitioned" },
}

-- A Set-Cookie as net/http writes what it has read, and the cookie's name; nil where it cannot be read.
function maitred.cookie(line)
    local found, parts = {}, {}
    for part in (line .. ";"):gmatch("([^;]*);") do
        parts[#parts + 1] = part:match("^[ \t]*(.-)[ \t]*$")
    end
    local name, value = parts[1]:match("^([^=]*)=(.*)$")
    name = name and name:match("^[ \t]*(.-)[ \t]*$")
    if not name or not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then
        return nil
    end
    local plain = value:match('^"(.*)"$') or value
    if plain:find(no_value) then
        return nil
    end
    value = plain ~= value and value or plain:find("[ ,]") and '"' .. plain .. '"' or plain
    for i = 2, #parts do
        local key, text = parts[i]:match("^([^=]*)=?(.*)$")
        if not text:find(no_value) then
            found[key:lower()] = text
        end
    end
    local out = { name .. "=" .. value }
    for _, attribute in ipairs(attributes) do
        local text = found[attribute[1]]
        local written = text and (not attribute[3] or attribute[3](text))
        if written then
            out[#out + 1] = written == true and attribute[2] or attribute[2] .. "=" .. written
        end
    end
    return table.concat(out, "; "), name
end

-- Those of the cookies that an answer sets, a line each, of the innermost authentication first: "-name" takes the cookies of that name
-- away, "+text" adds one; all are written anew. On 2.6 Lua cannot act on answers of HAProxy's own: their writers add them.
core.register_action("cookies", { os.getenv("MAITRED_LUA_AFTER") == "1" and "http-after-res" or "http-res" }, function(txn)
    local lines = values(txn.http:res_get_headers(), "set-cookie")
    for sign, text in txn:get_var("txn.mc"):gmatch("([+-])([^\n]+)") do
        if sign == "+" then
            lines[#lines + 1] = text
        else
            for i = #lines, 1, -1 do
                if lines[i]:match("^%s*([^=;%s]*)") == text then
                    table.remove(lines, i)
                end
            end
        end
    end
    txn.http:res_del_header("set-cookie")
    for _, line in ipairs(lines) do
        local written = maitred.cookie(line)
        if written then
            txn.http:res_add_header("set-cookie", written)
        end
    end
end)

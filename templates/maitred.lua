-- What is too rare or too odd for HAProxy's own rules. Loaded once a thread; nothing here keeps state.

local function char_of(hex)
    return string.char(tonumber(hex, 16))
end

local function decode(s)
    return (s:gsub("%%(%x%x)", char_of))
end

local function code_of(c)
    return string.format("%%%02X", c:byte())
end

local function refuse(txn, body, status)
    local reasons = { [400] = "Bad Request", [417] = "Expectation Failed", [501] = "Not Implemented", [503] = "Service Unavailable",
        [505] = "HTTP Version Not Supported" }
    local reply = txn:reply({ status = status or 400, reason = reasons[status or 400] })
    reply:add_header("Content-Type", "text/plain; charset=utf-8")
    reply:add_header("X-Content-Type-Options", "nosniff")
    if status ~= 503 then
        reply:add_header("Connection", "close") -- where such a request ends, somebody in front may see otherwise
    end
    reply:set_body(body)
    txn:done(reply)
end

-- The values of a header, in order.
local function values(headers, name)
    local out, lines = {}, headers[name]
    for i = 0, lines and #lines or -1 do
        out[#out + 1] = lines[i]
    end
    return out
end

-- Paths ------------------------------------------------------------------------------------------------------------

-- Codes of letters, digits and -._~ are decoded, the others get capitals.
local function normalise(path)
    return (path:gsub("%%(%x%x)", function(hex)
        local c = char_of(hex)
        return c:find("[A-Za-z0-9._~-]") and c or "%" .. hex:upper()
    end))
end

-- As Go writes a decoded path (net/url escape).
local function escape(path)
    return (path:gsub("[^A-Za-z0-9._~$&+,/:;=@-]", code_of))
end

-- As Go writes an encoded path (net/url EscapedPath): as it stands if it is a legal one, else wholly encoded anew.
local function legal(path)
    if not path:find("[^A-Za-z0-9._~!$&'()*+,;=:@/%[%]%%-]") then
        return path
    end
    return escape(decode(path))
end

-- Without empty, "." and ".." segments; a slash at the end stays (net/url JoinPath).
local function clean(path)
    local kept = {}
    for segment in path:gmatch("[^/]+") do
        if segment == ".." then
            kept[#kept] = nil
        elseif segment ~= "." then
            kept[#kept + 1] = segment
        end
    end
    local out = "/" .. table.concat(kept, "/")
    return path:sub(-1) == "/" and #kept > 0 and out .. "/" or out
end

-- What rules are matched with: all codes decoded but those of reserved characters. `blank` says what becomes of blanks and control bytes.
local function routing_path(path, blank)
    return (path:gsub("%%(%x%x)", function(hex)
        local c = char_of(hex)
        if c:find("[:/?#%[%]@!$&'()*+,;=%%]") then
            return nil
        end
        return c:find("[%c ]") and blank(c) or c
    end))
end

-- In keys: '#' is in no path.
local function blank_in_key(c)
    return string.format("#%02X", c:byte())
end

local function blank_itself(c)
    return c
end

-- A value in the canonical line: no line ends, and no byte that has a meaning there (compiler/plan/pattern.h).
local function field(value)
    return (value:gsub("[\xfd-\xff]", "\xfe"):gsub("\n", "\xff"))
end

-- golang.org/x/net/http/httpguts ValidHostHeader
local function valid_host(host)
    return not host:find("[^A-Za-z0-9!$%%&'()*+,.:;=%[%]_~-]")
end

-- The host that an absolute target names (net/url parseAuthority), or nil.
local function host_in(authority)
    local host = authority:match("^.*@(.*)$") or authority
    local port = host:sub(1, 1) == "[" and (host:match("^%[[^%]]*%](.*)$") or "?") or host:match(":[^:]*$") or ""
    return (port == "" or port:find("^:%d*$")) and not host:find("%", 1, true) and host or nil
end

-- Takes the host of an absolute target for Host's. False: it was refused.
local function take_host(txn, authority)
    local sent, host = values(txn.http:req_get_headers(), "host")[1], host_in(authority)
    if not host then
        return refuse(txn, "400 Bad Request")
    elseif not sent and txn.f:req_ver() ~= "1.0" then
        return refuse(txn, "400 Bad Request: missing required Host header")
    elseif sent and not valid_host(sent) then
        return refuse(txn, "400 Bad Request: malformed Host header")
    elseif host ~= "" then
        txn.http:req_set_header("Host", host)
    end
    return true
end

-- The target brought into normal form, also the upstream's; `mode` "as-is" leaves empty and dot segments, `semicolon` is what becomes of
-- one in the query; txn.sent is the query as it came where it held a ';' that becomes '&', for redirects. txn.p is the routing path as in
-- keys, txn.pd as in the canonical line where that is another. txn.odd: it holds codes, or a cut may leave something that is not normal;
-- such paths are cut by lua.cut.
core.register_action("path", { "http-req" }, function(txn, mode, semicolon)
    local url = txn.f:url()
    local path, query = txn.f:path() or "", url:match("?(.*)")
    if txn.f:method() == "CONNECT" then
        return refuse(txn, "501 Not Implemented", 501)
    elseif url == "*" then
        return
    end
    if path:gsub("%%%x%x", ""):find("%%") or url:find("%c") or url:find("^[^?]*#") then
        return refuse(txn, "400 Bad Request")
    end
    local authority = url:match("^%a[%w+.-]*://([^/?]*)")
    if authority then
        if not take_host(txn, authority) then
            return
        end
    elseif url:sub(1, 1) ~= "/" then
        return refuse(txn, "400 Bad Request")
    end
    local whole = legal(normalise(path))
    local normal = clean(whole)
    local sent = mode == "clean" and normal or whole
    local routed = routing_path(sent, blank_in_key)
    local exact = field(routing_path(sent, blank_itself))
    if query and query:find(";", 1, true) then
        if semicolon == "&" then
            txn:set_var("txn.sent", "?" .. query)
        end
        query = query:gsub(";", (semicolon:gsub("%%", "%%%%")))
        txn.http:req_set_query(query)
    end
    if url:sub(1, 1) ~= "/" and txn.f:req_ver():sub(1, 1) == "1" then
        txn.http:req_set_uri(query and sent .. "?" .. query or sent)
    elseif sent ~= path then
        txn.http:req_set_path(sent)
    end
    txn:set_var("txn.p", routed)
    if exact ~= routed then
        txn:set_var("txn.pd", exact)
    end
    if sent:find("%", 1, true) or normal ~= sent or (sent .. "/"):find("./", 1, true) then
        txn:set_var("txn.odd", 1)
    end
end, 2)

-- Returns a function that makes a value of a key (text that never changes its meaning) with `make`, and keeps what it made: two
-- generations, at most `most` values each, so what was not asked for in the last 4,000 to 8,000 times is forgotten.
local function cache(most, make)
    local young, old, asked, n = {}, {}, 0, 0
    return function(key)
        local value = young[key]
        asked = asked + 1
        if value and asked < 4000 then
            return value
        end
        value = value or old[key] or make(key)
        if asked >= 4000 or n >= most then
            young, old, asked, n = {}, young, 0, 0
        end
        if value and not young[key] then
            young[key], n = value, n + 1
        end
        return value
    end
end

-- For the other scripts, in the same Lua state.
maitred = { decode = decode, escape = escape, clean = clean, refuse = refuse, cache = cache, values = values, valid_host = valid_host }

-- Headers and the query in rules ------------------------------------------------------------------------------------------

local fields = Map.new(os.getenv("MAITRED_FIELDS"), Map._reg)
local labels = Map.new(os.getenv("MAITRED_LABELS"), Map._str)
-- As in rivals.cfg, though that finds a name in longer ones, too: a map that is matched in two ways counts each of its entries twice,
-- and a label too many does no harm.
local names = Map.new(os.getenv("MAITRED_NAMES"), Map._sub)
local nobody = "~;"

-- compiler/base/quote.h quote_label
local function label(text)
    return (text:gsub("[^A-Za-z0-9._-]", code_of))
end

-- net/url QueryUnescape, or nil
local function unescape(text)
    text = text:gsub("+", " ")
    if text:gsub("%%%x%x", ""):find("%", 1, true) then
        return nil
    end
    return decode(text)
end

-- Adds the labels and lines of the query's parameters.
local function add_query(txn, wanted, lines)
    local first = {}
    for pair in (txn.f:query() or ""):gmatch("[^&]+") do
        local key, value = pair:match("^([^=]*)=?(.*)$")
        key, value = unescape(key), unescape(value)
        if key and value then
            lines[#lines + 1] = { "?", key, value }
            if not first[key] then
                first[key] = true
                lines[#lines + 1] = { "<", key, value }
            end
            local known = "?" .. label(key)
            wanted[known .. "=" .. label(value)] = true
            wanted[known .. ":"] = true
        end
    end
end

-- Rules do not see what the gateway adds to X-Forwarded-For.
local function as_received(txn, name, value)
    if name ~= "x-forwarded-for" then
        return value
    end
    local ip = txn:get_var("sess.ip") or ""
    if value:sub(-#ip) ~= ip then
        return value
    end
    return value ~= ip and value:sub(1, -#ip - 3) or nil
end

-- Those that a Go server takes away before anybody sees them.
local unseen = { host = true, ["transfer-encoding"] = true, trailer = true }

-- Adds those of the headers.
local function add_headers(txn, wanted, lines)
    local headers = txn.http:req_get_headers()
    for name, values_of in pairs(headers) do
        local known = label(name)
        local asked = names:lookup(known)
        for i = 0, unseen[name] and -1 or #values_of do
            local value = as_received(txn, name, values_of[i])
            if value then
                lines[#lines + 1] = { name .. ":", value }
            end
            if value and asked then
                wanted[known .. "=" .. label(value)] = true
                wanted[known .. ":"] = true
            end
        end
    end
end

-- The canonical lines, of which only rules that are tried as regular expressions know.
local function canonical(lines)
    local out = {}
    for i, line in ipairs(lines) do
        out[i] = line[1] .. field(line[2]) .. (line[3] and "\xfd" .. field(line[3]) or "")
    end
    return table.concat(out, "\n")
end

-- The best router that four tables (nil: none) have for the request: the key of its record, or nil.
function maitred.best_router(txn, tables)
    local best, wanted, lines, groups = nobody, { [""] = true }, {}, {}
    add_query(txn, wanted, lines)
    add_headers(txn, wanted, lines)
    for i = 1, 4 do
        local name = tables[i]
        for text in pairs(name and wanted or {}) do
            local value = labels:lookup(name .. "/" .. text)
            local decided, group = (value or nobody .. ";"):match("^([^;]*;[^;]*);(.*)$")
            best = decided < best and decided or best
            if group ~= "" then
                groups[group] = true
            end
        end
    end
    local canonical_lines = next(groups) and canonical(lines)
    for group in pairs(groups) do
        local line = ("%s|%s|%s\n%s\n>%s\n%s\n"):format(group, txn:get_var("txn.ra") or "",
            txn:get_var("txn.hostd") or txn:get_var("txn.host") or "", txn.f:method(), txn:get_var("txn.pd") or txn:get_var("txn.p") or "",
            canonical_lines)
        local hit = fields:lookup(line)
        best = hit and hit < best and hit or best
    end
    return best ~= nobody and "{" .. best:match(";(.*)$") or nil
end

-- The same of the tables in txn.t1 to txn.t4, as txn.kr.
core.register_action("fields", { "http-req" }, function(txn)
    local tables = {}
    for i = 1, 4 do
        tables[i] = txn:get_var("txn.t" .. i)
    end
    local key = maitred.best_router(txn, tables)
    if key then
        txn:set_var("txn.kr", key)
    end
end)

-- The agent's changes -----------------------------------------------------------------------------------------------

-- Those of the request's headers, a line each: "-name" takes a header away, "name: value" adds one. Host is none of them; the proxy
-- adds the peer behind X-Forwarded-For.
core.register_action("request_headers", { "http-req" }, function(txn)
    local http, peer = txn.http, txn:get_var("sess.ip") or ""
    for line in txn:get_var("txn.m.request"):gmatch("[^\n]+") do
        local name, value = line:match("^([^:]+): (.*)$")
        local lower = (name or line:sub(2)):lower()
        if lower == "x-forwarded-for" then
            http:req_set_header(lower, name and value .. ", " .. peer or peer)
        elseif lower ~= "host" and name then
            http:req_add_header(name, value)
        elseif lower ~= "host" then
            http:req_del_header(lower)
        end
    end
    txn:unset_var("txn.m.request") -- the next round's are others
end)

-- Answers ----------------------------------------------------------------------------------------------------------

-- A refusal of the agent's in the words of another server, or with a status that has no rule of its own.
core.register_service("answer", "http", function(applet)
    local status, body = tonumber(applet:get_var("txn.m.status")), applet:get_var("txn.m.body") or ""
    local list = applet:get_var("txn.m.h_list") or ""
    applet:set_status(status and status >= 200 and status <= 599 and status or 500) -- HAProxy makes 200 of others
    for name, value in list:gmatch("([^\n:]+): ([^\n]*)") do
        applet:add_header(name, value)
    end
    if list == "" and applet:get_var("txn.m.h_auth") then
        applet:add_header("Content-Type", "text/plain")
    end
    -- Here, so that those who change answers on 2.6 find them.
    applet:set_var("txn.an", 1)
    for _, pair in ipairs({ { "WWW-Authenticate", "h_auth" }, { "Retry-After", "h_retry" }, { "X-Retry-In", "h_retryin" } }) do
        local value = applet:get_var("txn.m." .. pair[2])
        if value then
            applet:add_header(pair[1], tostring(value))
        end
    end
    if status ~= 204 and status ~= 304 then
        applet:add_header("Content-Length", tostring(#body))
    else
        body = ""
    end
    applet:start_response()
    if applet.method ~= "HEAD" then
        applet:send(body)
    end
end)

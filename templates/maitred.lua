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
    local reasons = { [400] = "Bad Request", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported" }
    local reply = txn:reply({ status = status or 400, reason = reasons[status or 400] })
    reply:add_header("Content-Type", "text/plain; charset=utf-8")
    reply:add_header("X-Content-Type-Options", "nosniff")
    if status ~= 503 then
        reply:add_header("Connection", "close") -- where such a request ends, somebody in front may see otherwise
    end
    reply:set_body(body)
    txn:done(reply)
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

-- The target brought into normal form, also the upstream's; `mode` "as-is" leaves empty and dot segments, `semicolon` is what becomes of
-- one in the query. txn.p is the routing path as in keys, txn.pd as in the canonical line
-- where that is another. txn.odd: it holds codes, or a cut may
-- leave something that is not normal; such paths are cut by lua.cut.
core.register_action("path", { "http-req" }, function(txn, mode, semicolon)
    local url = txn.f:url()
    local path, query = txn.f:path() or "", url:match("?(.*)")
    if url == "*" then
        return
    end
    if path:gsub("%%%x%x", ""):find("%%") or url:find("%c") or url:find("^[^?]*#") then
        return refuse(txn, "400 Bad Request")
    end
    local authority = url:match("^%a[%w+.-]*://([^/?]*)")
    if authority then
        txn.http:req_set_header("Host", authority)
    elseif url:sub(1, 1) ~= "/" then
        return refuse(txn, "400 Bad Request")
    end
    local whole = legal(normalise(path))
    local normal = clean(whole)
    local sent = mode == "clean" and normal or whole
    local routed = routing_path(sent, blank_in_key)
    local exact = field(routing_path(sent, blank_itself))
    if query and query:find(";", 1, true) then
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
maitred = { decode = decode, escape = escape, clean = clean, refuse = refuse, cache = cache }

-- What HAProxy's relaxed parser lets through, and Go's does not -------------------------------------------------------

core.register_action("version", { "http-req" }, function(txn)
    local major = (txn.f:req_ver() or ""):match("^(%d)%.%d$")
    if not major or major == "0" then
        return refuse(txn, "400 Bad Request: malformed HTTP version")
    elseif major ~= "1" then
        return refuse(txn, "505 HTTP Version Not Supported: unsupported protocol version", 505)
    end
end)

core.register_action("names", { "http-req" }, function(txn)
    refuse(txn, "400 Bad Request: invalid header")
end)

-- Headers ----------------------------------------------------------------------------------------------------------

-- The values of a header, in order.
local function values(headers, name)
    local out, lines = {}, headers[name]
    for i = 0, lines and #lines or -1 do
        out[#out + 1] = lines[i]
    end
    return out
end

local function is_tls(txn)
    local tls = txn.f:ssl_fc()
    return tls == true or tls == 1
end

-- `mode` "keep": what is there already (from a trusted peer) stands; "set": it is our own guess, and gives way.
local function put(txn, mode, name, value)
    if mode == "set" then
        txn.http:req_set_header(name, value)
    elseif not txn.http:req_get_headers()[name:lower()] then
        txn.http:req_add_header(name, value)
    end
end

-- The port in a Host header (net.SplitHostPort), or nil.
local function port_of(host)
    local port = host:match("^%[[^%[%]]*%]:([^:%[%]]+)$") or host:match("^[^:%[%]]*:([^:%[%]]+)$")
    return port
end

-- The host in a Host header (Traefik's requestdecorator parseHost).
local function host_of(host)
    if not host:find(":", 1, true) then
        return host
    end
    return host:match("^%[([^%[%]]*)%]:[^:%[%]]*$") or host:match("^([^:%[%]]*):[^:%[%]]*$") or host:match("^%[(.*)%]$") or host
end

-- A Host header that is not simply a name with or without a port: refused, or host and port told apart. txn.host is the host as in
-- keys, where its only last dot does not count, txn.hostd as regular expressions see it.
core.register_action("host", { "http-req" }, function(txn, mode)
    local headers = txn.http:req_get_headers()
    local host = values(headers, "host")[1]
    if not host and txn.f:req_ver() == "1.1" then
        return refuse(txn, "400 Bad Request: missing required Host header")
    end
    host = host or ""
    -- golang.org/x/net/http/httpguts ValidHostHeader
    if host:find("[^A-Za-z0-9!$%%&'()*+,.:;=%[%]_~-]") then
        return refuse(txn, "400 Bad Request: malformed Host header")
    end
    local name = host_of(host):lower()
    txn:set_var("txn.hostd", name)
    txn:set_var("txn.host", name:find("[^.]%.$") and name:sub(1, -2) or name)
    if host == "" and mode == "set" then
        txn.http:req_del_header("X-Forwarded-Host")
    end
    local proto = mode == "keep" and values(headers, "x-forwarded-proto")[1]
    put(txn, mode, "X-Forwarded-Port", port_of(host) or ((is_tls(txn) or proto == "https" or proto == "wss") and "443" or "80"))
end, 1)

-- Not to be taken away by a client that names them in Connection.
local ours = {}
for name in ([[host content-length transfer-encoding connection keep-alive close upgrade te x-forwarded-for x-forwarded-host
    x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-server x-forwarded-uri x-forwarded-method
    x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info x-forwarded-scheme x-scheme x-real-ip]]):gmatch("%S+") do
    ours[name] = true
end

-- What HAProxy needs of an answer's.
local framing = { connection = true, ["content-length"] = true, ["transfer-encoding"] = true, ["keep-alive"] = true, close = true }

local function tokens(lines)
    local set = {}
    for _, line in ipairs(lines) do
        for token in line:lower():gmatch("[^,%s]+") do
            set[token] = true
        end
    end
    return set
end

-- Hop by hop headers, and whatever Connection names, end here; an upgrade goes on.
core.register_action("hop", { "http-req" }, function(txn, mode)
    local headers = txn.http:req_get_headers()
    local named = tokens(values(headers, "connection"))
    local upgrades = named["upgrade"] and headers["upgrade"]
    for name in pairs(named) do
        if not ours[name] and headers[name] then
            txn.http:req_del_header(name)
        end
    end
    for _, name in ipairs({ "proxy-connection", "proxy-authenticate", "proxy-authorization", "keep-alive" }) do
        txn.http:req_del_header(name)
    end
    if headers["te"] then
        txn.http:req_del_header("te")
        if tokens(values(headers, "te"))["trailers"] then
            txn.http:req_add_header("te", "trailers")
        end
    end
    if not headers["transfer-encoding"] then
        txn.http:req_del_header("trailer")
    end
    if not upgrades then
        txn.http:req_del_header("upgrade")
        txn.http:req_del_header("connection")
    else
        txn.http:req_set_header("connection", "upgrade")
        if tokens(values(headers, "upgrade"))["websocket"] then
            put(txn, mode, "X-Forwarded-Proto", is_tls(txn) and "wss" or "ws")
        end
    end
end, 1)

-- Whatever Connection names in an answer ends here.
core.register_action("answer_hop", { "http-res" }, function(txn)
    for name in pairs(tokens(values(txn.http:res_get_headers(), "connection"))) do
        if not framing[name] then
            txn.http:res_del_header(name)
        end
    end
end)

-- Several X-Forwarded-For lines as one.
core.register_action("join_for", { "http-req" }, function(txn)
    txn.http:req_set_header("X-Forwarded-For", table.concat(values(txn.http:req_get_headers(), "x-forwarded-for"), ", "))
end)

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
    if headers.pragma and headers.pragma[0] == "no-cache" and not headers["cache-control"] then
        headers["cache-control"] = { [0] = "no-cache" } -- net/http fixPragmaCacheControl
    end
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

-- Those of the cookies that an answer sets, a line each, of the innermost authentication first: "-name" takes the cookies of that name
-- away, "+text" adds one. On 2.6 Lua cannot act on answers of HAProxy's own: their writers add them.
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
        txn.http:res_add_header("set-cookie", line)
    end
end)

-- Answers ----------------------------------------------------------------------------------------------------------

-- A refusal of the agent's in the words of another server, or with a status that has no rule of its own.
core.register_service("answer", "http", function(applet)
    local status, body = tonumber(applet:get_var("txn.m.status")), applet:get_var("txn.m.body") or ""
    local list = applet:get_var("txn.m.h_list") or ""
    applet:set_status(status and status >= 200 and status <= 999 and status or 500)
    for name, value in list:gmatch("([^\n:]+): ([^\n]*)") do
        applet:add_header(name, value)
    end
    if list == "" and applet:get_var("txn.m.h_auth") then
        applet:add_header("Content-Type", "text/plain")
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

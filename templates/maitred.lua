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

local function refuse(txn, body)
    local reply = txn:reply({ status = 400, reason = "Bad Request" })
    reply:add_header("Content-Type", "text/plain; charset=utf-8")
    reply:add_header("X-Content-Type-Options", "nosniff")
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

-- As Go writes a path (net/url EscapedPath): as it stands if it is a legal one, else wholly encoded anew.
local function escape(path)
    if not path:find("[^A-Za-z0-9._~!$&'()*+,;=:@/%[%]%%-]") then
        return path
    end
    return (decode(path):gsub("[^A-Za-z0-9._~$&+,/:;=@-]", code_of))
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

-- What rules are matched with: all codes decoded but those of reserved characters, blanks and control bytes.
local function routing_path(path)
    return (path:gsub("%%(%x%x)", function(hex)
        local c = char_of(hex)
        return not c:find("[%c :/?#%[%]@!$&'()*+,;=%%]") and c or nil
    end))
end

-- The target brought into normal form, also the upstream's; txn.p is the routing path. txn.odd: the two differ, or a cut may
-- leave "." or ".." in front; such paths are cut here.
core.register_action("path", { "http-req" }, function(txn)
    local url = txn.f:url()
    local path, query = txn.f:path() or "", url:match("?(.*)")
    if url == "*" or txn.f:method() == "CONNECT" then
        return
    end
    if path:gsub("%%%x%x", ""):find("%%") or url:find("%c") then
        return refuse(txn, "400 Bad Request")
    end
    local sent = clean(escape(normalise(path)))
    local routed = routing_path(sent)
    if query and query:find(";", 1, true) then
        query = query:gsub(";", "&")
        txn.http:req_set_query(query)
    end
    if url:sub(1, 1) ~= "/" and txn.f:req_ver():sub(1, 1) == "1" then
        txn.http:req_set_uri(query and sent .. "?" .. query or sent)
    elseif sent ~= path then
        txn.http:req_set_path(sent)
    end
    txn:set_var("txn.p", routed)
    if routed ~= sent or (sent .. "/"):find("./", 1, true) then
        txn:set_var("txn.odd", 1)
    end
end)

-- The length of the front of `path` that says `from`, byte by byte or as codes; nil where it does not.
local function front(path, from)
    local at = 1
    for i = 1, #from do
        local code = path:match("^%%(%x%x)", at)
        if (code and char_of(code) or path:sub(at, at)) ~= from:sub(i, i) then
            return nil
        end
        at = at + (code and 3 or 1)
    end
    return at - 1
end

-- The cut of the record in txn.r: FROM off the front of the path, TO in its place; both as quote_field wrote them.
core.register_action("cut", { "http-req" }, function(txn)
    local from, to = txn:get_var("txn.r"):match("^" .. ("[^;]*;"):rep(5) .. "([^;?]*)%?([^;]*)")
    local path = txn.f:path() or "/"
    local length = from and front(path, decode(from))
    if not length then
        return
    end
    local rest = path:sub(length + 1)
    if rest ~= "" and rest:sub(1, 1) ~= "/" then
        rest = "/" .. rest
    end
    local cut = escape(decode(to)) .. rest
    cut = cut == "" and "/" or cut
    if clean(cut) ~= cut then
        return refuse(txn, "Bad Request\n")
    end
    txn.http:req_set_path(cut)
    -- A line end in a header's value would end the header.
    txn.http:req_add_header("X-Forwarded-Prefix", (decode(from):gsub("%c", "")))
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

-- A Host header that is not simply a name with or without a port: refused, or its port told apart.
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
    if host == "" and mode == "set" then
        txn.http:req_del_header("X-Forwarded-Host")
    end
    local proto = mode == "keep" and values(headers, "x-forwarded-proto")[1]
    put(txn, mode, "X-Forwarded-Port", port_of(host) or ((proto == "https" or proto == "wss") and "443" or "80"))
end, 1)

-- Not to be taken away by a client that names them in Connection.
local ours = {}
for name in ([[host content-length transfer-encoding connection keep-alive close upgrade te x-forwarded-for x-forwarded-host
    x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-server x-forwarded-uri x-forwarded-method
    x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info x-forwarded-scheme x-scheme x-real-ip]]):gmatch("%S+") do
    ours[name] = true
end

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
            put(txn, mode, "X-Forwarded-Proto", "ws")
        end
    end
end, 1)

-- Several X-Forwarded-For lines as one.
core.register_action("join_for", { "http-req" }, function(txn)
    txn.http:req_set_header("X-Forwarded-For", table.concat(values(txn.http:req_get_headers(), "x-forwarded-for"), ", "))
end)

-- The agent's changes of the request's headers, a line each: "-name" takes a header away, "name: value" adds one.
core.register_action("request_headers", { "http-req" }, function(txn)
    for line in txn:get_var("txn.m.request"):gmatch("[^\n]+") do
        local name, value = line:match("^([^:]+): (.*)$")
        if name then
            txn.http:req_add_header(name, value)
        else
            txn.http:req_del_header(line:sub(2))
        end
    end
end)

-- The agent's changes of the cookies that a server sets, a line each: "-name" takes the server's of that name away, "+text" adds one.
core.register_action("cookies", { "http-res" }, function(txn)
    local gone, added = {}, {}
    for sign, text in txn:get_var("txn.m.cookies"):gmatch("([+-])([^\n]+)") do
        if sign == "-" then
            gone[text] = true
        else
            added[#added + 1] = text
        end
    end
    local lines = values(txn.http:res_get_headers(), "set-cookie")
    txn.http:res_del_header("set-cookie")
    for _, line in ipairs(lines) do
        if not gone[line:match("^%s*([^=;%s]*)")] then
            txn.http:res_add_header("set-cookie", line)
        end
    end
    for _, line in ipairs(added) do
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

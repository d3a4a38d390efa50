-- The heads of requests and answers: what HAProxy's relaxed parser lets through and Go's does not, hosts, headers from hop to hop.
local refuse, values = maitred.refuse, maitred.values

core.register_action("version", { "http-req" }, function(txn)
    local major = (txn.f:req_ver() or ""):match("^(%d)%.%d$") -- none where it is no HTTP at all
    if not major or major == "0" then
        return refuse(txn, "400 Bad Request: malformed HTTP version")
    elseif major ~= "1" then
        return refuse(txn, "505 HTTP Version Not Supported: unsupported protocol version", 505)
    end
end)

-- HAProxy 3.4 leaves out headers that no name may have, and counts one glitch of the connection for whatever it forgives in the head of
-- a request, and one for a WebSocket without a key. What is no trace of these is refused: only where a target that we take as it is was
-- forgiven, such a header is left out in silence.
core.register_action("glitches", { "http-req" }, function(txn)
    local now, url, forgiven = txn.f:fc_glitches(), txn.f:url(), 0
    local fresh = now - (txn:get_var("sess.glitches") or 0)
    txn:set_var("sess.glitches", now)
    if url:find("[\x80-\xff#]") or url:sub(1, 1) ~= "/" then
        forgiven = forgiven + 1
    end
    if (txn.f:req_fhdr("upgrade") or ""):lower():find("websocket", 1, true) and #(txn.f:req_fhdr("sec-websocket-key") or "") ~= 24 then
        forgiven = forgiven + 1
    end
    if fresh > forgiven then
        return refuse(txn, "400 Bad Request: invalid header")
    end
end)

local function is_tls(txn)
    local tls = txn.f:ssl_fc()
    return tls == true or tls == 1
end

-- `mode` "keep": what is there already (from a trusted peer) stands; "set": it is our own guess, and gives way.
local function put(txn, mode, name, value)
    if mode == "set" or (txn.f:req_fhdr(name, 1) or "") == "" then
        txn.http:req_set_header(name, value)
    end
end

-- Hosts ------------------------------------------------------------------------------------------------------------

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
    local version = txn.f:req_ver() or ""
    if not host and version:sub(1, 1) == "1" and version ~= "1.0" then
        return refuse(txn, "400 Bad Request: missing required Host header")
    end
    host = host or ""
    if not maitred.valid_host(host) then
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

-- From hop to hop --------------------------------------------------------------------------------------------------

-- Not to be taken away by a client that names them in Connection.
local ours = {}
for name in ([[host content-length transfer-encoding connection keep-alive close upgrade x-forwarded-for x-forwarded-host
    x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-server x-forwarded-uri x-forwarded-method
    x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info x-forwarded-scheme x-scheme x-real-ip]]):gmatch("%S+") do
    ours[name] = true
end

-- What HAProxy needs of an answer's.
local framing = { connection = true, ["content-length"] = true, ["transfer-encoding"] = true, ["keep-alive"] = true, close = true }

local function tokens(lines)
    local set = {}
    for _, line in ipairs(lines) do
        for token in line:lower():gmatch("[^,]+") do
            set[token:match("^[ \t]*(.-)[ \t]*$")] = true
        end
    end
    set[""] = nil
    return set
end

-- Hop by hop headers, and whatever Connection names, end here; an upgrade goes on.
local function end_hop(txn, mode, headers)
    local named = tokens(values(headers, "connection"))
    local upgrade = named["upgrade"] and values(headers, "upgrade")[1] or ""
    for name in pairs(named) do
        if not ours[name] and headers[name] then
            txn.http:req_del_header(name)
        end
    end
    if headers["proxy-authorization"] then
        txn:set_var("txn.pa", values(headers, "proxy-authorization")[1]) -- for the servers of forwardAuth only
    end
    for _, name in ipairs({ "proxy-connection", "proxy-authenticate", "proxy-authorization", "keep-alive", "te" }) do
        txn.http:req_del_header(name)
    end
    if not named["te"] and tokens(values(headers, "te"))["trailers"] then
        txn.http:req_add_header("te", "trailers")
    end
    if not headers["transfer-encoding"] then
        txn.http:req_del_header("trailer")
    end
    if upgrade == "" then
        txn.http:req_del_header("upgrade")
        txn.http:req_del_header("connection")
    else
        txn.http:req_set_header("upgrade", upgrade)
        txn.http:req_set_header("connection", "upgrade")
        if tokens({ upgrade })["websocket"] then
            put(txn, mode, "X-Forwarded-Proto", is_tls(txn) and "wss" or "ws")
        end
    end
end

local NAME = "^[%w!#$%%&'*+.^_`|~-]+$"

-- Whether a header has a name or a value that none may have.
local function is_bad(name, lines)
    for _, value in ipairs(lines) do
        if value:find("[\0-\8\10-\31\127]") or name == "content-length" and (#value > 18 or not value:find("^%d+$")) then
            return true
        end
    end
    return not name:find(NAME)
end

-- net/http hasToken
local function expects_continue(value)
    return ("," .. value:lower() .. ","):find("[ ,\t]100%-continue[ ,\t]")
end

-- All headers that request.cfg sends here for a closer look.
core.register_action("headers", { "http-req" }, function(txn, mode)
    local http, headers = txn.http, txn.http:req_get_headers()
    for name in pairs(headers) do
        if is_bad(name, values(headers, name)) then
            return refuse(txn, "400 Bad Request: invalid header")
        end
    end
    local coding, expect = table.concat(values(headers, "transfer-encoding"), ","), values(headers, "expect")[1] or ""
    if headers["transfer-encoding"] and coding:lower() ~= "chunked" then
        return refuse(txn, "Unsupported transfer encoding", 501)
    elseif headers["transfer-encoding"] and coding ~= "chunked" then
        http:req_set_header("transfer-encoding", "chunked")
    end
    if expect ~= "" and not expects_continue(expect) and txn.f:req_ver():sub(1, 1) == "1" then
        return refuse(txn, "417 Expectation Failed", 417)
    end
    if values(headers, "pragma")[1] == "no-cache" and not headers["cache-control"] then
        http:req_add_header("cache-control", "no-cache") -- net/http fixPragmaCacheControl
    end
    if values(headers, "user-agent")[1] == "" then
        http:req_del_header("user-agent")
    end
    end_hop(txn, mode, headers)
end, 1)

-- Whatever Connection names in an answer ends here. A server that changes to HTTP/2 would take requests that no router has seen: HAProxy
-- from 3.0 on asks none to, and takes the word out of answers.
core.register_action("answer_hop", { "http-res" }, function(txn)
    if txn.f:status() == 101 then
        local upgrade = tokens(values(txn.http:res_get_headers(), "upgrade"))
        if not next(upgrade) or upgrade["h2c"] or upgrade["h2"] then
            return refuse(txn, "Bad Gateway", 502)
        end
        return
    end
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

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

-- The target brought into normal form, also the upstream's; txn.p is the routing path as in keys, txn.pd as in the canonical line
-- where that is another. txn.odd: the two differ, or a cut may
-- leave "." or ".." in front; such paths are cut here.
core.register_action("path", { "http-req" }, function(txn)
    local url = txn.f:url()
    local path, query = txn.f:path() or "", url:match("?(.*)")
    if url == "*" or txn.f:method() == "CONNECT" then
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
    local sent = clean(legal(normalise(path)))
    local routed = routing_path(sent, blank_in_key)
    local exact = field(routing_path(sent, blank_itself))
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
    if exact ~= routed then
        txn:set_var("txn.pd", exact)
    end
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
    local cut = legal(decode(to)) .. rest
    cut = cut == "" and "/" or cut
    if clean(cut) ~= cut then
        return refuse(txn, "Bad Request\n")
    end
    txn.http:req_set_path(cut)
    -- A line end in a header's value would end the header.
    txn.http:req_add_header("X-Forwarded-Prefix", (decode(from):gsub("%c", "")))
end)

-- For program.lua, in the same Lua state.
maitred = { decode = decode, escape = escape, clean = clean, refuse = refuse }

-- What HAProxy's relaxed parser lets through, and Go's does not -------------------------------------------------------

core.register_action("version", { "http-req" }, function(txn)
    local major = txn.f:req_ver():match("^(%d)%.%d$")
    if not major or major == "0" then
        return refuse(txn, "400 Bad Request: malformed HTTP version")
    elseif major ~= "1" then
        return refuse(txn, "505 HTTP Version Not Supported: unsupported protocol version", 505)
    end
end)

core.register_action("names", { "http-req" }, function(txn)
    refuse(txn, "400 Bad Request: invalid header name")
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

-- Headers and the query in rules ------------------------------------------------------------------------------------------

local fields = Map.new(os.getenv("MAITRED_FIELDS"), Map._reg)
local labels = Map.new(os.getenv("MAITRED_LABELS"), Map._str)
local names = Map.new(os.getenv("MAITRED_NAMES"), Map._str)
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
            local line = field(key) .. "\xfd" .. field(value)
            lines[#lines + 1] = "?" .. line
            if not first[key] then
                first[key] = true
                lines[#lines + 1] = "<" .. line
            end
            wanted["?" .. label(key) .. "=" .. label(value)] = true
            wanted["?" .. label(key) .. ":"] = true
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
        local asked = names:lookup(label(name))
        for i = 0, unseen[name] and -1 or #values_of do
            local value = as_received(txn, name, values_of[i])
            if value then
                lines[#lines + 1] = name .. ":" .. field(value)
            end
            if value and asked then
                wanted[label(name) .. "=" .. label(value)] = true
                wanted[label(name) .. ":"] = true
            end
        end
    end
end

-- The best router (txn.kr: the key of its record) that the tables in txn.t1 to txn.t4 have for the request.
core.register_action("fields", { "http-req" }, function(txn)
    local best, wanted, lines, groups = nobody, { [""] = true }, {}, {}
    add_query(txn, wanted, lines)
    add_headers(txn, wanted, lines)
    for i = 1, 4 do
        local name = txn:get_var("txn.t" .. i)
        for text in pairs(name and wanted or {}) do
            local value = labels:lookup(name .. "/" .. text)
            local decided, group = (value or nobody .. ";"):match("^([^;]*;[^;]*);(.*)$")
            best = decided < best and decided or best
            if group ~= "" then
                groups[group] = true
            end
        end
    end
    for group in pairs(groups) do
        local line = ("%s|%s|%s\n%s\n>%s\n%s\n"):format(group, txn:get_var("txn.ra") or "",
            txn:get_var("txn.hostd") or txn:get_var("txn.host") or "", txn.f:method(), txn:get_var("txn.pd") or txn:get_var("txn.p") or "",
            table.concat(lines, "\n"))
        local hit = fields:lookup(line)
        best = hit and hit < best and hit or best
    end
    if best ~= nobody then
        txn:set_var("txn.kr", "{" .. best:match(";(.*)$"))
    end
end)

-- Answers ----------------------------------------------------------------------------------------------------------

-- A refusal of the agent's whose status has no rule of its own.
core.register_service("answer", "http", function(applet)
    local status, body = tonumber(applet:get_var("txn.m.status")), applet:get_var("txn.m.body") or ""
    applet:set_status(status and status >= 200 and status <= 999 and status or 500)
    applet:add_header("Content-Length", tostring(#body))
    applet:start_response()
    applet:send(body)
end)

-- Services ---------------------------------------------------------------------------------------------------------

-- How backends and servers are chosen (compiler/plan/choice.h): entries of the routes' map, so that one transaction changes both.
local routes = Map.new(os.getenv("MAITRED_ROUTES"), Map._beg)

local function split(text, separator)
    local parts = {}
    for part in (text .. separator):gmatch("([^" .. separator .. "]*)" .. separator) do
        parts[#parts + 1] = part
    end
    return parts
end

local function read_definition(text)
    local fields = split(text, ";")
    local out = { kind = fields[1], strategy = fields[2]:sub(1, 1), careful = fields[2]:find("c", 1, true) ~= nil,
        by_cookie = fields[2]:find("k", 1, true) ~= nil,
        backend = fields[4], members = {} }
    if fields[3] ~= "" then
        local cookie = split(fields[3], "|")
        out.cookie, out.attributes = decode(cookie[1]), decode(cookie[2])
    end
    for member in fields[5]:gmatch("[^,]+") do
        local parts = split(member, "|")
        out.members[#out.members + 1] = { id = parts[1], weight = math.tointeger(tonumber(parts[2])), name = decode(parts[3]),
            target = parts[4], host = decode(parts[4]), path = decode(parts[5] or "") }
    end
    local answer, connect = (fields[6] or ""):match("^(%d+)|(%d+)$")
    out.answer, out.connect = tonumber(answer), tonumber(connect)
    return out
end

-- Definitions that were read, by their text.
local definitions, n_definitions = {}, 0

local function definition_of(target)
    local text = routes:lookup(target .. "?")
    if not text then
        return nil
    end
    local found = definitions[text]
    if not found then
        if n_definitions >= 1000 then
            definitions, n_definitions = {}, 0
        end
        found = read_definition(text)
        definitions[text], n_definitions = found, n_definitions + 1
    end
    return found
end

-- A fetch by the name of a backend or server; nil where there is none. HAProxy overwrites the name that it is given, so it must
-- be one that nobody else holds: a fresh string each time.
local function fetch(txn, what, backend, server)
    local ok, value = pcall(txn.f[what], txn.f, server and backend .. "/" .. server or backend .. "")
    return ok and tonumber(value) or nil
end

local is_up

local function is_member_up(txn, definition, member, seen)
    if definition.kind == "s" then
        return fetch(txn, "srv_is_up", definition.backend, member.id) == 1
    end
    return is_up(txn, member.target, seen)
end

-- Whether a backend, or what a definition stands for, has anything that is up.
is_up = function(txn, target, seen)
    if target:sub(1, 1) ~= "}" then
        return (fetch(txn, "nbsrv", target) or 0) > 0
    end
    if seen[target] == nil then
        local definition = definition_of(target)
        seen[target] = false
        if definition and definition.kind == "s" then
            seen[target] = (fetch(txn, "nbsrv", definition.backend) or 0) > 0
        elseif definition and definition.kind == "f" then
            seen[target] = is_up(txn, definition.members[1].target, seen) or is_up(txn, definition.members[2].target, seen)
        elseif definition then
            for _, member in ipairs(definition.members) do
                seen[target] = seen[target] or not definition.careful or is_up(txn, member.target, seen)
            end
        end
    end
    return seen[target]
end

-- Earliest deadline first: the n-th request (from 0) of members whose k-th turn is due at k/weight. Returns the member and how
-- many turns it has had before.
local function in_turn(members, n)
    local total, counts, sum = 0, {}, 0
    for _, member in ipairs(members) do
        total = total + member.weight
    end
    local round, rest = n // total, n % total
    for i, member in ipairs(members) do
        counts[i] = rest * member.weight // total
        sum = sum + counts[i]
    end
    local best
    repeat
        best = 1
        for i = 2, #members do
            if (counts[i] + 1) * members[best].weight < (counts[best] + 1) * members[i].weight then
                best = i
            end
        end
        counts[best], sum = counts[best] + 1, sum + 1
    until sum > rest
    return members[best], round * members[best].weight + counts[best] - 1
end

-- FNV-1a and FNV-1 of 64 bits.
local function fnv1a(text)
    local hash = -3750763034362895579
    for i = 1, #text do
        hash = (hash ~ text:byte(i)) * 1099511628211
    end
    return hash
end

local function fnv1(text)
    local hash = -3750763034362895579
    for i = 1, #text do
        hash = (hash * 1099511628211) ~ text:byte(i)
    end
    return string.format("%x", hash)
end

-- Rendezvous hashing: the member whose score with the client's address is greatest.
local function by_address(txn, members)
    local address, best, highest = txn:get_var("sess.ip") or "", nil, -1
    for _, member in ipairs(members) do
        local hash = fnv1a(address .. member.name)
        local share = ((hash >> 11) + 0.5) / 9007199254740992.0
        local score = member.weight / -math.log(share)
        if score > highest then
            best, highest = member, score
        end
    end
    return best
end

local function busy(txn, definition, member)
    return fetch(txn, "srv_conn", definition.backend, member.id) or 0
end

-- The less busy one of two that chance names.
local function better_of_two(txn, definition, members)
    if #members == 1 then
        return members[1]
    end
    local i, j = math.random(#members), math.random(#members - 1)
    local one, other = members[i], members[j < i and j or j + 1]
    return busy(txn, definition, other) < busy(txn, definition, one) and other or one
end

-- The one with the fewest requests for its weight; those that are equal take turns.
local function least_busy(txn, definition, members, turn)
    local equal, least = {}, math.huge
    for _, member in ipairs(members) do
        local load = (busy(txn, definition, member) + 1) / member.weight
        if load < least then
            equal, least = {}, load
        end
        if load == least then
            equal[#equal + 1] = member
        end
    end
    return (in_turn(equal, turn))
end

local function balance(txn, definition, members, turn)
    if definition.kind == "h" or (definition.kind == "s" and definition.strategy == "h") then
        return by_address(txn, members), turn
    elseif definition.kind == "s" and definition.strategy == "p" then
        return better_of_two(txn, definition, members), turn
    elseif definition.kind == "s" and definition.strategy == "l" then
        return least_busy(txn, definition, members, turn), turn
    end
    return in_turn(members, turn)
end

-- The first value of a cookie (net/http readCookies).
local function cookie_of(txn, name)
    for i = 1, txn.f:req_fhdr_cnt("cookie") do
        for part in txn.f:req_fhdr("cookie", i):gmatch("[^;]+") do
            local key, value = part:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
            if key == name then
                return value:match('^"(.*)"$') or value
            end
        end
    end
    return nil
end

-- The member that a cookie's value names: by its id, or in one of the ways of older days (then the cookie is set anew).
local function member_of(members, value)
    for _, member in ipairs(members) do
        if member.id:sub(1, 16) == value then
            return member, false
        end
    end
    for _, member in ipairs(members) do
        if member.name == value or fnv1(member.name) == value or fnv1(fnv1(member.name)) == value then
            return member, true
        end
    end
    return nil, true
end

-- The member for this request. `made` takes the cookies that are to be set.
local function choose_member(txn, definition, turn, made, seen)
    local members = definition.members
    if definition.careful and definition.kind ~= "f" then
        members = {}
        for _, member in ipairs(definition.members) do
            if is_member_up(txn, definition, member, seen) then
                members[#members + 1] = member
            end
        end
    end
    if definition.kind == "f" then
        return members[is_up(txn, members[1].target, seen) and 1 or 2], turn
    elseif #members == 0 then
        return nil
    end
    local value = definition.cookie and cookie_of(txn, definition.cookie)
    local member, old = nil, true
    if value then
        member, old = member_of(members, value)
    end
    if not member then
        member, turn = balance(txn, definition, members, turn)
    end
    if definition.cookie and old then
        made[#made + 1] = definition.cookie .. "=" .. member.id:sub(1, 16) .. definition.attributes
    end
    return member, turn
end

-- In backends that were added later a cookie names the server. HAProxy takes it away again; one that a client made up is ours to
-- take away.
local function say_by_cookie(txn, server)
    local lines, forged = {}, false
    for i = 1, txn.f:req_fhdr_cnt("cookie") do
        lines[i] = txn.f:req_fhdr("cookie", i)
        forged = forged or lines[i]:find("maitred-server", 1, true) ~= nil
    end
    if forged then
        txn.http:req_del_header("Cookie")
        for _, line in ipairs(lines) do
            txn.http:req_add_header("Cookie", (line:gsub("maitred%-server", "")))
        end
    end
    txn.http:req_add_header("Cookie", "maitred-server=" .. server)
end

-- The backend for this request; nil: nothing is up.
local function choose(txn, target, turn, made, seen)
    if target:sub(1, 1) ~= "}" then
        return target
    end
    local definition = definition_of(target)
    local member
    if definition then
        member, turn = choose_member(txn, definition, turn, made, seen)
    end
    if not member then
        return nil
    elseif definition.kind ~= "s" then
        return choose(txn, member.target, turn, made, seen)
    elseif member.host == "!" then
        return "broken"
    end
    if member.host ~= "" then
        txn.http:req_set_header("Host", member.host)
    end
    local path = txn.f:path() or ""
    if member.path ~= "" and path:sub(1, 1) == "/" then
        txn.http:req_set_path(member.path .. path)
    end
    if definition.answer then
        txn:set_var("txn.t", definition.answer)
        txn:set_var("txn.d", definition.connect)
    end
    if definition.by_cookie then
        say_by_cookie(txn, member.id)
    else
        txn:set_var("txn.s", member.id)
    end
    return definition.backend
end

-- txn.w names the service; its turns are counted in sc2, where that could be had.
core.register_action("choose", { "http-req" }, function(txn)
    local turns, made = tonumber(txn.f:sc_inc_gpc1(2)) or 0, {}
    local turn = turns > 0 and turns - 1 or math.random(0, 1 << 30)
    local backend = choose(txn, txn:get_var("txn.w"), turn, made, {}) or "none"
    for i, cookie in ipairs(made) do
        txn:set_var("txn.k" .. i, cookie)
    end
    txn:set_var("txn.r", (txn:get_var("txn.r"):gsub("^([^;]*;)[^;]*", function(flags) return flags .. backend end)))
end)

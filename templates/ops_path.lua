-- Ops on the path, and redirects.
local find, sub = string.find, string.sub
local decode, escape, clean = maitred.decode, maitred.escape, maitred.clean
local ops, regex, stop, stop_error = maitred.ops, maitred.regex, maitred.stop, maitred.stop_error

-- Paths as net/url has them ----------------------------------------------------------------------------------------

-- setPath
local function set_path(st, encoded)
    local path = decode(encoded)
    st.path, st.raw = path, escape(path) == encoded and "" or encoded
end

-- What is not the same in both forms.
local ODD = "[^A-Za-z0-9._~$&+,/:;=@-]"

local function load_path(st)
    local path = st.txn.f:path() or "/"
    if find(path, ODD) then
        set_path(st, path)
    else
        st.path, st.raw = path, ""
    end
    return st.path
end

local function has_bad_code(s)
    return find(s, "%", 1, true) and s:gsub("%%%x%x", ""):find("%", 1, true)
end

-- EscapedPath
local function escaped_path(path, raw)
    if raw ~= "" and not find(raw, "[^A-Za-z0-9._~!$&'()*+,;=:@/%[%]%%-]") and not has_bad_code(raw) and
        decode(raw) == path then
        return raw
    end
    return escape(path)
end

local function escaped(st)
    return escaped_path(st.path or load_path(st), st.raw)
end
maitred.escaped = escaped

function maitred.flush_path(st)
    local path = escaped(st)
    st.txn:unset_var("txn.sent")
    st.http:req_set_path(path == "" and "/" or path)
    st.dirty = nil
end

-- Request.RequestURI: its query is the client's as long as no op has changed the path (txn.sent).
local function request_uri(st)
    local path = st.dirty and escaped(st) or st.txn.f:path() or "/"
    local query = not st.dirty and st.txn:get_var("txn.sent")
    if not query then
        local url = st.txn.f:url() or ""
        local at = find(url, "?", 1, true)
        query = at and sub(url, at) or ""
    end
    return (path == "" and "/" or path) .. query
end

local function slash(path)
    return (path == "" or sub(path, 1, 1) == "/") and path or "/" .. path
end

-- How many bytes of an encoded path say the first `n` of the decoded one, as Traefik counts.
local function encoded_length(raw, n)
    local at = 1
    for _ = 1, n do
        if at > #raw then
            break
        end
        at = at + (sub(raw, at, at) == "%" and at + 2 <= #raw and 3 or 1)
    end
    return at - 1
end

-- JoinPath on the path as it is now; false: that is another path.
local function is_normal(st)
    local path = st.path
    if path == "" then
        return true
    end
    if (st.raw == "" or st.raw == path) and not find(path, ODD) and sub(path, 1, 1) == "/" and not find(path, "//", 1, true) and
        not find(path, "/.", 1, true) then
        st.raw = ""
        return true
    end
    local encoded = escaped(st)
    local rooted = sub(encoded, 1, 1) == "/"
    if rooted and not find(encoded, "//", 1, true) and not find(encoded .. "/", "/%.%.?/") then
        set_path(st, encoded)
    elseif rooted then
        set_path(st, clean(encoded))
    else
        set_path(st, sub(clean("/" .. encoded), 2))
    end
    return st.path == path
end

-- Ops --------------------------------------------------------------------------------------------------------------

function ops.add(_, prefix)
    return function(st)
        local path = st.path or load_path(st)
        st.path = slash(prefix .. path)
        if st.raw ~= "" then
            st.raw = slash(prefix .. st.raw)
        end
        st.dirty = true
    end
end

-- Cuts `prefix` (a header's value holds no line ends, so neither does what is told of it).
local function cut(st, prefix, rest_of)
    st.path = rest_of(sub(st.path, #prefix + 1))
    if st.raw ~= "" then
        st.raw = rest_of(sub(st.raw, encoded_length(st.raw, #prefix) + 1))
    end
    st.dirty = true
    if not is_normal(st) then
        return stop_error(st, 400, "Bad Request", "Bad Request\n")
    end
    st.http:req_add_header("X-Forwarded-Prefix", (prefix:gsub("%c", "")))
end

local function forced_slash(rest)
    return "/" .. (sub(rest, 1, 1) == "/" and sub(rest, 2) or rest)
end

function ops.strip(_, force, ...)
    local prefixes = { ... }
    local rest_of = force == "1" and forced_slash or slash
    return function(st)
        local path = st.path or load_path(st)
        for i = 1, #prefixes do
            local prefix = prefixes[i]
            if sub(path, 1, #prefix) == prefix then
                return cut(st, prefix, rest_of)
            end
        end
    end
end

-- The cut of the record in txn.r, as quote_field wrote it.
core.register_action("cut", { "http-req" }, function(txn)
    local from, to = txn:get_var("txn.r"):match("^" .. ("[^;]*;"):rep(5) .. "([^;?]*)%?([^;]*)")
    local st = { txn = txn, http = txn.http, answered = {} }
    if not from or ops.strip(nil, "0", decode(from))(st) or not st.dirty then
        return
    end
    if to ~= "" then
        ops.add(nil, decode(to))(st)
    end
    maitred.flush_path(st)
end)

function ops.stripre(_, ...)
    local searches = {}
    for i, program in ipairs({ ... }) do
        searches[i] = regex.compile(program)
    end
    return function(st)
        local path = st.path or load_path(st)
        for i = 1, #searches do
            local m = searches[i](path, 1)
            local found = m and sub(path, m[0], m[1] - 1) or ""
            if found ~= "" and sub(path, 1, #found) == found then
                return cut(st, found, slash)
            end
        end
    end
end

-- PathUnescape's message.
local function escape_error(s)
    local at = 1
    while true do
        at = find(s, "%", at, true)
        if not find(s, "^%%%x%x", at) then
            return 'invalid URL escape "' .. sub(s, at, at + 2) .. '"\n'
        end
        at = at + 3
    end
end

local function put_path(st, raw)
    st.http:req_add_header("X-Replaced-Path", st.raw ~= "" and st.raw or escaped(st))
    if has_bad_code(raw) then
        return stop_error(st, 500, "Internal Server Error", escape_error(raw))
    end
    st.raw, st.path, st.dirty = raw, decode(raw), true
end

function ops.replace(_, path)
    return function(st)
        if not st.path then
            load_path(st)
        end
        return put_path(st, path)
    end
end

-- The parts of a replacement: texts, and numbers of groups.
local function parts_of(list)
    local parts = {}
    for i, part in ipairs(list) do
        parts[i] = sub(part, 1, 1) == "$" and tonumber(sub(part, 2)) or sub(part, 2)
    end
    return parts
end

function ops.rewrite(_, program, ...)
    local search, parts = regex.compile(program), parts_of({ ... })
    return function(st)
        if not st.path then
            load_path(st)
        end
        local current = st.raw ~= "" and st.raw or escaped(st)
        local new, any = regex.replace(search, parts, current)
        if not any then
            return
        end
        local stopped = put_path(st, new)
        if stopped then
            return stopped
        end
        if not is_normal(st) then
            return stop_error(st, 400, "Bad Request", "Bad Request\n")
        end
    end
end

-- Redirects --------------------------------------------------------------------------------------------------------

local function is_tls(st)
    return maitred.is_secure(st.txn)
end
maitred.is_tls = is_tls

local function encode_with(s, legal)
    return (s:gsub("[^" .. legal .. "]", function(c) return string.format("%%%02X", c:byte()) end))
end

local HOST = "A-Za-z0-9._~!$&'()*+,;=:%[%]<>\"-"
local USER = "A-Za-z0-9._~$&+,;=-"

-- net/url parseHost and back: what stands in brackets is an IPv6 address, maybe with a zone; nil where Go refuses it.
local function host_of(scheme, host)
    local name, port = host:match("^%[([^%[]*)%](.*)$")
    if name then
        local address, zone = name:match("^(.-)(%%25.+)$")
        if not find(address or name, "^[%x.]*:[%x:.]*$") or not core.parse_addr(address or name) or
            find(sub(zone or "", 4), "[^A-Za-z0-9._~-]") then
            return nil
        end
    else
        local at = find(host, ":", 1, true)
        if at and find(host, ":", at + 1, true) and scheme ~= "http" and scheme ~= "https" then
            at = find(host, ":[^:]*$")
        end
        port = at and sub(host, at) or ""
        -- Codes: of '%' itself and of what is not ASCII.
        local rest = host:gsub("%%[89A-Fa-f]%x", ""):gsub("%%25", "")
        if find(rest, "[%[%%]") or find(rest, "[^\128-\255" .. HOST .. "]") then
            return nil
        end
    end
    return (port == "" or find(port, "^:%d*$")) and (name and host or encode_with(decode(host), HOST)) or nil
end

-- net/url parseAuthority and back.
local function authority_of(scheme, text)
    local user, host = text:match("^(.*)@([^@]*)$")
    if user and (find(user, "[^A-Za-z0-9._~!$&'()*+,;=:@%%-]") or has_bad_code(user)) then
        return nil
    end
    local known = host_of(scheme, host or text)
    if not user or not known then
        return known
    end
    local name, password = user:match("^([^:]*)(.*)$")
    password = password ~= "" and ":" .. encode_with(decode(sub(password, 2)), USER) or ""
    return encode_with(decode(name), USER) .. password .. "@" .. known
end

-- net/url Parse and String: the URL as Go writes it, or nil.
local function url_string(text)
    local rest, fragment = text:match("^([^#]*)#(.*)$")
    rest = rest or text
    if find(text, "%c") or fragment and has_bad_code(fragment) then
        return nil
    end
    local scheme, behind = rest:match("^(%a[%w+.-]*):(.*)$")
    if sub(rest, 1, 1) == ":" then
        return nil
    end
    rest = behind or rest
    local path, query = rest:match("^([^?]*)(%?.*)$")
    path, query = path or rest, query or ""
    local out = scheme and scheme:lower() .. ":" or ""
    local tail = query .. (fragment and fragment ~= "" and
        "#" .. (find(fragment, "[^A-Za-z0-9._~!$&'()*+,;=:@/?%%-]") and encode_with(decode(fragment), "A-Za-z0-9._~!$&()*+,;=:@/?-") or
        fragment) or "")
    if scheme and sub(path, 1, 1) ~= "/" and path ~= "" then
        return out .. path .. tail
    end
    if not scheme and sub(path, 1, 1) ~= "/" and find(path:match("^[^/]*"), ":", 1, true) then
        return nil
    end
    local authority, below = path:match("^//([^/]*)(.*)$")
    if authority and (scheme or sub(path, 1, 3) ~= "///") then
        local host = authority_of((scheme or ""):lower(), authority)
        if not host then
            return nil
        end
        out, path = out .. (host .. below ~= "" and "//" .. host or ""), below
    end
    if has_bad_code(path) then
        return nil
    end
    local decoded = decode(path)
    return out .. escaped_path(decoded, escape(decoded) == path and "" or path) .. tail
end

local function status_of(st, permanent)
    local get = st.txn.f:method() == "GET"
    if permanent then
        return get and 301 or 308, get and "Moved Permanently" or "Permanent Redirect"
    end
    return get and 302 or 307, get and "Found" or "Temporary Redirect"
end

local function move(st, old, new, permanent)
    if new == old and (not st.path or st.raw == "" and sub(st.path, 1, 1) == "/") and find(old, "^%a+://[A-Za-z0-9.-]+:?%d*/") then
        return
    end
    local location = url_string(new)
    if not location then
        return stop(st, 502, "Bad Gateway", "Bad Gateway")
    end
    if new == old then
        -- The request goes on with the URL as it was read.
        if st.path then
            set_path(st, new:match("^%a[%w+.-]*://[^/?#]*([^?#]*)") or "")
            st.dirty = true
        end
        return
    end
    local status, reason = status_of(st, permanent)
    return stop(st, status, reason, reason, { "Location", location })
end

function ops.redirect(_, permanent, program, ...)
    local search, parts = regex.compile(program), parts_of({ ... })
    permanent = permanent == "1"
    return function(st)
        local old = (is_tls(st) and "https://" or "http://") .. (st.txn.f:req_fhdr("host", 1) or "") .. request_uri(st)
        local new, any = regex.replace(search, parts, old)
        if any then
            return move(st, old, new, permanent)
        end
    end
end

-- net.SplitHostPort; without a port, or where it is not one, the whole.
local function split_host(host)
    local name, port = host:match("^%[([^%[%]]*)%]:([^:%[%]]*)$")
    if not name then
        name, port = host:match("^([^:%[%]]*):([^:%[%]]*)$")
    end
    return name or host, port and ":" .. port or ""
end
maitred.split_host = split_host

local SCHEMES = { http = "http", ws = "http", https = "https", wss = "https" }

function ops.scheme(_, permanent, scheme, port)
    permanent = permanent == "1"
    return function(st)
        local f = st.txn.f
        local host, old_port = split_host(f:req_fhdr("host", 1) or "")
        local now = SCHEMES[(f:req_fhdr("x-forwarded-proto", 1) or ""):lower()] or (is_tls(st) and "https" or "http")
        if now == "http" and old_port == ":80" or now == "https" and old_port == ":443" then
            old_port = ""
        end
        local rest = host .. old_port .. request_uri(st)
        local name = rest:match("^%[[%w_:.]+%]") or rest:match("^[%w_.-]+") or ""
        local behind = sub(rest, #name + 1)
        behind = sub(behind, #(behind:match("^:%d+") or "") + 1)
        return move(st, now .. "://" .. rest, scheme .. "://" .. name .. port .. behind, permanent)
    end
end

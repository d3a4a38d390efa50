-- Ops on headers: those of the request, and what answers are to carry.
local ops, regex, answer, stop, stop_error = maitred.ops, maitred.regex, maitred.answer, maitred.stop, maitred.stop_error

function ops.set(_, ...)
    local pairs_ = { ... }
    return function(st)
        local http = st.http
        for i = 1, #pairs_, 2 do
            local name, value = pairs_[i], pairs_[i + 1]
            if name == "x-forwarded-for" then
                -- The proxy adds the peer behind whatever the middleware leaves.
                local peer = st.txn:get_var("sess.ip")
                http:req_set_header(name, value == "" and peer or value .. ", " .. peer)
            elseif value ~= "" then
                http:req_set_header(name, value)
            elseif name ~= "host" then
                http:req_del_header(name)
            end
        end
    end
end

function ops.forwarded()
    return function(st)
        st.http:req_del_header("x-forwarded-for")
    end
end

-- 128 random bits in base64.
local random = io.open("/dev/urandom", "rb")
local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function nonce()
    local out, bits, n = {}, 0, 0
    for c in random:read(16):gmatch(".") do
        bits, n = bits << 8 | c:byte(), n + 8
        while n >= 6 do
            n = n - 6
            local digit = bits >> n & 63
            out[#out + 1] = DIGITS:sub(digit + 1, digit + 1)
        end
        bits = bits & 63
    end
    local digit = bits << (6 - n) & 63
    return table.concat(out) .. DIGITS:sub(digit + 1, digit + 1)
end

local function set_answers(st, list)
    for i = 1, #list, 2 do
        answer(st, list[i], list[i + 1])
    end
end

-- A policy with $NONCE gets a fresh one in every answer.
function ops.answer(_, ...)
    local list, fresh = { ... }, {}
    for i = 1, #list, 2 do
        if list[i]:find("^content%-security%-policy") and list[i + 1]:find("$NONCE", 1, true) then
            fresh[#fresh + 1] = i
        end
    end
    if #fresh == 0 then
        return function(st)
            return set_answers(st, list)
        end
    end
    return function(st)
        local copy = { table.unpack(list) }
        local word = "'nonce-" .. nonce() .. "'"
        for _, i in ipairs(fresh) do
            copy[i + 1] = copy[i + 1]:gsub("%$NONCE", word)
        end
        return set_answers(st, copy)
    end
end

function ops.tls(shared, ...)
    local list = { ... }
    shared.secure = function(st)
        if maitred.is_tls(st) then
            return true
        end
        for i = 1, #list, 2 do
            if (st.txn.f:req_fhdr(list[i], 1) or "") == list[i + 1] then
                return true
            end
        end
        return false
    end
end

function ops.secure(shared, ...)
    local list, secure = { ... }, shared.secure
    return function(st)
        if secure(st) then
            return set_answers(st, list)
        end
    end
end

function ops.hosts(_, headers, ...)
    local names, allowed = {}, {}
    for name in headers:gmatch("[^,]+") do
        names[#names + 1] = name
    end
    for _, host in ipairs({ ... }) do
        allowed[host] = true
    end
    return function(st)
        local f = st.txn.f
        local host = f:req_fhdr("host", 1) or ""
        for _, name in ipairs(names) do
            local value = f:req_fhdr(name, 1)
            if value and value ~= "" then
                host = value
                break
            end
        end
        if not allowed[host:lower()] then
            return stop_error(st, 500, "Internal Server Error", "Bad Host\n")
        end
    end
end

-- CORS -------------------------------------------------------------------------------------------------------------

-- shared.welcome: what Access-Control-Allow-Origin says to an origin, or nil.
function ops.origins(shared, credentials, ...)
    local exact, searches = {}, {}
    for _, item in ipairs({ ... }) do
        local kind, rest = item:sub(1, 1), item:sub(2)
        if kind == "+" then
            exact[#exact + 1] = rest
        else
            searches[#searches + 1] = regex.compile(rest)
        end
    end
    credentials = credentials == "1"
    shared.welcome = function(origin)
        for i = 1, #exact do
            if exact[i] == origin then
                return origin
            elseif exact[i] == "*" then
                return credentials and origin or "*"
            end
        end
        for i = 1, #searches do
            if searches[i](origin, 1) then
                return origin
            end
        end
        return nil
    end
end

-- "*": what was asked; "=…": these.
local function words(list, asked)
    if list:sub(1, 1) == "*" then
        return asked
    end
    return list:sub(2)
end

function ops.preflight(shared, credentials, headers, methods, expose, max_age)
    local welcome = shared.welcome
    return function(st)
        local f = st.txn.f
        if f:method() ~= "OPTIONS" then
            return
        end
        local origin, method = f:req_fhdr("origin", 1) or "", f:req_fhdr("access-control-request-method", 1) or ""
        if origin == "" or method == "" then
            return
        end
        local out = {}
        local function put(name, value)
            if value and value ~= "" then
                out[#out + 1] = name
                out[#out + 1] = value
            end
        end
        put("Access-Control-Allow-Credentials", credentials == "1" and "true")
        put("Access-Control-Allow-Headers", words(headers, f:req_fhdr("access-control-request-headers", 1)))
        put("Access-Control-Allow-Methods", words(methods, method))
        put("Access-Control-Allow-Origin", welcome(origin))
        put("Access-Control-Max-Age", max_age)
        put("Access-Control-Expose-Headers", words(expose, nil))
        return stop(st, 200, "OK", "", out)
    end
end

function ops.cors(shared, credentials, expose)
    local welcome = shared.welcome
    credentials = credentials == "1"
    return function(st)
        local origin = welcome(st.txn.f:req_fhdr("origin", 1) or "")
        if origin and origin ~= "" then
            answer(st, "access-control-allow-origin", origin)
        end
        if credentials then
            answer(st, "access-control-allow-credentials", "true")
        end
        if expose ~= "" then
            answer(st, "access-control-expose-headers", expose)
        end
    end
end

function ops.vary()
    return maitred.add_vary
end

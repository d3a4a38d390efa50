-- Native programs: what a chain of middlewares does to a request (compiler/plan/ops.h has the text's form). A program is taken apart
-- once a thread; keys are digests of the text, so what is kept can never be stale. The configuration tells by the environment: the file
-- of programs.map, the names of headers that it sets in answers itself (txn.h0, txn.h1, …), whether Lua may act on every answer.
local programs = Map.new(os.getenv("MAITRED_PROGRAMS"), Map._str)
local names, after = os.getenv("MAITRED_ANSWER_HEADERS"), os.getenv("MAITRED_LUA_AFTER") == "1"
local find, sub, char = string.find, string.sub, string.char
local decode, escape, clean, refuse = maitred.decode, maitred.escape, maitred.clean, maitred.refuse

local slots = {}
do
    local n = 0
    for name in (names or ""):gmatch("[^,]+") do
        slots[name] = n
        n = n + 1
    end
end

-- The state of a request in its program: txn, http, program, at (next op), path and raw (as net/url has them: decoded, and the
-- encoded form where it is not the usual one; nil: not looked at yet), dirty (the path changed), answered (names of headers that an op
-- further out has set), more (such headers without a rule of their own).

-- The path --------------------------------------------------------------------------------------------------------

-- net/url setPath
local function set_path(st, encoded)
    local path = decode(encoded)
    st.path, st.raw = path, escape(path) == encoded and "" or encoded
end

local function load_path(st)
    local path = st.txn.f:path() or "/"
    if find(path, "[^A-Za-z0-9._~$&+,/:;=@-]") then
        set_path(st, path)
    else
        st.path, st.raw = path, ""
    end
    return st.path
end

-- net/url EscapedPath
local function escaped(st)
    local raw = st.raw
    if raw ~= "" and not find(raw, "[^A-Za-z0-9._~!$&'()*+,;=:@/%[%]%%-]") and not find(raw, "%%[^%x]") and
        not find(raw, "%%.?$") and not find(raw, "%%%x[^%x]") and decode(raw) == st.path then
        return raw
    end
    return escape(st.path)
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

-- net/url JoinPath on the path as it is now; false: that is another path.
local function is_normal(st)
    local path = st.path
    if path == "" then
        return true
    end
    local encoded = escaped(st)
    if not find(encoded, "//", 1, true) and not find(encoded .. "/", "/.", 1, true) and sub(encoded, 1, 1) == "/" then
        set_path(st, encoded)
        return true
    end
    if sub(encoded, 1, 1) == "/" then
        set_path(st, clean(encoded))
    else
        set_path(st, sub(clean("/" .. encoded), 2))
    end
    return st.path == path
end

local function flush_path(st)
    if st.dirty then
        local path = escaped(st)
        st.http:req_set_path(path == "" and "/" or path)
        st.dirty = nil
    end
end

-- Answers ----------------------------------------------------------------------------------------------------------

-- Sets a header of the answer, or deletes it ("" as value). Ops further out come first here and last on the answer's way: theirs stays.
local function answer(st, name, value)
    if st.answered[name] then
        return
    end
    st.answered[name] = true
    local slot = slots[name]
    if not slot then
        st.more = st.more or {}
        st.more[#st.more + 1] = name .. ":" .. value
    elseif value ~= "" then
        st.txn:set_var("txn.h" .. slot, value)
    else
        st.gone = (st.gone or ",") .. slot .. ","
    end
end

-- What later stages must know.
local function flush(st)
    local txn = st.txn
    flush_path(st)
    if next(st.answered) then
        txn:set_var("txn.h", 1)
        if st.gone then
            txn:set_var("txn.hd", st.gone)
        end
        if st.more then
            txn:set_var("txn.hx", table.concat(st.more, "\n"))
        end
    end
end

local function stop(st, status, reason, body, kind)
    local txn = st.txn
    local reply = txn:reply({ status = status, reason = reason })
    flush(st)
    if kind == "error" then
        reply:add_header("Content-Type", "text/plain; charset=utf-8")
        reply:add_header("X-Content-Type-Options", "nosniff")
    end
    if not after then
        for _, item in ipairs(st.more or {}) do
            local name, value = item:match("^(.-):(.*)$")
            if value ~= "" then
                reply:add_header(name, value)
            end
        end
    end
    reply:set_body(body)
    txn:done(reply)
    return "stop"
end

-- Headers of the answer that have no rule of their own.
core.register_action("answered", after and { "http-after-res" } or { "http-res" }, function(txn)
    for name, value in (txn:get_var("txn.hx") or ""):gmatch("([^:\n]+):([^\n]*)") do
        if value == "" then
            txn.http:res_del_header(name)
        else
            txn.http:res_set_header(name, value)
        end
    end
end)

-- Ops: each makes a function of the state from its arguments. What it returns ends the run: "stop" (answered), "pause" (for the agent).
local ops = {}

function ops.add(prefix)
    return function(st)
        local path = st.path or load_path(st)
        st.path = slash(prefix .. path)
        if st.raw ~= "" then
            st.raw = slash(prefix .. st.raw)
        end
        st.dirty = true
    end
end

function ops.strip(force, ...)
    local prefixes = { ... }
    force = force == "1"
    local function rest_of(rest)
        if force then
            return "/" .. (sub(rest, 1, 1) == "/" and sub(rest, 2) or rest)
        end
        return slash(rest)
    end
    return function(st)
        local path = st.path or load_path(st)
        for i = 1, #prefixes do
            local prefix = prefixes[i]
            if sub(path, 1, #prefix) == prefix then
                st.path = rest_of(sub(path, #prefix + 1))
                if st.raw ~= "" then
                    st.raw = rest_of(sub(st.raw, encoded_length(st.raw, #prefix) + 1))
                end
                st.dirty = true
                if not is_normal(st) then
                    return stop(st, 400, "Bad Request", "Bad Request\n", "error")
                end
                st.http:req_add_header("X-Forwarded-Prefix", (prefix:gsub("%c", "")))
                return
            end
        end
    end
end

function ops.set(...)
    local pairs_ = { ... }
    return function(st)
        local http = st.http
        for i = 1, #pairs_, 2 do
            local name, value = pairs_[i], pairs_[i + 1]
            if name == "x-forwarded-for" then
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

function ops.answer(...)
    local pairs_ = { ... }
    return function(st)
        for i = 1, #pairs_, 2 do
            answer(st, pairs_[i], pairs_[i + 1])
        end
    end
end

function ops.agent(id)
    return function(st)
        flush(st)
        st.txn:set_var("txn.g", id)
        return "pause"
    end
end

-- Programs ---------------------------------------------------------------------------------------------------------

local cache, cached = {}, 0
local CACHE_MAX = 4096

local function text_of(id)
    local text = programs:lookup(id)
    local n, rest = (text or ""):match("^%+(%d+);(.*)$")
    if not n then
        return text
    end
    local parts = { rest }
    for i = 1, n - 1 do
        parts[#parts + 1] = programs:lookup(id .. "." .. i) or error("a part of program " .. id .. " is missing")
    end
    return table.concat(parts)
end

local function compile(text)
    local program = {}
    for op in text:gmatch("([^;]*);") do
        local name, arguments = op:match("^(%w+)(.*)$")
        local list = {}
        for argument in arguments:gmatch("%?([^?]*)") do
            list[#list + 1] = decode(argument)
        end
        program[#program + 1] = ops[name](table.unpack(list))
    end
    return program
end

local function program_of(id)
    local text = text_of(id)
    if not text then
        return nil
    end
    if cached >= CACHE_MAX then
        cache, cached = {}, 0
    end
    local program = compile(text)
    cache[id] = program
    cached = cached + 1
    return program
end

-- Runs the program in txn.o, or goes on with it behind the agent's verdict.
core.register_action("program", { "http-req" }, function(txn)
    local st = txn:get_priv()
    if st then
        st.txn, st.http = txn, txn.http
    else
        local id = txn:get_var("txn.o")
        local program = cache[id] or program_of(id)
        if not program then
            return refuse(txn, "Service Unavailable\n", 503)
        end
        st = { txn = txn, http = txn.http, program = program, at = 1, answered = {} }
    end
    txn:unset_var("txn.g")
    local program = st.program
    for i = st.at, #program do
        local ended = program[i](st)
        if ended then
            if ended == "pause" then
                st.at = i + 1
                txn:set_priv(st)
            end
            return
        end
    end
    flush(st)
end)

-- Native programs: what a chain of middlewares does to a request (compiler/plan/ops.h has the text's form). A program is taken apart
-- once a thread; keys are digests of the text, so what is kept can never be stale. The configuration tells by the environment: the file
-- of programs.map, the names of headers that it sets in answers itself (txn.h0, txn.h1, …), whether Lua may act on every answer.
local programs = Map.new(os.getenv("MAITRED_PROGRAMS"), Map._str)
local names, after = os.getenv("MAITRED_ANSWER_HEADERS"), os.getenv("MAITRED_LUA_AFTER") == "1"
local decode, refuse = maitred.decode, maitred.refuse

local slots = {}
do
    local n = 0
    for name in (names or ""):gmatch("[^,]+") do
        slots[name] = "txn.h" .. n
        n = n + 1
    end
end

-- Ops: a function of that name makes, of what the program's ops share and the arguments, a function of a request's state (or nothing).
-- What that returns ends the run: "stop" and "ended" (answered, or done), "pause" (something is to be done outside: st.wanted says what, st.resume is called
-- first then).
local ops = {}
maitred.ops = ops

-- The state of a request in its program: txn, http, program, at (next op), path and raw (as net/url has them: decoded, and the
-- encoded form where it is not the usual one; nil: not looked at yet), dirty (the path changed), answered (names of headers that an op
-- further out has set), more (such headers without a rule of their own), gone (those to delete), vary (how often Origin is added), tells (an errors in front of the program wants to know what becomes
-- of the request), refused (the path that the refusal was for, where an op had changed it).

-- Answers ----------------------------------------------------------------------------------------------------------

-- Sets a header of the answer, or deletes it ("" as value). Ops further out come first here and last on the answer's way: theirs stays.
local function answer(st, name, value)
    local answered = st.answered
    if answered[name] then
        return
    end
    answered[name] = true
    st.any = true
    if name == "vary" and st.vary then
        value = (value == "" or value == "Origin") and "Origin" or value .. st.vary
        st.vary = nil
    end
    if name == "content-type" and value == "" then
        -- Go's server guesses one that was deleted.
        st.guesses, st.retyped = true, true
        return st.txn:set_var("txn.sn", 2)
    end
    local slot = slots[name]
    if not slot then
        st.more = st.more or {}
        st.more[#st.more + 1] = name .. ":" .. value
    elseif value ~= "" then
        st.txn:set_var(slot, value)
    else
        st.gone = (st.gone or ",") .. name .. ","
    end
end
maitred.answer = answer

-- Origin is added to whatever Vary will be.
function maitred.add_vary(st)
    if not st.answered["vary"] then
        st.vary = (st.vary or "") .. ",Origin"
        st.any = true
    end
end

-- What later stages must know.
local function flush(st)
    local txn = st.txn
    if st.dirty then
        maitred.flush_path(st)
    end
    if st.any then
        txn:set_var("txn.h", 1)
        if st.gone then
            txn:set_var("txn.hd", st.gone)
        end
        if st.more then
            txn:set_var("txn.hx", table.concat(st.more, "\n"))
        end
        if st.vary then
            txn:set_var("txn.hv", st.vary)
        end
    end
    if st.tells then
        maitred.tell(txn, st.refused)
    end
end
maitred.flush = flush

-- Answers the request; `headers` is a list of names and values. Headers without a rule of their own are put here, in place of those of
-- the answer: what Lua ends, no Lua
-- may change afterwards (HAProxy 3 would not survive it).
function maitred.stop(st, status, reason, body, headers)
    local txn, more = st.txn, st.more
    local reply = txn:reply({ status = status, reason = reason })
    st.refused = st.dirty and maitred.escaped(st)
    st.dirty, st.more = nil, nil
    flush(st)
    txn:unset_var("txn.hx")
    local taken = { ["content-type"] = st.retyped }
    for _, item in ipairs(more or {}) do
        local name, value = item:match("^(.-):(.*)$")
        taken[name] = true
        if value ~= "" then
            reply:add_header(name, value)
        end
    end
    local typed = not st.guesses or body == "" or taken["content-type"] and not st.retyped
    for i = 1, headers and #headers or 0, 2 do
        if not taken[headers[i]:lower()] then
            reply:add_header(headers[i], headers[i + 1])
            typed = typed or headers[i] == "Content-Type"
        end
    end
    if not typed then
        reply:add_header("Content-Type", maitred.guess_type(body))
    end
    for text in (not after and txn:get_var("txn.mc") or ""):gmatch("%+([^\n]+)") do
        reply:add_header("Set-Cookie", (maitred.cookie(text)))
    end
    reply:set_body(body)
    txn:done(reply)
    return "stop"
end

-- As Go's http.Error writes it.
function maitred.stop_error(st, status, reason, body)
    return maitred.stop(st, status, reason, body,
        { "Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff" })
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

-- Something that happens outside: `wanted` is the agent's program, or "i" (see program.cfg).
local function pause(st, wanted, resume)
    flush(st)
    st.resume = resume
    st.txn:set_var("txn.g", wanted)
    return "pause"
end
maitred.pause = pause

function ops.agent(_, id)
    return function(st)
        return pause(st, id)
    end
end

-- Programs ---------------------------------------------------------------------------------------------------------

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
    local program, shared = {}, {}
    for op in text:gmatch("([^;]*);") do
        local name, arguments = op:match("^(%w+)(.*)$")
        local list = {}
        for argument in arguments:gmatch("%?([^?]*)") do
            list[#list + 1] = decode(argument)
        end
        program[#program + 1] = ops[name](shared, table.unpack(list))
    end
    return program
end

local program_of = maitred.cache(4096, function(id)
    local text = text_of(id)
    return text and compile(text)
end)

-- Runs a program to its end (txn.o is gone then) or to a pause (txn.g is there then).
local function run(st)
    local program = st.program
    for i = st.at, #program do
        local ended = program[i](st)
        if ended then
            if ended == "pause" then
                st.at = i + 1
                st.txn:set_priv(st)
            end
            return
        end
    end
    if st.dirty or st.any or st.tells then
        flush(st)
    end
    if st.listed then
        -- The peer has passed all lists of this program: its lane need not ask again.
        local al = st.txn:get_var("txn.al")
        if al then
            st.txn:set_var("sess.al", al)
        end
    end
    st.txn:unset_var("txn.o")
end

maitred.run, maitred.program_of = run, program_of

local function start(txn)
    local id = txn:get_var("txn.o")
    local program = program_of(id)
    if not program then
        return refuse(txn, "Service Unavailable\n", 503)
    end
    return run({ txn = txn, http = txn.http, program = program, at = 1, answered = {} })
end

-- The program in txn.o.
core.register_action("program", { "http-req" }, start)

-- It goes on when what it paused for has happened, or begins behind the agent's verdict.
core.register_action("resume", { "http-req" }, function(txn)
    local st = txn:get_priv()
    txn:unset_var("txn.g")
    if not st then
        return start(txn)
    end
    st.txn, st.http = txn, txn.http
    local resume = st.resume
    st.resume = nil
    if resume and resume(st) then
        return
    end
    return run(st)
end)

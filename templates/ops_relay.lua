-- The op that goes to the relay (templates/relay.lua). Where a request needs none of what the relay would do, its chain goes on here.
local ops = maitred.ops

function ops.tell()
    return function(st)
        st.tells = true
    end
end

local function has_body(f)
    local length = f:req_fhdr("content-length", 1)
    if length then
        return length ~= "0"
    end
    local method = f:method()
    return f:req_fhdr("transfer-encoding", 1) ~= nil or
        (f:req_ver() or ""):sub(1, 1) ~= "1" and method ~= "GET" and method ~= "HEAD"
end

-- What takes part in a request only sometimes (compiler/plan/relayed.h).
local needed = {
    [""] = function() return true end,
    body = has_body,
    coding = function(f) return f:method() ~= "HEAD" and f:req_fhdr("accept-encoding", 1) ~= nil end,
}

function ops.relay(_, flags, program, rest, service, ...)
    local items = { ... }
    local front, back = flags .. ";" .. service .. ";;", ";" .. program .. ";;;;" .. rest

    local function what_for(st)
        local f, what = st.txn.f, {}
        for i = 1, maitred.upgrades(st.txn) and 0 or #items, 2 do
            if needed[items[i]](f) then
                what[#what + 1] = items[i + 1]
            end
        end
        return #what > 0 and table.concat(what) or nil
    end

    -- True: there is no such program, and the request was refused.
    local function switch(st)
        st.program, st.at = maitred.program_of(rest), 1
        if not st.program then
            maitred.refuse(st.txn, "Service Unavailable\n", 503)
        end
        return not st.program
    end

    return function(st)
        local txn, what = st.txn, what_for(st)
        if what then
            maitred.flush(st)
            local record = txn:get_var("txn.r")
            local router = record:match("^[^;]*;[^;]*;[^;]*;([^;]*)") or ""
            -- "t": a missing content type is guessed behind the relay, where the body is the server's (compress).
            local guess = st.guesses and not st.retyped and "t" or ""
            maitred.relay(txn, what, guess .. front .. router .. back)
            txn:set_var("txn.r", ".;relay;;" .. router)
            txn:unset_var("txn.o")
            txn:unset_var("txn.w")
            return "ended"
        elseif program ~= "" then
            return maitred.pause(st, program, rest ~= "" and switch or nil)
        elseif rest ~= "" then
            if not switch(st) then
                maitred.run(st)
            end
            return "ended"
        end
    end
end

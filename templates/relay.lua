-- The way to the relay (agent/relay): what it shall do, and the record of what stands behind it, go along in headers.

-- Methods and targets that every parser takes; others go along in headers, too.
local usual = {}
for method in ("GET HEAD POST PUT DELETE OPTIONS PATCH"):gmatch("%S+") do
    usual[method] = true
end

local function set(http, name, value)
    if value then
        http:req_set_header(name, value)
    else
        http:req_del_header(name)
    end
end

-- `what` is the text of agent/relay/directive.h, `next` a record: FLAGS;BACKEND;TURN;ROUTER… of which the inner frontend reads what
-- program.cfg and service.cfg want.
function maitred.relay(txn, what, next)
    local http, f = txn.http, txn.f
    local method, url = f:method(), f:url()
    if not url then -- what came behind the head is no body, or the client has gone: nothing can be asked of the request any more
        return maitred.refuse(txn, "400 Bad Request")
    end
    url = url:gsub("^%a+://[^/]*/", "/") -- over HTTP/2 it has the scheme and the host in front
    set(http, "X-Maitred-Do", what)
    set(http, "X-Maitred-Next", next)
    set(http, "X-Maitred-Src", txn:get_var("sess.ip") or "")
    set(http, "X-Maitred-Tls", maitred.is_secure(txn) and "1")
    set(http, "X-Maitred-Method", not usual[method] and method)
    set(http, "X-Maitred-Target", not url:find("^/[\x21-\x7e]*$") and url)
    if not usual[method] then
        http:req_set_method("POST")
    end
    if not url:find("^/[\x21-\x7e]*$") then
        http:req_set_uri("/")
    end
end

-- Upgraded connections never go through the relay.
function maitred.upgrades(txn)
    return (txn.f:req_fhdr_cnt("upgrade") or 0) > 0
end

-- Whether the client came by TLS, here or in front of the relay.
function maitred.is_secure(txn)
    return txn:get_var("sess.secure") ~= nil
end

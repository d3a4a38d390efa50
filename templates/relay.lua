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
    set(http, "X-Maitred-Sent", txn:get_var("txn.sent"))
    set(http, "X-Maitred-Method", not usual[method] and method)
    set(http, "X-Maitred-Target", not url:find("^/[\x21-\x7e]*$") and url)
    if not usual[method] then
        http:req_set_method("POST")
    end
    if not url:find("^/[\x21-\x7e]*$") then
        http:req_set_uri("/")
    end
end

-- What the request has become, for the page of an errors in front of this chain (agent/relay/page.h): the target, then the headers, a
-- line each, with codes for what a header's value cannot hold. `path`: not the request's, as it was refused. One that is too long for a
-- header is not told: the page is asked for with what came in.
function maitred.tell(txn, path)
    local url = txn.f:url() or ""
    local lines = { path and path .. (url:match("%?.*") or "") or url }
    for name, values in pairs(txn.http:req_get_headers()) do
        for i = 0, #values do
            lines[#lines + 1] = name .. ":" .. values[i]
        end
    end
    local text = table.concat(lines, "\n"):gsub("[%c%%\128-\255]", function(c) return ("%%%02X"):format(c:byte()) end)
    if #text <= 8000 then
        txn:set_var("txn.asked", text)
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

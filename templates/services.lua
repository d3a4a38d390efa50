-- Services of which a child or a server is chosen for each request (compiler/plan/choice.h has the form of their definitions). Nothing
-- here keeps state but what was read: turns are counted in a stick table, so all threads share them.
local decode = maitred.decode

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
    out.relayed = fields[7]
    local answer, connect = (fields[6] or ""):match("^(%d+)|(%d+)$")
    out.answer, out.connect = tonumber(answer), tonumber(connect)
    return out
end

local read_once = maitred.cache(4096, read_definition)

local function definition_in(text)
    return text and read_once(text)
end

-- How backends and servers are chosen stands in the routes' map, so that one transaction changes both.
local function definition_of(target)
    return definition_in(maitred.route(target .. "?"))
end

-- A fetch by the name of a backend or server; nil where there is none. HAProxy overwrites the name that it is given, so it must
-- be one that nobody else holds: a fresh string each time.
local function fetch(txn, what, backend, server)
    local ok, value = pcall(txn.f[what], txn.f, server and backend .. "/" .. server or backend .. "")
    return ok and value or nil
end

local is_up

local function is_member_up(txn, definition, member, seen)
    if definition.kind == "s" then
        local up = fetch(txn, "srv_is_up", definition.backend, member.id)
        return up == true or up == 1 -- (a number before 3.1)
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
        elseif definition and definition.kind == "m" then
            seen[target] = is_up(txn, definition.members[1].target, seen)
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
    if definition.careful and definition.kind ~= "f" and definition.kind ~= "m" then
        members = {}
        for _, member in ipairs(definition.members) do
            if is_member_up(txn, definition, member, seen) then
                members[#members + 1] = member
            end
        end
    end
    if definition.kind == "m" then
        return members[1], turn
    elseif definition.kind == "f" then
        return members[(not definition.careful or is_up(txn, members[1].target, seen)) and 1 or 2], turn
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

-- Targets as arguments for the relay.
local function argument(target)
    return "?" .. target:gsub("%%", "%%25")
end

-- Which mirrors get a copy of the n-th request (from 0): of the first k requests the one with a share of p percent has had k * p / 100,
-- rounded up.
local function mirrors_of(definition, n)
    local out = {}
    for i = 2, #definition.members do
        local share = definition.members[i].weight
        if ((n + 1) * share + 99) // 100 > (n * share + 99) // 100 then
            out[#out + 1] = argument(definition.members[i].target)
        end
    end
    return out
end

-- What the relay is to do for a service that copies requests, or that has another try; nil: nothing this time.
local function relayed(txn, definition, turn, seen)
    if not definition.relayed or maitred.upgrades(txn) then
        return nil
    elseif definition.kind == "m" then
        local mirrors = mirrors_of(definition, turn)
        return #mirrors > 0 and "mirror?" .. definition.relayed .. table.concat(mirrors) .. ";" or nil
    elseif not definition.careful or is_up(txn, definition.members[1].target, seen) then
        return "failover?" .. definition.relayed .. argument(definition.members[2].target) .. ";"
    end
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
local function choose(txn, target, definition, turn, made, seen)
    if target:sub(1, 1) ~= "}" then
        return target
    end
    local member
    local what = definition and relayed(txn, definition, turn, seen)
    if what then
        local router = txn:get_var("txn.r"):match("^[^;]*;[^;]*;[^;]*;([^;]*)") or ""
        maitred.relay(txn, what, "b;" .. definition.members[1].target .. ";" .. turn .. ";" .. router)
        return "relay"
    elseif definition then
        member, turn = choose_member(txn, definition, turn, made, seen)
    end
    if not member then
        return nil
    elseif definition.kind ~= "s" then
        return choose(txn, member.target, definition_of(member.target), turn, made, seen)
    elseif member.host == "!" then
        return "broken"
    end
    if member.host ~= "" then
        txn.http:req_set_header("Host", member.host)
    end
    local path = member.path ~= "" and txn.f:path() or ""
    if path:sub(1, 1) == "/" then
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

-- txn.w names the service, txn.wd is its definition (behind the relay it is looked up here); its turns are counted in sc2, where that could
-- be had.
core.register_action("choose", { "http-req" }, function(txn)
    local turns, made = tonumber(txn.f:sc_inc_gpc1(2)) or 0, {}
    -- Behind the relay the turn is that of the request in front of it.
    local turn = math.tointeger(tonumber(txn:get_var("txn.r"):match("^[^;]*;[^;]*;(%d+);"))) or
        turns > 0 and turns - 1 or math.random(0, 1 << 30)
    local target = txn:get_var("txn.w")
    local definition = definition_in(txn:get_var("txn.wd")) or definition_of(target)
    local backend = choose(txn, target, definition, turn, made, {}) or "none"
    for i, cookie in ipairs(made) do
        txn:set_var("txn.k" .. i, cookie)
    end
    local record = txn:get_var("txn.r")
    local first = record:find(";", 1, true) or 0
    txn:set_var("txn.r", record:sub(1, first) .. backend .. record:sub(record:find(";", first + 1, true) or #record + 1))
end)

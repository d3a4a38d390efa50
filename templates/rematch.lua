-- Which record is a request's: all of match.cfg and rivals.cfg once more, for a request that met two versions of the routes because
-- one was committed while it was looked up, or a record of two meanings. Rare, so it need not be quick; here look-ups can be repeated until
-- all are of one version.
local routes = Map.new(os.getenv("MAITRED_ROUTES"), Map._beg)
local regexes = Map.new(os.getenv("MAITRED_REGEXES"), Map._reg)

local function version()
    return routes:lookup("}?") or "0"
end

-- What a record says in that version, or nil. While a few records change at once each has two meanings (compiler/diff/dual.h); the new one
-- counts as soon as its number is told.
local function look(key, now)
    local value = routes:lookup(key)
    if not value or value:sub(1, 1) ~= "^" then
        return value
    end
    local number, length, both = value:match("^%^(%d+)%^(%d+)%^(.*)$")
    local new = number == now:match("%d+")
    local meaning = new and both:sub(1, tonumber(length)) or not new and both:sub(tonumber(length) + 1)
    return meaning ~= "" and meaning or nil
end

-- For what is looked up later in a request.
function maitred.route(key)
    return look(key, version())
end

local function field(record, n)
    return record:match("^" .. ("[^;]*;"):rep(n - 1) .. "([^;]*)") or ""
end

-- What decides between two records: the smaller wins.
local function rank(record)
    return field(record, 3) .. ";" .. field(record, 4)
end

-- The last n labels of a host, or nil.
local function labels(host, n)
    local label = "[^.]*"
    return host:match("^" .. label .. ("%." .. label):rep(n - 1) .. "$") or host:match("%.(" .. label .. ("%." .. label):rep(n - 1) .. ")$")
end

-- The keys of a request, by the letters that ask for them (RIVAL_LETTERS in compiler/plan/plan.h): of records, of groups, of tables.
local function keys_of(txn, entry)
    local host, method = txn:get_var("txn.host") or "", txn.f:method()
    local decoded = txn:get_var("txn.hostd") or host
    local any = "|" .. entry .. (txn:get_var("txn.p") or "") .. "?"
    local own, rest = host .. any, host:match("^[^.]*%.(.+)$")
    local wild, three, two = rest and "*." .. rest .. any, labels(decoded, 3), labels(decoded, 2)
    local decides = { a = any, w = wild, m = "<" .. method .. "/" .. own, n = "<" .. method .. "/" .. any, o = wild and "<" .. method .. "/" .. wild }
    local groups = { x = ">" .. own, y = ">" .. any, z = wild and ">" .. wild, h = three and ">>" .. three .. any, i = two and ">>" .. two .. any,
        p = ">^" .. entry .. "^" .. decoded, r = ">=" .. entry .. "=" }
    return own, any, decides, groups, { "@" .. own, "@" .. any, wild and "@" .. wild or nil, "@=" .. entry .. "=" }
end

-- The record, or nil.
local function find(txn, entry, now)
    local own, any, decides, groups, tables = keys_of(txn, entry)
    local best = look(own, now) or look(any, now)
    if not best or best:sub(1, 1) ~= "+" then
        return best
    end
    local function consider(key)
        local record = key and look(key, now)
        if record and rank(record) < rank(best) then
            best = record
        end
    end
    local letters = field(best, 8)
    local line = ("|%s|%s\n%s\n>%s\n"):format(txn:get_var("txn.ra") or "", txn:get_var("txn.hostd") or txn:get_var("txn.host") or "",
        txn.f:method(), txn:get_var("txn.pd") or txn:get_var("txn.p") or "")
    for letter in letters:gmatch(".") do
        local named = groups[letter] and look(groups[letter], now)
        consider(decides[letter])
        consider(named and regexes:lookup(field(named, 8) .. line))
    end
    if letters:find("[vqf]") then
        local names = {}
        for i = 1, 4 do
            local named = tables[i] and look(tables[i], now)
            names[i] = named and field(named, 8)
        end
        consider(maitred.best_router(txn, names))
    end
    return field(best, 2) ~= "" and best or nil
end

-- Sets txn.r, and txn.wd where a service chooses.
core.register_action("again", { "http-req" }, function(txn, entry)
    local record, definition, before
    for _ = 1, 10 do
        before = version()
        record = find(txn, entry, before)
        definition = record and field(record, 1):find("b", 1, true) and look(field(record, 2) .. "?", before)
        if version() == before then
            break
        end
    end
    txn:unset_var("txn.r")
    txn:unset_var("txn.v")
    txn:unset_var("txn.wd")
    if record then
        txn:set_var("txn.r", record)
    end
    if definition then
        txn:set_var("txn.wd", definition)
    end
    txn:set_var("txn.q", 1) -- what follows looks at it as at one that had rivals
end, 1)

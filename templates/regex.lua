-- Regular expressions with the meaning that Go gives them: programs of compiler/route/regex_program.h, as text. A step is a function of the
-- state of one search (m) and a position; it returns true when a match has been found. No step is tried twice at one position, so the
-- time is linear in the text. Nothing is kept between searches: HAProxy may interrupt one for another request.
local byte, sub, find, char = string.byte, string.sub, string.find, string.char

-- The character at i and the position behind it; a byte that is no UTF-8 is U+FFFD.
local function decode(s, i)
    local a, b, c, d = byte(s, i, i + 3)
    if a < 0x80 then
        return a, i + 1
    elseif a >= 0xc2 and a <= 0xdf and b and b >= 0x80 and b <= 0xbf then
        return (a - 0xc0) * 64 + b - 0x80, i + 2
    elseif a >= 0xe0 and a <= 0xef and c and b >= (a == 0xe0 and 0xa0 or 0x80) and b <= (a == 0xed and 0x9f or 0xbf) and
        c >= 0x80 and c <= 0xbf then
        return (a - 0xe0) * 4096 + (b - 0x80) * 64 + c - 0x80, i + 3
    elseif a >= 0xf0 and a <= 0xf4 and d and b >= (a == 0xf0 and 0x90 or 0x80) and b <= (a == 0xf4 and 0x8f or 0xbf) and
        c >= 0x80 and c <= 0xbf and d >= 0x80 and d <= 0xbf then
        return (a - 0xf0) * 262144 + (b - 0x80) * 4096 + (c - 0x80) * 64 + d - 0x80, i + 4
    end
    return 0xfffd, i + 1
end

-- A set as a table of ASCII bytes, a function for the other characters, and a pattern of Lua's that finds the first ASCII byte that is
-- not in it (nil: all are).
local function set_of(text)
    local ascii, wide, others = {}, {}, {}
    for lo, hi in text:gmatch("(%x+)%-(%x+)") do
        lo, hi = tonumber(lo, 16), tonumber(hi, 16)
        for c = lo, math.min(hi, 127) do
            ascii[c] = true
        end
        if hi > 127 then
            wide[#wide + 1] = { lo, hi }
        end
    end
    for c = 0, 127 do
        if not ascii[c] then
            others[#others + 1] = (c >= 33 and c <= 47 or c >= 58 and c <= 64 or c >= 91 and c <= 96 or c >= 123 and c <= 126) and
                "%" .. char(c) or char(c)
        end
    end
    local stop = #others > 0 and "[" .. table.concat(others) .. "]" or nil
    return ascii, stop, function(rune)
        local low, high = 1, #wide
        while low <= high do
            local middle = (low + high) // 2
            local range = wide[middle]
            if rune < range[1] then
                high = middle - 1
            elseif rune > range[2] then
                low = middle + 1
            else
                return true
            end
        end
        return false
    end
end

local function is_word(s, i)
    local c = byte(s, i)
    return c ~= nil and (c >= 48 and c <= 57 or c >= 65 and c <= 90 or c >= 97 and c <= 122 or c == 95)
end

local places = {
    z = function(s, i) return i == 1 end,
    Z = function(s, i) return i == #s + 1 end,
    a = function(s, i) return i == 1 or byte(s, i - 1) == 10 end,
    A = function(s, i) return i == #s + 1 or byte(s, i) == 10 end,
    b = function(s, i) return (i > 1 and is_word(s, i - 1)) ~= is_word(s, i) end,
    B = function(s, i) return (i > 1 and is_word(s, i - 1)) == is_word(s, i) end,
}

-- The position behind one character of the set, or nil.
local function past(ascii, wide, s, i)
    local c = byte(s, i)
    if c == nil then
        return nil
    elseif c < 128 then
        return ascii[c] and i + 1 or nil
    end
    local rune, behind = decode(s, i)
    return wide(rune) and behind or nil
end

-- "Takes as many characters of a set as there are, then fewer": the commonest loop, without a call for each character.
local function run_of(key, ascii, stop, wide, out)
    return function(m, i)
        local s, visited = m.s, m.visited
        if not visited then
            local last = stop and find(s, stop, i) or #s + 1
            for at = last, i, -1 do
                if out(m, at) then
                    return true
                end
            end
            return false
        end
        if visited[key + i] then
            return false
        end
        local at, stops, n = i, nil, i
        while true do
            local place = key + at
            if visited[place] then
                break
            end
            visited[place] = true
            n = at
            local behind = past(ascii, wide, s, at)
            if not behind then
                break
            end
            if behind > at + 1 then
                stops = stops or {}
                stops[behind] = at
            end
            at = behind
        end
        at = n
        while true do
            if out(m, at) then
                return true
            end
            if at <= i then
                return false
            end
            at = stops and stops[at] or at - 1
        end
    end
end

local SPAN = 1 << 20 -- positions of a text are below it
local FORKS = 6 -- choices that may be tried again without note: 2^6 ways

-- text -> find(s, from): the table of slots (slot 2k begins group k, 2k + 1 is behind it; nil: took no part), or nil.
local function compile(text)
    local _, sets_text, start, steps_text = text:match("^(%x+)/([^/]*)/(%x+)/(.*)$")
    local sets, steps, lines = {}, {}, {}
    for set in (sets_text == "" and "" or sets_text .. ","):gmatch("([^,]*),") do
        sets[#sets + 1] = { set_of(set) }
    end
    for line in steps_text:gmatch("[^,]+") do
        local kind, next_, rest = line:match("^(%a)(%x+)%.?(%x*)$")
        lines[#lines + 1] = { kind = kind, next = tonumber(next_, 16) + 1, rest = rest }
    end
    -- Where no loop but a run occurs, and few of those, a short text needs no list of visited places.
    local runs, loops, forks = 0, 0, 0
    for k, line in ipairs(lines) do
        if line.kind == "e" then
            local other = tonumber(line.rest, 16) + 1
            local body = lines[line.next]
            if body.kind == "c" and body.next == k then
                runs = runs + 1
            elseif line.next > k or other > k then
                loops = loops + 1
            else
                forks = forks + 1
            end
        end
    end
    local built = {}
    local function call(k)
        return built[k] or function(m, i)
            return built[k](m, i)
        end
    end
    for k, line in ipairs(lines) do
        local kind, key = line.kind, k * SPAN
        local next_ = line.kind ~= "m" and call(line.next)
        if kind == "m" then
            built[k] = function(m, i)
                return true
            end
        elseif kind == "t" then
            local literal = line.rest:gsub("%x%x", function(hex) return char(tonumber(hex, 16)) end)
            local length = #literal
            built[k] = function(m, i)
                return sub(m.s, i, i + length - 1) == literal and next_(m, i + length)
            end
        elseif kind == "c" then
            local set = sets[tonumber(line.rest, 16) + 1]
            local ascii, wide = set[1], set[3]
            built[k] = function(m, i)
                local behind = past(ascii, wide, m.s, i)
                return behind and next_(m, behind)
            end
        elseif kind == "e" then
            local other = tonumber(line.rest, 16) + 1
            local body = lines[line.next]
            local otherwise = call(other)
            if body.kind == "c" and body.next == k then
                local set = sets[tonumber(body.rest, 16) + 1]
                built[k] = run_of(key, set[1], set[2], set[3], otherwise)
            else
                built[k] = function(m, i)
                    local visited = m.visited
                    if visited then
                        if visited[key + i] then
                            return false
                        end
                        visited[key + i] = true
                    end
                    return next_(m, i) or otherwise(m, i)
                end
            end
        elseif kind == "s" then
            local slot = tonumber(line.rest, 16)
            built[k] = function(m, i)
                local old = m[slot]
                m[slot] = i
                if next_(m, i) then
                    return true
                end
                m[slot] = old
                return false
            end
        else
            local holds = places[kind]
            built[k] = function(m, i)
                return holds(m.s, i) and next_(m, i)
            end
        end
    end
    local first = tonumber(start, 16) + 1
    local run = built[first]
    local second = lines[first].kind == "s" and lines[lines[first].next] or lines[first]
    local anchored = second.kind == "z"
    local literal = second.kind == "t" and second.rest:gsub("%x%x", function(hex) return char(tonumber(hex, 16)) end)
    local longest = (loops > 0 or forks > FORKS) and -1 or anchored and runs <= 1 and SPAN or runs <= (anchored and 2 or 1) and 200 or -1
    return function(s, from)
        local m = { s = s, visited = (#s > longest or find(s, "[\128-\255]")) and {} or nil }
        local at = from
        while at <= #s + 1 do
            if literal then
                at = find(s, literal, at, true)
                if not at then
                    return nil
                end
            end
            if run(m, at) then
                return m
            end
            if anchored and at >= 1 then
                return nil
            end
            if at > #s then
                return nil
            end
            local _, behind = decode(s, at)
            at = behind
        end
        return nil
    end
end

-- Go's ReplaceAllString; `parts` are texts and numbers of groups. The second result: whether anything matched.
local function replace(search, parts, s)
    local out, from, last, any = {}, 1, 1, false
    while from <= #s + 1 do
        local m = search(s, from)
        if not m then
            break
        end
        any = true
        out[#out + 1] = sub(s, last, m[0] - 1)
        if m[1] > last or m[0] == 1 then
            for i = 1, #parts do
                local part = parts[i]
                if type(part) == "string" then
                    out[#out + 1] = part
                elseif m[2 * part] and m[2 * part + 1] then
                    out[#out + 1] = sub(s, m[2 * part], m[2 * part + 1] - 1)
                end
            end
        end
        last = m[1]
        local behind = from
        if from <= #s then
            local _
            _, behind = decode(s, from)
        end
        if behind > last then
            from = behind
        elseif from + 1 > last then
            from = from + 1
        else
            from = last
        end
    end
    if not any then
        return s, false
    end
    out[#out + 1] = sub(s, last)
    return table.concat(out), true
end

maitred.regex = { compile = compile, replace = replace }

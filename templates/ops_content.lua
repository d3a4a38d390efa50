-- contentType: a missing Content-Type is guessed from the first bytes of the body, as Go's net/http DetectContentType does.
local ops = maitred.ops

local TEXT = "text/plain; charset=utf-8"

-- At the front, behind white space; behind it stands a blank or '>'.
local TAGS = { "<!DOCTYPE HTML", "<HTML", "<HEAD", "<SCRIPT", "<IFRAME", "<H1", "<DIV", "<FONT", "<TABLE", "<A", "<STYLE", "<TITLE", "<B", "<BODY",
    "<BR", "<P", "<!--" }

-- Patterns at the very front, in their order.
local FRONTS = {
    { "%%PDF%-", "application/pdf" }, { "%%!PS%-Adobe%-", "application/postscript" },
    { "\xFE\xFF..", "text/plain; charset=utf-16be" }, { "\xFF\xFE..", "text/plain; charset=utf-16le" }, { "\xEF\xBB\xBF.", TEXT },
    { "\0\0\1\0", "image/x-icon" }, { "\0\0\2\0", "image/x-icon" }, { "BM", "image/bmp" }, { "GIF8[79]a", "image/gif" },
    { "RIFF....WEBPVP", "image/webp" }, { "\x89PNG\r\n\x1A\n", "image/png" }, { "\xFF\xD8\xFF", "image/jpeg" },
    { "FORM....AIFF", "audio/aiff" }, { "ID3", "audio/mpeg" }, { "OggS\0", "application/ogg" }, { "MThd\0\0\0\6", "audio/midi" },
    { "RIFF....AVI ", "video/avi" }, { "RIFF....WAVE", "audio/wave" },
    { "....ftyp", "video/mp4", function(data)
        local size = string.unpack(">I4", data)
        for at = 8, #data >= size and size % 4 == 0 and size - 4 or 0, 4 do
            if at ~= 12 and data:sub(at + 1, at + 3) == "mp4" then
                return true
            end
        end
        return false
    end },
    { "\x1A\x45\xDF\xA3", "video/webm" }, { ("."):rep(34) .. "LP", "application/vnd.ms-fontobject" }, { "\0\1\0\0", "font/ttf" },
    { "OTTO", "font/otf" }, { "ttcf", "font/collection" }, { "wOFF", "font/woff" }, { "wOF2", "font/woff2" },
    { "\x1F\x8B\x08", "application/x-gzip" }, { "PK\3\4", "application/zip" }, { "Rar!\x1A\7\0", "application/x-rar-compressed" },
    { "Rar!\x1A\7\1\0", "application/x-rar-compressed" }, { "\0asm", "application/wasm" },
}

local function guess(body)
    local data = body:sub(1, 512)
    local words = data:match("^[\t\n\f\r ]*(.*)$")
    local front = words:sub(1, 16):upper()
    for _, tag in ipairs(TAGS) do
        if front:sub(1, #tag) == tag and words:find("^[ >]", #tag + 1) then
            return "text/html; charset=utf-8"
        end
    end
    if words:sub(1, 5) == "<?xml" then
        return "text/xml; charset=utf-8"
    end
    for _, row in ipairs(FRONTS) do
        if data:find("^" .. row[1]) and (not row[3] or row[3](data)) then
            return row[2]
        end
    end
    return words:find("[\0-\8\11\14-\26\28-\31]") and "application/octet-stream" or TEXT
end
maitred.guess_type = guess

function ops.guess()
    return function(st)
        if not st.guesses then
            st.guesses = true
            st.txn:set_var("txn.sn", 1)
        end
    end
end

core.register_action("guess", { "http-res" }, function(txn)
    local body = txn.f:res_body() or ""
    if body ~= "" then
        txn.http:res_set_header("Content-Type", guess(body))
    end
end)

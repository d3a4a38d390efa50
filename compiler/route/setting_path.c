#include "route/setting_path.h"

#include "base/buf.h"

struct setting_path setting_path_of(struct str text, const char *separators)
{
    struct setting_path path = { 0 };
    size_t from = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool cut = i == text.n || (text.p[i] && strchr(separators, text.p[i]));
        bool bracket = i < text.n && text.p[i] == '[' && i > from;
        if (i < text.n && (!(cut || bracket) || path.n == SETTING_DEPTH - 1))
            continue;
        struct str segment = str_of(text.p + from, i - from);
        if (segment.n > 1 && segment.p[segment.n - 1] == ']') /* behind a bracket that was cut at */
            segment.n--;
        path.segments[path.n++] = segment;
        from = i + 1;
    }
    return path;
}

struct str setting_path_text(struct arena *arena, const struct setting_path *path)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < path->n; i++) {
        if (i)
            buf_putc(&b, '.');
        buf_put(&b, path->segments[i]);
    }
    struct str text = arena_copy(arena, buf_str(&b));
    buf_fini(&b);
    return text;
}

/* The segments of a row: those of its place, then its own. */
struct pattern {
    struct str rest, then;
};

static struct pattern pattern_of(const struct setting_place *place, const struct setting_row *row)
{
    struct str name = str_c(row->name);
    return place->prefix.n ? (struct pattern){ place->prefix, name } : (struct pattern){ name, { 0 } };
}

/* The next segment, n == 0 at the end. */
static struct str pattern_next(struct pattern *pattern)
{
    if (pattern->rest.n == 0) {
        pattern->rest = pattern->then;
        pattern->then = (struct str){ 0 };
    }
    return str_cut(&pattern->rest, '.');
}

/* How many segments of the path the row has, one by one; *whole: it has no further ones. */
static size_t common_segments(const struct setting_place *place, const struct setting_row *row,
                              const struct setting_path *path, bool *whole, struct str *name)
{
    struct pattern pattern = pattern_of(place, row);
    for (size_t n = 0;; n++) {
        struct str segment = pattern_next(&pattern);
        *whole = segment.n == 0;
        if (segment.n == 0 || n == path->n)
            return n;
        bool any = str_eq(segment, STR("*"));
        if (any ? path->segments[n].n == 0 : !str_eq_nocase(segment, path->segments[n]))
            return n;
        if (any && !name->p)
            *name = path->segments[n];
    }
}

/* Letters and digits alone, lower case: maitred's own settings may be parted as one likes. */
static struct str squeeze(struct str s, char *to, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.' && n < size)
            to[n++] = ascii_lower(s.p[i]);
    return str_of(to, n);
}

static bool matches_own(const struct setting_row *row, struct str text)
{
    char a[64], b[64];
    return str_eq(squeeze(str_c(row->name), a, sizeof a), squeeze(text, b, sizeof b)) && text.n < sizeof b;
}

static bool row_matches(const struct setting_place *place, const struct setting_row *row,
                        const struct setting_path *path, struct setting_match *match)
{
    bool whole = false;
    match->name = match->entry = (struct str){ 0 };
    size_t n = common_segments(place, row, path, &whole, &match->name);
    if (!whole)
        return false;
    if (row->type == SETTING_MAP && n < path->n) {
        const struct str *last = &path->segments[path->n - 1];
        match->entry = str_of(path->segments[n].p, (size_t)(last->p + last->n - path->segments[n].p));
        return match->entry.n > 0;
    }
    return n == path->n || row->type == SETTING_ANY;
}

/* The name that all spellings of a setting share. */
static struct str identity(struct arena *arena, const struct setting_place *place,
                           const struct setting_row *row, const struct setting_path *path, struct str entry)
{
    struct pattern pattern = pattern_of(place, row);
    struct buf b = { 0 };
    for (size_t i = 0;; i++) {
        struct str segment = pattern_next(&pattern);
        if (segment.n == 0)
            break;
        if (i)
            buf_putc(&b, '.');
        buf_put(&b, str_eq(segment, STR("*")) && i < path->n ? path->segments[i] : segment);
    }
    if (entry.n) {
        buf_putc(&b, '.');
        buf_put(&b, entry);
    }
    struct str id = arena_copy(arena, buf_str(&b));
    buf_fini(&b);
    for (size_t i = 0; i < id.n; i++)
        ((char *)id.p)[i] = ascii_lower(id.p[i]);
    return id;
}

struct setting_match setting_find(struct arena *arena, const struct setting_path *path)
{
    struct str text = { 0 };
    for (size_t p = 0; p < n_setting_places; p++) {
        const struct setting_place *place = &setting_places[p];
        for (size_t i = 0; i < place->table->n_rows; i++) {
            struct setting_match match = { .row = &place->table->rows[i], .table = place->table };
            if (match.table->own && !text.p)
                text = setting_path_text(arena, path);
            if (match.table->own ? !matches_own(match.row, text)
                                 : !row_matches(place, match.row, path, &match))
                continue;
            match.id = identity(arena, place, match.row, path, match.entry);
            return match;
        }
    }
    return (struct setting_match){ 0 };
}

bool setting_is_root(struct str segment, bool own)
{
    for (size_t p = 0; p < n_setting_places; p++) {
        const struct setting_place *place = &setting_places[p];
        for (size_t i = 0; i < place->table->n_rows && place->table->own == own; i++) {
            struct pattern pattern = pattern_of(place, &place->table->rows[i]);
            if (str_eq_nocase(pattern_next(&pattern), segment))
                return true;
        }
    }
    return false;
}

bool setting_is_group(const struct setting_path *path)
{
    for (size_t p = 0; p < n_setting_places; p++)
        for (size_t i = 0; i < setting_places[p].table->n_rows; i++) {
            bool whole;
            struct str name = { 0 };
            if (common_segments(&setting_places[p], &setting_places[p].table->rows[i], path, &whole, &name) ==
                path->n)
                return true;
        }
    return false;
}

/* The most segments at the beginning of the path that some row has. */
static size_t good_segments(const struct setting_path *path)
{
    size_t most = 0;
    for (size_t p = 0; p < n_setting_places; p++)
        for (size_t i = 0; i < setting_places[p].table->n_rows; i++) {
            bool whole;
            struct str name = { 0 };
            size_t n =
                common_segments(&setting_places[p], &setting_places[p].table->rows[i], path, &whole, &name);
            most = n > most ? n : most;
        }
    return most;
}

static struct str segment_at(const struct setting_place *place, const struct setting_row *row, size_t at)
{
    struct pattern pattern = pattern_of(place, row);
    for (size_t i = 0; i < at; i++)
        pattern_next(&pattern);
    return pattern_next(&pattern);
}

/* Among maitred's own, whole names are compared, as they may be parted in many ways. */
static struct setting_path nearest_own(struct arena *arena, const struct setting_path *path)
{
    char a[64], b[64];
    struct str text = squeeze(setting_path_text(arena, path), a, sizeof a);
    size_t best = text.n / 4 + 1;
    struct setting_path found = { 0 };
    for (size_t i = 0; i < setting_own.n_rows; i++) {
        struct str name = str_c(setting_own.rows[i].name);
        size_t distance = str_distance(text, squeeze(name, b, sizeof b), best);
        if (distance < best) {
            best = distance;
            found = setting_path_of(name, ".");
        }
    }
    return found;
}

struct setting_path setting_nearest(struct arena *arena, const struct setting_path *path)
{
    size_t good = good_segments(path), best = SIZE_MAX;
    struct setting_path found = { 0 };
    if (setting_is_root(path->segments[0], true))
        return nearest_own(arena, path);
    for (size_t p = 0; p < n_setting_places && good < path->n; p++)
        for (size_t i = 0; i < setting_places[p].table->n_rows; i++) {
            const struct setting_row *row = &setting_places[p].table->rows[i];
            bool whole;
            struct str name = { 0 }, wrong = path->segments[good];
            if (row->use == SETTING_REMOVED ||
                common_segments(&setting_places[p], row, path, &whole, &name) < good)
                continue;
            struct str segment = segment_at(&setting_places[p], row, good);
            size_t limit = wrong.n / 3 ? wrong.n / 3 : 1, distance = str_distance(wrong, segment, limit);
            if (segment.n == 0 || distance > limit || distance >= best)
                continue;
            best = distance;
            found = *path;
            found.segments[good] = segment;
        }
    if (found.n && !setting_find(arena, &found).row)
        found.n = good + 1;
    return found;
}

#include "haproxy/reply.h"

#include <limits.h>

/* Texts that stand at the start of an answer's line. The order matters only where one begins another. */
static const struct {
    struct str start;
    enum reply_kind kind;
} known[] = {
    { STR("New server registered"), REPLY_OK },
    { STR("Server deleted"), REPLY_OK },
    { STR("New version created: "), REPLY_OK },
    { STR("IP changed from "), REPLY_OK },
    { STR("port changed from "), REPLY_OK },
    { STR("no need to change "), REPLY_OK },
    { STR("nothing changed"), REPLY_OK },
    { STR("Already exists a server with the same name"), REPLY_ALREADY },
    { STR("entry not found"), REPLY_MISSING },
    { STR("Key not found"), REPLY_MISSING },
    { STR("No such server"), REPLY_MISSING },
    { STR("Server still has connections attached"), REPLY_BUSY },
    { STR("Unknown command"), REPLY_ERROR },
};

/* Takes "[3]: " off the line; -1 where there is none. */
static int cut_severity(struct str *line)
{
    if (line->n < 5 || line->p[0] != '[' || !ascii_is_digit(line->p[1]) || memcmp(line->p + 2, "]: ", 3) != 0)
        return -1;
    int severity = line->p[1] - '0';
    *line = str_from(*line, 5);
    return severity;
}

static bool classify_known(struct str line, enum reply_kind *kind)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts(line, known[i].start)) {
            *kind = known[i].kind;
            return true;
        }
    return false;
}

struct reply reply_classify(struct str answer)
{
    enum { LEVEL_ERROR = 3 }; /* syslog's: smaller is worse */
    struct reply reply = { REPLY_OK, { NULL, 0 } };
    int severity = -1; /* a message of several lines has one at its first line only */
    for (struct str rest = answer; rest.p;) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (line.n == 0)
            continue;
        int own = cut_severity(&line);
        if (own >= 0)
            severity = own;
        enum reply_kind kind;
        bool is_known = classify_known(line, &kind);
        if (is_known || severity <= LEVEL_ERROR)
            reply = (struct reply){ is_known ? kind : REPLY_ERROR, line };
        if (reply.kind == REPLY_ERROR && (is_known || severity >= 0))
            break;
    }
    return reply;
}

/* The number behind `label` in the line, up to a blank or the end. */
static bool number_after(struct str line, struct str label, int64_t *out)
{
    size_t at = str_search(line, label);
    if (at == SIZE_MAX)
        return false;
    struct str rest = str_from(line, at + label.n);
    size_t n = 0;
    while (n < rest.n && ascii_is_digit(rest.p[n]))
        n++;
    return str_to_int64(str_head(rest, n), out);
}

bool reply_new_version(struct str answer, int64_t *version)
{
    return number_after(answer, STR("New version created: "), version);
}

bool reply_map_find(struct str answer, struct str id, struct reply_map *out)
{
    for (struct str rest = answer; rest.p;) {
        struct str line = str_cut(&rest, '\n');
        size_t open = str_find(line, '(');
        struct str name = str_from(line, open + 1);
        if (line.n == 0 || line.p[0] == '#' || !str_starts(name, id) ||
            !str_starts(str_from(name, id.n), STR(") ")))
            continue;
        struct str numbers = str_from(name, id.n);
        /* The description holds file names: only the last such words are the numbers. */
        for (size_t at; (at = str_search(str_from(numbers, 1), STR(" curr_ver="))) != SIZE_MAX;)
            numbers = str_from(numbers, 1 + at);
        return number_after(numbers, STR(" curr_ver="), &out->current) &&
               number_after(numbers, STR(" next_ver="), &out->next) &&
               number_after(numbers, STR(" entry_cnt="), &out->entries);
    }
    return false;
}

bool reply_entry_next(struct str *rest, struct reply_entry *out, bool *broken)
{
    *broken = false;
    while (rest->n > 0) {
        struct str line = str_cut(rest, '\n');
        if (line.n == 0)
            continue;
        struct str pointer = str_cut(&line, ' ');
        out->key = str_cut(&line, ' ');
        out->value = line;
        *broken = !str_starts(pointer, STR("0x")) || out->key.n == 0;
        return !*broken;
    }
    return false;
}

/* Offset of the last occurrence of `needle` that ends at or before `end`, or SIZE_MAX. */
static size_t search_back(struct str s, struct str needle, size_t end)
{
    for (size_t at = end; at >= needle.n; at--)
        if (memcmp(s.p + at - needle.n, needle.p, needle.n) == 0)
            return at - needle.n;
    return SIZE_MAX;
}

bool reply_lookup(struct str answer, struct reply_lookup *out)
{
    *out = (struct reply_lookup){ 0 };
    struct str line = str_trim(answer);
    if (!str_starts(line, STR("type=")))
        return false;
    if (str_ends(line, STR(", found=no")))
        return true;
    const struct str key = STR(", key=\""), value = STR("\", value=\""), type = STR("\", type=\"");
    size_t key_at = str_search(line, key);
    size_t type_at = search_back(line, type, line.n);
    if (str_search(line, STR(", found=yes")) == SIZE_MAX || key_at == SIZE_MAX || type_at == SIZE_MAX)
        return false;
    size_t value_at = search_back(line, value, type_at);
    if (value_at == SIZE_MAX || value_at < key_at + key.n)
        return false;
    out->found = true;
    out->entry.key = str_of(line.p + key_at + key.n, value_at - key_at - key.n);
    out->entry.value = str_of(line.p + value_at + value.n, type_at - value_at - value.n);
    return true;
}

enum column { BACKEND, NAME, ADDRESS, ADMIN, STATE, WEIGHT, PORT, N_COLUMNS };

bool reply_servers_open(struct str answer, struct reply_servers *out)
{
    static const struct str names[N_COLUMNS] = { STR("be_name"),      STR("srv_name"),
                                                 STR("srv_addr"),     STR("srv_admin_state"),
                                                 STR("srv_op_state"), STR("srv_uweight"),
                                                 STR("srv_port") };
    _Static_assert(N_COLUMNS == sizeof out->columns / sizeof *out->columns, "one place for each column");
    *out = (struct reply_servers){ .rest = answer };
    while (out->rest.n > 0) {
        struct str line = str_cut(&out->rest, '\n');
        if (!str_starts(line, STR("# be_id ")))
            continue;
        line = str_from(line, 2);
        for (int c = 0; c < N_COLUMNS; c++)
            out->columns[c] = -1;
        for (int i = 0; line.p; i++) {
            struct str word = str_cut(&line, ' ');
            for (int c = 0; c < N_COLUMNS; c++)
                if (str_eq(word, names[c]))
                    out->columns[c] = i;
        }
        for (int c = 0; c < N_COLUMNS; c++)
            if (out->columns[c] < 0)
                return false;
        return true;
    }
    return false;
}

static bool to_int(struct str s, int *out)
{
    int64_t wide;
    if (!str_to_int64(s, &wide) || wide < 0 || wide > INT_MAX)
        return false;
    *out = (int)wide;
    return true;
}

bool reply_servers_next(struct reply_servers *servers, struct reply_server *out)
{
    enum { FORCED = 0x01, CONFIGURED = 0x04, DRAINED = 0x08 }; /* SRV_ADMF_FMAINT, _CMAINT, _FDRAIN */
    struct str line = { NULL, 0 };
    while (servers->rest.n > 0 && line.n == 0)
        line = str_cut(&servers->rest, '\n');
    if (line.n == 0)
        return false;
    struct str field[N_COLUMNS] = { { NULL, 0 } };
    for (int i = 0; line.p; i++) {
        struct str word = str_cut(&line, ' ');
        for (int c = 0; c < N_COLUMNS; c++)
            if (servers->columns[c] == i)
                field[c] = word;
    }
    int admin, state;
    *out = (struct reply_server){ .backend = field[BACKEND], .name = field[NAME], .address = field[ADDRESS] };
    servers->broken = field[BACKEND].n == 0 || field[NAME].n == 0 || !to_int(field[ADMIN], &admin) ||
                      !to_int(field[STATE], &state) || !to_int(field[WEIGHT], &out->weight) ||
                      !to_int(field[PORT], &out->port);
    if (servers->broken)
        return false;
    out->down = state == 0; /* SRV_ST_STOPPED */
    out->maintenance = (admin & (FORCED | CONFIGURED)) != 0;
    out->drained = (admin & DRAINED) != 0;
    return true;
}

/* The digits at the front of *s, taken off. */
static bool cut_number(struct str *s, int *out)
{
    size_t n = 0;
    while (n < s->n && ascii_is_digit(s->p[n]))
        n++;
    bool ok = to_int(str_head(*s, n), out);
    *s = str_from(*s, n);
    return ok;
}

bool reply_version(struct str text, struct haproxy_version *out)
{
    *out = (struct haproxy_version){ 0 };
    struct str rest = text;
    if (!cut_number(&rest, &out->major) || rest.n == 0 || rest.p[0] != '.')
        return false;
    rest = str_from(rest, 1);
    if (!cut_number(&rest, &out->minor))
        return false;
    if (rest.n > 0 && rest.p[0] == '.') {
        rest = str_from(rest, 1);
        return cut_number(&rest, &out->patch);
    }
    return true;
}

static void read_description(struct str value, struct runtime_info *out)
{
    struct str name = str_from(value, strlen(SKELETON_WORDS));
    if (str_starts(value, STR(SKELETON_WORDS)) && name.n == SKELETON_NAME)
        memcpy(out->skeleton, name.p, name.n); /* the rest is zero */
}

bool reply_info(struct str answer, struct runtime_info *out)
{
    *out = (struct runtime_info){ 0 };
    bool version = false, pid = false;
    for (struct str rest = answer; rest.p;) {
        struct str value = str_cut(&rest, '\n');
        struct str name = str_cut(&value, ':');
        value = str_trim(value);
        if (str_eq(name, STR("Version")))
            version = reply_version(value, &out->version);
        else if (str_eq(name, STR("Pid")))
            pid = to_int(value, &out->pid);
        else if (str_eq(name, STR("Start_time_sec")))
            (void)str_to_int64(value, &out->started);
        else if (str_eq(name, STR("Stopping")))
            out->stopping = !str_eq(value, STR("0"));
        else if (str_eq(name, STR("description")))
            read_description(value, out);
    }
    return version && pid;
}

/* The next word of *line, blanks in front of it skipped. */
static struct str next_word(struct str *line)
{
    struct str word = { NULL, 0 };
    while (line->n > 0 && word.n == 0)
        word = str_cut(line, ' ');
    return word;
}

/* "0 [failed: 1]" */
static bool read_reloads(struct str line, struct reply_proc *out)
{
    struct str reloads = next_word(&line);
    return str_to_int64(reloads, &out->reloads) && number_after(line, STR("[failed: "), &out->failed);
}

/* `age`: reloads that it has seen. */
static void add_old_worker(struct reply_proc *out, int64_t ages[static REPLY_NEWEST_OLD], int pid,
                           int64_t age)
{
    out->old_workers++;
    for (size_t i = 0; i < REPLY_NEWEST_OLD; i++)
        if (out->newest_old[i] == 0 || age < ages[i]) {
            int next_pid = out->newest_old[i];
            int64_t next_age = ages[i];
            out->newest_old[i] = pid;
            ages[i] = age;
            pid = next_pid;
            age = next_age;
        }
}

bool reply_proc(struct str answer, struct reply_proc *out)
{
    *out = (struct reply_proc){ 0 };
    int64_t ages[REPLY_NEWEST_OLD] = { 0 }, age;
    bool old = false;
    for (struct str rest = answer; rest.p;) {
        struct str line = str_cut(&rest, '\n');
        if (str_starts(line, STR("# old workers")))
            old = true;
        if (line.n == 0 || !ascii_is_digit(line.p[0]))
            continue;
        int pid;
        if (!to_int(next_word(&line), &pid))
            return false;
        struct str type = next_word(&line);
        if (str_eq(type, STR("master"))) {
            out->master = pid;
            if (!read_reloads(line, out))
                return false;
        } else if (str_eq(type, STR("worker")) && !old) {
            out->worker = pid;
        } else if (str_eq(type, STR("worker"))) {
            add_old_worker(out, ages, pid, str_to_int64(next_word(&line), &age) ? age : INT64_MAX);
        }
    }
    if (!out->worker)
        out->worker = out->newest_old[0];
    return out->master != 0;
}

bool reply_reload(struct str answer, bool *success, struct str *log)
{
    const struct str label = STR("Success="), parting = STR("\n--\n");
    if (!str_starts(answer, label) || answer.n <= label.n)
        return false;
    *success = answer.p[label.n] == '1';
    size_t at = str_search(answer, parting);
    *log = at == SIZE_MAX ? str_of(answer.p, 0) : str_from(answer, at + parting.n);
    return true;
}

bool reply_backend_next(struct str *rest, struct str *name)
{
    *name = (struct str){ 0 };
    while (rest->n && (name->n == 0 || name->p[0] == '#'))
        *name = str_trim(str_cut(rest, '\n'));
    return name->n > 0 && name->p[0] != '#';
}

/* "0x…: key=KEY use=0 exp=0 gpc0=3". */
int64_t reply_table_count(struct str answer, struct str key)
{
    int64_t count = 0;
    while (answer.n) {
        struct str line = str_cut(&answer, '\n'), word;
        bool found = false;
        while (line.n && !found) {
            word = str_cut(&line, ' ');
            found = str_starts(word, STR("key=")) && str_eq(str_from(word, 4), key);
        }
        while (found && line.n) {
            word = str_cut(&line, ' ');
            if (str_starts(word, STR("gpc0=")) && !str_to_int64(str_from(word, 5), &count))
                count = 0;
        }
    }
    return count;
}

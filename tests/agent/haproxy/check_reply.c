#include "haproxy/reply.h"

#include <stdlib.h>

#include "suite.h"

static const char *const kinds[] = { "ok", "already", "missing", "busy", "error" };

/* As seen on 2.6.12, 3.0.11, 3.2.26 and 3.4.7, with and without `set severity-output number`. */
static const struct {
    const char *answer;
    enum reply_kind kind;
    const char *text;
} answers[] = {
    { "", REPLY_OK, "" },
    { "\n", REPLY_OK, "" },
    { "+ + + \n", REPLY_ERROR,
      "+ + +" }, /* payload prompts: only batches are interactive, and they send none */
    { "New server registered.\n\n", REPLY_OK, "New server registered." },
    { "[6]: New server registered.\n\n", REPLY_OK, "New server registered." },
    { "[3]: Already exists a server with the same name in backend.\n\n", REPLY_ALREADY,
      "Already exists a server with the same name in backend." },
    { "Already exists a server with the same name in backend.\n", REPLY_ALREADY,
      "Already exists a server with the same name in backend." },
    { "[3]: No such backend.\n", REPLY_ERROR, "No such backend." },
    { "No such backend.\n\n", REPLY_ERROR, "No such backend." },
    { "[3]: No such server.\n\n", REPLY_MISSING, "No such server." },
    { "No such server.\n", REPLY_MISSING, "No such server." },
    { "entry not found.\n\n", REPLY_MISSING, "entry not found." },
    { "[3]: entry not found.\n", REPLY_MISSING, "entry not found." },
    { "Key not found.\n\n", REPLY_MISSING, "Key not found." },
    { "[6]: Server deleted.\n", REPLY_OK, "Server deleted." },
    { "[3]: Server still has connections attached to it, cannot remove it.\n\n", REPLY_BUSY,
      "Server still has connections attached to it, cannot remove it." },
    { "[3]: Only servers in maintenance mode can be deleted.\n\n", REPLY_ERROR,
      "Only servers in maintenance mode can be deleted." },
    { "[3]: This server cannot be removed at runtime due to other configuration elements pointing to it.\n",
      REPLY_ERROR,
      "This server cannot be removed at runtime due to other configuration elements pointing to it." },
    { "[4]: IP changed from '127.0.0.1' to '127.0.0.2', port changed from '99' to '98' by 'stats socket "
      "command'\n\n",
      REPLY_OK, NULL },
    { "no need to change the addr, no need to change the port by 'stats socket command'\n\n", REPLY_OK,
      NULL },
    { "[4]: nothing changed\n\n", REPLY_OK, "nothing changed" },
    { "[6]: something new that a later version tells\n\n", REPLY_OK, "" },
    { "something without a severity\n\n", REPLY_ERROR, "something without a severity" },
    { "[3]: Absolute weight can only be between 0 and 256 inclusive.\n\n", REPLY_ERROR, NULL },
    { "[3]: Unknown map identifier. Please use #<id> or <file>.\n\n", REPLY_ERROR, NULL },
    { "Missing value for key 'x'.\n\n", REPLY_ERROR, "Missing value for key 'x'." },
    { "[3]: Version number out of range.\n\n", REPLY_ERROR, NULL },
    { "[6]: Unknown command, but maybe one of the following ones is a better match:\n  show libs : x\n  quit "
      ": y\n\n",
      REPLY_ERROR, "Unknown command, but maybe one of the following ones is a better match:" },
    { "Unknown command: 'bogus', but maybe one of the following ones is a better match:\n  quit\n\n",
      REPLY_ERROR, NULL },
    { "The command is too big for the buffer size.\n", REPLY_ERROR, NULL },
    /* Of other matters first: the answer's own line counts. */
    { "Server n1/s1 is going DOWN for maintenance.\nServer deleted.\n\n", REPLY_OK, "Server deleted." },
    { "[3]: 'add server' expects more.\nand a second line\n\n", REPLY_ERROR, "'add server' expects more." },
};

START_TEST(an_answer_is_classified)
{
    struct reply reply = reply_classify(str_c(answers[_i].answer));
    ck_assert_msg(reply.kind == answers[_i].kind, "\"%s\" is %s", answers[_i].answer, kinds[reply.kind]);
    if (answers[_i].text)
        ck_assert_msg(str_eq(reply.text, str_c(answers[_i].text)), "text \"%.*s\"", STR_ARG(reply.text));
}
END_TEST

START_TEST(a_new_version_is_read)
{
    int64_t version = 0;
    ck_assert(reply_new_version(STR("New version created: 17\n\n"), &version));
    ck_assert_int_eq(version, 17);
    ck_assert(reply_new_version(STR("[6]: New version created: 4294967295\n"), &version));
    ck_assert_int_eq(version, 4294967295);
    ck_assert(
        !reply_new_version(STR("[3]: Unknown map identifier. Please use #<id> or <file>.\n"), &version));
    ck_assert(!reply_new_version(STR("New version created: \n"), &version));
    ck_assert(!reply_new_version(STR("New version created: 99999999999999999999\n"), &version));
}
END_TEST

#define MAPS                                                                                                 \
    "# id (file) description\n"                                                                              \
    "0 (/s/maps/routes.map) pattern loaded from file '/s/maps/routes.map' used by map at file '/s/a "        \
    "curr_ver=9 b' line 11."                                                                                 \
    " curr_ver=3 next_ver=4 entry_cnt=100000\n"                                                              \
    "-1 () acl 'path' file '/s/haproxy.cfg' line 9. curr_ver=0 next_ver=0 entry_cnt=1\n"                     \
    "1 (/s/maps/routes.map2) pattern loaded from file. curr_ver=7 next_ver=7 entry_cnt=5\n"                  \
    "2 (with (blank) x) d. curr_ver=1 next_ver=1 entry_cnt=2\n\n"

static const struct {
    const char *id;
    bool found;
    struct reply_map map;
} maps[] = {
    { "/s/maps/routes.map", true, { 3, 4, 100000 } },
    { "/s/maps/routes.map2", true, { 7, 7, 5 } },
    { "with (blank) x", true, { 1, 1, 2 } },
    { "/s/maps/routes", false, { 0, 0, 0 } },
    { "file", false, { 0, 0, 0 } },
};

START_TEST(a_map_is_found_in_the_listing)
{
    struct reply_map map = { 0, 0, 0 };
    ck_assert_int_eq(reply_map_find(STR(MAPS), str_c(maps[_i].id), &map), maps[_i].found);
    if (maps[_i].found) {
        ck_assert_int_eq(map.current, maps[_i].map.current);
        ck_assert_int_eq(map.next, maps[_i].map.next);
        ck_assert_int_eq(map.entries, maps[_i].map.entries);
    }
}
END_TEST

START_TEST(a_cut_listing_is_refused)
{
    struct reply_map map;
    struct str whole = STR(MAPS);
    size_t end = str_search(whole, STR("entry_cnt=")) + 10;
    for (size_t n = 0; n <= end; n++)
        ck_assert(!reply_map_find(str_head(whole, n), STR("/s/maps/routes.map"), &map));
}
END_TEST

START_TEST(entries_are_read_one_by_one)
{
    struct str rest = STR("0x55a9 a.test|0/ .;b1;c1;;r\n0x7f01 x b c  d \n\n0x1 novalue\n\n");
    struct reply_entry entry;
    bool broken;
    ck_assert(reply_entry_next(&rest, &entry, &broken));
    ck_assert(str_eq(entry.key, STR("a.test|0/")) && str_eq(entry.value, STR(".;b1;c1;;r")));
    ck_assert(reply_entry_next(&rest, &entry, &broken));
    ck_assert(str_eq(entry.key, STR("x")) && str_eq(entry.value, STR("b c  d ")));
    ck_assert(reply_entry_next(&rest, &entry, &broken));
    ck_assert(str_eq(entry.key, STR("novalue")) && entry.value.n == 0);
    ck_assert(!reply_entry_next(&rest, &entry, &broken));
    ck_assert(!broken);
}
END_TEST

START_TEST(a_line_that_is_no_entry_is_told)
{
    static const char *const bad[] = { "[3]: Unknown map identifier.\n", "0x12\n", "garbage here\n",
                                       "0x12  v\n" };
    for (size_t i = 0; i < 4; i++) {
        struct str rest = str_c(bad[i]);
        struct reply_entry entry;
        bool broken = false;
        ck_assert(!reply_entry_next(&rest, &entry, &broken));
        ck_assert_msg(broken, "%s", bad[i]);
    }
}
END_TEST

static const struct {
    const char *answer;
    bool ok, found;
    const char *key, *value;
} lookups[] = {
    { "type=beg, case=sensitive, found=yes, idx=tree, key=\"h|0/\", value=\"x;y\", type=\"str\"\n\n", true,
      true, "h|0/", "x;y" },
    { "type=beg, case=sensitive, found=no\n\n", true, false, "", "" },
    { "type=str, case=sensitive, found=yes, idx=list, key=\"a\"b, value=\"c\", value=\"v\", type=\"str\"\n",
      true, true, "a\"b, value=\"c", "v" },
    { "type=beg, case=sensitive, found=yes, idx=tree, key=\"k\", value=\"\", type=\"str\"\n", true, true, "k",
      "" },
    { "type=beg, case=sensitive, found=yes, idx=tree, key=\"k\", value=\"v\n", false, false, "", "" },
    { "type=beg, case=sensitive, found=yes, idx=tree, value=\"v\", type=\"str\", key=\"k\"\n", false, false,
      "", "" },
    { "[3]: Unknown map identifier. Please use #<id> or <file>.\n", false, false, "", "" },
    { "type=\", type=\"", false, false, "", "" },
    { "", false, false, "", "" },
};

START_TEST(a_lookup_is_read)
{
    struct reply_lookup lookup;
    ck_assert_int_eq(reply_lookup(str_c(lookups[_i].answer), &lookup), lookups[_i].ok);
    ck_assert_int_eq(lookup.found, lookups[_i].found);
    ck_assert_msg(str_eq(lookup.entry.key, str_c(lookups[_i].key)), "key %.*s", STR_ARG(lookup.entry.key));
    ck_assert_msg(str_eq(lookup.entry.value, str_c(lookups[_i].value)), "value %.*s",
                  STR_ARG(lookup.entry.value));
}
END_TEST

#define COLUMNS                                                                                              \
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "      \
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "         \
    "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port " \
    "srv_check_addr srv_agent_addr srv_agent_port\n"

START_TEST(servers_are_read)
{
    struct reply_servers servers;
    struct reply_server s;
    ck_assert(reply_servers_open(
        STR(COLUMNS "3 b1 1 s1 127.0.0.1 2 0 3 3 1 1 0 2 0 0 0 0 - 80 - 0 0 - - 0\n"
                    "4 etcd:3Ab 2 n1 ::1 0 1 7 1 0 1 0 0 0 0 0 0 - 8080 - 0 0 - - 0\n"
                    "4 etcd:3Ab 2 n2 - 0 4 7 1 0 1 0 0 0 0 0 0 host.x 0 - 0 0 - - 0\n"
                    "4 etcd:3Ab 3 n3 1.2.3.4 2 32 256 1 0 1 0 0 0 0 0 0 - 1 - 0 0 - - 0\n\n"),
        &servers));
    ck_assert(reply_servers_next(&servers, &s));
    ck_assert(str_eq(s.backend, STR("b1")) && str_eq(s.name, STR("s1")) &&
              str_eq(s.address, STR("127.0.0.1")));
    ck_assert(s.port == 80 && s.weight == 3 && !s.maintenance && !s.down);
    ck_assert(reply_servers_next(&servers, &s));
    ck_assert(str_eq(s.backend, STR("etcd:3Ab")) && str_eq(s.address, STR("::1")) && s.port == 8080 &&
              s.weight == 7);
    ck_assert(s.maintenance && s.down);
    ck_assert(reply_servers_next(&servers, &s));
    ck_assert(s.maintenance && str_eq(s.address, STR("-")));
    ck_assert(reply_servers_next(&servers, &s));
    ck_assert(!s.maintenance && s.weight == 256);
    ck_assert(!reply_servers_next(&servers, &s));
    ck_assert(!servers.broken);
}
END_TEST

START_TEST(columns_of_servers_go_by_name)
{
    struct reply_servers servers;
    struct reply_server s;
    ck_assert(reply_servers_open(
        STR("2\n# be_id new srv_port srv_uweight srv_admin_state srv_op_state srv_addr srv_name be_name\n"
            "1 x 80 9 1 0 10.0.0.1 s b more\n"),
        &servers));
    ck_assert(reply_servers_next(&servers, &s));
    ck_assert(str_eq(s.backend, STR("b")) && str_eq(s.name, STR("s")) && str_eq(s.address, STR("10.0.0.1")));
    ck_assert(s.port == 80 && s.weight == 9 && s.maintenance);
}
END_TEST

START_TEST(a_table_of_servers_that_is_none_is_refused)
{
    struct reply_servers servers;
    struct reply_server s;
    ck_assert(!reply_servers_open(STR("[3]: Can't find backend.\n"), &servers));
    ck_assert(!reply_servers_open(STR(""), &servers));
    ck_assert(!reply_servers_open(STR("1\n# be_id be_name srv_name\n"), &servers));
    ck_assert(reply_servers_open(STR(COLUMNS "3 b1 1 s1\n"), &servers));
    ck_assert(!reply_servers_next(&servers, &s) && servers.broken);
    ck_assert(reply_servers_open(
        STR(COLUMNS "3 b1 1 s1 127.0.0.1 2 0 x 3 1 1 0 2 0 0 0 0 - 80 - 0 0 - - 0\n"), &servers));
    ck_assert(!reply_servers_next(&servers, &s) && servers.broken);
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    struct haproxy_version version;
} versions[] = {
    { "2.6.12-1+deb12u4", true, { 2, 6, 12 } },
    { "3.0.11-1+deb13u4", true, { 3, 0, 11 } },
    { "3.2.26-1", true, { 3, 2, 26 } },
    { "3.4.7", true, { 3, 4, 7 } },
    { "3.5-dev3", true, { 3, 5, 0 } },
    { "10.11", true, { 10, 11, 0 } },
    { "2", false, { 0, 0, 0 } },
    { "v2.6", false, { 0, 0, 0 } },
    { "2.", false, { 0, 0, 0 } },
    { "99999999999.1", false, { 0, 0, 0 } },
    { "", false, { 0, 0, 0 } },
};

START_TEST(a_version_is_read)
{
    struct haproxy_version version;
    ck_assert_int_eq(reply_version(str_c(versions[_i].text), &version), versions[_i].ok);
    if (versions[_i].ok) {
        ck_assert_int_eq(version.major, versions[_i].version.major);
        ck_assert_int_eq(version.minor, versions[_i].version.minor);
        ck_assert_int_eq(version.patch, versions[_i].version.patch);
    }
}
END_TEST

START_TEST(info_tells_version_process_and_start)
{
    struct runtime_info info;
    ck_assert(reply_info(
        STR("Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nRelease_date: 2026/10/17\nPid: 9269\nUptime: 0d\n"
            "Start_time_sec: 1795478443\nTotal: 3\n\n"),
        &info));
    ck_assert_int_eq(info.version.minor, 6);
    ck_assert_int_eq(info.pid, 9269);
    ck_assert_int_eq(info.started, 1795478443);
    ck_assert(!info.stopping && info.skeleton[0] == '\0');
    ck_assert(reply_info(STR("Version: 3.4.7\nPid: 9\nStopping: 1\ndescription: maitred skeleton "
                             "0123456789abcdef0123456789abcdef\n"),
                         &info));
    ck_assert(info.stopping);
    ck_assert_str_eq(info.skeleton, "0123456789abcdef0123456789abcdef");
    ck_assert(reply_info(STR("Version: 3.4.7\nPid: 9\nStopping: 0\ndescription: maitred skeleton "
                             "0123456789abcdef0123456789abcdef0\n"),
                         &info));
    ck_assert(!info.stopping && info.skeleton[0] == '\0');
    ck_assert(!reply_info(STR("Name: HAProxy\nVersion: 2.6.12\n"), &info));
    ck_assert(!reply_info(STR("Pid: 4\n"), &info));
    ck_assert(!reply_info(STR("Pid: -4\nVersion: 2.6.1\n"), &info));
    ck_assert(!reply_info(STR(""), &info));
}
END_TEST

#define PROC_HEAD "#<PID>          <type>          <reloads>       <uptime>        <version>      \n"

static const struct {
    const char *answer;
    bool ok;
    struct reply_proc proc;
} procs[] = {
    /* 2.6 */
    { PROC_HEAD
      "9267            master          0 [failed: 0]   0d00h00m00s     2.6.12-1+deb12u4\n# workers\n"
      "9269            worker          0               0d00h00m00s     2.6.12-1+deb12u4\n# programs\n\n\n",
      true,
      { 9267, 9269, 0, 0, 0, { 0 } } },
    /* 2.6, a refused reload: the worker stays among the current ones */
    { PROC_HEAD "16453           master          1 [failed: 1]   0d00h00m00s     2.6.12\n# workers\n"
                "16512           worker          1               0d00h00m00s     2.6.12\n# programs\n\n",
      true,
      { 16453, 16512, 0, 1, 1, { 0 } } },
    /* 3.4, a refused reload: it stands among the old ones, with one that was leaving before */
    { PROC_HEAD
      "16636           master          2 [failed: 1]   0d00h00m00s     3.4.7-1\n# workers\n# old workers\n"
      "16400           worker          2               0d00h00m09s     3.4.7-1\n"
      "16640           worker          1               0d00h00m00s     3.4.7-1\n\n",
      true,
      { 16636, 16640, 2, 2, 1, { 16640, 16400 } } },
    { PROC_HEAD "1               master          12 [failed: 0]  3d00h00m00s     3.0.11\n# workers\n"
                "8               worker          0               0d00h00m00s     3.0.11\n# old workers\n"
                "7               worker          1               0d00h00m00s     3.0.11\n# programs\n"
                "9               worker-helper   0               0d00h00m00s     -\n",
      true,
      { 1, 8, 1, 12, 0, { 7 } } },
    { PROC_HEAD "1               master          9 [failed: 0]   0d00h00m00s     2.6.12\n# workers\n"
                "20              worker          0               0d00h00m00s     2.6.12\n# old workers\n"
                "13              worker          7               0d00h00m00s     2.6.12\n"
                "19              worker          1               0d00h00m00s     2.6.12\n"
                "15              worker          5               0d00h00m00s     2.6.12\n"
                "18              worker          2               0d00h00m00s     2.6.12\n"
                "17              worker          3               0d00h00m00s     2.6.12\n",
      true,
      { 1, 20, 5, 9, 0, { 19, 18, 17, 15 } } },
    { PROC_HEAD, false, { 0 } },
    { PROC_HEAD "1               master          x\n", false, { 0 } },
    { "Unknown command\n", false, { 0 } },
    { "99999999999999     master  0 [failed: 0]\n", false, { 0 } },
    { "", false, { 0 } },
};

START_TEST(processes_are_read)
{
    struct reply_proc proc;
    ck_assert_int_eq(reply_proc(str_c(procs[_i].answer), &proc), procs[_i].ok);
    if (procs[_i].ok) {
        ck_assert_int_eq(proc.master, procs[_i].proc.master);
        ck_assert_int_eq(proc.worker, procs[_i].proc.worker);
        ck_assert_int_eq(proc.old_workers, procs[_i].proc.old_workers);
        ck_assert_int_eq(proc.reloads, procs[_i].proc.reloads);
        ck_assert_int_eq(proc.failed, procs[_i].proc.failed);
        ck_assert_mem_eq(proc.newest_old, procs[_i].proc.newest_old, sizeof proc.newest_old);
    }
}
END_TEST

START_TEST(the_verdict_of_a_reload_is_read)
{
    bool success;
    struct str log;
    ck_assert(reply_reload(STR("Success=1\n--\n[NOTICE] (1) : Loading success.\n"), &success, &log));
    ck_assert(success && str_eq(log, STR("[NOTICE] (1) : Loading success.\n")));
    ck_assert(reply_reload(STR("Success=0\n--\n[ALERT] x\n"), &success, &log));
    ck_assert(!success && str_eq(log, STR("[ALERT] x\n")));
    ck_assert(reply_reload(STR("Success=0\n"), &success, &log));
    ck_assert(!success && log.n == 0);
    ck_assert(!reply_reload(STR(""), &success, &log));
    ck_assert(!reply_reload(STR("Success="), &success, &log));
}
END_TEST

START_TEST(backends_are_named)
{
    struct str rest = STR("# name\nfile:a\n\n etcd:b:2Dc \n#x\nlast"), name;
    static const char *const want[] = { "file:a", "etcd:b:2Dc", "last" };
    for (size_t i = 0; i < 3; i++)
        ck_assert(reply_backend_next(&rest, &name) && str_eq(name, str_c(want[i])));
    ck_assert(!reply_backend_next(&rest, &name));
    rest = STR("# name\n");
    ck_assert(!reply_backend_next(&rest, &name));
}
END_TEST

static const struct {
    const char *answer;
    int64_t count;
} tables[] = {
    { "# table: agent-failures, type: string, size:16, used:1\n0x5581: key=open use=0 exp=86399000 "
      "gpc0=3\n\n",
      3 },
    { "0x5581: key=opened use=0 gpc0=3\n", 0 },
    { "0x5581: key=closed use=0 gpc0=4\n0x5582: key=open use=0 exp=9 shard=0 gpc0=12\n", 12 },
    { "0x5581: key=open use=0 exp=9\n", 0 },
    { "0x5581: key=open gpc0=x\n", 0 },
    { "gpc0=7 key=open\n", 0 },
    { "", 0 },
};

START_TEST(a_table_counts)
{
    ck_assert_int_eq(reply_table_count(str_c(tables[_i].answer), STR("open")), tables[_i].count);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { an_answer_is_classified, ROWS(answers) },
        { a_new_version_is_read, 0 },
        { a_map_is_found_in_the_listing, ROWS(maps) },
        { a_cut_listing_is_refused, 0 },
        { entries_are_read_one_by_one, 0 },
        { a_line_that_is_no_entry_is_told, 0 },
        { a_lookup_is_read, ROWS(lookups) },
        { servers_are_read, 0 },
        { columns_of_servers_go_by_name, 0 },
        { a_table_of_servers_that_is_none_is_refused, 0 },
        { a_version_is_read, ROWS(versions) },
        { info_tells_version_process_and_start, 0 },
        { processes_are_read, ROWS(procs) },
        { the_verdict_of_a_reload_is_read, 0 },
        { backends_are_named, 0 },
        { a_table_counts, ROWS(tables) },
        { NULL, 0 },
    };
    return run_suite("reply", rows);
}

#include "haproxy/report.h"

#include <stdlib.h>

#include "suite.h"

static const struct {
    const char *line;
    enum report_severity severity;
    const char *text;
} lines[] = {
    { "[NOTICE]   (9267) : New worker (9269) forked", REPORT_NOTICE, "New worker (9269) forked" },
    { "[WARNING]  (9269) : Proxy f stopped (cumulated conns: FE: 0, BE: 0).", REPORT_WARNING,
      "Proxy f stopped (cumulated conns: FE: 0, BE: 0)." },
    { "[ALERT]    (1) : config : parsing [/s/haproxy.cfg:23] : unknown keyword 'bogus'", REPORT_ALERT,
      "config : parsing [/s/haproxy.cfg:23] : unknown keyword 'bogus'" },
    { "[ALERT] 123/000102 (9) : old form", REPORT_ALERT, "123/000102 (9) : old form" },
    { "[ALERT]", REPORT_ALERT, "" },
    { "plain words of a Lua script\r", REPORT_NOTICE, "plain words of a Lua script" },
    { "", REPORT_NOTICE, "" },
};

START_TEST(a_line_has_a_severity_and_a_text)
{
    struct str text;
    ck_assert_int_eq(report_line(str_c(lines[_i].line), &text), lines[_i].severity);
    ck_assert_msg(str_eq(text, str_c(lines[_i].text)), "%.*s", STR_ARG(text));
}
END_TEST

#define IN_USE "another process listens there: end it, or give the entry point another address"

static const struct {
    const char *log, *reason;
} failures[] = {
    /* 2.6 and 3.0 */
    { "[NOTICE]   (16592) : haproxy version is 2.6.12-1+deb12u4\n"
      "[ALERT]    (16592) : Binding [/s/haproxy.cfg:10] for frontend f: cannot bind socket (Address already "
      "in use) for "
      "[127.0.0.1:45479]\n"
      "[ALERT]    (16592) : [/usr/sbin/haproxy.main()] Some protocols failed to start their listeners! "
      "Exiting.\n",
      "cannot listen on 127.0.0.1:45479 (Address already in use): " IN_USE },
    /* 3.4 */
    { "[ALERT]    (16671) : Binding [/s/haproxy.cfg:10] for frontend f: protocol tcpv4: cannot bind socket "
      "(Address already in "
      "use) for [:::80].\n"
      "[ALERT]    (16671) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.\n"
      "[WARNING]  (16669) : Failed to load worker (16671) exited with code 1 (Exit)\n",
      "cannot listen on :::80 (Address already in use): " IN_USE },
    { "[ALERT] (1) : Starting frontend web: cannot bind socket (Permission denied) [0.0.0.0:80]\n",
      "cannot listen on 0.0.0.0:80 (Permission denied): ports below 1024 need a privilege: grant "
      "CAP_NET_BIND_SERVICE, or give "
      "the entry point a port above it" },
    { "[ALERT] (1) : Binding [/s/h.cfg:1] for frontend web: cannot bind socket (Cannot assign requested "
      "address) for "
      "[192.0.2.1:80]\n",
      "cannot listen on 192.0.2.1:80 (Cannot assign requested address): this machine does not have that "
      "address: correct the "
      "address of the entry point" },
    { "[ALERT] (1) : Binding for frontend web: cannot bind socket (Some new cause) for [192.0.2.1:80]\n",
      "Binding for frontend web: cannot bind socket (Some new cause) for [192.0.2.1:80]" },
    { "[ALERT] (1) : cannot bind socket (Address already in use) nowhere\n",
      "cannot bind socket (Address already in use) nowhere" },
    { "[ALERT] (1) : config : parsing [/s/h.cfg:23] : unknown keyword 'bogus'\n[ALERT] (1) : config : "
      "second\n"
      "[ALERT] (1) : config : Error(s) found in configuration file : /s/h.cfg\n"
      "[ALERT] (1) : config : Fatal errors found in configuration.\n",
      "config : parsing [/s/h.cfg:23] : unknown keyword 'bogus'; config : second" },
    { "[NOTICE] (1) : first\nsh: haproxy: cannot execute\n", "sh: haproxy: cannot execute" },
    { "", "HAProxy gave no reason" },
    { "\n\n", "HAProxy gave no reason" },
};

START_TEST(a_failure_is_explained_with_its_remedy)
{
    struct buf out = { 0 };
    report_failure(str_c(failures[_i].log), &out);
    ck_assert_str_eq(out.p, failures[_i].reason);
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_line_has_a_severity_and_a_text, ROWS(lines) },
        { a_failure_is_explained_with_its_remedy, ROWS(failures) },
        { NULL, 0 },
    };
    return run_suite("report", rows);
}

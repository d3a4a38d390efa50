#include "ops/source.h"

#include "suite.h"

static const struct {
    const char *json, *forwarded; /* as the entry point leaves it: the peer at its end */
    struct address peer;
    const char *source;
} sources[] = {
#define V4                                                                                                   \
    {                                                                                                        \
        4,                                                                                                   \
        {                                                                                                    \
            10, 0, 0, 1                                                                                      \
        }                                                                                                    \
    }
#define V6                                                                                                   \
    {                                                                                                        \
        16,                                                                                                  \
        {                                                                                                    \
            0x20, 0x01, 0x0d, 0xb8, 0xab, 0xcd, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 7                              \
        }                                                                                                    \
    }
#define MAPPED                                                                                               \
    {                                                                                                        \
        16,                                                                                                  \
        {                                                                                                    \
            [10] = 0xff, 0xff, 10, 0, 0, 1                                                                   \
        }                                                                                                    \
    }
    { "{\"kind\":\"ip\"}", "1.1.1.1, 10.0.0.1", V4, "10.0.0.1" },
    { "{\"kind\":\"ip\"}", "", MAPPED, "10.0.0.1" },
    { "{\"kind\":\"ip\"}", "", V6, "2001:db8:abcd:ff00::7" },
    { "{\"kind\":\"ip\",\"subnet\":48}", "", V6, "2001:db8:abcd::" },
    { "{\"kind\":\"ip\",\"subnet\":52}", "", V6, "2001:db8:abcd:f000::" },
    { "{\"kind\":\"ip\",\"subnet\":8}", "", V4, "10.0.0.1" },
    { "{\"kind\":\"ip\"}", "", { 0, { 0 } }, "" },
    { "{\"kind\":\"depth\",\"depth\":1}", "1.1.1.1, 2.2.2.2, 10.0.0.1", V4, "2.2.2.2" },
    { "{\"kind\":\"depth\",\"depth\":2}", "1.1.1.1, 2.2.2.2, 10.0.0.1", V4, "1.1.1.1" },
    { "{\"kind\":\"depth\",\"depth\":3}", "1.1.1.1, 2.2.2.2, 10.0.0.1", V4, "" },
    { "{\"kind\":\"depth\",\"depth\":1}", "10.0.0.1", V4, "" },
    { "{\"kind\":\"depth\",\"depth\":1}", ", 10.0.0.1", V4, "" },
    { "{\"kind\":\"depth\",\"depth\":2}", "junk,,10.0.0.1", V4, "junk" },
    { "{\"kind\":\"depth\",\"depth\":1,\"subnet\":32}", "2001:db8::1, 10.0.0.1", V4, "2001:db8::" },
    { "{\"kind\":\"depth\",\"depth\":1,\"subnet\":64}", "::ffff:1.2.3.4, 10.0.0.1", V4, "::" },
    { "{\"kind\":\"depth\",\"depth\":1,\"subnet\":64}", "1.2.3.4, 10.0.0.1", V4, "1.2.3.4" },
    { "{\"kind\":\"excluded\",\"excluded\":[\"10.0.0.0/8\",\"2.2.2.2\"]}",
      "1.1.1.1, 2.2.2.2, 10.9.9.9, 10.0.0.1", V4, "1.1.1.1" },
    { "{\"kind\":\"excluded\",\"excluded\":[\"10.0.0.0/8\"]}", "1.1.1.1, junk, 10.9.9.9,, 10.0.0.1", V4,
      "junk" },
    { "{\"kind\":\"excluded\",\"excluded\":[\"::/0\"]}", "1.1.1.1, ::2, 10.0.0.1", V4,
      "1.1.1.1" }, /* Go: no IPv4 is in it */
    { "{\"kind\":\"excluded\",\"excluded\":[\"fe80::/10\",\"1.1.1.1\"]}", "1.1.1.1, fe80::2%eth0, 10.0.0.1",
      V4, "" },
    { "{\"kind\":\"excluded\",\"excluded\":[\"::ffff:1.0.0.0/104\"]}", "1.1.1.1%x, 1.1.1.1, 10.0.0.1", V4,
      "1.1.1.1%x" },
    { "{\"kind\":\"excluded\",\"excluded\":[\"0.0.0.0/0\"]}", "::2, ::ffff:1.1.1.1, 10.0.0.1", V4, "::2" },
    { "{\"kind\":\"header\",\"name\":\"x-key\"}", "", V4, "" },
    { "{\"kind\":\"header\",\"name\":\"host\"}", "", V4, "" }, /* Go: none among the headers */
    { "{\"kind\":\"header\",\"name\":\"x-forwarded-for\"}", "1.1.1.1, 2.2.2.2, 10.0.0.1", V4,
      "1.1.1.1, 2.2.2.2" },
    { "{\"kind\":\"header\",\"name\":\"x-forwarded-for\"}", "10.0.0.1", V4, "" },
    { "{\"kind\":\"host\"}", "", V4, "Host:80" },
};

START_TEST(the_source_is_traefiks)
{
    char error[256], memory[ADDRESS_TEXT], block[256];
    size_t n = strlen(sources[_i].forwarded);
    struct source source = { 0 };
    struct json_object *json = json_tokener_parse(sources[_i].json);
    ck_assert_msg(criterion_read(json, &source, error), "%s", error);
    memcpy(block, "\x0fx-forwarded-for", 16);
    block[16] = (char)n;
    memcpy(block + 17, sources[_i].forwarded, n);
    struct request request = { .source = sources[_i].peer,
                               .host = STR("Host:80"),
                               .headers = str_of(block, n ? 17 + n : 0) };
    struct str got = criterion_source(&source, &request, memory);
    ck_assert_msg(str_eq(got, str_c(sources[_i].source)), "%.*s", STR_ARG(got));
    criterion_fini(&source);
    json_object_put(json);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { the_source_is_traefiks, ROWS(sources) }, { 0 } };
    return run_suite("source", rows);
}

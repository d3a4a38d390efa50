#include "base/finding_help.h"

/* By name, so that the order of the codes does not matter. */
static const struct finding_help helps[] = {
    { "unknown-key",
      "Traefik refuses the whole tree for such a key; here only the object that it stands in is left out. "
      "Letters may be of any "
      "case, but every name must be one of the schema, at its own place.",
      "traefik/http/middlewares/limit/rateLimit/avarage = 10",
      "Correct the spelling: the nearest key is named where there is one. `maitred schema` lists all of "
      "them." },
    { "bad-value",
      "Numbers are decimal and fit 64 bits, durations are like 10s or 1m30s (a bare number is seconds), "
      "switches are true or "
      "false. The object is left out.",
      "traefik/http/routers/a/priority = high", "Write a value of the type that is said to be expected." },
    { "bad-structure",
      "A key holds either a value or further keys, never what belongs to the other; numbered keys are lists. "
      "The object is left "
      "out.",
      "traefik/http/routers/a/rule/0/x = Host(`a.test`)",
      "Move the value to the key that is said to be expected." },
    { "bad-source",
      "The file, dump or folder could not be read at all, so nothing is known of the tree; the line is named "
      "where it is known.",
      "http: [routers",
      "Mend the syntax there. Formats are recognised by their contents, whatever the file is called." },
    { "duplicate-key",
      "Keys that differ in the case of letters only, or the numbered and the plain form of one list. One of "
      "them counts, as in "
      "Traefik: the last in byte order, and the numbered form.",
      "traefik/http/routers/a/Rule beside traefik/http/routers/a/rule",
      "Delete the one that does not count." },
    { "marker-ignored",
      "Some blocks are switched on by their mere presence. With another value than true, or none, such a "
      "block is off, and so is "
      "all that stands below it.",
      "traefik/http/routers/a/tls = yes", "Write true, or an empty value; to switch it off, delete it." },
    { "list-key-ignored",
      "Elements of a list are numbered keys below it. Another name there says nothing: Traefik passes it "
      "over in silence, and so "
      "does maitred, but for this warning. A middleware named in this way does not act.",
      "traefik/http/routers/a/middlewares/auth = auth@etcd",
      "Number the elements (middlewares/0, middlewares/1), or write one value with commas." },
    { "unresolved",
      "No name server knows the server's name at present, or none answers. The server keeps the last address "
      "that was known; one that never had an address answers 502. Nothing else waits for it.",
      "traefik/http/services/a/loadBalancer/servers/0/url = http://gone.internal:8080",
      "Correct the name, or have the name servers know it; it is asked for again and the finding goes "
      "away." },
    { "rule-syntax",
      "The rule is no expression of matchers, && || ! and parentheses. The router is left out; others stay.",
      "Host(`a.test`) & Path(`/x`)",
      "Mend it where the marker stands. Arguments are in backquotes or double quotes." },
    { "rule-matcher",
      "A name that is no matcher of this rule syntax, or arguments that it cannot have. The router is left "
      "out.",
      "Hosts(`a.test`)",
      "Use the matcher that is named as the nearest, with the number of arguments that it takes." },
    { "rule-regex",
      "Regular expressions are those of Go (RE2): no look-around, no back references. The router is left "
      "out.",
      "PathRegexp(`(?=a)`)", "Write the expression in RE2's syntax, or smaller." },
    { "rule-differs",
      "The rule is compiled, but for some unusual requests HAProxy and Traefik see something different in "
      "it.",
      "HostRegexp(`^[^a]+$`)",
      "Read the message: it names the requests. Narrow the rule if they matter to you." },
    { "regex-backtrack",
      "PCRE2, which matches here, may need exponential time for the expression where RE2 does not. It stops "
      "at a limit, and the "
      "rule does not match then.",
      "PathRegexp(`(a+)+b`)",
      "Write it without repeated groups that can match the same text in several ways." },
    { "rule-too-large",
      "Rules are multiplied out to alternatives of plain conditions; nested || within && can make more of "
      "them than can be kept.",
      "(A || B) && (C || D) && (E || F) && …", "Split the rule over several routers with one service." },
    { "rule-never",
      "Its conditions contradict each other, so no request fulfils them. The router is kept, and idle.",
      "Host(`a.test`) && Host(`b.test`)", "Use || where one of several is meant." },
    { "missing-reference",
      "A router names a service or middleware, or one of those names another, and no object has the name. "
      "What needs it is left "
      "out: a router is never served without a middleware that it names.",
      "traefik/http/routers/a/service = whoam",
      "Correct the name; objects of another provider need @file or @etcd behind it." },
    { "broken-reference",
      "The object named exists, but is itself in error (it has findings of its own) or needs one that is.",
      "a router whose middleware has an unknown key", "Mend the object named; this finding goes with it." },
    { "bad-object",
      "An object needs something that it lacks (a rule, a service, a server) or has several kinds at once. "
      "It is left out.",
      "a middleware with both stripPrefix and rateLimit", "Complete it, or split it in two." },
    { "unknown-entry-point",
      "The router names an entry point that the static settings do not define. It is served on its others; "
      "with none left it is "
      "out.",
      "traefik/http/routers/a/entryPoints/0 = wbe",
      "Correct the name, or define it: --entrypoints.NAME.address=:PORT." },
    { "not-supported",
      "The key is right for Traefik, but maitred does not do this yet. What needs it is left out: serving it "
      "without would change "
      "its meaning.",
      "traefik/tcp/routers/a/rule = HostSNI(`*`)",
      "Leave it to Traefik, or do without; README says what works today." },
    { "limited", "What is asked for works, but not beyond a size or a number that Traefik does not know.",
      "forwardBody of bodies that are larger than the buffer",
      "Read the message: it names the limit. Stay within it." },
    { "ignored-setting", "A static setting that Traefik knows and that has no meaning here. Nothing breaks.",
      "--providers.docker=true", "Remove it, or let it be: the same flags may go on serving Traefik." },
    { "unknown-setting",
      "Neither Traefik 3 nor maitred has a static setting of this name. Nothing is started, since it may "
      "have been meant to "
      "protect something.",
      "--entrypoints.web.adress=:80", "Correct it: the nearest is named. `maitred help flags` lists all." },
    { "bad-setting", "The value of a static setting is not of its type. Nothing is started.",
      "--entrypoints.web.address=80", "Write a value as is said to be expected." },
    { "tie",
      "Both routers match some requests and have the same priority. Here the name decides, always in the "
      "same way; in Traefik it "
      "is chance.",
      "two routers with rules of equal length on one host", "Give one of them a priority of its own." },
};

const struct finding_help *finding_help(enum finding_code code)
{
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++)
        if (strcmp(helps[i].name, finding_name(code)) == 0)
            return &helps[i];
    return NULL;
}

void finding_explain(struct buf *out, enum finding_code code)
{
    const struct finding_help *help = finding_help(code);
    buf_printf(out, "%s (%s)\n\n  %s.\n", finding_name(code), severity_name(finding_severity(code)),
               finding_meaning(code));
    if (help)
        buf_printf(out, "\n  %s\n\n  Example:     %s\n  What to do:  %s\n", help->more, help->example,
                   help->advice);
}

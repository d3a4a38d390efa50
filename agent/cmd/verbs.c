#include <string.h>

#include "cmd/cmd.h"

#define FROM_SRC                                                                                             \
    {                                                                                                        \
        "--from", "SRC",                                                                                     \
            "a tree: a Traefik file (YAML, JSON), an etcdctl dump, a folder of keys, etcd, or -"             \
    }
#define FINDINGS_FORMAT                                                                                      \
    {                                                                                                        \
        "--format", "text|json", "of the findings"                                                           \
    }
#define STRICT                                                                                               \
    {                                                                                                        \
        "--strict", NULL, "warnings count as errors for the exit code"                                       \
    }

const struct verb_option common_options[COMMON_OPTIONS] = {
    { "--color", "auto|always|never", "colours: on a terminal without NO_COLOR, always, or never" },
};

const struct verb verbs[] = {
    { "run",
      "the daemon: watch, compile, push, agent",
      verb_run,
      { { 0 } },
      "0 it ended as asked, 1 it could not start or go on, 2 it was called wrongly",
      false },
    { "agent",
      "the agent alone, for an HAProxy that runs already",
      verb_agent,
      { { "--policy", "FILE", "policy.json of `compile`, or of a state folder; read again when it changes" },
        { "--sockets", "DIR", "where agent-0.sock, agent-1.sock … are made" } },
      "0 it ended as asked, 2 it could not start",
      false },
    { "compile",
      "render every artifact of a tree into a folder",
      verb_compile,
      { FROM_SRC, { "--out", "DIR", "where the artifacts go" }, FINDINGS_FORMAT, STRICT },
      NULL,
      false },
    { "check",
      "say what is wrong with a tree",
      verb_check,
      { FROM_SRC, FINDINGS_FORMAT, STRICT },
      NULL,
      false },
    { "explain",
      "say what becomes of a request, and why: [METHOD] URL [-H 'Name: value']…",
      verb_explain,
      { FROM_SRC,
        { "--client", "IP", "the client's address" },
        { "--entrypoint", "NAME", "where it comes in; else by the URL's port" },
        { "--requests", "FILE", "instead of one: a JSON object a line; only the winner of each is told" },
        { "--effects", NULL, "with --requests: what upstream or client get, with all values of headers" },
        { "--format", "text|json", "of the answer" } },
      "0 told, 2 it could not be done",
      false },
    { "diff",
      "say what a change of a tree means, and how it would be pushed",
      verb_diff,
      { { "--from", "OLD", "the tree before: a SRC, as for check" },
        { "--to", "NEW", "the tree after: a SRC, as for check" },
        { "--format", "text|json", "of the report" } },
      "0 nothing differs, 1 there are differences, 2 it could not be done",
      false },
    { "import",
      "write a tree to etcd, in one transaction",
      verb_import,
      { { "--from", "SRC", "the tree: a SRC, as for check" },
        { "--prune", NULL, "also delete the objects that SRC does not have" },
        { "--dry-run", NULL, "only say what would be written" },
        { "--in-steps", NULL, "if it is too much for one transaction: in several, make before break" } },
      "0 done, or nothing to do; 1 with --dry-run: there is something to do; 2 it could not be done",
      false },
    { "export",
      "print a tree as a file, or as keys",
      verb_export,
      { { "--from", "SRC", "the tree: a SRC, as for check; etcd if none is named" },
        { "--format", "yaml|json|etcd",
          "a Traefik file, or what etcdctl get --prefix prints (yaml if none is named)" } },
      "0 done, 1 done, but something could not be carried over, 2 it could not be done",
      false },
    { "schema",
      "every key of a tree, with type, default and meaning",
      verb_schema,
      { { "--format", "text|json|markdown", "of the list" } },
      "0 always",
      true },
    { "status",
      "of a running daemon: revision seen and served, reloads, findings",
      verb_status,
      { { "--json", NULL, "everything, as JSON" } },
      "0 it answered, 2 it did not",
      false },
    { "confirm",
      "of a running daemon: serve what the guard holds",
      verb_confirm,
      { { 0 } },
      "0 done, 1 it could not be done, 2 no daemon answered",
      false },
    { "pin",
      "of a running daemon: serve an older revision of etcd (pin REV) until unpin",
      verb_pin,
      { { 0 } },
      "0 done, 1 it could not be done, 2 no daemon answered",
      false },
    { "unpin",
      "of a running daemon: serve the newest revision again",
      verb_unpin,
      { { 0 } },
      "0 done, 1 it could not be done, 2 no daemon answered",
      false },
    { "rollback",
      "of a running daemon: pin what was served before, or a revision (rollback [REV])",
      verb_rollback,
      { { 0 } },
      "0 done, 1 it could not be done, 2 no daemon answered",
      false },
    { "verify",
      "of a running daemon: compare all that HAProxy has with the tree, and mend it",
      verb_verify,
      { { 0 } },
      "0 done, 1 it could not be done, 2 no daemon answered",
      false },
    { "completion",
      "a script that makes a shell complete these words: bash, zsh or fish",
      verb_completion,
      { { 0 } },
      "0 always, 2 for another shell",
      true },
    { "man", "the manual page, as roff", verb_man, { { 0 } }, "0 always", true },
    { "version", "which maitred this is", verb_version, { { 0 } }, "0 always", true },
    { "help",
      "this text, a verb's options, the static flags, or the meaning of a finding's code",
      verb_help,
      { { 0 } },
      "0 there is such a topic, 2 there is none",
      true },
    { 0 },
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

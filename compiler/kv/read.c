#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/vec.h"
#include "kv/input.h"

bool input_fail(const struct kv_input *in, size_t line, const char *format, ...)
{
    char reason[300];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    if (line)
        diag_report(in->diag, FINDING_BAD_SOURCE, in->name, "line %zu: %s", line, reason);
    else
        diag_report(in->diag, FINDING_BAD_SOURCE, in->name, "%s", reason);
    return false;
}

bool input_add(const struct kv_input *in, struct pair_list *out, struct str key, struct str value)
{
    if (out->n == KV_MAX_PAIRS)
        return input_fail(in, 0, "it holds more than %d keys", KV_MAX_PAIRS);
    vec_push(out, (struct kv_pair){ key, value });
    return true;
}

struct kv_snapshot input_finish(const struct kv_input *in, const struct pair_list *list, struct str provider)
{
    struct kv_pair *pairs = ARENA_ARRAY(in->arena, struct kv_pair, list->n);
    if (list->n)
        memcpy(pairs, list->p, list->n * sizeof *pairs);
    return kv_snapshot_of(pairs, list->n, in->root, provider, in->diag);
}

static bool read_format(const struct kv_input *in, enum kv_format format, struct pair_list *out,
                        int64_t *revision)
{
    switch (format) {
    case KV_FORMAT_DUMP:
        return kv_read_dump(in, out);
    case KV_FORMAT_DUMP_JSON:
        return kv_read_dump_json(in, out, revision);
    case KV_FORMAT_FILE:
        return kv_read_file(in, out);
    case KV_FORMAT_UNKNOWN:
        break;
    }
    if (str_ends(in->name, STR(".toml")))
        return input_fail(in, 0, "TOML is not read; a YAML or JSON file can say the same");
    return input_fail(in, 0, "it looks like no dump of etcdctl's, and like no YAML or JSON file");
}

bool kv_read(struct arena *arena, struct str bytes, enum kv_format format, struct str name, struct str root,
             struct kv_snapshot *out, struct diag *diag)
{
    struct kv_input in = { arena, bytes, name.n ? name : STR("input"), arena_copy(arena, root), diag };
    struct pair_list list = { 0 };
    int64_t revision = 0;
    *out = (struct kv_snapshot){ .root = in.root };
    if (bytes.n > KV_MAX_BYTES)
        return input_fail(&in, 0, "it is larger than %d bytes", KV_MAX_BYTES);
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        in.bytes = str_from(bytes, 3);
    if (format == KV_FORMAT_UNKNOWN)
        format = kv_detect(in.bytes, name);
    bool good = read_format(&in, format, &list, &revision);
    if (good) {
        *out = input_finish(&in, &list, format == KV_FORMAT_FILE ? STR("file") : STR("etcd"));
        out->revision = revision;
        out->literal_lists = format == KV_FORMAT_FILE;
    }
    vec_fini(&list);
    return good;
}

bool kv_read_path(struct arena *arena, const char *path, struct str root, struct kv_snapshot *out,
                  struct diag *diag)
{
    struct stat st;
    bool is_input = strcmp(path, "-") == 0;
    if (!is_input && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return kv_read_folder(arena, path, root, out, diag);
    struct buf bytes = { 0 };
    struct str name = is_input ? STR("input") : str_c(path);
    *out = (struct kv_snapshot){ .root = arena_copy(arena, root) };
    bool good = file_read(path, KV_MAX_BYTES, &bytes);
    if (!good)
        diag_report(diag, FINDING_BAD_SOURCE, name, "it cannot be read: %s", strerror(errno));
    else
        good = kv_read(arena, buf_str(&bytes), KV_FORMAT_UNKNOWN, name, root, out, diag);
    buf_fini(&bytes);
    return good;
}

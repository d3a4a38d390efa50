/* The schema of the dynamic configuration, as tables: every key of Traefik 3.7 with its type, default and
 * meaning, and where its value goes in the structs of tree.h. The decoder, the documentation and `check` read
 * the same rows. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum schema_type {
    SCHEMA_TEXT,
    SCHEMA_SECRET, /* text that is never shown */
    SCHEMA_INT,
    SCHEMA_BOOL,
    SCHEMA_DURATION,
    SCHEMA_LIST,        /* of texts: comma-separated, or numbered keys */
    SCHEMA_SECRETS,     /* a list that is never shown */
    SCHEMA_TEXT_MAP,    /* names of the user's to texts */
    SCHEMA_INT_MAP,     /* names of the user's to integers */
    SCHEMA_STRUCT,      /* further keys */
    SCHEMA_MARKER,      /* further keys; the value true, or an empty one, makes it without any */
    SCHEMA_FILE_MARKER, /* the same, but in a store it needs keys below it */
    SCHEMA_STRUCT_LIST, /* structs in order, one for each key below it */
    SCHEMA_STRUCT_MAP,  /* structs by names of the user's */
    SCHEMA_ANY          /* whatever stands below it is accepted and not looked at */
};

enum schema_use {
    SCHEMA_READ,      /* goes into a field */
    SCHEMA_HARMLESS,  /* checked; that it has no effect changes no answer, or it has none in Traefik either */
    SCHEMA_MISSING,   /* checked; maitred does not do it yet: object.unsupported */
    SCHEMA_KIND,      /* one of several kinds of which an object has one; read */
    SCHEMA_OTHER_KIND /* such a kind, not compiled yet: other_kind */
};

struct schema;

struct schema_row {
    struct str name; /* as Traefik writes it; case does not matter */
    enum schema_type type;
    enum schema_use use;
    size_t at;                  /* SCHEMA_READ, _KIND: offset of the field in the struct of the table */
    const struct schema *below; /* of the struct types */
    const char *fallback;       /* default, as text; "" for none */
    const char *meaning;        /* one line */
};

/* A table is one struct. Structs of lists and maps begin with a struct object; others that are read begin
 * with the struct str of their key. */
struct schema {
    struct str what; /* "router": for messages, and <router> in paths */
    const struct schema_row *rows;
    size_t n_rows;
    size_t size;                /* of the struct; 0: checked only */
    size_t n_kinds, other_kind; /* offsets, where rows are kinds: size_t and struct str */
    bool inlined;               /* its fields are the owner's own, and it has no key */
};

/* Everything: the struct is struct tree. */
const struct schema *schema_root(void);

/* The row of that name, letters folded, or NULL. */
const struct schema_row *schema_find(const struct schema *schema, struct str name);

const char *schema_type_name(enum schema_type type);
const char *schema_use_name(enum schema_use use);

enum schema_format { SCHEMA_AS_TEXT, SCHEMA_AS_JSON, SCHEMA_AS_MARKDOWN };

/* All keys below the root with type, default, use and meaning, in the order of the tables. */
void schema_print(struct buf *out, enum schema_format format);

/* Templates: HAProxy configuration with open slots. Lines of a template:
 *   {{name}}            a slot anywhere in a line: replaced by the value of `name`
 *   #if name / #unless name / #end   the lines between stand only if `name` is (not) set; may be nested
 *   #each name / #end   the lines between, once for each row of the list `name`; slots see the row first
 *   #include file       the lines of another template, with the same values
 *   ## text             a comment of the template, not rendered
 * An unknown name is a broken template: it stops the program (templates are ours, not input). */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* Values for a template: a chain of scopes, the innermost first. */
struct template_scope;

struct template_value {
    const char *name;
    struct str text;                   /* of a slot */
    bool set;                          /* of #if */
    const struct template_scope *rows; /* of #each */
    size_t n_rows;
};

struct template_scope {
    const struct template_value *values;
    size_t n;
    const struct template_scope *outer;
};

/* Renders `text` (name for messages) to out. */
void template_render(struct buf *out, const char *name, struct str text, const struct template_scope *scope);

/* The embedded template of that name; aborts if there is none. */
struct str template_load(const char *name);

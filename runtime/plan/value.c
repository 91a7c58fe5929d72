// value.c -- see value.h.
#include "plan/value.h"

#include <ctype.h>
#include <string.h>

struct value value_number(double x)
{
    return (struct value){.kind = VALUE_NUMBER, .number = x};
}

struct value value_bool(bool b)
{
    return (struct value){.kind = VALUE_BOOL, .number = b};
}

struct value value_name(const char *name)
{
    return (struct value){.kind = VALUE_NAME, .text = name};
}

struct value value_text(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

struct value value_copy(struct arena *arena, const struct value *v)
{
    struct value copy = *v;
    if (v->text != NULL)
        copy.text = arena_text(arena, v->text);
    if (v->kind == VALUE_LIST) {
        struct value *items = arena_array(arena, v->n, sizeof *items);
        for (size_t i = 0; i < v->n; i++)
            items[i] = value_copy(arena, &v->items[i]);
        copy.items = items;
    }
    if (v->kind == VALUE_CALL) {
        struct value_arg *args = arena_array(arena, v->n, sizeof *args);
        for (size_t i = 0; i < v->n; i++)
            args[i] = (struct value_arg){arena_text(arena, v->args[i].name), value_copy(arena, &v->args[i].value)};
        copy.args = args;
    }
    return copy;
}

static void write_quoted(struct str *out, const char *text)
{
    str_add_char(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            str_add_char(out, '\\');
        if (*p == '\n')
            str_add(out, "\\n");
        else
            str_add_char(out, *p);
    }
    str_add_char(out, '"');
}

static void write_args(struct str *out, const struct value *call)
{
    const char *separator = "";
    str_add_char(out, '(');
    for (size_t i = 0; i < call->n; i++) {
        if (call->args[i].value.kind == VALUE_NONE)
            continue;
        str_format(out, "%s%s: ", separator, call->args[i].name);
        value_write(out, &call->args[i].value);
        separator = ", ";
    }
    str_add_char(out, ')');
}

void value_write(struct str *out, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NONE:
        str_add(out, "none");
        break;
    case VALUE_NUMBER:
        str_number(out, v->number);
        break;
    case VALUE_BOOL:
        str_add(out, v->number != 0 ? "true" : "false");
        break;
    case VALUE_TEXT:
        write_quoted(out, v->text);
        break;
    case VALUE_NAME:
        str_add(out, v->text);
        break;
    case VALUE_LIST:
        str_add_char(out, '[');
        for (size_t i = 0; i < v->n; i++) {
            if (i > 0)
                str_add(out, ", ");
            value_write(out, &v->items[i]);
        }
        str_add_char(out, ']');
        break;
    case VALUE_CALL:
        str_add(out, v->text);
        write_args(out, v);
        break;
    case VALUE_INPUT:
        str_format(out, "$%u", v->index);
        break;
    }
}

static const char *after_quoted(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++)
        if (*p == '\\' && p[1] != '\0')
            p++;
    return *p == '"' ? p + 1 : p;
}

const char *value_written_call(const char *written, const char *callee)
{
    size_t n = strlen(callee);
    bool in_word = false;
    for (const char *p = written; *p != '\0';) {
        if (*p == '"') {
            p = after_quoted(p);
            in_word = false;
            continue;
        }
        if (!in_word && strncmp(p, callee, n) == 0 && p[n] == '(')
            return p;
        in_word = isalnum((unsigned char)*p) || *p == '_';
        p++;
    }
    return NULL;
}

// `p` stands at the first quote.
static const char *unquoted(struct arena *arena, const char *p)
{
    char *text = arena_alloc(arena, (size_t)(after_quoted(p) - p)), *end = text;
    for (p++; *p != '\0' && *p != '"'; p++) {
        bool escaped = *p == '\\' && p[1] != '\0';
        p += escaped;
        *end++ = escaped && *p == 'n' ? '\n' : *p;
    }
    *end = '\0';
    return text;
}

// Where the value of argument `name` begins; NULL: there is none.
static const char *written_arg(const char *call, const char *name)
{
    size_t n = strlen(name), depth = 0;
    for (const char *p = call; *p != '\0';) {
        if (*p == '"') {
            p = after_quoted(p);
            continue;
        }
        depth += *p == '(' || *p == '[';
        depth -= depth > 0 && (*p == ')' || *p == ']');
        bool starts = depth == 1 && (*p == '(' || (*p == ' ' && p > call && p[-1] == ','));
        p++;
        if (starts && strncmp(p, name, n) == 0 && strncmp(p + n, ": ", 2) == 0)
            return p + n + 2;
    }
    return NULL;
}

const char *value_written_text(struct arena *arena, const char *call, const char *name)
{
    const char *value = written_arg(call, name);
    return value != NULL && *value == '"' ? unquoted(arena, value) : NULL;
}

size_t value_written_texts(const char *const **out, struct arena *arena, const char *call,
                           const char *name)
{
    const char *value = written_arg(call, name);
    size_t most = 0, n = 0;
    *out = NULL;
    if (value == NULL || *value != '[')
        return 0;
    for (const char *p = value + 1; *p == '"'; p += strncmp(p, ", ", 2) == 0 ? 2 : 0) {
        p = after_quoted(p);
        most++;
    }
    const char **texts = arena_array(arena, most, sizeof *texts);
    for (const char *p = value + 1; *p == '"'; p += strncmp(p, ", ", 2) == 0 ? 2 : 0) {
        texts[n++] = unquoted(arena, p);
        p = after_quoted(p);
    }
    *out = texts;
    return n;
}

bool value_equal(const struct value *a, const struct value *b)
{
    struct str ta = {0}, tb = {0};
    value_write(&ta, a);
    value_write(&tb, b);
    bool equal = strcmp(str_text(&ta), str_text(&tb)) == 0;
    str_release(&ta);
    str_release(&tb);
    return equal;
}

const struct value *value_arg(const struct value *call, const char *name)
{
    if (call->kind != VALUE_CALL)
        BUG("argument '%s' of a value that is no call", name);
    for (size_t i = 0; i < call->n; i++)
        if (strcmp(call->args[i].name, name) == 0)
            return call->args[i].value.kind != VALUE_NONE ? &call->args[i].value : NULL;
    return NULL;
}

static const struct value *must_have(const struct value *call, const char *name)
{
    const struct value *arg = value_arg(call, name);
    if (arg == NULL)
        BUG("%s() has no argument '%s'", call->text, name);
    return arg;
}

double value_arg_number(const struct value *call, const char *name)
{
    const struct value *arg = must_have(call, name);
    if (arg->kind != VALUE_NUMBER)
        BUG("argument '%s' of %s() is no number", name, call->text);
    return arg->number;
}

int64_t value_arg_int(const struct value *call, const char *name)
{
    double x = value_arg_number(call, name);
    if (x < -0x1p53 || x > 0x1p53 || x != (double)(int64_t)x)
        BUG("argument '%s' of %s() is no whole number", name, call->text);
    return (int64_t)x;
}

bool value_arg_bool(const struct value *call, const char *name)
{
    const struct value *arg = must_have(call, name);
    if (arg->kind != VALUE_BOOL)
        BUG("argument '%s' of %s() is neither true nor false", name, call->text);
    return arg->number != 0;
}

const char *value_arg_text(const struct value *call, const char *name)
{
    const struct value *arg = must_have(call, name);
    if (arg->kind != VALUE_TEXT && arg->kind != VALUE_NAME)
        BUG("argument '%s' of %s() is no text", name, call->text);
    return arg->text;
}

bool value_is_call(const struct value *v, const char *callee)
{
    return v->kind == VALUE_CALL && strcmp(v->text, callee) == 0;
}

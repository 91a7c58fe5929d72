// reference.c -- see reference.h. One table a call, so that nothing has to be looked up twice.
#include "reference.h"

#include "ast.h"
#include "base/err.h"
#include "base/str.h"
#include "hook/stdlib.h"
#include "loss_text.h"
#include "schema.h"

#include <string.h>

// --- cells of tables -----------------------------------------------------------------------------
// A bar would end the cell.
static void cell(struct str *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            str_add_char(out, '\\');
        str_add_char(out, *text);
    }
}

static void code_cell(struct str *out, const char *text)
{
    str_add_char(out, '`');
    cell(out, text);
    str_add_char(out, '`');
}

static void choices(struct str *out, const char *words)
{
    for (const char *p = words; *p != '\0';) {
        size_t n = strcspn(p, "|");
        bool last = p[n] == '\0';
        str_format(out, "%s`%.*s`", p == words ? "" : last ? " or " : ", ", (int)n, p);
        p += last ? n : n + 1;
    }
}

// Both ends count; 1e30 stands for no end, and a share says its range by what it is.
static void range(struct str *out, const struct schema_row *row)
{
    bool below = row->min > -1e30, above = row->max < 1e30;
    bool said = row->type == TYPE_SHARE && row->min <= 0 && row->max >= 1;
    if (row->min >= row->max || said || (!below && !above))
        return;
    str_add(out, !above ? ", at least " : !below ? ", at most " : ", ");
    if (below)
        str_number(out, row->min);
    if (below && above)
        str_add(out, " to ");
    if (above)
        str_number(out, row->max);
}

static void type_cell(struct str *out, const struct schema_row *row)
{
    const char *noun = schema_type_noun(row->type);
    if (row->choices[0] != '\0')
        choices(out, row->choices);
    else if (noun != NULL)
        cell(out, noun);
    range(out, row);
}

static void row_of_table(FILE *out, const struct schema_row *row)
{
    struct str text = {0};
    code_cell(&text, row->name);
    str_add(&text, " | ");
    type_cell(&text, row);
    str_add(&text, " | ");
    if (schema_required(row))
        str_add(&text, "must be given");
    else if (strcmp(row->fallback, "-") != 0)
        code_cell(&text, row->fallback);
    str_add(&text, " | ");
    cell(&text, row->doc);
    if (row->state == STATE_LATER)
        str_add(&text, " (not built yet)");
    fprintf(out, "| %s |\n", str_text(&text));
    str_release(&text);
}

static void head_of_table(FILE *out, const char *what)
{
    fprintf(out, "\n| %s | value | default | what it is |\n|---|---|---|---|\n", what);
}

// --- declarations, words, operators --------------------------------------------------------------
static void print_declarations(FILE *out)
{
    static const enum decl_kind kinds[] = {
#define DECL(id, keyword, noun) DECL_##id,
#include "ast.def"
#undef DECL
    };
    fputs("\n## Declarations\n\nA declaration begins with", out);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        fprintf(out, "%s `%s`",
                i == 0                     ? ""
                : i + 1 < ARRAY_LEN(kinds) ? ","
                                           : " or",
                decl_keyword(kinds[i]));
    fputs(". Those that have settings:\n", out);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct schema_row *row = schema_next_setting(kinds[i], NULL);
        if (row == NULL)
            continue;
        fprintf(out, "\n### %s\n", decl_keyword(kinds[i]));
        head_of_table(out, "setting");
        for (; row != NULL; row = schema_next_setting(kinds[i], row))
            row_of_table(out, row);
    }
}

static void print_words(FILE *out)
{
    enum { RESERVED, STATEMENT, CLAUSE };
    static const struct {
        const char *text;
        int where;
    } words[] = {
#define WORD(text, token, where) {text, where},
#include "../grammar/keywords.def"
#undef WORD
    };
    fputs("\n## Words\n\nReserved, and no names:", out);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].where == RESERVED)
            fprintf(out, " `%s`", words[i].text);
    fputs(".\nWith a meaning in one place, and names elsewhere: the words that begin declarations, "
          "and",
          out);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].where != RESERVED)
            fprintf(out, " `%s`", words[i].text);
    fputs(".\n", out);
}

static void print_units(FILE *out)
{
    static const struct {
        const char *text;
        int power, factor;
    } units[] = {
#define UNIT(text, power, factor) {text, power, factor},
#include "../grammar/keywords.def"
#undef UNIT
    };
    fputs("\n## Units\n\n| unit | times |\n|---|---|\n", out);
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        fprintf(out, "| `%s` | %d", units[i].text, units[i].factor);
        if (units[i].power != 0)
            fprintf(out, "e%d", units[i].power);
        fputs(" |\n", out);
    }
}

static void print_operators(FILE *out)
{
    static const struct {
        enum op op;
        const char *text;
        int precedence;
    } ops[] = {
#define OP(id, text, callee, precedence) {OP_##id, text, precedence},
#include "ast.def"
#undef OP
    };
    int last = 0;
    fputs("\n## Operators\n\nFrom the loosest to the tightest; all but `^` group to the left. "
          "Comparisons, `->` and `..` do not chain.\n\n| precedence | operators |\n|---|---|\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        struct str text = {0};
        code_cell(&text, ops[i].text);
        if (ops[i].precedence != last)
            fprintf(out, "%s| %d |", last != 0 ? " |\n" : "", ops[i].precedence);
        bool unary = ops[i].op == OP_NOT || ops[i].op == OP_NEG;
        fprintf(out, " %s%s", str_text(&text), unary ? " before an operand" : "");
        last = ops[i].precedence;
        str_release(&text);
    }
    fputs(" |\n", out);
}

// --- calls ---------------------------------------------------------------------------------------
// The signature: an argument with its default, or with … where it may be absent.
static void print_signature(FILE *out, const struct schema_row *call)
{
    const struct schema_row *arg;
    fprintf(out, "\n### `%s(", call->name);
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++) {
        bool absent = strcmp(arg->fallback, "-") == 0;
        fprintf(out, "%s%s", i > 0 ? ", " : "", arg->name);
        if (!absent && !schema_required(arg))
            fprintf(out, ": %s", arg->fallback);
        else if (absent)
            fputs(": …", out);
    }
    fputs(")`\n\n", out);
}

static const char *direction(const struct schema_row *call)
{
    static const struct {
        const char *name;
        bool more_is_better;
    } metrics[] = {
#define METRIC(name, more_is_better, doc) {#name, more_is_better},
#include "eval/metrics.def"
#undef METRIC
    };
    for (size_t i = 0; call->group == GROUP_METRIC && i < ARRAY_LEN(metrics); i++)
        if (strcmp(metrics[i].name, call->name) == 0)
            return metrics[i].more_is_better ? "; more is better" : "; less is better";
    return "";
}

static void print_call(FILE *out, const struct schema_row *call)
{
    const struct schema_row *arg;
    print_signature(out, call);
    fprintf(out, "%s%s\n", call->doc, direction(call));
    if (schema_arg(call, 0) == NULL)
        return;
    head_of_table(out, "argument");
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        row_of_table(out, arg);
}

static void print_group(FILE *out, enum schema_group group, const char *title)
{
    const struct schema_row *call = NULL;
    size_t later = 0;
    fprintf(out, "\n## %s\n", title);
    while ((call = schema_next_call(group, call)) != NULL)
        if (call->state == STATE_READY)
            print_call(out, call);
    while ((call = schema_next_call(group, call)) != NULL)
        if (call->state == STATE_LATER)
            fprintf(out, "%s `%s` (%s)", later++ == 0 ? "\nNot built yet:" : ",", call->name,
                    call->doc);
    if (later > 0)
        fputs(".\n", out);
}

// --- losses and tensor functions -----------------------------------------------------------------
static void print_loss(FILE *out, const struct loss_description *d)
{
    struct str text = {0};
    loss_use_text(&text, d);
    fprintf(out, "\n#### `%s`\n\n%s.\n", str_text(&text), d->title);
    if (d->formula[0] != '\0')
        fprintf(out, "\n    %s\n", d->formula);
    for (size_t i = 0; i < d->n_params; i++)
        fprintf(out, "%s- `%s`: %s%s\n", i == 0 ? "\n" : "", d->params[i].name, d->params[i].doc,
                loss_range_text(&text, &d->params[i]));
    for (size_t i = 0; i < d->n_cite; i++)
        fprintf(out, "%s%s", i == 0 ? "\n" : "; ", d->cite[i]);
    fputs(d->n_cite > 0 ? ".\n" : "", out);
    str_release(&text);
}

static void print_losses(FILE *out)
{
    fputs("\n## Losses\n\nEach is a file of Lua: `w2s stdlib NAME` prints it.\n", out);
    for (int kind = 0; kind < LOSS_KINDS; kind++) {
        size_t n = 0;
        for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++) {
            struct loss *loss;
            struct err err = {0};
            if (loss_load(&loss, file->name, file->text, file->size, &err) < 0)
                BUG("%s", err.text);
            const struct loss_description *d = loss_description(loss);
            if (d->kind == (enum loss_kind)kind && n++ == 0)
                fprintf(out, "\n### Kind %s\n", loss_kind_name(d->kind));
            if (d->kind == (enum loss_kind)kind)
                print_loss(out, d);
            loss_free(loss);
        }
    }
}

static void print_functions(FILE *out)
{
    static const struct {
        const char *name, *arguments, *result, *doc;
    } functions[] = {
#define FUNCTION(name, arguments, result, doc) {#name, arguments, result, doc},
#include "hook/library.def"
    };
    fputs("\n## Tensor functions of Lua\n\nShapes and examples: [lua.md](lua.md). B x C is the "
          "shape of x; "
          "`over` is \"classes\" or \"features\"\n(within each row), \"batch\" (down each column), "
          "or "
          "absent (all).\n\n| function | gives | what it does |\n|---|---|---|\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        fprintf(out, "| `%s(%s)` | %s | %s |\n", functions[i].name, functions[i].arguments,
                functions[i].result, functions[i].doc);
}

void print_reference(FILE *out)
{
    static const struct {
        enum schema_group group;
        const char *title;
    } groups[] = {
        {GROUP_SOURCE, "Sources of data"}, {GROUP_DATA, "Marks on data"},
        {GROUP_SHIFT, "Shifts"},           {GROUP_MODEL, "Models"},
        {GROUP_OPTIMISER, "Optimisers"},   {GROUP_SELECT, "Which epoch is kept"},
        {GROUP_SCHEDULE, "Schedules"},     {GROUP_TERM, "Terms of an objective"},
        {GROUP_GUIDANCE, "Guidance"},      {GROUP_TEACHER, "Teachers that are not trained"},
        {GROUP_METRIC, "Metrics"},         {GROUP_REFERENCE, "Models to ask"},
        {GROUP_CONTROL, "Controls"},       {GROUP_FUNCTION, "Functions in claims"},
    };
    fputs("# Reference\n\nEvery setting, call, argument, loss and word of the language. This page "
          "is written by "
          "`w2s help --language`\nfrom the lists that the compiler works by; a test compares them. "
          "What the "
          "words mean together: [language.md](language.md).\n\nAn argument without a default may "
          "be left out "
          "unless it must be given. Arguments stand in this order, or by name.\n",
          out);
    print_declarations(out);
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        print_group(out, groups[i].group, groups[i].title);
    print_losses(out);
    print_functions(out);
    print_operators(out);
    print_words(out);
    print_units(out);
}

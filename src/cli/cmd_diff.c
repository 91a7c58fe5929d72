// cmd_diff.c -- w2s diff: what differs between two runs: their files, where they ran, their plans,
// their numbers.
#include "runs.h"

#include "store/digest_set.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 4000 }; // longer files are told to differ, and no more

// --- files ---------------------------------------------------------------------------------------

struct lines {
    char *text;
    char **at;
    size_t n, cap;
};

static int read_lines(struct lines *out, struct store *store, const struct digest *source,
                      struct err *err)
{
    uint8_t *bytes;
    size_t n;
    if (store_get(&bytes, &n, store, source, err) < 0)
        return -1;
    out->text = mem_new(n + 1);
    memcpy(out->text, bytes, n);
    mem_free(bytes);
    char *end = out->text + n;
    for (char *at = out->text; at < end;) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        out->at = mem_grow(out->at, &out->cap, out->n + 1, sizeof *out->at);
        out->at[out->n++] = at;
        if (newline == NULL)
            break;
        *newline = '\0';
        at = newline + 1;
    }
    return 0;
}

static void lines_release(struct lines *l)
{
    mem_free(l->text);
    mem_free(l->at);
}

// The longest common subsequence, by the table; files are short.
static void print_lines(const struct lines *a, const struct lines *b)
{
    size_t width = b->n + 1;
    uint16_t *common = mem_new((a->n + 1) * width * sizeof *common);
    for (size_t i = a->n; i-- > 0;)
        for (size_t j = b->n; j-- > 0;) {
            uint16_t down = common[(i + 1) * width + j], right = common[i * width + j + 1];
            common[i * width + j] = strcmp(a->at[i], b->at[j]) == 0
                                        ? (uint16_t)(common[(i + 1) * width + j + 1] + 1)
                                    : down > right ? down
                                                   : right;
        }
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        bool both = i < a->n && j < b->n;
        if (both && strcmp(a->at[i], b->at[j]) == 0) {
            i++;
            j++;
        } else if (j == b->n ||
                   (both && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            printf("  - %4zu  %s\n", i + 1, a->at[i]);
            i++;
        } else {
            printf("  + %4zu  %s\n", j + 1, b->at[j]);
            j++;
        }
    }
    mem_free(common);
}

static int diff_files(struct store *store, const struct run_row *a, const struct run_row *b,
                      struct err *err)
{
    struct lines x = {0}, y = {0};
    if (digest_equal(&a->run.source, &b->run.source)) {
        puts("files: the same");
        return 0;
    }
    int status = read_lines(&x, store, &a->run.source, err);
    if (status == 0)
        status = read_lines(&y, store, &b->run.source, err);
    if (status == 0)
        puts("files:");
    if (status == 0 && x.n < MOST_LINES && y.n < MOST_LINES)
        print_lines(&x, &y);
    else if (status == 0)
        puts("  they differ, and are too long to say where");
    lines_release(&x);
    lines_release(&y);
    return status;
}

// --- where they ran ------------------------------------------------------------------------------

static void diff_facts(const struct run_detail *a, const struct run_detail *b)
{
    bool any = false;
    for (size_t i = 0; i < a->n_provenance; i++) {
        const char *name = a->provenance[i].name, *x = a->provenance[i].value,
                   *y = run_detail_fact(b, name);
        if (strcmp(x, y) == 0)
            continue;
        if (!any)
            puts("where and how:");
        any = true;
        printf("  %s: '%s', '%s'\n", name, x, y);
    }
    if (!any)
        puts("where and how: the same");
}

// --- plans ---------------------------------------------------------------------------------------

static void add_keys(struct digest_set *keys, const struct plan_file *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        digest_set_add(keys, &plan->steps[i].key);
}

static void print_step(char sign, const struct file_step *step)
{
    printf("  %c %s %s", sign, step->kind, step->label);
    if (step->seed != SEED_NONE)
        printf(", seed %lld", (long long)step->seed);
    printf("\n      %s\n", step->attrs);
}

// A step that is new only because an input is new says nothing, nor does one over other seeds.
static bool is_cause(const struct plan_file *plan, size_t number, const struct digest_set *other)
{
    const struct file_step *step = &plan->steps[number];
    bool result = strcmp(step->kind, step_kind_name(STEP_compare)) == 0 ||
                  strcmp(step->kind, step_kind_name(STEP_claim)) == 0;
    if (result || digest_set_has(other, &step->key))
        return false;
    for (size_t i = 0; i < step->n_in; i++)
        if (!digest_set_has(other, &plan->steps[step->in[i]].key))
            return false;
    return true;
}

static size_t print_side(char sign, const struct plan_file *plan, const struct digest_set *other)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++) {
        n += !digest_set_has(other, &plan->steps[i].key);
        if (is_cause(plan, i, other))
            print_step(sign, &plan->steps[i]);
    }
    return n;
}

static void diff_plans(const struct plan_file *a, const struct plan_file *b)
{
    struct digest_set x = {0}, y = {0};
    add_keys(&x, a);
    add_keys(&y, b);
    puts("plans (steps that differ by themselves; the rest differ through them):");
    size_t only_a = print_side('-', a, &y), only_b = print_side('+', b, &x);
    printf("  %zu steps in both, %zu only in the first, %zu only in the second\n", a->n - only_a,
           only_a, only_b);
    digest_set_release(&x);
    digest_set_release(&y);
}

// --- numbers -------------------------------------------------------------------------------------

static bool same_values(const struct numbers *a, const struct numbers *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->x, b->x, a->n * sizeof *a->x) == 0);
}

static void diff_numbers(const struct run_detail *a, const struct run_detail *b)
{
    size_t same = 0, only = 0;
    struct str x = {0}, y = {0};
    puts("numbers:");
    for (size_t i = 0; i < a->n_metrics; i++) {
        const struct metric_record *m = &a->metrics[i], *found = NULL;
        for (size_t k = 0; k < b->n_metrics && found == NULL; k++) {
            const struct metric_record *o = &b->metrics[(i + k) % b->n_metrics];
            if (strcmp(m->model, o->model) == 0 && strcmp(m->on_data, o->on_data) == 0 &&
                strcmp(m->metric, o->metric) == 0 &&
                strcmp(run_detail_params(a, m->point), run_detail_params(b, o->point)) == 0)
                found = o;
        }
        only += found == NULL;
        if (found == NULL || same_values(&m->by_seed, &found->by_seed)) {
            same += found != NULL;
            continue;
        }
        str_clear(&x);
        str_clear(&y);
        write_metric(&x, m);
        write_metric(&y, found);
        printf("  %s of %s on %s", m->metric, m->model, m->on_data);
        if (run_detail_params(a, m->point)[0] != '\0')
            printf(" at %s", run_detail_params(a, m->point));
        printf(": %s, %s\n", x.data, y.data);
    }
    printf("  %zu are the same in every bit, %zu only in the first\n", same, only);
    str_release(&x);
    str_release(&y);
}

static int diff_runs(struct store *store, const struct run_row *a, const struct run_row *b,
                     struct err *err)
{
    struct run_detail x = {0}, y = {0};
    struct plan_file p = {0}, q = {0};
    int status = run_detail_read(&x, store, &a->run.uid, err);
    if (status == 0)
        status = run_detail_read(&y, store, &b->run.uid, err);
    if (status == 0)
        status = run_plan_read(&p, store, &a->run, err);
    if (status == 0)
        status = run_plan_read(&q, store, &b->run, err);
    if (status == 0)
        status = diff_files(store, a, b, err);
    if (status == 0) {
        diff_facts(&x, &y);
        diff_plans(&p, &q);
        diff_numbers(&x, &y);
    }
    run_detail_release(&x);
    run_detail_release(&y);
    plan_file_release(&p);
    plan_file_release(&q);
    return status;
}

enum exit_status cmd_diff(const struct options *options)
{
    struct runs runs;
    struct err err = {0};
    if (options->n_arguments != 2)
        return cli_misuse("diff wants two runs");
    enum exit_status status = runs_open(&runs, options);
    const struct run_row *a = NULL, *b = NULL;
    if (status == EXIT_DONE) {
        a = runs_find(&runs, options->arguments[0]);
        b = a != NULL ? runs_find(&runs, options->arguments[1]) : NULL;
        status = b != NULL ? EXIT_DONE : EXIT_MISUSE;
    }
    if (status == EXIT_DONE && diff_runs(runs.store, a, b, &err) < 0)
        status = cli_fail(&err);
    runs_release(&runs);
    return status;
}

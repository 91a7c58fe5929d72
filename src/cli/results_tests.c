// results_tests.c -- see results_tests.h; and as tables, one for each evaluate block that asks for tests.
#include "results_tests.h"

#include "base/mem.h"
#include "grid.h"
#include "results.h"

#include <math.h> // NAN and isnan only

enum { FAMILY_MAX = 10000 }; // stat_holm takes the square of it
static const double LEVEL = 0.95;

static const struct comparison *comparison_of(const struct run *run, uint32_t number)
{
    const struct artifact *a = &run->artifacts[run->plan->numbers[number].step];
    return a->state == ARTIFACT_READY ? &a->comparison : NULL;
}

static void compute(struct model_test *t, const struct run *run)
{
    const struct comparison *x = comparison_of(run, t->test->x), *y = comparison_of(run, t->test->y);
    struct err no_memory = {0};
    t->holm = NAN;
    if (!paired_kind_of(&t->kind, t->test->kind))
        BUG("no test '%s'", t->test->kind);
    t->ready = x != NULL && y != NULL &&
               stat_paired(&t->paired, t->kind, x->value, y->value, x->n, LEVEL, &no_memory) == 0;
}

static void adjust(struct model_test *tests, size_t n, uint32_t family)
{
    double *p = mem_new(2 * n * sizeof *p), *adjusted = p + n;
    size_t n_family = 0, n_tested = 0;
    for (size_t i = 0; i < n; i++)
        if (tests[i].test->family == family) {
            p[n_family] = tests[i].ready ? tests[i].paired.p.two_sided : NAN;
            n_tested += !isnan(p[n_family++]);
        }
    if (n_family <= FAMILY_MAX)
        stat_holm(adjusted, p, n_family);
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        if (tests[i].test->family == family) {
            tests[i].holm = n_family <= FAMILY_MAX ? adjusted[at++] : NAN;
            tests[i].n_family = n_tested;
        }
    mem_free(p);
}

// Whether no earlier test is of the family. At each point the tests of a family stand together, so that the
// loop is rarely entered, and ends within the first point.
static bool is_first(const struct plan_test *tests, size_t at)
{
    if (at > 0 && tests[at - 1].family == tests[at].family)
        return false;
    for (size_t i = 0; i < at; i++)
        if (tests[i].family == tests[at].family)
            return false;
    return true;
}

struct model_test *results_tests(const struct run *run)
{
    const struct plan *plan = run->plan;
    struct model_test *tests = mem_new(plan->n_tests * sizeof *tests);
    for (size_t i = 0; i < plan->n_tests; i++) {
        tests[i] = (struct model_test){.test = &plan->tests[i]};
        compute(&tests[i], run);
    }
    for (size_t i = 0; i < plan->n_tests; i++)
        if (is_first(plan->tests, i))
            adjust(tests, plan->n_tests, plan->tests[i].family);
    return tests;
}

// --- as a table ------------------------------------------------------------------------------------------

static void set_number(struct grid *g, size_t row, size_t col, const char *format, double x)
{
    struct str text = {0};
    if (isnan(x))
        str_add(&text, "–");
    else
        str_format(&text, format, x);
    grid_set(g, row, col, str_text(&text));
    str_release(&text);
}

static void set_difference(struct grid *g, size_t row, size_t col, const struct interval *difference)
{
    struct str text = {0};
    if (difference->n > 1)
        str_format(&text, "%.4f ± %.4f", difference->mean, difference->high - difference->mean);
    else
        str_format(&text, "%.4f", difference->mean);
    grid_set(g, row, col, str_text(&text));
    str_release(&text);
}

static void fill_row(struct grid *g, size_t row, const struct run *run, const struct model_test *t)
{
    const struct plan *plan = run->plan;
    const struct plan_number *x = &plan->numbers[t->test->x], *y = &plan->numbers[t->test->y];
    const struct plan_point *point = &plan->points[x->point];
    struct str text = {0};
    for (size_t i = 0; i < point->n; i++) {
        str_clear(&text);
        value_write(&text, &point->value[i]);
        grid_set(g, row, i, str_text(&text));
    }
    size_t col = point->n;
    str_clear(&text);
    str_format(&text, "%s − %s", x->model, y->model);
    grid_set(g, row, col++, x->on);
    grid_set(g, row, col++, x->metric);
    grid_set(g, row, col++, str_text(&text));
    str_release(&text);
    if (!t->ready) {
        grid_set(g, row, col, "refused: a step it needs failed");
        return;
    }
    set_difference(g, row, col++, &t->paired.difference);
    set_number(g, row, col++, "%.2g", t->paired.p.two_sided);
    set_number(g, row, col++, "%.2g", t->holm);
    set_number(g, row, col, "%.2f", t->paired.delta);
}

static void print_family(FILE *out, const struct run *run, const struct model_test *tests, size_t first)
{
    static const char *const head[] = {"on", "metric", "models", "difference", "p", "p (Holm)", "Cliff's delta"};
    const struct plan *plan = run->plan;
    const struct model_test *t = &tests[first];
    size_t n_params = plan->points[0].n, n = 0;
    for (size_t i = first; i < plan->n_tests; i++)
        n += tests[i].test->family == t->test->family;
    struct grid g;
    grid_init(&g, 1 + n, n_params + ARRAY_LEN(head));
    for (size_t i = 0; i < n_params; i++)
        grid_set(&g, 0, i, plan->points[0].name[i]);
    for (size_t i = 0; i < ARRAY_LEN(head); i++)
        grid_set(&g, 0, n_params + i, head[i]);
    for (size_t i = first, row = 1; i < plan->n_tests; i++)
        if (tests[i].test->family == t->test->family)
            fill_row(&g, row++, run, &tests[i]);
    fprintf(out, "\ntests between models: %s, two-sided, paired over %zu seed%s; %zu in the family\n", t->test->kind,
            plan->n_seeds, plan->n_seeds == 1 ? "" : "s", t->n_family);
    grid_print(out, &g);
    grid_release(&g);
    double least = paired_smallest_p(t->kind, plan->n_seeds);
    if (plan->n_seeds < 2)
        fputs("  one seed cannot test a difference\n", out);
    else if (least > 1 - LEVEL)
        fprintf(out, "  with %zu seeds no p-value of this test is below %.2g\n", plan->n_seeds, least);
}

void results_print_tests(FILE *out, const struct run *run)
{
    struct model_test *tests = results_tests(run);
    for (size_t i = 0; i < run->plan->n_tests; i++)
        if (is_first(run->plan->tests, i))
            print_family(out, run, tests, i);
    mem_free(tests);
}

// results_tests.c -- tests between models as tables, one for each evaluate block that asks for them.
#include "grid.h"
#include "results.h"

#include "base/mem.h"
#include "exec/model_tests.h"

#include <math.h> // isnan only

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
    else if (least > 1 - MODEL_TEST_LEVEL)
        fprintf(out, "  with %zu seeds no p-value of this test is below %.2g\n", plan->n_seeds, least);
}

void results_print_tests(FILE *out, const struct run *run)
{
    struct model_test *tests = results_tests(run);
    for (size_t i = 0; i < run->plan->n_tests; i++)
        if (model_test_is_first(run->plan->tests, i))
            print_family(out, run, tests, i);
    mem_free(tests);
}

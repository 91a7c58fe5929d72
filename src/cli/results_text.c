// results_text.c -- tables and claims on a terminal or in a file; the same text in both.
#include "grid.h"
#include "results.h"

#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <string.h>

// A table, and why numbers in it are refused; each reason once.
struct sheet {
    struct grid grid;
    char **note;
    size_t n_notes, cap_notes;
};

static char *copy_text(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(mem_new(n), text, n);
}

// The number of the note with this text, which is added if it is new; from 1.
static size_t note_number(struct sheet *g, const char *text)
{
    for (size_t i = 0; i < g->n_notes; i++)
        if (strcmp(g->note[i], text) == 0)
            return i + 1;
    g->note = mem_grow(g->note, &g->cap_notes, g->n_notes + 1, sizeof *g->note);
    g->note[g->n_notes++] = copy_text(text);
    return g->n_notes;
}

static void sheet_release(struct sheet *sheet)
{
    grid_release(&sheet->grid);
    for (size_t i = 0; i < sheet->n_notes; i++)
        mem_free(sheet->note[i]);
    mem_free(sheet->note);
}

void results_number(struct str *s, const struct run *run, const struct plan_number *number)
{
    struct str why = {0};
    bool refused = results_refused(&why, run, number);
    str_release(&why);
    if (refused) {
        str_add(s, number->step == STEP_NONE ? "–" : "refused");
        return;
    }
    const struct comparison *c = &run->artifacts[number->step].comparison;
    if (c->is_ratio)
        str_format(s, "%.4f [%.4f, %.4f]", c->ratio.value, c->ratio.low, c->ratio.high);
    else if (c->bootstrapped)
        str_format(s, "%.4f [%.4f, %.4f]", c->interval.mean, c->interval.low, c->interval.high);
    else if (c->n > 1)
        str_format(s, "%.4f ± %.4f", c->interval.mean, c->interval.high - c->interval.mean);
    else
        str_format(s, "%.4f", c->interval.mean);
}

// The same; a refusal has the number of the note that gives its reason.
static void number_text(struct str *s, struct sheet *g, const struct run *run, const struct plan_number *number)
{
    struct str why = {0};
    results_number(s, run, number);
    if (number->step != STEP_NONE && results_refused(&why, run, number)) {
        struct str note = {0};
        str_format(&note, "%s of %s: %s", number->metric, number->model, str_text(&why));
        str_format(s, " (%zu)", note_number(g, str_text(&note)));
        str_release(&note);
    }
    str_release(&why);
}

// The texts of one column of the plan's numbers, each once, in order of appearance.
struct words {
    const char **item;
    size_t n, cap;
};

static size_t word_number(struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->item[i], word) == 0)
            return i;
    w->item = mem_grow(w->item, &w->cap, w->n + 1, sizeof *w->item);
    w->item[w->n] = word;
    return w->n++;
}

// The models and metrics asked for on one data set. Several evaluate blocks may ask for different ones.
static void find_words(struct words *models, struct words *metrics, const struct plan *plan,
                       const char *on)
{
    for (size_t i = 0; i < plan->n_numbers; i++) {
        if (strcmp(plan->numbers[i].on, on) != 0)
            continue;
        word_number(models, plan->numbers[i].model);
        word_number(metrics, plan->numbers[i].metric);
    }
}

static void fill_head(struct grid *g, const struct plan *plan, const struct words *models,
                      const struct words *metrics)
{
    size_t n_params = plan->points[0].n;
    struct str text = {0};
    for (size_t i = 0; i < n_params; i++)
        grid_set(g, 0, i, plan->points[0].name[i]);
    grid_set(g, 0, n_params, "model");
    for (size_t i = 0; i < metrics->n; i++)
        grid_set(g, 0, n_params + 1 + i, metrics->item[i]);
    for (size_t row = 1; row < g->rows; row++) {
        const struct plan_point *point = &plan->points[(row - 1) / models->n];
        for (size_t i = 0; i < n_params; i++) {
            str_clear(&text);
            value_write(&text, &point->value[i]);
            grid_set(g, row, i, str_text(&text));
        }
        grid_set(g, row, n_params, models->item[(row - 1) % models->n]);
    }
    str_release(&text);
}

static void print_table(FILE *out, const struct run *run, const char *on)
{
    const struct plan *plan = run->plan;
    struct words models = {0}, metrics = {0};
    find_words(&models, &metrics, plan, on);
    size_t left = plan->points[0].n + 1; // columns before the numbers
    struct sheet sheet = {0};
    struct grid *g = &sheet.grid;
    grid_init(g, 1 + plan->n_points * models.n, left + metrics.n);
    fill_head(g, plan, &models, &metrics);
    struct str text = {0};
    for (size_t i = 0; i < plan->n_numbers; i++) {
        const struct plan_number *number = &plan->numbers[i];
        if (strcmp(number->on, on) != 0)
            continue;
        size_t row = 1 + number->point * models.n + word_number(&models, number->model);
        size_t col = left + word_number(&metrics, number->metric);
        if (g->cell[row * g->cols + col] != NULL)
            continue; // asked for twice
        str_clear(&text);
        number_text(&text, &sheet, run, number);
        grid_set(g, row, col, str_text(&text));
    }
    fprintf(out, "\n%s\n", on);
    grid_print(out, g);
    for (size_t i = 0; i < sheet.n_notes; i++)
        fprintf(out, "  (%zu) %s\n", i + 1, sheet.note[i]);
    str_release(&text);
    mem_free(models.item);
    mem_free(metrics.item);
    sheet_release(&sheet);
}

static void print_point(FILE *out, const struct plan_point *point)
{
    struct str text = {0};
    for (size_t i = 0; i < point->n; i++) {
        str_format(&text, "%s%s = ", i > 0 ? ", " : "", point->name[i]);
        value_write(&text, &point->value[i]);
    }
    if (text.len > 0)
        fprintf(out, "           where %s\n", text.data);
    str_release(&text);
}

static void print_test(FILE *out, const struct claim_result *claim, double together, size_t n_tested)
{
    const struct paired_test *t = &claim->test;
    fprintf(out, "           difference %.4f, lower bound %.4f at %g%%, p = %.2g over %zu seeds", t->mean, t->bound,
            100 * claim->level, t->p, t->n);
    if (n_tested > 1 && !isnan(together))
        fprintf(out, "; %.2g among %zu claims (Holm)", together, n_tested);
    fputc('\n', out);
}

// `together`: its p-value among n_tested claims; NaN where there is nothing to adjust.
static void print_claim(FILE *out, const struct run *run, const struct plan_claim *claim, double together,
                        size_t n_tested)
{
    if (claim->step == STEP_NONE)
        return; // its condition names other points
    const struct artifact *a = &run->artifacts[claim->step];
    bool failed = a->state != ARTIFACT_READY;
    const struct paired_test *t = &a->claim.test;
    fprintf(out, "  %-8s %s\n", failed ? "unknown" : a->claim.held ? "held" : "failed",
            claim->title != NULL ? claim->title : claim->text);
    if (claim->title != NULL)
        fprintf(out, "           %s\n", claim->text);
    if (!claim->all_points)
        print_point(out, &run->plan->points[claim->point]);
    if (failed)
        fputs("           a step it needs failed\n", out);
    else if (isnan(t->mean) || isinf(t->mean))
        fputs("           the difference is not a finite number\n", out);
    else if (t->n < 2)
        fprintf(out, "           difference %.4f; one seed cannot test it\n", t->mean);
    else
        print_test(out, &a->claim, together, n_tested);
}

void results_print(FILE *out, const struct run *run)
{
    const struct plan *plan = run->plan;
    fprintf(out, "%s: ", plan->title);
    if (plan->n_seeds > 1)
        fprintf(out, "%zu seeds, mean ± half of the 95%% interval\n", plan->n_seeds);
    else
        fprintf(out, "1 seed, no intervals\n");
    for (size_t i = 0; i < plan->n_numbers; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(plan->numbers[k].on, plan->numbers[i].on) == 0;
        if (!seen)
            print_table(out, run, plan->numbers[i].on);
    }
    results_print_tests(out, run);
    results_print_plots(out, run);
    bool any = false;
    for (size_t i = 0; i < plan->n_claims; i++)
        any |= plan->claims[i].step != STEP_NONE;
    if (any)
        fputs("\nclaims\n", out);
    size_t n_tested;
    double *together = results_holm(&n_tested, run);
    for (size_t i = 0; i < plan->n_claims; i++)
        print_claim(out, run, &plan->claims[i], together != NULL ? together[i] : NAN, n_tested);
    mem_free(together);
    char hex[DIGEST_HEX];
    struct digest digest = run_digest(run);
    digest_hex(hex, &digest);
    fprintf(out, "\ndigest %s\n", hex);
}

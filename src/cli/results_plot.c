// results_plot.c -- the plots of a report as tables: what they go over downwards, what they tell apart
// across. The drawing is the report's business.
#include "grid.h"
#include "results.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

// The point's params but `over` and `by`; with `model` where the series are no models. "" for most plots.
static void rest_of(struct str *out, const struct plan_point *point, const struct plan_plot *plot,
                    const struct plan_number *number)
{
    str_clear(out);
    for (size_t i = 0; i < point->n; i++) {
        if (strcmp(point->name[i], plot->over) == 0 || strcmp(point->name[i], plot->by) == 0)
            continue;
        str_format(out, "%s%s = ", out->len > 0 ? ", " : "", point->name[i]);
        value_write(out, &point->value[i]);
    }
    if (strcmp(plot->by, "model") != 0)
        str_format(out, "%s%s", out->len > 0 ? ", " : "", number->model);
}

static void value_of(struct str *out, const struct plan_point *point, const char *name)
{
    str_clear(out);
    for (size_t i = 0; i < point->n; i++)
        if (strcmp(point->name[i], name) == 0)
            value_write(out, &point->value[i]);
}

static void series_of(struct str *out, const struct plan_point *point, const struct plan_plot *plot,
                      const struct plan_number *number)
{
    str_clear(out);
    if (strcmp(plot->by, "model") == 0) {
        str_add(out, number->model);
        return;
    }
    str_format(out, "%s = ", plot->by);
    struct str value = {0};
    value_of(&value, point, plot->by);
    str_add(out, str_text(&value));
    str_release(&value);
}

// The words in order of appearance, copied; one that is new is added.
struct names {
    struct str *item;
    size_t n, cap;
};

static size_t name_number(struct names *names, const char *word)
{
    for (size_t i = names->n; i-- > 0;) // neighbours mostly stand in one row
        if (strcmp(str_text(&names->item[i]), word) == 0)
            return i;
    names->item = mem_grow(names->item, &names->cap, names->n + 1, sizeof *names->item);
    names->item[names->n] = (struct str){0};
    str_add(&names->item[names->n], word);
    return names->n++;
}

static void names_release(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        str_release(&names->item[i]);
    mem_free(names->item);
}

struct plot_table {
    const struct run *run;
    const struct plan_plot *plot;
    struct names rows, series; // a row is "rest\tvalue of over"
    struct grid grid;
};

// Where the number stands: its row and series, added when new. False when the plot does not show it.
static bool place(struct plot_table *t, size_t *row, size_t *col, const struct plan_number *number)
{
    const struct plan_point *point = &t->run->plan->points[number->point];
    if (strcmp(number->metric, t->plot->metric) != 0 || strcmp(number->on, t->plot->on) != 0)
        return false;
    struct str text = {0}, value = {0};
    rest_of(&text, point, t->plot, number);
    value_of(&value, point, t->plot->over);
    str_format(&text, "\t%s", str_text(&value));
    *row = name_number(&t->rows, str_text(&text));
    series_of(&text, point, t->plot, number);
    *col = name_number(&t->series, str_text(&text));
    str_release(&text);
    str_release(&value);
    return true;
}

static void fill_head(struct plot_table *t, size_t left)
{
    grid_set(&t->grid, 0, left - 1, t->plot->over);
    for (size_t i = 0; i < t->series.n; i++)
        grid_set(&t->grid, 0, left + i, str_text(&t->series.item[i]));
    for (size_t i = 0; i < t->rows.n; i++) {
        const char *text = str_text(&t->rows.item[i]), *tab = strchr(text, '\t');
        struct str rest = {0};
        str_add_bytes(&rest, text, (size_t)(tab - text));
        if (left > 1)
            grid_set(&t->grid, 1 + i, 0, str_text(&rest));
        grid_set(&t->grid, 1 + i, left - 1, tab + 1);
        str_release(&rest);
    }
}

static void print_plot(FILE *out, const struct run *run, const struct plan_plot *plot)
{
    const struct plan *plan = run->plan;
    struct plot_table t = {.run = run, .plot = plot};
    size_t row, col;
    for (size_t i = 0; i < plan->n_numbers; i++)
        place(&t, &row, &col, &plan->numbers[i]);
    bool rest = false;
    for (size_t i = 0; i < t.rows.n; i++)
        rest |= str_text(&t.rows.item[i])[0] != '\t';
    size_t left = rest ? 2 : 1;
    grid_init(&t.grid, 1 + t.rows.n, left + t.series.n);
    fill_head(&t, left);
    struct str text = {0};
    for (size_t i = 0; i < plan->n_numbers; i++) {
        if (!place(&t, &row, &col, &plan->numbers[i]))
            continue;
        str_clear(&text);
        results_number(&text, run, &plan->numbers[i]);
        grid_set(&t.grid, 1 + row, left + col, str_text(&text));
    }
    fprintf(out, "\n%s over %s by %s on %s\n", plot->metric, plot->over, plot->by, plot->on);
    grid_print(out, &t.grid);
    str_release(&text);
    grid_release(&t.grid);
    names_release(&t.rows);
    names_release(&t.series);
}

void results_print_plots(FILE *out, const struct run *run)
{
    for (size_t i = 0; i < run->plan->n_plots; i++)
        print_plot(out, run, &run->plan->plots[i]);
}

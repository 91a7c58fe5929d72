// cmd_list.c -- w2s list, w2s show: what is in the store.
#include "grid.h"
#include "runs.h"
#include "runs_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// --- list ----------------------------------------------------------------------------------------

static void fill_row(struct grid *g, size_t at, const struct run_row *row)
{
    char time[32];
    struct str text = {0};
    str_format(&text, "%llu", (unsigned long long)row->run.number);
    grid_set(g, at, 0, text.data);
    write_time(time, row->run.started);
    grid_set(g, at, 1, time);
    grid_set(g, at, 2, row->state);
    if (row->ended) {
        str_clear(&text);
        str_format(&text, "%.2f s", row->end.seconds);
        grid_set(g, at, 3, text.data);
        str_clear(&text);
        str_format(&text, "%llu + %llu", (unsigned long long)row->end.made,
                   (unsigned long long)row->end.reused);
        grid_set(g, at, 4, text.data);
    }
    str_clear(&text);
    if (row->n_claims > 0)
        str_format(&text, "%zu of %zu", row->n_held, row->n_claims);
    grid_set(g, at, 5, str_text(&text));
    grid_set(g, at, 6, row->run.title);
    str_release(&text);
}

static void print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(1));
    fputc('\n', stdout);
    json_decref(json);
}

enum exit_status cmd_list(const struct options *options)
{
    static const char *const head[] = {
        "run", "started", "state", "took", "steps made + reused", "claims held", "title"};
    struct runs runs;
    if (options->n_arguments != 0)
        return cli_misuse("list takes no arguments");
    enum exit_status status = runs_open(&runs, options);
    if (status == EXIT_DONE && options->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < runs.n; i++)
            json_array_append_new(list, run_row_json(&runs.items[i]));
        print_json(list);
    } else if (status == EXIT_DONE) {
        struct grid g;
        grid_init(&g, runs.n + 1, ARRAY_LEN(head));
        for (size_t i = 0; i < ARRAY_LEN(head); i++)
            grid_set(&g, 0, i, head[i]);
        for (size_t i = 0; i < runs.n; i++)
            fill_row(&g, i + 1, &runs.items[i]);
        grid_print(stdout, &g);
        grid_release(&g);
    }
    runs_release(&runs);
    return status;
}

// --- show ----------------------------------------------------------------------------------------

static void print_head(const struct run_row *row, const struct run_detail *d)
{
    char time[32], uid[33], hex[DIGEST_HEX];
    write_time(time, row->run.started);
    write_uid(uid, &row->run.uid);
    printf("run %llu: %s\n\n", (unsigned long long)row->run.number, row->run.title);
    printf("  id          %s\n  started     %s\n  state       %s\n", uid, time, row->state);
    if (row->ended) {
        printf("  took        %.2f s: %llu steps made, %llu taken from the store\n",
               row->end.seconds, (unsigned long long)row->end.made,
               (unsigned long long)row->end.reused);
        digest_hex(hex, &row->end.digest);
        printf("  digest      %s\n", hex);
        if (row->end.note[0] != '\0')
            printf("  failure     %s\n", row->end.note);
    }
    digest_hex(hex, &row->run.source);
    printf("  source      %s\n", hex);
    for (size_t i = 0; i < d->n_provenance; i++)
        if (d->provenance[i].value[0] != '\0')
            printf("  %-11s %s%s", d->provenance[i].name, d->provenance[i].value,
                   strchr(d->provenance[i].value, '\n') != NULL ? "" : "\n");
}

static void print_metrics(const struct run_detail *d)
{
    static const char *const head[] = {"params", "model", "on", "metric", "value"};
    struct grid g;
    struct str text = {0};
    grid_init(&g, d->n_metrics + 1, ARRAY_LEN(head));
    for (size_t i = 0; i < ARRAY_LEN(head); i++)
        grid_set(&g, 0, i, i == 0 && d->n_cells < 2 ? "" : head[i]);
    for (size_t i = 0; i < d->n_metrics; i++) {
        const struct metric_record *m = &d->metrics[i];
        str_clear(&text);
        write_metric(&text, m);
        grid_set(&g, i + 1, 0, run_detail_params(d, m->point));
        grid_set(&g, i + 1, 1, m->model);
        grid_set(&g, i + 1, 2, m->on_data);
        grid_set(&g, i + 1, 3, m->metric);
        grid_set(&g, i + 1, 4, text.data);
    }
    fputs("\nnumbers: mean ± half of the interval, or a ratio with its interval\n", stdout);
    grid_print(stdout, &g);
    grid_release(&g);
    str_release(&text);
}

static void print_claims(const struct run_detail *d)
{
    fputs("\nclaims\n", stdout);
    for (size_t i = 0; i < d->n_claims; i++) {
        const struct claim_record *c = &d->claims[i];
        printf("  %-8s %s\n", c->verdict, c->title[0] != '\0' ? c->title : c->assertion);
        if (strcmp(c->verdict, "untested") != 0 && !isnan(c->bound))
            printf("           difference %.4f, lower bound %.4f at %g%%, p = %.2g\n",
                   c->difference, c->bound, 100 * c->level, c->p);
    }
}

enum exit_status cmd_show(const struct options *options)
{
    struct runs runs;
    struct run_detail detail;
    struct err err = {0};
    if (options->n_arguments != 1)
        return cli_misuse("show wants one run: its number, or 'last'");
    enum exit_status status = runs_open(&runs, options);
    const struct run_row *row =
        status == EXIT_DONE ? runs_find(&runs, options->arguments[0]) : NULL;
    if (status == EXIT_DONE && row == NULL)
        status = EXIT_MISUSE;
    if (row != NULL && run_detail_read(&detail, runs.store, &row->run.uid, &err) < 0)
        status = cli_fail(&err);
    if (status == EXIT_DONE) {
        if (options->json) {
            print_json(run_json(row, &detail));
        } else {
            print_head(row, &detail);
            if (detail.n_metrics > 0)
                print_metrics(&detail);
            if (detail.n_claims > 0)
                print_claims(&detail);
        }
        run_detail_release(&detail);
    }
    runs_release(&runs);
    return status;
}

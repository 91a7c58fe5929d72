// runs.c -- see runs.h.
#include "runs.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void write_uid(char hex[33], const struct uid *uid)
{
    for (size_t i = 0; i < sizeof uid->bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", uid->bytes[i]);
}

// A time comes from a clock, or from a damaged store: anything can stand there.
void write_time(char text[32], double time)
{
    struct tm local;
    time_t whole = time > -6e10 && time < 2.5e11 ? (time_t)time : 0;
    if (localtime_r(&whole, &local) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M:%S", &local) == 0)
        strcpy(text, "?");
}

void write_metric(struct str *out, const struct metric_record *m)
{
    if (isnan(m->mean))
        str_add(out, m->level > 0 ? "refused" : "–");
    else if (m->ratio)
        str_format(out, "%.4f [%.4f, %.4f]", m->mean, m->low, m->high);
    else if (m->by_seed.n > 1)
        str_format(out, "%.4f ± %.4f", m->mean, m->high - m->mean);
    else
        str_format(out, "%.4f", m->mean);
}

struct digest runs_claim(const struct uid *run)
{
    return digest_of(run->bytes, sizeof run->bytes);
}

// --- the list ------------------------------------------------------------------------------------

static int take_run(void *data, const union any_record *record, struct err *err)
{
    struct runs *runs = data;
    (void)err;
    runs->items = mem_grow(runs->items, &runs->cap, runs->n + 1, sizeof *runs->items);
    struct run_row *row = &runs->items[runs->n++];
    row->run = record->run;
    row->run.title = arena_text(&runs->arena, record->run.title);
    return 0;
}

static struct run_row *row_of(struct runs *runs, const struct uid *uid)
{
    for (size_t i = 0; i < runs->n; i++)
        if (memcmp(&runs->items[i].run.uid, uid, sizeof *uid) == 0)
            return &runs->items[i];
    return NULL;
}

static int take_end(void *data, const union any_record *record, struct err *err)
{
    struct runs *runs = data;
    struct run_row *row = row_of(runs, &record->end.run);
    (void)err;
    if (row == NULL)
        return 0;
    row->ended = true;
    row->end = record->end;
    row->end.note = arena_text(&runs->arena, record->end.note);
    row->state = row->end.state = arena_text(&runs->arena, record->end.state);
    return 0;
}

static int take_claim(void *data, const union any_record *record, struct err *err)
{
    struct run_row *row = row_of(data, &record->claim.run);
    (void)err;
    if (row != NULL && strcmp(record->claim.verdict, "untested") != 0) {
        row->n_claims++;
        row->n_held += strcmp(record->claim.verdict, "held") == 0;
    }
    return 0;
}

static const char *state_of_open(struct store *store, const struct uid *run)
{
    struct digest claim = runs_claim(run);
    struct err ignored = {0};
    int got = store_is_writable(store) ? store_claim(store, &claim, &ignored) : 1;
    if (got == 1 && store_is_writable(store))
        store_unclaim(store, &claim);
    return got == 0 ? "running" : "killed";
}

enum exit_status runs_read(struct runs *runs, struct store *store)
{
    struct err err = {0};
    *runs = (struct runs){.store = store};
    if (store_each(store, RECORD_run, NULL, take_run, runs, &err) < 0 ||
        store_each(store, RECORD_end, NULL, take_end, runs, &err) < 0 ||
        store_each(store, RECORD_claim, NULL, take_claim, runs, &err) < 0)
        return cli_fail(&err);
    for (size_t i = 0; i < runs->n; i++)
        if (!runs->items[i].ended)
            runs->items[i].state = state_of_open(store, &runs->items[i].run.uid);
    return EXIT_DONE;
}

enum exit_status runs_open(struct runs *runs, const struct options *options)
{
    struct err err = {0};
    *runs = (struct runs){0};
    struct store *store = store_open(cli_store_path(options, false), STORE_READ, &err);
    if (store == NULL) {
        if (err.kind == ERR_MISSING)
            err_hint(&err, "'w2s run FILE' makes one; --store DIR names another.");
        return cli_fail(&err);
    }
    return runs_read(runs, store);
}

void runs_release(struct runs *runs)
{
    store_close(runs->store);
    arena_release(&runs->arena);
    mem_free(runs->items);
    *runs = (struct runs){0};
}

const struct run_row *runs_find(const struct runs *runs, const char *name)
{
    const struct run_row *found = NULL;
    size_t n = strlen(name), matches = 0;
    char *end, hex[33];
    unsigned long long number = strtoull(name, &end, 10);
    bool is_number = isdigit((unsigned char)name[0]) && *end == '\0';
    if (strcmp(name, "last") == 0 && runs->n > 0)
        return &runs->items[runs->n - 1];
    for (size_t i = 0; i < runs->n && is_number; i++)
        if (runs->items[i].run.number == number)
            return &runs->items[i];
    for (size_t i = 0; i < runs->n && n >= 4; i++) {
        write_uid(hex, &runs->items[i].run.uid);
        if (strncmp(hex, name, n) == 0) {
            found = &runs->items[i];
            matches++;
        }
    }
    if (matches == 1)
        return found;
    cli_misuse(matches > 1 ? "'%s' names several runs" : "there is no run '%s'", name);
    fprintf(stderr, "  'w2s list' shows them.\n");
    return NULL;
}

// --- one run -------------------------------------------------------------------------------------

static int take_provenance(void *data, const union any_record *record, struct err *err)
{
    struct run_detail *d = data;
    (void)err;
    d->provenance = mem_grow(d->provenance, &d->cap[0], d->n_provenance + 1, sizeof *d->provenance);
    struct provenance_record *p = &d->provenance[d->n_provenance++];
    p->name = arena_text(&d->arena, record->provenance.name);
    p->value = arena_text(&d->arena, record->provenance.value);
    return 0;
}

static int take_cell(void *data, const union any_record *record, struct err *err)
{
    struct run_detail *d = data;
    (void)err;
    d->cells = mem_grow(d->cells, &d->cap[1], d->n_cells + 1, sizeof *d->cells);
    struct cell_record *cell = &d->cells[d->n_cells++];
    *cell = record->cell;
    cell->params = arena_text(&d->arena, cell->params);
    return 0;
}

static int take_metric(void *data, const union any_record *record, struct err *err)
{
    struct run_detail *d = data;
    (void)err;
    d->metrics = mem_grow(d->metrics, &d->cap[2], d->n_metrics + 1, sizeof *d->metrics);
    struct metric_record *m = &d->metrics[d->n_metrics++];
    *m = record->metric;
    m->model = arena_text(&d->arena, m->model);
    m->on_data = arena_text(&d->arena, m->on_data);
    m->metric = arena_text(&d->arena, m->metric);
    m->refused = arena_text(&d->arena, m->refused);
    double *x = arena_array(&d->arena, m->by_seed.n, sizeof *x);
    if (m->by_seed.n > 0)
        memcpy(x, m->by_seed.x, m->by_seed.n * sizeof *x);
    m->by_seed.x = x;
    return 0;
}

static int take_claim_record(void *data, const union any_record *record, struct err *err)
{
    struct run_detail *d = data;
    (void)err;
    d->claims = mem_grow(d->claims, &d->cap[3], d->n_claims + 1, sizeof *d->claims);
    struct claim_record *c = &d->claims[d->n_claims++];
    *c = record->claim;
    c->title = arena_text(&d->arena, c->title);
    c->assertion = arena_text(&d->arena, c->assertion);
    c->verdict = arena_text(&d->arena, c->verdict);
    return 0;
}

int run_detail_read(struct run_detail *out, struct store *store, const struct uid *run,
                    struct err *err)
{
    *out = (struct run_detail){0};
    if (store_each(store, RECORD_provenance, run, take_provenance, out, err) < 0 ||
        store_each(store, RECORD_cell, run, take_cell, out, err) < 0 ||
        store_each(store, RECORD_metric, run, take_metric, out, err) < 0 ||
        store_each(store, RECORD_claim, run, take_claim_record, out, err) < 0) {
        run_detail_release(out);
        return -1;
    }
    return 0;
}

void run_detail_release(struct run_detail *d)
{
    arena_release(&d->arena);
    mem_free(d->provenance);
    mem_free(d->cells);
    mem_free(d->metrics);
    mem_free(d->claims);
    *d = (struct run_detail){0};
}

const char *run_detail_fact(const struct run_detail *detail, const char *name)
{
    for (size_t i = 0; i < detail->n_provenance; i++)
        if (strcmp(detail->provenance[i].name, name) == 0)
            return detail->provenance[i].value;
    return "";
}

const char *run_detail_params(const struct run_detail *detail, uint64_t point)
{
    for (size_t i = 0; i < detail->n_cells; i++) {
        size_t k = (point + i) % detail->n_cells; // they stand in order
        if (detail->cells[k].point == point)
            return detail->cells[k].params;
    }
    return "";
}

int run_plan_read(struct plan_file *out, struct store *store, const struct run_record *run,
                  struct err *err)
{
    uint8_t *bytes;
    size_t n;
    if (store_get(&bytes, &n, store, &run->plan, err) < 0)
        return -1;
    int status = plan_file_read(out, bytes, n, err);
    mem_free(bytes);
    return status;
}

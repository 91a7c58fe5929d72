// twins.c -- see twins.h.
#include "twins.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct digest));
}

// One digest for each row, of its features as f32 bits.
static struct digest *row_digests(const struct rows *rows, struct err *err)
{
    size_t d = rows->table->d;
    struct digest *out = mem_try(rows->n, sizeof *out, "digests of rows", err);
    float *x = mem_try(d, sizeof *x, "a row", err);
    for (size_t i = 0; out != NULL && x != NULL && i < rows->n; i++) {
        for (size_t k = 0; k < d; k++)
            x[k] = table_feature(rows->table, rows->index[i], k);
        out[i] = digest_of(x, d * sizeof *x);
    }
    if (x == NULL) {
        mem_free(out);
        return NULL;
    }
    mem_free(x);
    return out;
}

// Keeps the lowest numbers, in order.
static void add_twin(struct flow_twins *t, uint64_t number)
{
    size_t n = t->n < FLOW_FIRST_TWINS ? t->n : FLOW_FIRST_TWINS, at = n;
    t->n++;
    while (at > 0 && t->first[at - 1] > number)
        at--;
    for (size_t i = n; i > at; i--)
        if (i < FLOW_FIRST_TWINS)
            t->first[i] = t->first[i - 1];
    if (at < FLOW_FIRST_TWINS)
        t->first[at] = number;
}

int twins_count(struct flow_twins *t, const struct run *run, struct err *err)
{
    const struct rows *measured = &run->artifacts[t->measured].rows;
    const struct rows *trained = &run->artifacts[t->trained].rows;
    struct digest *a = row_digests(measured, err),
                  *b = a != NULL ? row_digests(trained, err) : NULL;
    if (b != NULL) {
        qsort(b, trained->n, sizeof *b, compare_digests);
        for (size_t i = 0; i < measured->n; i++)
            if (bsearch(&a[i], b, trained->n, sizeof *b, compare_digests) != NULL)
                add_twin(t, table_id(measured->table, measured->index[i]) + 1);
    }
    mem_free(a);
    mem_free(b);
    return b != NULL ? 0 : -1;
}

// The steps that give those rows, and the steps those need.
static void mark_rows(bool *only, const struct flow_stages *stages)
{
    const struct plan *plan = stages->plan;
    for (size_t i = 0; i < stages->n_twins; i++)
        only[stages->twins[i].measured] = only[stages->twins[i].trained] = true;
    for (size_t i = plan->n; i-- > 0;)
        for (uint32_t k = 0; only[i] && k < plan->steps[i].n_in; k++)
            only[plan->steps[i].in[k]] = true;
}

int twins_find(struct flow_stages *stages, const char *folder, struct err *err)
{
    bool *only = mem_new(stages->plan->n * sizeof *only);
    mark_rows(only, stages);
    struct run run;
    run_init(&run, stages->plan);
    run.only = only;
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = folder};
    int status = run_execute(&run, &how, err);
    for (size_t i = 0; status == 0 && i < stages->n_twins; i++)
        status = twins_count(&stages->twins[i], &run, err);
    run_release(&run);
    mem_free(only);
    return status;
}

void twins_note(const struct run *run, const struct flow *flow)
{
    struct flow_stages stages;
    flow_stages_init(&stages, run->plan, flow);
    for (size_t i = 0; i < stages.n_twins; i++) {
        struct flow_twins *t = &stages.twins[i];
        struct err err = {0};
        struct str text = {0};
        bool there = run->artifacts[t->measured].rows.table != NULL &&
                     run->artifacts[t->trained].rows.table != NULL;
        if (there && twins_count(t, run, &err) == 0 && t->n > 0) {
            flow_twins_text(&text, &stages, t);
            fprintf(stderr, "w2s: note: %s\n", str_text(&text));
        }
        str_release(&text);
    }
    flow_stages_release(&stages);
}

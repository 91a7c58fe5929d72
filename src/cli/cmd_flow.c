// cmd_flow.c -- w2s flow: which data each stage reads; from the data, rows that stand in two parts.
#include "cli.h"

#include "data/split.h"
#include "exec/run.h"
#include "flow_stages.h"

#include <stdlib.h>
#include <string.h>

// --- rows with the same features -----------------------------------------------------------------
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

static int count_twins(struct flow_twins *t, const struct run *run, struct err *err)
{
    const struct rows *measured = &run->artifacts[t->measured].rows;
    const struct rows *trained = &run->artifacts[t->trained].rows;
    struct digest *a = row_digests(measured, err),
                  *b = a != NULL ? row_digests(trained, err) : NULL;
    if (b != NULL) {
        qsort(b, trained->n, sizeof *b, compare_digests);
        for (size_t i = 0; i < measured->n; i++)
            t->n += bsearch(&a[i], b, trained->n, sizeof *b, compare_digests) != NULL;
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

static int find_twins(struct flow_stages *stages, const char *folder, struct err *err)
{
    bool *only = mem_new(stages->plan->n * sizeof *only);
    mark_rows(only, stages);
    struct run run;
    run_init(&run, stages->plan);
    run.only = only;
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = folder};
    int status = run_execute(&run, &how, err);
    for (size_t i = 0; status == 0 && i < stages->n_twins; i++)
        status = count_twins(&stages->twins[i], &run, err);
    run_release(&run);
    mem_free(only);
    return status;
}

enum exit_status cmd_flow(const struct options *options)
{
    if (options->n_arguments != 1)
        return cli_misuse("flow wants one file");
    struct compiled c;
    struct err err = {0};
    enum exit_status status = compile_file(&c, options->arguments[0], options, false, NULL);
    if (status == EXIT_DONE) {
        struct flow_stages stages;
        flow_stages_init(&stages, &c.plan, &c.flow);
        if (find_twins(&stages, c.folder, &err) < 0)
            status = cli_fail(&err);
        else if (options->json)
            flow_print_json(stdout, &stages);
        else
            flow_print(stdout, &stages);
        flow_stages_release(&stages);
    }
    compile_release(&c);
    return status;
}

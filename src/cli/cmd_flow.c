// cmd_flow.c -- w2s flow: which data each stage reads; from the data, rows that stand in two parts.
#include "cli.h"

#include "base/mem.h"
#include "exec/run.h"
#include "twins.h"

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
        status = twins_count(&stages->twins[i], &run, err);
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

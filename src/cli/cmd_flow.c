// cmd_flow.c -- w2s flow: which data each stage reads; from the data, rows that stand in two parts.
#include "cli.h"
#include "twins.h"

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
        if (twins_find(&stages, c.folder, &err) < 0)
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

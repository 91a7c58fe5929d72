// cmd_check.c -- w2s check, w2s plan, w2s version: commands that look and do not run.
#include "cli.h"

#include "kernel/kernel.h"
#include "plan_print.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum exit_status cmd_check(const struct options *options)
{
    if (options->n_arguments == 0)
        return cli_misuse("check wants at least one file");
    enum exit_status worst = EXIT_DONE;
    for (size_t i = 0; i < options->n_arguments; i++) {
        struct compiled c;
        enum exit_status status = compile_file(&c, options->arguments[i], options, true, NULL);
        compile_release(&c);
        if (status > worst)
            worst = status;
    }
    return worst;
}

static void print_plan(const struct plan *plan)
{
    struct str text = {0};
    plan_print(stdout, plan);
    if (seeds_power(&text, plan->n_seeds) || seeds_warning(&text, plan->n_seeds))
        printf("\n%s\n", str_text(&text));
    str_release(&text);
}

enum exit_status cmd_plan(const struct options *options)
{
    if (options->n_arguments != 1)
        return cli_misuse("plan wants one file");
    struct compiled c;
    enum exit_status status = compile_file(&c, options->arguments[0], options, false, NULL);
    if (status == EXIT_DONE && options->json)
        plan_print_json(stdout, &c.plan);
    else if (status == EXIT_DONE)
        print_plan(&c.plan);
    compile_release(&c);
    return status;
}

enum exit_status cmd_version(const struct options *options)
{
    (void)options;
    const struct kernels *kernels = kernel_select(getenv("W2S_CPU"));
    printf("w2s %s\nkernels: %s\nthreads: %ld\n", W2S_VERSION, kernels != NULL ? kernels->isa : "none",
           sysconf(_SC_NPROCESSORS_ONLN));
    return EXIT_DONE;
}

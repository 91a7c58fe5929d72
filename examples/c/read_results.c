// read_results.c -- an experiment run from C: compiles a file, runs it, prints every number.
//
//     cc read_results.c -o read_results $(pkg-config --cflags --libs w2s)
//     ./read_results /usr/share/w2s/examples/digits.w2s lambda=0.5
#include <w2s.h>

#include <stdio.h>

static int fail(const struct w2s_error *error)
{
    fprintf(stderr, "%s\n", error->text);
    if (error->hint[0] != '\0')
        fprintf(stderr, "  %s\n", error->hint);
    return (int)error->status;
}

static void print_params(const struct w2s_experiment *x, size_t point)
{
    for (size_t i = 0; i < w2s_n_params(x, point); i++) {
        struct w2s_param param = w2s_param(x, point, i);
        printf("%s%s = %s", i > 0 ? ", " : "  [", param.name, param.value);
    }
    if (w2s_n_params(x, point) > 0)
        printf("]");
}

static void print_results(const struct w2s_experiment *x, const struct w2s_run *run)
{
    for (size_t i = 0; i < w2s_n_results(run); i++) {
        struct w2s_result r = w2s_run_result(run, i);
        printf("%s of %s on %s: ", r.metric, r.model, r.on);
        if (r.refused != NULL)
            printf("none: %s", r.refused);
        else
            printf("%.4f, %g%% interval %.4f to %.4f", r.mean, 100 * r.level, r.low, r.high);
        print_params(x, r.point);
        printf("\n");
    }
    for (size_t i = 0; i < w2s_n_claims(run); i++) {
        struct w2s_claim c = w2s_run_claim(run, i);
        const char *verdict = c.held == W2S_HELD ? "held" : c.held == W2S_FAILED ? "failed" : "unknown";
        printf("%s: %s\n", verdict, c.title != NULL ? c.title : c.text);
    }
    printf("digest %s\n", w2s_run_summary(run).digest);
}

static int progress(void *data, const struct w2s_event *event)
{
    (void)data;
    if (event->kind == W2S_FINISHED)
        fprintf(stderr, "\r%zu of %zu steps", event->done, event->total);
    return 0; // anything else would stop the run
}

int main(int argc, char **argv)
{
    struct w2s_error error;
    if (argc < 2) {
        fprintf(stderr, "usage: read_results FILE.w2s [NAME=VALUE]...\n");
        return W2S_MISUSE;
    }
    // argv ends with NULL, as the list of what is set has to
    struct w2s_experiment *x = w2s_compile_file(argv[1], (const char *const *)argv + 2, NULL, &error);
    if (x == NULL)
        return fail(&error);
    fputs(w2s_messages(x), stderr);

    int status = W2S_SOURCE;
    struct w2s_run *run = w2s_run_new(x); // NULL where the file has mistakes
    if (run != NULL) {
        const struct w2s_run_options how = {.progress = progress};
        status = (int)w2s_run_execute(run, &how, &error);
        fprintf(stderr, "\n");
        if (status != W2S_OK)
            fail(&error);
        print_results(x, run); // also those of a run that failed in part
    }
    w2s_run_free(run);
    w2s_experiment_free(x);
    return status;
}

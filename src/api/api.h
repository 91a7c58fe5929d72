// api.h -- what stands behind the handles of include/w2s.h. Nothing of it is seen outside.
#ifndef W2S_API_IMPL_H
#define W2S_API_IMPL_H

#include "../../include/w2s.h"

#include "exec/model_tests.h"
#include "flow.h"
#include "overrides.h"

#include <fenv.h>

struct w2s_experiment {
    struct arena arena;
    struct source source;
    struct overrides overrides;
    struct diags set_diags, diags; // of what was set, of the file
    struct ast ast;
    struct program program;
    struct plan plan;
    struct flow flow;
    const char *folder;
    const char *messages, *plan_text;
    struct w2s_param **params; // by point
    bool right;
};

struct w2s_run {
    const struct w2s_experiment *experiment;
    struct run run;
    struct arena arena;
    const char **refused; // by number of the plan; NULL: it is given
    double *p_holm;       // by claim; NULL: there is nothing to adjust
    struct model_test *tests; // by test of the plan
    char digest[DIGEST_HEX];
    const char *kernels;
    unsigned threads;
    bool executed;
    atomic_int stop;
    // while it is executed
    int (*progress)(void *data, const struct w2s_event *event);
    void *data;
};

// The status, after `error`, unless NULL, has received what went wrong.
enum w2s_status api_fail(struct w2s_error *error, enum w2s_status status, const char *text,
                         const char *hint);
enum w2s_status api_failed(struct w2s_error *error, const struct err *err);

// Every function that computes runs between these two: rounding is what the kernels need, whatever
// the program around us has set, and afterwards what it was. api_enter is false, after api_fail,
// where numbers are not written with a point.
bool api_enter(fenv_t *was, struct w2s_error *error);
void api_leave(const fenv_t *was);

#endif

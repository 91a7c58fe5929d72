// plan_file.h -- a plan as a file: what a run set out to do, kept with it.
//
// It can be read without the data and without the program that made it, so it holds texts where a
// plan holds values. Equal plans give equal bytes.
#ifndef W2S_PLAN_FILE_H
#define W2S_PLAN_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct file_step {
    const char *kind, *label, *attrs; // attrs: canonical text
    struct digest key;
    int64_t seed; // SEED_NONE: none
    bool reads_gold;
    size_t n_in;
    const uint32_t *in; // below the step's own number
};

struct file_result { // a number or a claim
    uint32_t step;   // STEP_NONE: none
    uint32_t point;
    const char *what[3]; // model, data, metric; or title, assertion, ""
};

struct plan_file {
    struct arena arena;
    const char *title;
    const int64_t *seeds;
    size_t n_seeds;
    const char **points; // values of the swept params
    size_t n_points;
    const struct file_step *steps;
    size_t n;
    const struct file_result *numbers, *claims;
    size_t n_numbers, n_claims;
};

// reads_gold: by step; whether it looks at gold labels.
void plan_file_write(struct str *out, const struct plan *plan, const bool *reads_gold);
void point_write(struct str *out, const struct plan_point *point); // "a = 1, b = 2"

W2S_MUST_CHECK int plan_file_read(struct plan_file *out, const uint8_t *bytes, size_t n,
                                  struct err *err);
void plan_file_release(struct plan_file *plan);

#endif

// lower_suite.h -- suite("mnist_c"): a named set of corruptions, as data that is many, and the mean
// corruption error over it (suites.def).
#ifndef W2S_LOWER_SUITE_H
#define W2S_LOWER_SUITE_H

#include "lower.h"

// `data |> suite(name)`, as it stands in `on`.
struct suite_use {
    struct scoped data; // the clean rows
    unsigned suite;
};

// True when it is one. *ok is false after a report; then there is nothing to expand.
bool lower_suite_use(struct lowering *l, struct suite_use *out, bool *ok, struct scoped on);
size_t suite_members(const struct suite_use *use);
// The rows under member `i`, and "d.test |> fog(severity: 5)" in *label. STEP_NONE after a report.
uint32_t lower_suite_member(struct lowering *l, const char **label, const struct suite_use *use,
                            size_t i, uint32_t rows, struct span span);

// mce() and relative_mce() of a model on clean rows, against the baseline that `metric` names as
// its other model.
bool lower_mce(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
               const struct model_ref *model, uint32_t rows);
bool is_mce(const struct value *metric);

#endif

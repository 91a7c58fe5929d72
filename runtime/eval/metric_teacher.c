// metric_teacher.c -- metrics of one model beside another, mostly a student beside its teacher.
#include "metric_impl.h"

#include <math.h> // only NAN; no function is called

int metric_agreement(double *out, const struct value *call, const struct metric_input *in,
                     struct err *err)
{
    const struct predictions *other;
    if (metric_other(&other, call, "with", in, err) < 0)
        return -1;
    size_t same = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        same += metric_top(&top, other, i) && metric_says(&in->model, i, top);
    }
    *out = (double)same / (double)in->model.n;
    return 0;
}

// The share of rows where a teacher that may abstain says anything (Ratner et al. 2017, arXiv
// 1711.10160). An abstention has equal logits, so its probabilities are equal to the bit.
int metric_coverage(double *out, const struct value *call, const struct metric_input *in,
                    struct err *err)
{
    (void)call;
    (void)err;
    size_t said = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        bool prefers = false;
        for (uint32_t c = 1; c < in->model.classes; c++)
            prefers |= metric_probability(&in->model, i, c) != metric_probability(&in->model, i, 0);
        said += prefers && metric_top(&top, &in->model, i);
    }
    *out = (double)said / (double)in->model.n;
    return 0;
}

// The rows the teacher gets wrong, and what the model says there.
struct teacher_errors {
    size_t rows, repeated, corrected;
};

static int teacher_errors(struct teacher_errors *out, const struct value *call,
                          const struct metric_input *in, struct err *err)
{
    const struct predictions *teacher;
    *out = (struct teacher_errors){0};
    if (metric_other(&teacher, call, "teacher", in, err) < 0)
        return -1;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t said;
        bool whole = metric_top(&said, teacher, i); // without one it is wrong, and not repeated
        if (whole && said == in->gold[i])
            continue;
        out->rows++;
        out->repeated += whole && metric_says(&in->model, i, said);
        out->corrected += metric_says(&in->model, i, in->gold[i]);
    }
    return 0;
}

static double share(size_t part, size_t of)
{
    return of > 0 ? (double)part / (double)of : NAN;
}

// P(student = teacher | teacher wrong): what a student that only imitates has 1 of. Imitation of
// the supervisor's errors is the failure Burns et al. 2023 (arXiv 2312.09390, section 5.1)
// describe.
int metric_error_imitation(double *out, const struct value *call, const struct metric_input *in,
                           struct err *err)
{
    struct teacher_errors errors;
    if (teacher_errors(&errors, call, in, err) < 0)
        return -1;
    *out = share(errors.repeated, errors.rows);
    return 0;
}

// P(student right | teacher wrong): pseudo-label correction (Lang et al. 2024, arXiv 2405.16043).
int metric_correction(double *out, const struct value *call, const struct metric_input *in,
                      struct err *err)
{
    struct teacher_errors errors;
    if (teacher_errors(&errors, call, in, err) < 0)
        return -1;
    *out = share(errors.corrected, errors.rows);
    return 0;
}

// --- Charikar et al. 2024 (arXiv 2405.15116) ----------------------------------------------------
//
// Theorem 1, for squared loss in a convex class: the student's distance to the truth is at most the
// teacher's less the misfit, the student's distance to the teacher: so gain >= misfit. Here over
// probabilities, with d(p, q) = mean over rows of sum_c (p_c - q_c)^2. Brier scores against labels
// exceed the distances to the true class probabilities by the same amount in expectation, so their
// difference estimates the gain; a network's class is not convex, so gain may be less than misfit.

int metric_gain(double *out, const struct value *call, const struct metric_input *in,
                struct err *err)
{
    const struct predictions *teacher;
    double own, teachers;
    if (metric_other(&teacher, call, "teacher", in, err) < 0)
        return -1;
    const struct metric_input theirs = {.model = *teacher, .gold = in->gold};
    if (metric_brier(&own, call, in, err) < 0 || metric_brier(&teachers, call, &theirs, err) < 0)
        return -1;
    *out = teachers - own;
    return 0;
}

int metric_misfit(double *out, const struct value *call, const struct metric_input *in,
                  struct err *err)
{
    const struct predictions *other;
    if (metric_other(&other, call, "teacher", in, err) < 0)
        return -1;
    double sum = 0;
    for (size_t i = 0; i < in->model.n * in->model.classes; i++) {
        double miss = (double)in->model.p[i] - (double)other->p[i];
        sum += miss * miss;
    }
    *out = sum / (double)in->model.n;
    return 0;
}

// failure.c -- see failure.h.
#include "failure.h"

#include "base/mem.h"
#include "store/plan_file.h"

enum { NAMED = 3 };

static size_t first_failed(const struct run *run)
{
    size_t i = 0;
    while (i < run->plan->n && run->artifacts[i].state != ARTIFACT_FAILED)
        i++;
    return i;
}

// By point: whether one of its numbers or claims needs `step`.
static bool *points_needing(const struct plan *plan, size_t step)
{
    bool *needs = mem_new(plan->n * sizeof *needs), *point = mem_new(plan->n_points * sizeof *point);
    needs[step] = true;
    for (size_t i = step + 1; i < plan->n; i++)
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++)
            needs[i] |= needs[plan->steps[i].in[k]];
    for (size_t i = 0; i < plan->n_numbers; i++)
        point[plan->numbers[i].point] |= plan->numbers[i].step != STEP_NONE && needs[plan->numbers[i].step];
    for (size_t i = 0; i < plan->n_claims; i++)
        point[plan->claims[i].point] |= plan->claims[i].step != STEP_NONE && needs[plan->claims[i].step];
    mem_free(needs);
    return point;
}

bool failure_points(struct str *out, const struct run *run)
{
    const struct plan *plan = run->plan;
    size_t step = first_failed(run), n = 0;
    if (step == plan->n)
        return false;
    bool *needs = points_needing(plan, step);
    for (size_t i = 0; i < plan->n_points; i++)
        n += needs[i];
    bool some = n > 0 && n < plan->n_points;
    size_t named = 0;
    for (size_t i = 0; some && i < plan->n_points && named < NAMED; i++) {
        if (!needs[i])
            continue;
        str_add(out, named++ > 0 ? "; " : "");
        point_write(out, &plan->points[i]);
    }
    if (some && n > named)
        str_format(out, "; and %zu other point%s", n - named, n - named == 1 ? "" : "s");
    mem_free(needs);
    return some;
}

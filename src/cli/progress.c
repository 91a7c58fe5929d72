// progress.c -- see progress.h.
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_init(struct progress *progress, const struct plan *plan, bool quiet)
{
    *progress = (struct progress){.plan = plan, .on = !quiet && isatty(STDERR_FILENO), .started = now(),
                                  .flops_total = plan_flops(plan)};
}

static void show(struct progress *p, const struct run_event *event)
{
    const struct step *step = &p->plan->steps[event->step];
    double share = p->flops_total > 0 ? p->flops_done / p->flops_total : 0;
    double spent = now() - p->started;
    fprintf(stderr, "\r\033[K%3.0f%%  %zu of %zu steps  %s %s", 100 * share, event->done, event->total,
            step_kind_name(step->kind), step->label);
    if (step->seed != SEED_NONE)
        fprintf(stderr, ", seed %lld", (long long)step->seed);
    if (event->kind == RUN_EPOCH)
        fprintf(stderr, ", epoch %zu of %zu, loss %.4f", event->progress.epoch, event->progress.epochs, event->progress.loss);
    if (share > 0.05 && spent > 2)
        fprintf(stderr, "  %.0f s left", spent / share - spent);
}

void progress_event(void *data, const struct run_event *event)
{
    struct progress *p = data;
    const struct step_facts *facts = &p->plan->steps[event->step].facts;
    if (event->kind == RUN_FINISHED)
        p->flops_done += facts->flops;
    double t = now();
    if (!p->on || (event->kind != RUN_FINISHED && t - p->last < 0.1) || t - p->last < 0.05)
        return;
    p->last = t;
    show(p, event);
}

void progress_end(struct progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
}

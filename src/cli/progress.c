// progress.c -- see progress.h.
#include "progress.h"

#include "base/str.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Of a step that has to be carried out; what is known or read takes no time worth telling.
static double flops_of(const struct run *run, size_t step)
{
    return run->duties[step].kind == DUTY_MAKE ? run->plan->steps[step].facts.flops : 0;
}

void progress_init(struct progress *progress, const struct run *run, bool quiet)
{
    *progress =
        (struct progress){.run = run, .on = !quiet && isatty(STDERR_FILENO), .started = now()};
    for (size_t i = 0; i < run->plan->n; i++)
        progress->flops_total += flops_of(run, i);
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

// One line, cut to the terminal, so that the next can be written over it.
static void show(struct progress *p, const struct run_event *event)
{
    const struct step *step = &p->run->plan->steps[event->step];
    double share = p->flops_total > 0 ? p->flops_done / p->flops_total : 0;
    double spent = now() - p->started;
    struct str line = {0};
    str_format(&line, "%3.0f%%  %zu of %zu steps", 100 * share, event->done, event->total);
    if (share > 0.05 && spent > 2)
        str_format(&line, ", %.0f s left", spent / share - spent);
    str_format(&line, "  %s %s", step_kind_name(step->kind), step->label);
    if (step->seed != SEED_NONE)
        str_format(&line, ", seed %lld", (long long)step->seed);
    if (event->kind == RUN_EPOCH)
        str_format(&line, ", epoch %zu of %zu, loss %.4f", event->progress.epoch,
                   event->progress.epochs, event->progress.loss);
    size_t bytes = line.len, width = terminal_width() - 1;
    while (text_width(line.data, bytes) > width)
        bytes--;
    while (bytes > 0 && bytes < line.len && ((unsigned char)line.data[bytes] & 0xC0) == 0x80)
        bytes--; // not in the middle of a character
    fprintf(stderr, "\r\033[K%.*s", (int)bytes, line.data);
    str_release(&line);
}

void progress_event(void *data, const struct run_event *event)
{
    struct progress *p = data;
    if (event->kind == RUN_FINISHED)
        p->flops_done += flops_of(p->run, event->step);
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

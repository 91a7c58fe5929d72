// progress.h -- one line on the terminal that says what is being done and how much is left.
// Prints nothing unless standard error is a terminal.
#ifndef W2S_PROGRESS_H
#define W2S_PROGRESS_H

#include "exec/run.h"

struct progress {
    const struct run *run;
    bool on;
    double started, last; // seconds
    double flops_done, flops_total;
};

void progress_init(struct progress *progress, const struct run *run,
                   bool quiet);                                     // after run_decide
void progress_event(void *progress, const struct run_event *event); // run_options.on_event
void progress_end(struct progress *progress);                       // clears the line

#endif

// subject.h -- what a command looks at: a file, or a run that was recorded. Compiled, with the
// store that holds what an earlier run of the same file and plan made, if there is one.
#ifndef W2S_SUBJECT_H
#define W2S_SUBJECT_H

#include "cli.h"
#include "exec/run.h"

// `how` has kernels, threads, folder and, where results are to be taken from it, the store and the
// run's number in it. The plan may be added to.
typedef enum exit_status subject_function(struct compiled *c, struct run_options *how,
                                          const struct options *options);

// The first argument names it. EXIT_DONE, what `function` gave, or why not after a message.
enum exit_status subject_open(const struct options *options, subject_function *function);

#endif

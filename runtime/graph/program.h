// program.h -- a graph compiled to a flat list of kernel calls, every pointer resolved.
//
// Life cycle: program_compile (the graph and the placement may go afterwards); add an update; then
// program_run any number of times, each a loop over the list: no allocation, no look-up, no
// failure. program_release. Memory is lent by the caller and must outlive the program; programs
// that do not run at the same time may share block and workspace.
#ifndef W2S_PROGRAM_H
#define W2S_PROGRAM_H

#include "base/crew.h"
#include "graph/place.h"
#include "kernel/kernel.h"

struct program_memory {
    float *params;   // as the graph's PARAM nodes count
    float *gradient; // as its STORE nodes count; may be NULL when it has none
    float *const *input; // by slot; the array is read by program_compile only
    float *block;    // placement.block floats, 64-byte aligned
    void *workspace;        // 64-byte aligned, workspace_bytes for each thread of the crew
    size_t workspace_bytes; // a multiple of 64, at least program_workspace()
    struct crew *crew;      // may be NULL: one thread
};

struct sgd_step {
    float lr, momentum, decay;
    bool nesterov;
};

struct instr;

struct program {
    const struct kernels *kernels;
    struct crew *crew;
    char *workspace;
    size_t workspace_bytes; // for one thread
    struct instr *instr;
    size_t n_instr, cap;
    float *constants; // owned
    struct graph_extern *externs; // owned
    const float **output; // by output of the graph; owned; valid after a run
};

size_t program_workspace(const struct graph *g, const struct kernels *kernels);
void program_compile(struct program *program, const struct graph *g,
                     const struct placement *placement, const struct kernels *kernels,
                     const struct program_memory *memory);
void program_release(struct program *program);

// One more instruction at the end: an optimiser's update of n parameters (kernels.def). The step is
// read at every run; the caller changes it in between.
void program_add_adam(struct program *program, float *p, float *m, float *v, const float *g,
                      size_t n, const struct adam_step *step);
void program_add_sgd(struct program *program, float *p, float *v, const float *g, size_t n,
                     const struct sgd_step *step);

void program_run(const struct program *program);

// Instruction by instruction, for tests and listings: runs number i; says which node it makes
// (NODE_NONE: an update; of a run of tiles the last); the number after it.
void program_run_one(const struct program *program, size_t i);
uint32_t program_node(const struct program *program, size_t i);
size_t program_next(const struct program *program, size_t i);

#endif

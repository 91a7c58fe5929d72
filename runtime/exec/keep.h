// keep.h -- what a run takes from its store instead of making it, and what it leaves there.
//
// Every kind of step but compare and claim, which take no time, is recorded: the digest of what it
// gave and, for evaluate, the number. Parameters with their curve are kept; logits where making
// them again would take longer than reading them (KEEP_FLOP_PER_BYTE), votes of rules always; rows,
// nearest neighbours (which are rows), initial parameters and targets never: they are made again from
// what is there, and must then give the digest that was recorded.
#ifndef W2S_KEEP_H
#define W2S_KEEP_H

#include "exec/run.h"
#include "store/store.h"

// Raised whenever the same plan may give other bits than before; tests/e2e/engine.sh watches over
// it.
enum { ENGINE_VERSION = 2 };

enum { KEEP_FLOP_PER_BYTE = 1 << 13, KEEP_MOST_LOGITS = 64 << 20 };

// The version, and the first digits of a digest of the losses that ship with w2s: "1.90ab12cd34ef".
// What another engine computed is never used.
void engine_name(char name[ENGINE_NAME]);

// The name of a step's record in a store.
struct digest keep_key(const char *engine, const struct digest *step_key);

// Fills run->duties: what has to be carried out so that every number and claim of the plan is
// there. Without a store that is everything.
W2S_MUST_CHECK int keep_decide(struct run *run, struct store *store, struct err *err);

// The artifact of a step with DUTY_LOAD, checked against its record.
W2S_MUST_CHECK int keep_load(struct artifact *out, const struct run *run, uint32_t step,
                             struct store *store, struct err *err);

// Another process may have made the step since keep_decide. 1: its duty now is DUTY_LOAD.
W2S_MUST_CHECK int keep_look_again(struct run *run, uint32_t step, struct store *store,
                                   struct err *err);

// Digests what the step gave. Without `artifacts`, those of the run, only what counts in
// run_digest: parameters and numbers.
void keep_seal(struct artifact *a, const struct plan *plan, uint32_t step,
               const struct artifact *artifacts);
bool keep_counts(enum step_kind kind); // in run_digest
bool keep_records(enum step_kind kind);

// --- the writer
// ---------------------------------------------------------------------------------------- A thread
// that takes finished steps and commits them, many at a time. When a step is told to `durable` it
// is on the disk; until then its values must stay. After a failure it takes nothing more.
struct keeper;
typedef void keeper_durable(void *data, uint32_t step);
struct keeper *keeper_new(struct run *run, struct store *store, const struct uid *id,
                          keeper_durable *durable, void *data);
void keeper_add(struct keeper *keeper, uint32_t step);
bool keeper_has_failed(struct keeper *keeper);
// Waits until all is written, and ends the thread.
W2S_MUST_CHECK int keeper_free(struct keeper *keeper, struct err *err);

#endif

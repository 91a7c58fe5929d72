// audit.h -- what a run rests on, gathered and bound together: every step with its inputs and its
// result, in a chain of digests.
//
// The link of a step is SHA-256 over the link before it, the step's key, kind and result, and the
// results of its inputs. The last link is the head of the audit: it stands for all of them, and two
// audits with the same head rest on the same results. compare and claim steps are not recorded;
// what they gave is among the numbers.
#ifndef W2S_AUDIT_H
#define W2S_AUDIT_H

#include "explain.h"
#include "rules_print.h"
#include "runs.h"

struct audit_step {
    const struct file_step *step;
    bool recorded;
    struct digest result;
    double seconds;
    uint64_t made_by; // number of the run; 0: another store's
    struct digest link;
};

struct audit {
    struct store *store;
    const struct run_row *row;
    struct run_detail detail;
    struct plan_file plan;
    struct audit_step *steps; // by step of the plan
    size_t n_missing;         // steps that should be recorded, and are not
    struct digest head;       // of the steps
    struct digest store_head;
    uint64_t records;
    uint8_t *source;
    size_t source_n;
};

W2S_MUST_CHECK int audit_read(struct audit *audit, const struct runs *runs,
                              const struct run_row *row, struct err *err);
void audit_release(struct audit *audit);

// A loss or a constraint in use, described by its file: of the standard library, or the script that
// the plan carries.
struct loss_note {
    bool constraint;
    const char *noun; // "loss", "constraint" or "shift"
    const char *name, *title, *formula;
    const char *cite[4];
    size_t n_cite;
};
size_t audit_losses(struct loss_note *notes, size_t most, struct arena *arena,
                    const struct audit *audit);

// The rules that step `number` carries; false when it carries none.
bool audit_rules(struct rules_source *source, struct arena *arena, const struct audit *audit,
                 size_t number);

// The file of labels that step `number` stands for; false when it stands for none. An annotator or a
// provenance without a name is "".
struct labels_note {
    const char *teacher, *file, *digest;
    const char *const *annotator, *const *provenance;
    size_t n_annotators, n_provenances;
};
bool audit_labels(struct labels_note *note, struct arena *arena, const struct audit *audit,
                  size_t number);

// What step `number` learned, where it is a tree or a linear model whose parameters the store has.
// audit_model_release is due where it is true. The model must stay put.
struct audit_model {
    struct explained what;
    struct artifact artifact;
    struct table table; // sizes alone: no names and no units
    bool standardised;  // its features were
};
bool audit_model(struct audit_model *out, const struct audit *audit, size_t number);
void audit_model_release(struct audit_model *model);

// Which steps read gold labels, of which data, said once for all seeds: "train weak" of
// "digits.gold".
struct gold_note {
    const char *reader, *kind, *data;
    size_t times;
    bool reads;
};
size_t audit_gold(struct gold_note **notes, const struct audit *audit); // freed by the caller

void audit_print(const struct audit *audit);
void audit_print_json(const struct audit *audit);

#endif

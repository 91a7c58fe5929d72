// lower.h -- from names to numbers: the checked program becomes a plan. Shared by lower_*.c.
//
// Checking and lowering are one walk: each function below looks at an expression as the type its place
// wants, reports everything that is wrong with it, and gives what the plan needs, or says no. `w2s check`
// is the same walk over every declaration, for one cell, without reading data (lowering.dry).
// Every function that gives bool is false after it has reported; STEP_NONE means the same.
#ifndef W2S_LOWER_H
#define W2S_LOWER_H

#include "plan/plan.h"
#include "resolve.h"
#include "schema.h"

// Expressions looked at in one cell and in all of them, and steps of a plan: far above what is asked for in
// earnest, and small enough that a hostile file is refused within seconds.
enum {
    LOWER_MAX_DEPTH = 200,
    LOWER_MAX_WORK = 200000,
    LOWER_MAX_TOTAL = 10000000,
    LOWER_MAX_STEPS = 1000000
};

// An expression and the block whose `let` names it may use.
struct scoped {
    const struct expr *expr;
    const struct block *block;
};

// A param's value in the current cell, computed when first needed.
struct param {
    struct value value;
    struct scoped swept; // its expression at this point of the sweep; or NULL
    enum { PARAM_NEW, PARAM_OPEN, PARAM_DONE, PARAM_WRONG } state;
};

// How a teacher or a student is trained: as written; on gold labels instead; as a control (docs/language.md).
// A stand-in is what teaches under self_teacher(): the student's own model and settings, on gold labels of
// the teacher's rows.
enum training {
#define TRAINING(id, call) TRAINING_##id,
#include "trainings.def"
#undef TRAINING
    TRAININGS
};
const char *training_call(enum training how); // "ceiling", "same_size"

// The step that trains a symbol in the current cell.
struct trained {
    uint32_t step;
    const uint32_t *generation; // of a student over generations: the step of each; or NULL
    uint32_t n_generations;
    enum { TRAINED_NEW, TRAINED_OPEN, TRAINED_DONE } state;
};

struct flow;         // who was trained on what (flow.h)
struct loss_cache;   // loaded losses (lower_loss.h)
struct labels_cache; // files of labels that were read (lower_labels.h)
struct outputs_cache; // files of outputs that were looked at (lower_outputs.h)
struct rules_cache;  // loaded rules (lower_rules.h)
struct slope_claims; // claims about all points (lower_slope.h)
struct trained_data; // which data is trained on (lower_prepare.h)
struct source_cache; // loaded facts and digests of sources, by canonical call (lower_data.c)

struct lowering {
    const struct program *program;
    struct plan *plan;
    struct arena *scratch;    // what lowering builds on the way; the plan copies what it keeps
    struct diags *diags;      // where messages go: `file`, or `command` for what stands there
    struct diags *file, *command;
    struct err *err;          // the world's failures: a missing file
    const char *folder;       // where relative paths start
    const struct source_memory *memory; // or NULL
    bool dry;                 // check only: missing files are no failure
    struct source_cache *sources;
    struct loss_cache *losses;
    struct labels_cache *labels;
    struct outputs_cache *outputs;
    struct rules_cache *rules;
    struct trained_data *trained_data; // NULL until it is asked for
    struct slope_claims *slopes; // NULL until there is one
    struct flow *flow;        // who was trained on what (flow.h)
    struct generation *generation; // being lowered, or NULL (lower_generation.h)
    bool seen;                // the data that was lowered last says seen(...)
    struct str checked; // what was traced already, a line each (lower_train.c)
    unsigned depth, work;     // work: expressions looked at in this cell
    unsigned total;           // and in all
    bool spent;               // a limit was reached, and reported: every lower_enter fails
    // the cell
    struct param *params;     // by symbol number
    struct trained (*trained)[TRAININGS]; // by symbol number
    bool *open;               // by symbol number: being lowered, up the stack
    int64_t seed;
    // the training that is lowered: whose it is, and how
    const struct symbol *learner;
    enum training how;
};

// Depth guard: enter() is false, after a diagnostic, when nesting is too deep. Pair with leave().
bool lower_enter(struct lowering *l, struct span span);
void lower_leave(struct lowering *l);

// Guards against a declaration that is made from itself: false after a diagnostic. Pair with lower_close.
bool lower_open(struct lowering *l, const struct symbol *symbol);
void lower_close(struct lowering *l, const struct symbol *symbol);

// Follows `let` names, so that the caller sees what was meant. Reports cycles.
bool lower_follow(struct lowering *l, struct scoped *s);

// --- constants (constant.c) ---------------------------------------------------------------------------
// A number, bool or text from literals, params, arithmetic and comparisons.
bool lower_constant(struct lowering *l, struct value *out, struct scoped s);
bool lower_param(struct lowering *l, struct value *out, const struct symbol *symbol);
bool lower_number(struct lowering *l, double *out, struct scoped s);

// --- values by the schema (typed.c, call.c) --------------------------------------------------------------------
// A value of the row's type, in its range. For types that refer to declarations use the functions below.
bool lower_value(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row);

// An expression over rows (lower_rows.c): its type, or ROW_WRONG after a report. `rows`: the step that
// gives them, or STEP_NONE; names that nothing declares are columns, which images have not.
enum row_type { ROW_WRONG, ROW_NUMBER, ROW_TRUTH };
enum row_type lower_row_expr(struct lowering *l, struct value *out, struct scoped s, uint32_t rows);
bool lower_is_condition(struct lowering *l, struct scoped s); // a comparison, or several

// A setting of a symbol: its value, or the schema's default. Absent optional: VALUE_NONE.
bool lower_fallback(struct lowering *l, struct value *out, const struct schema_row *row); // the default, or NONE
void lower_missing(struct lowering *l, const struct symbol *symbol, const char *name);
bool lower_setting(struct lowering *l, struct value *out, const struct symbol *symbol, const char *name);

// Matches a call's arguments with the schema: bound[i] is the expression for argument i, or NULL. `skip`
// leading arguments and the names in it belong to the caller (accuracy(model, on: data)). A bare name is
// a call without arguments. `bound` holds CALL_MAX_ARGS.
enum { CALL_MAX_ARGS = 24 };
bool lower_bind(struct lowering *l, const struct expr **bound, const struct schema_row *call,
                struct scoped s);

// The call as a value with all arguments; those of reference types must be bound by the caller and are
// left out. `s` must name a call of `group`.
// A bare word: what the file declares with it comes before the call of that name.
bool lower_is_call(const struct lowering *l, enum schema_group group, enum decl_kind kind,
                   const char *word);
const struct schema_row *lower_callee(struct lowering *l, enum schema_group group, struct scoped s);
bool lower_call(struct lowering *l, struct value *out, enum schema_group group, struct scoped s);
bool lower_bound_call(struct lowering *l, struct value *out, const struct schema_row *call,
                      const struct expr *const *bound, struct scoped s);

// --- declarations -------------------------------------------------------------------------------------
// The symbol a name means, if it is of one of `kinds` (bits); reports otherwise.
const struct symbol *lower_symbol(struct lowering *l, struct scoped s, unsigned kinds, const char *noun);

uint32_t lower_data(struct lowering *l, struct scoped s);                         // lower_data.c
// The same, where rows are used; `seen`: it says seen(...), which only such places may.
uint32_t lower_used_data(struct lowering *l, bool *seen, struct scoped s);
bool lower_shift(struct lowering *l, struct value *out, struct scoped s);         // lower_shift.c
// Rows under a shift that was checked; what does not fit is reported at `span`.
uint32_t lower_shifted(struct lowering *l, uint32_t rows, struct value shift, const char *label, struct span span);
bool lower_model(struct lowering *l, struct value *out, struct scoped s);         // lower_train.c
bool lower_weight(struct lowering *l, struct value *out, struct scoped s);        // lower_weight.c

uint32_t lower_training(struct lowering *l, const struct symbol *symbol, enum training how);
// What teaches the learner instead of `teacher` under random_teacher() and self_teacher(), otherwise the
// teacher as it is trained.
uint32_t lower_teaching(struct lowering *l, const struct symbol *teacher, struct span span);
// Tells a model that wants images their shape; false after a diagnostic where the rows have none.
bool lower_model_images(struct lowering *l, struct value *model, uint32_t rows, struct span span); // lower_model.c
bool lower_same_images(struct lowering *l, const struct step *train, const struct step *data,
                       const char *who, struct span span);
struct step_facts lower_model_facts(const struct value *model, uint64_t features, uint64_t classes);

// Models that are fitted, not trained by gradient (lower_kind.c): trees and nearest neighbours.
struct lowered_terms;
bool lower_is_fitted(const struct value *model);
const char *lower_kind_noun(const struct value *model); // "a tree"
bool lower_takes_all(const struct value *optimiser); // all rows in every step: lbfgs
bool lower_all_rows_fit(struct lowering *l, const struct value *model, struct span span); // such an optimiser
// Reports the settings `names` (NULL at the end) that stand in the file together with the setting
// `cause`, for which they have no meaning. False after a report.
bool lower_refuse_settings(struct lowering *l, const struct symbol *symbol, const char *const *names,
                           const char *cause, const char *because);
bool lower_fitted_terms(struct lowering *l, const struct value *model, const struct lowered_terms *terms);
int64_t lower_fitted_seed(const struct lowering *l, const uint32_t *in, uint32_t n); // of a step with these inputs
double lower_fitted_flops(const struct value *model, const struct step_facts *rows); // of the fit
double lower_fitted_row_flops(const struct value *model, const struct step_facts *train); // to predict a row

// One term of an objective after the algebra of `learn`. Steps that do not apply are STEP_NONE.
struct lowered_term {
    struct value weight;
    struct value call;              // the loss with its params, without the weight (lower_loss.h)
    bool gold;                      // it reads the gold labels of the rows
    bool says_labels;               // and the file says so
    bool invariance;                // it compares environments
    uint32_t target;                // targets from a teacher
    uint32_t logits;                // of the teacher, where the loss reads them
    uint32_t from;                  // the teacher's hidden layer
    unsigned to;                    // the student's, from 1; 0: none
    uint32_t lists;                 // rankings
    uint32_t poll;                  // targets from a mixture of teachers, instead of target and logits
    struct value mixture;           // and how its weights are learned (model/mixture.h)
    uint32_t mask;                  // for some of the rows: their weights
    bool wants_reference;
    const struct symbol *reference; // the frozen model; NULL: the student's own start
    const struct symbol *teacher;   // whose guidance it is, or NULL
    struct span span;
};
void lowered_term_init(struct lowered_term *term, struct span span);
struct lowered_terms {
    struct lowered_term *items;
    size_t n;
};
bool lower_objective(struct lowering *l, struct lowered_terms *out, struct scoped s, uint32_t rows);
bool lower_guidance(struct lowering *l, struct lowered_term *out, struct scoped s, uint32_t rows); // lower_guidance.c
// filter() and relabel(), `call`, around the guidance they are made from.
bool lower_filtered(struct lowering *l, struct lowered_term *out, const struct schema_row *call,
                    struct scoped s, uint32_t rows); // lower_filter.c
const struct symbol *lower_teacher_of(struct lowering *l, const struct symbol *student); // first in learn

// A model that can be asked: a teacher, a student, ceiling(student), a control.
struct model_ref {
    const struct symbol *symbol;
    enum training how;
    const char *label;
    struct span span; // where it was asked for
    uint32_t generation; // from 1; 0: the last, or there is only one
};
bool lower_model_ref(struct lowering *l, struct model_ref *out, struct scoped s); // lower_evaluate.c
bool lower_same_model(const struct model_ref *a, const struct model_ref *b);
bool lower_control(struct lowering *l, struct model_ref *out, struct scoped s);

// Logits of a trained model. STEP_NONE after a diagnostic at `span` when the rows have another shape than those
// the model, called `who`, was trained on.
uint32_t lower_predict(struct lowering *l, uint32_t trained, uint32_t rows, const char *who,
                       struct span span);
// The same for hidden layer `layer`, from 1.
uint32_t lower_predict_layer(struct lowering *l, uint32_t trained, unsigned layer, uint32_t rows,
                             const char *who, struct span span);

// A metric with what it refers to besides the model it is about.
struct metric_ref {
    struct value call; // with $1 for the other model, or for the rankings; of pgr(metric), the metric
    bool has_other;
    struct model_ref other;
    struct scoped rankings; // guidance that ranks; .expr is NULL where there is none
    uint32_t lists;         // the step that ranks the rows (lower_metric_on)
    struct scoped outside;  // other data that the model is asked about; .expr is NULL where there is none
    uint32_t outside_rows;  // (lower_metric_on)
    bool outside_seen;
    struct span by;         // where the file says which groups, or which class
    bool is_pgr;
    struct value constraint;    // violations: the constraint, lua(...); else NONE
    struct span span;           // and where the file names it
    const char *label;
    const struct model_ref *among; // effective_robustness: the models of the block
    size_t n_among;
};
bool lower_metric(struct lowering *l, struct metric_ref *out, const struct schema_row *call,
                  const struct expr *const *bound, struct scoped s);                   // lower_metric.c
// The metric as it is on these rows: their groups known by name, rankings of them drawn.
bool lower_metric_on(struct lowering *l, struct metric_ref *out, const struct metric_ref *metric, uint32_t rows);

// The evaluate steps behind one number for one seed, of a metric that lower_metric_on gave: one, or three for pgr (student, teacher, ceiling).
// n is 0 and *why is set where the number has no meaning (the pgr of a teacher).
struct evaluation {
    uint32_t step[3];
    size_t n;
    const char *why_none;
    uint32_t outside; // rows of other data that were predicted too, or STEP_NONE
    struct span outside_span;
    bool outside_seen;
};
// violations(guidance): the metric, and the steps behind one number of it (lower_constraint.c).
bool lower_violations(struct lowering *l, struct metric_ref *out, struct scoped guidance);
bool lower_violations_of(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                         const struct model_ref *model, uint32_t trained, uint32_t rows);

bool lower_evaluation(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                      const struct model_ref *model, uint32_t rows);

// What one point of the sweep asks for, collected over its seeds. The walk is the same for every seed, so
// the i-th number of one seed is the i-th of another.
struct asked_number {
    const char *model, *on, *metric;
    bool is_pgr, control;
    bool bca, iqm;      // how the seeds are summed up
    const char *why_none;
    size_t parts;       // evaluate steps a seed
    uint32_t *step;     // [seed][part], 3 apart
};
struct asked_claim {
    const char *title, *text;
    struct span span;
    bool skipped;       // its condition does not hold at this point
    bool slopes;        // it is about all points (lower_slope.h)
    struct value assertion; // claim(holds: gt(...), level:), inputs numbered by leaf
    size_t leaves;
    uint32_t *step;     // [leaf][seed]
};
// A test between two of the numbers; x, y: which. Its kind is a word of the schema.
struct asked_test {
    const char *kind;
    size_t x, y;
    uint32_t family;
};
struct asked {
    size_t n_seeds;
    struct asked_number *numbers;
    size_t n_numbers, cap_numbers;
    struct asked_claim *claims;
    size_t n_claims, cap_claims;
    struct asked_test *tests; // those of the first seed: they are the same for all
    size_t n_tests, cap_tests;
};
void asked_release(struct asked *asked);
bool lower_numbers(struct lowering *l, struct asked *asked, size_t seed_index); // lower_evaluate.c
bool lower_claims(struct lowering *l, struct asked *asked, size_t seed_index);  // lower_claim.c
// The plots of the report, into `plan`; every number they show must be among those asked for. NULL: what was
// asked for is not known.
void lower_report(struct lowering *l, struct plan *plan, const struct asked *asked); // lower_report.c
void lower_results(struct lowering *l, const struct asked *asked, uint32_t point); // compare and claim steps

// --- the whole (lower.c) --------------------------------------------------------------------------------
struct lower_options {
    const char *folder;
    bool dry;
    bool outline; // with dry: the first point is lowered all the same, from what headers tell: shapes for an editor
    const struct ast *overrides; // `param name = value` declarations from --set, or NULL
    const struct expr *seeds;    // from --seeds, or NULL
    struct diags *command; // receives what is wrong in those two, whose spans are not the file's
    struct flow *flow;     // receives who was trained on what, zeroed; or NULL
    const struct source_memory *memory; // or NULL
};

// What earlier runs found out about sources, so that files which have not changed are not read again.
struct source_facts;
struct source_memory {
    bool (*find)(void *data, struct source_facts *out, const struct value *source, const char *folder);
    void (*keep)(void *data, const struct source_facts *facts, const struct value *source, const char *folder);
    void *data;
};

// Fills `plan` from the program. False when there are diagnostics or `err` is set.
bool lower_program(struct plan *plan, const struct program *program, const struct lower_options *options,
                   struct diags *diags, struct err *err);

// Values and labels in the scratch arena, which lives as long as a point of the sweep.
struct value lower_make_call(struct lowering *l, const char *callee, size_t n, const struct value_arg *args);
struct value lower_make_list(struct lowering *l, size_t n, const struct value *items);

// The expression as text, every `let` name in it replaced by what it means: equal labels are equal things.
const char *lower_label(struct lowering *l, struct scoped s);

#endif

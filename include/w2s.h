// w2s.h -- libw2s: compile an experiment, run it, read its results. The whole public interface.
//
//     struct w2s_error error;
//     struct w2s_experiment *x = w2s_compile_file("digits.w2s", NULL, NULL, &error);
//     struct w2s_run *run = x != NULL ? w2s_run_new(x) : NULL;
//     if (run != NULL && w2s_run_execute(run, NULL, &error) == W2S_OK)
//         ... w2s_run_result(run, i) ...
//     w2s_run_free(run);
//     w2s_experiment_free(x);
//
// Ownership. Handles are made by w2s_compile_* and w2s_run_new, and freed by w2s_experiment_free
// and w2s_run_free; NULL may be freed. An experiment must outlive its runs. Structs are given by
// value; the texts and arrays they point to belong to the handle they came from, are never NULL
// unless it says so below, and last as long as the handle. Texts are UTF-8. Arguments are borrowed
// for the time of the call.
//
// Indices count from 0; one that is out of range gives a struct of zeroes. Numbers that do not
// exist (the interval of a single seed, a refused ratio) are NaN.
//
// Threads. Different handles may be used by different threads at the same time, and one experiment
// by several runs at once. A run is used by one thread at a time; only w2s_run_stop may be called
// by any thread at any moment. The library keeps no state of its own. It installs no signal
// handlers and prints nothing. LC_NUMERIC must be "C" (it is, unless the program calls setlocale):
// otherwise compiling and running fail with W2S_MISUSE.
//
// What ends the process, after a line on standard error: memory that runs out for small things
// (status 74; sizes of data and models fail with W2S_IO), and a bug of the library (status 70).
//
// Results are the same bits as those of the command line, on any number of threads.
#ifndef W2S_H
#define W2S_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define W2S_API __attribute__((visibility("default")))
#else
#define W2S_API
#endif

// Within one soname (libw2s.so.0) functions are only added; structs and values stay as they are.

// Why something failed. The numbers are the exit statuses of the command line.
enum w2s_status {
    W2S_OK = 0,
    W2S_MISUSE = 64,       // an argument is wrong
    W2S_SOURCE = 65,       // the experiment, or data it names, is wrong
    W2S_MISSING = 66,      // a file is not there
    W2S_IO = 74,           // reading or writing failed, or memory ran out
    W2S_INTERRUPTED = 130, // w2s_run_stop, or the progress function said so
};

// Filled by functions that fail and untouched by those that do not; each takes NULL too.
struct w2s_error {
    enum w2s_status status;
    char text[512]; // what went wrong; never empty
    char hint[512]; // a sentence that says what to do, or ""
};

W2S_API const char *w2s_version(void); // "0.1.0"
W2S_API const char *w2s_kernels(void); // "avx512": the instruction set a run would use here

// --- compiling -------------------------------------------------------------------------------------

struct w2s_experiment;

// `set`: "NAME=VALUE" texts that fix params, as --set does; ends with NULL; NULL: none.
// `seeds`: "3", "0..4" or "[1, 5]" instead of the file's; NULL: the file's.
// `path` "-" is standard input.
// NULL after a failure. Mistakes in the text of the experiment are no failure of this call: the
// experiment is given, w2s_is_right is 0, and its diagnostics say what is wrong. Headers and digests
// of data files are read.
W2S_API struct w2s_experiment *w2s_compile_file(const char *path, const char *const *set,
                                                const char *seeds, struct w2s_error *error);

// The same for `n` bytes of text; `name` stands for the file in messages, and relative paths of
// data start at `folder`.
W2S_API struct w2s_experiment *w2s_compile_text(const char *name, const char *text, size_t n,
                                                const char *folder, const char *const *set,
                                                const char *seeds, struct w2s_error *error);
W2S_API void w2s_experiment_free(struct w2s_experiment *experiment);
W2S_API int w2s_is_right(const struct w2s_experiment *experiment); // 1: it may be run

// From 1, columns in code points; 0 where a message has no place. Ends are exclusive.
struct w2s_span {
    uint32_t line, column, end_line, end_column;
};

struct w2s_diagnostic {
    int is_error;         // 0: a warning
    const char *code;     // "W2S0201"
    const char *file;     // the path or name given, or "command line" for `set` and `seeds`
    const char *message;
    const char *hint;     // NULL: none
    struct w2s_span span;
    const char *other;    // what stands at a second place; NULL: there is none
    struct w2s_span other_span;
};
W2S_API size_t w2s_n_diagnostics(const struct w2s_experiment *experiment);
W2S_API struct w2s_diagnostic w2s_diagnostic(const struct w2s_experiment *experiment, size_t i);
// All of them with the lines they are about, as `w2s check` prints them; "" when there are none.
W2S_API const char *w2s_messages(const struct w2s_experiment *experiment);

// What would be run; zeroes for an experiment with mistakes.
struct w2s_plan {
    const char *title;
    size_t n_steps;
    size_t n_points;  // of the sweep; 1 without one
    size_t n_results, n_claims;
    size_t n_seeds;
    const int64_t *seeds; // in the order of every `values` below; NULL with mistakes
    double flop;          // floating-point operations of all steps
};
W2S_API struct w2s_plan w2s_plan(const struct w2s_experiment *experiment);
W2S_API const char *w2s_plan_text(const struct w2s_experiment *experiment); // as `w2s plan` prints it

// The params of a point of the sweep, 0 <= point < n_points; their values as text.
struct w2s_param {
    const char *name, *value;
    double number; // NaN: the value is none
};
W2S_API size_t w2s_n_params(const struct w2s_experiment *experiment, size_t point);
W2S_API struct w2s_param w2s_param(const struct w2s_experiment *experiment, size_t point, size_t i);

// --- running ---------------------------------------------------------------------------------------

struct w2s_run;

enum w2s_event_kind {
    W2S_STARTED,  // a step begins
    W2S_EPOCH,    // an epoch of a training is over
    W2S_FINISHED, // a step is done
};

struct w2s_event {
    enum w2s_event_kind kind;
    const char *step;     // its kind: "train"
    const char *label;    // what it is about: "naive"
    int64_t seed;         // -1: the same for all seeds
    size_t done, total;   // steps
    size_t epoch, epochs; // W2S_EPOCH: 1 <= epoch <= epochs; otherwise 0
    double loss;          // W2S_EPOCH: mean over the epoch; otherwise NaN
};

// Zeroes are the defaults: `struct w2s_run_options how = {0};`
struct w2s_run_options {
    unsigned threads;   // 1 to 1024; 0: all cores
    const char *store;  // a folder where results are kept and found again; NULL: none. Such a run is
                        // not listed by `w2s list`, and `w2s gc` drops what only it needs, until
                        // `w2s run` of the same file has recorded it, which computes nothing again
    double checkpoint_seconds; // with a store, between two states of a long training; 0: only when
                               // the run is stopped
    // Called by the threads of the run, one call at a time, until w2s_run_execute returns. Not 0:
    // stop. It must not use the run, w2s_run_stop excepted. The event lasts as long as the call.
    int (*progress)(void *data, const struct w2s_event *event);
    void *data;
};

// NULL for an experiment that has mistakes.
W2S_API struct w2s_run *w2s_run_new(const struct w2s_experiment *experiment);
W2S_API void w2s_run_free(struct w2s_run *run);

// Carries it out, once; a second call is W2S_MISUSE. `options` may be NULL. When a step fails, those
// that do not need it are carried out all the same: their results are there after the failure.
W2S_API enum w2s_status w2s_run_execute(struct w2s_run *run, const struct w2s_run_options *options,
                                        struct w2s_error *error);
// Ends w2s_run_execute soon with W2S_INTERRUPTED; also when it has not begun yet. With a store,
// another run of the same experiment goes on from there.
W2S_API void w2s_run_stop(struct w2s_run *run);

// --- results: after w2s_run_execute ------------------------------------------------------------------

// A number asked for by `evaluate`: a metric of a model on data, at a point of the sweep.
struct w2s_result {
    const char *model, *on, *metric; // as written in the file
    size_t point;                    // of the sweep: its params are w2s_param(experiment, point, i)
    int is_control;
    double mean;      // over seeds; of a ratio (pgr) the ratio of means
    double low, high; // its interval
    double level;     // of the interval: 0.95
    const char *interval; // how it was made: "t", "bca", "fieller"; "" when there is no number
    const double *values; // one for each seed; NULL when there is no number
    size_t n_values;
    const char *refused;  // why there is no number; NULL: there is one
};
W2S_API size_t w2s_n_results(const struct w2s_run *run);
W2S_API struct w2s_result w2s_run_result(const struct w2s_run *run, size_t i);

enum w2s_held {
    W2S_UNKNOWN = -1, // not tested: its condition names other points, or a step it needs failed
    W2S_FAILED = 0,
    W2S_HELD = 1,
};

struct w2s_claim {
    const char *title; // NULL: it has none
    const char *text;  // as written
    size_t point;
    enum w2s_held held;
    double difference;    // mean over seeds of what is claimed to be above 0
    double bound;         // lower confidence bound of it, at `level`
    double level;
    double p;             // of the one-sided paired test
    double p_holm;        // the same, adjusted for all claims that were tested; NaN for a single one
};
W2S_API size_t w2s_n_claims(const struct w2s_run *run);
W2S_API struct w2s_claim w2s_run_claim(const struct w2s_run *run, size_t i);

// A test between two models, asked for by `tests` of an evaluate block: whether their numbers are the same over the
// seeds, which are paired.
struct w2s_test {
    const char *test;         // "t", "wilcoxon", "permutation"
    const char *first, *second, *on, *metric;
    size_t point;
    double difference;        // mean of the first minus the second
    double low, high;         // Student's interval of it, at 95 %
    double p_greater;         // one-sided: the first is larger
    double p;                 // two-sided
    double p_holm;            // p, adjusted for all tests of the block
    int is_exact;             // p is from the exact distribution over signs
    double cliffs_delta;      // -1 to 1
    const char *refused;      // why there is none of these numbers; NULL: there are
};
W2S_API size_t w2s_n_tests(const struct w2s_run *run);
W2S_API struct w2s_test w2s_run_test(const struct w2s_run *run, size_t i);

struct w2s_summary {
    char digest[65];   // SHA-256 over all parameters and numbers, in hexadecimal; "" before the run
    size_t n_made;     // steps that were carried out, of those that compute something worth keeping
    size_t n_known;    // and of those, steps the store had
    size_t n_failed;
    unsigned threads;
    const char *kernels; // "avx512"; "" before the run
    double seconds;
};
W2S_API struct w2s_summary w2s_run_summary(const struct w2s_run *run);

#ifdef __cplusplus
}
#endif

#endif

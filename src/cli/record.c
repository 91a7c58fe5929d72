// record.c -- see record.h.
#include "record.h"

#include "base/mem.h"
#include "data/load.h"
#include "hook/loss.h"
#include "hook/stdlib.h"
#include "results.h"
#include "store/digest_set.h"
#include "store/files.h"
#include "store/plan_file.h"

#include <fcntl.h>
#include <math.h> // NAN only
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

// --- the plan ------------------------------------------------------------------------------------

// Whether losses read gold labels, by their calls; each is loaded once.
struct loss_labels {
    struct {
        const char *text; // of the script; borrowed
        bool reads;
    } * items;
    size_t n, cap;
};

static bool loss_reads_gold(struct loss_labels *known, const struct value *call)
{
    const struct stdlib_file *file =
        call != NULL && call->kind == VALUE_CALL ? stdlib_loss(call->text) : NULL;
    const char *text = file != NULL                                 ? file->text
                       : call != NULL && value_is_call(call, "lua") ? value_arg_text(call, "text")
                                                                    : NULL;
    for (size_t i = 0; i < known->n; i++)
        if (known->items[i].text == text ||
            (text != NULL && strcmp(known->items[i].text, text) == 0))
            return known->items[i].reads;
    struct loss *loss = NULL;
    struct err ignored = {0};
    bool reads = true; // what cannot be looked into may read everything
    if (text != NULL && loss_load(&loss, call->text, text, strlen(text), &ignored) == 0)
        reads = (loss_description(loss)->reads & READS_LABELS) != 0;
    loss_free(loss);
    if (text != NULL) {
        known->items = mem_grow(known->items, &known->cap, known->n + 1, sizeof *known->items);
        known->items[known->n].text = text;
        known->items[known->n++].reads = reads;
    }
    return reads;
}

// A part that is chosen by a condition may be chosen by class, as `where` is.
static bool has_conditions(const struct step *split)
{
    const struct value *parts = value_arg(&split->attrs, "parts");
    for (size_t i = 0; parts != NULL && i < parts->n; i++)
        if (parts->args[i].value.kind != VALUE_NUMBER)
            return true;
    return false;
}

// Whether a step looks at gold labels; what moves them along with their rows does not count.
static bool reads_gold(struct loss_labels *known, const struct step *step)
{
    const struct value *stratify, *objective, *select;
    switch (step->kind) {
    case STEP_where:
    case STEP_evaluate:
        return true;
    case STEP_split:
        stratify = value_arg(&step->attrs, "stratify");
        return (stratify != NULL && stratify->number != 0) || has_conditions(step);
    case STEP_pair:
        objective = value_arg(&step->attrs, "within");
        return objective != NULL && strcmp(objective->text, "class") == 0;
    case STEP_shift:
        objective = value_arg(&step->attrs, "shift");
        return value_is_call(objective, "lua") && loss_reads_gold(known, objective);
    case STEP_constrain:
        return loss_reads_gold(known, value_arg(&step->attrs, "constraint"));
    case STEP_train:
        select = value_arg(&step->attrs, "select");
        if (select != NULL && (value_arg(select, "on") != NULL ||
                               strcmp(value_arg_text(select, "labels"), "gold") == 0))
            return true;
        objective = value_arg(&step->attrs, "objective");
        for (size_t i = 0; objective != NULL && i < objective->n; i++)
            if (loss_reads_gold(known, value_arg(&objective->items[i], "loss")))
                return true;
        return false;
    default:
        return false;
    }
}

static void write_plan(struct str *out, const struct plan *plan)
{
    bool *gold = mem_new(plan->n * sizeof *gold);
    struct loss_labels known = {0};
    for (size_t i = 0; i < plan->n; i++)
        gold[i] = reads_gold(&known, &plan->steps[i]);
    plan_file_write(out, plan, gold);
    mem_free(known.items);
    mem_free(gold);
}

// --- an earlier run ------------------------------------------------------------------------------

struct search {
    struct digest source, plan;
    struct uid *uid;
    uint64_t *number;
    struct store *store;
    struct {
        struct uid uid;
        uint64_t number;
    } * runs; // with that source and plan
    size_t n, cap;
};

static int match_run(void *data, const union any_record *record, struct err *err)
{
    struct search *s = data;
    const struct run_record *run = &record->run;
    (void)err;
    if (digest_equal(&run->source, &s->source) && digest_equal(&run->plan, &s->plan)) {
        s->runs = mem_grow(s->runs, &s->cap, s->n + 1, sizeof *s->runs);
        s->runs[s->n].uid = run->uid;
        s->runs[s->n++].number = run->number;
    }
    return 0;
}

static int match_end(void *data, const union any_record *record, struct err *err)
{
    struct search *s = data;
    (void)err;
    if (strcmp(record->end.state, "done") != 0)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(&s->runs[i].uid, &record->end.run, sizeof(struct uid)) == 0) {
            *s->number = s->runs[i].number;
            *s->uid = s->runs[i].uid;
        }
    return 0;
}

int record_find(uint64_t *number, struct uid *uid, struct store *store, const struct run *run,
                const struct run_origin *origin, struct err *err)
{
    struct str plan = {0};
    write_plan(&plan, run->plan);
    struct search s = {.source =
                           digest_of(origin->compiled->source.bytes, origin->compiled->source.n),
                       .plan = digest_of(plan.data, plan.len),
                       .uid = uid,
                       .number = number};
    str_release(&plan);
    *number = 0;
    int status = store_each(store, RECORD_run, NULL, match_run, &s, err);
    if (status == 0 && s.n > 0)
        status = store_each(store, RECORD_end, NULL, match_end, &s, err);
    mem_free(s.runs);
    return status;
}

// --- the beginning -------------------------------------------------------------------------------

static void add_fact(struct store_batch *batch, const struct uid *run, const char *name,
                     const char *value)
{
    struct provenance_record record = {.run = *run, .name = name, .value = value};
    batch_add(batch, RECORD_provenance, &record);
}

// SHA-256 of the data files, as sha256sum prints it. They are read once more: in the time of a
// training that is nothing. A file that cannot be read is told by the step that loads it.
static void add_files(struct store_batch *batch, const struct uid *run, const struct value *source,
                      const char *folder, struct digest_set *seen)
{
    struct str paths[LOAD_FILES] = {{0}}, name = {0}, value = {0};
    struct err ignored = {0};
    size_t n;
    if (load_paths(paths, &n, source, folder, &ignored) < 0)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t *bytes;
        size_t size;
        char hex[DIGEST_HEX];
        struct digest path = digest_of(paths[i].data, paths[i].len);
        if (digest_set_has(seen, &path) ||
            files_read(&bytes, &size, AT_FDCWD, paths[i].data, SIZE_MAX / 2, &ignored) < 0)
            continue;
        digest_set_add(seen, &path);
        struct digest digest = digest_of(bytes, size);
        mem_free(bytes);
        digest_hex(hex, &digest);
        str_clear(&name);
        str_clear(&value);
        str_format(&name, "data %s", paths[i].data);
        str_format(&value, "sha256 %s, %zu bytes", hex, size);
        add_fact(batch, run, name.data, value.data);
    }
    for (size_t i = 0; i < LOAD_FILES; i++)
        str_release(&paths[i]);
    str_release(&name);
    str_release(&value);
}

static void add_data(struct store_batch *batch, const struct uid *run, const struct plan *plan,
                     const char *folder)
{
    struct digest_set seen = {0};
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_load)
            add_files(batch, run, value_arg(&plan->steps[i].attrs, "source"), folder, &seen);
    digest_set_release(&seen);
}

static void add_number(struct store_batch *batch, const struct uid *run, const char *name,
                       unsigned value)
{
    struct str text = {0};
    str_format(&text, "%u", value);
    add_fact(batch, run, name, text.data);
    str_release(&text);
}

static void add_provenance(struct store_batch *batch, const struct uid *run, const char *engine,
                           const struct run_origin *origin)
{
    const struct compiled *c = origin->compiled;
    const struct options *o = origin->options;
    struct str set = {0};
    struct utsname system;
    char *folder = realpath(c->folder, NULL);
    for (size_t i = 0; i < o->n_set; i++)
        str_format(&set, "%s%s", i > 0 ? "\n" : "", o->set[i]);
    add_fact(batch, run, "w2s", W2S_VERSION);
    add_fact(batch, run, "engine", engine);
    add_fact(batch, run, "instructions", origin->isa);
    add_number(batch, run, "threads", origin->threads);
    add_fact(batch, run, "file", c->source.path);
    add_fact(batch, run, "folder", folder != NULL ? folder : c->folder);
    add_fact(batch, run, "set", str_text(&set)); // one a line
    add_fact(batch, run, "seeds", o->seeds != NULL ? o->seeds : "");
    if (uname(&system) == 0) {
        add_fact(batch, run, "host", system.nodename);
        add_fact(batch, run, "system", system.sysname);
        add_fact(batch, run, "release", system.release);
        add_fact(batch, run, "machine", system.machine);
    }
    mem_free(folder);
    str_release(&set);
}

static void add_cells(struct store_batch *batch, const struct uid *run, const struct plan *plan)
{
    struct str params = {0};
    for (size_t i = 0; i < plan->n_points; i++) {
        str_clear(&params);
        point_write(&params, &plan->points[i]);
        struct cell_record cell = {.run = *run, .point = i, .params = str_text(&params)};
        batch_add(batch, RECORD_cell, &cell);
    }
    str_release(&params);
}

int record_start(uint64_t *number, struct uid *uid, struct store *store, const struct run *run,
                 const struct run_origin *origin, struct err *err)
{
    const struct source *source = &origin->compiled->source;
    struct store_batch batch = {0};
    struct str plan = {0};
    *uid = store_new_uid();
    struct run_record record = {.uid = *uid, .started = store_clock(), .title = run->plan->title};
    write_plan(&plan, run->plan);
    int status = batch_put(&record.source, store, &batch, source->bytes, source->n, err);
    if (status == 0)
        status = batch_put(&record.plan, store, &batch, plan.data, plan.len, err);
    if (status == 0) {
        add_provenance(&batch, uid, run->engine, origin);
        add_data(&batch, uid, run->plan, origin->compiled->folder);
        add_cells(&batch, uid, run->plan);
        status = store_start_runs(store, &batch, &record, 1, err);
    }
    *number = record.number;
    str_release(&plan);
    batch_release(&batch);
    return status;
}

// --- the end -------------------------------------------------------------------------------------

static void add_metric(struct store_batch *batch, const struct uid *uid, const struct run *run,
                       size_t position)
{
    const struct plan_number *number = &run->plan->numbers[position];
    struct str refused = {0};
    struct metric_record record = {.run = *uid,
                                   .point = number->point,
                                   .position = position,
                                   .model = number->model,
                                   .on_data = number->on,
                                   .metric = number->metric,
                                   .control = number->control,
                                   .mean = NAN,
                                   .low = NAN,
                                   .high = NAN};
    bool none = results_refused(&refused, run, number);
    record.refused = str_text(&refused);
    if (number->step != STEP_NONE && run->artifacts[number->step].state == ARTIFACT_READY) {
        const struct comparison *c = &run->artifacts[number->step].comparison;
        record.ratio = c->is_ratio;
        record.level = c->level;
        record.by_seed = (struct numbers){c->value, c->n};
        if (!none) {
            record.mean = c->is_ratio ? c->ratio.value : c->interval.mean;
            record.low = c->is_ratio ? c->ratio.low : c->interval.low;
            record.high = c->is_ratio ? c->ratio.high : c->interval.high;
        }
    }
    batch_add(batch, RECORD_metric, &record);
    str_release(&refused);
}

static void add_claim(struct store_batch *batch, const struct uid *uid, const struct run *run,
                      size_t position)
{
    const struct plan_claim *claim = &run->plan->claims[position];
    struct claim_record record = {.run = *uid,
                                  .point = claim->point,
                                  .position = position,
                                  .title = claim->title != NULL ? claim->title : "",
                                  .assertion = claim->text,
                                  .verdict = "untested",
                                  .difference = NAN,
                                  .bound = NAN,
                                  .p = NAN,
                                  .level = NAN};
    if (claim->step != STEP_NONE && run->artifacts[claim->step].state == ARTIFACT_READY) {
        const struct claim_result *r = &run->artifacts[claim->step].claim;
        record.verdict = r->held ? "held" : "failed";
        record.difference = r->test.mean;
        record.bound = r->test.bound;
        record.p = r->test.p;
        record.level = r->level;
    }
    batch_add(batch, RECORD_claim, &record);
}

int record_end(struct store *store, const struct uid *uid, const struct run *run,
               const struct err *why, struct err *err)
{
    struct store_batch batch = {0};
    bool interrupted = why->kind == ERR_INTERRUPTED;
    struct end_record end = {.run = *uid,
                             .ended = store_clock(),
                             .seconds = run->seconds,
                             .digest = run_digest(run),
                             .made = run->n_made,
                             .reused = run->n_known,
                             .note = why->text,
                             .state = interrupted       ? "interrupted"
                                      : err_is_set(why) ? "failed"
                                                        : "done"};
    for (size_t i = 0; !interrupted && i < run->plan->n_numbers; i++)
        add_metric(&batch, uid, run, i);
    for (size_t i = 0; !interrupted && i < run->plan->n_claims; i++)
        add_claim(&batch, uid, run, i);
    batch_add(&batch, RECORD_end, &end);
    int status = store_commit(store, &batch, err);
    batch_release(&batch);
    return status;
}

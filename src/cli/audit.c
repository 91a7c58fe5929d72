// audit.c -- see audit.h: gathering.
#include "audit.h"

#include "exec/keep.h"
#include "hook/loss.h"
#include "hook/stdlib.h"

#include <string.h>

// --- steps ---------------------------------------------------------------------------------------

static struct digest link_step(const struct audit *a, const struct digest *before,
                               const struct audit_step *s)
{
    struct digest_state *state = digest_new();
    digest_add(state, before->bytes, sizeof before->bytes);
    digest_add(state, s->step->key.bytes, sizeof s->step->key.bytes);
    digest_add_text(state, s->step->kind);
    digest_add(state, s->result.bytes, sizeof s->result.bytes);
    digest_add_u64(state, s->step->n_in);
    for (size_t i = 0; i < s->step->n_in; i++)
        digest_add(state, a->steps[s->step->in[i]].result.bytes, sizeof s->result.bytes);
    return digest_take(state);
}

static uint64_t number_of(const struct runs *runs, const struct uid *uid)
{
    for (size_t i = 0; i < runs->n; i++)
        if (memcmp(&runs->items[i].run.uid, uid, sizeof *uid) == 0)
            return runs->items[i].run.number;
    return 0;
}

static bool is_recorded_kind(const char *kind)
{
    return strcmp(kind, step_kind_name(STEP_compare)) != 0 &&
           strcmp(kind, step_kind_name(STEP_claim)) != 0;
}

static int read_steps(struct audit *a, const struct runs *runs, struct err *err)
{
    const char *engine = run_detail_fact(&a->detail, "engine");
    struct digest link = a->row->run.plan;
    struct arena arena = {0};
    int status = 0;
    a->steps = mem_new(a->plan.n * sizeof *a->steps);
    for (size_t i = 0; i < a->plan.n && status >= 0; i++) {
        struct audit_step *s = &a->steps[i];
        struct step_record record;
        s->step = &a->plan.steps[i];
        struct digest key = keep_key(engine, &s->step->key);
        status = store_find_step(&record, a->store, &key, &arena, err);
        s->recorded = status == 1;
        if (s->recorded) {
            s->result = record.result;
            s->seconds = record.seconds;
            s->made_by = number_of(runs, &record.run);
        }
        a->n_missing += status == 0 && is_recorded_kind(s->step->kind);
        s->link = link = link_step(a, &link, s);
        arena_release(&arena);
    }
    a->head = link;
    return status < 0 ? -1 : 0;
}

int audit_read(struct audit *audit, const struct runs *runs, const struct run_row *row,
               struct err *err)
{
    *audit = (struct audit){.store = runs->store, .row = row};
    audit->store_head = store_head(runs->store, &audit->records);
    if (run_detail_read(&audit->detail, runs->store, &row->run.uid, err) < 0 ||
        run_plan_read(&audit->plan, runs->store, &row->run, err) < 0 ||
        store_get(&audit->source, &audit->source_n, runs->store, &row->run.source, err) < 0)
        return -1;
    return read_steps(audit, runs, err);
}

void audit_release(struct audit *audit)
{
    run_detail_release(&audit->detail);
    plan_file_release(&audit->plan);
    mem_free(audit->steps);
    mem_free(audit->source);
    *audit = (struct audit){0};
}

// --- losses --------------------------------------------------------------------------------------

// A name of a call, as a word of canonical text: "loss: NAME(".
static bool uses_loss(const struct audit *audit, const char *name)
{
    struct str call = {0};
    bool used = false;
    str_format(&call, "loss: %s(", name);
    for (size_t i = 0; i < audit->plan.n && !used; i++)
        used = strstr(audit->plan.steps[i].attrs, call.data) != NULL;
    str_release(&call);
    return used;
}

static void describe_loss(struct loss_note *note, struct arena *arena, const char *name,
                          const struct loss_description *d)
{
    *note = (struct loss_note){.constraint = d->kind == LOSS_CONSTRAINT,
                               .noun = d->kind == LOSS_CONSTRAINT || d->kind == LOSS_SHIFT
                                           ? loss_kind_name(d->kind)
                                           : "loss",
                               .name = name,
                               .title = arena_text(arena, d->title),
                               .formula = arena_text(arena, d->formula)};
    for (size_t i = 0; i < d->n_cite && i < ARRAY_LEN(note->cite); i++)
        note->cite[note->n_cite++] = arena_text(arena, d->cite[i]);
}

static bool is_noted(const struct loss_note *notes, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(notes[i].name, name) == 0)
            return true;
    return false;
}

// The scripts in files of their own that a step carries.
static size_t step_scripts(struct loss_note *notes, size_t n, size_t most, struct arena *arena,
                           const struct file_step *step)
{
    for (const char *p = step->attrs; n < most && (p = value_written_call(p, "lua")) != NULL; p++) {
        const char *file = value_written_text(arena, p, "file");
        const char *text = value_written_text(arena, p, "text");
        struct loss *loss = NULL;
        struct err ignored = {0};
        if (file == NULL || text == NULL || is_noted(notes, n, file) ||
            loss_load(&loss, file, text, strlen(text), &ignored) < 0)
            continue;
        describe_loss(&notes[n++], arena, file, loss_description(loss));
        loss_free(loss);
    }
    return n;
}

size_t audit_losses(struct loss_note *notes, size_t most, struct arena *arena,
                    const struct audit *audit)
{
    size_t n = 0;
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL && n < most; file++) {
        struct loss *loss = NULL;
        struct err ignored = {0};
        if (!uses_loss(audit, file->name) ||
            loss_load(&loss, file->name, file->text, file->size, &ignored) < 0)
            continue;
        describe_loss(&notes[n++], arena, file->name, loss_description(loss));
        loss_free(loss);
    }
    for (size_t i = 0; i < audit->plan.n; i++)
        n = step_scripts(notes, n, most, arena, &audit->plan.steps[i]);
    return n;
}

// --- rules ---------------------------------------------------------------------------------------

bool audit_rules(struct rules_source *source, struct arena *arena, const struct audit *audit,
                 size_t number)
{
    const struct file_step *step = &audit->plan.steps[number];
    if (strcmp(step->kind, step_kind_name(STEP_rules)) != 0)
        return false;
    *source = (struct rules_source){step->label, value_written_text(arena, step->attrs, "file"),
                                    value_written_text(arena, step->attrs, "text")};
    return source->file != NULL && source->text != NULL;
}

// --- labels of people ----------------------------------------------------------------------------

bool audit_labels(struct labels_note *note, struct arena *arena, const struct audit *audit,
                  size_t number)
{
    const struct file_step *step = &audit->plan.steps[number];
    if (strcmp(step->kind, step_kind_name(STEP_labels)) != 0)
        return false;
    *note = (struct labels_note){.teacher = step->label,
                                 .file = value_written_text(arena, step->attrs, "file"),
                                 .digest = value_written_text(arena, step->attrs, "digest")};
    note->n_annotators = value_written_texts(&note->annotator, arena, step->attrs, "annotators");
    note->n_provenances = value_written_texts(&note->provenance, arena, step->attrs, "provenances");
    return note->file != NULL && note->digest != NULL;
}

// --- gold labels ---------------------------------------------------------------------------------

// The rows a step reads are its first input, of evaluate its last.
static const char *data_of(const struct audit *audit, const struct file_step *step)
{
    if (step->n_in == 0)
        return "";
    bool evaluate = strcmp(step->kind, step_kind_name(STEP_evaluate)) == 0;
    return audit->plan.steps[step->in[evaluate ? step->n_in - 1 : 0]].label;
}

static bool may_read_gold(const char *kind)
{
    return strcmp(kind, step_kind_name(STEP_train)) == 0 ||
           strcmp(kind, step_kind_name(STEP_evaluate)) == 0;
}

// An evaluation reads the labels of its data, whichever model it is about.
static struct gold_note note_of(const struct audit *audit, const struct file_step *step)
{
    bool evaluate = strcmp(step->kind, step_kind_name(STEP_evaluate)) == 0;
    return (struct gold_note){.reader = evaluate ? "all metrics" : step->label,
                              .kind = step->kind,
                              .data = data_of(audit, step),
                              .times = 1,
                              .reads = step->reads_gold};
}

size_t audit_gold(struct gold_note **notes, const struct audit *audit)
{
    size_t n = 0, cap = 0;
    *notes = NULL;
    for (size_t i = 0; i < audit->plan.n; i++) {
        const struct file_step *step = &audit->plan.steps[i];
        if (!step->reads_gold && !may_read_gold(step->kind))
            continue;
        struct gold_note note = note_of(audit, step);
        size_t k = 0;
        while (k < n &&
               (strcmp((*notes)[k].reader, note.reader) != 0 ||
                strcmp((*notes)[k].kind, note.kind) != 0 ||
                strcmp((*notes)[k].data, note.data) != 0 || (*notes)[k].reads != note.reads))
            k++;
        if (k < n) {
            (*notes)[k].times++;
            continue;
        }
        *notes = mem_grow(*notes, &cap, n + 1, sizeof **notes);
        (*notes)[n++] = note;
    }
    return n;
}

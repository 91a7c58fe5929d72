// transfer.c -- see transfer.h.
#include "store/transfer.h"

#include "base/mem.h"
#include "store/files.h"
#include "store/store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

// --- out -----------------------------------------------------------------------------------------

struct writing {
    struct store *store;
    struct journal to;
    struct store_batch batch;
    const struct digest_set *steps;
    struct digest_set blobs; // written already
    struct transferred *out;
    enum record_type type;
    struct step_record *found; // steps, gathered: content is read when the walk is over
    size_t n, cap;
    struct arena arena;
};

static int flush(struct writing *w, struct err *err)
{
    int status = w->batch.frames.len > 0 ? journal_append(&w->to, &w->batch.frames, err) : 0;
    str_clear(&w->batch.frames);
    return status;
}

static int write_blob(struct writing *w, const struct digest *digest, struct err *err)
{
    uint8_t *bytes;
    size_t n;
    if (digest_is_zero(digest) || digest_set_has(&w->blobs, digest))
        return 0;
    digest_set_add(&w->blobs, digest);
    if (store_get(&bytes, &n, w->store, digest, err) < 0)
        return -1;
    int status = 0;
    if (n > UINT32_MAX - 64)
        status =
            err_set(err, ERR_UNSUPPORTED, "a result of %zu bytes is too large for one file", n);
    struct blob_record record = {.bytes = {bytes, n}};
    if (status == 0)
        batch_add(&w->batch, RECORD_blob, &record);
    mem_free(bytes);
    w->out->blobs++;
    return status == 0 && w->batch.frames.len > PIECE ? flush(w, err) : status;
}

static int take_any(void *data, const union any_record *record, struct err *err)
{
    struct writing *w = data;
    (void)err;
    batch_add(&w->batch, w->type, record);
    return 0;
}

static int take_step(void *data, const union any_record *record, struct err *err)
{
    struct writing *w = data;
    (void)err;
    if (!digest_set_has(w->steps, &record->step.key))
        return 0;
    w->found = mem_grow(w->found, &w->cap, w->n + 1, sizeof *w->found);
    w->found[w->n] = record->step;
    w->found[w->n++].kind = arena_text(&w->arena, record->step.kind);
    return 0;
}

static int write_steps(struct writing *w, struct err *err)
{
    if (store_each(w->store, RECORD_step, NULL, take_step, w, err) < 0)
        return -1;
    for (size_t i = 0; i < w->n; i++) {
        if (write_blob(w, &w->found[i].payload, err) < 0)
            return -1;
        batch_add(&w->batch, RECORD_step, &w->found[i]);
    }
    w->out->steps = w->n;
    return flush(w, err);
}

static int write_run(struct writing *w, const struct run_record *run, struct err *err)
{
    static const enum record_type types[] = {RECORD_run,    RECORD_provenance, RECORD_cell,
                                             RECORD_metric, RECORD_claim,      RECORD_end};
    if (write_blob(w, &run->source, err) < 0 || write_blob(w, &run->plan, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        w->type = types[i];
        if (store_each(w->store, types[i], &run->uid, take_any, w, err) < 0)
            return -1;
    }
    w->out->runs++;
    return flush(w, err);
}

// The last record counts those before it, so that a file cut between two records is not taken for a
// whole one.
static int write_end(struct writing *w, struct err *err)
{
    const struct lineage_record end = {.head = w->to.head, .records = w->to.n};
    batch_add(&w->batch, RECORD_lineage, &end);
    return flush(w, err);
}

// Under a name beside the one that is wanted, which so is never half a file.
int store_export(struct transferred *out, struct store *store, const char *path,
                 const struct run_record *runs, size_t n, const struct digest_set *steps,
                 struct err *err)
{
    struct writing w = {.store = store, .steps = steps, .out = out, .to = {.fd = -1}};
    uint8_t header[JOURNAL_HEADER];
    const struct files_part part = {header, sizeof header};
    struct str beside = {0}, starting = {0};
    *out = (struct transferred){0};
    str_format(&beside, "%s.part", path);
    str_format(&starting, "%s.new", path);
    int status = journal_header(header, err);
    if (status == 0)
        status = files_replace(AT_FDCWD, starting.data, beside.data, &part, 1, err);
    if (status == 0)
        status = journal_open(&w.to, AT_FDCWD, beside.data, true, err);
    if (status == 0)
        status = write_steps(&w, err);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = write_run(&w, &runs[i], err);
    if (status == 0)
        status = write_end(&w, err);
    journal_close(&w.to);
    if (status == 0 && rename(beside.data, path) < 0)
        status = err_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    if (status < 0)
        unlink(beside.data);
    str_release(&beside);
    str_release(&starting);
    batch_release(&w.batch);
    digest_set_release(&w.blobs);
    mem_free(w.found);
    arena_release(&w.arena);
    return status;
}

// --- in ------------------------------------------------------------------------------------------

struct reading {
    struct store *store;
    struct store_batch batch;
    struct transferred *out;
    struct run_record *runs; // new ones
    size_t n, cap;
    struct arena arena;
    uint64_t seen; // records
    bool ended;
};

static int found_run(void *data, const union any_record *record, struct err *err)
{
    (void)record;
    (void)err;
    *(bool *)data = true;
    return 0;
}

static const struct run_record *new_run(const struct reading *r, const struct uid *uid)
{
    for (size_t i = 0; i < r->n; i++)
        if (memcmp(&r->runs[i].uid, uid, sizeof *uid) == 0)
            return &r->runs[i];
    return NULL;
}

static int read_run(struct reading *r, const struct run_record *run, struct err *err)
{
    bool known = false;
    if (store_each(r->store, RECORD_run, &run->uid, found_run, &known, err) < 0)
        return -1;
    if (known || new_run(r, &run->uid) != NULL) {
        r->out->known++;
        return 0;
    }
    r->runs = mem_grow(r->runs, &r->cap, r->n + 1, sizeof *r->runs);
    r->runs[r->n] = *run;
    r->runs[r->n++].title = arena_text(&r->arena, run->title);
    r->out->runs++;
    return 0;
}

static int read_step(struct reading *r, const struct step_record *step, struct err *err)
{
    struct step_record there;
    int found = store_find_step(&there, r->store, &step->key, &r->arena, err);
    if (found == 1 && !digest_equal(&there.result, &step->result))
        return err_set(err, ERR_DATA,
                       "a %s in the file has another result than the same step in the store",
                       there.kind);
    if (found == 0) {
        batch_add(&r->batch, RECORD_step, step);
        r->out->steps++;
    }
    return found < 0 ? -1 : 0;
}

static int take_record(void *data, const struct record *record, struct err *err)
{
    struct reading *r = data;
    const struct record_kind *kind = record_kind(record->type);
    union any_record any;
    struct digest digest;
    const struct uid *run = NULL;
    r->seen++;
    r->ended = false;
    if (kind == NULL)
        return err_set(err, ERR_DATA, "a record of type %u, which w2s %s does not know",
                       record->type, W2S_VERSION);
    if (record_read(&any, kind, record->payload, record->n, &r->arena, err) < 0)
        return -1;
    switch (kind->type) {
    case RECORD_blob:
        r->out->blobs++;
        return batch_put(&digest, r->store, &r->batch, any.blob.bytes.at, any.blob.bytes.n, err);
    case RECORD_step:
        return read_step(r, &any.step, err);
    case RECORD_run:
        return read_run(r, &any.run, err);
    case RECORD_provenance:
        run = &any.provenance.run;
        break;
    case RECORD_cell:
        run = &any.cell.run;
        break;
    case RECORD_metric:
        run = &any.metric.run;
        break;
    case RECORD_claim:
        run = &any.claim.run;
        break;
    case RECORD_end:
        run = &any.end.run;
        break;
    case RECORD_lineage:
        r->ended = any.lineage.records == r->seen - 1;
        return 0;
    }
    if (new_run(r, run) != NULL)
        batch_add(&r->batch, kind->type, &any);
    return 0;
}

// All or nothing: one commit.
int store_import(struct transferred *out, struct store *store, const char *path, struct err *err)
{
    struct reading r = {.store = store, .out = out};
    struct journal from;
    *out = (struct transferred){0};
    if (journal_open(&from, AT_FDCWD, path, false, err) < 0)
        return -1;
    int status = journal_read(&from, take_record, &r, err);
    if (status == 0 && (from.cut_off || !r.ended))
        status = err_set(err, ERR_DATA, "'%s' is cut off", path);
    journal_close(&from);
    if (status == 0 && (r.n > 0 || r.batch.frames.len > 0))
        status = store_start_runs(store, &r.batch, r.runs, r.n, err);
    batch_release(&r.batch);
    mem_free(r.runs);
    arena_release(&r.arena);
    return status;
}

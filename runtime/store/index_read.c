// index_read.c -- see index.h: taking records out. What a database holds is hostile: a column of
// another size or kind is damage, not a reason to read past its end.
#include "store/index_impl.h"

#include "base/mem.h"

#include <math.h> // NAN only
#include <sqlite3.h>
#include <string.h>

static int wrong_row(struct index *x, const char *table, struct err *err)
{
    err_set(err, ERR_DATA, "'%s' is damaged: a row of '%s' is not of its form", x->name, table);
    err_hint(err, "It is an index: 'w2s fsck --repair' makes it again from the journal.");
    return -1;
}

static bool read_exactly(void *out, size_t n, sqlite3_stmt *s, int column)
{
    const void *at = sqlite3_column_blob(s, column);
    if (at == NULL || (size_t)sqlite3_column_bytes(s, column) != n)
        return false;
    memcpy(out, at, n);
    return true;
}

static bool read_numbers(struct numbers *out, sqlite3_stmt *s, int column, struct arena *arena)
{
    const uint8_t *at = sqlite3_column_blob(s, column);
    size_t n = (size_t)sqlite3_column_bytes(s, column);
    double *x = arena_array(arena, n / 8, sizeof *x);
    for (size_t i = 0; at != NULL && i < n / 8; i++) {
        uint64_t bits = 0;
        for (int k = 0; k < 8; k++)
            bits |= (uint64_t)at[8 * i + (size_t)k] << (8 * k);
        memcpy(&x[i], &bits, sizeof bits);
    }
    *out = (struct numbers){x, n / 8};
    return n % 8 == 0;
}

static bool read_column(void *out, enum field_kind kind, sqlite3_stmt *s, int column,
                        struct arena *arena)
{
    int64_t whole;
    switch (kind) {
    case FIELD_UID:
        return read_exactly(out, sizeof(struct uid), s, column);
    case FIELD_DIGEST:
        return read_exactly(out, sizeof(struct digest), s, column);
    case FIELD_TEXT: {
        const char *text = (const char *)sqlite3_column_text(s, column);
        *(const char **)out = arena_text(arena, text != NULL ? text : "");
        return text != NULL;
    }
    case FIELD_WHOLE:
    case FIELD_BITS:
        whole = sqlite3_column_int64(s, column);
        memcpy(out, &whole, sizeof whole);
        return true;
    case FIELD_REAL:
        *(double *)out =
            sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column);
        return true;
    case FIELD_NUMBERS:
        return read_numbers(out, s, column, arena);
    case FIELD_BYTES: {
        struct bytes *bytes = out;
        const void *at = sqlite3_column_blob(s, column);
        bytes->n = (size_t)sqlite3_column_bytes(s, column);
        bytes->at = (const uint8_t *)arena_copy(arena, at, at != NULL ? bytes->n : 0);
        return true;
    }
    }
    BUG("a field of kind %d", (int)kind);
}

static int read_row(union any_record *out, struct index *x, const struct record_kind *kind,
                    sqlite3_stmt *s, struct arena *arena, struct err *err)
{
    *out = (union any_record){0};
    if ((size_t)sqlite3_column_count(s) != kind->n_fields)
        return wrong_row(x, kind->table, err);
    for (size_t i = 0; i < kind->n_fields; i++)
        if (!read_column((char *)out + kind->fields[i].offset, kind->fields[i].kind, s, (int)i,
                         arena))
            return wrong_row(x, kind->table, err);
    return 0;
}

int index_find_step(struct step_record *out, struct index *x, const struct digest *key,
                    struct arena *arena, struct err *err)
{
    sqlite3_stmt *s = x->find_step;
    sqlite3_bind_blob(s, 1, key->bytes, sizeof key->bytes, SQLITE_STATIC);
    int code = sqlite3_step(s), status = code == SQLITE_ROW ? 1 : 0;
    union any_record record;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = index_fail(x, code, err);
    if (status == 1 && read_row(&record, x, record_kind(RECORD_step), s, arena, err) < 0)
        status = -1;
    if (status == 1)
        *out = record.step;
    sqlite3_reset(s);
    return status;
}

static int copy_blob(uint8_t **bytes, size_t *n, sqlite3_stmt *s, struct err *err)
{
    const void *at = sqlite3_column_blob(s, 0);
    size_t size = (size_t)sqlite3_column_bytes(s, 0);
    *bytes = mem_try(size, 1, "a result", err);
    if (*bytes == NULL)
        return -1;
    if (size > 0)
        memcpy(*bytes, at, size);
    *n = size;
    return 1;
}

int index_find_blob(uint64_t *at, uint64_t *n, struct index *x, const struct digest *digest,
                    struct err *err)
{
    sqlite3_stmt *s = x->find_blob;
    sqlite3_bind_blob(s, 1, digest->bytes, sizeof digest->bytes, SQLITE_STATIC);
    int code = sqlite3_step(s);
    *at = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    *n = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 1) : 0;
    int status = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : index_fail(x, code, err);
    sqlite3_reset(s);
    return status;
}

// --- facts ---------------------------------------------------------------------------------------
struct digest index_seal(const char *source, const void *bytes, size_t n)
{
    struct digest_state *state = digest_new();
    digest_add_text(state, source);
    digest_add_u64(state, n);
    digest_add(state, bytes, n);
    return digest_take(state);
}

// The row is bytes, seal. True when the seal is that of the bytes.
static bool is_sealed(sqlite3_stmt *s, const char *source)
{
    const void *bytes = sqlite3_column_blob(s, 0);
    size_t n = (size_t)sqlite3_column_bytes(s, 0);
    struct digest found, wanted = index_seal(source, n > 0 ? bytes : "", n);
    return read_exactly(&found, sizeof found, s, 1) && digest_equal(&found, &wanted);
}

int index_find_facts(uint8_t **bytes, size_t *n, struct index *x, const char *source,
                     struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "SELECT bytes, seal FROM facts WHERE source = ?", err) < 0)
        return -1;
    sqlite3_bind_text(s, 1, source, -1, SQLITE_STATIC);
    int code = sqlite3_step(s), status = 0;
    if (code == SQLITE_ROW && is_sealed(s, source)) // else the source is looked at anew
        status = copy_blob(bytes, n, s, err);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = index_fail(x, code, err);
    sqlite3_finalize(s);
    return status;
}

int index_check_facts(bool *sound, struct index *x, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "SELECT bytes, seal, source FROM facts", err) < 0)
        return -1;
    int code;
    for (*sound = true; (code = sqlite3_step(s)) == SQLITE_ROW;) {
        const char *source = (const char *)sqlite3_column_text(s, 2);
        *sound = *sound && source != NULL && is_sealed(s, source);
    }
    int status = code == SQLITE_DONE ? 0 : index_fail(x, code, err);
    sqlite3_finalize(s);
    return status;
}

int index_position(struct index *x, struct journal *j, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "SELECT id, end_at, records, head FROM journal", err) < 0)
        return -1;
    int code = sqlite3_step(s), status = 0;
    if (code == SQLITE_ROW) {
        j->end = (uint64_t)sqlite3_column_int64(s, 1);
        j->n = (uint64_t)sqlite3_column_int64(s, 2);
        if (!read_exactly(j->id, JOURNAL_ID, s, 0) || !read_exactly(&j->head, sizeof j->head, s, 3))
            status = wrong_row(x, "journal", err);
    } else if (code == SQLITE_DONE) {
        memset(j->id, 0, JOURNAL_ID);
    } else {
        status = index_fail(x, code, err);
    }
    sqlite3_finalize(s);
    return status;
}

int index_next_run(uint64_t *number, struct index *x, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "SELECT coalesce(max(number), 0) + 1 FROM runs", err) < 0)
        return -1;
    int code = sqlite3_step(s);
    *number = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 0 : index_fail(x, code, err);
}

static bool has_column(const struct record_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->n_fields; i++)
        if (strcmp(kind->fields[i].name, name) == 0)
            return true;
    return false;
}

int index_each(struct index *x, enum record_type type, const struct uid *run, index_take *take,
               void *data, struct err *err)
{
    const struct record_kind *kind = record_kind(type);
    struct str sql = {0};
    str_format(&sql, "SELECT * FROM %s", kind->table);
    if (run != NULL && type != RECORD_run && !has_column(kind, "run"))
        BUG("records of a %s belong to no run", kind->name);
    if (run != NULL)
        str_format(&sql, " WHERE %s = ?", type == RECORD_run ? "uid" : "run");
    if (type == RECORD_run)
        str_add(&sql, " ORDER BY number");
    else if (has_column(kind, "position"))
        str_add(&sql, " ORDER BY run, position");
    sqlite3_stmt *s = NULL;
    int status = index_prepare(&s, x, sql.data, err), code = SQLITE_OK;
    str_release(&sql);
    if (status == 0 && run != NULL)
        sqlite3_bind_blob(s, 1, run->bytes, sizeof run->bytes, SQLITE_STATIC);
    struct arena arena = {0};
    while (status == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
        union any_record record;
        status = read_row(&record, x, kind, s, &arena, err);
        if (status == 0)
            status = take(data, &record, err);
        if (arena.used > 1 << 16)
            arena_release(&arena);
    }
    if (status == 0 && code != SQLITE_DONE)
        status = index_fail(x, code, err);
    arena_release(&arena);
    sqlite3_finalize(s);
    return status;
}

static void digest_column(struct digest_state *state, sqlite3_stmt *s, int i)
{
    int type = sqlite3_column_type(s, i);
    double real = type == SQLITE_FLOAT ? sqlite3_column_double(s, i) : 0;
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    digest_add_u64(state, (uint64_t)type);
    digest_add_u64(state, bits);
    digest_add_u64(state, type == SQLITE_INTEGER ? (uint64_t)sqlite3_column_int64(s, i) : 0);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return;
    const void *at = sqlite3_column_blob(s, i);
    size_t n = (size_t)sqlite3_column_bytes(s, i);
    digest_add_u64(state, n);
    digest_add(state, at != NULL ? at : "", at != NULL ? n : 0);
}

// The rows in the order of their first columns, which hold the key.
static int digest_table(struct digest_state *state, struct index *x, const char *table,
                        size_t columns, struct err *err)
{
    struct str sql = {0};
    str_format(&sql, "SELECT * FROM %s ORDER BY %s", table, columns >= 3 ? "1, 2, 3" : "1");
    sqlite3_stmt *s = NULL;
    int status = index_prepare(&s, x, sql.data, err), code = SQLITE_OK;
    str_release(&sql);
    digest_add_text(state, table);
    while (status == 0 && (code = sqlite3_step(s)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(s); i++)
            digest_column(state, s, i);
    if (status == 0 && code != SQLITE_DONE)
        status = index_fail(x, code, err);
    sqlite3_finalize(s);
    return status;
}

int index_digest(struct digest *out, struct index *x, struct err *err)
{
    size_t n;
    const struct record_kind *kinds = record_kinds(&n);
    struct digest_state *state = digest_new();
    int status = digest_table(state, x, "experiments", 1, err);
    for (size_t i = 0; i < n && status == 0; i++)
        status = digest_table(state, x, kinds[i].table, kinds[i].n_fields, err);
    *out = digest_take(state);
    return status;
}

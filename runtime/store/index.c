// index.c -- see index.h: opening, migrating, putting records in.
#include "store/index.h"
#include "store/store.h"

#include "base/mem.h"
#include "store/index_impl.h"

#include <math.h> // NAN only
#include <sqlite3.h>
#include <string.h>

enum { BUSY_MS = 10000, SCRATCH = 1 << 20 };

int index_fail(struct index *x, int code, struct err *err)
{
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        return err_set(err, ERR_MEMORY, "not enough memory for '%s'", x->name);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR: // a table or a column is not there
        err_set(err, ERR_DATA, "'%s' is damaged: %s", x->name,
                x->db != NULL ? sqlite3_errmsg(x->db) : sqlite3_errstr(code));
        err_hint(err, "It is an index: 'w2s fsck --repair' makes it again from the journal.");
        return -1;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return err_set(err, ERR_DATA, "'%s' refuses a record: %s", x->name, sqlite3_errmsg(x->db));
    default:
        return err_set(err, ERR_IO, "cannot use '%s': %s", x->name,
                       x->db != NULL ? sqlite3_errmsg(x->db) : sqlite3_errstr(code));
    }
}

const char *store_sqlite_version(void)
{
    return sqlite3_libversion();
}

static int run_sql(struct index *x, const char *sql, struct err *err)
{
    int code = sqlite3_exec(x->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : index_fail(x, code, err);
}

int index_prepare(struct sqlite3_stmt **statement, struct index *x, const char *sql,
                  struct err *err)
{
    int code = sqlite3_prepare_v3(x->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return code == SQLITE_OK ? 0 : index_fail(x, code, err);
}

// --- schema --------------------------------------------------------------------------------------

static const char *const sql_type[] = {
    [FIELD_UID] = "BLOB NOT NULL",
    [FIELD_DIGEST] = "BLOB NOT NULL",
    [FIELD_TEXT] = "TEXT NOT NULL",
    [FIELD_WHOLE] = "INTEGER NOT NULL",
    [FIELD_REAL] = "REAL",
    [FIELD_BITS] = "INTEGER NOT NULL",
    [FIELD_NUMBERS] = "BLOB NOT NULL",
    [FIELD_BYTES] = "BLOB NOT NULL",
};

static void write_table(struct str *sql, const struct record_kind *kind)
{
    if (kind->type == RECORD_blob) {
        str_add(
            sql,
            "CREATE TABLE blobs (digest BLOB PRIMARY KEY, at INTEGER NOT NULL, n INTEGER NOT NULL)"
            " STRICT, WITHOUT ROWID;\n");
        return;
    }
    str_format(sql, "CREATE TABLE %s (", kind->table);
    for (size_t i = 0; i < kind->n_fields; i++)
        str_format(sql, "%s%s %s", i > 0 ? ", " : "", kind->fields[i].name,
                   sql_type[kind->fields[i].kind]);
    str_format(sql, "%s) STRICT, WITHOUT ROWID;\n", kind->constraints);
}

static void write_records(struct str *sql)
{
    size_t n;
    const struct record_kind *kinds = record_kinds(&n);
    str_add(sql, "CREATE TABLE journal (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL,"
                 " end_at INTEGER NOT NULL, records INTEGER NOT NULL, head BLOB NOT NULL) STRICT;\n"
                 "CREATE TABLE experiments (title TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;\n");
    for (size_t i = 0; i < n; i++)
        write_table(sql, &kinds[i]);
}

static void write_facts(struct str *sql)
{
    str_add(sql, "CREATE TABLE facts (source TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;\n");
}

static void seal_facts(struct str *sql)
{
    str_add(sql, "ALTER TABLE facts ADD COLUMN seal BLOB NOT NULL DEFAULT x'';\n"
                 "DELETE FROM facts;\n");
}

// The version of a database is the number of these that were carried out on it. One that has been
// in a release is not changed; another is added.
static void (*const migrations[])(struct str *sql) = {write_records, write_facts, seal_facts};

static int get_version(int *version, struct index *x, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "PRAGMA user_version", err) < 0)
        return -1;
    int code = sqlite3_step(s);
    *version = code == SQLITE_ROW ? sqlite3_column_int(s, 0) : -1;
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 0 : index_fail(x, code, err);
}

static int migrate(struct index *x, struct err *err)
{
    const int newest = (int)ARRAY_LEN(migrations);
    int version;
    if (get_version(&version, x, err) < 0)
        return -1;
    if (version == newest)
        return 0;
    if (version > newest || version < 0) {
        err_set(err, ERR_UNSUPPORTED,
                "'%s' has version %d, and this w2s (%s) knows versions up to %d", x->name, version,
                W2S_VERSION, newest);
        err_hint(err, "It was written by a newer w2s; use that one, or another store.");
        return -1;
    }
    if (run_sql(x, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    struct str sql = {0};
    int status = get_version(&version, x, err); // another process may have been first
    for (int v = version; status == 0 && v < newest; v++)
        migrations[v](&sql);
    str_format(&sql, "PRAGMA user_version = %d; COMMIT", newest);
    if (status == 0)
        status = run_sql(x, str_text(&sql), err);
    if (status < 0)
        sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
    str_release(&sql);
    return status;
}

static int prepare_inserts(struct index *x, struct err *err)
{
    size_t n;
    const struct record_kind *kinds = record_kinds(&n);
    struct str sql = {0};
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        bool again = kinds[i].type == RECORD_blob || kinds[i].type == RECORD_step;
        size_t columns = kinds[i].type == RECORD_blob ? 3 : kinds[i].n_fields;
        str_clear(&sql);
        str_format(&sql, "INSERT %s INTO %s VALUES (", again ? "OR IGNORE" : "", kinds[i].table);
        for (size_t k = 0; k < columns; k++)
            str_add(&sql, k > 0 ? ", ?" : "?");
        str_add(&sql, ")");
        status = index_prepare(&x->insert[kinds[i].type], x, sql.data, err);
    }
    str_release(&sql);
    if (status == 0)
        status = index_prepare(&x->find_step, x, "SELECT * FROM steps WHERE key = ?", err);
    if (status == 0)
        status = index_prepare(&x->find_blob, x, "SELECT at, n FROM blobs WHERE digest = ?", err);
    return status;
}

int index_open(struct index *x, const char *path, bool shared_memory, bool *damaged,
               struct err *err)
{
    *x = (struct index){.name = path != NULL ? "w2s.db" : "index"};
    *damaged = false;
    struct err why = {0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path != NULL ? path : ":memory:", &x->db, flags, NULL);
    int status = code == SQLITE_OK ? 0 : index_fail(x, code, &why);
    if (status == 0) {
        sqlite3_busy_timeout(x->db, BUSY_MS);
        sqlite3_extended_result_codes(x->db, 1);
        status = run_sql(
            x, shared_memory ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = TRUNCATE",
            &why);
    }
    if (status == 0)
        status = run_sql(x,
                         "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                         "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON",
                         &why);
    if (status == 0)
        status = migrate(x, &why);
    if (status == 0)
        status = prepare_inserts(x, &why);
    if (status < 0) {
        *damaged = why.kind == ERR_DATA;
        if (!err_is_set(err))
            *err = why;
        index_close(x);
    }
    return status;
}

void index_close(struct index *x)
{
    for (size_t i = 0; i < ARRAY_LEN(x->insert); i++)
        sqlite3_finalize(x->insert[i]);
    sqlite3_finalize(x->find_step);
    sqlite3_finalize(x->find_blob);
    sqlite3_close(x->db);
    arena_release(&x->scratch);
    *x = (struct index){0};
}

// --- putting -------------------------------------------------------------------------------------

static int bind_numbers(sqlite3_stmt *s, int column, const struct numbers *numbers)
{
    struct str bytes = {0};
    str_add(&bytes, "");
    for (size_t i = 0; i < numbers->n; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers->x[i], sizeof bits);
        for (int k = 0; k < 8; k++)
            str_add_char(&bytes, (char)(uint8_t)(bits >> (8 * k)));
    }
    int code = sqlite3_bind_blob64(s, column, str_text(&bytes), bytes.len, SQLITE_TRANSIENT);
    str_release(&bytes);
    return code;
}

static int bind_field(sqlite3_stmt *s, int column, enum field_kind kind, const void *at)
{
    int64_t whole;
    switch (kind) {
    case FIELD_UID:
        return sqlite3_bind_blob(s, column, at, sizeof(struct uid), SQLITE_STATIC);
    case FIELD_DIGEST:
        return sqlite3_bind_blob(s, column, at, sizeof(struct digest), SQLITE_STATIC);
    case FIELD_TEXT:
        return sqlite3_bind_text(s, column, *(const char *const *)at, -1, SQLITE_STATIC);
    case FIELD_WHOLE:
    case FIELD_BITS:
        memcpy(&whole, at, sizeof whole);
        return sqlite3_bind_int64(s, column, whole);
    case FIELD_REAL:
        return sqlite3_bind_double(s, column, *(const double *)at);
    case FIELD_NUMBERS:
        return bind_numbers(s, column, at);
    case FIELD_BYTES: {
        const struct bytes *bytes = at;
        return sqlite3_bind_blob64(s, column, bytes->n > 0 ? (const void *)bytes->at : "", bytes->n,
                                   SQLITE_STATIC);
    }
    }
    BUG("a field of kind %d", (int)kind);
}

static int put_experiment(struct index *x, const char *title, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "INSERT OR IGNORE INTO experiments VALUES (?)", err) < 0)
        return -1;
    sqlite3_bind_text(s, 1, title, -1, SQLITE_STATIC);
    int code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : index_fail(x, code, err);
}

int index_put(struct index *x, const struct record *record, struct err *err)
{
    const struct record_kind *kind = record_kind(record->type);
    if (kind == NULL)
        return err_set(err, ERR_DATA, "a record of type %u, which w2s %s does not know",
                       record->type, W2S_VERSION);
    if (x->scratch.used > SCRATCH)
        arena_release(&x->scratch);
    union any_record r;
    if (record_read(&r, kind, record->payload, record->n, &x->scratch, err) < 0)
        return -1;
    if (kind->type == RECORD_run && put_experiment(x, r.run.title, err) < 0)
        return -1;
    sqlite3_stmt *s = x->insert[kind->type];
    int code = SQLITE_OK, column = 1;
    struct digest digest;
    if (kind->type == RECORD_blob) { // the content stays where it is
        digest = digest_of(r.blob.bytes.at, r.blob.bytes.n);
        code = bind_field(s, column, FIELD_DIGEST, &digest);
        sqlite3_bind_int64(s, 2,
                           (int64_t)(record->at + (uint64_t)(r.blob.bytes.at - record->payload)));
        sqlite3_bind_int64(s, 3, (int64_t)r.blob.bytes.n);
    }
    for (size_t i = 0; kind->type != RECORD_blob && i < kind->n_fields && code == SQLITE_OK; i++)
        code = bind_field(s, column++, kind->fields[i].kind, (char *)&r + kind->fields[i].offset);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    int status = code == SQLITE_DONE ? 0 : index_fail(x, code, err);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}

int index_begin(struct index *x, struct err *err)
{
    return run_sql(x, "BEGIN IMMEDIATE", err);
}

int index_commit(struct index *x, const struct journal *j, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "INSERT OR REPLACE INTO journal VALUES (1, ?, ?, ?, ?)", err) < 0)
        return -1;
    sqlite3_bind_blob(s, 1, j->id, JOURNAL_ID, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, (int64_t)j->end);
    sqlite3_bind_int64(s, 3, (int64_t)j->n);
    sqlite3_bind_blob(s, 4, j->head.bytes, sizeof j->head.bytes, SQLITE_STATIC);
    int code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? run_sql(x, "COMMIT", err) : index_fail(x, code, err);
}

void index_rollback(struct index *x)
{
    sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
}

int index_keep_facts(struct index *x, const char *source, const void *bytes, size_t n,
                     struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (index_prepare(&s, x, "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", err) < 0)
        return -1;
    sqlite3_bind_text(s, 1, source, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(s, 2, bytes, n, SQLITE_STATIC);
    struct digest seal = index_seal(source, bytes, n);
    sqlite3_bind_blob(s, 3, seal.bytes, sizeof seal.bytes, SQLITE_STATIC);
    int code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : index_fail(x, code, err);
}

// test_store.c -- the store: what is committed is found again, by this process and by others, and
// damage of every part is told.
#include "cmocka_first.h"

#include <cmocka.h>

#include "base/mem.h"
#include "store/files.h"
#include "store/fsck.h"
#include "store/pack.h"
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char root[64], store[80];
};

static int setup(void **state)
{
    struct place *p = mem_new(sizeof *p);
    strcpy(p->root, "/tmp/w2s-store-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->store, sizeof p->store, "%s/s", p->root);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", p->root);
    assert_int_equal(system(command), 0);
    mem_free(p);
    return 0;
}

static struct store *open_store(const struct place *p, enum store_mode mode)
{
    struct err err = {0};
    struct store *store = store_open(p->store, mode, &err);
    if (store == NULL)
        fail_msg("%s", err.text);
    return store;
}

static struct digest key_of(uint64_t i)
{
    return digest_of(&i, sizeof i);
}

static void commit(struct store *store, struct store_batch *batch)
{
    struct err err = {0};
    if (store_commit(store, batch, &err) < 0)
        fail_msg("%s", err.text);
}

static void add_step(struct store *store, struct store_batch *batch, uint64_t i, size_t payload)
{
    struct err err = {0};
    struct step_record step = {.key = key_of(i), .kind = "train", .number = (double)i / 3};
    uint8_t *bytes = mem_new(payload);
    memset(bytes, (int)i, payload);
    assert_int_equal(batch_put(&step.payload, store, batch, bytes, payload, &err), 0);
    step.result = step.payload;
    batch_add(batch, RECORD_step, &step);
    mem_free(bytes);
}

static bool has_step(struct store *store, uint64_t i, size_t payload)
{
    struct err err = {0};
    struct arena arena = {0};
    struct step_record step;
    struct digest key = key_of(i);
    int found = store_find_step(&step, store, &key, &arena, &err);
    assert_true(found >= 0);
    if (found == 1) {
        uint8_t *bytes;
        size_t n;
        assert_string_equal(step.kind, "train");
        assert_true(step.number == (double)i / 3);
        if (store_get(&bytes, &n, store, &step.payload, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(n, payload);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(bytes[k], (uint8_t)i);
        mem_free(bytes);
    }
    arena_release(&arena);
    return found == 1;
}

static const size_t sizes[] = {0, 1, 100, STORE_SMALL, STORE_SMALL + 1, 1 << 20};

static void fill(const struct place *p)
{
    struct store *store = open_store(p, STORE_MAKE);
    struct store_batch batch = {0};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        add_step(store, &batch, i, sizes[i]);
    commit(store, &batch);
    batch_release(&batch);
    store_close(store);
}

static void check_filled(struct store *store)
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        assert_true(has_step(store, i, sizes[i]));
    assert_false(has_step(store, 77, 0));
}

static void test_what_is_committed_is_found(void **state)
{
    fill(*state);
    for (int mode = STORE_MAKE; mode <= STORE_ALONE; mode++) {
        struct store *store = open_store(*state, mode);
        check_filled(store);
        store_close(store);
    }
}

static void test_uncommitted_is_not_there(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct store_batch batch = {0};
    add_step(store, &batch, 5, 100000);
    assert_false(has_step(store, 5, 100000));
    batch_release(&batch);
    store_close(store);
}

static void test_no_store(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    assert_null(store_open(p->store, STORE_READ, &err));
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(mkdir(p->store, 0777), 0);
    err = (struct err){0};
    assert_null(store_open(p->store, STORE_READ, &err));
    assert_int_equal(err.kind, ERR_MISSING);
}

static void path_of(char path[256], const struct place *p, const char *name)
{
    snprintf(path, 256, "%s/%s", p->store, name);
}

static void flip(const char *path, long at)
{
    int fd = open(path, O_RDWR);
    char byte;
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    off_t where = at >= 0 ? at : size + at;
    assert_int_equal(pread(fd, &byte, 1, where), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, where), 1);
    close(fd);
}

// The index is a copy: without it, with half of it, with rubbish in its place, everything is found.
static void test_index_is_made_again(void **state)
{
    char path[256];
    fill(*state);
    path_of(path, *state, "w2s.db");
    for (int way = 0; way < 4; way++) {
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        if (way == 0)
            assert_int_equal(unlink(path), 0);
        else if (way == 1)
            assert_int_equal(truncate(path, st.st_size / 2), 0);
        else if (way == 2)
            assert_int_equal(truncate(path, 10), 0);
        else
            for (int i = 0; i < 200; i++)
                flip(path, i);
        struct store *store = open_store(*state, STORE_READ);
        check_filled(store);
        store_close(store);
    }
}

// An index of another store is not believed.
static void test_foreign_index(void **state)
{
    struct place *p = *state, other = *p;
    char command[400];
    snprintf(other.store, sizeof other.store, "%s/t", p->root);
    fill(p);
    store_close(open_store(&other, STORE_MAKE));
    snprintf(command, sizeof command, "cp '%s/w2s.db' '%s/w2s.db'", p->store, other.store);
    assert_int_equal(system(command), 0);
    struct store *store = open_store(&other, STORE_MAKE);
    assert_false(has_step(store, 1, 1));
    store_close(store);
}

static void test_damaged_journal_is_told(void **state)
{
    char path[256], index[256];
    fill(*state);
    path_of(path, *state, "journal");
    path_of(index, *state, "w2s.db");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    for (long at = 0; at < 600; at += 7) {
        struct err err = {0};
        flip(path, at);
        unlink(index);
        struct store *store = store_open(((struct place *)*state)->store, STORE_READ, &err);
        // in the random id nothing but the chain can tell, and it does
        assert_null(store);
        assert_int_equal(err.kind, ERR_DATA);
        flip(path, at);
    }
    struct store *store = open_store(*state, STORE_READ);
    check_filled(store);
    store_close(store);
}

// Whatever a killed append leaves: everything before it is found, and the next append goes on from
// there.
static void test_cut_off_journal(void **state)
{
    char path[256], index[256];
    struct stat before, after;
    path_of(path, *state, "journal");
    path_of(index, *state, "w2s.db");
    fill(*state);
    assert_int_equal(stat(path, &before), 0);
    for (off_t left = 1, n = 2; left < n;
         left += 7) { // the blob's record may be whole, and then stays
        struct store *store = open_store(*state, STORE_MAKE);
        struct store_batch batch = {0};
        check_filled(store);
        assert_false(has_step(store, 1000, 50));
        add_step(store, &batch, 1000, 50);
        commit(store, &batch);
        assert_true(has_step(store, 1000, 50));
        store_close(store);
        assert_int_equal(stat(path, &after), 0);
        n = n == 2 ? after.st_size - before.st_size : n;
        assert_int_equal(truncate(path, before.st_size + left), 0);
        assert_int_equal(truncate(path, before.st_size + left + (left % 2) * 4096), 0);
        if (left % 2 == 1) // zeros after a part of a record are no cut: only zeros alone are
            assert_int_equal(truncate(path, before.st_size), 0);
        if (left % 4 == 1)
            assert_int_equal(truncate(path, before.st_size + 4096), 0);
        unlink(index);
        batch_release(&batch);
    }
}

static void test_shorter_journal_is_told(void **state)
{
    char path[256];
    struct stat st;
    struct err err = {0};
    fill(*state);
    path_of(path, *state, "journal");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0);
    assert_null(store_open(((struct place *)*state)->store, STORE_READ, &err));
    assert_int_equal(err.kind, ERR_DATA);
    assert_non_null(strstr(err.text, "has lost its end"));
}

static void test_newer_versions_are_refused(void **state)
{
    char path[256];
    struct err err = {0};
    fill(*state);
    path_of(path, *state, "journal");
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "\x02", 1, 12), 1);
    close(fd);
    assert_null(store_open(((struct place *)*state)->store, STORE_MAKE, &err));
    assert_non_null(strstr(err.text, "format 2"));
    assert_non_null(strstr(err.hint, "newer"));
}

static void test_damaged_blob_is_told(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    char command[300];
    fill(p);
    snprintf(command, sizeof command,
             "for f in '%s'/blobs/*/*; do printf x | dd of=$f conv=notrunc status=none; done",
             p->store);
    assert_int_equal(system(command), 0);
    struct store *store = open_store(p, STORE_READ);
    struct arena arena = {0};
    struct step_record step;
    struct digest key = key_of(5);
    uint8_t *bytes;
    size_t n;
    assert_int_equal(store_find_step(&step, store, &key, &arena, &err), 1);
    assert_int_equal(store_get(&bytes, &n, store, &step.payload, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_non_null(strstr(err.text, "is damaged"));
    snprintf(command, sizeof command, "rm -r '%s'/blobs/*", p->store);
    assert_int_equal(system(command), 0);
    err = (struct err){0};
    assert_int_equal(store_get(&bytes, &n, store, &step.payload, &err), -1);
    assert_non_null(strstr(err.text, "is missing"));
    arena_release(&arena);
    store_close(store);
}

// --- runs ----------------------------------------------------------------------------------------

static int count_record(void *data, const union any_record *record, struct err *err)
{
    (void)record;
    (void)err;
    ++*(size_t *)data;
    return 0;
}

static int keep_metric(void *data, const union any_record *record, struct err *err)
{
    double *x = data;
    const struct metric_record *m = &record->metric;
    (void)err;
    assert_string_equal(m->on_data, "d.test |> é");
    assert_int_equal(m->by_seed.n, 3);
    memcpy(x, m->by_seed.x, 3 * sizeof *x);
    x[3] = m->low;
    return 0;
}

static void test_runs(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct store_batch batch = {0};
    struct err err = {0};
    struct run_record run = {.title = "a title"};
    for (uint64_t i = 1; i <= 3; i++) {
        const double seeds[] = {0.5, -0.0, NAN};
        run.uid = store_new_uid();
        struct cell_record cell = {.run = run.uid, .params = "w = 1"};
        struct metric_record metric = {.run = run.uid,
                                       .model = "m",
                                       .on_data = "d.test |> é",
                                       .metric = "accuracy",
                                       .refused = "",
                                       .low = NAN,
                                       .by_seed = {seeds, 3}};
        batch_add(&batch, RECORD_metric, &metric); // before what it refers to
        batch_add(&batch, RECORD_cell, &cell);
        assert_int_equal(store_start_runs(store, &batch, &run, 1, &err), 0);
        assert_int_equal(run.number, i);
    }
    for (int again = 0; again < 2; again++) {
        double x[4];
        size_t n = 0;
        assert_int_equal(store_each(store, RECORD_run, NULL, count_record, &n, &err), 0);
        assert_int_equal(n, 3);
        assert_int_equal(store_each(store, RECORD_metric, &run.uid, keep_metric, x, &err), 0);
        assert_true(x[0] == 0.5 && x[1] == 0 && signbit(x[1]) && isnan(x[2]) && isnan(x[3]));
        store_close(store);
        char path[256];
        path_of(path, *state, "w2s.db");
        unlink(path);
        store = open_store(*state, STORE_READ);
    }
    store_close(store);
    batch_release(&batch);
}

// A number of a run that is not there cannot be stored, and does not harm the store.
static void test_dangling_record(void **state)
{
    fill(*state);
    struct store *store = open_store(*state, STORE_MAKE);
    struct store_batch batch = {0};
    struct err err = {0};
    struct cell_record cell = {.run = store_new_uid(), .params = ""};
    batch_add(&batch, RECORD_cell, &cell);
    assert_int_equal(store_commit(store, &batch, &err), -1);
    batch_release(&batch);
    store_close(store);
}

// --- processes -----------------------------------------------------------------------------------

enum { WRITERS = 4, EACH = 25 };

static void write_many(const struct place *p, uint64_t who)
{
    struct store *store = open_store(p, STORE_MAKE);
    struct store_batch batch = {0};
    for (uint64_t i = 0; i < EACH; i++) {
        add_step(store, &batch, who * 1000 + i, i % 5 == 0 ? 20000 : 10);
        commit(store, &batch);
    }
    batch_release(&batch);
    store_close(store);
    _exit(0);
}

static void test_processes_share_a_store(void **state)
{
    pid_t child[WRITERS];
    for (uint64_t i = 0; i < WRITERS; i++)
        if ((child[i] = fork()) == 0)
            write_many(*state, i);
    for (size_t i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    for (int again = 0; again < 2; again++) {
        struct store *store = open_store(*state, STORE_READ);
        uint64_t records;
        for (uint64_t who = 0; who < WRITERS; who++)
            for (uint64_t i = 0; i < EACH; i++)
                assert_true(has_step(store, who * 1000 + i, i % 5 == 0 ? 20000 : 10));
        store_head(store, &records);
        assert_int_equal(records, WRITERS * (EACH + EACH * 4 / 5));
        store_close(store);
        char path[256];
        path_of(path, *state, "w2s.db");
        unlink(path);
    }
}

static void test_claims(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct err err = {0};
    struct digest a = key_of(1), b = key_of(2);
    int to_parent[2], to_child[2];
    char byte;
    assert_int_equal(pipe(to_parent), 0);
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(store_claim(store, &a, &err), 1);
    pid_t child = fork();
    if (child == 0) {
        struct store *mine = store_open(((struct place *)*state)->store, STORE_MAKE, &err);
        bool ok =
            mine != NULL && store_claim(mine, &a, &err) == 0 && store_claim(mine, &b, &err) == 1;
        ok = write(to_parent[1], ok ? "y" : "n", 1) == 1 && read(to_child[0], &byte, 1) == 1 && ok;
        _exit(ok ? 0 : 1); // without giving up b
    }
    assert_int_equal(read(to_parent[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(store_claim(store, &b, &err), 0);
    assert_int_equal(write(to_child[1], "x", 1), 1);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(store_claim(store, &b, &err), 1);
    store_unclaim(store, &a);
    store_unclaim(store, &b);
    store_close(store);
}

static void test_alone(void **state)
{
    fill(*state);
    struct place *p = *state;
    struct store *store = open_store(p, STORE_READ);
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        bool refused = store_open(p->store, STORE_ALONE, &err) == NULL;
        _exit(refused && strstr(err.text, "in use") != NULL ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    store_close(store);
}

static void test_checkpoints(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct digest key = key_of(9);
    struct err err = {0};
    uint8_t *bytes;
    size_t n;
    const struct files_part parts[] = {{"abc", 3}, {"", 0}, {"defg", 4}};
    assert_int_equal(store_load_checkpoint(&bytes, &n, store, &key, &err), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_save_checkpoint(store, &key, parts, 3, &err), 0);
    assert_int_equal(store_load_checkpoint(&bytes, &n, store, &key, &err), 1);
    assert_int_equal(n, 7);
    assert_memory_equal(bytes, "abcdefg", 7);
    mem_free(bytes);
    char path[256], hex[DIGEST_HEX], name[100];
    digest_hex(hex, &key);
    snprintf(name, sizeof name, "checkpoints/%s", hex);
    path_of(path, *state, name);
    flip(path, 2);
    assert_int_equal(store_load_checkpoint(&bytes, &n, store, &key, &err), 0);
    store_drop_checkpoint(store, &key);
    assert_int_equal(access(path, F_OK), -1);
    store_close(store);
}

static void test_facts(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct err err = {0};
    uint8_t *bytes;
    size_t n;
    assert_int_equal(store_find_facts(&bytes, &n, store, "csv", &err), 0);
    assert_int_equal(store_keep_facts(store, "csv", "one", 3, &err), 0);
    assert_int_equal(store_keep_facts(store, "csv", "four", 4, &err), 0);
    assert_int_equal(store_find_facts(&bytes, &n, store, "csv", &err), 1);
    assert_int_equal(n, 4);
    assert_memory_equal(bytes, "four", 4);
    mem_free(bytes);
    store_close(store);
}

static void ignore_problem(void *data, const char *text)
{
    (void)data, (void)text;
}

// Facts that were edited are as if they were not there, and fsck tells.
static void test_edited_facts(void **state)
{
    const struct place *p = *state;
    struct store *store = open_store(p, STORE_MAKE);
    struct err err = {0};
    struct checked checked;
    uint8_t *bytes;
    size_t n;
    char path[96];
    sqlite3 *db;
    assert_int_equal(store_keep_facts(store, "csv", "four", 4, &err), 0);
    assert_int_equal(store_keep_facts(store, "npy", "five", 4, &err), 0);
    store_close(store);
    assert_int_equal(store_check(&checked, p->store, false, ignore_problem, NULL, &err), 0);
    assert_int_equal(checked.problems, 0);
    snprintf(path, sizeof path, "%s/w2s.db", p->store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE facts SET bytes = x'00' WHERE source = 'csv'", NULL,
                                  NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_check(&checked, p->store, false, ignore_problem, NULL, &err), 0);
    assert_int_equal(checked.problems, 1);
    store = open_store(p, STORE_MAKE);
    assert_int_equal(store_find_facts(&bytes, &n, store, "csv", &err), 0);
    assert_int_equal(store_find_facts(&bytes, &n, store, "npy", &err), 1);
    mem_free(bytes);
    store_close(store);
    assert_int_equal(store_check(&checked, p->store, true, ignore_problem, NULL, &err), 0);
    assert_int_equal(store_check(&checked, p->store, false, ignore_problem, NULL, &err), 0);
    assert_int_equal(checked.problems, 0);
}

// --- pack ----------------------------------------------------------------------------------------

static void test_unpack_never_reads_past_the_end(void **state)
{
    (void)state;
    struct str s = {0};
    struct arena arena = {0};
    pack_text(&s, "héllo");
    pack_u32(&s, 7);
    pack_double(&s, -0.0);
    pack_u64(&s, UINT64_MAX); // a count nothing can meet
    for (size_t n = 0; n <= s.len; n++) {
        uint8_t *copy = mem_new(n); // so that a sanitizer sees a byte too far
        memcpy(copy, s.data, n);
        struct unpack u = {copy, n, false};
        const char *text = unpack_text(&u, &arena);
        uint32_t seven = unpack_u32(&u);
        double zero = unpack_double(&u);
        size_t count = unpack_count(&u, 1);
        assert_int_equal(count, 0);
        assert_true(u.bad);
        if (n == s.len)
            assert_true(strcmp(text, "héllo") == 0 && seven == 7 && signbit(zero));
        mem_free(copy);
    }
    struct unpack u = {(const uint8_t *)"\3\0\0\0\0\0\0\0a\0b", 11, false};
    unpack_text(&u, &arena);
    assert_true(u.bad); // a NUL inside
    arena_release(&arena);
    str_release(&s);
}

static void test_10000_cells(void **state)
{
    struct store *store = open_store(*state, STORE_MAKE);
    struct store_batch batch = {0};
    struct err err = {0};
    struct run_record run = {.uid = store_new_uid(), .title = "many"};
    assert_int_equal(store_start_runs(store, &batch, &run, 1, &err), 0);
    const double seeds[] = {0.1, 0.2, 0.3};
    for (uint64_t i = 0; i < 10000; i++) {
        struct cell_record cell = {.run = run.uid, .point = i, .params = "lambda = 0.25"};
        struct metric_record metric = {.run = run.uid,
                                       .point = i,
                                       .position = i,
                                       .model = "student",
                                       .on_data = "digits.test",
                                       .metric = "accuracy",
                                       .refused = "",
                                       .by_seed = {seeds, 3}};
        batch_add(&batch, RECORD_cell, &cell);
        batch_add(&batch, RECORD_metric, &metric);
        for (uint64_t k = 0; k < 3; k++)
            add_step(store, &batch, 3 * i + k, 40);
    }
    commit(store, &batch);
    assert_true(has_step(store, 29999, 40));
    batch_release(&batch);
    store_close(store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(test_what_is_committed_is_found),
        TEST(test_uncommitted_is_not_there),
        TEST(test_no_store),
        TEST(test_index_is_made_again),
        TEST(test_foreign_index),
        TEST(test_damaged_journal_is_told),
        TEST(test_cut_off_journal),
        TEST(test_shorter_journal_is_told),
        TEST(test_newer_versions_are_refused),
        TEST(test_damaged_blob_is_told),
        TEST(test_runs),
        TEST(test_dangling_record),
        TEST(test_processes_share_a_store),
        TEST(test_claims),
        TEST(test_alone),
        TEST(test_checkpoints),
        TEST(test_facts),
        TEST(test_edited_facts),
        TEST(test_unpack_never_reads_past_the_end),
        TEST(test_10000_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_plan_file.c -- what comes out of a store is hostile: plans, artifacts, records and bundles
// cut off at every byte and with every kind of bit changed are refused or read, and never read past
// their end.
#include "cmocka_first.h"

#include "base/mem.h"
#include "compile_text.h"
#include "exec/payload.h"
#include "store/plan_file.h"
#include "store/records.h"

#include <string.h>

static const char text[] =
    "experiment \"t\" { seeds = 0..1 }\n"
    "param w = 1\n"
    "data d = builtin(\"digits\") { split = { a: 20%, b: 40%, test: 20% } }\n"
    "teacher t { model = linear; train = d.a; epochs = 2 }\n"
    "student s { model = mlp(hidden: [4]); train = d.b; learn = w * soft_labels(from: t); epochs = "
    "2 }\n"
    "sweep { w = [1, 2] }\n"
    "evaluate { models = [t, s]; on = [d.test]; metrics = [accuracy, pgr] }\n"
    "claim \"c\" { accuracy(s, on: d.test) > 0 }\n";

static void write_file(struct str *bytes, struct compiled_text *c)
{
    compile_right(c, text);
    bool *gold = mem_new(c->plan.n * sizeof *gold);
    gold[1] = true;
    plan_file_write(bytes, &c->plan, gold);
    mem_free(gold);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct compiled_text c;
    struct str bytes = {0}, again = {0}, attrs = {0};
    struct plan_file file;
    struct err err = {0};
    write_file(&bytes, &c);
    assert_int_equal(plan_file_read(&file, (const uint8_t *)bytes.data, bytes.len, &err), 0);
    assert_string_equal(file.title, "t");
    assert_int_equal(file.n, c.plan.n);
    assert_int_equal(file.n_points, 2);
    assert_string_equal(file.points[1], "w = 2");
    assert_int_equal(file.n_numbers, c.plan.n_numbers);
    assert_int_equal(file.n_claims, c.plan.n_claims);
    for (size_t i = 0; i < file.n; i++) {
        const struct step *step = &c.plan.steps[i];
        str_clear(&attrs);
        value_write(&attrs, &step->attrs);
        assert_string_equal(file.steps[i].kind, step_kind_name(step->kind));
        assert_string_equal(file.steps[i].attrs, str_text(&attrs));
        assert_true(digest_equal(&file.steps[i].key, &step->key));
        assert_int_equal(file.steps[i].n_in, step->n_in);
        assert_int_equal(file.steps[i].reads_gold, i == 1);
        for (uint32_t k = 0; k < step->n_in; k++)
            assert_int_equal(file.steps[i].in[k], step->in[k]);
    }
    plan_file_release(&file);
    str_release(&bytes);
    str_release(&again);
    str_release(&attrs);
    compile_text_release(&c);
}

// A copy of exactly n bytes, so that a sanitizer sees a read beyond them.
static uint8_t *exact(const struct str *bytes, size_t n)
{
    uint8_t *copy = mem_new(n);
    memcpy(copy, bytes->data, n);
    return copy;
}

static void try_plan(const uint8_t *bytes, size_t n)
{
    struct plan_file file;
    struct err err = {0};
    if (plan_file_read(&file, bytes, n, &err) < 0) {
        assert_int_equal(err.kind, ERR_DATA);
        return;
    }
    for (size_t i = 0; i < file.n; i++)
        for (size_t k = 0; k < file.steps[i].n_in; k++)
            assert_true(file.steps[i].in[k] < i);
    for (size_t i = 0; i < file.n_numbers; i++)
        assert_true(file.numbers[i].point < file.n_points &&
                    (file.numbers[i].step == STEP_NONE || file.numbers[i].step < file.n));
    plan_file_release(&file);
}

static void test_hostile_plans(void **state)
{
    (void)state;
    struct compiled_text c;
    struct str bytes = {0};
    write_file(&bytes, &c);
    for (size_t n = 0; n < bytes.len; n += 1 + n / 64) {
        uint8_t *copy = exact(&bytes, n);
        struct plan_file file;
        struct err err = {0};
        assert_int_equal(plan_file_read(&file, copy, n, &err), -1);
        mem_free(copy);
    }
    for (size_t at = 0; at < bytes.len; at += 1 + at / 128) {
        uint8_t *copy = exact(&bytes, bytes.len);
        for (int bit = 0; bit < 8; bit++) {
            copy[at] ^= (uint8_t)(1 << bit);
            try_plan(copy, bytes.len);
            copy[at] ^= (uint8_t)(1 << bit);
        }
        mem_free(copy);
    }
    str_release(&bytes);
    compile_text_release(&c);
}

static void free_artifact(struct artifact *a)
{
    mem_free(a->values);
    mem_free(a->curve);
    mem_free(a->weights);
    *a = (struct artifact){0};
}

static void test_hostile_payloads(void **state)
{
    (void)state;
    float values[6] = {1, -0.0f, 3, 4, 5, 6};
    double curve[2] = {0.5, 0.25};
    const struct artifact made = {
        .n = 3, .classes = 2, .values = values, .n_values = 6, .curve = curve, .n_curve = 2};
    struct str bytes = {0};
    struct artifact read = {0};
    struct err err = {0};
    payload_write(&bytes, &made);
    assert_int_equal(payload_read(&read, (const uint8_t *)bytes.data, bytes.len, &err), 0);
    assert_memory_equal(read.values, values, sizeof values);
    assert_memory_equal(read.curve, curve, sizeof curve);
    assert_true(read.n == 3 && read.classes == 2 && read.n_values == 6 && read.n_curve == 2);
    free_artifact(&read);
    for (size_t n = 0; n < bytes.len; n++) {
        uint8_t *copy = exact(&bytes, n);
        err = (struct err){0};
        assert_int_equal(payload_read(&read, copy, n, &err), -1);
        free_artifact(&read);
        mem_free(copy);
    }
    for (size_t at = 0; at < bytes.len; at++) {
        uint8_t *copy = exact(&bytes, bytes.len);
        copy[at] ^= 0x80;
        err = (struct err){0};
        (void)!payload_read(&read, copy, bytes.len, &err);
        free_artifact(&read);
        mem_free(copy);
    }
    str_release(&bytes);
}

static void test_hostile_records(void **state)
{
    (void)state;
    const double seeds[] = {1, 2};
    const struct metric_record metric = {
        .model = "m", .on_data = "d", .metric = "x", .refused = "", .by_seed = {seeds, 2}};
    const struct record_kind *kind = record_kind(RECORD_metric);
    struct str bytes = {0};
    struct arena arena = {0};
    union any_record read;
    record_write(&bytes, kind, &metric);
    for (size_t n = 0; n <= bytes.len; n++) {
        uint8_t *copy = exact(&bytes, n);
        struct err err = {0};
        assert_int_equal(record_read(&read, kind, copy, n, &arena, &err), n == bytes.len ? 0 : -1);
        mem_free(copy);
    }
    size_t n_kinds;
    const struct record_kind *kinds = record_kinds(&n_kinds);
    for (size_t k = 0; k < n_kinds; k++) { // as another kind: no harm
        struct err err = {0};
        uint8_t *copy = exact(&bytes, bytes.len);
        (void)!record_read(&read, &kinds[k], copy, bytes.len, &arena, &err);
        mem_free(copy);
    }
    assert_null(record_kind(0));
    assert_null(record_kind(200));
    arena_release(&arena);
    str_release(&bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_hostile_plans),
        cmocka_unit_test(test_hostile_payloads),
        cmocka_unit_test(test_hostile_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

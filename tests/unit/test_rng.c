// test_rng.c -- Philox against its published answers; streams are addressed, not consumed.
#include "cmocka_first.h"

#include "base/rng.h"

#include <math.h>

// The known-answer vectors of the Random123 distribution (Salmon et al. 2011), philox4x32, 10
// rounds.
static void test_known_answers(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } kat[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kat); i++) {
        uint32_t out[4];
        philox4x32_10(out, kat[i].counter, kat[i].key);
        assert_memory_equal(out, kat[i].out, sizeof out);
    }
}

// A stream is the blocks of its counter: draw, then index. Pinned, since results depend on it.
static void test_addressing(void **state)
{
    (void)state;
    struct rng_key key = rng_key_of(7, "order");
    struct rng rng = rng_at(key, 0x100000002ull);
    for (uint32_t draw = 0; draw < 3; draw++) {
        const uint32_t counter[4] = {draw, 0, 2, 1};
        uint32_t block[4];
        philox4x32_10(block, counter, key.word);
        for (int i = 0; i < 4; i++)
            assert_int_equal(rng_u32(&rng), block[i]);
    }
    rng = rng_at(key, 5);
    rng.counter[0] = UINT32_MAX; // four billion blocks later
    for (uint32_t draw = 0; draw < 2; draw++) {
        const uint32_t counter[4] = {draw == 0 ? UINT32_MAX : 0, draw, 5, 0};
        uint32_t block[4];
        philox4x32_10(block, counter, key.word);
        for (int i = 0; i < 4; i++)
            assert_int_equal(rng_u32(&rng), block[i]);
    }
    struct rng_key other = rng_key_of(7, "init"), later = rng_key_of(8, "order");
    assert_true(other.word[0] != key.word[0] && later.word[0] != key.word[0]);
}

// SHA-256 over: 7 as u64, "w2s rng", the seed as u64, 5 as u64, "order" (all little-endian); its
// first 8 bytes.
static void test_key_is_pinned(void **state)
{
    (void)state;
    struct rng_key key = rng_key_of(7, "order");
    assert_int_equal(key.word[0], 0x6b445f3d);
    assert_int_equal(key.word[1], 0x7367598a);
}

static void test_below(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "test"), 0);
    enum { N = 7, DRAWS = 70000 };
    int count[N] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = rng_below(&rng, N);
        assert_true(x < N);
        count[x]++;
    }
    double chi = 0;
    for (int i = 0; i < N; i++)
        chi += (count[i] - DRAWS / N) * (count[i] - DRAWS / N) / (double)(DRAWS / N);
    assert_true(chi < 27.9); // 6 degrees of freedom: p < 1e-4 beyond
    assert_int_equal(rng_below(&rng, 1), 0);
}

// Where a remainder alone would be biased most: of 3 * 2^62 numbers the lower third would come up
// half of the time.
static void test_below_is_unbiased(void **state)
{
    (void)state;
    enum { DRAWS = 30000 };
    const uint64_t n = 3ull << 62;
    struct rng rng = rng_at(rng_key_of(1, "test"), 1);
    int low = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = rng_below(&rng, n);
        assert_true(x < n);
        low += x < n / 3;
    }
    assert_true(fabs(low - DRAWS / 3.0) < 5 * sqrt(DRAWS * 2.0 / 9));
    for (int i = 0; i < 1000; i++)
        assert_true(rng_below(&rng, UINT64_MAX) < UINT64_MAX &&
                    rng_below(&rng, 1ull << 63) < 1ull << 63);
}

static void test_unit_and_normal(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng rng = rng_at(rng_key_of(2, "test"), 5);
    double sum = 0, moment[5] = {0};
    for (int i = 0; i < N; i++) {
        double u = rng_unit(&rng);
        assert_true(u >= 0 && u < 1 && u * 0x1p53 == floor(u * 0x1p53));
        sum += u;
    }
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N)); // standard errors, here and below
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&rng), power = 1;
        for (int k = 1; k < 5; k++)
            moment[k] += power *= x;
    }
    assert_true(fabs(moment[1] / N) < 5 / sqrt(N));
    assert_true(fabs(moment[2] / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(moment[3] / N) < 5 * sqrt(15.0 / N));
    assert_true(fabs(moment[4] / N - 3) < 5 * sqrt(96.0 / N));
}

// A stream does not depend on what others drew, nor on the order in which streams are opened.
static void test_streams_are_independent(void **state)
{
    (void)state;
    enum { STREAMS = 50, DRAWS = 37 };
    struct rng_key key = rng_key_of(9, "test");
    uint32_t forward[STREAMS][DRAWS];
    for (uint32_t s = 0; s < STREAMS; s++) {
        struct rng rng = rng_at(key, s);
        for (int i = 0; i < DRAWS; i++)
            forward[s][i] = rng_u32(&rng);
    }
    struct rng rng[STREAMS];
    for (uint32_t s = STREAMS; s-- > 0;)
        rng[s] = rng_at(key, s);
    for (int i = 0; i < DRAWS; i++)
        for (uint32_t s = STREAMS; s-- > 0;)
            assert_int_equal(rng_u32(&rng[s]), forward[s][i]);
    for (uint32_t s = 1; s < STREAMS; s++)
        assert_memory_not_equal(forward[s], forward[0], sizeof forward[0]);
}

static void test_shuffle(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint32_t a[N], b[N];
    bool seen[N] = {false};
    for (uint32_t i = 0; i < N; i++)
        a[i] = b[i] = i;
    struct rng x = rng_at(rng_key_of(3, "test"), 0), y = rng_at(rng_key_of(3, "test"), 0);
    rng_shuffle(&x, a, N);
    rng_shuffle(&y, b, N);
    assert_memory_equal(a, b, sizeof a);
    size_t fixed = 0;
    for (uint32_t i = 0; i < N; i++) {
        assert_false(seen[a[i]]);
        seen[a[i]] = true;
        fixed += a[i] == i;
    }
    assert_true(fixed < 10); // about one is expected
    rng_shuffle(&x, a, 0);
    // every order of three comes up about equally often
    int count[27] = {0};
    for (int i = 0; i < 6000; i++) {
        uint32_t t[3] = {0, 1, 2};
        rng_shuffle(&x, t, 3);
        count[t[0] * 9 + t[1] * 3 + t[2]]++;
    }
    int orders = 0;
    for (int i = 0; i < 27; i++) {
        orders += count[i] > 0;
        assert_true(count[i] == 0 || (count[i] > 850 && count[i] < 1150));
    }
    assert_int_equal(orders, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers), cmocka_unit_test(test_addressing),
        cmocka_unit_test(test_key_is_pinned), cmocka_unit_test(test_below),
        cmocka_unit_test(test_below_is_unbiased), cmocka_unit_test(test_unit_and_normal),
        cmocka_unit_test(test_streams_are_independent), cmocka_unit_test(test_shuffle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

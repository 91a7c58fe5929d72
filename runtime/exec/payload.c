// payload.c -- see payload.h and keep_seal of keep.h: artifacts as bytes and as digests.
#include "exec/payload.h"

#include "base/mem.h"
#include "exec/keep.h"
#include "store/pack.h"

#include <string.h>

enum { PIECE = 4096 };

static uint32_t word_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void put_word(uint8_t *out, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(x >> (8 * i));
}

void payload_write(struct str *out, const struct artifact *a)
{
    uint8_t bytes[4 * PIECE];
    pack_u64(out, a->n);
    pack_u64(out, a->classes);
    pack_u64(out, a->n_curve);
    for (size_t i = 0; i < a->n_curve; i++)
        pack_double(out, a->curve[i]);
    pack_u64(out, a->n_values);
    for (size_t at = 0; at < a->n_values; at += PIECE) {
        size_t n = a->n_values - at < PIECE ? a->n_values - at : PIECE;
        for (size_t i = 0; i < n; i++)
            put_word(bytes + 4 * i, word_of(a->values[at + i]));
        str_add_bytes(out, bytes, 4 * n);
    }
    if (a->n_weights > 0)
        pack_u64(out, a->n_weights);
    for (size_t i = 0; i < a->n_weights; i++)
        pack_double(out, a->weights[i]);
}

// Of a mixture; absent where nothing was mixed.
static int read_weights(struct artifact *out, struct unpack *u, struct err *err)
{
    if (u->left == 0)
        return 0;
    size_t n = unpack_count(u, sizeof(double));
    out->weights = mem_try(n, sizeof *out->weights, "the weights of teachers", err);
    if (out->weights == NULL)
        return -1;
    out->n_weights = n;
    for (size_t i = 0; i < n; i++)
        out->weights[i] = unpack_double(u);
    return 0;
}

int payload_read(struct artifact *out, const uint8_t *bytes, size_t n, struct err *err)
{
    struct unpack u = {.at = bytes, .left = n};
    out->n = (size_t)unpack_u64(&u);
    out->classes = (size_t)unpack_u64(&u);
    size_t product;
    if (__builtin_mul_overflow(out->n, out->classes, &product))
        u.bad = true;
    size_t n_curve = unpack_count(&u, sizeof(double));
    out->curve = mem_try(n_curve, sizeof *out->curve, "the training curve", err);
    if (out->curve == NULL)
        return -1;
    out->n_curve = n_curve;
    for (size_t i = 0; i < n_curve; i++)
        out->curve[i] = unpack_double(&u);
    size_t n_values = unpack_count(&u, sizeof(float));
    out->values = mem_try(n_values, sizeof *out->values, "values", err);
    if (out->values == NULL)
        return -1;
    out->n_values = n_values;
    for (size_t i = 0; i < n_values; i++) {
        uint32_t word = unpack_u32(&u);
        memcpy(&out->values[i], &word, sizeof word);
    }
    if (read_weights(out, &u, err) < 0)
        return -1;
    return unpack_end(&u) ? 0 : err_set(err, ERR_DATA, "a stored result is not of its form");
}

// --- digests -------------------------------------------------------------------------------------

static uint64_t number_bits(double x)
{
    uint64_t bits;
    if (x != x)
        return 0x7FF8000000000000ull;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void add_values(struct digest_state *state, const float *x, size_t n)
{
    uint8_t bytes[4 * PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        for (size_t i = 0; i < piece; i++) // a NaN always as the same NaN
            put_word(bytes + 4 * i, x[at + i] == x[at + i] ? word_of(x[at + i]) : 0x7FC00000u);
        digest_add(state, bytes, 4 * piece);
    }
}

// Steps whose table borrows the features of their first input: those were digested already.
static bool borrows_features(enum step_kind kind)
{
    return kind == STEP_shuffle || kind == STEP_reclass || kind == STEP_noise || kind == STEP_standardize;
}

// Which rows of which table, by the content of the table; of borrowed features by the labels beside them.
static void add_rows(struct digest_state *state, const struct artifact *a,
                     const struct artifact *from, bool borrowed)
{
    for (size_t i = 0; borrowed && i < a->rows.n && a->table.y != NULL; i++)
        digest_add_u64(state, a->table.y[a->rows.index[i]]);
    if (borrowed)
        table_digest_standard(state, &a->table);
    if (a->table.n > 0 && !borrowed) {
        struct digest table = table_digest(&a->table);
        digest_add(state, table.bytes, sizeof table.bytes);
    } else if (from != NULL) {
        digest_add(state, from->digest.bytes, sizeof from->digest.bytes);
    }
    digest_add_u64(state, a->rows.n);
    uint8_t bytes[4 * PIECE];
    for (size_t at = 0; at < a->rows.n; at += PIECE) {
        size_t piece = a->rows.n - at < PIECE ? a->rows.n - at : PIECE;
        for (size_t i = 0; i < piece; i++)
            put_word(bytes + 4 * i, a->rows.index[at + i]);
        digest_add(state, bytes, 4 * piece);
    }
}

void keep_seal(struct artifact *a, const struct plan *plan, uint32_t number,
               const struct artifact *artifacts)
{
    const struct step *step = &plan->steps[number];
    if (artifacts == NULL ? !keep_counts(step->kind) : !keep_records(step->kind))
        return;
    struct digest_state *state = digest_new();
    if (a->rows.table != NULL)
        add_rows(state, a, step->n_in > 0 ? &artifacts[step->in[0]] : NULL,
                 borrows_features(step->kind));
    if (step->kind != STEP_evaluate)
        add_values(state, a->values, a->values != NULL ? a->n_values : 0);
    for (size_t i = 0; i < a->n_curve; i++)
        digest_add_u64(state, number_bits(a->curve[i]));
    for (size_t i = 0; i < a->n_weights; i++)
        digest_add_u64(state, number_bits(a->weights[i]));
    digest_add_u64(state, number_bits(a->number));
    a->digest = digest_take(state);
    a->has_digest = true;
}

// table.c -- see table.h.
#include "data/table.h"

#include "base/mem.h"

#include <string.h>

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->n_owned; i++)
        mem_free(table->owned[i]);
    *table = (struct table){0};
}

void *table_own(struct table *table, void *p)
{
    if (table->n_owned == ARRAY_LEN(table->owned))
        BUG("a table owns more than %zu blocks", ARRAY_LEN(table->owned));
    table->owned[table->n_owned++] = p;
    return p;
}

const char **table_own_texts(bool *ok, struct table *table, const char *const *texts, size_t n,
                             const char *what, struct err *err)
{
    if (texts == NULL)
        return NULL;
    size_t bytes = n * sizeof *texts;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(texts[i]) + 1;
    const char **copy = table_own(table, mem_try(bytes, 1, what, err));
    *ok &= copy != NULL;
    char *text = (char *)(copy != NULL ? copy + n : NULL);
    for (size_t i = 0; i < n && copy != NULL; i++) {
        size_t length = strlen(texts[i]) + 1;
        copy[i] = memcpy(text, texts[i], length);
        text += length;
    }
    return copy;
}

void rows_release(struct rows *rows)
{
    mem_free(rows->index);
    *rows = (struct rows){0};
}

int rows_borrow(struct rows *out, struct table *table, const struct rows *in, struct err *err)
{
    uint32_t *index = mem_try(in->n, sizeof *index, "row numbers", err);
    if (index == NULL)
        return -1;
    if (in->n > 0)
        memcpy(index, in->index, in->n * sizeof *index);
    *table = *in->table;
    table->n_owned = 0;
    *out = (struct rows){.table = table, .n = in->n, .index = index};
    return 0;
}

static uint32_t canonical_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return x == x ? bits : 0x7FC00000u;
}

static void store_le32(uint8_t *out, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(x >> (8 * i));
}

// The features in pieces, so that a digest needs no second copy of the table.
static void digest_add_features(struct digest_state *state, const struct table *table)
{
    enum { PIECE = 4096 };
    uint8_t bytes[4 * PIECE];
    uint32_t of_byte[256]; // the bits of every byte's feature
    for (unsigned b = 0; b < 256; b++)
        of_byte[b] = canonical_bits((float)b * table->scale);

    size_t total = table->n * table->d;
    for (size_t at = 0; at < total; at += PIECE) {
        size_t count = total - at < PIECE ? total - at : PIECE;
        for (size_t i = 0; i < count; i++)
            store_le32(bytes + 4 * i, table->x != NULL ? canonical_bits(table->x[at + i])
                                                       : of_byte[table->x_bytes[at + i]]);
        digest_add(state, bytes, 4 * count);
    }
}

void table_digest_standard(struct digest_state *state, const struct table *table)
{
    if (table->center == NULL)
        return;
    digest_add_text(state, "standardize");
    for (size_t i = 0; i < table->d; i++) {
        digest_add_u64(state, canonical_bits(table->center[i]));
        digest_add_u64(state, canonical_bits(table->factor[i]));
    }
}

// Nothing for a table that lacks them.
static void digest_add_extras(struct digest_state *state, const struct table *table)
{
    if (table->group != NULL) {
        digest_add_text(state, "group");
        for (size_t row = 0; row < table->n; row++)
            digest_add_u64(state, table->group[row]);
    }
    if (table->environment != NULL) {
        digest_add_text(state, "environment");
        for (size_t row = 0; row < table->n; row++)
            digest_add_u64(state, table->environment[row]);
    }
    if (table->weight != NULL) {
        digest_add_text(state, "weight");
        for (size_t row = 0; row < table->n; row++)
            digest_add_u64(state, canonical_bits(table->weight[row]));
    }
    table_digest_standard(state, table);
}

struct digest table_digest(const struct table *table)
{
    struct digest_state *state = digest_new();
    digest_add_text(state, "w2s table");
    digest_add_u64(state, table->n);
    digest_add_u64(state, table->d);
    digest_add_u64(state, table->classes);
    digest_add_u64(state, table->image.height);
    digest_add_u64(state, table->image.width);
    digest_add_u64(state, table->image.channels);
    digest_add_u64(state, table->y != NULL);
    digest_add_features(state, table);
    for (size_t row = 0; row < table->n; row++) {
        if (table->y != NULL)
            digest_add_u64(state, table->y[row]);
        digest_add_u64(state, table_id(table, row));
    }
    digest_add_extras(state, table);
    return digest_take(state);
}

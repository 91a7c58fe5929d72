// records.c -- see records.h: tables of fields from the lists, and records as bytes.
#include "store/records.h"

#include "store/pack.h"

#include <string.h>

#define FIELD_OF(kind, name) {FIELD_##kind, #name, offsetof(struct RECORD_STRUCT, name)},

#define RECORD_STRUCT blob_record
static const struct field blob_fields[] = {BLOB_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT step_record
static const struct field step_fields[] = {STEP_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT run_record
static const struct field run_fields[] = {RUN_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT provenance_record
static const struct field provenance_fields[] = {PROVENANCE_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT cell_record
static const struct field cell_fields[] = {CELL_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT metric_record
static const struct field metric_fields[] = {METRIC_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT claim_record
static const struct field claim_fields[] = {CLAIM_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT end_record
static const struct field end_fields[] = {END_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT
#define RECORD_STRUCT lineage_record
static const struct field lineage_fields[] = {LINEAGE_FIELDS(FIELD_OF)};
#undef RECORD_STRUCT

static const struct record_kind kinds[] = {
#define R(type, name, table, fields, constraints)                                                  \
    {RECORD_##name,                                                                                \
     #name,                                                                                        \
     #table,                                                                                       \
     constraints,                                                                                  \
     sizeof(struct name##_record),                                                                 \
     name##_fields,                                                                                \
     ARRAY_LEN(name##_fields)},
    RECORDS(R)
#undef R
};

const struct record_kind *record_kinds(size_t *n)
{
    *n = ARRAY_LEN(kinds);
    return kinds;
}

const struct record_kind *record_kind(unsigned type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].type == type)
            return &kinds[i];
    return NULL;
}

void record_write(struct str *out, const struct record_kind *kind, const void *record)
{
    for (size_t i = 0; i < kind->n_fields; i++) {
        const void *at = (const char *)record + kind->fields[i].offset;
        const struct numbers *numbers = at;
        const struct bytes *bytes = at;
        switch (kind->fields[i].kind) {
        case FIELD_UID:
            str_add_bytes(out, at, sizeof(struct uid));
            break;
        case FIELD_DIGEST:
            pack_digest(out, at);
            break;
        case FIELD_TEXT:
            pack_text(out, *(const char *const *)at);
            break;
        case FIELD_WHOLE:
            pack_u64(out, *(const uint64_t *)at);
            break;
        case FIELD_REAL:
        case FIELD_BITS:
            pack_double(out, *(const double *)at);
            break;
        case FIELD_NUMBERS:
            pack_u64(out, numbers->n);
            for (size_t k = 0; k < numbers->n; k++)
                pack_double(out, numbers->x[k]);
            break;
        case FIELD_BYTES:
            pack_bytes(out, bytes->at, bytes->n);
            break;
        }
    }
}

static void read_field(void *at, enum field_kind kind, struct unpack *u, struct arena *arena)
{
    struct numbers *numbers = at;
    struct bytes *bytes = at;
    switch (kind) {
    case FIELD_UID:
        for (size_t i = 0; i < sizeof(struct uid); i++)
            ((struct uid *)at)->bytes[i] = unpack_u8(u);
        break;
    case FIELD_DIGEST:
        *(struct digest *)at = unpack_digest(u);
        break;
    case FIELD_TEXT:
        *(const char **)at = unpack_text(u, arena);
        break;
    case FIELD_WHOLE:
        *(uint64_t *)at = unpack_u64(u);
        break;
    case FIELD_REAL:
    case FIELD_BITS:
        *(double *)at = unpack_double(u);
        break;
    case FIELD_NUMBERS: {
        numbers->n = unpack_count(u, sizeof(double));
        double *x = arena_array(arena, numbers->n, sizeof *x);
        for (size_t k = 0; k < numbers->n; k++)
            x[k] = unpack_double(u);
        numbers->x = x;
        break;
    }
    case FIELD_BYTES:
        bytes->at = unpack_bytes(u, &bytes->n);
        break;
    }
}

int record_read(union any_record *out, const struct record_kind *kind, const uint8_t *bytes,
                size_t n, struct arena *arena, struct err *err)
{
    struct unpack u = {.at = bytes, .left = n};
    *out = (union any_record){0};
    for (size_t i = 0; i < kind->n_fields; i++)
        read_field((char *)out + kind->fields[i].offset, kind->fields[i].kind, &u, arena);
    if (!unpack_end(&u))
        return err_set(err, ERR_DATA, "a record of a %s is not of its form", kind->name);
    return 0;
}

bool digest_is_zero(const struct digest *d)
{
    static const struct digest zero;
    return digest_equal(d, &zero);
}

bool digest_from_hex(struct digest *d, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 2 * sizeof d->bytes; i++) {
        const char *at = hex[i] != '\0' ? strchr(digits, hex[i]) : NULL;
        if (at == NULL)
            return false;
        uint8_t nibble = (uint8_t)(at - digits);
        d->bytes[i / 2] = i % 2 == 0 ? (uint8_t)(nibble << 4) : (uint8_t)(d->bytes[i / 2] | nibble);
    }
    return hex[2 * sizeof d->bytes] == '\0';
}

// load_idx.c -- IDX files (LeCun; the MNIST format), whole: sizes are checked against the file,
// then the pixels go from the file into the table in one read and stay bytes.
//
// Layout, big-endian: 0, 0, type, rank; rank sizes of 32 bits; the data, row-major.
#include "data/loaders.h"

#include "base/mem.h"

enum { IDX_UBYTE = 0x08, IDX_MAX_RANK = 3 };

struct idx {
    struct stream s;
    unsigned rank;
    uint64_t size[IDX_MAX_RANK];
};

static const char *type_name(uint8_t type)
{
    static const struct {
        uint8_t code;
        const char *name;
    } types[] = {
        {0x09, "signed bytes"},   {0x0B, "16-bit integers"}, {0x0C, "32-bit integers"},
        {0x0D, "32-bit floats"}, {0x0E, "64-bit floats"},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].code == type)
            return types[i].name;
    return NULL;
}

// `magic` is four bytes. Images have rank 2 or 3, labels have rank 1.
static int check_magic(const uint8_t *magic, const char *path, bool labels, struct err *err)
{
    uint8_t type = magic[2], rank = magic[3];
    if (magic[0] != 0 || magic[1] != 0 || (type != IDX_UBYTE && type_name(type) == NULL))
        return err_set(err, ERR_DATA,
                       "'%s' is no IDX file: it starts with %02x %02x %02x %02x, "
                       "expected 00 00 08 %02x",
                       path, magic[0], magic[1], type, rank, labels ? 1 : 3);
    if (type != IDX_UBYTE)
        return err_set(err, ERR_UNSUPPORTED, "'%s' holds %s, expected unsigned bytes", path,
                       type_name(type));
    if (labels ? rank == 1 : rank == 2 || rank == 3)
        return 0;
    err_set(err, ERR_DATA, "'%s' has %u dimensions, expected %s", path, rank,
            labels ? "1: these are the labels" : "2 or 3: these are the images");
    if (labels ? rank == 2 || rank == 3 : rank == 1)
        err_hint(err, "The first file of idx() is the images, the second the labels.");
    return -1;
}

static int read_header(struct idx *idx, bool labels, struct err *err)
{
    const char *path = str_text(&idx->s.path);
    uint8_t bytes[4];
    if (stream_read(&idx->s, bytes, sizeof bytes, "header", err) < 0 ||
        check_magic(bytes, path, labels, err) < 0)
        return -1;
    idx->rank = bytes[3];
    uint64_t total = 1;
    for (unsigned i = 0; i < idx->rank; i++) {
        if (stream_read(&idx->s, bytes, sizeof bytes, "header", err) < 0)
            return -1;
        idx->size[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                       (uint32_t)bytes[2] << 8 | bytes[3];
        if (__builtin_mul_overflow(total, idx->size[i], &total))
            return err_set(err, ERR_DATA, "'%s' claims sizes whose product overflows", path);
    }
    return stream_expect(&idx->s, total, err);
}

// The stream is left open also on failure; idx_close.
static int idx_open(struct idx *idx, const char *folder, const char *name, bool labels,
                    struct err *err)
{
    *idx = (struct idx){0};
    if (stream_open(&idx->s, folder, name, true, err) < 0)
        return -1;
    return read_header(idx, labels, err);
}

static int open_both(struct idx *images, struct idx *labels, struct table_facts *facts,
                     const struct value *call, const char *folder, struct err *err)
{
    *labels = (struct idx){0};
    if (idx_open(images, folder, value_arg_text(call, "images"), false, err) < 0 ||
        idx_open(labels, folder, value_arg_text(call, "labels"), true, err) < 0)
        return -1;
    const char *path = str_text(&images->s.path);
    bool square = images->rank == 3; // two sizes a row, each below 2^32: the product fits
    uint64_t d = square ? images->size[1] * images->size[2] : images->size[1];
    if (check_shape(facts, images->size[0], d, path, err) < 0 ||
        check_counts(images->size[0], path, labels->size[0], str_text(&labels->s.path), err) < 0)
        return -1;
    if (square)
        facts->image =
            (struct image_shape){(uint32_t)images->size[1], (uint32_t)images->size[2], 1};
    return 0;
}

static void close_both(struct idx *images, struct idx *labels)
{
    stream_close(&images->s);
    stream_close(&labels->s);
}

int facts_idx(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    struct idx images, labels;
    int status = open_both(&images, &labels, facts, call, folder, err);
    close_both(&images, &labels);
    return status;
}

static int read_pixels(struct table *table, struct stream *s, struct err *err)
{
    uint8_t *x = table_own(table, mem_try(table->n * table->d, 1, "the images", err));
    if (x == NULL || stream_read(s, x, table->n * table->d, "data", err) < 0)
        return -1;
    table->x_bytes = x;
    return stream_end(s, err);
}

static int read_labels(struct table *table, struct stream *s, struct err *err)
{
    int status = -1;
    uint32_t *y = table_own(table, mem_try(table->n, sizeof *y, "the labels", err));
    uint8_t *bytes = mem_try(table->n, 1, "the labels", err);
    if (y == NULL || bytes == NULL || stream_read(s, bytes, table->n, "data", err) < 0)
        goto done;
    uint32_t last = 0;
    for (size_t i = 0; i < table->n; i++) {
        y[i] = bytes[i];
        last = y[i] > last ? y[i] : last;
    }
    table->y = y;
    table->classes = last + 1;
    status = stream_end(s, err);
done:
    mem_free(bytes);
    return status;
}

int load_idx(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    struct idx images, labels;
    struct table_facts facts = {0};
    int status = open_both(&images, &labels, &facts, call, folder, err);
    if (status == 0) {
        *table =
            (struct table){.n = facts.n, .d = facts.d, .scale = (float)scale, .image = facts.image};
        status = read_pixels(table, &images.s, err);
    }
    if (status == 0)
        status = read_labels(table, &labels.s, err);
    close_both(&images, &labels);
    return status;
}

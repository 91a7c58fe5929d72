// arrays.c -- see arrays.h.
#include "data/arrays.h"

#include "base/mem.h"

#include <float.h>
#include <inttypes.h>

int array_read_npy(struct array *array, struct err *err)
{
    struct npy_header header;
    if (npy_header_read(&header, &array->s, err) < 0)
        return -1;
    array->type = header.type;
    array->rank = header.rank;
    for (unsigned i = 0; i < header.rank; i++)
        array->size[i] = header.size[i];
    return 0;
}

static const char *array_type(const struct array *array)
{
    return array->type->npy != NULL ? array->type->npy : array->type->safetensors;
}

static int check_labels(const struct array *labels, struct err *err)
{
    const char *path = str_text(&labels->s.path);
    if (labels->rank != 1) {
        err_set(err, ERR_DATA, "'%s' has %u dimensions, expected 1: these are the labels", path,
                labels->rank);
        err_hint(err, "Save them with np.save(path, y.ravel()).");
        return -1;
    }
    if (!labels->type->whole) {
        err_set(err, ERR_DATA, "'%s' holds labels of type '%s', expected whole numbers", path,
                array_type(labels));
        err_hint(err, "Save them with np.save(path, y.astype(np.int64)).");
        return -1;
    }
    return 0;
}

static int open_both(struct array *features, struct array *labels, struct table_facts *facts,
                     array_open *open, const struct value *call, const char *folder,
                     struct err *err)
{
    *features = (struct array){.s = {.fd = -1}};
    *labels = (struct array){.s = {.fd = -1}};
    if (open(features, call, "features", folder, err) < 0 ||
        open(labels, call, "labels", folder, err) < 0 || check_labels(labels, err) < 0)
        return -1;
    const char *path = str_text(&features->s.path);
    const uint64_t *size = features->size;
    uint64_t d = 1;
    for (unsigned i = 1; i < features->rank; i++)
        if (__builtin_mul_overflow(d, size[i], &d))
            return err_set(err, ERR_DATA, "'%s' claims sizes whose product overflows", path);
    if (check_shape(facts, size[0], d, path, err) < 0 ||
        check_counts(size[0], path, labels->size[0], str_text(&labels->s.path), err) < 0)
        return -1;
    unsigned rank = features->rank;
    if (rank == 3 || rank == 4) // d is below 2^32, so all sides are
        facts->image = (struct image_shape){(uint32_t)size[1], (uint32_t)size[2],
                                            rank == 4 ? (uint32_t)size[3] : 1};
    return 0;
}

static void close_both(struct array *features, struct array *labels)
{
    stream_close(&features->s);
    stream_close(&labels->s);
}

int arrays_facts(struct table_facts *facts, array_open *open, const struct value *call,
                 const char *folder, struct err *err)
{
    struct array features, labels;
    int status = open_both(&features, &labels, facts, open, call, folder, err);
    close_both(&features, &labels);
    return status;
}

int array_elements(struct array *array, size_t total,
                   int (*take)(void *data, size_t at, double x, struct err *err), void *data,
                   struct err *err)
{
    enum { PIECE = 8192 }; // elements
    uint8_t bytes[PIECE * ELEMENT_MOST];
    const struct element *type = array->type;
    for (size_t at = 0; at < total; at += PIECE) {
        size_t count = total - at < PIECE ? total - at : PIECE;
        if (stream_read(&array->s, bytes, count * type->size, "data", err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (take(data, at + i, type->read(bytes + i * type->size), err) < 0)
                return -1;
    }
    return stream_end(&array->s, err);
}

struct feature_sink {
    float *x;
    size_t d;
    float scale;
    const char *path;
};

static int take_feature(void *data, size_t at, double x, struct err *err)
{
    struct feature_sink *sink = data;
    float feature = (float)x * sink->scale;
    if (feature >= -FLT_MAX && feature <= FLT_MAX) {
        sink->x[at] = feature;
        return 0;
    }
    struct str number = {0};
    str_number(&number, x);
    bool finite = x >= -DBL_MAX && x <= DBL_MAX;
    err_set(err, ERR_DATA, "'%s' has %s in row %zu, feature %zu (counted from 0), %s", sink->path,
            str_text(&number), at / sink->d, at % sink->d,
            finite ? "too large for a 32-bit float" : "expected a finite number");
    str_release(&number);
    return -1;
}

static int read_features(struct table *table, struct array *array, double scale, struct err *err)
{
    size_t total = table->n * table->d;
    if (element_is_byte(array->type)) {
        uint8_t *bytes = table_own(table, mem_try(total, 1, "the features", err));
        if (bytes == NULL || stream_read(&array->s, bytes, total, "data", err) < 0)
            return -1;
        table->x_bytes = bytes;
        return stream_end(&array->s, err);
    }
    float *x = table_own(table, mem_try(total, sizeof *x, "the features", err));
    if (x == NULL)
        return -1;
    table->x = x;
    struct feature_sink sink = {x, table->d, (float)scale, str_text(&array->s.path)};
    return array_elements(array, total, take_feature, &sink, err);
}

struct label_sink {
    uint32_t *y;
    uint32_t last; // the largest label
    const char *path;
};

static int take_label(void *data, size_t at, double x, struct err *err)
{
    struct label_sink *sink = data;
    if (!(x >= 0 && x < MAX_CLASSES)) {
        struct str number = {0};
        str_number(&number, x);
        err_set(err, ERR_DATA,
                "'%s' has the label %s in row %zu (counted from 0), expected 0 to %d", sink->path,
                str_text(&number), at, MAX_CLASSES - 1);
        str_release(&number);
        return -1;
    }
    sink->y[at] = (uint32_t)x;
    if (sink->y[at] > sink->last)
        sink->last = sink->y[at];
    return 0;
}

static int read_labels(struct table *table, struct array *array, struct err *err)
{
    uint32_t *y = table_own(table, mem_try(table->n, sizeof *y, "the labels", err));
    if (y == NULL)
        return -1;
    struct label_sink sink = {y, 0, str_text(&array->s.path)};
    if (array_elements(array, table->n, take_label, &sink, err) < 0)
        return -1;
    table->y = y;
    table->classes = sink.last + 1;
    return 0;
}

int arrays_load(struct table *table, array_open *open, const struct value *call, double scale,
                const char *folder, struct err *err)
{
    struct array features, labels;
    struct table_facts facts = {0};
    int status = open_both(&features, &labels, &facts, open, call, folder, err);
    if (status == 0) {
        *table =
            (struct table){.n = facts.n, .d = facts.d, .scale = (float)scale, .image = facts.image};
        status = read_features(table, &features, scale, err);
    }
    if (status == 0)
        status = read_labels(table, &labels, err);
    close_both(&features, &labels);
    return status;
}

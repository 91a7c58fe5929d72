// load_npy.c -- features and labels from NumPy .npy files. Unsigned bytes stay bytes; all else
// becomes f32.
#include "data/loaders.h"

#include "base/mem.h"
#include "data/npy_header.h"

#include <float.h>
#include <inttypes.h>

struct npy {
    struct stream s;
    struct npy_header header;
};

static int npy_open(struct npy *npy, const char *folder, const char *name, struct err *err)
{
    *npy = (struct npy){0};
    if (stream_open(&npy->s, folder, name, false, err) < 0)
        return -1;
    return npy_header_read(&npy->header, &npy->s, err);
}

static int check_labels(const struct npy *labels, struct err *err)
{
    const char *path = str_text(&labels->s.path);
    if (labels->header.rank != 1) {
        err_set(err, ERR_DATA, "'%s' has %u dimensions, expected 1: these are the labels", path,
                labels->header.rank);
        err_hint(err, "Save them with np.save(path, y.ravel()).");
        return -1;
    }
    if (!labels->header.type->whole) {
        err_set(err, ERR_DATA, "'%s' holds labels of type '%s', expected whole numbers", path,
                labels->header.type->descr);
        err_hint(err, "Save them with np.save(path, y.astype(np.int64)).");
        return -1;
    }
    return 0;
}

static int open_both(struct npy *features, struct npy *labels, struct table_facts *facts,
                     const struct value *call, const char *folder, struct err *err)
{
    *labels = (struct npy){0};
    if (npy_open(features, folder, value_arg_text(call, "features"), err) < 0 ||
        npy_open(labels, folder, value_arg_text(call, "labels"), err) < 0 ||
        check_labels(labels, err) < 0)
        return -1;
    const char *path = str_text(&features->s.path);
    const uint64_t *size = features->header.size;
    unsigned rank = features->header.rank;
    uint64_t d = 1;
    for (unsigned i = 1; i < rank; i++)
        if (__builtin_mul_overflow(d, size[i], &d))
            return err_set(err, ERR_DATA, "'%s' claims sizes whose product overflows", path);
    if (check_shape(facts, size[0], d, path, err) < 0 ||
        check_counts(size[0], path, labels->header.size[0], str_text(&labels->s.path), err) < 0)
        return -1;
    if (rank == 3 || rank == 4) // d is below 2^32, so all sides are
        facts->image = (struct image_shape){(uint32_t)size[1], (uint32_t)size[2],
                                            rank == 4 ? (uint32_t)size[3] : 1};
    return 0;
}

static void close_both(struct npy *features, struct npy *labels)
{
    stream_close(&features->s);
    stream_close(&labels->s);
}

int facts_npy(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    struct npy features, labels;
    int status = open_both(&features, &labels, facts, call, folder, err);
    close_both(&features, &labels);
    return status;
}

// Elements are read a piece at a time; `take` gets each with its place in the file.
static int read_elements(struct npy *npy, size_t total,
                         int (*take)(void *data, size_t at, double x, struct err *err), void *data,
                         struct err *err)
{
    enum { PIECE = 8192 }; // elements
    uint8_t bytes[PIECE * NPY_MAX_ITEM];
    const struct npy_type *type = npy->header.type;
    for (size_t at = 0; at < total; at += PIECE) {
        size_t count = total - at < PIECE ? total - at : PIECE;
        if (stream_read(&npy->s, bytes, count * type->size, "data", err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (take(data, at + i, type->element(bytes + i * type->size), err) < 0)
                return -1;
    }
    return stream_end(&npy->s, err);
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

static int read_features(struct table *table, struct npy *npy, double scale, struct err *err)
{
    size_t total = table->n * table->d;
    if (npy->header.type->size == 1 && npy->header.type->descr[1] == 'u') {
        uint8_t *bytes = table_own(table, mem_try(total, 1, "the features", err));
        if (bytes == NULL || stream_read(&npy->s, bytes, total, "data", err) < 0)
            return -1;
        table->x_bytes = bytes;
        return stream_end(&npy->s, err);
    }
    float *x = table_own(table, mem_try(total, sizeof *x, "the features", err));
    if (x == NULL)
        return -1;
    table->x = x;
    struct feature_sink sink = {x, table->d, (float)scale, str_text(&npy->s.path)};
    return read_elements(npy, total, take_feature, &sink, err);
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

static int read_labels(struct table *table, struct npy *npy, struct err *err)
{
    uint32_t *y = table_own(table, mem_try(table->n, sizeof *y, "the labels", err));
    if (y == NULL)
        return -1;
    struct label_sink sink = {y, 0, str_text(&npy->s.path)};
    if (read_elements(npy, table->n, take_label, &sink, err) < 0)
        return -1;
    table->y = y;
    table->classes = sink.last + 1;
    return 0;
}

int load_npy(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    struct npy features, labels;
    struct table_facts facts = {0};
    int status = open_both(&features, &labels, &facts, call, folder, err);
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

// outputs.c -- see outputs.h.
#include "data/outputs.h"

#include "base/mem.h"
#include "data/arrays.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum format { NPY, NPZ, SAFETENSORS };

static int format_of(enum format *out, const char *folder, const char *path, struct err *err)
{
    static const char npy[] = "\x93NUMPY", zip[] = "PK";
    char first[sizeof npy - 1] = "";
    struct stream s;
    if (stream_open(&s, folder, path, false, err) < 0)
        return -1;
    int status = s.gzip || s.stored < sizeof first
                     ? 0
                     : stream_read_at(&s, first, sizeof first, 0, "header", err);
    *out = s.gzip || memcmp(first, npy, sizeof first) == 0 ? NPY
           : memcmp(first, zip, sizeof zip - 1) == 0       ? NPZ
                                                           : SAFETENSORS;
    stream_close(&s);
    return status;
}

static int open_file(struct array *array, const struct value *call, const char *folder, struct err *err)
{
    const char *path = value_arg_text(call, "file");
    const struct value *name = value_arg(call, "array");
    enum format format;
    if (format_of(&format, folder, path, err) < 0)
        return -1;
    if ((format == NPY) != (name == NULL)) {
        err_set(err, ERR_DATA, name == NULL ? "'%s' holds arrays by name, and 'array' names none"
                                            : "'%s' is one array without a name, and 'array' names one",
                path);
        return -1;
    }
    return format == NPY   ? npy_open(array, folder, path, err)
           : format == NPZ ? npz_open(array, folder, path, name->text, err)
                           : safetensors_open(array, folder, path, name->text, err);
}

static int open_outputs(struct array *array, size_t *n, size_t *classes, const struct value *call,
                        const char *folder, struct err *err)
{
    *array = (struct array){.s = {.fd = -1}};
    struct table_facts shape = {0};
    if (open_file(array, call, folder, err) < 0)
        return -1;
    const char *path = str_text(&array->s.path);
    if (array->rank != 2)
        return err_set(err, ERR_DATA, "'%s' has %u dimension%s, expected 2: rows and classes", path,
                       array->rank, array->rank == 1 ? "" : "s");
    if (check_shape(&shape, array->size[0], array->size[1], path, err) < 0)
        return -1;
    if (shape.d > MAX_CLASSES)
        return err_set(err, ERR_DATA, "'%s' has %zu classes, more than %d", path, shape.d, MAX_CLASSES);
    *n = shape.n;
    *classes = shape.d;
    return 0;
}

int outputs_facts(struct outputs_facts *facts, const struct value *call, const char *folder, struct err *err)
{
    struct array array;
    struct outputs_facts known = {0};
    int status = open_outputs(&array, &known.n, &known.classes, call, folder, err);
    stream_close(&array.s);
    if (status < 0)
        return -1;
    struct digest_state *state = digest_new();
    status = digest_file(state, folder, value_arg_text(call, "file"), false, err);
    known.digest = digest_take(state);
    if (status == 0)
        *facts = known;
    return status;
}

// --- rows ----------------------------------------------------------------------------------------

// What is no f32 becomes NaN, which is an error only where a row is asked for.
static int take(void *data, size_t at, double x, struct err *err)
{
    float *all = data;
    (void)err;
    all[at] = x >= -FLT_MAX && x <= FLT_MAX ? (float)x : NAN;
    return 0;
}

static int check_row(const float *p, size_t classes, bool probs, uint64_t id, const char *path,
                     struct err *err)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        if (!(p[k] - p[k] == 0))
            return err_set(err, ERR_DATA, "'%s', row %llu: class %zu has no finite number", path,
                           (unsigned long long)id, k);
        if (probs && !(p[k] >= 0 && p[k] <= 1))
            return err_set(err, ERR_DATA, "'%s', row %llu: class %zu has %g, expected a probability", path,
                           (unsigned long long)id, k, (double)p[k]);
        sum += (double)p[k];
    }
    if (!probs || (sum >= 1 - OUTPUTS_SUM && sum <= 1 + OUTPUTS_SUM))
        return 0;
    err_set(err, ERR_DATA, "'%s', row %llu: the probabilities sum to %g, expected 1", path,
            (unsigned long long)id, sum);
    err_hint(err, "Write kind: logits where the file holds logits.");
    return -1;
}

static int gather(float *out, const float *all, size_t n, const struct rows *rows, size_t classes, bool probs,
                  const char *path, struct err *err)
{
    for (size_t i = 0; i < rows->n; i++) {
        uint64_t id = table_id(rows->table, rows->index[i]);
        if (id >= n)
            return err_set(err, ERR_DATA, "'%s' has %zu rows, and none for row %llu of the data", path, n,
                           (unsigned long long)id);
        const float *from = all + (size_t)id * classes;
        if (check_row(from, classes, probs, id, path, err) < 0)
            return -1;
        memcpy(out + i * classes, from, classes * sizeof *out);
    }
    return 0;
}

int outputs_read(float *out, const struct rows *rows, size_t classes, const struct value *call,
                 const char *folder, struct err *err)
{
    struct array array;
    size_t n, found;
    float *all = NULL;
    int status = open_outputs(&array, &n, &found, call, folder, err);
    const char *path = value_arg_text(call, "file");
    if (status == 0 && found != classes)
        status = err_set(err, ERR_DATA, "'%s' has %zu classes, and the data has %zu", path, found, classes);
    if (status == 0) {
        all = mem_try(n, found * sizeof *all, "outputs", err);
        status = all != NULL ? array_elements(&array, n * found, take, all, err) : -1;
    }
    bool probs = strcmp(value_arg(call, "kind")->text, "probs") == 0;
    if (status == 0)
        status = gather(out, all, n, rows, classes, probs, path, err);
    mem_free(all);
    stream_close(&array.s);
    return status;
}

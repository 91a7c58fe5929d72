// load_safetensors.c -- safetensors(path, features, labels): two tensors of one file.
//
// A file is the length of a header (8 bytes), the header, which is JSON, and the bytes of the
// tensors. The header gives each tensor's type, shape and place. Places must follow each other
// without holes and end with the file, as the format's own library (huggingface/safetensors)
// demands, so no byte has two meanings and none has no meaning.
#include "data/arrays.h"

#include "base/mem.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 8, MAX_HEADER = 1 << 22, MAX_TENSORS = 1 << 16 };

struct tensor {
    const char *name;
    const json_t *shape;
    const char *type;
    uint64_t begin, end; // in the bytes after the header
};

struct header {
    const char *path;
    struct err *err;
    uint64_t room; // bytes after the header
    json_t *root;
    struct tensor *tensor; // in the order of their places
    size_t n;
};

static int malformed(const struct header *h, const char *name, const char *what)
{
    char show[SHOWN];
    return err_set(h->err, ERR_DATA, "tensor '%s' in '%s' %s", shown(show, name, strlen(name)),
                   h->path, what);
}

// --- the header ----------------------------------------------------------------------------------

static bool read_size(uint64_t *out, const json_t *number)
{
    if (!json_is_integer(number) || json_integer_value(number) < 0)
        return false;
    *out = (uint64_t)json_integer_value(number);
    return true;
}

static int read_tensor(struct header *h, const char *name, json_t *entry)
{
    const json_t *type = json_object_get(entry, "dtype");
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *places = json_object_get(entry, "data_offsets");
    struct tensor t = {.name = name, .shape = shape};
    if (json_object_size(entry) != 3 || !json_is_string(type) || !json_is_array(shape) ||
        !json_is_array(places) || json_array_size(places) != 2)
        return malformed(h, name, "is not told by its 'dtype', 'shape' and 'data_offsets'");
    if (!read_size(&t.begin, json_array_get(places, 0)) ||
        !read_size(&t.end, json_array_get(places, 1)) || t.begin > t.end || t.end > h->room)
        return malformed(h, name, "lies outside the file");
    t.type = json_string_value(type);
    h->tensor[h->n++] = t;
    return 0;
}

// How many bytes the tensor's shape asks for; of a type that w2s does not read, what it has.
static int check_size(const struct header *h, const struct tensor *t)
{
    const struct element *element = element_of_safetensors(t->type);
    uint64_t bytes = element != NULL ? element->size : 1;
    for (size_t i = 0; i < json_array_size(t->shape); i++) {
        uint64_t size;
        if (!read_size(&size, json_array_get(t->shape, i)))
            return malformed(h, t->name, "has a size that is no whole number");
        if (__builtin_mul_overflow(bytes, size, &bytes))
            return malformed(h, t->name, "claims sizes whose product overflows");
    }
    if (element != NULL && bytes != t->end - t->begin)
        return malformed(h, t->name, "has another number of bytes than its shape asks for");
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int check_places(struct header *h)
{
    uint64_t end = 0;
    qsort(h->tensor, h->n, sizeof *h->tensor, by_place);
    for (size_t i = 0; i < h->n; i++) {
        const struct tensor *t = &h->tensor[i];
        if (t->begin < end)
            return malformed(h, t->name, "shares bytes with another tensor");
        if (t->begin > end)
            return malformed(h, t->name, "comes after bytes that belong to no tensor");
        if (check_size(h, t) < 0)
            return -1;
        end = t->end;
    }
    if (end == h->room)
        return 0;
    return err_set(h->err, ERR_DATA, "'%s' has %" PRIu64 " bytes that belong to no tensor", h->path,
                   h->room - end);
}

static int read_tensors(struct header *h)
{
    const char *name;
    json_t *entry;
    if (json_object_size(h->root) > MAX_TENSORS)
        return err_set(h->err, ERR_DATA, "'%s' has more than %d tensors", h->path, MAX_TENSORS);
    h->tensor = mem_new(json_object_size(h->root) * sizeof *h->tensor);
    json_object_foreach(h->root, name, entry)
    {
        if (strcmp(name, "__metadata__") != 0 && read_tensor(h, name, entry) < 0)
            return -1;
    }
    return check_places(h);
}

static int parse_header(struct header *h, const char *text, size_t n)
{
    json_error_t why;
    h->root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (h->root == NULL) {
        char show[SHOWN];
        return err_set(h->err, ERR_DATA, "'%s' has a malformed safetensors header: %s", h->path,
                       shown(show, why.text, strlen(why.text)));
    }
    if (!json_is_object(h->root))
        return err_set(h->err, ERR_DATA, "the header of '%s' is no JSON object", h->path);
    return read_tensors(h);
}

static int read_header(struct header *h, struct stream *s)
{
    uint8_t length[LENGTH_SIZE];
    if (s->gzip)
        return err_set(h->err, ERR_DATA, "'%s' is gzip, expected a safetensors file", h->path);
    if (stream_read(s, length, sizeof length, "header", h->err) < 0)
        return -1;
    uint64_t n = element_little_endian(length, sizeof length);
    if (n > s->left) {
        err_set(h->err, ERR_DATA,
                "'%s' is no safetensors file, or is cut short: its header would take %" PRIu64
                " bytes, and %" PRIu64 " follow",
                h->path, n, s->left);
        err_hint(h->err, "safetensors.numpy.save_file(arrays, path) writes one.");
        return -1;
    }
    if (n > MAX_HEADER)
        return err_set(h->err, ERR_DATA, "'%s' has a header of %" PRIu64 " bytes, more than %d",
                       h->path, n, MAX_HEADER);
    char *text = mem_new((size_t)n);
    int status = stream_read(s, text, (size_t)n, "header", h->err);
    h->room = s->left;
    if (status == 0)
        status = parse_header(h, text, (size_t)n);
    mem_free(text);
    return status;
}

// --- one tensor ----------------------------------------------------------------------------------

static int no_tensor(const struct header *h, const char *name)
{
    struct str names = {0};
    char show[SHOWN];
    size_t i = 0;
    for (; i < h->n && names.len < 300; i++)
        str_format(&names, "%s%s", i > 0 ? ", " : "",
                   shown(show, h->tensor[i].name, strlen(h->tensor[i].name)));
    err_set(h->err, ERR_DATA, "'%s' has no tensor '%s'", h->path, shown(show, name, strlen(name)));
    if (h->n > 0)
        err_hint(h->err, "It has %s%s.", str_text(&names), i < h->n ? ", ..." : "");
    str_release(&names);
    return -1;
}

static int set_shape(struct array *array, const struct header *h, const struct tensor *t)
{
    char show[SHOWN];
    size_t rank = json_array_size(t->shape);
    array->type = element_of_safetensors(t->type);
    if (array->type == NULL) {
        err_set(h->err, ERR_UNSUPPORTED,
                "tensor '%.40s' in '%s' is of type '%s', expected F16, BF16, F32, F64, BOOL or "
                "whole numbers",
                t->name, h->path, shown(show, t->type, strlen(t->type)));
        err_hint(h->err, "Save it with x.float().");
        return -1;
    }
    if (rank == 0)
        return malformed(h, t->name, "is a single number, expected an array");
    if (rank > ARRAY_LEN(array->size))
        return malformed(h, t->name, "has more than 4 dimensions");
    array->rank = (unsigned)rank;
    for (size_t i = 0; i < rank; i++)
        array->size[i] = (uint64_t)json_integer_value(json_array_get(t->shape, i));
    return 0;
}

static int find_tensor(struct array *array, const struct header *h, const char *name)
{
    size_t i = 0;
    while (i < h->n && strcmp(h->tensor[i].name, name) != 0)
        i++;
    if (i == h->n)
        return no_tensor(h, name);
    const struct tensor *t = &h->tensor[i];
    if (set_shape(array, h, t) < 0)
        return -1;
    uint64_t bytes = t->end - t->begin;
    struct stream_part part = {
        .at = array->s.stored - h->room + t->begin, .stored = bytes, .length = bytes};
    char show[SHOWN];
    return stream_part(&array->s, shown(show, name, strlen(name)), &part, h->err);
}

int safetensors_open(struct array *array, const char *folder, const char *path, const char *name,
                     struct err *err)
{
    if (stream_open(&array->s, folder, path, false, err) < 0)
        return -1;
    struct header header = {.path = str_text(&array->s.path), .err = err};
    int status = read_header(&header, &array->s);
    if (status == 0)
        status = find_tensor(array, &header, name);
    mem_free(header.tensor);
    json_decref(header.root);
    return status;
}

static int open_array(struct array *array, const struct value *call, const char *which,
                      const char *folder, struct err *err)
{
    return safetensors_open(array, folder, value_arg_text(call, "path"), value_arg_text(call, which), err);
}

int facts_safetensors(struct table_facts *facts, const struct value *call, const char *folder,
                      struct err *err)
{
    return arrays_facts(facts, open_array, call, folder, err);
}

int load_safetensors(struct table *table, const struct value *call, double scale,
                     const char *folder, struct err *err)
{
    return arrays_load(table, open_array, call, scale, folder, err);
}

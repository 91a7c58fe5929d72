// export_tensors.c -- see export_tensors.h. The formats: NumPy's npy 1.0 (NEP 1), safetensors of
// Hugging Face (a length, a JSON header, the data).
#include "export_tensors.h"

#include "base/mem.h"
#include "model/knn.h"
#include "model/tree.h"
#include "replay.h"
#include "store/files.h"
#include "store/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tensor {
    char *name;
    size_t shape[4];
    unsigned rank;
    const float *x;    // borrowed from the run
    struct digest key; // of the step
};

struct tensors {
    struct tensor *items;
    size_t n, cap;
};

static void add_tensor(struct tensors *t, struct str *name, size_t rows, size_t cols,
                       const float *x, const struct digest *key)
{
    t->items = mem_grow(t->items, &t->cap, t->n + 1, sizeof *t->items);
    char *copy = memcpy(mem_new(name->len + 1), str_text(name), name->len + 1);
    struct tensor one = {.name = copy, .shape = {rows, cols}, .rank = 2, .x = x, .key = *key};
    if (rows == 0) { // a vector
        one.rank = 1;
        one.shape[0] = cols;
    }
    t->items[t->n++] = one;
}

// The weights of a convolution, the last that was added: height, width, channels, outputs.
static void set_window(struct tensors *t, const struct window *w)
{
    struct tensor *last = &t->items[t->n - 1];
    last->shape[3] = last->shape[1];
    last->shape[0] = last->shape[1] = w->size;
    last->shape[2] = w->channels;
    last->rank = 4;
}

static void tensors_release(struct tensors *t)
{
    for (size_t i = 0; i < t->n; i++)
        mem_free(t->items[i].name);
    mem_free(t->items);
}

// --- which ---------------------------------------------------------------------------------------

static void write_base(struct str *out, const struct plan *plan, uint32_t train)
{
    str_clear(out);
    str_add(out, plan->steps[train].label);
    if (plan->steps[train].seed != SEED_NONE)
        str_format(out, "/seed=%lld", (long long)plan->steps[train].seed);
}

static void add_part(struct tensors *t, const struct plan *plan, uint32_t step, const char *part,
                     size_t rows, size_t cols, const float *x)
{
    struct str name = {0};
    write_base(&name, plan, step);
    str_format(&name, "/%s", part);
    add_tensor(t, &name, rows, cols, x, &plan->steps[step].key);
    str_release(&name);
}

// A tree node by node (model/tree.h); of nearest neighbours the stored rows and their class shares.
static void add_fitted(struct tensors *t, const struct plan *plan, uint32_t step, const struct artifact *a)
{
    size_t width = tree_width(&a->model), D = a->model.features;
    if (a->model.kind == MODEL_TREE) {
        add_part(t, plan, step, "nodes", a->n_values / width, width, a->values);
        return;
    }
    size_t N = knn_rows(&a->model);
    add_part(t, plan, step, "rows", N, D, a->values);
    add_part(t, plan, step, "shares", N, a->model.classes, a->values + N * D);
}

// The gain and the shift of a normalised layer, and its running statistics where it has some.
static void add_norm(struct tensors *t, const struct plan *plan, uint32_t step,
                     const struct artifact *a, size_t l)
{
    const struct layer *layer = &a->model.layer[l];
    const float *state = a->values + a->model.n_params;
    const struct {
        const char *name;
        const float *x;
    } part[] = {{"gain", a->values + layer->gain}, {"shift", a->values + layer->shift},
                {"mean", state + layer->mean}, {"variance", state + layer->variance}};
    struct str name = {0};
    for (size_t i = 0; layer->normalised && i < (a->model.norm == NORM_BATCH ? 4 : 2); i++) {
        write_base(&name, plan, step);
        str_format(&name, "/layer%zu.%s", l, part[i].name);
        add_tensor(t, &name, 0, layer->out, part[i].x, &plan->steps[step].key);
    }
    str_release(&name);
}

static void add_model(struct tensors *t, const struct plan *plan, uint32_t step,
                      const struct artifact *a)
{
    struct str name = {0};
    if (a->model.kind != MODEL_NET)
        add_fitted(t, plan, step, a);
    for (size_t l = 0; l < a->model.n_layers; l++) {
        const struct layer *layer = &a->model.layer[l];
        write_base(&name, plan, step);
        str_format(&name, "/layer%zu.weight", l);
        add_tensor(t, &name, layer->in, layer->out, a->values + model_weight_at(&a->model, l),
                   &plan->steps[step].key);
        if (layer->kind == LAYER_CONV)
            set_window(t, &layer->window);
        write_base(&name, plan, step);
        str_format(&name, "/layer%zu.bias", l);
        add_tensor(t, &name, 0, layer->out, a->values + model_bias_at(&a->model, l),
                   &plan->steps[step].key);
        add_norm(t, plan, step, a, l);
    }
    str_release(&name);
}

static void add_logits(struct tensors *t, const struct plan *plan, uint32_t step,
                       const struct artifact *a)
{
    struct str name = {0};
    const struct step *s = &plan->steps[step];
    write_base(&name, plan, s->in[0]);
    str_format(&name, "/on/%s/logits", plan->steps[s->in[1]].label);
    add_tensor(t, &name, a->n, a->classes, a->values, &s->key);
    str_release(&name);
}

// Models of one label (points of a sweep) get numbers; from the end, so that names before are as
// they were.
static void make_unique(struct tensors *t)
{
    for (size_t i = t->n; i-- > 0;) {
        size_t same = 0;
        for (size_t k = 0; k < i; k++)
            same += strcmp(t->items[k].name, t->items[i].name) == 0;
        if (same == 0)
            continue;
        struct str name = {0};
        str_format(&name, "%s#%zu", t->items[i].name, same + 1);
        mem_free(t->items[i].name);
        t->items[i].name = memcpy(mem_new(name.len + 1), name.data, name.len + 1);
        str_release(&name);
    }
}

static void collect(struct tensors *t, const struct run *run)
{
    for (uint32_t i = 0; i < run->plan->n; i++) {
        const struct artifact *a = &run->artifacts[i];
        if (!run->wanted[i] || a->state != ARTIFACT_READY || a->values == NULL)
            continue;
        if (run->plan->steps[i].kind == STEP_train)
            add_model(t, run->plan, i, a);
        else
            add_logits(t, run->plan, i, a);
    }
    make_unique(t);
}

// --- files ---------------------------------------------------------------------------------------

static size_t count(const struct tensor *t)
{
    size_t n = 1;
    for (unsigned i = 0; i < t->rank; i++)
        n *= t->shape[i];
    return n;
}

static uint8_t *little_endian(const struct tensor *t, struct err *err)
{
    uint8_t *bytes = mem_try(count(t), sizeof(float), "an array", err);
    for (size_t i = 0; bytes != NULL && i < count(t); i++) {
        uint32_t word;
        memcpy(&word, &t->x[i], sizeof word);
        for (int k = 0; k < 4; k++)
            bytes[4 * i + (size_t)k] = (uint8_t)(word >> (8 * k));
    }
    return bytes;
}

static void write_npy_header(struct str *out, const struct tensor *t)
{
    struct str dict = {0};
    str_add(&dict, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (unsigned i = 0; i < t->rank; i++)
        str_format(&dict, i + 1 < t->rank ? "%zu, " : t->rank == 1 ? "%zu," : "%zu", t->shape[i]);
    str_add(&dict, "), }");
    str_repeat(&dict, ' ',
               63 - (10 + dict.len) % 64); // magic, dict and newline fill whole blocks of 64
    str_add_char(&dict, '\n');
    str_add_bytes(out, "\x93NUMPY\x01\x00", 8);
    str_add_char(out, (char)(uint8_t)dict.len);
    str_add_char(out, (char)(uint8_t)(dict.len >> 8));
    str_add_bytes(out, dict.data, dict.len);
    str_release(&dict);
}

// A name that is safe in any file system; the number keeps names apart.
static void write_file_name(struct str *out, const char *name, size_t number)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=-";
    str_clear(out);
    str_format(out, "%04zu-", number);
    for (size_t i = 0; name[i] != '\0' && i < 150; i++)
        str_add_char(out, strchr(safe, name[i]) != NULL ? name[i] : '_');
    str_add(out, ".npy");
}

static int write_npy(int folder, const struct tensor *t, const char *file, struct err *err)
{
    struct str header = {0};
    write_npy_header(&header, t);
    uint8_t *data = little_endian(t, err);
    int status = -1;
    if (data != NULL) {
        const struct files_part parts[] = {{header.data, header.len}, {data, 4 * count(t)}};
        status = files_replace(folder, "part", file, parts, 2, err);
    }
    mem_free(data);
    str_release(&header);
    return status;
}

static int write_folder(const char *path, const struct tensors *t, struct err *err)
{
    json_t *index = json_object();
    struct str file = {0};
    int status = 0;
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        status = err_set(err, ERR_IO, "cannot make '%s': %s", path, strerror(errno));
    int folder = status == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (status == 0 && folder < 0)
        status = err_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    for (size_t i = 0; i < t->n && status == 0; i++) {
        char key[DIGEST_HEX];
        digest_hex(key, &t->items[i].key);
        write_file_name(&file, t->items[i].name, i + 1);
        json_object_set_new(index, file.data,
                            json_pack("{ss ss}", "name", t->items[i].name, "key", key));
        status = write_npy(folder, &t->items[i], file.data, err);
    }
    char *text = json_dumps(index, JSON_INDENT(1));
    const struct files_part part = {text, text != NULL ? strlen(text) : 0};
    if (status == 0)
        status = files_replace(folder, "part", "index.json", &part, 1, err);
    if (folder >= 0)
        close(folder);
    mem_free(text);
    json_decref(index);
    str_release(&file);
    return status;
}

static char *safetensors_header(const struct tensors *t, const struct run_row *row)
{
    char uid[33];
    write_uid(uid, &row->run.uid);
    json_t *header = json_pack("{s{ss ss ss}}", "__metadata__", "w2s", W2S_VERSION, "run", uid,
                               "title", row->run.title);
    size_t at = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct tensor *x = &t->items[i];
        size_t end = at + 4 * count(x);
        json_t *shape = json_array();
        for (unsigned k = 0; k < x->rank; k++)
            json_array_append_new(shape, json_integer((json_int_t)x->shape[k]));
        json_object_set_new(header, x->name,
                            json_pack("{ss so s[II]}", "dtype", "F32", "shape", shape,
                                      "data_offsets", (json_int_t)at, (json_int_t)end));
        at = end;
    }
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

static int write_safetensors(const char *path, const struct tensors *t, const struct run_row *row,
                             struct err *err)
{
    char *text = safetensors_header(t, row);
    struct str head = {0}, beside = {0}, padded = {0};
    struct files_part *parts = mem_new((t->n + 1) * sizeof *parts);
    str_add(&padded, text);
    str_repeat(&padded, ' ', (8 - padded.len % 8) % 8);
    pack_u64(&head, padded.len);
    str_add_bytes(&head, padded.data, padded.len);
    str_format(&beside, "%s.part", path);
    parts[0] = (struct files_part){head.data, head.len};
    int status = 0;
    for (size_t i = 0; i < t->n && status == 0; i++) {
        parts[i + 1] =
            (struct files_part){little_endian(&t->items[i], err), 4 * count(&t->items[i])};
        status = parts[i + 1].bytes != NULL ? 0 : -1;
    }
    if (status == 0)
        status = files_replace(AT_FDCWD, beside.data, path, parts, t->n + 1, err);
    for (size_t i = 0; i < t->n; i++)
        mem_free((void *)(uintptr_t)parts[i + 1].bytes);
    mem_free(parts);
    mem_free(text);
    str_release(&head);
    str_release(&padded);
    str_release(&beside);
    return status;
}

// --- the run that has them -----------------------------------------------------------------------

static bool is_tensor_step(const struct step *step)
{
    return step->kind == STEP_train || step->kind == STEP_predict;
}

static enum exit_status write_run(const struct options *options, struct store *store,
                                  const struct run_row *row, enum tensor_format format,
                                  struct replay *replay)
{
    const struct plan *plan = &replay->compiled.plan;
    struct run_options how = {.store = store, .folder = replay->folder, .id = row->run.uid};
    struct err err = {0};
    struct tensors tensors = {0};
    struct run run;
    if (!cli_machine(&how, options))
        return EXIT_MISUSE;
    how.stop = cli_catch_signals();
    if (!store_is_writable(store)) {
        how.store = NULL;
        fprintf(stderr, "w2s: the store cannot be written: everything is computed again\n");
    }
    bool *wanted = mem_new(plan->n * sizeof *wanted);
    for (size_t i = 0; i < plan->n; i++)
        wanted[i] = is_tensor_step(&plan->steps[i]);
    run_init(&run, plan);
    run.wanted = wanted;
    int status = run_execute(&run, &how, &err);
    if (status == 0)
        collect(&tensors, &run);
    if (status == 0)
        status = format == TENSORS_NPY ? write_folder(options->output, &tensors, &err)
                                       : write_safetensors(options->output, &tensors, row, &err);
    enum exit_status result = status < 0 ? cli_fail(&err) : EXIT_DONE;
    if (result == EXIT_DONE)
        fprintf(stderr, "%s: %zu arrays\n", options->output, tensors.n);
    tensors_release(&tensors);
    run_release(&run);
    mem_free(wanted);
    return result;
}

enum exit_status tensors_write(const struct options *options, struct store *store,
                               const struct run_row *row, enum tensor_format format)
{
    struct replay replay;
    enum exit_status status = replay_open(&replay, store, row, options->folder);
    if (status == EXIT_DONE && replay.n_missing > 0) {
        fprintf(stderr,
                "w2s: the data, or w2s, are not what run %llu had: %zu of its steps are none of "
                "this plan\n",
                (unsigned long long)row->run.number, replay.n_missing);
        status = EXIT_SOURCE;
    }
    if (status == EXIT_DONE)
        status = write_run(options, store, row, format, &replay);
    replay_release(&replay);
    return status;
}

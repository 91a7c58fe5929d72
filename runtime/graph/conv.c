// conv.c -- convolutions and their gradients: products over patches, a few lines at a time.
//
// The patches of a whole batch are size^2 times its images; those of a chunk of lines stay in the
// second-level cache. Where they are cut changes no bit: an output is one chain over its patch, a
// weight's gradient one over all places in order (gemm's resume), and what flows to an image is
// added in the order of its places. Idle threads take chunks, images, or rows of the window.
#include "graph/conv.h"

enum { CHUNK_FLOATS = 64 << 10 }; // of patches

// What all three products of a convolution have in common.
struct shape {
    size_t images, lines; // in all
    size_t places;        // in a line
    size_t patch;         // numbers of a window
    size_t outputs;
    size_t chunk; // lines
};

static struct shape shape_of(const struct window *w, size_t images, size_t outputs)
{
    struct shape s = {.images = images,
                      .lines = images * window_out_height(w),
                      .places = window_out_width(w),
                      .outputs = outputs,
                      .patch = (size_t)w->size * w->size * w->channels};
    s.chunk = CHUNK_FLOATS / (s.places * s.patch);
    s.chunk = s.chunk == 0 ? 1 : s.chunk > s.lines ? s.lines : s.chunk;
    return s;
}

static size_t patches_bytes(const struct shape *s)
{
    return (s->chunk * s->places * s->patch * sizeof(float) + 63) / 64 * 64;
}

size_t conv_workspace(const struct kernels *kernels, const struct window *w, size_t images,
                      size_t outputs)
{
    struct shape s = shape_of(w, images, outputs);
    size_t m = s.chunk * s.places, most = gemm_workspace(kernels, m, outputs, s.patch);
    size_t input = gemm_workspace(kernels, m, s.patch, outputs);
    size_t weight = gemm_workspace(kernels, s.patch, outputs, m);
    most = input > most ? input : most;
    most = weight > most ? weight : most;
    return patches_bytes(&s) + most;
}

struct work {
    const struct instr *instr;
    const struct program *program;
    struct shape shape;
};

static struct work work_of(const struct instr *i, const struct program *p)
{
    return (struct work){i, p, shape_of(&i->conv.window, i->conv.images, i->conv.outputs)};
}

static float *patches_of(const struct work *work, unsigned slot)
{
    return (float *)(void *)(work->program->workspace + slot * work->program->workspace_bytes);
}

static void multiply(const struct work *work, unsigned slot, const struct gemm *g)
{
    char *workspace = work->program->workspace + slot * work->program->workspace_bytes;
    gemm(work->program->kernels, g, workspace + patches_bytes(&work->shape));
}

static size_t lines_left(const struct shape *s, size_t from, size_t end)
{
    return end - from < s->chunk ? end - from : s->chunk;
}

static void forward_chunk(void *data, size_t number, unsigned slot)
{
    const struct work *work = data;
    const struct instr *i = work->instr;
    const struct shape *s = &work->shape;
    size_t from = number * s->chunk, n = lines_left(s, from, s->lines);
    float *patches = patches_of(work, slot);
    window_patches(patches, i->a, &i->conv.window, from, n, 0, i->conv.window.size);
    multiply(work, slot,
             &(struct gemm){
                 .m = n * s->places,
                 .n = s->outputs,
                 .k = s->patch,
                 .a = patches,
                 .ld_a = s->patch,
                 .b = i->b,
                 .ld_b = s->outputs,
                 .c = i->out + from * s->places * s->outputs,
                 .ld_c = s->outputs,
                 .bias = i->c,
                 .act = i->conv.relu ? GEMM_RELU : GEMM_NONE,
             });
}

INSTR(conv)
{
    struct work work = work_of(i, p);
    const struct shape *s = &work.shape;
    if (s->lines > 0)
        crew_run(p->crew, (s->lines + s->chunk - 1) / s->chunk, forward_chunk, &work);
}

// One image: every chunk of its lines gives patches of gradients, which are added to its pixels.
static void image_gradient(void *data, size_t number, unsigned slot)
{
    const struct work *work = data;
    const struct instr *i = work->instr;
    const struct shape *s = &work->shape;
    const struct window *w = &i->conv.window;
    size_t size = (size_t)w->height * w->width * w->channels, lines = s->lines / s->images;
    float *patches = patches_of(work, slot);
    work->program->kernels->fill(i->out + number * size, 0, size);
    for (size_t from = number * lines, end = from + lines; from < end; from += s->chunk) {
        size_t n = lines_left(s, from, end);
        multiply(work, slot,
                 &(struct gemm){
                     .m = n * s->places,
                     .n = s->patch,
                     .k = s->outputs,
                     .a = i->a + from * s->places * s->outputs,
                     .ld_a = s->outputs,
                     .b = i->b,
                     .ld_b = s->outputs,
                     .b_transposed = true,
                     .c = patches,
                     .ld_c = s->patch,
                 });
        window_patches_add(i->out, patches, w, from, n);
    }
}

INSTR(conv_input)
{
    struct work work = work_of(i, p);
    crew_run(p->crew, work.shape.images, image_gradient, &work);
}

// The weights of rows first .. last of the window.
static void weight_rows(const struct work *work, size_t first, size_t last, unsigned slot)
{
    const struct instr *i = work->instr;
    const struct shape *s = &work->shape;
    size_t row = s->patch / i->conv.window.size, m = (last - first) * row;
    float *patches = patches_of(work, slot);
    for (size_t from = 0; from < s->lines; from += s->chunk) {
        size_t n = lines_left(s, from, s->lines);
        window_patches(patches, i->a, &i->conv.window, from, n, first, last);
        multiply(work, slot,
                 &(struct gemm){
                     .m = m,
                     .n = s->outputs,
                     .k = n * s->places,
                     .a = patches,
                     .ld_a = m,
                     .a_transposed = true,
                     .b = i->b + from * s->places * s->outputs,
                     .ld_b = s->outputs,
                     .c = i->out + first * row * s->outputs,
                     .ld_c = s->outputs,
                     .resume = from > 0,
                 });
    }
}

static void weight_row(void *data, size_t number, unsigned slot)
{
    weight_rows(data, number, number + 1, slot);
}

INSTR(conv_weight)
{
    struct work work = work_of(i, p);
    if (crew_is_idle(p->crew))
        crew_run(p->crew, i->conv.window.size, weight_row, &work);
    else
        weight_rows(&work, 0, i->conv.window.size, 0);
}

INSTR(pool_pick)
{
    (void)p;
    window_pick(i->out, i->a, i->b, &i->conv.window, i->conv.images);
}

INSTR(pool_spread)
{
    (void)p;
    window_spread(i->out, i->a, i->b, &i->conv.window, i->conv.images);
}

INSTR(pool_mean)
{
    (void)p;
    window_mean(i->out, i->a, &i->conv.window, i->conv.images);
}

INSTR(pool_mean_spread)
{
    (void)p;
    window_mean_spread(i->out, i->a, &i->conv.window, i->conv.images);
}

// plan_file.c -- see plan_file.h.
#include "store/plan_file.h"

#include "store/pack.h"

#include <string.h>

static const char magic[] = "w2s plan 1";

void point_write(struct str *out, const struct plan_point *point)
{
    for (size_t i = 0; i < point->n; i++) {
        str_format(out, "%s%s = ", i > 0 ? ", " : "", point->name[i]);
        value_write(out, &point->value[i]);
    }
}

static void write_step(struct str *out, const struct step *step, bool reads_gold)
{
    struct str attrs = {0};
    value_write(&attrs, &step->attrs);
    pack_text(out, step_kind_name(step->kind));
    pack_text(out, step->label);
    pack_text(out, str_text(&attrs));
    pack_digest(out, &step->key);
    pack_u64(out, (uint64_t)step->seed);
    pack_u8(out, reads_gold);
    pack_u64(out, step->n_in);
    for (uint32_t i = 0; i < step->n_in; i++)
        pack_u32(out, step->in[i]);
    str_release(&attrs);
}

static void write_result(struct str *out, uint32_t step, uint32_t point, const char *a,
                         const char *b, const char *c)
{
    pack_u32(out, step);
    pack_u32(out, point);
    pack_text(out, a);
    pack_text(out, b);
    pack_text(out, c);
}

void plan_file_write(struct str *out, const struct plan *plan, const bool *reads_gold)
{
    struct str text = {0};
    pack_text(out, magic);
    pack_text(out, plan->title);
    pack_u64(out, plan->n_seeds);
    for (size_t i = 0; i < plan->n_seeds; i++)
        pack_u64(out, (uint64_t)plan->seeds[i]);
    pack_u64(out, plan->n_points);
    for (size_t i = 0; i < plan->n_points; i++) {
        str_clear(&text);
        point_write(&text, &plan->points[i]);
        pack_text(out, str_text(&text));
    }
    str_release(&text);
    pack_u64(out, plan->n);
    for (size_t i = 0; i < plan->n; i++)
        write_step(out, &plan->steps[i], reads_gold[i]);
    pack_u64(out, plan->n_numbers);
    for (size_t i = 0; i < plan->n_numbers; i++) {
        const struct plan_number *number = &plan->numbers[i];
        write_result(out, number->step, number->point, number->model, number->on, number->metric);
    }
    pack_u64(out, plan->n_claims);
    for (size_t i = 0; i < plan->n_claims; i++) {
        const struct plan_claim *claim = &plan->claims[i];
        write_result(out, claim->step, claim->point, claim->title, claim->text, "");
    }
}

// --- reading -------------------------------------------------------------------------------------

static void read_step(struct file_step *step, size_t number, struct unpack *u, struct arena *arena)
{
    step->kind = unpack_text(u, arena);
    step->label = unpack_text(u, arena);
    step->attrs = unpack_text(u, arena);
    step->key = unpack_digest(u);
    step->seed = (int64_t)unpack_u64(u);
    step->reads_gold = unpack_u8(u) != 0;
    step->n_in = unpack_count(u, 4);
    uint32_t *in = arena_array(arena, step->n_in, sizeof *in);
    for (size_t i = 0; i < step->n_in; i++) {
        in[i] = unpack_u32(u);
        u->bad |= in[i] >= number;
    }
    step->in = in;
}

static const struct file_result *read_results(size_t *n, const struct plan_file *plan,
                                              struct unpack *u, struct arena *arena)
{
    *n = unpack_count(u, 8 + 3 * 8);
    struct file_result *results = arena_array(arena, *n, sizeof *results);
    for (size_t i = 0; i < *n; i++) {
        results[i].step = unpack_u32(u);
        results[i].point = unpack_u32(u);
        for (size_t k = 0; k < ARRAY_LEN(results[i].what); k++)
            results[i].what[k] = unpack_text(u, arena);
        u->bad |= results[i].step != STEP_NONE && results[i].step >= plan->n;
        u->bad |= results[i].point >= plan->n_points;
    }
    return results;
}

int plan_file_read(struct plan_file *out, const uint8_t *bytes, size_t n, struct err *err)
{
    struct plan_file plan = {0};
    struct arena *arena = &plan.arena;
    struct unpack u = {.at = bytes, .left = n};
    u.bad |= strcmp(unpack_text(&u, arena), magic) != 0;
    plan.title = unpack_text(&u, arena);
    plan.n_seeds = unpack_count(&u, 8);
    int64_t *seeds = arena_array(arena, plan.n_seeds, sizeof *seeds);
    for (size_t i = 0; i < plan.n_seeds; i++)
        seeds[i] = (int64_t)unpack_u64(&u);
    plan.seeds = seeds;
    plan.n_points = unpack_count(&u, 8);
    plan.points = arena_array(arena, plan.n_points, sizeof *plan.points);
    for (size_t i = 0; i < plan.n_points; i++)
        plan.points[i] = unpack_text(&u, arena);
    plan.n = unpack_count(&u, 3 * 8 + 32 + 8 + 1 + 8);
    struct file_step *steps = arena_array(arena, plan.n, sizeof *steps);
    for (size_t i = 0; i < plan.n; i++)
        read_step(&steps[i], i, &u, arena);
    plan.steps = steps;
    plan.numbers = read_results(&plan.n_numbers, &plan, &u, arena);
    plan.claims = read_results(&plan.n_claims, &plan, &u, arena);
    if (!unpack_end(&u)) {
        arena_release(arena);
        return err_set(err, ERR_DATA, "a stored plan is not of its form");
    }
    *out = plan;
    return 0;
}

void plan_file_release(struct plan_file *plan)
{
    arena_release(&plan->arena);
    *plan = (struct plan_file){0};
}

// lower_slope.c -- see lower_slope.h.
#include "lower_slope.h"

#include "base/mem.h"

#include <string.h>

// The values of one slope, by point.
struct slope {
    struct value *x, *y;
    size_t n, cap_x, cap_y;
};

struct slope_claim {
    struct value assertion; // of the first point: where the slopes stand, and what stands around them
    struct slope *slopes;   // in the order in which they stand there
    size_t n_slopes, cap_slopes, n_points;
    uint32_t *step; // [leaf][seed], of one point after another
    size_t leaves, cap_steps;
};

struct slope_claims {
    struct slope_claim *items; // by number of the claim; n_points is 0 where there is none
    size_t n, cap;
};

void slope_claims_free(struct slope_claims *claims)
{
    for (size_t i = 0; claims != NULL && i < claims->n; i++) {
        struct slope_claim *c = &claims->items[i];
        for (size_t k = 0; k < c->n_slopes; k++) {
            mem_free(c->slopes[k].x);
            mem_free(c->slopes[k].y);
        }
        mem_free(c->slopes);
        mem_free(c->step);
    }
    if (claims != NULL)
        mem_free(claims->items);
    mem_free(claims);
}

static struct slope_claim *claim_at(struct lowering *l, size_t at)
{
    if (l->slopes == NULL)
        l->slopes = mem_new(sizeof *l->slopes);
    struct slope_claims *all = l->slopes;
    if (at >= all->n) {
        all->items = mem_grow(all->items, &all->cap, at + 1, sizeof *all->items);
        all->n = at + 1;
    }
    return &all->items[at];
}

// The claim with each slope(x, y) given to `change`, and what it returns in its place; leaves have their number
// raised by `offset`. In the plan's memory.
struct walk {
    struct lowering *l;
    struct slope_claim *claim;
    size_t next; // slope
    unsigned offset;
    struct value (*change)(struct walk *w, const struct value *slope);
};

static struct value walked(struct walk *w, const struct value *v)
{
    struct value out = *v;
    if (v->kind == VALUE_INPUT)
        out.index += w->offset;
    if (v->kind != VALUE_CALL)
        return out;
    if (w->change != NULL && value_is_call(v, "slope"))
        return w->change(w, v);
    struct value_arg *args = arena_array(&w->l->plan->arena, v->n, sizeof *args);
    for (size_t i = 0; i < v->n; i++)
        args[i] = (struct value_arg){v->args[i].name, walked(w, &v->args[i].value)};
    out.args = args;
    return out;
}

static struct value put_aside(struct walk *w, const struct value *slope)
{
    struct slope_claim *c = w->claim;
    struct walk inside = {.l = w->l, .offset = w->offset};
    size_t at = w->next++;
    c->slopes = mem_grow(c->slopes, &c->cap_slopes, at + 1, sizeof *c->slopes);
    c->n_slopes = at >= c->n_slopes ? at + 1 : c->n_slopes;
    struct slope *s = &c->slopes[at];
    s->x = mem_grow(s->x, &s->cap_x, s->n + 1, sizeof *s->x);
    s->y = mem_grow(s->y, &s->cap_y, s->n + 1, sizeof *s->y);
    s->x[s->n] = walked(&inside, value_arg(slope, "x"));
    s->y[s->n++] = walked(&inside, value_arg(slope, "y"));
    return lower_make_call(w->l, "slope", 0, NULL);
}

static bool same_around(const struct value *a, const struct value *b)
{
    struct str x = {0}, y = {0};
    value_write(&x, a);
    value_write(&y, b);
    bool same = strcmp(str_text(&x), str_text(&y)) == 0;
    str_release(&x);
    str_release(&y);
    return same;
}

bool lower_slope_add(struct lowering *l, size_t at, const struct asked_claim *claim, size_t n_seeds)
{
    struct slope_claim *c = claim_at(l, at);
    struct walk w = {.l = l, .claim = c, .offset = (unsigned)c->leaves, .change = put_aside};
    struct value around = walked(&w, &claim->assertion);
    size_t n = claim->leaves * n_seeds, before = c->leaves * n_seeds;
    c->step = mem_grow(c->step, &c->cap_steps, before + n, sizeof *c->step);
    memcpy(c->step + before, claim->step, n * sizeof *c->step);
    c->leaves += claim->leaves;
    if (c->n_points++ == 0)
        c->assertion = value_copy(&l->plan->arena, &around);
    if (same_around(&around, &c->assertion))
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, claim->span,
                                   "what stands around slope() is not the same at all points of the sweep");
    diag_hint(l->diags, diag,
              "The claim is about all of them: let its numbers and its level not depend on swept params.");
    return false;
}

static struct value with_lists(struct walk *w, const struct value *slope)
{
    const struct slope *s = &w->claim->slopes[w->next++];
    struct value_arg args[] = {{"x", lower_make_list(w->l, s->n, s->x)}, {"y", lower_make_list(w->l, s->n, s->y)}};
    return lower_make_call(w->l, slope->text, ARRAY_LEN(args), args);
}

bool lower_slope_claim(struct lowering *l, size_t at, struct asked_claim *claim)
{
    if (l->slopes == NULL || at >= l->slopes->n || l->slopes->items[at].n_points == 0)
        return false;
    struct slope_claim *c = &l->slopes->items[at];
    struct walk w = {.l = l, .claim = c, .change = with_lists};
    *claim = (struct asked_claim){.assertion = walked(&w, &c->assertion), .step = c->step, .leaves = c->leaves};
    return true;
}

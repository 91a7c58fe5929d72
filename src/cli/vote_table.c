// vote_table.c -- see vote_table.h.
#include "vote_table.h"

#include "base/mem.h"
#include "eval/label_model.h"

#include <math.h> // NAN only
#include <string.h>

struct tally {
    size_t speaks, overlaps, conflicts, judged, right; // rows; judged: with one first class
};

static size_t first_class(const float *vote, size_t classes)
{
    size_t top = 0;
    for (size_t k = 1; k < classes; k++)
        top = vote[k] > vote[top] ? k : top;
    return vote[top] > 0 ? top : classes; // "not k" has none
}

// What the voters say of one row: how many speak, and for each class how many are for it and
// against.
struct row_count {
    size_t speak, choose, *for_class, *against;
};

static void count_row(struct row_count *count, const float *votes, size_t V, size_t C)
{
    memset(count->for_class, 0, C * sizeof *count->for_class);
    memset(count->against, 0, C * sizeof *count->against);
    count->speak = count->choose = 0;
    for (size_t v = 0; v < V; v++) {
        const float *vote = votes + v * C;
        uint32_t kind = vote_kind(vote, C);
        size_t top = first_class(vote, C);
        count->speak += kind != VOTE_ABSTAINS;
        count->choose += top < C;
        if (top < C)
            count->for_class[top]++;
        else if (kind != VOTE_ABSTAINS)
            count->against[kind - C]++;
    }
}

// Another voter chose another class, or refused this one; or chose what this one refuses.
static bool conflicts(const struct row_count *count, uint32_t kind, size_t top, size_t C)
{
    if (top < C)
        return count->choose > count->for_class[top] || count->against[top] > 0;
    return count->for_class[kind - C] > 0;
}

static void tally_row(struct tally *tally, struct row_count *count, const float *votes, size_t V,
                      size_t C, size_t gold)
{
    count_row(count, votes, V, C);
    for (size_t v = 0; v < V; v++) {
        uint32_t kind = vote_kind(votes + v * C, C);
        size_t top = first_class(votes + v * C, C);
        if (kind == VOTE_ABSTAINS)
            continue;
        tally[v].speaks++;
        tally[v].overlaps += count->speak > 1;
        tally[v].conflicts += conflicts(count, kind, top, C);
        tally[v].judged += top < C && gold < C;
        tally[v].right += top < C && top == gold;
    }
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static struct tally *tally_votes(const float *votes, const struct rows *rows, size_t V, size_t C)
{
    const uint32_t *y = rows->table->y;
    struct tally *tally = mem_new((V + 1) * sizeof *tally);
    struct row_count count = {.for_class = mem_new(C * sizeof *count.for_class),
                              .against = mem_new(C * sizeof *count.against)};
    for (size_t i = 0; i < rows->n; i++)
        tally_row(tally, &count, votes + i * V * C, V, C, y != NULL ? y[rows->index[i]] : C);
    mem_free(count.for_class);
    mem_free(count.against);
    return tally;
}

struct vote_line *vote_table(const float *votes, const struct rows *rows, size_t V, size_t C)
{
    struct tally *tally = tally_votes(votes, rows, V, C);
    struct vote_line *lines = mem_new((V + 1) * sizeof *lines);
    for (size_t v = 0; v < V; v++)
        lines[v] =
            (struct vote_line){share(tally[v].speaks, rows->n), share(tally[v].overlaps, rows->n),
                               share(tally[v].conflicts, rows->n),
                               share(tally[v].right, tally[v].judged)};
    mem_free(tally);
    return lines;
}

void vote_share_print(FILE *out, double x)
{
    if (x == x)
        fprintf(out, "  %8.4f", x);
    else
        fprintf(out, "  %8s", "–");
}

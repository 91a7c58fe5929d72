// mixture.c -- see mixture.h.
#include "model/mixture.h"

#include "base/detmath.h"
#include "base/mem.h"

void mixture_note(const struct mixture *m, const float *a, size_t epoch)
{
    double most = (double)a[0], sum = 0;
    if (m->history == NULL)
        return;
    double *w = m->history + epoch * m->voters;
    for (size_t v = 1; v < m->voters; v++)
        most = (double)a[v] > most ? (double)a[v] : most;
    for (size_t v = 0; v < m->voters; v++) {
        w[v] = det_exp(m->rate * ((double)a[v] - most));
        sum += w[v];
    }
    for (size_t v = 0; v < m->voters; v++)
        w[v] /= sum;
}

// The class of the largest probability; C: it abstains, or prefers none.
static size_t first_class(const float *p, size_t classes)
{
    size_t top = 0;
    bool flat = true;
    for (size_t k = 1; k < classes; k++) {
        flat &= p[k] == p[0];
        top = p[k] > p[top] ? k : top;
    }
    return flat && classes > 1 ? classes : top;
}

static bool agree(const float *votes, size_t voters, size_t classes)
{
    size_t said = classes, n = 0;
    for (size_t v = 0; v < voters; v++) {
        size_t top = first_class(votes + v * classes, classes);
        if (top == classes)
            continue;
        if (n > 0 && top != said)
            return false;
        said = top;
        n++;
    }
    return n >= (voters > 1 ? 2 : 1);
}

uint32_t *mixture_agreement(size_t *n_rows, const struct mixture *m, size_t n, size_t classes,
                            struct err *err)
{
    uint32_t *rows = mem_try(n, sizeof *rows, "rows that voters agree on", err);
    *n_rows = 0;
    for (size_t i = 0; rows != NULL && i < n; i++)
        if (agree(m->votes + i * m->voters * classes, m->voters, classes))
            rows[(*n_rows)++] = (uint32_t)i;
    return rows;
}

// selection.c -- see selection.h.
#include "model/selection.h"

#include <string.h>

int selection_look(struct epoch_choice *choice, float *best, double *score,
                   const struct selection *by, const float *params, size_t n_params, size_t epoch,
                   struct err *err)
{
    double x;
    if (by->score(by->data, &x, params, err) < 0)
        return -1;
    if (score != NULL)
        *score = x;
    if (x != x ||
        (choice->epoch > 0 && !(by->more_is_better ? x > choice->score : x < choice->score)))
        return 0;
    *choice = (struct epoch_choice){x, epoch + 1};
    memcpy(best, params, n_params * sizeof *best);
    return 0;
}

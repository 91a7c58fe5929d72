// log_odds.c -- see log_odds.h.
#include "eval/log_odds.h"

#include "base/detmath.h"

double log_odds(const float *z, size_t classes, size_t cls)
{
    double most = -1e300, sum = 0;
    for (size_t c = 0; c < classes; c++)
        if (c != cls && z[c] > most)
            most = z[c];
    for (size_t c = 0; c < classes; c++)
        if (c != cls)
            sum += det_exp(z[c] - most);
    return z[cls] - (most + det_log(sum));
}

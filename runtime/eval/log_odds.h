// log_odds.h -- the score by which rows are ranked: the log-odds of a class.
#ifndef W2S_LOG_ODDS_H
#define W2S_LOG_ODDS_H

#include "base/base.h"

// z_cls - log sum over the other classes of exp z, in double: log p / (1 - p), exact where p would
// round to 1. `z` are the logits of one row, at least two; NaN where one of them is.
double log_odds(const float *z, size_t classes, size_t cls);

#endif

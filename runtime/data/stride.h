// stride.h -- every n-th pixel of images, in both directions, from the first: smaller images of the
// same rows.
//
// `table` borrows the columns of the rows' table (rows_borrow) and then owns smaller features,
// bytes where they were bytes: ceil(height / n) x ceil(width / n), all channels. n >= 1. On
// failure, as for rows that are no images, the table is as it was. Nothing is averaged: pixelate()
// does that.
#ifndef W2S_STRIDE_H
#define W2S_STRIDE_H

#include "data/table.h"

W2S_MUST_CHECK int stride_images(struct table *table, uint32_t n, struct err *err);

#endif

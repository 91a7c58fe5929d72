// row_name.h -- one row of the data, as people name it, and where else in a plan it stands.
//
//   mail.test:17            the 17th row of mail.test, counted from 1
//   mail.transfer:key=r5    the row with that key, where the table has keys
//
// DATA is the label of rows in the plan, shifts included: 'mail.test |> next_user:17'. Two sets of
// rows hold the same row when both come from one source through the same shifts, and the row has
// the same number there; standardising, other classes, other labels and strides leave it the same.
//
// Life cycle: row_name_find (rows of the plan only, no model is made), read, row_name_release.
#ifndef W2S_ROW_NAME_H
#define W2S_ROW_NAME_H

#include "cli.h"
#include "exec/run.h"
#include "flow_stages.h"

struct row_name {
    uint32_t rows; // the step of DATA
    size_t at;     // position in it, from 0
    // By step: the position of this row in rows that somebody is trained on; ROW_ABSENT elsewhere.
    size_t *place;
    // By step, of unshifted rows that somebody is trained on, or whose gold labels somebody reads:
    // this row is among them, under whatever shift.
    bool *holds;
};
#define ROW_ABSENT SIZE_MAX

// Of the place that `stages` shows. EXIT_DONE, or why not after a message.
enum exit_status row_name_find(struct row_name *out, const char *name,
                               const struct flow_stages *stages, const struct run_options *how);
void row_name_release(struct row_name *name);

// Whether two steps give rows of one source under the same shifts.
bool rows_akin(const struct plan *plan, uint32_t a, uint32_t b);
// The step that loads them; of a join, its first rows.
uint32_t rows_source(const struct plan *plan, uint32_t rows);
// The rows below shifts and shuffles, which have the same numbers and gold labels.
uint32_t rows_unshifted(const struct plan *plan, uint32_t rows);
// The step that decides how features are seen: it standardises, thins images or loads them.
uint32_t rows_frame(const struct plan *plan, uint32_t rows);

#endif

// report.h -- a recorded run as one page of HTML that needs nothing else: no network, no other
// file.
//
// The page is stdlib/report, embedded; the run is a block of JSON in it, drawn by the page's
// script. Nothing of the run is ever read as HTML: the block has no '<', and the script makes text
// nodes. A content policy allows the page's own script and style by their SHA-256, and nothing
// else.
#ifndef W2S_REPORT_H
#define W2S_REPORT_H

#include "runs.h"

#include <jansson.h>

// What the page shows; docs/json.md describes it. --folder and --threads of the
// options are used. NULL after a failure. What cannot be had without
// the data (the plots that the file asks for) is left out, and `notes` says so.
W2S_MUST_CHECK json_t *report_json(const struct runs *runs, const struct run_row *row,
                                   const struct options *options, struct err *err);

// The page around it.
void report_page(struct str *out, const json_t *data);

#endif

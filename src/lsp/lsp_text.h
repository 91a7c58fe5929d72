// lsp_text.h -- Markdown about rows of the schema and losses; shared by hover and completion.
#ifndef W2S_LSP_TEXT_H
#define W2S_LSP_TEXT_H

#include "base/str.h"
#include "schema.h"

void lsp_row_text(struct str *out, const struct schema_row *row);   // of a setting or an argument
void lsp_call_text(struct str *out, const struct schema_row *call);
bool lsp_loss_text(struct str *out, const char *name); // false: the standard library has no such loss

#endif

// cmd_lsp.c -- w2s lsp: the language server, for editors.
#include "cli.h"

#include "lsp/lsp.h"

enum exit_status cmd_lsp(const struct options *options)
{
    if (options->n_arguments != 0)
        return cli_misuse("lsp takes no files: an editor speaks to it over standard input and output");
    return lsp_serve(stdin, stdout) == 0 ? EXIT_DONE : EXIT_CLAIM_FAILED;
}

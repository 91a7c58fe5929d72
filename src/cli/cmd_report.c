// cmd_report.c -- w2s report: a recorded run as one page of HTML, or as the JSON behind it.
#include "report.h"

#include "store/files.h"

#include <fcntl.h>
#include <stdio.h>

static enum exit_status write_page(const json_t *data, const struct run_row *row, const char *path)
{
    struct str page = {0}, name = {0}, beside = {0};
    struct err err = {0};
    if (path == NULL)
        str_format(&name, "report-%llu.html", (unsigned long long)row->run.number);
    else
        str_add(&name, path);
    str_format(&beside, "%s.part", str_text(&name));
    report_page(&page, data);
    const struct files_part part = {str_text(&page), page.len};
    int status = files_replace(AT_FDCWD, str_text(&beside), str_text(&name), &part, 1, &err);
    if (status == 0)
        fprintf(stderr, "wrote %s\n", str_text(&name));
    str_release(&page);
    str_release(&name);
    str_release(&beside);
    return status < 0 ? cli_fail(&err) : EXIT_DONE;
}

static enum exit_status deliver(const json_t *data, const struct run_row *row,
                                const struct options *options)
{
    if (!options->json)
        return write_page(data, row, options->output);
    json_dumpf(data, stdout, JSON_INDENT(1)); // a failed write is seen when the stream is closed
    fputc('\n', stdout);
    return EXIT_DONE;
}

enum exit_status cmd_report(const struct options *options)
{
    struct runs runs;
    struct err err = {0};
    if (options->n_arguments != 1)
        return cli_misuse("report wants one run: its number, or 'last'");
    enum exit_status status = runs_open(&runs, options);
    const struct run_row *row =
        status == EXIT_DONE ? runs_find(&runs, options->arguments[0]) : NULL;
    if (status == EXIT_DONE && row == NULL)
        status = EXIT_MISUSE;
    if (status == EXIT_DONE) {
        json_t *data = report_json(&runs, row, options, &err);
        status = data != NULL ? deliver(data, row, options) : cli_fail(&err);
        json_decref(data);
    }
    runs_release(&runs);
    return status;
}

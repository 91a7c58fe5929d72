// cmd_export.c -- w2s export: recorded numbers as tidy CSV or JSON, whole runs as one file; models
// and predictions are in export_tensors.c.
#include "export_tensors.h"
#include "runs.h"
#include "runs_json.h"

#include "store/files.h"
#include "store/transfer.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct exporting {
    const struct options *options;
    struct runs *runs;
    const struct run_row **rows;
    size_t n;
};

static enum exit_status deliver(const struct exporting *e, const struct str *text)
{
    struct err err = {0};
    const struct files_part part = {str_text(text), text->len};
    const char *path = e->options->output;
    if (path == NULL) {
        fwrite(str_text(text), 1, text->len, stdout);
        return EXIT_DONE;
    }
    struct str beside = {0};
    str_format(&beside, "%s.part", path);
    int status = files_replace(AT_FDCWD, beside.data, path, &part, 1, &err);
    str_release(&beside);
    return status < 0 ? cli_fail(&err) : EXIT_DONE;
}

// --- csv -----------------------------------------------------------------------------------------

// RFC 4180: quoted where it must be, a quote doubled.
static void add_field(struct str *out, const char *text)
{
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        str_add_char(out, ',');
    if (strpbrk(text, ",\"\r\n") == NULL) {
        str_add(out, text);
        return;
    }
    str_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            str_add_char(out, '"');
        str_add_char(out, *text);
    }
    str_add_char(out, '"');
}

// Empty where there is no number.
static void add_number(struct str *out, double x)
{
    struct str text = {0};
    if (isfinite(x))
        str_number(&text, x);
    add_field(out, str_text(&text));
    str_release(&text);
}

static void add_whole(struct str *out, int64_t x)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)x);
    add_field(out, text);
}

static void add_row(struct str *out, const struct run_row *row, const struct run_detail *d,
                    const struct metric_record *m, int64_t seed, double value)
{
    if (out->len == 0 || out->data[out->len - 1] == '\n')
        add_whole(out, (int64_t)row->run.number);
    add_field(out, row->run.title);
    add_field(out, run_detail_params(d, m->point));
    add_field(out, m->model);
    add_field(out, m->on_data);
    add_field(out, m->metric);
    add_field(out, m->control ? "true" : "false");
    add_whole(out, seed);
    add_number(out, value);
    add_number(out, m->mean);
    add_number(out, m->low);
    add_number(out, m->high);
    add_number(out, m->level);
    add_field(out, m->refused);
    str_add_char(out, '\n');
}

static int add_csv(struct str *out, struct store *store, const struct run_row *row, struct err *err)
{
    struct run_detail d;
    struct plan_file plan;
    if (run_plan_read(&plan, store, &row->run, err) < 0)
        return -1;
    int status = run_detail_read(&d, store, &row->run.uid, err);
    if (status == 0) {
        for (size_t i = 0; i < d.n_metrics; i++)
            for (size_t k = 0; k < d.metrics[i].by_seed.n && k < plan.n_seeds; k++)
                add_row(out, row, &d, &d.metrics[i], plan.seeds[k], d.metrics[i].by_seed.x[k]);
        run_detail_release(&d);
    }
    plan_file_release(&plan);
    return status;
}

static enum exit_status export_csv(const struct exporting *e)
{
    struct str text = {0};
    struct err err = {0};
    int status = 0;
    str_add(
        &text,
        "run,experiment,params,model,on,metric,control,seed,value,mean,low,high,level,refused\n");
    for (size_t i = 0; i < e->n && status == 0; i++)
        status = add_csv(&text, e->runs->store, e->rows[i], &err);
    enum exit_status result = status < 0 ? cli_fail(&err) : deliver(e, &text);
    str_release(&text);
    return result;
}

// --- json ----------------------------------------------------------------------------------------

static enum exit_status export_json(const struct exporting *e)
{
    json_t *list = json_array();
    struct err err = {0};
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < e->n && status == EXIT_DONE; i++) {
        struct run_detail detail;
        if (run_detail_read(&detail, e->runs->store, &e->rows[i]->run.uid, &err) < 0) {
            status = cli_fail(&err);
            break;
        }
        json_array_append_new(list, run_json(e->rows[i], &detail));
        run_detail_release(&detail);
    }
    json_t *root =
        json_pack("{ss ss so}", "schema", "w2s.export/1", "w2s", W2S_VERSION, "runs", list);
    char *dump = json_dumps(root, JSON_INDENT(1));
    struct str text = {0};
    if (dump != NULL)
        str_format(&text, "%s\n", dump);
    if (status == EXIT_DONE)
        status = deliver(e, &text);
    mem_free(dump);
    str_release(&text);
    json_decref(root);
    return status;
}

// --- bundle --------------------------------------------------------------------------------------

static enum exit_status export_bundle(const struct exporting *e)
{
    struct err err = {0};
    struct digest_set keys = {0};
    struct transferred sent = {0};
    if (e->options->output == NULL)
        return cli_misuse("a bundle wants --output FILE");
    struct run_record *runs = mem_new(e->n * sizeof *runs);
    int status = 0;
    for (size_t i = 0; i < e->n && status == 0; i++) {
        runs[i] = e->rows[i]->run;
        status = run_keys_read(&keys, e->runs->store, &runs[i], &err);
    }
    if (status == 0)
        status = store_export(&sent, e->runs->store, e->options->output, runs, e->n, &keys, &err);
    digest_set_release(&keys);
    mem_free(runs);
    if (status < 0)
        return cli_fail(&err);
    fprintf(stderr, "%s: %llu runs, %llu steps, %llu contents\n", e->options->output,
            (unsigned long long)sent.runs, (unsigned long long)sent.steps,
            (unsigned long long)sent.blobs);
    return EXIT_DONE;
}

// --- models and predictions ----------------------------------------------------------------------

static enum exit_status export_tensors(const struct exporting *e, enum tensor_format format)
{
    if (e->n != 1)
        return cli_misuse("models and predictions are exported of one run at a time");
    if (e->options->output == NULL)
        return cli_misuse("models and predictions want --output %s",
                          format == TENSORS_NPY ? "DIR" : "FILE");
    return tensors_write(e->options, e->runs->store, e->rows[0], format);
}

static enum exit_status export_as(const struct exporting *e)
{
    static const char *const formats[] = {"csv", "json", "npy", "safetensors", "bundle"};
    const char *as = e->options->as != NULL ? e->options->as : "csv";
    if (strcmp(as, "csv") == 0)
        return export_csv(e);
    if (strcmp(as, "json") == 0)
        return export_json(e);
    if (strcmp(as, "npy") == 0)
        return export_tensors(e, TENSORS_NPY);
    if (strcmp(as, "safetensors") == 0)
        return export_tensors(e, TENSORS_SAFETENSORS);
    if (strcmp(as, "bundle") == 0)
        return export_bundle(e);
    const char *nearest = diag_nearest(as, formats, ARRAY_LEN(formats));
    cli_misuse("--as wants csv, json, npy, safetensors or bundle, found '%s'", as);
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '%s'?\n", nearest);
    return EXIT_MISUSE;
}

enum exit_status cmd_export(const struct options *options)
{
    struct runs runs;
    if (options->n_arguments == 0)
        return cli_misuse("export wants at least one run");
    enum exit_status status = runs_open(&runs, options);
    struct exporting e = {.options = options, .runs = &runs};
    e.rows = mem_new(options->n_arguments * sizeof *e.rows);
    while (status == EXIT_DONE && e.n < options->n_arguments) {
        e.rows[e.n] = runs_find(&runs, options->arguments[e.n]);
        status = e.rows[e.n] != NULL ? EXIT_DONE : EXIT_MISUSE;
        e.n += status == EXIT_DONE;
    }
    if (status == EXIT_DONE)
        status = export_as(&e);
    mem_free(e.rows);
    runs_release(&runs);
    return status;
}

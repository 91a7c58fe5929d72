// cmd_doctor.c -- w2s doctor: what this machine has, which versions are in use, whether the kernels compute
// what they should and the store can be written. Exit status 1 when something is wrong.
#include "cli.h"

#include "base/mem.h"
#include "exec/keep.h"
#include "hook/loss.h"
#include "kernel/kernel.h"
#include "store/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

struct finding {
    const char *what;
    struct str is;
    bool wrong;
};

enum { MAX_FINDINGS = 32 };

struct report {
    struct finding items[MAX_FINDINGS];
    size_t n;
};

static struct finding *find(struct report *report, const char *what)
{
    struct finding *f = &report->items[report->n++];
    *f = (struct finding){.what = what};
    return f;
}

// The processor's name where /proc tells it.
static void processor(struct str *out)
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        str_format(out, "%s, ", colon + 2);
        break;
    }
    if (f != NULL)
        fclose(f);
    str_format(out, "%ld threads", sysconf(_SC_NPROCESSORS_ONLN));
}

// A product of which every sum is known: 1 + 2 + ... + k is exact in f32.
static bool multiplies(const struct kernels *k)
{
    enum { N = 33 };
    float x[N], y[N], sum[N];
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i + 1);
        y[i] = 2;
    }
    k->mul(sum, x, y, N);
    for (int i = 0; i < N; i++)
        if (sum[i] != (float)(2 * (i + 1)))
            return false;
    return true;
}

static void kernels(struct report *report)
{
    const struct kernels *chosen = kernel_select(getenv("W2S_CPU"));
    struct finding *f = find(report, "kernels");
    if (chosen == NULL) {
        str_format(&f->is, "none for W2S_CPU=%s", getenv("W2S_CPU"));
        f->wrong = true;
        return;
    }
    str_format(&f->is, "%s; this machine has", chosen->isa);
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++)
        str_format(&f->is, " %s", (*k)->isa);
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++)
        if (!multiplies(*k)) {
            str_format(&f->is, "; %s computes wrong products", (*k)->isa);
            f->wrong = true;
        }
    f = find(report, "rounding");
    kernel_fp_pin();
    f->wrong = !kernel_fp_is_pinned();
    str_add(&f->is, f->wrong ? "to nearest cannot be set: a library has changed the processor's mode"
                             : "to nearest, denormals kept");
}

static void space(struct str *out, const char *path)
{
    struct statvfs fs;
    if (statvfs(path, &fs) == 0)
        str_format(out, ", %.1f GiB free",
                   (double)fs.f_bavail * (double)fs.f_frsize / (1024.0 * 1024.0 * 1024.0));
}

static void the_store(struct report *report, const struct options *options)
{
    struct finding *f = find(report, "store");
    const char *path = cli_store_path(options, true);
    struct err err = {0};
    if (path == NULL) {
        str_add(&f->is, "none: W2S_STORE is empty");
        return;
    }
    struct store *store = store_open(path, STORE_READ, &err);
    if (store == NULL && err.kind == ERR_MISSING) {
        f->wrong = access(".", W_OK) != 0 && path[0] != '/';
        str_format(&f->is, "'%s' is not there; the first run makes it%s", path,
                   f->wrong ? ", and this folder cannot be written" : "");
        space(&f->is, ".");
    } else if (store == NULL) {
        str_add(&f->is, err.text);
        f->wrong = true;
    } else {
        bool writable = store_is_writable(store);
        str_format(&f->is, "'%s', %s", path, writable ? "can be written" : "read only");
        f->wrong = !writable;
        space(&f->is, path);
    }
    store_close(store);
}

static void versions(struct report *report)
{
    char engine[ENGINE_NAME];
    engine_name(engine);
    str_format(&find(report, "w2s")->is, "%s, engine %s", W2S_VERSION, engine);
    str_format(&find(report, "compiler")->is, "%s", __VERSION__);
    str_format(&find(report, "libraries")->is, "%s, SQLite %s, zlib %s, jansson %s", loss_lua_release(),
               store_sqlite_version(), zlibVersion(), jansson_version_str());
}

static void print_text(const struct report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct finding *f = &report->items[i];
        printf("%-6s %-10s %s\n", f->wrong ? "wrong" : "ok", f->what, str_text(&f->is));
    }
}

static void print_json(const struct report *report)
{
    json_t *json = json_object();
    for (size_t i = 0; i < report->n; i++) {
        const struct finding *f = &report->items[i];
        json_object_set_new(json, f->what, json_pack("{s:b, s:s}", "ok", !f->wrong, "is", str_text(&f->is)));
    }
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

enum exit_status cmd_doctor(const struct options *options)
{
    if (options->n_arguments != 0)
        return cli_misuse("doctor takes no files");
    struct report report = {.n = 0};
    versions(&report);
    processor(&find(&report, "processor")->is);
    kernels(&report);
    the_store(&report, options);
    if (options->json)
        print_json(&report);
    else
        print_text(&report);
    bool wrong = false;
    for (size_t i = 0; i < report.n; i++) {
        wrong |= report.items[i].wrong;
        str_release(&report.items[i].is);
    }
    return wrong ? EXIT_CLAIM_FAILED : EXIT_DONE;
}

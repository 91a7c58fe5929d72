// cmd_fmt.c -- w2s fmt: the canonical layout, printed, written back, or only compared.
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

// To a new file beside the old one, then renamed over it: the old text is there until the new one is whole.
static int replace_file(const char *path, const struct str *text, struct err *err)
{
    struct str beside = {0};
    struct stat old;
    str_format(&beside, "%s.w2s-new", path);
    int fd = open(beside.data, O_WRONLY | O_CREAT | O_EXCL, 0600);
    bool ok = fd >= 0 && stat(path, &old) == 0 && fchmod(fd, old.st_mode & 07777) == 0 &&
              write_all(fd, text->data, text->len) == 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0 && close(fd) < 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(beside.data, path) < 0) {
        ok = false;
        why = errno;
    }
    if (!ok && fd >= 0)
        unlink(beside.data);
    str_release(&beside);
    return ok ? 0 : err_set(err, ERR_IO, "cannot rewrite '%s': %s", path, strerror(why));
}

static enum exit_status deliver(const struct source *source, const struct str *text, const struct options *options)
{
    bool same = text->len == source->n && memcmp(text->data, source->bytes, text->len) == 0;
    if (options->verify) {
        if (!same)
            fprintf(stderr, "%s: not in the canonical layout\n", source->path);
        return same ? EXIT_DONE : EXIT_CLAIM_FAILED;
    }
    if (!options->write) {
        fwrite(text->data, 1, text->len, stdout);
        return EXIT_DONE;
    }
    struct err err = {0};
    if (strcmp(source->path, "-") == 0)
        return cli_misuse("standard input cannot be rewritten");
    return same || replace_file(source->path, text, &err) == 0 ? EXIT_DONE : cli_fail(&err);
}

static enum exit_status format_file(const char *path, const struct options *options)
{
    struct arena arena = {0};
    struct source source;
    struct ast ast = {0};
    struct diags diags;
    struct err err = {0};
    enum exit_status status = EXIT_SOURCE;
    diags_init(&diags, &arena);
    if (source_read(&source, &arena, path, &err) < 0) {
        status = cli_fail(&err);
    } else if (!ast_parse(&ast, &source, &arena, &diags)) {
        diags_print(stderr, &diags, &source, cli_colour(stderr));
    } else {
        struct str text = {0};
        str_add(&text, "");
        ast_format(&text, &ast);
        status = deliver(&source, &text, options);
        str_release(&text);
    }
    diags_release(&diags);
    arena_release(&arena);
    return status;
}

enum exit_status cmd_fmt(const struct options *options)
{
    if (options->n_arguments == 0)
        return cli_misuse("fmt wants at least one file");
    enum exit_status worst = EXIT_DONE;
    for (size_t i = 0; i < options->n_arguments; i++) {
        enum exit_status status = format_file(options->arguments[i], options);
        if (status > worst)
            worst = status;
    }
    return worst;
}

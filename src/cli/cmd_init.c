// cmd_init.c -- w2s init: a first experiment to change; and w2s completion.
#include "cli.h"

#include "generate.h"
#include "hook/stdlib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_new(const char *path, const struct stdlib_file *file, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) {
        err_set(err, ERR_IO, "'%s' is there already, and is left as it is", path);
        err_hint(err, "Name another file: w2s init OTHER.w2s");
        return -1;
    }
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot make '%s': %s", path, strerror(errno));
    size_t done = 0;
    while (done < file->size) {
        ssize_t n = write(fd, file->text + done, file->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool failed = done < file->size;
    int why = errno;
    if (close(fd) < 0 && !failed) {
        failed = true;
        why = errno;
    }
    if (!failed)
        return 0;
    unlink(path);
    return err_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(why));
}

enum exit_status cmd_init(const struct options *options)
{
    if (options->n_arguments > 1)
        return cli_misuse("init wants one file");
    const char *path = options->n_arguments == 1 ? options->arguments[0] : "experiment.w2s";
    struct err err = {0};
    if (write_new(path, &stdlib_recipes[0], &err) < 0)
        return cli_fail(&err);
    fprintf(stderr, "wrote %s\n  w2s check %s   says what is wrong with it: nothing, yet\n"
                    "  w2s plan %s    what would be run\n  w2s run %s     runs it: seconds\n",
            path, path, path, path);
    return EXIT_DONE;
}

enum exit_status cmd_completion(const struct options *options)
{
    if (options->n_arguments != 1)
        return cli_misuse("completion wants a shell: bash, zsh or fish");
    if (print_completion(stdout, options->arguments[0]))
        return EXIT_DONE;
    return cli_misuse("no completion for '%s', expected bash, zsh or fish", options->arguments[0]);
}

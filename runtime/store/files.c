// files.c -- see files.h.
#include "store/files.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ONE_WRITE = 1 << 30 }; // write() stops at 2 GiB

int files_write(int fd, const void *bytes, size_t n, const char *what, struct err *err)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t wrote = write(fd, at, n < ONE_WRITE ? n : ONE_WRITE);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return err_set(err, ERR_IO, "cannot write '%s': %s", what,
                           wrote < 0 ? strerror(errno) : "nothing was taken");
        at += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

int files_sync(int fd, const char *what, struct err *err)
{
    if (fsync(fd) < 0)
        return err_set(err, ERR_IO, "cannot sync '%s': %s", what, strerror(errno));
    return 0;
}

int files_sync_folder(int folder, const char *name, struct err *err)
{
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open '%s': %s", name, strerror(errno));
    int status = files_sync(fd, name, err);
    close(fd);
    return status;
}

int files_make_folder(int folder, const char *name, struct err *err)
{
    if (mkdirat(folder, name, 0777) == 0)
        return 1;
    return errno == EEXIST ? 0
                           : err_set(err, ERR_IO, "cannot make '%s': %s", name, strerror(errno));
}

int files_replace(int folder, const char *temporary, const char *name,
                  const struct files_part *parts, size_t n_parts, struct err *err)
{
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write '%s': %s", temporary, strerror(errno));
    int status = 0;
    for (size_t i = 0; status == 0 && i < n_parts; i++)
        status = files_write(fd, parts[i].bytes, parts[i].n, name, err);
    if (status == 0)
        status = files_sync(fd, name, err);
    if (close(fd) < 0 && status == 0)
        status = err_set(err, ERR_IO, "cannot write '%s': %s", name, strerror(errno));
    if (status == 0 && renameat(folder, temporary, folder, name) < 0)
        status = err_set(err, ERR_IO, "cannot name '%s': %s", name, strerror(errno));
    if (status < 0)
        unlinkat(folder, temporary, 0);
    return status;
}

static int read_open(uint8_t **bytes, size_t *n, int fd, const char *name, size_t most,
                     struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", name, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DATA, "'%s' is no regular file", name);
    if ((uint64_t)st.st_size > most)
        return err_set(err, ERR_DATA, "'%s' has %lld bytes, expected at most %zu", name,
                       (long long)st.st_size, most);
    size_t size = (size_t)st.st_size, got = 0;
    uint8_t *room = mem_try(size, 1, name, err);
    if (room == NULL)
        return -1;
    while (got < size) {
        ssize_t r = read(fd, room + got, size - got < ONE_WRITE ? size - got : ONE_WRITE);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            err_set(err, ERR_IO, "cannot read '%s': %s", name, strerror(errno));
        else if (r == 0)
            err_set(err, ERR_IO, "'%s' became shorter while it was read", name);
        if (r <= 0) {
            mem_free(room);
            return -1;
        }
        got += (size_t)r;
    }
    *bytes = room;
    *n = size;
    return 0;
}

int files_read(uint8_t **bytes, size_t *n, int folder, const char *name, size_t most,
               struct err *err)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_MISSING, "no such file: '%s'", name);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", name, strerror(errno));
    int status = read_open(bytes, n, fd, name, most, err);
    close(fd);
    return status;
}

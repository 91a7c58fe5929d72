// interpose.c -- a library to be preloaded that makes the world fail: W2S_FAULT=KIND:N, on files whose path
// holds W2S_FAULT_PATH.
//   eio:N, full:N    the N-th write to such a file, and all after it, fail
//   sync:N           the N-th fsync or fdatasync fails, once: what a careless program would not see again
//   short:N          the N-th write takes one byte and then fails
//   clock:N          the clock of the day goes back by N seconds each time it is asked
//   memory:N         every N-th allocation fails, once the file W2S_FAULT_PATH was opened
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls, backwards, armed;

static long fault(const char *kind)
{
    const char *set = getenv("W2S_FAULT");
    size_t n = strlen(kind);
    return set != NULL && strncmp(set, kind, n) == 0 && set[n] == ':' ? atol(set + n + 1) : 0;
}

static int is_ours(int fd)
{
    const char *part = getenv("W2S_FAULT_PATH");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0 || part == NULL)
        return 0;
    path[n] = '\0';
    return strstr(path, part) != NULL;
}

// -1: fail; n: go on with as many bytes
static ssize_t allowed(int fd, size_t n)
{
    long eio = fault("eio"), full = fault("full"), cut = fault("short");
    if (eio + full + cut == 0 || !is_ours(fd))
        return (ssize_t)n;
    long call = ++calls;
    if ((eio > 0 && call >= eio) || (cut > 0 && call > cut)) {
        errno = EIO;
        return -1;
    }
    if (full > 0 && call >= full) {
        errno = ENOSPC;
        return -1;
    }
    return cut > 0 && call == cut && n > 0 ? 1 : (ssize_t)n;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t n)
{
    ssize_t take = allowed(fd, n);
    return take < 0 ? -1 : REAL(write)(fd, bytes, (size_t)take);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    ssize_t take = allowed(fd, n);
    return take < 0 ? -1 : REAL(pwrite)(fd, bytes, (size_t)take, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    ssize_t take = allowed(fd, n);
    return take < 0 ? -1 : REAL(pwrite64)(fd, bytes, (size_t)take, at);
}

static int sync_fails(int fd)
{
    long n = fault("sync");
    if (n == 0 || !is_ours(fd) || ++calls != n)
        return 0;
    errno = EIO;
    return 1;
}

int fsync(int fd)
{
    return sync_fails(fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : REAL(fdatasync)(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int status = REAL(clock_gettime)(id, t);
    if (id == CLOCK_REALTIME && status == 0)
        t->tv_sec -= ++backwards * fault("clock");
    return status;
}

// --- memory: the allocator of the C library, with holes ---------------------------------------------------
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static int is_refused(void)
{
    static long every = -1;
    if (!armed)
        return 0;
    if (every < 0)
        every = fault("memory");
    return every > 0 && ++calls % every == 0;
}

void *malloc(size_t n)
{
    return is_refused() ? (errno = ENOMEM, NULL) : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return is_refused() ? (errno = ENOMEM, NULL) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return is_refused() ? (errno = ENOMEM, NULL) : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return is_refused() ? (errno = ENOMEM, NULL) : __libc_memalign(alignment, n);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    const char *part = getenv("W2S_FAULT_PATH");
    if (part != NULL && strstr(path, part) != NULL)
        armed = 1;
    return REAL(openat)(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return openat(folder, path, flags, mode);
}

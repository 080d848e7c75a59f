#include "tests/unit/storage/faults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct fault {
    atomic_uint calls;
    unsigned nth;
    int error;
    bool is_for_good;
};

static struct fault faults[FAULT_CALL_COUNT];
static _Atomic uint64_t free_bytes = UINT64_MAX;

/*
 * A sanitizer takes memory for a thread that starts, and ends the process when it gets none:
 * allocations fail only in threads that have come to something of ours.
 */
static _Thread_local bool is_ours;

void fault_set(enum fault_call call, unsigned nth, int error, bool is_for_good)
{
    is_ours = true;
    faults[call].nth = nth;
    faults[call].error = error;
    faults[call].is_for_good = is_for_good;
    atomic_store(&faults[call].calls, 0);
}

unsigned fault_calls(enum fault_call call)
{
    return atomic_load(&faults[call].calls);
}

void fault_set_free_bytes(uint64_t bytes)
{
    atomic_store(&free_bytes, bytes);
}

/* Runs before any sanitizer is ready: the first allocations come early. */
#define PLAIN __attribute__((no_sanitize("address", "undefined", "thread")))

PLAIN static bool has_fault(enum fault_call call)
{
    struct fault *fault = &faults[call];
    unsigned number;

    if (call == FAULT_MALLOC && !is_ours) {
        return false;
    }
    number = atomic_fetch_add(&fault->calls, 1) + 1;

    if (fault->nth == 0 || number < fault->nth ||
        (number > fault->nth && !fault->is_for_good)) {
        return false;
    }
    errno = fault->error;
    return true;
}

/* A sanitizer's allocator, where there is one, or the C library's. */
void *__interceptor_malloc(size_t) __attribute__((weak));
void *__interceptor_calloc(size_t, size_t) __attribute__((weak));
void *__interceptor_realloc(void *, size_t) __attribute__((weak));
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

PLAIN void *malloc(size_t len)
{
    if (has_fault(FAULT_MALLOC)) {
        return NULL;
    }
    return __interceptor_malloc != NULL ? __interceptor_malloc(len)
                                        : __libc_malloc(len);
}

PLAIN void *calloc(size_t count, size_t len)
{
    if (has_fault(FAULT_MALLOC)) {
        return NULL;
    }
    return __interceptor_calloc != NULL ? __interceptor_calloc(count, len)
                                        : __libc_calloc(count, len);
}

PLAIN void *realloc(void *old, size_t len)
{
    if (has_fault(FAULT_MALLOC)) {
        return NULL;
    }
    return __interceptor_realloc != NULL ? __interceptor_realloc(old, len)
                                         : __libc_realloc(old, len);
}

int fdatasync(int fd)
{
    return has_fault(FAULT_FDATASYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return has_fault(FAULT_FDATASYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int msync(void *addr, size_t len, int flags)
{
    return has_fault(FAULT_FDATASYNC) ? -1 : (int)syscall(SYS_msync, addr, len, flags);
}

/* The pipes of the test's own shall work. */
static bool is_faulty_file(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && has_fault(FAULT_WRITE);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    return is_faulty_file(fd) ? -1 : syscall(SYS_write, fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return is_faulty_file(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return is_faulty_file(fd) ? -1 : syscall(SYS_writev, fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    return is_faulty_file(fd) ? -1 : syscall(SYS_pwritev, fd, parts, count, at, 0);
}

int statvfs(const char *path, struct statvfs *ret_fs)
{
    struct statfs fs;
    uint64_t faked = atomic_load(&free_bytes);

    is_ours = true;
    if (statfs(path, &fs) != 0) {
        return -1;
    }
    memset(ret_fs, 0, sizeof *ret_fs);
    ret_fs->f_bsize = (unsigned long)fs.f_bsize;
    ret_fs->f_frsize = 1;
    ret_fs->f_blocks = fs.f_blocks;
    ret_fs->f_bavail = faked != UINT64_MAX ? faked : fs.f_bavail * (uint64_t)fs.f_bsize;
    return 0;
}

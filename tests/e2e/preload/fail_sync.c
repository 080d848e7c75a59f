/*
 * Preloaded: fdatasync() and its like fail with EIO, once when the file VC_FAIL_SYNC_ONCE
 * names is there (it is removed by that), and as long as VC_FAIL_SYNC_ALWAYS is there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool fails(void)
{
    const char *once = getenv("VC_FAIL_SYNC_ONCE");
    const char *always = getenv("VC_FAIL_SYNC_ALWAYS");
    bool has_failed = (once != NULL && unlink(once) == 0) ||
                      (always != NULL && access(always, F_OK) == 0);

    errno = has_failed ? EIO : 0;
    return has_failed;
}

static int pass_on(const char *name, int fd)
{
    int (*next)(int fd);
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(&next, &found, sizeof next);
    return next(fd);
}

int fdatasync(int fd)
{
    return fails() ? -1 : pass_on("fdatasync", fd);
}

int fsync(int fd)
{
    return fails() ? -1 : pass_on("fsync", fd);
}

int msync(void *start, size_t len, int flags)
{
    int (*next)(void *start, size_t len, int flags);
    void *found = dlsym(RTLD_NEXT, "msync");

    memcpy(&next, &found, sizeof next);
    return fails() ? -1 : next(start, len, flags);
}

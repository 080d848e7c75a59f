#include "storage/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES_MAX 96

static vc_err from_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return VC_ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return VC_ERR_DISK_FULL;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return VC_ERR_NO_MEMORY;
    default:
        return VC_ERR_STORE_IO;
    }
}

/* Reads the file's first line; empty when there is none. */
static void read_line(int fd, char ret_line[LINE_BYTES_MAX])
{
    ssize_t len = pread(fd, ret_line, LINE_BYTES_MAX - 1, 0);

    ret_line[len > 0 ? len : 0] = '\0';
}

static long holder_of(int fd)
{
    char line[LINE_BYTES_MAX];
    long pid;

    read_line(fd, line);
    errno = 0;
    pid = strtol(line, NULL, 10);
    return errno == 0 && pid > 0 ? pid : 0;
}

/* What stands in the file is only for people, so that a failure does not matter. */
static void write_holder(int fd)
{
    char line[LINE_BYTES_MAX];
    int len = snprintf(line, sizeof line, "%ld %lld\n", (long)getpid(),
                       (long long)time(NULL));

    if (ftruncate(fd, 0) == 0 && len > 0 && pwrite(fd, line, (size_t)len, 0) < 0) {
        (void)!ftruncate(fd, 0); /* better no name than half of one */
    }
}

vc_err vc_lock_take(int dir_fd, int *ret_fd, long *ret_holder)
{
    int fd =
        openat(dir_fd, VC_LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int error;

    if (fd < 0) {
        return from_errno(errno);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        write_holder(fd);
        *ret_fd = fd;
        return VC_OK;
    }
    error = errno;
    if (error == EWOULDBLOCK && ret_holder != NULL) {
        *ret_holder = holder_of(fd);
    }
    (void)close(fd); /* nothing was written */
    return error == EWOULDBLOCK ? VC_ERR_STORE_LOCKED : from_errno(error);
}

bool vc_lock_is_taken(int dir_fd)
{
    int fd = openat(dir_fd, VC_LOCK_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool is_taken;

    if (fd < 0) {
        return false;
    }
    is_taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd); /* gives the lock back, if it was free */
    return is_taken;
}

void vc_lock_release(int fd)
{
    if (fd >= 0) {
        (void)!ftruncate(fd, 0); /* only for people, as above */
        (void)close(fd);         /* gives the lock back */
    }
}

/* One line that changes whenever the file does. */
static bool describe(int dir_fd, const char *store_file, char ret_line[LINE_BYTES_MAX])
{
    struct stat file;

    if (fstatat(dir_fd, store_file, &file, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    return snprintf(ret_line, LINE_BYTES_MAX, "%lld %lld.%09ld\n",
                    (long long)file.st_size, (long long)file.st_mtim.tv_sec,
                    file.st_mtim.tv_nsec) > 0;
}

bool vc_clean_is_set(int dir_fd, const char *store_file)
{
    char now[LINE_BYTES_MAX];
    char then[LINE_BYTES_MAX];
    int fd;

    if (!describe(dir_fd, store_file, now)) {
        return errno == ENOENT; /* where nothing is, nothing is damaged */
    }
    fd = openat(dir_fd, VC_CLEAN_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    read_line(fd, then);
    (void)close(fd); /* only read */
    return strcmp(now, then) == 0;
}

vc_err vc_clean_unset(int dir_fd)
{
    if (unlinkat(dir_fd, VC_CLEAN_FILE, 0) != 0) {
        return errno == ENOENT ? VC_OK : from_errno(errno);
    }
    return fsync(dir_fd) == 0 ? VC_OK : from_errno(errno);
}

void vc_clean_set(int dir_fd, const char *store_file)
{
    char line[LINE_BYTES_MAX];
    size_t len;
    int fd;

    if (!describe(dir_fd, store_file, line)) {
        return;
    }
    len = strlen(line);
    fd = openat(dir_fd, VC_CLEAN_FILE,
                O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return;
    }
    if (write(fd, line, len) != (ssize_t)len) {
        (void)unlinkat(dir_fd, VC_CLEAN_FILE, 0); /* half a line is no mark anyway */
    }
    (void)close(fd); /* as above */
}

/*
 * A library to preload: writes down every change of the files in one directory.
 *
 *     LD_PRELOAD=librecord.so VECHE_POWERLOSS_DIR=DIR VECHE_POWERLOSS_LOG=FILE PROGRAM
 *
 * An entry is appended when the change has been made and before the program knows, so that
 * what the program says afterwards stands behind it.
 */
#include "tests/powerloss/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define PARTS_MAX      1024

static int log_fd = -1;
static char dir[PATH_BYTES_MAX];

static void __attribute__((constructor)) open_log(void)
{
    const char *log_path = getenv(VC_POWERLOSS_LOG);
    const char *path = getenv(VC_POWERLOSS_DIR);

    if (log_path != NULL && path != NULL && realpath(path, dir) != NULL) {
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log_path,
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

/* One call for an entry and its bytes: threads do not mix them. */
static void append(const struct vc_powerloss_entry *entry, const struct iovec *parts,
                   int count)
{
    struct iovec all[PARTS_MAX + 1] = {{(void *)(uintptr_t)entry, sizeof *entry}};
    ssize_t len = (ssize_t)(sizeof *entry + entry->len);

    if (count > PARTS_MAX) {
        abort();
    }
    for (int i = 0; i < count; i++) {
        all[i + 1] = parts[i];
    }
    if (syscall(SYS_writev, log_fd, all, count + 1) != len) {
        abort(); /* a log with holes would be believed */
    }
}

/* Is @path directly in the directory?  Then gives its name. */
static bool is_inside(const char *path, char ret_name[VC_POWERLOSS_NAME_MAX])
{
    size_t len = strlen(dir);

    if (strncmp(path, dir, len) != 0 || path[len] != '/' ||
        strchr(path + len + 1, '/') != NULL ||
        strlen(path + len + 1) >= VC_POWERLOSS_NAME_MAX) {
        return false;
    }
    memcpy(ret_name, path + len + 1, strlen(path + len + 1) + 1);
    return true;
}

static bool path_of(int fd, char ret_path[PATH_BYTES_MAX])
{
    char link[64];
    ssize_t len;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = syscall(SYS_readlinkat, AT_FDCWD, link, ret_path, PATH_BYTES_MAX - 1);
    ret_path[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* Begins an entry about an open file; false when it is none of the directory's. */
static bool begin(int fd, enum vc_powerloss_kind kind, struct vc_powerloss_entry *entry)
{
    char path[PATH_BYTES_MAX];
    struct stat file;

    memset(entry, 0, sizeof *entry);
    if (log_fd < 0 || fd == log_fd || !path_of(fd, path) || fstat(fd, &file) != 0 ||
        !S_ISREG(file.st_mode) || !is_inside(path, entry->name)) {
        return false;
    }
    entry->kind = (uint32_t)kind;
    entry->inode = file.st_ino;
    entry->is_durable =
        (syscall(SYS_fcntl, fd, F_GETFL) & (O_DSYNC | O_SYNC)) != 0 ? 1 : 0;
    return true;
}

static void note_write(int fd, const struct iovec *parts, int count, ssize_t written,
                       off_t offset)
{
    struct vc_powerloss_entry entry;
    int error = errno;
    size_t asked = 0;

    if (written > 0 && begin(fd, VC_POWERLOSS_WRITE, &entry)) {
        for (int i = 0; i < count; i++) {
            asked += parts[i].iov_len;
        }
        if (asked != (size_t)written) {
            abort(); /* short writes do not happen where this is used */
        }
        entry.len = (uint32_t)written;
        entry.offset =
            (uint64_t)(offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - written);
        append(&entry, parts, count);
    }
    errno = error;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    struct iovec part = {(void *)(uintptr_t)bytes, len};
    ssize_t written = syscall(SYS_write, fd, bytes, len);

    note_write(fd, &part, 1, written, -1);
    return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t written = syscall(SYS_writev, fd, parts, count);

    note_write(fd, parts, count, written, -1);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    struct iovec part = {(void *)(uintptr_t)bytes, len};
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, len, offset);

    note_write(fd, &part, 1, written, offset);
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    ssize_t written = syscall(SYS_pwritev, fd, parts, count, offset, 0);

    note_write(fd, parts, count, written, offset);
    return written;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
    return pwritev(fd, parts, count, offset);
}

int ftruncate(int fd, off_t len)
{
    struct vc_powerloss_entry entry;
    int rc = (int)syscall(SYS_ftruncate, fd, len);

    if (rc == 0 && begin(fd, VC_POWERLOSS_TRUNCATE, &entry)) {
        entry.offset = (uint64_t)len;
        append(&entry, NULL, 0);
    }
    return rc;
}

int ftruncate64(int fd, off_t len)
{
    return ftruncate(fd, len);
}

static void note_sync(int fd, int rc)
{
    struct vc_powerloss_entry entry;
    char path[PATH_BYTES_MAX];

    if (rc != 0) {
        return;
    }
    if (begin(fd, VC_POWERLOSS_SYNC, &entry)) {
        append(&entry, NULL, 0);
    } else if (log_fd >= 0 && path_of(fd, path) && strcmp(path, dir) == 0) {
        memset(&entry, 0, sizeof entry);
        entry.kind = VC_POWERLOSS_SYNC_DIR;
        append(&entry, NULL, 0);
    }
}

int fdatasync(int fd)
{
    int rc = (int)syscall(SYS_fdatasync, fd);

    note_sync(fd, rc);
    return rc;
}

int fsync(int fd)
{
    int rc = (int)syscall(SYS_fsync, fd);

    note_sync(fd, rc);
    return rc;
}

/* A map that is written to cannot be followed: the lock file's only. */
int msync(void *addr, size_t len, int flags)
{
    (void)addr;
    (void)len;
    (void)flags;
    abort();
}

static bool begin_name(int at, const char *name, enum vc_powerloss_kind kind,
                       struct vc_powerloss_entry *entry)
{
    char path[PATH_BYTES_MAX];
    char full[2 * PATH_BYTES_MAX];
    struct stat file;

    memset(entry, 0, sizeof *entry);
    if (log_fd < 0 || fstatat(at, name, &file, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    if (name[0] == '/') {
        (void)snprintf(full, sizeof full, "%s", name);
    } else if (at == AT_FDCWD || !path_of(at, path)) {
        return false;
    } else {
        (void)snprintf(full, sizeof full, "%s/%s", path, name);
    }
    entry->kind = (uint32_t)kind;
    entry->inode = file.st_ino;
    return is_inside(full, entry->name);
}

/* Two names that are exchanged are two changes here, of which one may be lost: worse than
 * what a file system does. */
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    struct vc_powerloss_entry entry;
    int rc = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);

    if (rc == 0 && begin_name(to_at, to, VC_POWERLOSS_RENAME, &entry)) {
        append(&entry, NULL, 0);
    }
    if (rc == 0 && (flags & RENAME_EXCHANGE) != 0 &&
        begin_name(from_at, from, VC_POWERLOSS_RENAME, &entry)) {
        append(&entry, NULL, 0);
    }
    return rc;
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    struct vc_powerloss_entry entry;
    int rc = (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);

    if (rc == 0 && begin_name(to_at, to, VC_POWERLOSS_RENAME, &entry)) {
        append(&entry, NULL, 0);
    }
    return rc;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int at, const char *name, int flags)
{
    struct vc_powerloss_entry entry;
    bool is_ours = begin_name(at, name, VC_POWERLOSS_UNLINK, &entry);
    int rc = (int)syscall(SYS_unlinkat, at, name, flags);

    if (rc == 0 && is_ours) {
        append(&entry, NULL, 0);
    }
    return rc;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

void vc_powerloss_mark(uint64_t acknowledged)
{
    struct vc_powerloss_entry entry = {.kind = VC_POWERLOSS_MARK,
                                       .offset = acknowledged};

    if (log_fd >= 0) {
        append(&entry, NULL, 0);
    }
}

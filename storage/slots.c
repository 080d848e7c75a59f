/* SCHEMA.md, "Keys". */
#include "storage/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES_MAX 32

static vc_err from_errno(int number)
{
    switch (number) {
    case ENOENT:
        return VC_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EISDIR:
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

vc_err vc_slots_read(int dir_fd, const char *name, struct vc_slots *ret_slots)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    uint8_t *bytes = ret_slots->bytes[0];
    size_t got = 0;
    vc_err err = VC_OK;

    if (fd < 0) {
        return from_errno(errno);
    }
    memset(ret_slots, 0, sizeof *ret_slots);
    while (got < sizeof *ret_slots) {
        ssize_t n = pread(fd, bytes + got, sizeof *ret_slots - got, (off_t)got);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            err = n == 0 ? VC_OK : from_errno(errno);
            break;
        }
        got += (size_t)n;
    }
    (void)close(fd); /* only read */
    return err;
}

/* A write that is cut short goes on where it was. */
static vc_err write_durably(int fd, const uint8_t *bytes, size_t len, off_t at)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, bytes + done, len - done, at + (off_t)done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? VC_ERR_STORE_IO : from_errno(errno);
        }
        done += (size_t)n;
    }
    return fdatasync(fd) == 0 ? VC_OK : from_errno(errno);
}

vc_err vc_slots_make(int dir_fd, const char *name, const struct vc_slots *slots)
{
    char made[NAME_BYTES_MAX];
    vc_err err;
    int fd;

    VC_CHECK(snprintf(made, sizeof made, "%s.new", name) < (int)sizeof made);
    (void)unlinkat(dir_fd, made, 0); /* mostly it is not there */
    fd = openat(dir_fd, made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                0600);
    if (fd < 0) {
        return from_errno(errno);
    }
    err = write_durably(fd, slots->bytes[0], sizeof *slots, 0);
    if (close(fd) != 0 && err == VC_OK) {
        err = VC_ERR_STORE_IO;
    }
    if (err == VC_OK &&
        (renameat(dir_fd, made, dir_fd, name) != 0 || fsync(dir_fd) != 0)) {
        err = from_errno(errno);
    }
    if (err != VC_OK) {
        (void)unlinkat(dir_fd, made, 0); /* it is no danger where it is */
    }
    return err;
}

vc_err vc_slots_write(int dir_fd, const char *name, unsigned slot,
                      const uint8_t bytes[VC_SLOT_BYTES])
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    vc_err err;

    VC_CHECK(slot < VC_SLOTS);
    if (fd < 0) {
        return from_errno(errno);
    }
    err = write_durably(fd, bytes, VC_SLOT_BYTES, (off_t)slot * VC_SLOT_BYTES);
    (void)close(fd); /* everything is on the disk */
    return err;
}

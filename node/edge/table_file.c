#include "node/edge/table_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/edge/options.h"

#define FILE_NAME  "/dht.table"
#define FRESH_NAME "/dht.table.new"

static vc_err from_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return VC_ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return VC_ERR_DISK_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return VC_ERR_PERMISSION;
    default:
        return VC_ERR_IO;
    }
}

static bool print_path(char ret_path[VC_PATH_MAX], const char *dir, const char *name)
{
    int len = snprintf(ret_path, VC_PATH_MAX, "%s%s", dir, name);

    return len > 0 && len < VC_PATH_MAX;
}

vc_err vc_table_file_load(const char *dir, uint8_t ret_bytes[VC_DHT_SAVED_MAX],
                          size_t *ret_len)
{
    uint8_t bytes[VC_DHT_SAVED_MAX + 1]; /* one more, to see that there is more */
    char path[VC_PATH_MAX];
    ssize_t got;
    int fd;

    if (!print_path(path, dir, FILE_NAME)) {
        return VC_ERR_TOO_LONG;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return from_errno();
    }
    got = read(fd, bytes, sizeof bytes); /* of a file, so all that is there */
    (void)close(fd);                     /* it was only read */
    if (got < 0) {
        return VC_ERR_IO;
    }
    if ((size_t)got > VC_DHT_SAVED_MAX) {
        return VC_ERR_TOO_LONG;
    }
    memcpy(ret_bytes, bytes, (size_t)got);
    *ret_len = (size_t)got;
    return VC_OK;
}

static vc_err write_all(int fd, struct vc_bytes bytes)
{
    ssize_t put = write(fd, bytes.data, bytes.len);

    if (put < 0) {
        return from_errno();
    }
    if ((size_t)put != bytes.len) {
        return VC_ERR_DISK_FULL;
    }
    return fdatasync(fd) == 0 ? VC_OK : from_errno();
}

vc_err vc_table_file_save(const char *dir, struct vc_bytes bytes)
{
    char path[VC_PATH_MAX], fresh[VC_PATH_MAX];
    vc_err err;
    int fd;

    if (!print_path(path, dir, FILE_NAME) || !print_path(fresh, dir, FRESH_NAME)) {
        return VC_ERR_TOO_LONG;
    }
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return from_errno();
    }
    err = write_all(fd, bytes);
    if (close(fd) != 0 && err == VC_OK) {
        err = from_errno();
    }
    if (err == VC_OK && rename(fresh, path) != 0) {
        err = from_errno();
    }
    if (err != VC_OK) {
        (void)unlink(fresh); /* the next one is written over it else */
    }
    return err;
}

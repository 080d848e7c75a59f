#include "storage/space.h"

#include <sys/statvfs.h>

vc_err vc_space_look(const char *path, uint64_t bytes)
{
    struct statvfs fs;

    /* Some file systems over a network tell nothing and have no blocks at all. */
    if (statvfs(path, &fs) != 0 || fs.f_blocks == 0) {
        return VC_OK;
    }
    return (uint64_t)fs.f_bavail * fs.f_frsize < bytes ? VC_ERR_DISK_FULL : VC_OK;
}

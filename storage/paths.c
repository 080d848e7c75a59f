#include "storage/paths.h"

#include <stdio.h>

static bool join(char ret_path[VC_PATH_BYTES_MAX], const char *dir, const char *name)
{
    int len = snprintf(ret_path, VC_PATH_BYTES_MAX, "%s/%s", dir, name);

    return len > 0 && len < VC_PATH_BYTES_MAX;
}

vc_err vc_store_paths_make(const char *dir, struct vc_store_paths *ret_paths)
{
    bool is_fine = join(ret_paths->store, dir, VC_STORE_FILE) &&
                   join(ret_paths->made, dir, VC_STORE_NEW_FILE);

    return is_fine ? VC_OK : VC_ERR_STORE_IO;
}

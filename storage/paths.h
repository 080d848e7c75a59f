/* The names of the files in a store's directory.  Inside this folder only. */
#ifndef VC_STORAGE_PATHS_H
#define VC_STORAGE_PATHS_H

#include "storage/store.h"

#define VC_PATH_BYTES_MAX 4096

#define VC_STORE_FILE     "store.mdb"
#define VC_STORE_NEW_FILE "store.mdb.new" /* while it is made */

struct vc_store_paths {
    char store[VC_PATH_BYTES_MAX];
    char made[VC_PATH_BYTES_MAX]; /* VC_STORE_NEW_FILE */
};

/* VC_ERR_STORE_IO when @dir is too long for the system. */
VC_NODISCARD vc_err vc_store_paths_make(const char *dir,
                                        struct vc_store_paths *ret_paths);

#endif

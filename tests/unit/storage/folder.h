/*
 * A folder of its own for a test that needs no store.
 */
#ifndef VC_TESTS_UNIT_STORAGE_FOLDER_H
#define VC_TESTS_UNIT_STORAGE_FOLDER_H

#include "crypto/base/base.h"

struct folder {
    char path[64];
    int fd;
};

/* Opens the folder whose path is set. */
void folder_open(struct folder *folder);
void folder_close(struct folder *folder);

/* A cmocka set-up and tear-down; the state is a struct folder. */
int folder_set_up(void **state);
int folder_tear_down(void **state);

/* The whole of a file, in static memory; its length, at most 1 MiB. */
struct vc_bytes folder_read(const struct folder *folder, const char *name);
void folder_write(const struct folder *folder, const char *name, struct vc_bytes bytes);

/* How often @needle stands in all files of the directory at @path. */
size_t folder_find(const char *path, struct vc_bytes needle);

#endif

/*
 * A look at the first two pages of an LMDB file with plain reads, before anything maps it:
 * a mapped file that is too short kills by a signal.  Inside this folder only.
 */
#ifndef VC_STORAGE_IMAGE_H
#define VC_STORAGE_IMAGE_H

#include "storage/store.h"

/* As much as vc_image_decode() wants to see: two pages of the largest size. */
#define VC_IMAGE_HEAD_BYTES (2 * 65536)

struct vc_image {
    uint32_t page_bytes;
    uint64_t last_page; /* of the newest commit */
    uint64_t commits;   /* its number */
};

/* Reads both meta pages from the start of a file.  VC_ERR_STORE_DAMAGED: no LMDB file, or
 * not one that any LMDB of ours wrote. */
VC_NODISCARD vc_err vc_image_decode(struct vc_bytes head, struct vc_image *ret_image);

/*
 * Reads the file at @path and compares its length with what the newest commit counts on.
 * @ret_is_short: pages are missing at the end.  They may be free ones that were never
 * written, so that only a walk of the file can tell whether this is damage.
 * VC_ERR_NOT_FOUND, _PERMISSION, _STORE_IO, _STORE_DAMAGED, _NO_MEMORY.
 */
VC_NODISCARD vc_err vc_image_look(const char *path, bool *ret_is_short);

#endif

/*
 * A look at the first two pages of an LMDB file with plain reads, before anything maps it:
 * a mapped file that is too short kills by a signal.  Inside this folder only.
 */
#ifndef VC_STORAGE_IMAGE_H
#define VC_STORAGE_IMAGE_H

#include "storage/store.h"

/* As much as vc_image_decode() wants to see: two pages of the largest size. */
#define VC_IMAGE_HEAD_BYTES ((size_t)2 * 65536)

/* Bytes of LMDB's record of a database: its pad, flags and depth, and five words. */
#define VC_IMAGE_TREE_BYTES (8 + 5 * sizeof(size_t))

/* The root that stands for an empty tree. */
#define VC_IMAGE_NO_PAGE SIZE_MAX

/* A database as its record has it. */
struct vc_image_tree {
    uint32_t pad; /* in the free pages' record: the bytes of a page */
    uint16_t flags;
    uint16_t depth;
    size_t entries;
    size_t root; /* VC_IMAGE_NO_PAGE when it is empty */
};

struct vc_image {
    uint32_t page_bytes;
    size_t last_page; /* of this commit */
    size_t commit;    /* its number */
    struct vc_image_tree free_pages;
    struct vc_image_tree tables;
};

/* Reads a record that was found in a page; the caller has checked its length. */
struct vc_image_tree vc_image_tree(struct vc_bytes record);

/*
 * Reads both meta pages from the start of a file and gives the newest commit.
 * VC_ERR_STORE_DAMAGED: no LMDB file, or not one that LMDB leaves behind.
 */
VC_NODISCARD vc_err vc_image_decode(struct vc_bytes head, struct vc_image *ret_image);

/* The same for commit @commit, which need not be the newest one when the file is in use. */
VC_NODISCARD vc_err vc_image_decode_commit(struct vc_bytes head, size_t commit,
                                           struct vc_image *ret_image);

/*
 * Reads the file at @path and compares its length with what the newest commit counts on.
 * @ret_is_short: pages are missing at the end.  They may be free ones that were never
 * written, so that only a walk of the file can tell whether this is damage.
 * VC_ERR_NOT_FOUND, _PERMISSION, _STORE_IO, _STORE_DAMAGED, _NO_MEMORY.
 */
VC_NODISCARD vc_err vc_image_look(const char *path, bool *ret_is_short);

#endif

/* SCHEMA.md, "The file". */
#include "storage/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/cursor.h"

/* The numbers of LMDB 0.9's file format; integers are those of the machine. */
#define META_FLAG      0x08
#define META_MAGIC     0xbeefc0deu
#define META_VERSION   1u
#define PAGE_BYTES_MIN 256u
#define PAGE_BYTES_MAX 65536u

/* LMDB's flags of a database: keys that are numbers, a map at a fixed address. */
#define TREE_INTEGER_KEY 0x08
#define TREE_FIXED_MAP   0x01

static size_t read_word(struct vc_reader *r)
{
    size_t word;

    vc_read_copy(r, &word, sizeof word);
    return word;
}

static uint32_t read_u32(struct vc_reader *r)
{
    uint32_t number;

    vc_read_copy(r, &number, sizeof number);
    return number;
}

static uint16_t read_u16(struct vc_reader *r)
{
    uint16_t number;

    vc_read_copy(r, &number, sizeof number);
    return number;
}

static struct vc_image_tree read_tree(struct vc_reader *r)
{
    struct vc_image_tree tree;

    tree.pad = read_u32(r);
    tree.flags = read_u16(r);
    tree.depth = read_u16(r);
    (void)vc_read_bytes(r,
                        3 * sizeof(size_t)); /* pages of each kind: only for people */
    tree.entries = read_word(r);
    tree.root = read_word(r);
    return tree;
}

struct vc_image_tree vc_image_tree(struct vc_bytes record)
{
    struct vc_reader r = vc_reader(record);

    return read_tree(&r);
}

static bool read_meta(struct vc_bytes page, struct vc_image *ret_meta)
{
    struct vc_reader r = vc_reader(page);
    uint16_t flags;
    uint32_t magic;
    uint32_t version;

    (void)vc_read_bytes(&r, sizeof(size_t) + 2); /* page number, padding */
    flags = read_u16(&r);
    (void)vc_read_bytes(&r, 4); /* bounds of the free space: none here */
    magic = read_u32(&r);
    version = read_u32(&r);
    (void)vc_read_bytes(&r, 2 * sizeof(size_t)); /* address and size of the map */
    ret_meta->free_pages = read_tree(&r);
    ret_meta->tables = read_tree(&r);
    ret_meta->last_page = read_word(&r);
    ret_meta->commit = read_word(&r);
    ret_meta->page_bytes = ret_meta->free_pages.pad;
    (void)vc_read_rest(&r); /* the page's unused end */
    return vc_reader_end(&r) == VC_OK && flags == META_FLAG && magic == META_MAGIC &&
           version == META_VERSION;
}

static bool is_sane_root(const struct vc_image_tree *tree, size_t last_page)
{
    return tree->root == VC_IMAGE_NO_PAGE ||
           (tree->root >= 2 && tree->root <= last_page);
}

static bool is_sane(const struct vc_image *meta)
{
    uint32_t bytes = meta->page_bytes;

    return bytes >= PAGE_BYTES_MIN && bytes <= PAGE_BYTES_MAX &&
           (bytes & (bytes - 1)) == 0 && meta->last_page >= 1 &&
           meta->last_page < VC_STORE_FILE_BYTES_MAX / bytes &&
           (meta->free_pages.flags & TREE_INTEGER_KEY) != 0 &&
           (meta->free_pages.flags & TREE_FIXED_MAP) == 0 && meta->tables.flags == 0 &&
           is_sane_root(&meta->free_pages, meta->last_page) &&
           is_sane_root(&meta->tables, meta->last_page);
}

/* Commit N stands in page N mod 2, and the other one has the commit before. */
static bool are_neighbours(const struct vc_image metas[2])
{
    size_t newest = metas[1].commit > metas[0].commit ? 1 : 0;
    size_t commit = metas[newest].commit;

    if (commit == 0) {
        return true; /* nothing was ever committed: both are as they were made */
    }
    return commit % 2 == newest && metas[1 - newest].commit == commit - 1;
}

static vc_err read_metas(struct vc_bytes head, struct vc_image ret_metas[2])
{
    if (!read_meta(head, &ret_metas[0]) || !is_sane(&ret_metas[0]) ||
        head.len < 2 * (size_t)ret_metas[0].page_bytes) {
        return VC_ERR_STORE_DAMAGED;
    }
    head.data += ret_metas[0].page_bytes;
    head.len -= ret_metas[0].page_bytes;
    if (!read_meta(head, &ret_metas[1]) || !is_sane(&ret_metas[1]) ||
        ret_metas[1].page_bytes != ret_metas[0].page_bytes ||
        !are_neighbours(ret_metas)) {
        return VC_ERR_STORE_DAMAGED;
    }
    return VC_OK;
}

vc_err vc_image_decode(struct vc_bytes head, struct vc_image *ret_image)
{
    struct vc_image metas[2];
    vc_err err = read_metas(head, metas);

    if (err == VC_OK) {
        *ret_image = metas[metas[1].commit > metas[0].commit ? 1 : 0];
    }
    return err;
}

vc_err vc_image_decode_commit(struct vc_bytes head, size_t commit,
                              struct vc_image *ret_image)
{
    struct vc_image metas[2];
    vc_err err = read_metas(head, metas);

    if (err != VC_OK) {
        return err;
    }
    if (metas[commit % 2].commit != commit) {
        return VC_ERR_BUSY;
    }
    *ret_image = metas[commit % 2];
    return VC_OK;
}

static vc_err read_head(int fd, uint8_t *head, size_t *ret_len,
                        uint64_t *ret_file_bytes)
{
    struct stat file;
    size_t len = 0;

    if (fstat(fd, &file) != 0) {
        return VC_ERR_STORE_IO;
    }
    if (!S_ISREG(file.st_mode)) {
        return VC_ERR_STORE_DAMAGED;
    }
    while (len < VC_IMAGE_HEAD_BYTES) {
        ssize_t count = pread(fd, head + len, VC_IMAGE_HEAD_BYTES - len, (off_t)len);

        if (count < 0 && errno != EINTR) {
            return VC_ERR_STORE_IO;
        }
        if (count == 0) {
            break;
        }
        len += count > 0 ? (size_t)count : 0;
    }
    *ret_len = len;
    *ret_file_bytes = (uint64_t)file.st_size;
    return VC_OK;
}

vc_err vc_image_look(const char *path, bool *ret_is_short)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t *head;
    uint64_t file_bytes = 0;
    size_t len = 0;
    struct vc_image image;
    vc_err err;

    if (fd < 0) {
        return errno == ENOENT   ? VC_ERR_NOT_FOUND
               : errno == EACCES ? VC_ERR_PERMISSION
                                 : VC_ERR_STORE_IO;
    }
    head = malloc(VC_IMAGE_HEAD_BYTES);
    err = head == NULL ? VC_ERR_NO_MEMORY : read_head(fd, head, &len, &file_bytes);
    if (err == VC_OK) {
        err = vc_image_decode((struct vc_bytes){head, len}, &image);
    }
    if (err == VC_OK) {
        *ret_is_short = file_bytes / image.page_bytes < image.last_page + 1;
    }
    free(head);
    (void)close(fd); /* only read */
    return err;
}

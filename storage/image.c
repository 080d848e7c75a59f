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
#define NO_PAGE        SIZE_MAX

struct meta {
    uint32_t page_bytes;
    size_t roots[2]; /* of the free pages and of the tables */
    size_t last_page;
    size_t txn;
};

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

/* A database's record: its root, and in the first one the size of a page. */
static size_t read_root(struct vc_reader *r, uint32_t *ret_pad)
{
    *ret_pad = read_u32(r);
    (void)vc_read_bytes(r, 2 + 2 + 4 * sizeof(size_t)); /* flags, depth, four counts */
    return read_word(r);
}

static bool read_meta(struct vc_bytes page, struct meta *ret_meta)
{
    struct vc_reader r = vc_reader(page);
    uint16_t flags;
    uint32_t magic;
    uint32_t version;
    uint32_t pad;

    (void)vc_read_bytes(&r, sizeof(size_t) + 2); /* page number, padding */
    flags = read_u16(&r);
    (void)vc_read_bytes(&r, 4); /* bounds of the free space: none here */
    magic = read_u32(&r);
    version = read_u32(&r);
    (void)vc_read_bytes(&r, 2 * sizeof(size_t)); /* address and size of the map */
    ret_meta->roots[0] = read_root(&r, &ret_meta->page_bytes);
    ret_meta->roots[1] = read_root(&r, &pad);
    ret_meta->last_page = read_word(&r);
    ret_meta->txn = read_word(&r);
    (void)vc_read_rest(&r); /* the page's unused end */
    return vc_reader_end(&r) == VC_OK && (flags & META_FLAG) != 0 &&
           magic == META_MAGIC && version == META_VERSION;
}

static bool is_sane(const struct meta *meta)
{
    if (meta->page_bytes < PAGE_BYTES_MIN || meta->page_bytes > PAGE_BYTES_MAX ||
        (meta->page_bytes & (meta->page_bytes - 1)) != 0 ||
        meta->last_page >= VC_STORE_FILE_BYTES_MAX / meta->page_bytes) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        if (meta->roots[i] != NO_PAGE && meta->roots[i] > meta->last_page) {
            return false;
        }
    }
    return true;
}

vc_err vc_image_decode(struct vc_bytes head, struct vc_image *ret_image)
{
    struct meta metas[2];
    const struct meta *newest;

    if (!read_meta(head, &metas[0]) || !is_sane(&metas[0]) ||
        head.len < 2 * (size_t)metas[0].page_bytes) {
        return VC_ERR_STORE_DAMAGED;
    }
    head.data += metas[0].page_bytes;
    head.len -= metas[0].page_bytes;
    if (!read_meta(head, &metas[1]) || !is_sane(&metas[1]) ||
        metas[1].page_bytes != metas[0].page_bytes) {
        return VC_ERR_STORE_DAMAGED;
    }
    newest = metas[1].txn > metas[0].txn ? &metas[1] : &metas[0];
    *ret_image = (struct vc_image){
        .page_bytes = newest->page_bytes,
        .last_page = newest->last_page,
        .commits = newest->txn,
    };
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

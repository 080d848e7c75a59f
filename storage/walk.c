#include "storage/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/image.h"
#include "storage/pages.h"
#include "storage/plain.h"
#include "storage/schema.h"
#include "storage/seal.h"
#include "storage/secret.h"
#include "storage/tables.h"

#define ROWS_A_REPORT 256

/* What reading a row needs. */
struct reading {
    struct vc_walk *walk;
    struct vc_room room; /* for a row that is opened */
    bool is_plain;       /* a file of version 1 */
};

/* The row of META that says the version, and its key. */
static vc_err look_at_version(struct vc_tables *tables, bool *ret_is_plain)
{
    static const uint8_t key[] = VC_SCHEMA_KEY;
    struct vc_bytes stored;
    struct vc_bytes row;
    uint32_t version;
    vc_err err = vc_tables_get(tables, VC_TABLE_META, VC_BYTES(key), &stored);

    if (err == VC_OK) {
        err = vc_plain_decode(VC_TABLE_META, VC_BYTES(key), stored, &row);
    }
    if (err == VC_OK) {
        err = vc_schema_decode(row, &version);
    }
    if (err != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_is_plain = version == VC_SCHEMA_PLAIN;
    return version > VC_SCHEMA_VERSION ? VC_ERR_STORE_NEWER : VC_OK;
}

static void note_row(struct vc_walk *walk, unsigned table)
{
    if (walk->rows++ % ROWS_A_REPORT == 0) {
        (void)snprintf(walk->words, sizeof walk->words, "in %s: near row %llu of all",
                       vc_tables_name(table), (unsigned long long)walk->rows);
        if (walk->on_progress != NULL) {
            walk->on_progress(walk->ctx, walk);
        }
    }
}

static vc_err open_row(void *ctx, enum vc_table table, struct vc_bytes key,
                       struct vc_bytes stored)
{
    struct reading *reading = ctx;
    struct vc_bytes value;
    struct vc_row row;

    note_row(reading->walk, table);
    return reading->is_plain ? vc_plain_decode(table, key, stored, &value)
                             : vc_row_open(&row, reading->room, reading->walk->ring,
                                           table, key, stored);
}

/* Maps the file and finds in it the commit that the reader holds. */
static vc_err map_file(struct vc_tables *tables, int fd,
                       struct vc_pages_walk *ret_pages)
{
    struct stat file;
    struct vc_bytes head;
    void *map;

    if (fstat(fd, &file) != 0 || file.st_size <= 0 ||
        (uint64_t)file.st_size > VC_STORE_FILE_BYTES_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    map = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return VC_ERR_NO_MEMORY;
    }
    ret_pages->file = (struct vc_bytes){map, (size_t)file.st_size};
    head = ret_pages->file;
    head.len = head.len < VC_IMAGE_HEAD_BYTES ? head.len : VC_IMAGE_HEAD_BYTES;
    return vc_image_decode_commit(head, vc_tables_commit(tables), &ret_pages->image);
}

/* Every page and every row, without LMDB. */
static vc_err walk_pages(struct vc_tables *tables, const char *path,
                         struct reading *reading)
{
    struct vc_walk *walk = reading->walk;
    struct vc_pages_walk pages = {
        .on_row = open_row, .ctx = reading, .table = VC_TABLE_COUNT};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    vc_err err;

    if (fd < 0) {
        return VC_ERR_STORE_IO;
    }
    err = map_file(tables, fd, &pages);
    if (err == VC_OK) {
        err = vc_pages_walk(&pages);
    }
    if (err == VC_ERR_STORE_DAMAGED && pages.file.data != NULL) {
        bool is_in_table = pages.table < VC_TABLE_COUNT;

        (void)snprintf(walk->words, sizeof walk->words, "in %s: %s",
                       is_in_table ? vc_tables_name(pages.table) : "the file",
                       pages.words != NULL ? pages.words : "a row's seal is wrong");
    }
    if (pages.file.data != NULL) {
        (void)munmap((void *)(uintptr_t)pages.file.data, pages.file.len);
    }
    (void)close(fd); /* only read */
    return err;
}

/* The same rows as LMDB finds them. */
static vc_err count_rows(struct vc_tables *tables, struct vc_walk *walk)
{
    uint64_t expected = walk->rows;

    walk->rows = 0;
    for (unsigned table = 0; table < VC_TABLE_COUNT; table++) {
        struct vc_rows *rows;
        struct vc_bytes key;
        struct vc_bytes sealed;
        vc_err err = vc_tables_rows(tables, table, &rows);

        if (err == VC_ERR_NOT_FOUND) {
            continue; /* an older file has fewer tables */
        }
        if (err == VC_OK) {
            err = rows->move(rows, VC_ROWS_FIRST, &key, &sealed);
        }
        while (err == VC_OK && walk->rows < expected) {
            note_row(walk, table);
            err = rows->move(rows, VC_ROWS_NEXT, &key, &sealed);
        }
        if (err != VC_ERR_NOT_FOUND) {
            return VC_ERR_STORE_DAMAGED;
        }
    }
    return walk->rows == expected ? VC_OK : VC_ERR_STORE_DAMAGED;
}

/* The reader holds a commit, so that a store in use can be walked as well. */
static vc_err walk_tables(struct vc_tables *tables, const char *path,
                          struct reading *reading)
{
    struct vc_walk *walk = reading->walk;
    vc_err err = look_at_version(tables, &reading->is_plain);

    if (err == VC_OK && !reading->is_plain && walk->ring == NULL) {
        err = walk->no_ring;
    }
    if (err == VC_OK) {
        err = walk_pages(tables, path, reading);
    }
    return err == VC_OK ? count_rows(tables, walk) : err;
}

vc_err vc_walk_file(const char *path, struct vc_walk *walk)
{
    struct vc_tables_config cfg = {.path = path, .is_read_only = true};
    struct reading reading = {.walk = walk, .room.len = VC_STORED_MAX};
    struct vc_tables *tables;
    vc_err err;

    VC_CHECK(walk->ring != NULL || walk->no_ring != VC_OK);
    reading.room.data = vc_secret_new(reading.room.len, false);
    if (reading.room.data == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = vc_tables_open(&cfg, &tables);
    if (err == VC_OK) {
        err = walk_tables(tables, path, &reading);
        vc_tables_close(tables);
    }
    vc_secret_free(reading.room.data, reading.room.len);
    return err;
}

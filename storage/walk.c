#include "storage/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "storage/schema.h"
#include "storage/seal.h"
#include "storage/tables.h"

#define ROWS_A_REPORT 256

/* The row of META that says the version, and its key. */
static vc_err look_at_version(struct vc_tables *tables)
{
    static const uint8_t key[] = VC_SCHEMA_KEY;
    struct vc_bytes sealed;
    struct vc_bytes row;
    uint32_t version;
    vc_err err = vc_tables_get(tables, VC_TABLE_META, VC_BYTES(key), &sealed);

    if (err == VC_OK) {
        err = vc_value_open(VC_TABLE_META, VC_BYTES(key), sealed, &row);
    }
    if (err == VC_OK) {
        err = vc_schema_decode(row, &version);
    }
    if (err != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    return version > VC_SCHEMA_VERSION ? VC_ERR_STORE_NEWER : VC_OK;
}

static void note_row(struct vc_walk *walk, unsigned table)
{
    if (walk->rows++ % ROWS_A_REPORT == 0) {
        (void)snprintf(walk->words, sizeof walk->words,
                       "in %s, near row %llu of the file", vc_tables_name(table),
                       (unsigned long long)walk->rows);
        if (walk->on_progress != NULL) {
            walk->on_progress(walk->ctx, walk);
        }
    }
}

/* Opens a row, and finds it by its key: a damaged branch leads there and not back. */
static vc_err look_at_row(struct vc_tables *tables, unsigned table, struct vc_bytes key,
                          struct vc_bytes sealed)
{
    struct vc_bytes value;
    struct vc_bytes found;
    vc_err err = vc_value_open((enum vc_table)table, key, sealed, &value);

    if (err == VC_OK) {
        err = vc_tables_get(tables, (enum vc_table)table, key, &found);
    }
    if (err == VC_OK && found.data != sealed.data) {
        err = VC_ERR_STORE_DAMAGED;
    }
    return err == VC_ERR_NOT_FOUND ? VC_ERR_STORE_DAMAGED : err;
}

static vc_err walk_table(struct vc_tables *tables, unsigned table, struct vc_walk *walk)
{
    struct vc_rows *rows;
    struct vc_bytes key;
    struct vc_bytes sealed;
    struct vc_bytes before = {0};
    uint64_t expected;
    uint64_t count = 0;
    vc_err err = vc_tables_rows(tables, table, &rows);

    if (err == VC_OK) {
        err = vc_tables_count(tables, table, &expected);
    }
    if (err != VC_OK) {
        return err == VC_ERR_NOT_FOUND ? VC_OK
                                       : err; /* an older file has fewer tables */
    }
    err = rows->move(rows, VC_ROWS_FIRST, &key, &sealed);
    while (err == VC_OK) {
        note_row(walk, table);
        if (count++ == expected || (count > 1 && vc_key_compare(before, key) >= 0)) {
            return VC_ERR_STORE_DAMAGED;
        }
        before = key;
        err = look_at_row(tables, table, key, sealed);
        if (err == VC_OK) {
            err = rows->move(rows, VC_ROWS_NEXT, &key, &sealed);
        }
    }
    if (err != VC_ERR_NOT_FOUND) {
        return err;
    }
    return count == expected ? VC_OK : VC_ERR_STORE_DAMAGED;
}

/* A record of free pages: their count, then their numbers, the largest first. */
static vc_err look_at_free(struct vc_bytes record, uint64_t last_page, uint8_t *seen)
{
    struct vc_reader r = vc_reader(record);
    size_t count;
    size_t before = SIZE_MAX;

    vc_read_copy(&r, &count, sizeof count);
    if (count > vc_reader_left(&r) / sizeof count) {
        return VC_ERR_STORE_DAMAGED;
    }
    for (size_t i = 0; i < count; i++) {
        size_t page;

        vc_read_copy(&r, &page, sizeof page);
        if (page < 2 || page > last_page || page >= before ||
            (seen[page / 8] & (1u << (page % 8))) != 0) {
            return VC_ERR_STORE_DAMAGED;
        }
        seen[page / 8] = (uint8_t)(seen[page / 8] | (1u << (page % 8)));
        before = page;
    }
    return VC_OK;
}

/* A page that is listed twice, or is none, would be written over while it is in use. */
static vc_err walk_free_pages(struct vc_tables *tables, struct vc_walk *walk)
{
    uint64_t last_page = vc_tables_last_page(tables);
    uint8_t *seen = calloc(1, (size_t)(last_page / 8 + 1));
    struct vc_rows *rows;
    struct vc_bytes key;
    struct vc_bytes record;
    vc_err err;

    if (seen == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = vc_tables_rows(tables, VC_TABLES_FREE_PAGES, &rows);
    if (err == VC_OK) {
        err = rows->move(rows, VC_ROWS_FIRST, &key, &record);
    }
    while (err == VC_OK) {
        note_row(walk, VC_TABLES_FREE_PAGES);
        walk->rows--; /* it is not a row of ours */
        err = look_at_free(record, last_page, seen);
        if (err == VC_OK) {
            err = rows->move(rows, VC_ROWS_NEXT, &key, &record);
        }
    }
    free(seen);
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

vc_err vc_walk_file(const char *path, struct vc_walk *walk)
{
    struct vc_tables_config cfg = {.path = path, .is_read_only = true};
    struct vc_tables *tables;
    vc_err err = vc_tables_open(&cfg, &tables);

    if (err != VC_OK) {
        return err;
    }
    err = look_at_version(tables);
    for (unsigned table = 0; table < VC_TABLE_COUNT && err == VC_OK; table++) {
        err = walk_table(tables, table, walk);
    }
    if (err == VC_OK) {
        err = walk_free_pages(tables, walk);
    }
    vc_tables_close(tables);
    return err;
}

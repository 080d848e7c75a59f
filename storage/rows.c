#include "storage/rows.h"

#include <string.h>

int vc_key_compare(struct vc_bytes a, struct vc_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool has_prefix(struct vc_bytes key, struct vc_bytes prefix)
{
    return key.len >= prefix.len &&
           (prefix.len == 0 || memcmp(key.data, prefix.data, prefix.len) == 0);
}

/* Goes to the last row before @key. */
static vc_err move_before(struct vc_rows *rows, struct vc_bytes *key,
                          struct vc_bytes *value)
{
    if (rows->move(rows, VC_ROWS_SEEK, key, value) == VC_ERR_NOT_FOUND) {
        return rows->move(rows, VC_ROWS_LAST, key, value);
    }
    return rows->move(rows, VC_ROWS_PREV, key, value);
}

/* Goes to the last row that has the prefix, or one before, when none has it. */
static vc_err move_to_end(struct vc_rows *rows, struct vc_bytes prefix,
                          struct vc_bytes *key, struct vc_bytes *value)
{
    uint8_t behind[VC_STORE_KEY_MAX];
    size_t len = prefix.len;

    /* The first key behind all that have the prefix is its last byte counted up. */
    while (len > 0 && prefix.data[len - 1] == 0xff) {
        len--;
    }
    if (len == 0) {
        return rows->move(rows, VC_ROWS_LAST, key, value);
    }
    memcpy(behind, prefix.data, len);
    behind[len - 1]++;
    *key = (struct vc_bytes){behind, len};
    return move_before(rows, key, value);
}

static vc_err begin_reverse(struct vc_rows *rows, const struct vc_scan *scan,
                            struct vc_bytes *key, struct vc_bytes *value)
{
    vc_err err = move_to_end(rows, scan->prefix, key, value);

    if (err != VC_OK || scan->from.len == 0 || vc_key_compare(*key, scan->from) <= 0) {
        return err;
    }
    /* There is a row behind @from, so this finds one. */
    *key = scan->from;
    err = rows->move(rows, VC_ROWS_SEEK, key, value);
    if (err == VC_OK && vc_key_compare(*key, scan->from) > 0) {
        err = rows->move(rows, VC_ROWS_PREV, key, value);
    }
    return err;
}

static vc_err begin_forward(struct vc_rows *rows, const struct vc_scan *scan,
                            struct vc_bytes *key, struct vc_bytes *value)
{
    *key = vc_key_compare(scan->from, scan->prefix) > 0 ? scan->from : scan->prefix;
    return rows->move(rows, key->len == 0 ? VC_ROWS_FIRST : VC_ROWS_SEEK, key, value);
}

vc_err vc_rows_scan(struct vc_rows *rows, const struct vc_scan *scan)
{
    enum vc_rows_move step = scan->is_reverse ? VC_ROWS_PREV : VC_ROWS_NEXT;
    struct vc_bytes key;
    struct vc_bytes value;
    vc_err err = scan->is_reverse ? begin_reverse(rows, scan, &key, &value)
                                  : begin_forward(rows, scan, &key, &value);

    while (err == VC_OK && has_prefix(key, scan->prefix) &&
           scan->on_row(scan->ctx, key, value)) {
        err = rows->move(rows, step, &key, &value);
    }
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

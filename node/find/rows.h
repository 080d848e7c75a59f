/*
 * The rows that find keeps, both in SETTING.  storage/SCHEMA.md, "Find rows", has their layout.
 */
#ifndef VC_NODE_FIND_ROWS_H
#define VC_NODE_FIND_ROWS_H

#include "crypto/base/cursor.h"
#include "node/find/limits.h"

#define VC_FIND_ROW_VERSION 2

struct vc_find_day {
    uint32_t epoch;
    uint64_t taken; /* numbers up to this may have been given to records of it; not 0 */
    uint64_t
        said; /* the mark of what the device's own record says that somebody holds; 0: none */
};

/* The days that were published for, the latest first. */
#define VC_FIND_DAYS_ROW_MAX (2 + VC_FIND_DAYS_MAX * 20)
struct vc_find_days {
    uint8_t count;
    struct vc_find_day days[VC_FIND_DAYS_MAX];
};

struct vc_bytes vc_find_days_key(void);
void vc_find_days_write(struct vc_writer *w, const struct vc_find_days *days);
/* Reads a row of version 1, too: nothing was said then. */
VC_NODISCARD vc_err vc_find_days_read(struct vc_bytes value,
                                      struct vc_find_days *ret_days);

/* The nodes that the DHT knew: a version, then what vc_dht_save() gave. */
struct vc_bytes vc_find_nodes_key(void);

#endif

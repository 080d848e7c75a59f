/* What tests need beyond lmdb.h: another schema, quicker probes.  Inside this folder only. */
#ifndef VC_STORAGE_DISK_H
#define VC_STORAGE_DISK_H

#include "storage/lmdb.h"
#include "storage/schema.h"

struct vc_disk_config {
    const struct vc_schema *schema;
    vc_ms probe_after_ms;
    vc_ms forget_after_ms; /* between two epochs; VC_NEVER: there are no others */
};

extern const struct vc_disk_config vc_disk_config_now;

/* As vc_lmdb_open(). */
VC_NODISCARD vc_err vc_disk_open(const struct vc_lmdb_config *cfg,
                                 const struct vc_disk_config *disk_cfg,
                                 struct vc_store **ret_store, long *ret_holder);

#endif

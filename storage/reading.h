/*
 * Reading committed rows by the callers' keys, over a backend that knows places and sealed
 * rows only.  Inside this folder only.
 */
#ifndef VC_STORAGE_READING_H
#define VC_STORAGE_READING_H

#include "storage/backend.h"
#include "storage/opened.h"

/* The value is in @opened.  VC_ERR_NOT_FOUND, _STORE_DAMAGED, _NO_MEMORY. */
VC_NODISCARD vc_err vc_reading_get(struct vc_backend *backend,
                                   struct vc_opened_values *opened, enum vc_table table,
                                   struct vc_bytes key, struct vc_bytes *ret_value);

/* As vc_store_scan(). */
VC_NODISCARD vc_err vc_reading_scan(struct vc_backend *backend,
                                    struct vc_opened_values *opened,
                                    const struct vc_scan *scan);

#endif

/*
 * The one pair of functions that every stored value passes on its way to the disk and back.
 *
 * A sealed value is the value and, behind it, a check over the table, the key and the
 * value: a flipped byte, a row under another key or a row of another table is
 * VC_ERR_STORE_DAMAGED and never a wrong text.  It is no secret and keeps nobody out who can
 * write the file; encryption takes its place, with the same arguments as associated data.
 * Inside this folder only.
 */
#ifndef VC_STORAGE_SEAL_H
#define VC_STORAGE_SEAL_H

#include "storage/store.h"

/* Bytes that a sealed value is longer than the value: as much as an AEAD's tag. */
#define VC_SEAL_OVERHEAD 16

/* @ret_sealed has room for value.len + VC_SEAL_OVERHEAD. */
void vc_value_seal(uint8_t *ret_sealed, enum vc_table table, struct vc_bytes key,
                   struct vc_bytes value);

/* @ret_value is borrowed from @sealed.  VC_ERR_STORE_DAMAGED. */
VC_NODISCARD vc_err vc_value_open(enum vc_table table, struct vc_bytes key,
                                  struct vc_bytes sealed, struct vc_bytes *ret_value);

#endif

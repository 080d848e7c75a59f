/*
 * The form without a key: a value and, behind it, a check over the table, the key and the
 * value.  The row that says the version has it in every version, so that an older program
 * can read it and one without the key as well; in version 1 every row had it; SCHEMA.md,
 * "The form of version 1".  Inside this folder only.
 */
#ifndef VC_STORAGE_PLAIN_H
#define VC_STORAGE_PLAIN_H

#include "storage/store.h"

/* Bytes that a value is longer in this form. */
#define VC_PLAIN_CHECK_BYTES 16

/* @ret_stored has room for value.len + VC_PLAIN_CHECK_BYTES. */
void vc_plain_encode(uint8_t *ret_stored, enum vc_table table, struct vc_bytes key,
                     struct vc_bytes value);

/* @ret_value is borrowed from @stored.  VC_ERR_STORE_DAMAGED. */
VC_NODISCARD vc_err vc_plain_decode(enum vc_table table, struct vc_bytes key,
                                    struct vc_bytes stored, struct vc_bytes *ret_value);

#endif

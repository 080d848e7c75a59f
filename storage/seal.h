/*
 * The one pair of functions that every row passes on its way to the disk and back.
 *
 * A row is sealed with SIV over its place: a flipped byte, a row at another place or of
 * another table, or one that another key has sealed, is VC_ERR_STORE_DAMAGED and never a
 * wrong text.  Rows of the tables that forget are sealed in an epoch, whose key is gone from
 * the disk an hour later; SCHEMA.md, "A row on disk".  Inside this folder only.
 */
#ifndef VC_STORAGE_SEAL_H
#define VC_STORAGE_SEAL_H

#include "storage/keyring.h"
#include "storage/rowkey.h"
#include "storage/store.h"

/* The form of a sealed row; part of what the seal holds. */
#define VC_SEAL_FORM 2

/* Bytes of a row's seal, and of its epoch where it has one. */
#define VC_SEAL_OVERHEAD 24
#define VC_EPOCH_BYTES   4

/* What a stored row may be longer than its value: seal, epoch, front of the key. */
#define VC_STORED_OVERHEAD_MAX (VC_SEAL_OVERHEAD + VC_EPOCH_BYTES + 1 + VC_FRONT_BYTES)

/* The longest row on disk. */
#define VC_STORED_MAX (VC_STORE_VALUE_MAX + VC_STORED_OVERHEAD_MAX)

/* Is this one of the tables whose rows are to be forgotten when they are deleted? */
bool vc_table_forgets(enum vc_table table);

/* Bytes of a row on disk. */
size_t vc_row_stored_len(enum vc_table table, const struct vc_row_key *place,
                         size_t value_len);

/* @ret_stored has room for so many bytes. */
void vc_row_seal(uint8_t *ret_stored, struct vc_keyring *ring, enum vc_table table,
                 const struct vc_row_key *place, struct vc_bytes value);

/* A row as callers know it. */
struct vc_row {
    struct vc_bytes key;   /* in key_room, or borrowed from the stored key */
    struct vc_bytes value; /* in the room that was given */
    uint8_t key_room[VC_STORE_KEY_MAX];
};

/*
 * Opens what stands on disk at @stored_key.  @room has stored.len bytes; the value is
 * somewhere in it, and secret.  @ret_row may not be moved.  VC_ERR_STORE_DAMAGED.
 */
VC_NODISCARD vc_err vc_row_open(struct vc_row *ret_row, struct vc_room room,
                                struct vc_keyring *ring, enum vc_table table,
                                struct vc_bytes stored_key, struct vc_bytes stored);

/* The epoch of a stored row of a table that forgets; 0 when it has none. */
uint32_t vc_row_epoch(struct vc_bytes stored);

#endif

/*
 * The place of a row in its table: what stands on disk for the key that callers use.
 *
 * Keys of many tables begin with the number of a contact.  There its first 4 bytes are
 * replaced by 8 that only the data key makes, and they travel in front of the value, inside
 * the seal; SCHEMA.md, "A row's place".  Rows of one contact stay together and in order.
 * Inside this folder only.
 */
#ifndef VC_STORAGE_ROWKEY_H
#define VC_STORAGE_ROWKEY_H

#include "storage/keyring.h"
#include "storage/store.h"

#define VC_FRONT_BYTES 4 /* of a key, that are hidden */
#define VC_PLACE_BYTES 8 /* that stand for them */

/* What a place may be longer than its key. */
#define VC_ROW_KEY_MAX (VC_STORE_KEY_MAX + VC_PLACE_BYTES)

/* A row as it stands on disk: its key there, and what is sealed in front of its value. */
struct vc_row_key {
    uint8_t bytes[VC_ROW_KEY_MAX];
    uint8_t len;
    uint8_t front[1 + VC_FRONT_BYTES]; /* how many bytes of the key, and these */
    uint8_t front_len;                 /* 0 where nothing is hidden */
    uint8_t table;
};

/* Are the first bytes of this table's keys hidden? */
bool vc_row_key_is_hidden(enum vc_table table);

/*
 * @place begins with zeros.  Made again of a key of the same table that begins alike, it is
 * cheaper: rows of one contact come one after another.  Its keys are those of one ring.
 */
void vc_row_key_make(struct vc_row_key *place, const struct vc_keyring *ring,
                     enum vc_table table, struct vc_bytes key);

/* What vc_row_key_make() has put in @place, as bytes. */
struct vc_bytes vc_row_key_bytes(const struct vc_row_key *place);

/*
 * The way back: from the key on disk and what was sealed to the caller's key (in @ret_room,
 * VC_STORE_KEY_MAX long, or borrowed from @stored) and the value.  That both belong together
 * is what the seal says.  VC_ERR_STORE_DAMAGED: nobody has sealed this.
 */
VC_NODISCARD vc_err vc_row_key_restore(enum vc_table table, struct vc_bytes stored,
                                       struct vc_bytes plain, uint8_t *ret_room,
                                       struct vc_bytes *ret_key,
                                       struct vc_bytes *ret_value);

#endif

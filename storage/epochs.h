/*
 * The file with the keys of the present epoch and, during a turn, of the one before;
 * SCHEMA.md, "Epochs".  Rows that are to be forgotten are sealed with these, and the file is
 * the only place where they are.  Inside this folder only.
 */
#ifndef VC_STORAGE_EPOCHS_H
#define VC_STORAGE_EPOCHS_H

#include "storage/keyring.h"
#include "storage/slots.h"

#define VC_EPOCH_FILE "epoch"

/* Bytes of an epoch's seed as a slot has it. */
#define VC_EPOCH_BODY_BYTES (VC_SIV_TAG_LEN + 32)

/* A slot as it stands on disk, still sealed. */
struct vc_epoch_slot {
    uint32_t number; /* from 1; it stands in slot number mod 2 */
    uint8_t body[VC_EPOCH_BODY_BYTES];
};

void vc_epoch_slot_encode(const struct vc_epoch_slot *slot,
                          uint8_t ret_bytes[VC_SLOT_BYTES]);
/* VC_ERR_MALFORMED: an erased slot looks like that as well. */
VC_NODISCARD vc_err vc_epoch_slot_decode(struct vc_bytes bytes,
                                         struct vc_epoch_slot *ret_slot);

/* Makes the file with epoch 1, over an old one, and puts its key on the ring. */
VC_NODISCARD vc_err vc_epochs_make(int dir_fd, struct vc_keyring *ring);

/*
 * Reads the file and puts its keys on the ring.  VC_ERR_STORE_KEY: it is missing, or no slot
 * was made with this data key; or why it cannot be read.
 */
VC_NODISCARD vc_err vc_epochs_load(int dir_fd, struct vc_keyring *ring);

/* Begins the next epoch: its key is durable, and on the ring, when this comes back with
 * VC_OK.  The ring has no older one. */
VC_NODISCARD vc_err vc_epochs_begin(int dir_fd, struct vc_keyring *ring);

/* Overwrites the older epoch's key.  No durable row may need it any more. */
VC_NODISCARD vc_err vc_epochs_erase(int dir_fd, struct vc_keyring *ring);

#endif

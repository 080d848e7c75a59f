/*
 * The file with the data key, from which every other key of the store is made; SCHEMA.md,
 * "Keys".  Without a passphrase the key stands there as it is, so that a node comes back by
 * itself; with one it is sealed by what Argon2id makes of it.  Inside this folder only.
 */
#ifndef VC_STORAGE_KEYFILE_H
#define VC_STORAGE_KEYFILE_H

#include "crypto/prim.h"
#include "crypto/siv.h"
#include "storage/slots.h"

#define VC_KEY_FILE "key"

/* Bytes of a slot before the data key, of the key as a slot has it, and of the check. */
#define VC_KEY_HEAD_BYTES  42
#define VC_KEY_BODY_BYTES  (VC_SIV_TAG_LEN + 32)
#define VC_KEY_CHECK_BYTES 16

enum vc_key_form {
    VC_KEY_PLAIN = 1,
    VC_KEY_PASSPHRASE = 2,
};

/* Secret while the form is plain. */
struct vc_key_slot {
    uint64_t number; /* the higher one counts; from 1 */
    enum vc_key_form form;
    struct vc_argon2_cost cost; /* zeros when plain */
    uint8_t salt[VC_ARGON2_SALT_LEN];
    uint8_t body[VC_KEY_BODY_BYTES]; /* plain: the key, and zeros behind it */
};

void vc_key_slot_encode(const struct vc_key_slot *slot,
                        uint8_t ret_bytes[VC_SLOT_BYTES]);
/* VC_ERR_MALFORMED: torn, damaged, or never written. */
VC_NODISCARD vc_err vc_key_slot_decode(struct vc_bytes bytes,
                                       struct vc_key_slot *ret_slot);

/* Draws a data key and makes the file, without a passphrase.  As vc_slots_make(). */
VC_NODISCARD vc_err vc_key_file_make(int dir_fd, struct vc_secret32 *ret_key);

/*
 * Reads the data key.  @passphrase is empty when there is none.  Takes a third of a second
 * and 256 MiB when there is one.
 * VC_ERR_NOT_FOUND; VC_ERR_STORE_KEY: no slot can be read; VC_ERR_LOCKED: it wants a
 * passphrase; VC_ERR_WRONG_PASSPHRASE; VC_ERR_NO_MEMORY, or why it could not be read.
 */
VC_NODISCARD vc_err vc_key_file_open(int dir_fd, struct vc_bytes passphrase,
                                     struct vc_secret32 *ret_key);

/* Finishes a change that a power loss has cut off: both slots say the same afterwards. */
VC_NODISCARD vc_err vc_key_file_settle(int dir_fd);

/*
 * Wraps the data key anew: the key stays, the old form is overwritten.  Empty @old: it has
 * no passphrase; empty @fresh: it gets none.  Errors as vc_key_file_open(), and those of
 * writing; VC_ERR_EXISTS: @old is empty, but it has one already.
 */
VC_NODISCARD vc_err vc_key_file_change(int dir_fd, struct vc_bytes old,
                                       struct vc_bytes fresh);

/* Does the newest slot want a passphrase?  Errors as vc_key_file_open(). */
VC_NODISCARD vc_err vc_key_file_form(int dir_fd, enum vc_key_form *ret_form);

#endif

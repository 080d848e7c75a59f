/*
 * The keys that rows are sealed with, all made from the data key; SCHEMA.md, "Keys".
 *
 * The loop opens rows while the writer's thread seals them and turns the epoch, so what
 * changes stands behind a mutex.  Inside this folder only.
 */
#ifndef VC_STORAGE_KEYRING_H
#define VC_STORAGE_KEYRING_H

#include <pthread.h>

#include "crypto/siv.h"

/* An epoch's number, never 0, and what its rows are sealed with.  Secret. */
struct vc_epoch_key {
    uint32_t number; /* 0: there is none */
    struct vc_siv_key key;
};

/* Secret.  Belongs into memory of vc_secret_new(). */
struct vc_keyring {
    struct vc_siv_key values;  /* of rows that last */
    struct vc_secret32 places; /* hides what rows are about */
    struct vc_siv_key slots;   /* of the file with the epochs */
    pthread_mutex_t mutex;     /* over what follows */
    struct vc_epoch_key newest;
    struct vc_epoch_key older; /* while there are rows, or readers of rows, of it */
    bool is_older_erased;      /* on the disk; only readers may still want it */
};

/* Makes all keys but those of epochs.  VC_ERR_NO_MEMORY. */
VC_NODISCARD vc_err vc_keyring_init(struct vc_keyring *ring,
                                    const struct vc_secret32 *data_key);
/* Wipes. */
void vc_keyring_deinit(struct vc_keyring *ring);

/* An epoch's key from the 32 bytes that stand in its slot. */
void vc_epoch_key_make(struct vc_epoch_key *ret_key, uint32_t number,
                       const struct vc_secret32 *seed);

/* The epoch that rows are sealed in from here on; the one before becomes the older. */
void vc_keyring_turn(struct vc_keyring *ring, const struct vc_epoch_key *newest);
/* Sets both, when the file is read. */
void vc_keyring_set(struct vc_keyring *ring, const struct vc_epoch_key *newest,
                    const struct vc_epoch_key *older);

/* Gives a copy, to be wiped. */
void vc_keyring_newest(struct vc_keyring *ring, struct vc_epoch_key *ret_key);
/* The same for an epoch that a row names; false when its key is gone. */
VC_NODISCARD bool vc_keyring_find(struct vc_keyring *ring, uint32_t number,
                                  struct vc_epoch_key *ret_key);

bool vc_keyring_has_older(struct vc_keyring *ring);
/* The older epoch's slot is overwritten, and no commit has rows of it. */
void vc_keyring_erased(struct vc_keyring *ring);
/* Forgets the older epoch if it is erased; the caller sees to it that nobody reads an old
 * commit any more.  Gives whether there was one. */
bool vc_keyring_forget(struct vc_keyring *ring);
/* Would vc_keyring_forget() have something to do? */
bool vc_keyring_may_forget(struct vc_keyring *ring);

#endif

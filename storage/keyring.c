/* SCHEMA.md, "Keys". */
#include "storage/keyring.h"

static void derive(struct vc_secret32 *ret_key, const char *label,
                   const struct vc_secret32 *data_key)
{
    vc_hash_parts(ret_key->b, sizeof ret_key->b, label, data_key, NULL, 0);
}

static void derive_siv(struct vc_siv_key *ret_key, const char *label,
                       const struct vc_secret32 *data_key)
{
    struct vc_secret32 key;

    derive(&key, label, data_key);
    vc_siv_key_make(ret_key, &key);
    vc_wipe(&key, sizeof key);
}

vc_err vc_keyring_init(struct vc_keyring *ring, const struct vc_secret32 *data_key)
{
    *ring = (struct vc_keyring){.is_older_erased = false};
    if (pthread_mutex_init(&ring->mutex, NULL) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    derive_siv(&ring->values, "store values", data_key);
    derive(&ring->places, "store keys", data_key);
    derive_siv(&ring->slots, "store epochs", data_key);
    return VC_OK;
}

void vc_keyring_deinit(struct vc_keyring *ring)
{
    (void)pthread_mutex_destroy(&ring->mutex);
    vc_wipe(ring, sizeof *ring);
}

void vc_epoch_key_make(struct vc_epoch_key *ret_key, uint32_t number,
                       const struct vc_secret32 *seed)
{
    ret_key->number = number;
    vc_siv_key_make(&ret_key->key, seed);
}

void vc_keyring_turn(struct vc_keyring *ring, const struct vc_epoch_key *newest)
{
    (void)pthread_mutex_lock(&ring->mutex);
    VC_CHECK(ring->older.number == 0 && newest->number == ring->newest.number + 1);
    ring->older = ring->newest;
    ring->newest = *newest;
    ring->is_older_erased = false;
    (void)pthread_mutex_unlock(&ring->mutex);
}

void vc_keyring_set(struct vc_keyring *ring, const struct vc_epoch_key *newest,
                    const struct vc_epoch_key *older)
{
    (void)pthread_mutex_lock(&ring->mutex);
    ring->newest = *newest;
    ring->older = *older;
    ring->is_older_erased = false;
    (void)pthread_mutex_unlock(&ring->mutex);
}

void vc_keyring_newest(struct vc_keyring *ring, struct vc_epoch_key *ret_key)
{
    (void)pthread_mutex_lock(&ring->mutex);
    *ret_key = ring->newest;
    (void)pthread_mutex_unlock(&ring->mutex);
}

bool vc_keyring_find(struct vc_keyring *ring, uint32_t number,
                     struct vc_epoch_key *ret_key)
{
    bool is_found = false;

    (void)pthread_mutex_lock(&ring->mutex);
    if (number != 0 && number == ring->newest.number) {
        *ret_key = ring->newest;
        is_found = true;
    } else if (number != 0 && number == ring->older.number) {
        *ret_key = ring->older;
        is_found = true;
    }
    (void)pthread_mutex_unlock(&ring->mutex);
    return is_found;
}

bool vc_keyring_has_older(struct vc_keyring *ring)
{
    bool has_older;

    (void)pthread_mutex_lock(&ring->mutex);
    has_older = ring->older.number != 0;
    (void)pthread_mutex_unlock(&ring->mutex);
    return has_older;
}

void vc_keyring_erased(struct vc_keyring *ring)
{
    (void)pthread_mutex_lock(&ring->mutex);
    ring->is_older_erased = ring->older.number != 0;
    (void)pthread_mutex_unlock(&ring->mutex);
}

bool vc_keyring_may_forget(struct vc_keyring *ring)
{
    bool may_forget;

    (void)pthread_mutex_lock(&ring->mutex);
    may_forget = ring->is_older_erased;
    (void)pthread_mutex_unlock(&ring->mutex);
    return may_forget;
}

bool vc_keyring_forget(struct vc_keyring *ring)
{
    bool was_there;

    (void)pthread_mutex_lock(&ring->mutex);
    was_there = ring->is_older_erased;
    if (was_there) {
        vc_wipe(&ring->older, sizeof ring->older);
        ring->is_older_erased = false;
    }
    (void)pthread_mutex_unlock(&ring->mutex);
    return was_there;
}

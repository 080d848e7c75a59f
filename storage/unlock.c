/* SCHEMA.md, "Keys". */
#include "storage/unlock.h"

#include "storage/keyfile.h"
#include "storage/secret.h"

static vc_err make_ring(const struct vc_secret32 *data_key,
                        struct vc_keyring **ret_ring)
{
    struct vc_keyring *ring = vc_secret_new(sizeof *ring, true);
    vc_err err = ring == NULL ? VC_ERR_NO_MEMORY : vc_keyring_init(ring, data_key);

    if (err != VC_OK) {
        vc_secret_free(ring, sizeof *ring);
        return err;
    }
    *ret_ring = ring;
    return VC_OK;
}

static vc_err unlock(int dir_fd, struct vc_bytes passphrase, bool may_make,
                     struct vc_keyring **ret_ring)
{
    struct vc_secret32 data_key;
    vc_err err = vc_key_file_open(dir_fd, passphrase, &data_key);

    if (err == VC_ERR_NOT_FOUND && may_make) {
        err = vc_key_file_make(dir_fd, &data_key);
    }
    if (err == VC_OK) {
        err = make_ring(&data_key, ret_ring);
    }
    vc_wipe(&data_key, sizeof data_key);
    return err;
}

vc_err vc_unlock(int dir_fd, struct vc_bytes passphrase, struct vc_keyring **ret_ring)
{
    return unlock(dir_fd, passphrase, false, ret_ring);
}

vc_err vc_unlock_or_make(int dir_fd, struct vc_bytes passphrase,
                         struct vc_keyring **ret_ring)
{
    return unlock(dir_fd, passphrase, true, ret_ring);
}

void vc_unlock_end(struct vc_keyring *ring)
{
    if (ring != NULL) {
        vc_keyring_deinit(ring);
        vc_secret_free(ring, sizeof *ring);
    }
}

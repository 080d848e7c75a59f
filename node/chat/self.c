#include "node/chat/self.h"

static const uint8_t key_bytes[] = {'s', 'e', 'l', 'f'};

/* Puts the root back that stands in its own row, if there is one. */
static vc_err get_root(struct vc_store *store, struct vc_account *account)
{
    struct vc_secret32 entropy;
    struct vc_bytes value;
    struct vc_reader r;
    vc_err err = vc_store_get(store, VC_TABLE_ROOT, VC_BYTES(key_bytes), &value);

    if (err != VC_OK) {
        return err == VC_ERR_NOT_FOUND ? VC_OK : err;
    }
    r = vc_reader(value);
    vc_read_copy(&r, entropy.b, sizeof entropy.b);
    if (vc_reader_end(&r) != VC_OK ||
        vc_account_take_root(account, &entropy) != VC_OK) {
        err = VC_ERR_STORE_DAMAGED;
    }
    vc_wipe(&entropy, sizeof entropy);
    return err;
}

vc_err vc_self_get(struct vc_store *store, struct vc_account *ret_account,
                   struct vc_device *ret_device, bool *ret_is_old)
{
    struct vc_account account;
    struct vc_device device;
    struct vc_bytes value;
    vc_err err = vc_store_get(store, VC_TABLE_IDENTITY, VC_BYTES(key_bytes), &value);

    if (err != VC_OK) {
        return err;
    }
    if (vc_identity_read(value, &account, &device) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_is_old = vc_account_has_root(&account);
    err = get_root(store, &account);
    if (err == VC_OK) {
        *ret_account = account;
        *ret_device = device;
    }
    vc_account_wipe(&account);
    vc_device_wipe(&device);
    return err;
}

void vc_self_put(struct vc_store *store, const struct vc_account *account,
                 const struct vc_device *device)
{
    struct vc_account rest = *account;
    uint8_t room[VC_IDENTITY_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_account_drop_root(&rest);
    VC_CHECK(vc_identity_write(&w, &rest, device) == VC_OK);
    vc_store_put(store, VC_TABLE_IDENTITY, VC_BYTES(key_bytes), vc_writer_bytes(&w));
    if (vc_account_has_root(account)) {
        vc_store_put(store, VC_TABLE_ROOT, VC_BYTES(key_bytes),
                     VC_BYTES(account->entropy.b));
    } else {
        vc_store_del(store, VC_TABLE_ROOT, VC_BYTES(key_bytes));
    }
    vc_account_wipe(&rest);
    vc_wipe(room, sizeof room);
}

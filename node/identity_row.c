#include "node/identity_row.h"

#include "node/chat/self.h"

static vc_err write(struct vc_store *store, const struct vc_account *account,
                    const struct vc_device *device)
{
    vc_err err = vc_store_reserve(store, 1, VC_SELF_BYTES);

    if (err == VC_OK) {
        vc_self_put(store, account, device);
    }
    return err;
}

/* The date as a field that holds it, or its beginning. */
static uint32_t date_of(const struct vc_now *now)
{
    uint64_t unix_s = now->unix_ms / 1000;

    return unix_s < UINT32_MAX ? (uint32_t)unix_s : 0;
}

static void make(const struct vc_now *now, struct vc_rng *rng,
                 struct vc_account *ret_account, struct vc_device *ret_device)
{
    struct vc_secret32 entropy, contacts, sig_seed, dh_seed;
    static const uint16_t first[] = {0};

    vc_rng_fork(rng, &entropy);
    vc_rng_fork(rng, &contacts);
    vc_rng_fork(rng, &sig_seed);
    vc_rng_fork(rng, &dh_seed);
    vc_account_init(ret_account, &entropy, &contacts);
    vc_device_init(ret_device, ret_account, first[0], date_of(now), &sig_seed,
                   &dh_seed);
    vc_account_sign_live(ret_account, first, 1, date_of(now));
    vc_wipe(&entropy, sizeof entropy);
    vc_wipe(&contacts, sizeof contacts);
    vc_wipe(&sig_seed, sizeof sig_seed);
    vc_wipe(&dh_seed, sizeof dh_seed);
}

/* While the root is here, the live statement never gets old.  What cannot be written now
 * is not said; it comes at the next start. */
static void keep_live(struct vc_store *store, const struct vc_now *now,
                      struct vc_account *account, const struct vc_device *device)
{
    struct vc_live before = account->live;
    uint32_t date = date_of(now);

    if (!vc_account_has_root(account) || (before.count > 0 && before.until >= date &&
                                          before.until - date >= VC_LIVE_RENEW_S)) {
        return;
    }
    if (before.count == 0) {
        vc_account_sign_live(account, &device->certificate.index, 1, date);
    } else {
        vc_account_sign_live(account, before.indices, before.count, date);
    }
    if (write(store, account, device) != VC_OK) {
        account->live = before;
    }
}

vc_err vc_identity_load(struct vc_store *store, const struct vc_now *now,
                        struct vc_rng *rng, struct vc_account *ret_account,
                        struct vc_device *ret_device)
{
    struct vc_account account;
    struct vc_device device;
    struct vc_bytes value;
    vc_err err = vc_self_get(store, &value);

    if (err == VC_OK) {
        err = vc_identity_read(value, &account, &device) == VC_OK
                  ? VC_OK
                  : VC_ERR_STORE_DAMAGED;
        if (err == VC_OK) {
            keep_live(store, now, &account, &device);
        }
    } else if (err == VC_ERR_NOT_FOUND) {
        make(now, rng, &account, &device);
        err = write(store, &account, &device);
    } else {
        return err;
    }
    if (err == VC_OK) {
        *ret_account = account;
        *ret_device = device;
    }
    vc_account_wipe(&account);
    vc_device_wipe(&device);
    return err;
}

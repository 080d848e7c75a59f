#include "node/identity_row.h"

#include "node/chat/self.h"

static vc_err write(struct vc_store *store, const struct vc_account *account,
                    const struct vc_device *device)
{
    vc_err err = vc_store_reserve(store, VC_SELF_OPS, VC_SELF_BYTES);

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

static bool is_live_old(const struct vc_live *live, uint32_t date)
{
    return live->count == 0 || live->until < date ||
           live->until - date < VC_LIVE_RENEW_S;
}

/* While the root is here, the live statement never gets old, and the root gets a row of its
 * own.  What cannot be written now is not said; it comes at the next start. */
static void bring_up_to_date(struct vc_store *store, const struct vc_now *now,
                             struct vc_account *account, const struct vc_device *device,
                             bool is_old)
{
    struct vc_live before = account->live;
    uint32_t date = date_of(now);

    if (!vc_account_has_root(account) || (!is_old && !is_live_old(&before, date))) {
        return;
    }
    if (before.count == 0) {
        vc_account_sign_live(account, &device->certificate.index, 1, date);
    } else if (is_live_old(&before, date)) {
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
    bool is_old;
    vc_err err = vc_self_get(store, &account, &device, &is_old);

    if (err == VC_OK) {
        bring_up_to_date(store, now, &account, &device, is_old);
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

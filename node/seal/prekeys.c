/* Our own prekeys: made, turned, deleted; and when others' may be used. */
#include <string.h>

#include "node/seal/machine.h"

static uint32_t seconds_of(const struct vc_now *now)
{
    uint64_t seconds = now->unix_ms / 1000;

    return seconds < UINT32_MAX - VC_PREKEY_USE_S ? (uint32_t)seconds : 0;
}

const struct vc_seal_own *vc_seal_own_find(const struct vc_seal *seal, uint32_t id)
{
    for (size_t i = 0; i < seal->own_count; i++) {
        if (seal->own[i].prekey.id == id && !seal->own[i].is_over) {
            return &seal->own[i];
        }
    }
    return NULL;
}

bool vc_seal_own_prekey(const struct vc_seal *seal, struct vc_prekey *ret_prekey)
{
    if (seal->own_count == 0) {
        return false;
    }
    *ret_prekey = seal->own[seal->own_count - 1].prekey;
    return true;
}

/* Clocks jump: what counts is in which order they were made. */
static void insert(struct vc_seal *seal, const struct vc_seal_own *own)
{
    size_t at = seal->own_count;

    VC_CHECK(at < VC_SEAL_PREKEYS_MAX);
    while (at > 0 && seal->own[at - 1].order > own->order) {
        seal->own[at] = seal->own[at - 1];
        at--;
    }
    seal->own[at] = *own;
    seal->own_count++;
}

struct loading {
    struct vc_seal *seal;
    vc_err err;
};

static bool on_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_seal_prekey_row row;
    uint32_t id;

    if (vc_seal_key_prekey_read(key, &id) != VC_OK ||
        vc_seal_prekey_row_read(value, &row) != VC_OK) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    if (!row.is_one_time) {
        struct vc_seal_own own = {
            .prekey = row.prekey, .secret = row.secret, .order = row.order};

        if (own.prekey.id == id && loading->seal->own_count < VC_SEAL_PREKEYS_MAX) {
            insert(loading->seal, &own);
        } else {
            loading->err = VC_ERR_STORE_DAMAGED;
        }
        vc_wipe(&own, sizeof own);
    }
    vc_wipe(&row, sizeof row);
    return loading->err == VC_OK;
}

vc_err vc_seal_prekeys_load(struct vc_seal *seal)
{
    struct loading loading = {.seal = seal, .err = VC_OK};
    struct vc_scan scan = {.table = VC_TABLE_PREKEY, .on_row = on_row, .ctx = &loading};
    vc_err err = vc_store_scan(seal->store, &scan);

    return err != VC_OK ? err : loading.err;
}

/* Random, so that it tells no order; not 0, and none that is there. */
static uint32_t fresh_id(struct vc_seal *seal)
{
    uint32_t id = 0;
    vc_err err;

    do {
        struct vc_seal_key key;
        struct vc_bytes value;

        vc_rng_draw(&seal->rng, &id, sizeof id);
        key = vc_seal_key_prekey(id);
        /* A row that cannot be read is nobody's any more, and is written anew. */
        err =
            vc_store_get(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key), &value);
    } while (id == 0 || err == VC_OK);
    return id;
}

static void put_row(struct vc_seal *seal, uint32_t id,
                    const struct vc_seal_prekey_row *row)
{
    struct vc_seal_key key = vc_seal_key_prekey(id);
    uint8_t room[VC_SEAL_PREKEY_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_seal_prekey_row_write(&w, row);
    vc_seal_put(seal, VC_TABLE_PREKEY, &key, &w);
    vc_wipe(room, sizeof room);
}

void vc_seal_one_times(struct vc_seal *seal, const struct vc_now *now,
                       struct vc_one_time *ret_keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct vc_seal_prekey_row row = {.is_one_time = true, .day = vc_seal_day(now)};
        struct vc_one_time made;
        size_t at = i;

        vc_rng_fork(&seal->rng, &row.secret);
        made.id = fresh_id(seal);
        vc_dh_public(&made.key, &row.secret);
        put_row(seal, made.id, &row);
        vc_wipe(&row, sizeof row);
        while (at > 0 && ret_keys[at - 1].id > made.id) {
            ret_keys[at] = ret_keys[at - 1];
            at--;
        }
        ret_keys[at] = made;
    }
}

vc_err vc_seal_one_time_get(struct vc_seal *seal, uint32_t id,
                            struct vc_secret32 *ret_secret)
{
    struct vc_seal_key key = vc_seal_key_prekey(id);
    struct vc_seal_prekey_row row;
    struct vc_bytes value;
    vc_err err =
        vc_store_get(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key), &value);

    if (err != VC_OK) {
        return err;
    }
    if (vc_seal_prekey_row_read(value, &row) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    if (row.is_one_time) {
        *ret_secret = row.secret;
    } else {
        err = VC_ERR_NOT_FOUND;
    }
    vc_wipe(&row, sizeof row);
    return err;
}

static void make_prekey(struct vc_seal *seal, const struct vc_now *now)
{
    struct vc_seal_prekey_row row = {.is_one_time = false};
    struct vc_seal_own own = {.prekey = {.suite = VC_SUITE_CLASSIC}, .order = 1};

    if (seal->own_count > 0) {
        own.order = seal->own[seal->own_count - 1].order + 1;
    }

    own.prekey.index = seal->cfg.device->certificate.index;
    own.prekey.id = fresh_id(seal);
    own.prekey.from = seconds_of(now);
    own.prekey.until = own.prekey.from + VC_PREKEY_USE_S;
    vc_rng_fork(&seal->rng, &own.secret);
    vc_dh_public(&own.prekey.key, &own.secret);
    vc_prekey_sign(&own.prekey, &seal->cfg.account->root,
                   &seal->cfg.device->sig_secret);
    row.secret = own.secret;
    row.prekey = own.prekey;
    row.order = own.order;
    put_row(seal, own.prekey.id, &row);
    insert(seal, &own);
    vc_wipe(&row, sizeof row);
    vc_wipe(&own, sizeof own);
}

/*
 * Is the oldest to be deleted now?  Never the only one.  One that is from the future was made by a
 * wrong clock, but not after the next one was.
 */
static bool is_oldest_over(const struct vc_seal *seal, uint32_t now_s)
{
    if (seal->own_count < 2) {
        return false;
    }
    for (size_t i = 0; i < seal->own_count; i++) {
        const struct vc_prekey *prekey = &seal->own[i].prekey;

        if (prekey->from <= now_s || prekey->from - now_s <= VC_PREKEY_TURN_S) {
            return seal->own_count == VC_SEAL_PREKEYS_MAX ||
                   (now_s > prekey->until && now_s - prekey->until > VC_PREKEY_KEEP_S);
        }
    }
    return seal->own_count == VC_SEAL_PREKEYS_MAX;
}

/* Who still writes under an older prekey is told, and takes the new one. */
static void delete_own(struct vc_seal *seal, size_t at)
{
    struct vc_seal_key key = vc_seal_key_prekey(seal->own[at].prekey.id);

    vc_store_del(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key));
    seal->own_count--;
    memmove(seal->own + at, seal->own + at + 1,
            (seal->own_count - at) * sizeof seal->own[0]);
    vc_wipe(&seal->own[seal->own_count], sizeof seal->own[0]);
}

/* A clock that went back makes a prekey that is from the future: it is turned too. */
static bool is_due(const struct vc_seal *seal, uint32_t now_s)
{
    const struct vc_prekey *newest;

    if (seal->own_count == 0) {
        return true;
    }
    newest = &seal->own[seal->own_count - 1].prekey;
    return now_s >= newest->from ? now_s - newest->from >= VC_PREKEY_TURN_S
                                 : newest->from - now_s >= VC_PREKEY_TURN_S;
}

/*
 * The oldest is looked at in each step: it opens nothing from then on, and goes in a later step,
 * with the names of the openings that were taken under it.  True when there was something to do.
 */
static bool end_oldest(struct vc_seal *seal, uint32_t now_s)
{
    size_t budget = VC_SEAL_SWEEP_ROWS;
    struct vc_seal_key prefix;

    if (!is_oldest_over(seal, now_s)) {
        return false;
    }
    prefix = vc_seal_key_prekey(seal->own[0].prekey.id);
    if (!seal->own[0].is_over) {
        seal->own[0].is_over = true;
    } else if (vc_seal_sweep(seal, VC_TABLE_REPLAY, &prefix, &budget)) {
        delete_own(seal, 0);
    }
    return true;
}

struct sweeping {
    uint32_t today;
    uint32_t ids[VC_SEAL_SWEEP_ROWS];
    size_t count;
};

static bool is_old(const struct sweeping *sweeping,
                   const struct vc_seal_prekey_row *row)
{
    return sweeping->today > row->day &&
           sweeping->today - row->day > VC_SEAL_ONE_TIME_DAYS;
}

/* Those to be deleted, and those from the future. */
static bool find_old(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct sweeping *sweeping = ctx;
    struct vc_seal_prekey_row row;
    uint32_t id;

    if (vc_seal_key_prekey_read(key, &id) == VC_OK &&
        vc_seal_prekey_row_read(value, &row) == VC_OK) {
        if (row.is_one_time && (is_old(sweeping, &row) || row.day > sweeping->today)) {
            sweeping->ids[sweeping->count++] = id;
        }
        vc_wipe(&row, sizeof row);
    }
    return sweeping->count < VC_SEAL_SWEEP_ROWS;
}

static void sweep_one_time(struct vc_seal *seal, const struct sweeping *sweeping,
                           uint32_t id)
{
    struct vc_seal_key key = vc_seal_key_prekey(id);
    struct vc_seal_prekey_row row;
    struct vc_bytes value;

    if (vc_store_get(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key), &value) !=
            VC_OK ||
        vc_seal_prekey_row_read(value, &row) != VC_OK) {
        return; /* used since */
    }
    if (is_old(sweeping, &row)) {
        vc_store_del(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key));
    } else {
        row.day =
            sweeping->today; /* a wrong clock made it: it is not from later than now */
        put_row(seal, id, &row);
    }
    vc_wipe(&row, sizeof row);
}

/* True when no old one is left. */
static bool sweep_one_times(struct vc_seal *seal, const struct vc_now *now)
{
    struct sweeping sweeping = {.today = vc_seal_day(now)};
    struct vc_scan scan = {
        .table = VC_TABLE_PREKEY, .on_row = find_old, .ctx = &sweeping};

    if (vc_store_scan(seal->store, &scan) != VC_OK ||
        vc_store_reserve(seal->store, VC_SEAL_SWEEP_ROWS,
                         (size_t)VC_SEAL_SWEEP_ROWS *
                             (VC_SEAL_KEY_MAX + VC_SEAL_PREKEY_ROW_MAX)) != VC_OK) {
        return false;
    }
    for (size_t i = 0; i < sweeping.count; i++) {
        sweep_one_time(seal, &sweeping, sweeping.ids[i]);
    }
    return sweeping.count < VC_SEAL_SWEEP_ROWS;
}

void vc_seal_prekeys_tick(struct vc_seal *seal, const struct vc_now *now)
{
    const size_t ops = VC_SEAL_SWEEP_ROWS + 2; /* names, the oldest, the next */
    uint32_t now_s = seconds_of(now);

    if (vc_store_reserve(seal->store, ops,
                         ops * VC_SEAL_KEY_MAX + VC_SEAL_PREKEY_ROW_MAX) != VC_OK) {
        seal->tick_at = now->mono + VC_SEAL_RETRY_MS;
        return;
    }
    seal->tick_at = now->mono + VC_SEAL_TURN_LOOK_MS;
    if (end_oldest(seal, now_s)) {
        seal->tick_at = now->mono + VC_SEAL_RETRY_MS;
    }
    if (is_due(seal, now_s) && seal->own_count < VC_SEAL_PREKEYS_MAX) {
        make_prekey(seal, now);
    }
    if (seal->sweep_at <= now->mono) {
        bool is_done = sweep_one_times(seal, now);

        seal->sweep_at = now->mono + (is_done ? VC_SEAL_SWEEP_MS : VC_SEAL_RETRY_MS);
    }
    seal->tick_at = vc_ms_min(seal->tick_at, seal->sweep_at);
}

/* However old it is: if its private half is gone, the other side says so and sends another,
 * and only a clock that is right could tell. */
bool vc_seal_prekey_is_usable(const struct vc_seal_peer *peer)
{
    return peer->row.has_prekey && peer->row.prekey.suite >= peer->row.suite;
}

bool vc_seal_prekey_is_newer(const struct vc_seal_peer *peer,
                             const struct vc_prekey *prekey, const struct vc_now *now)
{
    const struct vc_prekey *known = &peer->row.prekey;
    uint32_t now_s = seconds_of(now);

    /* One from the future is a wrong clock's, ours or the other's: it must not stand in the way
     * of those that are made when the clock is right. */
    return !vc_seal_prekey_is_usable(peer) || prekey->id == known->id ||
           prekey->from >= known->from ||
           (known->from > now_s && known->from - now_s > VC_PREKEY_TURN_S);
}

/* The nodes that the DHT knew, kept in a row so that the next start needs nobody else. */
#include "node/find/machine.h"

vc_err vc_find_nodes_load(struct vc_find *find, const struct vc_now *now)
{
    struct vc_bytes value;
    vc_err err =
        vc_store_get(find->cfg.store, VC_TABLE_SETTING, vc_find_nodes_key(), &value);

    if (err == VC_OK) {
        /* Of another version, it is as if there were none. */
        err = vc_dht_restore(find->cfg.dht, now, value);
        err = err == VC_ERR_MALFORMED ? VC_OK : err;
    }
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

static vc_err save(struct vc_find *find, const struct vc_now *now)
{
    struct vc_bytes key = vc_find_nodes_key();
    size_t len = vc_dht_save(find->cfg.dht, now, find->saved, sizeof find->saved);
    vc_err err = vc_store_reserve(find->cfg.store, 1 + VC_FIND_SPARE_OPS,
                                  key.len + len + VC_FIND_SPARE_BYTES);

    if (err == VC_OK) {
        vc_store_put(find->cfg.store, VC_TABLE_SETTING, key,
                     (struct vc_bytes){find->saved, len});
        find->has_written = true;
    }
    vc_wipe(find->saved, len); /* the node key is in it */
    return err;
}

void vc_find_nodes_tick(struct vc_find *find, const struct vc_now *now)
{
    if (find->save_at > now->mono) {
        return;
    }
    find->save_at =
        save(find, now) == VC_OK ? VC_NEVER : vc_ms_after(now->mono, VC_FIND_AGAIN_MS);
}

void vc_find_save(struct vc_find *find, const struct vc_now *now)
{
    if (save(find, now) != VC_OK) {
        return; /* then the last one stays */
    }
}

#include <string.h>

#include "node/link/machine.h"

static uint64_t hash_of(const struct vc_link *link, const uint8_t cid[VC_CID_LEN])
{
    return vc_siphash(link->hash_key, (struct vc_bytes){cid, VC_CID_LEN});
}

/* Whose cid it is shows when the datagram opens; two with one hash cost a drop. */
static bool is_same(const void *ctx, uint32_t value, const void *key)
{
    (void)ctx;
    (void)value;
    (void)key;
    return true;
}

static uint32_t token_of(enum vc_cid_kind kind, uint32_t index)
{
    return (uint32_t)kind << VC_CID_KIND_SHIFT | index;
}

static void insert(struct vc_link *link, const struct vc_cid *cid, uint32_t token)
{
    vc_err err = vc_map_insert(&link->cids, hash_of(link, cid->b), token);
    VC_CHECK(err == VC_OK); /* the map has room for all that may have one */
}

void vc_cids_draw(struct vc_link *link, enum vc_cid_kind kind, uint32_t index,
                  struct vc_cid *ret_cid)
{
    uint32_t token;
    do {
        vc_rng_draw(&link->rng, ret_cid->b, sizeof ret_cid->b);
    } while (vc_map_find(&link->cids, hash_of(link, ret_cid->b), is_same, NULL, NULL,
                         &token));
    insert(link, ret_cid, token_of(kind, index));
}

void vc_cids_remove(struct vc_link *link, const struct vc_cid *cid,
                    enum vc_cid_kind kind, uint32_t index)
{
    bool was_there =
        vc_map_remove(&link->cids, hash_of(link, cid->b), token_of(kind, index));
    VC_CHECK(was_there);
}

void vc_cids_move(struct vc_link *link, const struct vc_cid *cid, enum vc_cid_kind from,
                  uint32_t from_index, enum vc_cid_kind kind, uint32_t index)
{
    vc_cids_remove(link, cid, from, from_index);
    insert(link, cid, token_of(kind, index));
}

bool vc_cids_find(const struct vc_link *link, struct vc_bytes datagram,
                  enum vc_cid_kind *ret_kind, uint32_t *ret_index)
{
    uint32_t token;
    VC_CHECK(datagram.len >= VC_CID_LEN);
    if (!vc_map_find(&link->cids, hash_of(link, datagram.data), is_same, NULL, NULL,
                     &token))
        return false;
    *ret_kind = (enum vc_cid_kind)(token >> VC_CID_KIND_SHIFT);
    *ret_index = token & ((1u << VC_CID_KIND_SHIFT) - 1);
    return true;
}

/* Whom we know: peers, and the keys and invites under which strangers are answered. */
#include <string.h>

#include "node/link/machine.h"

/* Numbers are the caller's own, but a mixing hash keeps any pattern of them harmless. */
static uint64_t hash_of_number(const struct vc_link *link, uint32_t number)
{
    uint8_t bytes[4];
    memcpy(bytes, &number, sizeof bytes);
    return vc_siphash(link->hash_key, VC_BYTES(bytes));
}

static bool has_number(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_link *link = ctx;
    return link->peers[value].number == *(const uint32_t *)key;
}

static uint64_t hash_of_key(const struct vc_link *link, const struct vc_key32 *dev_dh)
{
    return vc_siphash(link->hash_key, VC_BYTES(dev_dh->b));
}

static bool has_key(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_link *link = ctx;
    return memcmp(&link->peers[value].keys.dev_dh, key, sizeof(struct vc_key32)) == 0;
}

uint32_t vc_peers_find(const struct vc_link *link, uint32_t number)
{
    uint32_t place;
    if (!vc_map_find(&link->numbers, hash_of_number(link, number), has_number, link,
                     &number, &place))
        return VC_SLOT_NONE;
    return place;
}

uint32_t vc_peers_find_key(const struct vc_link *link, const struct vc_key32 *dev_dh)
{
    uint32_t place;
    if (!vc_map_find(&link->static_keys, hash_of_key(link, dev_dh), has_key, link,
                     dev_dh, &place))
        return VC_SLOT_NONE;
    return place;
}

static uint32_t take_place(struct vc_link *link, uint32_t number)
{
    uint32_t place;
    vc_err err = vc_pool_take(&link->peer_pool, &place);
    VC_CHECK(err == VC_OK); /* the counts of peers and strangers are looked at before */
    link->peers[place] = (struct vc_peer){
        .number = number, .session = VC_SLOT_NONE, .attempt = VC_SLOT_NONE};
    err = vc_map_insert(&link->numbers, hash_of_number(link, number), place);
    VC_CHECK(err == VC_OK);
    return place;
}

static void forget_key(struct vc_link *link, uint32_t place)
{
    struct vc_peer *peer = &link->peers[place];
    if (peer->has_keys)
        vc_map_remove(&link->static_keys, hash_of_key(link, &peer->keys.dev_dh), place);
    peer->has_keys = false;
}

static void give_place(struct vc_link *link, uint32_t place)
{
    struct vc_peer *peer = &link->peers[place];
    VC_CHECK(peer->session == VC_SLOT_NONE && peer->attempt == VC_SLOT_NONE);
    vc_map_remove(&link->numbers, hash_of_number(link, peer->number), place);
    vc_fifo_remove(&link->telling, place);
    forget_key(link, place);
    vc_wipe(peer, sizeof *peer);
    vc_pool_give(&link->peer_pool, place);
}

/* Two numbers with one static key: the one named last is found by it. */
static void remember_key(struct vc_link *link, uint32_t place)
{
    struct vc_peer *peer = &link->peers[place];
    uint64_t hash = hash_of_key(link, &peer->keys.dev_dh);
    uint32_t other = vc_peers_find_key(link, &peer->keys.dev_dh);
    if (other != VC_SLOT_NONE)
        vc_map_remove(&link->static_keys, hash, other);
    vc_err err = vc_map_insert(&link->static_keys, hash, place);
    VC_CHECK(err == VC_OK);
    peer->has_keys = true;
}

vc_err vc_link_peer_put(struct vc_link *link, uint32_t peer,
                        const struct vc_link_peer *keys)
{
    VC_CHECK(peer < VC_LINK_PEER_JOINING);
    uint32_t place = vc_peers_find(link, peer);
    if (place == VC_SLOT_NONE) {
        if (link->peer_count == link->peers_max)
            return VC_ERR_FULL;
        link->peer_count++;
        place = take_place(link, peer);
    }
    struct vc_peer *known = &link->peers[place];
    if (known->has_keys && vc_equal(&known->keys, keys, sizeof *keys))
        return VC_OK;
    forget_key(link, place);
    known->keys = *keys;
    remember_key(link, place);
    if (known->session != VC_SLOT_NONE) {
        const struct vc_session *s = &link->sessions[known->session];
        if (memcmp(&s->dev_dh, &keys->dev_dh, sizeof keys->dev_dh) != 0)
            vc_session_free(link, known->session);
    }
    if (known->attempt != VC_SLOT_NONE)
        vc_attempt_restart(link, known->attempt);
    return VC_OK;
}

void vc_peers_end(struct vc_link *link, vc_ms now, uint32_t peer)
{
    struct vc_peer *known = &link->peers[peer];
    if (known->attempt != VC_SLOT_NONE)
        vc_attempt_free(link, known->attempt);
    if (known->session != VC_SLOT_NONE)
        vc_session_close(link, now, known->session);
}

void vc_link_close(struct vc_link *link, vc_ms now, uint32_t peer)
{
    uint32_t place = vc_peers_find(link, peer);
    if (place == VC_SLOT_NONE)
        return;
    vc_peers_end(link, now, place);
    link->peers[place].has_down = false;
    vc_peers_settle(link, place);
}

void vc_link_close_all(struct vc_link *link, vc_ms now)
{
    for (uint32_t i = 0; i < link->peer_pool.touched; i++) {
        if (vc_pool_is_taken(&link->peer_pool, i))
            vc_link_close(link, now, link->peers[i].number);
    }
}

void vc_link_peer_remove(struct vc_link *link, vc_ms now, uint32_t peer)
{
    uint32_t place = vc_peers_find(link, peer);
    if (place == VC_SLOT_NONE)
        return;
    vc_peers_end(link, now, place);
    link->peers[place].has_down = false;
    forget_key(link, place);
    vc_peers_settle(link, place);
}

uint32_t vc_peers_session(const struct vc_link *link, uint32_t peer)
{
    uint32_t session = link->peers[peer].session;
    if (session == VC_SLOT_NONE || link->sessions[session].phase != VC_SESSION_UP)
        return VC_SLOT_NONE;
    return session;
}

void vc_peers_tell(struct vc_link *link, uint32_t peer)
{
    vc_fifo_push(&link->telling, peer);
}

void vc_peers_tell_down(struct vc_link *link, uint32_t peer, vc_err reason)
{
    link->peers[peer].has_down = true;
    link->peers[peer].down_reason = reason;
    vc_peers_tell(link, peer);
}

uint32_t vc_peers_take_joining(struct vc_link *link, const struct vc_key32 *dev_dh)
{
    /* He may have come twice: the newer session takes the place of the older one. */
    for (uint32_t i = 0; i < link->joining_count; i++) {
        uint32_t session = link->peers[link->joining[i]].session;
        if (session != VC_SLOT_NONE &&
            memcmp(&link->sessions[session].dev_dh, dev_dh, sizeof *dev_dh) == 0)
            return link->joining[i];
    }
    if (link->joining_count == VC_LINK_JOINING_MAX)
        return VC_SLOT_NONE;
    uint32_t number;
    do {
        number = VC_LINK_PEER_JOINING | link->joining_next++;
    } while (vc_peers_find(link, number) != VC_SLOT_NONE);
    uint32_t place = take_place(link, number);
    link->joining[link->joining_count++] = place;
    return place;
}

vc_err vc_peers_take_joiner(struct vc_link *link, uint32_t number, uint32_t *ret_place)
{
    uint32_t place = vc_peers_find(link, number);
    if (place == VC_SLOT_NONE) {
        if (link->peer_count == link->peers_max)
            return VC_ERR_FULL;
        link->peer_count++;
        place = take_place(link, number);
    }
    *ret_place = place;
    return VC_OK;
}

static void forget_count(struct vc_link *link, uint32_t place)
{
    if (link->peers[place].number < VC_LINK_PEER_JOINING) {
        link->peer_count--;
        return;
    }
    for (uint32_t i = 0; i < link->joining_count; i++) {
        if (link->joining[i] == place) {
            link->joining[i] = link->joining[--link->joining_count];
            return;
        }
    }
}

void vc_peers_settle(struct vc_link *link, uint32_t peer)
{
    const struct vc_peer *nobody = &link->peers[peer];
    if (nobody->has_keys || nobody->has_down || nobody->session != VC_SLOT_NONE ||
        nobody->attempt != VC_SLOT_NONE)
        return;
    forget_count(link, peer);
    give_place(link, peer);
}

void vc_link_answer_to(struct vc_link *link, const struct vc_secret32 *keys,
                       size_t count)
{
    if (count > VC_LINK_GENERATIONS_MAX)
        count = VC_LINK_GENERATIONS_MAX;
    vc_wipe(link->generations, sizeof link->generations);
    for (size_t i = 0; i < count; i++) {
        link->generations[i].key = keys[i];
        vc_mask_of_contact(&link->generations[i].mask, vc_link_network(link), &keys[i],
                           &link->dev_dh_public);
    }
    link->generation_count = count;
}

const struct vc_link_invite *vc_peers_invite(const struct vc_link *link,
                                             uint32_t number)
{
    for (size_t i = 0; i < VC_LINK_INVITES_MAX; i++) {
        if (link->invites[i].is_used && link->invites[i].number == number)
            return &link->invites[i];
    }
    return NULL;
}

vc_err vc_link_invite_put(struct vc_link *link, uint32_t invite,
                          const struct vc_id16 *secret)
{
    vc_link_invite_remove(link, invite);
    for (size_t i = 0; i < VC_LINK_INVITES_MAX; i++) {
        struct vc_link_invite *place = &link->invites[i];
        if (place->is_used)
            continue;
        *place = (struct vc_link_invite){
            .is_used = true, .number = invite, .secret = *secret};
        vc_mask_of_invite(&place->mask, vc_link_network(link), secret);
        return VC_OK;
    }
    return VC_ERR_FULL;
}

void vc_link_invite_remove(struct vc_link *link, uint32_t invite)
{
    for (size_t i = 0; i < VC_LINK_INVITES_MAX; i++) {
        if (link->invites[i].is_used && link->invites[i].number == invite)
            vc_wipe(&link->invites[i], sizeof link->invites[i]);
    }
}

/* Requests of ours: what is sent next, sealed, and noted as a call that waits. */
#include <string.h>

#include "dht/machine.h"

uint32_t vc_dht_ask_rate(const struct vc_dht *dht)
{
    return dht->role == VC_DHT_ROLE_ROUTER ? VC_DHT_ASK_RATE : VC_DHT_ASK_RATE_CLIENT;
}

bool vc_dht_wishes_have_room(const struct vc_dht *dht)
{
    return dht->wish_count < VC_DHT_WISHES_MAX;
}

bool vc_dht_wish_for(struct vc_dht *dht, const struct vc_dht_wish *wish)
{
    if (!vc_dht_wishes_have_room(dht)) {
        return false;
    }
    dht->wishes[(dht->wish_first + dht->wish_count++) % VC_DHT_WISHES_MAX] = *wish;
    return true;
}

void vc_dht_wishes_drop(struct vc_dht *dht, uint16_t owner)
{
    uint32_t count = dht->wish_count;

    dht->wish_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct vc_dht_wish wish =
            dht->wishes[(dht->wish_first + i) % VC_DHT_WISHES_MAX];

        if (wish.owner != owner) {
            dht->wishes[(dht->wish_first + dht->wish_count++) % VC_DHT_WISHES_MAX] =
                wish;
        }
    }
}

/* The fields of a request that belong to what it was asked for.  False when that is gone. */
static bool fill_request(const struct vc_dht *dht, const struct vc_dht_wish *wish,
                         struct vc_dht_request *request)
{
    if (wish->owner < VC_DHT_OWNER_KEEP) {
        const struct vc_dht_ask *ask =
            vc_dht_ask_at(dht, wish->owner / VC_DHT_FAMILIES);

        request->target = wish->is_second ? ask->target : wish->target;
        request->place = ask->place;
        if (wish->type == VC_DHT_REFRESH) {
            request->seq = dht->keeps[ask->keep].seq;
        }
        if (wish->type == VC_DHT_PUT) {
            request->record = VC_BYTES(dht->keeps[ask->keep].record);
        }
        return ask->kind != VC_DHT_ASK_FREE;
    }
    if (wish->owner < VC_DHT_OWNER_PING) {
        const struct vc_dht_keep *keep = &dht->keeps[wish->owner - VC_DHT_OWNER_KEEP];

        request->place = keep->place;
        request->seq = keep->seq;
        request->record = VC_BYTES(keep->record);
        return keep->is_used;
    }
    request->target = dht->families[vc_dht_family_of(&wish->to.addr)].id;
    request->contact = dht->rung_for;
    return true;
}

/* Seals a request into dht->out; 0 when it cannot be.  It becomes a PING when it needs a cookie
 * and we have none. */
static size_t seal(struct vc_dht *dht, const struct vc_now *now,
                   const struct vc_dht_wish *wish, struct vc_dht_request *request,
                   const struct vc_dht_txid *txid)
{
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(body, sizeof body);
    struct vc_writer out = vc_writer(dht->out, sizeof dht->out);
    const struct vc_dht_family *family = vc_dht_family_at(dht, &wish->to.addr);
    struct vc_dht_header header = {.is_hello = wish->is_hello,
                                   .is_router = vc_dht_family_routes(family),
                                   .txid = *txid,
                                   .asker = dht->key};
    struct vc_secret32 mask = dht->masks.hello;
    struct vc_secret32 key;
    vc_err err;

    if (wish->is_hello) {
        vc_dht_hello_key(&key, vc_dht_network(dht), &dht->key);
    } else {
        const struct vc_dht_peer *peer =
            vc_dht_peers_get(&dht->peers, now->mono, &wish->to.key, &dht->secret);
        const struct vc_dht_cookie *cookie;

        if (peer == NULL) {
            return 0;
        }
        cookie = vc_dht_peer_cookie(peer, now->mono, &wish->to.addr);
        if (cookie != NULL) {
            header.has_cookie = true;
            request->cookie = *cookie;
        }
        vc_dht_mask_of(&mask, vc_dht_network(dht), &wish->to.key);
        vc_dht_request_key(&key, vc_dht_network(dht), &peer->shared, &dht->key,
                           &wish->to.key);
    }
    if (!header.has_cookie && vc_dht_type_needs_cookie(request->type)) {
        if (wish->is_second) {
            return 0;
        }
        request->type = VC_DHT_PING;
    }
    request->has_cookie = header.has_cookie;
    vc_dht_request_write(&w, request);
    err = vc_dht_request_seal(
        &out, &header, &mask, &key, vc_writer_bytes(&w),
        vc_dht_request_body_min(request->type, wish->is_hello, header.has_cookie),
        &dht->rng);
    vc_wipe(&key, sizeof key);
    return err == VC_OK ? vc_writer_bytes(&out).len : 0;
}

/* Sends what is wished for; 0: it could not be, as the node has no good key or gives no good
 * cookie. */
static size_t send_wish(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_wish *wish)
{
    struct vc_dht_request request = {.type = wish->type};
    struct vc_dht_call call = {.to = wish->to,
                               .type = wish->type,
                               .is_hello = wish->is_hello,
                               .is_second = wish->is_second,
                               .key_turn = dht->key_turn,
                               .owner = wish->owner,
                               .slot = wish->slot};
    size_t len;

    if (!fill_request(dht, wish, &request)) {
        return 0;
    }
    vc_rng_draw(&dht->rng, &call.txid, sizeof call.txid);
    len = seal(dht, now, wish, &request, &call.txid);
    call.is_for_cookie = request.type != wish->type;
    /* A transaction id that is in use already is drawn once in an age. */
    if (len > 0 && vc_dht_calls_add(&dht->calls, now->mono, &call) != VC_OK) {
        len = 0;
    }
    if (wish->type == VC_DHT_RING && (len == 0 || !call.is_for_cookie)) {
        dht->rung_for.addr.family = 0;
    }
    if (len == 0) {
        return 0;
    }
    vc_dht_table_asked(&vc_dht_family_at(dht, &wish->to.addr)->table, now->mono);
    return len;
}

static bool take_wish(struct vc_dht *dht, struct vc_dht_wish *ret_wish)
{
    if (dht->wish_count > 0) {
        *ret_wish = dht->wishes[dht->wish_first];
        dht->wish_first = (dht->wish_first + 1) % VC_DHT_WISHES_MAX;
        dht->wish_count--;
        return true;
    }
    return vc_dht_keeps_next(dht, ret_wish) || vc_dht_asks_next(dht, ret_wish);
}

bool vc_dht_is_sending(const struct vc_dht *dht)
{
    return (vc_dht_calls_have_room(&dht->calls) ||
            vc_dht_calls_have_late(&dht->calls)) &&
           (dht->wish_count > 0 || vc_dht_keeps_are_hungry(dht) ||
            vc_dht_asks_are_hungry(dht));
}

/* When all calls are taken the one that is late for longest is given up for a new one. */
static void make_room(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_call call;

    if (!vc_dht_calls_have_room(&dht->calls) &&
        vc_dht_calls_give_up(&dht->calls, &call)) {
        vc_dht_call_failed(dht, now, &call);
    }
}

size_t vc_dht_send_next(struct vc_dht *dht, const struct vc_now *now,
                        struct vc_addr *ret_to)
{
    while (vc_dht_is_sending(dht) &&
           vc_dht_tokens_take(&dht->ask_tokens, vc_dht_ask_rate(dht), VC_DHT_ASK_BURST,
                              now->mono)) {
        struct vc_dht_wish wish;
        size_t len;

        make_room(dht, now);
        if (!take_wish(dht, &wish)) {
            return 0; /* whoever wanted it has given up as well */
        }
        len = send_wish(dht, now, &wish);
        if (len > 0) {
            *ret_to = wish.to.addr;
            return len;
        }
        /* It has failed, so that nobody waits for it. */
        vc_dht_call_failed(dht, now,
                           &(struct vc_dht_call){.to = wish.to,
                                                 .type = wish.type,
                                                 .owner = wish.owner,
                                                 .slot = wish.slot});
    }
    return 0;
}

/* Answers that came to our requests, and those that did not. */
#include <string.h>

#include "dht/machine.h"

/* The key under which a node answers @call; false for a node key that is good for nothing, or
 * when ours has changed twice since. */
static bool make_key(struct vc_dht *dht, const struct vc_now *now,
                     const struct vc_dht_call *call, struct vc_secret32 *ret_key)
{
    const struct vc_dht_peer *peer;

    if (call->key_turn != dht->key_turn) {
        return call->key_turn == (uint8_t)(dht->key_turn - 1) &&
               vc_dht_key_answer_last(dht, &call->to.key, ret_key);
    }
    peer = vc_dht_peers_get(&dht->peers, now->mono, &call->to.key, &dht->secret);
    if (peer == NULL) {
        return false;
    }
    vc_dht_answer_key(ret_key, vc_dht_network(dht), &peer->shared, &dht->key,
                      &call->to.key);
    return true;
}

static void keep_cookie(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_call *call,
                        const struct vc_dht_cookie *cookie)
{
    struct vc_dht_peer *peer =
        vc_dht_peers_get(&dht->peers, now->mono, &call->to.key, &dht->secret);

    if (peer != NULL) {
        vc_dht_peer_put_cookie(peer, now->mono, &call->to.addr, cookie);
    }
}

/* Opens and reads an answer.  @call: its to.key is filled in for a hello. */
static bool open_answer(struct vc_dht *dht, const struct vc_now *now,
                        struct vc_dht_call *call, struct vc_bytes datagram,
                        uint8_t *scratch, struct vc_dht_answer *ret_answer)
{
    struct vc_secret32 key;
    struct vc_bytes body;
    bool is_open;

    if (call->is_hello &&
        !vc_dht_hello_answer_key(datagram, &dht->masks.hello, &call->to.key)) {
        return false;
    }
    if (!make_key(dht, now, call, &key)) {
        return false;
    }
    is_open = vc_dht_answer_open(datagram, call->is_hello, &key, scratch, &body) &&
              vc_dht_answer_read(body, ret_answer) == VC_OK;
    vc_wipe(&key, sizeof key);
    if (is_open && call->key_turn == dht->key_turn) {
        keep_cookie(dht, now, call, &ret_answer->cookie);
    }
    return is_open;
}

/* Contacts that cannot be nodes are left out, as is our own. */
static void sift_contacts(struct vc_dht *dht, const struct vc_addr *from,
                          struct vc_dht_answer *answer)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < answer->contact_count; i++) {
        const struct vc_dht_contact *contact = &answer->contacts[i];

        if (contact->addr.family == from->family &&
            vc_dht_is_place_for_node(dht, &contact->addr) &&
            memcmp(contact->key.b, dht->key.b, sizeof dht->key.b) != 0) {
            answer->contacts[kept++] = *contact;
        }
    }
    answer->contact_count = kept;
}

/* May this be the answer to that request? */
static bool answers_to(const struct vc_dht_call *call,
                       const struct vc_dht_answer *answer)
{
    switch (call->type) {
    case VC_DHT_FIND:
        return answer->type == VC_DHT_NODES;
    case VC_DHT_GET:
        return answer->type == VC_DHT_NODES || answer->type == VC_DHT_VALUE;
    case VC_DHT_PUT:
    case VC_DHT_REFRESH:
        return answer->type == VC_DHT_HOLD;
    case VC_DHT_PING:
    case VC_DHT_CALL:
    case VC_DHT_RING:
    case VC_DHT_PONG:
    case VC_DHT_NODES:
    case VC_DHT_VALUE:
    case VC_DHT_HOLD:
        break;
    }
    return answer->type == VC_DHT_PONG;
}

static void deliver(struct vc_dht *dht, const struct vc_now *now,
                    const struct vc_dht_call *call, const struct vc_dht_answer *answer)
{
    if (call->owner < VC_DHT_OWNER_KEEP) {
        vc_dht_ask_answered(dht, now, call, answer);
    } else if (call->owner < VC_DHT_OWNER_PING) {
        vc_dht_keep_answered(dht, now, call, answer);
    }
}

void vc_dht_call_failed(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_call *call)
{
    if (call->owner < VC_DHT_OWNER_KEEP) {
        vc_dht_ask_failed(dht, now, call);
    } else if (call->owner < VC_DHT_OWNER_PING) {
        vc_dht_keep_failed(dht, now, call);
    } else if (call->type == VC_DHT_RING && call->is_for_cookie) {
        dht->rung_for.addr.family = 0;
    }
    /* Doors and the lost have their own time to be tried again. */
}

/* Asks the same again, now that we have his cookie. */
static bool ask_again(struct vc_dht *dht, const struct vc_dht_call *call)
{
    struct vc_dht_wish wish = {.to = call->to,
                               .type = call->type,
                               .is_second = true,
                               .owner = call->owner,
                               .slot = call->slot};

    return !call->is_second && !call->is_hello && call->owner != VC_DHT_NOBODY &&
           vc_dht_wish_for(dht, &wish);
}

bool vc_dht_take_answer(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, struct vc_bytes datagram)
{
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_txid txid;
    const struct vc_dht_call *waiting;
    struct vc_dht_answer answer;
    struct vc_dht_call call;

    if (!vc_dht_answer_txid(datagram, &txid)) {
        return false;
    }
    waiting = vc_dht_calls_find(&dht->calls, &txid, from);
    if (waiting == NULL) {
        return false;
    }
    call = *waiting;
    if (!open_answer(dht, now, &call, datagram, scratch, &answer)) {
        dht->stats.dropped_malformed++;
        return true;
    }
    vc_dht_calls_done(&dht->calls, now->mono, &txid, &(struct vc_dht_call){0});
    sift_contacts(dht, from, &answer);
    vc_dht_reach_heard(dht, now, from, &answer);
    vc_dht_joining_heard(dht, now, &call, &answer);
    vc_dht_key_settle(dht, now);
    if (answers_to(&call, &answer) && !call.is_for_cookie) {
        deliver(dht, now, &call, &answer);
    } else if (answer.type != VC_DHT_PONG || !ask_again(dht, &call)) {
        vc_dht_call_failed(dht, now, &call);
    }
    return true;
}

void vc_dht_take_overdue(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_call call;
    enum vc_dht_overdue overdue;

    while ((overdue = vc_dht_calls_take(&dht->calls, now->mono, &call)) !=
           VC_DHT_NONE_DUE) {
        if (overdue == VC_DHT_LATE) {
            if (call.owner < VC_DHT_OWNER_KEEP) {
                vc_dht_ask_late(dht, now, &call);
            }
            continue;
        }
        if (!call.is_hello) {
            vc_dht_table_failed(&vc_dht_family_at(dht, &call.to.addr)->table, now->mono,
                                &call.to);
        }
        vc_dht_call_failed(dht, now, &call);
    }
}

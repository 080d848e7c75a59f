/* Requests of others: who is heard, what they get, and how little of it. */
#include <string.h>

#include "dht/machine.h"

/* A request that was opened, and who sent it. */
struct asked {
    const struct vc_addr *from;
    const struct vc_dht_header *header;
    struct vc_dht_contact asker;
    size_t len;     /* of its datagram */
    bool is_proved; /* its cookie is good: it can be heard where it says it is */
    struct vc_dht_request request;
};

static void put_answer(struct vc_dht *dht, const struct asked *asked,
                       const struct vc_secret32 *answer_key,
                       const struct vc_dht_answer *answer, size_t len_max)
{
    uint32_t place = (dht->answer_first + dht->answer_count) % dht->cfg.answers_max;
    struct vc_dht_parcel *parcel = &dht->answers[place];
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(body, sizeof body);
    struct vc_writer out = vc_writer(parcel->bytes, sizeof parcel->bytes);
    bool is_hello = asked->header->is_hello;

    vc_dht_answer_write(&w, answer);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    if (vc_dht_answer_seal(&out, &asked->header->txid, answer_key,
                           is_hello ? &dht->masks.hello : NULL,
                           is_hello ? &dht->key : NULL, vc_writer_bytes(&w), len_max,
                           &dht->rng) == VC_OK) {
        parcel->to = *asked->from;
        parcel->len = (uint16_t)vc_writer_bytes(&out).len;
        dht->answer_count++;
        dht->stats.answers++;
    }
}

/* Bytes of the datagram, without padding. */
static size_t len_of(const struct asked *asked, const struct vc_dht_answer *answer)
{
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(body, sizeof body);

    vc_dht_answer_write(&w, answer);
    return vc_writer_bytes(&w).len + (asked->header->is_hello
                                          ? VC_DHT_HELLO_ANSWER_OVERHEAD
                                          : VC_DHT_ANSWER_OVERHEAD);
}

static void find_nodes(struct vc_dht *dht, const struct asked *asked, uint64_t target,
                       struct vc_dht_answer *answer)
{
    struct vc_dht_contact nearest[VC_DHT_CONTACTS_IPV4 + 1];
    size_t max = asked->from->family == 4 ? VC_DHT_CONTACTS_IPV4 : VC_DHT_CONTACTS_IPV6;
    size_t count = vc_dht_table_nearest(&vc_dht_family_at(dht, asked->from)->table,
                                        target, true, nearest, max + 1);

    answer->type = VC_DHT_NODES;
    for (size_t i = 0; i < count && answer->contact_count < max; i++) {
        if (memcmp(nearest[i].key.b, asked->asker.key.b, sizeof nearest[i].key.b) != 0) {
            answer->contacts[answer->contact_count++] = nearest[i];
        }
    }
}

static struct vc_dht_records_at records_at(struct vc_dht *dht, const struct vc_now *now,
                                           const struct vc_addr *from)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, from);
    uint64_t reach = vc_dht_size_distance(&family->size, VC_DHT_REPLICAS);

    return (struct vc_dht_records_at){.now = now->mono,
                                      .unix_ms = vc_dht_date(dht, now),
                                      .prefix = vc_dht_prefix_narrow(from),
                                      .own = family->id,
                                      .reach = reach > UINT64_MAX / VC_DHT_REGION_FACTOR
                                                   ? UINT64_MAX
                                                   : reach * VC_DHT_REGION_FACTOR};
}

/* False: no answer at all. */
static bool put_record(struct vc_dht *dht, const struct vc_now *now,
                       const struct asked *asked, struct vc_dht_answer *answer)
{
    struct vc_dht_records_at at = records_at(dht, now, asked->from);
    struct vc_dht_record record;

    answer->type = VC_DHT_HOLD;
    return vc_dht_record_read(asked->request.record, &record) == VC_OK &&
           vc_dht_records_put(&dht->records, &at, &record, asked->request.record,
                              &answer->hold, &answer->seq) == VC_OK;
}

/* Somebody in another network than the asker, whom it has hardly written to; better one whose
 * cookie we have. */
static const struct vc_dht_contact *
find_ringer(struct vc_dht *dht, const struct vc_now *now, const struct asked *asked,
            const struct vc_dht_contact *nodes, size_t count)
{
    const struct vc_dht_contact *found = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct vc_dht_contact *node = &nodes[i];
        const struct vc_dht_peer *peer;

        if (vc_dht_prefix_wide(&node->addr) == vc_dht_prefix_wide(asked->from)) {
            continue;
        }
        peer = vc_dht_peers_find(&dht->peers, now->mono, &node->key);
        if (peer != NULL && vc_dht_peer_cookie(peer, now->mono, &node->addr) != NULL) {
            return node;
        }
        found = found == NULL ? node : found;
    }
    return found;
}

/* Lets a stranger ping the asker. */
static void call_back(struct vc_dht *dht, const struct vc_now *now,
                      const struct asked *asked)
{
    struct vc_dht_table *table = &vc_dht_family_at(dht, asked->from)->table;
    struct vc_dht_contact nodes[VC_DHT_K];
    const struct vc_dht_contact *ringer;
    uint64_t anywhere;
    size_t count;

    if (dht->rung_for.addr.family != 0 ||
        !vc_dht_tokens_take(&dht->ring_tokens, VC_DHT_RING_RATE, VC_DHT_RING_BURST,
                            now->mono)) {
        return;
    }
    vc_rng_draw(&dht->rng, &anywhere, sizeof anywhere);
    count = vc_dht_table_nearest(table, anywhere, true, nodes, VC_DHT_K);
    ringer = find_ringer(dht, now, asked, nodes, count);
    if (ringer != NULL &&
        vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = *ringer,
                                                   .type = VC_DHT_RING,
                                                   .owner = VC_DHT_OWNER_RING})) {
        dht->rung_for = asked->asker;
    }
}

static void ring(struct vc_dht *dht, const struct vc_now *now,
                 const struct asked *asked)
{
    const struct vc_dht_contact *contact = &asked->request.contact;

    if (vc_dht_is_place_for_node(dht, &contact->addr) &&
        vc_dht_tokens_take(&dht->ring_tokens, VC_DHT_RING_RATE, VC_DHT_RING_BURST,
                           now->mono)) {
        (void)vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = *contact,
                                                         .type = VC_DHT_PING,
                                                         .owner = VC_DHT_OWNER_RING});
    }
}

/* Makes the answer; false: there is none. */
static bool make_answer(struct vc_dht *dht, const struct vc_now *now,
                        struct asked *asked, struct vc_dht_answer *answer)
{
    struct vc_dht_request *request = &asked->request;
    struct vc_dht_records_at at;

    answer->type = VC_DHT_PONG;
    if (!asked->is_proved && vc_dht_type_needs_cookie(request->type)) {
        return true; /* with a cookie to ask again with */
    }
    switch (request->type) {
    case VC_DHT_FIND:
        find_nodes(dht, asked, request->target, answer);
        break;
    case VC_DHT_GET:
        at = records_at(dht, now, asked->from);
        answer->record = vc_dht_records_get(&dht->records, &at, &request->place);
        answer->type = VC_DHT_VALUE;
        if (answer->record.len == 0) {
            find_nodes(dht, asked, vc_dht_place_id(&request->place), answer);
        }
        break;
    case VC_DHT_PUT:
        return put_record(dht, now, asked, answer);
    case VC_DHT_REFRESH:
        at = records_at(dht, now, asked->from);
        answer->type = VC_DHT_HOLD;
        answer->hold = vc_dht_records_refresh(&dht->records, &at, &request->place,
                                              request->seq, &answer->seq);
        break;
    case VC_DHT_CALL:
        call_back(dht, now, asked);
        break;
    case VC_DHT_RING:
        ring(dht, now, asked);
        break;
    case VC_DHT_PING:
    case VC_DHT_PONG:
    case VC_DHT_NODES:
    case VC_DHT_VALUE:
    case VC_DHT_HOLD:
        break;
    }
    return true;
}

/* A router that asks us may be one that we want to know: then it is pinged, when there is room
 * for that in what an unproved address may cause. */
static bool may_check(struct vc_dht *dht, const struct vc_now *now,
                      const struct asked *asked, size_t room)
{
    struct vc_dht_table *table = &vc_dht_family_at(dht, asked->from)->table;

    if (asked->is_proved) {
        vc_dht_table_seen(table, now->mono, &asked->asker);
    }
    return asked->header->is_router && vc_dht_is_place_for_node(dht, asked->from) &&
           (asked->is_proved || room >= VC_DHT_PING_LEN_MAX) &&
           vc_dht_table_wants(table, now->mono, &asked->asker) &&
           vc_dht_tokens_take(&dht->check_tokens, VC_DHT_CHECK_RATE, VC_DHT_CHECK_BURST,
                              now->mono) &&
           vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = asked->asker,
                                                      .type = VC_DHT_PING,
                                                      .owner = VC_DHT_OWNER_CHECK});
}

static void answer_request(struct vc_dht *dht, const struct vc_now *now,
                           struct asked *asked, const struct vc_secret32 *answer_key)
{
    struct vc_dht_answer answer = {.seen = *asked->from};
    size_t len_max = asked->is_proved ? VC_DHT_DATAGRAM_MAX : asked->len;
    size_t len;

    vc_dht_cookie_make(&answer.cookie, &dht->cookie_key, now->mono, asked->from);
    /* By our own clock: if everybody passed on what others say, nobody would say what time it
     * is, and the delays would add up. */
    answer.time_s = (uint32_t)(now->unix_ms / 1000);
    if (!make_answer(dht, now, asked, &answer)) {
        dht->stats.dropped_malformed++;
        return;
    }
    len = len_of(asked, &answer);
    if (len > len_max) {
        answer.type = VC_DHT_PONG;
        len = len_of(asked, &answer);
    }
    if (len > len_max) {
        return;
    }
    if (may_check(dht, now, asked, len_max - len) && !asked->is_proved) {
        len_max -= VC_DHT_PING_LEN_MAX;
    }
    put_answer(dht, asked, answer_key, &answer, len_max);
}

/* The keys of who asks; false when they cost more than strangers may. */
static bool find_pair(struct vc_dht *dht, const struct vc_now *now,
                      const struct vc_dht_header *header, struct vc_dht_pair *ret_pair)
{
    struct vc_dht_peer *peer =
        vc_dht_peers_find(&dht->peers, now->mono, &header->asker);

    if (peer == NULL &&
        (!vc_dht_tokens_take(&dht->dh_tokens, VC_DHT_DH_RATE, VC_DHT_DH_BURST,
                             now->mono) ||
         (peer = vc_dht_peers_get(&dht->peers, now->mono, &header->asker,
                                  &dht->secret)) == NULL)) {
        return false;
    }
    vc_dht_pair_make(ret_pair, vc_dht_network(dht), &peer->shared, &header->asker,
                     &dht->key);
    if (header->is_hello) {
        vc_dht_hello_key(&ret_pair->request, vc_dht_network(dht), &header->asker);
    }
    return true;
}

static void open_request(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_dht_header *header, const struct vc_addr *from,
                         struct vc_bytes datagram)
{
    struct asked asked = {.from = from, .header = header, .len = datagram.len};
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_pair pair;
    struct vc_bytes body;

    if (!find_pair(dht, now, header, &pair)) {
        dht->stats.dropped_rate++;
        return;
    }
    if (!vc_dht_request_open(datagram, header, &pair.request, scratch, &body) ||
        vc_dht_request_read(body, header->has_cookie, &asked.request) != VC_OK ||
        (header->is_hello && asked.request.type != VC_DHT_FIND)) {
        dht->stats.dropped_malformed++;
    } else if (!vc_dht_seen_add(&dht->seen, now->mono, &header->asker, &header->txid)) {
        dht->stats.dropped_replay++;
    } else {
        asked.asker = (struct vc_dht_contact){.addr = *from, .key = header->asker};
        asked.is_proved = header->has_cookie &&
                          vc_dht_cookie_is_good(&asked.request.cookie, &dht->cookie_key,
                                                now->mono, from);
        vc_dht_reach_asked(dht, now, from);
        if (vc_dht_family_routes(vc_dht_family_at(dht, from))) {
            answer_request(dht, now, &asked, &pair.answer);
        }
    }
    vc_wipe(&pair, sizeof pair);
}

bool vc_dht_take_request(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_dht_header header;

    /* A client answers nobody; but a stranger's request tells it that it can be reached. */
    if (dht->cfg.is_client || !vc_dht_request_unmask(&dht->masks, datagram, &header) ||
        (header.is_hello && !vc_dht_family_routes(vc_dht_family_at(dht, from)))) {
        return false;
    }
    if (memcmp(header.asker.b, dht->key.b, sizeof dht->key.b) == 0) {
        dht->stats.dropped_strange++;
        return true; /* our own, come back */
    }
    if (dht->answer_count == dht->cfg.answers_max ||
        !vc_dht_limiter_admit(&dht->limiter, now->mono, from)) {
        dht->stats.dropped_rate++;
        return true;
    }
    open_request(dht, now, &header, from, datagram);
    return true;
}

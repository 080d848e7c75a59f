#include "tests/support/dht_desk.h"

#include <stdlib.h>

static struct vc_addr addr_of(uint32_t hand, bool is_ipv6)
{
    const uint8_t ipv4[4] = {50, (uint8_t)(hand * 29 + 1), 3, 9};
    const uint8_t ipv6[16] = {0x26, 0, 0, (uint8_t)(hand * 29 + 1), [15] = 9};

    return is_ipv6 ? vc_addr_ipv6(ipv6, 5000) : vc_addr_ipv4(ipv4, 5000);
}

static void fill_nodes(struct dht_desk *desk, uint32_t hand,
                       struct vc_dht_answer *answer)
{
    uint8_t max =
        answer->seen.family == 4 ? VC_DHT_CONTACTS_IPV4 : VC_DHT_CONTACTS_IPV6;

    answer->contact_count = 0;
    for (uint32_t i = 1; i < desk->hand_count && answer->contact_count < max; i++) {
        answer->contacts[answer->contact_count++] =
            dht_hand_contact(&desk->hands[(hand + i) % desk->hand_count]);
    }
}

/* What a hand that behaves says. */
static void answer_well(struct dht_desk *desk, uint32_t hand, struct vc_bytes record,
                        const struct vc_dht_request *request,
                        struct vc_dht_answer *answer)
{
    struct vc_dht_record held;

    switch (request->type) {
    case VC_DHT_PUT:
        desk->holds[hand] = true;
        memcpy(desk->record, record.data, record.len);
        answer->type = VC_DHT_HOLD;
        break;
    case VC_DHT_REFRESH:
        answer->type = VC_DHT_HOLD;
        answer->hold = desk->holds[hand] ? VC_DHT_HOLD_YES : VC_DHT_HOLD_NO;
        break;
    case VC_DHT_GET:
    case VC_DHT_FIND:
        answer->type = VC_DHT_NODES;
        fill_nodes(desk, hand, answer);
        if (request->type == VC_DHT_GET && desk->holds[hand]) {
            answer->type = VC_DHT_VALUE;
            answer->record = VC_BYTES(desk->record);
        }
        break;
    case VC_DHT_PING:
    case VC_DHT_CALL:
    case VC_DHT_RING:
    case VC_DHT_PONG:
    case VC_DHT_NODES:
    case VC_DHT_VALUE:
    case VC_DHT_HOLD:
        answer->type = VC_DHT_PONG;
        break;
    }
    if (answer->type == VC_DHT_HOLD && desk->holds[hand] &&
        vc_dht_record_read(VC_BYTES(desk->record), &held) == VC_OK) {
        answer->seq = held.seq;
    }
}

static void note(struct dht_desk *desk, const struct dht_heard *heard)
{
    if (desk->heard_count == desk->heard_room) {
        desk->heard_room = desk->heard_room == 0 ? 256 : 2 * desk->heard_room;
        desk->heard = realloc(desk->heard, desk->heard_room * sizeof *desk->heard);
        VC_CHECK(desk->heard != NULL);
    }
    desk->heard[desk->heard_count++] = *heard;
}

static void hear(struct dht_desk *desk, uint32_t index, const struct vc_addr *from,
                 struct vc_bytes bytes)
{
    struct dht_hand *hand = &desk->hands[index];
    struct vc_dht_answer answer = {.seen = *from, .cookie = {{1, (uint8_t)index}}};
    struct dht_heard heard = {.hand = index, .at = desk->world.now};
    struct dht_datagram datagram;
    vc_ms date = desk->world.now - DHT_WORLD_BEGIN_MS + DHT_WORLD_DATE_MS;
    struct vc_bytes record;

    if (!dht_hand_hear(hand, bytes, &heard.header, &heard.request)) {
        return; /* an answer to what it asked, or made for somebody else */
    }
    record = heard.request.record;
    heard.request.record = (struct vc_bytes){NULL, 0};
    note(desk, &heard);
    if (desk->is_silent[index]) {
        return;
    }
    if (desk->seen[index].family != 0) {
        answer.seen = desk->seen[index];
    }
    answer.time_s =
        desk->has_no_date[index]
            ? 0
            : (uint32_t)((vc_ms)((int64_t)date + desk->skew_ms[index]) / 1000);
    answer_well(desk, index, record, &heard.request, &answer);
    if (desk->answer == NULL || desk->answer(desk, index, &heard, &answer)) {
        dht_hand_answer(hand, &heard.header, &answer, &datagram);
        dht_world_send(&desk->world, &hand->addr, from, dht_bytes(&datagram));
    }
}

static void on_stray(struct dht_world *world, const struct vc_addr *from,
                     const struct vc_addr *to, struct vc_bytes bytes)
{
    struct dht_desk *desk = world->ctx;

    for (uint32_t i = 0; i < desk->hand_count; i++) {
        if (vc_addr_equal(&desk->hands[i].addr, to)) {
            hear(desk, i, from, bytes);
        }
    }
}

void dht_desk_begin(struct dht_desk *desk, const struct vc_dht_config *cfg,
                    uint32_t hands, bool is_ipv6)
{
    memset(desk, 0, sizeof *desk);
    dht_world_init(&desk->world, 77);
    desk->world.on_stray = on_stray;
    desk->world.ctx = desk;
    desk->node = dht_world_add(&desk->world, cfg);
    desk->hand_count = hands;
    VC_CHECK(hands <= DHT_DESK_HANDS_MAX);
    for (uint32_t i = 0; i < hands; i++) {
        struct vc_addr addr = addr_of(i, is_ipv6);

        dht_hand_begin(&desk->hands[i], desk->node->cfg.network_id, &addr, i);
    }
}

void dht_desk_end(struct dht_desk *desk)
{
    dht_world_free(&desk->world);
    free(desk->heard);
    memset(desk, 0, sizeof *desk);
}

void dht_desk_meet(struct dht_desk *desk)
{
    struct vc_now now = dht_world_clock(desk->node);

    vc_dht_enter(desk->node->dht, &now, &desk->hands[0].addr, NULL);
    dht_world_drain(desk->node);
    dht_world_run(&desk->world, 10000);
}

static bool is_one(const struct dht_heard *heard, unsigned type, uint32_t hand)
{
    return (type == 0 || heard->request.type == type) &&
           (hand == DHT_DESK_ANY || heard->hand == hand);
}

uint32_t dht_desk_count(const struct dht_desk *desk, unsigned type, uint32_t hand)
{
    uint32_t count = 0;

    for (size_t i = 0; i < desk->heard_count; i++) {
        count += is_one(&desk->heard[i], type, hand);
    }
    return count;
}

const struct dht_heard *dht_desk_last(const struct dht_desk *desk, unsigned type,
                                      uint32_t hand)
{
    for (size_t i = desk->heard_count; i-- > 0;) {
        if (is_one(&desk->heard[i], type, hand)) {
            return &desk->heard[i];
        }
    }
    return NULL;
}

void dht_desk_clear(struct dht_desk *desk)
{
    desk->heard_count = 0;
}

/* What the machine has to say to a hand now; other datagrams go their way. */
static size_t collect(struct dht_desk *desk, struct dht_hand *hand,
                      struct vc_dht_answer *ret_answer)
{
    struct vc_now now = dht_world_clock(desk->node);
    struct vc_dht_output output;
    size_t bytes = 0;

    while (vc_dht_next(desk->node->dht, &now, &output)) {
        if (output.kind != VC_DHT_DATAGRAM) {
            continue;
        }
        if (vc_addr_equal(&output.addr, &hand->addr)) {
            bytes += output.bytes.len;
            (void)dht_hand_open(hand, &desk->node->dht->key, output.bytes, ret_answer);
        }
        dht_world_send(&desk->world, &desk->node->addrs[output.addr.family == 6],
                       &output.addr, output.bytes);
    }
    dht_world_drain(desk->node);
    return bytes;
}

size_t dht_desk_ask(struct dht_desk *desk, uint32_t index,
                    const struct vc_dht_request *request,
                    struct vc_dht_answer *ret_answer)
{
    struct dht_hand *hand = &desk->hands[index];
    struct vc_now now = dht_world_clock(desk->node);
    struct dht_datagram datagram;

    memset(ret_answer, 0, sizeof *ret_answer);
    dht_hand_ask(hand, &desk->node->dht->key, *request,
                 vc_dht_request_body_min(request->type, false, hand->has_cookie),
                 &datagram);
    (void)vc_dht_recv(desk->node->dht, &now, &hand->addr, dht_bytes(&datagram));
    return collect(desk, hand, ret_answer);
}

void dht_desk_take_cookie(struct dht_desk *desk, uint32_t index)
{
    const struct vc_dht_request ping = {.type = VC_DHT_PING};
    struct vc_dht_answer answer;

    (void)dht_desk_ask(desk, index, &ping, &answer);
    VC_CHECK(desk->hands[index].has_cookie);
}

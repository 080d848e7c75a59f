/*
 * A pair of link machines under a script: each byte of the input is something that
 * happens, with the bytes behind it as its details.  Datagrams are kept, lost, doubled,
 * changed and handed over in any order; frames of the input's choosing arrive sealed with
 * the right key, as a hostile contact would send them; time jumps.  In the end all is
 * closed, and nothing may be left in any pool.
 */
#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WAITING 32
#define STEPS   400 /* of one script: longer ones only cost time */

struct letter {
    uint32_t from;
    struct vc_addr to;
    size_t len;
    uint8_t bytes[VC_PACKET_MAX];
};

static struct link_world world;
static struct letter letters[WAITING];
static uint32_t letter_count;

/* Keeps every datagram for the script; the oldest goes when there are too many. */
static bool keep(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    (void)w;
    if (letter_count == WAITING)
        memmove(&letters[0], &letters[1], sizeof letters[0] * --letter_count);
    struct letter *letter = &letters[letter_count++];
    letter->from = from->index;
    letter->to = *to;
    letter->len = bytes.len;
    memcpy(letter->bytes, bytes.data, bytes.len);
    return true;
}

static void on_output(struct link_world *w, struct link_node *node,
                      const struct vc_link_output *output)
{
    uint8_t last;
    if (output->kind == VC_LINK_UP && output->peer >= VC_LINK_PEER_JOINING &&
        output->dev_dh.b[0] % 2 == 0)
        (void)vc_link_state(node->link, output->peer, &(struct vc_link_state){0});
    if (output->kind == VC_LINK_OBJECT) {
        VC_CHECK(output->bytes.len >= 1 && output->bytes.len <= VC_LINK_OBJECT_MAX);
        memcpy(&last, output->bytes.data + output->bytes.len - 1, 1);
    }
    (void)w;
}

static void deliver(uint32_t index, bool is_kept, uint8_t change)
{
    if (letter_count == 0)
        return;
    index %= letter_count;
    struct letter letter = letters[index];
    if (!is_kept)
        memmove(&letters[index], &letters[index + 1],
                sizeof letters[0] * (--letter_count - index));
    if (change != 0)
        letter.bytes[change % letter.len] ^= change;
    for (uint32_t i = 0; i < world.node_count; i++) {
        if (vc_addr_equal(&world.nodes[i].addr, &letter.to))
            vc_link_recv(world.nodes[i].link, world.now, &world.nodes[letter.from].addr,
                         (struct vc_bytes){letter.bytes, letter.len});
    }
}

/* Frames of a contact who keeps to the keys but to nothing else. */
static void inject(uint32_t from, struct vc_bytes frames)
{
    struct link_node *a = &world.nodes[from], *b = &world.nodes[1 - from];
    uint32_t place = vc_peers_find(a->link, b->index);
    uint8_t room[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    if (place == VC_SLOT_NONE || vc_peers_session(a->link, place) == VC_SLOT_NONE)
        return;
    struct vc_session *s = &a->link->sessions[a->link->peers[place].session];
    if (vc_packet_seal(&s->keys.send, &s->keys.send_cid, s->next_number++, frames,
                       &w) == VC_OK)
        vc_link_recv(b->link, world.now, &a->addr, vc_writer_bytes(&w));
}

static void say(struct link_node *node, uint8_t how, size_t len)
{
    static const uint8_t body[VC_LINK_OBJECT_MAX] = {1};
    vc_err err = vc_link_send(node->link, world.now, 1 - node->index,
                              (enum vc_link_stream)(how % VC_LINK_STREAM_COUNT),
                              (struct vc_bytes){body, 1}, (struct vc_bytes){body, len});
    VC_CHECK(err == VC_OK || err == VC_ERR_FULL || err == VC_ERR_NOT_FOUND);
}

static void restart(struct link_node *node)
{
    static const struct vc_id16 secret = {{5}};
    link_world_restart(node);
    link_world_introduce(node, &world.nodes[1 - node->index]);
    vc_err err = vc_link_invite_put(node->link, 7, &secret);
    VC_CHECK(err == VC_OK);
}

/* Pretends that a shared pool is nearly empty, and gives back what was taken. */
static uint32_t taken[2][1024], taken_count[2];

static void squeeze(struct link_node *node, uint32_t leave)
{
    struct vc_chunks *chunks = &node->link->chunks;
    uint32_t *count = &taken_count[node->index];
    while (vc_chunks_left(chunks) > leave)
        taken[node->index][(*count)++] = vc_chunk_take(chunks);
}

static void release(struct link_node *node)
{
    uint32_t *count = &taken_count[node->index];
    while (*count > 0)
        vc_chunk_give(&node->link->chunks, taken[node->index][--*count]);
}

static void expect(vc_err err, vc_err allowed)
{
    VC_CHECK(err == VC_OK || err == allowed);
}

/* What a caller does to whom he knows. */
static void change_minds(struct link_node *node, struct link_node *other,
                         uint8_t detail)
{
    if (detail % 4 == 0) {
        release(node);
        restart(node);
    } else if (detail % 4 == 1) {
        vc_link_peer_remove(node->link, world.now, other->index);
    } else if (detail % 4 == 2) {
        link_world_introduce(node, other);
    } else {
        vc_link_close(node->link, world.now, VC_LINK_PEER_JOINING + detail / 4 % 4);
    }
}

static void happen(struct vc_reader *r)
{
    static const struct vc_id16 secret = {{5}};
    uint8_t what = vc_read_u8(r), detail = vc_read_u8(r);
    struct link_node *node = &world.nodes[what & 1], *other = &world.nodes[~what & 1];
    switch (what >> 1 & 15) {
    case 0:
        deliver(detail, false, 0);
        break;
    case 1:
        deliver(detail, true, 0);
        break;
    case 2:
        deliver(detail, true, vc_read_u8(r) | 1);
        break;
    case 3:
        letter_count -= letter_count > 0;
        break;
    case 4:
        world.now += detail;
        break;
    case 5:
        world.now += (vc_ms)detail * 1000;
        break;
    case 6:
        expect(link_world_connect(node, other), VC_ERR_NOT_FOUND);
        break;
    case 7:
        say(node, detail, vc_read_u8(r));
        break;
    case 8:
        say(node, detail, (size_t)vc_read_u8(r) * 256);
        break;
    case 9:
        inject(node->index, vc_read_bytes(r, detail < vc_reader_left(r) ? detail : 0));
        break;
    case 10:
        vc_link_close(node->link, world.now, other->index);
        break;
    case 11:
        node->addr.port = (uint16_t)(7000 + detail);
        if (detail % 3 == 0)
            vc_link_probe_all(node->link, world.now);
        break;
    case 12:
        expect(vc_link_join(node->link, world.now, 50, &secret, &other->addr, 1),
               VC_ERR_FULL);
        break;
    case 13:
        expect(vc_link_adopt(node->link, world.now, VC_LINK_PEER_JOINING + detail % 4,
                             other->index),
               VC_ERR_NOT_FOUND);
        break;
    case 14:
        change_minds(node, other, detail);
        break;
    default:
        if (detail % 2 == 0)
            squeeze(node, detail);
        else
            release(node);
        break;
    }
}

static void check_rest(struct link_node *node)
{
    struct vc_link *link = node->link;
    release(node);
    vc_link_close_all(link, world.now);
    link_world_drain(node);
    world.now += 200000;
    vc_link_tick(link, world.now);
    link_world_drain(node);
    VC_CHECK(link->chunks.pool.count == 0);
    VC_CHECK(link->flights.sent_pool.count == 0);
    VC_CHECK(link->flights.segment_pool.count == 0);
    VC_CHECK(link->session_pool.count == 0);
    VC_CHECK(link->attempt_pool.count == 0);
    VC_CHECK(link->half_open_pool.count == 0);
    VC_CHECK(link->cids.count == 0);
    VC_CHECK(link->joining_count == 0);
    VC_CHECK(link->timers.count == 0);
    VC_CHECK(link->peer_pool.count == link->peer_count);
    VC_CHECK(link->favoured == VC_SLOT_NONE);
}

/* Timers come to rest: what arrived may make one due at once, but not for ever. */
static void run_turn(struct link_node *node)
{
    uint32_t rounds = 0;
    do {
        vc_link_tick(node->link, world.now);
        link_world_drain(node);
        VC_CHECK(++rounds < 16);
    } while (vc_link_due(node->link) <= world.now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vc_link_config cfg = {.peers_max = 3,
                                              .half_open_max = 4,
                                              .chunk_count = VC_LINK_CHUNKS_MIN,
                                              .packets_max = VC_LINK_PACKETS_MIN};
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    letter_count = 0;
    memset(taken_count, 0, sizeof taken_count);
    link_world_init(&world, 1);
    world.filter = keep;
    world.on_output = on_output;
    for (int i = 0; i < 2; i++)
        link_world_add(&world, &cfg);
    for (int i = 0; i < 2; i++)
        restart(&world.nodes[i]);
    for (uint32_t i = 0; i < STEPS && vc_reader_left(&r) > 0; i++) {
        happen(&r);
        for (uint32_t n = 0; n < 2; n++)
            run_turn(&world.nodes[n]);
    }
    for (uint32_t n = 0; n < 2; n++)
        check_rest(&world.nodes[n]);
    link_world_free(&world);
    return 0;
}

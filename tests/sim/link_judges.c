/*
 * The judges of link-sim.  They may look into the machines; the machines know nothing of
 * them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/link_sim.h"

struct sim sim;

void sim_complain(const char *what, uint32_t a, uint32_t b, uint64_t x, uint64_t y)
{
    if (sim.complaint[0] != 0)
        return;
    (void)snprintf(sim.complaint, sizeof sim.complaint,
             "at %" PRIu64 " ms, %u-%u: %s (%" PRIu64 ", %" PRIu64 ")", sim.world.now,
             a, b, what, x, y);
}

/* Every use of a number with a key, by a hash of both. */
#define USES_MAX (1u << 19)
static uint64_t uses[USES_MAX];
static uint32_t use_count;

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker
 * wants these names. */
vc_err __real_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain,
                             struct vc_writer *w);
vc_err __wrap_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain,
                             struct vc_writer *w);

vc_err __wrap_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain,
                             struct vc_writer *w)
{
    uint64_t name;
    memcpy(&name, key->key.b, sizeof name);
    if (sim.plant == PLANT_NUMBER && number > 100)
        number &= ~(uint64_t)1;
    uint64_t use = mix(name ^ mix(number + 1)) | 1;
    uint32_t at = (uint32_t)(use >> 32) % USES_MAX;
    while (uses[at] != 0 && uses[at] != use)
        at = (at + 1) % USES_MAX;
    if (uses[at] == use)
        sim_complain("a packet number was used twice under one key", 0, 0, number, 0);
    uses[at] = use;
    if (++use_count > USES_MAX / 2) {
        memset(uses, 0, sizeof uses);
        use_count = 0;
    }
    return __real_vc_packet_seal(key, cid, number, plain, w);
}

void __real_vc_recv_stream_write(struct vc_recv_stream *stream,
                                 struct vc_chunks *chunks, uint64_t offset,
                                 struct vc_bytes bytes);
void __wrap_vc_recv_stream_write(struct vc_recv_stream *stream,
                                 struct vc_chunks *chunks, uint64_t offset,
                                 struct vc_bytes bytes);

void __wrap_vc_recv_stream_write(struct vc_recv_stream *stream,
                                 struct vc_chunks *chunks, uint64_t offset,
                                 struct vc_bytes bytes)
{
    if (sim.plant != PLANT_ACK || link_world_below(&sim.world, 1000) > 0)
        __real_vc_recv_stream_write(stream, chunks, offset, bytes);
}

/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* The inside of the machines, for judges only. */
struct vc_session *sim_session(uint32_t a, uint32_t b)
{
    struct vc_link *link = sim.world.nodes[a].link;
    uint32_t place = vc_peers_find(link, b);
    if (place == VC_SLOT_NONE)
        return NULL;
    uint32_t session = vc_peers_session(link, place);
    return session == VC_SLOT_NONE ? NULL : &link->sessions[session];
}

void sim_show(uint32_t a, uint32_t b)
{
    const struct vc_session *s = sim_session(a, b);
    const struct vc_link *link = sim.world.nodes[a].link;
    printf("  %u->%u", a, b);
    if (s == NULL) {
        printf(" no session\n");
        return;
    }
    printf(" window %" PRIu64 " flight %u/%" PRIu64 " proved %d in %" PRIu64
           " out %" PRIu64 " backoff %u probes %u full %u timer %" PRIu64
           " chunks %u fav %u initiator %d ping %d\n",
           s->congestion.window, s->flight.count, s->flight.bytes, s->is_proved,
           s->unproved_in, s->unproved_out, s->backoff, s->probes, s->full_streams,
           vc_heap_due_of(&link->timers, link->peers[s->peer].session),
           link->chunks.pool.count, link->favoured, s->keys.is_initiator,
           s->wants_ping);
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        printf("    stream %d: base %" PRIu64 " next %" PRIu64 " end %" PRIu64
               " credit %" PRIu64 " lost %d; read %" PRIu64 " ready %" PRIu64
               " highest %" PRIu64 " limit %" PRIu64 " due %u\n",
               i, s->send[i].base, s->send[i].next, s->send[i].end, s->send[i].credit,
               s->send[i].first_lost != VC_SLOT_NONE, s->recv[i].read, s->recv[i].ready,
               s->recv[i].highest, s->recv[i].limit, s->windows_due);
}

void sim_judge_pair(uint32_t a, uint32_t b)
{
    const struct vc_session *ours = sim_session(a, b), *theirs = sim_session(b, a);
    if (ours == NULL || theirs == NULL) {
        sim_complain("no session at the end", a, b, ours != NULL, theirs != NULL);
        return;
    }
    if (memcmp(&ours->keys.tag, &theirs->keys.tag, sizeof ours->keys.tag) != 0)
        sim_complain("two sessions at the end", a, b, 0, 0);
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if (sim.pairs[a][b].sent[i] != sim.pairs[b][a].read[i])
            sim_complain("accepted and not delivered", a, b, sim.pairs[a][b].sent[i],
                         sim.pairs[b][a].read[i]);
    }
}

void sim_judge_rest(uint32_t a)
{
    const struct vc_link *link = sim.world.nodes[a].link;
    if (link->chunks.pool.count != 0)
        sim_complain("chunks are held at rest", a, a, link->chunks.pool.count, 0);
    if (link->flights.sent_pool.count != 0)
        sim_complain("packets are held at rest", a, a, link->flights.sent_pool.count,
                     0);
    if (link->flights.segment_pool.count != 0)
        sim_complain("segments are held at rest", a, a,
                     link->flights.segment_pool.count, 0);
    if (link->attempt_pool.count != 0)
        sim_complain("attempts are held at rest", a, a, link->attempt_pool.count, 0);
    if (link->half_open_pool.count != 0)
        sim_complain("places are held at rest", a, a, link->half_open_pool.count, 0);
    if (link->favoured != VC_SLOT_NONE)
        sim_complain("the reserve is held at rest", a, a, link->favoured, 0);
}

bool sim_is_busy(void)
{
    for (uint32_t a = 0; a < sim.nodes; a++) {
        if (sim.world.nodes[a].link->flights.sent_pool.count > 0)
            return true;
    }
    return false;
}

void sim_judges_begin(void)
{
    memset(uses, 0, sizeof uses);
    use_count = 0;
}

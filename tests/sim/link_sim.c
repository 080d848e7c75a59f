/*
 * The link alone under bad networks: a few machines, one seed, virtual time, judges.
 *
 *     link-sim [--seeds FIRST..LAST] [--plant N] [--verbose]
 *
 * First part: loss, delay, reordering, duplication, black-outs, moves, restarts, ends,
 * connects from both sides at once, copies of datagrams that seem to come from a victim.  Second
 * part: no faults, and all must settle.  The judges:
 *
 *   - of what was accepted while a session lived, the other side reads a prefix of each
 *     stream, each object once and unharmed; all of it, when the session lives at the end
 *   - at the end both sides of each pair speak in one session
 *   - a victim gets no more bytes than seemed to come from him
 *   - no packet number is used twice under one key
 *   - a machine that has nothing to do holds no piece of a shared pool
 *   - UP and DOWN take turns
 *
 * A plant is a mistake put into the machines, to see that the judges notice.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/link_sim.h"

/* What an object says about itself. */
struct stamp {
    uint64_t number, life;
    uint32_t from, stream, len, check;
};

static uint32_t check_of(const uint8_t *bytes, size_t len)
{
    uint32_t check = 2166136261u;
    for (size_t i = 0; i < len; i++)
        check = (check ^ bytes[i]) * 16777619u;
    return check;
}

static void talk(uint32_t a, uint32_t b)
{
    static uint8_t body[VC_LINK_OBJECT_MAX];
    struct link_world *w = &sim.world;
    struct pair *pair = &sim.pairs[a][b];
    uint32_t stream = link_world_below(w, VC_LINK_STREAM_COUNT);
    uint32_t kind = link_world_below(w, 20);
    size_t len = kind == 0  ? link_world_below(w, VC_LINK_OBJECT_MAX - 64)
                 : kind < 4 ? link_world_below(w, 4000)
                            : link_world_below(w, 400);
    for (size_t i = 0; i < len; i += 1 + len / 64)
        body[i] = (uint8_t)link_world_random(w);
    struct stamp stamp = {.number = pair->sent[stream],
                          .life = sim.lives[a],
                          .from = a,
                          .stream = stream,
                          .len = (uint32_t)len,
                          .check = check_of(body, len)};
    struct vc_bytes head = {(const uint8_t *)&stamp, sizeof stamp};
    vc_err err = vc_link_send(w->nodes[a].link, w->now, b, (enum vc_link_stream)stream,
                              head, (struct vc_bytes){body, len});
    if (err == VC_OK) {
        if (!pair->is_up)
            sim_complain("an object was accepted without a session", a, b, 0, 0);
        pair->sent[stream]++;
        sim.objects++;
    } else if (err == VC_ERR_NOT_FOUND && pair->is_up && sim_session(a, b) != NULL &&
               sim_session(a, b)->is_told) {
        sim_complain("no session, but UP was told", a, b, 0, 0);
    }
}

static void take_object(uint32_t a, uint32_t b, struct vc_bytes bytes)
{
    struct pair *pair = &sim.pairs[a][b];
    struct stamp stamp;
    if (bytes.len < sizeof stamp) {
        sim_complain("an object is short", a, b, bytes.len, 0);
        return;
    }
    memcpy(&stamp, bytes.data, sizeof stamp);
    if (stamp.from != b || stamp.len != bytes.len - sizeof stamp ||
        stamp.stream >= VC_LINK_STREAM_COUNT ||
        stamp.check != check_of(bytes.data + sizeof stamp, stamp.len)) {
        sim_complain("an object is harmed", a, b, stamp.number, stamp.len);
        return;
    }
    if (!pair->is_up)
        sim_complain("an object without a session", a, b, stamp.number, 0);
    if (stamp.number != pair->read[stamp.stream])
        sim_complain("not the next object of its stream", a, b, stamp.number,
                     pair->read[stamp.stream]);
    pair->read[stamp.stream]++;
}

static void on_output(struct link_world *w, struct link_node *node,
                      const struct vc_link_output *output)
{
    uint32_t a = node->index, b = output->peer;
    struct pair *pair = &sim.pairs[a][b];
    if (sim.is_verbose && output->kind != VC_LINK_OBJECT)
        printf("%8" PRIu64 " %u-%u %s %s\n", w->now, a, b,
               output->kind == VC_LINK_UP      ? "UP"
               : output->kind == VC_LINK_DOWN  ? "DOWN"
               : output->kind == VC_LINK_MOVED ? "MOVED"
               : output->kind == VC_LINK_SILENT ? "SILENT"
               : output->kind == VC_LINK_HEARD  ? "HEARD"
                                                : "WRITABLE",
               output->kind == VC_LINK_DOWN ? vc_err_name(output->reason) : "");
    switch (output->kind) {
    case VC_LINK_UP:
        if (pair->is_up)
            sim_complain("UP twice", a, b, 0, 0);
        memset(pair->sent, 0, sizeof pair->sent);
        memset(pair->read, 0, sizeof pair->read);
        pair->is_up = true;
        pair->is_silent = false;
        pair->ups++;
        sim.ups++;
        break;
    case VC_LINK_DOWN:
        /* An attempt may fail, or be closed before UP could be told. */
        if (!pair->is_up && output->reason != VC_ERR_PEER_UNREACHABLE &&
            output->reason != VC_ERR_AWAY)
            sim_complain("DOWN without UP", a, b, (uint64_t)-output->reason, 0);
        pair->is_up = false;
        pair->connect_at = w->now + 100 + link_world_below(w, 2000);
        pair->downs++;
        break;
    case VC_LINK_OBJECT:
        take_object(a, b, output->bytes);
        break;
    case VC_LINK_WRITABLE:
        if (!pair->is_up)
            sim_complain("WRITABLE without a session", a, b, 0, 0);
        break;
    case VC_LINK_SILENT:
    case VC_LINK_HEARD:
        if (pair->is_silent == (output->kind == VC_LINK_SILENT))
            sim_complain("SILENT or HEARD twice", a, b, 0, 0);
        pair->is_silent = !pair->is_silent;
        /* Somebody may know where he is. */
        if (pair->is_silent && link_world_below(w, 2) == 0 &&
            vc_link_connect(node->link, w->now, b, &w->nodes[b].addr, 1) != VC_OK)
            sim_complain("a silent peer is not known", a, b, 0, 0);
        break;
    case VC_LINK_MOVED:
    case VC_LINK_DATAGRAM:
        break;
    }
}

static struct victim *victim_of(const struct vc_addr *addr)
{
    for (uint32_t i = 0; i < sim.victim_count; i++) {
        if (vc_addr_equal(&sim.victims[i].addr, addr))
            return &sim.victims[i];
    }
    return NULL;
}

/* Somebody repeats a datagram to @to with another sender's address, faster than it goes. */
static void spoof(const struct vc_addr *to, struct vc_bytes bytes)
{
    struct link_world *w = &sim.world;
    uint32_t which = link_world_below(w, sim.nodes);
    struct link_node *node = &w->nodes[which];
    if (!vc_addr_equal(&node->addr, to))
        return;
    if (sim.victim_count < VICTIMS && link_world_below(w, 4) == 0)
        sim.victims[sim.victim_count++] =
            (struct victim){.addr = link_world_addr(900000 + sim.victim_count, 53)};
    if (sim.victim_count == 0)
        return;
    struct victim *victim = &sim.victims[link_world_below(w, sim.victim_count)];
    victim->in += bytes.len;
    vc_link_recv(node->link, w->now, &victim->addr, bytes);
}

static bool filter(struct link_world *w, struct link_node *from,
                   const struct vc_addr *to, struct vc_bytes bytes)
{
    struct victim *victim = victim_of(to);
    if (victim != NULL) {
        victim->out += bytes.len;
        if (victim->out > victim->in)
            sim_complain("a victim gets more bytes than seemed to come from him",
                         from->index, from->index, victim->out, victim->in);
        return true;
    }
    if (sim.dark_until[from->index] > w->now)
        return true;
    for (uint32_t i = 0; i < sim.nodes; i++) {
        if (vc_addr_equal(&w->nodes[i].addr, to) && sim.dark_until[i] > w->now)
            return true;
    }
    if (sim.has_faults && link_world_below(w, 100000) < sim.spoof)
        spoof(to, bytes);
    return false;
}

static void restart(uint32_t a)
{
    struct link_world *w = &sim.world;
    link_world_restart(&w->nodes[a]);
    sim.lives[a]++;
    sim.restarts++;
    for (uint32_t b = 0; b < sim.nodes; b++) {
        if (a == b)
            continue;
        link_world_introduce(&w->nodes[a], &w->nodes[b]);
        memset(&sim.pairs[a][b], 0, sizeof sim.pairs[a][b]);
        sim.pairs[a][b].connect_at = w->now + link_world_below(w, 3000);
    }
    if (sim.is_verbose)
        printf("%8" PRIu64 " %u restarts\n", w->now, a);
}

static void move(uint32_t a)
{
    struct link_world *w = &sim.world;
    sim.moves++;
    sim.next_port++;
    w->nodes[a].addr = link_world_addr(
        link_world_below(w, 2) == 0 ? a + 1 : a + 1 + 256 * sim.next_port,
        sim.next_port);
    if (link_world_below(w, 2) == 0)
        vc_link_probe_all(w->nodes[a].link, w->now);
    if (sim.is_verbose)
        printf("%8" PRIu64 " %u moves\n", w->now, a);
}

static bool happens(uint32_t chance)
{
    return link_world_below(&sim.world, 100000) < chance;
}

/* Puts the mistake into one session. */
static void plant(uint32_t a, uint32_t b)
{
    struct vc_session *s = sim_session(a, b);
    struct vc_link *link = sim.world.nodes[a].link;
    if (a == b || s == NULL)
        return;
    if (sim.plant == PLANT_PROOF)
        s->is_proved = true;
    if (!happens(10000))
        return;
    for (int i = 0; sim.plant == PLANT_GAP && i < VC_LINK_STREAM_COUNT; i++) {
        if (s->recv[i].ready < s->recv[i].highest)
            s->recv[i].ready++;
    }
    if (sim.plant == PLANT_CHUNK && vc_chunks_left(&link->chunks) > 0)
        (void)vc_chunk_take(&link->chunks);
}

/* One side ends a session, and wants another one soon. */
static void close(uint32_t a, uint32_t b)
{
    struct link_world *w = &sim.world;
    if (a == b)
        return;
    if (sim.is_verbose)
        printf("%8" PRIu64 " %u closes to %u\n", w->now, a, b);
    vc_link_close(w->nodes[a].link, w->now, b);
    sim.pairs[a][b].is_up = false;
    sim.pairs[a][b].connect_at = w->now + link_world_below(w, 3000);
}

static void make_trouble(void)
{
    struct link_world *w = &sim.world;
    uint32_t a = link_world_below(w, sim.nodes);
    plant(a, link_world_below(w, sim.nodes));
    if (happens(sim.restart))
        restart(a);
    if (happens(sim.move))
        move(a);
    if (happens(sim.close))
        close(a, link_world_below(w, sim.nodes));
    if (happens(sim.outage))
        sim.dark_until[a] =
            w->now + 1 + link_world_below(w, 1u << link_world_below(w, 16));
}

static void live(uint32_t a)
{
    struct link_world *w = &sim.world;
    for (uint32_t b = 0; b < sim.nodes; b++) {
        struct pair *pair = &sim.pairs[a][b];
        if (a == b)
            continue;
        if (!pair->is_up && w->now >= pair->connect_at) {
            vc_err err = link_world_connect(&w->nodes[a], &w->nodes[b]);
            if (err != VC_OK)
                sim_complain("connect", a, b, (uint64_t)-err, 0);
            pair->connect_at = w->now + 5000;
        }
        while (pair->is_up && sim.has_faults && happens(sim.talk))
            talk(a, b);
    }
    link_world_drain(&w->nodes[a]);
}

static void run_until(vc_ms until)
{
    struct link_world *w = &sim.world;
    while (w->now < until && sim.complaint[0] == 0) {
        vc_ms next = w->now + 1 + link_world_below(w, 200);
        for (uint32_t i = 0; i < 200 && link_world_step(w, next); i++)
            continue;
        if (w->now < next)
            w->now = next;
        if (sim.has_faults)
            make_trouble();
        for (uint32_t a = 0; a < sim.nodes; a++)
            live(a);
    }
}

static void set_up(uint64_t seed)
{
    struct link_world *w = &sim.world;
    static const vc_ms delays[] = {0, 1, 20, 200};
    static const uint32_t losses[] = {0, 0, 10, 50, 200, 400};
    link_world_init(w, seed);
    w->on_output = on_output;
    w->filter = filter;
    sim.nodes = 2 + (link_world_below(w, 4) == 0 ? 1 + link_world_below(w, 2) : 0);
    w->delay_min_ms = delays[link_world_below(w, 4)];
    w->delay_max_ms = w->delay_min_ms + (vc_ms)link_world_below(w, 3) * 30;
    w->loss = losses[link_world_below(w, 6)];
    w->duplication = link_world_below(w, 3) * 50;
    w->mtu = VC_LINK_DATAGRAM_MAX;
    if (link_world_below(w, 4) == 0) {
        w->bytes_per_ms = 20 + link_world_below(w, 500);
        w->queue_ms = 20 + link_world_below(w, 200);
    }
    sim.next_port = 7000;
    sim.talk = 5000 + link_world_below(w, 75000);
    sim.spoof = link_world_below(w, 3) == 0 ? 2000 : 0;
    sim.outage = link_world_below(w, 2) * 1000;
    sim.restart = link_world_below(w, 3) == 0 ? 300 : 0;
    sim.move = link_world_below(w, 3) == 0 ? 500 : 0;
    sim.close = link_world_below(w, 3) == 0 ? 500 : 0;
    bool is_short_of_memory = link_world_below(w, 4) == 0;
    struct vc_link_config cfg = {.peers_max = 8,
                                 .half_open_max = 16,
                                 .chunk_count = is_short_of_memory ? 512 : 4096,
                                 .packets_max = is_short_of_memory ? 64 : 2048};
    for (uint32_t i = 0; i < sim.nodes; i++)
        link_world_add(w, &cfg);
    for (uint32_t a = 0; a < sim.nodes; a++) {
        for (uint32_t b = 0; b < sim.nodes; b++) {
            if (a == b)
                continue;
            link_world_introduce(&w->nodes[a], &w->nodes[b]);
            sim.pairs[a][b].connect_at = w->now + (vc_ms)link_world_below(w, 2) * 500;
        }
    }
}

/* One run; false when a judge complained. */
static bool run(uint64_t seed, enum plant planted, bool is_verbose)
{
    struct link_world *w = &sim.world;
    memset(&sim, 0, sizeof sim);
    sim_judges_begin();
    sim.seed = seed;
    sim.plant = planted;
    sim.is_verbose = is_verbose;
    set_up(seed);
    sim.has_faults = true;
    /* Some runs are long enough for new keys. */
    vc_ms faults_ms = link_world_below(w, 8) == 0 ? 400000 : 20000;
    run_until(w->now + faults_ms);
    sim.has_faults = false;
    w->loss = w->duplication = w->bytes_per_ms = 0;
    memset(sim.dark_until, 0, sizeof sim.dark_until);
    run_until(w->now + 150000);
    /* A keepalive or its answer may be on its way: the judges come when nothing is. */
    for (uint32_t i = 0; i < 100 && (w->heap_len > 0 || sim_is_busy()); i++)
        run_until(w->now + 300);
    for (uint32_t a = 0; a < sim.nodes; a++) {
        for (uint32_t b = 0; b < sim.nodes; b++) {
            if (a != b)
                sim_judge_pair(a, b);
        }
        sim_judge_rest(a);
    }
    for (uint32_t a = 0; is_verbose && a < sim.nodes; a++) {
        for (uint32_t b = 0; b < sim.nodes; b++) {
            if (a != b)
                sim_show(a, b);
        }
    }
    bool is_good = sim.complaint[0] == 0;
    if (is_verbose || !is_good)
        printf("seed %" PRIu64 ": %s\n  %" PRIu64 " objects, %" PRIu64 " ups, %" PRIu64
               " datagrams, %" PRIu64 " restarts, %" PRIu64 " moves\n",
               seed, is_good ? "good" : sim.complaint, sim.objects, sim.ups,
               w->datagrams, sim.restarts, sim.moves);
    link_world_free(w);
    return is_good;
}

/* Every plant has to be noticed within a number of seeds. */
static int judge_plants(uint64_t seeds)
{
    int missed = 0;
    for (int planted = PLANT_NONE + 1; planted < PLANT_COUNT; planted++) {
        uint64_t seed = 1;
        while (seed <= seeds && run(seed, (enum plant)planted, false))
            seed++;
        printf("plant %d: %s\n", planted, seed <= seeds ? "noticed" : "MISSED");
        missed += seed > seeds;
    }
    return missed > 0;
}

static int usage(void)
{
    (void)fprintf(
        stderr,
        "link-sim [--seeds FIRST..LAST] [--plant N] [--judge-plants] [--verbose]\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, last = 100, bad = 0, objects = 0, ups = 0, datagrams = 0;
    bool is_verbose = false, has_plants = false;
    int planted = PLANT_NONE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            char *end;
            first = last = strtoull(argv[++i], &end, 10);
            if (end[0] == '.' && end[1] == '.')
                last = strtoull(end + 2, NULL, 10);
        } else if (strcmp(argv[i], "--plant") == 0 && i + 1 < argc) {
            planted = (int)strtol(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--judge-plants") == 0) {
            has_plants = true;
        } else if (strcmp(argv[i], "--verbose") == 0) {
            is_verbose = true;
        } else {
            return usage();
        }
    }
    if (has_plants)
        return judge_plants(last);
    for (uint64_t seed = first; seed <= last; seed++) {
        if (!run(seed, (enum plant)planted, is_verbose)) {
            bad++;
            printf("  again: link-sim --seeds %" PRIu64 " --verbose\n", seed);
            (void)fflush(stdout);
        }
        objects += sim.objects;
        ups += sim.ups;
        datagrams += sim.world.datagrams;
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " complaints; %" PRIu64 " objects, %" PRIu64
           " sessions, %" PRIu64 " datagrams\n",
           last - first + 1, bad, objects, ups, datagrams);
    return bad > 0;
}

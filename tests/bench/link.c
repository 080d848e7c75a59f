/*
 * The link's own cost: two machines on one core, without sockets between them.
 *
 *     link_bench
 *
 * Prints objects and bytes a second for three sizes, what a packet costs both sides
 * together, what sealing and opening alone would cost, handshakes a second, and the memory
 * of idle sessions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/link/link.h"

#define SECONDS  1.5
#define WAITING  4096 /* datagrams between two turns */
#define SESSIONS 10000

struct letter {
    size_t len;
    uint8_t bytes[VC_PACKET_MAX];
};

struct side {
    struct vc_link *link;
    void *mem;
    struct vc_link_peer as_peer;
    struct vc_addr addr;
    struct letter *out;
    size_t out_count;
    uint64_t objects, bytes, ups;
};

/* Of the processor, so that neighbours do not count. */
static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(bool is_fine, const char *what)
{
    if (is_fine)
        return;
    (void)fprintf(stderr, "link_bench: %s failed\n", what);
    exit(1);
}

/* @pool: chunks, and packets. */
static void begin(struct side *side, uint8_t which, uint32_t peers_max, uint32_t pool,
                  const struct vc_secret32 *dev_dh)
{
    static const uint8_t network[] = {'b', 'e', 'n', 'c', 'h'};
    struct vc_link_config cfg = {.peers_max = peers_max,
                                 .half_open_max = 1024,
                                 .chunk_count = pool,
                                 .packets_max = pool,
                                 .network_id = {network, sizeof network}};
    struct vc_secret32 seed;
    memset(&seed, which, sizeof seed);
    memset(&cfg.dev_dh, which + 16, sizeof cfg.dev_dh);
    if (dev_dh != NULL)
        cfg.dev_dh = *dev_dh;
    memset(&cfg.root, which + 32, sizeof cfg.root);
    size_t len = vc_link_footprint(&cfg);
    memset(side, 0, sizeof *side);
    side->mem = calloc(1, len);
    side->out = calloc(WAITING, sizeof *side->out);
    need(side->mem != NULL && side->out != NULL, "calloc");
    if (peers_max > 1000)
        printf("footprint of a machine for %u peers: %.1f MiB\n", peers_max,
               (double)len / 1048576);
    side->link = vc_link_init(side->mem, &cfg, &seed);
    vc_dh_public(&side->as_peer.dev_dh, &cfg.dev_dh);
    side->as_peer.root = cfg.root;
    memset(&side->as_peer.contacts, which + 48, sizeof side->as_peer.contacts);
    vc_link_answer_to(side->link, &side->as_peer.contacts, 1);
    side->addr = (struct vc_addr){.ip = {127, 0, 0, which}, .port = 7000, .family = 4};
}

static void end(struct side *side)
{
    vc_link_deinit(side->link);
    free(side->mem);
    free(side->out);
}

static void drain(struct side *side, vc_ms now)
{
    struct vc_link_output output;
    while (side->out_count < WAITING && vc_link_next(side->link, now, &output)) {
        if (output.kind == VC_LINK_DATAGRAM) {
            struct letter *letter = &side->out[side->out_count++];
            memcpy(letter->bytes, output.bytes.data, output.bytes.len);
            letter->len = output.bytes.len;
        } else if (output.kind == VC_LINK_OBJECT) {
            side->objects++;
            side->bytes += output.bytes.len;
        } else if (output.kind == VC_LINK_UP) {
            side->ups++;
        }
    }
}

/* One turn of @to: what @from has sent, and the clock. */
static void turn(struct side *from, struct side *to, vc_ms now)
{
    for (size_t i = 0; i < from->out_count; i++)
        vc_link_recv(to->link, now, &from->addr,
                     (struct vc_bytes){from->out[i].bytes, from->out[i].len});
    from->out_count = 0;
    vc_link_tick(to->link, now);
    drain(to, now);
}

static void know(struct side *a, const struct side *b, uint32_t number)
{
    need(vc_link_peer_put(a->link, number, &b->as_peer) == VC_OK, "peer_put");
}

static void stream(size_t len)
{
    struct side a, b;
    uint8_t body[VC_LINK_OBJECT_MAX];
    vc_ms now = 1000;
    begin(&a, 1, 16, 4096, NULL);
    begin(&b, 2, 16, 4096, NULL);
    know(&a, &b, 0);
    know(&b, &a, 0);
    memset(body, 7, sizeof body);
    need(vc_link_connect(a.link, now, 0, &b.addr, 1) == VC_OK, "connect");
    drain(&a, now);
    for (int i = 0; i < 10; i++) {
        turn(&a, &b, now);
        turn(&b, &a, now);
    }
    need(a.ups == 1 && b.ups == 1, "handshake");
    double start = now_s(), stop = start + SECONDS, at = start;
    while (at < stop) {
        for (int i = 0; i < 64; i++) {
            while (vc_link_send(a.link, now, 0, VC_LINK_CHAT,
                                (struct vc_bytes){NULL, 0},
                                (struct vc_bytes){body, len}) == VC_OK)
                continue;
            drain(&a, now);
            turn(&a, &b, now);
            turn(&b, &a, now);
        }
        at = now_s();
        now = 1000 + (vc_ms)((at - start) * 1000);
    }
    struct vc_link_stats sa, sb;
    vc_link_stats(a.link, &sa);
    vc_link_stats(b.link, &sb);
    double took = at - start;
    double packets = (double)(sa.datagrams_out + sb.datagrams_out);
    printf("objects of %5zu B: %9.0f/s, %6.1f MB/s, %.2f us a packet (both sides)\n",
           len, (double)b.objects / took, (double)b.bytes / took / 1e6,
           took / packets * 1e6);
    end(&a);
    end(&b);
}

static void handshakes(void)
{
    struct side a, b;
    vc_ms now = 1000;
    uint32_t count = 0;
    begin(&a, 1, 16, 4096, NULL);
    begin(&b, 2, 16, 4096, NULL);
    know(&a, &b, 0);
    know(&b, &a, 0);
    double start = now_s();
    while (now_s() < start + SECONDS) {
        need(vc_link_connect(a.link, now, 0, &b.addr, 1) == VC_OK, "connect");
        drain(&a, now);
        for (int i = 0; i < 3; i++) {
            turn(&a, &b, now);
            turn(&b, &a, now);
        }
        vc_link_close(a.link, now, 0);
        drain(&a, now);
        turn(&a, &b, now);
        turn(&b, &a, now);
        count++;
        now += 10;
    }
    need(a.ups == count, "handshakes");
    printf("handshakes: %.0f/s (both sides)\n", count / (now_s() - start));
    end(&a);
    end(&b);
}

static void strangers(void)
{
    struct side a;
    uint8_t garbage[160];
    struct vc_addr from = {.ip = {198, 51, 100, 7}, .port = 9, .family = 4};
    begin(&a, 1, 16, 4096, NULL);
    memset(garbage, 0x5a, sizeof garbage);
    uint32_t count = 0;
    double start = now_s();
    while (now_s() < start + SECONDS / 3) {
        for (int i = 0; i < 1000; i++, count++) {
            memcpy(garbage, &count, sizeof count);
            vc_link_recv(a.link, 1000, &from, VC_BYTES(garbage));
        }
    }
    printf("a stranger's datagram: %.2f us\n", (now_s() - start) / count * 1e6);
    end(&a);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    need(file != NULL && fscanf(file, "%ld %ld", &pages, &resident) == 2, "statm");
    (void)fclose(file);
    return resident * 4;
}

/* One guest after the other meets the hub and is gone; the hub keeps all the sessions. */
static void idle(void)
{
    struct side hub, guest;
    begin(&hub, 1, SESSIONS, 4096, NULL);
    long before = resident_kib();
    double start = now_s();
    for (uint32_t i = 0; i < SESSIONS; i++) {
        struct vc_secret32 own = {{(uint8_t)i, (uint8_t)(i >> 8), 1}};
        begin(&guest, 2, 1, 512, &own);
        know(&hub, &guest, i);
        know(&guest, &hub, 0);
        need(vc_link_connect(guest.link, 1000, 0, &hub.addr, 1) == VC_OK, "connect");
        drain(&guest, 1000);
        for (int turns = 0; turns < 3; turns++) {
            turn(&guest, &hub, 1000);
            turn(&hub, &guest, 1000);
        }
        need(guest.ups == 1, "handshake");
        /* What it says takes acknowledgements along: of the hub's first packet, and of the
         * credit that the hub gives for it. */
        for (int words = 0; words < 2; words++) {
            static const uint8_t word[] = {1};
            need(vc_link_send(guest.link, 1000, 0, VC_LINK_CHAT, VC_BYTES(word),
                              (struct vc_bytes){NULL, 0}) == VC_OK,
                 "send");
            drain(&guest, 1000);
            turn(&guest, &hub, 1000);
            turn(&hub, &guest, 1000);
        }
        guest.out_count = 0;
        hub.out_count = 0;
        end(&guest);
    }
    printf("%d idle sessions: %.1f MiB resident more, set up in %.1f s\n", SESSIONS,
           (double)(resident_kib() - before) / 1024, now_s() - start);
    end(&hub);
}

int main(void)
{
    need(vc_crypto_init() == VC_OK, "vc_crypto_init");
    stream(50);
    stream(300);
    stream(4096);
    stream(65536);
    handshakes();
    strangers();
    idle();
    return 0;
}

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/dht_privacy.h"

enum {
    SHOWN_MAX = 10, /* complaints that are printed: the rest is counted */
    HOUR_MS = 3600 * 1000,
    SETTLED_MS = 5 * 60 * 1000, /* a client is idle so long after its start */
};

void sim_dht_complain(struct sim_dht *world, const struct sim_dht_node *node,
                      const char *format, ...)
{
    char where[VC_ADDR_TEXT_MAX] = "";
    va_list args;

    if (++world->complaints > SHOWN_MAX || world->options.is_quiet) {
        return;
    }
    printf("COMPLAINT at %llu.%03llu s", (unsigned long long)world->now / 1000,
           (unsigned long long)world->now % 1000);
    if (node != NULL) {
        if (node->addr.family != 0) {
            vc_addr_format(&node->addr, where);
        }
        printf(", node %u (%s)", sim_dht_index(world, node), where);
    }
    fputs(": ", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* An hour of an idle client is over: how many did it write to? */
static void close_hour(struct sim_dht *world, struct sim_dht_node *node)
{
    while (node->remotes_from != VC_NEVER &&
           world->now >= node->remotes_from + HOUR_MS) {
        world->remote_hours =
            sim_dht_grow(world->remote_hours, world->remote_hour_count,
                         &world->remote_hour_room, sizeof *world->remote_hours);
        world->remote_hours[world->remote_hour_count++] = node->remote_count;
        node->remote_count = 0;
        node->remotes_from += HOUR_MS;
    }
}

static void note_remote(struct sim_dht *world, struct sim_dht_node *node,
                        const struct vc_addr *to)
{
    vc_ms settled = node->began_at + SETTLED_MS;
    uint64_t remote = 0;

    if (world->now < settled || world->now < world->measured_from) {
        return;
    }
    if (node->remotes_from == VC_NEVER) {
        node->remotes_from =
            settled > world->measured_from ? settled : world->measured_from;
    }
    close_hour(world, node);
    for (int i = 0; i < 16; i++) {
        remote = remote * 0x100000001b3u ^ to->ip[i];
    }
    for (uint32_t i = 0; i < node->remote_count; i++) {
        if (node->remotes[i] == remote) {
            return;
        }
    }
    node->remotes = sim_dht_grow(node->remotes, node->remote_count, &node->remote_room,
                                 sizeof *node->remotes);
    node->remotes[node->remote_count++] = remote;
}

void sim_dht_judge_send(struct sim_dht *world, struct sim_dht_node *node,
                        const struct vc_addr *to, struct vc_bytes bytes)
{
    if (node->evil != SIM_DHT_HONEST) {
        return;
    }
    if (bytes.len > VC_DHT_DATAGRAM_MAX) {
        sim_dht_complain(world, node, "sends %zu bytes", bytes.len);
    }
    if (!vc_addr_is_usable(to) || !sim_dht_is_public(to)) {
        sim_dht_complain(world, node, "writes to an address where nobody can be");
    }
    if (node->is_nat && node->is_idle) {
        note_remote(world, node, to);
    }
}

void sim_dht_judge_asks(struct sim_dht *world)
{
    for (uint32_t i = 0; i < world->ask_count; i++) {
        struct sim_dht_ask *ask = &world->asks[i];

        if (ask->node != SIM_DHT_NOBODY && !ask->is_overdue &&
            world->now - ask->at > VC_DHT_ASK_MAX_MS) {
            ask->is_overdue = true;
            sim_dht_complain(world, &world->nodes[ask->node],
                             "has not ended ask %u, which began at %llu ms", ask->id,
                             (unsigned long long)ask->at);
        }
    }
}

static void judge_table(struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_dht_node entry;
    uint32_t clients = 0;

    for (uint32_t i = 0; vc_dht_node_at(node->dht, i, &entry); i++) {
        bool is_spoofed;
        const struct sim_dht_node *other =
            sim_dht_at(world, &entry.contact.addr, &is_spoofed);

        world->table_nodes++;
        if (other == NULL || other->dht == NULL ||
            !vc_equal(other->key.b, entry.contact.key.b, sizeof other->key.b)) {
            world->table_dead += entry.is_suspect ? 0 : 1;
        } else if (other->evil != SIM_DHT_HONEST) {
            world->table_hostile++;
        } else if (other->is_nat) {
            clients++;
        }
        world->table_suspects += entry.is_suspect;
    }
    if (clients > 0) {
        sim_dht_complain(world, node, "has %u clients in its table", clients);
    }
}

void sim_dht_judge_end(struct sim_dht *world)
{
    if (world->options.is_private) {
        sim_dht_privacy_judge(world);
    }
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[i];

        if (node->evil != SIM_DHT_HONEST) {
            continue;
        }
        if (node->spoofed_out > node->spoofed_in) {
            sim_dht_complain(
                world, node,
                "has sent %llu bytes to addresses from which only %llu came",
                (unsigned long long)node->spoofed_out,
                (unsigned long long)node->spoofed_in);
        }
        if (node->dht != NULL) {
            close_hour(world, node);
            judge_table(world, node);
        }
    }
}

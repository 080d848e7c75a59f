/*
 * The world around a routing table under test: nodes that live, die, move and change keys, behind
 * an uplink that comes and goes; and what it knows of who failed when, by the rules of dht/table.h.
 * Include it in one source of a test program.
 */
#ifndef VC_TESTS_UNIT_DHT_TABLE_WORLD_H
#define VC_TESTS_UNIT_DHT_TABLE_WORLD_H

#include "tests/support/prop.h"
#include "tests/unit/dht/table_nodes.h"

enum { NODES = 700, CAPACITY_MAX = 200, SPARES = 24, FAILURES = 4 };

struct failure {
    vc_ms at;
    bool is_settled; /* an answer has followed */
};

struct inhabitant {
    struct vc_addr addrs[2];
    uint8_t where; /* which of them he is at */
    uint8_t key_no;
    bool is_alive;
    struct failure failures[FAILURES]; /* since he was heard */
    uint32_t failure_count;
};

static struct vc_prop prop;
static struct vc_dht_table table;
static struct inhabitant nodes[NODES];
static vc_ms now, asked_at;
static bool is_cut_off;

static uint32_t below(uint32_t bound)
{
    return vc_prop_below(&prop, bound);
}

static struct vc_dht_contact contact_of(uint32_t number, uint8_t where)
{
    struct inhabitant *node = &nodes[number];
    struct vc_dht_contact contact = {.addr = node->addrs[where]};
    /* Two begin alike. */
    uint32_t begin = number / 2;

    memcpy(contact.key.b, &begin, sizeof begin);
    contact.key.b[4] = (uint8_t)(number & 1);
    contact.key.b[31] = node->key_no;
    return contact;
}

static uint32_t number_of(const struct vc_dht_contact *contact)
{
    uint32_t begin;

    memcpy(&begin, contact->key.b, sizeof begin);
    return begin * 2 + contact->key.b[4];
}

static struct vc_addr random_addr(void)
{
    /* Few networks, so that the limits bite; in each of them few addresses twice. */
    uint8_t second = (uint8_t)below(30);

    return vc_addr_ipv4((const uint8_t[]){(uint8_t)(20 + second % 3), second,
                                          (uint8_t)below(60), (uint8_t)below(4)},
                        (uint16_t)(1 + below(50000)));
}

static void begin_world(uint32_t capacity, bool is_private)
{
    table_open(&table, capacity, SPARES, is_private);
    now = HOUR;
    asked_at = VC_NEVER;
    is_cut_off = false;
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[i] = (struct inhabitant){.addrs = {random_addr(), random_addr()},
                                       .is_alive = below(10) != 0};
    }
}

static void note_answer(void)
{
    bool was_silent = asked_at != VC_NEVER && now - asked_at >= VC_DHT_DOUBT_MS;

    for (uint32_t i = 0; i < NODES; i++) {
        struct inhabitant *node = &nodes[i];
        uint32_t kept = 0;

        for (uint32_t j = 0; j < node->failure_count; j++) {
            struct failure failure = node->failures[j];

            /* The table knows seconds. */
            if (!was_silent || failure.at / 1000 < asked_at / 1000) {
                failure.is_settled = true;
                node->failures[kept++] = failure;
            }
        }
        node->failure_count = kept;
    }
    asked_at = VC_NEVER;
}

static void note_failure(uint32_t number)
{
    struct inhabitant *node = &nodes[number];

    if (node->failure_count == FAILURES) {
        /* The first is what counts, and the last. */
        node->failure_count--;
    }
    node->failures[node->failure_count++] =
        (struct failure){.at = now, .is_settled = asked_at == VC_NEVER};
}

#endif

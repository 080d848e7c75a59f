/*
 * Nodes for the tests of the routing table: each number is one, with its own key and address.
 */
#ifndef VC_TESTS_UNIT_DHT_TABLE_NODES_H
#define VC_TESTS_UNIT_DHT_TABLE_NODES_H

#include <stdlib.h>
#include <string.h>

#include "dht/table.h"
#include "tests/support/test.h"

#define SECOND (UINT64_C(1000))
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Every node in a network of its own: 1.0.0.1, 1.1.0.1 ... 2.0.0.1 ... */
static inline struct vc_dht_contact node(uint32_t number)
{
    uint8_t ip[4] = {(uint8_t)(1 + (number >> 8 & 127)), (uint8_t)number,
                     (uint8_t)(number >> 23), 1};
    struct vc_dht_contact contact = {.addr = vc_addr_ipv4(ip, 4000)};

    memcpy(contact.key.b, &number, sizeof number);
    return contact;
}

static inline uint64_t id_in(const struct vc_dht_table *table,
                             const struct vc_dht_contact *contact)
{
    return vc_dht_node_id(&contact->addr, &contact->key, !table->is_private);
}

static inline unsigned bucket_in(const struct vc_dht_table *table,
                                 const struct vc_dht_contact *contact)
{
    return vc_dht_bucket(vc_dht_distance(table->own, id_in(table, contact)));
}

/* The next node after *number that falls into @bucket. */
static inline struct vc_dht_contact node_in_bucket(const struct vc_dht_table *table,
                                                   unsigned bucket, uint32_t *number)
{
    struct vc_dht_contact contact;

    do {
        contact = node(++*number);
    } while (bucket_in(table, &contact) != bucket);
    return contact;
}

/* Tables of the tests, and what is freed after each. */
static inline void table_open(struct vc_dht_table *table, uint32_t capacity,
                              uint32_t spares, bool is_private)
{
    void *mem = calloc(1, vc_dht_table_footprint(capacity, spares));

    assert_non_null(mem);
    vc_dht_table_init(table, mem, capacity, spares, is_private);
    vc_dht_table_set_own(table, 0, UINT64_C(0x123456789abcdef0));
}

static inline void table_close(struct vc_dht_table *table)
{
    free(table->ids);
}

/* The entry of a contact where it is said to be; NULL: it is not there. */
static inline const struct vc_dht_entry *entry_of(const struct vc_dht_table *table,
                                                  const struct vc_dht_contact *contact)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vc_dht_contact *other = &table->entries[i].contact;

        if (other->addr.port == contact->addr.port &&
            memcmp(other->key.b, contact->key.b, sizeof contact->key.b) == 0 &&
            vc_addr_equal(&other->addr, &contact->addr)) {
            return &table->entries[i];
        }
    }
    return NULL;
}

/* It is asked, and does not answer in time. */
static inline void fails(struct vc_dht_table *table, vc_ms now,
                         const struct vc_dht_contact *contact)
{
    vc_dht_table_asked(table, now - VC_DHT_GIVE_UP_MS);
    vc_dht_table_failed(table, now, contact);
}

#endif

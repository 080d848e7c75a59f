/*
 * A DHT for find alone: what is asked of it is noted, and the test says what comes of it.
 *
 * It has the functions of dht/dht.h that find calls.
 */
#ifndef VC_TESTS_UNIT_FIND_FAKE_DHT_H
#define VC_TESTS_UNIT_FIND_FAKE_DHT_H

#include "dht/dht.h"

enum { FAKE_DHT_MAX = 256 };

struct fake_put {
    uint32_t ask;
    struct vc_hash32 place;
    uint64_t seq;
    uint8_t bytes[VC_DHT_RECORD_LEN];
    bool is_withdrawn;
};

struct fake_get {
    uint32_t ask;
    struct vc_hash32 place;
    bool is_cancelled;
};

struct fake_dht {
    /* Set by the test. */
    bool is_joined, is_full;
    struct vc_addr seen;
    struct vc_key32 key;
    vc_ms time; /* Unix; 0: nobody knows it */
    uint64_t network_size;
    bool is_key_open; /* it may become another one yet */
    uint8_t table[64];
    size_t table_len;

    /* Noted. */
    uint32_t next_ask;
    struct fake_put puts[FAKE_DHT_MAX];
    size_t put_count;
    struct fake_get gets[FAKE_DHT_MAX];
    size_t get_count;
    struct vc_addr doors[FAKE_DHT_MAX];
    size_t door_count;
    uint8_t restored[64];
    size_t restored_len;
    unsigned moves;
};

struct vc_dht *fake_dht_as_dht(struct fake_dht *fake);

#endif

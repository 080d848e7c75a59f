/*
 * Records as holders meet them.  The first byte of an input says what the rest is: 0, a record
 * as it came, behind the date (8 bytes); 1, expiry, seq and body of one whose signature is right.
 */
#include <string.h>

#include "dht/records.h"

enum { CAPACITY = 4 };

static struct vc_blinded signer;
static struct vc_dht_records records;
static uint64_t mem[(size_t)CAPACITY * 2048 / sizeof(uint64_t)];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_secret32 seed = {{1}};
    struct vc_sign_secret secret;
    struct vc_key32 record;
    struct vc_scalar factor;

    (void)argc;
    (void)argv;
    if (vc_crypto_init() != VC_OK) {
        return 1;
    }
    vc_sign_keypair(&record, &secret, &seed);
    vc_blind_of_device(&factor, &record, 20455, 0);
    VC_CHECK(vc_blind_secret(&signer, &secret, &factor));
    VC_CHECK(vc_dht_records_footprint(CAPACITY) <= sizeof(mem));
    return 0;
}

/* Puts it into an empty store: what comes in comes out. */
static void try_store(struct vc_bytes bytes, vc_ms unix_ms)
{
    static const struct vc_secret32 seed = {{2}};
    const struct vc_dht_records_at at = {.unix_ms = unix_ms, .reach = UINT64_MAX};
    struct vc_dht_record record;
    struct vc_hash32 place;
    struct vc_rng rng;
    enum vc_dht_hold hold;
    uint64_t seq;

    if (vc_dht_record_read(bytes, &record) != VC_OK) {
        return;
    }
    VC_CHECK(bytes.len == VC_DHT_RECORD_LEN &&
             record.body.len == VC_DHT_RECORD_BODY_LEN);
    vc_dht_record_place(&place, &record);
    vc_rng_init(&rng, &seed);
    memset(mem, 0, sizeof(mem));
    vc_dht_records_init(&records, mem, CAPACITY, false, &rng);
    if (vc_dht_records_put(&records, &at, &record, bytes, &hold, &seq) != VC_OK) {
        VC_CHECK(vc_dht_records_count(&records) == 0);
        VC_CHECK(!vc_dht_record_is_timely(&record, unix_ms) ||
                 !vc_dht_record_verify(&record, bytes));
        return;
    }
    VC_CHECK(hold == VC_DHT_HOLD_YES && seq == record.seq);
    VC_CHECK(vc_dht_record_is_timely(&record, unix_ms));
    VC_CHECK(vc_dht_record_verify(&record, bytes));
    VC_CHECK(vc_dht_records_get(&records, &at, &place).len == bytes.len);
    VC_CHECK(memcmp(vc_dht_records_get(&records, &at, &place).data, bytes.data,
                    bytes.len) == 0);
    VC_CHECK(vc_dht_records_refresh(&records, &at, &place, record.seq, &seq) ==
             VC_DHT_HOLD_YES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    uint8_t made[VC_DHT_RECORD_LEN], body[VC_DHT_RECORD_BODY_LEN] = {0};

    if (vc_read_u8(&r) != 1) {
        vc_ms unix_ms = vc_read_u64(&r);
        try_store(vc_read_rest(&r), unix_ms);
        return 0;
    }
    vc_ms unix_ms = vc_read_u64(&r);
    uint32_t expiry = vc_read_u32(&r);
    uint64_t seq = vc_read_u64(&r);
    struct vc_bytes rest = vc_read_rest(&r);
    if (rest.len > 0 && rest.len <= sizeof(body)) {
        memcpy(body, rest.data, rest.len);
    }
    vc_dht_record_sign(made, VC_DHT_RECORD_ACCOUNT, seq, expiry, VC_BYTES(body),
                       &signer);
    try_store(VC_BYTES(made), unix_ms);
    return 0;
}

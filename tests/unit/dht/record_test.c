#include "dht/record.h"

#include <string.h>

#include "tests/support/test.h"

#define HOUR_MS UINT64_C(3600000)

static const vc_ms today = UINT64_C(20455) * 86400 * 1000 + 5 * HOUR_MS;

static struct vc_blinded signer;
static uint8_t bytes[VC_DHT_RECORD_LEN];
static uint8_t body[VC_DHT_RECORD_BODY_LEN];

static int prepare(void **state)
{
    const struct vc_secret32 seed = {{1}};
    struct vc_key32 record;
    struct vc_sign_secret secret;
    struct vc_scalar factor;

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_sign_keypair(&record, &secret, &seed);
    vc_blind_of_device(&factor, &record, vc_dht_epoch_of(today), 0);
    assert_true(vc_blind_secret(&signer, &secret, &factor));
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)(i * 7);
    }
    vc_dht_record_sign(bytes, VC_DHT_RECORD_ACCOUNT, UINT64_C(0x0102030405060708),
                       0x11121314, VC_BYTES(body), &signer);
    return 0;
}

static void test_a_record_reads_as_it_was_signed(void **state)
{
    struct vc_dht_record record;

    (void)state;
    assert_int_equal(vc_dht_record_read(VC_BYTES(bytes), &record), VC_OK);
    assert_int_equal(record.type, VC_DHT_RECORD_ACCOUNT);
    assert_memory_equal(record.key.b, signer.public_key.b, 32);
    assert_true(record.seq == UINT64_C(0x0102030405060708));
    assert_int_equal(record.expiry, 0x11121314);
    assert_int_equal(record.body.len, sizeof(body));
    assert_memory_equal(record.body.data, body, sizeof(body));
    assert_true(vc_dht_record_verify(&record, VC_BYTES(bytes)));
}

static void test_every_field_has_its_place(void **state)
{
    static const uint8_t seq_and_expiry[] = {8, 7, 6,    5,    4,    3,
                                             2, 1, 0x14, 0x13, 0x12, 0x11};

    (void)state;
    assert_int_equal(bytes[0], 1);
    assert_memory_equal(&bytes[1], signer.public_key.b, 32);
    assert_memory_equal(&bytes[33], seq_and_expiry, sizeof(seq_and_expiry));
    assert_memory_equal(&bytes[109], body, sizeof(body));
}

/* Anybody's Ed25519 must agree: the message is put together here a second time. */
static void test_the_signature_is_over_label_and_all_else(void **state)
{
    uint8_t message[16 + VC_DHT_RECORD_LEN - 64] = "dht record";
    struct vc_sig sig;

    (void)state;
    memcpy(&message[16], bytes, 45);
    memcpy(&message[16 + 45], &bytes[109], 891);
    memcpy(sig.b, &bytes[45], sizeof(sig.b));
    assert_true(vc_sign_verify(&sig, &signer.public_key, VC_BYTES(message)));
}

static void test_no_byte_may_change(void **state)
{
    uint8_t changed[VC_DHT_RECORD_LEN];
    struct vc_dht_record record;

    (void)state;
    for (size_t i = 0; i < sizeof(changed); i++) {
        memcpy(changed, bytes, sizeof(changed));
        changed[i] ^= (uint8_t)(1u << i % 8);
        if (vc_dht_record_read(VC_BYTES(changed), &record) == VC_OK) {
            assert_false(vc_dht_record_verify(&record, VC_BYTES(changed)));
        } else {
            assert_int_equal(i, 0); /* the type */
        }
    }
}

static void test_other_lengths_and_types_are_refused(void **state)
{
    uint8_t longer[VC_DHT_RECORD_LEN + 1] = {VC_DHT_RECORD_ACCOUNT};
    struct vc_dht_record record;

    (void)state;
    assert_int_equal(vc_dht_record_read(VC_BYTES(longer), &record), VC_ERR_MALFORMED);
    assert_int_equal(
        vc_dht_record_read((struct vc_bytes){longer, VC_DHT_RECORD_LEN - 1}, &record),
        VC_ERR_MALFORMED);
    assert_int_equal(vc_dht_record_read((struct vc_bytes){NULL, 0}, &record),
                     VC_ERR_MALFORMED);
    for (unsigned type = 0; type < 256; type++) {
        longer[0] = (uint8_t)type;
        assert_int_equal(
            vc_dht_record_read((struct vc_bytes){longer, VC_DHT_RECORD_LEN}, &record),
            type == VC_DHT_RECORD_ACCOUNT ? VC_OK : VC_ERR_UNSUPPORTED);
    }
}

static void test_the_place_is_that_of_the_key(void **state)
{
    struct vc_dht_record record;
    struct vc_hash32 place, same;

    (void)state;
    assert_int_equal(vc_dht_record_read(VC_BYTES(bytes), &record), VC_OK);
    vc_dht_record_place(&place, &record);
    vc_hash(same.b, sizeof(same.b), "dht", NULL, VC_BYTES(signer.public_key.b));
    assert_memory_equal(place.b, same.b, sizeof(place.b));
}

static bool is_timely(uint64_t seq, uint64_t expires_ms)
{
    const struct vc_dht_record record = {.seq = seq,
                                         .expiry = (uint32_t)(expires_ms / 1000)};

    return vc_dht_record_is_timely(&record, today);
}

static void test_a_record_counts_between_its_dates(void **state)
{
    const struct vc_dht_record strange = {.seq = UINT64_MAX, .expiry = 1};
    const vc_ms expires = today + HOUR_MS;

    (void)state;
    assert_true(is_timely(0, expires));
    assert_true(is_timely(today + 2 * HOUR_MS, expires));
    assert_false(is_timely(today + 2 * HOUR_MS + 1, expires));
    assert_false(is_timely(UINT64_MAX, expires));
    assert_true(is_timely(today, today + 30 * HOUR_MS));
    assert_false(is_timely(today, today + 30 * HOUR_MS + 1000));
    assert_true(is_timely(today, today + 1000));
    assert_false(is_timely(today, today));
    assert_false(is_timely(today, 0));
    assert_true(vc_dht_record_is_timely(&strange, 0));
    assert_false(vc_dht_record_is_timely(&strange, 1));
}

static void test_epochs_are_days(void **state)
{
    (void)state;
    assert_int_equal(vc_dht_epoch_of(0), 0);
    assert_int_equal(vc_dht_epoch_of(86399999), 0);
    assert_int_equal(vc_dht_epoch_of(86400000), 1);
    assert_int_equal(vc_dht_epoch_of(today), 20455);
    assert_int_equal(vc_dht_record_expiry(0), 86400 + 7200);
    assert_int_equal(vc_dht_record_expiry(20455), 20456 * 86400 + 7200);
}

/* Published as early as the owner may, by a clock that is two hours fast or slow, a record is
 * taken; and until its day is over. */
static void test_the_dates_of_an_epoch_are_always_timely(void **state)
{
    const vc_ms begin = UINT64_C(20456) * 86400 * 1000;
    struct vc_dht_record record = {.expiry = vc_dht_record_expiry(20456)};

    (void)state;
    for (vc_ms at = begin - VC_DHT_RECORD_AHEAD_S * UINT64_C(1000);
         at < begin + 24 * HOUR_MS; at += HOUR_MS / 4) {
        record.seq = vc_dht_record_next_seq(0, at);
        assert_true(vc_dht_record_is_timely(&record, at));
        assert_true(vc_dht_record_is_timely(&record, at - 2 * HOUR_MS));
        assert_true(vc_dht_record_is_timely(&record, at + 2 * HOUR_MS - 1));
    }
}

static void test_the_next_seq_is_the_date_or_one_more(void **state)
{
    const vc_ms rounded = today; /* five o'clock sharp */

    (void)state;
    assert_true(vc_dht_record_next_seq(0, rounded) == rounded);
    assert_true(vc_dht_record_next_seq(0, rounded + 599999) == rounded);
    assert_true(vc_dht_record_next_seq(0, rounded + 600000) == rounded + 600000);
    assert_true(vc_dht_record_next_seq(rounded, rounded + 1) == rounded + 1);
    assert_true(vc_dht_record_next_seq(rounded + 7, rounded) == rounded + 8);
    assert_true(vc_dht_record_next_seq(rounded - 1, rounded) == rounded);
    assert_true(vc_dht_record_next_seq(0, 0) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_reads_as_it_was_signed),
        cmocka_unit_test(test_every_field_has_its_place),
        cmocka_unit_test(test_the_signature_is_over_label_and_all_else),
        cmocka_unit_test(test_no_byte_may_change),
        cmocka_unit_test(test_other_lengths_and_types_are_refused),
        cmocka_unit_test(test_the_place_is_that_of_the_key),
        cmocka_unit_test(test_a_record_counts_between_its_dates),
        cmocka_unit_test(test_epochs_are_days),
        cmocka_unit_test(test_the_dates_of_an_epoch_are_always_timely),
        cmocka_unit_test(test_the_next_seq_is_the_date_or_one_more),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

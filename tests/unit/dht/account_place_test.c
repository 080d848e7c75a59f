#include "dht/account_place.h"

#include <string.h>

#include "crypto/identity.h"
#include "tests/support/test.h"

enum { EPOCH = 20455 };

static const uint8_t nonce[VC_XNONCE_LEN] = {1, 2, 3};
static const uint64_t seq = 77;

static struct vc_account account;
static struct vc_account_place place;
static uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
static uint8_t bytes[VC_DHT_RECORD_LEN];

static int prepare(void **state)
{
    const struct vc_secret32 entropy = {{1}}, contacts = {{2}};

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_account_init(&account, &entropy, &contacts);
    assert_true(vc_account_place_of_device(&place, &account.record, EPOCH, 3));
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 3);
    }
    vc_account_place_write(bytes, &place, &account.record_secret, seq, nonce, plain);
    return 0;
}

static void test_what_is_written_is_read(void **state)
{
    uint8_t opened[VC_ACCOUNT_PLAIN_LEN];
    struct vc_dht_record record;

    (void)state;
    assert_int_equal(vc_account_place_read(&place, VC_BYTES(bytes), &record, opened),
                     VC_OK);
    assert_memory_equal(opened, plain, sizeof(plain));
    assert_true(record.seq == seq);
    assert_int_equal(record.expiry, 20456 * 86400 + 7200);
    assert_memory_equal(record.body.data, nonce, sizeof(nonce));
}

static void test_holders_find_it_where_readers_look(void **state)
{
    struct vc_dht_record record;
    struct vc_hash32 at;

    (void)state;
    assert_int_equal(vc_dht_record_read(VC_BYTES(bytes), &record), VC_OK);
    vc_dht_record_place(&at, &record);
    assert_memory_equal(at.b, place.place.b, sizeof(at.b));
    assert_true(vc_dht_record_verify(&record, VC_BYTES(bytes)));
}

/* Of the same R: another day, device or an invite. */
static void test_every_place_is_its_own(void **state)
{
    const struct vc_id16 secrets[] = {{{5}}, {{6}}};
    struct vc_account_place places[6];
    uint8_t opened[VC_ACCOUNT_PLAIN_LEN];
    struct vc_dht_record record;

    (void)state;
    places[0] = place;
    assert_true(vc_account_place_of_device(&places[1], &account.record, EPOCH + 1, 3));
    assert_true(vc_account_place_of_device(&places[2], &account.record, EPOCH, 4));
    for (size_t i = 0; i < 2; i++) {
        assert_true(vc_account_place_of_invite(&places[3 + i], &account.record, EPOCH,
                                               &secrets[i]));
    }
    assert_true(vc_account_place_of_invite(&places[5], &account.record, EPOCH + 1,
                                           &secrets[0]));
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(places[i].key.b, places[j].key.b, 32);
            assert_memory_not_equal(places[i].place.b, places[j].place.b, 32);
            assert_memory_not_equal(places[i].seal.b, places[j].seal.b, 32);
        }
        assert_int_equal(
            vc_account_place_read(&places[i], VC_BYTES(bytes), &record, opened),
            i == 0 ? VC_OK : VC_ERR_AUTH);
    }
}

/* With the secret in it: a contact who happens to hold the record of an invite knows R and P',
 * and must not be able to open it. */
static void test_the_seals_are_made_of_what_readers_have(void **state)
{
    const struct vc_id16 secret = {{5}};
    struct vc_account_place invite;
    uint8_t known[32 + 32 + 16];
    struct vc_secret32 seal;

    (void)state;
    memcpy(known, account.record.b, 32);
    memcpy(&known[32], place.key.b, 32);
    vc_hash(seal.b, sizeof(seal.b), "record seal", NULL, (struct vc_bytes){known, 64});
    assert_memory_equal(place.seal.b, seal.b, sizeof(seal.b));

    assert_true(vc_account_place_of_invite(&invite, &account.record, EPOCH, &secret));
    memcpy(&known[32], invite.key.b, 32);
    memcpy(&known[64], secret.b, 16);
    vc_hash(seal.b, sizeof(seal.b), "invite record", NULL, VC_BYTES(known));
    assert_memory_equal(invite.seal.b, seal.b, sizeof(seal.b));
}

static void test_what_an_invite_says_is_read_with_it(void **state)
{
    const struct vc_id16 secret = {{5}};
    struct vc_account_place invite;
    uint8_t invited[VC_DHT_RECORD_LEN], opened[VC_ACCOUNT_PLAIN_LEN];
    struct vc_dht_record record;

    (void)state;
    assert_true(vc_account_place_of_invite(&invite, &account.record, EPOCH, &secret));
    vc_account_place_write(invited, &invite, &account.record_secret, seq, nonce, plain);
    assert_int_equal(vc_account_place_read(&invite, VC_BYTES(invited), &record, opened),
                     VC_OK);
    assert_memory_equal(opened, plain, sizeof(plain));
}

static void test_no_bit_may_change(void **state)
{
    uint8_t changed[VC_DHT_RECORD_LEN], opened[VC_ACCOUNT_PLAIN_LEN];
    struct vc_dht_record record;

    (void)state;
    for (size_t i = 0; i < sizeof(changed); i++) {
        memcpy(changed, bytes, sizeof(changed));
        changed[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(
            vc_account_place_read(&place, VC_BYTES(changed), &record, opened),
            i == 0 ? VC_ERR_UNSUPPORTED : VC_ERR_AUTH);
    }
    assert_int_equal(vc_account_place_read(&place,
                                           (struct vc_bytes){bytes, sizeof(bytes) - 1},
                                           &record, opened),
                     VC_ERR_MALFORMED);
}

/* Who knows P' and the seal, as every contact does, but not R's secret half. */
static void test_a_contact_cannot_write(void **state)
{
    const struct vc_secret32 entropy = {{7}}, contacts = {{2}};
    struct vc_account contact;
    struct vc_account_place his;
    uint8_t forged[VC_DHT_RECORD_LEN], opened[VC_ACCOUNT_PLAIN_LEN];
    struct vc_dht_record record;

    (void)state;
    vc_account_init(&contact, &entropy, &contacts);
    assert_true(vc_account_place_of_device(&his, &contact.record, EPOCH, 3));
    his.seal = place.seal;
    vc_account_place_write(forged, &his, &contact.record_secret, seq, nonce, plain);
    assert_int_equal(vc_account_place_read(&place, VC_BYTES(forged), &record, opened),
                     VC_ERR_AUTH);
    memcpy(&forged[1], place.key.b, 32);
    assert_int_equal(vc_account_place_read(&place, VC_BYTES(forged), &record, opened),
                     VC_ERR_AUTH);
}

static void test_a_bad_record_key_has_no_place(void **state)
{
    const struct vc_key32 neutral = {{1}}, junk = {{0xff, 0xff}};
    const struct vc_id16 secret = {{5}};
    struct vc_account_place none;

    (void)state;
    assert_false(vc_account_place_of_device(&none, &neutral, EPOCH, 0));
    assert_false(vc_account_place_of_device(&none, &junk, EPOCH, 0));
    assert_false(vc_account_place_of_invite(&none, &neutral, EPOCH, &secret));
    assert_true(vc_is_zero(&none, sizeof(none)));
}

static void test_wiping_leaves_nothing(void **state)
{
    struct vc_account_place copy = place;

    (void)state;
    vc_account_place_wipe(&copy);
    assert_true(vc_is_zero(&copy, sizeof(copy)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_holders_find_it_where_readers_look),
        cmocka_unit_test(test_every_place_is_its_own),
        cmocka_unit_test(test_the_seals_are_made_of_what_readers_have),
        cmocka_unit_test(test_what_an_invite_says_is_read_with_it),
        cmocka_unit_test(test_no_bit_may_change),
        cmocka_unit_test(test_a_contact_cannot_write),
        cmocka_unit_test(test_a_bad_record_key_has_no_place),
        cmocka_unit_test(test_wiping_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

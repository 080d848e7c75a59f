#include "dht/account_record.h"

#include <string.h>

#include "tests/support/account_hand.h"
#include "tests/support/test.h"

static struct account_hand bare, full;
static uint8_t bare_bytes[VC_DHT_RECORD_LEN], full_bytes[VC_DHT_RECORD_LEN];

static int prepare(void **state)
{
    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    account_hand_begin(&bare, 1, 5);
    account_hand_write(&bare, bare_bytes);
    account_hand_begin(&full, 2, 0);
    account_hand_fill(&full);
    account_hand_write(&full, full_bytes);
    return 0;
}

static vc_err read_invited(const struct account_hand *hand, const uint8_t *bytes,
                           struct vc_account_record *ret_record)
{
    return vc_account_record_read(&hand->place,
                                  (struct vc_bytes){bytes, VC_DHT_RECORD_LEN},
                                  &hand->account.fingerprint, ret_record);
}

static vc_err read_contact(const struct account_hand *hand, const uint8_t *bytes,
                           struct vc_account_record *ret_record)
{
    return vc_account_record_read_contact(
        &hand->place, (struct vc_bytes){bytes, VC_DHT_RECORD_LEN}, &hand->account.root,
        &hand->account.contacts, 1, ret_record);
}

static void assert_addrs_equal(const struct vc_addr *a, const struct vc_addr *b,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(vc_addr_equal(&a[i], &b[i]));
    }
}

static void assert_outer_equal(const struct vc_account_record *a,
                               const struct vc_account_record *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(a->seq == b->seq);
    assert_memory_equal(a->root.b, b->root.b, 32);
    assert_memory_equal(a->certificate.sig.b, b->certificate.sig.b, 64);
    assert_memory_equal(a->prekey.sig.b, b->prekey.sig.b, 64);
    assert_int_equal(a->live.count, b->live.count);
    assert_memory_equal(a->live.sig.b, b->live.sig.b, 64);
    assert_int_equal(a->stamp_price, b->stamp_price);
    assert_int_equal(a->host_count, b->host_count);
    for (size_t i = 0; i < a->host_count; i++) {
        assert_memory_equal(a->hosts[i].name.b, b->hosts[i].name.b, 16);
        assert_addrs_equal(&a->hosts[i].addr, &b->hosts[i].addr, 1);
    }
}

static void test_a_contact_reads_everything(void **state)
{
    struct vc_account_record record;

    (void)state;
    assert_int_equal(read_contact(&full, full_bytes, &record), VC_OK);
    assert_outer_equal(&record, &full.record);
    assert_true(record.has_node);
    assert_memory_equal(record.node.b, full.record.node.b, 32);
    assert_int_equal(record.addr_count, VC_RECORD_ADDRS_MAX);
    assert_addrs_equal(record.addrs, full.record.addrs, VC_RECORD_ADDRS_MAX);
    assert_int_equal(read_contact(&bare, bare_bytes, &record), VC_OK);
    assert_outer_equal(&record, &bare.record);
    assert_false(record.has_node);
}

static void test_who_has_an_invite_learns_no_address(void **state)
{
    struct vc_account_record record;

    (void)state;
    assert_int_equal(read_invited(&full, full_bytes, &record), VC_OK);
    assert_outer_equal(&record, &full.record);
    assert_false(record.has_node);
    assert_int_equal(record.addr_count, 0);
}

static void test_one_of_sixteen_generations_opens(void **state)
{
    struct vc_secret32 keys[VC_RECORD_KEYS_MAX] = {{{0}}};
    struct vc_account_record record;

    (void)state;
    for (size_t i = 0; i < VC_RECORD_KEYS_MAX; i++) {
        memset(keys, 0, sizeof(keys));
        keys[i] = full.account.contacts;
        assert_int_equal(vc_account_record_read_contact(
                             &full.place, VC_BYTES(full_bytes), &full.account.root,
                             keys, VC_RECORD_KEYS_MAX, &record),
                         VC_OK);
        assert_true(record.has_node);
    }
    memset(keys, 0, sizeof(keys));
    assert_int_equal(vc_account_record_read_contact(&full.place, VC_BYTES(full_bytes),
                                                    &full.account.root, keys,
                                                    VC_RECORD_KEYS_MAX, &record),
                     VC_OK);
    assert_false(record.has_node);
}

static void test_another_account_is_refused(void **state)
{
    struct vc_account_record record = {.seq = 1};

    (void)state;
    assert_int_equal(vc_account_record_read(&full.place, VC_BYTES(full_bytes),
                                            &bare.account.fingerprint, &record),
                     VC_ERR_AUTH);
    assert_int_equal(vc_account_record_read_contact(&full.place, VC_BYTES(full_bytes),
                                                    &bare.account.root,
                                                    &full.account.contacts, 1, &record),
                     VC_ERR_AUTH);
    assert_true(record.seq == 1);
}

/* ---- what somebody makes who has R's secret half, as every device of the account ---- */

static uint8_t plain[VC_ACCOUNT_PLAIN_LEN], forged[VC_DHT_RECORD_LEN];
static uint8_t nonce[VC_XNONCE_LEN];

/* Opens what @hand has written, to be changed. */
static void take_apart(const struct account_hand *hand, const uint8_t *bytes)
{
    struct vc_dht_record record;

    assert_int_equal(vc_account_place_read(&hand->place,
                                           (struct vc_bytes){bytes, VC_DHT_RECORD_LEN},
                                           &record, plain),
                     VC_OK);
    memcpy(nonce, record.body.data, sizeof(nonce));
}

/* Seals it again, signed by the device or not, and reads it. */
static vc_err put_together(const struct account_hand *hand, bool is_signed)
{
    struct vc_account_record record;

    if (is_signed) {
        account_hand_sign(hand, plain);
    }
    account_hand_seal(hand, nonce, plain, forged);
    return read_contact(hand, forged, &record);
}

static void test_the_hand_makes_what_the_code_makes(void **state)
{
    (void)state;
    take_apart(&full, full_bytes);
    assert_int_equal(put_together(&full, true), VC_OK);
    assert_memory_equal(forged, full_bytes, sizeof(forged));
}

/* Whoever has R and not K cannot tell whether something is said to contacts. */
static void test_saying_nothing_looks_like_saying_something(void **state)
{
    const struct vc_secret32 seed = {{0x78}};
    uint8_t inner[HAND_INNER_LEN];
    struct vc_rng rng;
    size_t equal = 0;

    (void)state;
    take_apart(&bare, bare_bytes);
    memcpy(inner, &plain[HAND_INNER], sizeof(inner));
    vc_rng_init(&rng, &seed);
    vc_account_record_write(forged, &bare.place, &bare.record, &bare.signers, &rng);
    take_apart(&bare, forged);
    for (size_t i = 0; i < sizeof(inner); i++) {
        equal += inner[i] == plain[HAND_INNER + i];
    }
    assert_true(equal < 8); /* as with random bytes */
}

static void test_every_byte_is_signed_by_the_device(void **state)
{
    (void)state;
    take_apart(&full, full_bytes);
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] ^= 0x10;
        assert_int_not_equal(put_together(&full, false), VC_OK);
        plain[i] ^= 0x10;
    }
}

static void test_it_is_signed_for_one_place_and_seq(void **state)
{
    struct account_hand later = full;
    struct vc_account_record record;

    (void)state;
    take_apart(&full, full_bytes);
    later.record.seq++;
    assert_int_equal(put_together(&later, false), VC_ERR_AUTH);
    assert_int_equal(put_together(&later, true), VC_OK);

    take_apart(&full, full_bytes);
    later = full;
    assert_true(vc_account_place_of_device(&later.place, &later.account.record,
                                           HAND_EPOCH + 1, 0));
    account_hand_seal(&later, nonce, plain, forged);
    assert_int_equal(read_invited(&later, forged, &record), VC_ERR_AUTH);
    account_hand_sign(&later, plain);
    account_hand_seal(&later, nonce, plain, forged);
    assert_int_equal(read_invited(&later, forged, &record), VC_OK);
}

/* Device 6 puts its own record, all right in itself, at the place of device 5. */
static void test_a_device_has_its_own_place(void **state)
{
    struct account_hand other;

    (void)state;
    account_hand_begin(&other, 1, 6);
    account_hand_write(&other, forged);
    take_apart(&other, forged);
    other.place = bare.place;
    assert_int_equal(put_together(&other, true), VC_ERR_AUTH);
}

/* A removed device, of which the newest statement says nothing. */
static void test_a_device_that_lives_no_more_is_refused(void **state)
{
    struct account_hand removed;
    const uint16_t others[] = {1, 2};

    (void)state;
    account_hand_begin(&removed, 3, 0);
    vc_account_sign_live(&removed.account, others, 2, HAND_EPOCH * VC_EPOCH_S);
    removed.record.live = removed.account.live;
    account_hand_write(&removed, forged);
    assert_int_equal(read_contact(&removed, forged, &removed.record), VC_ERR_AUTH);
}

static void test_parts_that_others_signed_are_refused(void **state)
{
    struct account_hand liar;
    struct vc_account_record record;

    (void)state;
    account_hand_begin(&liar, 4, 0);
    account_hand_fill(&liar);
    liar.record.live = full.record.live;
    account_hand_write(&liar, forged);
    assert_int_equal(read_contact(&liar, forged, &record), VC_ERR_AUTH);

    account_hand_begin(&liar, 4, 0);
    liar.record.prekey = full.record.prekey;
    account_hand_write(&liar, forged);
    assert_int_equal(read_contact(&liar, forged, &record), VC_ERR_AUTH);

    account_hand_begin(&liar, 4, 0);
    liar.record.certificate = full.record.certificate;
    account_hand_write(&liar, forged);
    assert_int_equal(read_contact(&liar, forged, &record), VC_ERR_AUTH);

    /* His own keys, but the root has not signed them. */
    account_hand_begin(&liar, 4, 0);
    liar.record.certificate.sig.b[0] ^= 1;
    account_hand_write(&liar, forged);
    assert_int_equal(read_contact(&liar, forged, &record), VC_ERR_AUTH);
}

/* ---- form: the device itself has signed what is wrong ---- */

static size_t hosts_at(const struct account_hand *hand)
{
    return HAND_LIVE + 1 +
           (hand->record.live.count == 0
                ? 0
                : VC_LIVE_ENCODED_MAX - 2 * VC_LIVE_INDICES_MAX +
                      2 * (size_t)hand->record.live.count);
}

static size_t extensions_at(const struct account_hand *hand)
{
    return hosts_at(hand) + 1 +
           (size_t)hand->record.host_count * (16 + VC_ADDR_ENCODED_MAX);
}

static vc_err with_byte(const struct account_hand *hand, const uint8_t *bytes,
                        size_t at, uint8_t value)
{
    take_apart(hand, bytes);
    plain[at] = value;
    return put_together(hand, true);
}

static void test_what_is_left_must_be_zeros(void **state)
{
    (void)state;
    for (size_t i = extensions_at(&full) + 1; i < HAND_SIG; i++) {
        assert_int_equal(with_byte(&full, full_bytes, i, 1), VC_ERR_MALFORMED);
    }
}

static void test_kinds_that_are_not_known_are_unsupported(void **state)
{
    (void)state;
    assert_int_equal(with_byte(&full, full_bytes, 0, 0), VC_ERR_UNSUPPORTED);
    assert_int_equal(with_byte(&full, full_bytes, 0, VC_RECORD_INVITE),
                     VC_ERR_UNSUPPORTED);
    assert_int_equal(with_byte(&full, full_bytes, 0, 255), VC_ERR_UNSUPPORTED);
}

static void test_counts_have_limits(void **state)
{
    (void)state;
    assert_int_equal(with_byte(&bare, bare_bytes, HAND_LIVE, 1), VC_ERR_MALFORMED);
    assert_int_equal(with_byte(&full, full_bytes, HAND_LIVE, 88), VC_ERR_MALFORMED);
    assert_int_equal(with_byte(&full, full_bytes, HAND_LIVE, 90), VC_ERR_MALFORMED);
    assert_int_equal(with_byte(&full, full_bytes, HAND_LIVE, 255), VC_ERR_MALFORMED);
    assert_int_equal(
        with_byte(&full, full_bytes, hosts_at(&full), VC_RECORD_HOSTS_MAX + 1),
        VC_ERR_MALFORMED);
    assert_int_equal(
        with_byte(&full, full_bytes, hosts_at(&full), VC_RECORD_HOSTS_MAX - 1),
        VC_ERR_MALFORMED);
    assert_int_equal(with_byte(&full, full_bytes, extensions_at(&full), 255),
                     VC_ERR_MALFORMED);
}

static void test_a_statement_fills_its_length(void **state)
{
    struct account_hand hand;
    const uint16_t index = 0;
    uint8_t bytes[VC_DHT_RECORD_LEN];

    (void)state;
    account_hand_begin(&hand, 6, index);
    vc_account_sign_live(&hand.account, &index, 1, HAND_EPOCH * VC_EPOCH_S);
    hand.record.live = hand.account.live;
    account_hand_write(&hand, bytes);
    assert_int_equal(with_byte(&hand, bytes, HAND_LIVE, 75), VC_OK);
    /* The zeros that follow would be good for no hosts and no extensions. */
    assert_int_equal(with_byte(&hand, bytes, HAND_LIVE, 77), VC_ERR_MALFORMED);
}

static void test_hosts_must_be_somewhere(void **state)
{
    size_t addr_at = hosts_at(&full) + 1 + 16;

    (void)state;
    assert_int_equal(with_byte(&full, full_bytes, addr_at, 5), VC_ERR_MALFORMED);
    /* Multicast. */
    assert_int_equal(with_byte(&full, full_bytes, addr_at + 1, 0xff), VC_ERR_MALFORMED);
}

static void test_extensions_of_later_versions_are_passed_over(void **state)
{
    /* A length, and so many bytes of extensions. */
    static const struct {
        uint8_t bytes[12];
        vc_err err;
    } lists[] = {
        {{10, 1, 0, 2, 0, 'a', 'b', 2, 0, 0, 0}, VC_OK},
        {{4, 0, 0, 0, 0}, VC_OK},
        {{11, 1, 0, 2, 0, 'a', 'b', 2, 0, 0, 0, 0},
         VC_ERR_MALFORMED},                              /* one too many */
        {{8, 2, 0, 0, 0, 1, 0, 0, 0}, VC_ERR_MALFORMED}, /* falling */
        {{8, 1, 0, 0, 0, 1, 0, 0, 0}, VC_ERR_MALFORMED}, /* twice */
        {{5, 1, 0, 2, 0, 'a'}, VC_ERR_MALFORMED},        /* cut off */
    };
    size_t at = extensions_at(&full);

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        take_apart(&full, full_bytes);
        memcpy(&plain[at], lists[i].bytes, sizeof(lists[i].bytes));
        assert_int_equal(put_together(&full, true), lists[i].err);
    }
}

/* What only the contacts can open. */
static vc_err with_inner(const uint8_t inner[90])
{
    struct vc_secret32 key;

    take_apart(&full, full_bytes);
    vc_hash(key.b, sizeof(key.b), "record contacts", &full.account.contacts,
            VC_BYTES(full.place.key.b));
    vc_xseal(&plain[HAND_INNER], &key, nonce, (struct vc_bytes){NULL, 0},
             (struct vc_bytes){inner, 90});
    return put_together(&full, true);
}

static void test_what_is_for_contacts_is_strict_too(void **state)
{
    uint8_t inner[90] = {0x55};

    (void)state;
    assert_int_equal(with_inner(inner), VC_OK);
    inner[32] = 1; /* an address of family 0 */
    assert_int_equal(with_inner(inner), VC_ERR_MALFORMED);
    memcpy(&inner[33], (const uint8_t[]){4, 192, 0, 2, 1, 1, 1}, 7);
    assert_int_equal(with_inner(inner), VC_OK);
    inner[40] = 1;
    assert_int_equal(with_inner(inner), VC_ERR_MALFORMED);
    inner[40] = 0;
    inner[38] = inner[39] = 0; /* nobody is at port 0 */
    assert_int_equal(with_inner(inner), VC_ERR_MALFORMED);
    inner[38] = 1;
    inner[89] = 1;
    assert_int_equal(with_inner(inner), VC_ERR_MALFORMED);
    inner[89] = 0;
    inner[32] = 4;
    assert_int_equal(with_inner(inner), VC_ERR_MALFORMED);
}

/* ---- forwards ---- */

static void make_forward(struct account_hand *hand, struct vc_sign_secret *old_secret)
{
    account_hand_begin(hand, 5, 0);
    *old_secret = hand->account.record_secret;
    hand->signers.record_secret = old_secret;
    hand->record.kind = VC_RECORD_FORWARD;
    assert_int_equal(vc_account_turn_record(&hand->account, HAND_EPOCH * VC_EPOCH_S,
                                            &hand->record.forward),
                     VC_OK);
}

static void test_a_forward_names_the_new_record_key(void **state)
{
    struct account_hand hand;
    struct vc_sign_secret old_secret;
    struct vc_account_record record;

    (void)state;
    make_forward(&hand, &old_secret);
    account_hand_write(&hand, forged);
    assert_int_equal(read_invited(&hand, forged, &record), VC_OK);
    assert_int_equal(record.kind, VC_RECORD_FORWARD);
    assert_memory_equal(record.forward.new_record.b, hand.account.record.b, 32);
    assert_memory_equal(record.root.b, hand.account.root.b, 32);
    assert_int_equal(read_contact(&hand, forged, &record), VC_OK);
    assert_int_equal(record.kind, VC_RECORD_FORWARD);
    assert_int_equal(vc_account_record_read(&hand.place, VC_BYTES(forged),
                                            &full.account.fingerprint, &record),
                     VC_ERR_AUTH);
}

static void test_a_forward_that_the_root_did_not_sign_is_refused(void **state)
{
    struct account_hand hand;
    struct vc_sign_secret old_secret;

    (void)state;
    make_forward(&hand, &old_secret);
    hand.record.forward.until++;
    account_hand_write(&hand, forged);
    assert_int_equal(read_invited(&hand, forged, &hand.record), VC_ERR_AUTH);
}

/* It is right in itself, and stands at a place of the R that it leads to. */
static void test_a_forward_of_another_record_key_is_refused(void **state)
{
    struct account_hand hand;
    struct vc_sign_secret old_secret;

    (void)state;
    make_forward(&hand, &old_secret);
    assert_true(
        vc_account_place_of_device(&hand.place, &hand.account.record, HAND_EPOCH, 0));
    hand.signers.record_secret = &hand.account.record_secret;
    account_hand_write(&hand, forged);
    assert_int_equal(read_invited(&hand, forged, &hand.record), VC_ERR_AUTH);
}

static void test_behind_a_forward_stand_zeros(void **state)
{
    struct account_hand hand;
    struct vc_sign_secret old_secret;
    struct vc_account_record record;

    (void)state;
    make_forward(&hand, &old_secret);
    account_hand_write(&hand, forged);
    take_apart(&hand, forged);
    for (size_t at = 33 + VC_FORWARD_LEN; at < sizeof(plain); at++) {
        plain[at] = 1;
        vc_account_place_write(forged, &hand.place, &old_secret, 1, nonce, plain);
        assert_int_equal(read_invited(&hand, forged, &record), VC_ERR_MALFORMED);
        plain[at] = 0;
    }
}

/* ---- invites ---- */

static void test_an_invite_says_where_the_inviter_is(void **state)
{
    const struct vc_id16 secret = {{5}};
    const struct vc_secret32 seed = {{1}};
    struct vc_invite_record record = {.seq = 9,
                                      .addr_count = VC_RECORD_INVITE_ADDRS_MAX},
                            again;
    struct vc_account_place place;
    struct vc_rng rng;

    (void)state;
    vc_rng_init(&rng, &seed);
    assert_true(
        vc_account_place_of_invite(&place, &full.account.record, HAND_EPOCH, &secret));
    for (uint8_t i = 0; i < record.addr_count; i++) {
        record.addrs[i] = hand_addr(i, i % 2 == 0);
    }
    vc_invite_record_write(forged, &place, &record, &full.account.record_secret, &rng);
    assert_int_equal(vc_invite_record_read(&place, VC_BYTES(forged), &again), VC_OK);
    assert_true(again.seq == 9);
    assert_int_equal(again.addr_count, record.addr_count);
    assert_addrs_equal(again.addrs, record.addrs, record.addr_count);
    /* Nor is it taken for a device. */
    assert_int_equal(vc_account_record_read(&place, VC_BYTES(forged),
                                            &full.account.fingerprint, &full.record),
                     VC_ERR_UNSUPPORTED);
    assert_int_equal(vc_invite_record_read(&full.place, VC_BYTES(full_bytes), &again),
                     VC_ERR_UNSUPPORTED);
}

static void test_an_invites_record_is_strict(void **state)
{
    const struct vc_id16 secret = {{5}};
    struct vc_account_place place;
    struct vc_invite_record record;
    uint8_t said[VC_ACCOUNT_PLAIN_LEN] = {VC_RECORD_INVITE};

    (void)state;
    assert_true(
        vc_account_place_of_invite(&place, &full.account.record, HAND_EPOCH, &secret));
    for (int i = 0; i < 4; i++) {
        memset(&said[1], 0, sizeof(said) - 1);
        said[1] = i == 1 ? VC_RECORD_INVITE_ADDRS_MAX + 1 : i == 2 ? 1 : 0;
        said[sizeof(said) - 1] = i == 3;
        vc_account_place_write(forged, &place, &full.account.record_secret, 1, nonce,
                               said);
        assert_int_equal(vc_invite_record_read(&place, VC_BYTES(forged), &record),
                         i == 0 ? VC_OK : VC_ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contact_reads_everything),
        cmocka_unit_test(test_who_has_an_invite_learns_no_address),
        cmocka_unit_test(test_one_of_sixteen_generations_opens),
        cmocka_unit_test(test_another_account_is_refused),
        cmocka_unit_test(test_the_hand_makes_what_the_code_makes),
        cmocka_unit_test(test_saying_nothing_looks_like_saying_something),
        cmocka_unit_test(test_every_byte_is_signed_by_the_device),
        cmocka_unit_test(test_it_is_signed_for_one_place_and_seq),
        cmocka_unit_test(test_a_device_has_its_own_place),
        cmocka_unit_test(test_a_device_that_lives_no_more_is_refused),
        cmocka_unit_test(test_parts_that_others_signed_are_refused),
        cmocka_unit_test(test_what_is_left_must_be_zeros),
        cmocka_unit_test(test_kinds_that_are_not_known_are_unsupported),
        cmocka_unit_test(test_counts_have_limits),
        cmocka_unit_test(test_a_statement_fills_its_length),
        cmocka_unit_test(test_hosts_must_be_somewhere),
        cmocka_unit_test(test_extensions_of_later_versions_are_passed_over),
        cmocka_unit_test(test_what_is_for_contacts_is_strict_too),
        cmocka_unit_test(test_a_forward_names_the_new_record_key),
        cmocka_unit_test(test_a_forward_that_the_root_did_not_sign_is_refused),
        cmocka_unit_test(test_a_forward_of_another_record_key_is_refused),
        cmocka_unit_test(test_behind_a_forward_stand_zeros),
        cmocka_unit_test(test_an_invite_says_where_the_inviter_is),
        cmocka_unit_test(test_an_invites_record_is_strict),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

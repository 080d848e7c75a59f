#include "crypto/card.h"

#include <string.h>

#include "crypto/base/hex.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/card_case.h"

/* Offsets of crypto/SPEC.md, "Contact card", for a card with one device. */
enum {
    DEVICE_COUNT_AT = 99,
    DEVICES_AT = 100,
    ADDR_COUNT_AT = DEVICES_AT + VC_CERTIFICATE_LEN,
};

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static void the_worked_example_of_the_specification_holds(void **state)
{
    (void)state;
    struct vc_secret32 entropy, contacts, sig_seed, dh_seed;
    struct person a;
    struct vc_card card;
    struct written written;
    char text[VC_HEX_ROOM(VC_CARD_ENCODED_MAX)];

    memset(&entropy, 0x01, sizeof(entropy));
    memset(&contacts, 0x02, sizeof(contacts));
    memset(&sig_seed, 0x03, sizeof(sig_seed));
    memset(&dh_seed, 0x04, sizeof(dh_seed));
    vc_account_init(&a.account, &entropy, &contacts);
    vc_device_init(&a.device, &a.account, 5, 1767225600, &sig_seed, &dh_seed);
    card_of(&card, &a);
    add_addr(&card, "192.0.2.1:5000");
    add_addr(&card, "[2001:db8::1]:5000");
    memcpy(card.name, "Alice", 6);
    write(&written, &card);
    vc_hex_encode((struct vc_bytes){written.bytes, written.len}, text);
    assert_string_equal(
        text, "01c1226c6aba9203a84e0a3a074c450273c724838119157db183c57c45ebe1fa8200e6"
              "b8a4b796be70c80dc49837a54b1e6c8d5bc4cd50f2eec4888c5b4ddce7108200020202"
              "0202020202020202020202020202020202020202020202020202020202010101000500"
              "ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1ac01b2"
              "209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b00b955690000"
              "0000c98ed0415338263ec30d690d46e0cad43bbb801977976bce7ed4e278426af4d8b7"
              "a654e5770cf748e916ec4708386269f1562d64a01c8f37abce115df5f7b0050204c000"
              "020188130620010db8000000000000000000000001881305416c696365");
}

static void a_card_comes_back(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    card.record_generation = 3;
    card.contacts_generation = 250;
    write(&written, &card);
    assert_int_equal(written.len, ADDR_COUNT_AT + 1 + 7 + 19 + 1 + 5);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_memory_equal(&again.root, &card.root, sizeof(card.root));
    assert_int_equal(again.record_generation, 3);
    assert_memory_equal(&again.record, &card.record, sizeof(card.record));
    assert_int_equal(again.contacts_generation, 250);
    assert_memory_equal(&again.contacts, &card.contacts, sizeof(card.contacts));
    assert_int_equal(again.device_count, 1);
    assert_memory_equal(&again.devices[0].dev_dh, &card.devices[0].dev_dh, 32);
    assert_int_equal(again.addr_count, 2);
    assert_true(vc_addr_equal(&again.addrs[1], &card.addrs[1]));
    assert_string_equal(again.name, "Alice");
    assert_false(again.has_prekey);
    assert_int_equal(again.one_time_count, 0);
    assert_int_equal(again.live.count, 0);
}

static void the_largest_card_fits(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written, twice;

    simple_card(&card, &a);
    for (uint16_t i = 1; i < VC_CARD_DEVICES_MAX; i++) {
        add_device(&card, &a, (uint16_t)(i * 2));
    }
    while (card.addr_count < VC_CARD_ADDRS_MAX) {
        add_addr(&card, "[2001:db8::1]:5000");
    }
    memset(card.name, 'x', VC_NAME_MAX);
    card.addrs[0] = card.addrs[1]; /* IPv6, as the others */
    add_prekey(&card, &a, &a.device);
    add_one_times(&card, VC_ONE_TIME_MAX);
    add_live(&card, &a, VC_LIVE_INDICES_MAX);
    write(&written, &card);
    assert_int_equal(written.len, 1984);
    assert_int_equal(read(&written, &again), VC_OK);
    write(&twice, &again);
    assert_int_equal(written.len, twice.len);
    assert_memory_equal(written.bytes, twice.bytes, written.len);

    struct vc_writer w = vc_writer(twice.bytes, written.len - 1);
    assert_int_equal(vc_card_write(&w, &card), VC_ERR_FULL);
    card.device_count = VC_CARD_DEVICES_MAX + 1;
    expect_assert_failure((void)!vc_card_write(&w, &card));
}

static void the_sender_stands_first_whatever_its_index(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    card.device_count = 0;
    add_device(&card, &a, 9);
    add_device(&card, &a, 2);
    add_device(&card, &a, 40);
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_int_equal(again.devices[0].index, 9);
    assert_int_equal(again.devices[2].index, 40);
}

/* Puts the certificate at @from over the one at @to. */
static void copy_device(struct written *written, size_t to,
                        const struct written *source, size_t from)
{
    memcpy(&written->bytes[DEVICES_AT + to * VC_CERTIFICATE_LEN],
           &source->bytes[DEVICES_AT + from * VC_CERTIFICATE_LEN], VC_CERTIFICATE_LEN);
}

static void devices_out_of_order_or_twice_are_malformed(void **state)
{
    (void)state;
    static const size_t orders[][3] = {
        {0, 2, 1}, {0, 0, 2}, {0, 1, 0}, {0, 1, 1}, {2, 1, 1}};
    struct person a;
    struct vc_card card, again;
    struct written right, wrong;

    simple_card(&card, &a);
    add_device(&card, &a, 2);
    add_device(&card, &a, 40);
    write(&right, &card);
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        wrong = right;
        for (size_t k = 0; k < 3; k++) {
            copy_device(&wrong, k, &right, orders[i][k]);
        }
        assert_int_equal(read(&wrong, &again), VC_ERR_MALFORMED);
    }
}

static void a_certificate_of_another_root_is_not_believed(void **state)
{
    (void)state;
    struct person a, b;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    person_init(&b, 9);
    card.root = b.account.root;
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);

    /* Every device is judged, not only the first. */
    simple_card(&card, &a);
    person_device(&b.device, &b.account, 9, 1);
    card.devices[1] = b.device.certificate;
    card.device_count = 2;
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
}

static void a_newer_card_or_suite_is_unsupported(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    written.bytes[0] = 2;
    assert_int_equal(read(&written, &again), VC_ERR_UNSUPPORTED);
    written.bytes[0] = 1;
    written.bytes[DEVICES_AT + 1] = 2;
    assert_int_equal(read(&written, &again), VC_ERR_UNSUPPORTED);
}

static void a_card_cut_off_anywhere_is_malformed(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    size_t len = written.len;
    for (written.len = 0; written.len < len; written.len++) {
        assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    }
}

static void counts_beyond_the_limits_are_malformed(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;
    static const size_t places[] = {DEVICE_COUNT_AT, ADDR_COUNT_AT};

    simple_card(&card, &a);
    write(&written, &card);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint8_t right = written.bytes[places[i]];
        for (unsigned count = 0; count < 256; count++) {
            written.bytes[places[i]] = (uint8_t)count;
            assert_int_equal(read(&written, &again),
                             count == right ? VC_OK : VC_ERR_MALFORMED);
        }
        written.bytes[places[i]] = right;
    }
}

static void an_address_that_nobody_has_is_malformed(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    written.bytes[ADDR_COUNT_AT + 2] = 224; /* multicast */
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    written.bytes[ADDR_COUNT_AT + 2] = 192;
    written.bytes[ADDR_COUNT_AT + 6] = 0; /* the port */
    written.bytes[ADDR_COUNT_AT + 7] = 0;
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    card.addrs[0].port = 0;
    expect_assert_failure(write(&written, &card));
}

static void a_record_key_outside_the_group_is_malformed(void **state)
{
    (void)state;
    static const uint8_t neutral[32] = {1};
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    memset(&card.record, 0, sizeof(card.record)); /* of order 4 */
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    memcpy(&card.record, neutral, sizeof(neutral));
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
}

static void a_name_that_plays_tricks_is_refused_both_ways(void **state)
{
    (void)state;
    static const char *const names[] = {"A\x1b[m",
                                        "A\nce",
                                        "Al\xff",
                                        " ",
                                        "\xe2\x80\xae"
                                        "a",
                                        "a\xc2\x85"};
    struct person a;
    struct vc_card card, again;
    struct written written;
    uint8_t room[VC_CARD_ENCODED_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        simple_card(&card, &a);
        size_t len = strlen(names[i]);
        memset(card.name, 'x', len);
        card.name[len] = '\0';
        write(&written, &card);
        assert_int_equal(read(&written, &again), VC_OK);
        memcpy(&written.bytes[written.len - len], names[i], len);
        assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
        memcpy(card.name, names[i], len);
        struct vc_writer w = vc_writer(room, sizeof(room));
        assert_int_equal(vc_card_write(&w, &card), VC_ERR_BAD_NAME);
    }
    memset(card.name, 'x', sizeof(card.name)); /* no end */
    struct vc_writer w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_card_write(&w, &card), VC_ERR_BAD_NAME);
}

static void a_name_may_be_empty_and_has_64_bytes_at_most(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    card.name[0] = '\0';
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_string_equal(again.name, "");

    /* 65 bytes of name, by hand. */
    written.bytes[written.len - 1] = VC_NAME_MAX + 1;
    memset(&written.bytes[written.len], 'x', VC_NAME_MAX + 1);
    written.len += VC_NAME_MAX + 1;
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
}

static void unknown_extensions_are_skipped_if_they_rise(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written, longer;

    simple_card(&card, &a);
    write(&written, &card);
    extend(&written, 0, 0);
    extend(&written, 7, 100);
    extend(&written, 0xffff, 3);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_string_equal(again.name, "Alice");

    longer = written;
    extend(&longer, 0xffff, 0);
    assert_int_equal(read(&longer, &again), VC_ERR_MALFORMED);
    longer = written;
    extend(&longer, 6, 0);
    assert_int_equal(read(&longer, &again), VC_ERR_MALFORMED);
    written.len--;
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
}

static void a_card_over_the_limit_is_malformed(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    extend(&written, 4, (uint16_t)(VC_CARD_ENCODED_MAX - written.len - 4));
    assert_int_equal(written.len, VC_CARD_ENCODED_MAX);
    assert_int_equal(read(&written, &again), VC_OK);
    written.len++;
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
}

static void a_card_carries_the_live_statement(void **state)
{
    (void)state;
    static const uint16_t both[] = {0, 3}, one[] = {0};
    struct person a, b;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    add_device(&card, &a, 3);
    vc_account_sign_live(&a.account, both, 2, PERSON_FROM_S);
    card.live = a.account.live;
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_int_equal(again.live.list_seq, 1);
    assert_memory_equal(again.live.sig.b, card.live.sig.b, sizeof(card.live.sig.b));
    /* It is the last extension: 77 bytes behind a head of 4. */
    assert_int_equal(written.bytes[written.len - 81], 3);
    written.bytes[written.len - 1] ^= 1;
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
    written.bytes[written.len - 1] ^= 1;
    written.bytes[written.len - 77] = 0; /* list_seq 0 */
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    /* A device that it does not name, and the statement of another root. */
    vc_account_sign_live(&a.account, one, 1, PERSON_FROM_S);
    card.live = a.account.live;
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
    person_init(&b, 8);
    vc_account_sign_live(&b.account, both, 2, PERSON_FROM_S);
    card.live = b.account.live;
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
}

/* Whatever is read is written the same again, but for extensions. */
static void one_card_has_one_encoding(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("one_card_has_one_encoding");
    struct person a;
    struct vc_card card, again;
    struct written written, twice;
    unsigned count = 0;

    simple_card(&card, &a);
    write(&written, &card);
    for (int run = 0; run < 3000; run++) {
        struct written changed = written;
        /* The certificate is left alone: a change in it is found by its signature. */
        size_t at = vc_prop_below(&prop, (uint32_t)written.len - VC_CERTIFICATE_LEN);
        at += at >= DEVICES_AT ? VC_CERTIFICATE_LEN : 0;
        changed.bytes[at] = (uint8_t)vc_prop_u64(&prop);
        if (read(&changed, &again) == VC_OK) {
            write(&twice, &again);
            assert_int_equal(twice.len, changed.len);
            assert_memory_equal(twice.bytes, changed.bytes, twice.len);
            count++;
        }
    }
    assert_true(count > 500);
    vc_card_wipe(&again);
    assert_true(vc_is_zero(&again, sizeof(again)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_of_the_specification_holds),
        cmocka_unit_test(a_card_comes_back),
        cmocka_unit_test(the_largest_card_fits),
        cmocka_unit_test(the_sender_stands_first_whatever_its_index),
        cmocka_unit_test(devices_out_of_order_or_twice_are_malformed),
        cmocka_unit_test(a_certificate_of_another_root_is_not_believed),
        cmocka_unit_test(a_newer_card_or_suite_is_unsupported),
        cmocka_unit_test(a_card_cut_off_anywhere_is_malformed),
        cmocka_unit_test(counts_beyond_the_limits_are_malformed),
        cmocka_unit_test(an_address_that_nobody_has_is_malformed),
        cmocka_unit_test(a_record_key_outside_the_group_is_malformed),
        cmocka_unit_test(a_name_that_plays_tricks_is_refused_both_ways),
        cmocka_unit_test(a_name_may_be_empty_and_has_64_bytes_at_most),
        cmocka_unit_test(unknown_extensions_are_skipped_if_they_rise),
        cmocka_unit_test(a_card_carries_the_live_statement),
        cmocka_unit_test(a_card_over_the_limit_is_malformed),
        cmocka_unit_test(one_card_has_one_encoding),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

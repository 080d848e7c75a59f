/*
 * What a card brings beside its fields: prekeys and the live statement.
 */
#include "tests/unit/crypto/card_case.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static void prekeys_and_statement_come_back_each_alone_and_together(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written, plain;

    simple_card(&card, &a);
    write(&plain, &card);
    for (unsigned which = 1; which < 8; which++) {
        size_t len = plain.len;

        simple_card(&card, &a);
        if (which & 1) {
            add_prekey(&card, &a, &a.device);
            len += 4 + VC_PREKEY_LEN;
        }
        if (which & 2) {
            add_one_times(&card, (uint8_t)(which + 1));
            len += 4 + (which + 1) * VC_ONE_TIME_LEN;
        }
        if (which & 4) {
            add_live(&card, &a, (uint8_t)(which - 3));
            len += 4 + 75 + 2 * (which - 4);
        }
        write(&written, &card);
        assert_int_equal(written.len, len);
        assert_memory_equal(written.bytes, plain.bytes, plain.len);
        assert_int_equal(read(&written, &again), VC_OK);
        assert_int_equal(again.has_prekey, card.has_prekey);
        assert_memory_equal(&again.prekey, &card.prekey, sizeof(card.prekey));
        assert_int_equal(again.one_time_count, card.one_time_count);
        assert_memory_equal(again.one_times, card.one_times, sizeof(card.one_times));
        assert_int_equal(again.live.count, card.live.count);
        assert_memory_equal(again.live.sig.b, card.live.sig.b, sizeof(card.live.sig.b));
    }
}

static void a_prekey_of_another_device_is_not_believed(void **state)
{
    (void)state;
    struct person a, b;
    struct vc_device other;
    struct vc_card card, again;
    struct written written;

    /* Of the second device of the card, and of somebody else's. */
    simple_card(&card, &a);
    person_init(&b, 9);
    person_device(&other, &a.account, 7, 2);
    card.devices[card.device_count++] = other.certificate;
    add_prekey(&card, &a, &other);
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
    add_prekey(&card, &b, &b.device);
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
    /* The right device signed it for another account. */
    add_prekey(&card, &b, &a.device);
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_ERR_AUTH);
    add_prekey(&card, &a, &a.device);
    write(&written, &card);
    assert_int_equal(read(&written, &again), VC_OK);
    for (size_t at = written.len - VC_PREKEY_LEN; at < written.len; at++) {
        written.bytes[at] ^= 0x40;
        assert_int_not_equal(read(&written, &again), VC_OK);
        written.bytes[at] ^= 0x40;
    }
}

/* Reads a simple card with one extension of @len bytes of 0xee. */
static vc_err try_extension(uint16_t type, uint16_t len)
{
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    extend(&written, type, len);
    return read(&written, &again);
}

static void a_known_extension_of_another_form_is_malformed(void **state)
{
    (void)state;
    for (uint16_t len = 0; len < 400; len++) {
        bool is_one_time = len == VC_ONE_TIME_LEN;

        assert_int_equal(try_extension(VC_CARD_PREKEY, len), VC_ERR_MALFORMED);
        /* More than one have the same id here. */
        assert_int_equal(try_extension(VC_CARD_ONE_TIMES, len),
                         is_one_time ? VC_OK : VC_ERR_MALFORMED);
        assert_int_equal(try_extension(VC_CARD_STATEMENT, len), VC_ERR_MALFORMED);
        assert_int_equal(try_extension(4, len), VC_OK);
    }
}

static void known_extensions_stand_among_unknown_ones(void **state)
{
    (void)state;
    struct person a;
    struct vc_card card, again;
    struct written written;

    simple_card(&card, &a);
    write(&written, &card);
    extend(&written, 0, 5);
    extend(&written, VC_CARD_ONE_TIMES, VC_ONE_TIME_LEN);
    extend(&written, 4, 0);
    assert_int_equal(read(&written, &again), VC_OK);
    assert_false(again.has_prekey);
    assert_int_equal(again.one_time_count, 1);
    assert_int_equal(again.one_times[0].id, 0xeeeeeeee);
    assert_int_equal(again.live.count, 0);
    extend(&written, 4, 0); /* does not rise */
    assert_int_equal(read(&written, &again), VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prekeys_and_statement_come_back_each_alone_and_together),
        cmocka_unit_test(a_prekey_of_another_device_is_not_believed),
        cmocka_unit_test(a_known_extension_of_another_form_is_malformed),
        cmocka_unit_test(known_extensions_stand_among_unknown_ones),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

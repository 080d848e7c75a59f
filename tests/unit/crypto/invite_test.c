#include "crypto/invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/base32.h"
#include "crypto/base/crc24.h"
#include "crypto/base/hex.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* The worked examples of crypto/SPEC.md: one text for each shape of hints. */
static const char *const examples[4] = {

    "VECHE:EBII4RIXUGQGNRAGIVNIEKEVJKV5QTHGXCSLPFV6ODEA3REYG6SUWHTMRVN4JTKQ"
    "6LXMJCEMLNG5ZZYQQICQKBIFAUCQKBIFAUCQKBIFAUC4AAACAGEBGBQGAYDAMBQGAYDAMB"
    "QGAYDAMBWLZPLQ",

    "VECHE:ERII4RIXUGQGNRAGIVNIEKEVJKV5QTHGXCSLPFV6ODEA3REYG6SUWHTMRVN4JTKQ"
    "6LXMJCEMLNG5ZZYQQICQKBIFAUCQKBIFAUCQKBIFAUCSAAINXAAAAAAAAAAAAAAAAAAADC"
    "ATAAAAAAB57MHA",

    "VECHE:FBII4RIXUGQGNRAGIVNIEKEVJKV5QTHGXCSLPFV6ODEA3REYG6SUWHTMRVN4JTKQ"
    "6LXMJCEMLNG5ZZYQQICQKBIFAUCQKBIFAUCQKBIFAUC4AAACAGEBHQAAAIBISE6AAABAHC"
    "QTAAAAAAG5G63A",

    "VECHE:H7YAARIXUGQGNRAGIVNIEKEVJKV5QTHGXCSLPFV6ODEA3REYG6SUWHTMRVN4JTKQ"
    "6LXMJCEMLNG5ZZYQQICQKBIFAUCQKBIFAUCQKBIFAUCSAAINXAAAAAAAAAAAAAAAAAAADQ"
    "AAAIAYQEYXL6PA",
};

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static struct vc_addr addr_of(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return addr;
}

static void example(struct vc_invite *ret_invite, int shape)
{
    static const char *const addrs[4][3] = {
        {"192.0.2.1:5000"},
        {"[2001:db8::1]:5000"},
        {"192.0.2.1:5000", "192.0.2.2:5001", "192.0.2.3:5002"},
        {"[2001:db8::1]:5000", "192.0.2.1:5000"},
    };
    struct vc_secret32 entropy, contacts;
    struct vc_account account;

    memset(&entropy, 0x01, sizeof(entropy));
    memset(&contacts, 0x02, sizeof(contacts));
    vc_account_init(&account, &entropy, &contacts);
    memset(ret_invite, 0, sizeof(*ret_invite));
    ret_invite->is_reusable = shape == 3;
    ret_invite->device_index = shape == 3 ? 63 : 5;
    ret_invite->expiry_day = shape == 3 ? 0 : 142;
    ret_invite->fingerprint = account.fingerprint;
    ret_invite->record = account.record;
    memset(&ret_invite->secret, 5, sizeof(ret_invite->secret));
    if (shape == 0) {
        memset(&ret_invite->relay, 6, sizeof(ret_invite->relay));
    }
    for (uint8_t i = 0; i < 3 && addrs[shape][i] != NULL; i++) {
        ret_invite->addrs[i] = addr_of(addrs[shape][i]);
        ret_invite->addr_count = (uint8_t)(i + 1);
    }
}

static void assert_same(const struct vc_invite *a, const struct vc_invite *b)
{
    assert_int_equal(a->is_reusable, b->is_reusable);
    assert_int_equal(a->device_index, b->device_index);
    assert_int_equal(a->expiry_day, b->expiry_day);
    assert_memory_equal(&a->fingerprint, &b->fingerprint, sizeof(a->fingerprint));
    assert_memory_equal(&a->record, &b->record, sizeof(a->record));
    assert_memory_equal(&a->secret, &b->secret, sizeof(a->secret));
    assert_memory_equal(&a->relay, &b->relay, sizeof(a->relay));
    assert_int_equal(a->addr_count, b->addr_count);
    for (size_t i = 0; i < a->addr_count; i++) {
        assert_true(vc_addr_equal(&a->addrs[i], &b->addrs[i]));
    }
}

static void the_worked_examples_of_the_specification_hold(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        struct vc_invite invite, again;
        char text[VC_INVITE_TEXT_LEN + 1];

        example(&invite, shape);
        vc_invite_format(&invite, text);
        assert_string_equal(text, examples[shape]);
        assert_int_equal(strlen(text), VC_INVITE_TEXT_LEN);
        assert_int_equal(vc_invite_parse(text, &again), VC_OK);
        assert_same(&invite, &again);
    }
}

/* All 154 places, all 32 letters, all four shapes. */
static void every_single_wrong_letter_is_found(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        char text[VC_INVITE_TEXT_LEN + 1];
        memcpy(text, examples[shape], sizeof(text));
        for (size_t at = 0; at < VC_INVITE_TEXT_LEN; at++) {
            char right = text[at];
            for (size_t i = 0; i < 32; i++) {
                struct vc_invite invite;
                text[at] = alphabet[i];
                vc_err wanted = at < 6 ? VC_ERR_INVITE_BAD : VC_ERR_INVITE_CHECKSUM;
                wanted = text[at] == right ? VC_OK : wanted;
                assert_int_equal(vc_invite_parse(text, &invite), wanted);
            }
            text[at] = right;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

/*
 * What a wrong letter does to the CRC does not depend on the other letters.  So two wrong
 * letters go unseen only if they do the same, and none of all 4,558 does what another does.
 */
static void every_two_wrong_letters_are_found(void **state)
{
    (void)state;
    static uint32_t changes[VC_INVITE_BYTES * 8 / 5 * 31 + 1];
    size_t count = 0;
    char letters[VC_BASE32_LEN(VC_INVITE_BYTES) + 1];
    uint8_t bytes[VC_INVITE_BYTES] = {0};
    struct vc_bytes covered = {bytes, VC_INVITE_BYTES - 3};
    uint32_t zeros = vc_crc24(covered);

    vc_base32_encode(VC_BYTES(bytes), letters);
    for (size_t at = 0; letters[at] != '\0'; at++) {
        for (size_t value = 1; value < 32; value++) {
            letters[at] = alphabet[value];
            if (vc_base32_decode(letters, bytes, sizeof(bytes)) == VC_OK) {
                const uint8_t *crc = &bytes[VC_INVITE_BYTES - 3];
                changes[count++] =
                    vc_crc24(covered) ^ zeros ^
                    ((uint32_t)crc[0] << 16 | (uint32_t)crc[1] << 8 | crc[2]);
            }
        }
        letters[at] = 'A';
    }
    assert_int_equal(count, 147 * 31 + 1);
    qsort(changes, count, sizeof(changes[0]), by_value);
    assert_int_not_equal(changes[0], 0);
    for (size_t i = 1; i < count; i++) {
        assert_true(changes[i - 1] < changes[i]);
    }
}

static void two_letters_exchanged_are_found(void **state)
{
    (void)state;
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_invite invite;

    memcpy(text, examples[2], sizeof(text));
    for (size_t at = 6; at + 1 < VC_INVITE_TEXT_LEN; at++) {
        char first = text[at];
        text[at] = text[at + 1];
        text[at + 1] = first;
        if (text[at] != first) {
            assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_CHECKSUM);
        }
        text[at + 1] = text[at];
        text[at] = first;
    }
    assert_string_equal(text, examples[2]);
}

static void a_letter_lost_or_doubled_is_no_invite(void **state)
{
    (void)state;
    const char *right = examples[0];
    char text[VC_INVITE_TEXT_LEN + 2];
    struct vc_invite invite;

    for (size_t at = 0; at < VC_INVITE_TEXT_LEN; at++) {
        snprintf(text, sizeof(text), "%.*s%s", (int)at, right, &right[at + 1]);
        assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_BAD);
        snprintf(text, sizeof(text), "%.*s%s", (int)at + 1, right, &right[at]);
        assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_BAD);
    }
}

/* Puts @stuff between the letters of @text, in front of it and behind. */
static void stretch(const char *text, const char *stuff, char *ret_text, size_t room)
{
    size_t len = (size_t)snprintf(ret_text, room, "%s", stuff);

    for (; *text != '\0'; text++) {
        len += (size_t)snprintf(&ret_text[len], room - len, "%c%s", *text, stuff);
        assert_true(len < room);
    }
}

static void what_people_paste_is_forgiven(void **state)
{
    (void)state;
    static const char *const stuff[] = {
        " ",
        "-",
        "\n",
        "\r\n",
        "\t",
        "\xc2\xa0",
        "\xe2\x80\x8b",
        "\xef\xbb\xbf",
        "\xe2\x80\x8e",
        "\xc2\xad",
        "\xe2\x80\x91",
        "\xe2\x80\x93",
        "\xe2\x88\x92",
        "\xe2\x80\xaf",
        "\xe3\x80\x80",
        "\xe2\x80\xa8",
        "\xe2\x81\xa0",
        "\xe2\x80\x8d",
        "\xef\xb8\x8f",
        " - \r\n\xc2\xa0",
    };

    for (size_t i = 0; i < sizeof(stuff) / sizeof(stuff[0]); i++) {
        for (int shape = 0; shape < 4; shape++) {
            char text[12 * VC_INVITE_TEXT_LEN];
            struct vc_invite invite, wanted;
            stretch(examples[shape], stuff[i], text, sizeof(text));
            assert_int_equal(vc_invite_parse(text, &invite), VC_OK);
            example(&wanted, shape);
            assert_same(&invite, &wanted);
        }
    }
}

static void lower_case_and_slips_are_forgiven(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        char text[VC_INVITE_TEXT_LEN + 1];
        struct vc_invite invite, wanted;
        unsigned slips = 0;

        memcpy(text, examples[shape], sizeof(text));
        for (size_t i = 0; text[i] != '\0'; i++) {
            if (text[i] == 'O' || text[i] == 'I' || text[i] == 'B') {
                text[i] = text[i] == 'O' ? '0' : text[i] == 'I' ? '1' : '8';
                slips++;
            } else if (text[i] >= 'A' && text[i] <= 'Z' && i % 2 == 0) {
                text[i] = (char)(text[i] - 'A' + 'a');
            }
        }
        assert_true(slips > 5);
        example(&wanted, shape);
        assert_int_equal(vc_invite_parse(text, &invite), VC_OK);
        assert_same(&invite, &wanted);
    }
}

static void what_stands_around_it_is_not_forgiven(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "\"%s\"", "<%s>",     "%s.",        "veche join %s", "https://%s",
        "%s\xff", "\x80%s",   "%s\xc3\xa4", "%s%%00",        "(%s)",
        "%s,",    "VECHE:%s", "%s\x1b[0m",
    };
    char text[2 * VC_INVITE_TEXT_LEN];
    struct vc_invite invite;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *cut = strchr(forms[i], '%');
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(cut - forms[i]), forms[i],
                 examples[0], cut + 2);
        assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_BAD);
    }
}

static void another_scheme_is_no_invite(void **state)
{
    (void)state;
    static const char *const schemes[] = {
        "", "VECHA:", "TOX:", "VECHE", "VECHE::", ":", "VECHE2:", "VECH", "HTTPS:"};
    char text[2 * VC_INVITE_TEXT_LEN];
    struct vc_invite invite;

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", schemes[i], &examples[0][6]);
        assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_BAD);
    }
    assert_int_equal(vc_invite_parse("", &invite), VC_ERR_INVITE_BAD);
    assert_int_equal(vc_invite_parse("VECHE:", &invite), VC_ERR_INVITE_BAD);
    assert_int_equal(vc_invite_parse(" \n", &invite), VC_ERR_INVITE_BAD);
}

static void a_character_no_letter_has_is_a_slip_too(void **state)
{
    (void)state;
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_invite invite;

    memcpy(text, examples[0], sizeof(text));
    text[20] = '9';
    assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_CHECKSUM);
    text[20] = ':';
    assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_CHECKSUM);
    text[20] = '?';
    assert_int_equal(vc_invite_parse(text, &invite), VC_ERR_INVITE_BAD);
}

/* Makes a text of @bytes with the right checksum. */
static void seal(uint8_t bytes[VC_INVITE_BYTES], char ret_text[VC_INVITE_TEXT_LEN + 1])
{
    uint32_t crc = vc_crc24((struct vc_bytes){bytes, VC_INVITE_BYTES - 3});

    bytes[VC_INVITE_BYTES - 3] = (uint8_t)(crc >> 16);
    bytes[VC_INVITE_BYTES - 2] = (uint8_t)(crc >> 8);
    bytes[VC_INVITE_BYTES - 1] = (uint8_t)crc;
    memcpy(ret_text, "VECHE:", 6);
    vc_base32_encode((struct vc_bytes){bytes, VC_INVITE_BYTES}, &ret_text[6]);
}

static void unseal(const char *text, uint8_t ret_bytes[VC_INVITE_BYTES])
{
    assert_int_equal(vc_base32_decode(&text[6], ret_bytes, VC_INVITE_BYTES), VC_OK);
}

static void another_version_is_unsupported(void **state)
{
    (void)state;
    uint8_t bytes[VC_INVITE_BYTES];
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_invite invite;

    for (unsigned version = 0; version < 8; version++) {
        unseal(examples[0], bytes);
        bytes[0] = (uint8_t)(version << 5 | (bytes[0] & 31));
        seal(bytes, text);
        assert_int_equal(vc_invite_parse(text, &invite),
                         version == VC_INVITE_VERSION ? VC_OK : VC_ERR_UNSUPPORTED);
    }
}

/* The text of an invite says everything that is in it: what is read is written the same. */
static void one_invite_has_one_text(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("one_invite_has_one_text");
    unsigned read = 0;

    for (int run = 0; run < 50000; run++) {
        uint8_t bytes[VC_INVITE_BYTES];
        char text[VC_INVITE_TEXT_LEN + 1];
        char again[VC_INVITE_TEXT_LEN + 1];
        struct vc_invite invite;
        enum { HINTS_AT = 3 + 16 + 32 + 16 };

        unseal(examples[vc_prop_below(&prop, 4)], bytes);
        for (uint32_t i = vc_prop_below(&prop, 6); i > 0; i--) {
            bytes[HINTS_AT + vc_prop_below(&prop, 22)] =
                (uint8_t)(vc_prop_below(&prop, 2) == 0 ? 0 : vc_prop_u64(&prop));
        }
        if (vc_prop_below(&prop, 4) == 0) {
            bytes[vc_prop_below(&prop, 3)] = (uint8_t)vc_prop_u64(&prop);
        }
        seal(bytes, text);
        if (vc_invite_parse(text, &invite) == VC_OK) {
            vc_invite_format(&invite, again);
            assert_string_equal(text, again);
            read++;
        }
    }
    assert_true(read > 5000);
}

static void an_invite_ends_with_the_last_millisecond_of_its_day(void **state)
{
    (void)state;
    struct vc_invite invite = {.expiry_day = 1};

    /* 2026-01-02T23:59:59.999Z */
    assert_true(vc_invite_expires_at(&invite) == 1767398399999);
    invite.expiry_day = VC_INVITE_DAY_MAX;
    assert_true(vc_invite_expires_at(&invite) ==
                1767225600000 + 4096 * 86400000ull - 1);
    invite.expiry_day = 0;
    assert_true(vc_invite_expires_at(&invite) == VC_NEVER);
}

static void the_day_of_an_invite_stays_in_its_twelve_bits(void **state)
{
    (void)state;
    vc_ms start = 1767225600000;

    assert_int_equal(vc_invite_day(start, 7), 7);
    assert_int_equal(vc_invite_day(start + 86399999, 7), 7);
    assert_int_equal(vc_invite_day(start + 86400000, 7), 8);
    assert_int_equal(vc_invite_day(start, 0), 1);
    assert_int_equal(vc_invite_day(0, 0), 1);
    assert_int_equal(vc_invite_day(start, 1000000), VC_INVITE_DAY_MAX);
    assert_int_equal(vc_invite_day(UINT64_MAX, UINT32_MAX), VC_INVITE_DAY_MAX);
}

static void the_keys_of_a_join_are_those_of_the_specification(void **state)
{
    (void)state;
    struct vc_invite invite;
    struct vc_secret32 psk, mask;
    char text[VC_HEX_ROOM(32)];

    example(&invite, 0);
    vc_invite_keys(&invite.secret, &psk, &mask);
    vc_hex_encode(VC_BYTES(psk.b), text);
    assert_string_equal(
        text, "7ba256a3aba923ae74daddb90c84e16f07ba6f236466efc3dbc863c7b5427530");
    vc_hex_encode(VC_BYTES(mask.b), text);
    assert_string_equal(
        text, "21dc9b14490508e6fe01b8666b847a6ac470a1585a61e6a4c72e83e3e156d5ae");
}

static void what_its_bits_cannot_hold_is_a_mistake(void **state)
{
    (void)state;
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_invite invite;

    example(&invite, 0);
    invite.device_index = VC_DEVICE_INDEX_MAX + 1;
    expect_assert_failure(vc_invite_format(&invite, text));
    invite.device_index = 0;
    invite.expiry_day = VC_INVITE_DAY_MAX + 1;
    expect_assert_failure(vc_invite_format(&invite, text));
    invite.expiry_day = 0;
    invite.addr_count = VC_INVITE_ADDRS_MAX + 1;
    expect_assert_failure(vc_invite_format(&invite, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_examples_of_the_specification_hold),
        cmocka_unit_test(every_single_wrong_letter_is_found),
        cmocka_unit_test(every_two_wrong_letters_are_found),
        cmocka_unit_test(two_letters_exchanged_are_found),
        cmocka_unit_test(a_letter_lost_or_doubled_is_no_invite),
        cmocka_unit_test(what_people_paste_is_forgiven),
        cmocka_unit_test(lower_case_and_slips_are_forgiven),
        cmocka_unit_test(what_stands_around_it_is_not_forgiven),
        cmocka_unit_test(another_scheme_is_no_invite),
        cmocka_unit_test(a_character_no_letter_has_is_a_slip_too),
        cmocka_unit_test(another_version_is_unsupported),
        cmocka_unit_test(one_invite_has_one_text),
        cmocka_unit_test(an_invite_ends_with_the_last_millisecond_of_its_day),
        cmocka_unit_test(the_day_of_an_invite_stays_in_its_twelve_bits),
        cmocka_unit_test(the_keys_of_a_join_are_those_of_the_specification),
        cmocka_unit_test(what_its_bits_cannot_hold_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

#include "crypto/prekey.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/person.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static void prekey_of(struct vc_prekey *ret_prekey, const struct person *person)
{
    *ret_prekey = (struct vc_prekey){.suite = 0x0203,
                                     .index = person->device.certificate.index,
                                     .id = 0x04050607,
                                     .key = {{8, 9}},
                                     .from = PERSON_FROM_S,
                                     .until = PERSON_FROM_S + VC_PREKEY_USE_S,
                                     .capabilities = 0x0a0b0c0d,
                                     .kem_hash = {{14, 15}}};
    vc_prekey_sign(ret_prekey, &person->account.root, &person->device.sig_secret);
}

static void write(uint8_t ret_bytes[VC_PREKEY_LEN], const struct vc_prekey *prekey)
{
    struct vc_writer w = vc_writer(ret_bytes, VC_PREKEY_LEN);

    vc_prekey_write(&w, prekey);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_int_equal(vc_writer_left(&w), 0);
}

static vc_err read(struct vc_prekey *ret_prekey, const uint8_t *bytes, size_t len)
{
    struct vc_reader r = vc_reader((struct vc_bytes){bytes, len});

    vc_prekey_read(&r, ret_prekey);
    return vc_reader_end(&r);
}

static void the_fields_stand_where_the_document_says(void **state)
{
    (void)state;
    struct person a;
    struct vc_prekey prekey, again;
    uint8_t bytes[VC_PREKEY_LEN];
    static const uint8_t head[] = {1, 3, 2, 0, 0, 7, 6, 5, 4, 8, 9, 0};
    static const uint8_t tail[] = {13, 12, 11, 10, 14, 15, 0};

    person_init(&a, 3);
    prekey_of(&prekey, &a);
    write(bytes, &prekey);
    assert_memory_equal(bytes, head, sizeof(head));
    assert_memory_equal(bytes + 49, tail, sizeof(tail));
    assert_memory_equal(bytes + 85, prekey.sig.b, 64);
    memset(&again, 0, sizeof(again));
    assert_int_equal(read(&again, bytes, sizeof(bytes)), VC_OK);
    assert_memory_equal(&again, &prekey, sizeof(prekey));
    assert_int_equal(vc_prekey_verify(&again, &a.account.root, &a.device.certificate),
                     VC_OK);
}

static void any_changed_bit_is_not_believed(void **state)
{
    (void)state;
    struct person a;
    struct vc_prekey prekey, again;
    uint8_t bytes[VC_PREKEY_LEN];
    unsigned judged = 0;

    person_init(&a, 3);
    prekey_of(&prekey, &a);
    write(bytes, &prekey);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (read(&again, bytes, sizeof(bytes)) == VC_OK) {
            assert_int_equal(
                vc_prekey_verify(&again, &a.account.root, &a.device.certificate),
                VC_ERR_AUTH);
            judged++;
        }
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(judged > sizeof(bytes) * 8 - 40);
}

static void the_signature_is_of_one_device_for_one_root(void **state)
{
    (void)state;
    struct person a, b;
    struct vc_device other;
    struct vc_certificate renamed;
    struct vc_prekey prekey;

    person_init(&a, 3);
    person_init(&b, 4);
    prekey_of(&prekey, &a);
    assert_int_equal(vc_prekey_verify(&prekey, &b.account.root, &a.device.certificate),
                     VC_ERR_AUTH);
    assert_int_equal(vc_prekey_verify(&prekey, &a.account.root, &b.device.certificate),
                     VC_ERR_AUTH);
    person_device(&other, &a.account, 3, 1);
    assert_int_equal(vc_prekey_verify(&prekey, &a.account.root, &other.certificate),
                     VC_ERR_AUTH);
    /* The same dev_sig under another index is another device. */
    renamed = a.device.certificate;
    renamed.index = 1;
    assert_int_equal(vc_prekey_verify(&prekey, &a.account.root, &renamed), VC_ERR_AUTH);
    /* Signed by the root itself it is none, either. */
    vc_prekey_sign(&prekey, &a.account.root, &a.account.root_secret);
    assert_int_equal(vc_prekey_verify(&prekey, &a.account.root, &a.device.certificate),
                     VC_ERR_AUTH);
}

static void another_form_is_malformed(void **state)
{
    (void)state;
    struct person a;
    struct vc_prekey prekey, again;
    uint8_t bytes[VC_PREKEY_LEN + 1] = {0}, wrong[VC_PREKEY_LEN];

    person_init(&a, 3);
    prekey_of(&prekey, &a);
    write(bytes, &prekey);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        assert_int_equal(read(&again, bytes, len),
                         len == VC_PREKEY_LEN ? VC_OK : VC_ERR_MALFORMED);
    }
    memcpy(wrong, bytes, sizeof(wrong));
    wrong[0] = 2;
    assert_int_equal(read(&again, wrong, sizeof(wrong)), VC_ERR_MALFORMED);
    memcpy(wrong, bytes, sizeof(wrong));
    memset(wrong + 1, 0, 2); /* the suite */
    assert_int_equal(read(&again, wrong, sizeof(wrong)), VC_ERR_MALFORMED);
    memcpy(wrong, bytes, sizeof(wrong));
    memset(wrong + 5, 0, 4); /* the id */
    assert_int_equal(read(&again, wrong, sizeof(wrong)), VC_ERR_MALFORMED);
    memcpy(wrong, bytes, sizeof(wrong));
    memcpy(wrong + 45, wrong + 41, 4); /* until = from */
    assert_int_equal(read(&again, wrong, sizeof(wrong)), VC_OK);
    wrong[46]--;
    assert_int_equal(read(&again, wrong, sizeof(wrong)), VC_ERR_MALFORMED);
}

static void what_no_reader_takes_is_not_signed(void **state)
{
    (void)state;
    struct person a;
    struct vc_prekey prekey;

    person_init(&a, 3);
    prekey_of(&prekey, &a);
    prekey.id = 0;
    expect_assert_failure(
        vc_prekey_sign(&prekey, &a.account.root, &a.device.sig_secret));
    prekey_of(&prekey, &a);
    prekey.suite = 0;
    expect_assert_failure(
        vc_prekey_sign(&prekey, &a.account.root, &a.device.sig_secret));
    prekey_of(&prekey, &a);
    prekey.until = prekey.from - 1;
    expect_assert_failure(
        vc_prekey_sign(&prekey, &a.account.root, &a.device.sig_secret));
}

static void one_time_prekeys_come_back(void **state)
{
    (void)state;
    struct vc_one_time keys[VC_ONE_TIME_MAX + 1] = {{0}}, again[VC_ONE_TIME_MAX];
    uint8_t bytes[(VC_ONE_TIME_MAX + 1) * VC_ONE_TIME_LEN];
    size_t count;

    for (uint32_t i = 0; i < VC_ONE_TIME_MAX + 1; i++) {
        keys[i].id = i * 0x10000 + 1;
        memset(keys[i].key.b, (int)i, sizeof(keys[i].key.b));
    }
    for (size_t i = 1; i <= VC_ONE_TIME_MAX; i++) {
        struct vc_writer w = vc_writer(bytes, sizeof(bytes));
        struct vc_reader r;

        vc_one_time_write(&w, keys, i);
        assert_int_equal(vc_writer_bytes(&w).len, i * VC_ONE_TIME_LEN);
        r = vc_reader(vc_writer_bytes(&w));
        assert_int_equal(vc_one_time_read(&r, again, &count), VC_OK);
        assert_int_equal(count, i);
        assert_memory_equal(again, keys, i * sizeof(keys[0]));
    }
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));
    expect_assert_failure(vc_one_time_write(&w, keys, VC_ONE_TIME_MAX + 1));
}

/* Writes two keys by hand. */
static vc_err read_two(uint32_t first, uint32_t second)
{
    struct vc_one_time keys[VC_ONE_TIME_MAX];
    uint8_t bytes[2 * VC_ONE_TIME_LEN] = {0};
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));
    struct vc_reader r = vc_reader(VC_BYTES(bytes));
    size_t count;

    vc_write_u32(&w, first);
    w = vc_writer(bytes + VC_ONE_TIME_LEN, VC_ONE_TIME_LEN);
    vc_write_u32(&w, second);
    return vc_one_time_read(&r, keys, &count);
}

static void ids_rise_and_are_not_zero(void **state)
{
    (void)state;
    struct vc_one_time keys[2] = {{.id = 2}, {.id = 2}};
    uint8_t bytes[2 * VC_ONE_TIME_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    assert_int_equal(read_two(1, 2), VC_OK);
    assert_int_equal(read_two(1, 0xffffffff), VC_OK);
    assert_int_equal(read_two(2, 2), VC_ERR_MALFORMED);
    assert_int_equal(read_two(2, 1), VC_ERR_MALFORMED);
    assert_int_equal(read_two(0, 1), VC_ERR_MALFORMED);
    expect_assert_failure(vc_one_time_write(&w, keys, 2));
    keys[0].id = 0;
    expect_assert_failure(vc_one_time_write(&w, keys, 1));
}

static void none_too_many_or_a_part_of_one_are_malformed(void **state)
{
    (void)state;
    struct vc_one_time keys[VC_ONE_TIME_MAX];
    uint8_t bytes[(VC_ONE_TIME_MAX + 1) * VC_ONE_TIME_LEN] = {0};
    size_t count;

    for (size_t i = 0; i <= VC_ONE_TIME_MAX; i++) {
        bytes[i * VC_ONE_TIME_LEN] = (uint8_t)(i + 1);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct vc_reader r = vc_reader((struct vc_bytes){bytes, len});
        bool is_good = len > 0 && len % VC_ONE_TIME_LEN == 0 && len < sizeof(bytes);

        assert_int_equal(vc_one_time_read(&r, keys, &count),
                         is_good ? VC_OK : VC_ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_stand_where_the_document_says),
        cmocka_unit_test(any_changed_bit_is_not_believed),
        cmocka_unit_test(the_signature_is_of_one_device_for_one_root),
        cmocka_unit_test(another_form_is_malformed),
        cmocka_unit_test(what_no_reader_takes_is_not_signed),
        cmocka_unit_test(one_time_prekeys_come_back),
        cmocka_unit_test(ids_rise_and_are_not_zero),
        cmocka_unit_test(none_too_many_or_a_part_of_one_are_malformed),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

#include "crypto/identity.h"

#include <string.h>

#include "crypto/base/bech32m.h"
#include "crypto/base/hex.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static void assert_hex(const void *bytes, size_t len, const char *wanted)
{
    char text[VC_HEX_ROOM(VC_CERTIFICATE_LEN)];

    vc_hex_encode((struct vc_bytes){bytes, len}, text);
    assert_string_equal(text, wanted);
}

static void one_entropy_makes_one_account(void **state)
{
    (void)state;
    struct person a, same, other;

    person_init(&a, 7);
    person_init(&same, 7);
    person_init(&other, 8);
    assert_memory_equal(&a.account, &same.account, sizeof(a.account));
    assert_memory_not_equal(&a.account.root, &other.account.root, 32);
    assert_memory_not_equal(&a.account.record, &other.account.record, 32);
    assert_memory_not_equal(&a.account.root, &a.account.record, 32);
    assert_int_equal(a.account.record_generation, 0);
    assert_int_equal(a.account.contacts_generation, 0);
}

static void the_root_is_made_of_the_words_by_the_rule(void **state)
{
    (void)state;
    struct person a;
    struct vc_secret32 seed;
    struct vc_key32 root;
    struct vc_sign_secret secret;
    uint8_t zero = 0;
    struct vc_secret32 record_seed;

    person_init(&a, 7);
    vc_hash(seed.b, 32, "root seed", NULL, VC_BYTES(a.account.entropy.b));
    vc_sign_keypair(&root, &secret, &seed);
    assert_memory_equal(&root, &a.account.root, 32);
    vc_hash(record_seed.b, 32, "record key", &seed, (struct vc_bytes){&zero, 1});
    vc_sign_keypair(&root, &secret, &record_seed);
    assert_memory_equal(&root, &a.account.record, 32);
}

static void the_worked_example_of_the_specification_holds(void **state)
{
    (void)state;
    struct vc_secret32 entropy, contacts, sig_seed, dh_seed;
    struct vc_account account;
    struct vc_device device;
    char id[VC_ID_TEXT_MAX];
    uint8_t certificate[VC_CERTIFICATE_LEN];
    struct vc_writer w = vc_writer(certificate, sizeof(certificate));

    memset(&entropy, 0x01, sizeof(entropy));
    memset(&contacts, 0x02, sizeof(contacts));
    memset(&sig_seed, 0x03, sizeof(sig_seed));
    memset(&dh_seed, 0x04, sizeof(dh_seed));
    vc_account_init(&account, &entropy, &contacts);
    vc_device_init(&device, &account, 5, 1767225600, &sig_seed, &dh_seed);
    vc_id_format(&account.root, id);
    vc_certificate_write(&w, &device.certificate);

    assert_hex(account.root.b, 32,
               "c1226c6aba9203a84e0a3a074c450273c724838119157db183c57c45ebe1fa82");
    assert_hex(account.record.b, 32,
               "e6b8a4b796be70c80dc49837a54b1e6c8d5bc4cd50f2eec4888c5b4ddce71082");
    assert_hex(account.fingerprint.b, 16, "4517a1a066c406455a8228954aabd84c");
    assert_string_equal(
        id, "veche1q8qjymr2h2fq82zwpgaqwnz9qfeuwfyrsyv32ld3s0zhc30tu8agyxvxdqr");
    assert_hex(certificate, sizeof(certificate),
               "0101000500ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac87"
               "37d1ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b00"
               "b9556900000000c98ed0415338263ec30d690d46e0cad43bbb801977976bce7ed4e278"
               "426af4d8b7a654e5770cf748e916ec4708386269f1562d64a01c8f37abce115df5f7b0"
               "05");
}

static void an_id_says_its_root_and_nothing_else(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("an_id_says_its_root_and_nothing_else");

    for (int run = 0; run < 500; run++) {
        struct vc_key32 root;
        struct vc_key32 again = {{0}};
        char text[VC_ID_TEXT_MAX];

        vc_prop_bytes(&prop, root.b, sizeof(root.b));
        vc_id_format(&root, text);
        assert_int_equal(strlen(text), VC_ID_TEXT_LEN);
        assert_memory_equal(text, "veche1", 6);
        assert_int_equal(vc_id_parse(text, &again), VC_OK);
        assert_memory_equal(root.b, again.b, sizeof(root.b));
        for (size_t i = 0; text[i] != '\0'; i++) {
            char old = text[i];
            text[i] = old == 'q' ? 'p' : 'q';
            assert_int_equal(vc_id_parse(text, &again), VC_ERR_MALFORMED);
            text[i] = old;
        }
    }
}

static void an_id_of_another_version_is_unsupported(void **state)
{
    (void)state;
    uint8_t bytes[33] = {2};
    char text[VC_ID_TEXT_MAX];
    struct vc_key32 root;

    vc_bech32m_encode("veche", VC_BYTES(bytes), text, sizeof(text));
    assert_int_equal(vc_id_parse(text, &root), VC_ERR_UNSUPPORTED);
    vc_bech32m_encode("veche", (struct vc_bytes){bytes, 32}, text, sizeof(text));
    assert_int_equal(vc_id_parse(text, &root), VC_ERR_MALFORMED);
    vc_bech32m_encode("vechf", VC_BYTES(bytes), text, sizeof(text));
    assert_int_equal(vc_id_parse(text, &root), VC_ERR_MALFORMED);
    assert_int_equal(vc_id_parse("", &root), VC_ERR_MALFORMED);
}

static void a_certificate_comes_back_and_verifies(void **state)
{
    (void)state;
    struct person a;
    struct vc_certificate again;
    uint8_t room[VC_CERTIFICATE_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    person_init(&a, 7);
    vc_certificate_write(&w, &a.device.certificate);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_int_equal(vc_writer_left(&w), 0);
    struct vc_reader r = vc_reader(vc_writer_bytes(&w));
    vc_certificate_read(&r, &again);
    assert_int_equal(vc_reader_end(&r), VC_OK);
    assert_int_equal(again.from, PERSON_FROM_S);
    assert_int_equal(again.until, 0);
    assert_memory_equal(&again.dev_dh, &a.device.certificate.dev_dh, 32);
    assert_int_equal(vc_certificate_verify(&again, &a.account.root), VC_OK);
}

static void every_bit_of_a_certificate_counts(void **state)
{
    (void)state;
    struct person a;
    uint8_t room[VC_CERTIFICATE_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    person_init(&a, 7);
    vc_certificate_write(&w, &a.device.certificate);
    for (size_t bit = 0; bit < 8 * sizeof(room); bit++) {
        struct vc_certificate changed;
        room[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct vc_reader r = vc_reader(VC_BYTES(room));
        vc_certificate_read(&r, &changed);
        vc_err err = vc_certificate_verify(&changed, &a.account.root);
        /* The first three bytes are version and suite. */
        assert_int_equal(err, bit < 24 ? VC_ERR_UNSUPPORTED : VC_ERR_AUTH);
        room[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void another_root_did_not_sign_it(void **state)
{
    (void)state;
    struct person a, b;

    person_init(&a, 7);
    person_init(&b, 8);
    assert_int_equal(vc_certificate_verify(&a.device.certificate, &b.account.root),
                     VC_ERR_AUTH);
}

/* Signs @certificate as its owner would, with whatever is in it. */
static void sign_anew(struct vc_certificate *certificate,
                      const struct vc_account *account, const char *label)
{
    uint8_t message[16 + VC_CERTIFICATE_LEN] = {0};
    struct vc_writer w = vc_writer(&message[16], VC_CERTIFICATE_LEN);

    memcpy(message, label, strlen(label));
    vc_certificate_write(&w, certificate);
    vc_sign(&certificate->sig, &account->root_secret,
            (struct vc_bytes){message, sizeof(message) - sizeof(struct vc_sig)});
}

static void what_cannot_be_is_malformed_though_signed(void **state)
{
    (void)state;
    struct person a;
    struct vc_certificate changed;

    person_init(&a, 7);
    changed = a.device.certificate;
    sign_anew(&changed, &a.account, "certificate");
    assert_memory_equal(&changed.sig, &a.device.certificate.sig, sizeof(changed.sig));
    sign_anew(&changed, &a.account, "certificatf");
    assert_int_equal(vc_certificate_verify(&changed, &a.account.root), VC_ERR_AUTH);

    changed.index = VC_DEVICE_INDEX_MAX;
    sign_anew(&changed, &a.account, "certificate");
    assert_int_equal(vc_certificate_verify(&changed, &a.account.root), VC_OK);
    changed.index = VC_DEVICE_INDEX_MAX + 1;
    sign_anew(&changed, &a.account, "certificate");
    assert_int_equal(vc_certificate_verify(&changed, &a.account.root),
                     VC_ERR_MALFORMED);

    changed = a.device.certificate;
    changed.until = changed.from;
    sign_anew(&changed, &a.account, "certificate");
    assert_int_equal(vc_certificate_verify(&changed, &a.account.root), VC_OK);
    changed.until = changed.from - 1;
    sign_anew(&changed, &a.account, "certificate");
    assert_int_equal(vc_certificate_verify(&changed, &a.account.root),
                     VC_ERR_MALFORMED);
}

static void a_device_cannot_be_made_without_the_root(void **state)
{
    (void)state;
    struct person a;
    struct vc_device device;
    struct vc_secret32 seed = {{1}};

    person_init(&a, 7);
    expect_assert_failure(vc_device_init(&device, &a.account, 64, 0, &seed, &seed));
    assert_true(vc_account_has_root(&a.account));
    vc_account_drop_root(&a.account);
    assert_false(vc_account_has_root(&a.account));
    assert_true(vc_is_zero(&a.account.entropy, sizeof(a.account.entropy)));
    assert_true(vc_is_zero(&a.account.root_secret, sizeof(a.account.root_secret)));
    assert_int_equal(vc_certificate_verify(&a.device.certificate, &a.account.root),
                     VC_OK);
    expect_assert_failure(vc_device_init(&device, &a.account, 1, 0, &seed, &seed));
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    struct person a;

    person_init(&a, 7);
    vc_account_wipe(&a.account);
    vc_device_wipe(&a.device);
    assert_true(vc_is_zero(&a.account, sizeof(a.account)));
    assert_true(vc_is_zero(&a.device, sizeof(a.device)));
}

struct stored {
    uint8_t bytes[VC_IDENTITY_ENCODED_MAX];
    size_t len;
};

static void store(struct stored *ret_stored, const struct person *person)
{
    struct vc_writer w = vc_writer(ret_stored->bytes, sizeof(ret_stored->bytes));

    assert_int_equal(vc_identity_write(&w, &person->account, &person->device), VC_OK);
    ret_stored->len = vc_writer_bytes(&w).len;
}

static vc_err load(const struct stored *stored, struct person *ret_person)
{
    return vc_identity_read((struct vc_bytes){stored->bytes, stored->len},
                            &ret_person->account, &ret_person->device);
}

static void an_identity_comes_back_with_and_without_its_root(void **state)
{
    (void)state;
    struct person a, again;
    struct stored stored;

    person_init(&a, 7);
    store(&stored, &a);
    assert_int_equal(stored.len, 337);
    assert_int_equal(load(&stored, &again), VC_OK);
    assert_memory_equal(&again.account, &a.account, sizeof(a.account));
    assert_memory_equal(again.device.certificate.sig.b, a.device.certificate.sig.b, 64);
    assert_memory_equal(again.device.sig_secret.b, a.device.sig_secret.b, 64);
    assert_memory_equal(again.device.dh_secret.b, a.device.dh_secret.b, 32);

    vc_account_drop_root(&a.account);
    store(&stored, &a);
    assert_int_equal(stored.len, 305);
    assert_int_equal(load(&stored, &again), VC_OK);
    assert_memory_equal(&again.account, &a.account, sizeof(a.account));
}

/* With its live statement the value is longer, and the rest stands where it stood. */
static void a_live_statement_is_kept_when_the_root_is_taken_off(void **state)
{
    (void)state;
    static const uint16_t indices[] = {0, 7};
    struct person a, again;
    struct stored stored;

    person_init(&a, 7);
    vc_account_sign_live(&a.account, indices, 2, PERSON_FROM_S);
    assert_int_equal(a.account.live.list_seq, 1);
    assert_int_equal(a.account.live.until, PERSON_FROM_S + VC_LIVE_S);
    vc_account_sign_live(&a.account, indices, 2, UINT32_MAX);
    assert_int_equal(a.account.live.list_seq, 2);
    assert_int_equal(a.account.live.until, UINT32_MAX);
    store(&stored, &a);
    assert_int_equal(stored.len, 337 + 77);
    assert_int_equal(stored.bytes[0], 2);
    assert_int_equal(load(&stored, &again), VC_OK);
    assert_memory_equal(again.account.live.sig.b, a.account.live.sig.b, 64);
    vc_account_drop_root(&a.account);
    store(&stored, &a);
    assert_int_equal(stored.len, 305 + 77);
    assert_int_equal(load(&stored, &again), VC_OK);
    assert_false(vc_account_has_root(&again.account));
    assert_int_equal(again.account.live.count, 2);
    assert_int_equal(vc_live_verify(&again.account.live, &again.account.root), VC_OK);
    for (size_t at = 305; at < stored.len; at++) {
        stored.bytes[at] ^= 0x55;
        assert_int_not_equal(load(&stored, &again), VC_OK);
        stored.bytes[at] ^= 0x55;
    }
    expect_assert_failure(vc_account_sign_live(&a.account, indices, 2, 0));
}

static void a_live_statement_without_the_device_is_not_loaded(void **state)
{
    (void)state;
    static const uint16_t other[] = {1};
    struct person a, again;
    struct stored stored;

    person_init(&a, 7);
    vc_account_sign_live(&a.account, other, 1, PERSON_FROM_S);
    store(&stored, &a);
    assert_int_equal(load(&stored, &again), VC_ERR_MALFORMED);
}

static void the_root_comes_back_with_its_own_words_only(void **state)
{
    (void)state;
    struct person a, whole, other;

    person_init(&a, 7);
    person_init(&other, 8);
    whole = a;
    vc_account_drop_root(&a.account);
    assert_int_equal(vc_account_take_root(&a.account, &other.account.entropy),
                     VC_ERR_AUTH);
    assert_false(vc_account_has_root(&a.account));
    assert_int_equal(vc_account_take_root(&a.account, &whole.account.entropy), VC_OK);
    assert_memory_equal(&a.account, &whole.account, sizeof(a.account));
}

static void the_contacts_key_turns_and_its_generation_wraps(void **state)
{
    (void)state;
    struct person a;
    struct vc_secret32 key = {{9}};

    person_init(&a, 7);
    for (int turn = 1; turn <= 300; turn++) {
        uint8_t before = a.account.contacts_generation;

        vc_account_turn_contacts(&a.account, &key);
        assert_int_equal(a.account.contacts_generation, turn % 256);
        assert_true(vc_generation_is_newer(a.account.contacts_generation, before));
        assert_false(vc_generation_is_newer(before, a.account.contacts_generation));
    }
    assert_memory_equal(&a.account.contacts, &key, sizeof(key));
    assert_false(vc_generation_is_newer(5, 5));
    assert_true(vc_generation_is_newer(131, 4));
    assert_false(vc_generation_is_newer(132, 4));
}

static void the_record_key_turns_with_a_forward(void **state)
{
    (void)state;
    struct person a, again;
    struct vc_forward forward;
    struct vc_key32 before;
    struct stored stored;

    person_init(&a, 7);
    before = a.account.record;
    for (int g = 1; g <= VC_RECORD_GENERATION_MAX; g++) {
        assert_int_equal(vc_account_turn_record(&a.account, PERSON_FROM_S, &forward),
                         VC_OK);
        assert_int_equal(a.account.record_generation, g);
        assert_int_equal(forward.old_generation, g - 1);
        assert_memory_equal(&forward.old_record, &before, sizeof(before));
        assert_memory_equal(&forward.new_record, &a.account.record, sizeof(before));
        assert_int_equal(forward.until, PERSON_FROM_S + VC_FORWARD_S);
        assert_int_equal(vc_forward_verify(&forward, &a.account.root), VC_OK);
        before = a.account.record;
    }
    assert_int_equal(vc_account_turn_record(&a.account, 0, &forward), VC_ERR_FULL);
    store(&stored, &a);
    assert_int_equal(load(&stored, &again), VC_OK);
    assert_memory_equal(&again.account, &a.account, sizeof(a.account));
}

static void any_identity_comes_back(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("any_identity_comes_back");

    for (int run = 0; run < 100; run++) {
        struct vc_secret32 seeds[4];
        struct person a, again;
        struct stored stored;

        vc_prop_bytes(&prop, seeds, sizeof(seeds));
        vc_account_init(&a.account, &seeds[0], &seeds[1]);
        a.account.contacts_generation = (uint8_t)vc_prop_u64(&prop);
        vc_device_init(&a.device, &a.account, (uint16_t)vc_prop_below(&prop, 64),
                       (uint32_t)vc_prop_u64(&prop), &seeds[2], &seeds[3]);
        store(&stored, &a);
        assert_int_equal(load(&stored, &again), VC_OK);
        assert_memory_equal(&again.account, &a.account, sizeof(a.account));
        assert_memory_equal(again.device.dh_secret.b, a.device.dh_secret.b, 32);
        assert_int_equal(again.device.certificate.index, a.device.certificate.index);
    }
}

/* What belongs together is checked; what stands alone (K, its generation) cannot be. */
static void every_changed_byte_that_can_be_told_is_refused(void **state)
{
    (void)state;
    struct person a, again;
    struct stored stored;
    static const struct {
        size_t first, last;
        vc_err wanted;
    } parts[] = {
        {0, 0, VC_ERR_UNSUPPORTED},     /* version */
        {1, 1, VC_ERR_MALFORMED},       /* has the root */
        {2, 33, VC_ERR_MALFORMED},      /* root */
        {34, 65, VC_ERR_MALFORMED},     /* entropy */
        {66, 66, VC_ERR_MALFORMED},     /* g */
        {67, 98, VC_ERR_MALFORMED},     /* record seed */
        {99, 131, VC_OK},               /* K */
        {132, 163, VC_ERR_MALFORMED},   /* dev_sig */
        {196, 198, VC_ERR_UNSUPPORTED}, /* certificate: version and suite */
        {199, 200, VC_ERR_AUTH},        /* its index */
        {201, 264, VC_ERR_MALFORMED},   /* its keys */
        {265, 336, VC_ERR_AUTH},        /* its dates and signature */
    };

    person_init(&a, 7);
    store(&stored, &a);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (size_t at = parts[i].first; at <= parts[i].last; at++) {
            struct person before = a;
            again = a;
            stored.bytes[at] ^= 0x55;
            assert_int_equal(load(&stored, &again), parts[i].wanted);
            if (parts[i].wanted != VC_OK) {
                assert_memory_equal(&again, &before, sizeof(again));
            }
            stored.bytes[at] ^= 0x55;
        }
    }
    /* X25519 does not look at five bits of a secret; the others all count. */
    for (size_t at = 164; at < 196; at++) {
        stored.bytes[at] ^= at == 164 ? 0x08 : at == 195 ? 0x01 : 0x55;
        assert_int_equal(load(&stored, &again), VC_ERR_MALFORMED);
        stored.bytes[at] ^= at == 164 ? 0x08 : at == 195 ? 0x01 : 0x55;
    }
}

static void a_stored_identity_of_another_length_is_malformed(void **state)
{
    (void)state;
    struct person a, again;
    struct stored stored;

    person_init(&a, 7);
    store(&stored, &a);
    size_t len = stored.len;
    for (stored.len = 0; stored.len < len; stored.len++) {
        assert_int_equal(load(&stored, &again), VC_ERR_MALFORMED);
    }
    stored.bytes[len] = 0;
    stored.len = len + 1;
    assert_int_equal(load(&stored, &again), VC_ERR_MALFORMED);

    struct vc_writer w = vc_writer(stored.bytes, len - 1);
    assert_int_equal(vc_identity_write(&w, &a.account, &a.device), VC_ERR_FULL);
}

static void the_certificate_of_another_root_is_not_loaded(void **state)
{
    (void)state;
    struct person a, b, again;
    struct stored stored;

    person_init(&a, 7);
    person_init(&b, 8);
    a.device = b.device;
    store(&stored, &a);
    assert_int_equal(load(&stored, &again), VC_ERR_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entropy_makes_one_account),
        cmocka_unit_test(the_root_is_made_of_the_words_by_the_rule),
        cmocka_unit_test(the_worked_example_of_the_specification_holds),
        cmocka_unit_test(an_id_says_its_root_and_nothing_else),
        cmocka_unit_test(an_id_of_another_version_is_unsupported),
        cmocka_unit_test(a_certificate_comes_back_and_verifies),
        cmocka_unit_test(every_bit_of_a_certificate_counts),
        cmocka_unit_test(another_root_did_not_sign_it),
        cmocka_unit_test(what_cannot_be_is_malformed_though_signed),
        cmocka_unit_test(a_device_cannot_be_made_without_the_root),
        cmocka_unit_test(wiping_leaves_nothing),
        cmocka_unit_test(an_identity_comes_back_with_and_without_its_root),
        cmocka_unit_test(a_live_statement_is_kept_when_the_root_is_taken_off),
        cmocka_unit_test(a_live_statement_without_the_device_is_not_loaded),
        cmocka_unit_test(the_root_comes_back_with_its_own_words_only),
        cmocka_unit_test(the_contacts_key_turns_and_its_generation_wraps),
        cmocka_unit_test(the_record_key_turns_with_a_forward),
        cmocka_unit_test(any_identity_comes_back),
        cmocka_unit_test(every_changed_byte_that_can_be_told_is_refused),
        cmocka_unit_test(a_stored_identity_of_another_length_is_malformed),
        cmocka_unit_test(the_certificate_of_another_root_is_not_loaded),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

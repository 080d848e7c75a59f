#include "crypto/statement.h"

#include <string.h>

#include "crypto/base/hex.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static void assert_hex(struct vc_bytes bytes, const char *wanted)
{
    char text[VC_HEX_ROOM(VC_FORWARD_LEN)];

    vc_hex_encode(bytes, text);
    assert_string_equal(text, wanted);
}

/* Two devices of the account that the specification's examples speak of. */
static void example_account(struct vc_account *ret_account)
{
    struct vc_secret32 entropy, contacts;

    memset(&entropy, 0x01, sizeof(entropy));
    memset(&contacts, 0x02, sizeof(contacts));
    vc_account_init(ret_account, &entropy, &contacts);
}

static struct vc_live example_live(const struct vc_account *account)
{
    struct vc_live live = {.list_seq = 1,
                           .count = 2,
                           .indices = {0, 5},
                           .until = PERSON_FROM_S + VC_LIVE_S};

    vc_live_sign(&live, &account->root_secret);
    return live;
}

static struct vc_forward example_forward(const struct vc_account *account)
{
    struct vc_forward forward = {.old_record = account->record,
                                 .new_generation = 1,
                                 .made = PERSON_FROM_S,
                                 .until = PERSON_FROM_S + VC_FORWARD_S};

    /* R_1, by the rule that the specification gives. */
    struct vc_secret32 root_seed, record_seed;
    struct vc_sign_secret secret;
    static const uint8_t one[] = {1};

    vc_hash(root_seed.b, 32, "root seed", NULL, VC_BYTES(account->entropy.b));
    vc_hash(record_seed.b, 32, "record key", &root_seed, VC_BYTES(one));
    vc_sign_keypair(&forward.new_record, &secret, &record_seed);
    vc_forward_sign(&forward, &account->root_secret);
    return forward;
}

static void the_worked_examples_of_the_specification_hold(void **state)
{
    (void)state;
    struct vc_account account;
    uint8_t room[VC_FORWARD_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    example_account(&account);
    struct vc_live live = example_live(&account);
    vc_live_write(&w, &live);
    assert_hex(vc_writer_bytes(&w),
               "0100000002000005000020186d4a1a3baacafbb83beb37448e0d39c86b1cd9be7f651b"
               "5ce23c2bb5d7078f582ecfb694d9a9b932bc27045d8336486007acda5d0bb512e861da"
               "e2379d2f9d810f");
    struct vc_forward forward = example_forward(&account);
    w = vc_writer(room, sizeof(room));
    vc_forward_write(&w, &forward);
    assert_int_equal(vc_writer_left(&w), 0);
    assert_hex(vc_writer_bytes(&w),
               "0100e6b8a4b796be70c80dc49837a54b1e6c8d5bc4cd50f2eec4888c5b4ddce7108201"
               "eab21ed35d30a083acfbc3b76ae9a09c701841728135401a5092e7873229683b00b955"
               "6900d3a4690dc9d43a3d0fdb3618b89bdb23eb47d735d8108e41d853d8b7f72126eb1e"
               "3c2a513663c1b6d2373b9cba8be9e547ce5a36f0aaf4e2098908ece672c16f771505");
}

static vc_err read_live(struct vc_bytes bytes, struct vc_live *ret_live)
{
    struct vc_reader r = vc_reader(bytes);

    vc_live_read(&r, ret_live);
    return vc_reader_end(&r);
}

static void a_live_statement_comes_back_and_verifies(void **state)
{
    (void)state;
    struct person a;
    uint8_t room[VC_LIVE_ENCODED_MAX];

    person_init(&a, 7);
    for (uint8_t count = 1; count <= VC_LIVE_INDICES_MAX; count++) {
        struct vc_live live = {.list_seq = UINT32_MAX, .count = count, .until = 9};
        struct vc_live again;
        struct vc_writer w = vc_writer(room, sizeof(room));

        for (uint8_t i = 0; i < count; i++) {
            live.indices[i] = (uint16_t)(VC_DEVICE_INDEX_MAX + 1 - count + i);
        }
        vc_live_sign(&live, &a.account.root_secret);
        vc_live_write(&w, &live);
        assert_int_equal(vc_writer_end(&w), VC_OK);
        assert_int_equal(vc_writer_bytes(&w).len, 73 + 2 * count);
        assert_int_equal(read_live(vc_writer_bytes(&w), &again), VC_OK);
        assert_int_equal(again.list_seq, UINT32_MAX);
        assert_int_equal(again.until, 9);
        assert_int_equal(again.count, count);
        assert_memory_equal(again.indices, live.indices, sizeof(live.indices));
        assert_int_equal(vc_live_verify(&again, &a.account.root), VC_OK);
        assert_true(vc_live_has(&again, VC_DEVICE_INDEX_MAX));
        assert_false(vc_live_has(&again, 1));
    }
}

static void every_bit_of_a_live_statement_counts(void **state)
{
    (void)state;
    struct person a;
    struct vc_live live;
    uint8_t room[VC_LIVE_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    person_init(&a, 7);
    live = example_live(&a.account);
    vc_live_write(&w, &live);
    size_t len = vc_writer_bytes(&w).len;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct vc_live changed;

        room[bit / 8] ^= (uint8_t)(1 << bit % 8);
        vc_err err = read_live((struct vc_bytes){room, len}, &changed);
        if (err == VC_OK) {
            err = vc_live_verify(&changed, &a.account.root);
        }
        assert_true(err == VC_ERR_AUTH || err == VC_ERR_MALFORMED);
        room[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(read_live((struct vc_bytes){room, cut}, &live),
                         VC_ERR_MALFORMED);
    }
}

/* The form is refused before the signature is looked at. */
static void what_a_live_statement_cannot_say_is_malformed(void **state)
{
    (void)state;
    struct person a;
    static const struct {
        size_t at;
        uint8_t byte;
    } changes[] = {
        {0, 0},  /* list_seq 0 */
        {4, 0},  /* no device */
        {4, 9},  /* too many */
        {5, 5},  /* the same index twice */
        {5, 6},  /* falling */
        {7, 64}, /* an index that cannot be */
        {8, 1},
    };
    uint8_t room[VC_LIVE_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_live live, again;

    person_init(&a, 7);
    live = example_live(&a.account);
    vc_live_write(&w, &live);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t before = room[changes[i].at];

        room[changes[i].at] = changes[i].byte;
        assert_int_equal(read_live(vc_writer_bytes(&w), &again), VC_ERR_MALFORMED);
        room[changes[i].at] = before;
    }
    live.count = 0;
    assert_int_equal(vc_live_verify(&live, &a.account.root), VC_ERR_MALFORMED);
}

static void a_forward_comes_back_and_every_bit_counts(void **state)
{
    (void)state;
    struct person a;
    uint8_t room[VC_FORWARD_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    person_init(&a, 7);
    struct vc_forward forward = example_forward(&a.account);
    vc_forward_write(&w, &forward);
    for (size_t bit = 0; bit <= 8 * sizeof(room); bit++) {
        struct vc_reader r = vc_reader(VC_BYTES(room));
        struct vc_forward again;
        bool is_changed = bit < 8 * sizeof(room);

        if (is_changed) {
            room[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        vc_forward_read(&r, &again);
        assert_int_equal(vc_reader_end(&r), VC_OK);
        assert_int_equal(vc_forward_verify(&again, &a.account.root),
                         bit < 8      ? VC_ERR_UNSUPPORTED
                         : is_changed ? VC_ERR_AUTH
                                      : VC_OK);
        if (is_changed) {
            room[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* Signs @forward as its owner would, with whatever is in it. */
static void sign_anew(struct vc_forward *forward, const struct vc_account *account)
{
    uint8_t message[16 + VC_FORWARD_LEN] = "forward";
    struct vc_writer w = vc_writer(&message[16], VC_FORWARD_LEN);

    vc_forward_write(&w, forward);
    vc_sign(&forward->sig, &account->root_secret,
            (struct vc_bytes){message, sizeof(message) - sizeof(struct vc_sig)});
}

static void what_a_forward_cannot_say_is_malformed_though_signed(void **state)
{
    (void)state;
    struct person a, b;
    struct vc_forward good, changed;

    person_init(&a, 7);
    person_init(&b, 8);
    good = example_forward(&a.account);
    assert_int_equal(vc_forward_verify(&good, &b.account.root), VC_ERR_AUTH);
    changed = good;
    sign_anew(&changed, &a.account);
    assert_memory_equal(&changed.sig, &good.sig, sizeof(good.sig));
    changed.old_generation = changed.new_generation;
    sign_anew(&changed, &a.account);
    assert_int_equal(vc_forward_verify(&changed, &a.account.root), VC_ERR_MALFORMED);
    changed = good;
    changed.until = changed.made - 1;
    sign_anew(&changed, &a.account);
    assert_int_equal(vc_forward_verify(&changed, &a.account.root), VC_ERR_MALFORMED);
    changed = good;
    memset(&changed.new_record, 0, sizeof(changed.new_record));
    sign_anew(&changed, &a.account);
    assert_int_equal(vc_forward_verify(&changed, &a.account.root), VC_ERR_MALFORMED);
}

/* One may not stand for the other, nor for a certificate. */
static void the_labels_keep_signatures_apart(void **state)
{
    (void)state;
    static const char *const labels[] = {"live statement", "forward", "certificate"};
    struct person a;
    struct vc_live live;

    person_init(&a, 7);
    live = example_live(&a.account);
    for (size_t i = 0; i < 3; i++) {
        uint8_t message[16 + VC_LIVE_ENCODED_MAX] = {0};
        struct vc_writer w = vc_writer(&message[16], VC_LIVE_ENCODED_MAX);

        memcpy(message, labels[i], strlen(labels[i]));
        vc_live_write(&w, &live);
        vc_sign(&live.sig, &a.account.root_secret,
                (struct vc_bytes){message, 16 + vc_writer_bytes(&w).len - 64});
        assert_int_equal(vc_live_verify(&live, &a.account.root),
                         i == 0 ? VC_OK : VC_ERR_AUTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_examples_of_the_specification_hold),
        cmocka_unit_test(a_live_statement_comes_back_and_verifies),
        cmocka_unit_test(every_bit_of_a_live_statement_counts),
        cmocka_unit_test(what_a_live_statement_cannot_say_is_malformed),
        cmocka_unit_test(a_forward_comes_back_and_every_bit_counts),
        cmocka_unit_test(what_a_forward_cannot_say_is_malformed_though_signed),
        cmocka_unit_test(the_labels_keep_signatures_apart),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

/*
 * The worked examples of prekeys and openings in crypto/SPEC.md, read from the document and made
 * again from the keys that stand above them: document and code cannot part.
 */
#include <string.h>

#include "crypto/opening.h"
#include "tests/support/opening_hand.h"
#include "tests/unit/crypto/example.h"

static struct example example;

static void says(const char *name, struct vc_bytes bytes)
{
    example_says(&example, name, bytes);
}

static struct vc_secret32 filled(uint8_t value)
{
    struct vc_secret32 secret;

    memset(secret.b, value, sizeof(secret.b));
    return secret;
}

static const uint8_t network[] = {'v', 'e', 'c', 'h', 'e'};
static struct vc_account alice_account, bob_account;
static struct vc_device alice, bob;
static struct vc_secret32 prekey_secret, one_time_secret, e;
static struct vc_prekey prekey;
static struct vc_one_time one_time = {.id = 0x0a0b0c0d};

static void make_person(struct vc_account *ret_account, struct vc_device *ret_device,
                        uint8_t number, uint16_t index)
{
    struct vc_secret32 entropy = filled(number), contacts = filled(number + 1);
    struct vc_secret32 sig_seed = filled(number + 2), dh_seed = filled(number + 3);

    vc_account_init(ret_account, &entropy, &contacts);
    vc_device_init(ret_device, ret_account, index, 1767225600, &sig_seed, &dh_seed);
}

static void make_both(void)
{
    make_person(&alice_account, &alice, 0x01, 5);
    make_person(&bob_account, &bob, 0x21, 6);
    prekey_secret = filled(0x25);
    one_time_secret = filled(0x26);
    e = filled(0x87);
    prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC,
                                .index = 6,
                                .id = 0x01020304,
                                .from = 1767225600,
                                .until = 1767225600 + VC_PREKEY_USE_S};
    vc_dh_public(&prekey.key, &prekey_secret);
    vc_prekey_sign(&prekey, &bob_account.root, &bob.sig_secret);
    vc_dh_public(&one_time.key, &one_time_secret);
}

static void say_bob(void)
{
    uint8_t room[VC_PREKEY_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_secret32 mask;

    says("recipient's root", VC_BYTES(bob_account.root.b));
    says("recipient's dev_dh", VC_BYTES(bob.certificate.dev_dh.b));
    vc_prekey_write(&w, &prekey);
    says("signed prekey", vc_writer_bytes(&w));
    w = vc_writer(room, sizeof(room));
    vc_one_time_write(&w, &one_time, 1);
    says("one-time prekey", vc_writer_bytes(&w));
    vc_opening_mask(&mask, VC_BYTES(network), &bob_account.root, 6);
    says("mask", VC_BYTES(mask.b));
}

/* Makes the opening by hand, for what is between its keys and its bytes. */
static void say_steps(const struct vc_opening_sender *from,
                      const struct vc_one_time *with, struct vc_bytes opening)
{
    struct opening_hand hand = {.network_id = VC_BYTES(network),
                                .suite = VC_SUITE_CLASSIC,
                                .root = bob_account.root,
                                .index = 6,
                                .dev_dh = bob.certificate.dev_dh,
                                .prekey = prekey,
                                .one_time = with,
                                .s = alice.certificate.dev_dh};
    uint8_t room[VC_OPENING_MAX], payload[VC_OPENING_PAYLOAD_MAX];
    struct vc_writer w = vc_writer(payload, sizeof(payload));
    struct vc_noise_symmetric symmetric;
    struct vc_secret32 k, unused;

    vc_dh_public(&hand.e, &e);
    hand.e.b[31] |= 0x80;
    assert_true(vc_dh(&hand.es, &e, &bob.certificate.dev_dh));
    assert_true(vc_dh(&hand.ee, &e, &prekey.key));
    assert_true(vc_dh(&hand.eo, &e, &one_time.key));
    assert_true(vc_dh(&hand.se, &alice.dh_secret, &prekey.key));
    opening_hand_payload(&w, &from->root, &from->certificate, 1, 0x0b);
    vc_write_u8(&w, (uint8_t)from->statement.len);
    vc_write_bytes(&w, from->statement);
    hand.payload = vc_writer_bytes(&w);
    says("payload", hand.payload);
    opening_hand_begin(&symmetric, &hand);
    says("hash before e", vc_noise_h(&symmetric));
    w = vc_writer(room, sizeof(room));
    opening_hand_write(&hand, &w, &symmetric);
    assert_int_equal(vc_writer_bytes(&w).len, opening.len);
    assert_memory_equal(room, opening.data, opening.len);
    says("handshake hash", vc_noise_h(&symmetric));
    vc_noise_symmetric_split(&symmetric, &k, &unused);
    says("k", VC_BYTES(k.b));
}

static void say_opening(const struct vc_one_time *with)
{
    static const uint8_t statement[] = {'l', 'i', 'v', 'e'};
    struct vc_opening_recipient to = {.root = bob_account.root,
                                      .index = 6,
                                      .dev_dh = bob.certificate.dev_dh,
                                      .prekey = &prekey,
                                      .one_time = with};
    struct vc_opening_sender from = {.root = alice_account.root,
                                     .certificate = alice.certificate,
                                     .generation = 1,
                                     .capabilities = 0x0b,
                                     .statement = VC_BYTES(statement)};
    struct vc_opening_config cfg = {.network_id = VC_BYTES(network),
                                    .to = &to,
                                    .from = &from,
                                    .dev_dh = &alice.dh_secret,
                                    .e = &e};
    uint8_t room[VC_OPENING_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_session_keys keys;
    struct vc_id16 name;

    if (with == NULL) {
        from.statement.len = 0;
    }
    assert_int_equal(vc_opening_write(&cfg, &w, &keys), VC_OK);
    say_steps(&from, with, vc_writer_bytes(&w));
    says("opening", vc_writer_bytes(&w));
    vc_opening_name(&name, vc_writer_bytes(&w));
    says("name", VC_BYTES(name.b));
    says("session id", VC_BYTES(keys.id.b));
    says("root key", VC_BYTES(keys.root.b));
    says("header key", VC_BYTES(keys.to_recipient));
    says("next header key", VC_BYTES(keys.to_initiator));
}

static void choose(const char *title)
{
    example_choose(&example, "### Worked examples of sections 15 and 16", title);
}

static void the_openings_of_the_document_are_ours_byte_for_byte(void **state)
{
    (void)state;
    make_both();
    choose("\nThe recipient:\n");
    say_bob();
    choose("\nWith the one-time prekey:\n");
    say_opening(&one_time);
    choose("\nWithout it:\n");
    say_opening(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_openings_of_the_document_are_ours_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The worked examples at the end of crypto/SPEC.md, read from the document and made again
 * from the keys that stand above them: document and code cannot part.
 */
#include <string.h>

#include "crypto/packet.h"
#include "tests/unit/crypto/example.h"

static struct example example;

static void says(const char *name, struct vc_bytes bytes)
{
    example_says(&example, name, bytes);
}

static void fill(void *ret_bytes, uint8_t value, size_t len)
{
    memset(ret_bytes, value, len);
}

struct side {
    struct vc_secret32 dev_dh, e;
    struct vc_key32 dev_dh_public;
    struct vc_cid cid;
    struct vc_handshake hs;
};

static struct side alice, bob;
static struct vc_rng rng;
static struct vc_mask mask;

static void start(struct side *side, enum vc_handshake_kind kind, bool is_initiator)
{
    static const uint8_t network[] = {'v', 'e', 'c', 'h', 'e'};
    struct vc_secret32 contacts;
    struct vc_key32 root;
    struct vc_id16 secret;
    struct vc_handshake_config cfg = {
        .kind = kind,
        .is_initiator = is_initiator,
        .network_id = VC_BYTES(network),
        .mask = &mask,
        .dev_dh = &side->dev_dh,
        .peer_dev_dh = &bob.dev_dh_public,
        .responder_root = &root,
        .invite_secret = &secret,
        .e = &side->e,
        .own_cid = side->cid,
        .peer_cid = alice.cid,
        .capabilities = is_initiator ? 0x01020304 : 0x0a0b0c0d,
    };

    fill(&contacts, 0x33, sizeof(contacts));
    fill(&root, 0x44, sizeof(root));
    fill(&secret, 0x05, sizeof(secret));
    if (kind == VC_HANDSHAKE_LINK) {
        vc_mask_of_contact(&mask, cfg.network_id, &contacts, &bob.dev_dh_public);
    } else {
        vc_mask_of_invite(&mask, cfg.network_id, &secret);
    }
    vc_handshake_init(&side->hs, &cfg);
}

static void say_keys(void)
{
    struct vc_packet_key send, recv;
    struct vc_session_tag tag;
    uint8_t room[VC_PACKET_MAX];
    static const uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};
    struct vc_writer w = vc_writer(room, sizeof(room));

    says("handshake hash", vc_noise_handshake_hash(&bob.hs.noise));
    vc_handshake_tag(&bob.hs, &tag);
    says("tag", VC_BYTES(tag.b));
    vc_packet_keys(&alice.hs, &send, &recv);
    says("initiator data key", VC_BYTES(send.key.b));
    says("initiator number key", VC_BYTES(send.mask.b));
    says("responder data key", VC_BYTES(recv.key.b));
    says("responder number key", VC_BYTES(recv.mask.b));
    assert_int_equal(vc_packet_seal(&send, &bob.cid, 0x100000002u, VC_BYTES(hello), &w),
                     VC_OK);
    says("packet", vc_writer_bytes(&w));
    w = vc_writer(room, sizeof(room));
    assert_int_equal(
        vc_packet_seal(&recv, &alice.cid, 0, (struct vc_bytes){NULL, 0}, &w), VC_OK);
    says("empty packet", vc_writer_bytes(&w));
}

static void run(enum vc_handshake_kind kind)
{
    uint8_t room[VC_HANDSHAKE_MAX], scratch[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    const struct vc_session_tag continues = {{1, 2, 3, 4, 5, 6, 7, 8}};
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_msg1 msg1;
    size_t msg1_len;

    start(&alice, kind, true);
    says("mask", VC_BYTES(mask.stream.b));
    says("mac1 key", VC_BYTES(mask.mac.b));
    says("cookie key", VC_BYTES(mask.cookie.b));
    assert_int_equal(vc_handshake_write_msg1(&alice.hs, NULL, &rng, &w), VC_OK);
    says("msg1", vc_writer_bytes(&w));
    msg1_len = vc_writer_bytes(&w).len;
    assert_true(vc_handshake_open_msg1(&mask, vc_writer_bytes(&w), scratch, &msg1));

    fill(cookie, 0x99, sizeof(cookie));
    w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_handshake_write_cookie(&mask, &msg1, cookie, &rng, &w), VC_OK);
    says("cookie reply", vc_writer_bytes(&w));
    w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_handshake_write_msg1(&alice.hs, cookie, &rng, &w), VC_OK);
    says("msg1 again", vc_writer_bytes(&w));

    start(&bob, kind, false);
    assert_int_equal(vc_handshake_read_msg1(&bob.hs, &msg1), VC_OK);
    w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_handshake_write_msg2(&bob.hs, msg1_len, &rng, &w), VC_OK);
    says("msg2", vc_writer_bytes(&w));
    assert_int_equal(vc_handshake_read_msg2(&alice.hs, vc_writer_bytes(&w)), VC_OK);
    w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_handshake_write_msg3(&alice.hs, &continues, &rng, &w), VC_OK);
    says("msg3", vc_writer_bytes(&w));
    assert_int_equal(vc_handshake_read_msg3(&bob.hs, vc_writer_bytes(&w)), VC_OK);
    say_keys();
}

static void begin(const char *title)
{
    struct vc_secret32 seed; /* gives the salts and the lengths of the example */

    fill(&seed, 0x77, sizeof(seed));
    vc_rng_init(&rng, &seed);
    fill(&alice.dev_dh, 0x11, sizeof(alice.dev_dh));
    fill(&bob.dev_dh, 0x22, sizeof(bob.dev_dh));
    fill(&alice.e, 0x55, sizeof(alice.e));
    fill(&bob.e, 0x66, sizeof(bob.e));
    fill(&alice.cid, 0xaa, sizeof(alice.cid));
    fill(&bob.cid, 0xbb, sizeof(bob.cid));
    vc_dh_public(&bob.dev_dh_public, &bob.dev_dh);
    example_choose(&example, "### Worked examples of sections 7 to 10", title);
}

static void the_link_of_the_document_is_ours_byte_for_byte(void **state)
{
    (void)state;
    begin("\nLink:\n");
    run(VC_HANDSHAKE_LINK);
}

static void the_join_of_the_document_is_ours_byte_for_byte(void **state)
{
    (void)state;
    begin("\nJoin:\n");
    run(VC_HANDSHAKE_JOIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_of_the_document_is_ours_byte_for_byte),
        cmocka_unit_test(the_join_of_the_document_is_ours_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The worked example of crypto/SPEC.md, sections 17 and 18, made again from the keys that stand
 * above it.
 */
#include <string.h>

#include "crypto/ratchet.h"
#include "tests/unit/crypto/example.h"

#define TODAY    20000
#define TEXT_MAX 16

struct frame {
    uint8_t bytes[VC_RATCHET_OVERHEAD + TEXT_MAX];
    size_t len;
};

static struct example example;
static struct vc_ratchet alice, bob;
static struct vc_ratchet_skipped kept;

static void says(const char *name, struct vc_bytes bytes)
{
    example_says(&example, name, bytes);
}

static void begin(void)
{
    struct vc_session_keys keys;
    struct vc_secret32 prekey, own;
    struct vc_key32 prekey_public;

    memset(&keys.id, 0x11, sizeof keys.id);
    memset(&keys.root, 0x22, sizeof keys.root);
    memset(keys.to_recipient, 0x33, sizeof keys.to_recipient);
    memset(keys.to_initiator, 0x44, sizeof keys.to_initiator);
    memset(&prekey, 0x55, sizeof prekey);
    memset(&own, 0x66, sizeof own);
    vc_dh_public(&prekey_public, &prekey);
    assert_int_equal(vc_ratchet_init_initiator(&alice, &keys, &prekey_public, &own),
                     VC_OK);
    vc_ratchet_init_recipient(&bob, &keys, &prekey);
    says("prekey", VC_BYTES(prekey_public.b));
}

/* Seals @text as the frame that the example has under @name. */
static struct frame seal(struct vc_ratchet *from, uint8_t fresh, const char *text,
                         const char *name)
{
    struct vc_bytes plain = {(const uint8_t *)text, strlen(text)};
    struct vc_ratchet_place place;
    struct vc_secret32 key;
    struct frame frame = {.len = VC_RATCHET_OVERHEAD + plain.len};

    memset(&key, fresh, sizeof key);
    assert_int_equal(vc_ratchet_seal(from, &key, plain, frame.bytes, &place), VC_OK);
    says(name, (struct vc_bytes){frame.bytes, frame.len});
    return frame;
}

static void open_as(struct vc_ratchet *to, const struct frame *frame, const char *text,
                    size_t skips)
{
    struct vc_bytes bytes = {frame->bytes, frame->len};
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    uint8_t plain[TEXT_MAX];

    assert_int_equal(vc_ratchet_find(to, bytes, &found), VC_OK);
    assert_int_equal(found.skips, skips);
    assert_true(skips <= 1);
    assert_int_equal(
        vc_ratchet_open(to, &found, &kept.key, TODAY, bytes, plain, &kept, &change),
        VC_OK);
    assert_int_equal(frame->len - VC_RATCHET_OVERHEAD, strlen(text));
    assert_memory_equal(plain, text, strlen(text));
}

static void say_state(const struct vc_ratchet *ratchet, const char *name)
{
    uint8_t room[VC_RATCHET_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_reader r;
    struct vc_ratchet again;

    vc_ratchet_write(&w, ratchet);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    says(name, vc_writer_bytes(&w));
    r = vc_reader(vc_writer_bytes(&w));
    assert_int_equal(vc_ratchet_read(&r, &again), VC_OK);
}

static void the_session_of_the_document_is_ours_byte_for_byte(void **state)
{
    struct frame one, two, three, four, five;

    (void)state;
    example_choose(&example, "### Worked example of sections 17 and 18", "```");
    begin();
    say_state(&alice, "initiator at first");
    say_state(&bob, "recipient at first");
    one = seal(&alice, 0, "one", "frame 1, 0");
    two = seal(&alice, 0, "two", "frame 1, 1");
    three = seal(&alice, 0, "three", "frame 1, 2");
    open_as(&bob, &one, "one", 0);
    open_as(&bob, &three, "three", 1);
    says("kept key 1, 1", VC_BYTES(kept.key.b));
    say_state(&bob, "recipient then");
    four = seal(&bob, 0x77, "four", "answer 1, 0");
    open_as(&alice, &four, "four", 0);
    five = seal(&alice, 0x88, "five", "frame 2, 0");
    open_as(&bob, &five, "five", 0);
    say_state(&bob, "recipient later");
    open_as(&bob, &two, "two", 0);
    say_state(&bob, "recipient at last");
    say_state(&alice, "initiator at last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_of_the_document_is_ours_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

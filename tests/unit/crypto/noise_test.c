#include "crypto/noise.h"

#include <string.h>

#include "crypto/noise_pattern.h"
#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/vectors.h"

/* A field that some patterns do not have: false when it is not there. */
static bool find_key(const json_t *test, const char *name, void *ret_bytes)
{
    const char *hex = json_string_value(json_object_get(test, name));

    if (hex == NULL) {
        return false;
    }
    assert_int_equal(vc_hex_decode(hex, ret_bytes, 32), VC_OK);
    return true;
}

/* "Noise_XK_25519_ChaChaPoly_BLAKE2b" -> the pattern and the hash. */
static const struct vc_noise_pattern *parse_name(const char *name,
                                                 enum vc_noise_hash *ret_hash)
{
    char pattern[16] = {0};
    const char *end = strstr(name, "_25519_ChaChaPoly_");

    assert_non_null(end);
    name += strlen("Noise_");
    assert_true((size_t)(end - name) < sizeof(pattern));
    memcpy(pattern, name, (size_t)(end - name));
    *ret_hash = strstr(end, "BLAKE2b") != NULL ? VC_NOISE_BLAKE2B : VC_NOISE_SHA256;
    return vc_noise_pattern_find(pattern);
}

static void start_side(struct vc_noise *noise, const json_t *test, bool is_initiator)
{
    const char *names[2][5] = {{"resp_static", "resp_ephemeral", "resp_remote_static",
                                "resp_psks", "resp_prologue"},
                               {"init_static", "init_ephemeral", "init_remote_static",
                                "init_psks", "init_prologue"}};
    const char *const *name = names[is_initiator];
    struct vc_secret32 s, e, psk;
    struct vc_key32 rs;
    struct vector prologue = vector_field(test, name[4]);
    json_t *psks = json_object_get(test, name[3]);
    struct vc_noise_config cfg = {.is_initiator = is_initiator,
                                  .prologue = vector_bytes(&prologue)};

    cfg.pattern = parse_name(vector_text(test, "protocol_name"), &cfg.hash);
    assert_non_null(cfg.pattern);
    cfg.s = find_key(test, name[0], &s) ? &s : NULL;
    cfg.e = find_key(test, name[1], &e) ? &e : NULL;
    cfg.rs = find_key(test, name[2], &rs) ? &rs : NULL;
    if (json_array_size(psks) > 0) {
        assert_int_equal(json_array_size(psks), 1);
        assert_int_equal(
            vc_hex_decode(json_string_value(json_array_get(psks, 0)), psk.b, 32),
            VC_OK);
        cfg.psk = &psk;
    }
    vc_noise_init(noise, &cfg);
}

static void judge_transport(struct vc_noise *sides, const json_t *messages)
{
    struct vc_secret32 keys[2][2];
    uint64_t counters[2] = {0};
    uint8_t sealed[1024], opened[1024];
    bool is_one_way = sides[0].pattern->is_one_way;

    vc_noise_split(&sides[0], &keys[0][0], &keys[0][1]);
    vc_noise_split(&sides[1], &keys[1][0], &keys[1][1]);
    assert_memory_equal(keys[0], keys[1], sizeof(keys[0]));
    for (size_t i = sides[0].pattern->message_count; i < json_array_size(messages);
         i++) {
        json_t *message = json_array_get(messages, i);
        struct vector plain = vector_field(message, "payload");
        struct vector expected = vector_field(message, "ciphertext");
        size_t way = is_one_way ? 0 : i % 2;

        vc_seal(sealed, &keys[0][way], counters[way], (struct vc_bytes){NULL, 0},
                vector_bytes(&plain));
        assert_int_equal(expected.len, plain.len + VC_TAG_LEN);
        assert_memory_equal(sealed, expected.b, expected.len);
        assert_true(vc_open(opened, &keys[1][way], counters[way],
                            (struct vc_bytes){NULL, 0}, vector_bytes(&expected)));
        assert_memory_equal(opened, plain.b, plain.len);
        counters[way]++;
    }
}

static void judge_handshake(const json_t *test)
{
    struct vc_noise sides[2]; /* the initiator, the responder */
    json_t *messages = json_object_get(test, "messages");
    struct vector hash = vector_field(test, "handshake_hash");

    start_side(&sides[0], test, true);
    start_side(&sides[1], test, false);
    for (size_t i = 0; i < sides[0].pattern->message_count; i++) {
        json_t *message = json_array_get(messages, i);
        struct vector payload = vector_field(message, "payload");
        struct vector expected = vector_field(message, "ciphertext");
        uint8_t room[1024], read[1024];
        struct vc_writer w = vc_writer(room, sizeof(room));
        size_t read_len;

        assert_int_equal(vc_noise_write(&sides[i % 2], vector_bytes(&payload), &w),
                         VC_OK);
        assert_int_equal(vc_writer_bytes(&w).len, expected.len);
        assert_memory_equal(room, expected.b, expected.len);
        assert_int_equal(
            vc_noise_read(&sides[1 - i % 2], vector_bytes(&expected), read, &read_len),
            VC_OK);
        assert_int_equal(read_len, payload.len);
        assert_memory_equal(read, payload.b, payload.len);
    }
    for (size_t i = 0; i < 2; i++) {
        struct vc_bytes h = vc_noise_handshake_hash(&sides[i]);
        assert_true(vc_noise_is_done(&sides[i]));
        assert_int_equal(h.len, hash.len);
        assert_memory_equal(h.data, hash.b, hash.len);
    }
    judge_transport(sides, messages);
}

static void every_published_handshake_is_ours_byte_for_byte(void **state)
{
    json_t *file = vectors_load(VC_VECTORS "/noise/cacophony.json");
    json_t *tests = json_object_get(file, "vectors");
    json_t *test;
    size_t i;

    (void)state;
    assert_int_equal(json_array_size(tests), 58);
    json_array_foreach(tests, i, test)
    {
        judge_handshake(test);
    }
    json_decref(file);
}

static const struct vc_secret32 alice_s = {{1}}, bob_s = {{2}};
static const struct vc_secret32 alice_e = {{3}}, bob_e = {{4}}, psk = {{5}};

/* Starts both sides of any pattern with the keys above. */
static void start_both(struct vc_noise *sides, const char *pattern)
{
    struct vc_key32 alice, bob;
    struct vc_noise_config cfg = {.pattern = vc_noise_pattern_find(pattern),
                                  .hash = VC_NOISE_BLAKE2B};

    vc_dh_public(&alice, &alice_s);
    vc_dh_public(&bob, &bob_s);
    cfg.psk = &psk;
    cfg.is_initiator = true;
    cfg.s = &alice_s;
    cfg.e = &alice_e;
    cfg.rs = &bob;
    vc_noise_init(&sides[0], &cfg);
    cfg.is_initiator = false;
    cfg.s = &bob_s;
    cfg.e = &bob_e;
    cfg.rs = &alice;
    vc_noise_init(&sides[1], &cfg);
}

static void forged_messages_of_every_pattern_leave_the_state_as_it_was(void **state)
{
    static const char *const names[] = {"XK", "XXpsk3"};
    const uint8_t payload[3] = {6, 7, 8};

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct vc_noise sides[2];

        start_both(sides, names[n]);
        for (size_t i = 0; i < 3; i++) {
            struct vc_noise *reader = &sides[1 - i % 2];
            struct vc_noise before;
            uint8_t room[256], read[256];
            struct vc_writer w = vc_writer(room, sizeof(room));
            size_t len, read_len = 99;

            assert_int_equal(vc_noise_write(&sides[i % 2], VC_BYTES(payload), &w),
                             VC_OK);
            len = vc_writer_bytes(&w).len;
            memcpy(&before, reader, sizeof(before));
            for (size_t at = 0; at < len; at++) {
                room[at] ^= 0x40;
                assert_int_not_equal(vc_noise_read(reader, (struct vc_bytes){room, len},
                                                   read, &read_len),
                                     VC_OK);
                room[at] ^= 0x40;
                assert_int_not_equal(
                    vc_noise_read(reader, (struct vc_bytes){room, at}, read, &read_len),
                    VC_OK);
            }
            assert_memory_equal(&before, reader, sizeof(before));
            assert_int_equal(read_len, 99);
            assert_int_equal(
                vc_noise_read(reader, (struct vc_bytes){room, len}, read, &read_len),
                VC_OK);
            assert_int_equal(read_len, sizeof(payload));
        }
    }
}

static void a_message_out_of_turn_is_refused(void **state)
{
    struct vc_noise sides[2];
    uint8_t room[256], read[256];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_bytes nothing = {NULL, 0};
    size_t read_len;

    (void)state;
    start_both(sides, "NN");
    assert_int_equal(vc_noise_read(&sides[0], VC_BYTES(room), read, &read_len),
                     VC_ERR_MALFORMED); /* it is his turn to write */
    expect_assert_failure(ignore_err(vc_noise_write(&sides[1], nothing, &w)));
    expect_assert_failure(vc_noise_split(&sides[0], NULL, NULL));
    assert_int_equal(vc_noise_write(&sides[0], nothing, &w), VC_OK);
    assert_int_equal(vc_noise_read(&sides[1], vc_writer_bytes(&w), read, &read_len),
                     VC_OK);
    w = vc_writer(room, sizeof(room));
    assert_int_equal(vc_noise_write(&sides[1], nothing, &w), VC_OK);
    assert_int_equal(vc_noise_read(&sides[0], vc_writer_bytes(&w), read, &read_len),
                     VC_OK);
    assert_int_equal(vc_noise_read(&sides[0], vc_writer_bytes(&w), read, &read_len),
                     VC_ERR_MALFORMED); /* it is over */
    expect_assert_failure(ignore_err(vc_noise_write(&sides[0], nothing, &w)));
}

static void a_short_room_is_full(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 48; len++) {
        struct vc_noise sides[2];
        uint8_t room[48];
        struct vc_writer w = vc_writer(room, len);

        start_both(sides, "XK");
        assert_int_equal(vc_noise_write(&sides[0], (struct vc_bytes){NULL, 0}, &w),
                         len == sizeof(room) ? VC_OK : VC_ERR_FULL);
    }
}

static void keys_that_the_pattern_needs_must_be_given(void **state)
{
    struct vc_key32 bob = {{2}};
    const struct vc_noise_config whole = {.pattern = vc_noise_pattern_find("XKpsk3"),
                                          .is_initiator = true,
                                          .s = &alice_s,
                                          .e = &alice_e,
                                          .rs = &bob,
                                          .psk = &psk};
    struct vc_noise noise;

    (void)state;
    vc_noise_init(&noise, &whole);
    for (int missing = 0; missing < 4; missing++) {
        struct vc_noise_config cfg = whole;
        cfg.s = missing == 0 ? NULL : cfg.s;
        cfg.e = missing == 1 ? NULL : cfg.e;
        cfg.rs = missing == 2 ? NULL : cfg.rs;
        cfg.psk = missing == 3 ? NULL : cfg.psk;
        expect_assert_failure(vc_noise_init(&noise, &cfg));
    }
}

static void a_given_public_key_saves_work_and_changes_nothing(void **state)
{
    struct vc_key32 alice, bob;
    struct vc_noise made, given;
    struct vc_noise_config cfg = {.pattern = vc_noise_pattern_find("XK"),
                                  .is_initiator = true,
                                  .s = &alice_s,
                                  .e = &alice_e,
                                  .rs = &bob};

    (void)state;
    vc_dh_public(&alice, &alice_s);
    vc_dh_public(&bob, &bob_s);
    vc_noise_init(&made, &cfg);
    cfg.s_public = &alice;
    vc_noise_init(&given, &cfg);
    assert_memory_equal(&made.s_public, &given.s_public, sizeof(alice));
    assert_memory_equal(made.symmetric.h, given.symmetric.h, sizeof(made.symmetric.h));
}

static void a_wiped_state_is_zeros(void **state)
{
    struct vc_noise sides[2];

    (void)state;
    start_both(sides, "XK");
    vc_noise_wipe(&sides[0]);
    assert_true(vc_is_zero(&sides[0], sizeof(sides[0])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_handshake_is_ours_byte_for_byte),
        cmocka_unit_test(forged_messages_of_every_pattern_leave_the_state_as_it_was),
        cmocka_unit_test(a_message_out_of_turn_is_refused),
        cmocka_unit_test(a_short_room_is_full),
        cmocka_unit_test(keys_that_the_pattern_needs_must_be_given),
        cmocka_unit_test(a_given_public_key_saves_work_and_changes_nothing),
        cmocka_unit_test(a_wiped_state_is_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

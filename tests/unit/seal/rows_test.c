#include "node/seal/rows.h"

#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void keys_sort_by_device_session_chain_and_number(void **state)
{
    struct vc_ratchet_place place = {0x090a0b0c, 0x0d0e0f10};
    struct vc_id16 name = {{0x55, 0x66}};
    struct vc_seal_key key = vc_seal_key_session(0x01020304, 0x05060708);
    uint32_t id;

    (void)state;
    assert_int_equal(key.len, 8);
    assert_memory_equal(key.b, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    key = vc_seal_key_skipped(0x01020304, 0x05060708, &place);
    assert_int_equal(key.len, 16);
    assert_memory_equal(
        key.b, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
    key = vc_seal_key_replay(0x01020304, &name);
    assert_int_equal(key.len, VC_SEAL_KEY_MAX);
    assert_memory_equal(key.b, "\x01\x02\x03\x04\x55\x66\x00", 7);
    key = vc_seal_key_prekey(0x01020304);
    assert_int_equal(key.len, 4);
    assert_int_equal(vc_seal_key_prekey_read(vc_seal_key_bytes(&key), &id), VC_OK);
    assert_int_equal(id, 0x01020304);
    key.len++;
    assert_int_equal(vc_seal_key_prekey_read(vc_seal_key_bytes(&key), &id),
                     VC_ERR_MALFORMED);
    key.len -= 2;
    assert_int_equal(vc_seal_key_prekey_read(vc_seal_key_bytes(&key), &id),
                     VC_ERR_MALFORMED);
}

static void a_peer_row_has_its_place_for_every_field(void **state)
{
    struct vc_seal_peer_row row = {.generation = 0x04030201,
                                   .floor = 0x0605,
                                   .next = 9,
                                   .suite = 1,
                                   .reason = VC_SEAL_ROLLBACK,
                                   .session_count = 2,
                                   .sessions = {7, 8}};
    const uint8_t expected[] = {
        1,          /* version */
        1, 2, 3, 4, /* generation */
        5, 6, 0, 0, /* floor */
        9, 0, 0, 0, /* next */
        1, 0,       /* suite */
        2,          /* reason */
        2,          /* sessions */
        7, 0, 0, 0, /*   */
        8, 0, 0, 0, /*   */
        0,          /* no prekey */
    };
    uint8_t room[VC_SEAL_PEER_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_seal_peer_row back;

    (void)state;
    vc_seal_peer_row_write(&w, &row);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof expected);
    assert_memory_equal(room, expected, sizeof expected);
    assert_int_equal(vc_seal_peer_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_memory_equal(&back.sessions, &row.sessions, sizeof row.sessions);
    assert_int_equal(back.reason, VC_SEAL_ROLLBACK);
}

static struct vc_seal_peer_row biggest_row(void)
{
    struct vc_seal_peer_row row = {.next = 100,
                                   .session_count = VC_SEAL_SESSIONS_ROOM,
                                   .has_prekey = true,
                                   .prekey = {.suite = 1, .id = 5, .until = 3},
                                   .one_time_count = VC_SEAL_ONE_TIMES_MAX};

    for (uint32_t i = 0; i < VC_SEAL_SESSIONS_ROOM; i++) {
        row.sessions[i] = 10 + i;
    }
    for (uint32_t i = 0; i < VC_SEAL_ONE_TIMES_MAX; i++) {
        row.one_times[i].id = 1 + i;
    }
    return row;
}

/* Every length but its own, and each of these bytes, is malformed. */
static void expect_strict(struct vc_bytes value, vc_err (*read)(struct vc_bytes),
                          const size_t *wrong_at, size_t count)
{
    uint8_t room[VC_SEAL_SESSION_ROW_MAX + 1];

    assert_true(value.len < sizeof room);
    memcpy(room, value.data, value.len);
    room[value.len] = 0;
    assert_int_equal(read((struct vc_bytes){room, value.len}), VC_OK);
    assert_int_equal(read((struct vc_bytes){room, value.len + 1}), VC_ERR_MALFORMED);
    for (size_t len = 0; len < value.len; len++) {
        /* A row without one-time prekeys is one, too. */
        vc_err err = read((struct vc_bytes){room, len});

        assert_true(
            err == VC_ERR_MALFORMED ||
            (err == VC_OK && len > 60 && (value.len - len) % VC_ONE_TIME_LEN == 0));
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t kept = room[wrong_at[i]];

        room[wrong_at[i]] = 0xfe;
        assert_int_equal(read((struct vc_bytes){room, value.len}), VC_ERR_MALFORMED);
        room[wrong_at[i]] = kept;
    }
}

static vc_err read_peer(struct vc_bytes value)
{
    struct vc_seal_peer_row row;

    return vc_seal_peer_row_read(value, &row);
}

static void a_peer_row_of_another_form_is_malformed(void **state)
{
    struct vc_seal_peer_row row = biggest_row();
    uint8_t room[VC_SEAL_PEER_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    /* version, reason, count, a session, flag, prekey's version, an id below the one before */
    const size_t wrong[] = {0, 15, 16, 17, 49, 50, 50 + VC_PREKEY_LEN};

    (void)state;
    vc_seal_peer_row_write(&w, &row);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    expect_strict(vc_writer_bytes(&w), read_peer, wrong,
                  sizeof wrong / sizeof wrong[0]);
    memset(room + 9, 0, 4); /* next is 0 */
    assert_int_equal(read_peer(vc_writer_bytes(&w)), VC_ERR_MALFORMED);
}

static vc_err read_session(struct vc_bytes value)
{
    struct vc_seal_session_row row;
    struct vc_ratchet ratchet;

    return vc_seal_session_row_read(value, &row, &ratchet);
}

static void a_session_row_comes_back_and_no_other_form(void **state)
{
    struct host a, b;
    struct parcel parcel;
    struct vc_seal_session *session;
    struct vc_seal_session_row row;
    struct vc_ratchet ratchet;
    uint8_t room[VC_SEAL_SESSION_ROW_MAX], again[VC_SEAL_SESSION_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room), w2;
    const size_t wrong[] = {0, 1, 2, 35, 36}; /* version, flags, reason, length */

    (void)state;
    host_pair(&a, &b, 1);
    parcel = host_seal(&a, 1, "x");
    session = vc_seal_session_best(vc_seal_peer_find(a.seal, PEER));
    vc_seal_session_row_write(&w, &session->row, &session->ratchet);
    assert_int_equal(room[0], 1);
    assert_int_equal(room[1], 1); /* the initiator's, not confirmed */
    assert_int_equal(room[3], 1); /* generation */
    assert_memory_equal(room + 19, session->row.name.b, 16);
    assert_int_equal(room[35] | room[36] << 8, parcel.prefix_len);
    assert_memory_equal(room + 37, parcel.bytes, parcel.prefix_len);
    expect_strict(vc_writer_bytes(&w), read_session, wrong,
                  sizeof wrong / sizeof wrong[0]);
    assert_int_equal(vc_seal_session_row_read(vc_writer_bytes(&w), &row, &ratchet),
                     VC_OK);
    w2 = vc_writer(again, sizeof again);
    vc_seal_session_row_write(&w2, &row, &ratchet);
    assert_int_equal(vc_writer_bytes(&w2).len, vc_writer_bytes(&w).len);
    assert_memory_equal(again, room, vc_writer_bytes(&w).len);
    room[3] = 0; /* generation 0 */
    assert_int_equal(read_session(vc_writer_bytes(&w)), VC_ERR_MALFORMED);
    room[3] = 1;
    for (uint8_t flags = 0; flags < 4; flags++) {
        room[1] = flags; /* only the initiator's that is not confirmed has an opening */
        assert_int_equal(read_session(vc_writer_bytes(&w)),
                         flags == 1 ? VC_OK : VC_ERR_MALFORMED);
    }
    /* Without an opening: all but that one, and what is not a recipient's. */
    w = vc_writer(room, sizeof room);
    row.opening.len = 0;
    vc_seal_session_row_write(&w, &row, &ratchet);
    for (uint8_t flags = 0; flags < 4; flags++) {
        room[1] = flags;
        assert_int_equal(read_session(vc_writer_bytes(&w)),
                         flags >= 2 ? VC_OK : VC_ERR_MALFORMED);
    }
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static vc_err read_prekey(struct vc_bytes value)
{
    struct vc_seal_prekey_row row;

    return vc_seal_prekey_row_read(value, &row);
}

static void a_prekey_row_is_a_signed_ones_or_a_one_time_ones(void **state)
{
    struct vc_seal_prekey_row row = {.secret = {{9, 8}},
                                     .prekey = {.suite = 1, .id = 5, .until = 3},
                                     .order = 0x0102};
    struct vc_seal_prekey_row back;
    uint8_t room[VC_SEAL_PREKEY_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    const size_t wrong[] = {0, 1, 38};

    (void)state;
    vc_seal_prekey_row_write(&w, &row);
    assert_int_equal(vc_writer_bytes(&w).len, VC_SEAL_PREKEY_ROW_MAX);
    assert_memory_equal(room, "\1\1\x09\x08", 4);
    assert_memory_equal(room + 34, "\2\1\0\0\1", 5);
    assert_int_equal(vc_seal_prekey_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.prekey.id, 5);
    assert_int_equal(back.order, 0x0102);
    expect_strict(vc_writer_bytes(&w), read_prekey, wrong, 3);

    row = (struct vc_seal_prekey_row){
        .is_one_time = true, .secret = {{7}}, .day = 0x0304};
    w = vc_writer(room, sizeof room);
    vc_seal_prekey_row_write(&w, &row);
    assert_int_equal(vc_writer_bytes(&w).len, 38);
    assert_memory_equal(room, "\1\2\7", 3);
    assert_memory_equal(room + 34, "\4\3\0\0", 4);
    assert_int_equal(vc_seal_prekey_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.is_one_time);
    assert_int_equal(back.day, 0x0304);
    expect_strict(vc_writer_bytes(&w), read_prekey, wrong, 2);
}

static vc_err read_skipped(struct vc_bytes value)
{
    struct vc_secret32 key;

    return vc_seal_skipped_row_read(value, &key);
}

static void a_kept_key_and_a_name_have_their_rows(void **state)
{
    struct vc_secret32 key = {{1, 2, 3}}, back;
    uint8_t room[VC_SEAL_SKIPPED_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    const size_t wrong[] = {0};

    (void)state;
    vc_seal_skipped_row_write(&w, &key);
    assert_int_equal(vc_writer_bytes(&w).len, VC_SEAL_SKIPPED_ROW_LEN);
    assert_memory_equal(room, "\1\1\2\3", 4);
    assert_int_equal(vc_seal_skipped_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_memory_equal(back.b, key.b, sizeof key.b);
    expect_strict(vc_writer_bytes(&w), read_skipped, wrong, 1);
    w = vc_writer(room, sizeof room);
    vc_seal_replay_row_write(&w);
    assert_int_equal(vc_writer_bytes(&w).len, 1);
    assert_int_equal(room[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_sort_by_device_session_chain_and_number),
        cmocka_unit_test(a_peer_row_has_its_place_for_every_field),
        cmocka_unit_test(a_peer_row_of_another_form_is_malformed),
        cmocka_unit_test(a_session_row_comes_back_and_no_other_form),
        cmocka_unit_test(a_prekey_row_is_a_signed_ones_or_a_one_time_ones),
        cmocka_unit_test(a_kept_key_and_a_name_have_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Events have numbers without holes, outlive the node, and cost few rows. */
#include <string.h>

#include "node/chat/limits.h"
#include "node/chat/rows.h"
#include "tests/unit/node/party.h"

static struct party_events seen;

static void numbers_have_no_holes_and_bodies_name_their_messages(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    for (int i = 0; i < 20; i++) {
        party_say(party, a, bob, "from alice");
        party_say(party, b, alice, "from bob");
        party_run(party, (vc_ms)(i % 3) * 10);
    }
    party_run(party, 1000);
    party_events(a, 0, &seen);
    for (size_t i = 0; i < seen.count; i++) {
        struct vc_message message;

        assert_int_equal(seen.events[i].seq, i + 1);
        if (seen.events[i].kind == VC_EVENT_MESSAGE) {
            assert_int_equal(vc_chat_message(party_chat(a), seen.events[i].contact,
                                             seen.events[i].ref, &message),
                             VC_OK);
        }
    }
    assert_int_equal(vc_chat_event_last(party_chat(a)), seen.count);
    assert_int_equal(party_event_count(a, VC_EVENT_MESSAGE), 40);
}

static void a_turn_of_many_messages_makes_one_row(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    struct vc_bytes text = {(const uint8_t *)"hi", 2}, none = {(const uint8_t *)"", 0};
    struct vc_message message;
    size_t rows;
    uint64_t last;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    rows = party_rows(a, VC_TABLE_EVENT);
    last = vc_chat_event_last(party_chat(a));
    now = party_now(party, a);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(
            vc_chat_send_text(party_chat(a), &now, bob, text, none, &message), VC_OK);
    }
    party_end_turn(party, a);
    party_turn(party);
    assert_int_equal(party_rows(a, VC_TABLE_EVENT), rows + 1);
    assert_int_equal(vc_chat_event_last(party_chat(a)), last + 50);
    /* Reading may begin inside the row. */
    party_events(a, last + 20, &seen);
    assert_int_equal(seen.count, 30);
    assert_int_equal(seen.events[0].seq, last + 21);
    assert_int_equal(seen.events[0].ref.seq, 21);
    assert_int_equal(seen.events[0].seq_last, 21);
}

static void states_of_a_turn_are_one_range(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t next = 1;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    for (int i = 0; i < 40; i++) {
        party_say(party, a, bob, "hi");
    }
    party_run(party, 1000);
    party_events(a, 0, &seen);
    for (size_t i = 0; i < seen.count; i++) {
        if (seen.events[i].kind == VC_EVENT_STATE) {
            assert_int_equal(seen.events[i].state, VC_MESSAGE_DELIVERED);
            assert_int_equal(seen.events[i].ref.seq, next);
            next = seen.events[i].seq_last + 1;
        }
    }
    assert_int_equal(next, 41);
    assert_true(party_event_count(a, VC_EVENT_STATE) < 20);
}

static void numbers_go_on_after_a_crash(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint64_t last;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "hi");
    party_run(party, 500);
    last = vc_chat_event_last(party_chat(a));
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(vc_chat_event_last(party_chat(a)), last);
    assert_int_equal(vc_chat_event_first(party_chat(a)), 1);
    party_say(party, a, bob, "hi again");
    party_run(party, 100);
    party_events(a, last, &seen);
    assert_true(seen.count >= 1);
    assert_int_equal(seen.events[0].seq, last + 1);
    assert_int_equal(seen.events[0].kind, VC_EVENT_MESSAGE);
    party_events(a, vc_chat_event_last(party_chat(a)), &seen);
    assert_int_equal(seen.count, 0);
}

/* A row of a great many events, as if they had been written long ago. */
static void write_old_events(struct party *party, struct party_host *host,
                             uint32_t count)
{
    struct vc_chat_key key = vc_key_long(vc_chat_event_last(party_chat(host)) + 1);
    struct vc_event_row row = {.count = count,
                               .event = {.kind = VC_EVENT_MESSAGE, .contact = 1}};
    uint8_t room[VC_EVENT_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_event_row_write(&w, &row);
    assert_int_equal(vc_store_reserve(host->store, 1, 128), VC_OK);
    vc_store_put(host->store, VC_TABLE_EVENT, vc_key_bytes(&key), vc_writer_bytes(&w));
    party_end_turn(party, host);
    party_turn(party);
    party_crash(party, host);
    assert_int_equal(party_start(party, host), VC_OK);
}

static bool ignore(void *ctx, const struct vc_event *event)
{
    (void)ctx;
    (void)event;
    return true;
}

static void old_ones_are_dropped_and_that_is_said(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    write_old_events(party, a, VC_CHAT_EVENTS_KEPT);
    for (int i = 0; i < 5; i++) {
        party_say(party, a, bob, "hi");
        party_run(party, 100);
    }
    assert_true(vc_chat_event_first(party_chat(a)) > 1);
    assert_int_equal(vc_chat_events(party_chat(a), 0, ignore, NULL), VC_ERR_GAP);
    assert_int_equal(vc_chat_events(party_chat(a),
                                    vc_chat_event_first(party_chat(a)) - 1, ignore,
                                    NULL),
                     VC_OK);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_true(vc_chat_event_first(party_chat(a)) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(numbers_have_no_holes_and_bodies_name_their_messages),
        PARTY_TEST(a_turn_of_many_messages_makes_one_row),
        PARTY_TEST(states_of_a_turn_are_one_range),
        PARTY_TEST(numbers_go_on_after_a_crash),
        PARTY_TEST(old_ones_are_dropped_and_that_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

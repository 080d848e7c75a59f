/* Space in a turn, and rows that are written once at its end. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void rows_are_written_once_a_turn(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_store_stats before, after;
    struct vc_bytes text = {(const uint8_t *)"hi", 2}, none = {(const uint8_t *)"", 0};
    struct vc_message message;
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_run(party, 1000);
    party->hosts[1].is_deaf = true;
    vc_store_stats(a->store, &before);
    now = party_now(party, a);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            vc_chat_send_text(party_chat(a), &now, bob, text, none, &message), VC_OK);
    }
    party_end_turn(party, a);
    party_turn(party);
    vc_store_stats(a->store, &after);
    /* Message, order and outbox for each; conversation, mailbox, session and event once. */
    assert_int_equal(after.ops - before.ops, 10 * 3 + 4);
    assert_int_equal(after.commits - before.commits, 1);
}

static void a_turn_is_over_when_many_contacts_have_changed(void **state)
{
    struct party *party = *state;
    struct vc_chat *chat = party_chat(&party->hosts[0]);
    static struct vc_person people[VC_CHAT_ROWS_BYTES_MAX / VC_CHAT_PERSON_BYTES + 1];
    size_t count = sizeof people / sizeof people[0];
    size_t taken = 0;

    memset(people, 0, sizeof people);
    assert_true(vc_chat_has_room(chat));
    while (taken < count && vc_room_take(chat, &people[taken], 0, 0) == VC_OK) {
        taken++;
        assert_int_equal(vc_room_take(chat, &people[taken - 1], 0, 0), VC_OK);
    }
    assert_int_equal(taken, count - 1);
    assert_int_equal(vc_room_take(chat, &people[taken], 0, 0), VC_ERR_FULL);
    assert_false(vc_chat_has_room(chat));
    party_end_turn(party, &party->hosts[0]);
    assert_true(vc_chat_has_room(chat));
}

/* As many contacts say at once that something arrived as a turn has room for, and more. */
static void what_became_dirty_without_room_is_written_all_the_same(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_chat *chat = party_chat(a);
    static struct vc_person people[100];
    size_t rows = party_rows(a, VC_TABLE_CONVERSATION);

    memset(people, 0, sizeof people);
    for (uint32_t i = 0; i < 100; i++) {
        people[i].id = 1000 + i;
        if (vc_room_take(chat, &people[i], 0, 0) != VC_OK) {
            assert_true(i >= VC_CHAT_ROWS_BYTES_MAX / VC_CHAT_PERSON_BYTES);
        }
        vc_person_conversation_dirty(chat, &people[i]);
    }
    party_end_turn(party, a);
    assert_null(chat->dirty_first);
    party_turn(party);
    assert_int_equal(party_rows(a, VC_TABLE_CONVERSATION), rows + 100);
}

static void dirty_people_are_forgotten_in_any_order(void **state)
{
    struct party *party = *state;
    struct vc_chat *chat = party_chat(&party->hosts[0]);
    static struct vc_person people[3];

    for (int i = 0; i < 3; i++) {
        memset(people, 0, sizeof people);
        for (int j = 0; j < 3; j++) {
            vc_person_contact_dirty(chat, &people[j]);
            vc_person_conversation_dirty(chat, &people[j]);
        }
        vc_person_clean(chat, &people[i]);
        assert_false(people[i].is_listed);
        vc_person_clean(chat, &people[(i + 1) % 3]);
        vc_person_clean(chat, &people[(i + 1) % 3]);
        vc_person_clean(chat, &people[(i + 2) % 3]);
        assert_null(chat->dirty_first);
        assert_null(chat->dirty_last);
    }
}

static void arrays_grow_and_keep_what_they_hold(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_chat *chat = party_chat(a);
    uint32_t *numbers = NULL;
    size_t room = 0;

    for (uint32_t i = 0; i < 100; i++) {
        numbers = vc_chat_grow(chat, numbers, &room, i, sizeof *numbers);
        assert_non_null(numbers);
        assert_true(room > i);
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(numbers[i], i);
    }
    a->alloc.fails_at = a->alloc.calls + 1;
    assert_null(vc_chat_grow(chat, numbers, &room, room, sizeof *numbers));
    assert_int_equal(numbers[99], 99);
    vc_chat_free(chat, numbers, room * sizeof *numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(rows_are_written_once_a_turn),
        PARTY_TEST(a_turn_is_over_when_many_contacts_have_changed),
        PARTY_TEST(what_became_dirty_without_room_is_written_all_the_same),
        PARTY_TEST(dirty_people_are_forgotten_in_any_order),
        PARTY_TEST(arrays_grow_and_keep_what_they_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

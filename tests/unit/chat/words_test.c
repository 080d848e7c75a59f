/* What mail asks for again is said again, as it was or as it is now, or given up. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

/* Two who know each other, of whom one has lost all keys of the other's: what she says waits
 * without words. */
struct apart {
    struct party *party;
    struct party_host *a, *b;
    uint32_t bob, alice;
};

static void part(struct apart *apart)
{
    apart->b->is_deaf = true;
    party_crash(apart->party, apart->a);
    party_lose(apart->a, VC_TABLE_SESSION);
    assert_int_equal(party_start(apart->party, apart->a), VC_OK);
}

static void meet(struct apart *apart, void **state)
{
    apart->party = *state;
    apart->a = &apart->party->hosts[0];
    apart->b = &apart->party->hosts[1];
    party_meet(apart->party, apart->a, apart->b, &apart->bob, &apart->alice);
    party_run(apart->party, 1000);
}

static void come_together(struct apart *apart)
{
    party_end_turn(apart->party, apart->a);
    apart->b->is_deaf = false;
    party_run(apart->party, 120000);
    assert_int_equal(party_contact(apart->party, apart->a, apart->bob).waiting, 0);
}

static struct vc_person *bob_of(const struct apart *apart)
{
    return vc_person_find(party_chat(apart->a), apart->bob);
}

static uint64_t waiting(const struct apart *apart)
{
    return party_contact(apart->party, apart->a, apart->bob).waiting;
}

/* His prekey comes by some way; false when mail asks for no words because of it. */
static bool is_asked(const struct apart *apart, struct vc_mail_output *ret_asked)
{
    struct vc_now now = party_now(apart->party, apart->a);
    struct vc_mail *mail = vc_node_mail(apart->a->node);
    uint32_t peer = bob_of(apart)->row.peer;
    struct vc_prekey prekey;

    assert_true(vc_seal_own_prekey(vc_node_seal(apart->b->node), &prekey));
    assert_int_equal(vc_store_reserve(apart->a->store, 1, VC_SEAL_SEAL_BYTES), VC_OK);
    vc_seal_peer_keys(vc_node_seal(apart->a->node), &now, peer, &prekey, NULL, 0);
    vc_mail_keys(mail, &now, peer);
    while (vc_mail_next(mail, &now, ret_asked)) {
        if (ret_asked->kind == VC_MAIL_WORDS) {
            assert_int_equal(ret_asked->peer, peer);
            return true;
        }
    }
    return false;
}

static void say(const struct apart *apart, const struct vc_mail_output *asked)
{
    struct vc_now now = party_now(apart->party, apart->a);

    vc_words_wanted(party_chat(apart->a), &now, bob_of(apart), asked->number,
                    asked->ref);
}

static uint64_t resealed(const struct apart *apart)
{
    struct vc_mail_stats stats;

    vc_mail_stats(vc_node_mail(apart->a->node), &stats);
    return stats.resealed;
}

static void a_message_keeps_its_words_and_its_id(void **state)
{
    struct apart apart;
    struct vc_mail_output asked;
    struct vc_message said, heard;

    meet(&apart, state);
    part(&apart);
    said = party_say(apart.party, apart.a, apart.bob, "hello");
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    assert_int_equal(resealed(&apart), 1);
    come_together(&apart);
    heard = party_find(apart.b, apart.alice, "hello");
    assert_memory_equal(said.id.b, heard.id.b, sizeof said.id.b);
    assert_int_equal(said.clock, heard.clock);
    assert_int_equal(party_state(apart.a, apart.bob, "hello"), VC_MESSAGE_DELIVERED);
}

static void messages_come_in_the_order_in_which_they_were_said(void **state)
{
    struct apart apart;

    meet(&apart, state);
    party_say(apart.party, apart.a, apart.bob, "one");
    party_run(apart.party, 500);
    part(&apart);
    party_say(apart.party, apart.a, apart.bob, "two");
    party_say(apart.party, apart.a, apart.bob, "three");
    party_run(apart.party, 10);
    party_say(apart.party, apart.b, apart.alice, "over");
    come_together(&apart);
    assert_string_equal(party_texts(apart.b, apart.alice), "one\ntwo\nthree\nover\n");
    assert_string_equal(party_texts(apart.a, apart.bob), "one\ntwo\nthree\nover\n");
}

static void a_receipt_is_said_again(void **state)
{
    struct apart apart;
    struct vc_mail_output asked;
    struct vc_now now;

    meet(&apart, state);
    party_say(apart.party, apart.b, apart.alice, "read me");
    party_run(apart.party, 500);
    part(&apart);
    now = party_now(apart.party, apart.a);
    assert_int_equal(vc_chat_mark_read(party_chat(apart.a), &now, apart.bob), VC_OK);
    party_run(apart.party, 10);
    assert_int_equal(waiting(&apart), 1);
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    assert_int_equal(resealed(&apart), 1);
    come_together(&apart);
    assert_int_equal(party_state(apart.b, apart.alice, "read me"), VC_MESSAGE_READ);
    assert_int_equal(bob_of(&apart)->conversation.receipt_acked, 1);
}

static void put_mark(uint8_t ret_ref[VC_MAIL_REF_LEN], enum vc_mark_kind kind,
                     uint32_t contact, uint64_t value)
{
    struct vc_mark mark = {.kind = kind, .contact = contact, .value = value};

    vc_mark_write(ret_ref, &mark);
}

/* It says its new mark too, or the next one would follow at once. */
static void a_card_says_itself_as_it_is_now(void **state)
{
    static const uint8_t old[] = {1, 5, 1};
    struct apart apart;
    struct vc_mail_output asked;
    uint8_t ref[VC_MAIL_REF_LEN];
    struct vc_mail_state before, after;
    struct vc_now now;
    size_t prekeys;

    meet(&apart, state);
    part(&apart);
    put_mark(ref, VC_MARK_CARD, apart.bob, 5);
    party_forge_marked(apart.party, apart.a, apart.bob, VC_BYTES(old), ref);
    bob_of(&apart)->row.card_sent = 5;
    now = party_now(apart.party, apart.a);
    assert_int_equal(vc_chat_set_name(party_chat(apart.a), &now, "Alicia"), VC_OK);
    party_end_turn(apart.party, apart.a);
    party_turn(apart.party);
    prekeys = party_rows(apart.a, VC_TABLE_PREKEY);
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    assert_true(bob_of(&apart)->row.card_sent == party_chat(apart.a)->card_mark);
    assert_true(vc_mail_state(vc_node_mail(apart.a->node), asked.peer, &before));
    come_together(&apart);
    assert_int_equal(party_rows(apart.a, VC_TABLE_PREKEY), prekeys + VC_CHAT_ONE_TIMES);
    assert_string_equal(party_contact(apart.party, apart.b, apart.alice).own_name,
                        "Alicia");
    assert_true(bob_of(&apart)->row.card_acked == party_chat(apart.a)->card_mark);
    assert_true(vc_mail_state(vc_node_mail(apart.a->node), asked.peer, &after));
    assert_int_equal(after.sent, before.sent);
}

/* Its number is told as given up, so that nothing behind it waits. */
static void what_has_no_mark_is_given_up(void **state)
{
    static const uint8_t request[] = {1, 3, 0};
    struct apart apart;
    struct vc_mail_output asked;

    meet(&apart, state);
    part(&apart);
    party_forge(apart.party, apart.a, apart.bob, VC_BYTES(request));
    party_say(apart.party, apart.a, apart.bob, "after");
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    assert_int_equal(resealed(&apart), 0);
    come_together(&apart);
    assert_int_equal(party_stats(apart.b).dropped_malformed, 0);
    assert_string_equal(party_texts(apart.b, apart.alice), "after\n");
}

static void fail_message(const struct apart *apart, const struct vc_message *message)
{
    struct vc_chat *chat = party_chat(apart->a);
    struct vc_message_row row;

    assert_int_equal(vc_message_get(chat, apart->bob, &message->ref, &row), VC_OK);
    row.is_failed = true;
    row.reason = VC_ERR_ABANDONED;
    assert_int_equal(vc_room_take(chat, NULL, 1, 1024), VC_OK);
    vc_message_put(chat, apart->bob, &message->ref, &row);
    party_end_turn(apart->party, apart->a);
    party_turn(apart->party);
}

static void a_message_that_failed_is_given_up(void **state)
{
    struct apart apart;
    struct vc_mail_output asked;
    struct vc_message message;

    meet(&apart, state);
    part(&apart);
    message = party_say(apart.party, apart.a, apart.bob, "never mind");
    party_turn(apart.party);
    fail_message(&apart, &message);
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    assert_int_equal(resealed(&apart), 0);
    come_together(&apart);
    assert_string_equal(party_texts(apart.b, apart.alice), "");
}

static void marks_of_nothing_and_of_others_are_given_up(void **state)
{
    static const uint8_t object[] = {1, 1, 0};
    struct apart apart;
    struct vc_mail_output asked;
    uint8_t refs[5][VC_MAIL_REF_LEN];

    meet(&apart, state);
    part(&apart);
    party_say(apart.party, apart.a, apart.bob, "once");
    put_mark(refs[0], VC_MARK_MESSAGE, apart.bob + 1, 1);
    put_mark(refs[1], VC_MARK_CARD, apart.bob + 1, 1);
    put_mark(refs[2], VC_MARK_MESSAGE, apart.bob, 999);
    put_mark(refs[3], VC_MARK_MESSAGE, apart.bob, (UINT64_C(1) << 32) + 1);
    put_mark(refs[4], VC_MARK_MESSAGE, apart.bob, 1);
    refs[4][0] = VC_MARK_CARD + 1; /* no mark of ours */
    for (size_t i = 0; i < 5; i++) {
        party_forge_marked(apart.party, apart.a, apart.bob, VC_BYTES(object), refs[i]);
    }
    assert_true(is_asked(&apart, &asked));
    say(&apart, &asked);
    come_together(&apart);
    assert_int_equal(resealed(&apart), 1);
    assert_string_equal(party_texts(apart.b, apart.alice), "once\n");
    assert_int_equal(party_stats(apart.b).dropped_malformed, 0);
    assert_int_equal(party_stats(apart.b).duplicates, 0);
}

/* Takes the room that there is for rows of people in this turn. */
static void fill_turn(struct vc_chat *chat)
{
    static struct vc_person people[VC_CHAT_ROWS_BYTES_MAX / VC_CHAT_PERSON_BYTES + 1];
    size_t taken = 0;

    memset(people, 0, sizeof people);
    while (vc_room_take(chat, &people[taken], 0, 0) == VC_OK) {
        taken++;
    }
}

static void without_room_they_are_asked_for_again(void **state)
{
    static const uint8_t request[] = {1, 3, 0}, old[] = {1, 5, 1};
    struct apart apart;
    uint8_t ref[VC_MAIL_REF_LEN];

    meet(&apart, state);
    for (int i = 0; i < 4; i++) {
        struct vc_mail_output asked;
        uint64_t before;

        apart.b->is_deaf = false;
        party_say(apart.party, apart.b, apart.alice, "read me");
        party_run(apart.party, 60000);
        part(&apart);
        if (i == 0) {
            party_say(apart.party, apart.a, apart.bob, "patience");
        } else if (i == 1) {
            struct vc_now now = party_now(apart.party, apart.a);

            assert_int_equal(vc_chat_mark_read(party_chat(apart.a), &now, apart.bob),
                             VC_OK);
            party_run(apart.party, 10);
        } else if (i == 2) {
            put_mark(ref, VC_MARK_CARD, apart.bob, 5);
            bob_of(&apart)->row.card_sent = 5;
            party_forge_marked(apart.party, apart.a, apart.bob, VC_BYTES(old), ref);
        } else {
            party_forge(apart.party, apart.a, apart.bob, VC_BYTES(request));
        }
        before = waiting(&apart);
        assert_true(before > 0);
        assert_true(is_asked(&apart, &asked));
        fill_turn(party_chat(apart.a));
        say(&apart, &asked);
        assert_int_equal(waiting(&apart), before);
        assert_int_equal(resealed(&apart), 0);
        come_together(&apart);
    }
    assert_non_null(strstr(party_texts(apart.b, apart.alice), "patience\n"));
    assert_true(bob_of(&apart)->row.card_acked == party_chat(apart.a)->card_mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_message_keeps_its_words_and_its_id),
        PARTY_TEST(messages_come_in_the_order_in_which_they_were_said),
        PARTY_TEST(a_receipt_is_said_again),
        PARTY_TEST(a_card_says_itself_as_it_is_now),
        PARTY_TEST(what_has_no_mark_is_given_up),
        PARTY_TEST(a_message_that_failed_is_given_up),
        PARTY_TEST(marks_of_nothing_and_of_others_are_given_up),
        PARTY_TEST(without_room_they_are_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

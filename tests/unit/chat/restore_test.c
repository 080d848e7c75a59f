/* A store that was put back to an older state gets back what the other side has. */
#include <stdio.h>
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

/* Two who know each other; bob's is the number of b at a. */
struct pair {
    struct party *party;
    struct party_host *a, *b;
    uint32_t bob, alice;
};

static struct pair meet(void **state)
{
    struct party *party = *state;
    struct pair pair = {.party = party, .a = &party->hosts[0], .b = &party->hosts[1]};

    party_meet(party, pair.a, pair.b, &pair.bob, &pair.alice);
    return pair;
}

static struct vc_memory_disk *copy_of(const struct party_host *host)
{
    struct vc_memory_disk *copy = vc_memory_disk_copy(host->disk);

    assert_non_null(copy);
    return copy;
}

/* Starts from @copy, which is used up. */
static void put_back(struct party *party, struct party_host *host,
                     struct vc_memory_disk *copy)
{
    party_crash(party, host);
    vc_memory_disk_free(host->disk);
    host->disk = copy;
    assert_int_equal(party_start(party, host), VC_OK);
}

static int restoring(struct party_host *host, uint32_t contact)
{
    return vc_person_find(party_chat(host), contact)->row.restoring;
}

static struct vc_message say_with_token(struct pair *pair, const char *text,
                                        const char *token)
{
    struct vc_now now = party_now(pair->party, pair->a);
    struct vc_message message;

    assert_int_equal(
        vc_chat_send_text(party_chat(pair->a), &now, pair->bob,
                          (struct vc_bytes){(const uint8_t *)text, strlen(text)},
                          (struct vc_bytes){(const uint8_t *)token, strlen(token)},
                          &message),
        VC_OK);
    party_end_turn(pair->party, pair->a);
    return message;
}

static void assert_settled(struct pair *pair, const char *texts)
{
    assert_string_equal(party_texts(pair->a, pair->bob), texts);
    assert_string_equal(party_texts(pair->b, pair->alice), texts);
    assert_int_equal(restoring(pair->a, pair->bob), VC_RESTORING_NOTHING);
    assert_int_equal(restoring(pair->b, pair->alice), VC_RESTORING_NOTHING);
    assert_int_equal(vc_chat_gaps(party_chat(pair->a), pair->bob), 0);
    assert_int_equal(vc_chat_gaps(party_chat(pair->b), pair->alice), 0);
    assert_int_equal(party_contact(pair->party, pair->a, pair->bob).waiting, 0);
    assert_int_equal(party_contact(pair->party, pair->b, pair->alice).waiting, 0);
    assert_int_equal(party_rows(pair->a, VC_TABLE_UNSETTLED), 0);
    assert_int_equal(party_rows(pair->b, VC_TABLE_UNSETTLED), 0);
    assert_int_equal(party_stats(pair->a).dropped_forged, 0);
    assert_int_equal(party_stats(pair->b).dropped_forged, 0);
}

static void own_messages_come_back(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy;
    struct party_events events;
    struct vc_message lost;
    bool is_told = false, is_delivered = false;

    party_say(pair.party, pair.a, pair.bob, "kept");
    copy = copy_of(pair.a); /* not delivered yet */
    party_run(pair.party, 500);
    lost = party_say(pair.party, pair.a, pair.bob, "lost");
    party_say(pair.party, pair.a, pair.bob, "lost too");
    party_run(pair.party, 500);
    put_back(pair.party, pair.a, copy);
    assert_string_equal(party_texts(pair.a, pair.bob), "kept\n");
    party_run(pair.party, 30000);
    assert_settled(&pair, "kept\nlost\nlost too\n");
    assert_int_equal(party_state(pair.a, pair.bob, "lost too"), VC_MESSAGE_DELIVERED);
    assert_memory_equal(party_find(pair.a, pair.bob, "lost").id.b, lost.id.b, 32);
    party_events(pair.a, 0, &events);
    for (size_t i = 0; i < events.count; i++) {
        is_told = is_told || (events.events[i].kind == VC_EVENT_CONTACT_CHANGED &&
                              events.events[i].change == VC_CHANGE_SESSION);
        is_delivered = is_delivered || (events.events[i].kind == VC_EVENT_STATE &&
                                        events.events[i].ref.seq == 1 &&
                                        events.events[i].state == VC_MESSAGE_DELIVERED);
    }
    assert_true(is_told);
    assert_true(is_delivered);
    /* And it goes on. */
    party_say(pair.party, pair.a, pair.bob, "new");
    party_run(pair.party, 500);
    party_say(pair.party, pair.b, pair.alice, "newer");
    party_run(pair.party, 1000);
    assert_settled(&pair, "kept\nlost\nlost too\nnew\nnewer\n");
}

static void more_than_one_answer_holds_come_back(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    char text[16], all[1024] = "";

    for (int i = 0; i < 70; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        party_say(pair.party, i % 2 == 0 ? pair.a : pair.b,
                  i % 2 == 0 ? pair.bob : pair.alice, text);
        party_run(pair.party, 100);
        (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", text);
    }
    party_run(pair.party, 500);
    put_back(pair.party, pair.a, copy);
    party_run(pair.party, 60000);
    assert_settled(&pair, all);
}

static void what_was_written_since_is_renamed(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    struct vc_message lost, since, now, again;
    struct vc_message_row row;

    lost = party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    pair.a->is_deaf = true;
    put_back(pair.party, pair.a, copy);
    since = say_with_token(&pair, "since", "mine");
    party_say(pair.party, pair.a, pair.bob, "behind it");
    assert_int_equal(since.ref.seq, lost.ref.seq);
    party_run(pair.party, 1000);
    pair.a->is_deaf = false;
    party_run(pair.party, 120000);
    assert_settled(&pair, "lost\nsince\nbehind it\n");
    assert_int_equal(party_find(pair.a, pair.bob, "lost").ref.seq, lost.ref.seq);
    now = party_find(pair.a, pair.bob, "since");
    assert_true(now.ref.seq > lost.ref.seq);
    assert_memory_not_equal(now.id.b, since.id.b, 32);
    assert_memory_equal(party_find(pair.b, pair.alice, "since").id.b, now.id.b, 32);
    /* Its token finds it, and makes no second one. */
    again = say_with_token(&pair, "since", "mine");
    assert_memory_equal(again.id.b, now.id.b, 32);
    party_run(pair.party, 1000);
    assert_settled(&pair, "lost\nsince\nbehind it\n");
    /* What comes next names what nothing names yet, by the names that are now. */
    again = party_say(pair.party, pair.a, pair.bob, "next");
    assert_int_equal(vc_message_get(party_chat(pair.a), pair.bob, &again.ref, &row),
                     VC_OK);
    for (uint8_t i = 0; i < row.parent_count; i++) {
        assert_true(row.parents[i].seq < again.ref.seq);
    }
    assert_true(row.parent_count >= 1);
    party_run(pair.party, 1000);
    assert_settled(&pair, "lost\nsince\nbehind it\nnext\n");
}

static void nothing_leaves_while_it_is_restored(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    struct vc_message held;

    party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    put_back(pair.party, pair.a, copy);
    pair.b->is_held = true; /* no answer of his leaves */
    vc_memory_commit_at_once(pair.b->store, false);
    party_run(pair.party, 5000);
    assert_int_equal(restoring(pair.a, pair.bob), VC_RESTORING_BOTH);
    held = party_say(pair.party, pair.a, pair.bob, "held");
    party_run(pair.party, 5000);
    assert_int_equal(held.state, VC_MESSAGE_QUEUED);
    assert_string_equal(party_texts(pair.b, pair.alice), "lost\n");
    /* Over a restart too. */
    party_crash(pair.party, pair.a);
    assert_int_equal(party_start(pair.party, pair.a), VC_OK);
    assert_int_equal(restoring(pair.a, pair.bob), VC_RESTORING_BOTH);
    party_run(pair.party, 5000);
    assert_string_equal(party_texts(pair.b, pair.alice), "lost\n");
    /* It can be given up meanwhile. */
    {
        struct vc_message other = party_say(pair.party, pair.a, pair.bob, "given up");
        struct vc_now now = party_now(pair.party, pair.a);

        assert_int_equal(vc_chat_abandon(party_chat(pair.a), &now, pair.bob, other.ref),
                         VC_OK);
        party_end_turn(pair.party, pair.a);
    }
    pair.b->is_held = false;
    vc_memory_complete(pair.b->store, VC_OK);
    vc_memory_commit_at_once(pair.b->store, true);
    party_run(pair.party, 120000);
    assert_string_equal(party_texts(pair.b, pair.alice), "lost\nheld\n");
    assert_int_equal(party_state(pair.a, pair.bob, "held"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(pair.a, pair.bob, "given up"), VC_MESSAGE_FAILED);
}

static void what_the_other_wrote_comes_back(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    char text[16], all[256] = "";

    for (int i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        party_say(pair.party, pair.b, pair.alice, text);
        (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", text);
    }
    party_run(pair.party, 1000);
    assert_string_equal(party_texts(pair.a, pair.bob), all);
    put_back(pair.party, pair.a, copy);
    assert_string_equal(party_texts(pair.a, pair.bob), "");
    party_run(pair.party, 60000);
    assert_settled(&pair, all);
    assert_int_equal(party_contact(pair.party, pair.a, pair.bob).unread, 40);
}

static void what_was_read_is_said_again(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    struct vc_now now;

    party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    now = party_now(pair.party, pair.b);
    assert_int_equal(vc_chat_mark_read(party_chat(pair.b), &now, pair.alice), VC_OK);
    party_end_turn(pair.party, pair.b);
    party_run(pair.party, 500);
    assert_int_equal(party_state(pair.a, pair.bob, "lost"), VC_MESSAGE_READ);
    pair.a->is_deaf = true;
    put_back(pair.party, pair.a, copy);
    party_say(pair.party, pair.a, pair.bob, "since");
    pair.a->is_deaf = false;
    party_run(pair.party, 60000);
    assert_settled(&pair, "lost\nsince\n");
    assert_int_equal(party_state(pair.a, pair.bob, "lost"), VC_MESSAGE_READ);
    /* It is not taken for the one that had the name meanwhile. */
    assert_int_equal(party_state(pair.a, pair.bob, "since"), VC_MESSAGE_DELIVERED);
}

static void both_were_put_back_at_the_same_time(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *of_a, *of_b;

    party_say(pair.party, pair.a, pair.bob, "first");
    party_run(pair.party, 500);
    of_a = copy_of(pair.a);
    party_say(pair.party, pair.a, pair.bob, "a lost it");
    party_say(pair.party, pair.b, pair.alice, "a lost this too");
    party_run(pair.party, 500);
    of_b = copy_of(pair.b);
    party_say(pair.party, pair.b, pair.alice, "both lost it");
    party_run(pair.party, 500);
    put_back(pair.party, pair.a, of_a);
    put_back(pair.party, pair.b, of_b);
    party_run(pair.party, 60000);
    assert_settled(&pair, "first\na lost it\na lost this too\n");
    party_say(pair.party, pair.b, pair.alice, "and on");
    party_run(pair.party, 500);
    party_say(pair.party, pair.a, pair.bob, "and on and on");
    party_run(pair.party, 1000);
    assert_settled(&pair, "first\na lost it\na lost this too\nand on\nand on and on\n");
}

static void each_was_put_back_to_what_the_other_has_not(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *of_a = copy_of(pair.a), *of_b;

    party_say(pair.party, pair.a, pair.bob, "1");
    party_run(pair.party, 500);
    party_say(pair.party, pair.b, pair.alice, "2");
    party_run(pair.party, 500);
    of_b = copy_of(pair.b);
    put_back(pair.party, pair.a, of_a);
    pair.a->is_deaf = true;
    party_say(pair.party, pair.a, pair.bob, "3");
    pair.a->is_deaf = false;
    party_run(pair.party, 5);
    put_back(pair.party, pair.b, of_b);
    party_run(pair.party, 120000);
    assert_settled(&pair, "1\n2\n3\n");
}

static void a_message_that_was_renamed_before_stays_one(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *first = copy_of(pair.a), *second;

    party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    pair.a->is_deaf = true;
    put_back(pair.party, pair.a, first);
    say_with_token(&pair, "since", "mine");
    second = copy_of(pair.a); /* with the first name */
    pair.a->is_deaf = false;
    party_run(pair.party, 60000);
    assert_settled(&pair, "lost\nsince\n");
    put_back(pair.party, pair.a, second);
    party_run(pair.party, 60000);
    assert_settled(&pair, "lost\nsince\n");
    say_with_token(&pair, "since", "mine");
    party_run(pair.party, 1000);
    assert_settled(&pair, "lost\nsince\n");
    /* A name that nothing has does not keep receipts waiting. */
    party_say(pair.party, pair.a, pair.bob, "next");
    party_run(pair.party, 1000);
    {
        struct vc_now now = party_now(pair.party, pair.b);

        assert_int_equal(vc_chat_mark_read(party_chat(pair.b), &now, pair.alice),
                         VC_OK);
        party_end_turn(pair.party, pair.b);
    }
    party_run(pair.party, 1000);
    assert_int_equal(party_state(pair.a, pair.bob, "next"), VC_MESSAGE_READ);
}

/* The other way round. */
static struct pair turned(const struct pair *pair)
{
    return (struct pair){.party = pair->party,
                         .a = pair->b,
                         .b = pair->a,
                         .bob = pair->alice,
                         .alice = pair->bob};
}

static void what_hangs_on_what_comes_back_finds_its_place(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy;

    if (party_author(pair.a, pair.b) == 0) {
        pair = turned(&pair); /* holes are sorted by their authors */
    }
    copy = copy_of(pair.a);
    party_say(pair.party, pair.b, pair.alice, "first");
    party_run(pair.party, 500);
    pair.a->skew_ms =
        -(int64_t)(10 * PARTY_HOUR); /* the order is that of the parents */
    party_say(pair.party, pair.a, pair.bob, "second");
    party_run(pair.party, 500);
    party_crash(pair.party, pair.a);
    pair.b->skew_ms = -(int64_t)(20 * PARTY_HOUR);
    party_say(pair.party, pair.b, pair.alice, "third"); /* it comes before both */
    assert_int_equal(party_start(pair.party, pair.a), VC_OK);
    put_back(pair.party, pair.a, copy);
    party_run(pair.party, 60000);
    assert_settled(&pair, "first\nsecond\nthird\n");
}

static void a_name_that_somebody_speaks_of_is_not_given_again(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *of_a = copy_of(pair.a), *of_b = copy_of(pair.b);
    struct vc_message lost, since;

    lost = party_say(pair.party, pair.b, pair.alice, "both lost it");
    party_run(pair.party, 500);
    party_crash(pair.party, pair.b);
    party_say(pair.party, pair.a, pair.bob, "about that");
    party_run(pair.party, 100);
    assert_int_equal(party_start(pair.party, pair.b), VC_OK);
    put_back(pair.party, pair.b, of_b);
    pair.a->is_held = true; /* it gives what it has, and answers nothing */
    vc_memory_commit_at_once(pair.a->store, false);
    party_run(pair.party, 20000);
    assert_string_equal(party_texts(pair.b, pair.alice), "about that\n");
    since = party_say(pair.party, pair.b, pair.alice, "since");
    assert_true(since.ref.seq > lost.ref.seq);
    pair.a->is_held = false;
    put_back(pair.party, pair.a, of_a);
    party_run(pair.party, 120000);
    assert_settled(&pair, "about that\nsince\n");
}

static size_t sent_by(struct pair *pair, struct party_host *host, uint32_t contact)
{
    struct vc_mail_state state;

    assert_true(vc_mail_state(vc_node_mail(host->node),
                              party_contact(pair->party, host, contact).peer, &state));
    return state.sent;
}

static void a_request_gets_a_bounded_answer(void **state)
{
    struct pair pair = meet(state);
    struct vc_restore_object ask = {.mark = 1, .own_from = 1, .theirs_from = 1};
    uint8_t bytes[VC_RESTORE_OBJECT_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);
    size_t before;

    for (int i = 0; i < 40; i++) {
        party_say(pair.party, pair.a, pair.bob, "a's");
        party_say(pair.party, pair.b, pair.alice, "b's");
    }
    party_run(pair.party, 2000);
    before = sent_by(&pair, pair.a, pair.bob);
    vc_restore_object_write(&w, &ask);
    party_forge(pair.party, pair.b, pair.alice, VC_BYTES(bytes));
    party_forge(pair.party, pair.b, pair.alice, VC_BYTES(bytes));
    party_run(pair.party, 500);
    /* Sixteen messages and the end of the answer, once. */
    assert_int_equal(sent_by(&pair, pair.a, pair.bob) - before, 17);
    assert_int_equal(restoring(pair.b, pair.alice), VC_RESTORING_NOTHING);
}

static void forge_own(struct pair *pair, uint32_t seq, uint32_t highest,
                      const struct vc_message_ref *parent)
{
    struct vc_message_object message = {.seq = seq,
                                        .clock = 7,
                                        .type = VC_BODY_TEXT,
                                        .type_version = 1,
                                        .parent_count = parent == NULL ? 0 : 1,
                                        .body = {(const uint8_t *)"forged", 6}};
    uint8_t head[VC_MESSAGE_HEAD_MAX], bytes[VC_OWN_HEAD_MAX + 6];
    struct vc_writer h = vc_writer(head, sizeof head);
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    if (parent != NULL) {
        message.parents[0] = *parent;
    }
    vc_message_object_write_head(&h, &message);
    vc_own_object_write_head(&w, highest, vc_writer_bytes(&h));
    vc_write_bytes(&w, message.body);
    party_forge(pair->party, pair->b, pair->alice, vc_writer_bytes(&w));
    party_run(pair->party, 200);
}

static void the_hole_that_was_meant_is_closed(void **state)
{
    struct pair pair = meet(state);
    struct vc_message_ref own = {.seq = 1}, theirs = {.seq = 1};
    struct party_forged forged = {.seq = 2, .clock = 9, .parent_count = 1};

    if (party_author(pair.a, pair.b) == 0) {
        pair = turned(&pair); /* the hole of theirs comes before the one of ours */
    }
    own.author = party_author(pair.a, pair.b);
    theirs.author = party_author(pair.b, pair.a);
    vc_person_find(party_chat(pair.a), pair.bob)->row.restoring = VC_RESTORING_BOTH;
    forged.parents[0] = own;
    forged.text = "names the lost one";
    party_forge_message(pair.party, pair.b, pair.alice, &forged);
    party_run(pair.party, 200);
    assert_int_equal(vc_chat_gaps(party_chat(pair.a), pair.bob), 1);
    forge_own(&pair, 1, 1, &theirs);
    assert_int_equal(vc_chat_gaps(party_chat(pair.a), pair.bob), 1);
    forged = (struct party_forged){.seq = 1, .clock = 1000, .text = "the first"};
    party_forge_message(pair.party, pair.b, pair.alice, &forged);
    party_run(pair.party, 500);
    assert_int_equal(vc_chat_gaps(party_chat(pair.a), pair.bob), 0);
    assert_string_equal(party_texts(pair.a, pair.bob),
                        "the first\nforged\nnames the lost one\n");
    assert_int_equal(party_rows(pair.a, VC_TABLE_UNSETTLED), 0);
}

static void what_nobody_asked_for_changes_nothing(void **state)
{
    struct pair pair = meet(state);
    struct vc_restored_object done = {.mark = 1, .highest = 9};
    uint8_t bytes[VC_RESTORED_OBJECT_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);
    struct vc_message message;

    forge_own(&pair, 1, 5, NULL);
    vc_restored_object_write(&w, &done);
    party_forge(pair.party, pair.b, pair.alice, VC_BYTES(bytes));
    party_run(pair.party, 500);
    assert_string_equal(party_texts(pair.a, pair.bob), "");
    message = party_say(pair.party, pair.a, pair.bob, "first");
    assert_int_equal(message.ref.seq, 1);
    assert_int_equal(party_stats(pair.a).dropped_malformed, 0);
}

static void what_has_another_form_is_forgotten(void **state)
{
    struct pair pair = meet(state);
    struct vc_message_ref itself = {.author = party_author(pair.a, pair.b), .seq = 3};
    uint8_t bytes[VC_RESTORED_OBJECT_LEN + 1] = {VC_OBJECT_VERSION};
    const size_t lens[] = {2, VC_RESTORE_OBJECT_LEN - 1, VC_RESTORE_OBJECT_LEN + 1,
                           VC_RESTORED_OBJECT_LEN - 1, VC_RESTORED_OBJECT_LEN + 1};

    for (uint8_t kind = VC_OBJECT_RESTORE; kind <= VC_OBJECT_RESTORED; kind++) {
        bytes[1] = kind;
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            party_forge(pair.party, pair.b, pair.alice,
                        (struct vc_bytes){bytes, lens[i]});
        }
    }
    party_run(pair.party, 500);
    assert_int_equal(party_stats(pair.a).dropped_malformed, 15);
    forge_own(&pair, 6, 5, NULL);          /* beyond the highest */
    forge_own(&pair, 1, UINT32_MAX, NULL); /* no room for more */
    forge_own(&pair, 3, 3, &itself);       /* its own parent */
    assert_int_equal(party_stats(pair.a).dropped_malformed, 18);
    assert_string_equal(party_texts(pair.a, pair.bob), "");
}

static void an_answer_to_an_older_request_ends_nothing(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    struct vc_restored_object done = {.mark = 2};
    uint8_t bytes[VC_RESTORED_OBJECT_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    vc_restored_object_write(&w, &done);
    pair.a->is_deaf = true;
    put_back(pair.party, pair.a, copy);
    party_say(pair.party, pair.a, pair.bob, "since");
    party_forge(pair.party, pair.b, pair.alice, VC_BYTES(bytes));
    pair.a->is_deaf = false;
    party_run(pair.party, 60000);
    assert_settled(&pair, "lost\nsince\n");
}

static void another_device_ends_it(void **state)
{
    struct pair pair = meet(state);
    struct vc_memory_disk *copy = copy_of(pair.a);
    struct vc_now now;

    party_say(pair.party, pair.a, pair.bob, "lost");
    party_run(pair.party, 500);
    put_back(pair.party, pair.a, copy);
    pair.b->is_held = true;
    vc_memory_commit_at_once(pair.b->store, false);
    party_run(pair.party, 5000);
    assert_int_equal(restoring(pair.a, pair.bob), VC_RESTORING_BOTH);
    party_say(pair.party, pair.a, pair.bob, "held");
    vc_memory_complete(pair.b->store, VC_OK);
    pair.b->is_held = false;
    vc_memory_commit_at_once(pair.b->store, true);
    now = party_now(pair.party, pair.b);
    assert_int_equal(vc_chat_contact_remove(party_chat(pair.b), &now, pair.alice),
                     VC_OK);
    party_end_turn(pair.party, pair.b);
    party_run(pair.party, 5000);
    party_meet(pair.party, pair.a, pair.b, &pair.bob, &pair.alice);
    party_run(pair.party, 60000);
    assert_int_equal(restoring(pair.a, pair.bob), VC_RESTORING_NOTHING);
    assert_string_equal(party_texts(pair.b, pair.alice), "held\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(own_messages_come_back),
        PARTY_TEST(more_than_one_answer_holds_come_back),
        PARTY_TEST(what_was_written_since_is_renamed),
        PARTY_TEST(nothing_leaves_while_it_is_restored),
        PARTY_TEST(what_the_other_wrote_comes_back),
        PARTY_TEST(what_was_read_is_said_again),
        PARTY_TEST(both_were_put_back_at_the_same_time),
        PARTY_TEST(each_was_put_back_to_what_the_other_has_not),
        PARTY_TEST(a_message_that_was_renamed_before_stays_one),
        PARTY_TEST(what_hangs_on_what_comes_back_finds_its_place),
        PARTY_TEST(a_name_that_somebody_speaks_of_is_not_given_again),
        PARTY_TEST(a_request_gets_a_bounded_answer),
        PARTY_TEST(the_hole_that_was_meant_is_closed),
        PARTY_TEST(what_nobody_asked_for_changes_nothing),
        PARTY_TEST(what_has_another_form_is_forgotten),
        PARTY_TEST(an_answer_to_an_older_request_ends_nothing),
        PARTY_TEST(another_device_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

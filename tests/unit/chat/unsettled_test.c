/* Messages that come before their parents find their places when the holes are filled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/chat/limits.h"
#include "tests/support/prop.h"
#include "tests/unit/node/party.h"

static void a_message_moves_when_its_parent_arrives(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    uint8_t me;

    party_meet(party, a, b, &bob, &alice);
    me = party_author(b, a);
    {
        /* The child's clock is behind its parent's, so it stands too early at first. */
        struct party_forged child = {.seq = 2,
                                     .clock = 10,
                                     .parents = {{me, 0, 1}},
                                     .parent_count = 1,
                                     .text = "child"};
        struct party_forged other = {.seq = 3, .clock = 50, .text = "other"};
        struct party_forged parent = {.seq = 1, .clock = 100, .text = "parent"};

        party_forge_message(party, b, alice, &child);
        party_forge_message(party, b, alice, &other);
        party_run(party, 200);
        assert_string_equal(party_texts(a, bob), "child\nother\n");
        assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 1);
        party_forge_message(party, b, alice, &parent);
    }
    party_run(party, 1500);
    assert_string_equal(party_texts(a, bob), "other\nparent\nchild\n");
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 0);
    assert_int_equal(party_rows(a, VC_TABLE_ORDER), 3);
    assert_int_equal(party_find(a, bob, "child").order, 101);
    assert_false(party_find(a, bob, "child").has_gap);
}

static void what_we_answer_meanwhile_moves_too(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint64_t future = (PARTY_START_UNIX + 24 * PARTY_HOUR) << 16;
    uint32_t bob, alice;
    uint8_t me;

    party_meet(party, a, b, &bob, &alice);
    me = party_author(b, a);
    {
        struct party_forged child = {.seq = 2,
                                     .clock = 10,
                                     .parents = {{me, 0, 1}},
                                     .parent_count = 1,
                                     .text = "child"};
        struct party_forged parent = {.seq = 1, .clock = future, .text = "parent"};

        party_forge_message(party, b, alice, &child);
        party_run(party, 200);
        party_say(party, a, bob, "our answer");
        assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 2);
        party_forge_message(party, b, alice, &parent);
    }
    party_run(party, 1500);
    assert_string_equal(party_texts(a, bob), "parent\nchild\nour answer\n");
    assert_int_equal(party_find(a, bob, "our answer").order, future + 2);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
    /* What comes next stands behind it, though no clock says so. */
    party_say(party, a, bob, "our next");
    party_run(party, 10);
    assert_string_equal(party_texts(a, bob), "parent\nchild\nour answer\nour next\n");
}

static void a_crash_between_the_moves_changes_nothing(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    uint8_t me;

    party_meet(party, a, b, &bob, &alice);
    me = party_author(b, a);
    for (uint32_t seq = 2; seq <= 300; seq++) {
        char text[16];
        struct party_forged forged = {.seq = seq,
                                      .clock = seq,
                                      .parents = {{me, 0, seq - 1}},
                                      .parent_count = 1,
                                      .text = text};

        (void)snprintf(text, sizeof text, "%u", seq);
        party_forge_message(party, b, alice, &forged);
    }
    party_run(party, 300);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 299);
    {
        struct party_forged parent = {.seq = 1, .clock = 1000000, .text = "1"};

        party_forge_message(party, b, alice, &parent);
    }
    /* Moves are made some at a time: die after each of the first turns. */
    for (int i = 0; i < 12 && party_rows(a, VC_TABLE_UNSETTLED) > 0; i++) {
        party->now += 5;
        party_turn(party);
        party_turn(party);
        party_crash(party, a);
        assert_int_equal(party_start(party, a), VC_OK);
    }
    party_run(party, 120000);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
    assert_int_equal(party_rows(a, VC_TABLE_ORDER), 300);
    {
        char expected[2048];
        size_t len = 0;

        for (uint32_t seq = 1; seq <= 300; seq++) {
            len += (size_t)snprintf(expected + len, sizeof expected - len, "%u\n", seq);
        }
        assert_string_equal(party_texts(a, bob), expected);
    }
}

/* What the specification says, in the most direct way. */
struct model {
    struct party_forged messages[64];
    uint64_t orders[64];
    char texts[64][24];
    size_t count;
};

static void invent(struct vc_prop *prop, struct model *model, uint8_t me)
{
    model->count = 2 + vc_prop_below(prop, 40);
    for (size_t i = 0; i < model->count; i++) {
        struct party_forged *message = &model->messages[i];
        uint32_t parents = i == 0 ? 0 : vc_prop_below(prop, 4);

        memset(message, 0, sizeof *message);
        message->seq = (uint32_t)i + 1;
        message->clock = 1 + vc_prop_below(prop, 60);
        (void)snprintf(model->texts[i], sizeof model->texts[i], "%zu", i + 1);
        message->text = model->texts[i];
        model->orders[i] = message->clock;
        for (uint32_t seq = 1; seq <= i && message->parent_count < parents; seq++) {
            if (vc_prop_below(prop, (uint32_t)i) < parents) {
                message->parents[message->parent_count++] =
                    (struct vc_message_ref){me, 0, seq};
                if (model->orders[seq - 1] >= model->orders[i]) {
                    model->orders[i] = model->orders[seq - 1] + 1;
                }
            }
        }
    }
}

static void expect_model(struct party_host *a, uint32_t bob, const struct model *model)
{
    uint64_t last = 0;
    size_t seen = 0;
    const char *texts = party_texts(a, bob);

    while (*texts != '\0') {
        size_t seq = (size_t)strtoul(texts, NULL, 10);

        assert_in_range(seq, 1, model->count);
        assert_true(model->orders[seq - 1] >= last);
        last = model->orders[seq - 1];
        texts = strchr(texts, '\n') + 1;
        seen++;
    }
    assert_int_equal(seen, model->count);
}

static void any_order_of_arrival_gives_the_order_of_the_model(void **state)
{
    struct vc_prop prop =
        vc_prop_begin("any_order_of_arrival_gives_the_order_of_the_model");
    static struct model model;
    static struct party party;

    (void)state;
    for (int round = 0; round < 8; round++) {
        size_t sequence[64];
        uint32_t bob, alice;
        struct party_host *a = &party.hosts[0], *b = &party.hosts[1];

        party_open(&party);
        party_meet(&party, a, b, &bob, &alice);
        invent(&prop, &model, party_author(b, a));
        for (size_t i = 0; i < model.count; i++) {
            size_t at = vc_prop_below(&prop, (uint32_t)i + 1);

            sequence[i] = sequence[at];
            sequence[at] = i;
        }
        for (size_t i = 0; i < model.count; i++) {
            party_forge_message(&party, b, alice, &model.messages[sequence[i]]);
            if (vc_prop_below(&prop, 3) == 0) {
                party_run(&party, 30);
            }
            if (vc_prop_below(&prop, 15) == 0) {
                party_crash(&party, a);
                assert_int_equal(party_start(&party, a), VC_OK);
            }
        }
        party_run(&party, 120000);
        expect_model(a, bob, &model);
        assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
        assert_int_equal(party_rows(a, VC_TABLE_GAP), 0);
        party_close(&party);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_message_moves_when_its_parent_arrives),
        PARTY_TEST(what_we_answer_meanwhile_moves_too),
        PARTY_TEST(a_crash_between_the_moves_changes_nothing),
        cmocka_unit_test(any_order_of_arrival_gives_the_order_of_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

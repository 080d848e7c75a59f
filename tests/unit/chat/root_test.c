/* The words are shown, three are asked back, and then the root is gone. */
#include <stdio.h>
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

struct answers {
    char text[VC_WORDS_TEXT_MAX];
    char words[VC_CHAT_WORDS_ASKED][12];
    const char *given[VC_CHAT_WORDS_ASKED];
};

/* Has the words shown and finds the three that are asked for. */
static void show(struct party_host *host, struct answers *ret_answers)
{
    struct vc_chat_words words;

    assert_int_equal(vc_chat_words(party_chat(host), &words), VC_OK);
    memcpy(ret_answers->text, words.text, sizeof words.text);
    for (int i = 0; i < VC_CHAT_WORDS_ASKED; i++) {
        const char *at = words.text;

        assert_in_range(words.asked[i], 1, VC_WORD_COUNT);
        assert_true(i == 0 || words.asked[i] > words.asked[i - 1]);
        for (int skip = 1; skip < words.asked[i]; skip++) {
            at = strchr(at, ' ') + 1;
        }
        (void)snprintf(ret_answers->words[i], sizeof ret_answers->words[i], "%.*s",
                       (int)strcspn(at, " "), at);
        ret_answers->given[i] = ret_answers->words[i];
    }
}

static bool has_root(struct party_host *host)
{
    struct vc_chat_keys keys;

    vc_chat_keys(party_chat(host), &keys);
    return keys.has_root;
}

static void the_words_are_those_of_the_root(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct answers answers;
    struct vc_secret32 entropy;
    int bad_word;

    show(a, &answers);
    assert_int_equal(vc_words_parse(answers.text, &entropy, &bad_word), VC_OK);
    assert_memory_equal(&entropy, &vc_node_account(a->node)->entropy, sizeof entropy);
}

static void every_word_may_be_asked_for(void **state)
{
    struct party *party = *state;
    struct vc_chat_words words;
    bool seen[VC_WORD_COUNT + 1] = {false};

    for (int i = 0; i < 500; i++) {
        assert_int_equal(vc_chat_words(party_chat(&party->hosts[0]), &words), VC_OK);
        assert_true(words.asked[0] >= 1 && words.asked[0] < words.asked[1] &&
                    words.asked[1] < words.asked[2] && words.asked[2] <= 24);
        for (int j = 0; j < VC_CHAT_WORDS_ASKED; j++) {
            seen[words.asked[j]] = true;
        }
    }
    for (int word = 1; word <= VC_WORD_COUNT; word++) {
        assert_true(seen[word]);
    }
}

static void with_the_three_words_the_root_is_gone_for_good(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct answers answers;
    struct vc_account before = *vc_node_account(a->node);

    show(a, &answers);
    answers.words[0][0] = (char)(answers.words[0][0] - 'a' + 'A');
    if (strlen(answers.words[1]) > 4) {
        answers.words[1][4] = '\0';
    }
    assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    for (int life = 0; life < 2; life++) {
        assert_false(has_root(a));
        assert_true(vc_is_zero(&vc_node_account(a->node)->entropy, 32));
        assert_memory_equal(&vc_node_account(a->node)->root, &before.root, 32);
        assert_int_equal(vc_node_account(a->node)->live.list_seq, 1);
        party_crash(party, a);
        assert_int_equal(party_start(party, a), VC_OK);
    }
    assert_int_equal(vc_chat_words(party_chat(a), &(struct vc_chat_words){{0}, {0}}),
                     VC_ERR_NO_ROOT);
    assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given), VC_ERR_NO_ROOT);
}

static void a_wrong_word_leaves_it_and_there_is_no_second_guess(void **state)
{
    static const char *const wrongs[] = {"", "xyz", "abandonabandon", "zzzz"};
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct answers answers;
    const char *good;

    show(a, &answers);
    for (size_t i = 0; i < 4; i++) {
        for (int place = 0; place < VC_CHAT_WORDS_ASKED; place++) {
            show(a, &answers);
            good = answers.given[place];
            answers.given[place] = wrongs[i];
            assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given),
                             VC_ERR_WORDS_WRONG);
            answers.given[place] = good;
            assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given),
                             VC_ERR_WORDS_WRONG);
        }
    }
    assert_true(has_root(a));
    /* Not before they were shown in this life. */
    show(a, &answers);
    party_end_turn(party, a);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given),
                     VC_ERR_WORDS_WRONG);
    assert_true(has_root(a));
}

static void what_was_not_committed_leaves_the_root(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct answers answers;

    a->is_held = true;
    vc_memory_commit_at_once(a->store, false);
    show(a, &answers);
    assert_int_equal(vc_chat_drop_root(party_chat(a), answers.given), VC_OK);
    party_end_turn(party, a);
    party_crash(party, a);
    a->is_held = false;
    assert_int_equal(party_start(party, a), VC_OK);
    assert_true(has_root(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(the_words_are_those_of_the_root),
        PARTY_TEST(every_word_may_be_asked_for),
        PARTY_TEST(with_the_three_words_the_root_is_gone_for_good),
        PARTY_TEST(a_wrong_word_leaves_it_and_there_is_no_second_guess),
        PARTY_TEST(what_was_not_committed_leaves_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

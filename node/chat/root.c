/*
 * The root's way off this device: its words are shown, three of them are asked back, and
 * then it is gone.  A device without it can be stolen and the account is still its owner's.
 */
#include <string.h>

#include "node/chat/self.h"
#include "node/chat/state.h"

#define LETTERS_ENOUGH 4 /* no two words of the list begin with the same four */
#define WORD_MAX       8 /* letters of the longest */

/* Three different ones, rising. */
static void choose(struct vc_chat *chat)
{
    uint8_t *asked = chat->words_asked;

    for (uint8_t i = 0; i < VC_CHAT_WORDS_ASKED; i++) {
        uint8_t word = (uint8_t)(1 + vc_rng_below(&chat->rng, VC_WORD_COUNT - i));
        uint8_t at = 0;

        /* The drawn one among those that are not taken. */
        while (at < i && asked[at] <= word) {
            word++;
            at++;
        }
        memmove(&asked[at + 1], &asked[at], (size_t)(i - at));
        asked[at] = word;
    }
}

vc_err vc_chat_words(struct vc_chat *chat, struct vc_chat_words *ret_words)
{
    if (!vc_account_has_root(chat->cfg.account)) {
        return VC_ERR_NO_ROOT;
    }
    vc_words_format(&chat->cfg.account->entropy, ret_words->text);
    choose(chat);
    memcpy(ret_words->asked, chat->words_asked, sizeof ret_words->asked);
    return VC_OK;
}

/* The word at a place (from 1), filled up with zeros. */
static void word_at(const char *text, uint8_t place, char ret_word[WORD_MAX])
{
    memset(ret_word, 0, WORD_MAX);
    while (--place > 0) {
        text = strchr(text, ' ') + 1;
    }
    for (size_t i = 0; text[i] != ' ' && text[i] != '\0'; i++) {
        VC_CHECK(i < WORD_MAX);
        ret_word[i] = text[i];
    }
}

/* In any case of letters, and four of them are enough. */
static bool is_answer(const char word[WORD_MAX], const char *answer)
{
    char given[WORD_MAX] = {0};
    size_t len = strlen(answer);
    bool is_it;

    if (len > WORD_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        given[i] = answer[i] >= 'A' && answer[i] <= 'Z' ? (char)(answer[i] - 'A' + 'a')
                                                        : answer[i];
    }
    is_it = vc_equal(word, given, len >= LETTERS_ENOUGH ? len : WORD_MAX);
    vc_wipe(given, sizeof given);
    return is_it;
}

vc_err vc_chat_drop_root(struct vc_chat *chat,
                         const char *const answers[VC_CHAT_WORDS_ASKED])
{
    struct vc_account *account = chat->cfg.account;
    bool is_right = chat->words_asked[0] != 0;
    char text[VC_WORDS_TEXT_MAX];
    char word[WORD_MAX];
    vc_err err;

    if (!vc_account_has_root(account)) {
        return VC_ERR_NO_ROOT;
    }
    err = vc_room_take(chat, NULL, VC_SELF_OPS, VC_SELF_BYTES);
    if (err != VC_OK) {
        return err;
    }
    vc_words_format(&account->entropy, text);
    for (uint8_t i = 0; i < VC_CHAT_WORDS_ASKED && is_right; i++) {
        word_at(text, chat->words_asked[i], word);
        is_right = is_answer(word, answers[i]);
    }
    vc_wipe(text, sizeof text);
    vc_wipe(word, sizeof word);
    memset(chat->words_asked, 0, sizeof chat->words_asked); /* no second guess */
    if (!is_right) {
        return VC_ERR_WORDS_WRONG;
    }
    vc_account_drop_root(account);
    vc_self_put(chat->cfg.store, account, chat->cfg.device);
    return VC_OK;
}

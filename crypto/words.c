/* crypto/SPEC.md, "Words". */
#include "crypto/words.h"

#include <string.h>

#include "crypto/wordlist.h"

enum {
    WORD_BITS = 11,
    LETTERS_ENOUGH = 4,
    LETTERS_MAX = VC_WORDLIST_ROOM - 1,
    ENTROPY_MAX = 32,
};

static uint8_t checksum_of(struct vc_bytes entropy)
{
    uint8_t hash[32];

    vc_sha256_parts(hash, &entropy, 1);
    uint8_t first = hash[0];
    vc_wipe(hash, sizeof(hash));
    return first;
}

/* The 11 bits of word @i in the entropy followed by its checksum. */
static unsigned word_at(const uint8_t bits[ENTROPY_MAX + 1], size_t i)
{
    unsigned value = 0;

    for (size_t bit = i * WORD_BITS; bit < (i + 1) * WORD_BITS; bit++) {
        value = value << 1 | ((unsigned)bits[bit / 8] >> (7 - bit % 8) & 1);
    }
    return value;
}

vc_err vc_mnemonic_format(struct vc_bytes entropy, char *ret_text, size_t room)
{
    uint8_t bits[ENTROPY_MAX + 1] = {0};
    size_t len = 0;

    if (entropy.len < 16 || entropy.len > ENTROPY_MAX || entropy.len % 4 != 0) {
        return VC_ERR_MALFORMED;
    }
    size_t count = entropy.len * 3 / 4;
    if (room < count * VC_WORDLIST_ROOM) {
        return VC_ERR_FULL;
    }
    memcpy(bits, entropy.data, entropy.len);
    bits[entropy.len] = checksum_of(entropy);
    for (size_t i = 0; i < count; i++) {
        const char *word = vc_wordlist[word_at(bits, i)];
        size_t word_len = strlen(word);
        memcpy(&ret_text[len], word, word_len);
        len += word_len;
        ret_text[len++] = ' ';
    }
    ret_text[len - 1] = '\0';
    vc_wipe(bits, sizeof(bits));
    return VC_OK;
}

void vc_words_format(const struct vc_secret32 *entropy,
                     char ret_text[VC_WORDS_TEXT_MAX])
{
    vc_err err = vc_mnemonic_format(VC_BYTES(entropy->b), ret_text, VC_WORDS_TEXT_MAX);

    VC_CHECK(err == VC_OK);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Gives the number of the word that @letters begins, or -1.  The list is sorted. */
static int find_word(const char *letters, size_t len)
{
    int low = 0;
    int high = VC_WORDLIST_COUNT - 1;

    while (low <= high) {
        int middle = (low + high) / 2;
        int order = strncmp(letters, vc_wordlist[middle], len);
        if (order == 0) {
            bool is_whole = vc_wordlist[middle][len] == '\0';
            if (is_whole || len >= LETTERS_ENOUGH) {
                return middle;
            }
            /* A longer word that begins with these: the whole one stands before it. */
            order = -1;
        }
        if (order < 0) {
            high = middle - 1;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

/* Reads the next word from *@text in lower case; false at the end.  What is longer than
 * any word keeps its length, so that it fits none. */
static bool next_word(const char **text, char ret_letters[VC_WORDLIST_ROOM + 1],
                      size_t *ret_len)
{
    const char *at = *text;
    size_t len = 0;

    while (is_space(*at)) {
        at++;
    }
    for (; *at != '\0' && !is_space(*at); at++) {
        if (len < VC_WORDLIST_ROOM) {
            bool is_upper = *at >= 'A' && *at <= 'Z';
            ret_letters[len++] = (char)(is_upper ? *at - 'A' + 'a' : *at);
        }
    }
    ret_letters[len] = '\0';
    *text = at;
    *ret_len = len;
    return len > 0;
}

vc_err vc_words_parse(const char *text, struct vc_secret32 *ret_entropy,
                      int *ret_bad_word)
{
    uint8_t bits[ENTROPY_MAX + 1] = {0};
    char letters[VC_WORDLIST_ROOM + 1];
    size_t len;
    int count = 0;
    vc_err err = VC_ERR_MALFORMED;

    *ret_bad_word = 0;
    while (next_word(&text, letters, &len)) {
        int word = len <= LETTERS_MAX ? find_word(letters, len) : -1;
        if (count == VC_WORD_COUNT) {
            goto out;
        }
        count++;
        if (word < 0) {
            *ret_bad_word = count;
            goto out;
        }
        for (int i = 0; i < WORD_BITS; i++) {
            unsigned bit = (unsigned)(count - 1) * WORD_BITS + (unsigned)i;
            unsigned value = (unsigned)word >> (WORD_BITS - 1 - i) & 1u;
            bits[bit / 8] |= (uint8_t)(value << (7 - bit % 8));
        }
    }
    struct vc_bytes entropy = {bits, ENTROPY_MAX};
    if (count == VC_WORD_COUNT && checksum_of(entropy) == bits[ENTROPY_MAX]) {
        memcpy(ret_entropy->b, bits, ENTROPY_MAX);
        err = VC_OK;
    }
out:
    vc_wipe(bits, sizeof(bits));
    vc_wipe(letters, sizeof(letters));
    return err;
}

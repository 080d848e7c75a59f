#include "crypto/words.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "crypto/wordlist.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

static json_t *vectors;

static int load_vectors(void **state)
{
    (void)state;
    vectors = json_load_file(VC_VECTORS "/bip39/vectors-english.json", 0, NULL);
    return vectors != NULL ? vc_crypto_init() : -1;
}

static int drop_vectors(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

static void all_vectors_of_bip_39_are_met(void **state)
{
    (void)state;
    json_t *cases = json_object_get(vectors, "english");
    size_t whole = 0;

    assert_int_equal(json_array_size(cases), 24);
    for (size_t i = 0; i < 24; i++) {
        json_t *one = json_array_get(cases, i);
        const char *hex = json_string_value(json_array_get(one, 0));
        const char *words = json_string_value(json_array_get(one, 1));
        size_t len = strlen(hex) / 2;
        struct vc_secret32 entropy;
        struct vc_secret32 again;
        char text[VC_WORDS_TEXT_MAX];
        int bad_word;

        assert_int_equal(vc_hex_decode(hex, entropy.b, len), VC_OK);
        assert_int_equal(
            vc_mnemonic_format((struct vc_bytes){entropy.b, len}, text, sizeof(text)),
            VC_OK);
        assert_string_equal(text, words);
        if (len == sizeof(entropy.b)) {
            vc_words_format(&entropy, text);
            assert_string_equal(text, words);
            assert_int_equal(vc_words_parse(words, &again, &bad_word), VC_OK);
            assert_memory_equal(entropy.b, again.b, len);
            whole++;
        } else {
            assert_int_equal(vc_words_parse(words, &again, &bad_word),
                             VC_ERR_MALFORMED);
            assert_int_equal(bad_word, 0);
        }
    }
    assert_int_equal(whole, 8);
}

static void the_list_is_the_published_one(void **state)
{
    (void)state;
    FILE *file = fopen(VC_VECTORS "/bip39/english.txt", "r");
    char line[32];

    assert_non_null(file);
    for (int i = 0; i < VC_WORDLIST_COUNT; i++) {
        assert_non_null(fgets(line, sizeof(line), file));
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(vc_wordlist[i], line);
        if (i > 0) {
            assert_true(strcmp(vc_wordlist[i - 1], line) < 0);
            assert_int_not_equal(strncmp(vc_wordlist[i - 1], line, 4), 0);
        }
    }
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
}

static void any_entropy_comes_back(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("any_entropy_comes_back");

    for (int run = 0; run < 2000; run++) {
        struct vc_secret32 entropy;
        struct vc_secret32 again;
        char text[VC_WORDS_TEXT_MAX];
        int bad_word = 7;

        vc_prop_bytes(&prop, entropy.b, sizeof(entropy.b));
        vc_words_format(&entropy, text);
        assert_int_equal(vc_words_parse(text, &again, &bad_word), VC_OK);
        assert_int_equal(bad_word, 0);
        assert_memory_equal(entropy.b, again.b, sizeof(again.b));
    }
}

/* The last vector's words, as lazy fingers write them. */
static void four_letters_any_case_and_any_space_will_do(void **state)
{
    (void)state;
    json_t *one = json_array_get(json_object_get(vectors, "english"), 23);
    const char *words = json_string_value(json_array_get(one, 1));
    char lazy[2 * VC_WORDS_TEXT_MAX] = "\n \t";
    size_t len = strlen(lazy);
    size_t letters = 0;
    struct vc_secret32 wanted;
    struct vc_secret32 entropy;
    int bad_word;

    for (const char *at = words; *at != '\0'; at++) {
        if (*at == ' ') {
            memcpy(&lazy[len], " \r\n", 3);
            len += 3;
            letters = 0;
        } else if (letters++ < 4) {
            lazy[len++] = (char)(letters % 2 == 0 ? toupper((unsigned char)*at) : *at);
        }
    }
    memcpy(&lazy[len], " \n", 3);
    assert_int_equal(vc_words_parse(words, &wanted, &bad_word), VC_OK);
    assert_int_equal(vc_words_parse(lazy, &entropy, &bad_word), VC_OK);
    assert_memory_equal(wanted.b, entropy.b, sizeof(entropy.b));
}

static void every_start_of_four_letters_or_more_is_its_word(void **state)
{
    (void)state;
    struct vc_secret32 entropy;
    char text[VC_WORDS_TEXT_MAX];
    char first[VC_WORDS_TEXT_MAX];

    for (unsigned word = 0; word < VC_WORDLIST_COUNT; word++) {
        memset(entropy.b, 0, sizeof(entropy.b));
        entropy.b[0] = (uint8_t)(word >> 3);
        entropy.b[1] = (uint8_t)(word << 5);
        vc_words_format(&entropy, text);
        size_t word_len = strcspn(text, " ");
        assert_int_equal(strncmp(text, vc_wordlist[word], word_len), 0);
        for (size_t len = 1; len <= word_len; len++) {
            struct vc_secret32 again = {{0}};
            int bad_word = 7;
            memcpy(first, text, len);
            memcpy(&first[len], &text[word_len], strlen(&text[word_len]) + 1);
            vc_err err = vc_words_parse(first, &again, &bad_word);
            if (len >= 4 || len == word_len) {
                assert_int_equal(err, VC_OK);
                assert_memory_equal(again.b, entropy.b, sizeof(again.b));
            } else if (err == VC_ERR_MALFORMED) {
                /* Unknown, or a shorter word of the list: then the checksum is wrong. */
                assert_true(bad_word == 1 || bad_word == 0);
            }
        }
    }
}

static void an_unknown_word_is_named_by_its_number(void **state)
{
    (void)state;
    static const char start[] = "abandon ABANDON aban abandonn abandon";
    static const char *const bad[] = {"aba",
                                      "abandonx",
                                      "abanx",
                                      "x",
                                      "zoooo",
                                      "zzzz",
                                      "abandonabandon",
                                      "ab-andon",
                                      "\xc3\xa4"
                                      "bandon"};
    struct vc_secret32 entropy;
    char text[64];
    int bad_word = 0;

    assert_int_equal(vc_words_parse(start, &entropy, &bad_word), VC_ERR_MALFORMED);
    assert_int_equal(bad_word, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "zoo zoo %s", bad[i]);
        assert_int_equal(vc_words_parse(text, &entropy, &bad_word), VC_ERR_MALFORMED);
        assert_int_equal(bad_word, 3);
    }
}

static void another_count_or_checksum_has_no_bad_word(void **state)
{
    (void)state;
    struct vc_secret32 entropy = {{0}};
    struct vc_secret32 again = {{9}};
    char text[VC_WORDS_TEXT_MAX];
    char longer[VC_WORDS_TEXT_MAX + 16];
    int bad_word = 7;

    assert_int_equal(vc_words_parse("", &again, &bad_word), VC_ERR_MALFORMED);
    assert_int_equal(bad_word, 0);
    vc_words_format(&entropy, text);
    snprintf(longer, sizeof(longer), "%s art", text);
    assert_int_equal(vc_words_parse(longer, &again, &bad_word), VC_ERR_MALFORMED);
    assert_int_equal(bad_word, 0);
    /* The true last word is "art": only one in 256 has the right checksum. */
    char *last = strrchr(text, ' ') + 1;
    assert_string_equal(last, "art");
    unsigned right = 0;
    for (int i = 0; i < VC_WORDLIST_COUNT; i++) {
        memcpy(last, vc_wordlist[i], VC_WORDLIST_ROOM);
        right += vc_words_parse(text, &again, &bad_word) == VC_OK ? 1 : 0;
        assert_int_equal(bad_word, 0);
    }
    assert_int_equal(right, 8);
}

static void only_the_lengths_of_bip_39_have_words(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0};
    char text[VC_WORDS_TEXT_MAX] = "untouched";

    for (size_t len = 0; len <= sizeof(bytes); len++) {
        bool is_good = len >= 16 && len <= 32 && len % 4 == 0;
        vc_err err =
            vc_mnemonic_format((struct vc_bytes){bytes, len}, text, sizeof(text));
        assert_int_equal(err, is_good ? VC_OK : VC_ERR_MALFORMED);
    }
    assert_int_equal(vc_mnemonic_format((struct vc_bytes){bytes, 16}, text, 107),
                     VC_ERR_FULL);
    assert_int_equal(vc_mnemonic_format((struct vc_bytes){bytes, 16}, text, 108),
                     VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_vectors_of_bip_39_are_met),
        cmocka_unit_test(the_list_is_the_published_one),
        cmocka_unit_test(any_entropy_comes_back),
        cmocka_unit_test(four_letters_any_case_and_any_space_will_do),
        cmocka_unit_test(every_start_of_four_letters_or_more_is_its_word),
        cmocka_unit_test(an_unknown_word_is_named_by_its_number),
        cmocka_unit_test(another_count_or_checksum_has_no_bad_word),
        cmocka_unit_test(only_the_lengths_of_bip_39_have_words),
    };
    return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}

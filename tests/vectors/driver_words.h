/*
 * The words of a line as the driver takes them, and the words that it answers with.
 */
#ifndef VC_TESTS_VECTORS_DRIVER_WORDS_H
#define VC_TESTS_VECTORS_DRIVER_WORDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "crypto/base/hex.h"
#include "tests/vectors/driver_world.h"

/* Decimal digits, at most 2^32 - 1. */
static inline bool word_number(const char *word, uint32_t *ret_number)
{
    char *end;
    unsigned long long number = strtoull(word, &end, 10);

    if (word[0] < '0' || word[0] > '9' || *end != '\0' || number > UINT32_MAX ||
        strlen(word) > 10) {
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

static inline bool word_is_none(const char *word)
{
    return strcmp(word, "-") == 0;
}

/* A name for something new. */
static inline bool word_is_name(const char *word)
{
    return word[0] != '\0' && strlen(word) < WORLD_GIVEN_MAX && !word_is_none(word);
}

/* Exactly @len bytes. */
static inline bool word_bytes(const char *word, void *ret_bytes, size_t len)
{
    return vc_hex_decode(word, ret_bytes, len) == VC_OK;
}

/* Any number of bytes, for none of which the word is "-"; in the word's own place. */
static inline bool word_room(char *word, struct vc_bytes *ret_bytes)
{
    size_t len = strlen(word);
    uint8_t *bytes = (uint8_t *)word;

    *ret_bytes = (struct vc_bytes){bytes, 0};
    if (word_is_none(word)) {
        return true;
    }
    if (len == 0 || len % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < len / 2; i++) {
        const char pair[3] = {word[2 * i], word[2 * i + 1], '\0'};
        uint8_t byte;

        if (vc_hex_decode(pair, &byte, 1) != VC_OK) {
            return false;
        }
        bytes[i] = byte;
    }
    ret_bytes->len = len / 2;
    return true;
}

static inline void answer_ok(void)
{
    (void)fputs("ok", stdout);
}

static inline void answer_bytes(struct vc_bytes bytes)
{
    (void)putchar(' ');
    for (size_t i = 0; i < bytes.len; i++) {
        (void)printf("%02x", bytes.data[i]);
    }
    if (bytes.len == 0) {
        (void)putchar('-');
    }
}

static inline void answer_number(uint32_t number)
{
    (void)printf(" %lu", (unsigned long)number);
}

static inline void answer_word(const char *word)
{
    (void)printf(" %s", word);
}

#endif

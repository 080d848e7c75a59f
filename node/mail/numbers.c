#include "node/mail/numbers.h"

#include <string.h>

enum { WORD_BITS = 64, WORDS = VC_MAIL_SPARSE_MAX / WORD_BITS };

/* The window moves over the bits as over a ring; words must not be torn by its end. */
_Static_assert(VC_MAIL_SPARSE_MAX % WORD_BITS == 0, "whole words");

static uint64_t *word_of(const struct vc_numbers *set, uint64_t number)
{
    return &set->bits[number % VC_MAIL_SPARSE_MAX / WORD_BITS];
}

static uint64_t bit_of(uint64_t number)
{
    return UINT64_C(1) << (number % WORD_BITS);
}

void vc_numbers_deinit(struct vc_numbers *set, const struct vc_alloc *alloc)
{
    if (set->bits != NULL)
        alloc->resize(alloc->ctx, set->bits, WORDS * sizeof(uint64_t), 0);
    set->bits = NULL;
    set->sparse = 0;
}

vc_err vc_numbers_widen(struct vc_numbers *set, const struct vc_alloc *alloc)
{
    if (set->bits != NULL)
        return VC_OK;
    VC_CHECK(set->sparse == 0);
    uint64_t *bits = alloc->resize(alloc->ctx, NULL, 0, WORDS * sizeof(uint64_t));
    if (bits == NULL)
        return VC_ERR_NO_MEMORY;
    memset(bits, 0, WORDS * sizeof(uint64_t));
    set->bits = bits;
    return VC_OK;
}

bool vc_numbers_fits(const struct vc_numbers *set, uint64_t number)
{
    return number <= set->prefix || number - set->prefix <= VC_MAIL_SPARSE_MAX;
}

bool vc_numbers_has(const struct vc_numbers *set, uint64_t number)
{
    if (number <= set->prefix)
        return true;
    if (set->sparse == 0 || number - set->prefix > VC_MAIL_SPARSE_MAX)
        return false;
    return (*word_of(set, number) & bit_of(number)) != 0;
}

/* Moves the prefix over the numbers that follow it without a gap. */
static void absorb(struct vc_numbers *set)
{
    while (set->sparse > 0) {
        uint64_t next = set->prefix + 1;
        if ((*word_of(set, next) & bit_of(next)) == 0)
            return;
        *word_of(set, next) &= ~bit_of(next);
        set->sparse--;
        set->prefix = next;
    }
}

void vc_numbers_add(struct vc_numbers *set, uint64_t number)
{
    VC_CHECK(vc_numbers_fits(set, number));
    if (number <= set->prefix)
        return;
    if (number == set->prefix + 1) {
        set->prefix = number;
        absorb(set);
        return;
    }
    VC_CHECK(set->bits != NULL);
    uint64_t *word = word_of(set, number);
    if ((*word & bit_of(number)) == 0) {
        *word |= bit_of(number);
        set->sparse++;
    }
}

void vc_numbers_raise(struct vc_numbers *set, uint64_t prefix)
{
    while (set->sparse > 0 && set->prefix < prefix) {
        uint64_t next = vc_numbers_present(set, 0);
        VC_CHECK(next > set->prefix);
        if (next > prefix)
            break;
        *word_of(set, next) &= ~bit_of(next);
        set->sparse--;
        set->prefix = next;
    }
    if (set->prefix < prefix)
        set->prefix = prefix;
    absorb(set);
}

void vc_numbers_reset(struct vc_numbers *set, uint64_t prefix)
{
    if (set->sparse > 0)
        memset(set->bits, 0, WORDS * sizeof(uint64_t));
    set->sparse = 0;
    set->prefix = prefix;
}

uint64_t vc_numbers_missing(const struct vc_numbers *set, uint64_t from)
{
    if (from <= set->prefix)
        return set->prefix + 1;
    uint64_t end = set->prefix + VC_MAIL_SPARSE_MAX;
    while (set->sparse > 0 && from <= end) {
        uint64_t word = ~*word_of(set, from) >> (from % WORD_BITS);
        if (word != 0) {
            /* Bits past the end of the window belong to its beginning; whatever they
             * say, a number past the end is missing. */
            uint64_t missing = from + (uint64_t)__builtin_ctzll(word);
            return missing <= end ? missing : end + 1;
        }
        from += WORD_BITS - from % WORD_BITS;
    }
    return from;
}

uint64_t vc_numbers_present(const struct vc_numbers *set, uint64_t from)
{
    if (from <= set->prefix)
        from = set->prefix + 1;
    uint64_t end = set->prefix + VC_MAIL_SPARSE_MAX;
    while (set->sparse > 0 && from <= end) {
        uint64_t word = *word_of(set, from) >> (from % WORD_BITS);
        if (word != 0) {
            uint64_t present = from + (uint64_t)__builtin_ctzll(word);
            return present <= end ? present : 0;
        }
        from += WORD_BITS - from % WORD_BITS;
    }
    return 0;
}

/* The bits of the 64 numbers from prefix + 1 + 64 @index on. */
static uint64_t window_word(const struct vc_numbers *set, unsigned index)
{
    uint64_t first = set->prefix + 1 + (uint64_t)index * WORD_BITS;
    unsigned shift = (unsigned)(first % WORD_BITS);
    uint64_t word = *word_of(set, first) >> shift;
    if (shift > 0)
        word |= *word_of(set, first + WORD_BITS) << (WORD_BITS - shift);
    return word;
}

uint64_t vc_numbers_last(const struct vc_numbers *set)
{
    for (unsigned i = WORDS; set->sparse > 0 && i-- > 0;) {
        uint64_t word = window_word(set, i);
        if (word != 0)
            return set->prefix + (uint64_t)i * WORD_BITS + WORD_BITS -
                   (uint64_t)__builtin_clzll(word);
    }
    return set->prefix;
}

uint64_t vc_numbers_count(const struct vc_numbers *set)
{
    return set->prefix + set->sparse;
}

uint64_t vc_numbers_count_to(const struct vc_numbers *set, uint64_t number)
{
    if (number <= set->prefix)
        return number;
    if (set->sparse == 0 || number - set->prefix >= VC_MAIL_SPARSE_MAX)
        return vc_numbers_count(set);
    uint64_t count = set->prefix;
    uint64_t left = number - set->prefix;
    for (unsigned i = 0; left > 0; i++) {
        uint64_t word = window_word(set, i);
        if (left < WORD_BITS)
            word &= (UINT64_C(1) << left) - 1;
        count += (uint64_t)__builtin_popcountll(word);
        left -= left < WORD_BITS ? left : WORD_BITS;
    }
    return count;
}

void vc_numbers_write_bitmap(struct vc_writer *w, const struct vc_numbers *set)
{
    uint64_t len = (vc_numbers_last(set) - set->prefix + 7) / 8;
    uint64_t word = 0;
    for (unsigned i = 0; i < len; i++) {
        if (i % sizeof(word) == 0)
            word = window_word(set, i / (unsigned)sizeof(word));
        vc_write_u8(w, (uint8_t)(word >> (i % sizeof(word) * 8)));
    }
}

bool vc_numbers_bitmap_is_valid(uint64_t prefix, struct vc_bytes bitmap)
{
    if (prefix > VC_MAIL_NUMBER_MAX)
        return false;
    if (bitmap.len == 0)
        return true;
    return bitmap.len <= VC_NUMBERS_BITMAP_MAX && (bitmap.data[0] & 1) == 0 &&
           bitmap.data[bitmap.len - 1] != 0;
}

uint64_t vc_numbers_bitmap_last(uint64_t prefix, struct vc_bytes bitmap)
{
    if (bitmap.len == 0)
        return prefix;
    unsigned top = bitmap.data[bitmap.len - 1];
    VC_CHECK(top != 0);
    return prefix + bitmap.len * 8 - (uint64_t)(__builtin_clz(top) - 24);
}

void vc_numbers_load(struct vc_numbers *set, uint64_t prefix, struct vc_bytes bitmap)
{
    vc_numbers_reset(set, prefix);
    VC_CHECK(vc_numbers_bitmap_is_valid(prefix, bitmap));
    for (size_t i = 0; i < bitmap.len; i++)
        for (unsigned byte = bitmap.data[i]; byte != 0; byte &= byte - 1)
            vc_numbers_add(set, prefix + 1 + i * 8 + (unsigned)__builtin_ctz(byte));
}

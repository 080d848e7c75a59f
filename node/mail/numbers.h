/*
 * A set of delivery numbers: all up to a prefix, and some of the VC_MAIL_SPARSE_MAX
 * after it.
 *
 * Both sides of exactly-once are kept in it: what was acknowledged to us, what we have
 * seen.  Objects come in order nearly always, so the memory for numbers beyond the
 * prefix is taken when the first of them shows up.
 */
#ifndef VC_NODE_MAIL_NUMBERS_H
#define VC_NODE_MAIL_NUMBERS_H

#include "crypto/base/alloc.h"
#include "crypto/base/cursor.h"
#include "node/mail/limits.h"

/* Bytes of the longest encoded bitmap. */
#define VC_NUMBERS_BITMAP_MAX (VC_MAIL_SPARSE_MAX / 8)

struct vc_numbers {
    uint64_t prefix; /* every number up to this one is in the set */
    uint64_t
        *bits; /* number n at bit n % VC_MAIL_SPARSE_MAX; NULL until one is needed */
    uint32_t sparse; /* numbers beyond the prefix */
};

void vc_numbers_deinit(struct vc_numbers *set, const struct vc_alloc *alloc);

/* Takes the memory for numbers beyond the prefix, once.  VC_ERR_NO_MEMORY. */
VC_NODISCARD vc_err vc_numbers_widen(struct vc_numbers *set,
                                     const struct vc_alloc *alloc);

/* Could vc_numbers_add() take @number, if widened? */
bool vc_numbers_fits(const struct vc_numbers *set, uint64_t number);
bool vc_numbers_has(const struct vc_numbers *set, uint64_t number);

/* Adds a number that fits; the set was widened unless it is the first after the prefix.
 */
void vc_numbers_add(struct vc_numbers *set, uint64_t number);
/* Adds every number up to @prefix. */
void vc_numbers_raise(struct vc_numbers *set, uint64_t prefix);
/* Makes the set hold the numbers up to @prefix and no others. */
void vc_numbers_reset(struct vc_numbers *set, uint64_t prefix);

/* The greatest number in the set, 0 when it is empty. */
uint64_t vc_numbers_last(const struct vc_numbers *set);
/* The smallest number from @from on that is not in the set. */
uint64_t vc_numbers_missing(const struct vc_numbers *set, uint64_t from);
/* The smallest number beyond the prefix, from @from on, that is; 0 when there is none.
 */
uint64_t vc_numbers_present(const struct vc_numbers *set, uint64_t from);
uint64_t vc_numbers_count(const struct vc_numbers *set);
/* How many of the numbers up to @number are in the set. */
uint64_t vc_numbers_count_to(const struct vc_numbers *set, uint64_t number);

/*
 * The encoding of what is beyond the prefix: bit i of the bytes, lowest first, is
 * number prefix + 1 + i; without zero bytes at the end.  Bit 0 is always clear, or the
 * number would be in the prefix.
 */
void vc_numbers_write_bitmap(struct vc_writer *w, const struct vc_numbers *set);
/* Is it what vc_numbers_write_bitmap() makes for some set with this prefix? */
bool vc_numbers_bitmap_is_valid(uint64_t prefix, struct vc_bytes bitmap);
/* The greatest number in a valid bitmap, @prefix when it is empty. */
uint64_t vc_numbers_bitmap_last(uint64_t prefix, struct vc_bytes bitmap);
/* Makes the set what the bytes say; it is valid, and the set widened unless it is
 * empty. */
void vc_numbers_load(struct vc_numbers *set, uint64_t prefix, struct vc_bytes bitmap);

#endif

/*
 * 24 words: the account's entropy as a person keeps it (BIP-39, English list, checksum;
 * not BIP-39's seed derivation).
 */
#ifndef VC_CRYPTO_WORDS_H
#define VC_CRYPTO_WORDS_H

#include "crypto/prim.h"

#define VC_WORD_COUNT 24
#define VC_WORDS_TEXT_MAX 240 /* 24 words of at most 8 letters, spaces, NUL */

/* Secret: wipe @ret_text. */
void vc_words_format(const struct vc_secret32 *entropy, char ret_text[VC_WORDS_TEXT_MAX]);

/*
 * Reads 24 words, in any case, with any white space between them; four letters of a word
 * are enough.  VC_ERR_MALFORMED with the number of the first unknown word (1..24) in
 * *@ret_bad_word, or 0 there when the count or the checksum is wrong.
 */
VC_NODISCARD vc_err vc_words_parse(const char *text, struct vc_secret32 *ret_entropy,
                                   int *ret_bad_word);

/* BIP-39 in general (12, 15, 18, 21 or 24 words), for the published vectors. */
VC_NODISCARD vc_err vc_mnemonic_format(struct vc_bytes entropy, char *ret_text, size_t room);

#endif

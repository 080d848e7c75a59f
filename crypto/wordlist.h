/*
 * The English word list of BIP-39: 2,048 words of 3 to 8 letters, sorted; the first four
 * letters (all of it, where a word has three) tell each from every other.
 */
#ifndef VC_CRYPTO_WORDLIST_H
#define VC_CRYPTO_WORDLIST_H

#define VC_WORDLIST_COUNT 2048
#define VC_WORDLIST_ROOM 9 /* the longest word and its NUL */

extern const char vc_wordlist[VC_WORDLIST_COUNT][VC_WORDLIST_ROOM];

#endif

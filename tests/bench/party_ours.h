/*
 * Our own end-to-end layer as a protocol of party.h, and what only it has to show.
 */
#ifndef VC_TESTS_BENCH_PARTY_OURS_H
#define VC_TESTS_BENCH_PARTY_OURS_H

#include <stdint.h>

#include "tests/bench/party.h"

/* How the messages are made. */
struct ours_mode {
    bool is_padded; /* the text is padded, as the node does it */
    bool
        is_first_contact; /* certificates, statements and the prekey are verified at each
                              meeting; else they are known from before */
    bool is_stored; /* the state is decoded before and encoded after each message */
};

const struct party_protocol *party_ours(const struct ours_mode *mode);

/* Gives the second @count header keys with which it tries what arrives (2 to 40), over as many
 * sessions as that takes. */
void ours_spread(size_t count);

/* The second refuses a changed message, which no key of ours_spread() opens. */
void ours_refuse_spread(void);

/* Holds back @count messages (VC_RATCHET_GAP_MAX at most) of the first and changes the text of
 * the next, whose header stays: the farthest that an observer on the way can go. */
void ours_hold_back(size_t count);

/* The second refuses it. */
void ours_refuse_held_back(void);

#endif

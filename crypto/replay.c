/*
 * The window that refuses packets seen before (RFC 6479); crypto/SPEC.md, "Link data".
 *
 * The ring has one word more than the window: the word that the highest number is in
 * can be cleared when it is entered without forgetting a number that is still in the
 * window.
 */
#include "crypto/packet.h"

#define WORD_BITS  64
#define WORD_COUNT (VC_REPLAY_WINDOW / WORD_BITS + 1)

static uint64_t bit_of(uint64_t number)
{
    return (uint64_t)1 << (number % WORD_BITS);
}

bool vc_replay_is_new(const struct vc_replay *replay, uint64_t number)
{
    if (number >= replay->highest) {
        return number < (uint64_t)1 << 63;
    }
    if (replay->highest - number > VC_REPLAY_WINDOW) {
        return false;
    }
    return (replay->words[number / WORD_BITS % WORD_COUNT] & bit_of(number)) == 0;
}

void vc_replay_mark(struct vc_replay *replay, uint64_t number)
{
    uint64_t word = number / WORD_BITS;

    VC_CHECK(vc_replay_is_new(replay, number));
    if (number >= replay->highest) {
        uint64_t last = replay->highest == 0 ? 0 : (replay->highest - 1) / WORD_BITS;
        uint64_t steps = word - last < WORD_COUNT ? word - last : WORD_COUNT;

        for (uint64_t i = 1; i <= steps; i++) {
            replay->words[(last + i) % WORD_COUNT] = 0;
        }
        replay->highest = number + 1;
    }
    replay->words[word % WORD_COUNT] |= bit_of(number);
}

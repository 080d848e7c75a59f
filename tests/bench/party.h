/*
 * What a bench of end-to-end sessions wants of a protocol, so that every protocol is measured by
 * the same loops: two parties, "the first" who opens a session, and "the second".
 */
#ifndef VC_TESTS_BENCH_PARTY_H
#define VC_TESTS_BENCH_PARTY_H

#include <stdbool.h>
#include <stddef.h>

#define PARTY_TEXT_LEN 100  /* bytes of every message */
#define PARTY_SLOTS    1000 /* sealed messages that can be kept */

struct party_protocol {
    const char *name;
    size_t
        slots; /* how many messages that were overtaken it can open: PARTY_SLOTS at most */
    /* A new session in the place of the old one: the first seals a message, the second opens
     * it.  Keys that were published beforehand stay the same. */
    void (*meet)(void);
    /* @side (0: the first) seals a message into @slot; gives its bytes. */
    size_t (*seal)(int side, size_t slot);
    /* The other side of the one who sealed it opens it, and has to find its text. */
    void (*open)(int side, size_t slot);
    /* Changes the message in @slot to what an observer makes of it: the same keys in clear, if
     * there are any, and the farthest place in the chain that is not refused at once. */
    void (*forge)(size_t slot);
    /* The other side of @side refuses what was forged. */
    void (*refuse)(int side, size_t slot);
    size_t (*session_bytes)(void); /* of the second's state, encoded */
};

/* Measures everything and prints a line "NAME.METRIC TAB NUMBER TAB UNIT" for each. */
void party_measure(const struct party_protocol *protocol);

/* The same of the three kinds of talk only; the metrics end in .@how, unless it is empty. */
void party_measure_talk(const struct party_protocol *protocol, const char *how);

/* One line. */
void party_print(const char *name, const char *metric, double number, const char *unit);

/* Calls @once for a second or more; gives how often it goes through in one. */
double party_rate(void (*once)(void));

/* Ends the program when a step failed. */
void party_need(bool is_fine, const char *what);

#endif

/*
 * The turns of the recorded program: what turn N writes hangs on N alone, so that the state
 * after any turn can be made again and compared.
 */
#ifndef VC_TESTS_POWERLOSS_TURNS_H
#define VC_TESTS_POWERLOSS_TURNS_H

#include "storage/store.h"

#define VC_TURNS_COUNT     400
#define VC_TURNS_TABLES    3 /* one of them forgets */
#define VC_TURNS_KEYS      150
#define VC_TURNS_VALUE_MAX 9000

/* What the key of the store is wrapped with, one after the other. */
#define VC_TURNS_PASSPHRASES        \
    {                               \
        "", "one", "two", "", "two" \
    }

/* Which turn wrote each row last; 0: there is none. */
struct vc_turns_state {
    uint32_t by_turn[VC_TURNS_TABLES][VC_TURNS_KEYS];
};

/* Writes turn @turn (1 and up) into the store; false when there is no room yet. */
bool vc_turns_write(struct vc_store *store, uint32_t turn);

/* The state after turn @turn. */
void vc_turns_state(uint32_t turn, struct vc_turns_state *ret_state);

/* Compares a store with it: false, and says where they differ. */
bool vc_turns_compare(struct vc_store *store, const struct vc_turns_state *state,
                      char ret_words[128]);

/* The last turn that the store says it has; 0 when it has none. */
VC_NODISCARD vc_err vc_turns_last(struct vc_store *store, uint32_t *ret_turn);

#endif

/*
 * Planted bugs: protocol mistakes put in from outside, by wrapping functions at link time,
 * so that the judges can be tried.  Production code knows nothing of them.
 */
#ifndef VC_TESTS_SIM_PLANTS_H
#define VC_TESTS_SIM_PLANTS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_PLANTS(X)                                                                      \
    X(NONE, "none", "nothing is wrong")                                                    \
    X(PROMISE_EARLY, "promise-early", "tickets come back before they are committed")       \
    X(FORGET_SEEN, "forget-seen", "what was received is not remembered over a restart")    \
    X(REUSE_NUMBER, "reuse-number", "a packet number is used twice now and then")          \
    X(LOSE_OUTBOX, "lose-outbox", "some outbox rows are not written")                      \
    X(TEAR_TURN, "tear-turn", "some messages are not written with the rest of their turn") \
    X(ORDER_BY_ARRIVAL, "order-by-arrival", "a conversation is sorted as it came")         \
    X(DELIVERED_EARLY, "delivered-early", "sent is taken for delivered")                   \
    X(ACCEPT_BLINDLY, "accept-blindly", "some objects are acknowledged and not stored")    \
    X(NEVER_RETRY, "never-retry", "mail tries once only")                                  \
    X(ANSWER_STRANGER, "answer-stranger", "garbage gets an answer")                        \
    X(NO_CIPHER, "no-cipher", "packets are not encrypted")                                 \
    X(NEW_IDENTITY, "new-identity", "the identity is not kept")                            \
    X(FORGET_TOKEN, "forget-token", "a text that is asked for again is sent again")        \
    X(OLD_DISK, "old-disk", "after a crash an older state of the disk comes back")         \
    X(HELLO_DEAF, "hello-deaf", "what a hello says was seen last is passed over")          \
    X(HELLO_NO_TAG, "hello-no-tag", "a hello's tag is not compared")                       \
    X(NO_RENAME, "no-rename", "a message keeps the name of one that is lost")              \
    X(RESTORE_PART, "restore-part", "some of what comes back is passed over")              \
    X(RESTORE_THEIRS, "restore-theirs", "one's own messages are not asked for")            \
    X(KEYSTREAM, "keystream", "a place of a session hides all texts alike")                \
    X(NEVER_LOOK, "never-look", "nobody is looked for in the DHT")                         \
    X(NO_INVITE_PLACE, "no-invite-place", "an invite says where its maker was, only")      \
    X(NUMBERS_BACK, "numbers-back", "numbers of records begin anew after a start")         \
    X(DEAF_SESSION, "deaf-session", "a session does not look for its peer elsewhere")

enum sim_plant {
#define SIM_PLANT_ENUM(name, text, words) SIM_PLANT_##name,
    SIM_PLANTS(SIM_PLANT_ENUM)
#undef SIM_PLANT_ENUM
    SIM_PLANT_COUNT
};

struct sim_world;
struct sim_host;

/* The one that is planted now. */
extern enum sim_plant sim_plant;

const char *sim_plant_name(enum sim_plant plant);
const char *sim_plant_words(enum sim_plant plant);
/* Is it about disks that are put back? */
bool sim_plant_is_of_copies(enum sim_plant plant);
/* About finding each other anew? */
bool sim_plant_is_of_moves(enum sim_plant plant);
/* Everything the plants remember of a world is forgotten. */
void sim_plant_reset(void);
/* Before a host opens its disk again. */
void sim_plant_restart(struct sim_host *host);

#endif

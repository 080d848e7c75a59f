/*
 * Two hosts that write to each other over a link and a disk that fail, with chats that know
 * what they said: for tests that judge from outside.
 */
#ifndef VC_TESTS_UNIT_MAIL_WORLD_H
#define VC_TESTS_UNIT_MAIL_WORLD_H

#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

enum { WORLD_PEER = 1, WORLD_IDS_MAX = 20000 };

/* One side: its host, and what the test knows about it. */
struct side {
    struct host host;
    uint64_t since;        /* of its session; 0: none */
    uint64_t refused;      /* the id that it does not accept now */
    bool is_chat_refusing; /* it accepts nothing now */
    struct vc_memory_disk *backup;
    uint32_t restores;
};

/* What all seeds together met: a test that meets nothing proves nothing. */
struct totals {
    uint64_t sent, given_again, duplicates, refused, abandoned, restarts;
    uint64_t resealed, unopened, turns, restores, rollbacks, written_again;
};

/* What becomes of a message when a disk is put back, as nobody in the world can know. */
enum {
    WORLD_LOST = 1,      /* its receiver does not have it any more */
    WORLD_FORGOTTEN = 2, /* its sender does not know that he sent it */
    WORLD_REVIVED = 4,   /* its sender does not know that he gave it up */
    WORLD_AGAIN = 8      /* its sender wrote it again: it may come twice */
};

struct world {
    struct vc_prop prop;
    uint64_t seed;
    struct side sides[2];
    uint64_t next_id;
    uint64_t next_since;
    uint32_t loss, doubles; /* percent */
    bool has_turns, has_restores, has_deaths;
    bool is_settling;
    uint8_t fates[WORLD_IDS_MAX];
    struct totals *totals;
};

#define DEMAND(world, condition)                                              \
    do {                                                                      \
        if (!(condition))                                                     \
            fail_msg("VC_SEED=0x%llx: %s", (unsigned long long)(world)->seed, \
                     #condition);                                             \
    } while (0)

uint32_t below(struct world *world, uint32_t bound);
bool chance(struct world *world, uint32_t percent);
struct side *other_side(struct world *world, const struct side *side);
struct fake_seal_peer *seals_of(struct side *side);

void world_open(struct world *world, uint64_t seed, struct totals *totals);
void world_close(struct world *world);

/*
 * What a side has said is in its EVENT table, with the delivery number; what it has given up
 * in GAP; what was acknowledged in TOKEN; what it has received in MESSAGE.  All go back with
 * the disk.
 */
uint64_t id_of(struct vc_bytes key);
bool has(struct side *side, enum vc_table table, uint64_t id, uint64_t *ret_value);

/* Takes the outputs, as a chat would. */
void drain(struct world *world, struct side *side);
/* Writes again what a rollback took, as far as there is room and it can be sealed. */
void resend(struct world *world, struct side *side);
/* The link tells about a new session, or the end of one. */
void set_session(struct world *world, struct side *side, uint64_t since);
void send_new(struct world *world, struct side *side);
void abandon_any(struct world *world, struct side *side);
void commit(struct world *world, struct side *side, vc_err result);
void restart(struct world *world, struct side *side, bool is_crash);
/* Keeps a copy of the disk, or puts the copy back. */
void back_up(struct world *world, struct side *side);
void restore(struct world *world, struct side *side);
void feed(struct world *world, struct side *side, const struct fake_object *object);
/* Carries up to @count objects over; true when something moved. */
bool move(struct world *world, struct side *from, uint32_t count);
void pass(struct world *world, vc_ms delay_ms);
void add_totals(struct world *world, struct side *side);

#endif

/*
 * A device with the seal machine over a memory disk, and the turns of a conductor.
 */
#ifndef VC_TESTS_UNIT_SEAL_HOST_H
#define VC_TESTS_UNIT_SEAL_HOST_H

#include "node/seal/machine.h"
#include "storage/memory.h"
#include "tests/unit/crypto/person.h"

enum { PEER = 1, ONE_TIMES = 3 };

/* An allocator that counts, and fails when asked to. */
struct host_alloc {
    size_t used;       /* bytes */
    uint64_t calls;    /* that asked for memory */
    uint64_t fails_at; /* the call that fails, from 1; 0: none */
};

struct host {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_seal *seal;
    struct vc_now now;
    struct host_alloc alloc;
    struct person person;
    const char *network;
    uint8_t number;
    uint8_t starts; /* so that no two have the same randomness */
    bool is_at_once;
};

/* What a frame was sealed into, in memory of its own. */
struct parcel {
    uint64_t number;
    struct vc_id16 session;
    uint32_t generation;
    struct vc_ratchet_place place; /* of its session, as the sender sees it */
    size_t prefix_len;             /* of the opening in front */
    size_t len;
    uint8_t *bytes;
};

/* A device of person @number with its prekey made; with @is_at_once a submit is a commit. */
void host_open(struct host *host, uint8_t number, bool is_at_once);
void host_close(struct host *host);
/* The process dies and starts again: what was not committed is lost. */
void host_crash(struct host *host);
/* The same, and @disk, which it owns from now on, stands in the place of its own. */
void host_restore(struct host *host, struct vc_memory_disk *disk);

/* Ends a turn and commits it. */
void host_turn(struct host *host);
void host_pass(struct host *host, vc_ms delay_ms);
/* Passes, ticks and commits, as often as it is wanted, for so long. */
void host_live(struct host *host, vc_ms delay_ms);

/* @host knows @other as PEER, without keys. */
void host_meet(struct host *host, const struct host *other);
/* @other makes @one_times one-time prekeys, and @host gets them and the signed one. */
void host_give_keys(struct host *host, struct host *other, size_t one_times);
/* Two devices that know each other and have each other's keys. */
void host_pair(struct host *a, struct host *b, size_t one_times);
void host_close_pair(struct host *a, struct host *b);

vc_err host_try_seal(struct host *host, uint64_t number, const char *text,
                     struct parcel *ret_parcel);
struct parcel host_seal(struct host *host, uint64_t number, const char *text);
/* The frame as it is sent now, with or without an opening. */
struct parcel host_again(struct host *host, const struct parcel *parcel);
void parcel_free(struct parcel *parcel);
struct vc_bytes parcel_object(const struct parcel *parcel);
struct vc_bytes parcel_frame(const struct parcel *parcel);

vc_err host_try_open(struct host *host, const struct parcel *parcel,
                     struct vc_opened *ret_opened);
void host_accept(struct host *host);
/* Opens and accepts: @text came under the parcel's number. */
void host_take(struct host *host, const struct parcel *parcel, const char *text);
/* Opening it gives @err, and changes nothing. */
void host_expect_refused(struct host *host, const struct parcel *parcel, vc_err err);
/* Seals on one side, takes on the other, commits both. */
void host_say(struct host *from, struct host *to, uint64_t number, const char *text);

void host_rekey(struct host *host, uint32_t generation, enum vc_seal_reason reason);
struct vc_seal_state host_state(struct host *host);
struct vc_seal_stats host_stats(const struct host *host);
size_t host_count(struct host *host, enum vc_table table);

/* All that the machine knows of PEER, as bytes, and all of the rows: to see that nothing has
 * changed. */
struct host_picture {
    size_t len;
    uint8_t bytes[65536];
};
void host_picture(struct host *host, struct host_picture *ret_picture);
void host_expect_same(struct host *host, const struct host_picture *before);

#endif

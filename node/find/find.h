/*
 * The find machine: by which others find this device in the DHT, and finds theirs.
 *
 * It publishes a record of the device for each day, sealed for contacts, as soon as there is
 * something to say, and again when the addresses change, when a prekey turns and before the
 * next day begins; the same at the places of open invites; and forwards at the places of
 * record keys that were given up.  It looks for a contact, or for who made an invite, when
 * chat has tried the addresses that it knows and nobody is there: quickly while that may help
 * at once, then ever more rarely, and never for nothing.
 *
 * It stands below chat, which says what there is to say and whom to look for, and beside mail.
 * Pure given a store; calls down into the DHT machine, whose outputs the conductor
 * (node/node.c) brings; memory from the allocator handed in.
 *
 * A turn:
 *
 *     seek, set_self, invite_put ...   any number of inputs, with one `now`
 *     tick                             when due has passed
 *     next                             until it gives false
 *     submitted, committed             what is durable: numbers of records come before records
 *
 * node/SPEC.md, "Finding each other"; dht/SPEC.md has the records, storage/SCHEMA.md the rows.
 */
#ifndef VC_NODE_FIND_FIND_H
#define VC_NODE_FIND_FIND_H

#include "crypto/base/alloc.h"
#include "crypto/invite.h"
#include "crypto/prekey.h"
#include "dht/dht.h"
#include "storage/store.h"

#define VC_FIND_INVITES_MAX \
    16 /* places of open invites: as many as a link answers to */
#define VC_FIND_FORWARDS_MAX  16 /* forwards that stand */
#define VC_FIND_ADDRS_MAX     6  /* addresses of who was found */
#define VC_FIND_OWN_ADDRS_MAX 8  /* of this machine */

/* Own places that are kept alive, of two days at once: what the DHT's config must hold. */
#define VC_FIND_KEEPS_MAX (2 * (1 + VC_FIND_INVITES_MAX + VC_FIND_FORWARDS_MAX))

struct vc_find;

struct vc_find_config {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_dht *dht;
    const struct vc_account *account; /* outlive the machine; their keys may turn */
    const struct vc_device *device;
    bool is_private; /* as the DHT: private addresses are as good as others */
};

/* Reads its rows, and lets the DHT join by the nodes of the last run.  VC_ERR_NO_MEMORY,
 * VC_ERR_STORE_DAMAGED, or what the store says. */
VC_NODISCARD vc_err vc_find_init(const struct vc_find_config *cfg,
                                 const struct vc_now *now,
                                 const struct vc_secret32 *seed,
                                 struct vc_find **ret_find);
void vc_find_deinit(struct vc_find *find); /* NULL is fine; wipes */

/*
 * The date: by the own clock, or by that of the DHT's nodes when the two are more than
 * VC_FIND_CLOCK_OFF_MS apart.  For what is good until a date; never for durations.  @find may
 * be NULL: then it is the own clock.
 */
#define VC_FIND_CLOCK_OFF_MS 600000
vc_ms vc_find_date(const struct vc_find *find, const struct vc_now *now);

/* ---- what is said of us ---- */

/* What may change of this device, beside the keys of the account. */
struct vc_find_self {
    bool has_prekey;
    struct vc_prekey prekey;
    struct vc_addr addrs[VC_FIND_OWN_ADDRS_MAX]; /* of this machine, best first */
    uint8_t addr_count;
};
/* It is this now, or a key of the account has turned: published again if it is another. */
void vc_find_set_self(struct vc_find *find, const struct vc_now *now,
                      const struct vc_find_self *self);

/* An invite is open until @expires_at (Unix ms; VC_NEVER), so its place shows where we are.
 * Beyond VC_FIND_INVITES_MAX the newest is left out.  Once more: nothing happens. */
void vc_find_invite_put(struct vc_find *find, const struct vc_now *now, uint32_t invite,
                        const struct vc_id16 *secret, vc_ms expires_at);
void vc_find_invite_remove(struct vc_find *find, uint32_t invite);

/* A move is durable: @forward stands at the places of its old record key, whose secret half
 * this is, until its date.  Once more: nothing happens. */
void vc_find_forward_put(struct vc_find *find, const struct vc_now *now,
                         const struct vc_forward *forward,
                         const struct vc_sign_secret *old_secret);

/* ---- joining the DHT ---- */

/* Somebody may be at @addr who knows others; vc_dht_enter().  Where nobody of the public network
 * can be, nobody is asked. */
void vc_find_door(struct vc_find *find, const struct vc_now *now,
                  const struct vc_addr *addr);
/* The network is another, or the machine has slept: what was known of it is doubted. */
void vc_find_moved(struct vc_find *find, const struct vc_now *now);

/* ---- who is looked for ---- */

/* What is known of a contact's device. */
struct vc_find_contact {
    struct vc_key32 root;
    uint8_t record_generation; /* g */
    struct vc_key32 record;    /* R */
    uint8_t contacts_generation;
    struct vc_secret32 contacts; /* K */
    struct vc_certificate certificate;
};

/* How the first round is; those after a pause are of one lookup. */
enum vc_find_urgency {
    VC_FIND_ONCE, /* he may have been away for long: one lookup */
    VC_FIND_QUICK /* he was there a moment ago, or is waited for: again after 1, 2, 4, 8 s */
};

/*
 * Looks for a contact under the number @peer, the caller's own.  While he is looked for already,
 * nothing happens but that it may become more urgent.  Otherwise it begins when the pause
 * since the last time is over (5 minutes, doubled up to 2 hours), else nothing happens: the
 * caller asks again when he tries again.  Nothing is promised: there may be no output.
 */
void vc_find_seek_contact(struct vc_find *find, const struct vc_now *now, uint32_t peer,
                          const struct vc_find_contact *contact,
                          enum vc_find_urgency urgency);
/* The same for who made an invite that we hold. */
void vc_find_seek_inviter(struct vc_find *find, const struct vc_now *now, uint32_t peer,
                          const struct vc_invite *invite, enum vc_find_urgency urgency);
/* Whoever waits for him has asked for it: the next round may begin half a minute after the last,
 * and is as the first. */
void vc_find_hurry(struct vc_find *find, uint32_t peer);
/* He is there, or not wanted any more: forgets all about @peer. */
void vc_find_stop(struct vc_find *find, uint32_t peer);

/* ---- the turn ---- */

/* Takes one output of the DHT.  DATAGRAMs are not for find. */
void vc_find_dht_output(struct vc_find *find, const struct vc_now *now,
                        const struct vc_dht_output *output);
void vc_find_tick(struct vc_find *find, const struct vc_now *now);
vc_ms vc_find_due(const struct vc_find *find);
void vc_find_submitted(struct vc_find *find, uint64_t ticket);
void vc_find_committed(struct vc_find *find, const struct vc_now *now, uint64_t ticket);
/* Before the program ends: writes the nodes that are known, if there is room. */
void vc_find_save(struct vc_find *find, const struct vc_now *now);
/* Was anything written since it was asked last?  Then the turn is to be submitted. */
bool vc_find_has_written(struct vc_find *find);

enum vc_find_output_kind {
    VC_FIND_FOUND, /* he says that he is at @addrs */
    VC_FIND_FORWARD /* his account has another record key: nothing else stands at this one */
};

struct vc_find_output {
    enum vc_find_output_kind kind;
    uint32_t peer;
    struct vc_addr addrs[VC_FIND_ADDRS_MAX];
    uint8_t addr_count; /* 0: he has a contacts key that we do not know */
    bool has_prekey;    /* of a contact's device, signed */
    struct vc_prekey prekey;
    struct vc_forward forward; /* signed by his root */
};

/* Takes the next output; false when there is none left. */
bool vc_find_next(struct vc_find *find, struct vc_find_output *ret_output);

/* ---- what it knows ---- */

struct vc_find_status {
    uint32_t epoch;    /* the day that it is */
    bool is_clock_off; /* the date is that of the DHT, not our own */
    bool is_published; /* our record of today stands somewhere */
    bool
        is_left; /* it was not put yet in this life, as that of an earlier one says the same */
    vc_ms published_at; /* mono: when it was put last; VC_NEVER: never */
    uint8_t holders;    /* nodes that hold it, as of the last time they were asked */
    vc_err failure;     /* why the last put did not end well; VC_OK: it did */
    struct vc_addr addrs[VC_FIND_ADDRS_MAX]; /* what it says of us */
    uint8_t addr_count;
    uint32_t invite_places, forward_places; /* that are kept alive besides */
    uint32_t seeking; /* contacts and inviters that are looked for just now */
    uint32_t waiting; /* and those that were not found, until a pause is over */
    uint64_t lookups, found;
    vc_ms lookup_at;      /* mono: when the last lookup ended; VC_NEVER: none did */
    uint32_t lookup_ms;   /* it took, */
    vc_err lookup_reason; /* and ended with: VC_OK, NOT_FOUND, NO_NETWORK */
};
void vc_find_status(const struct vc_find *find, const struct vc_now *now,
                    struct vc_find_status *ret_status);

#endif

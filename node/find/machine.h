/*
 * What the files of the find machine share: its state, and who does what.
 *
 *     find.c        the door, and the turn
 *     self.c        where we are, and what notices say of it
 *     notices.c     what is to stand in the DHT, and when
 *     posting.c     records made and published
 *     numbers.c     numbers of records, which never go back
 *     seekers.c     who is looked for
 *     lookups.c     one lookup of one of them, and what was found
 *     nodes.c       the nodes that the DHT knew, over restarts
 *     status.c      what it knows, for people
 */
#ifndef VC_NODE_FIND_MACHINE_H
#define VC_NODE_FIND_MACHINE_H

#include "dht/account_record.h"
#include "node/find/rows.h"

/* The record of one day at the place of a notice. */
struct vc_find_post {
    bool is_posted;
    bool is_left; /* not yet, as a record of an earlier life says the same */
    uint32_t epoch;
    struct vc_hash32 place;
    uint64_t number;                   /* of the last record; 0: there was none */
    uint64_t mark;                     /* of what it says */
    vc_ms posted_at, posted_before_at; /* the last two times; VC_NEVER */
    uint8_t holders;
    vc_err failure;
    uint8_t failures; /* puts in a row that nobody took */
    vc_ms again_at;   /* when it is put again after one; VC_NEVER */
};

enum vc_find_notice_kind {
    VC_FIND_NOTICE_FREE,
    VC_FIND_NOTICE_SELF,   /* where this device is, for contacts */
    VC_FIND_NOTICE_INVITE, /* the same for who has an invite */
    VC_FIND_NOTICE_FORWARD /* the account has moved to another record key */
};

/* Something that stands in the DHT: today, and for some hours tomorrow as well. */
struct vc_find_notice {
    enum vc_find_notice_kind kind;
    bool is_begun;     /* it was looked at once */
    vc_ms due_at;      /* when to look at it again */
    uint32_t ahead_ms; /* so much before the next day begins it is published for it */
    struct vc_find_post posts[2]; /* of days with even and odd numbers */
    uint32_t invite;
    struct vc_id16 secret;
    vc_ms expires_at; /* Unix; VC_NEVER */
    struct vc_forward forward;
    struct vc_sign_secret old_secret;
};

#define VC_FIND_NOTICES_MAX (1 + VC_FIND_INVITES_MAX + VC_FIND_FORWARDS_MAX)

/* Numbers of a day. */
struct vc_find_count {
    struct vc_find_day day; /* as in the row that was written last */
    uint64_t durable;       /* as in that which is committed */
    uint64_t before;        /* at the start: a record of an earlier life may have it */
};

struct vc_find_seeker {
    uint32_t peer;
    bool is_inviter;
    struct vc_find_contact contact; /* else */
    struct vc_invite invite;
    bool is_on; /* a round of lookups is under way */
    enum vc_find_urgency urgency;
    uint8_t tries;              /* lookups of the round that have begun */
    uint32_t ask;               /* at the DHT; 0: none is under way */
    uint32_t epoch;             /* the day whose place is asked */
    bool is_neighbour;          /* it is the day beside today's */
    bool has_found;             /* in this lookup */
    vc_ms due_at;               /* the next lookup of the round; VC_NEVER */
    vc_ms ended_at;             /* the last round, monotonic */
    vc_ms rest_until, pause_ms; /* 0: as at first */
};

/* The ticket of a turn that is not submitted yet. */
#define VC_FIND_TICKET_OPEN UINT64_MAX

struct vc_find {
    struct vc_find_config cfg;
    struct vc_rng rng;
    vc_ms began_at;
    vc_ms same_at; /* what an earlier life has said is said again then */

    struct vc_find_self self;
    struct vc_addr addrs[VC_FIND_ADDRS_MAX]; /* what is said of us, best first */
    uint8_t addr_count;
    struct vc_key32 node; /* the DHT's key, as it was then */
    vc_ms settle_at;      /* nothing is published before it */
    bool is_joined;
    bool has_date;       /* the DHT has said what date it is: */
    int64_t clock_error; /* so much is to be added to the own clock, */
    int64_t setting;     /* as that was set then */
    uint32_t epoch;      /* today, as it was looked at last */
    struct vc_find_notice notices[VC_FIND_NOTICES_MAX]; /* the first is SELF */

    struct vc_find_count counts[VC_FIND_DAYS_MAX]; /* the latest first */
    uint8_t count_count;
    uint32_t check_ask; /* looks for our own record, once; 0: not under way */
    bool is_checked;
    uint64_t numbers_ticket; /* of the row that is not durable yet; 0: it is */
    bool has_written;

    struct vc_find_seeker **seekers; /* by peer */
    size_t seeker_count, seeker_room;
    uint32_t lookups_on;
    size_t next_seeker; /* whose turn it is when not all can be served */

    struct vc_find_output outputs[VC_FIND_OUTPUTS_MAX];
    uint32_t output_first, output_count;

    vc_ms save_at; /* VC_NEVER: nothing is to be saved */
    uint8_t saved[VC_DHT_SAVED_MAX];
    struct vc_find_status stats; /* the counters and the last lookup of it */
};

/* ---- self.c ---- */

/* Looks again where we are; true when it is elsewhere, or under another key. */
bool vc_find_look_at_self(struct vc_find *find, const struct vc_now *now);

/* ---- notices.c ---- */

void vc_find_notices_init(struct vc_find *find, const struct vc_now *now);
void vc_find_notices_deinit(struct vc_find *find);
/* All may have something else to say. */
void vc_find_notices_wake(struct vc_find *find, vc_ms at);
void vc_find_notices_tick(struct vc_find *find, const struct vc_now *now);
vc_ms vc_find_notices_due(const struct vc_find *find);
/* Holders of the record at this place: of a put, or when they were asked again. */
void vc_find_notices_kept(struct vc_find *find, const struct vc_now *now,
                          const struct vc_dht_output *output);
/* What the check has found at our own place. */
void vc_find_notices_checked(struct vc_find *find, const struct vc_now *now,
                             struct vc_bytes record);

/* ---- posting.c ---- */

/* Does the notice say anything now?  Then a mark of it. */
bool vc_find_notice_mark(const struct vc_find *find,
                         const struct vc_find_notice *notice, uint64_t *ret_mark);
/* Publishes what the notice says for @post's day.  VC_ERR_BUSY: its number is not durable yet;
 * VC_ERR_FULL and others: try again later. */
VC_NODISCARD vc_err vc_find_post(struct vc_find *find, const struct vc_now *now,
                                 const struct vc_find_notice *notice,
                                 struct vc_find_post *post, uint64_t mark);
void vc_find_unpost(struct vc_find *find, struct vc_find_post *post);

/* ---- numbers.c ---- */

VC_NODISCARD vc_err vc_find_numbers_load(struct vc_find *find);
/*
 * The number of the next record at a place of @epoch where the last one of this life had @last
 * (0: there was none).  VC_ERR_BUSY: it is being written; VC_ERR_FULL, or the store's health.
 */
VC_NODISCARD vc_err vc_find_number_next(struct vc_find *find, vc_ms unix_ms,
                                        uint32_t epoch, uint64_t last,
                                        uint64_t *ret_number);
/* Any record of the day may have up to this number; 0: there is none. */
uint64_t vc_find_numbers_taken(struct vc_find *find, uint32_t epoch);
/* Records of the day with numbers up to @number are out there, at places that are not ours now or
 * of a time that we know nothing of. */
void vc_find_numbers_raise(struct vc_find *find, uint32_t epoch, uint64_t number);

/* A mark of what the device's own record of the day says that somebody holds; 0: nothing known.
 * It outlives the machine. */
uint64_t vc_find_said(struct vc_find *find, uint32_t epoch);
void vc_find_say(struct vc_find *find, uint32_t epoch, uint64_t mark);

/* ---- seekers.c ---- */

void vc_find_seekers_deinit(struct vc_find *find);
void vc_find_seekers_tick(struct vc_find *find, const struct vc_now *now);
vc_ms vc_find_seekers_due(const struct vc_find *find);
struct vc_find_seeker *vc_find_seeker_of_ask(struct vc_find *find, uint32_t ask);
/* The lookup is over, whatever it has found. */
void vc_find_seeker_done(struct vc_find *find, const struct vc_now *now,
                         struct vc_find_seeker *seeker);

/* ---- lookups.c ---- */

/* Begins the lookup of today's place; false: later. */
bool vc_find_lookup_begin(struct vc_find *find, const struct vc_now *now,
                          struct vc_find_seeker *seeker);
/* Outputs of the DHT about a lookup. */
void vc_find_lookup_found(struct vc_find *find, const struct vc_now *now,
                          struct vc_find_seeker *seeker, struct vc_bytes record);
/* True when a second lookup has begun in its place. */
bool vc_find_lookup_done(struct vc_find *find, const struct vc_now *now,
                         struct vc_find_seeker *seeker,
                         const struct vc_dht_output *output);

/* ---- nodes.c ---- */

VC_NODISCARD vc_err vc_find_nodes_load(struct vc_find *find, const struct vc_now *now);
void vc_find_nodes_tick(struct vc_find *find, const struct vc_now *now);

#endif

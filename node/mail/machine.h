/*
 * The inside of the mail machine: what its files share.  Not for other folders.
 */
#ifndef VC_NODE_MAIL_MACHINE_H
#define VC_NODE_MAIL_MACHINE_H

#include "node/mail/ledger.h"
#include "node/mail/numbers.h"
#include "node/mail/objects.h"
#include "node/mail/rows.h"

/*
 * One device that we write to and hear from.  Numbers of both directions are kept
 * twice: as this turn sees them, and as the disk has them; what leaves follows the
 * disk.
 */
struct vc_mail_peer {
    uint32_t number;
    uint32_t attempts;    /* wishes since the last good session */
    uint32_t held;        /* abandoned numbers whose new row is not committed */
    bool is_ending;       /* removed; rows are being deleted */
    bool is_up;           /* there is a session */
    bool is_control_full; /* the link said VC_ERR_FULL; WRITABLE will come */
    bool is_chat_full;
    bool must_check; /* ask the link whether there is a session */
    bool owes_ack;
    bool says_again; /* the next ack asks for what was refused */
    bool has_missed; /* objects of this session may have come before it was known */
    bool owes_gone;  /* the other device has lost what it had acknowledged */
    bool wants_connect;
    bool is_greeted; /* he has said in this session what he has seen: he may be given */
    bool owes_hello;
    bool is_rolled_back; /* as in the row: to be reported */
    bool has_lost;       /* he knows that we had more: to be reported in this turn */
    bool is_output_listed, is_pump_listed;
    bool is_session_good; /* it carried something of mail's */

    /* Outgoing. */
    uint64_t next;        /* the number of the next object */
    uint64_t sealed;      /* rows of numbers up to this one are sealed, in this turn */
    uint64_t released;    /* and committed */
    uint64_t given_out;   /* the highest that was ever released */
    uint64_t stale_until; /* entries of the ledger before this one release nothing */
    uint64_t resealed, dropped, dropped_rows; /* as in the row */
    uint64_t words;           /* the row whose words were asked for; 0: none */
    vc_ms seal_ms, reseal_ms; /* the next pauses of seal_at, of complaints followed */
    vc_ms resealed_at, rolled_at; /* the last times, or VC_NEVER */
    struct vc_numbers acked;      /* rows that are deleted */
    uint64_t acked_durable;       /* the prefix of that on the disk */
    struct vc_numbers told;       /* what the other device says it has */
    uint64_t given; /* numbers up to this one were given to this session */
    uint64_t again; /* those from this one to again_last are given once more */
    uint64_t again_last;
    uint64_t hold_from; /* the smallest of held: nothing is given from it on */
    uint64_t run_sent;

    /* Incoming. */
    struct vc_numbers seen;
    struct vc_numbers durable;
    uint64_t last;                     /* the highest number in seen */
    uint8_t last_tag[VC_SEAL_TAG_LEN]; /* as in the row */
    vc_ms unopened_at; /* the last complaint of this session, or VC_NEVER */
    uint64_t refused;  /* the greatest number that came and was not accepted, or 0 */
    uint64_t run_seen;

    /* Instants, VC_NEVER when unset; due_at is the first of them. */
    vc_ms connect_at, stall_at, ack_at, due_at;
    vc_ms seal_at; /* no words are asked for before it */
    vc_ms stall_ms, refused_ms;
    vc_ms ack_sent_at, again_sent_at; /* the last time in this session, or VC_NEVER */
    vc_ms up_at;                      /* of the session, as mail learned of it */
    vc_ms up_since;                   /* the same as the link tells it; 0: unknown */

    size_t place; /* in the schedule */
    struct vc_mail_peer *next_output, *next_pump;
};

/* First come, first served. */
struct vc_mail_queue {
    struct vc_mail_peer *first, *last;
};

struct vc_mail {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_link *link;
    struct vc_seal *seal;
    struct vc_rng rng;

    struct vc_mail_peer **peers; /* sorted by number */
    struct vc_mail_peer **heap;  /* the schedule: a binary heap by due_at */
    size_t peer_count, peer_room, heap_room;
    size_t ending_count;
    size_t dropping_count; /* peers with rows that were given up */
    struct vc_mail_peer *last_found;

    struct vc_ledger ledger;
    struct vc_mail_queue outputs; /* acknowledgements to report, wishes to make */
    struct vc_mail_queue pumps;   /* something for the link */

    struct vc_mail_output slot; /* what the last link output became */
    bool is_slot_full;
    uint32_t offered_peer;   /* the delivery that chat was given last, and */
    uint64_t offered_number; /* 0 once it is accepted */
    uint8_t offered_tag[VC_SEAL_TAG_LEN];
    /* Of this one numbers were acknowledged and the mailbox row is not yet written. */
    struct vc_mail_peer *row_owed;

    vc_ms mono, unix_ms; /* the present turn's */
    vc_ms store_at; /* when to try the store again that had no room; VC_NEVER: it has */
    vc_ms purge_at; /* the same for a removal that could not go on */
    struct vc_mail_stats stats;
    uint8_t *row; /* VC_OUTBOX_ROW_MAX bytes to put a row together in */
};

/* ---- peers.c: who there is ---- */

/* NULL when there is none, or only one that is being removed. */
struct vc_mail_peer *vc_mail_peer_find(struct vc_mail *mail, uint32_t number);
const struct vc_mail_peer *vc_mail_peer_look(const struct vc_mail *mail,
                                             uint32_t number);
/* Makes a new one.  VC_ERR_NO_MEMORY, VC_ERR_FULL, VC_ERR_EXISTS: a removed one that
 * still has rows. */
VC_NODISCARD vc_err vc_mail_peer_new(struct vc_mail *mail, uint32_t number,
                                     struct vc_mail_peer **ret_peer);
VC_NODISCARD vc_err vc_mail_peers_load(struct vc_mail *mail);
void vc_mail_peers_deinit(struct vc_mail *mail);
/* Deletes a bounded part of what removed peers have in the store. */
void vc_mail_peers_purge(struct vc_mail *mail);
/* Writes the peer's mailbox row; room is reserved. */
void vc_mail_peer_write(struct vc_mail *mail, const struct vc_mail_peer *peer);
/* Is there room for writes of mail's own, with the caller's part left alone? */
VC_NODISCARD bool vc_mail_has_room(struct vc_mail *mail, size_t ops, size_t bytes);
/* How many of the numbers up to @number, from the dropped ones on, are over. */
uint64_t vc_mail_peer_done(const struct vc_mail_peer *peer, uint64_t number);
/* Objects that wait for an acknowledgement. */
uint64_t vc_mail_peer_waiting(const struct vc_mail_peer *peer);
/* Are there rows that were given up and are not deleted?  Nothing is given meanwhile. */
bool vc_mail_peer_is_dropping(const struct vc_mail_peer *peer);
/* Puts a peer at the end of a queue unless it is in it. */
void vc_mail_want_output(struct vc_mail *mail, struct vc_mail_peer *peer);
void vc_mail_want_pump(struct vc_mail *mail, struct vc_mail_peer *peer);

/* ---- schedule.c: whose turn it is, and when ---- */

void vc_schedule_insert(struct vc_mail *mail, struct vc_mail_peer *peer);
void vc_schedule_remove(struct vc_mail *mail, struct vc_mail_peer *peer);
/* One of the peer's instants was changed. */
void vc_schedule_update(struct vc_mail *mail, struct vc_mail_peer *peer);

/* ---- retry.c: sessions, and when to try what again ---- */

void vc_retry_on_up(struct vc_mail *mail, struct vc_mail_peer *peer);
void vc_retry_on_down(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Asks the link, when nobody has told. */
void vc_retry_check(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Sets or clears the wish for a session: what waits or the session has changed. */
void vc_retry_refresh(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Something new waits: a far-off wish for a session is brought near. */
void vc_retry_hurry(struct vc_mail *mail, struct vc_mail_peer *peer);
/* A wish was uttered: plans the next one. */
void vc_retry_after_wish(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Serves the peer's instants that have passed. */
void vc_retry_tick(struct vc_mail *mail, struct vc_mail_peer *peer);
/* @delay_ms, spread. */
vc_ms vc_retry_jitter(struct vc_mail *mail, vc_ms delay_ms);

/* ---- outbox.c: what waits for the other device ---- */

/* The row that stands in place of @row when that is given up. */
struct vc_outbox_row vc_outbox_abandoned(const struct vc_outbox_row *row);
void vc_outbox_committed(struct vc_mail *mail, const struct vc_ledger_entry *entry);
/* An acknowledgement came. */
void vc_outbox_on_ack(struct vc_mail *mail, struct vc_mail_peer *peer,
                      const struct vc_mail_frame *ack);
/* Deletes the next acknowledged row; true when there is something to report. */
bool vc_outbox_next_acked(struct vc_mail *mail, struct vc_mail_peer *peer,
                          struct vc_mail_output *ret_output);
/* Deletes the rows from the oldest on up to @last, @budget at most; false when some are
 * left. */
VC_NODISCARD bool vc_outbox_delete_to(struct vc_mail *mail, struct vc_mail_peer *peer,
                                      uint64_t last, size_t *budget);
/* The session is new, or gone: nothing has been given to it. */
void vc_outbox_rewind(struct vc_mail_peer *peer);
/* Gives the link up to @budget objects; false when there is more to give and room. */
VC_NODISCARD bool vc_outbox_give(struct vc_mail *mail, struct vc_mail_peer *peer,
                                 size_t *budget);

/* ---- sealing.c: rows that are sealed, or wait for it ---- */

/* Keys may have come, or room in the window: what waits for them is sealed next. */
void vc_sealing_refresh(struct vc_mail *mail, struct vc_mail_peer *peer);
/* The next row that waits is passed, or its words are asked for: then true. */
bool vc_sealing_next(struct vc_mail *mail, struct vc_mail_peer *peer,
                     struct vc_mail_output *ret_output);
/* No row counts as sealed any more, until it is looked at again.  Room for the mailbox row
 * is reserved. */
void vc_sealing_restart(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Turns the ratchet with an empty object, if that is owed. */
void vc_sealing_turn(struct vc_mail *mail, const struct vc_now *now,
                     struct vc_mail_peer *peer);
/* The pause after words that did not come is over. */
void vc_sealing_tick(struct vc_mail *mail, struct vc_mail_peer *peer);
/* Deletes rows that were given up, a bounded part of them. */
void vc_sealing_drop_rows(struct vc_mail *mail, struct vc_mail_peer *peer);

/* ---- hello.c: the first words of a session, and complaints about seals ---- */

void vc_hello_send(struct vc_mail *mail, struct vc_mail_peer *peer);
void vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                       struct vc_mail_peer *peer, const struct vc_mail_frame *hello);
/* Reports that our store was put back; true when there was room for what chat writes. */
bool vc_hello_next_rolled_back(struct vc_mail *mail, struct vc_mail_peer *peer,
                               struct vc_mail_output *ret_output);
/* What came under @number could not be opened. */
void vc_hello_complain(struct vc_mail *mail, struct vc_mail_peer *peer,
                       uint64_t number);
void vc_hello_on_unopened(struct vc_mail *mail, const struct vc_now *now,
                          struct vc_mail_peer *peer,
                          const struct vc_mail_frame *unopened);

/* ---- inbox.c: what the other device has sent ---- */

void vc_inbox_committed(struct vc_mail *mail, const struct vc_ledger_entry *entry);
void vc_inbox_on_data(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_mail_frame *data);
void vc_inbox_on_abandon(struct vc_mail *mail, struct vc_mail_peer *peer,
                         const struct vc_mail_frame *abandon);
void vc_inbox_on_gone(struct vc_mail *mail, struct vc_mail_peer *peer,
                      const struct vc_mail_frame *gone);
/* What came could not be kept: it will be asked for again. */
void vc_inbox_refused(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number);
/* Sends the ack that is owed, if there is one and room. */
void vc_inbox_send_ack(struct vc_mail *mail, struct vc_mail_peer *peer);

#endif

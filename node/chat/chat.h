/*
 * The chat machine: contacts, invites, conversations and what their messages are worth.
 *
 * It turns what a person asks for into rows and mail objects of one turn, and what other
 * devices send into rows and events of one turn.  A conversation is a set of messages that
 * name their parents; its order is made of bytes in the messages alone, so that both sides
 * show the same one whatever their clocks say.  A message has one state, always true.
 *
 * Pure given a store; calls down into mail and link; memory from the allocator handed in.
 * The conductor (node/node.c) feeds it.  Everything that writes says so by the turn's
 * ticket: an answer to a person may leave only when that is committed.
 *
 * node/SPEC.md has the objects, storage/SCHEMA.md the rows.
 */
#ifndef VC_NODE_CHAT_CHAT_H
#define VC_NODE_CHAT_CHAT_H

#include "crypto/card.h"
#include "crypto/identity.h"
#include "crypto/invite.h"
#include "crypto/safety.h"
#include "crypto/words.h"
#include "dht/account_record.h"
#include "node/find/find.h"
#include "node/mail/mail.h"

#define VC_CHAT_TEXT_MAX     32768 /* bytes of UTF-8 in a text */
#define VC_CHAT_BODY_MAX     61440 /* bytes of a body of any type */
#define VC_CHAT_CONTACTS_MAX 4096
#define VC_CHAT_JOINS_MAX    64
#define VC_CHAT_PARENTS_MAX  8
#define VC_CHAT_TOKEN_MAX    128     /* bytes of a client's token */
#define VC_CHAT_TOKENS_KEPT  262144  /* newest tokens that are known: 6 MiB at most */
#define VC_CHAT_EVENTS_KEPT  1000000 /* older ones may be dropped */

struct vc_chat;

struct vc_chat_config {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_mail *mail;
    struct vc_link *link;
    struct vc_seal *seal;
    struct vc_find *find;       /* NULL: nobody is looked for */
    struct vc_account *account; /* outlive the machine; the account's keys turn here */
    const struct vc_device *device;
};

/* Loads contacts, invites, joins and the heads of conversations. */
VC_NODISCARD vc_err vc_chat_init(const struct vc_chat_config *cfg,
                                 const struct vc_now *now,
                                 const struct vc_secret32 *seed,
                                 struct vc_chat **ret_chat);
void vc_chat_deinit(struct vc_chat *chat);

/* ---- the owner ---- */

struct vc_owner {
    char name[VC_NAME_MAX + 1];
    bool sends_read_receipts;
    struct vc_addr addrs[VC_CARD_ADDRS_MAX];
    uint8_t addr_count;
};
void vc_chat_owner(const struct vc_chat *chat, struct vc_owner *ret_owner);
/* VC_ERR_BAD_NAME, or the store's health. */
VC_NODISCARD vc_err vc_chat_set_name(struct vc_chat *chat, const struct vc_now *now,
                                     const char *name);
VC_NODISCARD vc_err vc_chat_set_read_receipts(struct vc_chat *chat,
                                              const struct vc_now *now, bool is_on);
/* The addresses that others may try, best first; contacts are told when they change. */
void vc_chat_set_addresses(struct vc_chat *chat, const struct vc_now *now,
                           const struct vc_addr *addrs, size_t count);

/* How it stands with the account's keys. */
struct vc_chat_keys {
    bool has_root; /* it is on this device */
    vc_ms
        live_until; /* Unix: the live statement is good until then; 0: there is none */
    uint8_t contacts_generation;
    uint8_t contacts_valid; /* contacts keys that are answered to, the newest too */
    vc_ms turn_at;          /* Unix: when it turns, as it was asked to; VC_NEVER */
    uint8_t record_generation;
    vc_ms moved_at;     /* Unix: the last move whose forward still stands; 0: none */
    uint32_t unknowing; /* contacts that do not have the newest record key yet */
};
void vc_chat_keys(const struct vc_chat *chat, struct vc_chat_keys *ret_keys);

/* ---- the root, and what only it can do ---- */

#define VC_CHAT_WORDS_ASKED 3

/* Secret: wipe it. */
struct vc_chat_words {
    char text[VC_WORDS_TEXT_MAX];       /* the 24 words */
    uint8_t asked[VC_CHAT_WORDS_ASKED]; /* which of them (1..24, rising) to ask back */
};

/* Gives the words of the root that is on this device.  VC_ERR_NO_ROOT. */
VC_NODISCARD vc_err vc_chat_words(struct vc_chat *chat,
                                  struct vc_chat_words *ret_words);
/*
 * Takes the root off this device, when @answers are the words that vc_chat_words() asked
 * for last; four letters of one are enough.  VC_ERR_WORDS_WRONG: they are not, and have to
 * be shown again; VC_ERR_NO_ROOT.
 */
VC_NODISCARD vc_err vc_chat_drop_root(struct vc_chat *chat,
                                      const char *const answers[VC_CHAT_WORDS_ASKED]);

/*
 * Both need the root: @entropy is that of the words, or NULL when it is on this device.
 * Both make the live statement good for two years from now on.  VC_ERR_NO_ROOT,
 * VC_ERR_WORDS_WRONG: another account's; VC_ERR_FULL at the last generation.
 *
 * A move replaces the record key: invites that are open are good no more (@ret_invites tells
 * how many there were), contacts are told in their time, and a forward stands for 60 days.
 */
VC_NODISCARD vc_err vc_chat_extend(struct vc_chat *chat, const struct vc_now *now,
                                   const struct vc_secret32 *entropy);
VC_NODISCARD vc_err vc_chat_move(struct vc_chat *chat, const struct vc_now *now,
                                 const struct vc_secret32 *entropy,
                                 uint32_t *ret_invites);

/* What stands where the account was found before.  Secret: wipe it. */
struct vc_chat_forward {
    struct vc_forward forward;
    struct vc_sign_secret old_secret; /* of forward.old_record, whose places they are */
};
/*
 * The forwards whose 60 days are not over, oldest first: to be published at the places of
 * their old record keys, with the root on the device or not.  Fills up to @room entries; gives
 * the number there are, none until the last move is durable.
 */
size_t vc_chat_forwards(const struct vc_chat *chat, const struct vc_now *now,
                        struct vc_chat_forward *ret_forwards, size_t room);

/* ---- invites and joins ---- */

struct vc_invite_state {
    uint32_t id;
    vc_ms made_at, expires_at; /* Unix; VC_NEVER: does not expire */
    uint32_t contact;          /* who joined with it; 0: nobody yet */
    bool is_revoked, is_expired;
    char note[VC_NAME_MAX +
              1]; /* what the owner wrote: becomes the petname of who joins */
    char text[VC_INVITE_TEXT_LEN + 1];
};

/* Makes a one-time invite.  @days 1..3650, or 0 for the usual 7.  VC_ERR_NO_NETWORK: there
 * is no address to put in; VC_ERR_FULL: VC_LINK_INVITES_MAX are open; VC_ERR_BAD_NAME. */
VC_NODISCARD vc_err vc_chat_invite(struct vc_chat *chat, const struct vc_now *now,
                                   uint32_t days, const char *note,
                                   struct vc_invite_state *ret_invite);
VC_NODISCARD vc_err vc_chat_invite_revoke(struct vc_chat *chat,
                                          const struct vc_now *now, uint32_t id);
/* Fills up to @room entries, oldest first; gives the number there are. */
size_t vc_chat_invites(const struct vc_chat *chat, const struct vc_now *now,
                       struct vc_invite_state *ret_invites, size_t room);

enum vc_join_stage {
    VC_JOIN_CONNECTING,
    VC_JOIN_GREETING,
    VC_JOIN_DONE,
    VC_JOIN_FAILED
};

struct vc_join_state {
    uint32_t id;
    enum vc_join_stage stage;
    vc_err reason;    /* FAILED: why; CONNECTING: the last attempt's end, or VC_OK */
    uint32_t contact; /* DONE */
    vc_ms begun_at;   /* Unix */
    vc_ms retry_at;   /* Unix; when it is tried again */
    char petname[VC_NAME_MAX + 1];
};

/*
 * Begins to join with an invite; durable: it is tried, with backoff, until it has succeeded,
 * was refused or has expired, over restarts too.  The same invite again gives the same
 * join.  @petname may be empty.  VC_ERR_INVITE_*, VC_ERR_FULL at VC_CHAT_JOINS_MAX.
 */
VC_NODISCARD vc_err vc_chat_join(struct vc_chat *chat, const struct vc_now *now,
                                 const char *invite_text, const char *petname,
                                 struct vc_join_state *ret_join);
VC_NODISCARD vc_err vc_chat_join_cancel(struct vc_chat *chat, const struct vc_now *now,
                                        uint32_t id);
size_t vc_chat_joins(const struct vc_chat *chat, const struct vc_now *now,
                     struct vc_join_state *ret_joins, size_t room);

/* ---- contacts ---- */

struct vc_contact {
    uint32_t id;   /* from 1; also the number of the conversation; never used again */
    uint32_t peer; /* the device's number at mail and link */
    struct vc_key32 root;
    struct vc_fingerprint fingerprint;
    char petname[VC_NAME_MAX + 1];  /* unique among contacts */
    char own_name[VC_NAME_MAX + 1]; /* what he calls himself */
    bool is_blocked, is_verified, is_connected;
    struct vc_addr addr;          /* connected: where; else the last good one, if any */
    vc_ms added_at;               /* Unix */
    vc_ms device_since;           /* Unix: when he came with another device; 0: never */
    vc_ms last_seen_at;           /* Unix; 0: never */
    struct vc_seal_state session; /* end-to-end, with his device */
    bool is_waiting_for_keys; /* what waits cannot be sealed before keys of his come */
    uint64_t waiting;         /* objects in the outbox */
    vc_ms retry_at;           /* Unix; VC_NEVER: no attempt planned */
    vc_err last_failure;      /* why the last attempt ended; VC_OK: none */
    uint32_t unread;
    uint32_t rtt_ms; /* connected: smoothed round trip */
};

/* Contacts are shown when they are durable. */
size_t vc_chat_contacts(const struct vc_chat *chat, const struct vc_now *now,
                        struct vc_contact *ret_contacts, size_t room);
VC_NODISCARD vc_err vc_chat_contact(const struct vc_chat *chat,
                                    const struct vc_now *now, uint32_t id,
                                    struct vc_contact *ret_contact);
/* Where his record of today stands in the DHT; wipe it.  VC_ERR_NO_CONTACT; VC_ERR_UNSUPPORTED:
 * nothing can stand there, or there is no DHT. */
VC_NODISCARD vc_err vc_chat_contact_place(const struct vc_chat *chat,
                                          const struct vc_now *now, uint32_t id,
                                          struct vc_account_place *ret_place);
/* Reads what stands there, as vc_account_record_read_contact(); VC_ERR_NO_CONTACT. */
VC_NODISCARD vc_err vc_chat_contact_record(const struct vc_chat *chat, uint32_t id,
                                           const struct vc_account_place *place,
                                           struct vc_bytes bytes,
                                           struct vc_account_record *ret_record);
/* By petname (any case), or by the start (8 letters at least) of the ID or fingerprint in
 * hex.  VC_ERR_NO_CONTACT, VC_ERR_AMBIGUOUS. */
VC_NODISCARD vc_err vc_chat_contact_find(const struct vc_chat *chat, const char *text,
                                         uint32_t *ret_id);
/* VC_ERR_EXISTS when another contact has the name, VC_ERR_BAD_NAME. */
VC_NODISCARD vc_err vc_chat_contact_rename(struct vc_chat *chat,
                                           const struct vc_now *now, uint32_t id,
                                           const char *petname);
VC_NODISCARD vc_err vc_chat_contact_set_verified(struct vc_chat *chat,
                                                 const struct vc_now *now, uint32_t id,
                                                 bool is_verified);
VC_NODISCARD vc_err vc_chat_contact_set_blocked(struct vc_chat *chat,
                                                const struct vc_now *now, uint32_t id,
                                                bool is_blocked);
/* Forgets a contact, the conversation and what waits for him.  The contacts key turns, so
 * that he gets no answer any more when the others have the new one; blocking does too. */
VC_NODISCARD vc_err vc_chat_contact_remove(struct vc_chat *chat,
                                           const struct vc_now *now, uint32_t id);
/* The safety number of the two roots: 12 groups of 5 digits, equal on both sides. */
VC_NODISCARD vc_err vc_chat_safety_number(const struct vc_chat *chat, uint32_t id,
                                          char ret_text[VC_SAFETY_TEXT_MAX]);
/* The code that stands in the place of the number where one can be scanned. */
VC_NODISCARD vc_err vc_chat_safety_code(const struct vc_chat *chat, uint32_t id,
                                        char ret_text[VC_SAFETY_CODE_LEN + 1]);
/* Compares the code that the contact shows with ours, and marks him as verified when it is
 * the same.  VC_ERR_VERIFY_MISMATCH, and as vc_safety_compare() says. */
VC_NODISCARD vc_err vc_chat_contact_scan(struct vc_chat *chat, const struct vc_now *now,
                                         uint32_t id, const char *text);
/* Tries to reach a contact now. */
VC_NODISCARD vc_err vc_chat_contact_try(struct vc_chat *chat, const struct vc_now *now,
                                        uint32_t id);

/* ---- messages ---- */

/* Who wrote it and as which: author is the place of his root among the sorted roots. */
struct vc_message_ref {
    uint8_t author;
    uint8_t device;
    uint32_t seq; /* from 1 */
};

enum vc_message_state {
    VC_MESSAGE_RECEIVED,  /* theirs, unread */
    VC_MESSAGE_SEEN,      /* theirs, read here */
    VC_MESSAGE_QUEUED,    /* ours, durable here */
    VC_MESSAGE_DELIVERED, /* ours, durable there */
    VC_MESSAGE_READ,      /* ours, read there */
    VC_MESSAGE_FAILED     /* ours, given up: reason */
};

enum vc_body_type { VC_BODY_TEXT = 1 }; /* other types are kept and shown as unknown */

struct vc_message {
    uint32_t contact;
    struct vc_message_ref ref;
    struct vc_hash32 id;
    bool is_own;
    enum vc_message_state state;
    vc_err reason;
    uint64_t clock;  /* hybrid: Unix ms << 16 | counter, as its author wrote it */
    vc_ms stored_at; /* Unix: when we wrote or got it */
    uint64_t order;  /* what it is sorted by, before the id: clock, or more (SPEC) */
    bool has_gap;    /* a parent is missing */
    uint16_t type;
    uint8_t type_version;
    struct vc_bytes
        body; /* borrowed until the next call that writes, polls or submits */
};

/*
 * Queues a text.  With a @token (1..VC_CHAT_TOKEN_MAX bytes, or empty for none) it is
 * idempotent for 30 days at least, or VC_CHAT_TOKENS_KEPT tokens: the same token, contact
 * and text again give the first message; another text VC_ERR_TOKEN_REUSED.
 * VC_ERR_TOO_LONG, BAD_TEXT, NO_CONTACT, BLOCKED, BUSY, NO_MEMORY, FULL (come back after
 * the next commit), or the store's health.
 */
VC_NODISCARD vc_err vc_chat_send_text(struct vc_chat *chat, const struct vc_now *now,
                                      uint32_t contact, struct vc_bytes text,
                                      struct vc_bytes token,
                                      struct vc_message *ret_message);
/* The general form, for types that come later and for tests of unknown ones. */
struct vc_body {
    uint16_t type;
    uint8_t type_version;
    struct vc_bytes bytes; /* 1..VC_CHAT_BODY_MAX */
};
VC_NODISCARD vc_err vc_chat_send(struct vc_chat *chat, const struct vc_now *now,
                                 uint32_t contact, const struct vc_body *body,
                                 struct vc_bytes token, struct vc_message *ret_message);
/* Gives a queued message of ours up: FAILED (VC_ERR_ABANDONED). */
VC_NODISCARD vc_err vc_chat_abandon(struct vc_chat *chat, const struct vc_now *now,
                                    uint32_t contact, struct vc_message_ref ref);

/* Committed messages of a conversation in its order; @on_message gives false to stop. */
struct vc_history {
    uint32_t contact;
    bool is_reverse;              /* newest first */
    const struct vc_hash32 *from; /* start after this message; NULL: at the end */
    bool (*on_message)(void *ctx, const struct vc_message *message);
    void *ctx;
};
VC_NODISCARD vc_err vc_chat_history(struct vc_chat *chat,
                                    const struct vc_history *history);
VC_NODISCARD vc_err vc_chat_message(struct vc_chat *chat, uint32_t contact,
                                    struct vc_message_ref ref,
                                    struct vc_message *ret_message);
VC_NODISCARD vc_err vc_chat_message_by_id(struct vc_chat *chat,
                                          const struct vc_hash32 *id,
                                          struct vc_message *ret_message);
/* The owner has seen everything that is shown now; a receipt goes out if he allows it. */
VC_NODISCARD vc_err vc_chat_mark_read(struct vc_chat *chat, const struct vc_now *now,
                                      uint32_t contact);
/* Missing messages that others refer to. */
uint32_t vc_chat_gaps(const struct vc_chat *chat, uint32_t contact);

/* ---- events ---- */

enum vc_event_kind {
    VC_EVENT_MESSAGE = 1, /* a message came, or one of ours was queued */
    VC_EVENT_STATE = 2,   /* our messages @ref.seq .. @seq_last are @state now, but
                                   for those that were given up */
    VC_EVENT_CONTACT_ADDED = 3,
    VC_EVENT_CONTACT_CHANGED = 4,
    VC_EVENT_CONTACT_REMOVED = 5,
    VC_EVENT_JOIN = 6,     /* @join is DONE or FAILED */
    VC_EVENT_READ_HERE = 7 /* the owner has read the conversation */
};

/* What CONTACT_CHANGED is about. */
enum vc_change {
    VC_CHANGE_DETAILS, /* a name or a mark */
    VC_CHANGE_DEVICE,  /* he has come with another device */
    VC_CHANGE_SESSION  /* another end-to-end session than the first has begun */
};

struct vc_event {
    uint64_t seq; /* from 1, without holes, kept in the store */
    enum vc_event_kind kind;
    enum vc_change change; /* CONTACT_CHANGED */
    vc_ms at;              /* Unix */
    uint32_t contact;
    struct vc_message_ref ref;
    uint32_t seq_last;
    enum vc_message_state state;
    vc_err reason;
    uint32_t join;
};

/* Committed events after @since, oldest first, until @on_event gives false.  VC_ERR_GAP:
 * events after @since were dropped already (begin at vc_chat_event_first() - 1). */
VC_NODISCARD vc_err vc_chat_events(struct vc_chat *chat, uint64_t since,
                                   bool (*on_event)(void *ctx,
                                                    const struct vc_event *event),
                                   void *ctx);
uint64_t vc_chat_event_first(const struct vc_chat *chat);
uint64_t vc_chat_event_last(const struct vc_chat *chat); /* written, committed or not */

/* ---- the conductor's side ---- */

/* Our signed prekey has turned: contacts get the new card. */
void vc_chat_prekey_turned(struct vc_chat *chat, const struct vc_now *now);

/* Takes one output of mail. */
void vc_chat_mail_output(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_mail_output *output);
/* Takes one output of find. */
void vc_chat_find_output(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_find_output *output);
void vc_chat_tick(struct vc_chat *chat, const struct vc_now *now);
vc_ms vc_chat_due(const struct vc_chat *chat);
/* Would the store's batch take whatever one more input may write?  While not, inputs and
 * the link's outputs are better left where they are until the next commit.  An ill store
 * takes nothing, and inputs need not wait for that. */
bool vc_chat_has_room(const struct vc_chat *chat);
/* Before the turn is submitted: writes the rows that changed once per turn. */
void vc_chat_flush(struct vc_chat *chat, const struct vc_now *now);
void vc_chat_submitted(struct vc_chat *chat, uint64_t ticket);
void vc_chat_committed(struct vc_chat *chat, const struct vc_now *now, uint64_t ticket);

enum vc_chat_output_kind {
    VC_CHAT_EVENTS,  /* new events were written in this turn: @seq is the last */
    VC_CHAT_PRESENCE /* @contact is connected or not, right now (not kept) */
};

struct vc_chat_output {
    enum vc_chat_output_kind kind;
    uint64_t seq;
    uint32_t contact;
    bool is_connected;
    vc_err reason; /* PRESENCE, not connected: why */
};

bool vc_chat_next(struct vc_chat *chat, struct vc_chat_output *ret_output);

/* What others sent that was not as it should be, and what could not be followed. */
struct vc_chat_stats {
    uint64_t
        dropped_malformed; /* objects that are not of the form, or of an unknown kind */
    uint64_t dropped_forged; /* a second message under a name that is taken */
    uint64_t duplicates;     /* messages that came again */
    uint64_t untracked;      /* holes or places beyond the limits */
    uint64_t refused_joins;
};
void vc_chat_stats(const struct vc_chat *chat, struct vc_chat_stats *ret_stats);

#endif

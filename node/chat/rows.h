/*
 * The rows of chat, as keys and values.
 *
 * storage/SCHEMA.md, "Chat rows".  Every value starts with a version; a reader that meets
 * another one, or anything that it would not have written itself, says
 * VC_ERR_STORE_DAMAGED.
 */
#ifndef VC_NODE_CHAT_ROWS_H
#define VC_NODE_CHAT_ROWS_H

#include "node/chat/limits.h"
#include "storage/store.h"

#define VC_CHAT_ROW_VERSION    1
#define VC_CONTACT_ROW_VERSION 2 /* version 1 is read too */
#define VC_CHAT_KEY_MAX        32

/* A key made here; borrow it with vc_key_bytes(). */
struct vc_chat_key {
    uint8_t b[VC_CHAT_KEY_MAX];
    size_t len;
};

static inline struct vc_bytes vc_key_bytes(const struct vc_chat_key *key)
{
    return (struct vc_bytes){key->b, key->len};
}

struct vc_chat_key vc_key_text(const char *text);
struct vc_chat_key vc_key_number(uint32_t number);
struct vc_chat_key vc_key_long(uint64_t number);
/* MESSAGE, GAP and UNSETTLED: conversation, author, device, seq. */
struct vc_chat_key vc_key_ref(uint32_t contact, const struct vc_message_ref *ref);
VC_NODISCARD vc_err vc_key_ref_read(struct vc_bytes key, uint32_t *ret_contact,
                                    struct vc_message_ref *ret_ref);

/* ORDER: what a conversation is sorted by; and its value, of which nothing may stand in the key:
 * keys can be read on disk, and who has an id can try texts until one fits. */
struct vc_order_key {
    uint32_t contact;
    uint64_t order;
    uint8_t id[8]; /* the value: the first bytes of the message's id */
    struct vc_message_ref ref;
};
struct vc_chat_key vc_key_order(const struct vc_order_key *order);
VC_NODISCARD vc_err vc_key_order_read(struct vc_bytes key, struct vc_bytes value,
                                      struct vc_order_key *ret_order);

#define VC_OWNER_ROW_MAX 80
struct vc_owner_row {
    bool sends_read_receipts;
    char name[VC_NAME_MAX + 1];
};
void vc_owner_row_write(struct vc_writer *w, const struct vc_owner_row *row);
VC_NODISCARD vc_err vc_owner_row_read(struct vc_bytes value,
                                      struct vc_owner_row *ret_row);

/* The next numbers to give: they are never used again. */
#define VC_COUNTERS_ROW_LEN 17
struct vc_counters_row {
    uint32_t contact, peer, invite, join;
};
void vc_counters_row_write(struct vc_writer *w, const struct vc_counters_row *row);
VC_NODISCARD vc_err vc_counters_row_read(struct vc_bytes value,
                                         struct vc_counters_row *ret_row);

/* What a store that was put back to an older state gets back from the other side. */
enum vc_restoring {
    VC_RESTORING_NOTHING = 0,
    VC_RESTORING_THEIRS = 1, /* messages of the other side that we had */
    VC_RESTORING_BOTH = 2    /* and our own, before anything new is sent */
};

#define VC_CONTACT_ROW_MAX 320
struct vc_contact_row {
    bool is_blocked, is_verified, is_removed;
    bool is_resending; /* what waits is being written anew for another device */
    uint8_t restoring; /* enum vc_restoring */
    uint32_t peer;
    struct vc_key32 root;
    uint8_t record_generation;
    struct vc_key32 record;
    uint8_t contacts_generation;
    struct vc_secret32 contacts;
    vc_ms added_at, last_seen_at;
    uint64_t card_sent,
        card_acked;     /* marks of our card: the last given, the last known */
    uint32_t live_seq;  /* the greatest of his live statements; 0: none was seen */
    vc_ms device_since; /* Unix: when he came with another device; 0: it is the first */
    char petname[VC_NAME_MAX + 1];
    char own_name[VC_NAME_MAX + 1];
};
void vc_contact_row_write(struct vc_writer *w, const struct vc_contact_row *row);
VC_NODISCARD vc_err vc_contact_row_read(struct vc_bytes value,
                                        struct vc_contact_row *ret_row);

/* The contacts keys that are answered to beside the newest, newest first.  Secret. */
struct vc_old_key {
    uint8_t generation;
    struct vc_secret32 key;
};
#define VC_TURNING_ROW_MAX (11 + VC_CHAT_OLD_KEYS_MAX * (size_t)33)
struct vc_turning_row {
    bool is_wanted;  /* the key is to turn when the day is over */
    vc_ms turned_at; /* Unix; 0: never */
    uint8_t count;
    struct vc_old_key old[VC_CHAT_OLD_KEYS_MAX];
};
void vc_turning_row_write(struct vc_writer *w, const struct vc_turning_row *row);
VC_NODISCARD vc_err vc_turning_row_read(struct vc_bytes value,
                                        struct vc_turning_row *ret_row);

/* Where the account was found before, oldest first.  Secret. */
struct vc_move {
    struct vc_secret32 old_seed; /* of the old record key: what stands there is its */
    struct vc_forward forward;
};
#define VC_FORWARDS_ROW_MAX (2 + VC_CHAT_FORWARDS_MAX * (size_t)(32 + VC_FORWARD_LEN))
struct vc_forwards_row {
    uint8_t count;
    struct vc_move moves[VC_CHAT_FORWARDS_MAX];
};
void vc_forwards_row_write(struct vc_writer *w, const struct vc_forwards_row *row);
VC_NODISCARD vc_err vc_forwards_row_read(struct vc_bytes value,
                                         struct vc_forwards_row *ret_row);

#define VC_DEVICE_ROW_MAX 512
struct vc_device_row {
    uint32_t contact;
    struct vc_certificate certificate;
    struct vc_addr addrs[VC_CARD_ADDRS_MAX]; /* from his card */
    uint8_t addr_count;
    struct vc_addr good[VC_CHAT_GOOD_ADDRS_MAX]; /* where he was met, newest first */
    uint8_t good_count;
};
void vc_device_row_write(struct vc_writer *w, const struct vc_device_row *row);
VC_NODISCARD vc_err vc_device_row_read(struct vc_bytes value,
                                       struct vc_device_row *ret_row);

/* A message that nobody has named as a parent yet. */
struct vc_head {
    struct vc_message_ref ref;
    uint64_t order;
};

#define VC_BEYOND_BYTES (VC_CHAT_BEYOND_MAX / 8)
#define VC_CONVERSATION_ROW_MAX \
    (96 + VC_CHAT_PARENTS_MAX * (size_t)14 + VC_BEYOND_BYTES)
struct vc_conversation_row {
    uint64_t clock;
    uint32_t own_seq;
    uint32_t delivered;  /* ours: everything up to it is settled there or given up */
    uint32_t read_there; /* ours: read up to it */
    uint32_t highest;    /* theirs: the last that we have */
    uint32_t contiguous; /* theirs: everything up to it is here or lost */
    uint32_t base;     /* theirs: what was before we knew each other; never asked for */
    uint32_t arrivals; /* theirs: how many came */
    uint32_t read_mark; /* of these, how many the owner has seen */
    uint32_t receipt_wanted, receipt_sent, receipt_acked; /* theirs: seq */
    struct vc_head heads[VC_CHAT_PARENTS_MAX];
    uint8_t head_count;
    uint8_t beyond[VC_BEYOND_BYTES]; /* bit i: our delivered + 1 + i has arrived */
    uint16_t beyond_count;           /* bits that stand in it; not in the row */
};
void vc_conversation_row_write(struct vc_writer *w,
                               const struct vc_conversation_row *row);
VC_NODISCARD vc_err vc_conversation_row_read(struct vc_bytes value,
                                             struct vc_conversation_row *ret_row);

#define VC_INVITE_ROW_MAX 320
struct vc_invite_row {
    bool is_revoked;
    bool is_settled; /* who joined has us for certain: it need not be answered again */
    vc_ms made_at, expires_at;
    uint32_t contact;
    struct vc_key32 bound_root; /* zero: nobody yet */
    char note[VC_NAME_MAX + 1];
    char text[VC_INVITE_TEXT_LEN + 1];
};
void vc_invite_row_write(struct vc_writer *w, const struct vc_invite_row *row);
VC_NODISCARD vc_err vc_invite_row_read(struct vc_bytes value,
                                       struct vc_invite_row *ret_row);

#define VC_JOIN_ROW_MAX 280
struct vc_join_row {
    bool is_done, is_failed;
    vc_err reason;
    vc_ms begun_at;
    uint32_t peer, contact;
    char petname[VC_NAME_MAX + 1];
    char text[VC_INVITE_TEXT_LEN + 1];
};
void vc_join_row_write(struct vc_writer *w, const struct vc_join_row *row);
VC_NODISCARD vc_err vc_join_row_read(struct vc_bytes value,
                                     struct vc_join_row *ret_row);

#define VC_MESSAGE_ROW_HEAD_MAX (80 + VC_CHAT_PARENTS_MAX * (size_t)6)
struct vc_message_row {
    bool is_failed; /* ours, given up */
    vc_err reason;
    struct vc_hash32 id;
    uint64_t clock, order;
    vc_ms stored_at;
    uint64_t
        number; /* ours: at mail; theirs: its place in the order of arrival, from 1 */
    struct vc_message_ref parents[VC_CHAT_PARENTS_MAX];
    uint8_t parent_count;
    uint16_t type;
    uint8_t type_version;
    struct vc_bytes body;
};
/* Everything but the body, which follows without a length. */
void vc_message_row_write_head(struct vc_writer *w, const struct vc_message_row *row);
VC_NODISCARD vc_err vc_message_row_read(struct vc_bytes value,
                                        struct vc_message_row *ret_row);

#define VC_GAP_ROW_LEN 10
struct vc_gap_row {
    bool is_lost;
    vc_ms opened_at;
};
void vc_gap_row_write(struct vc_writer *w, const struct vc_gap_row *row);
VC_NODISCARD vc_err vc_gap_row_read(struct vc_bytes value, struct vc_gap_row *ret_row);

#define VC_UNSETTLED_ROW_MAX (26 + VC_CHAT_PARENTS_MAX * (size_t)6)
struct vc_unsettled_row {
    uint64_t clock, order;
    uint8_t id[8];
    struct vc_message_ref parents[VC_CHAT_PARENTS_MAX];
    uint8_t parent_count;
};
void vc_unsettled_row_write(struct vc_writer *w, const struct vc_unsettled_row *row);
VC_NODISCARD vc_err vc_unsettled_row_read(struct vc_bytes value,
                                          struct vc_unsettled_row *ret_row);

/* Tokens of clients and the messages of ours that they stand for, of one turn; the key is
 * a number that grows. */
#define VC_TOKENS_IN_ROW 128
struct vc_token {
    uint64_t hash;
    uint32_t contact, seq;
};
#define VC_TOKEN_ROW_MAX (5 + VC_TOKENS_IN_ROW * (size_t)16)
struct vc_token_row {
    uint32_t day;  /* Unix */
    uint8_t count; /* from 1 */
    struct vc_token tokens[VC_TOKENS_IN_ROW];
};
void vc_token_row_write(struct vc_writer *w, const struct vc_token_row *row);
VC_NODISCARD vc_err vc_token_row_read(struct vc_bytes value,
                                      struct vc_token_row *ret_row);

/* A run of events whose messages follow each other: event.seq + i is about ref.seq + i. */
#define VC_EVENT_ROW_LEN 34
struct vc_event_row {
    uint32_t count;        /* more than 1 only for VC_EVENT_MESSAGE */
    struct vc_event event; /* without its seq, which is the key */
};
void vc_event_row_write(struct vc_writer *w, const struct vc_event_row *row);
VC_NODISCARD vc_err vc_event_row_read(struct vc_bytes value,
                                      struct vc_event_row *ret_row);

#endif

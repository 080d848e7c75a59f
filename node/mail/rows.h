/*
 * The rows that mail keeps.  storage/SCHEMA.md, "Mail rows", has their layout.
 */
#ifndef VC_NODE_MAIL_ROWS_H
#define VC_NODE_MAIL_ROWS_H

#include "crypto/prim.h"
#include "node/mail/numbers.h"

#define VC_MAILBOX_KEY_LEN 4
#define VC_OUTBOX_KEY_LEN  12
#define VC_MAILBOX_ROW_MAX \
    (2 + 5 * 8 + VC_SEAL_TAG_LEN + 2 * (8 + 2 + VC_NUMBERS_BITMAP_MAX))
#define VC_OUTBOX_HEAD_LEN (2 + 16 + 32 + VC_MAIL_REF_LEN)
#define VC_OUTBOX_ROW_MAX  (VC_OUTBOX_HEAD_LEN + VC_MAIL_OBJECT_MAX)

_Static_assert(VC_MAILBOX_KEY_LEN + VC_MAILBOX_ROW_MAX <= VC_MAIL_ACCEPT_BYTES, "room");
_Static_assert(VC_OUTBOX_KEY_LEN + VC_OUTBOX_HEAD_LEN + VC_MAIL_ACCEPT_BYTES <=
                   VC_MAIL_SEND_BYTES(0),
               "room");
_Static_assert(VC_OUTBOX_ROW_MAX <= VC_STORE_VALUE_MAX, "fits the store");

struct vc_bytes vc_mailbox_key(uint8_t room[VC_MAILBOX_KEY_LEN], uint32_t peer);
VC_NODISCARD vc_err vc_mailbox_key_decode(struct vc_bytes key, uint32_t *ret_peer);

/* How the numbers with a peer stand, both ways. */
struct vc_mailbox_row {
    bool is_ending;      /* the peer was removed; its waiting rows are being deleted */
    bool is_rolled_back; /* our store was put back, and chat was not told yet */
    uint64_t next;       /* the number that the next object to him gets */
    uint64_t sealed;     /* rows up to it are sealed, or have nothing to seal */
    uint64_t resealed;   /* rows up to it may have been given in other seals before */
    uint64_t dropped;    /* rows up to it are given up without a word, and deleted */
    uint64_t dropped_rows; /* of these, up to this one rows may be there */
    /* Of what was opened under the highest number seen; zeros when that was no object. */
    uint8_t last_tag[VC_SEAL_TAG_LEN];
    uint64_t acked_prefix, seen_prefix;
    struct vc_bytes acked_bitmap, seen_bitmap; /* borrowed, valid for the prefixes */
};

/* The sets are @acked and @seen, not those of @row. */
struct vc_bytes vc_mailbox_row_encode(uint8_t room[VC_MAILBOX_ROW_MAX],
                                      const struct vc_mailbox_row *row,
                                      const struct vc_numbers *acked,
                                      const struct vc_numbers *seen);
/* VC_ERR_MALFORMED also when the numbers contradict each other. */
VC_NODISCARD vc_err vc_mailbox_row_decode(struct vc_bytes value,
                                          struct vc_mailbox_row *ret_row);

/* In the order of peers, then numbers. */
struct vc_bytes vc_outbox_key(uint8_t room[VC_OUTBOX_KEY_LEN], uint32_t peer,
                              uint64_t number);

enum vc_outbox_kind {
    VC_OUTBOX_OBJECT = 1, /* sealed */
    VC_OUTBOX_ABANDONED = 2,
    VC_OUTBOX_WAITING = 3, /* its words are to be asked for, and sealed */
    VC_OUTBOX_TURN = 4     /* sealed, without words: it turns the ratchet */
};

struct vc_outbox_row {
    enum vc_outbox_kind kind;
    struct vc_id16 session; /* that it was sealed for; zeros: none */
    struct vc_hash32 id;
    /* The sender's mark; when abandoned the tag of what was sealed, by which it is known
     * again, and zeros. */
    uint8_t ref[VC_MAIL_REF_LEN];
    struct vc_bytes object; /* borrowed: the frame; empty when abandoned or waiting */
};

/* Of any kind; its object has at most VC_MAIL_OBJECT_MAX bytes.  @room is the caller's. */
struct vc_bytes vc_outbox_row_encode(uint8_t room[VC_OUTBOX_ROW_MAX],
                                     const struct vc_outbox_row *row);
VC_NODISCARD vc_err vc_outbox_row_decode(struct vc_bytes value,
                                         struct vc_outbox_row *ret_row);

#endif

/*
 * Mail's own objects on a link.  node/SPEC.md, "Mail objects", says what they mean.
 */
#ifndef VC_NODE_MAIL_OBJECTS_H
#define VC_NODE_MAIL_OBJECTS_H

#include "node/mail/numbers.h"

enum vc_mail_type {
    VC_MAIL_DATA = 1,    /* number, and an object of chat's */
    VC_MAIL_ACK = 2,     /* what the sender of this has durably */
    VC_MAIL_ABANDON = 3, /* number: nothing will come under it */
    VC_MAIL_GONE = 4,    /* number: nothing will come under it or any smaller one */
    VC_MAIL_HELLO =
        5, /* the first word in a session: what was seen last, and how sealed */
    VC_MAIL_UNOPENED = 6 /* number: no key opened it; seal it anew, with this prekey */
};

/* Bytes before the object of a DATA; all of an ABANDON or GONE; the longest ACK. */
#define VC_MAIL_HEAD_MAX     9
#define VC_MAIL_HELLO_MAX    (2 + 4 + 8 + VC_SEAL_TAG_LEN)
#define VC_MAIL_UNOPENED_MAX (1 + 8 + 4 + VC_PREKEY_LEN)
#define VC_MAIL_ACK_MAX      (1 + 8 + 8 + VC_NUMBERS_BITMAP_MAX)

_Static_assert(VC_MAIL_OBJECT_MAX + VC_MAIL_HEAD_MAX <= VC_LINK_OBJECT_MAX,
               "fits a link");

struct vc_mail_frame {
    enum vc_mail_type type;
    uint64_t number;        /* DATA, ABANDON, GONE: 1..VC_MAIL_NUMBER_MAX */
    struct vc_bytes object; /* DATA: borrowed, 1..VC_MAIL_OBJECT_MAX */
    uint64_t prefix;        /* ACK */
    uint64_t again;         /* ACK: 0, or beyond the prefix */
    struct vc_bytes bitmap; /* ACK: borrowed, valid for the prefix */
    bool wants_answer;      /* HELLO */
    uint64_t last;          /* HELLO: the highest number that was opened; 0: none */
    uint8_t tag[VC_SEAL_TAG_LEN]; /* HELLO: of what stood under it */
    uint32_t generation;          /* HELLO, UNOPENED: the highest that was seen */
    bool has_prekey;              /* UNOPENED */
    struct vc_prekey prekey;
};

/* Writes type and number: the head of a DATA, a whole ABANDON or GONE. */
void vc_mail_head_write(struct vc_writer *w, enum vc_mail_type type, uint64_t number);
struct vc_bytes vc_mail_head_encode(uint8_t room[VC_MAIL_HEAD_MAX],
                                    enum vc_mail_type type, uint64_t number);
struct vc_bytes vc_mail_ack_encode(uint8_t room[VC_MAIL_ACK_MAX],
                                   const struct vc_numbers *have, uint64_t again);

struct vc_bytes vc_mail_hello_encode(uint8_t room[VC_MAIL_HELLO_MAX],
                                     const struct vc_mail_frame *hello);
struct vc_bytes vc_mail_unopened_encode(uint8_t room[VC_MAIL_UNOPENED_MAX],
                                        const struct vc_mail_frame *unopened);

/* VC_ERR_MALFORMED when it is none of these. */
VC_NODISCARD vc_err vc_mail_frame_decode(struct vc_bytes bytes,
                                         struct vc_mail_frame *ret_frame);

#endif

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
    VC_MAIL_GONE = 4     /* number: nothing will come under it or any smaller one */
};

/* Bytes before the object of a DATA; all of an ABANDON or GONE; the longest ACK. */
#define VC_MAIL_HEAD_MAX 9
#define VC_MAIL_ACK_MAX  (1 + 8 + 8 + VC_NUMBERS_BITMAP_MAX)

_Static_assert(VC_MAIL_OBJECT_MAX + VC_MAIL_HEAD_MAX <= VC_LINK_OBJECT_MAX,
               "fits a link");

struct vc_mail_frame {
    enum vc_mail_type type;
    uint64_t number;        /* DATA, ABANDON, GONE: 1..VC_MAIL_NUMBER_MAX */
    struct vc_bytes object; /* DATA: borrowed, 1..VC_MAIL_OBJECT_MAX */
    uint64_t prefix;        /* ACK */
    uint64_t again;         /* ACK: 0, or beyond the prefix */
    struct vc_bytes bitmap; /* ACK: borrowed, valid for the prefix */
};

/* Writes type and number: the head of a DATA, a whole ABANDON or GONE. */
struct vc_bytes vc_mail_head_encode(uint8_t room[VC_MAIL_HEAD_MAX],
                                    enum vc_mail_type type, uint64_t number);
struct vc_bytes vc_mail_ack_encode(uint8_t room[VC_MAIL_ACK_MAX],
                                   const struct vc_numbers *have, uint64_t again);

/* VC_ERR_MALFORMED when it is none of these. */
VC_NODISCARD vc_err vc_mail_frame_decode(struct vc_bytes bytes,
                                         struct vc_mail_frame *ret_frame);

#endif

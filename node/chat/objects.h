/*
 * The objects that chats exchange, as bytes.
 *
 * node/SPEC.md, "Chat objects".  The first five travel through mail, exactly once; the
 * two of a join travel over the link's control stream before mail knows the peer.
 * Readers are strict: what another encoder could have written in two ways is malformed.
 */
#ifndef VC_NODE_CHAT_OBJECTS_H
#define VC_NODE_CHAT_OBJECTS_H

#include "node/chat/limits.h"

#define VC_OBJECT_VERSION 1

enum vc_object_kind {
    VC_OBJECT_MESSAGE = 1,
    VC_OBJECT_READ = 2,
    VC_OBJECT_PULL = 3,
    VC_OBJECT_GONE = 4,
    VC_OBJECT_CARD = 5,
    VC_OBJECT_RESTORE = 6,
    VC_OBJECT_OWN = 7,
    VC_OBJECT_RESTORED = 8
};

/* The first byte of the link objects of a join. */
#define VC_JOIN_CARD    (VC_MAIL_TYPE_PASSED + 0)
#define VC_JOIN_REFUSED (VC_MAIL_TYPE_PASSED + 1)
/* KEYS: a signed prekey, of a contact's device, on any of its sessions. */
#define VC_KEYS (VC_MAIL_TYPE_PASSED + 2)

/* The start of every mail object; the rest is read by its kind. */
VC_NODISCARD vc_err vc_object_read_kind(struct vc_bytes object, uint8_t *ret_version,
                                        uint8_t *ret_kind);

int vc_ref_compare(const struct vc_message_ref *a, const struct vc_message_ref *b);

struct vc_message_object {
    uint32_t seq;                                       /* from 1 */
    uint64_t clock;                                     /* at most VC_CHAT_CLOCK_MAX */
    struct vc_message_ref parents[VC_CHAT_PARENTS_MAX]; /* ascending, each once */
    uint8_t parent_count;
    uint16_t type;
    uint8_t type_version;
    struct vc_bytes body; /* 1..VC_CHAT_BODY_MAX */
};

/* Everything but the body, which follows without a length. */
#define VC_MESSAGE_HEAD_MAX (2 + 4 + 8 + 1 + VC_CHAT_PARENTS_MAX * (size_t)6 + 2 + 1)
void vc_message_object_write_head(struct vc_writer *w,
                                  const struct vc_message_object *message);
/* @ret_message->body is borrowed from @object. */
VC_NODISCARD vc_err vc_message_object_read(struct vc_bytes object,
                                           struct vc_message_object *ret_message);

/* Does no parent of @ref, which has the message's seq, stand for itself or for what its author
 * wrote later? */
bool vc_message_has_sane_parents(const struct vc_message_object *message,
                                 const struct vc_message_ref *ref);

/* The message's name: everything that order or display depends on is in it. */
void vc_message_id(struct vc_hash32 *ret_id, const struct vc_hash32 *conversation,
                   const struct vc_key32 *author_root, uint8_t device,
                   const struct vc_message_object *message);

/* The name of the conversation of two, and which of its authors @own is. */
void vc_pair_id(struct vc_hash32 *ret_id, uint8_t *ret_own_author,
                const struct vc_key32 *own, const struct vc_key32 *other);

/* READ: everything of your device up to this seq was read. */
struct vc_read_object {
    uint8_t device;
    uint32_t up_to;
};
#define VC_READ_OBJECT_LEN 7
void vc_read_object_write(struct vc_writer *w, const struct vc_read_object *read);
VC_NODISCARD vc_err vc_read_object_read(struct vc_bytes object,
                                        struct vc_read_object *ret_read);

/* PULL: send me these.  GONE: these are nowhere. */
struct vc_refs_object {
    struct vc_message_ref refs[VC_CHAT_REFS_MAX]; /* ascending, each once */
    uint8_t count;                                /* from 1 */
};
#define VC_REFS_OBJECT_MAX (3 + VC_CHAT_REFS_MAX * (size_t)6)
void vc_refs_object_write(struct vc_writer *w, enum vc_object_kind kind,
                          const struct vc_refs_object *refs);
VC_NODISCARD vc_err vc_refs_object_read(struct vc_bytes object,
                                        struct vc_refs_object *ret_refs);

/* CARD. */
#define VC_CARD_OBJECT_MAX (2 + VC_CARD_ENCODED_MAX)
void vc_card_object_write(struct vc_writer *w, const struct vc_card *card);
VC_NODISCARD vc_err vc_card_object_read(struct vc_bytes object,
                                        struct vc_card *ret_card);

/*
 * JOIN_CARD: the card, and where the sender stands in the conversation, in case one side
 * has forgotten it and the other has not.
 */
struct vc_join_card {
    bool is_known; /* the sender had the receiver as a contact before */
    uint32_t
        settled; /* of the sender's messages: all up to it are delivered or given up */
    uint32_t highest; /* of the receiver's messages: the last that the sender has */
    struct vc_card card;
};
#define VC_JOIN_CARD_MAX (11 + VC_CARD_ENCODED_MAX)
VC_NODISCARD vc_err vc_join_card_write(struct vc_writer *w,
                                       const struct vc_join_card *card);
VC_NODISCARD vc_err vc_join_card_read(struct vc_bytes object,
                                      struct vc_join_card *ret_card);

/* JOIN_REFUSED: one of INVITE_USED, INVITE_EXPIRED, NO_INVITE, BLOCKED, REFUSED. */
#define VC_JOIN_REFUSED_LEN 3
void vc_join_refused_write(struct vc_writer *w, vc_err reason);
/* A number that is not known reads as REFUSED. */
VC_NODISCARD vc_err vc_join_refused_read(struct vc_bytes object, vc_err *ret_reason);

/* RESTORE: send me what you have of mine and of yours, from these seqs on; 0: nothing. */
struct vc_restore_object {
    uint64_t
        mark; /* of this request, so that an answer to an older one is told apart */
    uint32_t own_from;
    uint32_t theirs_from;
};
#define VC_RESTORE_OBJECT_LEN 18
void vc_restore_object_write(struct vc_writer *w, const struct vc_restore_object *ask);
VC_NODISCARD vc_err vc_restore_object_read(struct vc_bytes object,
                                           struct vc_restore_object *ret_ask);

/* OWN: a message that the receiver once wrote, and the highest seq of his that we have. */
#define VC_OWN_HEAD_MAX (6 + VC_MESSAGE_HEAD_MAX)
/* @message_head: of the MESSAGE; its body follows. */
void vc_own_object_write_head(struct vc_writer *w, uint32_t highest,
                              struct vc_bytes message_head);
VC_NODISCARD vc_err vc_own_object_read(struct vc_bytes object, uint32_t *ret_highest,
                                       struct vc_message_object *ret_message);

/* RESTORED: that was the answer; go on from these seqs, 0: that was all. */
struct vc_restored_object {
    uint64_t mark;    /* the request's */
    uint32_t highest; /* of the receiver's messages: the last that we have */
    uint32_t own_next;
    uint32_t theirs_next;
};
#define VC_RESTORED_OBJECT_LEN 22
void vc_restored_object_write(struct vc_writer *w,
                              const struct vc_restored_object *done);
VC_NODISCARD vc_err vc_restored_object_read(struct vc_bytes object,
                                            struct vc_restored_object *ret_done);

/* KEYS. */
#define VC_KEYS_LEN (2 + VC_PREKEY_LEN)
void vc_keys_write(struct vc_writer *w, const struct vc_prekey *prekey);
VC_NODISCARD vc_err vc_keys_read(struct vc_bytes object, struct vc_prekey *ret_prekey);

/* One message's name inside other bytes: author, device, seq. */
void vc_ref_write(struct vc_writer *w, const struct vc_message_ref *ref);
struct vc_message_ref vc_ref_read(struct vc_reader *r);

#endif

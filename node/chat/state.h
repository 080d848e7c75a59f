/*
 * What the files of the chat machine share: its state, and what each does for the others.
 *
 * A person is a contact as chat holds it, with his one device and his conversation.  Rows
 * of a person that change often are written once a turn, by vc_room_flush(); whoever
 * changes them asks vc_room_take() first and marks them dirty.
 */
#ifndef VC_NODE_CHAT_STATE_H
#define VC_NODE_CHAT_STATE_H

#include "node/chat/objects.h"
#include "node/chat/rows.h"

/* A message that others name as a parent and that is not here. */
struct vc_gap {
    struct vc_message_ref ref;
    bool is_lost; /* it will not come: nobody has it */
};

/* A message of which not all ancestors are known: its place may still change. */
struct vc_unsettled {
    uint32_t contact;
    struct vc_message_ref ref;
    bool is_settled; /* all is known; its rows are not in order yet */
    uint64_t
        row_order; /* the place that its rows have; row.order: that they should have */
    struct vc_unsettled_row row;
};

/* The ticket of a turn that is not submitted yet. */
#define VC_TICKET_OPEN UINT64_MAX

enum vc_chore {
    VC_CHORE_CARD = 1,    /* give our card, if he has another */
    VC_CHORE_RECEIPT = 2, /* tell what was read */
    VC_CHORE_SETTLE = 4,  /* move messages to their places */
    VC_CHORE_REMOVE = 8,  /* delete the next rows of a removed contact */
    VC_CHORE_RESEND = 16, /* write what waits anew, for his new device */
    VC_CHORE_SESSION = 32 /* tell that another session began */
};

struct vc_person {
    uint32_t id;
    struct vc_contact_row row;
    struct vc_device_row device;
    struct vc_conversation_row conversation;
    struct vc_fingerprint fingerprint;
    struct vc_hash32 pair;
    uint8_t own_author;

    struct vc_gap *gaps; /* ascending by ref */
    size_t gap_count, gap_room, open_gaps;
    uint32_t unsettled_count;

    bool is_contact_dirty, is_device_dirty, is_conversation_dirty;
    bool has_room;  /* the room for his rows of this turn is taken */
    bool is_listed; /* in the list of dirty ones */
    struct vc_person *next_dirty;

    vc_ms known_since; /* monotonic; 0: from before the start */
    uint32_t
        session_told; /* generation of the session that an event told of; 0: none */
    uint64_t ticket;  /* of the turn that made him, or VC_TICKET_OPEN */
    bool is_up, is_trying;
    bool is_presence_new; /* to be told */
    vc_err last_failure;
    struct vc_addr addr; /* while up */
    vc_ms try_at;        /* VC_NEVER while up or trying */
    vc_ms try_backoff_ms;
    vc_ms seek_at;       /* when he is looked for elsewhere; VC_NEVER */
    vc_ms sought_until;  /* monotonic: he was there, or is waited for; 0 */
    bool is_announcing;  /* to be looked for once, so that he knows where we are */
    vc_ms pull_at; /* VC_NEVER: no hole is open, or he is not there */
    vc_ms pull_backoff_ms;
    vc_ms answer_at; /* the next request for holes is answered from then on */
    unsigned chores;
    vc_ms restore_at; /* when the next part is asked for; VC_NEVER */
    uint32_t restore_own, restore_theirs; /* seqs to ask from; 0: no more */
    uint64_t restore_mark; /* of the last request; 0: its answer is not waited for */
    uint32_t resend_next;  /* RESEND: the next of our messages to look at */
    uint64_t
        remove_ticket; /* REMOVE: of the last portion; VC_TICKET_OPEN: of this turn */
};

struct vc_invite_entry {
    uint32_t id;
    struct vc_invite_row row;
    struct vc_invite invite;
    bool is_answered; /* the link knows it */
};

struct vc_join_entry {
    uint32_t id;
    struct vc_join_row row;
    struct vc_invite invite;
    bool is_trying, is_up;
    vc_ms retry_at, backoff_ms;
    vc_ms seek_at;     /* when the inviter is looked for elsewhere; VC_NEVER */
    vc_ms greet_until; /* while up: the card must be here by then */
    struct vc_key32 dev_dh;
    vc_ms up_at;
    uint64_t ticket;  /* DONE is written and not durable; 0: it is not so */
    bool is_own_peer; /* the contact got the session's number */
    struct vc_addr addr;
    uint64_t card_mark; /* of our card that was sent */
};

/* A stranger's session, made with an invite of ours. */
struct vc_guest {
    uint32_t peer; /* at the link; 0: a free place */
    uint32_t invite;
    struct vc_key32 dev_dh;
    uint32_t contact; /* 0: no card yet */
    bool is_gone;     /* the session ended before he was durable */
    uint64_t ticket;  /* of the turn that wrote the contact, or VC_TICKET_OPEN */
    struct vc_join_card answer; /* what we had of him before */
    struct vc_addr addr;
    vc_ms up_at, close_at;
};

/* An id that was shown, so that it is found again without a search. */
struct vc_shown {
    uint8_t id[8];
    uint32_t contact; /* 0: free */
    struct vc_message_ref ref;
};

struct vc_open_event {
    struct vc_event event;
    uint32_t count; /* 0: free */
};

#define VC_OPEN_STATES_MAX 8

struct vc_chat {
    struct vc_chat_config cfg;
    struct vc_rng rng;
    struct vc_owner_row owner;
    struct vc_counters_row counters;
    struct vc_turning_row turning;
    bool is_turning_review; /* an old contacts key may not be needed any more */
    struct vc_forwards_row forwards;
    uint64_t move_ticket;    /* of the last move, or VC_TICKET_OPEN; 0: none */
    bool is_forwards_review; /* a forward may not be needed any more */
    uint8_t words_asked[VC_CHAT_WORDS_ASKED]; /* zeros: none */
    struct vc_addr addrs[VC_CARD_ADDRS_MAX];
    uint8_t addr_count;
    uint64_t card_mark; /* of our card as it is */
    bool is_self_changed; /* find is to be told of it */
    bool has_new_forward; /* and of a move that is not durable yet */
    bool has_new_card;    /* somebody has acknowledged a card: his invite may be over */
    vc_ms announced_at;   /* after the last change of address, monotonic; 0: never */

    struct vc_person **people; /* by id; removed ones until their rows are gone */
    size_t people_count, people_room;
    struct vc_person *last_of_peer; /* who was looked for last, or NULL */
    bool is_in_order; /* the object that is taken: all that he sent before was, too */
    struct vc_person *dirty_first, *dirty_last;

    struct vc_invite_entry *invites; /* by id */
    size_t invite_count, invite_room;
    struct vc_join_entry *joins; /* by id */
    size_t join_count, join_room;
    struct vc_guest guests[VC_CHAT_GUESTS_MAX];

    struct vc_unsettled *unsettled;         /* by contact and ref */
    struct vc_unsettled **unsettled_places; /* to sort them in */
    size_t unsettled_count;

    /* Room of this turn that is taken and not written yet. */
    size_t room_ops, room_bytes;

    uint64_t event_first, event_last; /* last: written; first: the first that is kept */
    struct vc_open_event open_message;
    struct vc_open_event open_states[VC_OPEN_STATES_MAX];
    bool is_event_new; /* written in this turn */
    bool has_events;   /* to be told */

    struct vc_shown shown[VC_CHAT_SHOWN_MAX]; /* each in the place that its id says */
    uint8_t *row; /* VC_STORE_VALUE_MAX bytes to put a row together in */

    uint64_t committed;
    vc_ms due; /* not later than the first thing to do */
    bool has_chores;
    vc_ms sweep_at;

    struct vc_token *tokens; /* the newest, a ring of a power of two */
    uint32_t
        *token_places; /* twice as many: a hash table of places in the ring, plus 1 */
    uint64_t token_count;   /* all that there were: the ring's next place */
    uint64_t token_first;   /* the oldest that is known */
    uint64_t token_written; /* those up to it have rows */
    uint32_t token_room;
    uint64_t token_row_first, token_row_next; /* numbers of rows */
    uint64_t token_rows_hold;                 /* tokens in all rows */
    size_t presence_new;
    struct vc_chat_stats stats;
};

/* ---- room.c: space in the turn, and the rows that are written at its end ---- */

/* Makes sure that @ops operations with @bytes of keys and values fit, beside everything
 * that the end of the turn will write; with @person, his rows too.  FULL or the health. */
VC_NODISCARD vc_err vc_room_take(struct vc_chat *chat, struct vc_person *person,
                                 size_t ops, size_t bytes);
void vc_room_flush(struct vc_chat *chat, const struct vc_now *now);
void vc_person_contact_dirty(struct vc_chat *chat, struct vc_person *person);
void vc_person_device_dirty(struct vc_chat *chat, struct vc_person *person);
void vc_person_conversation_dirty(struct vc_chat *chat, struct vc_person *person);
void vc_person_clean(struct vc_chat *chat, struct vc_person *person); /* forgets dirt */
/* Room was taken. */
void vc_chat_put(struct vc_chat *chat, enum vc_table table,
                 const struct vc_chat_key *key, const struct vc_writer *value);
/* An array of @size bytes each, made to hold one more; NULL: memory is short, and the array
 * is as it was. */
VC_NODISCARD void *vc_chat_grow(struct vc_chat *chat, void *array, size_t *room,
                                size_t count, size_t size);
void *vc_chat_alloc(struct vc_chat *chat, size_t size); /* zeroed, or NULL */
void vc_chat_free(struct vc_chat *chat, void *memory, size_t size);

/* ---- people.c: who there is ---- */

struct vc_person *vc_person_find(const struct vc_chat *chat,
                                 uint32_t id); /* with removed */
struct vc_person *vc_person_of_peer(const struct vc_chat *chat, uint32_t peer);
struct vc_person *vc_person_of_root(const struct vc_chat *chat,
                                    const struct vc_key32 *root);
/* Is he shown to the owner: durable, and not removed? */
bool vc_person_is_shown(const struct vc_chat *chat, const struct vc_person *person);
/* NO_CONTACT for those who are not shown. */
VC_NODISCARD vc_err vc_person_get(const struct vc_chat *chat, uint32_t id,
                                  struct vc_person **ret_person);
VC_NODISCARD vc_err vc_people_load(struct vc_chat *chat, const struct vc_now *now);
void vc_people_deinit(struct vc_chat *chat);
void vc_people_submitted(struct vc_chat *chat, uint64_t ticket);
/* Writes a new contact with the device @peer in this turn and makes him known to mail; the
 * link comes with the ticket.  Room is taken by this.  @petname may be empty. */
VC_NODISCARD vc_err vc_person_add(struct vc_chat *chat, const struct vc_now *now,
                                  const struct vc_card *card, const char *petname,
                                  uint32_t peer, struct vc_person **ret_person);
/* What a newer card of his says. */
void vc_person_set_card(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, const struct vc_card *card);
/* His device is another, or has forgotten us: it gets a number of its own. */
VC_NODISCARD vc_err vc_person_replace_device(struct vc_chat *chat,
                                             const struct vc_now *now,
                                             struct vc_person *person,
                                             const struct vc_card *card, uint32_t peer);
VC_NODISCARD vc_err vc_person_link_put(struct vc_chat *chat,
                                       const struct vc_person *person);
/* A petname that nobody has, from what is wanted, his own name or his fingerprint. */
void vc_person_pick_name(const struct vc_chat *chat, const char *wanted,
                         const struct vc_card *card, char ret_name[VC_NAME_MAX + 1]);
void vc_counters_put(struct vc_chat *chat);
VC_NODISCARD vc_err vc_counters_next(struct vc_chat *chat, uint32_t *counter,
                                     uint32_t *ret_number);
/* Forgets a person whose rows are gone. */
void vc_person_drop(struct vc_chat *chat, struct vc_person *person);

/* What vc_person_set_card() may write of his prekeys, beside his rows. */
#define VC_KEYS_OPS   1
#define VC_KEYS_BYTES VC_SEAL_SEAL_BYTES

/* ---- card.c: our card ---- */

void vc_own_card(const struct vc_chat *chat, struct vc_card *ret_card);
void vc_own_card_changed(struct vc_chat *chat); /* everybody who is there is told */
VC_NODISCARD vc_err vc_card_give(struct vc_chat *chat, const struct vc_now *now,
                                 struct vc_person *person);
/* Puts one-time prekeys in a card for one receiver; their private halves are written in this
 * turn, VC_CHAT_ONE_TIMES operations of 128 bytes, for which room is taken.  Without a signed
 * prekey they would be good for nothing, and none are made. */
void vc_card_add_one_times(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_card *card);
/* Our card as it is now in the place of one that waits under @number. */
void vc_card_say(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_person *person, uint64_t number);
/* Our prekey without mail, for whoever may have none that is good: what mail has for him
 * could wait for it. */
void vc_keys_give(struct vc_chat *chat, const struct vc_now *now,
                  const struct vc_person *person);
/* The same from him. */
void vc_keys_take(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person, struct vc_bytes object);
void vc_card_acked(struct vc_chat *chat, struct vc_person *person, uint64_t mark);

/* Which contacts key and record key the card had that a mark stands for; a mark of 0 stands
 * for no card. */
static inline uint8_t vc_card_mark_contacts(uint64_t mark)
{
    return (uint8_t)mark;
}
static inline uint8_t vc_card_mark_record(uint64_t mark)
{
    return (uint8_t)(mark >> 8);
}
/* Is it of a time before the newest that is known of him?  Then it is not believed. */
bool vc_card_is_old(const struct vc_person *person, const struct vc_card *card);

/* ---- turning.c: the contacts key ---- */

/* What vc_turning_want() writes. */
#define VC_TURNING_BYTES (VC_TURNING_ROW_MAX + VC_CHAT_KEY_MAX)
VC_NODISCARD vc_err vc_turning_load(struct vc_chat *chat, const struct vc_now *now);
/* Somebody who has the key shall not have it any more.  Room for one row is taken. */
void vc_turning_want(struct vc_chat *chat);
/* Somebody has a newer card, or is not one of those who count. */
void vc_turning_review(struct vc_chat *chat);
void vc_turning_tick(struct vc_chat *chat, const struct vc_now *now);

/* ---- address.c: the record key ---- */

VC_NODISCARD vc_err vc_forwards_load(struct vc_chat *chat, const struct vc_now *now);
/* Somebody has acknowledged a card. */
void vc_forwards_review(struct vc_chat *chat);
void vc_forwards_tick(struct vc_chat *chat, const struct vc_now *now);
void vc_forwards_submitted(struct vc_chat *chat, uint64_t ticket);
/* Contacts, of those who count, whose card has an older record key. */
uint32_t vc_forwards_unknowing(const struct vc_chat *chat);

/* ---- invites.c, joins.c ---- */

VC_NODISCARD vc_err vc_invites_load(struct vc_chat *chat, const struct vc_now *now);
void vc_invites_deinit(struct vc_chat *chat);
void vc_invites_tick(struct vc_chat *chat, const struct vc_now *now);
struct vc_invite_entry *vc_invite_find(struct vc_chat *chat, uint32_t id);
void vc_invite_write(struct vc_chat *chat, const struct vc_invite_entry *entry);
/* May @root join with it?  VC_OK or the reason of the refusal. */
vc_err vc_invite_judge(const struct vc_chat *chat, const struct vc_invite_entry *entry,
                       const struct vc_now *now, const struct vc_key32 *root);
/* Makes all useless that somebody might still join with; gives the number of those that
 * nobody has used.  Room for VC_CHAT_INVITES_KEPT rows is taken. */
uint32_t vc_invites_end(struct vc_chat *chat, const struct vc_now *now);
/* Something arrived from a contact: whoever used this invite has us. */
void vc_invites_settle(struct vc_chat *chat, uint32_t contact);

/* ---- guests.c: strangers with an invite of ours ---- */

void vc_guest_up(struct vc_chat *chat, const struct vc_now *now,
                 const struct vc_link_output *up);
void vc_guest_down(struct vc_chat *chat, uint32_t peer);
void vc_guest_object(struct vc_chat *chat, const struct vc_now *now, uint32_t peer,
                     struct vc_bytes object);
void vc_guests_submitted(struct vc_chat *chat, uint64_t ticket);
void vc_guests_committed(struct vc_chat *chat, const struct vc_now *now);
void vc_guests_tick(struct vc_chat *chat, const struct vc_now *now);

VC_NODISCARD vc_err vc_joins_load(struct vc_chat *chat, const struct vc_now *now);
struct vc_join_entry *vc_join_of_peer(struct vc_chat *chat, uint32_t peer);
void vc_join_up(struct vc_chat *chat, const struct vc_now *now,
                struct vc_join_entry *join, const struct vc_link_output *up);
void vc_join_down(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_join_entry *join, vc_err reason);
void vc_join_object(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_join_entry *join, struct vc_bytes object);
void vc_joins_deinit(struct vc_chat *chat);
void vc_joins_submitted(struct vc_chat *chat, uint64_t ticket);
void vc_joins_committed(struct vc_chat *chat, const struct vc_now *now);
void vc_joins_tick(struct vc_chat *chat, const struct vc_now *now);
/* The inviter says that he is at @addrs. */
void vc_join_found(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_join_entry *join, const struct vc_addr *addrs,
                   uint8_t count);
/* What we have of somebody, @person or NULL, for his eyes. */
void vc_join_card_about(const struct vc_person *person, struct vc_join_card *ret_card);
/* Sends it with our card. */
VC_NODISCARD vc_err vc_join_card_send(struct vc_chat *chat, const struct vc_now *now,
                                      uint32_t peer, const struct vc_join_card *about);
/*
 * Whoever is behind a join becomes a contact, or is the one he was: a new one with the
 * number @peer (0: takes one when it is needed), a known one under his own number, unless
 * he has another device or has forgotten us; then he gets the number too.
 */
struct vc_meeting {
    const struct vc_join_card *card;
    const char *petname; /* may be empty */
    uint32_t peer;
    vc_ms up_at; /* when the session began */
};
VC_NODISCARD vc_err vc_join_meet(struct vc_chat *chat, const struct vc_now *now,
                                 const struct vc_meeting *meeting,
                                 struct vc_person **ret_person);

/* ---- conversation.c: the books of a conversation ---- */

VC_NODISCARD vc_err vc_conversations_load(struct vc_chat *chat);
void vc_heads_add(struct vc_conversation_row *conversation, const struct vc_head *head);
void vc_heads_remove(struct vc_conversation_row *conversation,
                     const struct vc_message_ref *ref);
/* Marks one of ours as settled at the other side; false when it was already. */
bool vc_delivered_add(struct vc_conversation_row *conversation, uint32_t seq);
bool vc_delivered_has(const struct vc_conversation_row *conversation, uint32_t seq);
/* Steps over what is here or lost, a bounded number of messages. */
void vc_contiguous_advance(struct vc_chat *chat, struct vc_person *person);

struct vc_gap *vc_gap_find(const struct vc_person *person,
                           const struct vc_message_ref *ref);
/* Writes a new hole; NULL when there are too many or memory is short. */
struct vc_gap *vc_gap_open(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_person *person, const struct vc_message_ref *ref);
void vc_gap_lose(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_person *person, struct vc_gap *gap);
void vc_gap_close(struct vc_chat *chat, struct vc_person *person, struct vc_gap *gap);
void vc_gap_insert(struct vc_person *person, size_t at, const struct vc_gap *gap);
VC_NODISCARD vc_err vc_gap_room(struct vc_chat *chat, struct vc_person *person);

/* ---- order.c: where a message stands ---- */

/* The clock of our next message. */
uint64_t vc_clock_next(const struct vc_conversation_row *conversation,
                       const struct vc_now *now);
/* Ours follows theirs, but not far beyond the wall clock. */
void vc_clock_adopt(struct vc_conversation_row *conversation, const struct vc_now *now,
                    uint64_t clock);

/* What vc_order_place() may write. */
#define VC_PLACE_OPS   (2 * VC_CHAT_PARENTS_MAX + 1)
#define VC_PLACE_BYTES ((size_t)64 * VC_CHAT_PARENTS_MAX + 128)
/* Finds the order of the new message @ref from its parents, and writes its holes and its
 * unsettled row; room for them is taken. */
uint64_t vc_order_place(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, const struct vc_message_ref *ref,
                        const struct vc_message_object *message,
                        const struct vc_hash32 *id);

/* The order by what is here now; nothing is written. */
uint64_t vc_order_least(struct vc_chat *chat, const struct vc_person *person,
                        const struct vc_message_object *message);
/* May the message under a name of ours be another one than the other side means? */
bool vc_order_is_doubtful(const struct vc_chat *chat, const struct vc_person *person,
                          const struct vc_message_ref *ref);

/* ---- unsettled.c: messages whose place may still change ---- */

VC_NODISCARD vc_err vc_unsettled_load(struct vc_chat *chat);
void vc_unsettled_deinit(struct vc_chat *chat);
struct vc_unsettled *vc_unsettled_find(const struct vc_chat *chat,
                                       const struct vc_person *person,
                                       const struct vc_message_ref *ref);
/* Room is taken; beyond the limit the message stays where it is. */
void vc_unsettled_add(struct vc_chat *chat, struct vc_person *person,
                      const struct vc_unsettled *entry);
/* Takes a message out; room for one row is taken. */
void vc_unsettled_drop(struct vc_chat *chat, struct vc_person *person,
                       const struct vc_message_ref *ref);
/* A hole has got the message @ref with @order, or was lost (@ref NULL): what hangs on it
 * finds its place again. */
void vc_unsettled_settle(struct vc_chat *chat, struct vc_person *person,
                         const struct vc_message_ref *ref, uint64_t order);
/* Moves the rows of some; true when all stand where they should. */
bool vc_unsettled_move(struct vc_chat *chat, struct vc_person *person);
void vc_unsettled_forget(struct vc_chat *chat, struct vc_person *person);
/* Where the parent @ref stands; false when it is not here. */
bool vc_order_of(struct vc_chat *chat, const struct vc_person *person,
                 const struct vc_message_ref *ref, uint64_t *ret_order);

/* ---- messages.c, history.c ---- */

VC_NODISCARD vc_err vc_message_get(struct vc_chat *chat, uint32_t contact,
                                   const struct vc_message_ref *ref,
                                   struct vc_message_row *ret_row);
/* Puts a row together and writes it; room is taken.  The body may be the store's. */
void vc_message_put(struct vc_chat *chat, uint32_t contact,
                    const struct vc_message_ref *ref, const struct vc_message_row *row);
void vc_order_put(struct vc_chat *chat, const struct vc_order_key *order);
/* A new message: its row, its place and its event. */
void vc_message_add(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_person *person, const struct vc_message_ref *ref,
                    const struct vc_message_row *row);
void vc_message_shape(const struct vc_person *person, const struct vc_message_ref *ref,
                      const struct vc_message_row *row, struct vc_message *ret_message);
/* Does what we write wait until it is its turn to be given to mail? */
bool vc_message_is_held_back(const struct vc_person *person);
/* Steps over messages of ours that were given up. */
void vc_delivered_skip_failed(struct vc_chat *chat, struct vc_person *person);

void vc_shown_add(struct vc_chat *chat, const struct vc_hash32 *id, uint32_t contact,
                  const struct vc_message_ref *ref);

/* ---- words.c: what mail asks for again ---- */

/* Says again what the row under @number was about, if there is room now. */
void vc_words_wanted(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person, uint64_t number,
                     const uint8_t ref[VC_MAIL_REF_LEN]);
/* What waited for him is gone, because our store was put back: it is written anew. */
void vc_words_rolled_back(struct vc_chat *chat, const struct vc_now *now,
                          struct vc_person *person);

/* ---- restore.c: what our store has lost ---- */

/* Begins, or goes on with more; room for the person's rows is taken. */
void vc_restore_begin(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, enum vc_restoring what);
/* A session is there: asks again where it stands. */
void vc_restore_resume(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person);
void vc_restore_tick(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person);
/* Ends it; what is not here will not come.  Room for VC_RESTORE_END_OPS is taken. */
#define VC_RESTORE_END_OPS   VC_CHAT_GAPS_MAX
#define VC_RESTORE_END_BYTES (VC_CHAT_GAPS_MAX * 32)
void vc_restore_end(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person);
/* Somebody speaks of a message of ours with this seq: while ours are being restored no other
 * one gets its name.  Room for the person's rows is taken. */
void vc_restore_skip_names(struct vc_chat *chat, struct vc_person *person,
                           uint32_t seq);
/* Objects about it; room as in inbound.c. */
VC_NODISCARD bool vc_restore_on_ask(struct vc_chat *chat, const struct vc_now *now,
                                    struct vc_person *person, struct vc_bytes object);
VC_NODISCARD bool vc_restore_on_own(struct vc_chat *chat, const struct vc_now *now,
                                    struct vc_person *person, struct vc_bytes object);
VC_NODISCARD bool vc_restore_on_restored(struct vc_chat *chat, const struct vc_now *now,
                                         struct vc_person *person,
                                         struct vc_bytes object);

/* ---- sessions.c: end-to-end sessions, for the owner's eyes ---- */

/* The fields of a contact that are about sessions; what waits for him is counted already. */
void vc_session_show(const struct vc_chat *chat, const struct vc_now *now,
                     const struct vc_person *person, struct vc_contact *contact);
/* Writes the event that his session is another than the first; false when there was no room. */
VC_NODISCARD bool vc_session_tell(struct vc_chat *chat, const struct vc_now *now,
                                  struct vc_person *person);
/* Tells of all that began in this turn; what has no room is a chore. */
void vc_sessions_flush(struct vc_chat *chat, const struct vc_now *now);

/* ---- resend.c ---- */

/* A message of ours as mail takes it; the body is borrowed from the row. */
struct vc_message_words {
    struct vc_mail_object object;
    uint8_t head[VC_MESSAGE_HEAD_MAX];
};
void vc_message_words(const struct vc_person *person, const struct vc_message_ref *ref,
                      const struct vc_message_row *row,
                      struct vc_message_words *ret_words);

/* Gives a message of ours to mail once more, in words as before; room is taken. */
VC_NODISCARD vc_err vc_message_resend(struct vc_chat *chat, const struct vc_now *now,
                                      struct vc_person *person,
                                      const struct vc_message_ref *ref,
                                      const struct vc_message_row *row,
                                      uint64_t *ret_number);
/* Finds the place of a message of ours again, as its parents' places may have changed since it
 * was written; room for VC_PLACE_OPS and its rows is taken. */
void vc_message_place_again(struct vc_chat *chat, const struct vc_now *now,
                            struct vc_person *person, const struct vc_message_ref *ref,
                            struct vc_message_row *row);
/* One step of RESEND; true when it is done. */
bool vc_messages_resend(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person);

/* ---- inbound.c ---- */

/* An object from mail: true when its effects are written, or it has none, and room for
 * marking it seen is taken. */
VC_NODISCARD bool vc_inbound_object(struct vc_chat *chat, const struct vc_now *now,
                                    struct vc_person *person, struct vc_bytes object);

/* ---- receipts.c, pulls.c: objects about messages; room as in inbound.c ---- */

/* What mail gives back with ACKED. */
enum vc_mark_kind {
    VC_MARK_NONE = 0,
    VC_MARK_MESSAGE = 1,
    VC_MARK_READ = 2,
    VC_MARK_CARD = 3
};
struct vc_mark {
    enum vc_mark_kind kind;
    uint8_t device;
    uint32_t contact;
    uint64_t value; /* seq, or the card's mark */
};
void vc_mark_write(uint8_t ret_ref[VC_MAIL_REF_LEN], const struct vc_mark *mark);
VC_NODISCARD vc_err vc_mark_read(const uint8_t ref[VC_MAIL_REF_LEN],
                                 struct vc_mark *ret_mark);

void vc_receipt_on_acked(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, const uint8_t ref[VC_MAIL_REF_LEN]);
/* A message of ours with this seq is known to be there. */
void vc_receipt_arrived(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, uint64_t value);
VC_NODISCARD bool vc_receipt_on_read(struct vc_chat *chat, const struct vc_now *now,
                                     struct vc_person *person, struct vc_bytes object);
/* Tells once more what was told; without room it stays untold. */
void vc_receipt_repeat(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person);
/* Sends the receipt that is owed; false when there was no room. */
VC_NODISCARD bool vc_receipt_give(struct vc_chat *chat, const struct vc_now *now,
                                  struct vc_person *person);

/* Plans the next request for holes. */
void vc_pull_plan(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person);
void vc_pull_tick(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person);
/* Says that names of ours stand for nothing. */
VC_NODISCARD vc_err vc_gone_send(struct vc_chat *chat, const struct vc_now *now,
                                 struct vc_person *person,
                                 const struct vc_refs_object *gone);
VC_NODISCARD bool vc_pull_on_pull(struct vc_chat *chat, const struct vc_now *now,
                                  struct vc_person *person, struct vc_bytes object);
VC_NODISCARD bool vc_pull_on_gone(struct vc_chat *chat, const struct vc_now *now,
                                  struct vc_person *person, struct vc_bytes object);

/* ---- events.c ---- */

VC_NODISCARD vc_err vc_events_load(struct vc_chat *chat);
/* Gives it the next seq, and joins it with those of this turn that it continues. */
void vc_event_add(struct vc_chat *chat, const struct vc_now *now,
                  const struct vc_event *event);
void vc_events_flush(struct vc_chat *chat);

/* ---- presence.c ---- */

void vc_presence_start(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person);
void vc_presence_up(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person, const struct vc_addr *addr);
void vc_presence_down(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, vc_err reason);
void vc_presence_moved(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_addr *addr);
void vc_presence_connect(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person);
void vc_presence_tick(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person);
/* He says that he is at @addrs. */
void vc_presence_found(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_addr *addrs,
                       uint8_t count);

/* ---- finding.c: find is told of us, and asked for others; it may not be there ---- */

/* Tells what has changed in this turn. */
void vc_finding_flush(struct vc_chat *chat, const struct vc_now *now);
/* An invite may be open now, or not any more. */
void vc_finding_invite(struct vc_chat *chat, const struct vc_now *now,
                       const struct vc_invite_entry *entry);
/* Somebody may be there who knows others. */
void vc_finding_door(struct vc_chat *chat, const struct vc_now *now,
                     const struct vc_addr *addrs, uint8_t count);
/* He is tried at the addresses that we know; perhaps he is looked for in a moment. */
void vc_finding_begun(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person);
void vc_finding_tick(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person);
/* He is there, or shall not be looked for. */
void vc_finding_stop(struct vc_chat *chat, struct vc_person *person);
/* His session is silent, or was and has ended. */
void vc_finding_silent(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person);
/* The owner wants to reach him. */
void vc_finding_opened(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person);
/* We may be elsewhere than he thinks. */
void vc_finding_announce(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person);
/* Our own addresses have changed. */
void vc_finding_moved(struct vc_chat *chat, const struct vc_now *now);
/* The date, for what is good until a date; message clocks follow our own. */
vc_ms vc_chat_date(const struct vc_chat *chat, const struct vc_now *now);

/* ---- sweep.c: what is not needed any more ---- */

/* One step of deleting what a removed contact has; true when nothing is left. */
bool vc_sweep_person(struct vc_chat *chat, struct vc_person *person);

/* ---- tokens.c: what clients call their requests ---- */

VC_NODISCARD vc_err vc_tokens_load(struct vc_chat *chat);
void vc_tokens_deinit(struct vc_chat *chat);
uint64_t vc_token_hash(uint32_t contact, struct vc_bytes token);
bool vc_tokens_find(const struct vc_chat *chat, uint64_t hash, uint32_t contact,
                    uint32_t *ret_seq);
/* Makes sure that there is memory for one more. */
VC_NODISCARD vc_err vc_tokens_reserve(struct vc_chat *chat);
/* Room for a row is in every turn's. */
void vc_tokens_add(struct vc_chat *chat, const struct vc_now *now, uint64_t hash,
                   uint32_t contact, uint32_t seq);
/* The message under a token has another seq now. */
void vc_tokens_move(struct vc_chat *chat, const struct vc_now *now, uint32_t contact,
                    uint32_t seq, uint32_t seq_now);
void vc_tokens_flush(struct vc_chat *chat, const struct vc_now *now);
void vc_tokens_tick(struct vc_chat *chat, const struct vc_now *now);

/* ---- chat.c ---- */

/* Something is to be done at @at. */
static inline void vc_chat_want(struct vc_chat *chat, vc_ms at)
{
    chat->due = vc_ms_min(chat->due, at);
}
void vc_chat_chore(struct vc_chat *chat, struct vc_person *person, unsigned chore);

#endif

/*
 * Getting back what our store has lost, when it was put back to an older state: the other side
 * still has it.  node/SPEC.md, "Restoring".
 *
 * Of what we wrote, it has messages that we do not know any more.  What we wrote since then has
 * the names of those, so it gets new ones before it is sent.  Of what it wrote, it sends again
 * what we have not.  Until all of that is here, nothing that we write leaves.
 */
#include <string.h>

#include "node/chat/state.h"

static struct vc_message_ref own_ref(const struct vc_chat *chat,
                                     const struct vc_person *person, uint32_t seq)
{
    return (struct vc_message_ref){.author = person->own_author,
                                   .device =
                                       (uint8_t)chat->cfg.device->certificate.index,
                                   .seq = seq};
}

/* The next request is made then. */
static void ask_at(struct vc_chat *chat, struct vc_person *person, vc_ms at)
{
    person->restore_at = at;
    vc_chat_want(chat, at);
}

/* From the first on of which it is not certain that they are here. */
static void begin_anew(struct vc_person *person)
{
    person->restore_own = person->conversation.delivered + 1;
    person->restore_theirs = person->conversation.contiguous + 1;
    person->restore_mark = 0;
}

void vc_restore_resume(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person)
{
    if (person->row.restoring == VC_RESTORING_NOTHING) {
        return;
    }
    if (person->restore_own == 0 && person->restore_theirs == 0) {
        begin_anew(person); /* since the start nothing was asked for */
    }
    ask_at(chat, person, now->mono);
}

void vc_restore_begin(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, enum vc_restoring what)
{
    /* An answer that is on its way has this too, unless it was asked for less. */
    if (what > person->row.restoring || person->restore_mark == 0) {
        begin_anew(person);
    }
    if (what > person->row.restoring) {
        person->row.restoring = (uint8_t)what;
    }
    if (person->row.restoring == VC_RESTORING_BOTH) {
        person->row.is_resending = false; /* that follows when all is here */
        person->chores &= ~(unsigned)VC_CHORE_RESEND;
    }
    vc_person_contact_dirty(chat, person);
    vc_restore_resume(chat, now, person);
}

static vc_err send_bytes(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, const struct vc_writer *w,
                         struct vc_bytes body)
{
    struct vc_mail_object object = {.head = vc_writer_bytes(w), .body = body};
    uint64_t number;
    vc_err err = vc_writer_end(w);

    VC_CHECK(err == VC_OK);
    err = vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                       VC_MAIL_SEND_BYTES(object.head.len + body.len));
    return err != VC_OK
               ? err
               : vc_mail_send(chat->cfg.mail, now, person->row.peer, &object, &number);
}

void vc_restore_tick(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person)
{
    struct vc_restore_object ask = {.mark = person->restore_mark,
                                    .own_from = person->restore_own,
                                    .theirs_from = person->restore_theirs};
    uint8_t room[VC_RESTORE_OBJECT_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes nothing = {room, 0};
    struct vc_mail_state mail;

    if (person->restore_at > now->mono) {
        vc_chat_want(chat, person->restore_at);
        return;
    }
    person->restore_at = VC_NEVER;
    if (person->row.restoring == VC_RESTORING_NOTHING ||
        (!person->is_up && vc_mail_state(chat->cfg.mail, person->row.peer, &mail) &&
         mail.waiting > 0)) {
        return; /* the next session asks; what waits makes mail look for one */
    }
    while (ask.mark == 0) { /* else it is the same request again */
        vc_rng_draw(&chat->rng, &ask.mark, sizeof ask.mark);
    }
    person->restore_mark = ask.mark;
    vc_restore_object_write(&w, &ask);
    ask_at(chat, person,
           now->mono + (send_bytes(chat, now, person, &w, nothing) == VC_OK
                            ? VC_CHAT_RESTORE_AGAIN_MS
                            : VC_CHAT_CHORE_RETRY_MS));
}

/* ---- who is asked ---- */

/* Sends what we have of the asker's messages; gives where to go on, 0: that was all. */
static uint32_t answer_own(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_person *person, uint32_t from, int *budget)
{
    uint32_t highest = person->conversation.highest;

    for (uint32_t seq = from; seq != 0 && seq <= highest; seq++) {
        struct vc_message_ref ref = {.author = (uint8_t)(1 - person->own_author),
                                     .device =
                                         (uint8_t)person->device.certificate.index,
                                     .seq = seq};
        uint8_t room[VC_OWN_HEAD_MAX];
        struct vc_writer w = vc_writer(room, sizeof room);
        struct vc_message_words words;
        struct vc_message_row row;

        if (*budget <= 0 || seq - from >= VC_CHAT_RESTORE_LOOK_MAX) {
            return seq;
        }
        if (vc_message_get(chat, person->id, &ref, &row) != VC_OK) {
            continue;
        }
        vc_message_words(person, &ref, &row, &words);
        vc_own_object_write_head(&w, highest, words.object.head);
        if (send_bytes(chat, now, person, &w, row.body) != VC_OK) {
            return seq;
        }
        --*budget;
    }
    return 0;
}

/* The same of ours; what still waits for him is on its way already. */
static uint32_t answer_theirs(struct vc_chat *chat, const struct vc_now *now,
                              struct vc_person *person, uint32_t from, int *budget)
{
    for (uint32_t seq = from; seq != 0 && seq <= person->conversation.own_seq; seq++) {
        struct vc_message_ref ref = own_ref(chat, person, seq);
        struct vc_message_row row;
        uint64_t number;

        if (*budget <= 0 || seq - from >= VC_CHAT_RESTORE_LOOK_MAX) {
            return seq;
        }
        if (!vc_delivered_has(&person->conversation, seq) ||
            vc_message_get(chat, person->id, &ref, &row) != VC_OK || row.is_failed) {
            continue;
        }
        if (vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                         VC_MAIL_SEND_BYTES(VC_MESSAGE_HEAD_MAX + row.body.len)) !=
                VC_OK ||
            vc_message_resend(chat, now, person, &ref, &row, &number) != VC_OK) {
            return seq;
        }
        --*budget;
    }
    return 0;
}

/* What he has lost beside messages: who we are now, and what we have read. */
static void repeat_states(struct vc_chat *chat, const struct vc_now *now,
                          struct vc_person *person)
{
    vc_receipt_repeat(chat, now, person);
    person->row.card_sent = 0;
    person->row.card_acked = 0;
    vc_person_contact_dirty(chat, person);
    vc_chat_chore(chat, person, VC_CHORE_CARD);
}

bool vc_restore_on_ask(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, struct vc_bytes object)
{
    struct vc_restore_object ask;
    struct vc_restored_object done = {.highest = person->conversation.highest};
    uint8_t room[VC_RESTORED_OBJECT_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes nothing = {room, 0};
    struct vc_mail_state mail;
    int budget = VC_CHAT_RESTORE_ANSWER_MAX;

    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) != VC_OK) {
        return false;
    }
    if (vc_restore_object_read(object, &ask) != VC_OK) {
        chat->stats.dropped_malformed++;
        return true;
    }
    if (now->mono < person->answer_at ||
        (vc_mail_state(chat->cfg.mail, person->row.peer, &mail) &&
         mail.waiting > VC_CHAT_RESTORE_WAITING_MAX)) {
        return true; /* he asks again */
    }
    person->answer_at = now->mono + VC_CHAT_PULL_ANSWER_EVERY_MS;
    done.mark = ask.mark;
    done.own_next = answer_own(chat, now, person, ask.own_from, &budget);
    done.theirs_next = answer_theirs(chat, now, person, ask.theirs_from, &budget);
    vc_restored_object_write(&w, &done);
    /* What had no room is asked for again: there is no answer then. */
    if (send_bytes(chat, now, person, &w, nothing) == VC_OK && done.own_next == 0 &&
        done.theirs_next == 0) {
        repeat_states(chat, now, person);
    }
    return vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) ==
           VC_OK;
}

/* ---- who asked ---- */

/* There must be names for more, and an end to those that are looked at. */
static bool is_believed(const struct vc_person *person, uint32_t seq)
{
    uint32_t own = person->conversation.own_seq;

    return seq <= own || (seq - own <= VC_CHAT_RESTORE_MAX && seq <= UINT32_MAX / 2);
}

void vc_restore_skip_names(struct vc_chat *chat, struct vc_person *person, uint32_t seq)
{
    if (person->row.restoring == VC_RESTORING_BOTH && is_believed(person, seq) &&
        seq > person->conversation.own_seq) {
        person->conversation.own_seq = seq;
        vc_person_conversation_dirty(chat, person);
    }
}

/* Takes a message's place in the order away. */
static void displace(struct vc_chat *chat, struct vc_person *person,
                     const struct vc_message_ref *ref, const struct vc_message_row *row)
{
    struct vc_order_key order = {
        .contact = person->id, .order = row->order, .ref = *ref};
    struct vc_chat_key key = vc_key_order(&order);

    vc_store_del(chat->cfg.store, VC_TABLE_ORDER, vc_key_bytes(&key));
    vc_unsettled_drop(chat, person, ref);
}

/* A message that we wrote since has the name of one that is lost: it gets the next name. */
static void rename_own(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_message_ref *from,
                       const struct vc_message_row *row)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_head head = {.ref = own_ref(chat, person, conversation->own_seq + 1)};
    struct vc_message_row moved = *row;
    struct vc_message_object object = {.seq = head.ref.seq,
                                       .clock = row->clock,
                                       .parent_count = row->parent_count,
                                       .type = row->type,
                                       .type_version = row->type_version,
                                       .body = row->body};

    memcpy(object.parents, row->parents, sizeof object.parents);
    displace(chat, person, from, row);
    vc_message_id(&moved.id, &person->pair, &chat->cfg.account->root, head.ref.device,
                  &object);
    moved.number = 0;
    /* Its final place is found when it is sent, behind all that comes back. */
    moved.order = vc_order_least(chat, person, &object);
    head.order = moved.order;
    conversation->own_seq = head.ref.seq;
    vc_tokens_move(chat, now, person->id, from->seq, head.ref.seq);
    /* Who named it means the lost one now. */
    vc_heads_remove(conversation, from);
    vc_heads_add(conversation, &head);
    vc_message_add(chat, now, person, &head.ref, &moved);
}

/*
 * What comes back may have been renamed before, and be here under its first name, or under
 * another: a clock of ours stands for one message.  That one makes place for it.
 */
static void drop_twin(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, const struct vc_message_ref *ref,
                      const struct vc_message_object *message)
{
    struct vc_conversation_row *conversation = &person->conversation;
    uint32_t last = conversation->own_seq;

    for (uint32_t i = 0;
         i < VC_CHAT_RESTORE_LOOK_MAX && last - i > conversation->delivered; i++) {
        struct vc_message_ref twin = own_ref(chat, person, last - i);
        struct vc_chat_key key = vc_key_ref(person->id, &twin);
        struct vc_message_row row;

        if (twin.seq == ref->seq || vc_delivered_has(conversation, twin.seq) ||
            vc_message_get(chat, person->id, &twin, &row) != VC_OK ||
            row.clock != message->clock || row.body.len != message->body.len ||
            memcmp(row.body.data, message->body.data, row.body.len) != 0) {
            continue;
        }
        displace(chat, person, &twin, &row);
        vc_store_del(chat->cfg.store, VC_TABLE_MESSAGE, vc_key_bytes(&key));
        vc_heads_remove(conversation, &twin);
        vc_tokens_move(chat, now, person->id, twin.seq, ref->seq);
        return;
    }
}

/* Writes a message of ours that came back. */
static void add_own(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person, const struct vc_message_ref *ref,
                    const struct vc_message_object *message, const struct vc_hash32 *id)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_message_row row = {.id = *id, .stored_at = now->unix_ms};
    struct vc_head head = {.ref = *ref};
    struct vc_gap *gap;

    row.clock = message->clock;
    row.order = vc_order_place(chat, now, person, ref, message, id);
    memcpy(row.parents, message->parents, sizeof row.parents);
    row.parent_count = message->parent_count;
    row.type = message->type;
    row.type_version = message->type_version;
    row.body = message->body;
    head.order = row.order;
    for (uint8_t i = 0; i < message->parent_count; i++) {
        vc_heads_remove(conversation, &message->parents[i]);
    }
    gap = vc_gap_find(person, ref); /* now that those of the parents are there */
    if (gap == NULL) {
        vc_heads_add(conversation, &head);
    } else {
        vc_gap_close(chat, person, gap);
    }
    vc_unsettled_settle(chat, person, ref, head.order);
    vc_clock_adopt(conversation, now, message->clock);
    vc_message_add(chat, now, person, ref, &row);
}

static bool has_sane_parents(const struct vc_chat *chat, const struct vc_person *person,
                             const struct vc_message_object *message)
{
    struct vc_message_ref ref = own_ref(chat, person, message->seq);

    return vc_message_has_sane_parents(message, &ref);
}

bool vc_restore_on_own(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, struct vc_bytes object)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_message_object message;
    struct vc_message_row row;
    struct vc_message_ref ref;
    struct vc_hash32 id;
    uint32_t highest;
    bool is_here;

    if (vc_own_object_read(object, &highest, &message) != VC_OK ||
        message.seq > highest || !is_believed(person, highest) ||
        !has_sane_parents(chat, person, &message)) {
        chat->stats.dropped_malformed++;
        return vc_room_take(chat, NULL, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) ==
               VC_OK;
    }
    ref = own_ref(chat, person, message.seq);
    is_here = vc_message_get(chat, person->id, &ref, &row) == VC_OK;
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + 2 * (VC_PLACE_OPS + 4),
                     VC_MAIL_ACCEPT_BYTES +
                         2 * (VC_PLACE_BYTES + VC_MESSAGE_ROW_HEAD_MAX + 256) +
                         message.body.len + (is_here ? row.body.len : 0)) != VC_OK) {
        return false;
    }
    if (person->row.restoring != VC_RESTORING_BOTH) {
        return true; /* it was asked for before, and all is here */
    }
    vc_message_id(&id, &person->pair, &chat->cfg.account->root, ref.device, &message);
    vc_restore_skip_names(chat, person, highest);
    if (is_here && memcmp(row.id.b, id.b, sizeof id.b) != 0) {
        rename_own(chat, now, person, &ref, &row);
        is_here = false;
    }
    if (is_here && !vc_delivered_has(conversation, ref.seq)) {
        row.is_failed = false; /* it was on its way already */
        vc_receipt_arrived(chat, now, person, ref.seq);
        vc_message_place_again(chat, now, person, &ref, &row);
        vc_unsettled_settle(chat, person, &ref, row.order);
    } else if (!is_here) {
        (void)vc_delivered_add(conversation, ref.seq);
        drop_twin(chat, now, person, &ref, &message);
        add_own(chat, now, person, &ref, &message, &id);
    }
    vc_person_conversation_dirty(chat, person);
    return true;
}

void vc_restore_end(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person)
{
    enum vc_restoring was = (enum vc_restoring)person->row.restoring;

    if (was == VC_RESTORING_NOTHING) {
        return;
    }
    person->row.restoring = VC_RESTORING_NOTHING;
    person->restore_at = VC_NEVER;
    person->restore_own = person->restore_theirs = 0;
    person->restore_mark = 0;
    for (size_t i = 0; i < person->gap_count; i++) {
        if (person->gaps[i].ref.author == person->own_author) {
            vc_gap_lose(chat, now, person, &person->gaps[i]);
        }
    }
    vc_unsettled_settle(chat, person, NULL, 0);
    if (was == VC_RESTORING_BOTH) {
        person->row.is_resending = true;
        person->resend_next = person->conversation.delivered + 1;
        vc_chat_chore(chat, person, VC_CHORE_RESEND);
    }
    vc_person_contact_dirty(chat, person);
}

bool vc_restore_on_restored(struct vc_chat *chat, const struct vc_now *now,
                            struct vc_person *person, struct vc_bytes object)
{
    struct vc_restored_object done;

    /* Nothing is missing only when all came that was sent before. */
    if (!chat->is_in_order ||
        vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + VC_RESTORE_END_OPS,
                     VC_MAIL_ACCEPT_BYTES + VC_RESTORE_END_BYTES) != VC_OK) {
        return false;
    }
    if (vc_restored_object_read(object, &done) != VC_OK ||
        !is_believed(person, done.highest)) {
        chat->stats.dropped_malformed++;
        return true;
    }
    if (person->row.restoring == VC_RESTORING_NOTHING || person->restore_mark == 0 ||
        done.mark != person->restore_mark) {
        return true;
    }
    vc_restore_skip_names(chat, person, done.highest);
    if (done.own_next == 0 && done.theirs_next == 0) {
        vc_restore_end(chat, now, person);
        return true;
    }
    person->restore_own = done.own_next;
    person->restore_theirs = done.theirs_next;
    person->restore_mark = 0;
    ask_at(chat, person, now->mono + VC_CHAT_PULL_ANSWER_EVERY_MS);
    return true;
}

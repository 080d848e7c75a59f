/* Messages: written by the owner, given up by him, and what their rows say. */
#include <string.h>

#include "crypto/base/utf8.h"
#include "node/chat/state.h"

#define SKIP_MAX 1024 /* rows looked at in one call */

vc_err vc_message_get(struct vc_chat *chat, uint32_t contact,
                      const struct vc_message_ref *ref, struct vc_message_row *ret_row)
{
    struct vc_chat_key key = vc_key_ref(contact, ref);
    struct vc_bytes value;
    vc_err err =
        vc_store_get(chat->cfg.store, VC_TABLE_MESSAGE, vc_key_bytes(&key), &value);

    return err != VC_OK ? err : vc_message_row_read(value, ret_row);
}

void vc_message_put(struct vc_chat *chat, uint32_t contact,
                    const struct vc_message_ref *ref, const struct vc_message_row *row)
{
    struct vc_chat_key key = vc_key_ref(contact, ref);
    struct vc_writer w = vc_writer(chat->row, VC_STORE_VALUE_MAX);

    vc_message_row_write_head(&w, row);
    vc_write_bytes(&w, row->body);
    vc_chat_put(chat, VC_TABLE_MESSAGE, &key, &w);
}

void vc_order_put(struct vc_chat *chat, const struct vc_order_key *order)
{
    struct vc_chat_key key = vc_key_order(order);

    vc_store_put(chat->cfg.store, VC_TABLE_ORDER, vc_key_bytes(&key),
                 VC_BYTES(order->id));
}

static enum vc_message_state state_of(const struct vc_person *person,
                                      const struct vc_message_ref *ref,
                                      const struct vc_message_row *row)
{
    const struct vc_conversation_row *conversation = &person->conversation;

    if (ref->author != person->own_author) {
        return row->number <= conversation->read_mark ? VC_MESSAGE_SEEN
                                                      : VC_MESSAGE_RECEIVED;
    }
    if (row->is_failed) {
        return VC_MESSAGE_FAILED;
    }
    if (ref->seq <= conversation->read_there) {
        return VC_MESSAGE_READ;
    }
    return vc_delivered_has(conversation, ref->seq) ? VC_MESSAGE_DELIVERED
                                                    : VC_MESSAGE_QUEUED;
}

void vc_message_shape(const struct vc_person *person, const struct vc_message_ref *ref,
                      const struct vc_message_row *row, struct vc_message *ret_message)
{
    struct vc_message message = {.contact = person->id, .ref = *ref, .id = row->id};

    message.is_own = ref->author == person->own_author;
    message.state = state_of(person, ref, row);
    message.reason = row->reason;
    message.clock = row->clock;
    message.stored_at = row->stored_at;
    message.order = row->order;
    for (uint8_t i = 0; i < row->parent_count && person->gap_count > 0; i++) {
        message.has_gap =
            message.has_gap || vc_gap_find(person, &row->parents[i]) != NULL;
    }
    message.type = row->type;
    message.type_version = row->type_version;
    message.body = row->body;
    *ret_message = message;
}

void vc_shown_add(struct vc_chat *chat, const struct vc_hash32 *id, uint32_t contact,
                  const struct vc_message_ref *ref)
{
    size_t at = ((size_t)id->b[0] << 8 | id->b[1]) % VC_CHAT_SHOWN_MAX;
    struct vc_shown *shown = &chat->shown[at];

    memcpy(shown->id, id->b, sizeof shown->id);
    shown->contact = contact;
    shown->ref = *ref;
}

void vc_message_add(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_person *person, const struct vc_message_ref *ref,
                    const struct vc_message_row *row)
{
    struct vc_order_key order = {
        .contact = person->id, .order = row->order, .ref = *ref};
    struct vc_event event = {.kind = VC_EVENT_MESSAGE,
                             .contact = person->id,
                             .ref = *ref,
                             .seq_last = ref->seq};

    memcpy(order.id, row->id.b, sizeof order.id);
    vc_order_put(chat, &order);
    vc_message_put(chat, person->id, ref, row);
    event.state = state_of(person, ref, row);
    vc_event_add(chat, now, &event);
    vc_shown_add(chat, &row->id, person->id, ref);
}

/* The heads, in the order in which parents are named. */
static void name_parents(const struct vc_conversation_row *conversation,
                         struct vc_message_object *ret_message)
{
    ret_message->parent_count = conversation->head_count;
    for (uint8_t i = 0; i < conversation->head_count; i++) {
        struct vc_message_ref ref = conversation->heads[i].ref;
        uint8_t at = i;

        while (at > 0 && vc_ref_compare(&ret_message->parents[at - 1], &ref) > 0) {
            ret_message->parents[at] = ret_message->parents[at - 1];
            at--;
        }
        ret_message->parents[at] = ref;
    }
}

/* VC_OK with the first message of the token, NOT_FOUND when there is none. */
static vc_err find_token(struct vc_chat *chat, const struct vc_person *person,
                         uint64_t hash, const struct vc_message_object *message,
                         struct vc_message *ret_message)
{
    struct vc_message_ref ref = {.author = person->own_author,
                                 .device =
                                     (uint8_t)chat->cfg.device->certificate.index};
    struct vc_message_row row;
    vc_err err;

    if (!vc_tokens_find(chat, hash, person->id, &ref.seq)) {
        return VC_ERR_NOT_FOUND;
    }
    err = vc_message_get(chat, person->id, &ref, &row);
    if (err != VC_OK) {
        return err;
    }
    if (row.type != message->type || row.type_version != message->type_version ||
        row.body.len != message->body.len ||
        memcmp(row.body.data, message->body.data, row.body.len) != 0) {
        return VC_ERR_TOKEN_REUSED;
    }
    /* Something is written, so that the answer leaves with a turn that comes after the
     * first one's. */
    err = vc_room_take(chat, NULL, 1, 64);
    if (err == VC_OK) {
        vc_counters_put(chat);
        vc_message_shape(person, &ref, &row, ret_message);
    }
    return err;
}

bool vc_message_is_held_back(const struct vc_person *person)
{
    return person->row.restoring == VC_RESTORING_BOTH || person->row.is_resending;
}

/* Writes everything that a message of ours is; @message has its type and body. */
static vc_err send(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_person *person, struct vc_message_object *message,
                   struct vc_message *ret_message)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_message_ref ref = {.author = person->own_author,
                                 .device = (uint8_t)chat->cfg.device->certificate.index,
                                 .seq = conversation->own_seq + 1};
    struct vc_mark mark = {.kind = VC_MARK_MESSAGE,
                           .device = ref.device,
                           .contact = person->id,
                           .value = ref.seq};
    struct vc_mail_object object = {0};
    struct vc_message_row row = {.stored_at = now->unix_ms};
    struct vc_head head = {.ref = ref};
    uint8_t room[VC_MESSAGE_HEAD_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    vc_err err;

    message->seq = ref.seq;
    message->clock = vc_clock_next(conversation, now);
    name_parents(conversation, message);
    vc_message_object_write_head(&w, message);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    vc_message_id(&row.id, &person->pair, &chat->cfg.account->root, ref.device,
                  message);
    object.id = row.id;
    vc_mark_write(object.ref, &mark);
    object.head = vc_writer_bytes(&w);
    object.body = message->body;
    /* While our own messages are being restored nothing leaves: it may get another name.
     * While what waited is written again, it comes to this one in its turn. */
    if (!vc_message_is_held_back(person)) {
        err = vc_mail_send(chat->cfg.mail, now, person->row.peer, &object, &row.number);
        if (err != VC_OK) {
            return err;
        }
    }
    row.clock = message->clock;
    row.order = vc_message_is_held_back(person)
                    ? vc_order_least(chat, person, message)
                    : vc_order_place(chat, now, person, &ref, message, &row.id);
    memcpy(row.parents, message->parents, sizeof row.parents);
    row.parent_count = message->parent_count;
    row.type = message->type;
    row.type_version = message->type_version;
    row.body = message->body;
    conversation->own_seq = ref.seq;
    conversation->clock = message->clock;
    head.order = row.order;
    conversation->head_count = 0;
    vc_heads_add(conversation, &head);
    vc_person_conversation_dirty(chat, person);
    vc_message_add(chat, now, person, &ref, &row);
    vc_message_shape(person, &ref, &row, ret_message);
    return VC_OK;
}

vc_err vc_chat_send(struct vc_chat *chat, const struct vc_now *now, uint32_t contact,
                    const struct vc_body *body, struct vc_bytes token,
                    struct vc_message *ret_message)
{
    struct vc_message_object message = {
        .type = body->type, .type_version = body->type_version, .body = body->bytes};
    size_t len = body->bytes.len;
    struct vc_person *person;
    uint64_t hash = 0;
    vc_err err = vc_person_get(chat, contact, &person);

    if (err != VC_OK) {
        return err;
    }
    if (person->row.is_blocked) {
        return VC_ERR_BLOCKED;
    }
    if (len == 0 || len > VC_CHAT_BODY_MAX) {
        return len == 0 ? VC_ERR_BAD_TEXT : VC_ERR_TOO_LONG;
    }
    if (token.len > VC_CHAT_TOKEN_MAX) {
        return VC_ERR_BAD_PARAMS;
    }
    if (token.len > 0) {
        hash = vc_token_hash(contact, token);
        err = find_token(chat, person, hash, &message, ret_message);
        if (err != VC_ERR_NOT_FOUND) {
            return err;
        }
        err = vc_tokens_reserve(chat);
        if (err != VC_OK) {
            return err;
        }
    }
    if (person->conversation.own_seq == UINT32_MAX) {
        return VC_ERR_FULL;
    }
    err = vc_room_take(chat, person, VC_MAIL_SEND_OPS + VC_PLACE_OPS + 3,
                       VC_MAIL_SEND_BYTES(VC_MESSAGE_HEAD_MAX + len) + VC_PLACE_BYTES +
                           VC_MESSAGE_ROW_HEAD_MAX + len + 128);
    if (err == VC_OK) {
        err = send(chat, now, person, &message, ret_message);
    }
    if (err == VC_OK && token.len > 0) {
        vc_tokens_add(chat, now, hash, contact, ret_message->ref.seq);
    }
    return err;
}

vc_err vc_chat_send_text(struct vc_chat *chat, const struct vc_now *now,
                         uint32_t contact, struct vc_bytes text, struct vc_bytes token,
                         struct vc_message *ret_message)
{
    struct vc_body body = {.type = VC_BODY_TEXT, .type_version = 1, .bytes = text};

    if (text.len > VC_CHAT_TEXT_MAX) {
        return VC_ERR_TOO_LONG;
    }
    if (!vc_utf8_is_valid(text)) {
        return VC_ERR_BAD_TEXT;
    }
    return vc_chat_send(chat, now, contact, &body, token, ret_message);
}

void vc_delivered_skip_failed(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_conversation_row *conversation = &person->conversation;

    for (int i = 0; i < SKIP_MAX && conversation->delivered < conversation->own_seq;
         i++) {
        struct vc_message_ref ref = {.author = person->own_author,
                                     .device =
                                         (uint8_t)chat->cfg.device->certificate.index,
                                     .seq = conversation->delivered + 1};
        struct vc_message_row row;
        vc_err err = vc_message_get(chat, person->id, &ref, &row);
        bool is_nothing =
            err == VC_ERR_NOT_FOUND && person->row.restoring != VC_RESTORING_BOTH;

        if ((!is_nothing && (err != VC_OK || !row.is_failed)) ||
            !vc_delivered_add(conversation, ref.seq)) {
            return;
        }
        vc_person_conversation_dirty(chat, person);
    }
}

/* What was given up is named by no new message: its parents are heads again. */
static void leave_heads(struct vc_chat *chat, struct vc_person *person,
                        const struct vc_message_ref *ref,
                        const struct vc_message_row *row)
{
    struct vc_conversation_row *conversation = &person->conversation;

    vc_heads_remove(conversation, ref);
    for (uint8_t i = 0; conversation->head_count == 0 && i < row->parent_count; i++) {
        struct vc_head head = {.ref = row->parents[i]};

        if (vc_order_of(chat, person, &head.ref, &head.order)) {
            vc_heads_add(conversation, &head);
        }
    }
}

vc_err vc_chat_abandon(struct vc_chat *chat, const struct vc_now *now, uint32_t contact,
                       struct vc_message_ref ref)
{
    struct vc_event event = {.kind = VC_EVENT_STATE,
                             .contact = contact,
                             .ref = ref,
                             .seq_last = ref.seq,
                             .state = VC_MESSAGE_FAILED,
                             .reason = VC_ERR_ABANDONED};
    struct vc_person *person;
    struct vc_message_row row;
    vc_err err = vc_person_get(chat, contact, &person);

    if (err == VC_OK) {
        err = vc_message_get(chat, contact, &ref, &row);
    }
    if (err != VC_OK) {
        return err;
    }
    if (ref.author != person->own_author ||
        state_of(person, &ref, &row) != VC_MESSAGE_QUEUED) {
        return VC_ERR_NOT_FOUND;
    }
    err = vc_room_take(chat, person, 1 + VC_MAIL_ACCEPT_OPS,
                       VC_MAIL_ACCEPT_BYTES + VC_MESSAGE_ROW_HEAD_MAX + row.body.len +
                           64);
    if (err == VC_OK) {
        err = vc_mail_abandon(chat->cfg.mail, now, person->row.peer, row.number);
    }
    if (err == VC_ERR_NOT_FOUND && vc_message_is_held_back(person)) {
        err = VC_OK; /* mail has it not, and will not get it */
    }
    if (err != VC_OK) {
        return err;
    }
    row.is_failed = true;
    row.reason = VC_ERR_ABANDONED;
    vc_message_put(chat, contact, &ref, &row);
    leave_heads(chat, person, &ref, &row);
    (void)vc_delivered_add(&person->conversation,
                           ref.seq); /* else it is stepped over later */
    vc_person_conversation_dirty(chat, person);
    vc_event_add(chat, now, &event);
    return VC_OK;
}

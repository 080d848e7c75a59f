/* Messages of ours that are given to mail once more, in the same words. */
#include <string.h>

#include "node/chat/state.h"

#define STEP_MAX 256 /* messages looked at in one step */

void vc_message_words(const struct vc_person *person, const struct vc_message_ref *ref,
                      const struct vc_message_row *row,
                      struct vc_message_words *ret_words)
{
    struct vc_mark mark = {.kind = VC_MARK_MESSAGE,
                           .device = ref->device,
                           .contact = person->id,
                           .value = ref->seq};
    struct vc_message_object message = {.seq = ref->seq,
                                        .clock = row->clock,
                                        .parent_count = row->parent_count,
                                        .type = row->type,
                                        .type_version = row->type_version,
                                        .body = row->body};
    struct vc_writer w = vc_writer(ret_words->head, sizeof ret_words->head);

    memset(&ret_words->object, 0, sizeof ret_words->object);
    memcpy(message.parents, row->parents, sizeof message.parents);
    vc_message_object_write_head(&w, &message);
    vc_mark_write(ret_words->object.ref, &mark);
    ret_words->object.id = row->id;
    ret_words->object.head = vc_writer_bytes(&w);
    ret_words->object.body = row->body;
}

vc_err vc_message_resend(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, const struct vc_message_ref *ref,
                         const struct vc_message_row *row, uint64_t *ret_number)
{
    struct vc_message_words words;

    vc_message_words(person, ref, row, &words);
    return vc_mail_send(chat->cfg.mail, now, person->row.peer, &words.object,
                        ret_number);
}

void vc_message_place_again(struct vc_chat *chat, const struct vc_now *now,
                            struct vc_person *person, const struct vc_message_ref *ref,
                            struct vc_message_row *row)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_order_key order = {
        .contact = person->id, .order = row->order, .ref = *ref};
    struct vc_message_object message = {
        .seq = ref->seq, .clock = row->clock, .parent_count = row->parent_count};
    struct vc_chat_key key;

    memcpy(message.parents, row->parents, sizeof message.parents);
    memcpy(order.id, row->id.b, sizeof order.id);
    vc_unsettled_drop(chat, person, ref);
    row->order = vc_order_place(chat, now, person, ref, &message, &row->id);
    key = vc_key_order(&order);
    vc_store_del(chat->cfg.store, VC_TABLE_ORDER, vc_key_bytes(&key));
    order.order = row->order;
    vc_order_put(chat, &order);
    vc_message_put(chat, person->id, ref, row);
    for (uint8_t i = 0; i < conversation->head_count; i++) {
        if (vc_ref_compare(&conversation->heads[i].ref, ref) == 0) {
            conversation->heads[i].order = row->order;
            vc_person_conversation_dirty(chat, person);
        }
    }
}

/* false when there was no room.  A name under which nothing
 * will come goes to @gone. */
static bool resend_one(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, uint32_t seq,
                       struct vc_refs_object *gone)
{
    struct vc_message_ref ref = {.author = person->own_author,
                                 .device = (uint8_t)chat->cfg.device->certificate.index,
                                 .seq = seq};
    struct vc_message_row row;
    vc_err err;

    if (vc_delivered_has(&person->conversation, seq)) {
        return true;
    }
    err = vc_message_get(chat, person->id, &ref, &row);
    if (err == VC_ERR_NOT_FOUND || (err == VC_OK && row.is_failed)) {
        gone->refs[gone->count++] = ref;
    }
    if (err != VC_OK || row.is_failed) {
        return true;
    }
    if (vc_room_take(chat, person, VC_MAIL_SEND_OPS + VC_PLACE_OPS + 4,
                     VC_MAIL_SEND_BYTES(VC_MESSAGE_HEAD_MAX + row.body.len) +
                         VC_PLACE_BYTES + VC_MESSAGE_ROW_HEAD_MAX + row.body.len +
                         256) != VC_OK ||
        vc_message_resend(chat, now, person, &ref, &row, &row.number) != VC_OK) {
        return false;
    }
    vc_message_place_again(chat, now, person, &ref, &row);
    return true;
}

/* Some, and the names that stand for nothing; true when those had room. */
static bool resend_some(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_refs_object gone = {.count = 0};
    uint32_t first = person->resend_next;

    for (int i = 0; i < STEP_MAX && person->resend_next <= conversation->own_seq &&
                    gone.count < VC_CHAT_REFS_MAX;
         i++) {
        if (!resend_one(chat, now, person, person->resend_next, &gone)) {
            break;
        }
        person->resend_next++;
    }
    if (gone.count == 0) {
        return true;
    }
    if (vc_gone_send(chat, now, person, &gone) != VC_OK) {
        person->resend_next = first;
        return false;
    }
    for (uint8_t i = 0; i < gone.count; i++) {
        (void)vc_delivered_add(conversation, gone.refs[i].seq);
    }
    vc_person_conversation_dirty(chat, person);
    return true;
}

bool vc_messages_resend(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person)
{
    if (!resend_some(chat, now, person) ||
        person->resend_next <= person->conversation.own_seq ||
        vc_room_take(chat, person, 0, 0) != VC_OK) {
        return false;
    }
    person->row.is_resending = false;
    vc_person_contact_dirty(chat, person);
    return true;
}

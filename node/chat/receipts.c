/*
 * What arrived and what was read.
 *
 * That something arrived is known by mail's acknowledgement.  That it was read is told by
 * an object of its own, if the owner allows; at most one waits for a contact, and when it
 * has arrived the next one tells the rest.  Receipts that others send are believed and
 * shown also by an owner who sends none.
 */
#include <string.h>

#include "node/chat/state.h"

void vc_mark_write(uint8_t ret_ref[VC_MAIL_REF_LEN], const struct vc_mark *mark)
{
    struct vc_writer w = vc_writer(ret_ref, VC_MAIL_REF_LEN);

    vc_write_u8(&w, (uint8_t)mark->kind);
    vc_write_u8(&w, mark->device);
    vc_write_u32(&w, mark->contact);
    vc_write_u64(&w, mark->value);
    vc_write_u16(&w, 0);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
}

vc_err vc_mark_read(const uint8_t ref[VC_MAIL_REF_LEN], struct vc_mark *ret_mark)
{
    struct vc_reader r = vc_reader((struct vc_bytes){ref, VC_MAIL_REF_LEN});
    struct vc_mark mark;
    uint8_t kind = vc_read_u8(&r);

    mark.device = vc_read_u8(&r);
    mark.contact = vc_read_u32(&r);
    mark.value = vc_read_u64(&r);
    if (vc_read_u16(&r) != 0 || vc_reader_end(&r) != VC_OK || kind > VC_MARK_CARD) {
        return VC_ERR_STORE_DAMAGED;
    }
    mark.kind = (enum vc_mark_kind)kind;
    *ret_mark = mark;
    return VC_OK;
}

static void say_state(struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_person *person, uint32_t first, uint32_t last,
                      enum vc_message_state state)
{
    struct vc_event event = {.kind = VC_EVENT_STATE,
                             .contact = person->id,
                             .seq_last = last,
                             .state = state};

    event.ref.author = person->own_author;
    event.ref.device = (uint8_t)chat->cfg.device->certificate.index;
    event.ref.seq = first;
    vc_event_add(chat, now, &event);
}

void vc_receipt_arrived(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, uint64_t value)
{
    struct vc_conversation_row *conversation = &person->conversation;
    uint32_t seq = (uint32_t)value;

    if (value > UINT32_MAX) {
        return;
    }
    if (seq > conversation->delivered + 1) {
        vc_delivered_skip_failed(chat, person);
    }
    if (!vc_delivered_add(conversation, seq)) {
        return;
    }
    vc_person_conversation_dirty(chat, person);
    if (seq > conversation->read_there) {
        say_state(chat, now, person, seq, seq, VC_MESSAGE_DELIVERED);
    }
}

void vc_receipt_on_acked(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, const uint8_t ref[VC_MAIL_REF_LEN])
{
    struct vc_mark mark;

    if (vc_mark_read(ref, &mark) != VC_OK || mark.contact != person->id) {
        return;
    }
    if (vc_room_take(chat, person, 0, 0) != VC_OK) {
        /* Mail has left room for an event; the rows are written when there is more. */
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
    }
    switch (mark.kind) {
    case VC_MARK_MESSAGE:
        vc_receipt_arrived(chat, now, person, mark.value);
        break;
    case VC_MARK_READ:
        if (mark.value > person->conversation.receipt_acked) {
            person->conversation.receipt_acked = (uint32_t)mark.value;
        }
        vc_person_conversation_dirty(chat, person);
        vc_chat_chore(chat, person, VC_CHORE_RECEIPT);
        break;
    case VC_MARK_CARD:
        vc_card_acked(chat, person, mark.value);
        break;
    case VC_MARK_NONE:
        break;
    }
}

bool vc_receipt_on_read(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, struct vc_bytes object)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_read_object read;
    uint32_t first;

    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) != VC_OK) {
        return false;
    }
    /* Its seqs may be of messages that are being restored, and under which there are others
     * now; it is repeated when they are back. */
    if (person->row.restoring == VC_RESTORING_BOTH) {
        return chat->is_in_order;
    }
    if (vc_read_object_read(object, &read) != VC_OK ||
        read.device != chat->cfg.device->certificate.index ||
        read.up_to > conversation->own_seq) {
        chat->stats.dropped_malformed++;
        return true;
    }
    if (read.up_to <= conversation->read_there) {
        return true;
    }
    first = conversation->read_there + 1;
    conversation->read_there = read.up_to;
    vc_person_conversation_dirty(chat, person);
    say_state(chat, now, person, first, read.up_to, VC_MESSAGE_READ);
    return true;
}

static vc_err send_read(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, uint32_t up_to)
{
    struct vc_read_object read = {.device = (uint8_t)person->device.certificate.index,
                                  .up_to = up_to};
    struct vc_mark mark = {.kind = VC_MARK_READ, .contact = person->id, .value = up_to};
    struct vc_mail_object object = {0};
    uint8_t room[VC_READ_OBJECT_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    uint64_t number;
    vc_err err =
        vc_room_take(chat, person, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(sizeof room));

    if (err != VC_OK) {
        return err;
    }
    vc_read_object_write(&w, &read);
    vc_mark_write(object.ref, &mark);
    object.head = vc_writer_bytes(&w);
    return vc_mail_send(chat->cfg.mail, now, person->row.peer, &object, &number);
}

bool vc_receipt_give(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person)
{
    struct vc_conversation_row *conversation = &person->conversation;

    if (conversation->receipt_sent != conversation->receipt_acked ||
        conversation->receipt_wanted <= conversation->receipt_sent) {
        return true;
    }
    if (send_read(chat, now, person, conversation->receipt_wanted) != VC_OK) {
        return false;
    }
    conversation->receipt_sent = conversation->receipt_wanted;
    vc_person_conversation_dirty(chat, person);
    return true;
}

void vc_receipt_repeat(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person)
{
    uint32_t sent = person->conversation.receipt_sent;

    if (sent > 0) {
        (void)send_read(chat, now, person, sent); /* a later one says it too */
    }
}

vc_err vc_chat_mark_read(struct vc_chat *chat, const struct vc_now *now,
                         uint32_t contact)
{
    struct vc_event event = {.kind = VC_EVENT_READ_HERE, .contact = contact};
    struct vc_conversation_row *conversation;
    struct vc_person *person;
    vc_err err = vc_person_get(chat, contact, &person);
    bool is_new, is_owed;

    if (err != VC_OK) {
        return err;
    }
    conversation = &person->conversation;
    is_new = conversation->read_mark < conversation->arrivals;
    is_owed = chat->owner.sends_read_receipts &&
              conversation->receipt_wanted < conversation->contiguous &&
              conversation->contiguous > conversation->base;
    if (!is_new && !is_owed) {
        return VC_OK;
    }
    err = vc_room_take(chat, person, 1, 64);
    if (err != VC_OK) {
        return err;
    }
    vc_person_conversation_dirty(chat, person);
    if (is_new) {
        conversation->read_mark = conversation->arrivals;
        vc_event_add(chat, now, &event);
    }
    if (is_owed) {
        conversation->receipt_wanted = conversation->contiguous;
        vc_chat_chore(chat, person, VC_CHORE_RECEIPT);
    }
    return VC_OK;
}

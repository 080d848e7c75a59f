/*
 * Objects that came through mail: what they change, in one turn with their being seen.
 *
 * What cannot be written now is not accepted and comes again.  What is not of the form is
 * accepted and forgotten, or it would come for ever.
 */
#include <string.h>

#include "node/chat/state.h"

static bool forget_it(struct vc_chat *chat)
{
    chat->stats.dropped_malformed++;
    return vc_room_take(chat, NULL, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) == VC_OK;
}

/* Is there a message of this name already? */
static bool is_here(struct vc_chat *chat, const struct vc_person *person,
                    const struct vc_message_ref *ref, const struct vc_hash32 *id)
{
    struct vc_message_row row;

    /* The usual case is one more than the last: no need to look. */
    if (ref->seq > person->conversation.highest ||
        vc_message_get(chat, person->id, ref, &row) != VC_OK) {
        return false;
    }
    if (memcmp(row.id.b, id->b, sizeof id->b) == 0) {
        chat->stats.duplicates++;
    } else {
        chat->stats.dropped_forged++;
    }
    return true;
}

static void update_books(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person,
                         const struct vc_message_object *message,
                         const struct vc_head *head)
{
    struct vc_conversation_row *conversation = &person->conversation;
    struct vc_gap *gap = vc_gap_find(person, &head->ref);

    for (uint8_t i = 0; i < message->parent_count; i++) {
        vc_heads_remove(conversation, &message->parents[i]);
    }
    if (gap == NULL) {
        vc_heads_add(conversation, head);
    } else {
        vc_gap_close(chat, person, gap);
        vc_unsettled_settle(chat, person, &head->ref, head->order);
        person->pull_at = VC_NEVER;
        vc_pull_plan(chat, now, person);
    }
    if (head->ref.seq > conversation->highest) {
        conversation->highest = head->ref.seq;
    }
    if (head->ref.seq == conversation->contiguous + 1) {
        conversation->contiguous = head->ref.seq;
    }
    vc_contiguous_advance(chat, person); /* over what is here or lost */
    vc_clock_adopt(conversation, now, message->clock);
    vc_person_conversation_dirty(chat, person);
}

static bool take_message(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, struct vc_bytes object)
{
    struct vc_message_object message;
    struct vc_message_row row = {.stored_at = now->unix_ms};
    struct vc_head head = {.order = 0};

    if (vc_message_object_read(object, &message) != VC_OK) {
        return forget_it(chat);
    }
    head.ref.author = (uint8_t)(1 - person->own_author);
    head.ref.device = (uint8_t)person->device.certificate.index;
    head.ref.seq = message.seq;
    if (!vc_message_has_sane_parents(&message, &head.ref)) {
        return forget_it(chat);
    }
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + VC_PLACE_OPS + 3,
                     VC_MAIL_ACCEPT_BYTES + VC_PLACE_BYTES + VC_MESSAGE_ROW_HEAD_MAX +
                         message.body.len + 128) != VC_OK) {
        return false;
    }
    vc_message_id(&row.id, &person->pair, &person->row.root, head.ref.device, &message);
    if (is_here(chat, person, &head.ref, &row.id)) {
        return true;
    }
    row.clock = message.clock;
    row.order = vc_order_place(chat, now, person, &head.ref, &message, &row.id);
    row.number = ++person->conversation.arrivals;
    memcpy(row.parents, message.parents, sizeof row.parents);
    row.parent_count = message.parent_count;
    row.type = message.type;
    row.type_version = message.type_version;
    row.body = message.body;
    vc_message_add(chat, now, person, &head.ref, &row);
    head.order = row.order;
    update_books(chat, now, person, &message, &head);
    return true;
}

static bool take_card(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, struct vc_bytes object)
{
    struct vc_card card;
    bool is_his;

    if (vc_card_object_read(object, &card) != VC_OK) {
        return forget_it(chat);
    }
    is_his = vc_equal(card.root.b, person->row.root.b, sizeof card.root.b) &&
             vc_equal(card.devices[0].dev_dh.b, person->device.certificate.dev_dh.b,
                      sizeof card.devices[0].dev_dh.b);
    if (!is_his || vc_card_is_old(person, &card)) {
        vc_wipe(&card, sizeof card);
        return forget_it(chat);
    }
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + VC_KEYS_OPS,
                     VC_MAIL_ACCEPT_BYTES + VC_KEYS_BYTES) != VC_OK) {
        vc_wipe(&card, sizeof card);
        return false;
    }
    vc_person_set_card(chat, now, person, &card);
    vc_wipe(&card, sizeof card);
    return true;
}

bool vc_inbound_object(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, struct vc_bytes object)
{
    uint8_t version, kind;

    if (vc_object_read_kind(object, &version, &kind) != VC_OK ||
        version != VC_OBJECT_VERSION) {
        return forget_it(chat);
    }
    switch (kind) {
    case VC_OBJECT_MESSAGE:
        return take_message(chat, now, person, object);
    case VC_OBJECT_READ:
        return vc_receipt_on_read(chat, now, person, object);
    case VC_OBJECT_PULL:
        return vc_pull_on_pull(chat, now, person, object);
    case VC_OBJECT_GONE:
        return vc_pull_on_gone(chat, now, person, object);
    case VC_OBJECT_CARD:
        return take_card(chat, now, person, object);
    case VC_OBJECT_RESTORE:
        return vc_restore_on_ask(chat, now, person, object);
    case VC_OBJECT_OWN:
        return vc_restore_on_own(chat, now, person, object);
    case VC_OBJECT_RESTORED:
        return vc_restore_on_restored(chat, now, person, object);
    default:
        return forget_it(chat);
    }
}

/*
 * Where a message stands: node/SPEC.md, "Order".
 *
 * The order of a message is its clock, or one more than the greatest order of its parents
 * if that is more; equal ones are sorted by the ref.  So every parent stands before its
 * children, and both sides agree, because all of it is made of the messages themselves.
 */
#include "node/chat/state.h"

uint64_t vc_clock_next(const struct vc_conversation_row *conversation,
                       const struct vc_now *now)
{
    uint64_t wall = now->unix_ms < (VC_CHAT_CLOCK_MAX >> 16) ? now->unix_ms << 16 : 0;
    uint64_t clock = wall > conversation->clock ? wall : conversation->clock + 1;

    return clock < VC_CHAT_CLOCK_MAX ? clock : VC_CHAT_CLOCK_MAX;
}

void vc_clock_adopt(struct vc_conversation_row *conversation, const struct vc_now *now,
                    uint64_t clock)
{
    uint64_t most_ms = now->unix_ms + VC_CHAT_CLOCK_AHEAD_MS;
    uint64_t most = most_ms < (VC_CHAT_CLOCK_MAX >> 16) ? most_ms << 16 : 0;

    if (clock > most) {
        clock = most;
    }
    if (clock > conversation->clock) {
        conversation->clock = clock;
    }
}

bool vc_order_of(struct vc_chat *chat, const struct vc_person *person,
                 const struct vc_message_ref *ref, uint64_t *ret_order)
{
    const struct vc_conversation_row *conversation = &person->conversation;
    const struct vc_unsettled *entry;
    struct vc_message_row row;

    for (uint8_t i = 0; i < conversation->head_count; i++) {
        if (vc_ref_compare(&conversation->heads[i].ref, ref) == 0) {
            *ret_order = conversation->heads[i].order;
            return true;
        }
    }
    entry = vc_unsettled_find(chat, person, ref);
    if (entry != NULL) {
        *ret_order = entry->row.order;
        return true;
    }
    if (vc_message_get(chat, person->id, ref, &row) != VC_OK) {
        return false;
    }
    *ret_order = row.order;
    return true;
}

/* Is it one that can still come: his, from his device, and not from before we met?  Or one of
 * ours that our store has lost? */
static bool can_come(const struct vc_chat *chat, const struct vc_person *person,
                     const struct vc_message_ref *ref)
{
    if (ref->author == person->own_author) {
        return ref->device == chat->cfg.device->certificate.index &&
               person->row.restoring == VC_RESTORING_BOTH;
    }
    return ref->device == person->device.certificate.index &&
           ref->seq > person->conversation.base;
}

bool vc_order_is_doubtful(const struct vc_chat *chat, const struct vc_person *person,
                          const struct vc_message_ref *ref)
{
    return person->row.restoring == VC_RESTORING_BOTH &&
           ref->author == person->own_author &&
           ref->device == chat->cfg.device->certificate.index &&
           !vc_delivered_has(&person->conversation, ref->seq);
}

uint64_t vc_order_least(struct vc_chat *chat, const struct vc_person *person,
                        const struct vc_message_object *message)
{
    uint64_t order = message->clock;

    for (uint8_t i = 0; i < message->parent_count; i++) {
        uint64_t before;

        if (vc_order_of(chat, person, &message->parents[i], &before) &&
            before >= order) {
            order = before + 1;
        }
    }
    return order;
}

/* Waits for a parent that is not here; false when there is nothing to wait for. */
static bool await(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person, const struct vc_message_ref *parent)
{
    struct vc_gap *gap = vc_gap_find(person, parent);

    struct vc_message_row row;

    if (gap != NULL) {
        return !gap->is_lost;
    }
    if (parent->author == person->own_author &&
        vc_message_get(chat, person->id, parent, &row) == VC_OK) {
        return true; /* it may be the one, or have to make place for it */
    }
    if (!can_come(chat, person, parent) ||
        vc_gap_open(chat, now, person, parent) == NULL) {
        return false;
    }
    vc_pull_plan(chat, now, person);
    return true;
}

uint64_t vc_order_place(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, const struct vc_message_ref *ref,
                        const struct vc_message_object *message,
                        const struct vc_hash32 *id)
{
    struct vc_unsettled entry = {.contact = person->id, .ref = *ref};
    uint64_t order = message->clock;
    bool is_settled = true;

    for (uint8_t i = 0; i < message->parent_count; i++) {
        const struct vc_message_ref *parent = &message->parents[i];
        const struct vc_unsettled *unsettled = vc_unsettled_find(chat, person, parent);
        uint64_t before;

        entry.row.parents[i] = *parent;
        if (vc_order_is_doubtful(chat, person, parent)) {
            vc_restore_skip_names(chat, person, parent->seq);
            (void)await(chat, now, person, parent); /* if there is none of the name */
            is_settled = false;
            continue;
        }
        if (!vc_order_of(chat, person, parent, &before)) {
            is_settled = !await(chat, now, person, parent) && is_settled;
            continue;
        }
        if (before >= order) {
            order = before + 1;
        }
        is_settled = (unsettled == NULL || unsettled->is_settled) && is_settled;
    }
    if (!is_settled) {
        entry.row.clock = message->clock;
        entry.row.order = order;
        entry.row_order = order;
        entry.row.parent_count = message->parent_count;
        for (size_t i = 0; i < sizeof entry.row.id; i++) {
            entry.row.id[i] = id->b[i];
        }
        vc_unsettled_add(chat, person, &entry);
    }
    return order;
}

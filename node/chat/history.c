/* Messages as they are read: in the order of their conversation, and by their ids. */
#include <string.h>

#include "node/chat/state.h"

/* Messages whose ids begin alike; more do not happen by chance. */
#define ALIKE_MAX 8

vc_err vc_chat_message(struct vc_chat *chat, uint32_t contact,
                       struct vc_message_ref ref, struct vc_message *ret_message)
{
    struct vc_person *person;
    struct vc_message_row row;
    vc_err err = vc_person_get(chat, contact, &person);

    if (err == VC_OK) {
        err = vc_message_get(chat, contact, &ref, &row);
    }
    if (err == VC_OK) {
        vc_message_shape(person, &ref, &row, ret_message);
        vc_shown_add(chat, &row.id, contact, &ref);
    }
    return err;
}

/* Is it the message with this id? */
static bool fits(struct vc_chat *chat, const struct vc_hash32 *id, uint32_t contact,
                 const struct vc_message_ref *ref)
{
    struct vc_message_row row;

    return contact != 0 && vc_message_get(chat, contact, ref, &row) == VC_OK &&
           memcmp(row.id.b, id->b, sizeof id->b) == 0;
}

struct search {
    const struct vc_hash32 *id;
    struct vc_order_key found[ALIKE_MAX];
    size_t count;
};

static bool compare_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct search *search = ctx;
    struct vc_order_key order;

    if (vc_key_order_read(key, value, &order) == VC_OK &&
        memcmp(order.id, search->id->b, sizeof order.id) == 0) {
        search->found[search->count++] = order;
    }
    return search->count < ALIKE_MAX;
}

/*
 * Who asks for an id was shown it a moment ago, as a rule; the table remembers those.  A
 * row for every id would cost more than the message itself, because ids are scattered over
 * the whole table, so the others are searched for.
 */
static vc_err find_id(struct vc_chat *chat, const struct vc_hash32 *id,
                      uint32_t *ret_contact, struct vc_message_ref *ret_ref)
{
    const struct vc_shown *shown =
        &chat->shown[((size_t)id->b[0] << 8 | id->b[1]) % VC_CHAT_SHOWN_MAX];
    struct search search = {.id = id};
    struct vc_scan scan = {
        .table = VC_TABLE_ORDER, .on_row = compare_row, .ctx = &search};
    vc_err err;

    if (fits(chat, id, shown->contact, &shown->ref)) {
        *ret_contact = shown->contact;
        *ret_ref = shown->ref;
        return VC_OK;
    }
    err = vc_store_scan(chat->cfg.store, &scan);
    if (err != VC_OK) {
        return err;
    }
    for (size_t i = 0; i < search.count; i++) {
        if (fits(chat, id, search.found[i].contact, &search.found[i].ref)) {
            *ret_contact = search.found[i].contact;
            *ret_ref = search.found[i].ref;
            return VC_OK;
        }
    }
    return VC_ERR_NOT_FOUND;
}

vc_err vc_chat_message_by_id(struct vc_chat *chat, const struct vc_hash32 *id,
                             struct vc_message *ret_message)
{
    uint32_t contact;
    struct vc_message_ref ref;
    vc_err err = find_id(chat, id, &contact, &ref);

    return err != VC_OK ? err : vc_chat_message(chat, contact, ref, ret_message);
}

struct walk {
    struct vc_chat *chat;
    const struct vc_person *person;
    const struct vc_history *history;
    struct vc_chat_key from;
    vc_err err;
};

static bool walk_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct walk *walk = ctx;
    struct vc_order_key order;
    struct vc_message_row row;
    struct vc_message message;

    if (key.len == walk->from.len && memcmp(key.data, walk->from.b, key.len) == 0) {
        return true; /* it starts after this one */
    }
    walk->err = vc_key_order_read(key, value, &order);
    if (walk->err != VC_OK) {
        return false;
    }
    if (vc_message_get(walk->chat, order.contact, &order.ref, &row) != VC_OK) {
        return true; /* deleted in a turn that is not committed yet */
    }
    vc_message_shape(walk->person, &order.ref, &row, &message);
    vc_shown_add(walk->chat, &row.id, order.contact, &order.ref);
    return walk->history->on_message(walk->history->ctx, &message);
}

static vc_err find_start(struct vc_chat *chat, const struct vc_history *history,
                         struct vc_chat_key *ret_from)
{
    struct vc_order_key order = {.contact = history->contact};
    struct vc_message_row row;
    uint32_t contact;
    vc_err err = find_id(chat, history->from, &contact, &order.ref);

    if (err == VC_OK && contact != history->contact) {
        err = VC_ERR_NOT_FOUND;
    }
    if (err == VC_OK) {
        err = vc_message_get(chat, contact, &order.ref, &row);
    }
    if (err == VC_OK) {
        order.order = row.order;
        *ret_from = vc_key_order(&order);
    }
    return err;
}

vc_err vc_chat_history(struct vc_chat *chat, const struct vc_history *history)
{
    struct vc_chat_key prefix = vc_key_number(history->contact);
    struct walk walk = {.chat = chat, .history = history, .err = VC_OK};
    struct vc_scan scan = {.table = VC_TABLE_ORDER,
                           .prefix = vc_key_bytes(&prefix),
                           .is_reverse = history->is_reverse,
                           .on_row = walk_row,
                           .ctx = &walk};
    struct vc_person *person;
    vc_err err = vc_person_get(chat, history->contact, &person);

    if (err != VC_OK) {
        return err;
    }
    walk.person = person;
    if (history->from != NULL) {
        err = find_start(chat, history, &walk.from);
        if (err != VC_OK) {
            return err;
        }
        scan.from = vc_key_bytes(&walk.from);
    }
    err = vc_store_scan(chat->cfg.store, &scan);
    return err != VC_OK ? err : walk.err;
}

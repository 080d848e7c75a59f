/* Rows that are not needed any more, deleted a bounded number at a time. */
#include <string.h>

#include "node/chat/state.h"

/* Keys found by a scan, which must not write: in the room for a row. */
struct found {
    uint8_t *bytes;
    size_t key_len;
    size_t count;
    size_t seen; /* rows looked at */
    uint32_t before_day;
    struct vc_chat_key last;
};

_Static_assert(VC_CHAT_SWEEP_ROWS * VC_CHAT_KEY_MAX <= VC_STORE_VALUE_MAX,
               "the keys of a step fit into the room for a row");

static void keep(struct found *found, struct vc_bytes key)
{
    VC_CHECK(key.len <= VC_CHAT_KEY_MAX);
    found->key_len = key.len;
    memcpy(found->bytes + found->count * VC_CHAT_KEY_MAX, key.data, key.len);
    found->count++;
}

static bool take_key(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct found *found = ctx;

    (void)value;
    keep(found, key);
    return found->count < VC_CHAT_SWEEP_ROWS;
}

static bool delete_found(struct vc_chat *chat, enum vc_table table,
                         const struct found *found)
{
    if (vc_room_take(chat, NULL, found->count, found->count * VC_CHAT_KEY_MAX) != VC_OK) {
        return false;
    }
    for (size_t i = 0; i < found->count; i++) {
        struct vc_bytes key = {found->bytes + i * VC_CHAT_KEY_MAX, found->key_len};

        vc_store_del(chat->cfg.store, table, key);
    }
    return true;
}

bool vc_sweep_person(struct vc_chat *chat, struct vc_person *person)
{
    static const enum vc_table tables[] = {VC_TABLE_ORDER, VC_TABLE_MESSAGE, VC_TABLE_GAP,
                                           VC_TABLE_UNSETTLED};
    struct vc_chat_key key = vc_key_number(person->id);

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct found found = {.bytes = chat->row};
        struct vc_scan scan = {.table = tables[i],
                               .prefix = vc_key_bytes(&key),
                               .on_row = take_key,
                               .ctx = &found};

        if (vc_store_scan(chat->cfg.store, &scan) != VC_OK) {
            return false;
        }
        if (found.count > 0) {
            if (delete_found(chat, tables[i], &found)) {
                person->remove_ticket = VC_TICKET_OPEN;
            }
            return false;
        }
    }
    if (vc_room_take(chat, NULL, 2, 64) != VC_OK) {
        return false;
    }
    vc_store_del(chat->cfg.store, VC_TABLE_CONVERSATION, vc_key_bytes(&key));
    vc_store_del(chat->cfg.store, VC_TABLE_CONTACT, vc_key_bytes(&key));
    return true;
}

static bool take_old_token(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct found *found = ctx;
    struct vc_token_row row;

    if (vc_token_row_read(value, &row) == VC_OK &&
        row.day + VC_CHAT_TOKEN_DAYS < found->before_day && key.len <= VC_CHAT_KEY_MAX) {
        keep(found, key);
    }
    found->last.len = key.len <= VC_CHAT_KEY_MAX ? key.len : 0;
    memcpy(found->last.b, key.data, found->last.len);
    return ++found->seen < VC_CHAT_SWEEP_ROWS;
}

void vc_sweep_tokens(struct vc_chat *chat, const struct vc_now *now)
{
    struct found found = {.bytes = chat->row,
                          .before_day = (uint32_t)(now->unix_ms / VC_CHAT_DAY_MS)};
    struct vc_scan scan = {.table = VC_TABLE_TOKEN, .on_row = take_old_token, .ctx = &found};

    if (now->mono < chat->sweep_at) {
        vc_chat_want(chat, chat->sweep_at);
        return;
    }
    if (chat->sweep_from.len > 0) {
        scan.from = vc_key_bytes(&chat->sweep_from);
    }
    chat->sweep_at = now->mono + VC_CHAT_SWEEP_MS;
    if (vc_store_scan(chat->cfg.store, &scan) == VC_OK) {
        bool is_more = found.seen == VC_CHAT_SWEEP_ROWS;

        if (found.count > 0 && !delete_found(chat, VC_TABLE_TOKEN, &found)) {
            is_more = true;
        } else {
            chat->sweep_from = found.last;
        }
        if (is_more) {
            chat->sweep_at = now->mono + VC_CHAT_CHORE_RETRY_MS;
        } else {
            chat->sweep_from.len = 0;
        }
    }
    vc_chat_want(chat, chat->sweep_at);
}

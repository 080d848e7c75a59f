/* Rows of removed contacts, deleted a bounded number at a time. */
#include <string.h>

#include "node/chat/state.h"

/* Keys found by a scan, which must not write: in the room for a row. */
struct found {
    uint8_t *bytes;
    size_t key_len;
    size_t count;
};

_Static_assert(VC_CHAT_SWEEP_ROWS *(size_t)VC_CHAT_KEY_MAX <= VC_STORE_VALUE_MAX,
               "the keys of a step fit into the room for a row");

static bool take_key(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct found *found = ctx;

    (void)value;
    VC_CHECK(key.len <= VC_CHAT_KEY_MAX);
    found->key_len = key.len;
    memcpy(found->bytes + found->count * VC_CHAT_KEY_MAX, key.data, key.len);
    found->count++;
    return found->count < VC_CHAT_SWEEP_ROWS;
}

static bool delete_found(struct vc_chat *chat, enum vc_table table,
                         const struct found *found)
{
    if (vc_room_take(chat, NULL, found->count, found->count * VC_CHAT_KEY_MAX) !=
        VC_OK) {
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
    static const enum vc_table tables[] = {VC_TABLE_ORDER, VC_TABLE_MESSAGE,
                                           VC_TABLE_GAP, VC_TABLE_UNSETTLED};
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

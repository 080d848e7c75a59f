/* SCHEMA.md, "A row's place". */
#include "storage/rowkey.h"

#include <string.h>

bool vc_row_key_is_hidden(enum vc_table table)
{
    switch (table) {
    case VC_TABLE_CONTACT:
    case VC_TABLE_DEVICE:
    case VC_TABLE_MAILBOX:
    case VC_TABLE_OUTBOX:
    case VC_TABLE_CONVERSATION:
    case VC_TABLE_MESSAGE:
    case VC_TABLE_ORDER:
    case VC_TABLE_GAP:
    case VC_TABLE_UNSETTLED:
    case VC_TABLE_SESSION:
    case VC_TABLE_SKIPPED:
    case VC_TABLE_PREKEY:
    case VC_TABLE_REPLAY:
        return true;
    case VC_TABLE_META:
    case VC_TABLE_IDENTITY:
    case VC_TABLE_SETTING:
    case VC_TABLE_INVITE:
    case VC_TABLE_JOIN:
    case VC_TABLE_MESSAGE_ID:
    case VC_TABLE_TOKEN:
    case VC_TABLE_EVENT:
    case VC_TABLE_ROOT:
    case VC_TABLE_COUNT:
        break;
    }
    return false;
}

static void place_of(const struct vc_keyring *ring, enum vc_table table,
                     struct vc_bytes front, uint8_t ret_place[VC_PLACE_BYTES])
{
    uint8_t number = (uint8_t)table;
    struct vc_bytes parts[2] = {{&number, 1}, front};

    /* A shorter key is another input, so that lengths need no byte of their own. */
    vc_hash_parts(ret_place, VC_PLACE_BYTES, "store keys", &ring->places, parts, 2);
}

/* Was the place made of a key that begins alike? */
static bool has_front(const struct vc_row_key *place, enum vc_table table,
                      struct vc_bytes front)
{
    return place->table == (uint8_t)table && place->front_len == 1 + front.len &&
           memcmp(place->front + 1, front.data, front.len) == 0;
}

void vc_row_key_make(struct vc_row_key *place, const struct vc_keyring *ring,
                     enum vc_table table, struct vc_bytes key)
{
    struct vc_bytes front = {key.data,
                             key.len < VC_FRONT_BYTES ? key.len : VC_FRONT_BYTES};

    VC_CHECK(key.len >= 1 && key.len <= VC_STORE_KEY_MAX);
    if (!vc_row_key_is_hidden(table)) {
        memcpy(place->bytes, key.data, key.len);
        place->len = (uint8_t)key.len;
        place->front_len = 0;
        return;
    }
    if (!has_front(place, table, front)) {
        place_of(ring, table, front, place->bytes);
        place->front[0] = (uint8_t)front.len;
        memcpy(place->front + 1, front.data, front.len);
        place->front_len = (uint8_t)(1 + front.len);
        place->table = (uint8_t)table;
    }
    memcpy(place->bytes + VC_PLACE_BYTES, key.data + front.len, key.len - front.len);
    place->len = (uint8_t)(VC_PLACE_BYTES + key.len - front.len);
}

struct vc_bytes vc_row_key_bytes(const struct vc_row_key *place)
{
    return (struct vc_bytes){place->bytes, place->len};
}

vc_err vc_row_key_restore(enum vc_table table, struct vc_bytes stored,
                          struct vc_bytes plain, uint8_t *ret_room,
                          struct vc_bytes *ret_key, struct vc_bytes *ret_value)
{
    struct vc_reader r = vc_reader(plain);
    struct vc_bytes front;
    size_t rest;

    if (!vc_row_key_is_hidden(table)) {
        *ret_key = stored;
        *ret_value = plain;
        return VC_OK;
    }
    front = vc_read_bytes(&r, vc_read_u8(&r));
    *ret_value = vc_read_rest(&r);
    if (vc_reader_end(&r) != VC_OK || front.len < 1 || front.len > VC_FRONT_BYTES ||
        stored.len < VC_PLACE_BYTES) {
        return VC_ERR_STORE_DAMAGED;
    }
    rest = stored.len - VC_PLACE_BYTES;
    if ((front.len < VC_FRONT_BYTES && rest > 0) ||
        front.len + rest > VC_STORE_KEY_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    memcpy(ret_room, front.data, front.len);
    memcpy(ret_room + front.len, stored.data + VC_PLACE_BYTES, rest);
    *ret_key = (struct vc_bytes){ret_room, front.len + rest};
    return VC_OK;
}

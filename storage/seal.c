/* SCHEMA.md, "A row on disk". */
#include "storage/seal.h"

#include <string.h>

#include "crypto/base/cursor.h"
#include "storage/plain.h"
#include "storage/schema.h"

_Static_assert(VC_SEAL_OVERHEAD == VC_SIV_TAG_LEN, "what a seal is longer");

bool vc_table_forgets(enum vc_table table)
{
    return table == VC_TABLE_SESSION || table == VC_TABLE_SKIPPED ||
           table == VC_TABLE_PREKEY || table == VC_TABLE_REPLAY ||
           table == VC_TABLE_ROOT;
}

/* The row that says the version is read before there is a key. */
static bool is_version(enum vc_table table, struct vc_bytes key)
{
    static const uint8_t version_key[] = VC_SCHEMA_KEY;

    return table == VC_TABLE_META && key.len == sizeof version_key &&
           memcmp(key.data, version_key, sizeof version_key) == 0;
}

/* What a seal holds beside the row: the place and the form. */
struct holding {
    uint8_t head[2];
    uint8_t form;
    struct vc_bytes parts[3];
    struct vc_siv_ad ad;
};

static void hold(struct holding *ret_holding, enum vc_table table, struct vc_bytes key)
{
    struct holding *h = ret_holding;

    h->head[0] = (uint8_t)table;
    h->head[1] = (uint8_t)key.len;
    h->form = VC_SEAL_FORM;
    h->parts[0] = VC_BYTES(h->head);
    h->parts[1] = key;
    h->parts[2] = (struct vc_bytes){&h->form, 1};
    h->ad = (struct vc_siv_ad){h->parts, 3};
}

size_t vc_row_stored_len(enum vc_table table, const struct vc_row_key *place,
                         size_t value_len)
{
    if (is_version(table, vc_row_key_bytes(place))) {
        return value_len + VC_PLAIN_CHECK_BYTES;
    }
    return (vc_table_forgets(table) ? VC_EPOCH_BYTES : 0u) + VC_SEAL_OVERHEAD +
           place->front_len + value_len;
}

static void write_epoch(uint8_t *ret_bytes, uint32_t number)
{
    struct vc_writer w = vc_writer(ret_bytes, VC_EPOCH_BYTES);

    vc_write_u32(&w, number);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
}

uint32_t vc_row_epoch(struct vc_bytes stored)
{
    struct vc_reader r = vc_reader(stored);

    return vc_read_u32(&r);
}

void vc_row_seal(uint8_t *ret_stored, struct vc_keyring *ring, enum vc_table table,
                 const struct vc_row_key *place, struct vc_bytes value)
{
    struct vc_bytes key = vc_row_key_bytes(place);
    uint8_t *plain = ret_stored + VC_SEAL_OVERHEAD;
    struct vc_epoch_key epoch;
    struct holding holding;

    if (is_version(table, key)) {
        vc_plain_encode(ret_stored, table, key, value);
        return;
    }
    hold(&holding, table, key);
    if (vc_table_forgets(table)) {
        vc_keyring_newest(ring, &epoch);
        write_epoch(ret_stored, epoch.number);
        ret_stored += VC_EPOCH_BYTES;
        plain += VC_EPOCH_BYTES;
    }
    memcpy(plain, place->front, place->front_len);
    if (value.len > 0) {
        memcpy(plain + place->front_len, value.data, value.len);
    }
    vc_siv_seal(ret_stored, VC_SIV_TAG_LEN,
                vc_table_forgets(table) ? &epoch.key : &ring->values, &holding.ad,
                (struct vc_bytes){plain, place->front_len + value.len});
    if (vc_table_forgets(table)) {
        vc_wipe(&epoch, sizeof epoch);
    }
}

static bool open_seal(struct vc_room room, struct vc_keyring *ring, enum vc_table table,
                      const struct vc_siv_ad *ad, struct vc_bytes stored)
{
    struct vc_epoch_key epoch;
    bool is_right;

    if (!vc_table_forgets(table)) {
        return vc_siv_open(room.data, VC_SIV_TAG_LEN, &ring->values, ad, stored);
    }
    if (stored.len < VC_EPOCH_BYTES ||
        !vc_keyring_find(ring, vc_row_epoch(stored), &epoch)) {
        return false;
    }
    stored.data += VC_EPOCH_BYTES;
    stored.len -= VC_EPOCH_BYTES;
    is_right = vc_siv_open(room.data, VC_SIV_TAG_LEN, &epoch.key, ad, stored);
    vc_wipe(&epoch, sizeof epoch);
    return is_right;
}

vc_err vc_row_open(struct vc_row *ret_row, struct vc_room room, struct vc_keyring *ring,
                   enum vc_table table, struct vc_bytes stored_key,
                   struct vc_bytes stored)
{
    size_t overhead =
        VC_SEAL_OVERHEAD + (vc_table_forgets(table) ? VC_EPOCH_BYTES : 0u);
    struct holding holding;
    struct vc_bytes plain;
    vc_err err;

    if (stored_key.len == 0 || stored_key.len > VC_ROW_KEY_MAX ||
        stored.len > VC_STORED_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    if (is_version(table, stored_key)) {
        ret_row->key = stored_key;
        return vc_plain_decode(table, stored_key, stored, &ret_row->value);
    }
    VC_CHECK(room.len >= stored.len);
    hold(&holding, table, stored_key);
    if (stored.len < overhead || !open_seal(room, ring, table, &holding.ad, stored)) {
        return VC_ERR_STORE_DAMAGED;
    }
    plain = (struct vc_bytes){room.data, stored.len - overhead};
    err = vc_row_key_restore(table, stored_key, plain, ret_row->key_room,
                             &ret_row->key, &ret_row->value);
    if (err == VC_OK && (ret_row->key.len > VC_STORE_KEY_MAX ||
                         ret_row->value.len > VC_STORE_VALUE_MAX)) {
        err = VC_ERR_STORE_DAMAGED;
    }
    return err;
}

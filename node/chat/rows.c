#include "node/chat/rows.h"

#include "node/chat/row_fields.h"

void vc_owner_row_write(struct vc_writer *w, const struct vc_owner_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->sends_read_receipts);
    vc_row_write_text(w, row->name);
}

vc_err vc_owner_row_read(struct vc_bytes value, struct vc_owner_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_owner_row row;

    row.sends_read_receipts = vc_row_read_flag(&r);
    vc_row_read_text(&r, row.name, sizeof row.name);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_counters_row_write(struct vc_writer *w, const struct vc_counters_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u32(w, row->contact);
    vc_write_u32(w, row->peer);
    vc_write_u32(w, row->invite);
    vc_write_u32(w, row->join);
}

vc_err vc_counters_row_read(struct vc_bytes value, struct vc_counters_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_counters_row row;

    row.contact = vc_read_u32(&r);
    row.peer = vc_read_u32(&r);
    row.invite = vc_read_u32(&r);
    row.join = vc_read_u32(&r);
    if (vc_row_end(&r) != VC_OK || row.contact == 0 || row.peer == 0 ||
        row.peer > VC_LINK_PEER_JOINING || row.invite == 0 || row.join == 0) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_contact_row_write(struct vc_writer *w, const struct vc_contact_row *row)
{
    vc_write_u8(w, VC_CONTACT_ROW_VERSION);
    vc_write_u8(w, row->is_blocked);
    vc_write_u8(w, row->is_verified);
    vc_write_u8(w, row->is_removed);
    vc_write_u8(w, (uint8_t)((row->is_resending ? 1 : 0) + 2 * row->restoring));
    vc_write_u32(w, row->peer);
    vc_write_copy(w, row->root.b, sizeof row->root.b);
    vc_write_u8(w, row->record_generation);
    vc_write_copy(w, row->record.b, sizeof row->record.b);
    vc_write_u8(w, row->contacts_generation);
    vc_write_copy(w, row->contacts.b, sizeof row->contacts.b);
    vc_write_u64(w, row->added_at);
    vc_write_u64(w, row->last_seen_at);
    vc_write_u64(w, row->card_sent);
    vc_write_u64(w, row->card_acked);
    vc_write_u32(w, row->live_seq);
    vc_write_u64(w, row->device_since);
    vc_row_write_text(w, row->petname);
    vc_row_write_text(w, row->own_name);
}

/* One byte for both: what is resent, and what is restored. */
static void read_repairs(struct vc_reader *r, struct vc_contact_row *row)
{
    uint8_t repairs = vc_read_u8(r);

    if (repairs > 1 + 2 * VC_RESTORING_BOTH) {
        vc_reader_fail(r);
    }
    row->is_resending = (repairs & 1) != 0;
    row->restoring = repairs / 2;
}

/* The marks of version 1 did not say which keys were in the card: as if it had none. */
static void read_card_marks(struct vc_reader *r, uint8_t version,
                            struct vc_contact_row *row)
{
    row->card_sent = vc_read_u64(r);
    row->card_acked = vc_read_u64(r);
    if (version == 1) {
        row->card_sent = 0;
        row->card_acked = 0;
        return;
    }
    row->live_seq = vc_read_u32(r);
    row->device_since = vc_read_u64(r);
}

vc_err vc_contact_row_read(struct vc_bytes value, struct vc_contact_row *ret_row)
{
    struct vc_reader r = vc_reader(value);
    struct vc_contact_row row = {.live_seq = 0};
    uint8_t version = vc_read_u8(&r);

    if (version != 1 && version != VC_CONTACT_ROW_VERSION) {
        return VC_ERR_STORE_DAMAGED;
    }
    row.is_blocked = vc_row_read_flag(&r);
    row.is_verified = vc_row_read_flag(&r);
    row.is_removed = vc_row_read_flag(&r);
    read_repairs(&r, &row);
    row.peer = vc_read_u32(&r);
    vc_read_copy(&r, row.root.b, sizeof row.root.b);
    row.record_generation = vc_read_u8(&r);
    vc_read_copy(&r, row.record.b, sizeof row.record.b);
    row.contacts_generation = vc_read_u8(&r);
    vc_read_copy(&r, row.contacts.b, sizeof row.contacts.b);
    row.added_at = vc_read_u64(&r);
    row.last_seen_at = vc_read_u64(&r);
    read_card_marks(&r, version, &row);
    vc_row_read_text(&r, row.petname, sizeof row.petname);
    vc_row_read_text(&r, row.own_name, sizeof row.own_name);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_turning_row_write(struct vc_writer *w, const struct vc_turning_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->is_wanted);
    vc_write_u64(w, row->turned_at);
    vc_write_u8(w, row->count);
    for (uint8_t i = 0; i < row->count; i++) {
        vc_write_u8(w, row->old[i].generation);
        vc_write_copy(w, row->old[i].key.b, sizeof row->old[i].key.b);
    }
}

vc_err vc_turning_row_read(struct vc_bytes value, struct vc_turning_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_turning_row row = {.count = 0};
    vc_err err;

    row.is_wanted = vc_row_read_flag(&r);
    row.turned_at = vc_read_u64(&r);
    row.count = vc_row_read_count(&r, VC_CHAT_OLD_KEYS_MAX);
    for (uint8_t i = 0; i < row.count; i++) {
        row.old[i].generation = vc_read_u8(&r);
        vc_read_copy(&r, row.old[i].key.b, sizeof row.old[i].key.b);
    }
    err = vc_row_end(&r);
    if (err == VC_OK) {
        *ret_row = row;
    }
    vc_wipe(&row, sizeof row);
    return err;
}

void vc_forwards_row_write(struct vc_writer *w, const struct vc_forwards_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->count);
    for (uint8_t i = 0; i < row->count; i++) {
        vc_write_copy(w, row->moves[i].old_seed.b, sizeof row->moves[i].old_seed.b);
        vc_forward_write(w, &row->moves[i].forward);
    }
}

vc_err vc_forwards_row_read(struct vc_bytes value, struct vc_forwards_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_forwards_row row = {.count = vc_row_read_count(&r, VC_CHAT_FORWARDS_MAX)};
    vc_err err;

    for (uint8_t i = 0; i < row.count; i++) {
        vc_read_copy(&r, row.moves[i].old_seed.b, sizeof row.moves[i].old_seed.b);
        vc_forward_read(&r, &row.moves[i].forward);
    }
    err = vc_row_end(&r);
    if (err == VC_OK) {
        *ret_row = row;
    }
    vc_wipe(&row, sizeof row);
    return err;
}

void vc_device_row_write(struct vc_writer *w, const struct vc_device_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u32(w, row->contact);
    vc_certificate_write(w, &row->certificate);
    vc_row_write_addrs(w, row->addrs, row->addr_count);
    vc_row_write_addrs(w, row->good, row->good_count);
}

vc_err vc_device_row_read(struct vc_bytes value, struct vc_device_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_device_row row = {0};

    row.contact = vc_read_u32(&r);
    vc_certificate_read(&r, &row.certificate);
    row.addr_count = vc_row_read_addrs(&r, row.addrs, VC_CARD_ADDRS_MAX);
    row.good_count = vc_row_read_addrs(&r, row.good, VC_CHAT_GOOD_ADDRS_MAX);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_invite_row_write(struct vc_writer *w, const struct vc_invite_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->is_revoked);
    vc_write_u8(w, row->is_settled);
    vc_write_u64(w, row->made_at);
    vc_write_u64(w, row->expires_at);
    vc_write_u32(w, row->contact);
    vc_write_copy(w, row->bound_root.b, sizeof row->bound_root.b);
    vc_row_write_text(w, row->note);
    vc_row_write_text(w, row->text);
}

vc_err vc_invite_row_read(struct vc_bytes value, struct vc_invite_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_invite_row row;

    row.is_revoked = vc_row_read_flag(&r);
    row.is_settled = vc_row_read_flag(&r);
    row.made_at = vc_read_u64(&r);
    row.expires_at = vc_read_u64(&r);
    row.contact = vc_read_u32(&r);
    vc_read_copy(&r, row.bound_root.b, sizeof row.bound_root.b);
    vc_row_read_text(&r, row.note, sizeof row.note);
    vc_row_read_text(&r, row.text, sizeof row.text);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_join_row_write(struct vc_writer *w, const struct vc_join_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->is_done);
    vc_write_u8(w, row->is_failed);
    vc_row_write_err(w, row->reason);
    vc_write_u64(w, row->begun_at);
    vc_write_u32(w, row->peer);
    vc_write_u32(w, row->contact);
    vc_row_write_text(w, row->petname);
    vc_row_write_text(w, row->text);
}

vc_err vc_join_row_read(struct vc_bytes value, struct vc_join_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_join_row row;

    row.is_done = vc_row_read_flag(&r);
    row.is_failed = vc_row_read_flag(&r);
    row.reason = vc_row_read_err(&r);
    row.begun_at = vc_read_u64(&r);
    row.peer = vc_read_u32(&r);
    row.contact = vc_read_u32(&r);
    vc_row_read_text(&r, row.petname, sizeof row.petname);
    vc_row_read_text(&r, row.text, sizeof row.text);
    if (vc_row_end(&r) != VC_OK || (row.is_done && row.is_failed)) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

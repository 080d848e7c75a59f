#include "node/chat/objects.h"
#include "node/chat/row_fields.h"

static uint16_t count_bits(const uint8_t *bytes, size_t len)
{
    uint16_t count = 0;

    for (size_t i = 0; i < len; i++) {
        for (uint8_t byte = bytes[i]; byte != 0; byte &= (uint8_t)(byte - 1)) {
            count++;
        }
    }
    return count;
}

static uint16_t used_bytes(const uint8_t *bytes, size_t len)
{
    while (len > 0 && bytes[len - 1] == 0) {
        len--;
    }
    return (uint16_t)len;
}

void vc_conversation_row_write(struct vc_writer *w,
                               const struct vc_conversation_row *row)
{
    uint16_t beyond_len = used_bytes(row->beyond, sizeof row->beyond);

    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u64(w, row->clock);
    vc_write_u32(w, row->own_seq);
    vc_write_u32(w, row->delivered);
    vc_write_u32(w, row->read_there);
    vc_write_u32(w, row->highest);
    vc_write_u32(w, row->contiguous);
    vc_write_u32(w, row->base);
    vc_write_u32(w, row->arrivals);
    vc_write_u32(w, row->read_mark);
    vc_write_u32(w, row->receipt_wanted);
    vc_write_u32(w, row->receipt_sent);
    vc_write_u32(w, row->receipt_acked);
    vc_write_u8(w, row->head_count);
    for (uint8_t i = 0; i < row->head_count; i++) {
        vc_ref_write(w, &row->heads[i].ref);
        vc_write_u64(w, row->heads[i].order);
    }
    vc_write_u16(w, beyond_len);
    vc_write_copy(w, row->beyond, beyond_len);
}

vc_err vc_conversation_row_read(struct vc_bytes value,
                                struct vc_conversation_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_conversation_row row = {0};
    uint16_t beyond_len;

    row.clock = vc_read_u64(&r);
    row.own_seq = vc_read_u32(&r);
    row.delivered = vc_read_u32(&r);
    row.read_there = vc_read_u32(&r);
    row.highest = vc_read_u32(&r);
    row.contiguous = vc_read_u32(&r);
    row.base = vc_read_u32(&r);
    row.arrivals = vc_read_u32(&r);
    row.read_mark = vc_read_u32(&r);
    row.receipt_wanted = vc_read_u32(&r);
    row.receipt_sent = vc_read_u32(&r);
    row.receipt_acked = vc_read_u32(&r);
    row.head_count = vc_row_read_count(&r, VC_CHAT_PARENTS_MAX);
    for (uint8_t i = 0; i < row.head_count; i++) {
        row.heads[i].ref = vc_ref_read(&r);
        row.heads[i].order = vc_read_u64(&r);
    }
    beyond_len = vc_read_u16(&r);
    if (beyond_len > sizeof row.beyond) {
        return VC_ERR_STORE_DAMAGED;
    }
    vc_read_copy(&r, row.beyond, beyond_len);
    if (vc_row_end(&r) != VC_OK || used_bytes(row.beyond, beyond_len) != beyond_len ||
        row.clock > VC_CHAT_CLOCK_MAX || row.delivered > row.own_seq ||
        row.read_mark > row.arrivals) {
        return VC_ERR_STORE_DAMAGED;
    }
    row.beyond_count = count_bits(row.beyond, beyond_len);
    *ret_row = row;
    return VC_OK;
}

void vc_message_row_write_head(struct vc_writer *w, const struct vc_message_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->is_failed);
    vc_row_write_err(w, row->reason);
    vc_write_copy(w, row->id.b, sizeof row->id.b);
    vc_write_u64(w, row->clock);
    vc_write_u64(w, row->order);
    vc_write_u64(w, row->stored_at);
    vc_write_u64(w, row->number);
    vc_row_write_refs(w, row->parents, row->parent_count);
    vc_write_u16(w, row->type);
    vc_write_u8(w, row->type_version);
}

vc_err vc_message_row_read(struct vc_bytes value, struct vc_message_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_message_row row = {0};

    row.is_failed = vc_row_read_flag(&r);
    row.reason = vc_row_read_err(&r);
    vc_read_copy(&r, row.id.b, sizeof row.id.b);
    row.clock = vc_read_u64(&r);
    row.order = vc_read_u64(&r);
    row.stored_at = vc_read_u64(&r);
    row.number = vc_read_u64(&r);
    row.parent_count = vc_row_read_refs(&r, row.parents);
    row.type = vc_read_u16(&r);
    row.type_version = vc_read_u8(&r);
    row.body = vc_read_rest(&r);
    if (vc_row_end(&r) != VC_OK || row.body.len == 0 ||
        row.body.len > VC_CHAT_BODY_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_gap_row_write(struct vc_writer *w, const struct vc_gap_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, row->is_lost);
    vc_write_u64(w, row->opened_at);
}

vc_err vc_gap_row_read(struct vc_bytes value, struct vc_gap_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_gap_row row;

    row.is_lost = vc_row_read_flag(&r);
    row.opened_at = vc_read_u64(&r);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_unsettled_row_write(struct vc_writer *w, const struct vc_unsettled_row *row)
{
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u64(w, row->clock);
    vc_write_u64(w, row->order);
    vc_write_copy(w, row->id, sizeof row->id);
    vc_row_write_refs(w, row->parents, row->parent_count);
}

vc_err vc_unsettled_row_read(struct vc_bytes value, struct vc_unsettled_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_unsettled_row row = {0};

    row.clock = vc_read_u64(&r);
    row.order = vc_read_u64(&r);
    vc_read_copy(&r, row.id, sizeof row.id);
    row.parent_count = vc_row_read_refs(&r, row.parents);
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_token_row_write(struct vc_writer *w, const struct vc_token_row *row)
{
    VC_CHECK(row->count >= 1 && row->count <= VC_TOKENS_IN_ROW);
    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u32(w, row->day);
    for (uint8_t i = 0; i < row->count; i++) {
        vc_write_u64(w, row->tokens[i].hash);
        vc_write_u32(w, row->tokens[i].contact);
        vc_write_u32(w, row->tokens[i].seq);
    }
}

vc_err vc_token_row_read(struct vc_bytes value, struct vc_token_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_token_row row = {.day = vc_read_u32(&r)};
    size_t count = vc_reader_left(&r) / 16;

    if (count < 1 || count > VC_TOKENS_IN_ROW) {
        return VC_ERR_STORE_DAMAGED;
    }
    for (row.count = 0; row.count < count; row.count++) {
        row.tokens[row.count].hash = vc_read_u64(&r);
        row.tokens[row.count].contact = vc_read_u32(&r);
        row.tokens[row.count].seq = vc_read_u32(&r);
    }
    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_event_row_write(struct vc_writer *w, const struct vc_event_row *row)
{
    const struct vc_event *event = &row->event;

    vc_write_u8(w, VC_CHAT_ROW_VERSION);
    vc_write_u8(w, (uint8_t)event->kind);
    vc_write_u32(w, row->count);
    vc_write_u64(w, event->at);
    vc_write_u32(w, event->contact);
    vc_ref_write(w, &event->ref);
    vc_write_u32(w, event->seq_last);
    /* One field for both: no event has a state and a change. */
    vc_write_u8(w, event->kind == VC_EVENT_CONTACT_CHANGED ? (uint8_t)event->change
                                                           : (uint8_t)event->state);
    vc_row_write_err(w, event->reason);
    vc_write_u32(w, event->join);
}

vc_err vc_event_row_read(struct vc_bytes value, struct vc_event_row *ret_row)
{
    struct vc_reader r = vc_row_reader(value);
    struct vc_event_row row = {0};
    uint8_t kind = vc_read_u8(&r);
    uint8_t state;

    row.count = vc_read_u32(&r);
    row.event.at = vc_read_u64(&r);
    row.event.contact = vc_read_u32(&r);
    row.event.ref = vc_ref_read(&r);
    row.event.seq_last = vc_read_u32(&r);
    state = vc_read_u8(&r);
    row.event.reason = vc_row_read_err(&r);
    row.event.join = vc_read_u32(&r);
    if (vc_row_end(&r) != VC_OK || kind < VC_EVENT_MESSAGE ||
        kind > VC_EVENT_READ_HERE || state > VC_MESSAGE_FAILED || row.count == 0 ||
        (row.count > 1 && kind != VC_EVENT_MESSAGE)) {
        return VC_ERR_STORE_DAMAGED;
    }
    if (kind == VC_EVENT_CONTACT_CHANGED) {
        if (state > VC_CHANGE_SESSION) {
            return VC_ERR_STORE_DAMAGED;
        }
        row.event.change = (enum vc_change)state;
        state = 0;
    }
    row.event.kind = (enum vc_event_kind)kind;
    row.event.state = (enum vc_message_state)state;
    *ret_row = row;
    return VC_OK;
}

/* The books of a conversation: heads, what has arrived where, and holes. */
#include <string.h>

#include "node/chat/state.h"

/* Messages looked at in one call: a bound for a turn, not for the books. */
#define ADVANCE_MAX 1024

struct loading {
    struct vc_chat *chat;
    vc_err err;
};

static bool load_conversation(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_reader r = vc_reader(key);
    struct vc_person *person = vc_person_find(loading->chat, vc_read_be32(&r));

    if (vc_reader_end(&r) != VC_OK || person == NULL) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    loading->err = vc_conversation_row_read(value, &person->conversation);
    if (person->row.is_resending) {
        person->resend_next = person->conversation.delivered + 1;
        person->chores |= VC_CHORE_RESEND;
    }
    return loading->err == VC_OK;
}

static bool load_gap(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_gap gap;
    struct vc_gap_row row;
    struct vc_person *person;
    uint32_t contact;

    if (vc_key_ref_read(key, &contact, &gap.ref) != VC_OK ||
        vc_gap_row_read(value, &row) != VC_OK) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    person = vc_person_find(loading->chat, contact);
    if (person == NULL || person->row.is_removed) {
        return true; /* a row of a contact that is being removed */
    }
    loading->err = vc_gap_room(loading->chat, person);
    if (loading->err != VC_OK) {
        return false;
    }
    gap.is_lost = row.is_lost;
    vc_gap_insert(person, person->gap_count, &gap);
    return true;
}

vc_err vc_conversations_load(struct vc_chat *chat)
{
    struct loading loading = {.chat = chat, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_CONVERSATION, .on_row = load_conversation, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    if (err == VC_OK && loading.err == VC_OK) {
        scan.table = VC_TABLE_GAP;
        scan.on_row = load_gap;
        err = vc_store_scan(chat->cfg.store, &scan);
    }
    return err != VC_OK ? err : loading.err;
}

void vc_heads_add(struct vc_conversation_row *conversation, const struct vc_head *head)
{
    uint8_t oldest = 0;

    if (conversation->head_count < VC_CHAT_PARENTS_MAX) {
        conversation->heads[conversation->head_count++] = *head;
        return;
    }
    /* More than can be named: the one that is furthest back is left out. */
    for (uint8_t i = 1; i < conversation->head_count; i++) {
        if (conversation->heads[i].order < conversation->heads[oldest].order) {
            oldest = i;
        }
    }
    if (conversation->heads[oldest].order < head->order) {
        conversation->heads[oldest] = *head;
    }
}

void vc_heads_remove(struct vc_conversation_row *conversation,
                     const struct vc_message_ref *ref)
{
    for (uint8_t i = 0; i < conversation->head_count; i++) {
        if (vc_ref_compare(&conversation->heads[i].ref, ref) == 0) {
            conversation->head_count--;
            memmove(&conversation->heads[i], &conversation->heads[i + 1],
                    (size_t)(conversation->head_count - i) *
                        sizeof conversation->heads[0]);
            return;
        }
    }
}

bool vc_delivered_has(const struct vc_conversation_row *conversation, uint32_t seq)
{
    uint32_t at;

    if (seq <= conversation->delivered) {
        return true;
    }
    at = seq - conversation->delivered - 1;
    return at < VC_CHAT_BEYOND_MAX &&
           (conversation->beyond[at / 8] >> (at % 8) & 1) != 0;
}

/* Moves the map on while its first bit stands. */
static void shift(struct vc_conversation_row *conversation)
{
    uint8_t *map = conversation->beyond;
    uint16_t bits = 0;
    size_t bytes;
    unsigned rest;

    while (bits < VC_CHAT_BEYOND_MAX && (map[bits / 8] >> (bits % 8) & 1) != 0) {
        bits++;
    }
    bytes = bits / 8;
    rest = bits % 8;
    for (size_t i = 0; bits > 0 && i < VC_BEYOND_BYTES; i++) {
        unsigned low = i + bytes < VC_BEYOND_BYTES ? map[i + bytes] : 0;
        unsigned high = i + bytes + 1 < VC_BEYOND_BYTES ? map[i + bytes + 1] : 0;

        map[i] = (uint8_t)((low | high << 8) >> rest);
    }
    conversation->delivered += bits;
    conversation->beyond_count = (uint16_t)(conversation->beyond_count - bits);
}

bool vc_delivered_add(struct vc_conversation_row *conversation, uint32_t seq)
{
    uint32_t at;

    if (seq == 0 || seq > conversation->own_seq ||
        vc_delivered_has(conversation, seq)) {
        return false;
    }
    at = seq - conversation->delivered - 1;
    if (at >= VC_CHAT_BEYOND_MAX) {
        return false;
    }
    if (at == 0 && conversation->beyond_count == 0) {
        conversation->delivered++;
        return true;
    }
    conversation->beyond[at / 8] |= (uint8_t)(1u << (at % 8));
    conversation->beyond_count++;
    shift(conversation);
    return true;
}

static bool is_passed(struct vc_chat *chat, const struct vc_person *person,
                      uint32_t seq)
{
    struct vc_message_ref ref = {.author = (uint8_t)(1 - person->own_author),
                                 .device = (uint8_t)person->device.certificate.index,
                                 .seq = seq};
    const struct vc_gap *gap = vc_gap_find(person, &ref);
    struct vc_chat_key key = vc_key_ref(person->id, &ref);
    struct vc_bytes value;

    if (gap != NULL) {
        return gap->is_lost;
    }
    return vc_store_get(chat->cfg.store, VC_TABLE_MESSAGE, vc_key_bytes(&key),
                        &value) == VC_OK;
}

void vc_contiguous_advance(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_conversation_row *conversation = &person->conversation;

    for (int i = 0; i < ADVANCE_MAX && conversation->contiguous < conversation->highest;
         i++) {
        if (!is_passed(chat, person, conversation->contiguous + 1)) {
            return;
        }
        conversation->contiguous++;
        vc_person_conversation_dirty(chat, person);
    }
}

/* The first hole that is not before @ref. */
static size_t gap_place(const struct vc_person *person,
                        const struct vc_message_ref *ref)
{
    size_t low = 0, high = person->gap_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (vc_ref_compare(&person->gaps[middle].ref, ref) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct vc_gap *vc_gap_find(const struct vc_person *person,
                           const struct vc_message_ref *ref)
{
    size_t at = person->gap_count == 0 ? 0 : gap_place(person, ref);

    return at < person->gap_count && vc_ref_compare(&person->gaps[at].ref, ref) == 0
               ? &person->gaps[at]
               : NULL;
}

vc_err vc_gap_room(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_gap *larger = vc_chat_grow(chat, person->gaps, &person->gap_room,
                                         person->gap_count, sizeof *person->gaps);

    if (larger == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    person->gaps = larger;
    return VC_OK;
}

void vc_gap_insert(struct vc_person *person, size_t at, const struct vc_gap *gap)
{
    VC_CHECK(person->gap_count < person->gap_room && at <= person->gap_count);
    memmove(&person->gaps[at + 1], &person->gaps[at],
            (person->gap_count - at) * sizeof *person->gaps);
    person->gaps[at] = *gap;
    person->gap_count++;
    person->open_gaps += gap->is_lost ? 0 : 1;
}

static void write_gap(struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_person *person, const struct vc_gap *gap)
{
    struct vc_chat_key key = vc_key_ref(person->id, &gap->ref);
    struct vc_gap_row row = {.is_lost = gap->is_lost, .opened_at = now->unix_ms};
    uint8_t room[VC_GAP_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_gap_row_write(&w, &row);
    vc_chat_put(chat, VC_TABLE_GAP, &key, &w);
}

static void remove_gap(struct vc_chat *chat, struct vc_person *person,
                       struct vc_gap *gap)
{
    struct vc_chat_key key = vc_key_ref(person->id, &gap->ref);
    size_t at = (size_t)(gap - person->gaps);

    vc_store_del(chat->cfg.store, VC_TABLE_GAP, vc_key_bytes(&key));
    person->open_gaps -= gap->is_lost ? 0 : 1;
    person->gap_count--;
    memmove(&person->gaps[at], &person->gaps[at + 1],
            (person->gap_count - at) * sizeof *person->gaps);
}

/* What is lost is remembered as long as there is place. */
static bool make_place(struct vc_chat *chat, struct vc_person *person)
{
    if (person->gap_count < VC_CHAT_GAPS_MAX) {
        return true;
    }
    for (size_t i = 0; i < person->gap_count; i++) {
        if (person->gaps[i].is_lost) {
            remove_gap(chat, person, &person->gaps[i]);
            return true;
        }
    }
    return false;
}

struct vc_gap *vc_gap_open(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_person *person, const struct vc_message_ref *ref)
{
    struct vc_gap gap = {.ref = *ref};
    size_t at;

    if (!make_place(chat, person) || vc_gap_room(chat, person) != VC_OK) {
        chat->stats.untracked++;
        return NULL;
    }
    at = gap_place(person, ref);
    vc_gap_insert(person, at, &gap);
    write_gap(chat, now, person, &gap);
    return &person->gaps[at];
}

void vc_gap_lose(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_person *person, struct vc_gap *gap)
{
    if (!gap->is_lost) {
        gap->is_lost = true;
        person->open_gaps--;
        write_gap(chat, now, person, gap);
    }
}

void vc_gap_close(struct vc_chat *chat, struct vc_person *person, struct vc_gap *gap)
{
    remove_gap(chat, person, gap);
}

uint32_t vc_chat_gaps(const struct vc_chat *chat, uint32_t contact)
{
    struct vc_person *person;

    return vc_person_get(chat, contact, &person) == VC_OK ? (uint32_t)person->open_gaps
                                                          : 0;
}

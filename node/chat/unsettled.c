/*
 * Messages of which some ancestor is missing: their place may still change.
 *
 * They are in memory and in rows of their own while the hole stands.  When it is filled,
 * places are found in memory at once and the rows follow a few at a time.
 */
#include <string.h>

#include "node/chat/state.h"

#define MOVES_MAX 64 /* rows of messages written anew in one turn */

static int compare(const struct vc_unsettled *entry, uint32_t contact,
                   const struct vc_message_ref *ref)
{
    if (entry->contact != contact) {
        return entry->contact < contact ? -1 : 1;
    }
    return vc_ref_compare(&entry->ref, ref);
}

/* The first entry that is not before it. */
static size_t place(const struct vc_chat *chat, uint32_t contact,
                    const struct vc_message_ref *ref)
{
    size_t low = 0, high = chat->unsettled_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&chat->unsettled[middle], contact, ref) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t first_of(const struct vc_chat *chat, uint32_t contact)
{
    static const struct vc_message_ref least = {0};

    return place(chat, contact, &least);
}

struct vc_unsettled *vc_unsettled_find(const struct vc_chat *chat,
                                       const struct vc_person *person,
                                       const struct vc_message_ref *ref)
{
    size_t at;

    if (person->unsettled_count == 0) {
        return NULL;
    }
    at = place(chat, person->id, ref);
    return at < chat->unsettled_count &&
                   compare(&chat->unsettled[at], person->id, ref) == 0
               ? &chat->unsettled[at]
               : NULL;
}

/* All the memory that it can come to, at the first time: untouched pages cost nothing. */
static vc_err prepare(struct vc_chat *chat)
{
    struct vc_alloc *alloc = &chat->cfg.alloc;
    size_t size = VC_CHAT_UNSETTLED_MAX * sizeof *chat->unsettled;
    size_t places_size = VC_CHAT_UNSETTLED_MAX * sizeof(void *);

    if (chat->unsettled == NULL) {
        chat->unsettled = alloc->resize(alloc->ctx, NULL, 0, size);
    }
    if (chat->unsettled_places == NULL) {
        chat->unsettled_places = alloc->resize(alloc->ctx, NULL, 0, places_size);
    }
    return chat->unsettled == NULL || chat->unsettled_places == NULL ? VC_ERR_NO_MEMORY
                                                                     : VC_OK;
}

void vc_unsettled_deinit(struct vc_chat *chat)
{
    vc_chat_free(chat, chat->unsettled,
                 VC_CHAT_UNSETTLED_MAX * sizeof *chat->unsettled);
    vc_chat_free(chat, chat->unsettled_places, VC_CHAT_UNSETTLED_MAX * sizeof(void *));
}

static vc_err insert(struct vc_chat *chat, const struct vc_unsettled *entry)
{
    vc_err err = prepare(chat);
    size_t at;

    if (err != VC_OK) {
        return err;
    }
    if (chat->unsettled_count >= VC_CHAT_UNSETTLED_MAX) {
        return VC_ERR_FULL;
    }
    at = place(chat, entry->contact, &entry->ref);
    memmove(&chat->unsettled[at + 1], &chat->unsettled[at],
            (chat->unsettled_count - at) * sizeof *chat->unsettled);
    chat->unsettled[at] = *entry;
    chat->unsettled_count++;
    return VC_OK;
}

static void write_row(struct vc_chat *chat, const struct vc_unsettled *entry)
{
    struct vc_chat_key key = vc_key_ref(entry->contact, &entry->ref);
    uint8_t room[VC_UNSETTLED_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_unsettled_row_write(&w, &entry->row);
    vc_chat_put(chat, VC_TABLE_UNSETTLED, &key, &w);
}

void vc_unsettled_add(struct vc_chat *chat, struct vc_person *person,
                      const struct vc_unsettled *entry)
{
    if (insert(chat, entry) != VC_OK) {
        chat->stats.untracked++;
        return;
    }
    person->unsettled_count++;
    write_row(chat, entry);
}

void vc_unsettled_drop(struct vc_chat *chat, struct vc_person *person,
                       const struct vc_message_ref *ref)
{
    struct vc_unsettled *entry = vc_unsettled_find(chat, person, ref);
    struct vc_chat_key key = vc_key_ref(person->id, ref);

    if (entry == NULL) {
        return;
    }
    vc_store_del(chat->cfg.store, VC_TABLE_UNSETTLED, vc_key_bytes(&key));
    chat->unsettled_count--;
    person->unsettled_count--;
    memmove(entry, entry + 1,
            (chat->unsettled_count - (size_t)(entry - chat->unsettled)) *
                sizeof *entry);
}

void vc_unsettled_forget(struct vc_chat *chat, struct vc_person *person)
{
    size_t at = first_of(chat, person->id);

    if (person->unsettled_count == 0) {
        return;
    }
    memmove(&chat->unsettled[at], &chat->unsettled[at + person->unsettled_count],
            (chat->unsettled_count - at - person->unsettled_count) *
                sizeof *chat->unsettled);
    chat->unsettled_count -= person->unsettled_count;
    person->unsettled_count = 0;
}

/* A hole that got its message, while places are found. */
struct filled {
    const struct vc_message_ref *ref; /* NULL: look everything up in the store */
    uint64_t order;
};

/* The least order that @entry may have. */
static uint64_t floor_of(struct vc_chat *chat, const struct vc_person *person,
                         const struct vc_unsettled *entry, const struct filled *filled)
{
    uint64_t order = entry->row.order;

    for (uint8_t i = 0; i < entry->row.parent_count; i++) {
        const struct vc_message_ref *parent = &entry->row.parents[i];
        const struct vc_unsettled *other = vc_unsettled_find(chat, person, parent);
        uint64_t before = 0;

        if (vc_order_is_doubtful(chat, person, parent)) {
            continue;
        }
        if (other != NULL) {
            before = other->row.order;
        } else if (filled->ref != NULL) {
            before = vc_ref_compare(filled->ref, parent) == 0 ? filled->order : 0;
        } else if (!vc_order_of(chat, person, parent, &before)) {
            continue;
        }
        if (before >= order) {
            order = before + 1;
        }
    }
    return order;
}

static bool comes_before(const struct vc_unsettled *a, const struct vc_unsettled *b)
{
    return a->row.order != b->row.order ? a->row.order < b->row.order
                                        : vc_ref_compare(&a->ref, &b->ref) < 0;
}

static void sift(struct vc_unsettled **heap, size_t at, size_t count)
{
    struct vc_unsettled *entry = heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= count) {
            break;
        }
        if (child + 1 < count && comes_before(heap[child], heap[child + 1])) {
            child++;
        }
        if (!comes_before(entry, heap[child])) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

/* Their places in the order of the conversation, parents first (heapsort). */
static struct vc_unsettled **sorted(struct vc_chat *chat,
                                    const struct vc_person *person)
{
    struct vc_unsettled **heap = chat->unsettled_places;
    size_t first = first_of(chat, person->id);
    size_t count = person->unsettled_count;

    for (size_t i = 0; i < count; i++) {
        heap[i] = &chat->unsettled[first + i];
    }
    for (size_t i = count / 2; i > 0; i--) {
        sift(heap, i - 1, count);
    }
    for (size_t i = count; i > 1; i--) {
        struct vc_unsettled *last = heap[0];

        heap[0] = heap[i - 1];
        heap[i - 1] = last;
        sift(heap, 0, i - 1);
    }
    return heap;
}

/* One pass is enough, unless a crash came between the rows of an earlier one. */
static bool raise_all(struct vc_chat *chat, struct vc_person *person,
                      const struct filled *filled)
{
    struct vc_unsettled **places = sorted(chat, person);
    bool is_changed = false;

    for (size_t i = 0; i < person->unsettled_count; i++) {
        uint64_t order = floor_of(chat, person, places[i], filled);

        if (order != places[i]->row.order) {
            places[i]->row.order = order;
            is_changed = true;
        }
    }
    return is_changed;
}

static bool has_open_parent(const struct vc_chat *chat, const struct vc_person *person,
                            const struct vc_unsettled *entry)
{
    for (uint8_t i = 0; i < entry->row.parent_count; i++) {
        const struct vc_unsettled *other =
            vc_unsettled_find(chat, person, &entry->row.parents[i]);
        const struct vc_gap *gap = vc_gap_find(person, &entry->row.parents[i]);

        if ((other != NULL && !other->is_settled) || (gap != NULL && !gap->is_lost) ||
            vc_order_is_doubtful(chat, person, &entry->row.parents[i])) {
            return true;
        }
    }
    return false;
}

static void update_heads(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_conversation_row *conversation = &person->conversation;

    for (uint8_t i = 0; i < conversation->head_count; i++) {
        const struct vc_unsettled *entry =
            vc_unsettled_find(chat, person, &conversation->heads[i].ref);

        if (entry != NULL && conversation->heads[i].order != entry->row.order) {
            conversation->heads[i].order = entry->row.order;
            vc_person_conversation_dirty(chat, person);
        }
    }
}

void vc_unsettled_settle(struct vc_chat *chat, struct vc_person *person,
                         const struct vc_message_ref *ref, uint64_t order)
{
    struct filled filled = {.ref = ref, .order = order};
    struct vc_unsettled **places;

    if (person->unsettled_count == 0) {
        return;
    }
    for (uint32_t pass = 0; pass <= person->unsettled_count; pass++) {
        if (!raise_all(chat, person, &filled)) {
            break;
        }
    }
    places = sorted(chat, person);
    for (size_t i = 0; i < person->unsettled_count; i++) {
        places[i]->is_settled = !has_open_parent(chat, person, places[i]);
    }
    update_heads(chat, person);
    vc_chat_chore(chat, person, VC_CHORE_SETTLE);
}

/* Takes a message's rows to another place. */
static bool move(struct vc_chat *chat, struct vc_person *person,
                 struct vc_unsettled *entry)
{
    struct vc_order_key order = {
        .contact = entry->contact, .order = entry->row_order, .ref = entry->ref};
    struct vc_chat_key key;
    struct vc_message_row row;

    if (vc_room_take(chat, person, 4,
                     VC_CHAT_BODY_MAX + VC_MESSAGE_ROW_HEAD_MAX + 256) != VC_OK) {
        return false;
    }
    if (vc_message_get(chat, entry->contact, &entry->ref, &row) == VC_OK) {
        memcpy(order.id, entry->row.id, sizeof order.id);
        key = vc_key_order(&order);
        vc_store_del(chat->cfg.store, VC_TABLE_ORDER, vc_key_bytes(&key));
        order.order = entry->row.order;
        vc_order_put(chat, &order);
        row.order = entry->row.order;
        vc_message_put(chat, entry->contact, &entry->ref, &row);
    }
    entry->row_order = entry->row.order;
    write_row(chat, entry);
    return true;
}

static bool end(struct vc_chat *chat, struct vc_person *person,
                const struct vc_unsettled *entry)
{
    struct vc_chat_key key = vc_key_ref(entry->contact, &entry->ref);

    if (vc_room_take(chat, person, 1, 32) != VC_OK) {
        return false;
    }
    vc_store_del(chat->cfg.store, VC_TABLE_UNSETTLED, vc_key_bytes(&key));
    return true;
}

bool vc_unsettled_move(struct vc_chat *chat, struct vc_person *person)
{
    size_t first = first_of(chat, person->id);
    size_t last = first + person->unsettled_count;
    size_t kept = first;
    int moves = 0;
    bool is_done = true;

    if (first == last) {
        return true;
    }
    for (size_t i = first; i < last; i++) {
        struct vc_unsettled entry = chat->unsettled[i];

        if (is_done && entry.row_order != entry.row.order) {
            is_done = moves++ < MOVES_MAX && move(chat, person, &entry);
        }
        if (is_done && entry.is_settled && end(chat, person, &entry)) {
            continue;
        }
        is_done = is_done && !entry.is_settled;
        chat->unsettled[kept++] = entry;
    }
    memmove(&chat->unsettled[kept], &chat->unsettled[last],
            (chat->unsettled_count - last) * sizeof *chat->unsettled);
    chat->unsettled_count -= last - kept;
    person->unsettled_count -= (uint32_t)(last - kept);
    return is_done;
}

struct loading {
    struct vc_chat *chat;
    vc_err err;
};

static bool load_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_unsettled entry = {0};
    struct vc_person *person;

    loading->err = vc_key_ref_read(key, &entry.contact, &entry.ref);
    if (loading->err == VC_OK) {
        loading->err = vc_unsettled_row_read(value, &entry.row);
    }
    if (loading->err != VC_OK) {
        return false;
    }
    person = vc_person_find(loading->chat, entry.contact);
    if (person == NULL || person->row.is_removed) {
        return true; /* a row of a contact that is being removed */
    }
    entry.row_order = entry.row.order;
    loading->err = insert(loading->chat, &entry);
    person->unsettled_count += loading->err == VC_OK ? 1 : 0;
    return loading->err == VC_OK;
}

vc_err vc_unsettled_load(struct vc_chat *chat)
{
    struct loading loading = {.chat = chat, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_UNSETTLED, .on_row = load_row, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    if (err != VC_OK || loading.err != VC_OK) {
        return err != VC_OK ? err : loading.err;
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        vc_unsettled_settle(chat, chat->people[i], NULL, 0);
    }
    return VC_OK;
}

/* Space in the turn, the rows that are written once at its end, and memory. */
#include <string.h>

#include "node/chat/state.h"

vc_err vc_room_take(struct vc_chat *chat, struct vc_person *person, size_t ops,
                    size_t bytes)
{
    bool wants_rows = person != NULL && !person->has_room;
    size_t rows_ops = chat->room_ops + (wants_rows ? VC_CHAT_PERSON_OPS : 0);
    size_t rows_bytes = chat->room_bytes + (wants_rows ? VC_CHAT_PERSON_BYTES : 0);
    vc_err err;

    if (rows_bytes > VC_CHAT_ROWS_BYTES_MAX) {
        return VC_ERR_FULL;
    }
    err = vc_store_reserve(chat->cfg.store, rows_ops + ops + VC_CHAT_TURN_OPS,
                           rows_bytes + bytes + VC_CHAT_TURN_BYTES);
    if (err != VC_OK) {
        return err;
    }
    chat->room_ops = rows_ops;
    chat->room_bytes = rows_bytes;
    if (wants_rows) {
        person->has_room = true;
    }
    return VC_OK;
}

bool vc_chat_has_room(const struct vc_chat *chat)
{
    return chat->room_bytes <= VC_CHAT_ROWS_BYTES_ENOUGH &&
           vc_store_reserve(chat->cfg.store, chat->room_ops + VC_CHAT_INPUT_OPS,
                            chat->room_bytes + VC_CHAT_INPUT_BYTES) != VC_ERR_FULL;
}

void vc_chat_put(struct vc_chat *chat, enum vc_table table,
                 const struct vc_chat_key *key, const struct vc_writer *value)
{
    VC_CHECK(vc_writer_end(value) == VC_OK);
    vc_store_put(chat->cfg.store, table, vc_key_bytes(key), vc_writer_bytes(value));
}

static void list(struct vc_chat *chat, struct vc_person *person)
{
    if (person->is_listed) {
        return;
    }
    person->is_listed = true;
    person->next_dirty = NULL;
    if (chat->dirty_last == NULL) {
        chat->dirty_first = person;
    } else {
        chat->dirty_last->next_dirty = person;
    }
    chat->dirty_last = person;
}

void vc_person_contact_dirty(struct vc_chat *chat, struct vc_person *person)
{
    person->is_contact_dirty = true;
    list(chat, person);
}

void vc_person_device_dirty(struct vc_chat *chat, struct vc_person *person)
{
    person->is_device_dirty = true;
    list(chat, person);
}

void vc_person_conversation_dirty(struct vc_chat *chat, struct vc_person *person)
{
    person->is_conversation_dirty = true;
    list(chat, person);
}

void vc_person_clean(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_person **at = &chat->dirty_first;
    struct vc_person *last = NULL;

    person->is_contact_dirty = false;
    person->is_device_dirty = false;
    person->is_conversation_dirty = false;
    while (*at != NULL && *at != person) {
        last = *at;
        at = &(*at)->next_dirty;
    }
    if (*at == NULL) {
        return;
    }
    *at = person->next_dirty;
    if (chat->dirty_last == person) {
        chat->dirty_last = last;
    }
    person->is_listed = false;
}

static void write_rows(struct vc_chat *chat, struct vc_person *person)
{
    struct vc_chat_key key;
    uint8_t room[VC_CONVERSATION_ROW_MAX];
    struct vc_writer w;

    if (person->is_contact_dirty) {
        key = vc_key_number(person->id);
        w = vc_writer(room, VC_CONTACT_ROW_MAX);
        vc_contact_row_write(&w, &person->row);
        vc_chat_put(chat, VC_TABLE_CONTACT, &key, &w);
    }
    if (person->is_device_dirty) {
        key = vc_key_number(person->row.peer);
        w = vc_writer(room, VC_DEVICE_ROW_MAX);
        vc_device_row_write(&w, &person->device);
        vc_chat_put(chat, VC_TABLE_DEVICE, &key, &w);
    }
    if (person->is_conversation_dirty) {
        key = vc_key_number(person->id);
        w = vc_writer(room, sizeof room);
        vc_conversation_row_write(&w, &person->conversation);
        vc_chat_put(chat, VC_TABLE_CONVERSATION, &key, &w);
    }
    vc_wipe(room, sizeof room);
    person->is_contact_dirty = false;
    person->is_device_dirty = false;
    person->is_conversation_dirty = false;
}

/* Goes over the dirty ones; those who stay dirty are listed again. */
static void flush_people(struct vc_chat *chat,
                         bool (*has_place)(const struct vc_chat *chat,
                                           const struct vc_person *person))
{
    struct vc_person *person = chat->dirty_first;

    chat->dirty_first = NULL;
    chat->dirty_last = NULL;
    while (person != NULL) {
        struct vc_person *next = person->next_dirty;

        person->is_listed = false;
        if (has_place(chat, person)) {
            write_rows(chat, person);
        } else {
            list(chat, person);
        }
        person = next;
    }
}

static bool has_taken_room(const struct vc_chat *chat, const struct vc_person *person)
{
    (void)chat;
    return person->has_room;
}

static bool finds_room(const struct vc_chat *chat, const struct vc_person *person)
{
    (void)person;
    return vc_store_reserve(chat->cfg.store, VC_CHAT_PERSON_OPS,
                            VC_CHAT_PERSON_BYTES) == VC_OK;
}

void vc_room_flush(struct vc_chat *chat, const struct vc_now *now)
{
    flush_people(chat, has_taken_room);
    /* What became dirty without room takes what the others have left. */
    flush_people(chat, finds_room);
    if (chat->dirty_first != NULL) {
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
    }
    for (size_t i = 0; chat->room_ops > 0 && i < chat->people_count; i++) {
        chat->people[i]->has_room = false;
    }
    chat->room_ops = 0;
    chat->room_bytes = 0;
}

void *vc_chat_alloc(struct vc_chat *chat, size_t size)
{
    struct vc_alloc *alloc = &chat->cfg.alloc;
    void *memory = alloc->resize(alloc->ctx, NULL, 0, size);

    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void vc_chat_free(struct vc_chat *chat, void *memory, size_t size)
{
    struct vc_alloc *alloc = &chat->cfg.alloc;

    if (memory != NULL) {
        (void)alloc->resize(alloc->ctx, memory, size,
                            0); /* a free gives nothing back */
    }
}

void *vc_chat_grow(struct vc_chat *chat, void *array, size_t *room, size_t count,
                   size_t size)
{
    struct vc_alloc *alloc = &chat->cfg.alloc;
    size_t larger = *room == 0 ? 4 : 2 * *room;
    void *memory;

    VC_CHECK(count <= *room);
    if (count < *room) {
        return array;
    }
    memory = alloc->resize(alloc->ctx, array, *room * size, larger * size);
    if (memory != NULL) {
        *room = larger;
    }
    return memory;
}

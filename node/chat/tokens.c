/*
 * What clients call their requests, so that one that is repeated makes no second message.
 *
 * Almost every token that is looked for is new, so all that count are in memory: a ring of
 * the newest, and a table of places in it with linear probing.  On disk they stand in rows
 * of a turn's tokens, one behind the other: a row for each under its hash would write a
 * page for every message.
 */
#include <string.h>

#include "node/chat/state.h"

_Static_assert((VC_CHAT_TOKENS_KEPT & (VC_CHAT_TOKENS_KEPT - 1)) == 0,
               "a power of two");
_Static_assert((VC_CHAT_TOKENS_FIRST & (VC_CHAT_TOKENS_FIRST - 1)) == 0,
               "a power of two");
_Static_assert(VC_TOKEN_ROW_MAX + 64 < VC_CHAT_TURN_BYTES,
               "every turn has room for a row");

#define ROWS_DROPPED 64 /* in one turn */

uint64_t vc_token_hash(uint32_t contact, struct vc_bytes token)
{
    uint8_t room[4], hash[8];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_reader r = vc_reader(VC_BYTES(hash));
    struct vc_bytes parts[2];

    vc_write_u32(&w, contact);
    parts[0] = vc_writer_bytes(&w);
    parts[1] = token;
    vc_hash_parts(hash, sizeof hash, "token", NULL, parts, 2);
    return vc_read_u64(&r);
}

static struct vc_token *at(const struct vc_chat *chat, uint64_t number)
{
    return &chat->tokens[number & (chat->token_room - 1)];
}

static size_t next_place(const struct vc_chat *chat, size_t place)
{
    return (place + 1) & (2 * (size_t)chat->token_room - 1);
}

static size_t home_of(const struct vc_chat *chat, uint64_t hash)
{
    return (size_t)hash & (2 * (size_t)chat->token_room - 1);
}

static void enter(struct vc_chat *chat, uint64_t number)
{
    size_t place = home_of(chat, at(chat, number)->hash);

    while (chat->token_places[place] != 0) {
        place = next_place(chat, place);
    }
    chat->token_places[place] = (uint32_t)(number & (chat->token_room - 1)) + 1;
}

/* Takes the oldest out; what was pushed on by it moves back. */
static void forget_oldest(struct vc_chat *chat)
{
    uint32_t mine = (uint32_t)(chat->token_first & (chat->token_room - 1)) + 1;
    size_t hole = home_of(chat, at(chat, chat->token_first)->hash);
    size_t place;

    while (chat->token_places[hole] != mine) {
        VC_CHECK(chat->token_places[hole] != 0);
        hole = next_place(chat, hole);
    }
    for (place = next_place(chat, hole); chat->token_places[place] != 0;
         place = next_place(chat, place)) {
        size_t home = home_of(chat, chat->tokens[chat->token_places[place] - 1].hash);
        size_t mask = 2 * (size_t)chat->token_room - 1;

        if (((place - home) & mask) >= ((place - hole) & mask)) {
            chat->token_places[hole] = chat->token_places[place];
            hole = place;
        }
    }
    chat->token_places[hole] = 0;
    chat->token_first++;
}

/* Of several the newest: its message got another name then. */
bool vc_tokens_find(const struct vc_chat *chat, uint64_t hash, uint32_t contact,
                    uint32_t *ret_seq)
{
    uint64_t newest = 0;
    bool is_found = false;
    size_t place;

    if (chat->token_room == 0) {
        return false;
    }
    for (place = home_of(chat, hash); chat->token_places[place] != 0;
         place = next_place(chat, place)) {
        size_t index = chat->token_places[place] - 1;
        const struct vc_token *token = &chat->tokens[index];
        uint64_t age = (index - chat->token_first) & (chat->token_room - 1);

        if (token->hash == hash && token->contact == contact &&
            (!is_found || age > newest)) {
            *ret_seq = token->seq;
            newest = age;
            is_found = true;
        }
    }
    return is_found;
}

static void release(struct vc_chat *chat, struct vc_token *tokens, uint32_t *places,
                    size_t room)
{
    vc_chat_free(chat, tokens, room * sizeof *tokens);
    vc_chat_free(chat, places, 2 * room * sizeof *places);
}

void vc_tokens_deinit(struct vc_chat *chat)
{
    release(chat, chat->tokens, chat->token_places, chat->token_room);
}

static vc_err grow(struct vc_chat *chat)
{
    uint32_t room = chat->token_room == 0 ? VC_CHAT_TOKENS_FIRST : 2 * chat->token_room;
    struct vc_token *tokens = vc_chat_alloc(chat, room * sizeof *tokens);
    uint32_t *places = vc_chat_alloc(chat, 2 * (size_t)room * sizeof *places);
    struct vc_token *old_tokens = chat->tokens;
    uint32_t *old_places = chat->token_places;
    uint32_t old_room = chat->token_room;

    if (tokens == NULL || places == NULL) {
        release(chat, tokens, places, room);
        return VC_ERR_NO_MEMORY;
    }
    chat->tokens = tokens;
    chat->token_places = places;
    chat->token_room = room;
    for (uint64_t i = chat->token_first; i < chat->token_count; i++) {
        *at(chat, i) = old_tokens[i & (old_room - 1)];
        enter(chat, i);
    }
    release(chat, old_tokens, old_places, old_room);
    return VC_OK;
}

vc_err vc_tokens_reserve(struct vc_chat *chat)
{
    bool is_full = chat->token_count - chat->token_first == chat->token_room;

    return is_full && chat->token_room < VC_CHAT_TOKENS_KEPT ? grow(chat) : VC_OK;
}

static void push(struct vc_chat *chat, const struct vc_token *token)
{
    if (chat->token_count - chat->token_first == chat->token_room) {
        forget_oldest(chat);
    }
    *at(chat, chat->token_count) = *token;
    enter(chat, chat->token_count);
    chat->token_count++;
}

static void write_row(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_chat_key key = vc_key_long(chat->token_row_next++);
    struct vc_token_row row = {.day = (uint32_t)(now->unix_ms / VC_CHAT_DAY_MS)};
    uint8_t room[VC_TOKEN_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    while (chat->token_written < chat->token_count && row.count < VC_TOKENS_IN_ROW) {
        row.tokens[row.count++] = *at(chat, chat->token_written++);
    }
    chat->token_rows_hold += row.count;
    vc_token_row_write(&w, &row);
    vc_chat_put(chat, VC_TABLE_TOKEN, &key, &w);
}

void vc_tokens_add(struct vc_chat *chat, const struct vc_now *now, uint64_t hash,
                   uint32_t contact, uint32_t seq)
{
    struct vc_token token = {.hash = hash, .contact = contact, .seq = seq};

    push(chat, &token);
    if (chat->token_count - chat->token_written == VC_TOKENS_IN_ROW) {
        write_row(chat, now);
    }
}

void vc_tokens_move(struct vc_chat *chat, const struct vc_now *now, uint32_t contact,
                    uint32_t seq, uint32_t seq_now)
{
    for (uint64_t i = chat->token_count; i > chat->token_first; i--) {
        const struct vc_token *token = at(chat, i - 1);

        if (token->contact != contact || token->seq != seq) {
            continue;
        }
        /* Without memory the token is as good as forgotten: a text that is sent twice is
         * told from the first by its token only. */
        if (vc_tokens_reserve(chat) == VC_OK) {
            vc_tokens_add(chat, now, token->hash, contact, seq_now);
        }
        return;
    }
}

/* The oldest row, when it is too old or there are too many; false when it stays. */
static bool drop_row(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_chat_key key = vc_key_long(chat->token_row_first);
    uint64_t today = now->unix_ms / VC_CHAT_DAY_MS;
    struct vc_token_row row;
    struct vc_bytes value;
    uint64_t kept;

    if (chat->token_row_first == chat->token_row_next ||
        vc_store_get(chat->cfg.store, VC_TABLE_TOKEN, vc_key_bytes(&key), &value) !=
            VC_OK ||
        vc_token_row_read(value, &row) != VC_OK) {
        return false;
    }
    if (chat->token_rows_hold - row.count < VC_CHAT_TOKENS_KEPT &&
        today <= (uint64_t)row.day + VC_CHAT_TOKEN_DAYS) {
        return false;
    }
    if (vc_room_take(chat, NULL, 1, 16) != VC_OK) {
        return false;
    }
    vc_store_del(chat->cfg.store, VC_TABLE_TOKEN, vc_key_bytes(&key));
    chat->token_row_first++;
    chat->token_rows_hold -= row.count;
    kept = chat->token_rows_hold + (chat->token_count - chat->token_written);
    while (chat->token_count - chat->token_first > kept) {
        forget_oldest(chat);
    }
    return true;
}

void vc_tokens_flush(struct vc_chat *chat, const struct vc_now *now)
{
    int dropped = 0;

    if (chat->token_written < chat->token_count) {
        write_row(chat, now);
    }
    while (chat->token_rows_hold > VC_CHAT_TOKENS_KEPT && dropped < ROWS_DROPPED &&
           drop_row(chat, now)) {
        dropped++;
    }
}

void vc_tokens_tick(struct vc_chat *chat, const struct vc_now *now)
{
    int dropped = 0;

    if (now->mono >= chat->sweep_at) {
        while (dropped < ROWS_DROPPED && drop_row(chat, now)) {
            dropped++;
        }
        chat->sweep_at = now->mono + (dropped < ROWS_DROPPED ? VC_CHAT_SWEEP_MS
                                                             : VC_CHAT_CHORE_RETRY_MS);
    }
    vc_chat_want(chat, chat->sweep_at);
}

struct loading {
    struct vc_chat *chat;
    vc_err err;
};

static bool load_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_chat *chat = loading->chat;
    struct vc_reader r = vc_reader(key);
    uint64_t number = vc_read_be64(&r);
    struct vc_token_row row;

    loading->err = vc_reader_end(&r) == VC_OK ? vc_token_row_read(value, &row)
                                              : VC_ERR_STORE_DAMAGED;
    if (loading->err != VC_OK) {
        return false;
    }
    if (chat->token_row_next == 0) {
        chat->token_row_first = number;
    }
    chat->token_row_next = number + 1;
    chat->token_rows_hold += row.count;
    for (uint8_t i = 0; i < row.count && loading->err == VC_OK; i++) {
        loading->err = vc_tokens_reserve(chat);
        if (loading->err == VC_OK) {
            push(chat, &row.tokens[i]);
        }
    }
    chat->token_written = chat->token_count;
    return loading->err == VC_OK;
}

vc_err vc_tokens_load(struct vc_chat *chat)
{
    struct loading loading = {.chat = chat, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_TOKEN, .on_row = load_row, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    if (chat->token_row_next == 0) {
        chat->token_row_first = chat->token_row_next = 1;
    }
    return err != VC_OK ? err : loading.err;
}

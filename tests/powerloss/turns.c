#include "tests/powerloss/turns.h"

#include <stdio.h>
#include <string.h>

#include "crypto/base/cursor.h"

#define OPS_MAX 9

static const uint8_t turn_key[] = {'t', 'u', 'r', 'n'};
static const enum vc_table tables[VC_TURNS_TABLES] = {VC_TABLE_MESSAGE, VC_TABLE_ORDER,
                                                      VC_TABLE_SKIPPED};

struct op {
    int table; /* index into tables */
    uint32_t key;
    bool is_del;
};

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static int make_ops(uint32_t turn, struct op ops[OPS_MAX])
{
    uint64_t rng = turn * (uint64_t)0x9e3779b97f4a7c15u;
    int count = 1 + (int)(draw(&rng) % OPS_MAX);

    for (int i = 0; i < count; i++) {
        ops[i].table = (int)(draw(&rng) % VC_TURNS_TABLES);
        ops[i].key = draw(&rng) % VC_TURNS_KEYS;
        ops[i].is_del = draw(&rng) % 4 == 0;
    }
    return count;
}

/* Mostly a text's length, now and then one that stands on pages of its own. */
static struct vc_bytes make_value(uint32_t turn, uint32_t key, uint8_t *room)
{
    size_t len =
        (turn + key) % 17 == 0 ? VC_TURNS_VALUE_MAX - key : 30 + (turn * 7) % 200;

    for (size_t i = 0; i < len; i++) {
        room[i] = (uint8_t)(turn + key * 3 + i);
    }
    return (struct vc_bytes){room, len};
}

static struct vc_bytes make_key(uint32_t number, uint8_t room[4])
{
    struct vc_writer w = vc_writer(room, 4);

    vc_write_be32(&w, number);
    return vc_writer_bytes(&w);
}

bool vc_turns_write(struct vc_store *store, uint32_t turn)
{
    static uint8_t room[VC_TURNS_VALUE_MAX + 8];
    struct op ops[OPS_MAX];
    uint8_t key[4];
    uint8_t number[4];
    int count = make_ops(turn, ops);

    if (vc_store_reserve(store, OPS_MAX + 1, (OPS_MAX + 1) * (sizeof room + 4)) !=
        VC_OK) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct vc_bytes key_bytes = make_key(ops[i].key, key);

        if (ops[i].is_del) {
            vc_store_del(store, tables[ops[i].table], key_bytes);
        } else {
            vc_store_put(store, tables[ops[i].table], key_bytes,
                         make_value(turn, ops[i].key, room));
        }
    }
    vc_store_put(store, VC_TABLE_SETTING, VC_BYTES(turn_key), make_key(turn, number));
    return true;
}

void vc_turns_state(uint32_t turn, struct vc_turns_state *ret_state)
{
    struct op ops[OPS_MAX];

    memset(ret_state, 0, sizeof *ret_state);
    for (uint32_t t = 1; t <= turn; t++) {
        int count = make_ops(t, ops);

        for (int i = 0; i < count; i++) {
            ret_state->by_turn[ops[i].table][ops[i].key] = ops[i].is_del ? 0 : t;
        }
    }
}

struct comparing {
    const uint32_t *by_turn;
    uint32_t next; /* keys below were seen, or are rightly missing */
    const char *wrong;
};

static bool compare_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    static uint8_t room[VC_TURNS_VALUE_MAX + 8];
    struct comparing *comparing = ctx;
    struct vc_reader r = vc_reader(key);
    uint32_t number = vc_read_be32(&r);
    struct vc_bytes expected;

    while (comparing->next < VC_TURNS_KEYS &&
           comparing->by_turn[comparing->next] == 0) {
        comparing->next++;
    }
    if (vc_reader_end(&r) != VC_OK || number != comparing->next) {
        comparing->wrong = "a row too many or missing";
        return false;
    }
    expected = make_value(comparing->by_turn[number], number, room);
    if (value.len != expected.len || memcmp(value.data, room, value.len) != 0) {
        comparing->wrong = "a wrong value";
        return false;
    }
    comparing->next++;
    return true;
}

bool vc_turns_compare(struct vc_store *store, const struct vc_turns_state *state,
                      char ret_words[128])
{
    for (int i = 0; i < VC_TURNS_TABLES; i++) {
        struct comparing comparing = {.by_turn = state->by_turn[i]};
        struct vc_scan scan = {
            .table = tables[i], .on_row = compare_row, .ctx = &comparing};
        vc_err err = vc_store_scan(store, &scan);

        while (comparing.next < VC_TURNS_KEYS &&
               state->by_turn[i][comparing.next] == 0) {
            comparing.next++;
        }
        if (err != VC_OK || comparing.wrong != NULL || comparing.next < VC_TURNS_KEYS) {
            (void)snprintf(ret_words, 128, "%s, %s, at key %u of table %d",
                           vc_err_name(err),
                           comparing.wrong != NULL ? comparing.wrong : "rows missing",
                           comparing.next, i);
            return false;
        }
    }
    return true;
}

vc_err vc_turns_last(struct vc_store *store, uint32_t *ret_turn)
{
    struct vc_bytes value;
    struct vc_reader r;
    vc_err err = vc_store_get(store, VC_TABLE_SETTING, VC_BYTES(turn_key), &value);

    *ret_turn = 0;
    if (err != VC_OK) {
        return err == VC_ERR_NOT_FOUND ? VC_OK : err;
    }
    r = vc_reader(value);
    *ret_turn = vc_read_be32(&r);
    return vc_reader_end(&r);
}

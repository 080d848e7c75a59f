#include "tests/unit/mail/world.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"

enum { RESEND_NEXT = 1, RESEND_END = 2 }; /* in SETTING: ids to be written again */

uint32_t below(struct world *world, uint32_t bound)
{
    return vc_prop_below(&world->prop, bound);
}

bool chance(struct world *world, uint32_t percent)
{
    return below(world, 100) < percent;
}

struct side *other_side(struct world *world, const struct side *side)
{
    return side == world->sides ? world->sides + 1 : world->sides;
}

struct fake_seal_peer *seals_of(struct side *side)
{
    return fake_seal_peer(side->host.seal, WORLD_PEER);
}

/* ---- what the chats write ---- */

static struct vc_bytes id_key(uint8_t room[8], uint64_t id)
{
    struct vc_writer w = vc_writer(room, 8);
    vc_write_be64(&w, id);
    return vc_writer_bytes(&w);
}

uint64_t id_of(struct vc_bytes key)
{
    struct vc_reader r = vc_reader(key);
    return vc_read_be64(&r);
}

static void put(struct side *side, enum vc_table table, uint64_t id, uint64_t value)
{
    uint8_t key[8], bytes[8];
    vc_store_put(side->host.store, table, id_key(key, id), id_key(bytes, value));
}

bool has(struct side *side, enum vc_table table, uint64_t id, uint64_t *ret_value)
{
    uint8_t key[8];
    struct vc_bytes value;
    if (vc_store_get(side->host.store, table, id_key(key, id), &value) != VC_OK)
        return false;
    *ret_value = id_of(value);
    return true;
}

static bool on_found(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key, (void)value;
    *(bool *)ctx = true;
    return false;
}

static bool is_on_disk(struct side *side, enum vc_table table, uint64_t id)
{
    uint8_t key[8];
    bool is_found = false;
    struct vc_scan scan = {
        .table = table,
        .prefix = id_key(key, id),
        .on_row = on_found,
        .ctx = &is_found,
    };
    assert_int_equal(vc_store_scan(side->host.store, &scan), VC_OK);
    return is_found;
}

static bool reserve(struct side *side, size_t ops, size_t bytes)
{
    return vc_store_reserve(side->host.store, ops, bytes) == VC_OK;
}

/* ---- outputs ---- */

/* The words of a message, which are always the same. */
static struct vc_mail_object words_of(uint8_t room[300], uint64_t id)
{
    size_t len = 8 + id * 7 % 292;
    struct vc_mail_object object = {.head = id_key(room, id)};
    memset(room + 8, (int)(id & 0xff), 300 - 8);
    object.body = (struct vc_bytes){room + 8, len - 8};
    memcpy(object.ref, room, 8);
    return object;
}

static void on_delivery(struct world *world, struct side *side,
                        const struct vc_mail_output *output)
{
    uint64_t id = id_of((struct vc_bytes){output->object.data, 8});
    uint64_t before;
    uint8_t room[300];
    DEMAND(world, output->object.len >= 8);
    DEMAND(world, id >= 1 && id < world->next_id);
    struct vc_mail_object words = words_of(room, id);
    DEMAND(world, output->object.len == 8 + words.body.len);
    DEMAND(world, memcmp(output->object.data, room, output->object.len) == 0);
    bool is_here = has(side, VC_TABLE_MESSAGE, id, &before);
    DEMAND(world, !is_here || (world->fates[id] & WORLD_AGAIN) != 0);
    if (id == side->refused || side->is_chat_refusing ||
        !reserve(side, 1 + VC_MAIL_ACCEPT_OPS, 64 + VC_MAIL_ACCEPT_BYTES))
        return;
    if (!is_here)
        put(side, VC_TABLE_MESSAGE, id, output->number);
    vc_mail_accept(side->host.mail, &side->host.now, output->peer, output->number);
}

static void on_acked(struct world *world, struct side *side,
                     const struct vc_mail_output *output)
{
    struct side *other = other_side(world, side);
    uint64_t id = id_of((struct vc_bytes){output->ref, 8});
    uint64_t number = 0;
    DEMAND(world, has(side, VC_TABLE_EVENT, id, &number));
    DEMAND(world, number == output->number);
    DEMAND(world, is_on_disk(side, VC_TABLE_EVENT, id));
    DEMAND(world, is_on_disk(other, VC_TABLE_MESSAGE, id) ||
                      (world->fates[id] & (WORLD_LOST | WORLD_REVIVED)) != 0);
    DEMAND(world, !has(side, VC_TABLE_GAP, id, &number));
    DEMAND(world, reserve(side, 1, 64));
    put(side, VC_TABLE_TOKEN, id, output->number);
}

static void give_up(struct world *world, struct side *side, uint64_t id,
                    uint64_t number)
{
    if (!reserve(side, 1 + VC_MAIL_ACCEPT_OPS, 64 + VC_MAIL_ACCEPT_BYTES))
        return;
    vc_err err = vc_mail_abandon(side->host.mail, &side->host.now, WORLD_PEER, number);
    DEMAND(world, err == VC_OK || err == VC_ERR_NOT_FOUND || err == VC_ERR_BUSY);
    if (err == VC_OK)
        put(side, VC_TABLE_GAP, id, number);
}

static void on_words(struct world *world, struct side *side,
                     const struct vc_mail_output *output)
{
    uint64_t id = id_of((struct vc_bytes){output->ref, 8});
    uint64_t number = 0;
    uint8_t room[300];
    DEMAND(world, has(side, VC_TABLE_EVENT, id, &number));
    DEMAND(world, number == output->number);
    DEMAND(world, !has(side, VC_TABLE_GAP, id, &number));
    if (!world->is_settling && chance(world, 2))
        return;
    if (!world->is_settling && chance(world, 2)) {
        give_up(world, side, id, output->number);
        return;
    }
    struct vc_mail_object object = words_of(room, id);
    if (!reserve(side, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(8 + object.body.len)))
        return;
    vc_err err = vc_mail_words(side->host.mail, &side->host.now, WORLD_PEER,
                               output->number, &object);
    DEMAND(world, err == VC_OK || err == VC_ERR_AWAY || err == VC_ERR_BUSY ||
                      err == VC_ERR_NO_MEMORY);
}

/* What is not acknowledged is to be written again, and that is noted in this turn. */
static void on_rolled_back(struct world *world, struct side *side)
{
    DEMAND(world, side->restores > 0);
    DEMAND(world, reserve(side, 2, 128));
    put(side, VC_TABLE_SETTING, RESEND_NEXT, 1);
    put(side, VC_TABLE_SETTING, RESEND_END, world->next_id);
    world->totals->rollbacks++;
}

static void on_connect(struct world *world)
{
    if (!world->is_settling && !chance(world, 50))
        return;
    world->next_since++;
    set_session(world, world->sides, world->next_since);
    set_session(world, world->sides + 1, world->next_since);
}

static bool send_id(struct world *world, struct side *side, uint64_t id)
{
    uint8_t room[300];
    uint64_t number;
    struct vc_mail_object object = words_of(room, id);
    if (!reserve(side, 2 + VC_MAIL_SEND_OPS,
                 128 + VC_MAIL_SEND_BYTES(8 + object.body.len)))
        return false;
    vc_err err =
        vc_mail_send(side->host.mail, &side->host.now, WORLD_PEER, &object, &number);
    DEMAND(world, err == VC_OK || err == VC_ERR_BUSY || err == VC_ERR_NO_MEMORY);
    if (err == VC_OK)
        put(side, VC_TABLE_EVENT, id, number);
    return err == VC_OK;
}

void resend(struct world *world, struct side *side)
{
    uint64_t id, end, ignored;
    if (!has(side, VC_TABLE_SETTING, RESEND_NEXT, &id) ||
        !has(side, VC_TABLE_SETTING, RESEND_END, &end))
        return;
    for (uint64_t first = id; id < end; id++) {
        bool is_due = has(side, VC_TABLE_EVENT, id, &ignored) &&
                      !has(side, VC_TABLE_TOKEN, id, &ignored) &&
                      !has(side, VC_TABLE_GAP, id, &ignored);
        if (is_due && (id - first > 200 || !send_id(world, side, id)))
            break;
        if (is_due) {
            world->fates[id] |= WORLD_AGAIN;
            world->totals->written_again++;
        }
        if (!reserve(side, 1, 64))
            break;
        put(side, VC_TABLE_SETTING, RESEND_NEXT, id + 1);
    }
}

void drain(struct world *world, struct side *side)
{
    struct vc_mail_output output;
    while (host_next(&side->host, &output)) {
        if (output.kind == VC_MAIL_DELIVERY)
            on_delivery(world, side, &output);
        else if (output.kind == VC_MAIL_ACKED)
            on_acked(world, side, &output);
        else if (output.kind == VC_MAIL_WORDS)
            on_words(world, side, &output);
        else if (output.kind == VC_MAIL_ROLLED_BACK)
            on_rolled_back(world, side);
        else if (output.kind == VC_MAIL_CONNECT)
            on_connect(world);
    }
}

/* ---- sessions, crashes ---- */

void set_session(struct world *world, struct side *side, uint64_t since)
{
    struct vc_link_output output = {.peer = WORLD_PEER};
    bool was_up = side->since != 0;
    side->since = since;
    fake_link_set_session(side->host.link, WORLD_PEER, since);
    output.reason = since == 0 ? VC_ERR_TIMEOUT : VC_ERR_EXISTS;
    output.kind = VC_LINK_DOWN;
    if (was_up) {
        vc_mail_link_output(side->host.mail, &side->host.now, &output);
        drain(world, side);
    }
    /* That one began again under the drain is possible; then this one is over. */
    if (since == 0 || side->since != since)
        return;
    output.kind = VC_LINK_UP;
    /* Now and then the link does not say so: the session was adopted. */
    if (chance(world, 10))
        vc_mail_wake(side->host.mail, &side->host.now, WORLD_PEER);
    else
        vc_mail_link_output(side->host.mail, &side->host.now, &output);
    drain(world, side);
}

void add_totals(struct world *world, struct side *side)
{
    struct vc_mail_stats stats = host_stats(&side->host);
    world->totals->given_again += stats.given_again;
    world->totals->duplicates += stats.duplicates;
    world->totals->refused += stats.refused;
    world->totals->resealed += stats.resealed;
    world->totals->unopened += stats.unopened;
}

void restart(struct world *world, struct side *side, bool is_crash)
{
    side->since = 0;
    world->totals->restarts++;
    add_totals(world, side);
    if (is_crash) {
        host_crash(&side->host, false);
        drain(world, side);
        return;
    }
    /* A failed commit: the process lives, its machines are built anew. */
    vc_mail_deinit(side->host.mail);
    vc_store_recover(side->host.store);
    fake_link_set_session(side->host.link, WORLD_PEER, 0);
    assert_int_equal(host_init(&side->host), VC_OK);
    vc_memory_complete(side->host.store, VC_OK);
    (void)vc_store_poll(side->host.store);
    drain(world, side);
}

void back_up(struct world *world, struct side *side)
{
    (void)world;
    if (side->backup != NULL)
        vc_memory_disk_free(side->backup);
    side->backup = vc_memory_disk_copy(side->host.disk);
}

/* Which fates a disk that is put back decides. */
static uint8_t rows_on_disk(struct world *world, struct side *side, uint64_t id)
{
    bool is_here = is_on_disk(side, VC_TABLE_MESSAGE, id);
    bool is_sent = is_on_disk(side, VC_TABLE_EVENT, id);
    bool is_given_up = is_on_disk(side, VC_TABLE_GAP, id);
    (void)world;
    return (uint8_t)((is_here ? WORLD_LOST : 0) | (is_sent ? WORLD_FORGOTTEN : 0) |
                     (is_given_up ? WORLD_REVIVED : 0));
}

void restore(struct world *world, struct side *side)
{
    static uint8_t before[WORLD_IDS_MAX];
    if (side->backup == NULL)
        return;
    for (uint64_t id = 1; id < world->next_id; id++)
        before[id] = rows_on_disk(world, side, id);
    side->since = 0;
    side->restores++;
    world->totals->restores++;
    add_totals(world, side);
    host_restore(&side->host, side->backup, false);
    side->backup = NULL;
    for (uint64_t id = 1; id < world->next_id; id++)
        world->fates[id] |=
            (uint8_t)(before[id] & ~(unsigned)rows_on_disk(world, side, id));
    drain(world, side);
}

/* ---- what the sides do ---- */

void send_new(struct world *world, struct side *side)
{
    if (world->next_id < WORLD_IDS_MAX)
        (void)send_id(world, side, world->next_id++);
}

void abandon_any(struct world *world, struct side *side)
{
    uint64_t id = 1 + below(world, (uint32_t)world->next_id);
    uint64_t number;
    if (has(side, VC_TABLE_EVENT, id, &number))
        give_up(world, side, id, number);
}

static void poll(struct world *world, struct side *side)
{
    struct vc_store_progress progress = vc_store_poll(side->host.store);
    if (progress.failure != VC_OK) {
        restart(world, side, false);
        return;
    }
    vc_mail_committed(side->host.mail, &side->host.now, progress.committed);
    resend(world, side);
    drain(world, side);
}

void commit(struct world *world, struct side *side, vc_err result)
{
    if (!vc_memory_is_committing(side->host.store))
        return;
    vc_memory_complete(side->host.store, result);
    poll(world, side);
}

void feed(struct world *world, struct side *side, const struct fake_object *object)
{
    uint8_t *copy = malloc(object->len);
    assert_non_null(copy);
    memcpy(copy, object->bytes, object->len);
    host_feed(&side->host, WORLD_PEER, (struct vc_bytes){copy, object->len});
    drain(world, side);
    free(copy);
}

/* Now and then it does not open, for one reason or another. */
static void feed_maybe_closed(struct world *world, struct side *side,
                              const struct fake_object *object)
{
    static const vc_err reasons[] = {VC_ERR_AUTH, VC_ERR_EXISTS, VC_ERR_FULL,
                                     VC_ERR_NO_MEMORY};
    if (world->has_deaths && !world->is_settling && chance(world, 2))
        seals_of(side)->open_err = reasons[below(world, 4)];
    feed(world, side, object);
    seals_of(side)->open_err = VC_OK;
}

bool move(struct world *world, struct side *from, uint32_t count)
{
    struct side *to = other_side(world, from);
    struct fake_object object;
    bool has_moved = false;
    while (count-- > 0 && fake_link_take(from->host.link, &object)) {
        has_moved = true;
        if (from->since == 0 || from->since != to->since || chance(world, world->loss))
            continue;
        /* What is fed may make the sender's link forget: a copy. */
        struct fake_object kept = object;
        kept.bytes = malloc(object.len);
        assert_non_null(kept.bytes);
        memcpy(kept.bytes, object.bytes, object.len);
        feed_maybe_closed(world, to, &kept);
        if (chance(world, world->doubles))
            feed_maybe_closed(world, to, &kept);
        free(kept.bytes);
    }
    if (fake_link_was_full(from->host.link) && from->since != 0) {
        fake_link_set_room(from->host.link, 1 + below(world, 100));
        vc_mail_link_output(
            from->host.mail, &from->host.now,
            &(struct vc_link_output){.kind = VC_LINK_WRITABLE, .peer = WORLD_PEER});
        drain(world, from);
        has_moved = true;
    }
    return has_moved;
}

void pass(struct world *world, vc_ms delay_ms)
{
    for (int i = 0; i < 2; i++) {
        host_tick(&world->sides[i].host, delay_ms);
        drain(world, &world->sides[i]);
    }
}

/* ---- the world ---- */

void world_open(struct world *world, uint64_t seed, struct totals *totals)
{
    *world = (struct world){
        .prop = {seed},
        .seed = seed,
        .totals = totals,
        .next_id = 1,
    };
    world->loss = chance(world, 20) ? below(world, 20) : 0;
    world->doubles = chance(world, 50) ? below(world, 20) : 0;
    world->has_turns = chance(world, 30);
    world->has_restores = chance(world, 40);
    world->has_deaths = chance(world, 60);
    for (int i = 0; i < 2; i++) {
        struct side *side = &world->sides[i];
        host_open(&side->host, false);
        fake_link_hide(side->host.link, 0);
        fake_seal_keep(side->host.seal, side->host.store);
        host_peer_put(&side->host, WORLD_PEER);
        host_turn(&side->host);
        drain(world, side);
    }
}

void world_close(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        if (world->sides[i].backup != NULL)
            vc_memory_disk_free(world->sides[i].backup);
        host_close(&world->sides[i].host);
    }
}

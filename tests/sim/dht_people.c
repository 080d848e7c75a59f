#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/find/limits.h"
#include "tests/sim/dht_world.h"

enum {
    HOUR_MS = 3600 * 1000,
    BUSY_MS = 1000, /* a publish that was refused is tried again */
    READ_BACK_MIN_MS = 500,
    READ_BACK_MAX_MS = 1500,
    PICKS = 40,              /* tries to find a record that fits */
    AGAIN_MS = 20 * HOUR_MS, /* a record is made anew long before it expires */
    EXPIRY_S = 24 * 3600,
    RESTART_MS = 60000, /* who is back so soon was not switched off by anybody, */
    ASKERS = 4,         /* and of so many one has something to ask at once */
    PART = 1000000      /* of one get or put that is due */
};

void sim_dht_people_init(struct sim_dht *world)
{
    world->attacked = SIM_DHT_NOBODY;
    world->free_ask = SIM_DHT_NOBODY;
    world->todo_at = VC_NEVER;
    for (uint32_t i = 0; i < world->node_count; i++) {
        world->nodes[i].first_ask = SIM_DHT_NOBODY;
    }
    sim_dht_records_init(world);
}

/* ---- asks ---- */

static struct sim_dht_ask *new_ask(struct sim_dht *world, struct sim_dht_node *node,
                                   uint32_t id)
{
    uint32_t index = world->free_ask;
    struct sim_dht_ask *ask;

    if (index != SIM_DHT_NOBODY) {
        world->free_ask = world->asks[index].next;
    } else {
        world->asks = sim_dht_grow(world->asks, world->ask_count, &world->ask_room,
                                   sizeof *world->asks);
        index = world->ask_count++;
    }
    ask = &world->asks[index];
    *ask = (struct sim_dht_ask){.node = sim_dht_index(world, node),
                                .id = id,
                                .next = node->first_ask,
                                .at = world->now,
                                .first_at = VC_NEVER};
    node->first_ask = index;
    return ask;
}

static struct sim_dht_ask *find_ask(struct sim_dht *world,
                                    const struct sim_dht_node *node, uint32_t id)
{
    for (uint32_t i = node->first_ask; i != SIM_DHT_NOBODY; i = world->asks[i].next) {
        if (world->asks[i].id == id) {
            return &world->asks[i];
        }
    }
    return NULL;
}

static void end_ask(struct sim_dht *world, struct sim_dht_node *node,
                    struct sim_dht_ask *ask)
{
    uint32_t index = (uint32_t)(ask - world->asks);
    uint32_t *at = &node->first_ask;

    while (*at != index) {
        at = &world->asks[*at].next;
    }
    *at = ask->next;
    ask->node = SIM_DHT_NOBODY;
    ask->next = world->free_ask;
    world->free_ask = index;
}

void sim_dht_drop_asks(struct sim_dht *world, struct sim_dht_node *node)
{
    while (node->first_ask != SIM_DHT_NOBODY) {
        end_ask(world, node, &world->asks[node->first_ask]);
    }
}

/* ---- what people do ---- */

void sim_dht_plan(struct sim_dht *world, uint32_t record, bool is_publish, vc_ms wait)
{
    vc_ms at = world->now + wait;

    world->todos = sim_dht_grow(world->todos, world->todo_count, &world->todo_room,
                                sizeof *world->todos);
    world->todos[world->todo_count++] = (struct sim_dht_todo){at, record, is_publish};
    world->todo_at = vc_ms_min(world->todo_at, at);
}

bool sim_dht_asks(const struct sim_dht_node *node)
{
    return node->evil == SIM_DHT_HONEST && !node->is_idle;
}

void sim_dht_publish(struct sim_dht *world, uint32_t index)
{
    struct sim_dht_record *record = &world->records[index];
    struct sim_dht_node *node = &world->nodes[record->owner];
    struct vc_now now = sim_dht_clock(world, node);
    uint8_t bytes[VC_DHT_RECORD_LEN];
    struct sim_dht_ask *ask;
    uint32_t id;
    vc_err err;

    if (node->dht == NULL) {
        return;
    }
    record->seq = vc_dht_record_next_seq(record->seq, sim_dht_true_time(world));
    record->first_seq = record->first_seq == 0 ? record->seq : record->first_seq;
    record->published_at = world->now;
    sim_dht_make_record(record, record->seq, bytes);
    sim_dht_running = node;
    err = vc_dht_publish(node->dht, &now, VC_BYTES(bytes), &id);
    sim_dht_running = NULL;
    if (err != VC_OK) {
        world->refused_asks += err == VC_ERR_FULL;
        sim_dht_plan(world, index, true, BUSY_MS);
        return;
    }
    ask = new_ask(world, node, id);
    ask->kind = SIM_DHT_PUT;
    ask->record = index;
    ask->seq = record->seq;
    sim_dht_turn(world, node);
}

void sim_dht_get(struct sim_dht *world, struct sim_dht_node *node,
                 uint32_t record_index, enum sim_dht_ask_kind kind)
{
    const struct sim_dht_record *record = &world->records[record_index];
    struct vc_now now = sim_dht_clock(world, node);
    struct sim_dht_ask *ask;
    uint32_t id;
    vc_err err;

    sim_dht_running = node;
    err = vc_dht_get(node->dht, &now, &record->place, &id);
    sim_dht_running = NULL;
    if (err != VC_OK) {
        world->refused_asks++;
        return;
    }
    ask = new_ask(world, node, id);
    ask->kind = kind;
    ask->record = record_index;
    ask->wanted = record->kept_seq;
    ask->is_across = world->nodes[record->owner].side != node->side;
    ask->is_attacked = record_index == world->attacked;
    sim_dht_turn(world, node);
}

static void get_any(struct sim_dht *world)
{
    struct sim_dht_node *node = sim_dht_pick(world, sim_dht_asks);
    bool is_attack =
        world->attacked != SIM_DHT_NOBODY && sim_random_below(&world->random, 2) == 0;
    uint32_t record = is_attack ? world->attacked : sim_dht_pick_record(world);

    if (node != NULL && record != SIM_DHT_NOBODY) {
        sim_dht_get(world, node, record, SIM_DHT_GET);
    }
}

static void put_any(struct sim_dht *world)
{
    uint32_t record = sim_dht_pick_record(world);

    if (record != SIM_DHT_NOBODY) {
        sim_dht_publish(world, record);
    }
}

static void do_planned(struct sim_dht *world)
{
    uint32_t end = world->todo_count, kept = 0;

    if (world->now < world->todo_at) {
        return;
    }
    world->todo_at = VC_NEVER;
    for (uint32_t i = 0; i < end; i++) {
        struct sim_dht_todo todo = world->todos[i];
        struct sim_dht_node *node;

        if (todo.at > world->now) {
            world->todos[kept++] = todo;
            world->todo_at = vc_ms_min(world->todo_at, todo.at);
        } else if (todo.is_publish) {
            sim_dht_publish(world, todo.record);
        } else if ((node = sim_dht_pick(world, sim_dht_asks)) != NULL) {
            sim_dht_get(world, node, todo.record, SIM_DHT_READ_BACK);
        }
    }
    /* What was planned meanwhile stands behind the end. */
    memmove(world->todos + kept, world->todos + end,
            (world->todo_count - end) * sizeof *world->todos);
    world->todo_count -= end - kept;
}

/* Who comes back as himself says what his record said before, which stands there: that has time, as
 * in node/find.  (Where it does not stand any more, nobody can know.) */
static void publish_first(struct sim_dht *world, const struct sim_dht_node *node,
                          bool is_saved)
{
    if (node->record == SIM_DHT_NOBODY) {
        return;
    }
    if (is_saved && world->records[node->record].seq != 0) {
        sim_dht_plan(world, node->record, true,
                     sim_random_below(&world->random, VC_FIND_SAME_SPREAD_MS));
    } else {
        sim_dht_publish(world, node->record);
    }
}

void sim_dht_people_started(struct sim_dht *world, struct sim_dht_node *node,
                            bool is_saved)
{
    bool is_restart = is_saved && world->now - node->gone_at < RESTART_MS;
    uint32_t record = sim_dht_pick_record(world);
    vc_ms founded = sim_dht_founded_at(world);

    if (world->now < founded) { /* a record that is put at nearly nobody says nothing */
        vc_ms until = world->measured_from - founded;

        if (node->record != SIM_DHT_NOBODY) {
            sim_dht_plan(
                world, node->record, true,
                founded - world->now +
                    sim_random_below(&world->random, (uint32_t)(until * 3 / 4)));
        }
        return;
    }
    if (world->now > world->measured_from && sim_dht_asks(node) &&
        record != SIM_DHT_NOBODY &&
        (!is_restart || sim_random_below(&world->random, ASKERS) == 0)) {
        sim_dht_get(world, node, record,
                    is_saved ? SIM_DHT_FIRST_SAVED : SIM_DHT_FIRST_COLD);
    }
    publish_first(world, node, is_saved);
}

/* So much of one get or put is due in a millisecond. */
static uint64_t rate(const struct sim_dht *world, uint32_t per_h)
{
    return (uint64_t)per_h * world->node_count * PART / HOUR_MS;
}

void sim_dht_people(struct sim_dht *world)
{
    do_planned(world);
    if (world->now < world->measured_from) {
        return;
    }
    world->gets_due += rate(world, world->options.gets_per_h);
    world->puts_due += rate(world, world->options.puts_per_h);
    for (; world->gets_due >= PART; world->gets_due -= PART) {
        get_any(world);
    }
    for (; world->puts_due >= PART; world->puts_due -= PART) {
        put_any(world);
    }
    if (world->now % 60000 == 0) {
        for (uint32_t i = 0; i < world->record_count; i++) {
            const struct sim_dht_record *record = &world->records[i];

            if (record->seq != 0 && world->now - record->published_at > AGAIN_MS) {
                sim_dht_publish(world, i);
            }
        }
    }
}

/* ---- what the machine says ---- */

void sim_dht_on_found(struct sim_dht *world, struct sim_dht_node *node,
                      const struct vc_dht_output *output)
{
    struct sim_dht_ask *ask = find_ask(world, node, output->ask);
    const struct sim_dht_record *record;
    struct vc_dht_record found;
    uint8_t bytes[VC_DHT_RECORD_LEN];

    if (ask == NULL || ask->kind == SIM_DHT_PUT) {
        sim_dht_complain(world, node, "found something for ask %u, which is not there",
                         output->ask);
        return;
    }
    record = &world->records[ask->record];
    if (vc_dht_record_read(output->bytes, &found) != VC_OK ||
        found.seq < record->first_seq || found.seq > record->seq) {
        sim_dht_complain(world, node, "found what nobody has published");
        return;
    }
    sim_dht_make_record(record, found.seq, bytes);
    if (memcmp(bytes, output->bytes.data, sizeof bytes) != 0) {
        sim_dht_complain(world, node, "found an altered record");
    }
    if (ask->first_at != VC_NEVER && found.seq <= ask->seq) {
        sim_dht_complain(world, node, "found a record that is not later than the last");
    }
    ask->seq = found.seq;
    ask->first_at = ask->first_at == VC_NEVER ? world->now : ask->first_at;
}

/* What did not go well, for whoever wants to know why. */
static void trace_result(const struct sim_dht *world, const struct sim_dht_node *node,
                         const struct sim_dht_ask *ask,
                         const struct vc_dht_output *output)
{
    static const char *const kinds[] = {"get", "read-back", "first get, cold",
                                        "first get, saved", "put"};
    const struct sim_dht_node *owner = &world->nodes[world->records[ask->record].owner];
    struct vc_dht_status status;
    struct vc_now now = sim_dht_clock(world, node);

    vc_dht_status(node->dht, &now, &status);
    printf(
        "%llu.%03llu s: node %u (%s, up %llu s, %u nodes, %u suspect, size %llu, clock "
        "%+lld "
        "s): %s of record %u (owner %s) ends with %d after %u requests, %u holders\n",
        (unsigned long long)world->now / 1000, (unsigned long long)world->now % 1000,
        sim_dht_index(world, node), node->is_nat ? "client" : "router",
        (unsigned long long)(world->now - node->began_at) / 1000, status.nodes,
        status.suspects, (unsigned long long)status.network_size,
        (long long)node->skew_ms / 1000, kinds[ask->kind], ask->record,
        owner->state == SIM_DHT_HERE ? "here" : "gone", (int)output->reason,
        output->asked, output->holders);
}

static void note_result(struct sim_dht *world, const struct sim_dht_ask *ask,
                        const struct vc_dht_output *output)
{
    vc_ms first = ask->kind == SIM_DHT_PUT ? world->now : ask->first_at;

    world->results = sim_dht_grow(world->results, world->result_count,
                                  &world->result_room, sizeof *world->results);
    world->results[world->result_count++] = (struct sim_dht_result){
        .at_s = (uint32_t)(ask->at / 1000),
        .first_ms = first == VC_NEVER ? UINT16_MAX : (uint16_t)(first - ask->at),
        .done_ms = (uint16_t)(world->now - ask->at),
        .asked = output->asked,
        .kind = (uint8_t)ask->kind,
        .is_good = output->reason == VC_OK,
        .is_stale = ask->kind != SIM_DHT_PUT && output->reason == VC_OK &&
                    ask->seq < ask->wanted,
        .is_across = ask->is_across,
        .is_attacked = ask->is_attacked};
}

void sim_dht_on_done(struct sim_dht *world, struct sim_dht_node *node,
                     const struct vc_dht_output *output)
{
    struct sim_dht_ask *ask = find_ask(world, node, output->ask);
    bool is_put;

    if (ask == NULL) {
        sim_dht_complain(world, node, "is done with ask %u, which is not there",
                         output->ask);
        return;
    }
    is_put = ask->kind == SIM_DHT_PUT;
    if (world->now - ask->at > VC_DHT_ASK_MAX_MS) {
        sim_dht_complain(world, node, "took %u ms for an ask",
                         (unsigned)(world->now - ask->at));
    }
    if (!is_put && (output->reason == VC_OK) != (ask->first_at != VC_NEVER)) {
        sim_dht_complain(world, node, "says %d of a get that has%s found something",
                         (int)output->reason, ask->first_at == VC_NEVER ? " not" : "");
    }
    if (ask->at >= world->measured_from) {
        note_result(world, ask, output);
        if (world->options.is_traced && output->reason != VC_OK) {
            trace_result(world, node, ask, output);
        }
    }
    if (is_put && output->reason == VC_OK) {
        struct sim_dht_record *record = &world->records[ask->record];

        record->kept_seq = ask->seq > record->kept_seq ? ask->seq : record->kept_seq;
        if (world->now >= world->measured_from) {
            sim_dht_plan(
                world, ask->record, false,
                sim_random_between(&world->random, READ_BACK_MIN_MS, READ_BACK_MAX_MS));
        }
    }
    end_ask(world, node, ask);
}

void sim_dht_on_kept(struct sim_dht *world, struct sim_dht_node *node,
                     const struct vc_dht_output *output)
{
    struct sim_dht_record *record = sim_dht_record_at(world, &output->place);

    if (record == NULL || record->owner != sim_dht_index(world, node)) {
        sim_dht_complain(world, node, "keeps a record alive that is not its own");
    } else if (output->holders >= VC_DHT_HOLDERS_MIN) {
        record->kept_seq = record->seq;
    }
}

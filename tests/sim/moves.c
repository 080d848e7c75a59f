/*
 * Everybody moves at one moment: nobody is where the others think that he is, and only the
 * DHT knows better.  Whoever has an address again must have what others write to him within
 * five seconds, and an invite that was made before must work.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world.h"

static void plan_move(struct sim_world *world, enum sim_kind kind, uint32_t host, vc_ms at)
{
    sim_plan(world, (struct sim_happening){.kind = kind, .host = host, .at = at});
}

static void make_invite(struct sim_host *host, void *ctx)
{
    struct sim_moves *moves = &host->world->moves;
    struct vc_now now = sim_host_now(host);
    struct vc_invite_state invite;

    (void)ctx;
    if (vc_chat_invite(vc_node_chat(host->node), &now, 30, "", &invite) == VC_OK) {
        memcpy(moves->invite, invite.text, sizeof invite.text);
    }
}

bool sim_moves_begin(struct sim_world *world)
{
    struct sim_moves *moves = &world->moves;
    vc_ms last = 0;

    if (moves->count == world->config.moves) {
        return false;
    }
    moves->count++;
    moves->is_on = true;
    moves->first_text = world->text_count;
    if (moves->invite[0] == '\0') {
        sim_host_turn(&world->hosts[0], make_invite, NULL);
    }
    for (uint32_t i = 0; i < world->config.hosts; i++) {
        /* Nobody has moved just before: records are published twice in ten seconds at most. */
        vc_ms at = world->now + 12000;

        if (sim_random_chance(&world->random, 500000)) {
            at += sim_random_below(&world->random, 2000);
        }
        last = at > last ? at : last;
        plan_move(world, SIM_MOVE, i, at);
    }
    moves->judged_at = last + SIM_TALK_MS;
    plan_move(world, SIM_MOVED, 0, moves->judged_at);
    return true;
}

/* A text for everybody else. */
static void write_to_all(struct sim_host *host)
{
    struct sim_world *world = host->world;

    for (uint32_t to = 0; to < world->config.hosts; to++) {
        if (to != host->index && world->text_count < SIM_TEXTS_MAX) {
            world->texts[world->text_count++] =
                (struct sim_text){.from = host->index, .to = to, .is_of_move = true};
        }
    }
}

/* Or it is off, and comes back elsewhere. */
void sim_moves_move(struct sim_host *host)
{
    struct sim_world *world = host->world;
    struct sim_moves *moves = &world->moves;
    struct vc_addr addr = host->home;

    addr.ip[1] = (uint8_t)(1 + sim_random_below(&world->random, 90));
    addr.ip[2] = (uint8_t)moves->count;
    addr.port = (uint16_t)sim_random_between(&world->random, 2000, 60000);
    write_to_all(host);
    if (host->node != NULL && sim_random_chance(&world->random, 300000)) {
        vc_ms back_at;

        host->addr = addr;
        sim_host_crash(host);
        back_at = host->restart_at;
        host->there_at = back_at;
        if (back_at + SIM_TALK_MS > moves->judged_at) {
            moves->judged_at = back_at + SIM_TALK_MS;
        }
        plan_move(world, SIM_SPEAK, host->index, back_at + 1);
        return;
    }
    host->there_at = world->now;
    sim_host_move(host, &addr);
    sim_person_act(host);
}

static void join_late(struct sim_host *host, void *ctx)
{
    struct vc_now now = sim_host_now(host);
    struct vc_join_state join;
    vc_err err;

    (void)ctx;
    err = vc_chat_join(vc_node_chat(host->node), &now, host->world->moves.invite, "", &join);
    if (err != VC_OK) {
        sim_complain(host->world, "the newcomer cannot join: %s", vc_err_name(err));
    }
}

static void newcomer_starts(struct sim_world *world)
{
    struct sim_host *host = &world->hosts[world->config.hosts];

    host->home.ip[1] = 99;
    host->addr = host->home;
    host->disk = vc_memory_disk_new();
    sim_host_start(host);
    world->moves.has_newcomer = true;
    world->moves.newcomer_at = world->now;
    sim_host_turn(host, join_late, NULL);
    plan_move(world, SIM_JOINED, host->index, world->now + SIM_TALK_STEP_MS);
}

/* From the moment when both had an address. */
static uint32_t took_ms(const struct sim_world *world, const struct sim_text *text)
{
    vc_ms from_at = world->hosts[text->from].there_at, to_at = world->hosts[text->to].there_at;
    vc_ms both_at = from_at > to_at ? from_at : to_at;

    return text->shown_at > both_at ? (uint32_t)(text->shown_at - both_at) : 0;
}

static void count_talk(struct sim_world *world, const struct sim_text *text)
{
    struct sim_talks *talks = &world->moves.talks;
    uint32_t took = took_ms(world, text);
    uint32_t step = took / SIM_TALK_STEP_MS;

    talks->count++;
    talks->longest_ms = took > talks->longest_ms ? took : talks->longest_ms;
    talks->steps[step < SIM_TALK_MS / SIM_TALK_STEP_MS ? step
                                                       : SIM_TALK_MS / SIM_TALK_STEP_MS]++;
}

void sim_talks_add(struct sim_talks *sum, const struct sim_talks *more)
{
    sum->count += more->count;
    sum->joins += more->joins;
    sum->longest_ms = more->longest_ms > sum->longest_ms ? more->longest_ms : sum->longest_ms;
    sum->longest_join_ms = more->longest_join_ms > sum->longest_join_ms
                               ? more->longest_join_ms
                               : sum->longest_join_ms;
    for (size_t i = 0; i <= SIM_TALK_MS / SIM_TALK_STEP_MS; i++) {
        sum->steps[i] += more->steps[i];
    }
}

uint32_t sim_talks_within(const struct sim_talks *talks, uint32_t thousandths)
{
    uint64_t wanted = (uint64_t)talks->count * thousandths / 1000, there = 0;

    for (uint32_t i = 0; i <= SIM_TALK_MS / SIM_TALK_STEP_MS; i++) {
        there += talks->steps[i];
        if (there >= wanted) {
            return (i + 1) * SIM_TALK_STEP_MS;
        }
    }
    return UINT32_MAX;
}

void sim_moves_judge(struct sim_world *world)
{
    struct sim_moves *moves = &world->moves;

    if (world->now < moves->judged_at) {
        plan_move(world, SIM_MOVED, 0, moves->judged_at);
        return;
    }
    for (uint32_t i = moves->first_text; i < world->text_count; i++) {
        const struct sim_text *text = &world->texts[i];

        if (!text->is_of_move) {
            continue;
        }
        if (text->shown == 0 || took_ms(world, text) > SIM_TALK_MS) {
            sim_complain(world, "hosts %u and %u moved, and do not talk %d ms later",
                         text->from, text->to, SIM_TALK_MS);
        } else {
            count_talk(world, text);
        }
    }
    moves->is_on = false;
    if (!moves->has_newcomer && moves->invite[0] != '\0' &&
        world->config.hosts < SIM_HOSTS_MAX) {
        moves->is_on = true;
        newcomer_starts(world);
    }
}

/* Looked at every now and then, until he is in or it has taken too long. */
void sim_moves_joined(struct sim_world *world)
{
    struct sim_host *host = &world->hosts[world->config.hosts];

    struct sim_talks *talks = &world->moves.talks;
    uint32_t took = (uint32_t)(world->now - world->moves.newcomer_at);

    if (host->person.contact_of[0] == 0 && took < SIM_JOIN_MS) {
        plan_move(world, SIM_JOINED, host->index, world->now + SIM_TALK_STEP_MS);
        return;
    }
    if (host->person.contact_of[0] == 0) {
        sim_complain(world, "an invite does not work %d ms after its maker moved",
                     SIM_JOIN_MS);
    }
    talks->joins++;
    talks->longest_join_ms = took > talks->longest_join_ms ? took : talks->longest_join_ms;
    world->moves.is_on = false;
}

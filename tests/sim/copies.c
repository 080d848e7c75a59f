/*
 * Disks that are put back to an older state, and what the judges have to know of it: which
 * texts are not on them, and who had seen these.
 *
 * Copies are made of what is committed, and only when the host and all others are each
 * other's contacts.  One that is put back stays, and so do those that were made after it,
 * so that a later one may come from a branch that was left.  Those go when another host is
 * put back as well: what both sides acknowledged to each other in two branches cannot be
 * told apart, and a state of a branch that both have left is not an older one.
 */
#include <string.h>

#include "node/chat/state.h"
#include "tests/sim/world.h"

#define KEEP_CHANCE 250000 /* of a commit, in a million */

/* Of the host that starts from a copy now: the others know that it had these texts. */
static bool had[SIM_TEXTS_MAX];

static bool is_known_to_all(const struct sim_host *host)
{
    const struct sim_world *world = host->world;

    for (uint32_t other = 0; other < world->config.hosts; other++) {
        if (other != host->index &&
            (host->person.contact_of[other] == 0 ||
             world->hosts[other].person.contact_of[host->index] == 0)) {
            return false;
        }
    }
    return true;
}

void sim_copies_keep(struct sim_host *host)
{
    struct sim_world *world = host->world;
    struct sim_copy *copy;

    if (!world->has_faults || world->config.put_back == 0 || !is_known_to_all(host) ||
        !sim_random_chance(&world->random, KEEP_CHANCE)) {
        return;
    }
    copy = &host->copies[sim_random_below(&world->random, SIM_COPIES_MAX)];
    vc_memory_disk_free(copy->disk);
    copy->disk = vc_memory_disk_copy(host->disk);
    copy->cursor = host->person.cursor;
    copy->taken = ++world->put_backs.copies;
    copy->is_left = false;
    for (uint32_t i = 0; i < world->text_count; i++) {
        copy->shown[i] =
            (uint8_t)(world->texts[i].to == host->index ? world->texts[i].shown : 0);
    }
    memset(copy->shown + world->text_count, 0, SIM_TEXTS_MAX - world->text_count);
    sim_trace(world, "keeps a copy", host->index, host->committed);
}

void sim_copies_second(struct sim_host *host)
{
    struct sim_world *world = host->world;

    if (world->put_backs.count < world->config.put_backs_max && host->store != NULL &&
        sim_random_chance(&world->random, world->config.put_back)) {
        host->is_put_back = true;
        sim_host_crash(host);
    }
}

static struct sim_copy *choose(struct sim_host *host)
{
    uint32_t from = sim_random_below(&host->world->random, SIM_COPIES_MAX);

    for (uint32_t i = 0; i < SIM_COPIES_MAX; i++) {
        struct sim_copy *copy = &host->copies[(from + i) % SIM_COPIES_MAX];

        if (copy->disk != NULL) {
            return copy;
        }
    }
    return NULL;
}

static bool must_notice(const struct sim_host *host, uint32_t other)
{
    return host->must_notice_own[other] || host->must_notice_theirs[other];
}

static void overtake(struct sim_host *host, uint32_t other)
{
    host->world->put_backs.overtaken += must_notice(host, other) ? 1 : 0;
    host->must_notice_own[other] = host->must_notice_theirs[other] = false;
}

/* The reader has seen what he had seen then.  Texts that the others know to be delivered are
 * noted in @ret_had. */
static void go_back(struct sim_host *host, const struct sim_copy *copy, bool *ret_had)
{
    struct sim_world *world = host->world;

    for (uint32_t i = 0; i < world->text_count; i++) {
        struct sim_text *text = &world->texts[i];

        ret_had[i] = text->to == host->index && text->shown > 0 && text->is_delivered;
        if (text->to == host->index) {
            text->shown = copy->shown[i];
        }
    }
    /* What the others have to notice hangs on what this one knows, and that has changed. */
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        overtake(host, other);
        overtake(&world->hosts[other], host->index);
    }
}

/* @copy is put back: what was made after it is of another branch now. */
static void leave_branches(struct sim_host *host, struct sim_copy *copy)
{
    struct sim_world *world = host->world;
    bool is_alone = true;

    for (size_t i = 0; i < SIM_COPIES_MAX; i++) {
        host->copies[i].is_left |= copy->is_left || host->copies[i].taken > copy->taken;
    }
    copy->is_left = false;
    for (uint32_t i = 0; i < world->config.hosts; i++) {
        is_alone = is_alone && (i == host->index || world->hosts[i].put_backs == 0);
    }
    for (uint32_t i = 0; !is_alone && i < world->config.hosts; i++) {
        for (size_t j = 0; j < SIM_COPIES_MAX; j++) {
            struct sim_copy *left = &world->hosts[i].copies[j];

            if (left->is_left) {
                vc_memory_disk_free(left->disk);
                left->disk = NULL;
                left->is_left = false;
            }
        }
    }
}

void sim_copies_restart(struct sim_host *host)
{
    struct sim_world *world = host->world;
    struct sim_copy *copy;

    if (!host->is_put_back) {
        return;
    }
    copy = choose(host);
    if (copy == NULL || world->put_backs.count >= world->config.put_backs_max) {
        host->is_put_back = false;
        return;
    }
    vc_memory_disk_free(host->disk);
    host->disk = vc_memory_disk_copy(copy->disk);
    host->person.cursor = copy->cursor;
    go_back(host, copy, had);
    leave_branches(host, copy);
    world->put_backs.count++;
    host->put_backs++;
    sim_trace(world, "is put back", host->index, copy->cursor);
}

struct stock {
    struct sim_host *host;
    bool is_there[SIM_TEXTS_MAX];
};

static bool take_stock_of(void *ctx, const struct vc_message *message)
{
    struct stock *stock = ctx;
    uint32_t number;

    if (!sim_text_of(message->body, &number) || number >= SIM_TEXTS_MAX) {
        return true;
    }
    stock->is_there[number] = true;
    if (message->is_own) {
        struct sim_text *text = &stock->host->world->texts[number];

        text->seq = message->ref.seq;
        text->is_gone = false;
        text->is_delivered =
            message->state == VC_MESSAGE_DELIVERED || message->state == VC_MESSAGE_READ;
    }
    return true;
}

static void miss(struct sim_host *host, uint32_t number)
{
    struct sim_world *world = host->world;
    struct sim_text *text = &world->texts[number];

    text->is_delivered = false;
    text->seq = 0;
    if (text->shown > 0) {
        host->must_notice_own[text->to] = true;
    }
    if (text->is_promised) {
        world->put_backs.gone += text->is_gone ? 0 : 1;
        text->is_gone = true;
    } else if (text->was_asked) {
        text->doubles++;
    }
    sim_trace(world, "is gone", host->index, number);
}

/* The copy itself may be of a time when an older copy was noticed already. */
static void forgive(struct sim_host *host, uint32_t other)
{
    const struct vc_person *person =
        vc_person_of_root(vc_node_chat(host->node), &host->world->hosts[other].root);
    int restoring = person == NULL ? VC_RESTORING_NOTHING : person->row.restoring;

    host->must_notice_own[other] &= restoring != VC_RESTORING_BOTH;
    host->must_notice_theirs[other] &= restoring == VC_RESTORING_NOTHING;
}

void sim_copies_started(struct sim_host *host)
{
    static struct stock stock;
    struct sim_world *world = host->world;

    if (!host->is_put_back) {
        return;
    }
    host->is_put_back = false;
    memset(&stock, 0, sizeof stock);
    stock.host = host;
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        struct vc_history history = {.on_message = take_stock_of, .ctx = &stock};

        if (other == host->index) {
            continue;
        }
        sim_person_find(host);
        history.contact = host->person.contact_of[other];
        if (vc_chat_history(vc_node_chat(host->node), &history) != VC_OK) {
            sim_complain(world, "host %u cannot show what was put back", host->index);
        }
    }
    for (uint32_t i = 0; i < world->text_count; i++) {
        const struct sim_text *text = &world->texts[i];

        if (stock.is_there[i]) {
            continue;
        }
        if (text->from == host->index && text->was_asked) {
            miss(host, i);
        } else if (had[i]) {
            host->must_notice_theirs[text->from] = true;
        }
    }
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        forgive(host, other);
        world->put_backs.changing += must_notice(host, other) ? 1 : 0;
    }
}

void sim_copies_own(struct sim_host *host, const struct vc_message *message,
                    struct sim_text *text)
{
    text->seq = message->ref.seq;
    text->is_delivered |=
        message->state == VC_MESSAGE_DELIVERED || message->state == VC_MESSAGE_READ;
    if (text->is_gone) {
        text->is_gone = false;
        host->world->put_backs.restored++;
        sim_trace(host->world, "is back", host->index, message->ref.seq);
    }
}

void sim_copies_noticed(struct sim_host *host, uint32_t other, bool is_own)
{
    bool was_due = must_notice(host, other);

    host->must_notice_own[other] &= !is_own;
    host->must_notice_theirs[other] = false;
    if (was_due && !must_notice(host, other)) {
        host->world->put_backs.noticed++;
    }
}

void sim_copies_free(struct sim_host *host)
{
    for (size_t i = 0; i < SIM_COPIES_MAX; i++) {
        vc_memory_disk_free(host->copies[i].disk);
    }
}

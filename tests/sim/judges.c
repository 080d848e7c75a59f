#include <stdlib.h>
#include <string.h>

#include "node/chat/state.h"
#include "tests/sim/world.h"

/* Pairs of packet key and number that have sealed: an open hash table, grown by doubling. */
static struct {
    uint64_t *marks;
    size_t count, room;
    struct sim_world *world;
} seals;

void sim_judge_reset(struct sim_world *world)
{
    free(seals.marks);
    memset(&seals, 0, sizeof seals);
    seals.world = world;
    sim_frames_reset(world);
}

static bool insert_mark(uint64_t mark)
{
    size_t at = (size_t)mark & (seals.room - 1);

    while (seals.marks[at] != 0) {
        if (seals.marks[at] == mark) {
            return false;
        }
        at = (at + 1) & (seals.room - 1);
    }
    seals.marks[at] = mark;
    seals.count++;
    return true;
}

static void grow_marks(void)
{
    uint64_t *old = seals.marks;
    size_t old_room = seals.room;

    seals.room = old_room == 0 ? 1024 : old_room * 2;
    seals.marks = calloc(seals.room, sizeof *seals.marks);
    seals.count = 0;
    if (seals.marks == NULL) {
        abort();
    }
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != 0) {
            (void)insert_mark(old[i]);
        }
    }
    free(old);
}

void sim_judge_seal(const uint8_t key[32], uint64_t number)
{
    uint64_t state, mark;

    if (seals.world == NULL) {
        return;
    }
    memcpy(&state, key, sizeof state); /* a key is random: 8 bytes of it tell it apart */
    state ^= number * 0x9e3779b97f4a7c15u;
    mark = sim_splitmix(&state) | 1;
    if (seals.count * 2 >= seals.room) {
        grow_marks();
    }
    if (!insert_mark(mark)) {
        sim_complain(seals.world, "a packet number is used twice under one key");
    }
}

void sim_judge_noticed(const struct vc_mail *mail, uint32_t peer, bool is_own)
{
    struct sim_world *world = seals.world;

    for (uint32_t i = 0; world != NULL && i < world->config.hosts; i++) {
        struct sim_host *host = &world->hosts[i];
        const struct vc_person *person;

        if (host->node == NULL || vc_node_mail(host->node) != mail) {
            continue;
        }
        person = vc_person_of_peer(vc_node_chat(host->node), peer);
        for (uint32_t other = 0; person != NULL && other < world->config.hosts; other++) {
            if (memcmp(person->row.root.b, world->hosts[other].root.b, 32) == 0) {
                sim_trace(world, is_own ? "is rolled back" : "has lost", i, other);
                sim_copies_noticed(host, other, is_own);
            }
        }
    }
}

void sim_judge_datagram(struct sim_host *from, const struct vc_addr *to, struct vc_bytes bytes)
{
    static const char canary[] = "canary-in-the-coal-mine";
    struct sim_world *world = from->world;

    if (bytes.len == 0 || bytes.len > VC_PACKET_MAX) {
        sim_complain(world, "host %u sends %zu bytes", from->index, bytes.len);
    }
    if (to->ip[0] == 203) { /* where only the forger of garbage is */
        sim_complain(world, "host %u answers a stranger", from->index);
    }
    if (memmem(bytes.data, bytes.len, canary, sizeof canary - 1) != NULL ||
        memmem(bytes.data, bytes.len, from->root.b, sizeof from->root.b) != NULL) {
        sim_complain(world, "host %u sends something in clear", from->index);
    }
}

/* Then there may be more that waits than mail knows of. */
static bool is_restoring(struct sim_host *host, uint32_t contact)
{
    const struct vc_person *person = vc_person_find(vc_node_chat(host->node), contact);

    return person->row.restoring != VC_RESTORING_NOTHING || person->row.is_resending;
}

static bool has_settled(struct sim_host *host)
{
    struct sim_world *world = host->world;
    struct vc_now now = sim_host_now(host);

    if (host->node == NULL || vc_store_is_busy(host->store)) {
        return false;
    }
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        struct vc_contact contact;

        if (other == host->index) {
            continue;
        }
        if (host->person.contact_of[other] == 0 ||
            vc_chat_contact(vc_node_chat(host->node), &now, host->person.contact_of[other],
                            &contact) != VC_OK ||
            contact.waiting > 0 || is_restoring(host, contact.id) ||
            vc_chat_gaps(vc_node_chat(host->node), contact.id) > 0) {
            return false;
        }
    }
    return true;
}

bool sim_is_settled(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->text_count; i++) {
        const struct sim_text *text = &world->texts[i];
        bool is_there = text->shown > 0 && text->is_delivered;

        if (!text->is_promised || (text->is_gone ? text->shown > 0 : !is_there)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < world->config.hosts; i++) {
        if (!has_settled(&world->hosts[i])) {
            return false;
        }
    }
    return true;
}

struct listing {
    struct vc_hash32 ids[SIM_TEXTS_MAX];
    uint32_t times[SIM_TEXTS_MAX]; /* of each text */
    size_t count;
    FILE *trace; /* NULL: quiet */
};

static bool list_message(void *ctx, const struct vc_message *message)
{
    struct listing *listing = ctx;
    uint32_t number;

    if (listing->trace != NULL && sim_text_of(message->body, &number)) {
        fprintf(listing->trace, "  text %u is %u/%u at %llu\n", number, message->ref.author,
                message->ref.seq, (unsigned long long)message->order);
    }
    if (listing->count < SIM_TEXTS_MAX) {
        listing->ids[listing->count++] = message->id;
    }
    if (sim_text_of(message->body, &number) && number < SIM_TEXTS_MAX) {
        listing->times[number]++;
    }
    return true;
}

static void list_conversation(struct sim_host *host, uint32_t other, struct listing *ret)
{
    struct vc_history history = {.contact = host->person.contact_of[other],
                                 .on_message = list_message,
                                 .ctx = ret};

    memset(ret, 0, sizeof *ret);
    ret->trace = host->world->config.trace;
    if (ret->trace != NULL) {
        fprintf(ret->trace, "host %u shows with %u:\n", host->index, other);
    }
    if (vc_chat_history(vc_node_chat(host->node), &history) != VC_OK) {
        sim_complain(host->world, "host %u cannot show its history", host->index);
    }
}

/* Is each text there as often as may be? */
static void judge_times(struct sim_host *host, uint32_t other, const struct listing *listing)
{
    struct sim_world *world = host->world;

    for (uint32_t i = 0; i < world->text_count; i++) {
        const struct sim_text *text = &world->texts[i];
        bool is_theirs = (text->from == host->index && text->to == other) ||
                         (text->from == other && text->to == host->index);
        uint32_t least = is_theirs && !text->is_gone ? 1 : 0;
        uint32_t most = is_theirs ? 1 + text->doubles : 0;

        if (listing->times[i] < least || listing->times[i] > most) {
            sim_complain(world, "host %u has text %u of host %u %u times", host->index, i,
                         text->from, listing->times[i]);
        }
    }
}

static void judge_pair(struct sim_host *a, struct sim_host *b)
{
    static struct listing of_a, of_b;
    struct sim_world *world = a->world;

    list_conversation(a, b->index, &of_a);
    list_conversation(b, a->index, &of_b);
    judge_times(a, b->index, &of_a);
    judge_times(b, a->index, &of_b);
    if (of_a.count != of_b.count) {
        sim_complain(world, "hosts %u and %u have %zu and %zu texts", a->index, b->index,
                     of_a.count, of_b.count);
    } else if (memcmp(of_a.ids, of_b.ids, of_a.count * sizeof *of_a.ids) != 0) {
        sim_complain(world, "hosts %u and %u show different orders", a->index, b->index);
    }
}

static void judge_noticing(const struct sim_host *host)
{
    for (uint32_t other = 0; other < host->world->config.hosts; other++) {
        if (host->must_notice_own[other] || host->must_notice_theirs[other]) {
            sim_complain(host->world,
                         "host %u was put back, and nobody noticed it with %u",
                         host->index, other);
        }
    }
}

void sim_judge_end(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->text_count; i++) {
        const struct sim_text *text = &world->texts[i];

        if (text->is_gone) {
            if (text->shown > 0) {
                sim_complain(world, "text %u is not back at host %u, and %u has it", i,
                             text->from, text->to);
            }
        } else if (text->is_promised && text->shown == 0) {
            sim_complain(world, "text %u of host %u was promised and is lost", i, text->from);
        } else if (!text->is_promised) {
            sim_complain(world, "text %u of host %u was never accepted", i, text->from);
        } else if (!text->is_delivered) {
            sim_complain(world, "text %u of host %u arrived and is not said to be", i,
                         text->from);
        }
    }
    for (uint32_t i = 0; i < world->config.hosts && world->complaint[0] == '\0'; i++) {
        judge_noticing(&world->hosts[i]);
        for (uint32_t j = i + 1; j < world->config.hosts; j++) {
            if (world->hosts[i].node != NULL && world->hosts[j].node != NULL) {
                judge_pair(&world->hosts[i], &world->hosts[j]);
            }
        }
    }
    if (world->complaint[0] == '\0' && !sim_is_settled(world)) {
        sim_complain(world, "it does not settle");
    }
}

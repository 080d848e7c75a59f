#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

/* What is searched for in datagrams: no text may travel in clear. */
#define CANARY "canary-in-the-coal-mine"

static struct vc_chat *chat_of(struct sim_host *host)
{
    return vc_node_chat(host->node);
}

/* Most texts are short, some fill several datagrams, a few are as long as may be. */
static size_t length_of(uint32_t number)
{
    uint64_t state = number;
    uint64_t dice = sim_splitmix(&state) % 100;

    if (dice < 80) {
        return 60 + dice;
    }
    return dice < 98 ? 60 + dice * 40 : 30000;
}

static struct vc_bytes write_text(uint32_t number, char *room, size_t size)
{
    size_t len = length_of(number);
    int head = snprintf(room, size, CANARY " %u ", number);

    memset(room + head, 'a' + (int)(number % 26), len - (size_t)head);
    return (struct vc_bytes){(const uint8_t *)room, len};
}

bool sim_text_of(struct vc_bytes body, uint32_t *ret_number)
{
    static char expected[32 * 1024];
    static const char front[] = CANARY " ";
    char head[64] = {0};
    uint32_t number;
    struct vc_bytes whole;

    memcpy(head, body.data, body.len < sizeof head - 1 ? body.len : sizeof head - 1);
    if (strncmp(head, front, sizeof front - 1) != 0) {
        return false;
    }
    number = (uint32_t)strtoul(head + sizeof front - 1, NULL, 10);
    whole = write_text(number, expected, sizeof expected);
    *ret_number = number;
    return whole.len == body.len && memcmp(whole.data, body.data, body.len) == 0;
}

void sim_person_find(struct sim_host *host)
{
    struct vc_contact contacts[SIM_HOSTS_MAX];
    struct sim_world *world = host->world;
    struct vc_now now = sim_host_now(host);
    size_t count = vc_chat_contacts(chat_of(host), &now, contacts, SIM_HOSTS_MAX);

    if (count > world->config.hosts - 1 + (world->moves.has_newcomer ? 1 : 0)) {
        sim_complain(world, "host %u has %zu contacts", host->index, count);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        for (uint32_t other = 0; other < world->config.hosts; other++) {
            if (memcmp(contacts[i].root.b, world->hosts[other].root.b, 32) == 0) {
                host->person.contact_of[other] = contacts[i].id;
            }
        }
    }
}

/* The lower number invites the higher one, who pastes what he was given. */
static void get_to_know(struct sim_host *host, uint32_t other)
{
    struct sim_person *inviter = &host->world->hosts[other].person;
    struct sim_person *person = &host->person;
    struct vc_now now = sim_host_now(host);
    struct vc_invite_state invite;
    struct vc_join_state join;

    if (other > host->index && person->invite_for[other][0] == '\0') {
        if (vc_chat_invite(chat_of(host), &now, 3650, "", &invite) == VC_OK) {
            memcpy(person->invite_for[other], invite.text, sizeof invite.text);
            person->invite_ticket[other] = 0;
        }
    } else if (other < host->index && inviter->is_invite_shown[host->index]) {
        /* Asked again and again: it must not matter. */
        vc_err err = vc_chat_join(chat_of(host), &now, inviter->invite_for[host->index], "",
                                  &join);
        if (err != VC_OK && err != VC_ERR_FULL && err != VC_ERR_STORE_IO &&
            err != VC_ERR_INVITE_EXPIRED /* a clock is wrong: later */) {
            sim_complain(host->world, "host %u cannot join %u: %s", host->index, other,
                         vc_err_name(err));
        }
    }
}

/* The number of the text is its token as well: the node knows it when it is asked again. */
static void ask(struct sim_host *host, uint32_t number)
{
    static char room[32 * 1024];
    struct sim_text *text = &host->world->texts[number];
    struct vc_now now = sim_host_now(host);
    struct vc_message message;
    char token[32];
    int token_len = snprintf(token, sizeof token, "token %u", number);
    vc_err err = vc_chat_send_text(
        chat_of(host), &now, host->person.contact_of[text->to],
        write_text(number, room, sizeof room),
        (struct vc_bytes){(const uint8_t *)token, (size_t)token_len}, &message);

    if (err == VC_OK) {
        text->is_asked = true;
        text->was_asked = true;
        text->ticket = 0;
        text->seq = message.ref.seq;
        /* It may have been accepted in an earlier life, and have arrived since. */
        text->is_delivered |= message.state == VC_MESSAGE_DELIVERED ||
                              message.state == VC_MESSAGE_READ;
    } else if (err != VC_ERR_FULL && err != VC_ERR_STORE_IO && err != VC_ERR_BUSY) {
        sim_complain(host->world, "host %u cannot send: %s", host->index, vc_err_name(err));
    }
}

static void begin_texts(struct sim_host *host)
{
    struct sim_world *world = host->world;
    uint32_t count = 1 + sim_random_below(&world->random, world->config.burst);

    for (uint32_t i = 0; i < count && host->person.begun < world->config.texts; i++) {
        uint32_t to = sim_random_below(&world->random, world->config.hosts);

        if (host->person.contact_of[to] == 0 || world->text_count == SIM_TEXTS_MAX) {
            return;
        }
        world->texts[world->text_count++] =
            (struct sim_text){.from = host->index, .to = to};
        host->person.begun++;
    }
}

static void ask_for_texts(struct sim_host *host)
{
    for (uint32_t i = 0; i < host->world->text_count; i++) {
        struct sim_text *text = &host->world->texts[i];

        /* The contact may have died with a turn that was not committed: later then. */
        if (text->from == host->index && !text->is_promised && !text->is_asked &&
            host->person.contact_of[text->to] != 0) {
            ask(host, i);
        }
    }
}

static void read_some(struct sim_host *host)
{
    struct sim_world *world = host->world;
    struct vc_now now = sim_host_now(host);
    uint32_t other = sim_random_below(&world->random, world->config.hosts);

    if (host->person.contact_of[other] == 0) {
        return;
    }
    if (vc_chat_mark_read(chat_of(host), &now, host->person.contact_of[other]) != VC_OK) {
        return;
    }
    for (uint32_t i = 0; i < world->text_count; i++) {
        struct sim_text *text = &world->texts[i];

        if (text->from == other && text->to == host->index) {
            text->is_marked = true; /* whatever has come by now */
        }
    }
}

static void act(struct sim_host *host, void *ctx)
{
    struct sim_world *world = host->world;

    (void)ctx;
    sim_person_find(host);
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        if (other != host->index && host->person.contact_of[other] == 0) {
            get_to_know(host, other);
        }
    }
    if (sim_random_chance(&world->random, 400000)) {
        begin_texts(host);
    }
    ask_for_texts(host);
    if (sim_random_chance(&world->random, 100000)) {
        read_some(host);
    }
}

void sim_person_act(struct sim_host *host)
{
    sim_host_turn(host, act, NULL);
}

void sim_person_forget(struct sim_host *host)
{
    struct sim_world *world = host->world;

    for (uint32_t i = 0; i < world->text_count; i++) {
        if (world->texts[i].from == host->index) {
            world->texts[i].is_asked = false;
        }
    }
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        host->person.contact_of[other] = 0; /* may have died before it was committed */
        if (!host->person.is_invite_shown[other]) {
            host->person.invite_for[other][0] = '\0'; /* never seen: made again */
        }
    }
}

static bool is_answered(const struct sim_host *host, uint64_t *ticket)
{
    if (*ticket == 0) {
        *ticket = host->ticket; /* the turn it was asked in is closed by now */
    }
    return *ticket <= host->committed;
}

void sim_person_answered(struct sim_host *host)
{
    struct sim_world *world = host->world;

    for (uint32_t i = 0; i < world->text_count; i++) {
        struct sim_text *text = &world->texts[i];

        if (text->from == host->index && text->is_asked && !text->is_promised &&
            is_answered(host, &text->ticket)) {
            text->is_promised = true;
            sim_trace(world, "promised", host->index, i);
        }
    }
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        if (host->person.invite_for[other][0] != '\0' &&
            !host->person.is_invite_shown[other] &&
            is_answered(host, &host->person.invite_ticket[other])) {
            host->person.is_invite_shown[other] = true;
        }
    }
}

static void read_message(struct sim_host *host, const struct vc_event *event)
{
    struct sim_world *world = host->world;
    struct vc_message message;
    uint32_t number;
    vc_err err = vc_chat_message(chat_of(host), event->contact, event->ref, &message);

    if (err == VC_ERR_NOT_FOUND && host->put_backs > 0) {
        return; /* it has another name since */
    }
    if (err != VC_OK) {
        sim_complain(world, "host %u: event %llu names no message", host->index,
                     (unsigned long long)event->seq);
        return;
    }
    if (!sim_text_of(message.body, &number) || number >= world->text_count) {
        sim_complain(world, "host %u shows a text that nobody wrote", host->index);
        return;
    }
    if (message.is_own) {
        sim_copies_own(host, &message, &world->texts[number]);
        return;
    }
    if (world->texts[number].to != host->index) {
        sim_complain(world, "host %u shows text %u that was for %u", host->index, number,
                     world->texts[number].to);
    }
    world->texts[number].shown++;
    world->texts[number].shown_at = world->now;
    world->texts[number].was_shown = true;
    sim_trace(world, "shown", host->index, number);
    if (world->texts[number].shown > 1 + world->texts[number].doubles) {
        sim_complain(world, "host %u shows text %u twice", host->index, number);
    }
}

static struct sim_text *text_by_seq(struct sim_host *host, uint32_t contact, uint32_t seq)
{
    struct sim_world *world = host->world;

    for (uint32_t i = 0; i < world->text_count; i++) {
        struct sim_text *text = &world->texts[i];

        if (text->from == host->index && host->person.contact_of[text->to] == contact &&
            text->seq == seq && (text->is_asked || text->is_promised)) {
            return text;
        }
    }
    return NULL;
}

static void read_state(struct sim_host *host, const struct vc_event *event)
{
    for (uint32_t seq = event->ref.seq; seq <= event->seq_last; seq++) {
        struct sim_text *text = text_by_seq(host, event->contact, seq);

        if (text == NULL) {
            continue; /* accepted, but the answer was lost with the node: asked again soon */
        }
        if (event->state == VC_MESSAGE_DELIVERED || event->state == VC_MESSAGE_READ) {
            text->is_delivered = true;
            if (!text->was_shown) {
                sim_complain(host->world, "host %u: seq %u is said to be delivered, is not",
                             host->index, seq);
            }
        }
        if (event->state == VC_MESSAGE_READ) {
            text->is_read = true;
            if (!text->is_marked) {
                sim_complain(host->world, "host %u: seq %u is said to be read, is not",
                             host->index, seq);
            }
        }
        if (event->state == VC_MESSAGE_FAILED) {
            sim_complain(host->world, "host %u: seq %u failed: %s", host->index, seq,
                         vc_err_name(event->reason));
        }
    }
}

static bool on_event(void *ctx, const struct vc_event *event)
{
    struct sim_host *host = ctx;

    if (event->seq != host->person.cursor + 1) {
        sim_complain(host->world, "host %u: event %llu comes after %llu", host->index,
                     (unsigned long long)event->seq,
                     (unsigned long long)host->person.cursor);
    }
    host->person.cursor = event->seq;
    if (event->kind == VC_EVENT_CONTACT_ADDED) {
        sim_person_find(host);
    } else if (event->kind == VC_EVENT_MESSAGE) {
        read_message(host, event);
    } else if (event->kind == VC_EVENT_STATE) {
        read_state(host, event);
    }
    return true;
}

void sim_person_read(struct sim_host *host)
{
    vc_err err;

    sim_person_find(host);
    err = vc_chat_events(chat_of(host), host->person.cursor, on_event, host);
    if (err != VC_OK) {
        sim_complain(host->world, "host %u: events cannot be read: %s", host->index,
                     vc_err_name(err));
    }
}

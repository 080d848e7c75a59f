#include "tests/unit/node/party.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/chat/objects.h"

#define DELAY_MS 5

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct party_alloc *alloc = ctx;
    void *memory;

    if (new_size == 0) {
        alloc->used -= old == NULL ? 0 : old_size;
        free(old);
        return NULL;
    }
    if (++alloc->calls == alloc->fails_at) {
        return NULL;
    }
    memory = calloc(1, new_size);
    if (memory == NULL) {
        return NULL;
    }
    if (old != NULL) {
        memcpy(memory, old, old_size < new_size ? old_size : new_size);
        alloc->used -= old_size;
        free(old);
    }
    alloc->used += new_size;
    return memory;
}

struct vc_now party_now(const struct party *party, const struct party_host *host)
{
    return (struct vc_now){
        .mono = party->now,
        .unix_ms = (vc_ms)((int64_t)(PARTY_START_UNIX + party->now) + host->skew_ms)};
}

struct vc_chat *party_chat(struct party_host *host)
{
    return vc_node_chat(host->node);
}

vc_err party_start(struct party *party, struct party_host *host)
{
    static const uint8_t network_id[] = {'t', 'e', 's', 't'};
    size_t index = (size_t)(host - party->hosts);
    struct vc_now now = party_now(party, host);
    struct vc_addr doors[PARTY_HOSTS];
    struct vc_node_config config;
    struct vc_dht_config dht;
    struct vc_secret32 seed = {{0}};
    vc_err err;

    if (host->store == NULL) {
        assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    }
    vc_memory_commit_at_once(host->store, !host->is_held);
    seed.b[0] = (uint8_t)(index + 1);
    seed.b[1] = ++host->lives;
    vc_node_config_default(&config);
    config.alloc = (struct vc_alloc){.resize = resize, .ctx = &host->alloc};
    config.store = host->store;
    config.network_id = VC_BYTES(network_id);
    config.peers_max = 16;
    config.half_open_max = 16;
    config.chunk_count = 2048;
    config.packets_max = 512;
    config.default_name = index == 0 ? "alice" : index == 1 ? "bob" : "carol";
    if (party->has_dht) {
        party_dht_config(&dht);
        config.dht = &dht;
        config.doors = doors;
        config.door_count = party_doors(party, host, doors);
    }
    err = vc_node_init(&config, &now, &seed, &host->node);
    if (err != VC_OK) {
        host->node = NULL;
        return err;
    }
    vc_node_set_addresses(host->node, &now, &host->addr, 1);
    host->committed = 0;
    host->ticket = 0;
    party_end_turn(party, host);
    return VC_OK;
}

void party_open(struct party *party)
{
    memset(party, 0, sizeof *party);
    party->now = 1000;
    party->flying = calloc(PARTY_FLYING_MAX, sizeof *party->flying);
    assert_non_null(party->flying);
    assert_int_equal(vc_crypto_init(), VC_OK);
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        struct party_host *host = &party->hosts[i];

        host->disk = vc_memory_disk_new();
        assert_non_null(host->disk);
        host->addr = (struct vc_addr){
            .ip = {10, 0, 0, (uint8_t)(i + 1)}, .port = 4000, .family = 4};
        assert_int_equal(party_start(party, host), VC_OK);
    }
}

void party_crash(struct party *party, struct party_host *host)
{
    (void)party;
    vc_node_deinit(host->node);
    host->node = NULL;
    assert_int_equal(host->alloc.used, 0);
    vc_memory_crash(host->store);
    host->store = NULL;
}

void party_stop(struct party *party, struct party_host *host)
{
    struct vc_now now = party_now(party, host);

    vc_node_stop(host->node, &now);
    party_end_turn(party, host);
    vc_node_deinit(host->node);
    host->node = NULL;
    vc_store_close(host->store);
    host->store = NULL;
}

void party_close(struct party *party)
{
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        if (party->hosts[i].node != NULL) {
            party_crash(party, &party->hosts[i]);
        } else if (party->hosts[i].store != NULL) {
            vc_store_close(party->hosts[i].store);
        }
        vc_memory_disk_free(party->hosts[i].disk);
    }
    free(party->flying);
}

/* A portion of the keys of a table. */
struct losing {
    uint8_t keys[64][64];
    size_t lens[64], count;
};

static bool note_key(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct losing *losing = ctx;

    (void)value;
    assert_true(key.len <= sizeof losing->keys[0]);
    memcpy(losing->keys[losing->count], key.data, key.len);
    losing->lens[losing->count++] = key.len;
    return losing->count < 64;
}

void party_lose(struct party_host *host, enum vc_table table)
{
    struct losing losing;
    struct vc_scan scan = {.table = table, .on_row = note_key, .ctx = &losing};

    assert_null(host->node);
    if (host->store == NULL) {
        assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    }
    vc_memory_commit_at_once(host->store, true);
    do {
        losing.count = 0;
        assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
        assert_int_equal(vc_store_reserve(host->store, 64, sizeof losing.keys), VC_OK);
        for (size_t i = 0; i < losing.count; i++) {
            vc_store_del(host->store, table,
                         (struct vc_bytes){losing.keys[i], losing.lens[i]});
        }
        (void)vc_store_submit(host->store);
        (void)vc_store_poll(host->store);
    } while (losing.count > 0);
}

static void fly(struct party *party, const struct party_host *from,
                const struct vc_node_output *output)
{
    struct party_flying *flying;

    if (from->is_deaf) {
        return;
    }
    assert_true(party->count < PARTY_FLYING_MAX);
    assert_true(output->bytes.len <= sizeof flying->bytes);
    flying = &party->flying[(party->first + party->count++) % PARTY_FLYING_MAX];
    flying->at = party->now + DELAY_MS;
    flying->from = from->addr;
    flying->to = output->addr;
    flying->len = (uint16_t)output->bytes.len;
    memcpy(flying->bytes, output->bytes.data, output->bytes.len);
}

void party_end_turn(struct party *party, struct party_host *host)
{
    struct vc_now now = party_now(party, host);
    struct vc_node_output output;
    uint64_t ticket;

    if (vc_node_due(host->node) <= now.mono) {
        vc_node_tick(host->node, &now);
    }
    do {
        while (vc_node_next(host->node, &now, &output)) {
            if (output.kind == VC_NODE_DATAGRAM) {
                fly(party, host, &output);
            } else if (output.kind == VC_NODE_PRESENCE) {
                host->presences++;
            }
        }
        ticket = vc_node_submit(host->node, &now);
        if (ticket != 0) {
            host->ticket = ticket;
        }
    } while (ticket != 0);
}

static void begin_turn(struct party *party, struct party_host *host)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_node_poll(host->node, &now, &host->committed), VC_OK);
}

static void arrive(struct party *party)
{
    while (party->count > 0 && party->flying[party->first].at <= party->now) {
        const struct party_flying *flying = &party->flying[party->first];

        for (size_t i = 0; i < PARTY_HOSTS; i++) {
            struct party_host *host = &party->hosts[i];
            struct vc_now now = party_now(party, host);

            if (host->node != NULL && !host->is_deaf &&
                vc_addr_equal(&host->addr, &flying->to)) {
                vc_node_recv(host->node, &now, &flying->from,
                             (struct vc_bytes){flying->bytes, flying->len});
            }
        }
        party->first = (party->first + 1) % PARTY_FLYING_MAX;
        party->count--;
    }
}

void party_turn(struct party *party)
{
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        if (party->hosts[i].node != NULL) {
            begin_turn(party, &party->hosts[i]);
        }
    }
    arrive(party);
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        if (party->hosts[i].node != NULL) {
            party_end_turn(party, &party->hosts[i]);
        }
    }
}

/* To the next instant at which something happens, but not beyond @until. */
static void step(struct party *party, vc_ms until)
{
    vc_ms next = until;

    if (party->count > 0) {
        next = vc_ms_min(next, party->flying[party->first].at);
    }
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        const struct party_host *host = &party->hosts[i];

        if (host->node == NULL) {
            continue;
        }
        next = vc_ms_min(next, vc_node_due(host->node));
        if (host->committed < host->ticket && !host->is_held) {
            next = party->now;
        }
    }
    party->now = next > party->now ? next : party->now + 1;
    party_turn(party);
}

void party_run(struct party *party, vc_ms ms)
{
    vc_ms until = party->now + ms;

    while (party->now < until) {
        step(party, until);
    }
}

void party_until(struct party *party, bool (*is_so)(void *ctx), void *ctx, vc_ms ms)
{
    vc_ms until = party->now + ms;

    while (!is_so(ctx)) {
        assert_true(party->now < until);
        step(party, until);
    }
}

static struct vc_join_state join_state(struct party *party, struct party_host *host)
{
    struct vc_join_state joins[VC_CHAT_JOINS_MAX];
    struct vc_now now = party_now(party, host);
    size_t count = vc_chat_joins(party_chat(host), &now, joins, VC_CHAT_JOINS_MAX);

    assert_true(count > 0);
    return joins[count - 1];
}

void party_meet(struct party *party, struct party_host *a, struct party_host *b,
                uint32_t *ret_b_at_a, uint32_t *ret_a_at_b)
{
    struct vc_now now = party_now(party, a);
    struct vc_invite_state invite, invites[64];
    struct vc_join_state join;
    size_t count;

    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, a);
    assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, b);
    party_run(party, 3000);
    join = join_state(party, b);
    assert_int_equal(join.stage, VC_JOIN_DONE);
    *ret_a_at_b = join.contact;
    count = vc_chat_invites(party_chat(a), &now, invites, 64);
    assert_true(count > 0);
    *ret_b_at_a = invites[count - 1].contact;
    assert_int_not_equal(*ret_b_at_a, 0);
}

vc_err party_try_say(struct party *party, struct party_host *host, uint32_t contact,
                     const char *text, struct vc_message *ret_message)
{
    struct vc_now now = party_now(party, host);
    struct vc_bytes bytes = {(const uint8_t *)text, strlen(text)};
    struct vc_bytes no_token = {(const uint8_t *)"", 0};
    vc_err err = vc_chat_send_text(party_chat(host), &now, contact, bytes, no_token,
                                   ret_message);

    party_end_turn(party, host);
    return err;
}

struct vc_message party_say(struct party *party, struct party_host *host,
                            uint32_t contact, const char *text)
{
    struct vc_message message;

    assert_int_equal(party_try_say(party, host, contact, text, &message), VC_OK);
    return message;
}

struct texts {
    char text[PARTY_TEXT_MAX];
    size_t len;
};

static bool add_text(void *ctx, const struct vc_message *message)
{
    struct texts *texts = ctx;

    assert_true(texts->len + message->body.len + 2 < sizeof texts->text);
    if (message->type == VC_BODY_TEXT) {
        memcpy(texts->text + texts->len, message->body.data, message->body.len);
        texts->len += message->body.len;
    } else {
        texts->text[texts->len++] = '?';
    }
    texts->text[texts->len++] = '\n';
    return true;
}

const char *party_texts(struct party_host *host, uint32_t contact)
{
    static struct texts texts[4];
    static unsigned next;
    struct texts *mine = &texts[next++ % 4];
    struct vc_history history = {
        .contact = contact, .on_message = add_text, .ctx = mine};

    mine->len = 0;
    assert_int_equal(vc_chat_history(party_chat(host), &history), VC_OK);
    mine->text[mine->len] = '\0';
    return mine->text;
}

struct vc_contact party_contact(struct party *party, struct party_host *host,
                                uint32_t id)
{
    struct vc_now now = party_now(party, host);
    struct vc_contact contact;

    assert_int_equal(vc_chat_contact(party_chat(host), &now, id, &contact), VC_OK);
    return contact;
}

struct finding {
    const char *text;
    bool is_found;
    struct vc_message message;
};

static bool find_text(void *ctx, const struct vc_message *message)
{
    struct finding *finding = ctx;

    if (message->body.len == strlen(finding->text) &&
        memcmp(message->body.data, finding->text, message->body.len) == 0) {
        finding->is_found = true;
        finding->message = *message;
    }
    return true;
}

struct vc_message party_find(struct party_host *host, uint32_t contact,
                             const char *text)
{
    struct finding finding = {.text = text};
    struct vc_history history = {
        .contact = contact, .on_message = find_text, .ctx = &finding};

    assert_int_equal(vc_chat_history(party_chat(host), &history), VC_OK);
    if (!finding.is_found) {
        fail_msg("there is no \"%s\"", text);
    }
    return finding.message;
}

enum vc_message_state party_state(struct party_host *host, uint32_t contact,
                                  const char *text)
{
    return party_find(host, contact, text).state;
}

void party_forge(struct party *party, struct party_host *host, uint32_t contact,
                 struct vc_bytes object)
{
    party_forge_marked(party, host, contact, object, NULL);
}

void party_forge_marked(struct party *party, struct party_host *host, uint32_t contact,
                        struct vc_bytes object, const uint8_t ref[VC_MAIL_REF_LEN])
{
    struct vc_now now = party_now(party, host);
    struct vc_mail_object mail = {.head = object, .body = {object.data, 0}};
    uint64_t number;

    if (ref != NULL) {
        memcpy(mail.ref, ref, sizeof mail.ref);
    }
    assert_int_equal(
        vc_store_reserve(host->store, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(object.len)),
        VC_OK);
    (void)vc_node_chat(
        host->node); /* so that the node knows that something was written */
    assert_int_equal(vc_mail_send(vc_node_mail(host->node), &now,
                                  party_contact(party, host, contact).peer, &mail,
                                  &number),
                     VC_OK);
    party_end_turn(party, host);
}

void party_forge_message(struct party *party, struct party_host *host, uint32_t contact,
                         const struct party_forged *forged)
{
    static uint8_t room[VC_CHAT_BODY_MAX + 128];
    struct vc_message_object message = {
        .seq = forged->seq,
        .clock = forged->clock,
        .parent_count = forged->parent_count,
        .type = forged->type == 0 ? (uint16_t)VC_BODY_TEXT : forged->type,
        .type_version = 1,
        .body = {(const uint8_t *)forged->text, strlen(forged->text)}};
    struct vc_writer w = vc_writer(room, sizeof room);

    memcpy(message.parents, forged->parents, sizeof message.parents);
    vc_message_object_write_head(&w, &message);
    vc_write_bytes(&w, message.body);
    party_forge(party, host, contact, vc_writer_bytes(&w));
}

uint8_t party_author(struct party_host *host, struct party_host *other)
{
    return memcmp(vc_node_account(host->node)->root.b,
                  vc_node_account(other->node)->root.b, 32) < 0
               ? 0
               : 1;
}

struct vc_chat_stats party_stats(struct party_host *host)
{
    struct vc_chat_stats stats;

    vc_chat_stats(party_chat(host), &stats);
    return stats;
}

struct vc_seal_state party_seal(struct party *party, struct party_host *host,
                                uint32_t contact)
{
    struct vc_now now = party_now(party, host);
    struct vc_seal_state state;

    assert_true(vc_seal_state(vc_node_seal(host->node), &now,
                              party_contact(party, host, contact).peer, &state));
    return state;
}

static bool count_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key;
    (void)value;
    (*(size_t *)ctx)++;
    return true;
}

size_t party_rows(struct party_host *host, enum vc_table table)
{
    size_t count = 0;
    struct vc_scan scan = {.table = table, .on_row = count_row, .ctx = &count};

    assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
    return count;
}

static bool add_event(void *ctx, const struct vc_event *event)
{
    struct party_events *events = ctx;

    assert_true(events->count < sizeof events->events / sizeof events->events[0]);
    events->events[events->count++] = *event;
    return true;
}

void party_events(struct party_host *host, uint64_t since,
                  struct party_events *ret_events)
{
    ret_events->count = 0;
    assert_int_equal(vc_chat_events(party_chat(host), since, add_event, ret_events),
                     VC_OK);
}

size_t party_event_count(struct party_host *host, enum vc_event_kind kind)
{
    static struct party_events events;
    size_t count = 0;

    party_events(host, 0, &events);
    for (size_t i = 0; i < events.count; i++) {
        count += events.events[i].kind == kind ? 1 : 0;
    }
    return count;
}

int party_setup(void **state)
{
    static struct party party;

    party_open(&party);
    *state = &party;
    return 0;
}

int party_teardown(void **state)
{
    party_close(*state);
    return 0;
}

#include "tests/unit/mail/host.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct test_alloc *alloc = ctx;
    if (new_size > 0) {
        alloc->calls++;
        if (alloc->is_failing || alloc->calls == alloc->fails_at)
            return NULL;
    }
    alloc->used += new_size - old_size;
    /* Never in place, so that a stale pointer is found. */
    void *fresh = NULL;
    if (new_size > 0) {
        fresh = malloc(new_size);
        assert_non_null(fresh);
        if (old != NULL)
            memcpy(fresh, old, old_size < new_size ? old_size : new_size);
    }
    free(old);
    return fresh;
}

struct vc_alloc test_alloc(struct test_alloc *alloc)
{
    return (struct vc_alloc){.resize = resize, .ctx = alloc};
}

vc_err host_init(struct host *host)
{
    struct vc_secret32 seed = {{host->seed++}};
    struct vc_mail_config cfg = {
        .alloc = test_alloc(&host->alloc),
        .store = host->store,
        .link = host->link,
        .seal = host->seal,
    };
    fake_seal_load(host->seal, host->store);
    return vc_mail_init(&cfg, &host->now, &seed, &host->mail);
}

static void start(struct host *host, bool is_at_once)
{
    assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    vc_memory_commit_at_once(host->store, is_at_once);
    assert_int_equal(host_init(host), VC_OK);
}

void host_open(struct host *host, bool is_at_once)
{
    *host = (struct host){
        .disk = vc_memory_disk_new(),
        .link = fake_link_new(),
        .seal = fake_seal_new(),
        .now = {.mono = 1000000, .unix_ms = 1700000000000},
    };
    fake_link_hide(host->link, VC_MAIL_HELLO);
    start(host, is_at_once);
}

void host_close(struct host *host)
{
    vc_mail_deinit(host->mail);
    vc_memory_crash(host->store);
    vc_memory_disk_free(host->disk);
    fake_link_free(host->link);
    fake_seal_free(host->seal);
    assert_int_equal(host->alloc.used, 0);
}

static void stop(struct host *host)
{
    vc_mail_deinit(host->mail);
    vc_memory_crash(host->store);
    for (uint32_t peer = 0; peer < FAKE_LINK_PEERS; peer++)
        fake_link_set_session(host->link, peer, 0);
    fake_link_set_room(host->link, SIZE_MAX);
}

void host_crash(struct host *host, bool is_at_once)
{
    stop(host);
    start(host, is_at_once);
}

void host_restore(struct host *host, struct vc_memory_disk *disk, bool is_at_once)
{
    stop(host);
    vc_memory_disk_free(host->disk);
    host->disk = disk;
    start(host, is_at_once);
}

static void reserve(struct host *host, size_t ops, size_t bytes)
{
    assert_int_equal(vc_store_reserve(host->store, ops, bytes), VC_OK);
}

void host_peer_put(struct host *host, uint32_t peer)
{
    reserve(host, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES);
    assert_int_equal(vc_mail_peer_put(host->mail, peer), VC_OK);
}

static struct vc_mail_object object_of(const char *text)
{
    return (struct vc_mail_object){
        .ref = {(uint8_t)text[0], 1},
        .head = {(const uint8_t *)text, 1},
        .body = {(const uint8_t *)text + 1, strlen(text) - 1},
    };
}

vc_err host_send(struct host *host, uint32_t peer, const char *text,
                 uint64_t *ret_number)
{
    struct vc_mail_object object = object_of(text);
    uint64_t number = 0;
    reserve(host, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(strlen(text)));
    vc_err err = vc_mail_send(host->mail, &host->now, peer, &object, &number);
    if (ret_number != NULL)
        *ret_number = number;
    return err;
}

vc_err host_words(struct host *host, const struct vc_mail_output *wanted,
                  const char *text)
{
    struct vc_mail_object object = object_of(text);
    assert_int_equal(wanted->kind, VC_MAIL_WORDS);
    reserve(host, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(strlen(text)));
    return vc_mail_words(host->mail, &host->now, wanted->peer, wanted->number, &object);
}

void host_abandon(struct host *host, uint32_t peer, uint64_t number)
{
    reserve(host, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES);
    assert_int_equal(vc_mail_abandon(host->mail, &host->now, peer, number), VC_OK);
}

void host_accept(struct host *host, const struct vc_mail_output *output)
{
    assert_int_equal(output->kind, VC_MAIL_DELIVERY);
    reserve(host, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES);
    vc_mail_accept(host->mail, &host->now, output->peer, output->number);
}

static void feed(struct host *host, const struct vc_link_output *output)
{
    vc_mail_link_output(host->mail, &host->now, output);
}

void host_up_in_silence(struct host *host, uint32_t peer, vc_ms since)
{
    fake_link_set_session(host->link, peer, since);
    feed(host, &(struct vc_link_output){.kind = VC_LINK_UP, .peer = peer});
    host_expect(host, VC_MAIL_UP);
}

void host_up(struct host *host, uint32_t peer, vc_ms since)
{
    host_up_in_silence(host, peer, since);
    host_greet(host, peer, 0, NULL);
}

void host_greet(struct host *host, uint32_t peer, uint64_t last, const char *text)
{
    struct vc_mail_frame hello = {.last = last};
    uint8_t room[VC_MAIL_HELLO_MAX], frame[256];
    if (text != NULL) {
        struct vc_writer w = vc_writer(frame, sizeof(frame));
        fake_seal_write(&w, 1, last,
                        (struct vc_bytes){(const uint8_t *)text, strlen(text)});
        vc_seal_tag(vc_writer_bytes(&w), hello.tag);
    }
    host_feed(host, peer, vc_mail_hello_encode(room, &hello));
}

void host_down(struct host *host, uint32_t peer, vc_err reason)
{
    fake_link_set_session(host->link, peer, 0);
    feed(host, &(struct vc_link_output){
                   .kind = VC_LINK_DOWN, .peer = peer, .reason = reason});
    assert_int_equal(host_expect(host, VC_MAIL_DOWN).link.reason, reason);
}

void host_feed(struct host *host, uint32_t peer, struct vc_bytes bytes)
{
    feed(host, &(struct vc_link_output){
                   .kind = VC_LINK_OBJECT, .peer = peer, .bytes = bytes});
}

void host_fill(struct host *host, size_t bytes)
{
    static const uint8_t filler[4096];
    static uint32_t key;
    size_t len = sizeof(filler);
    while (len > 0) {
        /* Never over the mark, so that what is left is known. */
        if (vc_store_reserve(host->store, 2, bytes + len + sizeof(key)) != VC_OK) {
            len /= 2;
            continue;
        }
        key++;
        vc_store_put(host->store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&key, sizeof(key)},
                     (struct vc_bytes){filler, len});
    }
}

bool host_next(struct host *host, struct vc_mail_output *ret_output)
{
    return vc_mail_next(host->mail, &host->now, ret_output);
}

struct vc_mail_output host_expect(struct host *host, enum vc_mail_output_kind kind)
{
    struct vc_mail_output output;
    assert_true(host_next(host, &output));
    assert_int_equal(output.kind, kind);
    return output;
}

void host_expect_nothing(struct host *host)
{
    struct vc_mail_output output;
    assert_false(host_next(host, &output));
}

uint64_t host_submit(struct host *host)
{
    vc_mail_flush(host->mail);
    uint64_t ticket = vc_store_submit(host->store);
    vc_mail_submitted(host->mail, ticket);
    return ticket;
}

void host_poll(struct host *host)
{
    struct vc_store_progress progress = vc_store_poll(host->store);
    assert_int_equal(progress.failure, VC_OK);
    vc_mail_committed(host->mail, &host->now, progress.committed);
}

void host_turn(struct host *host)
{
    host_submit(host);
    if (vc_memory_is_committing(host->store))
        vc_memory_complete(host->store, VC_OK);
    host_poll(host);
}

void host_pass(struct host *host, vc_ms delay_ms)
{
    host->now.mono += delay_ms;
    host->now.unix_ms += delay_ms;
}

void host_tick(struct host *host, vc_ms delay_ms)
{
    host_pass(host, delay_ms);
    vc_mail_tick(host->mail, &host->now);
}

struct vc_mail_state host_state(const struct host *host, uint32_t peer)
{
    struct vc_mail_state state;
    assert_true(vc_mail_state(host->mail, peer, &state));
    return state;
}

struct vc_mail_stats host_stats(const struct host *host)
{
    struct vc_mail_stats stats;
    vc_mail_stats(host->mail, &stats);
    return stats;
}

static struct vc_mail_frame take_frame(struct host *host, uint32_t peer)
{
    struct fake_object object;
    struct vc_mail_frame frame;
    assert_true(fake_link_take_of(host->link, peer, &object));
    assert_int_equal(
        vc_mail_frame_decode((struct vc_bytes){object.bytes, object.len}, &frame),
        VC_OK);
    bool is_control = frame.type != VC_MAIL_DATA && frame.type != VC_MAIL_ABANDON;
    assert_int_equal(object.stream, is_control ? VC_LINK_CONTROL : VC_LINK_CHAT);
    return frame;
}

static uint32_t expect_data(struct host *host, uint32_t peer, uint64_t number,
                            const char *text)
{
    struct vc_mail_frame frame = take_frame(host, peer);
    struct vc_bytes object;
    uint64_t sealed_number;
    uint32_t session;
    assert_int_equal(frame.type, VC_MAIL_DATA);
    assert_int_equal(frame.number, number);
    assert_true(fake_seal_read(frame.object, &session, &sealed_number, &object));
    assert_int_equal(sealed_number, number);
    assert_int_equal(object.len, strlen(text));
    if (object.len > 0)
        assert_memory_equal(object.data, text, object.len);
    return session;
}

void host_expect_data(struct host *host, uint32_t peer, uint64_t number,
                      const char *text)
{
    (void)expect_data(host, peer, number, text);
}

void host_expect_sealed(struct host *host, uint32_t peer, uint32_t session,
                        uint64_t number, const char *text)
{
    assert_int_equal(expect_data(host, peer, number, text), session);
}

void host_expect_ack(struct host *host, uint32_t peer, uint64_t prefix)
{
    struct vc_mail_frame frame = take_frame(host, peer);
    assert_int_equal(frame.type, VC_MAIL_ACK);
    assert_int_equal(frame.prefix, prefix);
    assert_int_equal(frame.bitmap.len, 0);
    assert_int_equal(frame.again, 0);
}

struct vc_mail_frame host_expect_frame(struct host *host, uint32_t peer,
                                       enum vc_mail_type type)
{
    struct vc_mail_frame frame = take_frame(host, peer);
    assert_int_equal(frame.type, type);
    return frame;
}

void host_expect_abandon(struct host *host, uint32_t peer, uint64_t number)
{
    struct vc_mail_frame frame = take_frame(host, peer);
    assert_int_equal(frame.type, VC_MAIL_ABANDON);
    assert_int_equal(frame.number, number);
}

void host_expect_silence(struct host *host, uint32_t peer)
{
    struct fake_object object;
    assert_false(fake_link_take_of(host->link, peer, &object));
}

void feed_data(struct host *host, uint32_t peer, uint64_t number, const char *text)
{
    feed_sealed(host, peer, number, 1, number, text);
}

void feed_sealed(struct host *host, uint32_t peer, uint64_t number, uint32_t session,
                 uint64_t sealed_number, const char *text)
{
    /* As long as it is, so that a read past its end is found. */
    uint8_t head[VC_MAIL_HEAD_MAX];
    struct vc_bytes start = vc_mail_head_encode(head, VC_MAIL_DATA, number);
    static uint8_t *bytes;
    uint8_t sealed[FAKE_SEAL_HEAD_MAX];
    struct vc_writer front = vc_writer(sealed, sizeof(sealed));
    fake_seal_write(&front, session, sealed_number, (struct vc_bytes){NULL, 0});
    size_t len = start.len + vc_writer_bytes(&front).len + strlen(text);
    free(bytes);
    bytes = malloc(len);
    assert_non_null(bytes);
    struct vc_writer w = vc_writer(bytes, len);
    vc_write_bytes(&w, start);
    vc_write_bytes(&w, vc_writer_bytes(&front));
    vc_write_copy(&w, text, strlen(text));
    host_feed(host, peer, vc_writer_bytes(&w));
}

void feed_ack(struct host *host, uint32_t peer, uint64_t prefix, uint64_t more,
              uint64_t again)
{
    uint8_t room[VC_MAIL_ACK_MAX];
    struct test_alloc counted = {0};
    struct vc_alloc alloc = test_alloc(&counted);
    struct vc_numbers have = {.prefix = prefix};
    if (more != 0) {
        assert_int_equal(vc_numbers_widen(&have, &alloc), VC_OK);
        vc_numbers_add(&have, more);
    }
    host_feed(host, peer, vc_mail_ack_encode(room, &have, again));
    vc_numbers_deinit(&have, &alloc);
}

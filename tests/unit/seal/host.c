#include "tests/unit/seal/host.h"

#include <stdlib.h>

#include "tests/support/test.h"

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct host_alloc *alloc = ctx;
    void *fresh = NULL;

    if (new_size > 0) {
        alloc->calls++;
        if (alloc->calls == alloc->fails_at) {
            return NULL;
        }
        /* Never in place, so that a stale pointer is found. */
        fresh = malloc(new_size);
        assert_non_null(fresh);
        if (old != NULL) {
            memcpy(fresh, old, old_size < new_size ? old_size : new_size);
        }
    }
    alloc->used += new_size - old_size;
    free(old);
    return fresh;
}

static void start(struct host *host)
{
    struct vc_secret32 seed;
    struct vc_seal_config cfg = {
        .alloc = {.resize = resize, .ctx = &host->alloc},
        .network_id = {(const uint8_t *)host->network, strlen(host->network)},
        .account = &host->person.account,
        .device = &host->person.device,
    };

    person_secret(&seed, host->number, host->starts++);
    assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    vc_memory_commit_at_once(host->store, host->is_at_once);
    cfg.store = host->store;
    assert_int_equal(vc_seal_init(&cfg, &host->now, &seed, &host->seal), VC_OK);
}

void host_open(struct host *host, uint8_t number, bool is_at_once)
{
    *host = (struct host){
        .disk = vc_memory_disk_new(),
        .now = {.mono = 1000000, .unix_ms = UINT64_C(1800000000000)},
        .network = "test",
        .number = number,
        .is_at_once = is_at_once,
    };
    person_init(&host->person, number);
    start(host);
    vc_seal_tick(host->seal, &host->now);
    host_turn(host);
}

void host_close(struct host *host)
{
    vc_seal_deinit(host->seal);
    vc_memory_crash(host->store);
    vc_memory_disk_free(host->disk);
    assert_int_equal(host->alloc.used, 0);
}

void host_crash(struct host *host)
{
    vc_seal_deinit(host->seal);
    vc_memory_crash(host->store);
    assert_int_equal(host->alloc.used, 0);
    start(host);
}

void host_restore(struct host *host, struct vc_memory_disk *disk)
{
    vc_seal_deinit(host->seal);
    vc_memory_crash(host->store);
    vc_memory_disk_free(host->disk);
    host->disk = disk;
    start(host);
}

void host_turn(struct host *host)
{
    (void)vc_store_submit(host->store);
    /* Two, if one was waiting already. */
    do {
        if (vc_memory_is_committing(host->store)) {
            vc_memory_complete(host->store, VC_OK);
        }
        assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
    } while (vc_store_is_busy(host->store));
}

void host_pass(struct host *host, vc_ms delay_ms)
{
    host->now.mono += delay_ms;
    host->now.unix_ms += delay_ms;
}

void host_live(struct host *host, vc_ms delay_ms)
{
    vc_ms end = host->now.mono + delay_ms;

    while (vc_seal_due(host->seal) <= end) {
        vc_ms due = vc_seal_due(host->seal);

        host_pass(host, due > host->now.mono ? due - host->now.mono : 0);
        vc_seal_tick(host->seal, &host->now);
        assert_true(vc_seal_due(host->seal) > host->now.mono);
        host_turn(host);
    }
    host_pass(host, end - host->now.mono);
}

void host_meet(struct host *host, const struct host *other)
{
    assert_int_equal(vc_seal_peer_put(host->seal, PEER, &other->person.account.root,
                                      &other->person.device.certificate),
                     VC_OK);
}

void host_give_keys(struct host *host, struct host *other, size_t one_times)
{
    struct vc_one_time keys[VC_ONE_TIME_MAX];
    struct vc_prekey prekey;

    assert_int_equal(vc_store_reserve(other->store, one_times, one_times * 128), VC_OK);
    vc_seal_one_times(other->seal, &other->now, keys, one_times);
    host_turn(other);
    assert_true(vc_seal_own_prekey(other->seal, &prekey));
    assert_int_equal(vc_store_reserve(host->store, 1, VC_SEAL_SEAL_BYTES), VC_OK);
    vc_seal_peer_keys(host->seal, &host->now, PEER, &prekey, keys, one_times);
    host_turn(host);
}

void host_pair(struct host *a, struct host *b, size_t one_times)
{
    host_open(a, 1, true);
    host_open(b, 2, true);
    host_meet(a, b);
    host_meet(b, a);
    host_give_keys(a, b, one_times);
    host_give_keys(b, a, one_times);
}

void host_close_pair(struct host *a, struct host *b)
{
    host_close(a);
    host_close(b);
}

/* A copy as long as it is, so that a read past its end is found. */
static struct parcel pack(struct host *host, uint64_t number,
                          const struct vc_id16 *session, struct vc_bytes frame)
{
    struct vc_bytes prefix = vc_seal_prefix(host->seal, PEER, session);
    struct parcel parcel = {.number = number,
                            .session = *session,
                            .prefix_len = prefix.len,
                            .len = prefix.len + frame.len};
    struct vc_seal_peer *peer = vc_seal_peer_find(host->seal, PEER);
    const struct vc_seal_session *found = vc_seal_session_by_id(peer, session);

    parcel.bytes = malloc(parcel.len);
    assert_non_null(parcel.bytes);
    if (prefix.len > 0) {
        memcpy(parcel.bytes, prefix.data, prefix.len);
    }
    memcpy(parcel.bytes + prefix.len, frame.data, frame.len);
    if (found != NULL) {
        parcel.generation = found->row.generation;
        parcel.place.chain = found->ratchet.send_count;
        parcel.place.n = found->ratchet.send_n - 1;
    }
    return parcel;
}

vc_err host_try_seal(struct host *host, uint64_t number, const char *text,
                     struct parcel *ret_parcel)
{
    struct vc_bytes body = {(const uint8_t *)text, strlen(text)};
    struct vc_bytes head = {body.data, body.len > 0 ? 1 : 0};
    struct vc_sealed sealed;
    vc_err err = vc_store_reserve(host->store, VC_SEAL_SEAL_OPS, VC_SEAL_SEAL_BYTES);

    body.data += head.len;
    body.len -= head.len;
    if (err == VC_OK) {
        err = vc_seal_seal(host->seal, &host->now, PEER, number, head, body, &sealed);
    }
    if (err == VC_OK) {
        *ret_parcel = pack(host, number, &sealed.session, sealed.frame);
    }
    return err;
}

struct parcel host_seal(struct host *host, uint64_t number, const char *text)
{
    struct parcel parcel;

    assert_int_equal(host_try_seal(host, number, text, &parcel), VC_OK);
    return parcel;
}

struct parcel host_again(struct host *host, const struct parcel *parcel)
{
    struct parcel again =
        pack(host, parcel->number, &parcel->session, parcel_frame(parcel));

    again.place = parcel->place;
    return again;
}

void parcel_free(struct parcel *parcel)
{
    free(parcel->bytes);
    *parcel = (struct parcel){.number = 0};
}

struct vc_bytes parcel_object(const struct parcel *parcel)
{
    return (struct vc_bytes){parcel->bytes, parcel->len};
}

struct vc_bytes parcel_frame(const struct parcel *parcel)
{
    return (struct vc_bytes){parcel->bytes + parcel->prefix_len,
                             parcel->len - parcel->prefix_len};
}

vc_err host_try_open(struct host *host, const struct parcel *parcel,
                     struct vc_opened *ret_opened)
{
    return vc_seal_open(host->seal, &host->now, PEER, parcel_object(parcel),
                        ret_opened);
}

void host_accept(struct host *host)
{
    assert_int_equal(
        vc_store_reserve(host->store, VC_SEAL_ACCEPT_OPS, VC_SEAL_ACCEPT_BYTES), VC_OK);
    vc_seal_accept(host->seal, &host->now, PEER);
}

void host_take(struct host *host, const struct parcel *parcel, const char *text)
{
    struct vc_opened opened;
    uint8_t tag[VC_SEAL_TAG_LEN];

    assert_int_equal(host_try_open(host, parcel, &opened), VC_OK);
    assert_int_equal(opened.number, parcel->number);
    assert_int_equal(opened.object.len, strlen(text));
    assert_memory_equal(opened.object.data, text, opened.object.len);
    vc_seal_tag(parcel_frame(parcel), tag);
    assert_memory_equal(opened.tag, tag, sizeof tag);
    host_accept(host);
}

void host_expect_refused(struct host *host, const struct parcel *parcel, vc_err err)
{
    static struct host_picture before;
    struct vc_opened opened;

    host_picture(host, &before);
    assert_int_equal(host_try_open(host, parcel, &opened), err);
    host_expect_same(host, &before);
}

void host_say(struct host *from, struct host *to, uint64_t number, const char *text)
{
    struct parcel parcel = host_seal(from, number, text);

    host_turn(from);
    host_take(to, &parcel, text);
    host_turn(to);
    parcel_free(&parcel);
}

void host_rekey(struct host *host, uint32_t generation, enum vc_seal_reason reason)
{
    assert_int_equal(
        vc_store_reserve(host->store, VC_SEAL_SEAL_OPS, VC_SEAL_SEAL_BYTES), VC_OK);
    vc_seal_rekey(host->seal, &host->now, PEER, generation, reason);
}

struct vc_seal_state host_state(struct host *host)
{
    struct vc_seal_state state;

    assert_true(vc_seal_state(host->seal, &host->now, PEER, &state));
    return state;
}

struct vc_seal_stats host_stats(const struct host *host)
{
    struct vc_seal_stats stats;

    vc_seal_stats(host->seal, &stats);
    return stats;
}

static bool on_count(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return true;
}

size_t host_count(struct host *host, enum vc_table table)
{
    size_t count = 0;
    struct vc_scan scan = {.table = table, .on_row = on_count, .ctx = &count};

    host_turn(host);
    assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
    return count;
}

static bool on_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct host_picture *picture = ctx;

    assert_true(picture->len + key.len + value.len <= sizeof picture->bytes);
    memcpy(picture->bytes + picture->len, key.data, key.len);
    picture->len += key.len;
    memcpy(picture->bytes + picture->len, value.data, value.len);
    picture->len += value.len;
    return true;
}

void host_picture(struct host *host, struct host_picture *ret_picture)
{
    static const enum vc_table tables[] = {VC_TABLE_SESSION, VC_TABLE_SKIPPED,
                                           VC_TABLE_PREKEY, VC_TABLE_REPLAY};
    struct vc_seal_peer *peer;
    struct vc_writer w;

    host_turn(host);
    ret_picture->len = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct vc_scan scan = {
            .table = tables[i], .on_row = on_row, .ctx = ret_picture};

        assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
    }
    assert_int_equal(vc_seal_peer_load(host->seal, PEER, &peer), VC_OK);
    w = vc_writer(ret_picture->bytes + ret_picture->len,
                  sizeof ret_picture->bytes - ret_picture->len);
    vc_seal_peer_row_write(&w, &peer->row);
    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        struct vc_seal_session *session = peer->sessions[i];

        session->row.opening =
            (struct vc_bytes){session->opening, session->opening_len};
        vc_seal_session_row_write(&w, &session->row, &session->ratchet);
    }
    assert_int_equal(vc_writer_end(&w), VC_OK);
    ret_picture->len += vc_writer_bytes(&w).len;
}

void host_expect_same(struct host *host, const struct host_picture *before)
{
    static struct host_picture now;

    host_picture(host, &now);
    assert_int_equal(now.len, before->len);
    assert_memory_equal(now.bytes, before->bytes, now.len);
}

#include "tests/unit/find/host.h"

#include <stdlib.h>

#include "tests/support/test.h"

#define NOON_MS (UINT64_C(20833) * 86400000 + 43200000) /* 2027-01-15 */

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct host *host = ctx;
    void *fresh = NULL;

    if (new_size > 0) {
        if (host->fails_at > 0 && --host->fails_at == 0) {
            return NULL;
        }
        /* Never in place, so that a stale pointer is found. */
        fresh = malloc(new_size);
        assert_non_null(fresh);
        if (old != NULL) {
            memcpy(fresh, old, old_size < new_size ? old_size : new_size);
        }
    }
    host->used += new_size - old_size;
    free(old);
    return fresh;
}

static void start(struct host *host)
{
    struct vc_find_config cfg = {.alloc = {.resize = resize, .ctx = host},
                                 .dht = fake_dht_as_dht(&host->dht),
                                 .account = &host->person.account,
                                 .device = &host->person.device,
                                 .is_private = host->is_private};
    struct vc_secret32 seed;

    person_secret(&seed, 99, host->starts++);
    assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    cfg.store = host->store;
    assert_int_equal(vc_find_init(&cfg, &host->now, &seed, &host->find), VC_OK);
}

void host_open(struct host *host, uint8_t number)
{
    assert_int_equal(vc_crypto_init(), VC_OK);
    memset(host, 0, sizeof *host);
    host->disk = vc_memory_disk_new();
    host->now = (struct vc_now){.mono = 5000000, .unix_ms = NOON_MS};
    host->is_at_once = true;
    host->dht.key.b[0] = 7;
    person_init(&host->person, number);
    start(host);
}

void host_close(struct host *host)
{
    vc_find_deinit(host->find);
    vc_memory_crash(host->store);
    vc_memory_disk_free(host->disk);
    assert_int_equal(host->used, 0);
}

void host_crash(struct host *host)
{
    vc_find_deinit(host->find);
    vc_memory_crash(host->store);
    assert_int_equal(host->used, 0);
    host->dht.is_joined = false;
    start(host);
}

void host_commit(struct host *host)
{
    struct vc_store_progress progress;

    while (vc_memory_is_committing(host->store)) {
        vc_memory_complete(host->store, VC_OK);
        progress = vc_store_poll(host->store);
        assert_int_equal(progress.failure, VC_OK);
        vc_find_committed(host->find, &host->now, progress.committed);
    }
}

void host_turn(struct host *host)
{
    if (vc_find_has_written(host->find)) {
        uint64_t ticket = vc_store_submit(host->store);

        assert_true(ticket > 0);
        vc_find_submitted(host->find, ticket);
    }
    if (host->is_at_once) {
        host_commit(host);
    }
}

void host_pass(struct host *host, vc_ms ms)
{
    vc_ms end = host->now.mono + ms;

    for (unsigned turns = 0; vc_find_due(host->find) <= end; turns++) {
        vc_ms due = vc_find_due(host->find);
        vc_ms step = due > host->now.mono ? due - host->now.mono : 0;

        assert_true(turns < 100000); /* it does not spin */
        host->now.mono += step;
        host->now.unix_ms += step;
        host->dht.time += host->dht.time > 0 ? step : 0;
        vc_find_tick(host->find, &host->now);
        host_turn(host);
        if (vc_find_due(host->find) <= host->now.mono && !host->is_at_once) {
            break; /* it waits for a commit */
        }
    }
    host->now.unix_ms += end - host->now.mono;
    host->dht.time += host->dht.time > 0 ? end - host->now.mono : 0;
    host->now.mono = end;
}

void host_changed(struct host *host)
{
    struct vc_dht_output output = {.kind = VC_DHT_CHANGED};

    vc_find_dht_output(host->find, &host->now, &output);
}

void host_join(struct host *host)
{
    host->dht.is_joined = true;
    host->dht.seen = host_addr(1);
    host_changed(host);
}

void host_make_prekey(const struct person *person, struct vc_prekey *ret_prekey)
{
    struct vc_prekey prekey = {.suite = VC_SUITE_CLASSIC,
                               .index = person->device.certificate.index,
                               .id = 77,
                               .from = NOON_MS / 1000 - 1000,
                               .until = NOON_MS / 1000 + VC_PREKEY_USE_S};

    prekey.key = person->device.certificate.dev_dh;
    vc_prekey_sign(&prekey, &person->account.root, &person->device.sig_secret);
    *ret_prekey = prekey;
}

void host_set_self(struct host *host, const struct vc_addr *addr)
{
    struct vc_find_self self = {.has_prekey = true, .addr_count = 1};

    host_make_prekey(&host->person, &self.prekey);
    self.addrs[0] = *addr;
    vc_find_set_self(host->find, &host->now, &self);
}

void host_done(struct host *host, uint32_t ask, vc_err reason, uint8_t holders)
{
    struct vc_dht_output output = {.kind = VC_DHT_DONE,
                                   .ask = ask,
                                   .reason = reason,
                                   .holders = holders,
                                   .took_ms = 90};

    for (size_t i = 0; i < host->dht.put_count; i++) {
        if (host->dht.puts[i].ask == ask) {
            output.place = host->dht.puts[i].place;
        }
    }
    vc_find_dht_output(host->find, &host->now, &output);
}

void host_found(struct host *host, uint32_t ask, struct vc_bytes record)
{
    struct vc_dht_output output = {.kind = VC_DHT_FOUND, .ask = ask, .bytes = record};

    vc_find_dht_output(host->find, &host->now, &output);
}

struct fake_put *host_put(struct host *host)
{
    assert_true(host->dht.put_count > 0);
    return &host->dht.puts[host->dht.put_count - 1];
}

struct fake_get *host_get(struct host *host)
{
    assert_true(host->dht.get_count > 0);
    return &host->dht.gets[host->dht.get_count - 1];
}

struct vc_addr host_addr(uint8_t last)
{
    const uint8_t ip[4] = {198, 18 + 100, 0, last};

    return vc_addr_ipv4(ip, 4000);
}

void host_contact_of(const struct person *person, struct vc_find_contact *ret_contact)
{
    *ret_contact = (struct vc_find_contact){
        .root = person->account.root,
        .record_generation = person->account.record_generation,
        .record = person->account.record,
        .contacts_generation = person->account.contacts_generation,
        .contacts = person->account.contacts,
        .certificate = person->device.certificate,
    };
}

void host_record_of(const struct host *host, const struct person *person,
                    const struct vc_addr *addr, uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    struct vc_account_signers signers = {.record_secret =
                                             &person->account.record_secret,
                                         .dev_sig = &person->device.sig_secret,
                                         .contacts = &person->account.contacts};
    struct vc_account_record record = {.kind = VC_RECORD_ACCOUNT,
                                       .seq = host->now.unix_ms,
                                       .root = person->account.root,
                                       .certificate = person->device.certificate,
                                       .live = person->account.live,
                                       .has_node = true,
                                       .addr_count = 1};
    struct vc_account_place place;
    struct vc_secret32 seed = {{5}};
    struct vc_rng rng;

    vc_rng_init(&rng, &seed);
    host_make_prekey(person, &record.prekey);
    record.addrs[0] = *addr;
    assert_true(vc_account_place_of_device(&place, &person->account.record,
                                           vc_dht_epoch_of(host->now.unix_ms),
                                           person->device.certificate.index));
    vc_account_record_write(ret_bytes, &place, &record, &signers, &rng);
}

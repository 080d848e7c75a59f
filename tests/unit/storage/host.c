#include "tests/unit/storage/host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/epochs.h"
#include "storage/unlock.h"
#include "tests/support/test.h"

#define WAIT_MS_MAX 20000

static void on_wake(void *ctx)
{
    const struct host *host = ctx;

    /* A full pipe says what it has to say. */
    if (write(host->wake[1], "", 1) < 0 && errno != EAGAIN) {
        abort();
    }
}

void host_path(const struct host *host, const char *name, char ret_path[128])
{
    assert_true(snprintf(ret_path, 128, "%s/%s", host->dir, name) < 128);
}

void host_init(struct host *host, bool is_on_disk)
{
    const char *base = getenv("TMPDIR");

    assert_int_equal(vc_crypto_init(), VC_OK);
    memset(host, 0, sizeof *host);
    host->is_on_disk = is_on_disk;
    host->disk_cfg = vc_disk_config_now;
    host->disk_cfg.probe_after_ms = 5;
    if (is_on_disk) {
        assert_true(snprintf(host->dir, sizeof host->dir, "%s/veche-store-XXXXXX",
                             base == NULL || strlen(base) > 32 ? "/tmp" : base) <
                    (int)sizeof host->dir);
        assert_non_null(mkdtemp(host->dir));
        assert_int_equal(pipe2(host->wake, O_NONBLOCK | O_CLOEXEC), 0);
    } else {
        host->memory = vc_memory_disk_new();
        assert_non_null(host->memory);
    }
    assert_int_equal(host_open(host), VC_OK);
}

static int remove_entry(const char *path, const struct stat *stat, int kind,
                        struct FTW *place)
{
    (void)stat;
    (void)kind;
    (void)place;
    return remove(path);
}

void host_deinit(struct host *host)
{
    host_close(host);
    vc_memory_disk_free(host->memory);
    if (host->is_on_disk) {
        (void)nftw(host->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        (void)close(host->wake[0]);
        (void)close(host->wake[1]);
    }
}

vc_err host_open(struct host *host)
{
    struct vc_lmdb_config cfg = {.dir = host->dir, .wake = on_wake, .wake_ctx = host};
    vc_err err;

    if (host->is_on_disk) {
        return vc_disk_open(&cfg, &host->disk_cfg, &host->store, NULL);
    }
    err = vc_memory_open(host->memory, &host->store);
    if (err == VC_OK) {
        vc_memory_commit_at_once(host->store, true);
    }
    return err;
}

void host_close(struct host *host)
{
    vc_store_close(host->store);
    host->store = NULL;
}

struct vc_store_progress host_wait(struct host *host)
{
    if (host->is_on_disk) {
        struct pollfd waiting = {.fd = host->wake[0], .events = POLLIN};
        char news[64];

        assert_int_equal(poll(&waiting, 1, WAIT_MS_MAX), 1);
        assert_true(read(host->wake[0], news, sizeof news) > 0);
    }
    return vc_store_poll(host->store);
}

vc_err host_settle(struct host *host, uint64_t ticket)
{
    struct vc_store_progress progress = vc_store_poll(host->store);

    while (progress.failure == VC_OK && progress.committed < ticket) {
        progress = host_wait(host);
    }
    return progress.failure;
}

vc_err host_settle_all(struct host *host)
{
    struct vc_store_progress progress = vc_store_poll(host->store);

    while (progress.failure == VC_OK && vc_store_is_busy(host->store)) {
        progress = host_wait(host);
    }
    return progress.failure;
}

struct vc_keyring *host_ring(const struct host *host)
{
    int dir_fd = open(host->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vc_keyring *ring = NULL;

    assert_int_equal(vc_unlock(dir_fd, (struct vc_bytes){0}, &ring), VC_OK);
    assert_int_equal(vc_epochs_load(dir_fd, ring), VC_OK);
    assert_int_equal(close(dir_fd), 0);
    return ring;
}

vc_err host_check(const char *dir, uint64_t *ret_rows, char *ret_words, size_t room)
{
    struct vc_lmdb_config cfg = {.dir = dir};

    return vc_lmdb_check(&cfg, ret_rows, ret_words, room);
}

struct vc_bytes bytes_of(const char *text)
{
    return (struct vc_bytes){(const uint8_t *)text, strlen(text)};
}

void host_put(struct host *host, enum vc_table table, const char *key,
              const char *value)
{
    assert_int_equal(vc_store_reserve(host->store, 1, strlen(key) + strlen(value)),
                     VC_OK);
    vc_store_put(host->store, table, bytes_of(key), bytes_of(value));
}

void host_del(struct host *host, enum vc_table table, const char *key)
{
    assert_int_equal(vc_store_reserve(host->store, 1, strlen(key)), VC_OK);
    vc_store_del(host->store, table, bytes_of(key));
}

const char *host_get(struct host *host, enum vc_table table, const char *key)
{
    static char text[256];
    struct vc_bytes value;
    vc_err err = vc_store_get(host->store, table, bytes_of(key), &value);

    if (err == VC_ERR_NOT_FOUND) {
        return NULL;
    }
    assert_int_equal(err, VC_OK);
    assert_true(value.len < sizeof text);
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    return text;
}

/*
 * What a thief finds in the directory of a store: canaries of every kind, in every file, with
 * and without a passphrase.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/keyfile.h"
#include "storage/rowkey.h"
#include "tests/unit/storage/folder.h"
#include "tests/unit/storage/host.h"

static const char *const texts[] = {"name of a friend", "see you at eight, as ever",
                                    "root of a contact: 32 bytes long",
                                    "a ratchet's key"};
static const enum vc_table tables[] = {VC_TABLE_CONTACT, VC_TABLE_MESSAGE,
                                       VC_TABLE_IDENTITY, VC_TABLE_SESSION};
/* The number of a contact that nothing else looks like, and what stands behind it. */
static const uint8_t contact_key[] = {0xca, 0x9a, 0x12, 0x77, 0x00, 0x31};

static int set_up(void **state)
{
    struct host *host = malloc(sizeof *host);

    host_init(host, true);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(vc_store_reserve(host->store, 1, 200), VC_OK);
        vc_store_put(host->store, tables[i],
                     i == 2 ? bytes_of("self") : VC_BYTES(contact_key),
                     bytes_of(texts[i]));
        assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    }
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    host_deinit(*state);
    free(*state);
    return 0;
}

static size_t find_all(const struct host *host)
{
    size_t found =
        folder_find(host->dir, (struct vc_bytes){contact_key, VC_FRONT_BYTES});

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        found +=
            folder_find(host->dir, (struct vc_bytes){(const uint8_t *)texts[i], 12});
    }
    return found;
}

static void nothing_stands_there_as_it_is(void **state)
{
    struct host *host = *state;

    assert_int_equal(find_all(host), 0);
    host_close(host);
    assert_int_equal(find_all(host), 0);
}

static void with_a_passphrase_the_key_is_not_there_either(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg = {.dir = host->dir};
    struct vc_bytes words = bytes_of("one two three");
    struct vc_secret32 data_key;
    struct folder folder;
    struct vc_bytes value;
    bool has_passphrase = true;

    memcpy(folder.path, host->dir, sizeof host->dir);
    folder_open(&folder);
    assert_int_equal(vc_key_file_open(folder.fd, (struct vc_bytes){0}, &data_key),
                     VC_OK);
    folder_close(&folder);
    assert_int_equal(vc_lmdb_has_passphrase(host->dir, &has_passphrase), VC_OK);
    assert_false(has_passphrase);
    assert_true(folder_find(host->dir, VC_BYTES(data_key.b)) > 0);
    /* While the store is open. */
    assert_int_equal(vc_lmdb_change_passphrase(host->dir, (struct vc_bytes){0}, words),
                     VC_OK);
    assert_int_equal(vc_lmdb_has_passphrase(host->dir, &has_passphrase), VC_OK);
    assert_true(has_passphrase);
    host_close(host);
    assert_int_equal(folder_find(host->dir, VC_BYTES(data_key.b)), 0);
    assert_int_equal(folder_find(host->dir, words), 0);
    assert_int_equal(find_all(host), 0);

    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_ERR_LOCKED);
    assert_int_equal(vc_lmdb_check(&cfg, NULL, NULL, 0), VC_ERR_LOCKED);
    cfg.passphrase = bytes_of("one two");
    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_ERR_WRONG_PASSPHRASE);
    cfg.passphrase = words;
    assert_int_equal(vc_lmdb_check(&cfg, NULL, NULL, 0), VC_OK);
    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_OK);
    assert_int_equal(
        vc_store_get(host->store, VC_TABLE_MESSAGE, VC_BYTES(contact_key), &value),
        VC_OK);
    assert_memory_equal(value.data, texts[1], value.len);
}

static void the_keys_of_another_store_open_nothing(void **state)
{
    struct host *host = *state;
    static uint8_t key[8192];
    static uint8_t epoch[8192];
    struct folder folder;
    struct host other;

    host_close(host);
    host_init(&other, true);
    host_close(&other);
    memcpy(folder.path, other.dir, sizeof other.dir);
    folder_open(&folder);
    memcpy(key, folder_read(&folder, "key").data, sizeof key);
    memcpy(epoch, folder_read(&folder, "epoch").data, sizeof epoch);
    folder_close(&folder);
    host_deinit(&other);

    memcpy(folder.path, host->dir, sizeof host->dir);
    folder_open(&folder);
    folder_write(&folder, "key", VC_BYTES(key));
    assert_int_equal(host_open(host), VC_ERR_STORE_KEY); /* the epoch is another's */
    folder_write(&folder, "epoch", VC_BYTES(epoch));
    assert_int_equal(host_open(host), VC_ERR_STORE_KEY);
    assert_int_equal(unlinkat(folder.fd, "epoch", 0), 0);
    assert_int_equal(host_open(host), VC_ERR_STORE_KEY);
    assert_int_equal(unlinkat(folder.fd, "key", 0), 0);
    assert_int_equal(host_open(host), VC_ERR_STORE_KEY);
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_ERR_STORE_KEY);
    assert_int_equal(faccessat(folder.fd, "key", F_OK, 0), -1); /* none was made */
    folder_close(&folder);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(nothing_stands_there_as_it_is),
        ONE(with_a_passphrase_the_key_is_not_there_either),
        ONE(the_keys_of_another_store_open_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

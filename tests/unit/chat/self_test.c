/* The row of account and device is written whole and found again. */
#include "node/chat/self.h"

#include "storage/memory.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

static void what_is_put_is_what_is_read(void **state)
{
    struct vc_memory_disk *disk = vc_memory_disk_new();
    struct vc_store *store;
    struct person person, again;
    struct vc_bytes value;
    bool is_old = true;

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    assert_int_equal(vc_memory_open(disk, &store), VC_OK);
    vc_memory_commit_at_once(store, true);
    assert_int_equal(vc_self_get(store, &again.account, &again.device, &is_old),
                     VC_ERR_NOT_FOUND);
    person_init(&person, 7);
    for (int life = 0; life < 2; life++) {
        assert_int_equal(vc_store_reserve(store, VC_SELF_OPS, VC_SELF_BYTES), VC_OK);
        vc_self_put(store, &person.account, &person.device);
        assert_true(vc_store_submit(store) > 0);
        (void)vc_store_poll(store);
        assert_int_equal(vc_self_get(store, &again.account, &again.device, &is_old),
                         VC_OK);
        assert_false(is_old);
        assert_memory_equal(&again.account, &person.account, sizeof person.account);
        /* Where nothing is forgotten the root never was. */
        assert_int_equal(vc_store_get(store, VC_TABLE_IDENTITY,
                                      (struct vc_bytes){(const uint8_t *)"self", 4},
                                      &value),
                         VC_OK);
        assert_int_equal(value.len, 305);
        vc_account_drop_root(&person.account);
    }
    assert_int_equal(vc_store_get(store, VC_TABLE_ROOT,
                                  (struct vc_bytes){(const uint8_t *)"self", 4},
                                  &value),
                     VC_ERR_NOT_FOUND);
    vc_store_close(store);
    vc_memory_disk_free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_what_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

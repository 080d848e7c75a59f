#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void devices_are_found_whatever_order_they_came_in(void **state)
{
    struct host a;
    const struct vc_key32 *root;
    const struct vc_certificate *certificate;

    (void)state;
    host_open(&a, 1, true);
    root = &a.person.account.root;
    certificate = &a.person.device.certificate;
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(
            vc_seal_peer_put(a.seal, (i * 37) % 101 + 1, root, certificate), VC_OK);
    }
    assert_int_equal(vc_seal_peer_put(a.seal, 38, root, certificate),
                     VC_OK); /* again */
    assert_int_equal(a.seal->peer_count, 100);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t number = (i * 37) % 101 + 1;

        assert_int_equal(vc_seal_peer_find(a.seal, number)->number, number);
        if (i % 3 == 0) {
            vc_seal_peer_forget(a.seal, number);
            vc_seal_peer_forget(a.seal, number); /* nobody: nothing */
            assert_null(vc_seal_peer_find(a.seal, number));
        }
    }
    assert_int_equal(a.seal->peer_count, 66);
    host_close(&a);
}

static void without_memory_a_device_is_not_known(void **state)
{
    struct host a, b;

    (void)state;
    host_open(&a, 1, true);
    host_open(&b, 2, true);
    for (uint64_t n = 1; n <= 2; n++) {
        a.alloc.fails_at = a.alloc.calls + n;
        assert_int_equal(vc_seal_peer_put(a.seal, PEER, &b.person.account.root,
                                          &b.person.device.certificate),
                         VC_ERR_NO_MEMORY);
        assert_null(vc_seal_peer_find(a.seal, PEER));
    }
    host_meet(&a, &b);
    host_close_pair(&a, &b);
}

static void what_is_loaded_is_what_was_kept(void **state)
{
    static struct host_picture before;
    struct host a, b;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    host_say(&a, &b, 1, "one");
    parcel = host_seal(&a, 2, "skipped");
    parcel_free(&parcel);
    host_say(&a, &b, 3, "three");
    host_say(&b, &a, 1, "one");
    host_rekey(&b, 0, VC_SEAL_UNOPENED);
    host_say(&b, &a, 2, "two");
    for (int i = 0; i < 2; i++) {
        struct host *host = i == 0 ? &a : &b;

        host_picture(host, &before);
        host_crash(host);
        host_meet(host, i == 0 ? &b : &a);
        host_expect_same(host, &before);
        host_crash(host);
        host_meet(host, i == 0 ? &b : &a);
    }
    /* Each load may be without memory; then the next one finds all. */
    for (uint64_t n = 1; n <= 2; n++) {
        struct vc_seal_peer *peer;

        b.alloc.fails_at = b.alloc.calls + n;
        assert_int_equal(vc_seal_peer_load(b.seal, PEER, &peer), VC_ERR_NO_MEMORY);
    }
    host_say(&a, &b, 4, "it goes on");
    host_close_pair(&a, &b);
}

static void write_row(struct host *host, uint32_t session, const char *bytes)
{
    struct vc_seal_key key = vc_seal_key_session(PEER, session);

    assert_int_equal(vc_store_reserve(host->store, 1, 64), VC_OK);
    if (bytes == NULL) {
        vc_store_del(host->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key));
    } else {
        vc_store_put(host->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key),
                     (struct vc_bytes){(const uint8_t *)bytes, strlen(bytes)});
    }
    host_turn(host);
}

static void damaged_rows_are_told(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct vc_opened opened;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    host_say(&a, &b, 1, "one");
    host_turn(&b);
    for (int i = 0; i < 3; i++) {
        write_row(&b, i < 2 ? 1 : 0, i == 1 ? NULL : "garbage");
        host_crash(&b);
        host_meet(&b, &a);
        assert_int_equal(vc_seal_peer_load(b.seal, PEER, &peer), VC_ERR_STORE_DAMAGED);
        assert_int_equal(host_try_seal(&b, 1, "x", &parcel), VC_ERR_STORE_DAMAGED);
        parcel = host_seal(&a, 2, "x");
        assert_int_equal(host_try_open(&b, &parcel, &opened), VC_ERR_STORE_DAMAGED);
        parcel_free(&parcel);
    }
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_found_whatever_order_they_came_in),
        cmocka_unit_test(without_memory_a_device_is_not_known),
        cmocka_unit_test(what_is_loaded_is_what_was_kept),
        cmocka_unit_test(damaged_rows_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

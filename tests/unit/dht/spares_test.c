#include "dht/spares.h"

#include "tests/support/check.h"
#include "tests/support/test.h"

enum { CAPACITY = 12 };

static uint64_t ids[CAPACITY];
static struct vc_dht_contact contacts[CAPACITY];
static struct vc_dht_spares spares;

static int set_up(void **state)
{
    (void)state;
    vc_dht_spares_init(&spares, ids, contacts, CAPACITY);
    return 0;
}

static void put(uint64_t id)
{
    struct vc_dht_contact contact = {.key.b = {(uint8_t)id}};

    vc_dht_spares_put(&spares, 0, id, &contact);
}

static void the_newest_push_out_the_oldest_of_their_bucket(void **state)
{
    uint64_t far = UINT64_MAX << 8, near = 128;

    (void)state;
    put(near);
    for (uint64_t i = 0; i < VC_DHT_SPARES_PER_BUCKET + 3; i++) {
        put(far + i);
    }
    assert_int_equal(spares.count, VC_DHT_SPARES_PER_BUCKET + 1);
    assert_true(spares.ids[0] == near);
    for (uint32_t i = 1; i < spares.count; i++) {
        assert_true(spares.ids[i] == far + 2 + i);
        assert_int_equal(spares.contacts[i].key.b[0], 2 + i);
    }
}

static void when_all_are_full_the_oldest_of_all_goes(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < CAPACITY + 2; bit++) {
        put(UINT64_C(1) << bit);
    }
    assert_int_equal(spares.count, CAPACITY);
    assert_true(spares.ids[0] == 4);
    assert_true(spares.ids[CAPACITY - 1] == UINT64_C(1) << (CAPACITY + 1));
}

static void they_are_taken_out_by_key(void **state)
{
    (void)state;
    put(1);
    put(2);
    put(3);
    vc_dht_spares_remove_key(&spares, &(struct vc_key32){{2}});
    vc_dht_spares_remove_key(&spares, &(struct vc_key32){{9}});
    assert_int_equal(spares.count, 2);
    assert_true(spares.ids[0] == 1 && spares.ids[1] == 3);
    assert_int_equal(spares.contacts[1].key.b[0], 3);
    expect_assert_failure(vc_dht_spares_remove(&spares, 2));
}

static void none_may_be_wanted(void **state)
{
    (void)state;
    vc_dht_spares_init(&spares, ids, contacts, 0);
    put(1);
    assert_int_equal(spares.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_newest_push_out_the_oldest_of_their_bucket, set_up),
        cmocka_unit_test_setup(when_all_are_full_the_oldest_of_all_goes, set_up),
        cmocka_unit_test_setup(they_are_taken_out_by_key, set_up),
        cmocka_unit_test_setup(none_may_be_wanted, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/support/test.h"

#include <string.h>

#include "storage/keyring.h"

static const struct vc_secret32 data_key = {{9}};
static const struct vc_epoch_key none = {.number = 0};

static struct vc_epoch_key epoch(uint32_t number)
{
    struct vc_secret32 seed = {{(uint8_t)number}};
    struct vc_epoch_key key;

    vc_epoch_key_make(&key, number, &seed);
    return key;
}

static bool has(struct vc_keyring *ring, uint32_t number)
{
    struct vc_epoch_key expected = epoch(number);
    struct vc_epoch_key found;

    if (!vc_keyring_find(ring, number, &found)) {
        return false;
    }
    assert_memory_equal(&found.key, &expected.key, sizeof found.key);
    return true;
}

static void every_purpose_has_its_own_key(void **state)
{
    struct vc_keyring ring;
    struct vc_keyring other;
    struct vc_secret32 other_key = {{8}};

    (void)state;
    assert_int_equal(vc_keyring_init(&ring, &data_key), VC_OK);
    assert_int_equal(vc_keyring_init(&other, &other_key), VC_OK);
    assert_memory_not_equal(&ring.values, &ring.slots, sizeof ring.values);
    assert_memory_not_equal(&ring.values.mac, &ring.places, sizeof ring.places);
    assert_memory_not_equal(&ring.values, &other.values, sizeof ring.values);
    assert_memory_not_equal(&ring.places, &other.places, sizeof ring.places);
    assert_memory_not_equal(&ring.slots, &other.slots, sizeof ring.slots);
    vc_keyring_deinit(&ring);
    vc_keyring_deinit(&other);
    assert_true(vc_is_zero(&ring, sizeof ring));
}

static void an_epoch_is_known_until_it_is_forgotten(void **state)
{
    struct vc_epoch_key first = epoch(1);
    struct vc_epoch_key second = epoch(2);
    struct vc_epoch_key newest;
    struct vc_keyring ring;

    (void)state;
    assert_int_equal(vc_keyring_init(&ring, &data_key), VC_OK);
    assert_false(vc_keyring_find(&ring, 0, &newest));
    vc_keyring_set(&ring, &first, &none);
    assert_true(has(&ring, 1));
    assert_false(has(&ring, 2));
    assert_false(vc_keyring_has_older(&ring));
    vc_keyring_turn(&ring, &second);
    vc_keyring_newest(&ring, &newest);
    assert_int_equal(newest.number, 2);
    assert_true(has(&ring, 1) && has(&ring, 2));
    assert_true(vc_keyring_has_older(&ring));
    assert_false(vc_keyring_may_forget(&ring));
    assert_false(vc_keyring_forget(&ring)); /* it is still on the disk */
    assert_true(has(&ring, 1));
    vc_keyring_erased(&ring);
    assert_true(vc_keyring_may_forget(&ring));
    assert_true(has(&ring, 1)); /* readers may want it */
    assert_true(vc_keyring_forget(&ring));
    assert_false(has(&ring, 1));
    assert_true(has(&ring, 2));
    assert_false(vc_keyring_has_older(&ring));
    vc_keyring_deinit(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_purpose_has_its_own_key),
        cmocka_unit_test(an_epoch_is_known_until_it_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "dht/seen.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

/* What a copy may be late by: no cookie lives longer. */
#define WINDOW_MS (2 * VC_DHT_COOKIE_SLOT_MS)

static void *mem;
static struct vc_dht_seen seen;

static void make(uint32_t capacity)
{
    struct vc_secret32 seed = {{7}};
    struct vc_rng rng;

    free(mem);
    mem = calloc(1, vc_dht_seen_footprint(capacity));
    assert_non_null(mem);
    vc_rng_init(&rng, &seed);
    vc_dht_seen_init(&seen, mem, capacity, &rng);
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

static bool add(vc_ms now, uint32_t asker, uint64_t number)
{
    struct vc_key32 key = {{0}};
    struct vc_dht_txid txid;

    memcpy(key.b, &asker, sizeof asker);
    memcpy(txid.b, &number, sizeof number);
    return vc_dht_seen_add(&seen, now, &key, &txid);
}

static void a_copy_is_known_and_another_is_not(void **state)
{
    (void)state;
    make(100);
    assert_true(add(5, 1, 1));
    assert_false(add(5, 1, 1));
    assert_true(add(6, 1, 2));
    assert_true(add(6, 2, 1)); /* the same transaction id, of another asker */
    assert_false(add(7, 2, 1));
    assert_false(add(7, 1, 2));
    assert_false(add(7, 1, 1));
}

static void the_older_half_goes_when_the_newer_is_full(void **state)
{
    (void)state;
    make(8);
    for (uint64_t i = 0; i < 8; i++) {
        assert_true(add(0, 1, i));
    }
    for (uint64_t i = 0; i < 8; i++) {
        assert_false(add(0, 1, i)); /* full, and all are there */
    }
    assert_true(add(0, 1, 8));
    for (uint64_t i = 4; i < 9; i++) {
        assert_false(add(0, 1, i));
    }
    assert_true(add(0, 1, 0)); /* was in the half that went */
}

static void what_is_old_goes_with_its_set(void **state)
{
    (void)state;
    make(100);
    assert_true(add(0, 1, 1));
    assert_true(add(WINDOW_MS - 1, 1, 2));
    assert_false(add(WINDOW_MS, 1, 1));
    assert_true(add(WINDOW_MS, 1, 3));
    assert_false(add(2 * WINDOW_MS - 1, 1, 2));
    assert_true(add(2 * WINDOW_MS, 1, 4));
    assert_false(add(2 * WINDOW_MS, 1, 3));
    assert_true(add(2 * WINDOW_MS, 1, 1)); /* nobody needs it any more */
}

/*
 * Requests at all speeds, with pauses, and copies of earlier ones: what is promised to be
 * known is known, and what was never sent is never taken for a copy.
 */
static void it_knows_what_it_promises(void **state)
{
    enum { SENT = 6000 };
    static vc_ms sent_at[SENT];
    struct vc_prop prop = vc_prop_begin("it_knows_what_it_promises");
    uint32_t promised = 0, forgotten = 0;

    (void)state;
    for (int world = 0; world < 12; world++) {
        uint32_t capacity = 2 + vc_prop_below(&prop, 400), sent = 0;
        /* From twice the capacity in ten minutes to a fifteenth of it. */
        uint32_t step_ms = (uint32_t)(WINDOW_MS / capacity) << world % 6;
        vc_ms now = WINDOW_MS + vc_prop_below(&prop, 1u << 31);

        make(capacity);
        while (sent < SENT) {
            now += vc_prop_below(&prop, 1 + step_ms);
            now += vc_prop_below(&prop, 500) == 0 ? WINDOW_MS : 0;
            sent_at[sent] = now;
            assert_true(add(now, sent % 3, sent));
            sent++;
            for (int i = 0; i < 2; i++) {
                uint32_t back = vc_prop_below(&prop, sent < capacity ? sent : capacity);
                uint32_t copied = sent - 1 - back;
                bool is_promised =
                    now - sent_at[copied] < WINDOW_MS && back < capacity / 2;

                if (is_promised) {
                    assert_false(add(now, copied % 3, copied));
                    promised++;
                } else if (add(now, copied % 3, copied)) {
                    /* Noted once more: that counts as one more that was sent. */
                    forgotten++;
                    if (sent < SENT) {
                        sent_at[sent++] = 0;
                    }
                }
            }
            assert_true(seen.count <= seen.half);
        }
    }
    assert_true(promised > 10000 && forgotten > 100);
}

static void the_smallest_and_odd_capacities_work(void **state)
{
    (void)state;
    for (uint32_t capacity = 2; capacity < 40; capacity++) {
        make(capacity);
        assert_true(vc_dht_seen_footprint(capacity) >= capacity / 2 * 24);
        for (uint64_t i = 0; i < 1000; i++) {
            assert_true(add(i, 1, i));
            assert_false(add(i, 1, i));
        }
    }
    expect_assert_failure((void)vc_dht_seen_footprint(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_copy_is_known_and_another_is_not, tear_down),
        cmocka_unit_test_teardown(the_older_half_goes_when_the_newer_is_full,
                                  tear_down),
        cmocka_unit_test_teardown(what_is_old_goes_with_its_set, tear_down),
        cmocka_unit_test_teardown(it_knows_what_it_promises, tear_down),
        cmocka_unit_test_teardown(the_smallest_and_odd_capacities_work, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

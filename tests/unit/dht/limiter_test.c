#include "dht/limiter.h"

#include <stdlib.h>

#include "dht/contact.h"
#include "dht/limits.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 64, NETWORKS = 200 };

static void *mem;
static struct vc_dht_limiter limiter;

static void make(uint32_t capacity)
{
    struct vc_secret32 seed = {{7}};
    struct vc_rng rng;

    free(mem);
    mem = calloc(1, vc_dht_limiter_footprint(capacity));
    assert_non_null(mem);
    vc_rng_init(&rng, &seed);
    vc_dht_limiter_init(&limiter, mem, capacity, &rng);
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

/* Host @host of the /24 number @network. */
static struct vc_addr addr_of(uint32_t network, uint8_t host)
{
    const uint8_t ip[] = {(uint8_t)(network >> 16), (uint8_t)(network >> 8),
                          (uint8_t)network, host};

    return vc_addr_ipv4(ip, (uint16_t)(1000 + host));
}

static bool admit(vc_ms now, uint32_t network)
{
    struct vc_addr addr = addr_of(network, (uint8_t)(now % 256));

    return vc_dht_limiter_admit(&limiter, now, &addr);
}

static void tokens_come_at_their_rate(void **state)
{
    struct vc_dht_tokens tokens;

    (void)state;
    vc_dht_tokens_init(&tokens, 3, 1000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vc_dht_tokens_at(&tokens, 7, 3, 1000), 1000);
        assert_true(vc_dht_tokens_take(&tokens, 7, 3, 1000));
    }
    assert_false(vc_dht_tokens_take(&tokens, 7, 3, 1000));
    /* The next in a seventh of a second. */
    assert_int_equal(vc_dht_tokens_at(&tokens, 7, 3, 1000), 1143);
    assert_int_equal(vc_dht_tokens_at(&tokens, 7, 3, 1100), 1143);
    assert_false(vc_dht_tokens_take(&tokens, 7, 3, 1142));
    assert_true(vc_dht_tokens_take(&tokens, 7, 3, 1143));
    /* Never more than the burst, however long it was quiet. */
    assert_true(vc_dht_tokens_take(&tokens, 7, 3, VC_NEVER - 1));
    assert_true(vc_dht_tokens_take(&tokens, 7, 3, VC_NEVER - 1));
    assert_true(vc_dht_tokens_take(&tokens, 7, 3, VC_NEVER - 1));
    assert_false(vc_dht_tokens_take(&tokens, 7, 3, VC_NEVER - 1));
    assert_true(vc_dht_tokens_at(&tokens, 7, 3, VC_NEVER - 1) == VC_NEVER);
    expect_assert_failure((void)vc_dht_tokens_at(&tokens, 0, 3, VC_NEVER));
    expect_assert_failure(vc_dht_tokens_init(&tokens, UINT32_MAX / 1000 + 1, 0));
}

/* Against the sum: nothing is lost to rounding and nothing is given twice. */
static void tokens_are_those_of_exact_arithmetic(void **state)
{
    struct vc_prop prop = vc_prop_begin("tokens_are_those_of_exact_arithmetic");

    (void)state;
    for (int run = 0; run < 200; run++) {
        uint32_t rate = 1 + vc_prop_below(&prop, 2000);
        uint32_t burst = 1 + vc_prop_below(&prop, run % 10 == 0 ? 4000000 : 300);
        uint64_t milli = (uint64_t)burst * 1000;
        vc_ms now = vc_prop_below(&prop, 1u << 31);
        struct vc_dht_tokens tokens;

        vc_dht_tokens_init(&tokens, burst, now);
        for (int i = 0; i < 500; i++) {
            vc_ms elapsed_ms =
                vc_prop_below(&prop, vc_prop_below(&prop, 20) == 0 ? 100000 : 20);
            bool has_one;

            now += elapsed_ms;
            milli += elapsed_ms * rate;
            if (milli > (uint64_t)burst * 1000) {
                milli = (uint64_t)burst * 1000;
            }
            has_one = milli >= 1000;
            assert_int_equal(vc_dht_tokens_at(&tokens, rate, burst, now) == now,
                             has_one);
            assert_int_equal(vc_dht_tokens_take(&tokens, rate, burst, now), has_one);
            milli -= has_one ? 1000 : 0;
            assert_int_equal(tokens.left_milli, milli);
        }
    }
}

static void one_network_has_one_limit(void **state)
{
    struct vc_addr ipv6 = vc_addr_ipv6((const uint8_t[16]){0x20, 1, 4}, 1);
    struct vc_addr same_48 =
        vc_addr_ipv6((const uint8_t[16]){0x20, 1, 4, 0, 0, 0, 9, 9, 9}, 1);
    struct vc_addr next_48 = vc_addr_ipv6((const uint8_t[16]){0x20, 1, 4, 0, 0, 1}, 1);

    (void)state;
    make(CAPACITY);
    for (uint32_t i = 0; i < VC_DHT_PREFIX_BURST; i++) {
        struct vc_addr addr = addr_of(5, (uint8_t)i);

        assert_true(vc_dht_limiter_admit(&limiter, 0, &addr));
        assert_true(vc_dht_limiter_admit(&limiter, 0, i % 2 == 0 ? &ipv6 : &same_48));
    }
    assert_false(admit(0, 5));
    assert_false(vc_dht_limiter_admit(&limiter, 0, &same_48));
    assert_true(admit(0, 6));
    assert_true(vc_dht_limiter_admit(&limiter, 0, &next_48));
    /* A second later it has earned what a second brings. */
    for (uint32_t i = 0; i < VC_DHT_PREFIX_RATE; i++) {
        assert_true(admit(1000, 5));
    }
    assert_false(admit(1000, 5));
}

/*
 * A flood from 100,000 networks: the memory stays what it is, whoever is new is
 * admitted, and somebody who goes on asking stays at his limit while the flood is not quicker
 * than the table is large.
 */
static void a_flood_turns_nobody_away_and_frees_nobody(void **state)
{
    const uint32_t greedy = 0xfffff, quiet = 0xffffe;
    uint32_t admitted = 0;
    vc_ms now = 0;

    (void)state;
    make(CAPACITY);
    for (uint32_t network = 0; network < 100000; network++) {
        assert_true(admit(now, network));
        if (network % (CAPACITY / 2) == 0) {
            admitted += admit(now, greedy);
        }
        if (network % 1000 == 0) {
            for (uint32_t i = 0; i < VC_DHT_PREFIX_BURST; i++) {
                admitted += admit(now, greedy);
            }
        }
    }
    /* No time has passed, so that he was never forgotten in the flood shows exactly. */
    assert_int_equal(admitted, VC_DHT_PREFIX_BURST);
    assert_true(admit(now, quiet));
    assert_int_equal(limiter.count, CAPACITY);
    assert_int_equal(limiter.map.count, CAPACITY);
}

/* What the limiter should be: every network that is remembered, by its last request. */
struct model {
    uint32_t network;
    uint64_t milli;
    vc_ms at, used;
};

static struct model *find_or_replace(struct model models[CAPACITY], uint32_t network,
                                     vc_ms now)
{
    struct model *oldest = &models[0];

    for (int i = 0; i < CAPACITY; i++) {
        if (models[i].used != 0 && models[i].network == network) {
            return &models[i];
        }
        if (models[i].used < oldest->used) {
            oldest = &models[i];
        }
    }
    *oldest = (struct model){network, VC_DHT_PREFIX_BURST * 1000, now, 0};
    return oldest;
}

static void it_does_what_a_plain_list_does(void **state)
{
    struct vc_prop prop = vc_prop_begin("it_does_what_a_plain_list_does");
    struct model models[CAPACITY] = {{0, 0, 0, 0}};
    uint32_t refused = 0;
    vc_ms now = 0;

    (void)state;
    make(CAPACITY);
    for (uint64_t step = 1; step < 200000; step++) {
        /* Some ask much more often than others. */
        uint32_t network =
            vc_prop_below(&prop, 2) == 0
                ? vc_prop_below(&prop, 8)
                : 0x10000 * vc_prop_below(&prop, 3) + vc_prop_below(&prop, NETWORKS);
        struct model *model = find_or_replace(models, network, now);
        bool has_one;

        model->milli += (now - model->at) * VC_DHT_PREFIX_RATE;
        if (model->milli > VC_DHT_PREFIX_BURST * 1000) {
            model->milli = VC_DHT_PREFIX_BURST * 1000;
        }
        model->at = now;
        model->used = step;
        has_one = model->milli >= 1000;
        model->milli -= has_one ? 1000 : 0;
        refused += !has_one;
        assert_int_equal(admit(now, network), has_one);
        now += vc_prop_below(&prop, 2000) == 0 ? 5000 : vc_prop_below(&prop, 8) == 0;
    }
    assert_true(refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_at_their_rate),
        cmocka_unit_test(tokens_are_those_of_exact_arithmetic),
        cmocka_unit_test_teardown(one_network_has_one_limit, tear_down),
        cmocka_unit_test_teardown(a_flood_turns_nobody_away_and_frees_nobody,
                                  tear_down),
        cmocka_unit_test_teardown(it_does_what_a_plain_list_does, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

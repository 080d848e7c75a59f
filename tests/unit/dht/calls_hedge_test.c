/* What dht/calls.c learns of round trips. */
#include <math.h>
#include <stdlib.h>

#include "dht/calls.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 40 };

static void *mem;
static struct vc_dht_calls calls;

static int set_up(void **state)
{
    struct vc_secret32 seed = {{7}};
    struct vc_rng rng;

    (void)state;
    mem = calloc(1, vc_dht_calls_footprint(CAPACITY));
    if (mem == NULL) {
        return -1;
    }
    vc_rng_init(&rng, &seed);
    vc_dht_calls_init(&calls, mem, CAPACITY, &rng);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    return 0;
}

static void add(vc_ms now, uint8_t number)
{
    struct vc_dht_call call = {.txid = {{number}}, .type = VC_DHT_PING, .owner = 0};

    assert_int_equal(vc_dht_calls_add(&calls, now, &call), VC_OK);
}

static void done(vc_ms now, uint8_t number, struct vc_dht_call *ret_call)
{
    const struct vc_dht_txid txid = {{number}};

    vc_dht_calls_done(&calls, now, &txid, ret_call);
}

/* A call that is answered after @round_trip_ms, with what comes due before that. */
static void answer_after(vc_ms round_trip_ms)
{
    struct vc_dht_call call;

    add(0, 1);
    if (vc_dht_calls_take(&calls, round_trip_ms, &call) == VC_DHT_LATE &&
        vc_dht_calls_take(&calls, round_trip_ms, &call) == VC_DHT_GIVEN_UP) {
        return;
    }
    done(round_trip_ms, 1, &call);
}

/* A round trip of the network: lognormal (Box, Muller). */
static vc_ms round_trip(struct vc_prop *prop, double median_ms, double sigma)
{
    double u = (double)(vc_prop_u64(prop) >> 11) / 9007199254740992.0;
    double v = (double)(vc_prop_u64(prop) >> 11) / 9007199254740992.0;
    double normal = sqrt(-2 * log(1 - u)) * cos(2 * 3.14159265358979 * v);

    return (vc_ms)(median_ms * exp(sigma * normal) + 0.5);
}

/* How the estimate stands after some hundreds of answers: its mean, and the share of round trips
 * that were longer than it. */
struct settled {
    double mean_ms, longer;
};

static struct settled settle(struct vc_prop *prop, double median_ms, double sigma)
{
    struct settled settled = {0, 0};
    const int warm = 300, count = 20000;

    for (int i = 0; i < warm + count; i++) {
        vc_ms rtt_ms = round_trip(prop, median_ms, sigma);

        if (i >= warm && rtt_ms <= VC_DHT_GIVE_UP_MS) {
            settled.mean_ms += (double)vc_dht_calls_hedge_ms(&calls) / count;
            settled.longer += (double)(rtt_ms > vc_dht_calls_hedge_ms(&calls)) / count;
        }
        answer_after(rtt_ms);
        assert_in_range(vc_dht_calls_hedge_ms(&calls), VC_DHT_HEDGE_MIN_MS,
                        VC_DHT_HEDGE_MAX_MS);
    }
    return settled;
}

/* The 90th percentile of a lognormal is median * exp(1.2816 sigma). */
static void the_hedge_is_the_90th_percentile(void **state)
{
    struct vc_prop prop = vc_prop_begin("the_hedge_is_the_90th_percentile");

    (void)state;
    for (double median_ms = 50; median_ms <= 200; median_ms += 30) {
        double p90_ms = median_ms * exp(1.2816 * 0.6);
        struct settled settled = settle(&prop, median_ms, 0.6);

        assert_true(fabs(settled.mean_ms / p90_ms - 1) < 0.1);
        assert_true(settled.longer > 0.08 && settled.longer < 0.13);
    }
}

/* When which call will be answered; VC_NEVER: it is not under way. */
static vc_ms answer_at[CAPACITY];

static void ask(struct vc_prop *prop, vc_ms now)
{
    uint8_t number = 0;

    while (answer_at[number] != VC_NEVER) {
        number++;
        assert_true(number < CAPACITY);
    }
    answer_at[number] = now + round_trip(prop, 80, 0.6);
    add(now, number);
}

/* The next answer, or silence to a call: gives its owner. */
static uint16_t answer(vc_ms *now)
{
    struct vc_dht_call call;
    enum vc_dht_overdue overdue;
    uint8_t first = 0;

    for (uint8_t i = 1; i < CAPACITY; i++) {
        first = answer_at[i] < answer_at[first] ? i : first;
    }
    while ((overdue = vc_dht_calls_take(&calls, answer_at[first], &call)) ==
           VC_DHT_LATE) {
    }
    if (overdue == VC_DHT_GIVEN_UP) {
        first = call.txid.b[0];
        *now = call.sent_at + VC_DHT_GIVE_UP_MS;
    } else {
        *now = answer_at[first];
        done(*now, first, &call);
    }
    answer_at[first] = VC_NEVER;
    return call.owner;
}

/* Lookups ask four at a time and are over with the sixth answer.  The slow answers come later
 * and must be learned from all the same. */
static void the_hedge_is_not_that_of_quick_answers(void **state)
{
    struct vc_prop prop = vc_prop_begin("the_hedge_is_not_that_of_quick_answers");
    double p90_ms = 80 * exp(1.2816 * 0.6), mean_ms = 0;
    const int warm = 50, count = 3000;
    vc_ms now = 0;

    (void)state;
    for (int i = 0; i < CAPACITY; i++) {
        answer_at[i] = VC_NEVER;
    }
    for (int run = 0; run < warm + count; run++) {
        for (int i = 0; i < 4; i++) {
            ask(&prop, now);
        }
        for (int answers = 0; answers < 6;) {
            if (answer(&now) == 0 && ++answers < 6) {
                ask(&prop, now);
            }
        }
        vc_dht_calls_disown(&calls, 0);
        mean_ms += run < warm ? 0 : (double)vc_dht_calls_hedge_ms(&calls) / count;
    }
    assert_true(fabs(mean_ms / p90_ms - 1) < 0.1);
}

static void the_hedge_follows_within_its_bounds(void **state)
{
    struct vc_prop prop = vc_prop_begin("the_hedge_follows_within_its_bounds");
    int answers = 0;

    (void)state;
    (void)settle(&prop, 5, 0.6);
    assert_int_equal(vc_dht_calls_hedge_ms(&calls), VC_DHT_HEDGE_MIN_MS);
    (void)settle(&prop, 1400, 0.1);
    assert_in_range(vc_dht_calls_hedge_ms(&calls), 500, VC_DHT_HEDGE_MAX_MS);
    while (vc_dht_calls_hedge_ms(&calls) > VC_DHT_HEDGE_MIN_MS) {
        answer_after(10);
        answers++;
    }
    /* From the one bound to the other: within so many answers down, and few up. */
    assert_in_range(answers, 20, 200);
    for (answers = 0; vc_dht_calls_hedge_ms(&calls) < VC_DHT_HEDGE_MAX_MS; answers++) {
        answer_after(700);
    }
    assert_in_range(answers, 5, 25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_hedge_is_the_90th_percentile),
        TEST(the_hedge_is_not_that_of_quick_answers),
        TEST(the_hedge_follows_within_its_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

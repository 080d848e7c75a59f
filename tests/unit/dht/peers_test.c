#include "dht/peers.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 16, KEYS = 40 };

static void *mem;
static size_t mem_len;
static struct vc_dht_peers peers;
static const struct vc_secret32 own = {{9, 9}};
static struct vc_key32 keys[KEYS];

static void make(uint32_t capacity)
{
    struct vc_secret32 seed = {{7}};
    struct vc_rng rng;

    free(mem);
    mem_len = vc_dht_peers_footprint(capacity);
    mem = calloc(1, mem_len);
    assert_non_null(mem);
    vc_rng_init(&rng, &seed);
    vc_dht_peers_init(&peers, mem, capacity, &rng);
}

static int set_up_keys(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++) {
        struct vc_secret32 secret = {{1, (uint8_t)i}};

        vc_dh_public(&keys[i], &secret);
    }
    return vc_crypto_init() == VC_OK ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    make(CAPACITY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

static bool is_in_memory(const void *bytes, size_t len)
{
    const uint8_t *at = mem;

    for (size_t i = 0; i + len <= mem_len; i++) {
        if (memcmp(at + i, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

static void the_shared_key_is_that_of_both(void **state)
{
    struct vc_key32 own_public;
    struct vc_dht_peer *peer;

    (void)state;
    vc_dh_public(&own_public, &own);
    assert_null(vc_dht_peers_find(&peers, 0, &keys[3]));
    for (int i = 0; i < 4; i++) {
        struct vc_secret32 secret = {{1, (uint8_t)i}}, shared;

        peer = vc_dht_peers_get(&peers, 0, &keys[i], &own);
        assert_non_null(peer);
        assert_true(vc_dh(&shared, &secret, &own_public));
        assert_memory_equal(&peer->shared, &shared, sizeof shared);
        assert_memory_equal(&peer->key, &keys[i], sizeof keys[i]);
        assert_ptr_equal(vc_dht_peers_find(&peers, 0, &keys[i]), peer);
    }
    /* He is not made anew: another secret has no effect. */
    peer = vc_dht_peers_find(&peers, 0, &keys[0]);
    assert_ptr_equal(vc_dht_peers_get(&peers, 0, &keys[0], &(struct vc_secret32){{5}}),
                     peer);
    assert_int_equal(peers.pool.count, 4);
}

static void a_low_order_key_is_nobody(void **state)
{
    /* Points of order 2 and 4: whoever multiplies them gets zero (RFC 7748, section 6.1). */
    const struct vc_key32 zero = {{0}}, one = {{1}};

    (void)state;
    assert_null(vc_dht_peers_get(&peers, 0, &zero, &own));
    assert_null(vc_dht_peers_get(&peers, 0, &one, &own));
    assert_null(vc_dht_peers_find(&peers, 0, &zero));
    assert_int_equal(peers.pool.count, 0);
    /* Nor does he push anybody out. */
    for (int i = 0; i < CAPACITY; i++) {
        assert_non_null(vc_dht_peers_get(&peers, 0, &keys[i], &own));
    }
    assert_null(vc_dht_peers_get(&peers, 0, &one, &own));
    for (int i = 0; i < CAPACITY; i++) {
        assert_non_null(vc_dht_peers_find(&peers, 0, &keys[i]));
    }
}

static void who_was_unused_for_an_hour_is_forgotten(void **state)
{
    struct vc_secret32 shared;
    struct vc_dht_peer *peer;

    (void)state;
    peer = vc_dht_peers_get(&peers, 1000, &keys[0], &own);
    assert_non_null(peer);
    shared = peer->shared;
    assert_non_null(vc_dht_peers_get(&peers, 2000, &keys[1], &own));
    assert_non_null(vc_dht_peers_find(&peers, 1000 + VC_DHT_SESSION_MS, &keys[0]));
    /* The use of a moment ago counts; key 1 was not used since. */
    assert_null(vc_dht_peers_find(&peers, 2001 + VC_DHT_SESSION_MS, &keys[1]));
    assert_non_null(vc_dht_peers_find(&peers, 2001 + VC_DHT_SESSION_MS, &keys[0]));
    assert_true(is_in_memory(&shared, sizeof shared));
    /* And so are keys that nobody asks for any more. */
    assert_null(vc_dht_peers_find(&peers, 3000 + 2 * VC_DHT_SESSION_MS, &keys[5]));
    assert_false(is_in_memory(&shared, sizeof shared));
    assert_int_equal(peers.pool.count, 0);
}

static void a_wipe_leaves_nothing_and_it_goes_on(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct vc_secret32 shared[CAPACITY];

        for (int i = 0; i < CAPACITY; i++) {
            struct vc_dht_peer *peer = vc_dht_peers_get(&peers, 0, &keys[i], &own);

            assert_non_null(peer);
            shared[i] = peer->shared;
        }
        vc_dht_peers_wipe(&peers);
        for (int i = 0; i < CAPACITY; i++) {
            assert_null(vc_dht_peers_find(&peers, 0, &keys[i]));
            assert_false(is_in_memory(&shared[i], sizeof shared[i]));
        }
    }
}

static void a_pushed_out_key_is_wiped(void **state)
{
    struct vc_secret32 shared;
    struct vc_dht_peer *peer = vc_dht_peers_get(&peers, 0, &keys[0], &own);

    (void)state;
    assert_non_null(peer);
    shared = peer->shared;
    for (int i = 1; i <= CAPACITY; i++) {
        assert_non_null(vc_dht_peers_get(&peers, 0, &keys[i], &own));
    }
    assert_false(is_in_memory(&shared, sizeof shared));
    assert_null(vc_dht_peers_find(&peers, 0, &keys[0]));
}

static void a_cookie_is_used_for_less_than_its_life(void **state)
{
    const struct vc_addr addr = {.family = 4, .port = 1};
    const struct vc_dht_cookie cookie = {{7}}, later = {{8}};
    struct vc_dht_peer *peer = vc_dht_peers_get(&peers, 500, &keys[0], &own);

    (void)state;
    assert_non_null(peer);
    assert_null(vc_dht_peer_cookie(peer, 500, &addr));
    vc_dht_peer_put_cookie(peer, 500, &addr, &cookie);
    assert_non_null(vc_dht_peer_cookie(peer, 500, &addr));
    assert_memory_equal(vc_dht_peer_cookie(peer, 499 + VC_DHT_COOKIE_USE_MS, &addr),
                        &cookie, sizeof cookie);
    assert_null(vc_dht_peer_cookie(peer, 500 + VC_DHT_COOKIE_USE_MS, &addr));
    vc_dht_peer_put_cookie(peer, 600, &addr, &later);
    assert_memory_equal(vc_dht_peer_cookie(peer, 599 + VC_DHT_COOKIE_USE_MS, &addr),
                        &later, sizeof later);
    /* A new peer in an old place has none. */
    vc_dht_peers_wipe(&peers);
    peer = vc_dht_peers_get(&peers, 500, &keys[1], &own);
    assert_non_null(peer);
    assert_null(vc_dht_peer_cookie(peer, 500, &addr));
}

static void a_cookie_is_for_its_family(void **state)
{
    const struct vc_addr ipv4 = {.family = 4, .port = 1},
                         ipv6 = {.family = 6, .port = 1};
    const struct vc_dht_cookie one = {{4}}, other = {{6}};
    struct vc_dht_peer *peer = vc_dht_peers_get(&peers, 0, &keys[0], &own);

    (void)state;
    assert_non_null(peer);
    vc_dht_peer_put_cookie(peer, 0, &ipv4, &one);
    assert_null(vc_dht_peer_cookie(peer, 0, &ipv6));
    vc_dht_peer_put_cookie(peer, 1, &ipv6, &other);
    assert_memory_equal(vc_dht_peer_cookie(peer, 1, &ipv4), &one, sizeof one);
    assert_memory_equal(vc_dht_peer_cookie(peer, 1, &ipv6), &other, sizeof other);
    assert_null(vc_dht_peer_cookie(peer, VC_DHT_COOKIE_USE_MS, &ipv4));
    assert_non_null(vc_dht_peer_cookie(peer, VC_DHT_COOKIE_USE_MS, &ipv6));
}

/* The same as a list in the order of use, the newest first. */
struct model {
    int keys[CAPACITY];
    vc_ms used_at[KEYS];
    int count;
};

static int model_place(const struct model *model, int key)
{
    for (int i = 0; i < model->count; i++) {
        if (model->keys[i] == key) {
            return i;
        }
    }
    return -1;
}

static void model_use(struct model *model, vc_ms now, int key)
{
    int place = model_place(model, key);

    if (place < 0) {
        model->count += model->count < CAPACITY;
        place = model->count - 1;
    }
    memmove(&model->keys[1], &model->keys[0], (size_t)place * sizeof model->keys[0]);
    model->keys[0] = key;
    model->used_at[key] = now;
}

static void model_expire(struct model *model, vc_ms now)
{
    while (model->count > 0 &&
           now - model->used_at[model->keys[model->count - 1]] > VC_DHT_SESSION_MS) {
        model->count--;
    }
}

static void it_does_what_a_plain_list_does(void **state)
{
    struct vc_prop prop = vc_prop_begin("it_does_what_a_plain_list_does");
    struct model model = {.count = 0};
    vc_ms now = 0;

    (void)state;
    for (int step = 0; step < 20000; step++) {
        int key = (int)vc_prop_below(&prop, vc_prop_below(&prop, 2) ? 8 : KEYS);
        uint32_t action = vc_prop_below(&prop, 1000);
        struct vc_dht_peer *peer;

        model_expire(&model, now);
        if (action == 0) {
            vc_dht_peers_wipe(&peers);
            model.count = 0;
        } else if (action < 500) {
            bool is_known = model_place(&model, key) >= 0;

            peer = vc_dht_peers_find(&peers, now, &keys[key]);
            assert_int_equal(peer != NULL, is_known);
            if (is_known) {
                model_use(&model, now, key);
            }
        } else {
            peer = vc_dht_peers_get(&peers, now, &keys[key], &own);
            assert_non_null(peer);
            assert_memory_equal(&peer->key, &keys[key], sizeof keys[key]);
            model_use(&model, now, key);
        }
        assert_int_equal(peers.pool.count, model.count);
        assert_int_equal(peers.map.count, model.count);
        now += vc_prop_below(&prop, 40) == 0 ? VC_DHT_SESSION_MS / 4 : 1;
        now += vc_prop_below(&prop, 600) == 0 ? VC_DHT_SESSION_MS : 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_shared_key_is_that_of_both, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_low_order_key_is_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_unused_for_an_hour_is_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_wipe_leaves_nothing_and_it_goes_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_pushed_out_key_is_wiped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cookie_is_used_for_less_than_its_life, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_cookie_is_for_its_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_does_what_a_plain_list_does, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_keys, NULL);
}

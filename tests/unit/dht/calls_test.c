#include "dht/calls.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 40 };

static void *mem;
static struct vc_dht_calls calls;

static void make(uint32_t capacity)
{
    struct vc_secret32 seed = {{7}};
    struct vc_rng rng;

    free(mem);
    mem = calloc(1, vc_dht_calls_footprint(capacity));
    assert_non_null(mem);
    vc_rng_init(&rng, &seed);
    vc_dht_calls_init(&calls, mem, capacity, &rng);
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

static struct vc_dht_txid txid_of(uint64_t number)
{
    struct vc_dht_txid txid;

    memcpy(txid.b, &number, sizeof number);
    return txid;
}

static uint64_t number_of(const struct vc_dht_call *call)
{
    uint64_t number;

    memcpy(&number, call->txid.b, sizeof number);
    return number;
}

/* Every call goes to an address of its own. */
static struct vc_addr addr_of(uint64_t number)
{
    return vc_addr_ipv4((const uint8_t[]){192, 0, 2, (uint8_t)number},
                        (uint16_t)(1 + number / 256));
}

static struct vc_dht_call call_of(uint64_t number, uint16_t owner)
{
    return (struct vc_dht_call){.txid = txid_of(number),
                                .to = {.addr = addr_of(number), .key = {{1}}},
                                .type = VC_DHT_FIND,
                                .owner = owner,
                                .slot = (uint16_t)(number % 1000)};
}

static vc_err add(vc_ms now, uint64_t number, uint16_t owner)
{
    struct vc_dht_call call = call_of(number, owner);

    return vc_dht_calls_add(&calls, now, &call);
}

static const struct vc_dht_call *find(uint64_t number)
{
    struct vc_dht_txid txid = txid_of(number);
    struct vc_addr from = addr_of(number);

    return vc_dht_calls_find(&calls, &txid, &from);
}

static void done(vc_ms now, uint64_t number, struct vc_dht_call *ret_call)
{
    struct vc_dht_txid txid = txid_of(number);

    vc_dht_calls_done(&calls, now, &txid, ret_call);
}

static void an_answer_ends_a_call(void **state)
{
    struct vc_dht_call asked = call_of(5, 3), call;

    (void)state;
    asked.is_late = true; /* neither of these is the caller's */
    asked.sent_at = 99;
    asked.is_hello = true;
    assert_int_equal(vc_dht_calls_add(&calls, 1000, &asked), VC_OK);
    asked.is_late = false;
    asked.sent_at = 1000;
    assert_non_null(find(5));
    assert_memory_equal(&find(5)->to, &asked.to, sizeof asked.to);
    done(1020, 5, &call);
    assert_int_equal(number_of(&call), 5);
    assert_int_equal(call.type, VC_DHT_FIND);
    assert_int_equal(call.owner, 3);
    assert_int_equal(call.slot, 5);
    assert_int_equal(call.sent_at, 1000);
    assert_true(call.is_hello);
    assert_false(call.is_late);
    assert_false(call.is_second);
    assert_null(find(5));
    assert_true(vc_dht_calls_due(&calls) == VC_NEVER);
    assert_int_equal(vc_dht_calls_take(&calls, VC_NEVER, &call), VC_DHT_NONE_DUE);
    expect_assert_failure(done(1020, 5, &call));
}

static void only_who_was_asked_may_answer(void **state)
{
    struct vc_dht_txid txid = txid_of(5), other = txid_of(6);
    struct vc_addr right = addr_of(5), elsewhere = addr_of(6), other_port = addr_of(5);

    (void)state;
    other_port.port++;
    assert_int_equal(add(0, 5, 0), VC_OK);
    assert_null(vc_dht_calls_find(&calls, &txid, &elsewhere));
    assert_null(vc_dht_calls_find(&calls, &txid, &other_port));
    assert_null(vc_dht_calls_find(&calls, &other, &right));
    assert_non_null(vc_dht_calls_find(&calls, &txid, &right));
}

static void patience_ends_then_the_call(void **state)
{
    struct vc_dht_call call;

    (void)state;
    assert_int_equal(vc_dht_calls_hedge_ms(&calls), VC_DHT_HEDGE_FIRST_MS);
    assert_int_equal(add(1000, 5, 0), VC_OK);
    assert_int_equal(vc_dht_calls_due(&calls), 1000 + VC_DHT_HEDGE_FIRST_MS);
    assert_int_equal(vc_dht_calls_take(&calls, 999 + VC_DHT_HEDGE_FIRST_MS, &call),
                     VC_DHT_NONE_DUE);
    assert_int_equal(vc_dht_calls_take(&calls, 1000 + VC_DHT_HEDGE_FIRST_MS, &call),
                     VC_DHT_LATE);
    assert_int_equal(number_of(&call), 5);
    assert_true(call.is_late && find(5)->is_late);
    assert_int_equal(vc_dht_calls_due(&calls), 1000 + VC_DHT_GIVE_UP_MS);
    assert_int_equal(vc_dht_calls_take(&calls, 999 + VC_DHT_GIVE_UP_MS, &call),
                     VC_DHT_NONE_DUE);
    assert_non_null(find(5));
    assert_int_equal(vc_dht_calls_take(&calls, 1000 + VC_DHT_GIVE_UP_MS, &call),
                     VC_DHT_GIVEN_UP);
    assert_int_equal(number_of(&call), 5);
    assert_null(find(5));
    assert_true(vc_dht_calls_due(&calls) == VC_NEVER);
}

static void who_slept_hears_both_in_order(void **state)
{
    struct vc_dht_call call;

    (void)state;
    assert_int_equal(add(0, 5, 0), VC_OK);
    assert_int_equal(vc_dht_calls_take(&calls, 100000, &call), VC_DHT_LATE);
    assert_int_equal(vc_dht_calls_take(&calls, 100000, &call), VC_DHT_GIVEN_UP);
    assert_int_equal(vc_dht_calls_take(&calls, 100000, &call), VC_DHT_NONE_DUE);
}

static void a_late_answer_still_counts(void **state)
{
    struct vc_dht_call call;
    vc_ms hedge_ms = vc_dht_calls_hedge_ms(&calls);

    (void)state;
    assert_int_equal(add(0, 5, 0), VC_OK);
    assert_int_equal(vc_dht_calls_take(&calls, 400, &call), VC_DHT_LATE);
    assert_non_null(find(5));
    done(1400, 5, &call);
    assert_true(call.is_late);
    assert_true(vc_dht_calls_hedge_ms(&calls) > hedge_ms);
    assert_int_equal(vc_dht_calls_take(&calls, VC_NEVER, &call), VC_DHT_NONE_DUE);
}

static void full_is_full_until_one_ends(void **state)
{
    struct vc_dht_call call;

    (void)state;
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(add(0, i, 0), VC_OK);
    }
    assert_int_equal(add(0, CAPACITY, 0), VC_ERR_FULL);
    assert_null(find(CAPACITY));
    done(1, 7, &call);
    assert_int_equal(add(1, CAPACITY, 0), VC_OK);
    assert_int_equal(add(1, CAPACITY + 1, 0), VC_ERR_FULL);
}

/* Two open calls never share a transaction id: whose would the answer be? */
static void an_open_transaction_id_is_not_taken_twice(void **state)
{
    struct vc_dht_call again = call_of(5, 1), call;

    (void)state;
    assert_int_equal(add(0, 5, 0), VC_OK);
    again.to.addr = addr_of(6);
    assert_int_equal(vc_dht_calls_add(&calls, 1, &again), VC_ERR_EXISTS);
    assert_int_equal(find(5)->owner, 0);
    done(1, 5, &call);
    assert_int_equal(call.owner, 0);
    assert_int_equal(vc_dht_calls_add(&calls, 2, &again), VC_OK);
}

/* Nobody waits for them, but they can be answered, and are given up like others. */
static void the_calls_of_an_owner_become_nobodys(void **state)
{
    struct vc_dht_call call;
    int late = 0, given_up = 0;

    (void)state;
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(add(i, i, (uint16_t)(i % 3)), VC_OK);
    }
    assert_int_equal(vc_dht_calls_take(&calls, VC_DHT_HEDGE_FIRST_MS, &call),
                     VC_DHT_LATE); /* the first */
    vc_dht_calls_disown(&calls, 0);
    vc_dht_calls_disown(&calls, 7);
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(find(i)->owner, i % 3 == 0 ? VC_DHT_NOBODY : i % 3);
    }
    while (vc_dht_calls_take(&calls, 1000, &call) == VC_DHT_LATE) {
        assert_int_not_equal(call.owner, VC_DHT_NOBODY);
        late++;
    }
    assert_int_equal(late, CAPACITY - (CAPACITY + 2) / 3);
    done(1000, 3, &call);
    assert_int_equal(call.owner, VC_DHT_NOBODY);
    while (vc_dht_calls_take(&calls, 2000, &call) == VC_DHT_GIVEN_UP) {
        assert_int_equal(number_of(&call) % 3 == 0, call.owner == VC_DHT_NOBODY);
        given_up++;
    }
    assert_int_equal(given_up, CAPACITY - 1);
}

static void nobodys_calls_make_room(void **state)
{
    struct vc_dht_call call;

    (void)state;
    for (uint64_t i = 0; i < CAPACITY; i++) {
        /* The places and the times are in different orders. */
        assert_int_equal(add((i + 20) % CAPACITY, i, (uint16_t)(i % 2)), VC_OK);
    }
    vc_dht_calls_disown(&calls, 1);
    done(100, 2, &call);
    assert_int_equal(add(100, 100, 0), VC_OK); /* there is room yet */
    assert_int_equal(calls.pool.count, CAPACITY);
    for (uint64_t i = 0; i < CAPACITY / 2; i++) {
        uint64_t oldest = (21 + 2 * i) % CAPACITY;

        assert_non_null(find(oldest));
        assert_int_equal(add(100, 101 + i, 0), VC_OK);
        assert_null(find(oldest));
    }
    assert_int_equal(add(100, 200, 0), VC_ERR_FULL);
}

/* When no place is free and none is nobody's, the one that is late for longest can be given up. */
static void the_latest_call_can_be_given_up(void **state)
{
    struct vc_dht_call call;

    (void)state;
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_true(vc_dht_calls_have_room(&calls));
        assert_int_equal(add(i, i, 3), VC_OK);
    }
    assert_false(vc_dht_calls_have_room(&calls));
    assert_false(vc_dht_calls_have_late(&calls));
    assert_false(vc_dht_calls_give_up(&calls, &call));
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(vc_dht_calls_take(&calls, VC_DHT_HEDGE_FIRST_MS + i, &call),
                         VC_DHT_LATE);
    }
    assert_true(vc_dht_calls_have_late(&calls));
    assert_false(vc_dht_calls_have_room(&calls));
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(vc_dht_calls_give_up(&calls, &call));
        assert_int_equal(number_of(&call), i);
        assert_true(call.is_late);
        assert_null(find(i));
    }
    assert_false(vc_dht_calls_give_up(&calls, &call));
    assert_true(vc_dht_calls_have_room(&calls));
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(add(500, 100 + i, 4), VC_OK);
    }
    vc_dht_calls_disown(&calls, 4);
    assert_true(vc_dht_calls_have_room(&calls));
}

/* What it should be: a plain list. */
struct model {
    bool is_open[256], is_late[256], is_nobodys[256];
    vc_ms sent_at[256], hedge_at[256];
    int count;
};

static vc_ms model_due_of(const struct model *model, uint64_t number)
{
    if (!model->is_open[number]) {
        return VC_NEVER;
    }
    return model->is_late[number] || model->is_nobodys[number]
               ? model->sent_at[number] + VC_DHT_GIVE_UP_MS
               : model->hedge_at[number];
}

static void model_close(struct model *model, uint64_t number)
{
    model->is_open[number] = false;
    model->count--;
}

static void check_due(const struct model *model)
{
    vc_ms first = VC_NEVER;

    for (uint64_t i = 0; i < 256; i++) {
        first = vc_ms_min(first, model_due_of(model, i));
    }
    assert_true(vc_dht_calls_due(&calls) == first);
}

static void model_take(struct model *model, vc_ms now)
{
    struct vc_dht_call call;
    enum vc_dht_overdue overdue;
    vc_ms last = 0;

    while ((overdue = vc_dht_calls_take(&calls, now, &call)) != VC_DHT_NONE_DUE) {
        uint64_t number = number_of(&call);
        vc_ms due_at = model_due_of(model, number);

        assert_true(due_at <= now && due_at >= last);
        last = due_at;
        if (overdue == VC_DHT_GIVEN_UP) {
            assert_true(model->is_late[number] || model->is_nobodys[number]);
            model_close(model, number);
        } else {
            assert_false(model->is_late[number] || model->is_nobodys[number]);
            model->is_late[number] = true;
        }
    }
    for (uint64_t i = 0; i < 256; i++) {
        assert_true(model_due_of(model, i) > now);
    }
}

static void model_add(struct model *model, vc_ms now, uint64_t number)
{
    uint64_t oldest = number; /* of nobody's */

    for (uint64_t i = 0; i < 256; i++) {
        if (model->is_open[i] && model->is_nobodys[i] &&
            (oldest == number || model->sent_at[i] < model->sent_at[oldest])) {
            oldest = i;
        }
    }
    if (model->is_open[number]) {
        assert_int_equal(add(now, number, 0), VC_ERR_EXISTS);
        return;
    }
    if (model->count == CAPACITY && oldest == number) {
        assert_int_equal(add(now, number, 0), VC_ERR_FULL);
        return;
    }
    if (model->count == CAPACITY) {
        model_close(model, oldest);
    }
    assert_int_equal(add(now, number, (uint16_t)(number % 4)), VC_OK);
    model->is_open[number] = true;
    model->is_late[number] = model->is_nobodys[number] = false;
    model->sent_at[number] = now;
    model->hedge_at[number] = now + vc_dht_calls_hedge_ms(&calls);
    model->count++;
}

static void it_does_what_a_plain_list_does(void **state)
{
    static struct model model;
    struct vc_prop prop = vc_prop_begin("it_does_what_a_plain_list_does");
    vc_ms now = 0;

    (void)state;
    memset(&model, 0, sizeof model);
    for (int step = 0; step < 30000; step++) {
        uint64_t number = vc_prop_below(&prop, 256);
        uint32_t action = vc_prop_below(&prop, 200);
        struct vc_dht_call call;

        assert_int_equal(find(number) != NULL, model.is_open[number]);
        if (action == 0) {
            vc_dht_calls_disown(&calls, (uint16_t)(number % 4));
            for (uint64_t i = number % 4; i < 256; i += 4) {
                model.is_nobodys[i] |= model.is_open[i];
            }
        } else if (action < 10) {
            model_take(&model, now);
        } else if (action < 120) {
            model_add(&model, now, number);
        } else if (model.is_open[number]) {
            done(now, number, &call);
            assert_int_equal(number_of(&call), number);
            assert_int_equal(call.is_late,
                             model.is_late[number] || model.is_nobodys[number]);
            assert_int_equal(call.owner,
                             model.is_nobodys[number] ? VC_DHT_NOBODY : number % 4);
            assert_int_equal(call.sent_at, model.sent_at[number]);
            model_close(&model, number);
        }
        check_due(&model);
        assert_int_equal(calls.pool.count, model.count);
        now += 1 + vc_prop_below(&prop, 20);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_ends_a_call),
        TEST(only_who_was_asked_may_answer),
        TEST(patience_ends_then_the_call),
        TEST(who_slept_hears_both_in_order),
        TEST(a_late_answer_still_counts),
        TEST(full_is_full_until_one_ends),
        TEST(an_open_transaction_id_is_not_taken_twice),
        TEST(the_calls_of_an_owner_become_nobodys),
        TEST(nobodys_calls_make_room),
        TEST(the_latest_call_can_be_given_up),
        TEST(it_does_what_a_plain_list_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

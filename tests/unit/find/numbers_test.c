/* node/find/numbers.c: numbers of records. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    host.is_at_once = false;
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static uint32_t today(void)
{
    return vc_dht_epoch_of(host.now.unix_ms);
}

static uint64_t rounded(void)
{
    return host.now.unix_ms / VC_DHT_SEQ_STEP_MS * VC_DHT_SEQ_STEP_MS;
}

/* Takes a number, waiting for the disk when that has to be. */
static uint64_t take(uint32_t epoch, uint64_t last)
{
    uint64_t number;
    vc_err err = vc_find_number_next(host.find, host.now.unix_ms, epoch, last, &number);

    if (err == VC_ERR_BUSY) {
        host_turn(&host);
        host_commit(&host);
        err = vc_find_number_next(host.find, host.now.unix_ms, epoch, last, &number);
    }
    assert_int_equal(err, VC_OK);
    return number;
}

static void a_number_is_given_when_it_is_durable(void **state)
{
    uint64_t number;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            vc_find_number_next(host.find, host.now.unix_ms, today(), 0, &number),
            VC_ERR_BUSY);
        host_turn(&host);
    }
    host_commit(&host);
    assert_int_equal(
        vc_find_number_next(host.find, host.now.unix_ms, today(), 0, &number), VC_OK);
    assert_true(number == rounded());
}

static void numbers_rise_and_few_of_them_wait_for_the_disk(void **state)
{
    uint64_t number = take(today(), 0), next;
    unsigned waits = 0;

    (void)state;
    for (unsigned i = 0; i < 10 * VC_FIND_NUMBERS_AHEAD; i++) {
        if (vc_find_number_next(host.find, host.now.unix_ms, today(), number, &next) ==
            VC_ERR_BUSY) {
            waits++;
        }
        next = take(today(), number);
        assert_true(next == number + 1);
        number = next;
    }
    assert_int_equal(waits, 10);
    host.now.unix_ms += VC_DHT_SEQ_STEP_MS;
    assert_true(take(today(), number) == rounded());
}

static void a_later_life_goes_on_above_the_one_before(void **state)
{
    uint64_t number = take(today(), 0);

    (void)state;
    number = take(today(), number);
    host_crash(&host);
    assert_true(take(today(), 0) > number);
    /* Another place of the day may have had them as well. */
    assert_true(take(today(), 0) > number);
}

static void what_was_not_committed_was_not_given(void **state)
{
    uint64_t number;

    (void)state;
    assert_int_equal(
        vc_find_number_next(host.find, host.now.unix_ms, today(), 0, &number),
        VC_ERR_BUSY);
    host_turn(&host);
    host_crash(&host);
    assert_true(take(today(), 0) == rounded());
}

static void each_day_has_its_own(void **state)
{
    uint64_t number = take(today(), 0);
    uint32_t right = today();

    (void)state;
    /* A clock that is wrong by years, and is set right. */
    host.now.unix_ms += UINT64_C(100000000000);
    assert_true(take(today(), 0) > number + 1000000);
    host.now.unix_ms -= UINT64_C(100000000000);
    host_crash(&host);
    number = take(right, 0);
    assert_true(number < rounded() + VC_DHT_SEQ_STEP_MS);
    assert_true(take(right + 1, 0) == rounded());
}

/* A clock that is some hours ahead, as where the time zone is another, until the DHT says so. */
static void numbers_that_nobody_takes_are_forgotten(void **state)
{
    uint64_t right = take(today(), 0), wrong, next;
    const vc_ms ahead = UINT64_C(5) * 60 * 60 * 1000;
    uint32_t day = today();

    (void)state;
    host.now.unix_ms += ahead;
    wrong = take(day, right);
    assert_true(wrong >= right + ahead);
    host.now.unix_ms -= ahead;
    host_crash(&host);
    /* While nobody says which clock was wrong it may have been the present one. */
    assert_true(take(day, 0) > wrong);
    host.find->has_date = true;
    next = take(day, wrong);
    assert_true(next > right + VC_FIND_NUMBERS_AHEAD);
    assert_true(next <= host.now.unix_ms + VC_DHT_SEQ_STEP_MS);
    assert_true(take(day, next) == next + 1);
    assert_true(take(day, 0) == next);
}

static void only_the_latest_days_are_remembered(void **state)
{
    uint64_t number = take(today(), 0);

    (void)state;
    for (uint32_t i = 1; i < VC_FIND_DAYS_MAX; i++) {
        (void)take(today() + i, 0);
    }
    host_crash(&host);
    assert_true(take(today(), 0) > number);
    for (uint32_t i = 1; i <= VC_FIND_DAYS_MAX; i++) {
        (void)take(today() + 10 + i, 0);
    }
    host_crash(&host);
    assert_true(take(today(), 0) == rounded());
}

static void what_was_taken_is_told(void **state)
{
    uint64_t number;

    (void)state;
    assert_true(vc_find_numbers_taken(host.find, today()) == 0);
    number = take(today(), 0);
    assert_true(vc_find_numbers_taken(host.find, today()) >= number);
    number = vc_find_numbers_taken(host.find, today());
    assert_true(take(today(), number) == number + 1);
    assert_true(vc_find_numbers_taken(host.find, today() + 1) == 0);
}

static void what_was_found_out_there_is_gone_beyond(void **state)
{
    uint64_t number = take(today(), 0);

    (void)state;
    vc_find_numbers_raise(host.find, today(), number + 1000);
    assert_true(take(today(), number) == number + 1001);
    vc_find_numbers_raise(host.find, today(), number);
    assert_true(take(today(), 0) == number + 1001);
    vc_find_numbers_raise(host.find, today() + 1, 7);
    assert_true(take(today() + 1, 0) == rounded());
}

static void a_day_without_numbers_of_ours_is_not_kept(void **state)
{
    (void)state;
    vc_find_numbers_raise(host.find, today() + 1, 7);
    (void)take(today(), 0);
    host_crash(&host); /* the row can be read */
    assert_int_equal(host.find->count_count, 1);
}

static void without_room_there_is_no_number(void **state)
{
    static const uint8_t big[VC_STORE_VALUE_MAX];
    const uint8_t key[] = {'x'};
    uint64_t number;

    (void)state;
    while (vc_store_reserve(host.store, 1, sizeof big) == VC_OK) {
        vc_store_put(host.store, VC_TABLE_SETTING, VC_BYTES(key), VC_BYTES(big));
    }
    assert_int_equal(
        vc_find_number_next(host.find, host.now.unix_ms, today(), 0, &number),
        VC_ERR_FULL);
    assert_false(vc_find_has_written(host.find));
    assert_true(vc_store_submit(host.store) > 0);
    host_commit(&host);
    assert_true(take(today(), 0) == rounded());
}

static void a_damaged_row_is_told(void **state)
{
    const uint8_t nonsense[] = {9, 9, 9};
    struct vc_find_config cfg = host.find->cfg;
    struct vc_secret32 seed = {{1}};
    struct vc_find *find;

    (void)state;
    assert_int_equal(vc_store_reserve(host.store, 1, 64), VC_OK);
    vc_store_put(host.store, VC_TABLE_SETTING, vc_find_days_key(), VC_BYTES(nonsense));
    assert_int_equal(vc_find_init(&cfg, &host.now, &seed, &find), VC_ERR_STORE_DAMAGED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_number_is_given_when_it_is_durable),
        TEST(numbers_rise_and_few_of_them_wait_for_the_disk),
        TEST(a_later_life_goes_on_above_the_one_before),
        TEST(what_was_not_committed_was_not_given),
        TEST(each_day_has_its_own),
        TEST(numbers_that_nobody_takes_are_forgotten),
        TEST(only_the_latest_days_are_remembered),
        TEST(what_was_taken_is_told),
        TEST(what_was_found_out_there_is_gone_beyond),
        TEST(a_day_without_numbers_of_ours_is_not_kept),
        TEST(without_room_there_is_no_number),
        TEST(a_damaged_row_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

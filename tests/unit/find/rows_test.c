/* node/find/rows.c: the rows that find keeps. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct vc_find_days sample(void)
{
    struct vc_find_days days = {.count = 3};

    for (uint8_t i = 0; i < days.count; i++) {
        days.days[i] = (struct vc_find_day){
            .epoch = 20000u - i, .taken = 1000000u + i, .said = i * 77u};
    }
    return days;
}

static struct vc_bytes encode(const struct vc_find_days *days, uint8_t *room)
{
    struct vc_writer w = vc_writer(room, VC_FIND_DAYS_ROW_MAX);

    vc_find_days_write(&w, days);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return vc_writer_bytes(&w);
}

static void what_is_written_is_read(void **state)
{
    struct vc_find_days days = sample(), read;
    uint8_t room[VC_FIND_DAYS_ROW_MAX];

    (void)state;
    assert_int_equal(vc_find_days_read(encode(&days, room), &read), VC_OK);
    assert_int_equal(read.count, 3);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(read.days[i].epoch, days.days[i].epoch);
        assert_true(read.days[i].taken == days.days[i].taken);
        assert_true(read.days[i].said == days.days[i].said);
    }
    days.count = 0;
    assert_int_equal(vc_find_days_read(encode(&days, room), &read), VC_OK);
    assert_int_equal(read.count, 0);
    days = sample();
    days.count = VC_FIND_DAYS_MAX;
    days.days[3] = (struct vc_find_day){.epoch = 1, .taken = 1};
    assert_int_equal(encode(&days, room).len, VC_FIND_DAYS_ROW_MAX);
    assert_int_equal(vc_find_days_read(encode(&days, room), &read), VC_OK);
}

/* Version 1 had no marks. */
static void a_row_of_version_1_is_read(void **state)
{
    static const uint8_t row[] = {1, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    struct vc_find_days read;

    (void)state;
    assert_int_equal(vc_find_days_read(VC_BYTES(row), &read), VC_OK);
    assert_int_equal(read.count, 1);
    assert_int_equal(read.days[0].epoch, 5);
    assert_int_equal(read.days[0].taken, 9);
    assert_int_equal(read.days[0].said, 0);
}

static void every_shorter_or_longer_row_is_damaged(void **state)
{
    struct vc_find_days days = sample(), read;
    uint8_t room[VC_FIND_DAYS_ROW_MAX + 1] = {0};
    struct vc_bytes row = encode(&days, room);

    (void)state;
    for (size_t len = 0; len <= row.len + 1; len++) {
        vc_err err = vc_find_days_read((struct vc_bytes){room, len}, &read);

        assert_int_equal(err, len == row.len ? VC_OK : VC_ERR_STORE_DAMAGED);
    }
}

static void what_cannot_be_is_damaged(void **state)
{
    struct vc_find_days days = sample(), read;
    uint8_t room[VC_FIND_DAYS_ROW_MAX];
    struct vc_bytes row = encode(&days, room);

    (void)state;
    room[0]++; /* another version */
    assert_int_equal(vc_find_days_read(row, &read), VC_ERR_STORE_DAMAGED);
    room[0] = 0;
    assert_int_equal(vc_find_days_read(row, &read), VC_ERR_STORE_DAMAGED);
    room[0] = VC_FIND_ROW_VERSION;
    room[1] = VC_FIND_DAYS_MAX + 1;
    assert_int_equal(vc_find_days_read(row, &read), VC_ERR_STORE_DAMAGED);
    days.days[2].epoch = days.days[0].epoch; /* a day twice */
    assert_int_equal(vc_find_days_read(encode(&days, room), &read),
                     VC_ERR_STORE_DAMAGED);
    days = sample();
    days.days[1].taken = 0;
    assert_int_equal(vc_find_days_read(encode(&days, room), &read),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_row_of_version_1_is_read),
        cmocka_unit_test(every_shorter_or_longer_row_is_damaged),
        cmocka_unit_test(what_cannot_be_is_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

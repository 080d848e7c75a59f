/*
 * Who collects records, as a crawler or as many holders who work together, finds nothing in
 * their bytes that two of them share: here 100 accounts, each with three devices, that say the
 * same every day for 30 days.  All windows of eight bytes are sorted and compared, except those
 * into which seq and expiry reach, which are dates and are looked at for themselves.
 *
 * Two random windows of so many are equal once in 500,000 runs.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/account_hand.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum {
    ACCOUNTS = 100,
    DEVICES = 3,
    EPOCHS = 30,
    RECORDS = ACCOUNTS * DEVICES * EPOCHS,
    WINDOW = 8,
    DATES_AT = 33, /* seq and expiry */
    DATES_END = 45,
    /* Of one record, before the dates and behind them. */
    WINDOWS = DATES_AT - WINDOW + 1 + VC_DHT_RECORD_LEN - DATES_END - WINDOW + 1,
    PARTS = 8, /* the windows are sorted in so many parts, by their first bits */
    ROOM = RECORDS * WINDOWS / PARTS * 11 / 10,
};

static uint8_t (*records)[VC_DHT_RECORD_LEN];
static uint64_t *windows, *spare;

/* By 16 bits at a time, the lowest first. */
static void sort(size_t count)
{
    static size_t starts[65537];

    for (unsigned shift = 0; shift < 64; shift += 16) {
        memset(starts, 0, sizeof(starts));
        for (size_t i = 0; i < count; i++) {
            starts[(windows[i] >> shift & 0xffff) + 1]++;
        }
        for (size_t i = 1; i <= 65536; i++) {
            starts[i] += starts[i - 1];
        }
        for (size_t i = 0; i < count; i++) {
            spare[starts[windows[i] >> shift & 0xffff]++] = windows[i];
        }
        uint64_t *sorted = spare;
        spare = windows;
        windows = sorted;
    }
}

static size_t gather(unsigned part)
{
    size_t count = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        uint64_t window = 0;

        for (size_t at = 0; at < VC_DHT_RECORD_LEN; at++) {
            size_t begun = at < DATES_END ? 0 : DATES_END;

            window = window << 8 | records[i][at];
            if (at + 1 < begun + WINDOW || (at >= DATES_AT && at < DATES_END) ||
                window >> 61 != part) {
                continue;
            }
            assert_true(count < ROOM);
            windows[count++] = window;
        }
    }
    return count;
}

/* How many windows there are more than different ones. */
static size_t shared_windows(void)
{
    size_t shared = 0, seen = 0;

    for (unsigned part = 0; part < PARTS; part++) {
        size_t count = gather(part);

        sort(count);
        seen += count;
        for (size_t i = 1; i < count; i++) {
            shared += windows[i] == windows[i - 1];
        }
    }
    assert_int_equal(seen, (size_t)RECORDS * WINDOWS);
    return shared;
}

static void publish(struct account_hand *hand, uint32_t epoch, vc_ms unix_ms,
                    struct vc_rng *rng, uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    assert_true(vc_account_place_of_device(&hand->place, &hand->account.record, epoch,
                                           hand->device.certificate.index));
    hand->record.seq = vc_dht_record_next_seq(0, unix_ms);
    vc_account_record_write(ret_bytes, &hand->place, &hand->record, &hand->signers,
                            rng);
}

static int prepare(void **state)
{
    struct vc_prop prop = vc_prop_begin("account_unlinkable");
    struct vc_secret32 seed;
    struct vc_rng rng;
    size_t i = 0;

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    records = malloc((size_t)RECORDS * sizeof(*records));
    windows = malloc(ROOM * sizeof(*windows));
    spare = malloc(ROOM * sizeof(*spare));
    assert_true(records != NULL && windows != NULL && spare != NULL);
    vc_prop_bytes(&prop, &seed, sizeof(seed));
    vc_rng_init(&rng, &seed);
    for (uint32_t account = 0; account < ACCOUNTS; account++) {
        for (unsigned index = 0; index < DEVICES; index++) {
            struct account_hand hand;

            account_hand_begin(&hand, account, (uint16_t)index);
            if (index < 2) {
                account_hand_fill(&hand);
            }
            for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
                vc_ms begin = (vc_ms)(HAND_EPOCH + epoch) * VC_EPOCH_S * 1000;

                publish(&hand, HAND_EPOCH + epoch,
                        begin + vc_prop_below(&prop, VC_EPOCH_S * 1000), &rng,
                        records[i++]);
            }
        }
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(records);
    free(windows);
    free(spare);
    return 0;
}

static void test_no_two_records_share_eight_bytes(void **state)
{
    (void)state;
    assert_int_equal(shared_windows(), 0);
}

static void test_the_search_finds_what_is_shared(void **state)
{
    uint8_t kept[WINDOW];

    (void)state;
    memcpy(kept, &records[7][992], WINDOW);
    memcpy(&records[7][992], &records[8999][300], WINDOW);
    assert_int_equal(shared_windows(), 1);
    memcpy(&records[7][992], kept, WINDOW);
}

/* What is the same in many says only on which day, and in which ten minutes of it, somebody
 * has published something. */
static void test_what_is_not_random_is_a_date(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDS; i++) {
        uint32_t epoch = HAND_EPOCH + (uint32_t)(i % EPOCHS);
        struct vc_dht_record record;

        assert_int_equal(vc_dht_record_read(VC_BYTES(records[i]), &record), VC_OK);
        assert_int_equal(record.type, VC_DHT_RECORD_ACCOUNT);
        assert_int_equal(record.expiry, vc_dht_record_expiry(epoch));
        assert_true(record.seq % VC_DHT_SEQ_STEP_MS == 0);
        assert_int_equal(vc_dht_epoch_of(record.seq), epoch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_two_records_share_eight_bytes),
        cmocka_unit_test(test_the_search_finds_what_is_shared),
        cmocka_unit_test(test_what_is_not_random_is_a_date),
    };

    return cmocka_run_group_tests(tests, prepare, end);
}

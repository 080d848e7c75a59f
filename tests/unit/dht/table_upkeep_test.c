#include "tests/support/check.h"
#include "tests/unit/dht/table_nodes.h"

static struct vc_dht_table table;

static int set_up(void **state)
{
    (void)state;
    table_open(&table, 300, 64, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    table_close(&table);
    return 0;
}

/* Nodes 0 to @count - 1, as far as there is room. */
static void fill(vc_ms now, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct vc_dht_contact contact = node(i);

        vc_dht_table_heard(&table, now, &contact);
    }
}

static uint32_t number_of(const struct vc_dht_contact *contact)
{
    uint32_t number;

    memcpy(&number, contact->key.b, sizeof number);
    return number;
}

/* What runs around a table: it is pinged when it wants, who lives answers after 100 ms, the others
 * are given up. */
struct world {
    vc_ms now;
    bool (*lives)(uint32_t number);
    bool is_cut_off;
    uint32_t pings, turns;
    uint32_t under_way;
    struct {
        struct vc_dht_contact to;
        vc_ms at;
    } calls[64];
};

static void end_calls(struct world *world)
{
    for (uint32_t i = 0; i < world->under_way;) {
        struct vc_dht_contact to = world->calls[i].to;
        bool lives = world->lives(number_of(&to)) && !world->is_cut_off;
        vc_ms end = world->calls[i].at + (lives ? 100 : VC_DHT_GIVE_UP_MS);

        if (world->now < end) {
            i++;
            continue;
        }
        if (lives) {
            vc_dht_table_heard(&table, world->now, &to);
        } else {
            vc_dht_table_failed(&table, world->now, &to);
        }
        world->calls[i] = world->calls[--world->under_way];
    }
}

static vc_ms next_at(const struct world *world)
{
    vc_ms at = vc_dht_table_due(&table);

    for (uint32_t i = 0; i < world->under_way; i++) {
        bool lives = world->lives(number_of(&world->calls[i].to)) && !world->is_cut_off;

        at = vc_ms_min(at, world->calls[i].at + (lives ? 100 : VC_DHT_GIVE_UP_MS));
    }
    return at;
}

static void ask(struct world *world, const struct vc_dht_contact *to)
{
    assert_true(world->under_way < 64);
    world->calls[world->under_way].to = *to;
    world->calls[world->under_way++].at = world->now;
    vc_dht_table_asked(&table, world->now);
}

static void run(struct world *world, vc_ms until)
{
    while (next_at(world) <= until) {
        struct vc_dht_contact to;
        unsigned bucket;

        if (world->now < next_at(world)) {
            world->now = next_at(world);
        }
        end_calls(world);
        while (vc_dht_table_ping(&table, world->now, &to)) {
            ask(world, &to);
            world->pings++;
        }
        while (vc_dht_table_stale(&table, world->now, &bucket)) {
            assert_true(bucket <= VC_DHT_BUCKETS);
        }
        assert_true(vc_dht_table_due(&table) > world->now);
        world->turns++;
    }
    world->now = until;
}

static bool everybody(uint32_t number)
{
    (void)number;
    return true;
}

static bool nobody(uint32_t number)
{
    (void)number;
    return false;
}

static bool half(uint32_t number)
{
    return number % 2 == 0;
}

static bool all_but_seven(uint32_t number)
{
    return number != 7;
}

static void an_empty_table_wants_nothing(void **state)
{
    struct world world = {.lives = everybody};

    (void)state;
    run(&world, HOUR);
    assert_int_equal(world.pings, 0);
    assert_true(world.turns < 10);
}

static void quiet_costs_a_ping_in_two_minutes_at_most(void **state)
{
    struct world world = {.lives = everybody, .now = HOUR};

    (void)state;
    fill(HOUR, 2000);
    run(&world, HOUR + VC_DHT_UNHEARD_MS - 1);
    assert_int_equal(world.pings, 0);
    run(&world, 3 * HOUR);
    assert_in_range(world.pings, 27, 31);
    assert_true(world.turns < 500);
    assert_int_equal(vc_dht_table_good(&table), table.count);
}

static void a_few_nodes_are_pinged_each_hour(void **state)
{
    struct world world = {.lives = everybody, .now = HOUR};

    (void)state;
    fill(HOUR, 5);
    run(&world, 11 * HOUR);
    assert_in_range(world.pings, 5 * 9, 5 * 10);
}

static void who_was_heard_is_not_pinged(void **state)
{
    struct world world = {.lives = everybody, .now = 0};

    (void)state;
    for (vc_ms now = 0; now < 5 * HOUR; now += 10 * MINUTE) {
        for (uint32_t i = 0; i < 100; i++) {
            struct vc_dht_contact contact = node(i);

            if (now == 0 || i % 2 == 0) {
                vc_dht_table_heard(&table, now, &contact);
            } else {
                vc_dht_table_seen(&table, now, &contact);
            }
        }
        run(&world, now + 10 * MINUTE);
    }
    assert_int_equal(world.pings, 0);
}

static void one_dead_node_is_found_and_put_out_for_a_few_pings(void **state)
{
    struct world world = {.lives = all_but_seven, .now = HOUR};

    (void)state;
    fill(HOUR, 20);
    run(&world, HOUR + VC_DHT_UNHEARD_MS + 22 * MINUTE);
    assert_int_equal(table.count, 19);
    /* 20 that were due, the second one to it, what its death made us look at, and probes. */
    assert_in_range(world.pings, 21, 60);
    world.pings = 0;
    run(&world, HOUR + VC_DHT_UNHEARD_MS + 10 * HOUR);
    assert_in_range(world.pings, 19 * 8, 19 * 11);
}

static void half_of_all_dead_are_put_out_in_minutes(void **state)
{
    struct world world = {.lives = everybody, .now = HOUR};
    vc_ms died_at = 3 * HOUR;
    uint32_t dead = 0, left = 0, minutes = 0;

    (void)state;
    fill(HOUR, 2000);
    run(&world, died_at);
    for (uint32_t i = 0; i < table.count; i++) {
        dead += !half(number_of(&table.entries[i].contact));
    }
    world.lives = half;
    world.pings = 0;
    do {
        run(&world, died_at + ++minutes * MINUTE);
        left = 0;
        for (uint32_t i = 0; i < table.count; i++) {
            left += !half(number_of(&table.entries[i].contact));
        }
        if (minutes % 5 == 0) {
            print_message("%u min: %u of %u dead left, %u pings\n", minutes, left, dead,
                          world.pings);
        }
    } while (left > dead / 20 && minutes < 120);
    assert_true(minutes <= 30);
    assert_true(world.pings < 6 * dead);
}

static void an_hour_without_uplink_costs_nobody_his_place(void **state)
{
    struct world world = {.lives = everybody, .now = HOUR};
    uint32_t count;

    (void)state;
    fill(HOUR, 2000);
    run(&world, 3 * HOUR);
    count = table.count;
    struct vc_dht_contact oldest = table.entries[0].contact;
    world.is_cut_off = true;
    world.pings = 0;
    run(&world, 4 * HOUR);
    assert_int_equal(table.count, count);
    assert_true(vc_dht_table_is_in_doubt(&table, world.now));
    assert_in_range(world.pings, 40, 120);
    world.is_cut_off = false;
    world.pings = 0;
    run(&world, 4 * HOUR + 10 * MINUTE);
    assert_false(vc_dht_table_is_in_doubt(&table, world.now));
    assert_int_equal(table.count, count);
    assert_int_equal(vc_dht_table_good(&table), count);
    assert_memory_equal(&table.entries[0].contact, &oldest, sizeof oldest);
}

static void all_dead_is_ever_more_seldom_asked(void **state)
{
    struct world world = {.lives = nobody, .now = HOUR};

    (void)state;
    fill(HOUR, 10);
    run(&world, 2 * HOUR);
    world.pings = 0;
    run(&world, 12 * HOUR);
    assert_int_equal(table.count, 10);
    assert_in_range(world.pings, 300, 340);
}

static void eight_are_asked_at_once_after_a_change(void **state)
{
    struct world world = {.lives = everybody, .now = HOUR};
    struct vc_dht_contact to;
    uint32_t pings = 0;

    (void)state;
    fill(HOUR, 2000);
    vc_dht_table_suspect_all(&table, HOUR + SECOND);
    assert_int_equal(vc_dht_table_good(&table), 0);
    assert_true(vc_dht_table_due(&table) <= HOUR + SECOND);
    while (vc_dht_table_ping(&table, HOUR + SECOND, &to)) {
        assert_memory_equal(&to, &table.entries[pings].contact, sizeof to);
        pings++;
    }
    assert_int_equal(pings, VC_DHT_PING_BURST);
    world.now = HOUR + SECOND;
    run(&world, HOUR + 10 * MINUTE);
    assert_int_equal(vc_dht_table_good(&table), table.count);
    assert_true(world.pings <= table.count);
}

/* The VC_DHT_NEAR nearest, and a full bucket; gives somebody of it. */
static struct vc_dht_contact fill_bucket(unsigned bucket, uint32_t *number)
{
    struct vc_dht_contact contact;

    for (uint32_t i = 0; i < VC_DHT_NEAR + VC_DHT_K; i++) {
        contact = node_in_bucket(&table, i < VC_DHT_NEAR ? 6 + i % 3 : bucket, number);
        assert_true(vc_dht_table_heard(&table, HOUR, &contact));
    }
    return contact;
}

static void a_spare_is_pinged_when_somebody_went_out(void **state)
{
    uint32_t number = 0;
    struct vc_dht_contact weak = fill_bucket(1, &number), spare, to;
    vc_ms now = HOUR + MINUTE;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        spare = node_in_bucket(&table, 1, &number);
        assert_false(vc_dht_table_wants(&table, HOUR, &spare));
    }
    assert_int_equal(table.spares.count, 2);
    assert_false(vc_dht_table_ping(&table, now, &to));
    fails(&table, now, &weak);
    /* All others live; a suspect would give way by now, but no spare is asked to take its place. */
    for (; now < HOUR + 20 * MINUTE; now += 100) {
        if (vc_dht_table_ping(&table, now, &to)) {
            assert_non_null(entry_of(&table, &to));
            vc_dht_table_answered(&table, now);
            if (memcmp(&to, &weak, sizeof to) != 0) {
                vc_dht_table_heard(&table, now, &to);
            }
        }
    }
    fails(&table, now, &weak);
    assert_false(vc_dht_table_ping(&table, now, &to));
    assert_true(table.ping_due_at > now + VC_DHT_PING_SOON_MS);
    vc_dht_table_answered(&table, now);
    assert_null(entry_of(&table, &weak));
    assert_true(vc_dht_table_due(&table) <= now + VC_DHT_PING_SOON_MS);
    now += VC_DHT_PING_SOON_MS;
    assert_true(vc_dht_table_ping(&table, now, &to));
    assert_memory_equal(&to, &spare, sizeof to); /* the newest */
    assert_int_equal(table.spares.count, 1);
    assert_true(vc_dht_table_heard(&table, now, &to));
    assert_false(vc_dht_table_ping(&table, now + VC_DHT_PING_SOON_MS, &to));
    assert_int_equal(table.spares.count, 1);
}

static void a_spare_waits_while_a_suspect_has_its_place(void **state)
{
    uint32_t number = 0;
    struct vc_dht_contact first = fill_bucket(1, &number), contact, to;

    (void)state;
    fails(&table, HOUR + SECOND, &first);
    contact = node_in_bucket(&table, 1, &number);
    assert_false(vc_dht_table_heard(&table, HOUR + 2 * SECOND, &contact));
    /* Somebody goes elsewhere, so that it is looked for room. */
    struct vc_dht_contact other = table.entries[0].contact;

    for (uint32_t i = 1; i < 3; i++) {
        fails(&table, HOUR + i * MINUTE, &other);
        vc_dht_table_answered(&table, HOUR + i * MINUTE);
    }
    assert_null(entry_of(&table, &other));
    for (vc_ms now = HOUR + 2 * MINUTE; now < HOUR + 4 * MINUTE; now += SECOND) {
        if (vc_dht_table_ping(&table, now, &to)) {
            assert_non_null(entry_of(&table, &to));
            vc_dht_table_answered(&table, now);
        }
    }
    assert_int_equal(table.spares.count, 1);
    assert_non_null(entry_of(&table, &first));
}

static void in_silence_each_is_asked_once_the_last_heard_first(void **state)
{
    struct vc_dht_contact contacts[4], to;
    vc_ms now = 2 * HOUR;
    uint32_t pings = 0;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        contacts[i] = node(i);
        vc_dht_table_heard(&table, now - (4 - i) * MINUTE, &contacts[i]);
    }
    vc_dht_table_asked(&table, now); /* somebody of whom nothing is known */
    assert_false(vc_dht_table_ping(&table, now + VC_DHT_PROBE_MS - 1, &to));
    assert_true(vc_dht_table_due(&table) <= now + VC_DHT_PROBE_MS);
    for (now += VC_DHT_PROBE_MS; now < 2 * HOUR + VC_DHT_DOUBT_MS; now += 10) {
        if (vc_dht_table_ping(&table, now, &to) && pings < 4) {
            assert_memory_equal(&to, &contacts[3 - pings], sizeof to);
            pings++;
        }
    }
    assert_int_equal(pings, 4);
}

static void a_bucket_of_which_nothing_is_heard_is_looked_into(void **state)
{
    unsigned bucket, seen[VC_DHT_BUCKETS + 1] = {0};
    uint32_t number = 0;

    (void)state;
    assert_false(vc_dht_table_stale(&table, HOUR, &bucket));
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        /* Those nearest were heard last. */
        struct vc_dht_contact contact = node_in_bucket(&table, 3 + i / 4, &number);

        vc_dht_table_heard(&table, i < 8 ? HOUR / 2 : HOUR, &contact);
    }
    /* The near ones are one: nothing is to be done before the last was unheard for so long. */
    unsigned found = 0;

    vc_ms stale_at = HOUR + VC_DHT_BUCKET_STALE_MS;

    for (vc_ms now = HOUR; now < stale_at + 5 * MINUTE; now += SECOND) {
        if (now >= vc_dht_table_due(&table) &&
            vc_dht_table_stale(&table, now, &bucket)) {
            assert_true(bucket == VC_DHT_BUCKETS ? now >= stale_at : bucket < 12);
            seen[bucket]++;
            found++;
        }
    }
    assert_int_equal(seen[VC_DHT_BUCKETS], 1);
    /* Those before them had nobody, and were looked into at once, and again. */
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(seen[i], 1, 2);
    }
    assert_true(found < 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_table_wants_nothing),
        TEST(quiet_costs_a_ping_in_two_minutes_at_most),
        TEST(a_few_nodes_are_pinged_each_hour),
        TEST(who_was_heard_is_not_pinged),
        TEST(one_dead_node_is_found_and_put_out_for_a_few_pings),
        TEST(half_of_all_dead_are_put_out_in_minutes),
        TEST(an_hour_without_uplink_costs_nobody_his_place),
        TEST(all_dead_is_ever_more_seldom_asked),
        TEST(eight_are_asked_at_once_after_a_change),
        TEST(a_spare_is_pinged_when_somebody_went_out),
        TEST(a_spare_waits_while_a_suspect_has_its_place),
        TEST(in_silence_each_is_asked_once_the_last_heard_first),
        TEST(a_bucket_of_which_nothing_is_heard_is_looked_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

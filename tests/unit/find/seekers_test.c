/* node/find/seekers.c: who is looked for, and how often. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;
static struct person other;
static struct vc_find_contact contact;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    person_init(&other, 2);
    host_contact_of(&other, &contact);
    host.dht.is_joined = true;
    host_changed(&host);
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static void seek(uint32_t peer, enum vc_find_urgency urgency)
{
    vc_find_seek_contact(host.find, &host.now, peer, &contact, urgency);
}

/* Every lookup that begins within @ms finds nothing. */
static void pass_in_vain(vc_ms ms)
{
    for (vc_ms i = 0; i < ms; i += 100) {
        host_pass(&host, 100);
        for (size_t n = 0; n < host.find->seeker_count; n++) {
            if (host.find->seekers[n]->ask != 0) {
                host_done(&host, host.find->seekers[n]->ask, VC_ERR_NOT_FOUND, 0);
            }
        }
    }
}

static void quickly_is_five_times_within_some_seconds(void **state)
{
    static const vc_ms at[] = {0, 1000, 3000, 7000, 15000};

    (void)state;
    seek(5, VC_FIND_QUICK);
    for (size_t i = 0; i < 5; i++) {
        pass_in_vain(i == 0 ? 100 : at[i] - at[i - 1]);
        assert_int_equal(host.dht.get_count, i + 1);
    }
    pass_in_vain(60000);
    assert_int_equal(host.dht.get_count, VC_FIND_QUICK_TRIES);
}

static void once_is_once(void **state)
{
    (void)state;
    seek(5, VC_FIND_ONCE);
    pass_in_vain(60000);
    assert_int_equal(host.dht.get_count, 1);
}

static void it_may_become_more_urgent(void **state)
{
    (void)state;
    seek(5, VC_FIND_ONCE);
    host_pass(&host, 100);
    seek(5, VC_FIND_QUICK);
    pass_in_vain(60000);
    assert_int_equal(host.dht.get_count, VC_FIND_QUICK_TRIES);
}

static void between_rounds_there_is_a_pause_that_grows(void **state)
{
    vc_ms began, pause = VC_FIND_PAUSE_MS;

    (void)state;
    seek(5, VC_FIND_QUICK);
    pass_in_vain(20000);
    for (unsigned round = 0; round < 8; round++) {
        size_t before = host.dht.get_count;

        began = host.now.mono;
        while (host.dht.get_count == before) {
            seek(5, VC_FIND_QUICK); /* the caller tries again and again */
            pass_in_vain(1000);
            assert_true(host.now.mono - began < 3 * VC_FIND_PAUSE_MAX_MS);
        }
        assert_true(host.now.mono - began > pause * 75 / 100);
        assert_true(host.now.mono - began < pause * 125 / 100);
        pass_in_vain(2000);
        assert_int_equal(host.dht.get_count, before + 1); /* of one lookup */
        pause = vc_ms_min(2 * pause, VC_FIND_PAUSE_MAX_MS);
    }
}

static void nobody_is_looked_for_unasked(void **state)
{
    (void)state;
    seek(5, VC_FIND_QUICK);
    pass_in_vain(20000);
    host_pass(&host, 100 * VC_FIND_PAUSE_MAX_MS);
    assert_int_equal(host.dht.get_count, VC_FIND_QUICK_TRIES);
}

static void who_is_waited_for_is_looked_for_after_half_a_minute(void **state)
{
    (void)state;
    vc_find_hurry(host.find, 5); /* nobody knows him */
    seek(5, VC_FIND_QUICK);
    pass_in_vain(16000);
    assert_int_equal(host.dht.get_count, VC_FIND_QUICK_TRIES);
    vc_find_hurry(host.find, 5);
    seek(5, VC_FIND_QUICK);
    pass_in_vain(5000);
    assert_int_equal(host.dht.get_count, VC_FIND_QUICK_TRIES);
    pass_in_vain(VC_FIND_HURRY_MS);
    seek(5, VC_FIND_QUICK);
    pass_in_vain(20000);
    assert_int_equal(host.dht.get_count, 2 * VC_FIND_QUICK_TRIES);
}

static void who_was_found_is_forgotten(void **state)
{
    (void)state;
    seek(5, VC_FIND_QUICK);
    seek(3, VC_FIND_QUICK);
    host_pass(&host, 1);
    assert_int_equal(host.dht.get_count, 2);
    vc_find_stop(host.find, 5);
    assert_true(host.dht.gets[0].is_cancelled || host.dht.gets[1].is_cancelled);
    assert_false(host.dht.gets[0].is_cancelled && host.dht.gets[1].is_cancelled);
    vc_find_stop(host.find, 5);
    vc_find_stop(host.find, 9);
    assert_int_equal(host.find->seeker_count, 1);
    assert_int_equal(host.find->lookups_on, 1);
    seek(5, VC_FIND_QUICK); /* as if it were the first time */
    host_pass(&host, 1);
    assert_int_equal(host.dht.get_count, 3);
}

static void before_it_has_joined_nobody_is_asked(void **state)
{
    (void)state;
    host.dht.is_joined = false;
    host_changed(&host);
    seek(5, VC_FIND_ONCE);
    host_pass(&host, 600000);
    assert_int_equal(host.dht.get_count, 0);
    host_join(&host);
    host_pass(&host, 1);
    assert_int_equal(host.dht.get_count, 1);
}

static void not_all_are_looked_for_at_once_and_nobody_is_left_out(void **state)
{
    (void)state;
    for (uint32_t peer = 100; peer > 0; peer--) {
        seek(peer, VC_FIND_ONCE);
    }
    host_pass(&host, 1);
    assert_int_equal(host.dht.get_count, VC_FIND_LOOKUPS_MAX);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.get_count, VC_FIND_LOOKUPS_MAX);
    pass_in_vain(3000);
    assert_int_equal(host.dht.get_count, 100);
}

static void who_is_urgent_comes_first(void **state)
{
    (void)state;
    for (uint32_t peer = 1; peer <= 100; peer++) {
        seek(peer, VC_FIND_ONCE);
    }
    seek(101, VC_FIND_QUICK);
    host_pass(&host, 1);
    assert_true(host.find->seekers[100]->ask != 0);
}

static void when_the_dht_is_full_it_waits(void **state)
{
    (void)state;
    host.dht.is_full = true;
    seek(5, VC_FIND_ONCE);
    host_pass(&host, 10000);
    assert_int_equal(host.find->lookups_on, 0);
    host.dht.is_full = false;
    host_pass(&host, VC_FIND_AGAIN_MS);
    assert_int_equal(host.dht.get_count, 1);
}

static void another_record_key_begins_anew(void **state)
{
    (void)state;
    seek(5, VC_FIND_ONCE);
    pass_in_vain(1000);
    contact.record.b[0] ^= 0; /* the same: the pause holds */
    seek(5, VC_FIND_ONCE);
    pass_in_vain(1000);
    assert_int_equal(host.dht.get_count, 1);
    person_init(&other, 3);
    contact.record = other.account.record;
    seek(5, VC_FIND_QUICK);
    pass_in_vain(20000);
    assert_int_equal(host.dht.get_count, 1 + VC_FIND_QUICK_TRIES);
}

static void inviters_have_shorter_pauses(void **state)
{
    struct vc_invite invite = {.record = other.account.record};

    (void)state;
    vc_find_seek_inviter(host.find, &host.now, 5, &invite, VC_FIND_ONCE);
    pass_in_vain(1000);
    for (unsigned i = 0; i < 2 * VC_FIND_INVITER_PAUSE_MS / 1000; i++) {
        vc_find_seek_inviter(host.find, &host.now, 5, &invite, VC_FIND_ONCE);
        pass_in_vain(1000);
    }
    assert_int_equal(host.dht.get_count, 2);
    /* The number is a contact's now. */
    seek(5, VC_FIND_ONCE);
    pass_in_vain(1000);
    assert_int_equal(host.dht.get_count, 3);
}

static void without_memory_nobody_is_looked_for(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 2; at++) {
        host.fails_at = at;
        seek(5, VC_FIND_QUICK);
        assert_int_equal(host.find->seeker_count, 0);
    }
    host.fails_at = 0;
    for (uint32_t peer = 0; peer < 16; peer++) {
        seek(peer, VC_FIND_QUICK);
    }
    host.fails_at = 1; /* the list does not grow */
    seek(16, VC_FIND_QUICK);
    assert_int_equal(host.find->seeker_count, 16);
    seek(16, VC_FIND_QUICK);
    assert_int_equal(host.find->seeker_count, 17);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quickly_is_five_times_within_some_seconds),
        TEST(once_is_once),
        TEST(it_may_become_more_urgent),
        TEST(between_rounds_there_is_a_pause_that_grows),
        TEST(nobody_is_looked_for_unasked),
        TEST(who_is_waited_for_is_looked_for_after_half_a_minute),
        TEST(who_was_found_is_forgotten),
        TEST(before_it_has_joined_nobody_is_asked),
        TEST(not_all_are_looked_for_at_once_and_nobody_is_left_out),
        TEST(who_is_urgent_comes_first),
        TEST(when_the_dht_is_full_it_waits),
        TEST(another_record_key_begins_anew),
        TEST(inviters_have_shorter_pauses),
        TEST(without_memory_nobody_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

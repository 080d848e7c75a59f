/* node/find/lookups.c: one lookup, and what is believed of what it finds. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;
static struct person other;
static struct vc_find_contact contact;
static struct vc_addr there;

static int begin(void **state)
{
    (void)state;
    there = host_addr(77);
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

static void look(void)
{
    vc_find_stop(host.find, 5);
    vc_find_seek_contact(host.find, &host.now, 5, &contact, VC_FIND_ONCE);
    host_pass(&host, 1);
}

/* The lookup finds what @person says of himself; gives whether that is told. */
static bool finds(const struct person *person, struct vc_find_output *ret_output)
{
    uint8_t record[VC_DHT_RECORD_LEN];

    host_record_of(&host, person, &there, record);
    host_found(&host, host_get(&host)->ask, VC_BYTES(record));
    return vc_find_next(host.find, ret_output);
}

static void assert_place_of_day(uint32_t epoch)
{
    struct vc_account_place place;

    assert_true(vc_account_place_of_device(&place, &contact.record, epoch, 0));
    assert_memory_equal(host_get(&host)->place.b, place.place.b, sizeof place.place.b);
}

static void a_contact_says_where_he_is(void **state)
{
    struct vc_find_output output;

    (void)state;
    look();
    assert_place_of_day(vc_dht_epoch_of(host.now.unix_ms));
    assert_true(finds(&other, &output));
    assert_int_equal(output.kind, VC_FIND_FOUND);
    assert_int_equal(output.peer, 5);
    assert_int_equal(output.addr_count, 1);
    assert_true(vc_addr_equal(&output.addrs[0], &there));
    assert_true(output.has_prekey);
    assert_int_equal(output.prekey.id, 77);
    assert_false(vc_find_next(host.find, &output));
}

static void a_prekey_that_is_over_is_not_told(void **state)
{
    struct vc_find_output output;

    (void)state;
    host_pass(&host, (vc_ms)VC_PREKEY_USE_S * 1000);
    look();
    assert_true(finds(&other, &output));
    assert_false(output.has_prekey);
}

static void with_another_contacts_key_only_the_prekey_is_told(void **state)
{
    struct vc_find_output output;

    (void)state;
    contact.contacts.b[0]++;
    look();
    assert_true(finds(&other, &output));
    assert_int_equal(output.addr_count, 0);
    assert_true(output.has_prekey);
}

static void what_others_have_made_is_not_believed(void **state)
{
    struct person stranger = other;
    struct vc_find_output output;
    uint8_t record[VC_DHT_RECORD_LEN];

    (void)state;
    look();
    /* Who has R's secret half and another root. */
    person_init(&stranger, 3);
    stranger.account.record = other.account.record;
    stranger.account.record_secret = other.account.record_secret;
    assert_false(finds(&stranger, &output));
    /* Another device under the number of the one that is known. */
    stranger = other;
    person_device(&stranger.device, &stranger.account, 9, 0);
    assert_false(finds(&stranger, &output));
    /* A record that was changed, or is none. */
    host_record_of(&host, &other, &there, record);
    record[500] ^= 1;
    host_found(&host, host_get(&host)->ask, VC_BYTES(record));
    host_found(&host, host_get(&host)->ask, (struct vc_bytes){record, 3});
    assert_false(vc_find_next(host.find, &output));
    assert_true(finds(&other, &output));
}

static void a_forward_of_the_root_is_told(void **state)
{
    struct vc_account_record record = {.kind = VC_RECORD_FORWARD, .seq = 9};
    struct vc_account_signers signers = {0};
    struct vc_sign_secret old = other.account.record_secret;
    struct vc_find_output output;
    struct vc_account_place place;
    uint8_t bytes[VC_DHT_RECORD_LEN];
    struct vc_secret32 seed = {{4}};
    struct vc_rng rng;

    (void)state;
    vc_rng_init(&rng, &seed);
    record.root = other.account.root;
    assert_int_equal(vc_account_turn_record(&other.account,
                                            (uint32_t)(host.now.unix_ms / 1000),
                                            &record.forward),
                     VC_OK);
    signers.record_secret = &old;
    assert_true(vc_account_place_of_device(&place, &contact.record,
                                           vc_dht_epoch_of(host.now.unix_ms), 0));
    vc_account_record_write(bytes, &place, &record, &signers, &rng);
    look();
    host_found(&host, host_get(&host)->ask, VC_BYTES(bytes));
    assert_true(vc_find_next(host.find, &output));
    assert_int_equal(output.kind, VC_FIND_FORWARD);
    assert_memory_equal(output.forward.new_record.b, other.account.record.b, 32);
    /* To somebody who is there already it says nothing. */
    contact.record_generation = record.forward.new_generation;
    look();
    host_found(&host, host_get(&host)->ask, VC_BYTES(bytes));
    assert_false(vc_find_next(host.find, &output));
}

static void an_inviter_says_where_he_is_to_who_has_the_invite(void **state)
{
    struct vc_invite invite = {.record = other.account.record, .secret = {{6}}};
    struct vc_invite_record record = {.seq = 5, .addr_count = 1};
    struct vc_find_output output;
    struct vc_account_place place;
    uint8_t bytes[VC_DHT_RECORD_LEN];
    struct vc_secret32 seed = {{4}};
    struct vc_rng rng;

    (void)state;
    vc_rng_init(&rng, &seed);
    record.addrs[0] = there;
    assert_true(vc_account_place_of_invite(
        &place, &invite.record, vc_dht_epoch_of(host.now.unix_ms), &invite.secret));
    vc_invite_record_write(bytes, &place, &record, &other.account.record_secret, &rng);
    vc_find_seek_inviter(host.find, &host.now, 8, &invite, VC_FIND_QUICK);
    host_pass(&host, 1);
    assert_memory_equal(host_get(&host)->place.b, place.place.b, sizeof place.place.b);
    host_found(&host, host_get(&host)->ask, VC_BYTES(bytes));
    assert_true(vc_find_next(host.find, &output));
    assert_int_equal(output.peer, 8);
    assert_int_equal(output.addr_count, 1);
    assert_false(output.has_prekey);
    bytes[200] ^= 1;
    host_found(&host, host_get(&host)->ask, VC_BYTES(bytes));
    assert_false(vc_find_next(host.find, &output));
}

static void set_time_of_day(uint32_t second)
{
    host.now.unix_ms = host.now.unix_ms / 86400000 * 86400000 + second * UINT64_C(1000);
}

static void near_midnight_the_day_beside_is_asked_as_well(void **state)
{
    uint32_t today = vc_dht_epoch_of(host.now.unix_ms);

    (void)state;
    look();
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    assert_int_equal(host.dht.get_count, 1); /* at noon there is none */
    set_time_of_day(VC_EPOCH_S - VC_DHT_RECORD_AHEAD_S + 1);
    look();
    assert_place_of_day(today);
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    assert_int_equal(host.dht.get_count, 3);
    assert_place_of_day(today + 1);
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    assert_int_equal(host.dht.get_count, 3);
    assert_int_equal(host.find->lookups_on, 0);
    set_time_of_day(VC_DHT_RECORD_AFTER_S - 5);
    look();
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    assert_place_of_day(today - 1);
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    look();
    host_done(&host, host_get(&host)->ask, VC_ERR_NO_NETWORK, 0); /* that is no miss */
    assert_int_equal(host.dht.get_count, 6);
}

static void the_day_is_that_of_the_network_when_our_clock_is_far_off(void **state)
{
    (void)state;
    host.dht.time = host.now.unix_ms + UINT64_C(86400000) * 30;
    look();
    assert_place_of_day(vc_dht_epoch_of(host.now.unix_ms) + 30);
}

static void what_has_no_room_among_the_outputs_is_dropped(void **state)
{
    struct vc_find_output output;
    uint8_t record[VC_DHT_RECORD_LEN];
    size_t count = 0;

    (void)state;
    look();
    host_record_of(&host, &other, &there, record);
    for (size_t i = 0; i < VC_FIND_OUTPUTS_MAX + 3; i++) {
        host_found(&host, host_get(&host)->ask, VC_BYTES(record));
    }
    while (vc_find_next(host.find, &output)) {
        count++;
    }
    assert_int_equal(count, VC_FIND_OUTPUTS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_contact_says_where_he_is),
        TEST(a_prekey_that_is_over_is_not_told),
        TEST(with_another_contacts_key_only_the_prekey_is_told),
        TEST(what_others_have_made_is_not_believed),
        TEST(a_forward_of_the_root_is_told),
        TEST(an_inviter_says_where_he_is_to_who_has_the_invite),
        TEST(near_midnight_the_day_beside_is_asked_as_well),
        TEST(the_day_is_that_of_the_network_when_our_clock_is_far_off),
        TEST(what_has_no_room_among_the_outputs_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

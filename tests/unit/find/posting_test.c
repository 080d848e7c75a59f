/* node/find/posting.c: what stands at our places, for whom. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;
static struct vc_find_notice *self_notice;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    self_notice = &host.find->notices[0];
    host_join(&host);
    host_set_self(&host,
                  &(struct vc_addr){.family = 4, .ip = {10, 0, 0, 1}, .port = 9});
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

/* Publishes it for today, whatever it takes. */
static struct fake_put *publish(struct vc_find_notice *notice)
{
    struct vc_find_post *post = &notice->posts[today() & 1];
    uint64_t mark;
    vc_err err;

    post->epoch = today();
    assert_true(vc_find_notice_mark(host.find, notice, &mark));
    while ((err = vc_find_post(host.find, &host.now, notice, post, mark)) ==
           VC_ERR_BUSY) {
        host_turn(&host);
    }
    assert_int_equal(err, VC_OK);
    assert_true(post->is_posted);
    assert_true(post->number == host_put(&host)->seq);
    return host_put(&host);
}

static void contacts_read_where_we_are(void **state)
{
    struct vc_find_contact contact;
    struct vc_account_record record;
    struct vc_account_place place;
    struct fake_put *put = publish(self_notice);

    (void)state;
    host_contact_of(&host.person, &contact);
    assert_true(vc_account_place_of_device(&place, &contact.record, today(), 0));
    assert_memory_equal(place.place.b, put->place.b, sizeof place.place.b);
    assert_int_equal(vc_account_record_read_contact(&place, VC_BYTES(put->bytes),
                                                    &contact.root, &contact.contacts, 1,
                                                    &record),
                     VC_OK);
    assert_int_equal(record.kind, VC_RECORD_ACCOUNT);
    assert_true(record.has_node);
    assert_memory_equal(record.node.b, host.dht.key.b, 32);
    assert_int_equal(record.addr_count, 2);
    assert_true(vc_addr_equal(&record.addrs[0], &host.dht.seen));
    assert_true(record.prekey.id == 77);
}

static void there_is_room_for_three_addresses(void **state)
{
    struct vc_find_self self = host.find->self;
    struct vc_find_contact contact;
    struct vc_account_record record;
    struct vc_account_place place;
    struct fake_put *put;

    (void)state;
    for (uint8_t i = 0; i < 5; i++) {
        self.addrs[i] = host_addr((uint8_t)(50 + i));
    }
    self.addr_count = 5;
    vc_find_set_self(host.find, &host.now, &self);
    assert_int_equal(host.find->addr_count, VC_FIND_ADDRS_MAX);
    put = publish(self_notice);
    host_contact_of(&host.person, &contact);
    assert_true(vc_account_place_of_device(&place, &contact.record, today(), 0));
    assert_int_equal(vc_account_record_read_contact(&place, VC_BYTES(put->bytes),
                                                    &contact.root, &contact.contacts, 1,
                                                    &record),
                     VC_OK);
    assert_int_equal(record.addr_count, VC_RECORD_ADDRS_MAX);
}

static struct vc_find_notice *put_invite(const struct vc_id16 *secret)
{
    vc_find_invite_put(host.find, &host.now, 5, secret, VC_NEVER);
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        if (host.find->notices[i].kind == VC_FIND_NOTICE_INVITE) {
            return &host.find->notices[i];
        }
    }
    fail();
    return NULL;
}

static void who_has_an_invite_reads_where_we_are_and_nobody_else(void **state)
{
    const struct vc_id16 secret = {{1, 2, 3}}, other = {{1, 2, 4}};
    struct vc_invite_record record;
    struct vc_account_place place;
    struct fake_put *put = publish(put_invite(&secret));

    (void)state;
    assert_true(vc_account_place_of_invite(&place, &host.person.account.record, today(),
                                           &secret));
    assert_memory_equal(place.place.b, put->place.b, sizeof place.place.b);
    assert_int_equal(vc_invite_record_read(&place, VC_BYTES(put->bytes), &record),
                     VC_OK);
    assert_int_equal(record.addr_count, 2);
    assert_true(vc_account_place_of_invite(&place, &host.person.account.record, today(),
                                           &other));
    assert_int_equal(vc_invite_record_read(&place, VC_BYTES(put->bytes), &record),
                     VC_ERR_AUTH);
}

/* The account moves to another record key; its forward is put. */
static struct vc_find_notice *move(struct vc_sign_secret *ret_old)
{
    struct vc_forward forward;

    *ret_old = host.person.account.record_secret;
    assert_int_equal(vc_account_turn_record(&host.person.account,
                                            (uint32_t)(host.now.unix_ms / 1000),
                                            &forward),
                     VC_OK);
    vc_find_forward_put(host.find, &host.now, &forward, ret_old);
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        if (host.find->notices[i].kind == VC_FIND_NOTICE_FORWARD) {
            return &host.find->notices[i];
        }
    }
    fail();
    return NULL;
}

static void after_a_move_a_forward_takes_the_place_of_the_record(void **state)
{
    struct vc_account_record record;
    struct vc_account_place place;
    struct vc_find_contact contact;
    struct vc_sign_secret old;
    struct vc_find_notice *forward;
    struct fake_put *before = publish(self_notice), *put;

    (void)state;
    host_contact_of(&host.person, &contact);
    forward = move(&old);
    put = publish(forward);
    assert_memory_equal(put->place.b, before->place.b, sizeof put->place.b);
    assert_true(put->seq > before->seq);
    assert_true(vc_account_place_of_device(&place, &contact.record, today(), 0));
    assert_int_equal(vc_account_record_read_contact(&place, VC_BYTES(put->bytes),
                                                    &contact.root, &contact.contacts, 1,
                                                    &record),
                     VC_OK);
    assert_int_equal(record.kind, VC_RECORD_FORWARD);
    assert_memory_equal(record.forward.new_record.b, host.person.account.record.b, 32);
    /* Our record goes to its new place, and leaves the old one to the forward. */
    put = publish(self_notice);
    assert_memory_not_equal(put->place.b, before->place.b, sizeof put->place.b);
    assert_false(before->is_withdrawn);
    assert_true(publish(forward)->seq > before->seq + 1);
}

static void an_old_place_that_nobody_took_over_is_withdrawn(void **state)
{
    struct vc_forward forward;
    struct fake_put *before = publish(self_notice);

    (void)state;
    assert_int_equal(vc_account_turn_record(&host.person.account, 5, &forward), VC_OK);
    publish(self_notice);
    assert_true(before->is_withdrawn);
    vc_find_unpost(host.find, &self_notice->posts[today() & 1]);
    assert_true(host_put(&host)->is_withdrawn);
    assert_false(self_notice->posts[today() & 1].is_posted);
}

static void the_mark_changes_with_what_is_said(void **state)
{
    const struct vc_id16 secret = {{1}};
    struct vc_find_notice *invite = put_invite(&secret);
    struct vc_secret32 contacts = {{8}};
    uint64_t of_self, of_invite, mark;

    (void)state;
    assert_true(vc_find_notice_mark(host.find, self_notice, &of_self));
    assert_true(vc_find_notice_mark(host.find, invite, &of_invite));
    assert_true(vc_find_notice_mark(host.find, self_notice, &mark));
    assert_true(mark == of_self);
    vc_account_turn_contacts(&host.person.account, &contacts);
    assert_true(vc_find_notice_mark(host.find, self_notice, &mark));
    assert_true(mark != of_self); /* an invite's place knows nothing of it */
    assert_true(vc_find_notice_mark(host.find, invite, &mark));
    assert_true(mark == of_invite);
    host.find->addrs[0].port++;
    assert_true(vc_find_notice_mark(host.find, invite, &mark));
    assert_true(mark != of_invite);
    host.find->self.has_prekey = false;
    assert_false(vc_find_notice_mark(host.find, self_notice, &mark));
    assert_true(vc_find_notice_mark(host.find, invite, &mark));
    host.find->addr_count = 0;
    assert_false(vc_find_notice_mark(host.find, invite, &mark));
}

static void what_the_dht_does_not_take_is_not_posted(void **state)
{
    struct vc_find_post *post = &self_notice->posts[today() & 1];
    uint64_t mark;

    (void)state;
    publish(self_notice);
    vc_find_unpost(host.find, post);
    host.dht.is_full = true;
    assert_true(vc_find_notice_mark(host.find, self_notice, &mark));
    assert_int_equal(vc_find_post(host.find, &host.now, self_notice, post, mark),
                     VC_ERR_FULL);
    assert_false(post->is_posted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contacts_read_where_we_are),
        TEST(there_is_room_for_three_addresses),
        TEST(who_has_an_invite_reads_where_we_are_and_nobody_else),
        TEST(after_a_move_a_forward_takes_the_place_of_the_record),
        TEST(an_old_place_that_nobody_took_over_is_withdrawn),
        TEST(the_mark_changes_with_what_is_said),
        TEST(what_the_dht_does_not_take_is_not_posted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/mail/host.h"

#include <string.h>

#include "node/mail/limits.h"
#include "tests/support/check.h"

/* What one link was given comes out of the other; both call each other peer 1. */
static void carry(struct host *from, struct host *to)
{
    struct fake_object object;
    assert_true(fake_link_take_of(from->link, 1, &object));
    host_feed(to, 1, (struct vc_bytes){object.bytes, object.len});
}

static void an_object_goes_all_the_way_and_survives_restarts(void **state)
{
    (void)state;
    struct host a, b;
    host_open(&a, false);
    host_open(&b, false);
    host_peer_put(&a, 1);
    host_peer_put(&b, 1);
    host_turn(&a);
    host_turn(&b);

    uint64_t number;
    assert_int_equal(host_send(&a, 1, "hello", &number), VC_OK);
    assert_int_equal(number, 1);
    host_expect(&a, VC_MAIL_CONNECT);
    host_up(&a, 1, 5);
    host_up(&b, 1, 5);
    host_expect_nothing(&a);
    host_expect_silence(&a, 1);
    host_turn(&a);
    carry(&a, &b);
    struct vc_mail_output delivery = host_expect(&b, VC_MAIL_DELIVERY);
    assert_int_equal(delivery.number, 1);
    assert_int_equal(delivery.object.len, 5);
    assert_memory_equal(delivery.object.data, "hello", 5);
    host_accept(&b, &delivery);
    host_expect_nothing(&b);
    host_expect_silence(&b, 1);
    host_turn(&b);

    /* The ack is lost with the session; both start anew from their disks. */
    host_crash(&a, false);
    host_crash(&b, false);
    assert_int_equal(host_state(&a, 1).waiting, 1);
    assert_int_equal(host_state(&b, 1).received, 1);
    host_tick(&a, 0);
    host_expect(&a, VC_MAIL_CONNECT);
    host_up(&a, 1, 6);
    host_up(&b, 1, 6);
    host_expect_nothing(&a);
    host_expect_nothing(&b);
    carry(&a, &b);
    host_expect_nothing(&b);
    assert_int_equal(host_stats(&b).duplicates, 1);
    carry(&b, &a);
    struct vc_mail_output acked = host_expect(&a, VC_MAIL_ACKED);
    assert_int_equal(acked.number, 1);
    assert_int_equal(acked.ref[0], 'h');
    host_expect_nothing(&a);
    assert_int_equal(host_state(&a, 1).waiting, 0);
    host_turn(&a);
    host_crash(&a, false);
    assert_int_equal(host_state(&a, 1).waiting, 0);
    assert_int_equal(vc_memory_disk_rows(a.disk), 1);
    host_close(&a);
    host_close(&b);
}

static void outputs_of_the_link_are_passed_on(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    const uint32_t stranger = VC_LINK_PEER_JOINING + 3;
    struct vc_link_output output = {.peer = stranger, .is_join = true, .invite = 5};
    const enum vc_link_output_kind kinds[] = {VC_LINK_UP, VC_LINK_MOVED, VC_LINK_SILENT,
                                              VC_LINK_HEARD, VC_LINK_DOWN};
    const enum vc_mail_output_kind expected[] = {
        VC_MAIL_UP, VC_MAIL_MOVED, VC_MAIL_SILENT, VC_MAIL_HEARD, VC_MAIL_DOWN};
    for (int i = 0; i < 5; i++) {
        output.kind = kinds[i];
        vc_mail_link_output(host.mail, &host.now, &output);
        struct vc_mail_output passed = host_expect(&host, expected[i]);
        assert_int_equal(passed.peer, stranger);
        assert_int_equal(passed.link.invite, 5);
        host_expect_nothing(&host);
    }
    output.kind = VC_LINK_WRITABLE;
    vc_mail_link_output(host.mail, &host.now, &output);
    host_expect_nothing(&host);
    output.kind = VC_LINK_DATAGRAM;
    vc_mail_link_output(host.mail, &host.now, &output);
    host_expect_nothing(&host);
    host_close(&host);
}

static void objects_of_other_floors_are_passed_on_from_anybody(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    host_peer_put(&host, 1);
    const uint8_t card[] = {VC_MAIL_TYPE_PASSED, 'c'}, other[] = {255};
    host_feed(&host, 1, VC_BYTES(card));
    struct vc_mail_output output = host_expect(&host, VC_MAIL_PASSED);
    assert_int_equal(output.peer, 1);
    assert_ptr_equal(output.object.data, card);
    assert_int_equal(output.object.len, 2);
    host_expect_nothing(&host);
    host_feed(&host, VC_LINK_PEER_JOINING, VC_BYTES(other));
    assert_int_equal(host_expect(&host, VC_MAIL_PASSED).peer, VC_LINK_PEER_JOINING);
    host_expect_nothing(&host);
    host_close(&host);
}

static void malformed_and_strange_objects_are_counted_and_dropped(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    host_peer_put(&host, 1);
    host_turn(&host);
    for (unsigned type = 0; type < VC_MAIL_TYPE_PASSED; type++) {
        const uint8_t bytes[] = {(uint8_t)type, 0};
        host_feed(&host, 1, VC_BYTES(bytes));
        host_expect_nothing(&host);
    }
    assert_int_equal(host_stats(&host).dropped_malformed, VC_MAIL_TYPE_PASSED);
    feed_data(&host, VC_LINK_PEER_JOINING, 1, "x");
    host_expect_nothing(&host);
    feed_data(&host, 2, 1, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).dropped_strange, 2);
    assert_int_equal(host_submit(&host), 0);
    host_close(&host);
}

static void an_idle_session_wants_no_tick(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    host_peer_put(&host, 1);
    assert_int_equal(host_send(&host, 1, "x", NULL), VC_OK);
    host_turn(&host);
    host_up(&host, 1, 1);
    host_expect_nothing(&host);
    feed_ack(&host, 1, 1, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    feed_data(&host, 1, 1, "x");
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    host_accept(&host, &delivery);
    host_expect_nothing(&host);
    host_turn(&host);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_close(&host);
}

static void one_call_gives_the_link_a_bounded_part(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    host_peer_put(&host, 1);
    host_peer_put(&host, 2);
    for (int i = 0; i < 1500; i++) {
        assert_int_equal(host_send(&host, 1, "x", NULL), VC_OK);
        assert_int_equal(host_send(&host, 2, "x", NULL), VC_OK);
        if (i % 500 == 0)
            host_turn(&host);
    }
    host_turn(&host);
    host_up(&host, 1, 1);
    host_up(&host, 2, 2);
    host_expect_nothing(&host);
    size_t given = fake_link_waiting(host.link), calls = 1;
    assert_true(given <= VC_MAIL_PUMP_MAX);
    while (vc_mail_due(host.mail) == 0) {
        host_tick(&host, 0);
        assert_true(fake_link_waiting(host.link) - given <= VC_MAIL_PUMP_MAX);
        given = fake_link_waiting(host.link);
        calls++;
    }
    assert_int_equal(given, 3000);
    assert_true(calls > 3000 / VC_MAIL_PUMP_MAX);
    host_close(&host);
}

/* A short life with everything in it: peers, a gap, acks, a restart, a removal. Nothing
 * is asserted but that it goes on. */
static void live(struct host *host)
{
    struct vc_mail_output output;
    for (uint32_t peer = 1; peer < 40; peer++) {
        assert_int_equal(
            vc_store_reserve(host->store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES),
            VC_OK);
        vc_err err = vc_mail_peer_put(host->mail, peer);
        assert_true(err == VC_OK || err == VC_ERR_NO_MEMORY);
    }
    struct vc_mail_state state;
    for (uint32_t peer = 1; peer < 40; peer += 13) {
        bool is_known = vc_mail_state(host->mail, peer, &state);
        for (int i = 0; i < 5; i++)
            assert_int_equal(host_send(host, peer, "x", NULL),
                             is_known ? VC_OK : VC_ERR_NOT_FOUND);
        host_turn(host);
        fake_link_set_session(host->link, peer, peer);
        vc_mail_wake(host->mail, &host->now, peer);
        while (host_next(host, &output))
            ;
        host_greet(host, peer, 0, NULL);
        while (host_next(host, &output))
            ;
        const uint8_t gap_ack[] = {2, 1, 0, 2};
        host_feed(host, peer, VC_BYTES(gap_ack));
        while (host_next(host, &output))
            ;
        for (uint64_t number = 3; number > 0; number--) {
            feed_data(host, peer, number, "x");
            while (host_next(host, &output))
                if (output.kind == VC_MAIL_DELIVERY)
                    host_accept(host, &output);
        }
        host_turn(host);
    }
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    uint64_t calls = 1;
    for (uint64_t fails_at = 1; fails_at <= calls; fails_at++) {
        struct host host;
        host_open(&host, true);
        host.alloc.fails_at = host.alloc.calls + fails_at;
        uint64_t before = host.alloc.calls;
        live(&host);
        calls = host.alloc.calls - before;
        /* What failed for want of memory works when there is some. */
        live(&host);
        struct vc_mail_state found;
        assert_true(vc_mail_state(host.mail, 1, &found));
        assert_int_equal(found.received, 3);
        assert_true(found.waiting > 0);
        host_close(&host);
    }
    assert_true(calls > 40);
}

static void any_allocation_of_init_may_fail(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    live(&host);
    host_crash(&host, true);
    size_t used = host.alloc.used;
    struct vc_mail_config cfg = {
        .alloc = test_alloc(&host.alloc),
        .store = host.store,
        .link = host.link,
        .seal = host.seal,
    };
    struct vc_secret32 seed = {{1}};
    struct vc_mail *mail;
    vc_err err = VC_ERR_NO_MEMORY;
    uint64_t failures = 0;
    for (; err == VC_ERR_NO_MEMORY; failures++) {
        host.alloc.fails_at = host.alloc.calls + failures + 1;
        err = vc_mail_init(&cfg, &host.now, &seed, &mail);
        if (err != VC_OK)
            assert_int_equal(host.alloc.used, used);
    }
    assert_int_equal(err, VC_OK);
    assert_true(failures > 40);
    vc_mail_deinit(mail);
    vc_mail_deinit(NULL);
    assert_int_equal(host.alloc.used, used);
    host_close(&host);
}

static void a_link_output_must_be_drained_before_the_next(void **state)
{
    (void)state;
    struct host host;
    host_open(&host, true);
    struct vc_link_output output = {.kind = VC_LINK_MOVED, .peer = 1};
    vc_mail_link_output(host.mail, &host.now, &output);
    expect_assert_failure(vc_mail_link_output(host.mail, &host.now, &output));
    host_close(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_goes_all_the_way_and_survives_restarts),
        cmocka_unit_test(outputs_of_the_link_are_passed_on),
        cmocka_unit_test(objects_of_other_floors_are_passed_on_from_anybody),
        cmocka_unit_test(malformed_and_strange_objects_are_counted_and_dropped),
        cmocka_unit_test(an_idle_session_wants_no_tick),
        cmocka_unit_test(one_call_gives_the_link_a_bounded_part),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(any_allocation_of_init_may_fail),
        cmocka_unit_test(a_link_output_must_be_drained_before_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

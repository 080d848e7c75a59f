#include "tests/unit/mail/host.h"

#include <string.h>

#include "tests/support/test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_goes_all_the_way_and_survives_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "node/mail/machine.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"

enum { PEERS = 200 };
static struct vc_mail mail;
static struct vc_mail_peer peers[PEERS];
static struct vc_mail_peer *heap[PEERS];

static int set_up(void **state)
{
    (void)state;
    mail = (struct vc_mail){.heap = heap, .heap_room = PEERS};
    return 0;
}

static void insert(uint32_t number, vc_ms connect_at)
{
    peers[number] = (struct vc_mail_peer){
        .number = number,
        .connect_at = VC_NEVER,
        .stall_at = VC_NEVER,
        .ack_at = VC_NEVER,
        .seal_at = VC_NEVER,
        .due_at = VC_NEVER,
    };
    mail.peer_count++;
    vc_schedule_insert(&mail, &peers[number]);
    peers[number].connect_at = connect_at;
    vc_schedule_update(&mail, &peers[number]);
}

static void the_first_instant_of_a_peer_counts(void **state)
{
    (void)state;
    insert(0, 50);
    assert_int_equal(peers[0].due_at, 50);
    peers[0].stall_at = 40;
    peers[0].ack_at = 45;
    vc_schedule_update(&mail, &peers[0]);
    assert_int_equal(peers[0].due_at, 40);
    peers[0].stall_at = VC_NEVER;
    vc_schedule_update(&mail, &peers[0]);
    assert_int_equal(peers[0].due_at, 45);
}

static void the_earliest_peer_is_on_top(void **state)
{
    (void)state;
    insert(0, 30);
    insert(1, 10);
    insert(2, 20);
    assert_ptr_equal(mail.heap[0], &peers[1]);
    peers[1].connect_at = VC_NEVER;
    vc_schedule_update(&mail, &peers[1]);
    assert_ptr_equal(mail.heap[0], &peers[2]);
    peers[0].connect_at = 5;
    vc_schedule_update(&mail, &peers[0]);
    assert_ptr_equal(mail.heap[0], &peers[0]);
}

static void a_stranger_cannot_be_removed(void **state)
{
    (void)state;
    insert(0, 30);
    insert(1, 10);
    struct vc_mail_peer stranger = {.place = 1};
    mail.peer_count--;
    expect_assert_failure(vc_schedule_remove(&mail, &stranger));
}

static void check_heap(void)
{
    for (size_t i = 0; i < mail.peer_count; i++) {
        assert_int_equal(mail.heap[i]->place, i);
        assert_true(i == 0 || mail.heap[(i - 1) / 2]->due_at <= mail.heap[i]->due_at);
    }
}

static void it_stays_a_heap_whatever_is_done(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin(__func__);
    bool is_in[PEERS] = {false};
    for (int step = 0; step < 20000; step++) {
        uint32_t number = vc_prop_below(&prop, PEERS);
        struct vc_mail_peer *peer = &peers[number];
        vc_ms at = vc_prop_below(&prop, 10) == 0 ? VC_NEVER : vc_prop_below(&prop, 100);
        if (!is_in[number]) {
            insert(number, at);
            is_in[number] = true;
        } else if (vc_prop_below(&prop, 4) == 0) {
            mail.peer_count--;
            vc_schedule_remove(&mail, peer);
            is_in[number] = false;
        } else {
            peer->connect_at = at;
            vc_schedule_update(&mail, peer);
        }
        if (step % 50 == 0)
            check_heap();
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(the_first_instant_of_a_peer_counts),
        TEST(the_earliest_peer_is_on_top),
        TEST(a_stranger_cannot_be_removed),
        TEST(it_stays_a_heap_whatever_is_done),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

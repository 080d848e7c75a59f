#include "node/edge/listening.h"

#include <string.h>

#include "storage/memory.h"
#include "tests/support/test.h"

static struct vc_memory_disk *disk;
static struct vc_options options;

/* One life of a node: opens, gives the port of its first socket, closes. */
static uint16_t live(struct vc_udp *udp)
{
    struct vc_store *store;
    uv_loop_t loop;
    uint16_t port;

    *udp = (struct vc_udp){0};
    assert_int_equal(vc_memory_open(disk, &store), VC_OK);
    vc_memory_commit_at_once(store, true);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vc_listening_open(udp, &loop, store, &options), VC_OK);
    port = udp->sockets[0].bound.port;
    (void)vc_store_submit(store);
    vc_store_close(store);
    vc_udp_close(udp);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return port;
}

static int begin(void **state)
{
    (void)state;
    memset(&options, 0, sizeof options);
    disk = vc_memory_disk_new();
    return disk != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    vc_memory_disk_free(disk);
    return 0;
}

static void listen_at(const char *text)
{
    assert_int_equal(vc_addr_parse(text, &options.listen[options.listen_count++]), VC_OK);
}

static void a_port_that_was_not_named_is_kept(void **state)
{
    (void)state;
    static struct vc_udp udp;
    uint16_t port;

    listen_at("127.0.0.1:0");
    port = live(&udp);
    assert_int_not_equal(port, 0);
    assert_int_equal(live(&udp), port);
    assert_int_equal(live(&udp), port);
}

static void a_kept_port_that_is_taken_gives_way(void **state)
{
    (void)state;
    static struct vc_udp udp, other;
    struct vc_addr taken = {.family = 4, .ip = {127, 0, 0, 1}};
    uv_loop_t loop;

    listen_at("127.0.0.1:0");
    taken.port = live(&udp);
    other = (struct vc_udp){0};
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vc_udp_bind(&other, &loop, &taken), VC_OK);
    assert_int_not_equal(live(&udp), taken.port);
    vc_udp_close(&other);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void both_families_share_a_port_when_nothing_is_named(void **state)
{
    (void)state;
    static struct vc_udp udp;
    uint16_t port = live(&udp);

    for (size_t i = 0; i < udp.count; i++) {
        assert_int_equal(udp.sockets[i].bound.port, port);
        assert_int_equal(udp.sockets[i].bound.family, i == 0 ? 4 : 6);
    }
}

static void every_named_address_is_listened_at(void **state)
{
    (void)state;
    static struct vc_udp udp;

    listen_at("127.0.0.1:0");
    listen_at("127.0.0.2:0");
    (void)live(&udp);
    assert_int_equal(udp.count, 2);
    assert_int_equal(udp.sockets[1].bound.ip[3], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_port_that_was_not_named_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_kept_port_that_is_taken_gives_way, begin, end),
        cmocka_unit_test_setup_teardown(both_families_share_a_port_when_nothing_is_named,
                                        begin, end),
        cmocka_unit_test_setup_teardown(every_named_address_is_listened_at, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

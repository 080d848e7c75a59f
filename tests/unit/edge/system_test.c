#include "node/edge/system.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/test.h"

#define MEGABYTE ((size_t)1024 * 1024)

static void clocks_go_on(void **state)
{
    (void)state;
    struct vc_now first = vc_system_now(), second = vc_system_now();

    assert_true(second.mono >= first.mono);
    assert_true(first.mono > 0);
    assert_true(first.unix_ms > 1700000000000u);
}

static void time_asleep_does_not_go_on_while_awake(void **state)
{
    (void)state;
    vc_ms before = vc_system_asleep_ms();

    assert_true(usleep(20000) == 0);
    /* The two clocks are read one after the other, and rounded. */
    assert_true(vc_system_asleep_ms() <= before + 1000);
    assert_true(before <= vc_system_now().mono);
}

static void seeds_differ(void **state)
{
    (void)state;
    struct vc_secret32 one, two;

    assert_int_equal(vc_system_seed(&one), VC_OK);
    assert_int_equal(vc_system_seed(&two), VC_OK);
    assert_memory_not_equal(one.b, two.b, sizeof one.b);
}

/* Goes from one size to another and looks at what has to stay. */
static void resize(size_t from, size_t to)
{
    struct vc_alloc alloc = vc_system_alloc();
    size_t kept = from < to ? from : to;
    uint8_t *mem = alloc.resize(alloc.ctx, NULL, 0, from);

    assert_non_null(mem);
    memset(mem, 0x5a, from);
    mem = alloc.resize(alloc.ctx, mem, from, to);
    assert_non_null(mem);
    for (size_t i = 0; i < kept; i += 509)
        assert_int_equal(mem[i], 0x5a);
    mem[to - 1] = 1;
    assert_null(alloc.resize(alloc.ctx, mem, to, 0));
}

static void pieces_keep_their_bytes_whatever_their_sizes(void **state)
{
    (void)state;

    resize(100, 200);
    resize(200, 100);
    resize(MEGABYTE - 1, MEGABYTE);
    resize(3 * MEGABYTE, MEGABYTE + 1);
    resize(2 * MEGABYTE, 7);
    resize(7, 2 * MEGABYTE);
}

static void a_large_piece_is_zero_and_costs_nothing_until_it_is_touched(void **state)
{
    (void)state;
    struct vc_alloc alloc = vc_system_alloc();
    size_t size = 256 * MEGABYTE;
    uint64_t before = vc_system_rss_bytes();
    uint8_t *mem = alloc.resize(alloc.ctx, NULL, 0, size);

    assert_non_null(mem);
    assert_true(before > 0);
    assert_true(vc_system_rss_bytes() < before + 4 * MEGABYTE);
    assert_int_equal(mem[0] | mem[size - 1], 0);
    assert_null(alloc.resize(alloc.ctx, mem, size, 0));
}

static void nothing_is_freed_twice(void **state)
{
    (void)state;
    struct vc_alloc alloc = vc_system_alloc();

    assert_null(alloc.resize(alloc.ctx, NULL, 0, 0));
}

static void a_service_manager_gets_notices(void **state)
{
    (void)state;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof name;
    char path[sizeof name.sun_path + 2] = "@", words[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    /* The kernel chooses an abstract name. */
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name.sun_family), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    memcpy(path + 1, name.sun_path + 1, len - sizeof name.sun_family - 1);
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    vc_system_notify("READY=1");
    assert_int_equal(recv(fd, words, sizeof words, MSG_DONTWAIT), 7);
    assert_string_equal(words, "READY=1");
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    vc_system_notify("STOPPING=1"); /* there is nobody to tell */
    assert_true(recv(fd, words, sizeof words, MSG_DONTWAIT) < 0);
    close(fd);
}

static void a_loop_is_closed_with_what_is_still_open(void **state)
{
    uv_loop_t loop;
    uv_timer_t timer, closing;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_timer_init(&loop, &timer), 0);
    assert_int_equal(uv_timer_init(&loop, &closing), 0);
    uv_close((uv_handle_t *)&closing, NULL);
    vc_system_close_loop(&loop);
    assert_true(uv_is_closing((uv_handle_t *)&timer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_go_on),
        cmocka_unit_test(time_asleep_does_not_go_on_while_awake),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(pieces_keep_their_bytes_whatever_their_sizes),
        cmocka_unit_test(a_large_piece_is_zero_and_costs_nothing_until_it_is_touched),
        cmocka_unit_test(nothing_is_freed_twice),
        cmocka_unit_test(a_service_manager_gets_notices),
        cmocka_unit_test(a_loop_is_closed_with_what_is_still_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* node/find/self.c: which of our addresses are told. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static struct vc_addr parse(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return addr;
}

#define LIST_MAX 8

/* Up to LIST_MAX addresses; the rest NULL. */
struct list {
    const char *at[LIST_MAX];
};

static void check(struct list own, const char *seen, struct list expected)
{
    struct vc_find_self self = {.has_prekey = false};
    char text[VC_ADDR_TEXT_MAX];

    while (self.addr_count < LIST_MAX && own.at[self.addr_count] != NULL) {
        self.addrs[self.addr_count] = parse(own.at[self.addr_count]);
        self.addr_count++;
    }
    host.dht.seen = seen != NULL ? parse(seen) : (struct vc_addr){.family = 0};
    vc_find_set_self(host.find, &host.now, &self);
    for (uint8_t i = 0; i < host.find->addr_count; i++) {
        assert_non_null(expected.at[i]);
        vc_addr_format(&host.find->addrs[i], text);
        assert_string_equal(text, expected.at[i]);
    }
    assert_null(expected.at[host.find->addr_count]);
}

#define L(...) ((struct list){{__VA_ARGS__}})

static void where_others_see_us_comes_first_then_what_is_public(void **state)
{
    (void)state;
    check(L(NULL), NULL, L(NULL));
    check(L("192.168.1.5:4000"), NULL, L("192.168.1.5:4000"));
    check(L("192.168.1.5:4000"), "5.6.7.8:9000", L("5.6.7.8:9000", "192.168.1.5:4000"));
    check(L("192.168.1.5:4000", "[2600::5]:4000"), "5.6.7.8:9000",
          L("5.6.7.8:9000", "[2600::5]:4000", "192.168.1.5:4000"));
    check(L("5.6.7.8:9000", "10.0.0.1:9000"), "5.6.7.8:9000",
          L("5.6.7.8:9000", "10.0.0.1:9000"));
}

static void
what_only_this_machine_reaches_is_told_when_there_is_nothing_else(void **state)
{
    (void)state;
    check(L("127.0.0.1:4000", "[fe80::1]:4000", "10.0.0.1:4000"), NULL,
          L("10.0.0.1:4000"));
    check(L("127.0.0.1:4000", "[::1]:4000"), NULL, L("127.0.0.1:4000", "[::1]:4000"));
    check(L(NULL), "127.0.0.1:5000", L("127.0.0.1:5000"));
    check(L("10.0.0.1:4000"), "127.0.0.1:5000", L("10.0.0.1:4000"));
}

static void in_a_private_network_the_order_is_the_owners(void **state)
{
    (void)state;
    host_close(&host);
    memset(&host, 0, sizeof host);
    host_open(&host, 1);
    host.find->cfg.is_private = true;
    check(L("10.0.0.1:4000", "5.6.7.8:9000"), NULL, L("10.0.0.1:4000", "5.6.7.8:9000"));
}

static void no_more_are_kept_than_an_invites_place_has_room_for(void **state)
{
    (void)state;
    check(L("5.5.5.1:1", "5.5.5.2:1", "5.5.5.3:1", "5.5.5.4:1", "5.5.5.5:1",
            "5.5.5.6:1", "5.5.5.7:1"),
          "6.6.6.6:1",
          L("6.6.6.6:1", "5.5.5.1:1", "5.5.5.2:1", "5.5.5.3:1", "5.5.5.4:1",
            "5.5.5.5:1"));
}

static void a_change_settles_first_and_longer_while_nobody_sees_us(void **state)
{
    vc_ms now = host.now.mono;

    (void)state;
    check(L("10.0.0.1:4000"), NULL, L("10.0.0.1:4000"));
    assert_true(host.find->settle_at == now + VC_FIND_UNSEEN_MS);
    host.now.mono += 100;
    host.dht.seen = parse("5.6.7.8:9000");
    host_changed(&host);
    assert_true(host.find->settle_at == now + 100 + VC_FIND_SETTLE_MS);
    host.now.mono += 1000;
    host_changed(&host); /* nothing is new */
    assert_true(host.find->settle_at == now + 100 + VC_FIND_SETTLE_MS);
    host.dht.key.b[5]++;
    assert_true(vc_find_look_at_self(host.find, &host.now));
    assert_true(host.find->settle_at == host.now.mono + VC_FIND_SETTLE_MS);
    assert_false(vc_find_look_at_self(host.find, &host.now));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(where_others_see_us_comes_first_then_what_is_public),
        TEST(what_only_this_machine_reaches_is_told_when_there_is_nothing_else),
        TEST(in_a_private_network_the_order_is_the_owners),
        TEST(no_more_are_kept_than_an_invites_place_has_room_for),
        TEST(a_change_settles_first_and_longer_while_nobody_sees_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* @own and @expected: addresses with spaces between them. */
static void check(const char *own, const char *seen, const char *expected)
{
    struct vc_find_self self = {.has_prekey = false};
    char words[512], text[VC_ADDR_TEXT_MAX], got[512] = "";
    char *rest = words;

    assert_true(strlen(own) < sizeof words);
    memcpy(words, own, strlen(own) + 1);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        self.addrs[self.addr_count++] = parse(word);
    }
    host.dht.seen = seen[0] != '\0' ? parse(seen) : (struct vc_addr){.family = 0};
    vc_find_set_self(host.find, &host.now, &self);
    for (uint8_t i = 0; i < host.find->addr_count; i++) {
        vc_addr_format(&host.find->addrs[i], text);
        strncat(got, i > 0 ? " " : "", sizeof got - strlen(got) - 1);
        strncat(got, text, sizeof got - strlen(got) - 1);
    }
    assert_string_equal(got, expected);
}

static void where_others_see_us_comes_first_then_what_is_public(void **state)
{
    (void)state;
    check("", "", "");
    check("192.168.1.5:4000", "", "192.168.1.5:4000");
    check("192.168.1.5:4000", "5.6.7.8:9000", "5.6.7.8:9000 192.168.1.5:4000");
    check("192.168.1.5:4000 [2600::5]:4000", "5.6.7.8:9000",
          "5.6.7.8:9000 [2600::5]:4000 192.168.1.5:4000");
    check("5.6.7.8:9000 10.0.0.1:9000", "5.6.7.8:9000", "5.6.7.8:9000 10.0.0.1:9000");
}

static void
what_only_this_machine_reaches_is_told_when_there_is_nothing_else(void **state)
{
    (void)state;
    check("127.0.0.1:4000 [fe80::1]:4000 10.0.0.1:4000", "", "10.0.0.1:4000");
    check("127.0.0.1:4000 [::1]:4000", "", "127.0.0.1:4000 [::1]:4000");
    check("", "127.0.0.1:5000", "127.0.0.1:5000");
    check("10.0.0.1:4000", "127.0.0.1:5000", "10.0.0.1:4000");
}

static void in_a_private_network_the_order_is_the_owners(void **state)
{
    (void)state;
    host_close(&host);
    memset(&host, 0, sizeof host);
    host_open(&host, 1);
    host.find->cfg.is_private = true;
    check("10.0.0.1:4000 5.6.7.8:9000", "", "10.0.0.1:4000 5.6.7.8:9000");
}

static void no_more_are_kept_than_an_invites_place_has_room_for(void **state)
{
    (void)state;
    check("5.5.5.1:1 5.5.5.2:1 5.5.5.3:1 5.5.5.4:1 5.5.5.5:1 5.5.5.6:1 5.5.5.7:1",
          "6.6.6.6:1", "6.6.6.6:1 5.5.5.1:1 5.5.5.2:1 5.5.5.3:1 5.5.5.4:1 5.5.5.5:1");
}

static void a_change_settles_first_and_longer_while_nobody_sees_us(void **state)
{
    vc_ms now = host.now.mono;

    (void)state;
    check("10.0.0.1:4000", "", "10.0.0.1:4000");
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

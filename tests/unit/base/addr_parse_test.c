#include <arpa/inet.h>
#include <string.h>

#include "crypto/base/addr.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

static void what_is_no_address_is_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        ":5000",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2:5000",
        "192.0.2.1.1:5000",
        "192.0.2.256:1",
        "192.0.2.01:1",
        "192.0.02.1:1",
        "192.0.2.1:65536",
        "192.0.2.1:05",
        "192.0.2.1:-1",
        "192.0.2.1:+1",
        "192.0.2.1:1 ",
        " 192.0.2.1:1",
        "192.0.2.1 :1",
        "192.0.2.1:1x",
        "0x7f.0.0.1:1",
        "127.1:1",
        "2130706433:1",
        "1.2.3.4:99999999999999",
        "host:1",
        "localhost:1",
        "[",
        "[]",
        "[]:1",
        "[:]:1",
        "[::]",
        "[::]:",
        "::1:5000",
        "[::1:5000",
        "::1]:5000",
        "[:::]:1",
        "[1:::2]:1",
        "[1::2::3]:1",
        "[1:2:3:4:5:6:7]:1",
        "[1:2:3:4:5:6:7:8:9]:1",
        "[1:2:3:4:5:6:7:8::]:1",
        "[1:2:3:4:5:6:7:8::9]:1",
        "[::1:2:3:4:5:6:7:8]:1",
        "[1:2:3:4:5:6:7:]:1",
        "[:1:2:3:4:5:6:7]:1",
        "[12345::]:1",
        "[g::]:1",
        "[fe80::1%eth0]:1",
        "[::1.2.3]:1",
        "[::1.2.3.4.5]:1",
        "[::1.2.3.256]:1",
        "[1:2:3:4:5:6:7:1.2.3.4]:1",
        "[1:2:3:4:5:6::1.2.3.4]:1",
        "[::1.2.3.4:5]:1",
        "[1.2.3.4]:1",
        "[::01.2.3.4]:1",
        "[::1]x:1", "[::1]:1]",
        "[::1] :1",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct vc_addr addr = {.family = 9};
        if (vc_addr_parse(texts[i], &addr) != VC_ERR_MALFORMED) {
            fail_msg("\"%s\" was read", texts[i]);
        }
        assert_int_equal(addr.family, 9);
    }
}

/* The system's own parser is a second opinion on random and near-right addresses. */
static void the_parser_agrees_with_the_systems(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("the_parser_agrees_with_the_systems");
    static const char *const parts[] = {"0", "1",  "ffff", ":",     "::",      ":",
                                        "a", "10", ".",    "12345", "1.2.3.4", ":"};
    unsigned read = 0;

    for (int run = 0; run < 200000; run++) {
        char ip[64] = "";
        char text[80];
        uint8_t wanted[16];
        struct vc_addr addr;
        uint32_t count = 1 + vc_prop_below(&prop, 16);

        for (uint32_t i = 0; i < count && strlen(ip) < 45; i++) {
            const char *part =
                parts[vc_prop_below(&prop, sizeof(parts) / sizeof(parts[0]))];
            memcpy(ip + strlen(ip), part, strlen(part) + 1);
        }
        snprintf(text, sizeof(text), "[%s]:7", ip);
        bool is_read = vc_addr_parse(text, &addr) == VC_OK;
        bool is_wanted = inet_pton(AF_INET6, ip, wanted) == 1;
        if (is_read != is_wanted) {
            fail_msg("%s: %d, the system says %d", text, is_read, is_wanted);
        }
        if (is_read && addr.family == 6) {
            assert_memory_equal(addr.ip, wanted, 16);
            read++;
        }
    }
    assert_true(read > 100);
}

static void any_address_comes_back_from_its_text(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("any_address_comes_back_from_its_text");

    for (int run = 0; run < 20000; run++) {
        uint8_t ip[16];
        char text[VC_ADDR_TEXT_MAX];
        char wanted[INET6_ADDRSTRLEN];
        struct vc_addr again;

        vc_prop_bytes(&prop, ip, sizeof(ip));
        for (int i = 0; i < 8; i++) {
            if (vc_prop_below(&prop, 2) == 0) {
                ip[2 * i] = ip[2 * i + 1] = 0;
            }
        }
        ip[0] |= 1; /* the system writes ::1.2.3.4 where the RFC leaves the choice */
        uint16_t port = (uint16_t)vc_prop_u64(&prop);
        struct vc_addr addr = vc_prop_below(&prop, 4) == 0 ? vc_addr_ipv4(ip, port)
                                                           : vc_addr_ipv6(ip, port);
        vc_addr_format(&addr, text);
        assert_int_equal(vc_addr_parse(text, &again), VC_OK);
        assert_true(vc_addr_equal(&addr, &again));
        inet_ntop(addr.family == 4 ? AF_INET : AF_INET6, addr.ip, wanted,
                  sizeof(wanted));
        assert_non_null(strstr(text, wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_address_is_malformed),
        cmocka_unit_test(the_parser_agrees_with_the_systems),
        cmocka_unit_test(any_address_comes_back_from_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

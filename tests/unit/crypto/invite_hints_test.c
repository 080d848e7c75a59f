#include "crypto/invite_hints.h"

#include <string.h>

#include "tests/support/test.h"

#define A4      "192.0.2.1:5000"
#define B4      "192.0.2.2:5000"
#define C4      "192.0.2.3:5001"
#define A6      "[2001:db8::1]:5000"
#define B6      "[2001:db8::2]:5002"
#define NOWHERE "0.0.0.0:5000"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

struct choice {
    bool has_relay;
    const char *given[3];
    enum vc_invite_shape shape;
    const char *kept[3];
};

static const struct choice choices[] = {
    {false, {NULL}, VC_INVITE_RELAY, {NULL}},
    {true, {NULL}, VC_INVITE_RELAY, {NULL}},
    {false, {A4}, VC_INVITE_RELAY, {A4}},
    {true, {A4}, VC_INVITE_RELAY, {A4}},
    {true, {A6}, VC_INVITE_RELAY, {NULL}},
    {true, {A6, B4, C4}, VC_INVITE_RELAY, {B4}},
    {false, {A6}, VC_INVITE_IPV6, {A6}},
    {false, {A6, B6}, VC_INVITE_IPV6, {A6}},
    {false, {A6, C4}, VC_INVITE_IPV6, {A6}},
    {false, {C4, A6}, VC_INVITE_RELAY, {C4}},
    {false, {A4, B4}, VC_INVITE_IPV4S, {A4, B4}},
    {false, {A4, B4, C4}, VC_INVITE_IPV4S, {A4, B4, C4}},
    {false, {A4, C4, B6}, VC_INVITE_IPV4S, {A4, C4}},
    {false, {A4, A6}, VC_INVITE_BOTH, {A6, A4}},
    {false, {A4, B4, A6}, VC_INVITE_BOTH, {A6, A4}},
    {false, {B6, C4, A6}, VC_INVITE_IPV6, {B6}},
    {false, {B6, A4, A6}, VC_INVITE_BOTH, {A6, A4}},
    {false, {NOWHERE}, VC_INVITE_RELAY, {NULL}},
    {false, {NOWHERE, "192.0.2.9:0", A6}, VC_INVITE_IPV6, {A6}},
    {false, {"[ff02::1]:5000", "224.0.0.1:5000", A4}, VC_INVITE_RELAY, {A4}},
};

static uint8_t add_all(const char *const texts[3], struct vc_addr ret_addrs[3])
{
    uint8_t count = 0;

    for (; count < 3 && texts[count] != NULL; count++) {
        assert_int_equal(vc_addr_parse(texts[count], &ret_addrs[count]), VC_OK);
    }
    return count;
}

static void the_shape_that_holds_most_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        struct vc_invite invite = {.addr_count = 0};
        struct vc_invite again = {.addr_count = 0};
        struct vc_addr kept[3];
        uint8_t room[VC_INVITE_HINTS_LEN];
        struct vc_writer w = vc_writer(room, sizeof(room));

        memset(&invite.relay, choices[i].has_relay ? 6 : 0, sizeof(invite.relay));
        invite.addr_count = add_all(choices[i].given, invite.addrs);
        enum vc_invite_shape shape = vc_invite_hints_write(&w, &invite);
        assert_int_equal(shape, choices[i].shape);
        assert_int_equal(vc_writer_bytes(&w).len, VC_INVITE_HINTS_LEN);

        struct vc_reader r = vc_reader(VC_BYTES(room));
        vc_invite_hints_read(&r, shape, &again);
        assert_int_equal(vc_reader_end(&r), VC_OK);
        assert_int_equal(again.addr_count, add_all(choices[i].kept, kept));
        for (size_t k = 0; k < again.addr_count; k++) {
            assert_true(vc_addr_equal(&again.addrs[k], &kept[k]));
        }
        assert_memory_equal(&again.relay, &invite.relay, sizeof(invite.relay));
    }
}

struct refused {
    enum vc_invite_shape shape;
    uint8_t bytes[VC_INVITE_HINTS_LEN];
};

static const struct refused refused[] = {
    /* An address without a port, a port without an address, one that nobody has. */
    {VC_INVITE_RELAY, {192, 0, 2, 1}},
    {VC_INVITE_RELAY, {[4] = 1}},
    {VC_INVITE_RELAY, {224, 0, 0, 1, 1}},
    {VC_INVITE_IPV6, {0}},
    {VC_INVITE_IPV6, {0x20, [15] = 1}},
    {VC_INVITE_IPV6, {[16] = 1}},
    {VC_INVITE_IPV6, {0xff, [15] = 1, 1}},
    {VC_INVITE_IPV6, {[10] = 0xff, 0xff, 192, 0, 2, 1, 1}},
    /* Something behind the end. */
    {VC_INVITE_IPV6, {0x20, [16] = 1, [18] = 1}},
    {VC_INVITE_IPV6, {0x20, [16] = 1, [21] = 1}},
    {VC_INVITE_IPV4S, {192, 0, 2, 1, 1, 0, 192, 0, 2, 2, 1, 0, [18] = 1}},
    {VC_INVITE_IPV4S, {192, 0, 2, 1, 1, 0, 192, 0, 2, 2, 1, 0, [21] = 1}},
    /* Too few for the shape, or a hole. */
    {VC_INVITE_IPV4S, {0}},
    {VC_INVITE_IPV4S, {192, 0, 2, 1, 1, 0}},
    {VC_INVITE_IPV4S, {192, 0, 2, 1, 1, 0, [12] = 192, 0, 2, 2, 1, 0}},
    {VC_INVITE_IPV4S, {[6] = 192, 0, 2, 1, 1, 0, 192, 0, 2, 2, 1, 0}},
    {VC_INVITE_BOTH, {0}},
    {VC_INVITE_BOTH, {0x20, [20] = 1}},
    {VC_INVITE_BOTH, {[16] = 192, 0, 2, 1, 1}},
    {VC_INVITE_BOTH, {0x20, [16] = 192, 0, 2, 1}},
    {VC_INVITE_BOTH, {[10] = 0xff, 0xff, 192, 0, 2, 1, 192, 0, 2, 1, 1}},
};

static void what_the_writer_would_not_write_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct vc_invite invite;
        struct vc_reader r = vc_reader(VC_BYTES(refused[i].bytes));
        vc_invite_hints_read(&r, refused[i].shape, &invite);
        if (vc_reader_end(&r) != VC_ERR_MALFORMED) {
            fail_msg("case %zu was read", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shape_that_holds_most_is_taken),
        cmocka_unit_test(what_the_writer_would_not_write_is_refused),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

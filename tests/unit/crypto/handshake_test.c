#include "crypto/handshake.h"

#include <stdio.h>
#include <string.h>

#include "crypto/handshake_mask.h"
#include "crypto/packet.h"
#include "tests/unit/crypto/pair.h"

static const enum vc_handshake_kind kinds[] = {VC_HANDSHAKE_LINK, VC_HANDSHAKE_JOIN};

static void both_sides_agree_on_everything(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;
        struct vc_session_tag tag[2];
        struct vc_packet_key send[2], recv[2];

        pair_run(&p, kinds[i], i);
        for (int side = 0; side < 2; side++) {
            assert_true(vc_handshake_is_done(&p.hs[side]));
            vc_handshake_tag(&p.hs[side], &tag[side]);
            vc_packet_keys(&p.hs[side], &send[side], &recv[side]);
            assert_int_equal(p.hs[side].peer_version, VC_LINK_VERSION);
            assert_memory_equal(p.hs[side].noise.rs.b, p.dev_dh_public[1 - side].b, 32);
            assert_memory_equal(&p.hs[side].peer_cid, &p.hs[1 - side].own_cid,
                                VC_CID_LEN);
        }
        assert_memory_equal(&tag[0], &tag[1], sizeof(tag[0]));
        assert_memory_equal(&send[0], &recv[1], sizeof(send[0]));
        assert_memory_equal(&send[1], &recv[0], sizeof(send[1]));
        assert_memory_not_equal(&send[0], &send[1], sizeof(send[0]));
        assert_memory_not_equal(&send[0].key, &send[0].mask, sizeof(send[0].key));
        assert_int_equal(p.hs[ALICE].peer_capabilities, 0xb0b);
        assert_int_equal(p.hs[BOB].peer_capabilities, 0xa11ce);
        assert_int_equal(p.hs[BOB].continues.b[7], 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree_on_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

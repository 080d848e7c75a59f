/* node/link/cids.c: whose datagram it is. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static bool find(const struct vc_link *link, const struct vc_cid *cid,
                 enum vc_cid_kind *kind, uint32_t *index)
{
    return vc_cids_find(link, VC_BYTES(cid->b), kind, index);
}

static void a_cid_is_found_until_it_is_removed_and_follows_its_owner(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    struct vc_cid cids[20];
    enum vc_cid_kind kind;
    uint32_t index;
    for (uint32_t i = 0; i < 20; i++)
        vc_cids_draw(link, i % 2 == 0 ? VC_CID_ATTEMPT : VC_CID_HALF_OPEN, i, &cids[i]);
    for (uint32_t i = 0; i < 20; i++) {
        assert_true(find(link, &cids[i], &kind, &index));
        assert_int_equal(kind, i % 2 == 0 ? VC_CID_ATTEMPT : VC_CID_HALF_OPEN);
        assert_int_equal(index, i);
    }
    vc_cids_move(link, &cids[4], VC_CID_ATTEMPT, 4, VC_CID_SESSION, 9);
    assert_true(find(link, &cids[4], &kind, &index));
    assert_int_equal(kind, VC_CID_SESSION);
    assert_int_equal(index, 9);
    vc_cids_remove(link, &cids[4], VC_CID_SESSION, 9);
    assert_false(find(link, &cids[4], &kind, &index));
    cids[5].b[7] ^= 1;
    assert_false(find(link, &cids[5], &kind, &index));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cid_is_found_until_it_is_removed_and_follows_its_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

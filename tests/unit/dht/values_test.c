#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

/* The world itself checks that what is found for one ask is signed and gets newer. */

#define HANDS 60

static struct dht_desk desk;
static uint8_t older[VC_DHT_RECORD_LEN], newer[VC_DHT_RECORD_LEN];
static struct vc_hash32 place;

static int tear_down(void **state)
{
    (void)state;
    if (desk.node != NULL) {
        dht_desk_end(&desk);
    }
    return 0;
}

/* Its end, and the last that it found, or NULL. */
static const struct dht_told *get(const struct dht_told **ret_found)
{
    uint32_t ask = dht_world_get(desk.node, &place);

    dht_world_run(&desk.world, 9000);
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_DONE, ask), 1);
    *ret_found = dht_world_last(&desk.world, desk.node, VC_DHT_FOUND, ask);
    return dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask);
}

/* ---- which value ---- */

/* Every second hand holds an older one. */
static bool give_values(struct dht_desk *at, uint32_t hand,
                        const struct dht_heard *heard, struct vc_dht_answer *answer)
{
    (void)at;
    if (heard->request.type == VC_DHT_GET) {
        answer->type = VC_DHT_VALUE;
        answer->record = hand % 2 != 0 ? VC_BYTES(older) : VC_BYTES(newer);
    }
    return true;
}

static void the_highest_seq_is_told_last(void **state)
{
    bool were_several = false;

    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    dht_world_record(&desk.world, 1, 7, 24, older, &place);
    dht_world_record(&desk.world, 1, 8, 24, newer, &place);
    dht_desk_meet(&desk);
    desk.answer = give_values;
    for (int i = 0; i < 30; i++) {
        const struct dht_told *found, *done = get(&found);
        uint32_t count =
            dht_world_count(&desk.world, desk.node, VC_DHT_FOUND, done->output.ask);

        assert_in_range(count, 1, 2);
        assert_true(count == 1 || found->seq == 8);
        were_several = were_several || count == 2;
        assert_int_equal(done->output.reason, VC_OK);
    }
    assert_true(were_several);
}

static unsigned lie;

static bool give_lies(struct dht_desk *at, uint32_t hand, const struct dht_heard *heard,
                      struct vc_dht_answer *answer)
{
    (void)at;
    (void)hand;
    (void)heard;
    if (heard->request.type == VC_DHT_GET) {
        answer->type = VC_DHT_VALUE;
        answer->record = VC_BYTES(newer);
    }
    return true;
}

/* Altered anywhere, another's, expired, from the future: none of it is ever told. */
static void lies_are_never_told(void **state)
{
    const struct dht_told *found;
    struct vc_hash32 other;

    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    dht_desk_meet(&desk);
    desk.answer = give_lies;
    for (lie = 0; lie < 8; lie++) {
        dht_world_record(&desk.world, 1, 7, 24, newer, &place);
        if (lie < 4) {
            static const size_t at[] = {0, 33, 60, 999};

            newer[at[lie]] ^= 1;
        } else if (lie == 4) {
            dht_world_record(&desk.world, 2, 7, 24, newer, &other);
        } else if (lie == 5) {
            dht_world_record(&desk.world, 1, 7, 0, newer, &place);
            dht_world_run(&desk.world, 5000);
        } else if (lie == 6) {
            dht_world_record(&desk.world, 1, 7, 40, newer, &place);
        } else {
            dht_world_record(&desk.world, 1,
                             DHT_WORLD_DATE_MS + 3 * VC_DHT_SEQ_AHEAD_MS, 24, newer,
                             &place);
        }
        assert_int_equal(get(&found)->output.reason, VC_ERR_NOT_FOUND);
        assert_null(found);
    }
}

/* A get is over soon after its first value: it does not wait for who is silent. */
static void nobody_is_waited_for_after_a_value(void **state)
{
    const struct dht_told *found, *done;

    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    dht_world_record(&desk.world, 1, 7, 24, older, &place);
    dht_world_record(&desk.world, 1, 8, 24, newer, &place);
    dht_desk_meet(&desk);
    desk.answer = give_values;
    for (uint32_t i = 0; i < 20; i += 2) {
        desk.is_silent[i] = true;
    }
    done = get(&found);
    assert_int_equal(done->output.reason, VC_OK);
    assert_in_range(done->output.took_ms, 20, 600);
}

/* ---- the last word ---- */

/* How many of the hands are nearer to the place than this one. */
static uint32_t rank_of(const struct dht_desk *at, uint32_t hand)
{
    uint64_t distances[HANDS];
    uint32_t rank = 0;

    for (uint32_t i = 0; i < at->hand_count; i++) {
        distances[i] =
            vc_dht_distance(vc_dht_place_id(&place),
                            vc_dht_node_id(&at->hands[i].addr, &at->hands[i].key,
                                           !at->node->dht->cfg.is_private));
    }
    for (uint32_t i = 0; i < at->hand_count; i++) {
        rank += distances[i] < distances[hand];
    }
    return rank;
}

#define NEAR 20 /* hands that may be near the place */
#define FEW  4

static bool is_with_near; /* they have a newer one; else nothing */

/* Every second one of those who are far has an older one; a value names nobody. */
static bool give_by_rank(struct dht_desk *at, uint32_t hand,
                         const struct dht_heard *heard, struct vc_dht_answer *answer)
{
    uint32_t rank = rank_of(at, hand);
    bool has_it = rank < NEAR ? is_with_near : rank % 2 == 0;

    if (heard->request.type == VC_DHT_GET && has_it) {
        answer->type = VC_DHT_VALUE;
        answer->record = rank < NEAR ? VC_BYTES(newer) : VC_BYTES(older);
    }
    return true;
}

static bool give_by_the_nearest(struct dht_desk *at, uint32_t hand,
                                const struct dht_heard *heard,
                                struct vc_dht_answer *answer)
{
    if (heard->request.type == VC_DHT_GET && rank_of(at, hand) < FEW) {
        answer->type = VC_DHT_VALUE;
        answer->record = VC_BYTES(newer);
    }
    return true;
}

/* Those near the place are there, but have not been met yet. */
static void begin(uint32_t account, bool with_near)
{
    is_with_near = with_near;
    dht_desk_begin(&desk, NULL, HANDS, false);
    dht_world_record(&desk.world, account, 7, 24, older, &place);
    dht_world_record(&desk.world, account, 8, 24, newer, &place);
    for (uint32_t i = 0; i < HANDS; i++) {
        desk.is_silent[i] = rank_of(&desk, i) < NEAR;
    }
    dht_desk_meet(&desk);
    memset(desk.is_silent, false, sizeof desk.is_silent);
    desk.node->dht->families[0].size = (struct vc_dht_size){UINT64_MAX / HANDS};
    desk.answer = give_by_rank;
}

/* Whatever account it is of, this seq is found in the end. */
static void finds(bool with_near, uint64_t seq)
{
    for (uint32_t account = 1; account < 9; account++) {
        const struct dht_told *found, *done;

        begin(account, with_near);
        done = get(&found);
        assert_int_equal(done->output.reason, VC_OK);
        assert_int_equal(found->seq, seq);
        assert_in_range(done->output.took_ms, 20, 3000);
        dht_desk_end(&desk);
    }
}

static void those_near_have_the_last_word(void **state)
{
    (void)state;
    finds(true, 8);
}

static void what_nobody_near_has_counts_all_the_same(void **state)
{
    (void)state;
    finds(false, 7);
}

/* It takes the holders for too far to have it, and asks them the way only: at first. */
static void who_takes_the_network_for_too_large_finds_it(void **state)
{
    const struct dht_told *found, *done;

    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    dht_world_record(&desk.world, 1, 8, 24, newer, &place);
    dht_desk_meet(&desk);
    desk.node->dht->families[0].size = (struct vc_dht_size){UINT64_MAX >> 22};
    desk.answer = give_by_the_nearest;
    done = get(&found);
    assert_int_equal(done->output.reason, VC_OK);
    assert_int_equal(found->seq, 8);
    assert_true(dht_desk_count(&desk, VC_DHT_FIND, DHT_DESK_ANY) > 0);
}

/* While the last answers are waited for, one of them may name somebody nearer: he is not asked, and
 * it ends when it was going to. */
static void nobody_is_asked_while_answers_are_waited_for(void **state)
{
    const struct dht_told *done;
    struct vc_dht_ask *ask;

    (void)state;
    begin(1, false);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    (void)dht_world_get(desk.node, &place);
    ask = vc_dht_ask_at(desk.node->dht, 0);
    assert_false(vc_dht_walks_are_over(desk.node->dht, ask));
    ask->has_value = true;
    ask->settle_at = dht_world_clock(desk.node).mono + 50;
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 9000);
    done = dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask->id);
    assert_int_equal(done->output.reason, VC_OK);
    assert_in_range(done->output.took_ms, 50, VC_DHT_HEDGE_FIRST_MS);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_GET, DHT_DESK_ANY), VC_DHT_ALPHA);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_highest_seq_is_told_last),
        TEST(lies_are_never_told),
        TEST(nobody_is_waited_for_after_a_value),
        TEST(those_near_have_the_last_word),
        TEST(what_nobody_near_has_counts_all_the_same),
        TEST(who_takes_the_network_for_too_large_finds_it),
        TEST(nobody_is_asked_while_answers_are_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

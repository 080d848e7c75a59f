#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/packet.h"
#include "tests/unit/crypto/checks.h"

static void each_number_is_new_once(void **state)
{
    struct vc_replay replay = {0};

    (void)state;
    for (uint64_t n = 0; n < 3 * VC_REPLAY_WINDOW; n++) {
        assert_true(vc_replay_is_new(&replay, n));
        vc_replay_mark(&replay, n);
        assert_false(vc_replay_is_new(&replay, n));
    }
    expect_assert_failure(vc_replay_mark(&replay, 3 * VC_REPLAY_WINDOW - 1));
}

static void the_window_is_2048_numbers_wide(void **state)
{
    (void)state;
    for (uint64_t last = VC_REPLAY_WINDOW; last < VC_REPLAY_WINDOW + 200; last++) {
        struct vc_replay replay = {0};

        vc_replay_mark(&replay, last);
        assert_true(vc_replay_is_new(&replay, last - VC_REPLAY_WINDOW + 1));
        assert_false(vc_replay_is_new(&replay, last - VC_REPLAY_WINDOW));
    }
}

static void a_jump_forgets_what_it_leaves_behind(void **state)
{
    struct vc_replay replay = {0};

    (void)state;
    for (uint64_t n = 0; n < VC_REPLAY_WINDOW; n++) {
        vc_replay_mark(&replay, n);
    }
    vc_replay_mark(&replay, (uint64_t)1 << 40);
    for (uint64_t back = 1; back < VC_REPLAY_WINDOW; back++) {
        assert_true(vc_replay_is_new(&replay, ((uint64_t)1 << 40) - back));
    }
}

static void numbers_from_2_to_the_63_on_are_never_new(void **state)
{
    struct vc_replay replay = {0};
    uint64_t end = (uint64_t)1 << 63;

    (void)state;
    assert_false(vc_replay_is_new(&replay, end));
    assert_false(vc_replay_is_new(&replay, UINT64_MAX));
    assert_true(vc_replay_is_new(&replay, end - 1));
    vc_replay_mark(&replay, end - 1);
    assert_false(vc_replay_is_new(&replay, end - 1));
    assert_false(vc_replay_is_new(&replay, end));
    assert_true(vc_replay_is_new(&replay, end - 2));
}

/* The naive model: every number that was ever accepted, and the highest of them. */
#define MODEL_MAX 2000000

struct model {
    bool was_seen[MODEL_MAX];
    uint64_t highest; /* 1 + the highest */
};

static bool model_is_new(const struct model *model, uint64_t number)
{
    return !model->was_seen[number] && number + VC_REPLAY_WINDOW >= model->highest;
}

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Walks upwards with reordering, repetitions, gaps, jumps and very old numbers. */
static void compare_with_model(uint64_t seed, struct model *model)
{
    struct vc_replay replay = {0};
    uint64_t random = seed;

    memset(model, 0, sizeof(*model));
    for (int i = 0; i < 60000; i++) {
        uint64_t draw = next_random(&random), kind = draw % 100;
        uint64_t spread = kind < 60 ? 8 : kind < 90 ? 300 : kind < 99 ? 2200 : 6000;
        uint64_t number = model->highest + (draw >> 8) % spread;
        uint64_t back = (draw >> 32) % (2 * spread);

        number = number > back ? number - back : 0;
        if (number >= MODEL_MAX) {
            return;
        }
        if (vc_replay_is_new(&replay, number) != model_is_new(model, number)) {
            fail_msg("seed %llu: number %llu, highest %llu", (unsigned long long)seed,
                     (unsigned long long)number, (unsigned long long)model->highest);
        }
        if (model_is_new(model, number)) {
            vc_replay_mark(&replay, number);
            model->was_seen[number] = true;
            model->highest = number >= model->highest ? number + 1 : model->highest;
        }
    }
}

static void the_window_does_what_a_set_of_all_numbers_would(void **state)
{
    static struct model model;
    const char *given = getenv("VC_SEED");
    uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
    uint64_t count = given != NULL ? 1 : 20;

    (void)state;
    printf("seeds %llu to %llu; VC_SEED=N runs one\n", (unsigned long long)first,
           (unsigned long long)(first + count - 1));
    for (uint64_t i = 0; i < count; i++) {
        compare_with_model(first + i, &model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_is_new_once),
        cmocka_unit_test(the_window_is_2048_numbers_wide),
        cmocka_unit_test(a_jump_forgets_what_it_leaves_behind),
        cmocka_unit_test(numbers_from_2_to_the_63_on_are_never_new),
        cmocka_unit_test(the_window_does_what_a_set_of_all_numbers_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

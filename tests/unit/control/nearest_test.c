#include "node/control/nearest.h"

#include <string.h>

#include "tests/support/test.h"

static const char *nearest_of(const char *word)
{
    static const char *const words[] = {"up",     "down",     "status",
                                        "invite", "contacts", "send"};
    const char *best = NULL;
    size_t distance = 0;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        vc_nearest(word, words[i], &best, &distance);
    return best;
}

static void slips_are_found(void **state)
{
    (void)state;

    assert_string_equal(nearest_of("stauts"), "status");
    assert_string_equal(nearest_of("statu"), "status");
    assert_string_equal(nearest_of("statuss"), "status");
    assert_string_equal(nearest_of("ststus"), "status");
    assert_string_equal(nearest_of("inivte"), "invite");
    assert_string_equal(nearest_of("contact"), "contacts");
    assert_string_equal(nearest_of("sned"), "send");
}

static void far_words_are_not_suggested(void **state)
{
    (void)state;

    assert_null(nearest_of(""));
    assert_null(nearest_of("frobnicate"));
    assert_null(nearest_of("xyzzy"));
}

static void long_words_are_not_looked_at(void **state)
{
    (void)state;
    char word[100];

    memset(word, 's', sizeof(word));
    word[99] = '\0';
    assert_null(nearest_of(word));
}

static void the_first_of_equally_near_ones_stays(void **state)
{
    (void)state;
    const char *best = NULL;
    size_t distance = 0;

    vc_nearest("read", "bead", &best, &distance);
    vc_nearest("read", "road", &best, &distance);
    assert_string_equal(best, "bead");
    assert_int_equal(distance, 1);
    vc_nearest("read", "read", &best, &distance);
    assert_string_equal(best, "read");
    assert_int_equal(distance, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_found),
        cmocka_unit_test(far_words_are_not_suggested),
        cmocka_unit_test(long_words_are_not_looked_at),
        cmocka_unit_test(the_first_of_equally_near_ones_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

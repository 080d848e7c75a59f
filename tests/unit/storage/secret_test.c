#include "tests/support/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/secret.h"

static void memory_is_zeros_and_can_be_written(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 10000; len += 999) {
        uint8_t *mem = vc_secret_new(len, len < 5000);

        assert_non_null(mem);
        assert_true(vc_is_zero(mem, len));
        memset(mem, 0xaa, len);
        vc_secret_free(mem, len);
    }
    vc_secret_free(NULL, 7);
}

/* A child touches the byte at @at from the start; gives whether it lived. */
static bool lives_at(uint8_t *mem, ptrdiff_t at)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        volatile uint8_t *byte = mem + at;

        *byte = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void what_is_before_and_behind_it_cannot_be_touched(void **state)
{
    long page = sysconf(_SC_PAGESIZE);
    uint8_t *mem = vc_secret_new((size_t)page, true);

    (void)state;
    assert_non_null(mem);
    assert_true(lives_at(mem, 0));
    assert_true(lives_at(mem, page - 1));
    assert_false(lives_at(mem, -1));
    assert_false(lives_at(mem, page));
    vc_secret_free(mem, (size_t)page);
}

static void draws_differ(void **state)
{
    uint8_t a[1000] = {0};
    uint8_t b[1000] = {0};

    (void)state;
    assert_int_equal(vc_secret_draw(a, sizeof a), VC_OK);
    assert_int_equal(vc_secret_draw(b, sizeof b), VC_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_false(vc_is_zero(a + sizeof a - 32, 32));
    assert_int_equal(vc_secret_draw(a, 0), VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeros_and_can_be_written),
        cmocka_unit_test(what_is_before_and_behind_it_cannot_be_touched),
        cmocka_unit_test(draws_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

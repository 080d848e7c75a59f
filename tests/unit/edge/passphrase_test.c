#include "node/edge/passphrase.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct vc_passphrase passphrase;

/* What veched reads when somebody writes @len bytes of @text and closes the pipe. */
static vc_err read_text(const char *text, size_t len)
{
    int fds[2];
    vc_err err;

    memset(&passphrase, 0, sizeof passphrase);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, len), len);
    assert_int_equal(close(fds[1]), 0);
    err = vc_passphrase_read(fds[0], &passphrase);
    assert_int_equal(close(fds[0]), -1); /* it was closed */
    return err;
}

static void expect(const char *text)
{
    struct vc_bytes bytes = vc_passphrase_bytes(&passphrase);

    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
}

static void one_line_end_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(read_text("one two", 7), VC_OK);
    expect("one two");
    assert_int_equal(read_text("one two\n", 8), VC_OK);
    expect("one two");
    assert_int_equal(read_text(" one\n\n", 6), VC_OK);
    expect(" one\n");
}

static void nothing_is_no_passphrase(void **state)
{
    (void)state;
    assert_int_equal(read_text("", 0), VC_ERR_LOCKED);
    assert_int_equal(read_text("\n", 1), VC_ERR_LOCKED);
}

static void the_longest_one_fits_and_no_longer_one(void **state)
{
    char text[VC_CONTROL_PASSPHRASE_MAX + 3];

    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(read_text(text, VC_CONTROL_PASSPHRASE_MAX), VC_OK);
    assert_int_equal(vc_passphrase_bytes(&passphrase).len, VC_CONTROL_PASSPHRASE_MAX);
    assert_int_equal(read_text(text, VC_CONTROL_PASSPHRASE_MAX + 1),
                     VC_ERR_WRONG_PASSPHRASE);
    assert_int_equal(read_text(text, sizeof text), VC_ERR_WRONG_PASSPHRASE);
    assert_int_equal(vc_passphrase_bytes(&passphrase).len, 0);
    text[VC_CONTROL_PASSPHRASE_MAX] = '\n';
    assert_int_equal(read_text(text, VC_CONTROL_PASSPHRASE_MAX + 1), VC_OK);
}

static void a_descriptor_that_is_none_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(vc_passphrase_read(-1, &passphrase), VC_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_end_does_not_count),
        cmocka_unit_test(nothing_is_no_passphrase),
        cmocka_unit_test(the_longest_one_fits_and_no_longer_one),
        cmocka_unit_test(a_descriptor_that_is_none_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

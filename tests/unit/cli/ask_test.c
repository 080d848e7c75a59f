#include "cli/ask.h"

#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

/* What the child found out. */
struct answer {
    vc_err err;
    struct vc_asked asked;
};

static void answer_and_end(int fd, bool is_new)
{
    struct answer answer = {.err = VC_OK};

    answer.err = is_new ? vc_ask_new(&answer.asked) : vc_ask("word: ", &answer.asked);
    if (write(fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
        _exit(1);
    _exit(0);
}

/* Asks in a child whose standard input is a pipe with @input in it. */
static struct answer ask_in_pipe(const char *input, size_t len)
{
    struct answer answer = {.err = VC_ERR_INTERNAL};
    int in[2];
    int out[2];
    int status;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)close(in[1]);
        answer_and_end(out[1], true);
    }
    assert_int_equal(write(in[1], input, len), len);
    assert_int_equal(close(in[1]), 0);
    assert_int_equal(read(out[0], &answer, sizeof(answer)), sizeof(answer));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(close(in[0]) | close(out[0]) | close(out[1]), 0);
    return answer;
}

/* Types @keys at a terminal when the child has asked @times times; gives how it ended. */
static int ask_at_terminal(bool is_new, const char *const keys[],
                           struct answer *ret_answer, char ret_screen[512])
{
    int out[2];
    int screen;
    int status;
    size_t len = 0;
    size_t typed = 0;

    assert_int_equal(pipe(out), 0);
    pid_t child = forkpty(&screen, NULL, NULL, NULL);
    if (child == 0)
        answer_and_end(out[1], is_new);
    assert_int_equal(close(out[1]), 0);
    for (ssize_t n = 0; (n = read(screen, ret_screen + len, 511 - len)) > 0;) {
        len += (size_t)n;
        if (keys[typed] != NULL && ret_screen[len - 1] == ' ') {
            assert_int_equal(write(screen, keys[typed], strlen(keys[typed])),
                             strlen(keys[typed]));
            typed++;
        }
    }
    ret_screen[len] = '\0';
    if (read(out[0], ret_answer, sizeof(*ret_answer)) != (ssize_t)sizeof(*ret_answer))
        ret_answer->err = VC_ERR_INTERNAL;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(close(out[0]) | close(screen), 0);
    return status;
}

static void a_pipe_gives_a_line(void **state)
{
    (void)state;
    struct answer answer = ask_in_pipe("one two\nthree\n", 14);

    assert_int_equal(answer.err, VC_OK);
    assert_string_equal(answer.asked.text, "one two");
    answer = ask_in_pipe("one", 3);
    assert_int_equal(answer.err, VC_OK);
    assert_string_equal(answer.asked.text, "one");
}

static void what_is_no_passphrase_is_told(void **state)
{
    (void)state;
    char text[VC_CONTROL_PASSPHRASE_MAX + 2];

    assert_int_equal(ask_in_pipe("", 0).err, VC_ERR_LOCKED);
    assert_int_equal(ask_in_pipe("\n", 1).err, VC_ERR_LOCKED);
    assert_int_equal(ask_in_pipe("\xff\n", 2).err, VC_ERR_BAD_TEXT);
    assert_int_equal(ask_in_pipe("a\0b\n", 4).err, VC_ERR_BAD_TEXT);
    memset(text, 'a', sizeof(text));
    text[VC_CONTROL_PASSPHRASE_MAX] = '\n';
    assert_int_equal(ask_in_pipe(text, VC_CONTROL_PASSPHRASE_MAX + 1).err, VC_OK);
    text[VC_CONTROL_PASSPHRASE_MAX] = 'a';
    assert_int_equal(ask_in_pipe(text, sizeof(text)).err, VC_ERR_TOO_LONG);
}

static void nothing_that_is_typed_is_seen(void **state)
{
    (void)state;
    /* A word that is wiped out, one with its last letter (of two bytes) taken back. */
    const char *const keys[] = {"junk\x15tw\xc3\xb6\x7fo\r", NULL};
    struct answer answer;
    char screen[512];

    assert_int_equal(ask_at_terminal(false, keys, &answer, screen), 0);
    assert_int_equal(answer.err, VC_OK);
    assert_string_equal(answer.asked.text, "two");
    assert_string_equal(screen, "word: \r\n");
}

static void a_new_one_is_written_twice(void **state)
{
    (void)state;
    const char *const same[] = {"one\r", "one\r", NULL};
    const char *const other[] = {"one\r", "two\r", NULL};
    const char *const nothing[] = {"\x04", NULL};
    struct answer answer;
    char screen[512];

    assert_int_equal(ask_at_terminal(true, same, &answer, screen), 0);
    assert_int_equal(answer.err, VC_OK);
    assert_string_equal(answer.asked.text, "one");
    assert_string_equal(screen, "new passphrase: \r\nand once more: \r\n");
    assert_int_equal(ask_at_terminal(true, other, &answer, screen), 0);
    assert_int_equal(answer.err, VC_ERR_USAGE);
    assert_int_equal(ask_at_terminal(true, nothing, &answer, screen), 0);
    assert_int_equal(answer.err, VC_ERR_LOCKED);
}

static void an_interrupt_ends_the_program(void **state)
{
    (void)state;
    const char *const keys[] = {"one\x03", NULL};
    struct answer answer;
    char screen[512];

    int status = ask_at_terminal(false, keys, &answer, screen);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    assert_int_equal(answer.err, VC_ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gives_a_line),
        cmocka_unit_test(what_is_no_passphrase_is_told),
        cmocka_unit_test(nothing_that_is_typed_is_seen),
        cmocka_unit_test(a_new_one_is_written_twice),
        cmocka_unit_test(an_interrupt_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

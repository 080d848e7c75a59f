#include "crypto/base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
    /* Nothing can be done when even this fails: the abort follows anyway. */
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* Weak, so that a test can put its own in this place at link time. */
__attribute__((weak)) void vc_check_failed(const char *condition, const char *file,
                                           int line)
{
    char digits[12];
    size_t at = sizeof(digits) - 1;
    unsigned rest = line > 0 ? (unsigned)line : 0;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);

    say("veche: check failed: ");
    say(condition);
    say(" at ");
    say(file);
    say(":");
    say(&digits[at]);
    say("\n");
    abort();
}

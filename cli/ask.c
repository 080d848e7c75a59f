#include "cli/ask.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/base/utf8.h"

#define KEY_INTERRUPT 3  /* Ctrl-C */
#define KEY_END       4  /* Ctrl-D */
#define KEY_BACK      8  /* Ctrl-H */
#define KEY_CLEAR     21 /* Ctrl-U */
#define KEY_DELETE    127

bool vc_ask_is_person(void)
{
    return isatty(STDIN_FILENO) == 1;
}

void vc_asked_wipe(struct vc_asked *asked)
{
    explicit_bzero(asked, sizeof(*asked));
}

/* One byte at a time, so that nothing behind the line is taken.  false at the end. */
static bool read_byte(char *ret_byte)
{
    ssize_t n;

    do {
        n = read(STDIN_FILENO, ret_byte, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1;
}

/* Takes back the last character, which may be several bytes. */
static void take_back(struct vc_asked *asked)
{
    while (asked->len > 0 &&
           ((unsigned char)asked->text[asked->len - 1] & 0xc0) == 0x80)
        asked->len--;
    if (asked->len > 0)
        asked->len--;
}

enum ending { LINE_END, INPUT_END, INTERRUPTED, LINE_TOO_LONG };

static enum ending read_line(struct vc_asked *asked, bool is_person)
{
    char byte;

    asked->len = 0;
    while (read_byte(&byte)) {
        if (byte == '\n' || (is_person && byte == '\r'))
            return LINE_END;
        if (is_person && byte == KEY_INTERRUPT)
            return INTERRUPTED;
        if (is_person && byte == KEY_END)
            return INPUT_END;
        if (is_person && (byte == KEY_BACK || byte == KEY_DELETE))
            take_back(asked);
        else if (is_person && byte == KEY_CLEAR)
            asked->len = 0;
        else if (asked->len == sizeof(asked->text) - 1)
            return LINE_TOO_LONG;
        else
            asked->text[asked->len++] = byte;
    }
    return INPUT_END;
}

/* Keys come one by one and unseen, those that would end the program too. */
static enum ending read_unseen(struct vc_asked *asked, const char *words)
{
    struct termios usual;
    struct termios unseen;
    enum ending ending;

    if (tcgetattr(STDIN_FILENO, &usual) != 0)
        return INPUT_END;
    unseen = usual;
    unseen.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG);
    unseen.c_cc[VMIN] = 1;
    unseen.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) != 0)
        return INPUT_END;
    (void)fputs(words, stderr);
    (void)fflush(stderr); /* a prompt that is not seen is no reason to fail */
    ending = read_line(asked, true);
    (void)fputs("\n", stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual); /* it was set just now */
    return ending;
}

static vc_err judge(const struct vc_asked *asked, enum ending ending)
{
    if (ending == LINE_TOO_LONG)
        return VC_ERR_TOO_LONG;
    if (asked->len == 0)
        return VC_ERR_LOCKED;
    /* Such a byte could not be sent to veched, which takes text. */
    if (!vc_utf8_is_valid(
            (struct vc_bytes){(const uint8_t *)asked->text, asked->len}) ||
        memchr(asked->text, '\0', asked->len) != NULL)
        return VC_ERR_BAD_TEXT;
    return VC_OK;
}

vc_err vc_ask(const char *words, struct vc_asked *ret_asked)
{
    bool is_person = vc_ask_is_person();

    /* From here on nobody looks into this process, dead or alive. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    enum ending ending =
        is_person ? read_unseen(ret_asked, words) : read_line(ret_asked, false);

    if (ending == INTERRUPTED) {
        vc_asked_wipe(ret_asked);
        (void)raise(SIGINT);
        return VC_ERR_LOCKED; /* who ignores the signal has given nothing */
    }
    vc_err err = judge(ret_asked, ending);
    if (err != VC_OK)
        vc_asked_wipe(ret_asked);
    else
        ret_asked->text[ret_asked->len] = '\0';
    return err;
}

vc_err vc_ask_new(struct vc_asked *ret_asked)
{
    struct vc_asked again;

    vc_err err = vc_ask("new passphrase: ", ret_asked);
    if (err != VC_OK || !vc_ask_is_person())
        return err;
    err = vc_ask("and once more: ", &again);
    if (err == VC_OK && (again.len != ret_asked->len ||
                         memcmp(again.text, ret_asked->text, again.len) != 0))
        err = VC_ERR_USAGE;
    vc_asked_wipe(&again);
    if (err != VC_OK)
        vc_asked_wipe(ret_asked);
    return err;
}

/*
 * words, address: what the root of the account is for.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/output.h"

#define LINE_MAX_BYTES 1024
/* The screen, and what has left it at the top. */
#define CLEAR "\033[H\033[2J\033[3J"

static bool is_at_terminal(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* Reads a line without its end; false at the end of the input, or when it is too long.
 * Byte by byte, so that nothing of it stays in a buffer. */
static bool read_line(char ret_line[LINE_MAX_BYTES])
{
    size_t len = 0;
    char byte = '\0';

    (void)fflush(stdout); /* main() asks the stream at the end */
    while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
        if (len + 1 == LINE_MAX_BYTES)
            return false;
        if (byte != '\r')
            ret_line[len++] = byte;
    }
    ret_line[len] = '\0';
    return byte == '\n' || len > 0;
}

/* The same without showing it. */
static bool read_secret_line(char ret_line[LINE_MAX_BYTES])
{
    struct termios before;
    bool is_hidden = tcgetattr(STDIN_FILENO, &before) == 0;

    if (is_hidden) {
        struct termios quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet); /* else it is shown */
    }
    bool is_read = read_line(ret_line);
    if (is_hidden) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        putchar('\n');
    }
    return is_read;
}

static void put_words(const char *words)
{
    putchar('\n');
    for (int number = 1; *words != '\0'; number++) {
        size_t len = strcspn(words, " ");

        printf("  %2d %-9.*s", number, (int)len, words);
        if (number % 4 == 0)
            putchar('\n');
        words += len;
        words += strspn(words, " ");
    }
    putchar('\n');
}

/* Asks for one of the words; false at the end of the input. */
static bool ask_word(const json_t *shown, const char *place, const char *answer,
                     json_t *params)
{
    char line[LINE_MAX_BYTES];

    printf("Word %lld: ", (long long)vc_json_integer(shown, place));
    bool is_read = read_line(line);
    if (is_read)
        (void)json_object_set_new(params, answer, json_string(line));
    explicit_bzero(line, sizeof(line));
    return is_read;
}

/* The words are on the screen: takes them off it, asks, and takes the root off. */
static int check_words(struct vc_cli *cli, const json_t *shown)
{
    char line[LINE_MAX_BYTES];
    int exit_code = VC_EXIT_FAILED;

    (void)fputs(
        "Write them down on paper, with their numbers.  Press Enter when you have. ",
        stdout);
    bool is_read = read_line(line);
    (void)fputs(CLEAR, stdout);
    json_t *params = json_object();
    bool is_asked = is_read && ask_word(shown, "ask_first", "first", params) &&
                    ask_word(shown, "ask_second", "second", params) &&
                    ask_word(shown, "ask_third", "third", params);
    if (!is_asked) {
        json_decref(params);
        return vc_cli_usage(cli, "the root is still on this device");
    }
    if (!vc_cli_call(cli, "identity.drop_root", params, NULL, &exit_code)) {
        vc_note(cli, "The root is still on this device: veche words shows them again.");
        return exit_code;
    }
    vc_note(cli,
            "The root is off this device, and in an hour from what its disk has kept.");
    vc_note(cli, "Keep the paper: nobody can give you these words again.");
    return VC_EXIT_OK;
}

int vc_command_words(struct vc_cli *cli)
{
    bool is_kept = vc_cli_has(cli, "keep") || cli->is_json;
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!is_kept && !is_at_terminal())
        return vc_cli_usage(cli, "it needs a terminal, or --keep to only show them");
    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "identity.words", NULL, &result, &exit_code))
        return exit_code;
    if (cli->is_json) {
        cli->out->object(cli, "words", result);
        return VC_EXIT_OK;
    }
    put_words(vc_json_string(result, "words"));
    if (is_kept)
        vc_note(cli, "Who has these words is you.  The root stays on this device.");
    else
        exit_code = check_words(cli, result);
    json_decref(result);
    return exit_code;
}

static void put_date(const char *name, const json_t *status, const char *key)
{
    char when[VC_TERM_TIME_MAX];

    if (!vc_json_has(status, key))
        return;
    vc_term_date(vc_json_integer(status, key), when);
    printf("  %-12s %s\n", name, when);
}

static int show_address(struct vc_cli *cli, const json_t *status)
{
    if (cli->is_json) {
        json_t *object = json_object();
        static const char *const keys[] = {"moves", "moved_at", "unknowing",
                                           "live_until", "has_root"};
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            (void)json_object_set(object, keys[i], json_object_get(status, keys[i]));
        cli->out->object(cli, "address", object);
        return VC_EXIT_OK;
    }
    printf("  %-12s %lld times\n", "moved",
           (long long)vc_json_integer(status, "moves"));
    put_date("last", status, "moved_at");
    if (vc_json_has(status, "moved_at"))
        printf("  %-12s %lld contacts do not have the new address yet\n", "unknowing",
               (long long)vc_json_integer(status, "unknowing"));
    put_date("device until", status, "live_until");
    printf("  %-12s %s\n", "root",
           vc_json_bool(status, "has_root") ? "on this device" : "on your paper");
    return VC_EXIT_OK;
}

/* Asks on a terminal; without one the answer is no. */
static bool is_sure(struct vc_cli *cli, const json_t *status)
{
    char line[LINE_MAX_BYTES];

    if (vc_cli_has(cli, "yes"))
        return true;
    if (isatty(STDIN_FILENO) != 1)
        return false;
    printf("Moving to another address ends %lld open invites.  Contacts get the new "
           "one as "
           "they\nare met.  Move? [y/N] ",
           (long long)vc_json_integer(status, "open_invites"));
    return read_line(line) && (line[0] == 'y' || line[0] == 'Y');
}

/* The 24 words from the person where the root is not here; NULL: there were none. */
static json_t *root_params(const json_t *status)
{
    char line[LINE_MAX_BYTES];
    json_t *params = json_object();

    if (vc_json_bool(status, "has_root"))
        return params;
    bool is_terminal = isatty(STDIN_FILENO) == 1;
    if (is_terminal)
        (void)fputs("The root is not on this device.  Type the 24 words (they are not "
                    "shown): ",
                    stdout);
    if (!(is_terminal ? read_secret_line(line) : read_line(line)) || line[0] == '\0') {
        json_decref(params);
        return NULL;
    }
    (void)json_object_set_new(params, "words", json_string(line));
    explicit_bzero(line, sizeof(line));
    return params;
}

static int use_root(struct vc_cli *cli, const json_t *status, bool is_move)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;
    json_t *params = root_params(status);

    if (params == NULL)
        return vc_cli_usage(cli, "nothing was changed: it needs the 24 words");
    if (!vc_cli_call(cli, is_move ? "address.renew" : "address.extend", params, &result,
                     &exit_code))
        return exit_code;
    if (is_move)
        vc_note(
            cli,
            "Moved.  %lld open invites are good no more; make new ones.  status tells "
            "until every contact has the new address.",
            (long long)vc_json_integer(result, "invites"));
    else
        vc_note(cli, "This device is yours for two more years.");
    if (cli->is_json)
        cli->out->object(cli, "address", json_incref(result));
    json_decref(result);
    return VC_EXIT_OK;
}

int vc_command_address(struct vc_cli *cli)
{
    const char *verb = cli->arg_count == 0 ? "" : cli->args[0];
    bool is_move = strcmp(verb, "renew") == 0;
    json_t *status = NULL;
    int exit_code = VC_EXIT_OK;

    if (verb[0] != '\0' && !is_move && strcmp(verb, "extend") != 0)
        return vc_cli_usage(cli, "%.64s: address cannot do that", verb);
    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "node.status", NULL, &status, &exit_code))
        return exit_code;
    if (verb[0] == '\0')
        exit_code = show_address(cli, status);
    else if (is_move && !is_sure(cli, status))
        exit_code = vc_cli_usage(cli, "nothing was changed: it needs --yes");
    else
        exit_code = use_root(cli, status, is_move);
    json_decref(status);
    return exit_code;
}

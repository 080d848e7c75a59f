/*
 * Options and arguments, after the table of commands.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "node/control/nearest.h"

enum common { COMMON_DIR, COMMON_SOCKET, COMMON_JSON, COMMON_QUIET, COMMON_HELP };

const struct vc_option vc_common_options[] = {
    [COMMON_DIR] = {"dir", "DIR", "where the node's things are", 0},
    [COMMON_SOCKET] = {"socket", "PATH", "where veched listens for commands", 0},
    [COMMON_JSON] = {"json", NULL, "one JSON object a line", 0},
    [COMMON_QUIET] = {"quiet", NULL, "say only what was asked for", 'q'},
    [COMMON_HELP] = {"help", NULL, "show this", 'h'},
    {NULL, NULL, NULL, 0}};

/* getopt gives back where an option stands: the command's own first, then these. */
#define COMMON_BASE 300

struct table {
    struct option longs[VC_OPTIONS_MAX + 8];
    char shorts[VC_OPTIONS_MAX * 2 + 16];
    int letters[256]; /* what a short option stands for; 0: nothing */
};

static void table_add(struct table *table, size_t *count, size_t *shorts,
                      const struct vc_option *option, int value)
{
    VC_CHECK(*count + 1 < sizeof(table->longs) / sizeof(table->longs[0]));
    table->longs[(*count)++] = (struct option){
        option->name, option->argument == NULL ? no_argument : required_argument, NULL,
        value};
    if (option->letter == 0)
        return;
    table->letters[(unsigned char)option->letter] = value;
    table->shorts[(*shorts)++] = option->letter;
    if (option->argument != NULL)
        table->shorts[(*shorts)++] = ':';
}

static void table_fill(struct table *table, const struct vc_command *command)
{
    size_t count = 0;
    size_t shorts = 0;

    *table = (struct table){0};
    table->shorts[shorts++] = ':'; /* says which option lacks its argument */
    for (int i = 0; command->options[i].name != NULL; i++) {
        VC_CHECK(i < VC_OPTIONS_MAX);
        table_add(table, &count, &shorts, &command->options[i], i + 1);
    }
    for (int i = 0; vc_common_options[i].name != NULL; i++) {
        if (i != COMMON_JSON || command->has_json)
            table_add(table, &count, &shorts, &vc_common_options[i], COMMON_BASE + i);
    }
}

static void common_take(struct vc_cli *cli, int which, const char *value)
{
    switch ((enum common)which) {
    case COMMON_DIR:
        cli->dir = value;
        break;
    case COMMON_SOCKET:
        cli->socket = value;
        break;
    case COMMON_JSON:
        cli->is_json = true;
        cli->out = &vc_output_json;
        break;
    case COMMON_QUIET:
        cli->is_quiet = true;
        break;
    case COMMON_HELP:
    default:
        cli->wants_help = true;
        break;
    }
}

/* Says which option is not one, and which it may be. */
static vc_err unknown_option(struct vc_cli *cli, const struct table *table,
                             const char *word)
{
    const char *best = NULL;
    size_t distance = 0;

    for (size_t i = 0; table->longs[i].name != NULL; i++)
        vc_nearest(word + strspn(word, "-"), table->longs[i].name, &best, &distance);
    if (best != NULL)
        (void)vc_cli_usage(cli, "%s: there is no such option; is it --%s?", word, best);
    else
        (void)vc_cli_usage(cli, "%s: there is no such option", word);
    return VC_ERR_USAGE;
}

static vc_err count_args(struct vc_cli *cli)
{
    const struct vc_command *command = cli->command;

    if (cli->wants_help)
        return VC_OK;
    if (cli->arg_count < command->args_min) {
        (void)vc_cli_usage(cli, "something is missing: veche %s %s", command->name,
                           command->synopsis);
        return VC_ERR_USAGE;
    }
    if (command->args_max >= 0 && cli->arg_count > command->args_max) {
        (void)vc_cli_usage(cli, "%s: there is one argument too many",
                           cli->args[command->args_max]);
        return VC_ERR_USAGE;
    }
    return VC_OK;
}

/* What is said to veched goes as JSON, which takes only UTF-8. */
static vc_err check_text(struct vc_cli *cli, const char *text)
{
    if (vc_utf8_is_valid((struct vc_bytes){(const uint8_t *)text, strlen(text)}))
        return VC_OK;
    (void)vc_cli_fail(cli, VC_ERR_BAD_TEXT, text);
    return VC_ERR_BAD_TEXT;
}

vc_err vc_cli_parse(struct vc_cli *cli, int argc, char **argv)
{
    struct table table;
    int found;

    table_fill(&table, cli->command);
    opterr = 0;
    while ((found = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
        const char *word = argv[optind - 1];
        if (found > 0 && found < 256 && table.letters[found] != 0)
            found = table.letters[found];
        if (found == ':') {
            (void)vc_cli_usage(cli, "%s: it needs a value", word);
            return VC_ERR_USAGE;
        }
        if (found == '?')
            return unknown_option(cli, &table, word);
        const char *value = optarg == NULL ? "" : optarg;
        if (found >= COMMON_BASE)
            common_take(cli, found - COMMON_BASE, value);
        else
            cli->values[found - 1] = value;
    }
    cli->args = argv + optind;
    cli->arg_count = argc - optind;
    vc_err err = count_args(cli);
    for (int i = 0; err == VC_OK && i < cli->arg_count; i++)
        err = check_text(cli, cli->args[i]);
    for (int i = 0; err == VC_OK && i < VC_OPTIONS_MAX; i++)
        err = cli->values[i] == NULL ? VC_OK : check_text(cli, cli->values[i]);
    return err;
}

static int option_place(const struct vc_cli *cli, const char *name)
{
    for (int i = 0; cli->command->options[i].name != NULL; i++) {
        if (strcmp(cli->command->options[i].name, name) == 0)
            return i;
    }
    VC_CHECK(!"the command has this option");
}

bool vc_cli_has(const struct vc_cli *cli, const char *option)
{
    return cli->values[option_place(cli, option)] != NULL;
}

const char *vc_cli_value(const struct vc_cli *cli, const char *option)
{
    return cli->values[option_place(cli, option)];
}

vc_err vc_cli_number(struct vc_cli *cli, const char *option, int64_t min, int64_t max,
                     int64_t usual, int64_t *ret_number)
{
    const char *text = vc_cli_value(cli, option);
    char *end = NULL;

    if (text == NULL) {
        *ret_number = usual;
        return VC_OK;
    }
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max) {
        (void)vc_cli_usage(cli, "--%s: it has to be a number from %lld to %lld", option,
                           (long long)min, (long long)max);
        return VC_ERR_USAGE;
    }
    *ret_number = number;
    return VC_OK;
}

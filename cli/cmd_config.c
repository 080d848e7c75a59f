/*
 * config: what is in the configuration, and what is wrong with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/settings.h"

struct looking {
    struct vc_cli *cli;
    const char *path;
    int faults;
    char values[VC_CONFIG_KEYS][VC_CONFIG_LINE_MAX * 4]; /* of a list: all of them */
};

static void on_value(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value)
{
    struct looking *looking = ctx;
    char *so_far = looking->values[key];
    size_t len = strlen(so_far);

    (void)line;
    (void)snprintf(so_far + len, sizeof(looking->values[key]) - len, "%s%s",
                   len == 0 ? "" : ", ", value);
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    struct looking *looking = ctx;
    struct vc_check check = {.verdict = VC_VERDICT_FAIL, .name = "config"};

    looking->faults++;
    (void)snprintf(check.words, sizeof(check.words), "%.255s:%u: %.200s", looking->path,
                   line, words);
    looking->cli->out->check(looking->cli, &check);
}

/* Reads the file into @looking, and tells every mistake. */
static vc_err look(struct looking *looking)
{
    const struct vc_config_sink sink = {on_value, on_fault, looking};
    char *text = NULL;
    size_t len = 0;

    vc_err err = vc_settings_load(looking->path, &text, &len);
    if (err != VC_OK)
        return err;
    err = vc_config_read((struct vc_bytes){(const uint8_t *)text, len}, &sink);
    free(text);
    return err;
}

static int check(struct vc_cli *cli, struct looking *looking)
{
    struct vc_check fine = {.verdict = VC_VERDICT_OK, .name = "config"};
    bool is_named = cli->arg_count > 1;

    looking->path = is_named ? cli->args[1] : cli->paths.config;
    vc_err err = look(looking);
    if (err == VC_ERR_CONFIG)
        return VC_EXIT_USAGE;
    if (err == VC_ERR_NOT_FOUND && !is_named) {
        (void)snprintf(fine.words, sizeof(fine.words),
                       "there is none, and none is needed");
    } else if (err == VC_OK) {
        (void)snprintf(fine.words, sizeof(fine.words), "%.400s is fine", looking->path);
    } else {
        return vc_cli_fail(cli, err, looking->path);
    }
    cli->out->check(cli, &fine);
    return VC_EXIT_OK;
}

static int show(struct vc_cli *cli, struct looking *looking)
{
    looking->path = cli->paths.config;
    vc_err err = look(looking);
    if (err != VC_OK && err != VC_ERR_NOT_FOUND && err != VC_ERR_CONFIG)
        return vc_cli_fail(cli, err, looking->path);
    vc_note(cli, "# %s%s", looking->path,
            err == VC_ERR_NOT_FOUND ? " (there is none)" : "");
    for (int i = 0; i < VC_CONFIG_KEYS; i++) {
        const struct vc_config_key *key = &vc_config_keys[i];
        const char *value = looking->values[i];
        if (cli->is_json) {
            cli->out->object(cli, "setting",
                             json_pack("{s:s, s:s?, s:s, s:s}", "name", key->name,
                                       "value", value[0] == '\0' ? NULL : value,
                                       "usual", key->usual, "words", key->words));
            continue;
        }
        vc_note(cli, "# %s", key->words);
        (void)fputs(value[0] == '\0' ? "# " : "", stdout);
        printf("%s = ", key->name);
        vc_term_put(stdout, value[0] == '\0' ? key->usual : value);
        putchar('\n');
    }
    return err == VC_ERR_CONFIG ? VC_EXIT_USAGE : VC_EXIT_OK;
}

int vc_command_config(struct vc_cli *cli)
{
    const char *verb = cli->arg_count == 0 ? "show" : cli->args[0];
    struct looking looking = {.cli = cli};

    if (strcmp(verb, "check") == 0)
        return check(cli, &looking);
    if (strcmp(verb, "show") == 0 && cli->arg_count <= 1)
        return show(cli, &looking);
    return vc_cli_usage(cli, "%.64s: config can check [FILE] and show", verb);
}

/*
 * How a run ends: connecting, calling, and saying what went wrong.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

int64_t vc_json_integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *vc_json_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

bool vc_json_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

bool vc_json_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value != NULL && !json_is_null(value);
}

bool vc_json_is(const json_t *object, const char *key, const char *text)
{
    return strcmp(vc_json_string(object, key), text) == 0;
}

static void copy_text(char *ret_text, size_t room, const char *text)
{
    (void)snprintf(ret_text, room, "%s", text == NULL ? "" : text);
}

int vc_cli_fail(struct vc_cli *cli, vc_err err, const char *detail)
{
    struct vc_control_message failure = {.err = err};

    copy_text(failure.code_name, sizeof(failure.code_name), vc_err_name(err));
    copy_text(failure.words, sizeof(failure.words), vc_err_words(err));
    copy_text(failure.hint, sizeof(failure.hint), vc_err_hint(err));
    copy_text(failure.detail, sizeof(failure.detail), detail);
    cli->out->failure(cli, &failure);
    return vc_err_exit_code(err);
}

int vc_cli_usage(struct vc_cli *cli, const char *format, ...)
{
    struct vc_control_message failure = {.err = VC_ERR_USAGE};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(failure.words, sizeof(failure.words), format, args);
    va_end(args);
    copy_text(failure.code_name, sizeof(failure.code_name), vc_err_name(VC_ERR_USAGE));
    (void)snprintf(failure.hint, sizeof(failure.hint), "see: veche help %s",
                   cli->command == NULL ? "" : cli->command->name);
    cli->out->failure(cli, &failure);
    return VC_EXIT_USAGE;
}

/* Do we speak different versions?  Then that is the reason for whatever went wrong. */
static bool is_other_version(struct vc_cli *cli, char *ret_detail, size_t room)
{
    json_t *status = NULL;

    if (vc_connection_call(&cli->connection, "node.status", NULL, &status) != VC_OK)
        return false;
    long long api = vc_json_integer(status, "api");
    (void)snprintf(ret_detail, room, "veche %s talks API %d, veched %s API %lld",
                   VC_VERSION, VC_CONTROL_API_VERSION,
                   vc_json_string(status, "version"), api);
    json_decref(status);
    return api != VC_CONTROL_API_VERSION;
}

int vc_cli_call_failed(struct vc_cli *cli, vc_err err)
{
    const struct vc_control_message failure = cli->connection.failure;
    char detail[256] = "";

    bool may_be_version = err == VC_ERR_BAD_PARAMS || err == VC_ERR_UNKNOWN_METHOD ||
                          err == VC_ERR_BAD_REQUEST || err == VC_ERR_VERSION;
    if (may_be_version && is_other_version(cli, detail, sizeof(detail)))
        return vc_cli_fail(cli, VC_ERR_VERSION, detail);
    if (failure.err == VC_OK)
        return vc_cli_fail(
            cli, err, err == VC_ERR_NO_DAEMON ? "it ended while it was asked" : NULL);
    cli->out->failure(cli, &failure);
    int exit_code = vc_err_exit_code(failure.err);
    return exit_code == VC_EXIT_OK ? VC_EXIT_FAILED : exit_code;
}

bool vc_cli_connect(struct vc_cli *cli, int *ret_exit)
{
    vc_err err = vc_connection_open(&cli->connection, cli->paths.socket);

    if (err == VC_OK)
        return true;
    /* Who looks at a directory of his own wants to know which socket it was. */
    const char *detail =
        err == VC_ERR_NO_DAEMON && cli->paths.is_usual ? NULL : cli->paths.socket;
    *ret_exit = vc_cli_fail(cli, err, detail);
    return false;
}

bool vc_cli_call(struct vc_cli *cli, const char *method, json_t *params,
                 json_t **ret_result, int *ret_exit)
{
    vc_err err = vc_connection_call(&cli->connection, method, params, ret_result);

    if (err == VC_OK)
        return true;
    *ret_exit = vc_cli_call_failed(cli, err);
    return false;
}

void vc_note(struct vc_cli *cli, const char *format, ...)
{
    char *words = NULL;
    va_list args;

    va_start(args, format);
    int len = vasprintf(&words, format, args);
    va_end(args);
    if (len < 0)
        return;
    cli->out->note(cli, words);
    free(words);
}

/*
 * dht: what stands in the network by which people are found, and who is in it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

#define PLACE_DIGITS 64

static bool is_place(const char *text)
{
    return strlen(text) == PLACE_DIGITS &&
           strspn(text, "0123456789abcdefABCDEF") == PLACE_DIGITS;
}

/* Why there is nothing, in the words of this command; a program has them in the object. */
static int nothing_found(struct vc_cli *cli, const json_t *failure)
{
    vc_err err = vc_err_from_name(vc_json_string(failure, "name"));
    struct vc_control_message message = {.err = err};
    int exit_code = vc_err_exit_code(err);

    if (err == VC_ERR_NOT_FOUND) {
        (void)snprintf(message.words, sizeof(message.words),
                       "no record stands there today");
        (void)snprintf(message.hint, sizeof(message.hint),
                       "who is away for more than a day is not found until he is back");
    } else if (err == VC_ERR_NO_NETWORK) {
        (void)snprintf(message.words, sizeof(message.words), "nobody has answered");
        (void)snprintf(message.hint, sizeof(message.hint), "see: veche status");
    }
    if (!cli->is_json)
        cli->out->failure(cli, &message);
    return exit_code == VC_EXIT_OK ? VC_EXIT_FAILED : exit_code;
}

static int lookup(struct vc_cli *cli, const char *what)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "dht.lookup",
                     json_pack("{s:s}", is_place(what) ? "place" : "contact", what),
                     &result, &exit_code))
        return exit_code;
    cli->out->dht_lookup(cli, result);
    const json_t *failure = json_object_get(result, "failure");
    if (json_is_object(failure))
        exit_code = nothing_found(cli, failure);
    json_decref(result);
    return exit_code;
}

static int table(struct vc_cli *cli)
{
    json_t *result = NULL;
    json_t *node;
    size_t i;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "dht.table", NULL, &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "nodes"), i, node)
        cli->out->dht_node(cli, node);
    if (i == 0)
        vc_note(cli, "nobody is known yet; see: veche status");
    json_decref(result);
    return VC_EXIT_OK;
}

int vc_command_dht(struct vc_cli *cli)
{
    const char *verb = cli->args[0];

    if (strcmp(verb, "lookup") == 0 && cli->arg_count == 2)
        return lookup(cli, cli->args[1]);
    if (strcmp(verb, "table") == 0 && cli->arg_count == 1)
        return table(cli);
    if (strcmp(verb, "lookup") == 0)
        return vc_cli_usage(cli, "dht lookup: say whom, or which place");
    return vc_cli_usage(cli, "%.64s: dht can lookup NAME|PLACE and table", verb);
}

/*
 * veche: the command line.  It never opens the store; it talks to veched over its socket.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "node/control/nearest.h"

static int unknown_command(const char *name)
{
    const char *best = NULL;
    size_t distance = 0;

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++)
        vc_nearest(name, c->name, &best, &distance);
    (void)fputs("veche: there is no command ", stderr);
    vc_term_put(stderr, name);
    if (best != NULL)
        (void)fprintf(stderr, "; is it: veche %s?\n", best);
    else
        (void)fputs("\n", stderr);
    (void)fputs("hint: see: veche help\n", stderr);
    return VC_EXIT_USAGE;
}

static int run(struct vc_cli *cli, int argc, char **argv)
{
    char detail[256] = "";

    vc_err err = vc_cli_parse(cli, argc, argv);
    if (err != VC_OK)
        return vc_err_exit_code(err);
    if (cli->wants_help) {
        vc_cli_help(cli->command, stdout);
        return VC_EXIT_OK;
    }
    cli->term = vc_term_look();
    err = vc_paths_find(cli->dir, cli->socket, &cli->paths, detail, sizeof(detail));
    if (err != VC_OK)
        return vc_cli_fail(cli, err, detail);
    int result = cli->command->run(cli);
    vc_connection_close(&cli->connection);
    return result;
}

int main(int argc, char **argv)
{
    struct vc_cli cli = {.out = &vc_output_text};
    int result;

    vc_connection_init(&cli.connection);
    if (argc < 2) {
        vc_cli_overview(stderr);
        return VC_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    cli.command = vc_cli_command_find(name);
    result =
        cli.command == NULL ? unknown_command(name) : run(&cli, argc - 1, argv + 1);
    /* A full disk or a closed pipe may have eaten what was said. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fputs("veche: the output could not be written\n", stderr);
        return result == VC_EXIT_OK ? VC_EXIT_FAILED : result;
    }
    return result;
}

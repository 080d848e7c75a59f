/*
 * bugreport, version, help: the programs themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "node/control/nearest.h"

/* Only the verdict: what was found may name a person or a path. */
static void report_check(struct vc_cli *cli, void *ctx, const struct vc_check *check)
{
    static const char *const verdicts[] = {"ok", "warn", "fail"};

    (void)cli;
    (void)fprintf((FILE *)ctx, "%s: %s\n", check->name, verdicts[check->verdict]);
}

static void report(struct vc_cli *cli, FILE *out)
{
    struct utsname system;
    json_t *result = NULL;

    (void)fprintf(out, "veche %s, API %d\n", VC_VERSION, VC_CONTROL_API_VERSION);
    if (uname(&system) == 0)
        (void)fprintf(out, "%s %s %s\n", system.sysname, system.release,
                      system.machine);
    (void)vc_doctor_run(cli, report_check, out);
    if (cli->connection.fd < 0 ||
        vc_connection_call(&cli->connection, "node.report", NULL, &result) != VC_OK)
        return;
    const char *text = vc_json_string(result, "text");
    (void)fprintf(out, "\n%s%s", text,
                  text[0] == '\0' || text[strlen(text) - 1] != '\n' ? "\n" : "");
    json_decref(result);
}

static int write_report(struct vc_cli *cli, const char *path, const char *text,
                        size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return vc_cli_fail(cli, errno == EEXIST ? VC_ERR_EXISTS : VC_ERR_PERMISSION,
                           path);
    ssize_t put = write(fd, text, len);
    if (close(fd) != 0 || put != (ssize_t)len)
        return vc_cli_fail(cli, VC_ERR_DISK_FULL, path);
    vc_note(cli, "written to %s: read it before you send it", path);
    return VC_EXIT_OK;
}

int vc_command_bugreport(struct vc_cli *cli)
{
    const char *path = vc_cli_value(cli, "out");
    const struct vc_term no_term = {0};
    char *text = NULL;
    size_t len = 0;

    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return vc_cli_fail(cli, VC_ERR_NO_MEMORY, NULL);
    report(cli, out);
    if (fclose(out) != 0) {
        free(text);
        return vc_cli_fail(cli, VC_ERR_NO_MEMORY, NULL);
    }
    vc_term_block(stdout, &no_term, 0, text, len > 0 ? len - 1 : 0, "");
    int exit_code = path == NULL ? VC_EXIT_OK : write_report(cli, path, text, len);
    free(text);
    return exit_code;
}

int vc_command_version(struct vc_cli *cli)
{
    json_t *status = NULL;

    if (vc_connection_open(&cli->connection, cli->paths.socket) == VC_OK &&
        vc_connection_call(&cli->connection, "node.status", NULL, &status) != VC_OK)
        status = NULL;
    if (cli->is_json) {
        cli->out->object(
            cli, "version",
            json_pack(
                "{s:s, s:i, s:s?, s:o?}", "veche", VC_VERSION, "api",
                VC_CONTROL_API_VERSION, "veched",
                status == NULL ? NULL : vc_json_string(status, "version"), "veched_api",
                status == NULL ? NULL : json_integer(vc_json_integer(status, "api"))));
    } else {
        printf("veche %s, API %d\n", VC_VERSION, VC_CONTROL_API_VERSION);
        if (status != NULL) {
            (void)fputs("veched ", stdout);
            vc_term_put(stdout, vc_json_string(status, "version"));
            printf(", API %lld, running\n", (long long)vc_json_integer(status, "api"));
        }
    }
    bool is_other =
        status != NULL && vc_json_integer(status, "api") != VC_CONTROL_API_VERSION;
    json_decref(status);
    return is_other ? vc_cli_call_failed(cli, VC_ERR_VERSION) : VC_EXIT_OK;
}

int vc_command_help(struct vc_cli *cli)
{
    const char *best = NULL;
    size_t distance = 0;

    if (cli->arg_count == 0) {
        vc_cli_overview(stdout);
        return VC_EXIT_OK;
    }
    const struct vc_command *command = vc_cli_command_find(cli->args[0]);
    if (command != NULL) {
        vc_cli_help(command, stdout);
        return VC_EXIT_OK;
    }
    for (const struct vc_command *c = vc_commands; c->name != NULL; c++)
        vc_nearest(cli->args[0], c->name, &best, &distance);
    return vc_cli_usage(cli, "there is no command %.64s%s%s", cli->args[0],
                        best == NULL ? "" : "; is it: ", best == NULL ? "" : best);
}

/*
 * One run of the command line: which command, with which options, towards which veched.
 *
 * Every command is a line in one table: the parser, --help and `veche help` come from it.
 * A command gives its exit code: 0 done, 1 failed, 2 wrong use, 3 degraded, 4 no daemon,
 * 5 peer unreachable, 6 too late, 7 refused, 8 locked.
 */
#ifndef VC_CLI_CLI_H
#define VC_CLI_CLI_H

#include "cli/connection.h"
#include "cli/paths.h"
#include "cli/term.h"

enum vc_exit {
    VC_EXIT_OK = 0,
    VC_EXIT_FAILED = 1,
    VC_EXIT_USAGE = 2,
    VC_EXIT_DEGRADED = 3,
    VC_EXIT_NO_DAEMON = 4,
    VC_EXIT_LOCKED = 8
};

/* More options than any command has, with those that all have. */
#define VC_OPTIONS_MAX 16

/* A statement that ends sooner is spoken of: half a year. */
#define VC_LIVE_SOON_MS INT64_C(15768000000)

struct vc_cli;
struct vc_output;

struct vc_option {
    const char *name;
    const char *argument; /* what the help calls it; NULL: it takes none */
    const char *words;
    char letter; /* short form, or 0 */
};

struct vc_command {
    const char *name;
    const char *synopsis;            /* of its arguments */
    const char *words;               /* one line */
    const char *more;                /* what else the help says, or NULL */
    const struct vc_option *options; /* ends with a NULL name */
    int args_min;
    int args_max; /* negative: any number */
    bool has_json;
    int (*run)(struct vc_cli *cli);
};

/* Ends with a NULL name. */
extern const struct vc_command vc_commands[];
/* What every command takes beside its own; --json only where it reads. */
extern const struct vc_option vc_common_options[];

struct vc_cli {
    const struct vc_command *command;
    const char
        *values[VC_OPTIONS_MAX]; /* of the command's options; "" without argument */
    char **args;
    int arg_count;
    const char *dir;    /* --dir, or NULL */
    const char *socket; /* --socket, or NULL */
    bool is_json, is_quiet, wants_help;
    struct vc_paths paths;
    struct vc_term term;
    struct vc_connection connection;
    const struct vc_output *out;
};

/* Reads options and arguments; says itself what is wrong with them: VC_ERR_USAGE. */
VC_NODISCARD vc_err vc_cli_parse(struct vc_cli *cli, int argc, char **argv);

/* Was the option given?  Its argument, or NULL. */
bool vc_cli_has(const struct vc_cli *cli, const char *option);
const char *vc_cli_value(const struct vc_cli *cli, const char *option);
/* The option's number, or @usual; VC_ERR_USAGE, said, when it is none of the range. */
VC_NODISCARD vc_err vc_cli_number(struct vc_cli *cli, const char *option, int64_t min,
                                  int64_t max, int64_t usual, int64_t *ret_number);

/* Connects to veched; on failure it says so, and *ret_exit is how to end. */
bool vc_cli_connect(struct vc_cli *cli, int *ret_exit);
/* Calls; on failure it says so, and *ret_exit is how to end. */
bool vc_cli_call(struct vc_cli *cli, const char *method, json_t *params,
                 json_t **ret_result, int *ret_exit);

/* Says what went wrong and gives the exit code.  @detail may be NULL, and foreign. */
int vc_cli_fail(struct vc_cli *cli, vc_err err, const char *detail);
/* Says why a call failed: veched's own words when it gave some. */
int vc_cli_call_failed(struct vc_cli *cli, vc_err err);
/* Says what is wrong with how it was called. */
int vc_cli_usage(struct vc_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The help of one command, and of all. */
void vc_cli_help(const struct vc_command *command, FILE *out);
void vc_cli_overview(FILE *out);
const struct vc_command *vc_cli_command_find(const char *name);

/* A field of an object of veched's; what is missing reads as 0, "" or false. */
int64_t vc_json_integer(const json_t *object, const char *key);
const char *vc_json_string(const json_t *object, const char *key);
bool vc_json_bool(const json_t *object, const char *key);
/* Is it there and not null? */
bool vc_json_has(const json_t *object, const char *key);
/* Does @object hold @text at @key? */
bool vc_json_is(const json_t *object, const char *key, const char *text);

/* The commands. */
int vc_command_up(struct vc_cli *cli);
int vc_command_down(struct vc_cli *cli);
int vc_command_status(struct vc_cli *cli);
int vc_command_id(struct vc_cli *cli);
int vc_command_words(struct vc_cli *cli);
int vc_command_address(struct vc_cli *cli);
int vc_command_invite(struct vc_cli *cli);
int vc_command_join(struct vc_cli *cli);
int vc_command_contacts(struct vc_cli *cli);
int vc_command_verify(struct vc_cli *cli);
int vc_command_send(struct vc_cli *cli);
int vc_command_read(struct vc_cli *cli);
int vc_command_log(struct vc_cli *cli);
int vc_command_chat(struct vc_cli *cli);
int vc_command_dht(struct vc_cli *cli);
int vc_command_rpc(struct vc_cli *cli);
int vc_command_config(struct vc_cli *cli);
int vc_command_passphrase(struct vc_cli *cli);
int vc_command_doctor(struct vc_cli *cli);
int vc_command_bugreport(struct vc_cli *cli);
int vc_command_version(struct vc_cli *cli);
int vc_command_help(struct vc_cli *cli);

#endif

/*
 * doctor: what may be wrong on this machine, without asking the network.
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/settings.h"

/* The store grows with what is said; below this a person should know. */
#define DISK_LOW_BYTES   (64ULL * 1024 * 1024)
#define DISK_SHORT_BYTES (8ULL * 1024 * 1024)
/* A node has a descriptor for each socket, program and file: this many are enough. */
#define FILES_MIN 256
/* Nothing of veche is older than 2026, and no certificate of a network lives to 2100. */
#define CLOCK_MIN_MS (1767225600LL * 1000)
#define CLOCK_MAX_MS (4102444800LL * 1000)

__attribute__((format(printf, 3, 4))) static void
found(struct vc_check *check, enum vc_verdict verdict, const char *format, ...)
{
    va_list args;

    check->verdict = verdict;
    va_start(args, format);
    (void)vsnprintf(check->words, sizeof(check->words), format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void advise(struct vc_check *check,
                                                         const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(check->hint, sizeof(check->hint), format, args);
    va_end(args);
}

static void check_directory(struct vc_cli *cli, struct vc_check *check)
{
    const char *dir = cli->paths.dir;
    struct stat facts;

    if (lstat(dir, &facts) != 0) {
        found(check, errno == ENOENT ? VC_VERDICT_WARN : VC_VERDICT_FAIL, "%.400s: %s",
              dir, strerror(errno));
        advise(check, errno == ENOENT ? "veche up makes it" : "look at who owns it");
    } else if (!S_ISDIR(facts.st_mode)) {
        found(check, VC_VERDICT_FAIL, "%.400s is not a directory", dir);
        advise(check, "move it away, or choose another --dir");
    } else if (facts.st_uid != geteuid()) {
        found(check, VC_VERDICT_FAIL, "%.400s belongs to user %u", dir, facts.st_uid);
        advise(check, "run veche as that user, or choose another --dir");
    } else if ((facts.st_mode & 0077) != 0) {
        found(check, VC_VERDICT_FAIL, "%.400s: others may look into it (mode %o)", dir,
              facts.st_mode & 07777);
        advise(check, "run: chmod 700 %.200s", dir);
    } else if (access(dir, R_OK | W_OK | X_OK) != 0) {
        found(check, VC_VERDICT_FAIL, "%.400s: %s", dir, strerror(errno));
        advise(check, "look at its mode, and whether the disk is mounted read-only");
    } else {
        found(check, VC_VERDICT_OK, "%.400s is yours alone", dir);
    }
}

static void check_disk(struct vc_cli *cli, struct vc_check *check)
{
    struct statvfs facts;

    if (statvfs(cli->paths.dir, &facts) != 0) {
        found(check, VC_VERDICT_WARN, "unknown: there is no directory yet");
        return;
    }
    unsigned long long left = (unsigned long long)facts.f_bavail * facts.f_frsize;
    enum vc_verdict verdict = left < DISK_SHORT_BYTES ? VC_VERDICT_FAIL
                              : left < DISK_LOW_BYTES ? VC_VERDICT_WARN
                                                      : VC_VERDICT_OK;
    found(check, verdict, "%llu MB are free", left / 1000000);
    if (verdict != VC_VERDICT_OK)
        advise(check, "free some space: a full disk takes no new messages");
    if (facts.f_favail == 0 && facts.f_files > 0) {
        found(check, VC_VERDICT_FAIL, "the disk has no room for another file");
        advise(check, "remove files that are not needed");
    }
}

struct first_fault {
    unsigned line;
    char words[256];
};

static void on_value(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value)
{
    (void)ctx;
    (void)line;
    (void)key;
    (void)value;
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    struct first_fault *first = ctx;

    if (first->line != 0)
        return;
    first->line = line;
    (void)snprintf(first->words, sizeof(first->words), "%s", words);
}

static void check_config(struct vc_cli *cli, struct vc_check *check)
{
    struct first_fault first = {0};
    const struct vc_config_sink sink = {on_value, on_fault, &first};
    char *text = NULL;
    size_t len = 0;

    vc_err err = vc_settings_load(cli->paths.config, &text, &len);
    if (err == VC_ERR_NOT_FOUND) {
        found(check, VC_VERDICT_OK, "there is none, and none is needed");
        return;
    }
    if (err == VC_OK)
        err = vc_config_read((struct vc_bytes){(const uint8_t *)text, len}, &sink);
    free(text);
    if (err == VC_OK) {
        found(check, VC_VERDICT_OK, "%.400s is fine", cli->paths.config);
        return;
    }
    found(check, VC_VERDICT_FAIL, "%.200s:%u: %s", cli->paths.config, first.line,
          first.line == 0 ? vc_err_words(err) : first.words);
    advise(check, "see: veche config check");
}

static void check_program(struct vc_cli *cli, struct vc_check *check)
{
    char program[PATH_MAX];

    (void)cli;
    if (vc_paths_program("veched", program)) {
        found(check, VC_VERDICT_OK, "veche %s, and %.400s", VC_VERSION, program);
        return;
    }
    found(check, VC_VERDICT_FAIL, "veched is neither beside veche nor in PATH");
    advise(check, "install the whole package");
}

/* Is veched there, ours, and well?  Leaves the client connected when it is there. */
static void check_daemon(struct vc_cli *cli, struct vc_check *check)
{
    json_t *status = NULL;

    vc_err err = vc_connection_open(&cli->connection, cli->paths.socket);
    if (err == VC_ERR_NO_DAEMON) {
        bool is_stale = access(cli->paths.socket, F_OK) == 0;
        found(check, VC_VERDICT_WARN, "veched is not running%s",
              is_stale ? ", and left its socket behind" : "");
        advise(check, "start it with: veche up%s",
               is_stale ? "; it puts a new socket in its place" : "");
        return;
    }
    if (err == VC_OK)
        err = vc_connection_call(&cli->connection, "node.status", NULL, &status);
    if (err != VC_OK) {
        found(check, VC_VERDICT_FAIL, "%.200s: %s", cli->paths.socket,
              vc_err_words(err));
        advise(check, "%s", vc_err_hint(err));
        return;
    }
    if (vc_json_integer(status, "api") != VC_CONTROL_API_VERSION) {
        found(check, VC_VERDICT_FAIL, "veche %s talks API %d, veched %.32s API %lld",
              VC_VERSION, VC_CONTROL_API_VERSION, vc_json_string(status, "version"),
              (long long)vc_json_integer(status, "api"));
        advise(check, "run: veche down && veche up");
    } else {
        bool is_usable = vc_json_bool(status, "is_usable");
        found(check, is_usable ? VC_VERDICT_OK : VC_VERDICT_FAIL, "%.400s",
              vc_json_string(status, "verdict"));
        if (!is_usable)
            advise(check, "%.200s",
                   vc_json_string(json_object_get(status, "health"), "hint"));
    }
    json_decref(status);
}

/* Is the account safe from a thief of this machine, and its device known for long? */
static void check_keys(struct vc_cli *cli, struct vc_check *check)
{
    json_t *status = NULL;
    char when[VC_TERM_TIME_MAX];

    if (cli->connection.fd < 0 ||
        vc_connection_call(&cli->connection, "node.status", NULL, &status) != VC_OK) {
        found(check, VC_VERDICT_OK, "unknown: only veched can say");
        return;
    }
    int64_t until = vc_json_integer(status, "live_until");
    vc_term_date(until, when);
    if (vc_json_has(status, "live_until") &&
        until - vc_term_now_ms() < VC_LIVE_SOON_MS) {
        found(check, VC_VERDICT_WARN, "this device is said to be yours until %s only",
              when);
        advise(check, "run: veche address extend");
    } else if (vc_json_bool(status, "has_root")) {
        found(check, VC_VERDICT_OK, "the root is still on this device");
        advise(check, "write its 24 words down and take it off: veche words");
    } else {
        found(check, VC_VERDICT_OK, "the root is not on this device");
    }
    json_decref(status);
}

/* Is anybody known by whom contacts are found, and by whom they find us? */
static void check_dht(struct vc_cli *cli, struct vc_check *check)
{
    json_t *status = NULL;
    char words[VC_TEXT_DHT_MAX];

    if (cli->connection.fd < 0 ||
        vc_connection_call(&cli->connection, "node.status", NULL, &status) != VC_OK) {
        found(check, VC_VERDICT_OK, "unknown: only veched can say");
        return;
    }
    const json_t *dht = json_object_get(status, "dht");
    bool is_joined = vc_json_bool(dht, "is_joined");
    bool has_entries = vc_json_integer(dht, "entry_points") > 0;
    vc_text_dht_joined(dht, words);
    found(check, is_joined || !has_entries ? VC_VERDICT_OK : VC_VERDICT_WARN, "%s",
          words);
    if (!is_joined)
        advise(check,
               has_entries
                   ? "look whether they are there, and whether UDP gets out of here"
                   : "until then you are found only where your invites and "
                     "contacts say that you are");
    json_decref(status);
}

/* Lets veched look at its own store; it must not run at the same time. */
static void check_store(struct vc_cli *cli, struct vc_check *check)
{
    char program[PATH_MAX];
    const char *args[] = {program, "--dir", cli->paths.dir, "--check", NULL};
    posix_spawn_file_actions_t actions;
    int wait_status = 0;
    pid_t pid;

    if (cli->connection.fd >= 0) {
        found(check, VC_VERDICT_OK, "veched has it open and looks after it");
        return;
    }
    if (access(cli->paths.dir, F_OK) != 0) {
        found(check, VC_VERDICT_OK, "there is none yet");
        return;
    }
    if (!vc_paths_program("veched", program) ||
        posix_spawn_file_actions_init(&actions) != 0) {
        found(check, VC_VERDICT_WARN, "unknown: it needs veched to look");
        return;
    }
    bool is_run = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                                   O_WRONLY, 0) == 0 &&
                  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                                   O_WRONLY, 0) == 0 &&
                  posix_spawn(&pid, program, &actions, NULL,
                              (char *const *)(uintptr_t)args, environ) == 0 &&
                  waitpid(pid, &wait_status, 0) == pid;
    (void)posix_spawn_file_actions_destroy(&actions); /* it only frees */
    if (is_run && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
        found(check, VC_VERDICT_OK, "every page was read and is whole");
        return;
    }
    found(check, VC_VERDICT_FAIL, "veched --check is not content");
    advise(check, "see what it says: veched --dir %.180s --check", cli->paths.dir);
}

static void check_clock(struct vc_cli *cli, struct vc_check *check)
{
    char when[VC_TERM_TIME_MAX];
    int64_t now = vc_term_now_ms();

    (void)cli;
    vc_term_date(now, when);
    if (now >= CLOCK_MIN_MS && now < CLOCK_MAX_MS) {
        found(check, VC_VERDICT_OK, "today is %s", when);
        return;
    }
    found(check, VC_VERDICT_FAIL, "the clock says it is %s", when);
    advise(check, "set the clock: invites and times of messages depend on it");
}

static void check_files(struct vc_cli *cli, struct vc_check *check)
{
    struct rlimit limit;

    (void)cli;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_MIN) {
        found(check, VC_VERDICT_OK, "enough files may be open");
        return;
    }
    found(check, VC_VERDICT_WARN, "only %llu files may be open",
          (unsigned long long)limit.rlim_cur);
    advise(check, "raise it: ulimit -n %d", FILES_MIN);
}

static void check_network(struct vc_cli *cli, struct vc_check *check)
{
    struct ifaddrs *all = NULL;
    int count = 0;

    (void)cli;
    if (getifaddrs(&all) != 0) {
        found(check, VC_VERDICT_WARN, "unknown: the interfaces cannot be listed");
        return;
    }
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        bool is_up =
            (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
        int family = one->ifa_addr == NULL ? AF_UNSPEC : one->ifa_addr->sa_family;
        count += is_up && (family == AF_INET || family == AF_INET6);
    }
    freeifaddrs(all);
    if (count > 0) {
        found(check, VC_VERDICT_OK, "%d addresses beside this machine's own", count);
        return;
    }
    found(check, VC_VERDICT_WARN, "this machine is in no network");
    advise(check, "connect it; until then only nodes on this machine are reached");
}

enum vc_verdict vc_doctor_run(struct vc_cli *cli,
                              void (*on_check)(struct vc_cli *cli, void *ctx,
                                               const struct vc_check *check),
                              void *ctx)
{
    static const struct {
        const char *name;
        void (*run)(struct vc_cli *cli, struct vc_check *check);
    } checks[] = {{"programs", check_program}, {"directory", check_directory},
                  {"disk", check_disk},        {"config", check_config},
                  {"daemon", check_daemon},    {"keys", check_keys},
                  {"dht", check_dht},          {"store", check_store},
                  {"clock", check_clock},      {"files", check_files},
                  {"network", check_network}};
    enum vc_verdict worst = VC_VERDICT_OK;

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct vc_check check = {.name = checks[i].name};
        checks[i].run(cli, &check);
        if (check.verdict > worst)
            worst = check.verdict;
        on_check(cli, ctx, &check);
    }
    return worst;
}

static void put_check(struct vc_cli *cli, void *ctx, const struct vc_check *check)
{
    (void)ctx;
    cli->out->check(cli, check);
}

int vc_command_doctor(struct vc_cli *cli)
{
    switch (vc_doctor_run(cli, put_check, NULL)) {
    case VC_VERDICT_OK:
        vc_note(cli, "all is well");
        return VC_EXIT_OK;
    case VC_VERDICT_WARN:
        return VC_EXIT_DEGRADED;
    case VC_VERDICT_FAIL:
    default:
        return VC_EXIT_FAILED;
    }
}

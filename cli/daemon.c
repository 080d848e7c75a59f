#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/output.h"

/* Starting takes a moment; a large store after a crash is read through first. */
#define READY_MS      30000
#define PATIENCE_MS   3000
#define LOOK_AGAIN_MS 10
/* Of what veched wrote before it died. */
#define LAST_WORDS_BYTES 8192
/* How often a person may write the passphrase. */
#define TRIES 3
/* The log of a veched that nobody's service manager keeps. */
#define LOG_BYTES_MAX 4194304

/* Makes a directory and what leads to it; nobody else may look into a new one. */
static bool make_dirs(const char *path)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len >= sizeof(part))
        return false;
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* Opens the log to append to, and puts a long one aside. */
static int open_log(const struct vc_paths *paths, off_t *ret_start)
{
    char old[PATH_MAX + 8];
    struct stat facts;

    (void)snprintf(old, sizeof(old), "%s.old", paths->log);
    if (stat(paths->log, &facts) == 0 && facts.st_size > LOG_BYTES_MAX)
        (void)rename(paths->log, old); /* else it only grows a little more */
    int fd =
        open(paths->log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        *ret_start = lseek(fd, 0, SEEK_END);
    return fd;
}

/* How veched is to be started. */
struct start {
    const char *listen;                /* or NULL */
    const struct vc_asked *passphrase; /* or NULL */
    pid_t pid;                         /* 0: a service manager watches it, not we */
    off_t log_start;
};

/* In the child: becomes veched.  @secret is where the passphrase can be read, or -1. */
static void become_veched(const char *program, const struct vc_paths *paths,
                          const char *listen, int log, int secret)
{
    const char *args[10] = {program, "--dir", paths->dir, "--socket", paths->socket};
    size_t count = 5;
    int nothing = open("/dev/null", O_RDONLY);

    if (listen != NULL) {
        args[count++] = "--listen";
        args[count++] = listen;
    }
    if (secret >= 0) {
        args[count++] = "--passphrase-fd";
        args[count++] = "3";
    }
    if (setsid() < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 || chdir("/") != 0)
        _exit(VC_EXIT_FAILED);
    /* The same number would keep its close-on-exec. */
    if (secret >= 0 && (secret == 3 ? fcntl(secret, F_SETFD, 0) : dup2(secret, 3)) < 0)
        _exit(VC_EXIT_FAILED);
    (void)syscall(SYS_close_range, secret >= 0 ? 4 : 3, ~0U,
                  0); /* an old kernel lacks it: they are harmless */
    execv(program, (char *const *)(uintptr_t)args);
    (void)dprintf(STDERR_FILENO, "veched: %s cannot be run: %s\n", program,
                  strerror(errno));
    _exit(VC_EXIT_FAILED);
}

/* Reads what veched wrote since @start. */
static void read_last_words(const struct vc_paths *paths, off_t start, char *ret_text,
                            size_t room)
{
    ret_text[0] = '\0';
    int fd = open(paths->log, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t end = lseek(fd, 0, SEEK_END);
    if (end - start >= (off_t)room)
        start = end - (off_t)room + 1;
    ssize_t got = pread(fd, ret_text, room - 1, start);
    ret_text[got < 0 ? 0 : got] = '\0';
    (void)close(fd); /* it was only read */
}

/* Takes what a line of veched's says: "veched: WORDS", "hint: HINT", or one of its log. */
static void take_last_words(struct vc_control_message *failure, const char *line,
                            size_t len)
{
    static const char *const fronts[] = {"veched: ", "error: ", "error "};

    if (len > 3 && line[0] == '<' &&
        line[2] == '>') { /* its weight, for a service manager */
        line += 3;
        len -= 3;
    }
    if (len > 21 && line[10] == 'T' && line[19] == 'Z') { /* its time */
        line += 21;
        len -= 21;
    }
    if (len > 6 && memcmp(line, "hint: ", 6) == 0) {
        (void)snprintf(failure->hint, sizeof(failure->hint), "%.*s", (int)(len - 6),
                       line + 6);
        return;
    }
    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        size_t front = strlen(fronts[i]);
        if (len > front && memcmp(line, fronts[i], front) == 0) {
            line += front;
            len -= front;
        }
    }
    /* "step: words (hint)" */
    const char *hint =
        len > 0 && line[len - 1] == ')' ? memmem(line, len, " (", 2) : NULL;
    if (hint != NULL) {
        (void)snprintf(failure->hint, sizeof(failure->hint), "%.*s",
                       (int)(line + len - hint) - 3, hint + 2);
        len = (size_t)(hint - line);
    }
    if (len > 0)
        (void)snprintf(failure->words, sizeof(failure->words), "%.*s", (int)len, line);
}

/* Says why veched died: with its own words, which are the last ones in its log. */
static int died(struct vc_cli *cli, off_t log_start, int wait_status)
{
    struct vc_control_message failure = {.err = VC_ERR_INTERNAL};
    char text[LAST_WORDS_BYTES];

    read_last_words(&cli->paths, log_start, text, sizeof(text));
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        take_last_words(&failure, line, len);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    if (failure.words[0] == '\0')
        (void)snprintf(failure.words, sizeof(failure.words), "veched ended at once");
    if (WIFSIGNALED(wait_status))
        (void)snprintf(failure.detail, sizeof(failure.detail), "killed by signal %d",
                       WTERMSIG(wait_status));
    if (failure.hint[0] == '\0')
        (void)snprintf(failure.hint, sizeof(failure.hint), "see: %.200s",
                       cli->paths.log);
    cli->out->failure(cli, &failure);
    int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : VC_EXIT_FAILED;
    return code == VC_EXIT_OK ? VC_EXIT_FAILED : code;
}

/* Is somebody there, and ready?  Leaves the client connected then. */
static bool is_ready(struct vc_cli *cli, json_t **ret_status)
{
    if (vc_connection_open(&cli->connection, cli->paths.socket) != VC_OK)
        return false;
    if (vc_connection_call(&cli->connection, "node.status", NULL, ret_status) == VC_OK)
        return true;
    vc_connection_close(&cli->connection);
    return false;
}

/* Waits until veched answers.  *ret_exit VC_EXIT_LOCKED: that was not said yet. */
static bool wait_ready(struct vc_cli *cli, const struct start *start,
                       json_t **ret_status, int *ret_exit)
{
    vc_ms begun_at = vc_connection_clock_ms();
    bool is_patient = false;
    int wait_status = 0;

    while (vc_connection_clock_ms() - begun_at < READY_MS) {
        if (is_ready(cli, ret_status))
            return true;
        if (start->pid > 0 &&
            waitpid(start->pid, &wait_status, WNOHANG) == start->pid) {
            /* Another one may have been quicker and have the directory. */
            if (is_ready(cli, ret_status))
                return true;
            bool is_locked =
                WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == VC_EXIT_LOCKED;
            *ret_exit =
                is_locked ? VC_EXIT_LOCKED : died(cli, start->log_start, wait_status);
            return false;
        }
        if (!is_patient && vc_connection_clock_ms() - begun_at > PATIENCE_MS) {
            is_patient = true;
            vc_note(cli, "veched is still starting ...");
        }
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
    *ret_exit = vc_cli_fail(cli, VC_ERR_TIMEOUT, "veched does not answer");
    return false;
}

/* Is there a service of ours that a service manager of this user can start? */
static bool has_service(void)
{
    static const char *const folders[] = {
        "/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"};
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *home = getenv("HOME");
    char path[PATH_MAX];

    if (runtime == NULL)
        return false;
    (void)snprintf(path, sizeof(path), "%s/systemd/private", runtime);
    if (access(path, F_OK) != 0)
        return false;
    (void)snprintf(path, sizeof(path), "%s/.config/systemd/user/veche.service",
                   home == NULL ? "" : home);
    if (access(path, R_OK) == 0)
        return true;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/veche.service", folders[i]);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static bool start_service(void)
{
    const char *const args[] = {"systemctl", "--user", "start", "veche.service", NULL};
    int wait_status = 0;
    pid_t pid;

    return posix_spawnp(&pid, args[0], NULL, NULL, (char *const *)(uintptr_t)args,
                        environ) == 0 &&
           waitpid(pid, &wait_status, 0) == pid && WIFEXITED(wait_status) &&
           WEXITSTATUS(wait_status) == 0;
}

/* A pipe with the passphrase in it, which is shorter than a pipe; -1 without one. */
static bool fill_pipe(const struct vc_asked *passphrase, int *ret_secret)
{
    int fds[2];

    *ret_secret = -1;
    if (passphrase == NULL)
        return true;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    bool is_written =
        write(fds[1], passphrase->text, passphrase->len) == (ssize_t)passphrase->len;
    (void)close(fds[1]); /* the reader sees the end */
    if (!is_written)
        (void)close(fds[0]);
    else
        *ret_secret = fds[0];
    return is_written;
}

/* Opens what the process needs beside its program. */
static bool open_files(struct vc_cli *cli, struct start *start, int *ret_log,
                       int *ret_secret, int *ret_exit)
{
    if (!make_dirs(cli->paths.dir)) {
        *ret_exit =
            vc_cli_fail(cli, errno == ENOSPC ? VC_ERR_DISK_FULL : VC_ERR_PERMISSION,
                        cli->paths.dir);
        return false;
    }
    *ret_log = open_log(&cli->paths, &start->log_start);
    if (*ret_log < 0) {
        *ret_exit =
            vc_cli_fail(cli, errno == ENOSPC ? VC_ERR_DISK_FULL : VC_ERR_PERMISSION,
                        cli->paths.log);
        return false;
    }
    if (!fill_pipe(start->passphrase, ret_secret)) {
        (void)close(*ret_log); /* nothing was written */
        *ret_exit = vc_cli_fail(cli, VC_ERR_IO, "a pipe for the passphrase");
        return false;
    }
    return true;
}

/* Starts a process of its own session; its parent is whoever takes orphans. */
static bool start_process(struct vc_cli *cli, struct start *start, int *ret_exit)
{
    char program[PATH_MAX];
    int log;
    int secret;

    if (!vc_paths_program("veched", program)) {
        *ret_exit = vc_cli_fail(cli, VC_ERR_NOT_FOUND,
                                "veched is neither beside veche nor in PATH");
        return false;
    }
    if (!open_files(cli, start, &log, &secret, ret_exit))
        return false;
    (void)fflush(NULL); /* the child must not say it again; main() looks for errors */
    start->pid = fork();
    if (start->pid == 0)
        become_veched(program, &cli->paths, start->listen, log, secret);
    (void)close(log); /* nothing was written here */
    if (secret >= 0)
        (void)close(secret); /* the child has its own */
    if (start->pid < 0) {
        *ret_exit = vc_cli_fail(cli, VC_ERR_NO_MEMORY, "no new process can be started");
        return false;
    }
    return true;
}

/* Starts a veched that wants a passphrase: asks for it, and again when it is wrong. */
static bool start_locked(struct vc_cli *cli, struct start *start, json_t **ret_status,
                         int *ret_exit)
{
    struct vc_asked asked;
    int tries = vc_ask_is_person() ? TRIES : 1;
    bool has_started = false;
    vc_err err = VC_OK;

    start->passphrase = &asked;
    for (int i = 0; i < tries && !has_started && err == VC_OK; i++) {
        err =
            vc_ask(i == 0 ? "passphrase of the store: " : "wrong; once more: ", &asked);
        if (err != VC_OK)
            break;
        has_started = start_process(cli, start, ret_exit) &&
                   wait_ready(cli, start, ret_status, ret_exit);
        vc_asked_wipe(&asked);
        if (!has_started && *ret_exit != VC_EXIT_LOCKED)
            return false; /* it was said why */
    }
    if (!has_started)
        *ret_exit =
            vc_cli_fail(cli, err == VC_OK ? VC_ERR_WRONG_PASSPHRASE : err, NULL);
    return has_started;
}

bool vc_daemon_ensure(struct vc_cli *cli, const char *listen, json_t **ret_status,
                      bool *ret_was_running, int *ret_exit)
{
    struct start start = {.listen = listen};

    vc_err err = vc_connection_open(&cli->connection, cli->paths.socket);
    if (err == VC_OK) {
        *ret_was_running = true;
        return vc_cli_call(cli, "node.status", NULL, ret_status, ret_exit);
    }
    if (err != VC_ERR_NO_DAEMON) {
        *ret_exit = vc_cli_fail(cli, err, cli->paths.socket);
        return false;
    }
    *ret_was_running = false;
    bool is_service = cli->paths.is_usual && listen == NULL && has_service();
    if (!(is_service && start_service()) && !start_process(cli, &start, ret_exit))
        return false;
    if (wait_ready(cli, &start, ret_status, ret_exit))
        return true;
    return *ret_exit == VC_EXIT_LOCKED &&
           start_locked(cli, &start, ret_status, ret_exit);
}

int vc_daemon_watch(int64_t pid)
{
    if (pid <= 1 || pid > INT32_MAX)
        return -1;
    return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

bool vc_daemon_wait_end(struct vc_cli *cli, int pid_fd, int wait_ms)
{
    vc_ms begun_at = vc_connection_clock_ms();

    while (vc_connection_clock_ms() - begun_at < (vc_ms)wait_ms) {
        struct pollfd end = {.fd = pid_fd, .events = POLLIN};
        if (pid_fd >= 0 && poll(&end, 1, LOOK_AGAIN_MS) > 0)
            return true;
        if (pid_fd >= 0)
            continue;
        struct vc_connection probe;
        vc_connection_init(&probe);
        vc_err err = vc_connection_open(&probe, cli->paths.socket);
        vc_connection_close(&probe);
        if (err != VC_OK)
            return true;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
    return false;
}

/* vc_lmdb_check(): the walk of a store in a child process. */
#include "storage/lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/epochs.h"
#include "storage/image.h"
#include "storage/paths.h"
#include "storage/unlock.h"
#include "storage/walk.h"

/* A slow disk reads the rows between two reports in a second or two. */
#define PROGRESS_TIMEOUT_MS 10000

/* What the child writes into the pipe: small enough that a write is whole. */
struct report {
    bool is_last;
    vc_err err;
    struct vc_walk walk;
};

static void send_report(int fd, const struct report *report)
{
    ssize_t len;

    do {
        len = write(fd, report, sizeof *report);
    } while (len < 0 && errno == EINTR);
    if (len != (ssize_t)sizeof *report) {
        _exit(1); /* nobody listens any more */
    }
}

static void on_progress(void *ctx, const struct vc_walk *walk)
{
    struct report report = {.walk = *walk};

    send_report(*(const int *)ctx, &report);
}

/* LMDB dies in here when the file is damaged: let it do so quickly and silently. */
static void die_quietly(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS,  SIGABRT, SIGFPE, SIGILL,
                                  SIGPIPE, SIGTERM, SIGINT,  SIGHUP};
    struct rlimit no_core = {0, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        (void)signal(signals[i],
                     SIG_DFL); /* fails only for a number that is no signal */
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail */
    (void)setrlimit(RLIMIT_CORE, &no_core); /* a core is a nuisance, not a danger */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it ends at the next report */
    if (null >= 0) {
        (void)dup2(null, STDERR_FILENO); /* else there is some noise */
        (void)dup2(null, STDOUT_FILENO);
    }
}

/* What the child walks, and with what keys. */
struct subject {
    struct vc_store_paths paths;
    int dir_fd;
    struct vc_keyring *ring; /* NULL: why is in no_ring */
    vc_err no_ring;
};

/* Of a store in use the epoch may turn meanwhile: are there other keys than before? */
static bool has_turned(struct vc_keyring *ring, int dir_fd)
{
    uint32_t before;
    struct vc_epoch_key newest;
    bool is_newer;

    vc_keyring_newest(ring, &newest);
    before = newest.number;
    if (vc_epochs_load(dir_fd, ring) != VC_OK) {
        return false;
    }
    vc_keyring_newest(ring, &newest);
    is_newer = newest.number != before;
    vc_wipe(&newest, sizeof newest);
    return is_newer;
}

static void run_child(const struct subject *subject, int fd)
{
    struct report report = {.is_last = true};

    die_quietly();
    do {
        report.walk = (struct vc_walk){.ring = subject->ring,
                                       .no_ring = subject->no_ring,
                                       .on_progress = on_progress,
                                       .ctx = &fd};
        report.err = vc_walk_file(subject->paths.store, &report.walk);
    } while (report.err == VC_ERR_BUSY || /* somebody committed twice meanwhile */
             (report.err == VC_ERR_STORE_DAMAGED && subject->ring != NULL &&
              has_turned(subject->ring, subject->dir_fd)));
    report.walk.ring = NULL;
    send_report(fd, &report);
    _exit(0);
}

/* Reads reports until the last one; false when the child ended or hung without one. */
static bool listen_to_child(int fd, struct report *report, bool *ret_has_hung)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    *ret_has_hung = false;
    for (;;) {
        int ready = poll(&waiting, 1, PROGRESS_TIMEOUT_MS);
        ssize_t len;

        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            *ret_has_hung = true;
            return false;
        }
        len = read(fd, report, sizeof *report);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len != (ssize_t)sizeof *report) {
            return false;
        }
        if (report->is_last) {
            return true;
        }
    }
}

static int reap(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return 0; /* somebody else took it: nothing is known about its end */
        }
    }
    return status;
}

static void put_words(char *ret_words, size_t room, const char *what,
                      const struct vc_walk *walk)
{
    if (ret_words == NULL || room == 0) {
        return;
    }
    if (walk == NULL || walk->words[0] == '\0') {
        (void)snprintf(ret_words, room, "%s", what); /* cut off where the room ends */
    } else {
        (void)snprintf(ret_words, room, "%s %s", what, walk->words);
    }
}

/* The child ended without a last report: a signal, or our own SIGKILL. */
static vc_err judge_death(int status, bool has_hung, const struct report *report,
                          char *ret_words, size_t room)
{
    if (has_hung) {
        put_words(ret_words, room, "reading does not come to an end", &report->walk);
        return VC_ERR_STORE_DAMAGED;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        put_words(ret_words, room, "the system killed the check", NULL);
        return VC_ERR_NO_MEMORY;
    }
    put_words(ret_words, room, "pages lead to nowhere", &report->walk);
    return VC_ERR_STORE_DAMAGED;
}

static vc_err run_check(const struct subject *subject, struct report *report,
                        char *ret_words, size_t room)
{
    bool has_hung;
    bool is_told;
    int status;
    int fds[2];
    pid_t child;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    child = fork();
    if (child == 0) {
        (void)close(fds[0]); /* not needed here */
        run_child(subject, fds[1]);
    }
    (void)close(fds[1]); /* so that the child's end is seen */
    if (child < 0) {
        (void)close(fds[0]);
        return VC_ERR_NO_MEMORY;
    }
    is_told = listen_to_child(fds[0], report, &has_hung);
    if (!is_told) {
        (void)kill(child, has_hung ? SIGKILL : SIGCONT); /* it may be gone already */
    }
    (void)close(fds[0]);
    status = reap(child);
    if (!is_told) {
        return judge_death(status, has_hung, report, ret_words, room);
    }
    if (report->err != VC_OK) {
        put_words(ret_words, room, vc_err_words(report->err), &report->walk);
    }
    return report->err;
}

/* Only the child sees whether the file wants a key at all. */
static void find_keys(struct subject *subject, struct vc_bytes passphrase)
{
    vc_err err = vc_unlock(subject->dir_fd, passphrase, &subject->ring);

    if (err == VC_OK) {
        err = vc_epochs_load(subject->dir_fd, subject->ring);
    }
    if (err != VC_OK) {
        vc_unlock_end(subject->ring);
        subject->ring = NULL;
    }
    subject->no_ring = err == VC_ERR_NOT_FOUND ? VC_ERR_STORE_KEY : err;
}

vc_err vc_lmdb_check(const struct vc_lmdb_config *cfg, uint64_t *ret_rows,
                     char *ret_words, size_t words_room)
{
    struct subject subject = {.dir_fd = -1};
    struct report report = {0};
    bool is_short;
    vc_err err = vc_store_paths_make(cfg->dir, &subject.paths);

    if (err == VC_OK) {
        err = vc_image_look(subject.paths.store, &is_short);
        if (err != VC_OK) {
            put_words(ret_words, words_room,
                      err == VC_ERR_STORE_DAMAGED ? "this is not a store"
                                                  : vc_err_words(err),
                      NULL);
        }
    }
    if (err == VC_OK) {
        subject.dir_fd = open(cfg->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        err = subject.dir_fd < 0 ? VC_ERR_PERMISSION : VC_OK;
    }
    if (err == VC_OK) {
        find_keys(&subject, cfg->passphrase);
        err = run_check(&subject, &report, ret_words, words_room);
        vc_unlock_end(subject.ring);
        (void)close(subject.dir_fd); /* only a name */
    }
    if (err == VC_OK && ret_rows != NULL) {
        *ret_rows = report.walk.rows;
    }
    return err;
}

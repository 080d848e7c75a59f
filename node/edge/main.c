/*
 * veched: reads its options and runs the daemon or an entry point, or looks a store over.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "node/edge/bootstrap.h"
#include "node/edge/daemon.h"
#include "node/edge/log.h"
#include "node/edge/passphrase.h"
#include "node/edge/report.h"
#include "node/edge/system.h"
#include "node/edge/wiping.h"
#include "storage/lmdb.h"

static vc_err check_with_passphrase(const struct vc_options *options, uint64_t *ret_rows,
                                    char *ret_words, size_t room)
{
    struct vc_lmdb_config cfg = {.dir = options->dir};
    struct vc_passphrase passphrase = {.len = 0};
    vc_err err = VC_OK;

    if (options->passphrase_fd >= 0) {
        err = vc_passphrase_read(options->passphrase_fd, &passphrase);
    }
    if (err == VC_OK) {
        cfg.passphrase = vc_passphrase_bytes(&passphrase);
        err = vc_lmdb_check(&cfg, ret_rows, ret_words, room);
    }
    vc_wipe(&passphrase, sizeof passphrase);
    return err;
}

static int check_store(const struct vc_options *options)
{
    char words[256] = "";
    uint64_t rows = 0;
    vc_err err = vc_crypto_init();

    vc_system_harden();
    if (err == VC_OK) {
        err = check_with_passphrase(options, &rows, words, sizeof words);
    }
    if (err == VC_OK) {
        printf("the store is whole: %llu rows\n", (unsigned long long)rows);
    } else {
        (void)fprintf(stderr, "%s%s%s\n%s\n", vc_err_words(err),
                      words[0] != '\0' ? ": " : "", words, vc_err_hint(err));
    }
    return vc_err_exit_code(err);
}

/* Makes the directory and those above it, for its owner alone. */
static bool make_dir(const char *path)
{
    char part[VC_PATH_MAX];
    size_t len = strlen(path);

    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        char was = part[i];

        if (was != '/' && was != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            (void)fprintf(stderr, "veched: %s cannot be made: %s\n", part, strerror(errno));
            return false;
        }
        part[i] = was;
    }
    return true;
}

/* The sanitizer's own handlers say more than ours. */
#ifdef __SANITIZE_ADDRESS__
#define HAS_FAULT_HANDLERS true
#else
#define HAS_FAULT_HANDLERS false
#endif

/* A damaged file that passed the checks may still kill by a signal: say why. */
static void on_fault(int number)
{
    static const char words[] =
        "veched: the store is damaged, or memory is; run: veched --check\n";

    (void)number;
    if (write(2, words, sizeof words - 1) < 0) {
        _exit(1);
    }
    _exit(1);
}

static void set_signals(void)
{
    struct sigaction action = {.sa_handler = on_fault};

    if (!HAS_FAULT_HANDLERS) {
        (void)sigaction(SIGBUS, &action, NULL); /* the handlers are a courtesy */
        (void)sigaction(SIGSEGV, &action, NULL);
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a client that is gone is seen by the write's error */
}

int main(int argc, char **argv)
{
    static struct vc_options options;
    vc_err err;

    vc_wiping_begin();
    err = vc_options_read(&options, argc, argv);
    if (err != VC_OK) {
        return vc_err_exit_code(err);
    }
    if (options.wants_help) {
        vc_options_print_usage();
        return 0;
    }
    if (options.wants_version) {
        printf("veched %s, control protocol %d\n", VC_VERSION, VC_CONTROL_API_VERSION);
        return 0;
    }
    if (options.wants_check) {
        return check_store(&options);
    }
    vc_log_open(options.log_level);
    if (!make_dir(options.dir)) {
        return vc_err_exit_code(VC_ERR_PERMISSION);
    }
    set_signals();
    return options.is_bootstrap_only ? vc_bootstrap_run(&options) : vc_daemon_run(&options);
}

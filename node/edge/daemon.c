#include "node/edge/daemon.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/selftest.h"
#include "node/edge/dht_config.h"
#include "node/edge/listening.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"
#include "node/edge/passphrase.h"
#include "node/edge/system.h"
#include "storage/lmdb.h"

struct vc_daemon *vc_daemon_of(void *pointer)
{
    struct vc_daemon *daemon = pointer;

    VC_CHECK(daemon->magic == VC_DAEMON_MAGIC);
    return daemon;
}

void vc_daemon_tell_addresses(struct vc_daemon *daemon)
{
    struct vc_addr addrs[VC_CARD_ADDRS_MAX];
    size_t count = vc_interfaces_addresses(&daemon->udp, addrs, VC_CARD_ADDRS_MAX);

    vc_node_set_addresses(daemon->node, &daemon->now, addrs, count);
}

vc_err vc_daemon_start_node(struct vc_daemon *daemon)
{
    struct vc_secret32 seed;
    vc_err err = vc_system_seed(&seed);

    if (err == VC_OK) {
        err = vc_node_init(&daemon->node_config, &daemon->now, &seed, &daemon->node);
    }
    vc_wipe(&seed, sizeof seed);
    if (err == VC_OK) {
        vc_daemon_tell_addresses(daemon);
    }
    return err;
}

static void before_wait(uv_prepare_t *prepare)
{
    vc_daemon_leave(vc_daemon_of(prepare->data));
}

static void after_wait(uv_check_t *check)
{
    vc_daemon_leave(vc_daemon_of(check->data));
}

static void on_wake(uv_async_t *wake)
{
    vc_turn_wake(vc_daemon_of(wake->data));
}

static void wake_loop(void *ctx)
{
    (void)uv_async_send(&((struct vc_daemon *)ctx)->wake); /* cannot fail before close */
}

static void on_settled(uv_timer_t *timer)
{
    struct vc_daemon *daemon = vc_daemon_of(timer->data);

    if (daemon->is_stopping) {
        uv_stop(&daemon->loop);
        return;
    }
    vc_daemon_enter(daemon);
    if (daemon->node != NULL) {
        vc_daemon_tell_addresses(daemon);
    }
}

static void on_addresses(void *ctx)
{
    struct vc_daemon *daemon = vc_daemon_of(ctx);

    /* What comes after the first notice does not put it off. */
    if (!daemon->is_stopping && !uv_is_active((uv_handle_t *)&daemon->settle)) {
        (void)uv_timer_start(&daemon->settle, on_settled, VC_EDGE_ADDRESS_SETTLE_MS, 0);
    }
}

void vc_daemon_stop(struct vc_daemon *daemon)
{
    if (daemon->is_stopping) {
        return;
    }
    vc_system_notify("STOPPING=1");
    vc_log(VC_LOG_INFO, "stopping");
    vc_daemon_enter(daemon);
    daemon->is_stopping = true;
    if (daemon->node != NULL) {
        vc_node_stop(daemon->node, &daemon->now);
    }
    (void)uv_timer_start(&daemon->settle, on_settled, VC_EDGE_STOP_WAIT_MS, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct vc_daemon *daemon = vc_daemon_of(handle->data);

    if (number == SIGHUP) {
        vc_log(VC_LOG_INFO, "the configuration is read at the next start only");
        return;
    }
    vc_daemon_stop(daemon);
}

/* libuv aborts when it cannot enlarge its table of descriptors; that is no mistake of a
 * programmer, so it is not to look like one. */
static void *resize_or_end(void *mem, size_t size)
{
    void *resized = realloc(mem, size);

    if (resized == NULL && size > 0) {
        vc_log_failure(VC_LOG_ERROR, "event loop", VC_ERR_NO_MEMORY);
        _exit(vc_err_exit_code(VC_ERR_NO_MEMORY));
    }
    return resized;
}

static vc_err open_loop(struct vc_daemon *daemon)
{
    uv_loop_t *loop = &daemon->loop;

    if (uv_replace_allocator(malloc, resize_or_end, calloc, free) != 0 ||
        uv_loop_init(loop) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    daemon->has_loop = true;
    if (uv_timer_init(loop, &daemon->timer) != 0 ||
        uv_timer_init(loop, &daemon->settle) != 0 ||
        uv_prepare_init(loop, &daemon->before_wait) != 0 ||
        uv_check_init(loop, &daemon->after_wait) != 0 ||
        uv_async_init(loop, &daemon->wake, on_wake) != 0 ||
        uv_signal_init(loop, &daemon->on_int) != 0 ||
        uv_signal_init(loop, &daemon->on_term) != 0 ||
        uv_signal_init(loop, &daemon->on_hup) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    daemon->timer.data = daemon->settle.data = daemon->wake.data = daemon;
    daemon->before_wait.data = daemon->after_wait.data = daemon;
    daemon->on_int.data = daemon->on_term.data = daemon->on_hup.data = daemon;
    if (uv_prepare_start(&daemon->before_wait, before_wait) != 0 ||
        uv_check_start(&daemon->after_wait, after_wait) != 0 ||
        uv_signal_start(&daemon->on_int, on_signal, SIGINT) != 0 ||
        uv_signal_start(&daemon->on_term, on_signal, SIGTERM) != 0 ||
        uv_signal_start(&daemon->on_hup, on_signal, SIGHUP) != 0) {
        return VC_ERR_IO;
    }
    return VC_OK;
}

static vc_err open_checked(struct vc_daemon *daemon, const struct vc_lmdb_config *cfg)
{
    char words[256] = "";
    uint64_t rows;
    long holder = 0;
    vc_err err;

    if (!vc_lmdb_was_clean(daemon->options.dir)) {
        err = vc_lmdb_check(cfg, &rows, words, sizeof words);
        if (err != VC_OK && err != VC_ERR_NOT_FOUND && err != VC_ERR_STORE_LOCKED) {
            vc_log(VC_LOG_ERROR, "the store: %s", words);
            return err;
        }
    }
    err = vc_lmdb_open(cfg, &daemon->store, &holder);
    if (err == VC_ERR_STORE_LOCKED) {
        vc_log(VC_LOG_ERROR, "process %ld holds the lock", holder);
    }
    return err;
}

static vc_err open_store(struct vc_daemon *daemon)
{
    struct vc_lmdb_config cfg = {
        .dir = daemon->options.dir, .wake = wake_loop, .wake_ctx = daemon};
    struct vc_passphrase passphrase = {.len = 0};
    vc_err err = VC_OK;

    if (daemon->options.passphrase_fd >= 0) {
        err = vc_passphrase_read(daemon->options.passphrase_fd, &passphrase);
    }
    if (err == VC_OK) {
        cfg.passphrase = vc_passphrase_bytes(&passphrase);
        err = open_checked(daemon, &cfg);
    }
    vc_wipe(&passphrase, sizeof passphrase);
    return err;
}

/* What the configuration says of the owner wins over what was set before. */
static void apply_settings(struct vc_daemon *daemon)
{
    struct vc_chat *chat = vc_node_chat(daemon->node);
    bool is_on = daemon->options.read_receipts;
    struct vc_owner owner;
    vc_err err;

    vc_chat_owner(chat, &owner);
    if (!daemon->options.has_read_receipts || owner.sends_read_receipts == is_on) {
        return;
    }
    err = vc_chat_set_read_receipts(chat, &daemon->now, is_on);
    if (err != VC_OK) { /* a full disk is no reason not to start */
        vc_log_failure(VC_LOG_WARN, "read_receipts stays as it was", err);
    }
}

static void configure_node(struct vc_daemon *daemon)
{
    struct vc_node_config *config = &daemon->node_config;
    const struct vc_options *options = &daemon->options;

    vc_node_config_default(config);
    config->alloc = vc_system_alloc();
    config->store = daemon->store;
    config->network_id = (struct vc_bytes){options->network_id, options->network_id_len};
    config->default_name = options->name;
    vc_dht_config_of(options, &daemon->udp, &daemon->dht_config);
    config->dht = &daemon->dht_config;
    config->doors = options->doors;
    config->door_count = options->door_count;
}

static vc_err open_all(struct vc_daemon *daemon)
{
    const char *step = "libsodium";
    vc_err err = vc_crypto_init();

    if (err == VC_OK) {
        step = "event loop";
        err = open_loop(daemon);
    }
    if (err == VC_OK) {
        step = "store";
        err = open_store(daemon);
    }
    if (err == VC_OK) {
        step = "network";
        daemon->udp.on_datagram = vc_turn_datagram;
        daemon->udp.ctx = daemon;
        err = vc_udp_init(&daemon->udp);
    }
    if (err == VC_OK) {
        err = vc_listening_open(&daemon->udp, &daemon->loop, daemon->store, &daemon->options);
    }
    if (err == VC_OK) {
        step = "node";
        configure_node(daemon);
        err = vc_daemon_start_node(daemon);
    }
    if (err == VC_OK) {
        apply_settings(daemon);
        step = "control socket";
        err = vc_control_server_open(&daemon->control, daemon, daemon->options.socket_path);
    }
    if (err != VC_OK) {
        vc_log_failure(VC_LOG_ERROR, step, err);
    }
    return err;
}

static void close_all(struct vc_daemon *daemon)
{
    vc_control_server_close(&daemon->control);
    vc_methods_dht_end(daemon, VC_ERR_ABANDONED); /* nobody is there any more to hear it */
    vc_interfaces_close(&daemon->interfaces);
    vc_udp_close(&daemon->udp);
    vc_node_deinit(daemon->node);
    daemon->node = NULL;
    vc_store_close(daemon->store); /* its writer may use the wake handle until here */
    free(daemon->udp.read_buffer);
    if (daemon->has_loop) {
        vc_system_close_loop(&daemon->loop);
    }
}

static void say_ready(struct vc_daemon *daemon)
{
    /* Without the address: the log's last lines are part of a bug report. */
    for (size_t i = 0; i < daemon->udp.count; i++) {
        const struct vc_addr *bound = &daemon->udp.sockets[i].bound;

        vc_log(VC_LOG_INFO, "listens at port %u, IPv%u", bound->port, bound->family);
    }
    vc_log(VC_LOG_INFO, "ready");
    vc_system_notify("READY=1");
}

static void run(struct vc_daemon *daemon)
{
    vc_interfaces_watch(&daemon->interfaces, &daemon->loop, on_addresses, daemon);
    vc_udp_set_reading(&daemon->udp, true);
    uv_update_time(&daemon->loop); /* opening the store may have taken long */
    daemon->is_in_turn = true; /* the first turn: the identity, the port, the addresses */
    vc_daemon_leave(daemon);
    /* Nobody may hear of an identity that a power cut can still take. */
    vc_store_wait(daemon->store);
    say_ready(daemon);
    (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
}

int vc_daemon_run(const struct vc_options *options)
{
    struct vc_daemon *daemon = calloc(1, sizeof *daemon);
    int exit_code;
    vc_err err;

    if (daemon == NULL) {
        vc_log_failure(VC_LOG_ERROR, "start", VC_ERR_NO_MEMORY);
        return vc_err_exit_code(VC_ERR_NO_MEMORY);
    }
    daemon->magic = VC_DAEMON_MAGIC;
    daemon->options = *options;
    daemon->armed_for = VC_NEVER;
    daemon->interfaces.fd = -1;
    daemon->now = vc_system_now();
    daemon->asleep_ms = vc_system_asleep_ms();
    daemon->started_at = daemon->now.unix_ms;
    vc_system_harden();
    err = open_all(daemon);
    if (err == VC_OK) {
        run(daemon);
    }
    close_all(daemon);
    exit_code = err == VC_OK ? daemon->exit_code : vc_err_exit_code(err);
    if (err == VC_OK) {
        vc_log(VC_LOG_INFO, "stopped");
    }
    free(daemon);
    return exit_code;
}

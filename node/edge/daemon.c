#include "node/edge/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/selftest.h"
#include "node/edge/log.h"
#include "node/edge/shapes.h"
#include "node/edge/system.h"
#include "storage/lmdb.h"

static const uint8_t port_key[] = "edge.port";

static struct vc_daemon *daemon_of(void *pointer)
{
    struct vc_daemon *daemon = pointer;

    VC_CHECK(daemon->magic == VC_DAEMON_MAGIC);
    return daemon;
}

static void fail_hard(struct vc_daemon *daemon, const char *what, vc_err err)
{
    vc_log_failure(VC_LOG_ERROR, what, err);
    daemon->exit_code = vc_err_exit_code(err);
    daemon->is_stopping = true;
    uv_stop(&daemon->loop);
}

static void tell_addresses(struct vc_daemon *daemon)
{
    struct vc_addr addrs[VC_CARD_ADDRS_MAX];
    size_t count = vc_interfaces_addresses(&daemon->udp, addrs, VC_CARD_ADDRS_MAX);

    vc_node_set_addresses(daemon->node, &daemon->now, addrs, count);
}

static vc_err start_node(struct vc_daemon *daemon)
{
    struct vc_secret32 seed;
    vc_err err = vc_system_seed(&seed);

    if (err == VC_OK) {
        err = vc_node_init(&daemon->node_config, &daemon->now, &seed, &daemon->node);
    }
    vc_wipe(&seed, sizeof seed);
    if (err == VC_OK) {
        tell_addresses(daemon);
    }
    return err;
}

/* The machines are ahead of the disk: build them again from what it holds. */
static void rebuild(struct vc_daemon *daemon, vc_err failure)
{
    vc_err err;

    vc_log_failure(VC_LOG_ERROR, "a commit failed, nothing new is accepted", failure);
    vc_control_server_failed(&daemon->control, failure);
    vc_node_deinit(daemon->node);
    daemon->node = NULL;
    vc_store_recover(daemon->store);
    err = start_node(daemon);
    if (err != VC_OK) {
        fail_hard(daemon, "the node cannot start again", err);
    }
}

void vc_daemon_enter(struct vc_daemon *daemon)
{
    uint64_t committed;
    vc_err err;

    if (daemon->is_in_turn || daemon->node == NULL) {
        return;
    }
    daemon->is_in_turn = true;
    daemon->now = vc_system_now();
    err = vc_node_poll(daemon->node, &daemon->now, &committed);
    if (err != VC_OK) {
        rebuild(daemon, err);
        return;
    }
    if (committed != daemon->committed) {
        daemon->committed = committed;
        daemon->is_starved = false;
        vc_udp_set_reading(&daemon->udp, true);
        vc_control_server_committed(&daemon->control, committed);
        vc_control_server_resume(&daemon->control);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct vc_daemon *daemon = daemon_of(timer->data);

    daemon->armed_for = VC_NEVER;
    vc_daemon_enter(daemon);
    vc_daemon_leave(daemon); /* the loop may sleep before it gets to the end of the turn */
}

static void arm(struct vc_daemon *daemon)
{
    vc_ms due = daemon->control.has_work ? daemon->now.mono : vc_node_due(daemon->node);

    if (due == daemon->armed_for) {
        return;
    }
    daemon->armed_for = due;
    if (due == VC_NEVER) {
        uv_timer_stop(&daemon->timer);
        return;
    }
    uv_update_time(&daemon->loop);
    (void)uv_timer_start(&daemon->timer, on_timer,
                         due > daemon->now.mono ? due - daemon->now.mono : 0, 0);
}

static void take_outputs(struct vc_daemon *daemon)
{
    struct vc_node_output output;

    while (vc_node_next(daemon->node, &daemon->now, &output)) {
        switch (output.kind) {
        case VC_NODE_DATAGRAM:
            vc_udp_send(&daemon->udp, &output.addr, output.bytes);
            break;
        case VC_NODE_EVENTS:
            break; /* subscribers read them from the store when they are committed */
        case VC_NODE_PRESENCE:
            vc_control_server_tell(
                &daemon->control,
                vc_shape_presence(vc_node_chat(daemon->node), &daemon->now, &output.chat));
            break;
        }
    }
}

void vc_daemon_leave(struct vc_daemon *daemon)
{
    uint64_t ticket;

    if (!daemon->is_in_turn) {
        return;
    }
    daemon->is_in_turn = false;
    if (daemon->node == NULL) {
        return;
    }
    if (daemon->control.has_work) {
        vc_control_server_resume(&daemon->control);
    }
    if (vc_node_due(daemon->node) <= daemon->now.mono) {
        vc_node_tick(daemon->node, &daemon->now);
    }
    do {
        take_outputs(daemon);
        ticket = vc_node_submit(daemon->node, &daemon->now);
        if (ticket != 0) {
            daemon->ticket = ticket;
        }
    } while (ticket != 0);
    vc_control_server_submitted(&daemon->control, daemon->ticket);
    vc_udp_flush(&daemon->udp);
    arm(daemon);
    if (daemon->is_stopping && daemon->committed >= daemon->ticket) {
        uv_stop(&daemon->loop);
    }
}

static void on_turn_end(uv_check_t *check)
{
    vc_daemon_leave(daemon_of(check->data));
}

static void on_wake(uv_async_t *wake)
{
    vc_daemon_enter(daemon_of(wake->data));
}

static void wake_loop(void *ctx)
{
    (void)uv_async_send(&((struct vc_daemon *)ctx)->wake); /* cannot fail before close */
}

static void on_datagram(void *ctx, const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_daemon *daemon = daemon_of(ctx);

    vc_daemon_enter(daemon);
    if (daemon->node == NULL) {
        return;
    }
    vc_node_recv(daemon->node, &daemon->now, from, datagram);
    if (!vc_node_has_room(daemon->node) && !daemon->is_starved) {
        daemon->is_starved = true; /* the rest waits in the kernel until the next commit */
        vc_udp_set_reading(&daemon->udp, !vc_store_is_busy(daemon->store));
    }
}

static void on_settled(uv_timer_t *timer)
{
    struct vc_daemon *daemon = daemon_of(timer->data);

    if (daemon->is_stopping) {
        uv_stop(&daemon->loop);
        return;
    }
    vc_daemon_enter(daemon);
    if (daemon->node != NULL) {
        tell_addresses(daemon);
    }
    vc_daemon_leave(daemon);
}

static void on_addresses(void *ctx)
{
    struct vc_daemon *daemon = daemon_of(ctx);

    if (!daemon->is_stopping) {
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
    struct vc_daemon *daemon = daemon_of(handle->data);

    if (number == SIGHUP) {
        vc_log(VC_LOG_INFO, "the configuration is read at the next start only");
        return;
    }
    vc_daemon_stop(daemon);
}

static vc_err open_loop(struct vc_daemon *daemon)
{
    uv_loop_t *loop = &daemon->loop;

    if (uv_loop_init(loop) != 0 || uv_timer_init(loop, &daemon->timer) != 0 ||
        uv_timer_init(loop, &daemon->settle) != 0 ||
        uv_check_init(loop, &daemon->turn_end) != 0 ||
        uv_async_init(loop, &daemon->wake, on_wake) != 0 ||
        uv_signal_init(loop, &daemon->on_int) != 0 ||
        uv_signal_init(loop, &daemon->on_term) != 0 ||
        uv_signal_init(loop, &daemon->on_hup) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    daemon->timer.data = daemon->settle.data = daemon->turn_end.data = daemon;
    daemon->wake.data = daemon->on_int.data = daemon->on_term.data = daemon;
    daemon->on_hup.data = daemon;
    if (uv_check_start(&daemon->turn_end, on_turn_end) != 0 ||
        uv_signal_start(&daemon->on_int, on_signal, SIGINT) != 0 ||
        uv_signal_start(&daemon->on_term, on_signal, SIGTERM) != 0 ||
        uv_signal_start(&daemon->on_hup, on_signal, SIGHUP) != 0) {
        return VC_ERR_IO;
    }
    return VC_OK;
}

/* The port of last time; 0 when there was none. */
static uint16_t kept_port(struct vc_daemon *daemon)
{
    struct vc_bytes key = {port_key, sizeof port_key - 1}, value;
    struct vc_reader r;
    uint16_t port;

    if (vc_store_get(daemon->store, VC_TABLE_SETTING, key, &value) != VC_OK) {
        return 0;
    }
    r = vc_reader(value);
    port = vc_read_u16(&r);
    return vc_reader_end(&r) == VC_OK ? port : 0;
}

static void keep_port(struct vc_daemon *daemon, uint16_t port)
{
    struct vc_bytes key = {port_key, sizeof port_key - 1};
    uint8_t room[2];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_write_u16(&w, port);
    if (kept_port(daemon) == port ||
        vc_store_reserve(daemon->store, 1, key.len + sizeof room) != VC_OK) {
        return; /* it is a convenience: another port works as well */
    }
    vc_store_put(daemon->store, VC_TABLE_SETTING, key, vc_writer_bytes(&w));
}

/* Every address of both families, on one port; a machine without IPv6 is fine. */
static vc_err listen_everywhere(struct vc_daemon *daemon, uint16_t port)
{
    struct vc_addr any = {.family = 4, .port = port};
    vc_err err = vc_udp_bind(&daemon->udp, &daemon->loop, &any);

    if (err == VC_ERR_ADDRESS_IN_USE) {
        any.port = 0; /* somebody has taken the port of last time */
        err = vc_udp_bind(&daemon->udp, &daemon->loop, &any);
    }
    if (err == VC_OK) {
        any.port = daemon->udp.sockets[0].bound.port;
        keep_port(daemon, any.port);
    }
    any.family = 6;
    if (vc_udp_bind(&daemon->udp, &daemon->loop, &any) == VC_OK) {
        return VC_OK;
    }
    return err;
}

static vc_err open_sockets(struct vc_daemon *daemon)
{
    const struct vc_options *options = &daemon->options;
    vc_err err = vc_udp_init(&daemon->udp, &daemon->loop);

    daemon->udp.on_datagram = on_datagram;
    daemon->udp.ctx = daemon;
    if (err == VC_OK && options->listen_count == 0) {
        return listen_everywhere(daemon, kept_port(daemon));
    }
    for (size_t i = 0; err == VC_OK && i < options->listen_count; i++) {
        struct vc_addr addr = options->listen[i];

        if (addr.port == 0) {
            addr.port = kept_port(daemon);
        }
        err = vc_udp_bind(&daemon->udp, &daemon->loop, &addr);
        if (err == VC_ERR_ADDRESS_IN_USE && options->listen[i].port == 0) {
            addr.port = 0;
            err = vc_udp_bind(&daemon->udp, &daemon->loop, &addr);
        }
        if (err == VC_OK && i == 0) {
            keep_port(daemon, daemon->udp.sockets[0].bound.port);
        }
    }
    return err;
}

static vc_err open_store(struct vc_daemon *daemon)
{
    struct vc_lmdb_config cfg = {
        .dir = daemon->options.dir, .wake = wake_loop, .wake_ctx = daemon};
    char words[256] = "";
    uint64_t rows;
    long holder = 0;
    vc_err err;

    if (!vc_lmdb_was_clean(daemon->options.dir)) {
        err = vc_lmdb_check(daemon->options.dir, &rows, words, sizeof words);
        if (err != VC_OK && err != VC_ERR_NOT_FOUND && err != VC_ERR_STORE_LOCKED) {
            vc_log(VC_LOG_ERROR, "the store: %s", words);
            return err;
        }
    }
    err = vc_lmdb_open(&cfg, &daemon->store, &holder);
    if (err == VC_ERR_STORE_LOCKED) {
        vc_log(VC_LOG_ERROR, "process %ld holds the lock", holder);
    }
    return err;
}

/* What the configuration says of the owner wins over what was set before. */
static vc_err apply_settings(struct vc_daemon *daemon)
{
    struct vc_chat *chat = vc_node_chat(daemon->node);
    bool is_on = daemon->options.read_receipts;
    struct vc_owner owner;

    vc_chat_owner(chat, &owner);
    if (!daemon->options.has_read_receipts || owner.sends_read_receipts == is_on) {
        return VC_OK;
    }
    return vc_chat_set_read_receipts(chat, &daemon->now, is_on);
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
        err = open_sockets(daemon);
    }
    if (err == VC_OK) {
        step = "node";
        vc_node_config_default(&daemon->node_config);
        daemon->node_config.alloc = vc_system_alloc();
        daemon->node_config.store = daemon->store;
        daemon->node_config.network_id = (struct vc_bytes){
            daemon->options.network_id, daemon->options.network_id_len};
        daemon->node_config.default_name = daemon->options.name;
        err = start_node(daemon);
    }
    if (err == VC_OK) {
        step = "settings";
        err = apply_settings(daemon);
    }
    if (err == VC_OK) {
        step = "control socket";
        err = vc_control_server_open(&daemon->control, daemon, daemon->options.socket_path);
    }
    if (err != VC_OK) {
        vc_log_failure(VC_LOG_ERROR, step, err);
    }
    return err;
}

static void on_walk(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void close_all(struct vc_daemon *daemon)
{
    vc_control_server_close(&daemon->control);
    vc_interfaces_close(&daemon->interfaces);
    vc_udp_close(&daemon->udp);
    vc_node_deinit(daemon->node);
    daemon->node = NULL;
    vc_store_close(daemon->store); /* its writer may use the wake handle until here */
    uv_walk(&daemon->loop, on_walk, NULL);
    while (uv_run(&daemon->loop, UV_RUN_DEFAULT) != 0) {
    }
    (void)uv_loop_close(&daemon->loop); /* the process ends anyway */
    free(daemon->udp.read_buffer);
}

static void say_ready(struct vc_daemon *daemon)
{
    for (size_t i = 0; i < daemon->udp.count; i++) {
        char text[VC_ADDR_TEXT_MAX];

        vc_addr_format(&daemon->udp.sockets[i].bound, text);
        vc_log(VC_LOG_INFO, "listens on %s", text);
    }
    vc_log(VC_LOG_INFO, "ready");
    vc_system_notify("READY=1");
}

int vc_daemon_run(const struct vc_options *options)
{
    struct vc_daemon *daemon = calloc(1, sizeof *daemon);
    vc_err err;
    int exit_code;

    if (daemon == NULL) {
        return vc_err_exit_code(VC_ERR_NO_MEMORY);
    }
    daemon->magic = VC_DAEMON_MAGIC;
    daemon->options = *options;
    daemon->armed_for = VC_NEVER;
    daemon->interfaces.fd = -1;
    daemon->now = vc_system_now();
    daemon->started_at = daemon->now.unix_ms;
    vc_system_harden();
    err = open_all(daemon);
    if (err == VC_OK) {
        vc_interfaces_watch(&daemon->interfaces, &daemon->loop, on_addresses, daemon);
        vc_udp_set_reading(&daemon->udp, true);
        daemon->is_in_turn = true; /* the first turn: the identity, the port, the addresses */
        vc_daemon_leave(daemon);
        say_ready(daemon);
        (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
        close_all(daemon);
        vc_log(VC_LOG_INFO, "stopped");
        exit_code = daemon->exit_code;
    } else {
        vc_store_close(daemon->store);
        exit_code = vc_err_exit_code(err);
    }
    free(daemon);
    return exit_code;
}

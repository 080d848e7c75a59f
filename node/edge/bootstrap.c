#include "node/edge/bootstrap.h"

#include <stdlib.h>

#include "node/edge/dht_config.h"
#include "node/edge/log.h"
#include "node/edge/system.h"
#include "node/edge/table_file.h"

struct bootstrap {
    const struct vc_options *options;
    uv_loop_t loop;
    uv_timer_t timer;      /* what the DHT is due for */
    uv_check_t after_wait; /* closes the turn when the datagrams have come */
    uv_signal_t on_int, on_term, on_usr1;
    struct vc_udp udp;
    struct vc_alloc alloc;
    struct vc_dht *dht;
    size_t dht_bytes;
    bool has_loop;
};

static void save(struct bootstrap *bootstrap)
{
    struct vc_now now = vc_system_now();
    uint8_t bytes[VC_DHT_SAVED_MAX];
    size_t len = vc_dht_save(bootstrap->dht, &now, bytes, sizeof bytes);
    vc_err err =
        vc_table_file_save(bootstrap->options->dir, (struct vc_bytes){bytes, len});

    vc_wipe(bytes, sizeof bytes);
    if (err != VC_OK) { /* it goes on: others are there again soon */
        vc_log_failure(VC_LOG_WARN, "the known nodes cannot be saved", err);
    }
}

static void load(struct bootstrap *bootstrap, const struct vc_now *now)
{
    uint8_t bytes[VC_DHT_SAVED_MAX];
    size_t len;
    vc_err err = vc_table_file_load(bootstrap->options->dir, bytes, &len);

    if (err == VC_OK) {
        err = vc_dht_restore(bootstrap->dht, now, (struct vc_bytes){bytes, len});
        vc_wipe(bytes, sizeof bytes);
    }
    if (err != VC_OK && err != VC_ERR_NOT_FOUND) {
        vc_log_failure(VC_LOG_WARN, "the nodes of the last run are lost", err);
    }
}

static void take_outputs(struct bootstrap *bootstrap, const struct vc_now *now)
{
    struct vc_dht_output output;

    while (vc_dht_next(bootstrap->dht, now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM) {
            vc_udp_send(&bootstrap->udp, &output.addr, output.bytes);
        } else if (output.kind == VC_DHT_SAVE) {
            save(bootstrap);
        }
    }
}

static void turn(struct bootstrap *bootstrap);

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_after_wait(uv_check_t *check)
{
    turn(check->data);
}

static void turn(struct bootstrap *bootstrap)
{
    struct vc_now now = vc_system_now();
    vc_ms due;

    if (vc_dht_due(bootstrap->dht, &now) <= now.mono) {
        vc_dht_tick(bootstrap->dht, &now);
    }
    take_outputs(bootstrap, &now);
    vc_udp_flush(&bootstrap->udp);
    due = vc_dht_due(bootstrap->dht, &now);
    if (due == VC_NEVER) {
        (void)uv_timer_stop(&bootstrap->timer); /* cannot fail */
        return;
    }
    /* Cannot fail while the timer is not closing. */
    (void)uv_timer_start(&bootstrap->timer, on_timer,
                         due > now.mono ? due - now.mono : 0, 0);
}

static void on_datagram(void *ctx, const struct vc_addr *from, struct vc_bytes datagram)
{
    struct bootstrap *bootstrap = ctx;
    struct vc_now now = vc_system_now();

    (void)vc_dht_recv(bootstrap->dht, &now, from, datagram);
    take_outputs(bootstrap, &now); /* it holds few answers at a time */
}

static void say_status(const struct bootstrap *bootstrap)
{
    struct vc_now now = vc_system_now();
    struct vc_dht_status status;

    vc_dht_status(bootstrap->dht, &now, &status);
    vc_log(
        VC_LOG_INFO,
        "%u nodes known, about %llu in all; %u records; %llu datagrams in, %llu out, "
        "%llu answers; %llu KiB of memory",
        status.nodes, (unsigned long long)status.network_size, status.records,
        (unsigned long long)status.datagrams_in,
        (unsigned long long)status.datagrams_out, (unsigned long long)status.answers,
        (unsigned long long)vc_system_rss_bytes() / 1024);
}

static void on_signal(uv_signal_t *handle, int number)
{
    if (number == SIGUSR1) {
        say_status(handle->data);
    } else {
        uv_stop(handle->loop);
    }
}

static vc_err open_loop(struct bootstrap *bootstrap)
{
    uv_loop_t *loop = &bootstrap->loop;

    if (uv_loop_init(loop) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    bootstrap->has_loop = true;
    if (uv_timer_init(loop, &bootstrap->timer) != 0 ||
        uv_check_init(loop, &bootstrap->after_wait) != 0 ||
        uv_signal_init(loop, &bootstrap->on_int) != 0 ||
        uv_signal_init(loop, &bootstrap->on_term) != 0 ||
        uv_signal_init(loop, &bootstrap->on_usr1) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    bootstrap->timer.data = bootstrap->after_wait.data = bootstrap;
    bootstrap->on_usr1.data = bootstrap;
    if (uv_check_start(&bootstrap->after_wait, on_after_wait) != 0 ||
        uv_signal_start(&bootstrap->on_int, on_signal, SIGINT) != 0 ||
        uv_signal_start(&bootstrap->on_term, on_signal, SIGTERM) != 0 ||
        uv_signal_start(&bootstrap->on_usr1, on_signal, SIGUSR1) != 0) {
        return VC_ERR_IO;
    }
    return VC_OK;
}

static vc_err open_sockets(struct bootstrap *bootstrap)
{
    const struct vc_options *options = bootstrap->options;
    vc_err err = vc_udp_init(&bootstrap->udp);

    bootstrap->udp.on_datagram = on_datagram;
    bootstrap->udp.ctx = bootstrap;
    for (size_t i = 0; err == VC_OK && i < options->listen_count; i++) {
        err = vc_udp_bind(&bootstrap->udp, &bootstrap->loop, &options->listen[i]);
    }
    return err;
}

static vc_err open_dht(struct bootstrap *bootstrap)
{
    struct vc_now now = vc_system_now();
    struct vc_dht_config config;
    struct vc_secret32 seed;
    vc_err err = vc_system_seed(&seed);
    void *mem;

    if (err != VC_OK) {
        return err;
    }
    vc_dht_config_of(bootstrap->options, &bootstrap->udp, &config);
    bootstrap->alloc = vc_system_alloc();
    bootstrap->dht_bytes = vc_dht_footprint(&config);
    /* So large a piece is of fresh pages: zeroed, and in memory when they are used. */
    VC_CHECK(bootstrap->dht_bytes >= VC_NODE_ZEROED_FROM_BYTES);
    mem = bootstrap->alloc.resize(bootstrap->alloc.ctx, NULL, 0, bootstrap->dht_bytes);
    if (mem != NULL) {
        bootstrap->dht = vc_dht_init(mem, &config, &now, &seed);
    }
    vc_wipe(&seed, sizeof seed);
    if (mem == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    load(bootstrap, &now);
    for (size_t i = 0; i < bootstrap->options->door_count; i++) {
        vc_dht_enter(bootstrap->dht, &now, &bootstrap->options->doors[i], NULL);
    }
    return VC_OK;
}

static vc_err open_all(struct bootstrap *bootstrap)
{
    const char *step = "libsodium";
    vc_err err = vc_crypto_init();

    if (err == VC_OK) {
        step = "event loop";
        err = open_loop(bootstrap);
    }
    if (err == VC_OK) {
        step = "network";
        err = open_sockets(bootstrap);
    }
    if (err == VC_OK) {
        step = "DHT";
        err = open_dht(bootstrap);
    }
    if (err != VC_OK) {
        vc_log_failure(VC_LOG_ERROR, step, err);
    }
    return err;
}

static void close_all(struct bootstrap *bootstrap)
{
    vc_udp_close(&bootstrap->udp);
    if (bootstrap->has_loop) {
        vc_system_close_loop(&bootstrap->loop);
    }
    if (bootstrap->dht != NULL) {
        vc_dht_deinit(bootstrap->dht);
        (void)bootstrap->alloc.resize(bootstrap->alloc.ctx, bootstrap->dht,
                                      bootstrap->dht_bytes, 0);
    }
    free(bootstrap->udp.read_buffer);
}

/* With its address, as that is what its owner tells others. */
static void say_ready(const struct bootstrap *bootstrap)
{
    const struct vc_options *options = bootstrap->options;

    for (size_t i = 0; i < bootstrap->udp.count; i++) {
        char text[VC_ADDR_TEXT_MAX];

        vc_addr_format(&bootstrap->udp.sockets[i].bound, text);
        vc_log(VC_LOG_INFO, "ready: an entry point of %s%.*s at %s",
               options->is_private ? "the private network " : "the network ",
               (int)options->network_id_len, (const char *)options->network_id, text);
    }
    vc_system_notify("READY=1");
}

int vc_bootstrap_run(const struct vc_options *options)
{
    struct bootstrap *bootstrap = calloc(1, sizeof *bootstrap);
    vc_err err;

    if (bootstrap == NULL) {
        vc_log_failure(VC_LOG_ERROR, "start", VC_ERR_NO_MEMORY);
        return vc_err_exit_code(VC_ERR_NO_MEMORY);
    }
    bootstrap->options = options;
    vc_system_harden();
    err = open_all(bootstrap);
    if (err == VC_OK) {
        vc_udp_set_reading(&bootstrap->udp, true);
        turn(bootstrap);
        say_ready(bootstrap);
        (void)uv_run(&bootstrap->loop, UV_RUN_DEFAULT);
        vc_system_notify("STOPPING=1");
        save(bootstrap);
        say_status(bootstrap);
        vc_log(VC_LOG_INFO, "stopped");
    }
    close_all(bootstrap);
    free(bootstrap);
    return vc_err_exit_code(err);
}

/*
 * The turn: everything that one iteration of the loop brings, at one `now`.
 */
#include "node/edge/daemon.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"
#include "node/edge/shapes.h"
#include "node/edge/system.h"

static void fail_hard(struct vc_daemon *daemon, const char *what, vc_err err)
{
    vc_log_failure(VC_LOG_ERROR, what, err);
    daemon->exit_code = vc_err_exit_code(err);
    daemon->is_stopping = true;
    uv_stop(&daemon->loop);
}

/* The machines are ahead of the disk: build them again from what it holds. */
static void rebuild(struct vc_daemon *daemon, vc_err failure)
{
    vc_err err;

    vc_log_failure(VC_LOG_ERROR, "a commit failed, nothing new is accepted", failure);
    vc_control_server_failed(&daemon->control, failure);
    vc_methods_dht_end(daemon, failure);
    vc_node_deinit(daemon->node);
    daemon->node = NULL;
    vc_store_recover(daemon->store);
    daemon->committed = daemon->ticket; /* nothing is on its way any more */
    err = vc_daemon_start_node(daemon);
    if (err != VC_OK) {
        fail_hard(daemon, "the node cannot start again", err);
        return;
    }
    vc_udp_set_reading(&daemon->udp, true);
    daemon->control.has_work = true;
}

/* While it slept, the network may have changed and sessions have ended. */
static void look_at_sleep(struct vc_daemon *daemon)
{
    vc_ms before = daemon->asleep_ms;

    daemon->asleep_ms = vc_system_asleep_ms();
    if (daemon->asleep_ms > before + VC_EDGE_SLEEP_MS) {
        vc_log(VC_LOG_INFO, "this machine has slept for %llu s",
               (unsigned long long)(daemon->asleep_ms - before) / 1000);
        vc_node_moved(daemon->node, &daemon->now);
    }
}

/* A timer that fired a part of a millisecond early has put @now a little ahead. */
static void read_clocks(struct vc_daemon *daemon)
{
    vc_ms before = daemon->now.mono;

    daemon->now = vc_system_now();
    if (daemon->now.mono < before) {
        daemon->now.mono = before;
    }
}

/* Takes the store's progress. */
static void poll_store(struct vc_daemon *daemon)
{
    uint64_t committed;
    vc_err err = vc_node_poll(daemon->node, &daemon->now, &committed);

    if (err != VC_OK) {
        rebuild(daemon, err);
    } else if (committed > daemon->committed) {
        daemon->committed = committed;
        vc_udp_set_reading(&daemon->udp, true);
        vc_control_server_committed(&daemon->control, committed);
        daemon->control.has_work = true; /* there is room again, and there may be events */
    }
}

void vc_daemon_enter(struct vc_daemon *daemon)
{
    if (daemon->is_in_turn || daemon->node == NULL) {
        return;
    }
    daemon->is_in_turn = true;
    read_clocks(daemon);
    look_at_sleep(daemon);
    poll_store(daemon);
}

void vc_turn_wake(struct vc_daemon *daemon)
{
    if (!daemon->is_in_turn) {
        vc_daemon_enter(daemon);
    } else if (daemon->node != NULL) {
        poll_store(daemon); /* the commit ended after the turn had begun */
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct vc_daemon *daemon = vc_daemon_of(timer->data);
    vc_ms due = daemon->armed_for;

    daemon->armed_for = VC_NEVER;
    vc_daemon_enter(daemon);
    /* The loop's clock and ours do not tick at the same instant: without this the timer
     * might be set again for the rest of a millisecond. */
    if (daemon->now.mono < due && due - daemon->now.mono <= 1) {
        daemon->now.mono = due;
    }
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
        case VC_NODE_LOOKED:
            vc_methods_dht_looked(daemon, &output.dht);
            break;
        }
    }
}

void vc_turn_submit(struct vc_daemon *daemon)
{
    uint64_t ticket = vc_node_submit(daemon->node, &daemon->now);

    if (ticket != 0) {
        daemon->ticket = ticket;
    }
    vc_control_server_submitted(&daemon->control, daemon->ticket);
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
        ticket = daemon->ticket;
        take_outputs(daemon);
        vc_turn_submit(daemon);
    } while (ticket != daemon->ticket); /* what was submitted may let more out */
    vc_udp_flush(&daemon->udp);
    vc_control_server_flush(&daemon->control);
    arm(daemon);
    if (daemon->is_stopping && daemon->committed >= daemon->ticket) {
        uv_stop(&daemon->loop);
    }
}

void vc_turn_datagram(void *ctx, const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_daemon *daemon = vc_daemon_of(ctx);

    vc_daemon_enter(daemon);
    if (daemon->node == NULL) {
        return;
    }
    vc_node_recv(daemon->node, &daemon->now, from, datagram);
    if (vc_node_has_room(daemon->node)) {
        return;
    }
    vc_turn_submit(daemon); /* what fills the batch may be this turn itself */
    if (!vc_node_has_room(daemon->node) && vc_store_is_busy(daemon->store)) {
        vc_udp_set_reading(&daemon->udp, false); /* the rest waits in the kernel */
    }
}

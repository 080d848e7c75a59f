/*
 * The daemon: the node with a clock, sockets, a disk and a control socket around it.
 *
 * One thread, one loop.  What one iteration of the loop brings (datagrams, requests, a
 * finished commit, the timer) is one turn of the node (turn.c): vc_daemon_enter() opens it
 * with one `now`, and it is closed when the iteration's callbacks have run.
 */
#ifndef VC_NODE_EDGE_DAEMON_H
#define VC_NODE_EDGE_DAEMON_H

#include <uv.h>

#include "node/edge/control_server.h"
#include "node/edge/interfaces.h"
#include "node/edge/options.h"
#include "node/edge/udp.h"
#include "node/node.h"

#define VC_DAEMON_MAGIC 0x76656368u

struct vc_daemon {
    uint32_t magic; /* checked wherever a void pointer becomes a daemon */
    struct vc_options options;
    bool has_loop;
    uv_loop_t loop;
    uv_timer_t timer;        /* the one timer: what the node is due for */
    uv_timer_t settle;       /* runs only after a change of addresses, and while stopping */
    uv_prepare_t before_wait; /* close the turn: some callbacks run before the loop waits, */
    uv_check_t after_wait;    /* most after it */
    uv_async_t wake;         /* the store's writer has finished a commit */
    uv_signal_t on_int, on_term, on_hup;
    struct vc_udp udp;
    struct vc_interfaces interfaces;
    struct vc_control_server control;
    struct vc_store *store;
    struct vc_node *node; /* NULL only while it is built again, and at the end */
    struct vc_node_config node_config;
    struct vc_dht_config dht_config;
    struct vc_now now;    /* the turn's */
    bool is_in_turn, is_stopping;
    uint64_t ticket;      /* the last one that was given */
    uint64_t committed;   /* and the last that came back */
    struct vc_passphrase_change *passphrase_change; /* NULL: none is under way */
    struct vc_look *looks; /* lookups for clients, the newest first */
    vc_ms asleep_ms;      /* how long the machine has slept, as of the last turn */
    vc_ms started_at;     /* Unix */
    vc_ms armed_for;      /* what the timer is set to */
    int exit_code;
};

struct vc_daemon *vc_daemon_of(void *pointer);

/* Opens everything that @options name and runs until a signal or node.stop; gives the
 * process's exit code.  What went wrong has been said on stderr. */
int vc_daemon_run(const struct vc_options *options);

/* Builds the node from what the store holds. */
VC_NODISCARD vc_err vc_daemon_start_node(struct vc_daemon *daemon);
/* Tells the node under which addresses it can be reached. */
void vc_daemon_tell_addresses(struct vc_daemon *daemon);
/* Begins to stop: peers are told, the last commit is waited for, then the loop ends. */
void vc_daemon_stop(struct vc_daemon *daemon);

/* Opens a turn, unless one is open. */
void vc_daemon_enter(struct vc_daemon *daemon);
/* Closes it, if one is open: requests are carried out, writes become a batch, datagrams
 * and lines leave, the timer is armed. */
void vc_daemon_leave(struct vc_daemon *daemon);
/* The store's writer has finished a commit. */
void vc_turn_wake(struct vc_daemon *daemon);
/* Makes a batch of what the turn has written so far; the turn goes on. */
void vc_turn_submit(struct vc_daemon *daemon);
/* A datagram has come; for vc_udp.on_datagram. */
void vc_turn_datagram(void *ctx, const struct vc_addr *from, struct vc_bytes datagram);

#endif

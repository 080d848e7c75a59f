/*
 * The control socket: clients, their requests and replies, their subscriptions.
 *
 * A reply that promises something is parked until its turn is committed.  A client that
 * does not read cannot make veched grow: its replies are limited by not reading its further
 * requests, its events by reading them from the store only when it has taken the last ones.
 */
#ifndef VC_NODE_EDGE_CONTROL_SERVER_H
#define VC_NODE_EDGE_CONTROL_SERVER_H

#include <uv.h>

#include "node/chat/chat.h"
#include "node/control/control.h"
#include "node/edge/limits.h"

struct vc_daemon;
struct vc_control_server;

struct vc_client {
    uv_pipe_t pipe;
    struct vc_control_server *server;
    bool is_open;       /* the place is taken, until the pipe's last callback */
    bool is_closing;
    bool is_reading;
    bool is_stalled;    /* a request waits for room in the store */
    char *in;           /* a line that is not whole yet, and what came behind it */
    size_t in_len, in_room, in_at;
    size_t out_bytes;   /* given to the pipe and not taken yet */
    size_t parked;      /* replies that wait for a commit */
    bool is_subscribed;
    uint64_t event_cursor; /* the last event that was given to the pipe */
};

/* A reply that waits for its ticket. */
struct vc_parked_reply {
    struct vc_client *client; /* NULL: the client is gone */
    uint64_t ticket;          /* 0: the present turn, which has none yet */
    json_t *id;
    json_t *result;
};

struct vc_control_server {
    uv_pipe_t listener;
    struct vc_daemon *daemon;
    bool is_open;
    char path[108];
    struct vc_client *clients[VC_EDGE_CLIENTS_MAX];
    struct vc_parked_reply *parked; /* a ring */
    size_t parked_first, parked_count;
    bool has_work;      /* some client has requests or events left for another turn */
};

/* Listens at @path, which must not be answered by anybody; a stale socket is replaced.
 * VC_ERR_ADDRESS_IN_USE, VC_ERR_PERMISSION, VC_ERR_NO_MEMORY, VC_ERR_IO. */
VC_NODISCARD vc_err vc_control_server_open(struct vc_control_server *server,
                                           struct vc_daemon *daemon, const char *path);
void vc_control_server_close(struct vc_control_server *server);

/* Requests that waited for room are tried again, and events are handed on. */
void vc_control_server_resume(struct vc_control_server *server);
/* The turn's ticket is known: the replies parked in it get it. */
void vc_control_server_submitted(struct vc_control_server *server, uint64_t ticket);
/* Sends the replies whose tickets have come back. */
void vc_control_server_committed(struct vc_control_server *server, uint64_t ticket);
/* The commit failed: what was parked is answered with @err. */
void vc_control_server_failed(struct vc_control_server *server, vc_err err);
/* Tells all subscribers something that is not kept; takes over @params. */
void vc_control_server_tell(struct vc_control_server *server, json_t *params);

/* For methods: sends or parks. */
void vc_client_reply(struct vc_client *client, const json_t *id, json_t *result);
void vc_client_fail(struct vc_client *client, const json_t *id, vc_err err,
                    const char *detail);
VC_NODISCARD vc_err vc_client_park(struct vc_client *client, json_t *id, json_t *result);

#endif

/*
 * The control socket: who may connect, replies that wait for the disk, and events.
 *
 * A reply that promises something is parked until its turn is committed.  A client that
 * does not read cannot make veched grow: its replies are limited by not reading its further
 * requests, its events by reading them from the store only when it has taken the last ones.
 */
#ifndef VC_NODE_EDGE_CONTROL_SERVER_H
#define VC_NODE_EDGE_CONTROL_SERVER_H

#include "node/chat/chat.h"
#include "node/edge/client.h"

struct vc_daemon;

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
    bool has_waiting;   /* a connection that there was no place for, not even to say no */
    char path[108];
    struct vc_client clients[VC_EDGE_CLIENTS_MAX + 1]; /* the last: to say that it is full */
    struct vc_parked_reply *parked; /* a ring */
    size_t parked_first, parked_count;
    bool has_work;      /* some client has requests or events left for another turn */
};

/* Listens at @path, which must not be answered by anybody; a stale socket is replaced.
 * VC_ERR_ADDRESS_IN_USE, VC_ERR_PERMISSION, VC_ERR_NO_MEMORY, VC_ERR_IO. */
VC_NODISCARD vc_err vc_control_server_open(struct vc_control_server *server,
                                           struct vc_daemon *daemon, const char *path);
void vc_control_server_close(struct vc_control_server *server);

/* Requests are carried out and events handed on, as many as one turn may. */
void vc_control_server_resume(struct vc_control_server *server);
/* The turn's ticket is known: the replies parked in it get it. */
void vc_control_server_submitted(struct vc_control_server *server, uint64_t ticket);
/* Releases the replies whose tickets have come back. */
void vc_control_server_committed(struct vc_control_server *server, uint64_t ticket);
/* The commit failed: what was parked is answered with @err. */
void vc_control_server_failed(struct vc_control_server *server, vc_err err);
/* Tells all subscribers something that is not kept; takes over @params. */
void vc_control_server_tell(struct vc_control_server *server, json_t *params);
/* The turn's lines leave. */
void vc_control_server_flush(struct vc_control_server *server);

/* For clients.  Is there a place for another reply that waits? */
bool vc_control_server_has_place(const struct vc_control_server *server);
/* Parks a reply; takes over @result.  There is a place. */
void vc_control_server_park(struct vc_control_server *server, struct vc_client *client,
                            json_t *id, json_t *result);
/* A client closes: nothing is sent to it any more. */
void vc_control_server_forget(struct vc_control_server *server,
                              const struct vc_client *client);
/* A client is gone: its place is free. */
void vc_control_server_left(struct vc_control_server *server);

#endif

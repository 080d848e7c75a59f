/*
 * One program that talks to veched: its bytes in, its lines out.
 *
 * What comes is only gathered when it comes; requests are carried out at the end of the
 * turn, and what they are answered leaves with one write a turn.  A client that does not
 * read is not read either.
 */
#ifndef VC_NODE_EDGE_CLIENT_H
#define VC_NODE_EDGE_CLIENT_H

#include <uv.h>

#include "node/control/control.h"
#include "node/edge/limits.h"

struct vc_control_server;

struct vc_client_bytes {
    char *bytes;
    size_t len, room;
};

struct vc_client {
    uv_pipe_t pipe;
    uv_write_t write;
    struct vc_control_server *server;
    bool is_taken;      /* the place is taken, until the pipe's last callback */
    bool is_closing;
    bool is_reading;
    bool is_writing;    /* @leaving is with the pipe */
    struct vc_client_bytes in;       /* requests and the start of one */
    size_t in_seen;                  /* bytes of @in that hold no end of a line */
    struct vc_client_bytes gathered; /* lines of this turn, and what waits for @leaving */
    struct vc_client_bytes leaving;
    size_t parked;         /* replies that wait for a commit */
    bool is_subscribed;
    uint64_t event_cursor; /* the last event that was given */
};

/* Begins to read.  The pipe was accepted. */
void vc_client_open(struct vc_client *client);
/* Closes the connection; what is gathered is tried once. */
void vc_client_close(struct vc_client *client);

/* Carries out requests that have come, as many as this turn may. */
void vc_client_take_requests(struct vc_client *client);
/* Hands what is gathered to the pipe. */
void vc_client_flush(struct vc_client *client);
/* Bytes that the client has not taken yet. */
size_t vc_client_backlog(const struct vc_client *client);

/* Gathers a line; takes over @line.  NULL closes: a lost reply is worse than a lost
 * connection. */
void vc_client_write(struct vc_client *client, char *line, size_t len);
/* Takes over @result. */
void vc_client_reply(struct vc_client *client, const json_t *id, json_t *result);
void vc_client_fail(struct vc_client *client, const json_t *id, vc_err err,
                    const char *detail);

#endif

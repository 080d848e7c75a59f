/*
 * A connection to veched: one call at a time, and the events that come in between.
 */
#ifndef VC_CLI_CONNECTION_H
#define VC_CLI_CONNECTION_H

#include <sys/types.h>

#include "node/control/control.h"

/* A daemon that does not answer for so long is taken for stuck. */
#define VC_CONNECTION_CALL_MS 10000

struct vc_connection {
    int fd; /* -1: not connected */
    int64_t last_id;
    char *in; /* bytes that came; VC_CONTROL_LINE_MAX of room at most */
    size_t in_len, in_room;
    size_t in_used; /* of these, given out already */
    json_t *events; /* parameters of events that came during a call */
    struct vc_control_message failure; /* why the last call failed, as veched said it */
};

/* A connection that is not connected yet. */
void vc_connection_init(struct vc_connection *connection);
/*
 * Connects.  VC_ERR_NO_DAEMON: nobody listens; VC_ERR_PERMISSION; VC_ERR_USAGE: the path is
 * longer than a UNIX socket's may be.
 */
VC_NODISCARD vc_err vc_connection_open(struct vc_connection *connection,
                                       const char *path);
void vc_connection_close(struct vc_connection *connection);

/*
 * Calls a method and waits for its answer, at most VC_CONNECTION_CALL_MS.  Takes over @params
 * (NULL: none).  @ret_result, the caller's to let go, may be NULL.  An error of veched's is
 * also in connection->failure; VC_ERR_NO_DAEMON when it went away, VC_ERR_TIMEOUT, and
 * VC_ERR_VERSION when it does not speak this protocol.
 */
VC_NODISCARD vc_err vc_connection_call(struct vc_connection *connection,
                                       const char *method, json_t *params,
                                       json_t **ret_result);

/* Sends a call without waiting; its answer comes from vc_connection_next() with @ret_id. */
VC_NODISCARD vc_err vc_connection_send(struct vc_connection *connection,
                                       const char *method, json_t *params,
                                       int64_t *ret_id);

/*
 * The next thing that comes within @wait_ms (negative: for ever): an answer or an event.
 * VC_ERR_TIMEOUT, VC_ERR_NO_DAEMON when the connection ended.
 */
VC_NODISCARD vc_err vc_connection_next(struct vc_connection *connection, int wait_ms,
                                       struct vc_control_message *ret_message);

/* The next event within @wait_ms, its parameters the caller's to let go. */
VC_NODISCARD vc_err vc_connection_event(struct vc_connection *connection, int wait_ms,
                                        json_t **ret_params);

/* Is there something that vc_connection_next() can give without waiting for bytes? */
bool vc_connection_has_more(const struct vc_connection *connection);

/* Writes all of it. */
VC_NODISCARD vc_err vc_connection_write(struct vc_connection *connection,
                                        const char *bytes, size_t len);

/* Milliseconds of a clock that is never set back. */
vc_ms vc_connection_clock_ms(void);

#endif

/*
 * A connection to veched: one call at a time, and the events that come in between.
 */
#ifndef VC_CLI_CLIENT_H
#define VC_CLI_CLIENT_H

#include <sys/types.h>

#include "node/control/control.h"

/* A daemon that does not answer for so long is taken for stuck. */
#define VC_CLIENT_CALL_MS 10000

struct vc_client {
    int fd; /* -1: not connected */
    int64_t last_id;
    char *in; /* bytes that came; VC_CONTROL_LINE_MAX of room at most */
    size_t in_len, in_room;
    size_t in_used;                    /* of these, given out already */
    json_t *events;                    /* parameters of events that came during a call */
    struct vc_control_message failure; /* why the last call failed, as veched said it */
};

/* A client that is not connected yet. */
void vc_client_init(struct vc_client *client);
/*
 * Connects.  VC_ERR_NO_DAEMON: nobody listens; VC_ERR_PERMISSION; VC_ERR_USAGE: the path is
 * longer than a UNIX socket's may be.
 */
VC_NODISCARD vc_err vc_client_open(struct vc_client *client, const char *path);
void vc_client_close(struct vc_client *client);

/*
 * Calls a method and waits for its answer, at most VC_CLIENT_CALL_MS.  Takes over @params
 * (NULL: none).  @ret_result, the caller's to let go, may be NULL.  An error of veched's is
 * also in client->failure; VC_ERR_NO_DAEMON when it went away, VC_ERR_TIMEOUT, and
 * VC_ERR_VERSION when it does not speak this protocol.
 */
VC_NODISCARD vc_err vc_client_call(struct vc_client *client, const char *method,
                                   json_t *params, json_t **ret_result);

/* Sends a call without waiting; its answer comes from vc_client_next() with @ret_id. */
VC_NODISCARD vc_err vc_client_send(struct vc_client *client, const char *method,
                                   json_t *params, int64_t *ret_id);

/*
 * The next thing that comes within @wait_ms (negative: for ever): an answer or an event.
 * VC_ERR_TIMEOUT, VC_ERR_NO_DAEMON when the connection ended.
 */
VC_NODISCARD vc_err vc_client_next(struct vc_client *client, int wait_ms,
                                   struct vc_control_message *ret_message);

/* The next event within @wait_ms, its parameters the caller's to let go. */
VC_NODISCARD vc_err vc_client_event(struct vc_client *client, int wait_ms,
                                    json_t **ret_params);

/* Is there something that vc_client_next() can give without waiting for bytes? */
bool vc_client_has_more(const struct vc_client *client);

/* Writes all of it. */
VC_NODISCARD vc_err vc_client_write(struct vc_client *client, const char *bytes, size_t len);

/* Milliseconds of a clock that is never set back. */
vc_ms vc_client_clock_ms(void);

#endif

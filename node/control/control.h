/*
 * The control protocol: how programs on this machine talk to veched.
 *
 * JSON-RPC 2.0, one object per line, at most 1 MiB, over a UNIX stream socket.  One table
 * of methods and one of events: rpc.discover, the help, the documents and the API test are
 * made from them, and veched checks every request against them before it acts.
 *
 * Pure codec: no sockets, no clock.  node/CONTROL.md is the document for callers.
 */
#ifndef VC_NODE_CONTROL_CONTROL_H
#define VC_NODE_CONTROL_CONTROL_H

#include <jansson.h>

#include "crypto/base/base.h"
#include "crypto/base/err.h"

#define VC_CONTROL_API_VERSION 1
#define VC_CONTROL_LINE_MAX    1048576 /* bytes of a line, with its end: 1 MiB */
#define VC_CONTROL_PASSPHRASE_MAX 1024 /* bytes of a passphrase */
#define VC_CONTROL_TEXT_MAX    32768   /* bytes of a message's text: 32 KiB */

/* What a value may be.  An optional field may be absent or null; what a request says as
 * null is taken out of its parameters, so that veched sees only what is there. */
enum vc_control_type {
    VC_CONTROL_STRING, /* without U+0000 */
    VC_CONTROL_TEXT,   /* a string that may hold U+0000: use json_string_length() */
    VC_CONTROL_INTEGER,
    VC_CONTROL_BOOLEAN,
    VC_CONTROL_OBJECT, /* one of the named objects: see vc_control_field.object */
    VC_CONTROL_ARRAY   /* of such objects, or of strings when there is no name */
};

struct vc_control_field {
    const char *name;
    enum vc_control_type type;
    bool is_optional;
    const char *object; /* name in vc_control_objects, or NULL */
    int64_t min, max;   /* INTEGER: range; STRING, TEXT: bytes */
    const char *values; /* STRING: the words it may be, a blank between; NULL: any */
    const char *words;  /* what it is */
};

struct vc_control_object {
    const char *name;
    const struct vc_control_field *fields; /* ends with a NULL name */
    const char *words;
};

struct vc_control_method {
    const char *name;
    const struct vc_control_field *params;  /* ends with a NULL name */
    const struct vc_control_field *results; /* ends with a NULL name */
    const char *words;
};

struct vc_control_event {
    const char *kind;
    const struct vc_control_field *fields; /* beside seq, kind and at */
    const char *words;
};

/* Each ends with a NULL name. */
extern const struct vc_control_object vc_control_objects[];
extern const struct vc_control_method vc_control_methods[];
extern const struct vc_control_event vc_control_events[];

/* The place of a method in the table, or -1. */
int vc_control_method_find(const char *name);

/* A request, as it came. */
struct vc_control_request {
    json_t *id;     /* owned; NULL for a notification */
    int method;     /* place in the table */
    json_t *params; /* owned object, checked against the table; never NULL after OK */
};

/*
 * Reads one line, with or without its end.  On any error @ret_request holds the id if there
 * was one (else JSON null) so that it can be answered, and has to be cleared as well;
 * @ret_detail says which field and why, in valid UTF-8.  VC_ERR_BAD_REQUEST,
 * UNKNOWN_METHOD, BAD_PARAMS (unknown, missing, wrong type, out of range), NO_MEMORY.
 */
VC_NODISCARD vc_err vc_control_request_read(struct vc_bytes line,
                                            struct vc_control_request *ret_request,
                                            char *ret_detail, size_t detail_room);
void vc_control_request_clear(struct vc_control_request *request);

/*
 * The error object: in failures, and wherever an object tells why something is as it is.
 * @detail may be NULL.  NULL: no memory.
 */
json_t *vc_control_error(vc_err err, const char *detail);

/*
 * Each gives one line with its end, in memory of the caller's to free(); NULL: no memory,
 * or the line would be longer than VC_CONTROL_LINE_MAX.  They take over @result or
 * @params (NULL: an empty object), also when they give NULL.
 */
char *vc_control_reply(const json_t *id, json_t *result, size_t *ret_len);
char *vc_control_failure(const json_t *id, vc_err err, const char *detail,
                         size_t *ret_len);
char *vc_control_call(int64_t id, const char *method, json_t *params, size_t *ret_len);
char *vc_control_notify(const char *method, json_t *params, size_t *ret_len);

/* The client's side: what came back.  Result or event parameters are owned by the caller. */
struct vc_control_message {
    bool is_notification;
    int64_t id;
    char method[64];    /* notification */
    json_t *body;       /* result or params; NULL for an error */
    vc_err err;         /* from the error's stable name */
    char code_name[32]; /* error: its stable name as it came */
    char words[256];    /* error: what the other side says for a person; foreign text */
    char hint[256];
    char detail[512];
};
VC_NODISCARD vc_err vc_control_message_read(struct vc_bytes line,
                                            struct vc_control_message *ret_message);

/* The answer of rpc.discover: the whole table as JSON. */
json_t *vc_control_discover(void);

/* Does it have the fields that the table says, and no others?  For tests: what veched
 * says is checked against its own table. */
bool vc_control_result_fits(int method, const json_t *result, char *ret_detail,
                            size_t room);
bool vc_control_event_fits(const json_t *params, char *ret_detail, size_t room);

#endif

/*
 * What each method of the control protocol does.
 */
#ifndef VC_NODE_EDGE_METHODS_H
#define VC_NODE_EDGE_METHODS_H

#include "node/edge/control_server.h"

#define VC_DETAIL_MAX 256

struct vc_method_call {
    struct vc_daemon *daemon;
    struct vc_client *client;
    json_t *id;                 /* of the request; NULL: it wants no answer */
    const json_t *params;       /* checked against the table */
    json_t *result;             /* the method fills it; owned by the caller */
    bool is_durable;            /* the reply promises something: park it */
    bool is_later;              /* the method answers by itself when it is done */
    char detail[VC_DETAIL_MAX]; /* what to add to an error's words */
};

/* Carries out the method at this place of vc_control_methods. */
VC_NODISCARD vc_err vc_method_run(int method, struct vc_method_call *call);

/* Finds the contact that parameter "contact" names. */
VC_NODISCARD vc_err vc_method_contact(struct vc_method_call *call, uint32_t *ret_id);

typedef vc_err (*vc_method_fn)(struct vc_method_call *call);

/* The groups of methods: each finds its own by name, or NULL. */
vc_method_fn vc_methods_node(const char *name);
vc_method_fn vc_methods_identity(const char *name);
vc_method_fn vc_methods_people(const char *name);
vc_method_fn vc_methods_messages(const char *name);
vc_method_fn vc_methods_secret(const char *name);
vc_method_fn vc_methods_dht(const char *name);

/* The client is gone: what was to be answered later is not. */
void vc_methods_secret_forget(struct vc_daemon *daemon, const struct vc_client *client);
void vc_methods_dht_forget(struct vc_daemon *daemon, const struct vc_client *client);

/* The node has something to say about a lookup. */
void vc_methods_dht_looked(struct vc_daemon *daemon, const struct vc_dht_output *output);
/* There will be no more of it: whoever waits is answered with @err. */
void vc_methods_dht_end(struct vc_daemon *daemon, vc_err err);

#endif

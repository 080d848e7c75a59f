/*
 * The method that changes the passphrase.  To make a key of one takes a third of a second on
 * purpose, so another thread does it, one change at a time, and the answer comes when it is
 * done; the client may have left by then.
 */
#include <stdlib.h>
#include <string.h>

#include "node/edge/daemon.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"
#include "node/edge/passphrase.h"
#include "storage/lmdb.h"

struct vc_passphrase_change {
    uv_work_t work;
    struct vc_daemon *daemon;
    struct vc_client *client; /* NULL: it is gone */
    json_t *id;               /* NULL: it wants no answer */
    struct vc_passphrase old;
    struct vc_passphrase fresh;
    vc_err err;
};

/* On a thread of the pool; nobody else touches the change or the key's file meanwhile. */
static void change(uv_work_t *work)
{
    struct vc_passphrase_change *change = work->data;

    change->err = vc_lmdb_change_passphrase(change->daemon->options.dir,
                                            vc_passphrase_bytes(&change->old),
                                            vc_passphrase_bytes(&change->fresh));
}

static void free_change(struct vc_passphrase_change *change)
{
    json_decref(change->id);
    vc_wipe(change, sizeof *change);
    free(change);
}

static void answer(struct vc_passphrase_change *change)
{
    if (change->client == NULL || change->id == NULL) {
        return;
    }
    if (change->err == VC_OK) {
        vc_client_reply(change->client, change->id, json_object());
    } else {
        vc_client_fail(change->client, change->id, change->err, "");
    }
}

static void on_changed(uv_work_t *work, int status)
{
    struct vc_passphrase_change *change = work->data;
    struct vc_daemon *daemon = change->daemon;

    if (status != 0) {
        change->err = VC_ERR_BUSY; /* it was never begun */
    }
    if (change->err == VC_OK) {
        vc_log(VC_LOG_INFO, "the store's passphrase was %s",
               change->fresh.len > 0 ? "set" : "removed");
    }
    vc_daemon_enter(daemon); /* so that the answer leaves with the turn */
    answer(change);
    daemon->passphrase_change = NULL;
    free_change(change);
}

static void take(const json_t *params, const char *name, struct vc_passphrase *ret_passphrase)
{
    const json_t *value = json_object_get(params, name);

    if (value != NULL) {
        ret_passphrase->len = json_string_length(value);
        VC_CHECK(ret_passphrase->len <= sizeof ret_passphrase->bytes);
        memcpy(ret_passphrase->bytes, json_string_value(value), ret_passphrase->len);
    }
}

static vc_err run_passphrase(struct vc_method_call *call)
{
    struct vc_daemon *daemon = call->daemon;
    struct vc_passphrase_change *begun;

    if (daemon->passphrase_change != NULL) {
        return VC_ERR_BUSY;
    }
    begun = calloc(1, sizeof *begun);
    if (begun == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    begun->work.data = begun;
    begun->daemon = daemon;
    begun->client = call->client;
    begun->id = call->id != NULL ? json_incref(call->id) : NULL;
    take(call->params, "old", &begun->old);
    take(call->params, "new", &begun->fresh);
    if (uv_queue_work(&daemon->loop, &begun->work, change, on_changed) != 0) {
        free_change(begun);
        return VC_ERR_NO_MEMORY;
    }
    daemon->passphrase_change = begun;
    call->is_later = true;
    return VC_OK;
}

void vc_methods_secret_forget(struct vc_daemon *daemon, const struct vc_client *client)
{
    struct vc_passphrase_change *change = daemon->passphrase_change;

    if (change != NULL && change->client == client) {
        change->client = NULL;
    }
}

vc_method_fn vc_methods_secret(const char *name)
{
    return strcmp(name, "node.passphrase") == 0 ? run_passphrase : NULL;
}

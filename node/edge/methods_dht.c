/*
 * The methods that look into the DHT.  A lookup takes up to eight seconds, so its answer comes
 * when it is over; the client may have left by then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "node/edge/daemon.h"
#include "node/edge/dht_shapes.h"
#include "node/edge/methods.h"
#include "node/edge/shapes.h"

/* A lookup for a client. */
struct vc_look {
    struct vc_look *next;
    struct vc_client *client; /* NULL: it is gone */
    json_t *id;               /* NULL: it wants no answer */
    uint32_t ask;
    uint32_t contact; /* 0: it is a place that was asked for */
    struct vc_account_place place;
    vc_ms begun_at;
    vc_ms first_ms; /* until the first record, if there is one */
    bool has_record;
    uint8_t record[VC_DHT_RECORD_LEN]; /* the latest */
};

static void free_look(struct vc_look *look)
{
    json_decref(look->id);
    vc_wipe(look, sizeof *look);
    free(look);
}

static json_t *shape_record(struct vc_daemon *daemon, const struct vc_look *look)
{
    struct vc_bytes bytes = VC_BYTES(look->record);
    struct vc_account_record said;
    struct vc_dht_record record;
    bool is_read;

    if (!look->has_record || vc_dht_record_read(bytes, &record) != VC_OK) {
        return json_null();
    }
    is_read = look->contact != 0 &&
              vc_chat_contact_record(vc_node_chat(daemon->node), look->contact,
                                     &look->place, bytes, &said) == VC_OK;
    return vc_shape_dht_record(&record, is_read ? &said : NULL, look->first_ms);
}

static json_t *shape_result(struct vc_daemon *daemon, const struct vc_look *look,
                            const struct vc_dht_output *done)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:i}", "place",
        vc_shape_hex(look->place.place.b, sizeof look->place.place.b), "day",
        look->contact != 0 ? vc_shape_day(look->place.epoch) : json_null(), "failure",
        vc_shape_failure(look->has_record ? VC_OK : done->reason), "record",
        shape_record(daemon, look), "took_ms", (json_int_t)done->took_ms, "requests",
        (int)done->asked);
}

static void answer(struct vc_daemon *daemon, const struct vc_look *look,
                   const struct vc_dht_output *done)
{
    if (look->client != NULL && look->id != NULL) {
        vc_client_reply(look->client, look->id, shape_result(daemon, look, done));
    }
}

void vc_methods_dht_looked(struct vc_daemon *daemon, const struct vc_dht_output *output)
{
    struct vc_look **at = &daemon->looks;
    struct vc_look *look;

    while (*at != NULL && (*at)->ask != output->ask) {
        at = &(*at)->next;
    }
    look = *at;
    if (look == NULL) {
        return;
    }
    if (output->kind == VC_DHT_FOUND) {
        VC_CHECK(output->bytes.len == sizeof look->record);
        memcpy(look->record, output->bytes.data, sizeof look->record);
        if (!look->has_record) {
            look->first_ms = daemon->now.mono - look->begun_at;
        }
        look->has_record = true;
        return;
    }
    *at = look->next;
    answer(daemon, look, output);
    free_look(look);
}

void vc_methods_dht_end(struct vc_daemon *daemon, vc_err err)
{
    while (daemon->looks != NULL) {
        struct vc_look *look = daemon->looks;

        daemon->looks = look->next;
        if (look->client != NULL && look->id != NULL) {
            vc_client_fail(look->client, look->id, err, "");
        }
        free_look(look);
    }
}

void vc_methods_dht_forget(struct vc_daemon *daemon, const struct vc_client *client)
{
    for (struct vc_look *look = daemon->looks; look != NULL; look = look->next) {
        if (look->client == client) {
            look->client = NULL;
        }
    }
}

/* Where to look: exactly one of the two parameters says it. */
static vc_err find_place(struct vc_method_call *call, struct vc_look *look)
{
    const char *place = json_string_value(json_object_get(call->params, "place"));
    bool has_contact = json_object_get(call->params, "contact") != NULL;
    vc_err err;

    (void)snprintf(call->detail, sizeof call->detail,
                   "it needs a contact, or a place of 64 hexadecimal digits");
    if ((place != NULL) == has_contact) {
        return VC_ERR_BAD_PARAMS;
    }
    if (place != NULL) {
        err = vc_hex_decode(place, look->place.place.b, sizeof look->place.place.b);
        return err == VC_OK ? VC_OK : VC_ERR_BAD_PARAMS;
    }
    call->detail[0] = '\0';
    err = vc_method_contact(call, &look->contact);
    return err != VC_OK
               ? err
               : vc_chat_contact_place(vc_node_chat(call->daemon->node),
                                       &call->daemon->now, look->contact, &look->place);
}

static vc_err run_lookup(struct vc_method_call *call)
{
    struct vc_daemon *daemon = call->daemon;
    struct vc_look *look = calloc(1, sizeof *look);
    vc_err err;

    if (look == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = find_place(call, look);
    if (err == VC_OK) {
        err = vc_node_look(daemon->node, &daemon->now, &look->place.place, &look->ask);
    }
    if (err != VC_OK) {
        free_look(look);
        return err;
    }
    look->client = call->client;
    look->id = call->id != NULL ? json_incref(call->id) : NULL;
    look->begun_at = daemon->now.mono;
    look->next = daemon->looks;
    daemon->looks = look;
    call->is_later = true;
    return VC_OK;
}

static vc_err run_table(struct vc_method_call *call)
{
    struct vc_dht *dht = vc_node_dht(call->daemon->node);
    json_t *list = json_array();
    struct vc_dht_node node;

    for (uint32_t i = 0; vc_dht_node_at(dht, i, &node); i++) {
        json_array_append_new(list, vc_shape_dht_node(&node, &call->daemon->now));
    }
    return json_object_set_new(call->result, "nodes", list) == 0 ? VC_OK
                                                                 : VC_ERR_NO_MEMORY;
}

vc_method_fn vc_methods_dht(const char *name)
{
    return strcmp(name, "dht.lookup") == 0  ? run_lookup
           : strcmp(name, "dht.table") == 0 ? run_table
                                            : NULL;
}

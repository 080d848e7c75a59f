#include <stdio.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "node/edge/daemon.h"
#include "node/edge/methods.h"
#include "node/edge/shapes.h"

#define DEFAULT_LIST_LIMIT 50

/* A page stops here whatever its number of messages: a reply is one line of 1 MiB, and one
 * message of control characters takes 200 KiB of it. */
#define LIST_BYTES_MAX ((size_t)600 * 1024)
#define SHAPE_BYTES 700 /* what stands around a text */

static struct vc_chat *chat_of(struct vc_method_call *call)
{
    return vc_node_chat(call->daemon->node);
}

static vc_err give_message(struct vc_method_call *call, const struct vc_message *message)
{
    json_t *shape = vc_shape_message(chat_of(call), &call->daemon->now, message);

    return json_object_set_new(call->result, "message", shape) == 0 ? VC_OK
                                                                    : VC_ERR_NO_MEMORY;
}

static struct vc_bytes string_param(struct vc_method_call *call, const char *name)
{
    const json_t *value = json_object_get(call->params, name);

    if (value == NULL) {
        return (struct vc_bytes){0};
    }
    return (struct vc_bytes){(const uint8_t *)json_string_value(value),
                             json_string_length(value)};
}

static vc_err run_send(struct vc_method_call *call)
{
    struct vc_message message;
    uint32_t contact;
    vc_err err = vc_method_contact(call, &contact);

    if (err == VC_OK) {
        err = vc_chat_send_text(chat_of(call), &call->daemon->now, contact,
                                string_param(call, "text"), string_param(call, "token"),
                                &message);
    }
    if (err != VC_OK) {
        return err;
    }
    call->is_durable = true;
    return give_message(call, &message);
}

/* Reads the 64 hex letters of a message id. */
static vc_err id_param(struct vc_method_call *call, const char *name,
                       struct vc_hash32 *ret_id)
{
    struct vc_bytes text = string_param(call, name);

    if (text.len != 64 ||
        vc_hex_decode((const char *)text.data, ret_id->b, sizeof ret_id->b) != VC_OK) {
        (void)snprintf(call->detail, sizeof call->detail, "%s: 64 hex letters", name);
        return VC_ERR_BAD_PARAMS;
    }
    return VC_OK;
}

static vc_err find_message(struct vc_method_call *call, struct vc_message *ret_message)
{
    struct vc_hash32 id;
    vc_err err = id_param(call, "id", &id);

    return err != VC_OK ? err : vc_chat_message_by_id(chat_of(call), &id, ret_message);
}

static vc_err run_get(struct vc_method_call *call)
{
    struct vc_message message;
    vc_err err = find_message(call, &message);

    return err != VC_OK ? err : give_message(call, &message);
}

static vc_err run_abandon(struct vc_method_call *call)
{
    struct vc_message message;
    vc_err err = find_message(call, &message);

    if (err == VC_OK) {
        err = vc_chat_abandon(chat_of(call), &call->daemon->now, message.contact,
                              message.ref);
    }
    if (err == VC_OK) {
        err = vc_chat_message(chat_of(call), message.contact, message.ref, &message);
    }
    if (err != VC_OK) {
        return err;
    }
    call->is_durable = true;
    return give_message(call, &message);
}

struct page {
    struct vc_method_call *call;
    json_t *messages;
    size_t limit, bytes;
    bool is_reverse, has_more;
    vc_err err;
};

/* Bytes of @text as JSON writes it. */
static size_t escaped_len(struct vc_bytes text)
{
    size_t len = text.len;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ') {
            len += 5;
        } else if (text.data[i] == '"' || text.data[i] == '\\') {
            len++;
        }
    }
    return len;
}

static bool add_to_page(void *ctx, const struct vc_message *message)
{
    struct page *page = ctx;
    json_t *shape;

    if (json_array_size(page->messages) == page->limit || page->bytes > LIST_BYTES_MAX) {
        page->has_more = true;
        return false;
    }
    page->bytes += SHAPE_BYTES + escaped_len(message->body);
    shape = vc_shape_message(chat_of(page->call), &page->call->daemon->now, message);
    /* The page is in the conversation's order whichever end it began at. */
    if ((page->is_reverse ? json_array_insert_new(page->messages, 0, shape)
                          : json_array_append_new(page->messages, shape)) != 0) {
        page->err = VC_ERR_NO_MEMORY;
        return false;
    }
    return true;
}

static vc_err run_list(struct vc_method_call *call)
{
    const json_t *limit = json_object_get(call->params, "limit");
    struct page page = {.call = call, .messages = json_array(), .is_reverse = true};
    struct vc_history history = {.is_reverse = true, .on_message = add_to_page, .ctx = &page};
    struct vc_hash32 from;
    vc_err err = vc_method_contact(call, &history.contact);

    page.limit = limit != NULL ? (size_t)json_integer_value(limit) : DEFAULT_LIST_LIMIT;
    if (err == VC_OK && json_object_get(call->params, "before") != NULL) {
        err = id_param(call, "before", &from);
        history.from = &from;
    } else if (err == VC_OK && json_object_get(call->params, "after") != NULL) {
        err = id_param(call, "after", &from);
        history.from = &from;
        history.is_reverse = page.is_reverse = false;
    }
    if (err == VC_OK) {
        err = vc_chat_history(chat_of(call), &history);
    }
    if (err == VC_OK) {
        err = page.err;
    }
    if (err != VC_OK) {
        json_decref(page.messages);
        return err;
    }
    json_object_set_new(call->result, "messages", page.messages);
    json_object_set_new(call->result, "more", json_boolean(page.has_more));
    return VC_OK;
}

static vc_err run_mark_read(struct vc_method_call *call)
{
    uint32_t contact;
    vc_err err = vc_method_contact(call, &contact);

    call->is_durable = true;
    return err != VC_OK ? err
                        : vc_chat_mark_read(chat_of(call), &call->daemon->now, contact);
}

static vc_err run_subscribe(struct vc_method_call *call)
{
    const json_t *since = json_object_get(call->params, "since");
    uint64_t first = vc_chat_event_first(chat_of(call));
    uint64_t last = vc_chat_event_last(chat_of(call));

    if (since != NULL && (uint64_t)json_integer_value(since) + 1 < first) {
        return VC_ERR_GAP;
    }
    call->client->is_subscribed = true;
    call->client->event_cursor =
        since != NULL && (uint64_t)json_integer_value(since) < last
            ? (uint64_t)json_integer_value(since)
            : last;
    call->client->server->has_work = true;
    json_object_set_new(call->result, "first", json_integer((json_int_t)first));
    json_object_set_new(call->result, "last", json_integer((json_int_t)last));
    return VC_OK;
}

static vc_err run_unsubscribe(struct vc_method_call *call)
{
    call->client->is_subscribed = false;
    return VC_OK;
}

vc_method_fn vc_methods_messages(const char *name)
{
    static const struct {
        const char *name;
        vc_method_fn run;
    } methods[] = {
        {"messages.send", run_send},           {"messages.list", run_list},
        {"messages.get", run_get},             {"messages.mark_read", run_mark_read},
        {"messages.abandon", run_abandon},     {"events.subscribe", run_subscribe},
        {"events.unsubscribe", run_unsubscribe},
    };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].run;
        }
    }
    return NULL;
}

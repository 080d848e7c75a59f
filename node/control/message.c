/*
 * The lines that go out, and what a client makes of the ones that come back.
 */
#include "node/control/fields.h"

#include <string.h>

/* Numbers that JSON-RPC 2.0 keeps for itself; all other errors go by their own. */
static int code_of(vc_err err)
{
    switch ((int)err) {
    case VC_ERR_BAD_REQUEST:
        return -32600;
    case VC_ERR_UNKNOWN_METHOD:
        return -32601;
    case VC_ERR_BAD_PARAMS:
        return -32602;
    case VC_ERR_INTERNAL:
        return -32603;
    default:
        return (int)err;
    }
}

json_t *vc_control_error(vc_err err, const char *detail)
{
    /* What is not UTF-8 is left out: the rest is worth more than nothing. */
    json_t *words = detail == NULL || detail[0] == '\0' ? NULL : json_string(detail);

    if (words == NULL)
        return json_pack("{s:i, s:s, s:s, s:s}", "code", code_of(err), "name",
                         vc_err_name(err), "message", vc_err_words(err), "hint",
                         vc_err_hint(err));
    return json_pack("{s:i, s:s, s:s, s:s, s:o}", "code", code_of(err), "name",
                     vc_err_name(err), "message", vc_err_words(err), "hint",
                     vc_err_hint(err), "detail", words);
}

/* Gives @root as one line, and lets it go. */
static char *line_of(json_t *root, size_t *ret_len)
{
    json_malloc_t take;
    json_free_t give;

    if (root == NULL)
        return NULL;
    json_get_alloc_funcs(&take, &give);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        return NULL;
    size_t len = strlen(text);
    char *line = len + 1 > VC_CONTROL_LINE_MAX ? NULL : take(len + 2);
    if (line != NULL) {
        memcpy(line, text, len);
        line[len] = '\n';
        line[len + 1] = '\0';
        *ret_len = len + 1;
    }
    give(text);
    return line;
}

static json_t *id_of(const json_t *id)
{
    return id == NULL ? json_null() : json_incref((json_t *)(uintptr_t)id);
}

char *vc_control_reply(const json_t *id, json_t *result, size_t *ret_len)
{
    if (result == NULL)
        result = json_object();
    return line_of(json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id_of(id),
                             "result", result),
                   ret_len);
}

char *vc_control_failure(const json_t *id, vc_err err, const char *detail,
                         size_t *ret_len)
{
    VC_CHECK(err != VC_OK);
    return line_of(json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id_of(id),
                             "error", vc_control_error(err, detail)),
                   ret_len);
}

char *vc_control_call(int64_t id, const char *method, json_t *params, size_t *ret_len)
{
    if (params == NULL)
        params = json_object();
    return line_of(json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
                             (json_int_t)id, "method", method, "params", params),
                   ret_len);
}

char *vc_control_notify(const char *method, json_t *params, size_t *ret_len)
{
    if (params == NULL)
        params = json_object();
    return line_of(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method,
                             "params", params),
                   ret_len);
}

/* Copies a string out of @object; empty when there is none. */
static void text_read(const json_t *object, const char *key, char *ret_text,
                      size_t room)
{
    const char *text = json_string_value(json_object_get(object, key));

    vc_control_say(ret_text, room, "%s", text == NULL ? "" : text);
}

static vc_err notification_read(const json_t *root, struct vc_control_message *message)
{
    const char *method = json_string_value(json_object_get(root, "method"));
    json_t *params = json_object_get(root, "params");

    if (method == NULL || strlen(method) >= sizeof(message->method) ||
        !json_is_object(params))
        return VC_ERR_MALFORMED;
    message->is_notification = true;
    memcpy(message->method, method, strlen(method) + 1);
    message->body = json_incref(params);
    return VC_OK;
}

static vc_err reply_read(const json_t *root, struct vc_control_message *message)
{
    const json_t *id = json_object_get(root, "id");
    json_t *result = json_object_get(root, "result");
    const json_t *error = json_object_get(root, "error");

    if (!json_is_integer(id) && !json_is_null(id))
        return VC_ERR_MALFORMED;
    message->id =
        json_integer_value(id); /* null: a request that could not be read: 0 */
    if (json_is_object(result) && error == NULL && json_is_integer(id)) {
        message->body = json_incref(result);
        return VC_OK;
    }
    if (!json_is_object(error) || result != NULL)
        return VC_ERR_MALFORMED;
    text_read(error, "name", message->code_name, sizeof(message->code_name));
    text_read(error, "message", message->words, sizeof(message->words));
    text_read(error, "hint", message->hint, sizeof(message->hint));
    text_read(error, "detail", message->detail, sizeof(message->detail));
    message->err = vc_err_from_name(message->code_name);
    if (message->err == VC_OK)
        message->err = VC_ERR_INTERNAL; /* an error named "ok" is none that we know */
    return VC_OK;
}

vc_err vc_control_message_read(struct vc_bytes line,
                               struct vc_control_message *ret_message)
{
    struct vc_control_message message = {0};
    json_error_t trouble;

    if (line.len > VC_CONTROL_LINE_MAX)
        return VC_ERR_MALFORMED;
    json_t *root = json_loadb((const char *)line.data, line.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &trouble);
    if (root == NULL && json_error_code(&trouble) == json_error_out_of_memory)
        return VC_ERR_NO_MEMORY;
    const char *version = json_string_value(json_object_get(root, "jsonrpc"));
    vc_err err = VC_ERR_MALFORMED;
    if (version != NULL && strcmp(version, "2.0") == 0)
        err = json_object_get(root, "method") != NULL
                  ? notification_read(root, &message)
                  : reply_read(root, &message);
    json_decref(root);
    if (err == VC_OK)
        *ret_message = message;
    return err;
}

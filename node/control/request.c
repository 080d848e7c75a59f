/*
 * A request as it comes to veched: one line, checked against the table before anybody acts
 * on it.
 */
#include "node/control/fields.h"

#include <string.h>

/* An id comes back in the reply, so it must not be able to make that too long. */
#define ID_BYTES_MAX 128

int vc_control_method_find(const char *name)
{
    for (int i = 0; vc_control_methods[i].name != NULL; i++) {
        if (strcmp(vc_control_methods[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* Takes the id out of a request, so that whatever is wrong with the rest can be answered. */
static vc_err id_read(const json_t *root, json_t **ret_id, char *ret_detail,
                      size_t room)
{
    json_t *id = json_object_get(root, "id");

    if (id == NULL)
        return VC_OK;
    bool is_id = json_is_integer(id) || json_is_null(id) ||
                 (json_is_string(id) && json_string_length(id) <= ID_BYTES_MAX);
    if (!is_id) {
        vc_control_say(ret_detail, room,
                       "id: it has to be an integer or a string of at"
                       " most 128 bytes");
        return VC_ERR_BAD_REQUEST;
    }
    *ret_id = json_incref(id);
    return VC_OK;
}

/* Is the envelope what JSON-RPC 2.0 says?  Gives the method's name, borrowed. */
static vc_err envelope_read(const json_t *root, const char **ret_method,
                            char *ret_detail, size_t room)
{
    const char *version = json_string_value(json_object_get(root, "jsonrpc"));
    const char *method = json_string_value(json_object_get(root, "method"));
    const char *key;
    json_t *value;

    if (version == NULL || strcmp(version, "2.0") != 0) {
        vc_control_say(ret_detail, room, "jsonrpc: it has to be \"2.0\"");
        return VC_ERR_BAD_REQUEST;
    }
    if (method == NULL) {
        vc_control_say(ret_detail, room, "method: it has to be a string");
        return VC_ERR_BAD_REQUEST;
    }
    json_object_foreach((json_t *)(uintptr_t)root, key, value)
    {
        if (strcmp(key, "jsonrpc") != 0 && strcmp(key, "id") != 0 &&
            strcmp(key, "method") != 0 && strcmp(key, "params") != 0) {
            vc_control_say(ret_detail, room,
                           "only jsonrpc, id, method and params are known");
            return VC_ERR_BAD_REQUEST;
        }
    }
    *ret_method = method;
    return VC_OK;
}

/* Gives the parameters, checked and without nulls. */
static vc_err params_read(const json_t *root, int method, json_t **ret_params,
                          char *ret_detail, size_t room)
{
    json_t *params = json_object_get(root, "params");
    const char *key;
    json_t *value;
    void *next;

    params = params == NULL ? json_object() : json_incref(params);
    if (params == NULL)
        return VC_ERR_NO_MEMORY;
    if (!vc_control_fields_fit(vc_control_methods[method].params, params, NULL,
                               ret_detail, room)) {
        json_decref(params);
        return VC_ERR_BAD_PARAMS;
    }
    json_object_foreach_safe(params, next, key, value)
    {
        if (json_is_null(value))
            (void)json_object_del(params, key); /* it is there: we are looking at it */
    }
    *ret_params = params;
    return VC_OK;
}

static vc_err root_read(const json_t *root, struct vc_control_request *request,
                        char *ret_detail, size_t room)
{
    const char *method = NULL;

    vc_err err = id_read(root, &request->id, ret_detail, room);
    if (err == VC_OK)
        err = envelope_read(root, &method, ret_detail, room);
    if (err != VC_OK)
        return err;
    request->method = vc_control_method_find(method);
    if (request->method < 0) {
        vc_control_say(ret_detail, room, "%.40s", method);
        return VC_ERR_UNKNOWN_METHOD;
    }
    return params_read(root, request->method, &request->params, ret_detail, room);
}

vc_err vc_control_request_read(struct vc_bytes line,
                               struct vc_control_request *ret_request, char *ret_detail,
                               size_t detail_room)
{
    json_error_t trouble;
    vc_err err;

    VC_CHECK(detail_room > 0);
    *ret_request = (struct vc_control_request){.method = -1};
    ret_detail[0] = '\0';
    if (line.len > VC_CONTROL_LINE_MAX) {
        vc_control_say(ret_detail, detail_room, "it is longer than 1 MiB");
        ret_request->id = json_null();
        return VC_ERR_BAD_REQUEST;
    }
    json_t *root = json_loadb((const char *)line.data, line.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &trouble);
    if (root == NULL) {
        err = json_error_code(&trouble) == json_error_out_of_memory
                  ? VC_ERR_NO_MEMORY
                  : VC_ERR_BAD_REQUEST;
        vc_control_say(ret_detail, detail_room, "at byte %d it is not JSON",
                       trouble.position);
    } else if (!json_is_object(root)) {
        err = VC_ERR_BAD_REQUEST;
        vc_control_say(ret_detail, detail_room, "one object a line, no batches");
    } else {
        err = root_read(root, ret_request, ret_detail, detail_room);
    }
    if (err != VC_OK && ret_request->id == NULL)
        ret_request->id = json_null();
    json_decref(root);
    return err;
}

void vc_control_request_clear(struct vc_control_request *request)
{
    json_decref(request->id);
    json_decref(request->params);
    *request = (struct vc_control_request){.method = -1};
}

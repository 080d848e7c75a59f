#include "node/edge/methods.h"

#include <stdio.h>
#include <string.h>

#include "node/edge/daemon.h"

vc_err vc_method_run(int method, struct vc_method_call *call)
{
    const char *name = vc_control_methods[method].name;
    vc_method_fn run = vc_methods_node(name);

    if (run == NULL) {
        run = vc_methods_identity(name);
    }
    if (run == NULL) {
        run = vc_methods_people(name);
    }
    if (run == NULL) {
        run = vc_methods_messages(name);
    }
    if (run == NULL) {
        run = vc_methods_secret(name);
    }
    if (run == NULL) {
        run = vc_methods_dht(name);
    }
    if (run == NULL) {
        return VC_ERR_UNKNOWN_METHOD;
    }
    return run(call);
}

vc_err vc_method_contact(struct vc_method_call *call, uint32_t *ret_id)
{
    const char *text = json_string_value(json_object_get(call->params, "contact"));
    vc_err err = vc_chat_contact_find(vc_node_chat(call->daemon->node), text, ret_id);

    if (err != VC_OK) {
        (void)snprintf(call->detail, sizeof call->detail, "%.*s", VC_NAME_MAX, text);
    }
    return err;
}

#include <stdlib.h>
#include <string.h>

#include "node/edge/daemon.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"
#include "node/edge/report.h"

#define DEFAULT_LOG_LINES 100

static vc_err run_discover(struct vc_method_call *call)
{
    json_t *table = vc_control_discover();
    int updated = table != NULL ? json_object_update(call->result, table) : -1;

    json_decref(table);
    json_object_set_new(call->result, "version", json_string(VC_VERSION));
    return updated == 0 ? VC_OK : VC_ERR_NO_MEMORY;
}

static vc_err run_status(struct vc_method_call *call)
{
    return vc_report_status(call->daemon, call->result);
}

static vc_err run_stop(struct vc_method_call *call)
{
    vc_daemon_stop(call->daemon);
    return VC_OK;
}

static void add_line(void *ctx, const char *line)
{
    json_array_append_new(ctx, json_string(line));
}

static vc_err run_log(struct vc_method_call *call)
{
    const json_t *lines = json_object_get(call->params, "lines");
    const char *name = json_string_value(json_object_get(call->params, "level"));
    enum vc_log_level level = VC_LOG_DEBUG;
    json_t *list = json_array();

    if (name != NULL && !vc_log_level_parse(name, &level)) {
        json_decref(list);
        return VC_ERR_BAD_PARAMS;
    }
    vc_log_kept(level,
                lines != NULL ? (size_t)json_integer_value(lines) : DEFAULT_LOG_LINES,
                add_line, list);
    return json_object_set_new(call->result, "lines", list) == 0 ? VC_OK
                                                                 : VC_ERR_NO_MEMORY;
}

static vc_err run_report(struct vc_method_call *call)
{
    char *text = vc_report_text(call->daemon);
    int set = text != NULL ? json_object_set_new(call->result, "text", json_string(text)) : -1;

    free(text);
    return set == 0 ? VC_OK : VC_ERR_NO_MEMORY;
}

static vc_err run_owner_set(struct vc_method_call *call)
{
    struct vc_chat *chat = vc_node_chat(call->daemon->node);
    const json_t *name = json_object_get(call->params, "name");
    const json_t *receipts = json_object_get(call->params, "read_receipts");
    struct vc_owner owner;
    vc_err err = VC_OK;

    if (name != NULL) {
        err = vc_chat_set_name(chat, &call->daemon->now, json_string_value(name));
    }
    if (err == VC_OK && receipts != NULL) {
        err = vc_chat_set_read_receipts(chat, &call->daemon->now, json_is_true(receipts));
    }
    if (err != VC_OK) {
        return err;
    }
    call->is_durable = true;
    vc_chat_owner(chat, &owner);
    json_object_set_new(call->result, "name", json_string(owner.name));
    json_object_set_new(call->result, "read_receipts",
                        json_boolean(owner.sends_read_receipts));
    return VC_OK;
}

vc_method_fn vc_methods_node(const char *name)
{
    static const struct {
        const char *name;
        vc_method_fn run;
    } methods[] = {
        {"rpc.discover", run_discover}, {"node.status", run_status},
        {"node.stop", run_stop},        {"node.log", run_log},
        {"node.report", run_report},    {"owner.set", run_owner_set},
    };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].run;
        }
    }
    return NULL;
}

/*
 * The table as JSON: what rpc.discover answers.
 */
#include "node/control/fields.h"

static const char *type_name(enum vc_control_type type)
{
    static const char *const names[] = {
        [VC_CONTROL_STRING] = "string",   [VC_CONTROL_TEXT] = "string",
        [VC_CONTROL_INTEGER] = "integer", [VC_CONTROL_BOOLEAN] = "boolean",
        [VC_CONTROL_OBJECT] = "object",   [VC_CONTROL_ARRAY] = "array"};
    return names[type];
}

static json_t *field_json(const struct vc_control_field *f)
{
    json_t *field =
        json_pack("{s:s, s:s, s:b, s:s*}", "name", f->name, "type", type_name(f->type),
                  "optional", (int)f->is_optional, "object", f->object);
    int failed = 0;

    if (f->values != NULL) {
        failed |= json_object_set_new(field, "values", json_string(f->values));
    } else if (f->type == VC_CONTROL_STRING || f->type == VC_CONTROL_TEXT ||
               f->type == VC_CONTROL_INTEGER) {
        failed |= json_object_set_new(field, "min", json_integer(f->min));
        failed |= json_object_set_new(field, "max", json_integer(f->max));
    }
    failed |= json_object_set_new(field, "words", json_string(f->words));
    if (failed == 0)
        return field;
    json_decref(field);
    return NULL;
}

static json_t *fields_json(const struct vc_control_field *fields)
{
    json_t *array = json_array();

    for (; fields->name != NULL; fields++) {
        if (json_array_append_new(array, field_json(fields)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Appends what json_pack() made; a NULL on the way makes the whole NULL. */
static bool append(json_t *array, json_t *part)
{
    return json_array_append_new(array, part) == 0;
}

static json_t *methods_json(void)
{
    json_t *array = json_array();

    for (const struct vc_control_method *m = vc_control_methods; m->name != NULL; m++) {
        if (!append(array, json_pack("{s:s, s:s, s:o, s:o}", "name", m->name, "words",
                                     m->words, "params", fields_json(m->params),
                                     "results", fields_json(m->results)))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *objects_json(void)
{
    json_t *array = json_array();

    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        if (!append(array, json_pack("{s:s, s:s, s:o}", "name", o->name, "words",
                                     o->words, "fields", fields_json(o->fields)))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *events_json(void)
{
    json_t *array = json_array();

    for (const struct vc_control_event *e = vc_control_events; e->kind != NULL; e++) {
        if (!append(array, json_pack("{s:s, s:s, s:o}", "kind", e->kind, "words",
                                     e->words, "fields", fields_json(e->fields)))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *errors_json(void)
{
    json_t *array = json_array();

    for (int code = -1; code >= VC_ERR_LAST; code--) {
        json_t *part = vc_control_error((vc_err)code, NULL);
        int failed = json_object_set_new(part, "exit_code",
                                         json_integer(vc_err_exit_code((vc_err)code)));
        if (!append(array, part) || failed != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *vc_control_discover(void)
{
    return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "api", VC_CONTROL_API_VERSION,
                     "version", VC_VERSION, "methods", methods_json(), "objects",
                     objects_json(), "events", events_json(), "errors", errors_json());
}

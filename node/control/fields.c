/*
 * The check of JSON values against the table.
 */
#include "node/control/fields.h"

#include <stdio.h>
#include <string.h>

/* A name that somebody sent is quoted at most so far. */
#define QUOTED_BYTES_MAX 40

void vc_control_say(char *ret_detail, size_t room, const char *format, ...)
{
    va_list args;

    if (room == 0)
        return;
    va_start(args, format);
    int wanted = vsnprintf(ret_detail, room, format, args);
    va_end(args);
    if (wanted < 0)
        ret_detail[0] = '\0';
    if (wanted < 0 || (size_t)wanted < room)
        return;
    size_t end = room - 1;
    while (end > 0 && ((uint8_t)ret_detail[end - 1] & 0xc0) == 0x80)
        end--;
    /* What stands before the continuation bytes is their lead: it goes with them. */
    if (end > 0 && (uint8_t)ret_detail[end - 1] >= 0xc0)
        end--;
    ret_detail[end] = '\0';
}

/* How much of @text is quoted: whole characters. */
static int quoted_len(const char *text)
{
    size_t len = strnlen(text, QUOTED_BYTES_MAX + 1);

    if (len > QUOTED_BYTES_MAX) {
        len = QUOTED_BYTES_MAX;
        while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
            len--;
    }
    return (int)len;
}

static bool is_listed(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list != '\0') {
        size_t span = strcspn(list, " ");
        if (span == len && memcmp(list, word, len) == 0)
            return true;
        list += span;
        list += strspn(list, " ");
    }
    return false;
}

static const struct vc_control_object *object_find(const char *name)
{
    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

static bool string_fits(const struct vc_control_field *field, const json_t *value,
                        char *ret_detail, size_t room)
{
    if (!json_is_string(value)) {
        vc_control_say(ret_detail, room, "%s: it has to be a string", field->name);
        return false;
    }
    int64_t len = (int64_t)json_string_length(value);
    if (len < field->min || len > field->max) {
        if (len == 0)
            vc_control_say(ret_detail, room, "%s: it is empty", field->name);
        else
            vc_control_say(ret_detail, room, "%s: it has %lld bytes, not %lld to %lld",
                           field->name, (long long)len, (long long)field->min,
                           (long long)field->max);
        return false;
    }
    if (field->type == VC_CONTROL_STRING &&
        strlen(json_string_value(value)) != json_string_length(value)) {
        vc_control_say(ret_detail, room, "%s: it holds a zero character", field->name);
        return false;
    }
    if (field->values != NULL && !is_listed(field->values, json_string_value(value))) {
        vc_control_say(ret_detail, room, "%s: it has to be one of: %s", field->name,
                       field->values);
        return false;
    }
    return true;
}

static bool integer_fits(const struct vc_control_field *field, const json_t *value,
                         char *ret_detail, size_t room)
{
    if (!json_is_integer(value)) {
        vc_control_say(ret_detail, room, "%s: it has to be an integer", field->name);
        return false;
    }
    json_int_t number = json_integer_value(value);
    if (number < field->min || number > field->max) {
        vc_control_say(ret_detail, room, "%s: it has to be %lld to %lld", field->name,
                       (long long)field->min, (long long)field->max);
        return false;
    }
    return true;
}

/* One object, or one element of an array. */
static bool part_fits(const struct vc_control_field *field, const json_t *value,
                      char *ret_detail, size_t room)
{
    if (field->object == NULL) {
        if (json_is_string(value))
            return true;
        vc_control_say(ret_detail, room, "%s: it holds strings", field->name);
        return false;
    }
    const struct vc_control_object *object = object_find(field->object);
    VC_CHECK(object != NULL);
    char detail[256] = "";
    if (vc_control_fields_fit(object->fields, value, NULL, detail, sizeof(detail)))
        return true;
    vc_control_say(ret_detail, room, "%s.%s", field->name, detail);
    return false;
}

bool vc_control_value_fits(const struct vc_control_field *field, const json_t *value,
                           char *ret_detail, size_t room)
{
    size_t i;
    json_t *part;

    switch (field->type) {
    case VC_CONTROL_STRING:
    case VC_CONTROL_TEXT:
        return string_fits(field, value, ret_detail, room);
    case VC_CONTROL_INTEGER:
        return integer_fits(field, value, ret_detail, room);
    case VC_CONTROL_BOOLEAN:
        if (json_is_boolean(value))
            return true;
        vc_control_say(ret_detail, room, "%s: it has to be true or false", field->name);
        return false;
    case VC_CONTROL_OBJECT:
        return part_fits(field, value, ret_detail, room);
    case VC_CONTROL_ARRAY:
        if (!json_is_array(value)) {
            vc_control_say(ret_detail, room, "%s: it has to be an array", field->name);
            return false;
        }
        json_array_foreach(value, i, part)
        {
            if (!part_fits(field, part, ret_detail, room))
                return false;
        }
        return true;
    default:
        VC_CHECK(false);
    }
}

static const struct vc_control_field *field_find(const struct vc_control_field *fields,
                                                 const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0)
            return fields;
    }
    return NULL;
}

bool vc_control_fields_fit(const struct vc_control_field *fields, const json_t *object,
                           const char *apart, char *ret_detail, size_t room)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object)) {
        vc_control_say(ret_detail, room, "it has to be an object");
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (field_find(fields, key) == NULL &&
            (apart == NULL || !is_listed(apart, key))) {
            vc_control_say(ret_detail, room, "%.*s: there is no such field",
                           quoted_len(key), key);
            return false;
        }
    }
    for (; fields->name != NULL; fields++) {
        value = json_object_get(object, fields->name);
        if (value == NULL || json_is_null(value)) {
            if (fields->is_optional)
                continue;
            vc_control_say(ret_detail, room, "%s: it is missing", fields->name);
            return false;
        }
        if (!vc_control_value_fits(fields, value, ret_detail, room))
            return false;
    }
    return true;
}

bool vc_control_result_fits(int method, const json_t *result, char *ret_detail,
                            size_t room)
{
    return vc_control_fields_fit(vc_control_methods[method].results, result, NULL,
                                 ret_detail, room);
}

bool vc_control_event_fits(const json_t *params, char *ret_detail, size_t room)
{
    const char *kind = json_string_value(json_object_get(params, "kind"));
    const json_t *seq = json_object_get(params, "seq");

    if (kind == NULL || !json_is_integer(json_object_get(params, "at")) ||
        (seq != NULL && !json_is_null(seq) && !json_is_integer(seq))) {
        vc_control_say(ret_detail, room,
                       "an event has a kind, an instant and a number");
        return false;
    }
    for (const struct vc_control_event *e = vc_control_events; e->kind != NULL; e++) {
        if (strcmp(e->kind, kind) == 0)
            return vc_control_fields_fit(e->fields, params, "seq kind at", ret_detail,
                                         room);
    }
    vc_control_say(ret_detail, room, "%.*s: there is no such event", quoted_len(kind),
                   kind);
    return false;
}

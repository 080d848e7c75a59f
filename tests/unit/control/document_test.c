/*
 * node/CONTROL.md says what the table says.  VC_WRITE=1 in the environment puts what the
 * table says into the document.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/control/control.h"
#include "tests/support/test.h"

static const char *type_of(const struct vc_control_field *field, char *room, size_t len)
{
    switch (field->type) {
    case VC_CONTROL_INTEGER:
        return "integer";
    case VC_CONTROL_BOOLEAN:
        return "boolean";
    case VC_CONTROL_OBJECT:
        (void)snprintf(room, len, "%s", field->object);
        return room;
    case VC_CONTROL_ARRAY:
        (void)snprintf(room, len, "array of %s",
                       field->object == NULL ? "string" : field->object);
        return room;
    case VC_CONTROL_STRING:
    case VC_CONTROL_TEXT:
    default:
        return "string";
    }
}

static void put_range(FILE *out, const struct vc_control_field *f)
{
    bool is_string = f->type == VC_CONTROL_STRING || f->type == VC_CONTROL_TEXT;

    if (f->values != NULL)
        fprintf(out, " (%s)", f->values);
    else if (is_string && f->min == f->max)
        fprintf(out, " (%lld bytes)", (long long)f->min);
    else if (is_string && f->max < VC_CONTROL_LINE_MAX)
        fprintf(out, " (%lld to %lld bytes)", (long long)f->min, (long long)f->max);
    else if (f->type == VC_CONTROL_INTEGER && f->max < INT32_MAX && f->min > INT32_MIN)
        fprintf(out, " (%lld to %lld)", (long long)f->min, (long long)f->max);
}

static void put_fields(FILE *out, const char *head,
                       const struct vc_control_field *fields)
{
    char room[64];

    if (fields->name == NULL)
        return;
    fprintf(out, "\n| %s | type | what it is |\n|---|---|---|\n", head);
    for (; fields->name != NULL; fields++) {
        fprintf(out, "| `%s`%s | %s", fields->name, fields->is_optional ? " ?" : "",
                type_of(fields, room, sizeof(room)));
        put_range(out, fields);
        fprintf(out, " | %s |\n", fields->words);
    }
}

static void put_errors(FILE *out)
{
    json_t *discover = vc_control_discover();
    const json_t *error;
    size_t i;

    fputs("| name | code | exit | message | hint |\n|---|--:|--:|---|---|\n", out);
    json_array_foreach(json_object_get(discover, "errors"), i, error)
        fprintf(out, "| `%s` | %lld | %lld | %s | %s |\n",
                json_string_value(json_object_get(error, "name")),
                json_integer_value(json_object_get(error, "code")),
                json_integer_value(json_object_get(error, "exit_code")),
                json_string_value(json_object_get(error, "message")),
                json_string_value(json_object_get(error, "hint")));
    json_decref(discover);
}

static void put_methods(FILE *out)
{
    for (const struct vc_control_method *m = vc_control_methods; m->name != NULL; m++) {
        fprintf(out, "%s### %s\n\n%c%s.\n", m == vc_control_methods ? "" : "\n",
                m->name, m->words[0] + 'A' - 'a', m->words + 1);
        put_fields(out, "parameter", m->params);
        put_fields(out, "result", m->results);
    }
}

static void put_objects(FILE *out)
{
    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        fprintf(out, "%s### %s\n\n%c%s.\n", o == vc_control_objects ? "" : "\n",
                o->name, o->words[0] + 'A' - 'a', o->words + 1);
        put_fields(out, "field", o->fields);
    }
}

static void put_events(FILE *out)
{
    for (const struct vc_control_event *e = vc_control_events; e->kind != NULL; e++) {
        fprintf(out, "%s### %s\n\n%c%s.\n", e == vc_control_events ? "" : "\n", e->kind,
                e->words[0] + 'A' - 'a', e->words + 1);
        put_fields(out, "field", e->fields);
    }
}

static const struct {
    const char *mark;
    void (*put)(FILE *out);
} sections[] = {{"<!-- errors -->\n", put_errors},
                {"<!-- methods -->\n", put_methods},
                {"<!-- objects -->\n", put_objects},
                {"<!-- events -->\n", put_events}};

static char *read_document(void)
{
    FILE *file = fopen(VC_DOCUMENT, "r");
    char *text = calloc(1, 1 << 20);

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* The document with every section as the table has it; memory of the caller's to free(). */
static char *renew(const char *document)
{
    char *renewed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&renewed, &len);
    const char *at = document;

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        const char *mark = strstr(at, sections[i].mark);
        if (mark == NULL)
            fail_msg("there is no %s", sections[i].mark);
        const char *begin = mark + strlen(sections[i].mark);
        const char *end = strstr(begin, "<!-- end -->");
        assert_non_null(end);
        fwrite(at, 1, (size_t)(begin - at), out);
        fputs("\n", out);
        sections[i].put(out);
        fputs("\n", out);
        at = end;
    }
    fputs(at, out);
    fclose(out);
    return renewed;
}

static void the_document_says_what_the_table_says(void **state)
{
    (void)state;
    char *document = read_document();
    char *renewed = renew(document);

    if (getenv("VC_WRITE") != NULL) {
        FILE *file = fopen(VC_DOCUMENT, "w");
        assert_non_null(file);
        fputs(renewed, file);
        assert_int_equal(fclose(file), 0);
    } else if (strcmp(document, renewed) != 0) {
        size_t same = 0;
        while (document[same] == renewed[same])
            same++;
        while (same > 0 && document[same - 1] != '\n')
            same--;
        fail_msg(
            "node/CONTROL.md differs from the table:\n  it says    %.*s\n  not        "
            "%.*s\nVC_WRITE=1 and this test mend it",
            (int)strcspn(document + same, "\n"), document + same,
            (int)strcspn(renewed + same, "\n"), renewed + same);
    }
    free(document);
    free(renewed);
}

static void a_changed_document_is_noticed(void **state)
{
    (void)state;
    char *document = read_document();
    char *row = strstr(document, "| `contact` |");

    assert_non_null(row);
    row[3] = 'k';
    char *renewed = renew(document);
    assert_string_not_equal(document, renewed);
    free(document);
    free(renewed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_says_what_the_table_says),
        cmocka_unit_test(a_changed_document_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

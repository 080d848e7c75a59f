#include "node/control/control.h"

#include <string.h>

#include "tests/support/test.h"

/* Is it lower case words with dots or underscores between? */
static bool is_plain_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz_.0123456789") == len;
}

static bool is_object(const char *name)
{
    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0)
            return true;
    }
    return false;
}

static void check_fields(const struct vc_control_field *fields)
{
    for (const struct vc_control_field *f = fields; f->name != NULL; f++) {
        assert_true(is_plain_name(f->name));
        assert_non_null(f->words);
        assert_true(f->min <= f->max);
        if (f->type == VC_CONTROL_OBJECT)
            assert_non_null(f->object);
        if (f->object != NULL)
            assert_true(is_object(f->object));
        for (const struct vc_control_field *g = fields; g != f; g++)
            assert_string_not_equal(f->name, g->name);
    }
}

static void every_method_is_described_whole(void **state)
{
    (void)state;

    for (const struct vc_control_method *m = vc_control_methods; m->name != NULL; m++) {
        assert_true(is_plain_name(m->name));
        assert_non_null(m->words);
        check_fields(m->params);
        check_fields(m->results);
    }
}

static void every_event_is_described_whole(void **state)
{
    (void)state;

    for (const struct vc_control_event *e = vc_control_events; e->kind != NULL; e++) {
        assert_true(is_plain_name(e->kind));
        assert_non_null(e->words);
        check_fields(e->fields);
        for (const struct vc_control_field *f = e->fields; f->name != NULL; f++) {
            assert_string_not_equal(f->name, "seq");
            assert_string_not_equal(f->name, "kind");
            assert_string_not_equal(f->name, "at");
        }
    }
}

static void a_method_is_found_by_its_whole_name(void **state)
{
    (void)state;

    for (int i = 0; vc_control_methods[i].name != NULL; i++)
        assert_int_equal(vc_control_method_find(vc_control_methods[i].name), i);
    assert_int_equal(vc_control_method_find(""), -1);
    assert_int_equal(vc_control_method_find("node"), -1);
    assert_int_equal(vc_control_method_find("node.status "), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_is_described_whole),
        cmocka_unit_test(every_event_is_described_whole),
        cmocka_unit_test(a_method_is_found_by_its_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

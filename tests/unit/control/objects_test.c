#include "node/control/control.h"

#include <string.h>

#include "tests/support/test.h"

static const struct vc_control_object *find(const char *name)
{
    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

/* The longest chain of objects within objects from here; a circle is over the limit. */
static int depth_of(const struct vc_control_object *object, int limit)
{
    int deepest = 0;

    assert_true(limit > 0);
    for (const struct vc_control_field *f = object->fields; f->name != NULL; f++) {
        if (f->object == NULL)
            continue;
        assert_non_null(find(f->object));
        int depth = depth_of(find(f->object), limit - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void no_object_holds_itself(void **state)
{
    (void)state;

    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++)
        assert_true(depth_of(o, 5) <= 3);
}

static void names_are_not_used_twice(void **state)
{
    (void)state;

    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++)
        assert_ptr_equal(find(o->name), o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_object_holds_itself),
        cmocka_unit_test(names_are_not_used_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

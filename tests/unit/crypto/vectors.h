/*
 * Published vectors as JSON (tests/vectors): small readers that fail the test when a
 * field is not there.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_VECTORS_H
#define VC_TESTS_UNIT_CRYPTO_VECTORS_H

#include <jansson.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "tests/support/test.h"

#define VECTOR_BYTES_MAX 8192 /* of one field */

struct vector {
    uint8_t b[VECTOR_BYTES_MAX];
    size_t len;
};

static inline json_t *vectors_load(const char *path)
{
    json_error_t error;
    json_t *file = json_load_file(path, 0, &error);

    if (file == NULL) {
        fail_msg("%s: %s", path, error.text);
    }
    return file;
}

static inline const char *vector_text(const json_t *test, const char *name)
{
    const char *text = json_string_value(json_object_get(test, name));

    assert_non_null(text);
    return text;
}

static inline long vector_number(const json_t *test, const char *name)
{
    assert_true(json_is_integer(json_object_get(test, name)));
    return (long)json_integer_value(json_object_get(test, name));
}

static inline void vector_decode(struct vector *ret_vector, const char *hex)
{
    ret_vector->len = strlen(hex) / 2;
    assert_true(ret_vector->len <= sizeof(ret_vector->b));
    assert_int_equal(vc_hex_decode(hex, ret_vector->b, ret_vector->len), VC_OK);
}

static inline struct vector vector_field(const json_t *test, const char *name)
{
    struct vector vector;

    vector_decode(&vector, vector_text(test, name));
    return vector;
}

static inline struct vc_bytes vector_bytes(const struct vector *vector)
{
    return (struct vc_bytes){vector->b, vector->len};
}

static inline bool vector_has_flag(const json_t *test, const char *flag)
{
    size_t i;
    json_t *value;

    json_array_foreach(json_object_get(test, "flags"), i, value)
    {
        if (strcmp(json_string_value(value), flag) == 0) {
            return true;
        }
    }
    return false;
}

/* Calls @judge with every test of a Wycheproof file and gives how many there were. */
static inline size_t wycheproof_each(const char *path,
                                     void (*judge)(const json_t *group,
                                                   const json_t *test))
{
    json_t *file = vectors_load(path);
    json_t *group, *test;
    size_t i, j, count = 0;

    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            judge(group, test);
            count++;
        }
    }
    assert_int_equal(count, vector_number(file, "numberOfTests"));
    json_decref(file);
    return count;
}

#endif

/*
 * A worked example of a specification, read from the document: document and code cannot part.
 *
 * An example is a code block; a line is a name, spaces up to column VC_EXAMPLE_COLUMN and
 * hexadecimal digits, which go on in lines without a name.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_EXAMPLE_H
#define VC_TESTS_UNIT_CRYPTO_EXAMPLE_H

#include <stdio.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "tests/support/test.h"

#define VC_EXAMPLE_COLUMN 21
#define VC_EXAMPLE_MAX    2048 /* bytes of a value */

static const char *example_block; /* that is looked at */

/* Opens the document at @path at the code block behind @title behind the heading. */
static inline void example_choose(const char *path, const char *heading,
                                  const char *title)
{
    static char text[1u << 20];
    FILE *file = fopen(path, "r");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[len] = '\0';
    example_block = strstr(text, heading);
    assert_non_null(example_block);
    example_block = strstr(example_block, title);
    assert_non_null(example_block);
    example_block = strstr(example_block, "```\n");
    assert_non_null(example_block);
    example_block += strlen("```\n");
}

/* Is this the line of @name, or with NULL one that goes on? */
static inline bool example_is_line_of(const char *line, const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);

    return strncmp(line, name == NULL ? "" : name, len) == 0 && line[len] == ' ' &&
           strspn(line + len, " ") == VC_EXAMPLE_COLUMN - len;
}

/* Is @bytes what the example says of @name? */
static inline void example_says(const char *name, struct vc_bytes bytes)
{
    const char *line = example_block;
    char expected[2 * VC_EXAMPLE_MAX + 1], got[2 * VC_EXAMPLE_MAX + 1];
    size_t expected_len = 0;

    while (!example_is_line_of(line, name)) {
        line = strchr(line, '\n');
        assert_non_null(line);
        line++;
        if (strncmp(line, "```", 3) == 0) {
            fail_msg("the example has no line \"%s\"", name);
        }
    }
    do {
        size_t len = strcspn(line + VC_EXAMPLE_COLUMN, "\n");
        assert_true(expected_len + len < sizeof expected);
        memcpy(expected + expected_len, line + VC_EXAMPLE_COLUMN, len);
        expected_len += len;
        line += VC_EXAMPLE_COLUMN + len + 1;
    } while (example_is_line_of(line, NULL));
    expected[expected_len] = '\0';
    assert_true(bytes.len <= VC_EXAMPLE_MAX);
    vc_hex_encode(bytes, got);
    assert_string_equal(got, expected);
}

#endif

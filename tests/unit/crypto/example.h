/*
 * The worked examples of crypto/SPEC.md, read from the document: code blocks of names and
 * hexadecimal digits.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_EXAMPLE_H
#define VC_TESTS_UNIT_CRYPTO_EXAMPLE_H

#include <stdio.h>
#include <string.h>

#include "crypto/base/hex.h"
#include "tests/support/test.h"

enum {
    EXAMPLE_TEXT_MAX = 1 << 20,
    EXAMPLE_BYTES_MAX = 2048,
    EXAMPLE_COLUMN = 21, /* where the digits begin */
};

struct example {
    char text[EXAMPLE_TEXT_MAX]; /* the document */
    const char *block;           /* the code block that is looked at */
};

/* Reads the document and chooses the first code block behind @title, which stands behind
 * @heading. */
static inline void example_choose(struct example *example, const char *heading,
                                  const char *title)
{
    FILE *file = fopen(VC_SPEC, "r");
    size_t len;

    assert_non_null(file);
    len = fread(example->text, 1, sizeof(example->text) - 1, file);
    assert_int_equal(fclose(file), 0);
    example->text[len] = '\0';
    example->block = strstr(example->text, heading);
    assert_non_null(example->block);
    example->block = strstr(example->block, title);
    assert_non_null(example->block);
    example->block = strstr(example->block, "```\n");
    assert_non_null(example->block);
    example->block += strlen("```\n");
}

/* Is this the line of @name, or with NULL one that goes on? */
static inline bool example_is_line_of(const char *line, const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);

    return strncmp(line, name == NULL ? "" : name, len) == 0 && line[len] == ' ' &&
           strspn(line + len, " ") == EXAMPLE_COLUMN - len;
}

/* Is @bytes what the example says of @name? */
static inline void example_says(const struct example *example, const char *name,
                                struct vc_bytes bytes)
{
    const char *line = example->block;
    char expected[2 * EXAMPLE_BYTES_MAX + 1], got[2 * EXAMPLE_BYTES_MAX + 1];
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
        size_t len = strcspn(line + EXAMPLE_COLUMN, "\n");
        assert_true(expected_len + len < sizeof(expected));
        memcpy(expected + expected_len, line + EXAMPLE_COLUMN, len);
        expected_len += len;
        line += EXAMPLE_COLUMN + len + 1;
    } while (example_is_line_of(line, NULL));
    expected[expected_len] = '\0';
    assert_true(bytes.len <= EXAMPLE_BYTES_MAX);
    vc_hex_encode(bytes, got);
    assert_string_equal(got, expected);
}

#endif

/*
 * The text of a configuration: every value that is given is one of its key's, and a text
 * without a mistake is fine.
 */
#include <string.h>

#include "node/control/config_keys.h"

struct seen {
    unsigned lines;
    unsigned values, faults;
};

static void on_value(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value)
{
    struct seen *seen = ctx;
    char words[128];

    VC_CHECK(line >= 1 && line <= seen->lines);
    VC_CHECK(vc_config_value_fits(key, value, words, sizeof(words)));
    seen->values++;
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    struct seen *seen = ctx;

    VC_CHECK(line <= seen->lines && strlen(words) > 0);
    seen->faults++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.lines = 1};
    const struct vc_config_sink sink = {on_value, on_fault, &seen};

    for (size_t i = 0; i < size; i++)
        seen.lines += data[i] == '\n';
    vc_err err = vc_config_read((struct vc_bytes){data, size}, &sink);
    VC_CHECK((err == VC_OK) == (seen.faults == 0));
    return 0;
}

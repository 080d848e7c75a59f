/*
 * A line that comes to a client, and the check of results and events against the table.
 */
#include <string.h>

#include "node/control/control.h"

static bool is_ended(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_control_message message;
    char detail[64];

    if (vc_control_message_read((struct vc_bytes){data, size}, &message) != VC_OK)
        return 0;
    VC_CHECK(is_ended(message.method, sizeof(message.method)));
    VC_CHECK(is_ended(message.words, sizeof(message.words)));
    VC_CHECK(is_ended(message.detail, sizeof(message.detail)));
    VC_CHECK((message.err == VC_OK) == (message.body != NULL));
    if (message.body != NULL) {
        (void)vc_control_event_fits(message.body, detail, sizeof(detail));
        for (int i = 0; vc_control_methods[i].name != NULL; i++)
            (void)vc_control_result_fits(i, message.body, detail, sizeof(detail));
    }
    json_decref(message.body);
    return 0;
}

/*
 * A line that comes to veched: whatever it is, it can be answered with one line, and what
 * was taken for a request fits the table.
 */
#include <stdlib.h>
#include <string.h>

#include "node/control/control.h"

static void check_line(const char *line, size_t len)
{
    VC_CHECK(line != NULL);
    VC_CHECK(len <= VC_CONTROL_LINE_MAX && line[len - 1] == '\n');
    VC_CHECK(memchr(line, '\n', len) == line + len - 1);
}

/* The same request again, as we would write it, is the same request. */
static void check_again(const struct vc_control_request *request)
{
    struct vc_control_request again;
    char detail[256];
    size_t len = 0;
    const char *method = vc_control_methods[request->method].name;

    char *line = vc_control_call(7, method, json_incref(request->params), &len);
    if (line == NULL)
        return; /* what was short as UTF-8 may be too long with its escapes */
    VC_CHECK(vc_control_request_read((struct vc_bytes){(const uint8_t *)line, len},
                                     &again, detail, sizeof(detail)) == VC_OK);
    VC_CHECK(again.method == request->method);
    VC_CHECK(json_equal(again.params, request->params));
    vc_control_request_clear(&again);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_control_request request;
    char detail[64];
    size_t len = 0;
    char *line;

    vc_err err = vc_control_request_read((struct vc_bytes){data, size}, &request,
                                         detail, sizeof(detail));
    if (err == VC_OK) {
        VC_CHECK(request.method >= 0 && json_is_object(request.params));
        check_again(&request);
        line = vc_control_reply(request.id, NULL, &len);
    } else {
        VC_CHECK(request.id != NULL && memchr(detail, '\0', sizeof(detail)) != NULL);
        line = vc_control_failure(request.id, err, detail, &len);
    }
    check_line(line, len);
    free(line);
    vc_control_request_clear(&request);
    return 0;
}

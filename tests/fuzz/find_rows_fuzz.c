/* Find's stored row: what decodes is encoded to the same bytes again, unless it was of an earlier
 * version. */
#include <string.h>

#include "node/find/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t room[VC_FIND_DAYS_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_find_days days;

    if (vc_find_days_read((struct vc_bytes){data, size}, &days) != VC_OK) {
        return 0;
    }
    vc_find_days_write(&w, &days);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    if (data[0] == VC_FIND_ROW_VERSION) {
        VC_CHECK(vc_writer_bytes(&w).len == size && memcmp(room, data, size) == 0);
    }
    return 0;
}

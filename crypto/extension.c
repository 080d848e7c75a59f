/* crypto/SPEC.md, "Contact card". */
#include "crypto/extension.h"

bool vc_extension_next(struct vc_reader *r, struct vc_extension *extension)
{
    uint16_t type;
    struct vc_bytes bytes;

    if (vc_reader_left(r) == 0) {
        return false;
    }
    type = vc_read_u16(r);
    bytes = vc_read_bytes(r, vc_read_u16(r));
    if (type <= extension->type) {
        vc_reader_fail(r);
    }
    if (r->is_failed) {
        return false;
    }
    *extension = (struct vc_extension){.type = type, .bytes = bytes};
    return true;
}

void vc_extension_head(struct vc_writer *w, uint16_t type, size_t len)
{
    VC_CHECK(len <= UINT16_MAX);
    vc_write_u16(w, type);
    vc_write_u16(w, (uint16_t)len);
}

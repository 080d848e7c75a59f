/*
 * Extensions: what a later version puts behind the fields that everybody knows; crypto/SPEC.md,
 * "Contact card".
 *
 * A list of (type u16, length u16, bytes) of strictly rising types, to the end of what is read.
 * Whoever reads it passes over the types that he does not know.
 */
#ifndef VC_CRYPTO_EXTENSION_H
#define VC_CRYPTO_EXTENSION_H

#include "crypto/base/cursor.h"

#define VC_EXTENSION_HEAD_LEN 4 /* bytes in front of an extension's own */

struct vc_extension {
    int32_t type;          /* -1 before the first */
    struct vc_bytes bytes; /* borrowed from the reader */
};

#define VC_EXTENSION_NONE ((struct vc_extension){.type = -1})

/* Steps from @extension, VC_EXTENSION_NONE at first, to the next; false when there is none, or
 * none that may stand there: then @r has failed. */
VC_NODISCARD bool vc_extension_next(struct vc_reader *r,
                                    struct vc_extension *extension);

/* Writes the type and the length of the @len bytes that follow. */
void vc_extension_head(struct vc_writer *w, uint16_t type, size_t len);

#endif

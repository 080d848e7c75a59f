/*
 * The passphrase of the store: read from whoever starts veched, and changed while it runs.
 */
#ifndef VC_NODE_EDGE_PASSPHRASE_H
#define VC_NODE_EDGE_PASSPHRASE_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"
#include "node/control/control.h"

/* Secret; wipe it. */
struct vc_passphrase {
    uint8_t bytes[VC_CONTROL_PASSPHRASE_MAX];
    size_t len; /* 0: there is none */
};

/*
 * Reads what somebody has written into @fd, to its end, and closes it; a line end behind it
 * does not count.  VC_ERR_LOCKED: nothing came; VC_ERR_WRONG_PASSPHRASE: more than a
 * passphrase may have; VC_ERR_IO.
 */
VC_NODISCARD vc_err vc_passphrase_read(int fd, struct vc_passphrase *ret_passphrase);

struct vc_bytes vc_passphrase_bytes(const struct vc_passphrase *passphrase);

#endif

#include "node/edge/passphrase.h"

#include <errno.h>
#include <unistd.h>

#include "crypto/prim.h"

vc_err vc_passphrase_read(int fd, struct vc_passphrase *ret_passphrase)
{
    uint8_t bytes[VC_CONTROL_PASSPHRASE_MAX + 2]; /* a line end, and one too many */
    size_t len = 0;
    vc_err err = VC_OK;

    while (len < sizeof bytes) {
        ssize_t n = read(fd, bytes + len, sizeof bytes - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            err = n == 0 ? VC_OK : VC_ERR_IO;
            break;
        }
        len += (size_t)n;
    }
    (void)close(fd); /* only read */
    if (len > 0 && bytes[len - 1] == '\n') {
        len--;
    }
    if (err == VC_OK && (len == 0 || len > VC_CONTROL_PASSPHRASE_MAX)) {
        err = len == 0 ? VC_ERR_LOCKED : VC_ERR_WRONG_PASSPHRASE;
    }
    if (err == VC_OK) {
        ret_passphrase->len = len;
        for (size_t i = 0; i < len; i++) {
            ret_passphrase->bytes[i] = bytes[i];
        }
    }
    vc_wipe(bytes, sizeof bytes);
    return err;
}

struct vc_bytes vc_passphrase_bytes(const struct vc_passphrase *passphrase)
{
    return (struct vc_bytes){passphrase->bytes, passphrase->len};
}

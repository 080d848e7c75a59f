/*
 * What people paste.  An input that begins with a zero byte is taken as the bytes of an
 * invite and gets the right checksum, so that what stands behind it is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/base/base32.h"
#include "crypto/base/crc24.h"
#include "crypto/invite.h"

enum { COVERED_LEN = VC_INVITE_BYTES - 3 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK ? 0 : 1;
}

/* What is read is written as one text, and that is read as the same. */
static bool try_text(const char *text, char ret_written[VC_INVITE_TEXT_LEN + 1])
{
    struct vc_invite invite;
    char again[VC_INVITE_TEXT_LEN + 1];

    if (vc_invite_parse(text, &invite) != VC_OK) {
        return false;
    }
    vc_invite_format(&invite, ret_written);
    VC_CHECK(vc_invite_parse(ret_written, &invite) == VC_OK);
    vc_invite_format(&invite, again);
    VC_CHECK(strcmp(again, ret_written) == 0);
    return true;
}

static void try_bytes(const uint8_t *data)
{
    uint8_t bytes[VC_INVITE_BYTES];
    char text[VC_INVITE_TEXT_LEN + 1] = "VECHE:";
    char written[VC_INVITE_TEXT_LEN + 1];

    memcpy(bytes, data, COVERED_LEN);
    uint32_t crc = vc_crc24((struct vc_bytes){bytes, COVERED_LEN});
    bytes[COVERED_LEN] = (uint8_t)(crc >> 16);
    bytes[COVERED_LEN + 1] = (uint8_t)(crc >> 8);
    bytes[COVERED_LEN + 2] = (uint8_t)crc;
    vc_base32_encode(VC_BYTES(bytes), &text[strlen(text)]);
    if (try_text(text, written)) {
        VC_CHECK(strcmp(text, written) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char written[VC_INVITE_TEXT_LEN + 1];

    if (size == 1 + COVERED_LEN && data[0] == 0) {
        try_bytes(data + 1);
        return 0;
    }
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    (void)try_text(text, written); /* most are none */
    free(text);
    return 0;
}

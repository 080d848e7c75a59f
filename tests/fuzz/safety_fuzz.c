/*
 * Codes that somebody scanned: none but our own is taken for ours, however it is written.
 * An input that begins with a zero byte is written into our own code, byte by byte from the
 * front, so that the fuzzer begins near one.
 */
#include <string.h>

#include "crypto/safety.h"

enum { TEXT_MAX = 256 };

static struct vc_fingerprint ours = {{1}};
static struct vc_fingerprint theirs = {{2}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The letters of a text as the reader takes them: no white space, upper case. */
static size_t letters_of(const char *text, char ret_letters[TEXT_MAX + 1])
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        bool is_lower = *text >= 'a' && *text <= 'z';

        if (*text != ' ' && (*text < '\t' || *text > '\r')) {
            ret_letters[len++] = is_lower ? (char)(*text - 'a' + 'A') : *text;
        }
    }
    ret_letters[len] = '\0';
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char code[VC_SAFETY_CODE_LEN + 1];
    char text[TEXT_MAX + 1];
    char letters[TEXT_MAX + 1];

    if (size > TEXT_MAX) {
        return 0;
    }
    vc_safety_code(&ours, &theirs, code);
    if (size > 0 && data[0] == 0 && size - 1 <= VC_SAFETY_CODE_LEN) {
        memcpy(text, code, sizeof(code));
        memcpy(text, data + 1, size - 1);
    } else {
        if (size > 0) {
            memcpy(text, data, size);
        }
        text[size] = '\0';
    }
    bool is_ours = letters_of(text, letters) == VC_SAFETY_CODE_LEN &&
                   memcmp(letters, code, VC_SAFETY_CODE_LEN) == 0;
    vc_err err = vc_safety_compare(text, &theirs, &ours);
    VC_CHECK((err == VC_OK) == is_ours);
    VC_CHECK(err == VC_OK || err == VC_ERR_MALFORMED || err == VC_ERR_UNSUPPORTED ||
             err == VC_ERR_VERIFY_MISMATCH);
    return 0;
}

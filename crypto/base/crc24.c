#include "crypto/base/crc24.h"

uint32_t vc_crc24(struct vc_bytes bytes)
{
    uint32_t crc = VC_CRC24_INITIAL;

    VC_CHECK(bytes.data != NULL || bytes.len == 0);
    /* Bit by bit: an invite has 92 bytes and is read when somebody pastes it. */
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint32_t)bytes.data[i] << 16;
        for (int bit = 0; bit < 8; bit++) {
            bool is_set = (crc & 0x800000u) != 0;
            crc = (crc << 1 ^ (is_set ? VC_CRC24_POLYNOMIAL : 0)) & 0xffffffu;
        }
    }
    return crc;
}

/*
 * Data packets; crypto/SPEC.md, "Link data".
 */
#include "crypto/packet.h"

#include <string.h>

#define NUMBER_LEN 4  /* bytes of a packet number that travel */
#define SAMPLE_LEN 16 /* bytes behind the header: the tag at least is there */

static void derive(struct vc_packet_key *ret_key, const struct vc_secret32 *half)
{
    struct vc_bytes nothing = {NULL, 0};

    vc_hash(ret_key->key.b, 32, "link data", half, nothing);
    vc_hash(ret_key->mask.b, 32, "link number", half, nothing);
}

void vc_packet_keys(const struct vc_handshake *hs, struct vc_packet_key *ret_send,
                    struct vc_packet_key *ret_recv)
{
    bool is_initiator = hs->noise.is_initiator;
    struct vc_secret32 first, second;

    vc_noise_split(&hs->noise, &first, &second);
    derive(ret_send, is_initiator ? &first : &second);
    derive(ret_recv, is_initiator ? &second : &first);
    vc_wipe(&first, sizeof(first));
    vc_wipe(&second, sizeof(second));
}

vc_err vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                      uint64_t number, struct vc_bytes plain, struct vc_writer *w)
{
    uint8_t *start = w->at;
    uint8_t mask[NUMBER_LEN];

    VC_CHECK(number < (uint64_t)1 << 63);
    if (plain.len > VC_PACKET_MAX - VC_PACKET_OVERHEAD) {
        return VC_ERR_FULL;
    }
    vc_write_copy(w, cid->b, sizeof(cid->b));
    vc_write_u32(w, (uint32_t)number);
    vc_seal_to(w, &key->key, number, VC_BYTES(cid->b), plain);
    if (w->is_failed) {
        return VC_ERR_FULL;
    }
    vc_chacha_mask(mask, sizeof(mask), &key->mask, start + VC_PACKET_HEADER);
    for (size_t i = 0; i < sizeof(mask); i++) {
        start[VC_CID_LEN + i] ^= mask[i];
    }
    return VC_OK;
}

/*
 * The 64-bit number nearest to the next expected one that ends in @low (after RFC 9000,
 * appendix A.3).
 */
static uint64_t whole_number(uint64_t expected, uint32_t low)
{
    const uint64_t turn = (uint64_t)1 << 32;
    uint64_t number = (expected & ~(turn - 1)) | low;

    if (number + turn / 2 <= expected) {
        return number + turn;
    }
    if (number > expected + turn / 2 && number >= turn) {
        return number - turn;
    }
    return number;
}

bool vc_packet_open(const struct vc_packet_key *key, struct vc_replay *replay,
                    struct vc_bytes datagram, uint8_t *ret_plain, size_t *ret_plain_len,
                    uint64_t *ret_number)
{
    uint8_t mask[NUMBER_LEN];
    struct vc_reader r = vc_reader(datagram);
    struct vc_bytes cid, sealed;
    uint32_t masked;
    uint64_t number;

    if (datagram.len < VC_PACKET_OVERHEAD || datagram.len > VC_PACKET_MAX) {
        return false;
    }
    cid = vc_read_bytes(&r, VC_CID_LEN);
    masked = vc_read_u32(&r);
    sealed = vc_read_rest(&r);
    VC_CHECK(sealed.len >= SAMPLE_LEN);
    vc_chacha_mask(mask, sizeof(mask), &key->mask, sealed.data);
    r = vc_reader(VC_BYTES(mask));
    number = whole_number(replay->highest, masked ^ vc_read_u32(&r));
    if (!vc_replay_is_new(replay, number) ||
        !vc_open(ret_plain, &key->key, number, cid, sealed)) {
        return false;
    }
    vc_replay_mark(replay, number);
    *ret_plain_len = sealed.len - VC_TAG_LEN;
    *ret_number = number;
    return true;
}

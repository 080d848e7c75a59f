/*
 * Sealed data packets of a link session, and the window that refuses replays.
 *
 * crypto/SPEC.md, "Link data".  cid 8 | masked counter 4 | ciphertext | tag 16 = 28
 * bytes over the plaintext.  The nonce is the 64-bit packet number, of which the low 32
 * bits travel, masked after RFC 9001 section 5.4; the associated data is the cid.
 */
#ifndef VC_CRYPTO_PACKET_H
#define VC_CRYPTO_PACKET_H

#include "crypto/handshake.h"

#define VC_PACKET_OVERHEAD 28
#define VC_PACKET_HEADER   12   /* where the sealed plaintext begins */
#define VC_PACKET_MAX      1232 /* UDP payload: IPv6 minimum MTU 1280 less headers 48 */
#define VC_REPLAY_WINDOW   2048 /* numbers */

/* RFC 6479: a ring of words, one more than the window needs; 272 bytes.  All zeros is
 * the window of a new key. */
struct vc_replay {
    uint64_t highest; /* 1 + the highest number accepted; 0: none */
    uint64_t words[VC_REPLAY_WINDOW / 64 + 1];
};

/* Would @number be new?  Does not change the window. */
bool vc_replay_is_new(const struct vc_replay *replay, uint64_t number);
/* Marks it seen: only after the packet was authenticated.  The number must be new. */
void vc_replay_mark(struct vc_replay *replay, uint64_t number);

/* One direction of one key.  Secret. */
struct vc_packet_key {
    struct vc_secret32 key;
    struct vc_secret32 mask; /* hides the counter */
};

/* Makes both directions from a finished handshake: send and receive of this side. */
void vc_packet_keys(const struct vc_handshake *hs, struct vc_packet_key *ret_send,
                    struct vc_packet_key *ret_recv);

/* Writes one datagram.  @number is never used twice with one key, and below 2^63: the
 * caller's duty.  @plain may stand in the writer's room already, VC_PACKET_HEADER
 * bytes behind the writer.  VC_ERR_FULL: the room is short, or it would pass
 * VC_PACKET_MAX. */
VC_NODISCARD vc_err vc_packet_seal(const struct vc_packet_key *key,
                                   const struct vc_cid *cid, uint64_t number,
                                   struct vc_bytes plain, struct vc_writer *w);

/*
 * Opens one datagram whose cid is known.  @replay gives the number's high half and
 * refuses old ones; it is marked on success only.  @ret_plain has room for
 * VC_PACKET_MAX bytes. false: not ours, forged, replayed or too old; the outputs then
 * hold nothing of use.
 */
VC_NODISCARD bool vc_packet_open(const struct vc_packet_key *key,
                                 struct vc_replay *replay, struct vc_bytes datagram,
                                 uint8_t *ret_plain, size_t *ret_plain_len,
                                 uint64_t *ret_number);

#endif

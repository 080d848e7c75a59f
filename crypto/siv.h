/*
 * SIV: sealing that needs no nonce of the caller's and commits to its key; crypto/SPEC.md,
 * "SIV".
 *
 * The tag is a keyed hash of everything, and the nonce of the stream.  Sealing the same bytes
 * under the same key twice gives the same bytes and shows only that; there is no second key
 * under which a sealed text opens.  So a state that was put back and uses a key again gives
 * nothing away but an equality.  Costs two passes: about 1.2 us for 272 bytes.
 */
#ifndef VC_CRYPTO_SIV_H
#define VC_CRYPTO_SIV_H

#include "crypto/prim.h"

#define VC_SIV_TAG_LEN       24 /* bytes in front of what is sealed */
#define VC_SIV_SHORT_TAG_LEN 16 /* of a ratchet header */
#define VC_SIV_AD_PARTS_MAX  4

/* Secret. */
struct vc_siv_key {
    struct vc_secret32 mac;
    struct vc_secret32 enc;
};

/* Both halves from one key, which is used for nothing else. */
void vc_siv_key_make(struct vc_siv_key *ret_key, const struct vc_secret32 *key);

/* Associated data in parts; their concatenation counts, at most VC_SIV_AD_PARTS_MAX. */
struct vc_siv_ad {
    const struct vc_bytes *parts;
    size_t part_count;
};

/*
 * @ret_sealed has room for @tag_len + plain.len bytes: the tag, then the ciphertext.  @plain
 * may stand where the ciphertext will.  @tag_len: VC_SIV_TAG_LEN or VC_SIV_SHORT_TAG_LEN.
 */
void vc_siv_seal(uint8_t *ret_sealed, size_t tag_len, const struct vc_siv_key *key,
                 const struct vc_siv_ad *ad, struct vc_bytes plain);

/*
 * @ret_plain has room for sealed.len - @tag_len bytes, and may be the ciphertext's own place.
 * false, with @ret_plain wiped, when it was not sealed with this key and associated data, or
 * is shorter than a tag.
 */
VC_NODISCARD bool vc_siv_open(uint8_t *ret_plain, size_t tag_len,
                              const struct vc_siv_key *key, const struct vc_siv_ad *ad,
                              struct vc_bytes sealed);

#endif

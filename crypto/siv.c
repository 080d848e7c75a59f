/* crypto/SPEC.md, "SIV". */
#include "crypto/siv.h"

#include <string.h>

_Static_assert(sizeof(struct vc_siv_key) == 64, "one hash makes both halves");

void vc_siv_key_make(struct vc_siv_key *ret_key, const struct vc_secret32 *key)
{
    vc_hash_parts(ret_key, sizeof *ret_key, "siv keys", key, NULL, 0);
}

static void tag_of(uint8_t *ret_tag, size_t tag_len, const struct vc_siv_key *key,
                   const struct vc_siv_ad *ad, struct vc_bytes plain)
{
    struct vc_bytes parts[2 + VC_SIV_AD_PARTS_MAX];
    uint8_t len_bytes[8];
    struct vc_writer w = vc_writer(len_bytes, sizeof len_bytes);
    uint64_t ad_len = 0;

    VC_CHECK(tag_len == VC_SIV_TAG_LEN || tag_len == VC_SIV_SHORT_TAG_LEN);
    VC_CHECK(ad->part_count <= VC_SIV_AD_PARTS_MAX);
    for (size_t i = 0; i < ad->part_count; i++) {
        ad_len += ad->parts[i].len;
        parts[1 + i] = ad->parts[i];
    }
    vc_write_u64(&w, ad_len);
    parts[0] = VC_BYTES(len_bytes);
    parts[1 + ad->part_count] = plain;
    vc_hash_parts(ret_tag, tag_len, "siv tag", &key->mac, parts, 2 + ad->part_count);
}

void vc_siv_seal(uint8_t *ret_sealed, size_t tag_len, const struct vc_siv_key *key,
                 const struct vc_siv_ad *ad, struct vc_bytes plain)
{
    struct vc_room text = {ret_sealed + tag_len, plain.len};
    uint8_t tag[VC_SIV_TAG_LEN];

    tag_of(tag, tag_len, key, ad, plain);
    if (plain.len > 0) {
        memmove(text.data, plain.data, plain.len);
    }
    memcpy(ret_sealed, tag, tag_len);
    vc_xchacha_xor_nonce(text, &key->enc, (struct vc_bytes){tag, tag_len});
}

bool vc_siv_open(uint8_t *ret_plain, size_t tag_len, const struct vc_siv_key *key,
                 const struct vc_siv_ad *ad, struct vc_bytes sealed)
{
    uint8_t tag[VC_SIV_TAG_LEN], given[VC_SIV_TAG_LEN];
    struct vc_room text = {ret_plain, 0};

    if (sealed.len < tag_len) {
        return false;
    }
    text.len = sealed.len - tag_len;
    memcpy(given, sealed.data, tag_len);
    if (text.len > 0) {
        memmove(text.data, sealed.data + tag_len, text.len);
    }
    vc_xchacha_xor_nonce(text, &key->enc, (struct vc_bytes){given, tag_len});
    tag_of(tag, tag_len, key, ad, (struct vc_bytes){text.data, text.len});
    if (!vc_equal(tag, given, tag_len)) {
        if (text.len > 0) {
            vc_wipe(text.data, text.len);
        }
        return false;
    }
    return true;
}

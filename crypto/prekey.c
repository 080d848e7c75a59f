/* crypto/SPEC.md, "Prekeys". */
#include "crypto/prekey.h"

enum {
    LABEL_LEN = 16,
    MESSAGE_LEN = LABEL_LEN + 32 + VC_PREKEY_SIGNED_LEN,
};

void vc_prekey_write_signed(struct vc_writer *w, const struct vc_prekey *prekey)
{
    vc_write_u8(w, VC_PREKEY_VERSION);
    vc_write_u16(w, prekey->suite);
    vc_write_u16(w, prekey->index);
    vc_write_u32(w, prekey->id);
    vc_write_copy(w, prekey->key.b, sizeof(prekey->key.b));
    vc_write_u32(w, prekey->from);
    vc_write_u32(w, prekey->until);
    vc_write_u32(w, prekey->capabilities);
    vc_write_copy(w, prekey->kem_hash.b, sizeof(prekey->kem_hash.b));
}

/* Is it one that a reader takes? */
static bool is_whole(const struct vc_prekey *prekey)
{
    return prekey->suite != 0 && prekey->id != 0 && prekey->until >= prekey->from;
}

/* Puts what dev_sig signs into @room and gives it. */
static struct vc_bytes message_of(uint8_t room[MESSAGE_LEN],
                                  const struct vc_prekey *prekey,
                                  const struct vc_key32 *root)
{
    static const char label[LABEL_LEN] = "prekey";
    struct vc_writer w = vc_writer(room, MESSAGE_LEN);

    vc_write_copy(&w, label, sizeof(label));
    vc_write_copy(&w, root->b, sizeof(root->b));
    vc_prekey_write_signed(&w, prekey);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

void vc_prekey_sign(struct vc_prekey *prekey, const struct vc_key32 *root,
                    const struct vc_sign_secret *dev_sig)
{
    uint8_t room[MESSAGE_LEN];

    VC_CHECK(is_whole(prekey));
    vc_sign(&prekey->sig, dev_sig, message_of(room, prekey, root));
}

vc_err vc_prekey_verify(const struct vc_prekey *prekey, const struct vc_key32 *root,
                        const struct vc_certificate *certificate)
{
    uint8_t room[MESSAGE_LEN];

    if (prekey->index != certificate->index ||
        !vc_sign_verify(&prekey->sig, &certificate->dev_sig,
                        message_of(room, prekey, root))) {
        return VC_ERR_AUTH;
    }
    return VC_OK;
}

void vc_prekey_write(struct vc_writer *w, const struct vc_prekey *prekey)
{
    VC_CHECK(is_whole(prekey));
    vc_prekey_write_signed(w, prekey);
    vc_write_copy(w, prekey->sig.b, sizeof(prekey->sig.b));
}

void vc_prekey_read(struct vc_reader *r, struct vc_prekey *ret_prekey)
{
    struct vc_prekey *prekey = ret_prekey;

    if (vc_read_u8(r) != VC_PREKEY_VERSION) {
        vc_reader_fail(r);
    }
    prekey->suite = vc_read_u16(r);
    prekey->index = vc_read_u16(r);
    prekey->id = vc_read_u32(r);
    vc_read_copy(r, prekey->key.b, sizeof(prekey->key.b));
    prekey->from = vc_read_u32(r);
    prekey->until = vc_read_u32(r);
    prekey->capabilities = vc_read_u32(r);
    vc_read_copy(r, prekey->kem_hash.b, sizeof(prekey->kem_hash.b));
    vc_read_copy(r, prekey->sig.b, sizeof(prekey->sig.b));
    if (!is_whole(prekey)) {
        vc_reader_fail(r);
    }
}

void vc_one_time_write(struct vc_writer *w, const struct vc_one_time *keys,
                       size_t count)
{
    uint32_t last = 0;

    VC_CHECK(count <= VC_ONE_TIME_MAX);
    for (size_t i = 0; i < count; i++) {
        VC_CHECK(keys[i].id > last);
        last = keys[i].id;
        vc_write_u32(w, keys[i].id);
        vc_write_copy(w, keys[i].key.b, sizeof(keys[i].key.b));
    }
}

vc_err vc_one_time_read(struct vc_reader *r, struct vc_one_time keys[VC_ONE_TIME_MAX],
                        size_t *ret_count)
{
    size_t count = vc_reader_left(r) / VC_ONE_TIME_LEN;
    uint32_t last = 0;

    if (count < 1 || count > VC_ONE_TIME_MAX) {
        return VC_ERR_MALFORMED;
    }
    for (size_t i = 0; i < count; i++) {
        keys[i].id = vc_read_u32(r);
        vc_read_copy(r, keys[i].key.b, sizeof(keys[i].key.b));
        if (keys[i].id <= last) { /* so none is 0, either */
            return VC_ERR_MALFORMED;
        }
        last = keys[i].id;
    }
    if (vc_reader_end(r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_count = count;
    return VC_OK;
}

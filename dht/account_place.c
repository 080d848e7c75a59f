/* dht/SPEC.md, "What a record says". */
#include "dht/account_place.h"

#include <string.h>

_Static_assert(VC_XNONCE_LEN + VC_ACCOUNT_PLAIN_LEN + VC_TAG_LEN ==
                   VC_DHT_RECORD_BODY_LEN,
               "what is sealed takes the whole body");

/* The rest of a place whose R, epoch, index and factor are set. */
static bool find_key(struct vc_account_place *place, const char *label,
                     struct vc_bytes secret)
{
    const struct vc_bytes parts[] = {VC_BYTES(place->record.b), VC_BYTES(place->key.b),
                                     secret};

    if (!vc_blind_public(&place->key, &place->record, &place->factor)) {
        vc_account_place_wipe(place);
        return false;
    }
    vc_blind_place(&place->place, &place->key);
    vc_hash_parts(place->seal.b, sizeof(place->seal.b), label, NULL, parts,
                  sizeof(parts) / sizeof(parts[0]));
    return true;
}

bool vc_account_place_of_device(struct vc_account_place *ret_place,
                                const struct vc_key32 *record, uint32_t epoch,
                                uint16_t index)
{
    *ret_place =
        (struct vc_account_place){.record = *record, .epoch = epoch, .index = index};
    vc_blind_of_device(&ret_place->factor, record, epoch, index);
    return find_key(ret_place, "record seal", (struct vc_bytes){NULL, 0});
}

bool vc_account_place_of_invite(struct vc_account_place *ret_place,
                                const struct vc_key32 *record, uint32_t epoch,
                                const struct vc_id16 *secret)
{
    *ret_place = (struct vc_account_place){.record = *record, .epoch = epoch};
    vc_blind_of_invite(&ret_place->factor, record, epoch, secret);
    return find_key(ret_place, "invite record", VC_BYTES(secret->b));
}

void vc_account_place_wipe(struct vc_account_place *place)
{
    vc_wipe(place, sizeof(*place));
}

void vc_account_place_write(uint8_t ret_record[VC_DHT_RECORD_LEN],
                            const struct vc_account_place *place,
                            const struct vc_sign_secret *record_secret, uint64_t seq,
                            const uint8_t nonce[VC_XNONCE_LEN],
                            const uint8_t plain[VC_ACCOUNT_PLAIN_LEN])
{
    uint8_t body[VC_DHT_RECORD_BODY_LEN];
    struct vc_blinded signer;

    memcpy(body, nonce, VC_XNONCE_LEN);
    vc_xseal(body + VC_XNONCE_LEN, &place->seal, nonce, (struct vc_bytes){NULL, 0},
             (struct vc_bytes){plain, VC_ACCOUNT_PLAIN_LEN});
    /* P' was a good point when the place was made. */
    VC_CHECK(vc_blind_secret(&signer, record_secret, &place->factor));
    VC_CHECK(vc_equal(signer.public_key.b, place->key.b, sizeof(place->key.b)));
    vc_dht_record_sign(ret_record, VC_DHT_RECORD_ACCOUNT, seq,
                       vc_dht_record_expiry(place->epoch), VC_BYTES(body), &signer);
    vc_blinded_wipe(&signer);
}

vc_err vc_account_place_read(const struct vc_account_place *place,
                             struct vc_bytes bytes, struct vc_dht_record *ret_record,
                             uint8_t ret_plain[VC_ACCOUNT_PLAIN_LEN])
{
    struct vc_dht_record record;
    vc_err err = vc_dht_record_read(bytes, &record);

    if (err != VC_OK) {
        return err;
    }
    if (!vc_equal(record.key.b, place->key.b, sizeof(place->key.b)) ||
        !vc_dht_record_verify(&record, bytes) ||
        !vc_xopen(ret_plain, &place->seal, record.body.data, (struct vc_bytes){NULL, 0},
                  (struct vc_bytes){record.body.data + VC_XNONCE_LEN,
                                    VC_ACCOUNT_PLAIN_LEN + VC_TAG_LEN})) {
        return VC_ERR_AUTH;
    }
    *ret_record = record;
    return VC_OK;
}

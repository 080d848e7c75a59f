/*
 * Where the records of an account stand, and what seals and signs them there.
 *
 * dht/SPEC.md, "What a record says".  A place is made of R and the day, with the index of a
 * device or the secret of an invite; whoever has these finds the record and opens it, and sees
 * that somebody with R's secret half has made it.  What it says is account_record.h's business.
 */
#ifndef VC_DHT_ACCOUNT_PLACE_H
#define VC_DHT_ACCOUNT_PLACE_H

#include "dht/record.h"

#define VC_ACCOUNT_PLAIN_LEN 851 /* bytes that a record has for what it says */

/* Not for holders: wipe it. */
struct vc_account_place {
    struct vc_key32 record; /* R */
    uint32_t epoch;
    uint16_t index; /* of the device; 0 for an invite */
    struct vc_scalar factor;
    struct vc_key32 key; /* P' */
    struct vc_hash32 place;
    struct vc_secret32 seal;
};

/* false when @record is no key that anything can be published under, or with a chance of
 * 2^-252. */
VC_NODISCARD bool vc_account_place_of_device(struct vc_account_place *ret_place,
                                             const struct vc_key32 *record,
                                             uint32_t epoch, uint16_t index);
VC_NODISCARD bool vc_account_place_of_invite(struct vc_account_place *ret_place,
                                             const struct vc_key32 *record,
                                             uint32_t epoch,
                                             const struct vc_id16 *secret);
void vc_account_place_wipe(struct vc_account_place *place);

/* Makes the record of @place: seals @plain with @nonce, which is used once, and signs.
 * @record_secret: of R. */
void vc_account_place_write(uint8_t ret_record[VC_DHT_RECORD_LEN],
                            const struct vc_account_place *place,
                            const struct vc_sign_secret *record_secret, uint64_t seq,
                            const uint8_t nonce[VC_XNONCE_LEN],
                            const uint8_t plain[VC_ACCOUNT_PLAIN_LEN]);

/* Opens it.  @ret_record borrows @bytes; its body begins with the nonce.  VC_ERR_MALFORMED,
 * VC_ERR_UNSUPPORTED: no record; VC_ERR_AUTH: not of this place.  One signature check. */
VC_NODISCARD vc_err vc_account_place_read(const struct vc_account_place *place,
                                          struct vc_bytes bytes,
                                          struct vc_dht_record *ret_record,
                                          uint8_t ret_plain[VC_ACCOUNT_PLAIN_LEN]);

#endif

/*
 * A record as holders see it: signed by a key that says nothing of whose it is.
 *
 * dht/SPEC.md, "Records": 1,000 bytes: type 1, key 32, seq 8, expiry 4, signature 64, body 891.
 * The key is a record key blinded for a day (crypto/blind.h), the body sealed
 * (dht/account_record.h); neither matters here.
 */
#ifndef VC_DHT_RECORD_H
#define VC_DHT_RECORD_H

#include "crypto/base/cursor.h"
#include "crypto/blind.h"
#include "dht/limits.h"

#define VC_DHT_RECORD_ACCOUNT  1 /* type; others come later and are refused until then */
#define VC_DHT_RECORD_BODY_LEN 891

struct vc_dht_record {
    uint8_t type;
    struct vc_key32 key; /* P' */
    uint64_t seq;
    uint32_t expiry; /* seconds since 1970 */
    struct vc_sig sig;
    struct vc_bytes body; /* VC_DHT_RECORD_BODY_LEN bytes, borrowed */
};

/* Writes VC_DHT_RECORD_LEN bytes, signed with @signer.  @body: exactly
 * VC_DHT_RECORD_BODY_LEN bytes. */
void vc_dht_record_sign(uint8_t ret_record[VC_DHT_RECORD_LEN], uint8_t type,
                        uint64_t seq, uint32_t expiry, struct vc_bytes body,
                        const struct vc_blinded *signer);

/* Reads the form only: VC_ERR_MALFORMED for another length, VC_ERR_UNSUPPORTED for another
 * type.  Cheap. */
VC_NODISCARD vc_err vc_dht_record_read(struct vc_bytes bytes,
                                       struct vc_dht_record *ret_record);

/* Where it belongs: BLAKE2b-256("dht", key). */
void vc_dht_record_place(struct vc_hash32 *ret_place,
                         const struct vc_dht_record *record);

/* May it be kept at @unix_ms: is neither seq nor expiry too far ahead, nor the expiry past?
 * @unix_ms 0: the date is not known, and everything may be.  Looks at seq and expiry only. */
bool vc_dht_record_is_timely(const struct vc_dht_record *record, vc_ms unix_ms);

/* The signature: about 36 us.  @bytes: as they were read. */
VC_NODISCARD bool vc_dht_record_verify(const struct vc_dht_record *record,
                                       struct vc_bytes bytes);

/*
 * When a record is published and until when it counts.  An epoch is a day (crypto/blind.h); its
 * record is published from VC_DHT_RECORD_AHEAD_S before it begins, so that nobody's clock misses
 * the change, and expires VC_DHT_RECORD_AFTER_S after its end.
 */
uint32_t vc_dht_epoch_of(vc_ms unix_ms);
uint32_t vc_dht_record_expiry(uint32_t epoch); /* seconds since 1970 */

/* The seq of the next record at a place where the last one had @last (0: there was none): the
 * date, rounded down to VC_DHT_SEQ_STEP_MS so that it tells little, or one more than the last. */
uint64_t vc_dht_record_next_seq(uint64_t last, vc_ms unix_ms);

#endif

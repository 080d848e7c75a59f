/* dht/SPEC.md, "Records". */
#include "dht/record.h"

enum {
    LABEL_LEN = 16, /* stands before what is signed, filled up with zeros */
    SIG_AT = 45,    /* what is signed stands before and behind the signature */
    BODY_AT = SIG_AT + 64,
    MESSAGE_LEN = LABEL_LEN + SIG_AT + VC_DHT_RECORD_BODY_LEN,
};

_Static_assert(BODY_AT + VC_DHT_RECORD_BODY_LEN == VC_DHT_RECORD_LEN,
               "the body takes the rest of a record");

/* Puts what is signed of a record into @room and gives it. */
static struct vc_bytes message_of(uint8_t room[MESSAGE_LEN],
                                  const uint8_t record[VC_DHT_RECORD_LEN])
{
    static const char label[LABEL_LEN] = "dht record";
    struct vc_writer w = vc_writer(room, MESSAGE_LEN);

    vc_write_copy(&w, label, sizeof(label));
    vc_write_copy(&w, record, SIG_AT);
    vc_write_copy(&w, record + BODY_AT, VC_DHT_RECORD_BODY_LEN);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

void vc_dht_record_sign(uint8_t ret_record[VC_DHT_RECORD_LEN], uint8_t type,
                        uint64_t seq, uint32_t expiry, struct vc_bytes body,
                        const struct vc_blinded *signer)
{
    struct vc_writer w = vc_writer(ret_record, VC_DHT_RECORD_LEN);
    uint8_t message[MESSAGE_LEN];
    struct vc_sig sig = {{0}};

    VC_CHECK(body.len == VC_DHT_RECORD_BODY_LEN);
    vc_write_u8(&w, type);
    vc_write_copy(&w, signer->public_key.b, sizeof(signer->public_key.b));
    vc_write_u64(&w, seq);
    vc_write_u32(&w, expiry);
    vc_write_copy(&w, sig.b, sizeof(sig.b));
    vc_write_bytes(&w, body);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    vc_blinded_sign(&sig, signer, message_of(message, ret_record));
    w = vc_writer(ret_record + SIG_AT, sizeof(sig.b));
    vc_write_copy(&w, sig.b, sizeof(sig.b));
}

vc_err vc_dht_record_read(struct vc_bytes bytes, struct vc_dht_record *ret_record)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_dht_record record;

    if (bytes.len != VC_DHT_RECORD_LEN) {
        return VC_ERR_MALFORMED;
    }
    record.type = vc_read_u8(&r);
    vc_read_copy(&r, record.key.b, sizeof(record.key.b));
    record.seq = vc_read_u64(&r);
    record.expiry = vc_read_u32(&r);
    vc_read_copy(&r, record.sig.b, sizeof(record.sig.b));
    record.body = vc_read_bytes(&r, VC_DHT_RECORD_BODY_LEN);
    VC_CHECK(vc_reader_end(&r) == VC_OK);
    if (record.type != VC_DHT_RECORD_ACCOUNT) {
        return VC_ERR_UNSUPPORTED;
    }
    *ret_record = record;
    return VC_OK;
}

void vc_dht_record_place(struct vc_hash32 *ret_place,
                         const struct vc_dht_record *record)
{
    vc_blind_place(ret_place, &record->key);
}

bool vc_dht_record_is_timely(const struct vc_dht_record *record, vc_ms unix_ms)
{
    vc_ms expires_at = (vc_ms)record->expiry * 1000;

    if (unix_ms == 0) {
        return true;
    }
    return expires_at > unix_ms && expires_at - unix_ms <= VC_DHT_EXPIRY_AHEAD_MS &&
           record->seq <= vc_ms_after(unix_ms, VC_DHT_SEQ_AHEAD_MS);
}

bool vc_dht_record_verify(const struct vc_dht_record *record, struct vc_bytes bytes)
{
    uint8_t message[MESSAGE_LEN];

    VC_CHECK(bytes.len == VC_DHT_RECORD_LEN);
    return vc_sign_verify(&record->sig, &record->key, message_of(message, bytes.data));
}

uint32_t vc_dht_epoch_of(vc_ms unix_ms)
{
    return (uint32_t)(unix_ms / 1000 / VC_EPOCH_S);
}

uint32_t vc_dht_record_expiry(uint32_t epoch)
{
    uint64_t expiry = ((uint64_t)epoch + 1) * VC_EPOCH_S + VC_DHT_RECORD_AFTER_S;

    VC_CHECK(expiry <= UINT32_MAX); /* the year 2106 */
    return (uint32_t)expiry;
}

uint64_t vc_dht_record_next_seq(uint64_t last, vc_ms unix_ms)
{
    uint64_t rounded = unix_ms - unix_ms % VC_DHT_SEQ_STEP_MS;

    VC_CHECK(last < UINT64_MAX);
    return rounded > last ? rounded : last + 1;
}

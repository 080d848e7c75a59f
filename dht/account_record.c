/* dht/SPEC.md, "What a record says". */
#include "dht/account_record.h"

#include <string.h>

#include "crypto/extension.h"

enum {
    LABEL_LEN = 16,
    SIG_LEN = 64,
    CONTENT_LEN = VC_ACCOUNT_PLAIN_LEN - SIG_LEN, /* what dev_sig signs of an account */
    MESSAGE_LEN = LABEL_LEN + 32 + 8 + 4 + CONTENT_LEN,
    /* What is for contacts: node key, count, addresses. */
    INNER_PLAIN_LEN = 32 + 1 + VC_RECORD_ADDRS_MAX * VC_ADDR_ENCODED_MAX,
    INNER_LEN = INNER_PLAIN_LEN + VC_TAG_LEN,
    NAME_LEN = 16,
    HEAD_LEN = 1 + 32, /* kind and root */
    FIXED_LEN = HEAD_LEN + VC_CERTIFICATE_LEN + VC_PREKEY_LEN + 1 + INNER_LEN,
    /* Of live statement, hosts and extensions, each with a byte in front. */
    REST_MAX = 1 + VC_LIVE_ENCODED_MAX + 1 +
               VC_RECORD_HOSTS_MAX * (NAME_LEN + VC_ADDR_ENCODED_MAX) + 1,
};

_Static_assert(FIXED_LEN + REST_MAX <= CONTENT_LEN, "whatever is said has room");
_Static_assert(HEAD_LEN + VC_FORWARD_LEN <= VC_ACCOUNT_PLAIN_LEN, "a forward has room");

/* ---- parts ---- */

static void write_zeros(struct vc_writer *w)
{
    while (vc_writer_left(w) > 0) {
        vc_write_u8(w, 0);
    }
    VC_CHECK(vc_writer_end(w) == VC_OK);
}

/* Whatever is left must be zeros. */
static void read_zeros(struct vc_reader *r)
{
    struct vc_bytes rest = vc_read_rest(r);

    if (!vc_is_zero(rest.data, rest.len)) {
        vc_reader_fail(r);
    }
}

static void write_addrs(struct vc_writer *w, const struct vc_addr *addrs, uint8_t count)
{
    vc_write_u8(w, count);
    for (uint8_t i = 0; i < count; i++) {
        VC_CHECK(vc_addr_is_usable(&addrs[i]));
        vc_addr_write(w, &addrs[i]);
    }
}

static void read_addr(struct vc_reader *r, struct vc_addr *ret_addr)
{
    *ret_addr = vc_addr_read(r);
    if (!vc_addr_is_usable(ret_addr)) {
        vc_reader_fail(r);
    }
}

/* A count that is too great fails the reader and gives 0. */
static uint8_t read_count(struct vc_reader *r, uint8_t max)
{
    uint8_t count = vc_read_u8(r);

    if (count > max) {
        vc_reader_fail(r);
        return 0;
    }
    return count;
}

static void read_addrs(struct vc_reader *r, struct vc_addr *ret_addrs, uint8_t max,
                       uint8_t *ret_count)
{
    *ret_count = read_count(r, max);
    for (uint8_t i = 0; i < *ret_count; i++) {
        read_addr(r, &ret_addrs[i]);
    }
}

/* A length byte, 0 for none, and the live statement. */
static void write_live(struct vc_writer *w, const struct vc_live *live)
{
    uint8_t room[VC_LIVE_ENCODED_MAX];
    struct vc_writer value = vc_writer(room, sizeof(room));

    if (live->count > 0) {
        vc_live_write(&value, live);
    }
    vc_write_u8(w, (uint8_t)vc_writer_bytes(&value).len);
    vc_write_bytes(w, vc_writer_bytes(&value));
}

static void read_live(struct vc_reader *r, struct vc_live *ret_live)
{
    struct vc_reader value = vc_reader(vc_read_bytes(r, vc_read_u8(r)));

    *ret_live = (struct vc_live){.count = 0};
    if (vc_reader_left(&value) > 0) {
        vc_live_read(&value, ret_live);
    }
    if (vc_reader_end(&value) != VC_OK) {
        vc_reader_fail(r);
    }
}

static void write_hosts(struct vc_writer *w, const struct vc_account_record *record)
{
    VC_CHECK(record->host_count <= VC_RECORD_HOSTS_MAX);
    vc_write_u8(w, record->host_count);
    for (uint8_t i = 0; i < record->host_count; i++) {
        VC_CHECK(vc_addr_is_usable(&record->hosts[i].addr));
        vc_write_copy(w, record->hosts[i].name.b, NAME_LEN);
        vc_addr_write(w, &record->hosts[i].addr);
    }
}

static void read_hosts(struct vc_reader *r, struct vc_account_record *record)
{
    record->host_count = read_count(r, VC_RECORD_HOSTS_MAX);
    for (uint8_t i = 0; i < record->host_count; i++) {
        vc_read_copy(r, record->hosts[i].name.b, NAME_LEN);
        read_addr(r, &record->hosts[i].addr);
    }
}

/* A length byte and so many bytes of extensions, of which this version knows none. */
static void read_extensions(struct vc_reader *r)
{
    struct vc_reader list = vc_reader(vc_read_bytes(r, vc_read_u8(r)));
    struct vc_extension extension = VC_EXTENSION_NONE;

    while (vc_extension_next(&list, &extension)) {
    }
    if (vc_reader_end(&list) != VC_OK) {
        vc_reader_fail(r);
    }
}

/* ---- what is for contacts ---- */

static void inner_key(struct vc_secret32 *ret_key, const struct vc_secret32 *contacts,
                      const struct vc_key32 *key)
{
    vc_hash(ret_key->b, sizeof(ret_key->b), "record contacts", contacts,
            VC_BYTES(key->b));
}

static void write_inner(struct vc_writer *w, const struct vc_account_place *place,
                        const struct vc_account_record *record,
                        const struct vc_secret32 *contacts, const uint8_t *nonce,
                        struct vc_rng *rng)
{
    uint8_t plain[INNER_PLAIN_LEN], sealed[INNER_LEN];
    struct vc_writer inner = vc_writer(plain, sizeof(plain));
    struct vc_secret32 key;

    /* Drawn in either case, so that both take the same from the generator. */
    vc_rng_draw(rng, sealed, sizeof(sealed));
    if (record->has_node) {
        VC_CHECK(contacts != NULL && record->addr_count <= VC_RECORD_ADDRS_MAX);
        vc_write_copy(&inner, record->node.b, sizeof(record->node.b));
        write_addrs(&inner, record->addrs, record->addr_count);
        write_zeros(&inner);
        inner_key(&key, contacts, &place->key);
        vc_xseal(sealed, &key, nonce, (struct vc_bytes){NULL, 0}, VC_BYTES(plain));
        vc_wipe(&key, sizeof(key));
        vc_wipe(plain, sizeof(plain));
    }
    vc_write_copy(w, sealed, sizeof(sealed));
}

/* Random bytes open with no key, and so does what another generation was said to. */
static vc_err read_inner(const struct vc_account_place *place, const uint8_t *nonce,
                         const uint8_t sealed[INNER_LEN],
                         const struct vc_secret32 *keys, size_t key_count,
                         struct vc_account_record *record)
{
    uint8_t plain[INNER_PLAIN_LEN];
    struct vc_reader r = vc_reader(VC_BYTES(plain));
    struct vc_secret32 key;

    for (size_t i = 0; i < key_count && !record->has_node; i++) {
        inner_key(&key, &keys[i], &place->key);
        record->has_node = vc_xopen(plain, &key, nonce, (struct vc_bytes){NULL, 0},
                                    (struct vc_bytes){sealed, INNER_LEN});
    }
    vc_wipe(&key, sizeof(key));
    if (!record->has_node) {
        return VC_OK;
    }
    vc_read_copy(&r, record->node.b, sizeof(record->node.b));
    read_addrs(&r, record->addrs, VC_RECORD_ADDRS_MAX, &record->addr_count);
    read_zeros(&r);
    vc_wipe(plain, sizeof(plain));
    return vc_reader_end(&r);
}

/* ---- writing ---- */

/* What dev_sig signs: @content, for one place, seq and expiry. */
static struct vc_bytes message_of(uint8_t room[MESSAGE_LEN],
                                  const struct vc_account_place *place, uint64_t seq,
                                  uint32_t expiry, const uint8_t content[CONTENT_LEN])
{
    static const char label[LABEL_LEN] = "account record";
    struct vc_writer w = vc_writer(room, MESSAGE_LEN);

    vc_write_copy(&w, label, sizeof(label));
    vc_write_copy(&w, place->key.b, sizeof(place->key.b));
    vc_write_u64(&w, seq);
    vc_write_u32(&w, expiry);
    vc_write_copy(&w, content, CONTENT_LEN);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

static void write_account(uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                          const struct vc_account_place *place,
                          const struct vc_account_record *record,
                          const struct vc_account_signers *signers,
                          const uint8_t *nonce, struct vc_rng *rng)
{
    struct vc_writer w = vc_writer(plain, CONTENT_LEN);
    uint8_t message[MESSAGE_LEN];
    struct vc_sig sig;

    VC_CHECK(record->certificate.index == place->index);
    vc_write_u8(&w, VC_RECORD_ACCOUNT);
    vc_write_copy(&w, record->root.b, sizeof(record->root.b));
    vc_certificate_write(&w, &record->certificate);
    vc_prekey_write(&w, &record->prekey);
    vc_write_u8(&w, record->stamp_price);
    write_inner(&w, place, record, signers->contacts, nonce, rng);
    write_live(&w, &record->live);
    write_hosts(&w, record);
    vc_write_u8(&w, 0); /* no extensions */
    write_zeros(&w);
    vc_sign(&sig, signers->dev_sig,
            message_of(message, place, record->seq, vc_dht_record_expiry(place->epoch),
                       plain));
    memcpy(plain + CONTENT_LEN, sig.b, sizeof(sig.b));
    vc_wipe(message, sizeof(message));
}

static void write_forward(uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                          const struct vc_account_record *record)
{
    struct vc_writer w = vc_writer(plain, VC_ACCOUNT_PLAIN_LEN);

    vc_write_u8(&w, VC_RECORD_FORWARD);
    vc_write_copy(&w, record->root.b, sizeof(record->root.b));
    vc_forward_write(&w, &record->forward);
    write_zeros(&w);
}

void vc_account_record_write(uint8_t ret_bytes[VC_DHT_RECORD_LEN],
                             const struct vc_account_place *place,
                             const struct vc_account_record *record,
                             const struct vc_account_signers *signers,
                             struct vc_rng *rng)
{
    uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
    uint8_t nonce[VC_XNONCE_LEN];

    vc_rng_draw(rng, nonce, sizeof(nonce));
    if (record->kind == VC_RECORD_FORWARD) {
        write_forward(plain, record);
    } else {
        VC_CHECK(record->kind == VC_RECORD_ACCOUNT);
        write_account(plain, place, record, signers, nonce, rng);
    }
    vc_account_place_write(ret_bytes, place, signers->record_secret, record->seq, nonce,
                           plain);
    vc_wipe(plain, sizeof(plain));
}

/* ---- reading ---- */

/* Whom the reader expects, and what he can open. */
struct expected {
    const struct vc_fingerprint *fingerprint;
    const struct vc_secret32 *keys;
    size_t key_count;
};

static vc_err verify_account(const struct vc_account_place *place,
                             const struct vc_dht_record *signed_as,
                             const uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                             const struct vc_account_record *record)
{
    uint8_t message[MESSAGE_LEN];
    struct vc_sig sig;
    vc_err err = vc_certificate_verify(&record->certificate, &record->root);

    if (err == VC_OK && record->certificate.index != place->index) {
        err = VC_ERR_AUTH;
    }
    memcpy(sig.b, plain + CONTENT_LEN, sizeof(sig.b));
    if (err == VC_OK && !vc_sign_verify(&sig, &record->certificate.dev_sig,
                                        message_of(message, place, signed_as->seq,
                                                   signed_as->expiry, plain))) {
        err = VC_ERR_AUTH;
    }
    if (err == VC_OK) {
        err = vc_prekey_verify(&record->prekey, &record->root, &record->certificate);
    }
    if (err == VC_OK && record->live.count > 0) {
        err = vc_live_verify(&record->live, &record->root);
        if (err == VC_OK && !vc_live_has(&record->live, place->index)) {
            err = VC_ERR_AUTH;
        }
    }
    return err;
}

static vc_err read_account(const struct vc_account_place *place,
                           const struct vc_dht_record *signed_as,
                           const uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                           const struct expected *expected,
                           struct vc_account_record *record)
{
    struct vc_reader r =
        vc_reader((struct vc_bytes){plain + HEAD_LEN, CONTENT_LEN - HEAD_LEN});
    struct vc_bytes inner;
    vc_err err;

    vc_certificate_read(&r, &record->certificate);
    vc_prekey_read(&r, &record->prekey);
    record->stamp_price = vc_read_u8(&r);
    inner = vc_read_bytes(&r, INNER_LEN);
    read_live(&r, &record->live);
    read_hosts(&r, record);
    read_extensions(&r);
    read_zeros(&r);
    err = vc_reader_end(&r);
    if (err == VC_OK) {
        err = verify_account(place, signed_as, plain, record);
    }
    if (err == VC_OK) {
        err = read_inner(place, signed_as->body.data, inner.data, expected->keys,
                         expected->key_count, record);
    }
    return err;
}

static vc_err read_forward(const struct vc_account_place *place,
                           const uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                           struct vc_account_record *record)
{
    struct vc_reader r =
        vc_reader((struct vc_bytes){plain + HEAD_LEN, VC_ACCOUNT_PLAIN_LEN - HEAD_LEN});
    vc_err err;

    vc_forward_read(&r, &record->forward);
    read_zeros(&r);
    err = vc_reader_end(&r);
    if (err == VC_OK) {
        err = vc_forward_verify(&record->forward, &record->root);
    }
    if (err == VC_OK && !vc_equal(record->forward.old_record.b, place->record.b, 32)) {
        err = VC_ERR_AUTH; /* it stands at a place of another R */
    }
    return err;
}

static vc_err read_device(const struct vc_account_place *place, struct vc_bytes bytes,
                          const struct expected *expected,
                          struct vc_account_record *ret_record)
{
    uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
    struct vc_reader r = vc_reader(VC_BYTES(plain));
    struct vc_account_record record = {.seq = 0};
    struct vc_dht_record signed_as;
    struct vc_fingerprint fingerprint;
    vc_err err = vc_account_place_read(place, bytes, &signed_as, plain);
    uint8_t kind;

    if (err != VC_OK) {
        return err;
    }
    record.seq = signed_as.seq;
    kind = vc_read_u8(&r);
    vc_read_copy(&r, record.root.b, sizeof(record.root.b));
    vc_fingerprint_of(&fingerprint, &record.root);
    if (kind != VC_RECORD_ACCOUNT && kind != VC_RECORD_FORWARD) {
        err = VC_ERR_UNSUPPORTED;
    } else if (!vc_equal(&fingerprint, expected->fingerprint, sizeof(fingerprint))) {
        err = VC_ERR_AUTH;
    } else if (kind == VC_RECORD_ACCOUNT) {
        record.kind = VC_RECORD_ACCOUNT;
        err = read_account(place, &signed_as, plain, expected, &record);
    } else {
        record.kind = VC_RECORD_FORWARD;
        err = read_forward(place, plain, &record);
    }
    if (err == VC_OK) {
        *ret_record = record;
    }
    vc_wipe(plain, sizeof(plain));
    return err;
}

vc_err vc_account_record_read(const struct vc_account_place *place,
                              struct vc_bytes bytes,
                              const struct vc_fingerprint *fingerprint,
                              struct vc_account_record *ret_record)
{
    const struct expected expected = {fingerprint, NULL, 0};

    return read_device(place, bytes, &expected, ret_record);
}

vc_err vc_account_record_read_contact(const struct vc_account_place *place,
                                      struct vc_bytes bytes,
                                      const struct vc_key32 *root,
                                      const struct vc_secret32 *keys, size_t key_count,
                                      struct vc_account_record *ret_record)
{
    struct vc_fingerprint fingerprint;
    const struct expected expected = {&fingerprint, keys, key_count};

    VC_CHECK(key_count <= VC_RECORD_KEYS_MAX);
    vc_fingerprint_of(&fingerprint, root);
    return read_device(place, bytes, &expected, ret_record);
}

/* ---- invites ---- */

void vc_invite_record_write(uint8_t ret_bytes[VC_DHT_RECORD_LEN],
                            const struct vc_account_place *place,
                            const struct vc_invite_record *record,
                            const struct vc_sign_secret *record_secret,
                            struct vc_rng *rng)
{
    uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
    struct vc_writer w = vc_writer(plain, sizeof(plain));
    uint8_t nonce[VC_XNONCE_LEN];

    VC_CHECK(record->addr_count <= VC_RECORD_INVITE_ADDRS_MAX);
    vc_rng_draw(rng, nonce, sizeof(nonce));
    vc_write_u8(&w, VC_RECORD_INVITE);
    write_addrs(&w, record->addrs, record->addr_count);
    write_zeros(&w);
    vc_account_place_write(ret_bytes, place, record_secret, record->seq, nonce, plain);
    vc_wipe(plain, sizeof(plain));
}

vc_err vc_invite_record_read(const struct vc_account_place *place,
                             struct vc_bytes bytes, struct vc_invite_record *ret_record)
{
    uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
    struct vc_reader r = vc_reader(VC_BYTES(plain));
    struct vc_invite_record record = {.seq = 0};
    struct vc_dht_record signed_as;
    vc_err err = vc_account_place_read(place, bytes, &signed_as, plain);

    if (err != VC_OK) {
        return err;
    }
    record.seq = signed_as.seq;
    if (vc_read_u8(&r) != VC_RECORD_INVITE) {
        err = VC_ERR_UNSUPPORTED;
    } else {
        read_addrs(&r, record.addrs, VC_RECORD_INVITE_ADDRS_MAX, &record.addr_count);
        read_zeros(&r);
        err = vc_reader_end(&r);
    }
    if (err == VC_OK) {
        *ret_record = record;
    }
    vc_wipe(plain, sizeof(plain));
    return err;
}

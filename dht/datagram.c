/* dht/SPEC.md, "Datagrams". */
#include "dht/datagram.h"

#include <string.h>

#include "crypto/handshake.h"

#define SALT_LEN     16
#define HEADER_LEN   45 /* zeros, flags, transaction id, node key */
#define REQUEST_HEAD (SALT_LEN + HEADER_LEN)
#define TXID_LEN     sizeof(struct vc_dht_txid)
#define KEY_LEN      sizeof(struct vc_key32)

#define FLAG_ROUTER 0x01
#define FLAG_COOKIE 0x02
#define ZERO_FLAGS  0xfc

_Static_assert(VC_DHT_REQUEST_OVERHEAD == REQUEST_HEAD + VC_TAG_LEN, "request");
_Static_assert(VC_DHT_ANSWER_OVERHEAD == TXID_LEN + SALT_LEN + VC_TAG_LEN, "answer");
_Static_assert(VC_DHT_HELLO_ANSWER_OVERHEAD == VC_DHT_ANSWER_OVERHEAD + KEY_LEN,
               "hello");
_Static_assert(SALT_LEN + TXID_LEN == VC_XNONCE_LEN, "nonce");

/* A hash over the network, by its length and its bytes, and up to two node keys. */
static void derive(struct vc_secret32 *ret_key, const char *label,
                   const struct vc_secret32 *key, struct vc_bytes network_id,
                   const struct vc_key32 *first, const struct vc_key32 *second)
{
    uint8_t len = (uint8_t)network_id.len;
    struct vc_bytes parts[4] = {{&len, 1}, network_id};
    size_t count = 2;

    VC_CHECK(network_id.len >= 1 && network_id.len <= VC_NETWORK_ID_MAX);
    if (first != NULL) {
        parts[count++] = VC_BYTES(first->b);
    }
    if (second != NULL) {
        parts[count++] = VC_BYTES(second->b);
    }
    vc_hash_parts(ret_key->b, sizeof ret_key->b, label, key, parts, count);
}

void vc_dht_mask_of(struct vc_secret32 *ret_mask, struct vc_bytes network_id,
                    const struct vc_key32 *node)
{
    derive(ret_mask, "dht mask", NULL, network_id, node, NULL);
}

void vc_dht_masks_make(struct vc_dht_masks *ret_masks, struct vc_bytes network_id,
                       const struct vc_key32 *own)
{
    vc_dht_mask_of(&ret_masks->own, network_id, own);
    derive(&ret_masks->hello, "dht hello", NULL, network_id, NULL, NULL);
}

void vc_dht_request_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                        const struct vc_secret32 *shared, const struct vc_key32 *asker,
                        const struct vc_key32 *asked)
{
    derive(ret_key, "dht request", shared, network_id, asker, asked);
}

void vc_dht_answer_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                       const struct vc_secret32 *shared, const struct vc_key32 *asker,
                       const struct vc_key32 *asked)
{
    derive(ret_key, "dht answer", shared, network_id, asker, asked);
}

void vc_dht_pair_make(struct vc_dht_pair *ret_pair, struct vc_bytes network_id,
                      const struct vc_secret32 *shared, const struct vc_key32 *asker,
                      const struct vc_key32 *asked)
{
    vc_dht_request_key(&ret_pair->request, network_id, shared, asker, asked);
    vc_dht_answer_key(&ret_pair->answer, network_id, shared, asker, asked);
}

void vc_dht_hello_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                      const struct vc_key32 *asker)
{
    derive(ret_key, "dht hello key", NULL, network_id, asker, NULL);
}

static size_t answer_overhead(bool is_hello)
{
    return is_hello ? VC_DHT_HELLO_ANSWER_OVERHEAD : VC_DHT_ANSWER_OVERHEAD;
}

static void nonce_of(uint8_t ret_nonce[VC_XNONCE_LEN], const uint8_t *salt,
                     const struct vc_dht_txid *txid)
{
    memcpy(ret_nonce, salt, SALT_LEN);
    memcpy(ret_nonce + SALT_LEN, txid->b, TXID_LEN);
}

/* How many zeros stand behind what would be @len bytes long: a number at random that leaves it
 * within @len_max. */
static size_t draw_padding(size_t len, size_t len_max, struct vc_rng *rng)
{
    size_t most = len_max - len;

    return vc_rng_below(rng,
                        (uint32_t)(most < VC_DHT_PAD_MAX ? most : VC_DHT_PAD_MAX) + 1);
}

/* Writes @body, filled up with zeros to @len bytes and sealed where it stands. */
static void seal_body(struct vc_writer *w, const struct vc_secret32 *key,
                      const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
                      struct vc_bytes body, size_t len)
{
    static const uint8_t zeros[VC_DHT_DATAGRAM_MAX];
    uint8_t *at = w->at;

    vc_write_bytes(w, body);
    vc_write_copy(w, zeros, len - body.len + VC_TAG_LEN);
    VC_CHECK(!w->is_failed);
    vc_xseal(at, key, nonce, ad, (struct vc_bytes){at, len});
}

static void header_write(struct vc_writer *w, const struct vc_dht_header *header)
{
    vc_write_u32(w, 0);
    vc_write_u8(w, (uint8_t)((header->is_router ? FLAG_ROUTER : 0) |
                             (header->has_cookie ? FLAG_COOKIE : 0)));
    vc_write_copy(w, header->txid.b, TXID_LEN);
    vc_write_copy(w, header->asker.b, KEY_LEN);
}

/* False when it does not look like one: the mask was another. */
static bool header_read(struct vc_bytes bytes, struct vc_dht_header *ret_header)
{
    struct vc_reader r = vc_reader(bytes);
    uint32_t zeros = vc_read_u32(&r);
    uint8_t flags = vc_read_u8(&r);

    if (zeros != 0 || (flags & ZERO_FLAGS) != 0) {
        return false;
    }
    ret_header->is_router = (flags & FLAG_ROUTER) != 0;
    ret_header->has_cookie = (flags & FLAG_COOKIE) != 0;
    vc_read_copy(&r, ret_header->txid.b, TXID_LEN);
    vc_read_copy(&r, ret_header->asker.b, KEY_LEN);
    return vc_reader_end(&r) == VC_OK;
}

vc_err vc_dht_request_seal(struct vc_writer *w, const struct vc_dht_header *header,
                           const struct vc_secret32 *mask,
                           const struct vc_secret32 *request_key, struct vc_bytes body,
                           size_t body_min, struct vc_rng *rng)
{
    const size_t body_max = VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD;
    uint8_t *start = w->at;
    size_t len = body.len > body_min ? body.len : body_min;
    uint8_t salt[SALT_LEN], nonce[VC_XNONCE_LEN];

    VC_CHECK(len >= 1 && len <= body_max);
    len += draw_padding(len, body_max, rng);
    if (vc_writer_left(w) < len + VC_DHT_REQUEST_OVERHEAD) {
        return VC_ERR_FULL;
    }
    vc_rng_draw(rng, salt, sizeof salt);
    vc_write_copy(w, salt, sizeof salt);
    header_write(w, header);
    vc_xchacha_xor((struct vc_room){start + SALT_LEN, HEADER_LEN}, mask, salt);
    nonce_of(nonce, salt, &header->txid);
    seal_body(w, request_key, nonce, (struct vc_bytes){start, REQUEST_HEAD}, body, len);
    return VC_OK;
}

static bool is_long_enough(struct vc_bytes datagram, size_t overhead)
{
    return datagram.len > overhead && datagram.len <= VC_DHT_DATAGRAM_MAX;
}

static bool unmask(struct vc_bytes datagram, const struct vc_secret32 *mask,
                   struct vc_dht_header *ret_header)
{
    struct vc_reader r = vc_reader(datagram);
    struct vc_bytes salt = vc_read_bytes(&r, SALT_LEN);
    uint8_t header[HEADER_LEN];

    vc_read_copy(&r, header, sizeof header);
    vc_xchacha_xor((struct vc_room){header, sizeof header}, mask, salt.data);
    return header_read(VC_BYTES(header), ret_header);
}

bool vc_dht_request_unmask(const struct vc_dht_masks *masks, struct vc_bytes datagram,
                           struct vc_dht_header *ret_header)
{
    struct vc_dht_header header = {.is_hello = false};

    if (!is_long_enough(datagram, VC_DHT_REQUEST_OVERHEAD)) {
        return false;
    }
    if (!unmask(datagram, &masks->own, &header)) {
        header.is_hello = true;
        if (!unmask(datagram, &masks->hello, &header)) {
            return false;
        }
    }
    *ret_header = header;
    return true;
}

bool vc_dht_request_open(struct vc_bytes datagram, const struct vc_dht_header *header,
                         const struct vc_secret32 *request_key, uint8_t *scratch,
                         struct vc_bytes *ret_body)
{
    struct vc_reader r = vc_reader(datagram);
    struct vc_bytes head, sealed;
    uint8_t nonce[VC_XNONCE_LEN];

    if (!is_long_enough(datagram, VC_DHT_REQUEST_OVERHEAD)) {
        return false;
    }
    head = vc_read_bytes(&r, REQUEST_HEAD);
    sealed = vc_read_rest(&r);
    nonce_of(nonce, head.data, &header->txid);
    if (!vc_xopen(scratch, request_key, nonce, head, sealed)) {
        return false;
    }
    *ret_body = (struct vc_bytes){scratch, sealed.len - VC_TAG_LEN};
    return true;
}

vc_err vc_dht_answer_seal(struct vc_writer *w, const struct vc_dht_txid *txid,
                          const struct vc_secret32 *answer_key,
                          const struct vc_secret32 *hello_mask,
                          const struct vc_key32 *own, struct vc_bytes body,
                          size_t len_max, struct vc_rng *rng)
{
    bool is_hello = hello_mask != NULL;
    size_t overhead = answer_overhead(is_hello);
    uint8_t salt[SALT_LEN], nonce[VC_XNONCE_LEN], ad[TXID_LEN + KEY_LEN];
    struct vc_bytes key = {ad + TXID_LEN, is_hello ? KEY_LEN : 0}; /* as sent */
    size_t len = overhead + body.len;

    VC_CHECK(body.len >= 1 && len <= VC_DHT_DATAGRAM_MAX);
    VC_CHECK(is_hello == (own != NULL));
    if (len > len_max) {
        return VC_ERR_FULL;
    }
    len_max = len_max < VC_DHT_DATAGRAM_MAX ? len_max : VC_DHT_DATAGRAM_MAX;
    len += draw_padding(len, len_max, rng);
    if (vc_writer_left(w) < len) {
        return VC_ERR_FULL;
    }
    vc_rng_draw(rng, salt, sizeof salt);
    nonce_of(nonce, salt, txid);
    memcpy(ad, txid->b, TXID_LEN);
    if (is_hello) {
        memcpy(ad + TXID_LEN, own->b, KEY_LEN);
        vc_xchacha_xor_nonce((struct vc_room){ad + TXID_LEN, KEY_LEN}, hello_mask,
                             VC_BYTES(nonce));
    }
    vc_write_copy(w, txid->b, TXID_LEN);
    vc_write_copy(w, salt, sizeof salt);
    vc_write_bytes(w, key);
    seal_body(w, answer_key, nonce, (struct vc_bytes){ad, TXID_LEN + key.len}, body,
              len - overhead);
    return VC_OK;
}

/* What an answer is made of. */
struct answer {
    struct vc_dht_txid txid;
    uint8_t nonce[VC_XNONCE_LEN];
    struct vc_bytes key; /* as sent, of an answer to a hello; else empty */
    struct vc_bytes sealed;
};

static bool answer_split(struct vc_bytes datagram, bool is_hello,
                         struct answer *ret_answer)
{
    size_t overhead = answer_overhead(is_hello);
    struct vc_reader r = vc_reader(datagram);
    struct vc_bytes salt;

    if (!is_long_enough(datagram, overhead)) {
        return false;
    }
    vc_read_copy(&r, ret_answer->txid.b, TXID_LEN);
    salt = vc_read_bytes(&r, SALT_LEN);
    nonce_of(ret_answer->nonce, salt.data, &ret_answer->txid);
    ret_answer->key = vc_read_bytes(&r, is_hello ? KEY_LEN : 0);
    ret_answer->sealed = vc_read_rest(&r);
    return true;
}

bool vc_dht_answer_txid(struct vc_bytes datagram, struct vc_dht_txid *ret_txid)
{
    struct answer answer;

    if (!answer_split(datagram, false, &answer)) {
        return false;
    }
    *ret_txid = answer.txid;
    return true;
}

bool vc_dht_hello_answer_key(struct vc_bytes datagram,
                             const struct vc_secret32 *hello_mask,
                             struct vc_key32 *ret_key)
{
    struct answer answer;

    if (!answer_split(datagram, true, &answer)) {
        return false;
    }
    memcpy(ret_key->b, answer.key.data, KEY_LEN);
    vc_xchacha_xor_nonce((struct vc_room){ret_key->b, KEY_LEN}, hello_mask,
                         VC_BYTES(answer.nonce));
    return true;
}

bool vc_dht_answer_open(struct vc_bytes datagram, bool is_hello,
                        const struct vc_secret32 *answer_key, uint8_t *scratch,
                        struct vc_bytes *ret_body)
{
    uint8_t ad[TXID_LEN + KEY_LEN];
    struct vc_writer a = vc_writer(ad, sizeof ad);
    struct answer answer;

    if (!answer_split(datagram, is_hello, &answer)) {
        return false;
    }
    vc_write_copy(&a, answer.txid.b, TXID_LEN);
    vc_write_bytes(&a, answer.key);
    if (!vc_xopen(scratch, answer_key, answer.nonce, vc_writer_bytes(&a),
                  answer.sealed)) {
        return false;
    }
    *ret_body = (struct vc_bytes){scratch, answer.sealed.len - VC_TAG_LEN};
    return true;
}

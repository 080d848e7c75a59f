/*
 * Datagrams of the DHT.  The first byte of an input says what happens to the rest:
 *
 *     0  it comes as it is: as a request, as an answer, as an answer to a hello
 *     1  it is a header (flags, transaction id, asker) and a body that somebody has sealed and
 *        masked as he should: as a request
 *     2  the same as a hello
 *     3  a body of an answer that was sealed as it should be
 *     4  the same as the answer to a hello
 *
 * Nobody can seal by chance, so that only 1 to 4 get to the decoders behind.
 */
#include <string.h>

#include "tests/support/dht_talk.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dht_talk start, talk;
static uint8_t scratch[VC_DHT_DATAGRAM_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    dht_talk_begin(&start, "veche", 1);
    return 0;
}

static void read_answer(struct vc_bytes body)
{
    struct vc_dht_answer answer;

    if (vc_dht_answer_read(body, &answer) != VC_OK) {
        return;
    }
    VC_CHECK(answer.contact_count <= VC_DHT_CONTACTS_IPV4);
    VC_CHECK(answer.record.len == 0 || answer.record.len == VC_DHT_RECORD_LEN);
}

/* As whoever gets a request: the key is made for the asker that the header names. */
static bool recv_request(struct vc_bytes datagram, struct vc_dht_header *ret_header,
                         struct vc_bytes *ret_body)
{
    struct vc_secret32 shared, key;
    struct vc_dht_pair pair;
    struct vc_dht_request request;

    if (!vc_dht_request_unmask(&talk.masks[1], datagram, ret_header)) {
        return false;
    }
    if (ret_header->is_hello) {
        vc_dht_hello_key(&key, talk.network_id, &ret_header->asker);
    } else if (vc_dh(&shared, &talk.secrets[1], &ret_header->asker)) {
        vc_dht_pair_make(&pair, talk.network_id, &shared, &ret_header->asker,
                         &talk.keys[1]);
        key = pair.request;
    } else {
        return false;
    }
    if (!vc_dht_request_open(datagram, ret_header, &key, scratch, ret_body)) {
        return false;
    }
    if (vc_dht_request_read(*ret_body, ret_header->has_cookie, &request) == VC_OK) {
        VC_CHECK(request.has_cookie == ret_header->has_cookie);
        VC_CHECK(request.record.len == 0 || request.record.len == VC_DHT_RECORD_LEN);
    }
    return true;
}

/* As whoever has asked. */
static bool recv_answer(struct vc_bytes datagram, bool is_hello,
                        struct vc_bytes *ret_body)
{
    struct vc_dht_pair pair = talk.pair;
    struct vc_secret32 shared;
    struct vc_key32 key;

    if (is_hello) {
        if (!vc_dht_hello_answer_key(datagram, &talk.masks[0].hello, &key) ||
            !vc_dh(&shared, &talk.secrets[0], &key)) {
            return false;
        }
        vc_dht_pair_make(&pair, talk.network_id, &shared, &talk.keys[0], &key);
    }
    if (!vc_dht_answer_open(datagram, is_hello, &pair.answer, scratch, ret_body)) {
        return false;
    }
    read_answer(*ret_body);
    return true;
}

static void try_raw(struct vc_bytes datagram)
{
    struct vc_dht_header header;
    struct vc_dht_txid txid;
    struct vc_bytes body;
    bool has_txid = vc_dht_answer_txid(datagram, &txid);

    (void)recv_request(datagram, &header, &body);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        if (recv_answer(datagram, is_hello == 1, &body)) {
            VC_CHECK(has_txid);
        }
    }
    VC_CHECK(has_txid == (datagram.len > VC_DHT_ANSWER_OVERHEAD &&
                          datagram.len <= VC_DHT_DATAGRAM_MAX));
}

/* What comes out is what was put in, and zeros. */
static void judge_body(struct vc_bytes opened, struct vc_bytes body)
{
    VC_CHECK(opened.len >= body.len && opened.len <= body.len + VC_DHT_PAD_MAX);
    VC_CHECK(memcmp(opened.data, body.data, body.len) == 0);
    VC_CHECK(opened.len == body.len ||
             vc_is_zero(opened.data + body.len, opened.len - body.len));
}

/* One bit is another: the one that the body's length picks. */
static void spoil(struct dht_datagram *datagram, size_t len)
{
    datagram->b[len * 7 % datagram->len] ^= (uint8_t)(1 << len % 8);
}

static void try_request(struct vc_reader *r, bool is_hello)
{
    struct vc_dht_header header = {.is_hello = is_hello}, read;
    uint8_t flags = vc_read_u8(r);
    struct dht_datagram datagram;
    struct vc_bytes body, opened;

    header.is_router = (flags & 1) != 0;
    header.has_cookie = (flags & 2) != 0;
    vc_read_copy(r, header.txid.b, sizeof header.txid.b);
    header.asker = talk.keys[0];
    body = vc_read_rest(r);
    if (body.len == 0 || body.len > VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD) {
        return;
    }
    VC_CHECK(dht_talk_ask(&talk, &header, body, 0, &datagram) == VC_OK);
    VC_CHECK(recv_request(dht_bytes(&datagram), &read, &opened));
    VC_CHECK(read.is_hello == is_hello && read.is_router == header.is_router &&
             read.has_cookie == header.has_cookie);
    VC_CHECK(memcmp(read.txid.b, header.txid.b, sizeof read.txid.b) == 0);
    judge_body(opened, body);
    spoil(&datagram, body.len);
    VC_CHECK(!recv_request(dht_bytes(&datagram), &read, &opened));
}

static void try_answer(struct vc_reader *r, bool is_hello)
{
    struct vc_dht_header header = {.is_hello = is_hello};
    size_t overhead = is_hello ? VC_DHT_HELLO_ANSWER_OVERHEAD : VC_DHT_ANSWER_OVERHEAD;
    size_t len_max = vc_read_u16(r);
    struct dht_datagram datagram;
    struct vc_bytes body, opened;

    vc_read_copy(r, header.txid.b, sizeof header.txid.b);
    body = vc_read_rest(r);
    if (body.len == 0 || body.len > VC_DHT_DATAGRAM_MAX - overhead) {
        return;
    }
    if (dht_talk_answer(&talk, &header, body, len_max, &datagram) != VC_OK) {
        VC_CHECK(body.len + overhead > len_max);
        return;
    }
    VC_CHECK(datagram.len <= len_max);
    VC_CHECK(recv_answer(dht_bytes(&datagram), is_hello, &opened));
    judge_body(opened, body);
    VC_CHECK(!recv_answer(dht_bytes(&datagram), !is_hello, &opened));
    spoil(&datagram, body.len);
    VC_CHECK(!recv_answer(dht_bytes(&datagram), is_hello, &opened));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    uint8_t what = vc_read_u8(&r);

    /* Each input by itself: the same salts in every run. */
    talk = start;
    if (what == 0) {
        try_raw(vc_read_rest(&r));
    } else if (what <= 2) {
        try_request(&r, what == 2);
    } else if (what <= 4) {
        try_answer(&r, what == 4);
    }
    return 0;
}

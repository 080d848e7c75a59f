/*
 * What is inside the DHT's datagrams.  The first byte of an input says what the rest is: bit 0,
 * the body of an answer, else of a request; bit 1, with a cookie.  What is read is written again
 * as the same bytes, behind which there are only zeros.
 */
#include <string.h>

#include "dht/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[VC_DHT_DATAGRAM_MAX];

static void judge(const struct vc_writer *w, struct vc_bytes body)
{
    struct vc_bytes written = vc_writer_bytes(w);

    VC_CHECK(vc_writer_end(w) == VC_OK);
    VC_CHECK(written.len <= body.len);
    VC_CHECK(memcmp(written.data, body.data, written.len) == 0);
    VC_CHECK(written.len == body.len ||
             vc_is_zero(body.data + written.len, body.len - written.len));
}

static void try_request(struct vc_bytes body, bool has_cookie)
{
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_dht_request request;

    if (vc_dht_request_read(body, has_cookie, &request) == VC_OK) {
        vc_dht_request_write(&w, &request);
        judge(&w, body);
    }
}

static void try_answer(struct vc_bytes body)
{
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_dht_answer answer;

    if (vc_dht_answer_read(body, &answer) != VC_OK) {
        return;
    }
    vc_dht_answer_write(&w, &answer);
    judge(&w, body);
    VC_CHECK(vc_addr_is_usable(&answer.seen));
    for (size_t i = 0; i < answer.contact_count; i++) {
        VC_CHECK(vc_addr_is_usable(&answer.contacts[i].addr));
        VC_CHECK(answer.contacts[i].addr.family == answer.seen.family);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct vc_bytes body = {data + 1, size - 1};

    if ((data[0] & 1) != 0) {
        try_answer(body);
    } else {
        try_request(body, (data[0] & 2) != 0);
    }
    return 0;
}

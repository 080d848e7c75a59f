/*
 * Requests and answers of the DHT of every type, as long as they can be.
 */
#ifndef VC_TESTS_SUPPORT_DHT_SAMPLES_H
#define VC_TESTS_SUPPORT_DHT_SAMPLES_H

#include <string.h>

#include "dht/message.h"

#define DHT_REQUEST_FIRST VC_DHT_PING
#define DHT_REQUEST_LAST  VC_DHT_RING
#define DHT_ANSWER_FIRST  VC_DHT_PONG
#define DHT_ANSWER_LAST   VC_DHT_HOLD

static const uint8_t dht_sample_record[VC_DHT_RECORD_LEN] = {1, 2, [999] = 3};

static inline struct vc_addr dht_sample_addr(uint8_t family, uint8_t number)
{
    static const uint8_t ipv6[16] = {0x20, 1, 0xd, 0xb8};

    if (family == 4) {
        return vc_addr_ipv4((const uint8_t[]){192, 0, 2, number}, 1000);
    }
    struct vc_addr addr = vc_addr_ipv6(ipv6, 1000);
    addr.ip[15] = number;
    return addr;
}

static inline struct vc_dht_request dht_sample_request(unsigned type, bool has_cookie)
{
    struct vc_dht_request request = {
        .type = (enum vc_dht_type)type,
        .has_cookie = has_cookie,
        .target = UINT64_C(0x0102030405060708),
        .place = {{0x20, 0x21}},
        .seq = 9,
        .record = VC_BYTES(dht_sample_record),
        .contact = {.addr = dht_sample_addr(6, 1)}};

    memset(request.cookie.b, 0xc0, sizeof request.cookie.b);
    return request;
}

static inline struct vc_dht_answer dht_sample_answer(unsigned type, uint8_t family)
{
    struct vc_dht_answer answer = {.type = (enum vc_dht_type)type,
                                   .time_s = 0x01020304,
                                   .seen = dht_sample_addr(family, 77),
                                   .contact_count = family == 4 ? VC_DHT_CONTACTS_IPV4
                                                                : VC_DHT_CONTACTS_IPV6,
                                   .record = VC_BYTES(dht_sample_record),
                                   .hold = VC_DHT_HOLD_FAR,
                                   .seq = 11};

    memset(answer.cookie.b, 0xc1, sizeof answer.cookie.b);
    for (uint8_t i = 0; i < answer.contact_count; i++) {
        answer.contacts[i] = (struct vc_dht_contact){.addr = dht_sample_addr(family, i),
                                                     .key = {{i}}};
    }
    return answer;
}

#endif

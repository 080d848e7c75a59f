/* dht/SPEC.md, "Requests" and "Answers". */
#include "dht/message.h"

#include <string.h>

/* Requests that do something for the asker's address, which has to be his.  REFRESH does nothing
 * but what whoever signed the record has allowed, and its answer is shorter than it is. */
bool vc_dht_type_needs_cookie(enum vc_dht_type type)
{
    return type == VC_DHT_PUT || type == VC_DHT_CALL || type == VC_DHT_RING;
}

static bool is_request(enum vc_dht_type type)
{
    return type >= VC_DHT_PING && type <= VC_DHT_RING;
}

static bool is_answer(enum vc_dht_type type)
{
    return type >= VC_DHT_PONG && type <= VC_DHT_HOLD;
}

static uint8_t contacts_max(uint8_t family)
{
    return family == 4 ? VC_DHT_CONTACTS_IPV4 : VC_DHT_CONTACTS_IPV6;
}

static void record_write(struct vc_writer *w, struct vc_bytes record)
{
    VC_CHECK(record.len == VC_DHT_RECORD_LEN);
    vc_write_bytes(w, record);
}

/* What stands behind the fields has to be zeros. */
static vc_err end_of_body(struct vc_reader *r)
{
    struct vc_bytes padding = vc_read_rest(r);

    /* Nothing secret: so it need not take the same time whatever it is. */
    if (padding.len > 0 &&
        (padding.data[0] != 0 ||
         memcmp(padding.data, padding.data + 1, padding.len - 1) != 0)) {
        vc_reader_fail(r);
    }
    return vc_reader_end(r);
}

void vc_dht_request_write(struct vc_writer *w, const struct vc_dht_request *request)
{
    VC_CHECK(is_request(request->type));
    vc_write_u8(w, (uint8_t)request->type);
    if (request->has_cookie) {
        vc_write_copy(w, request->cookie.b, sizeof request->cookie.b);
    }
    if (request->type == VC_DHT_FIND) {
        vc_write_u64(w, request->target);
    }
    if (request->type == VC_DHT_GET || request->type == VC_DHT_REFRESH) {
        vc_write_copy(w, request->place.b, sizeof request->place.b);
    }
    if (request->type == VC_DHT_PUT) {
        record_write(w, request->record);
    }
    if (request->type == VC_DHT_REFRESH) {
        vc_write_u64(w, request->seq);
    }
    if (request->type == VC_DHT_RING) {
        vc_dht_contact_write(w, &request->contact);
    }
}

vc_err vc_dht_request_read(struct vc_bytes body, bool has_cookie,
                           struct vc_dht_request *ret_request)
{
    struct vc_reader r = vc_reader(body);
    struct vc_dht_request request = {.type = (enum vc_dht_type)vc_read_u8(&r),
                                     .has_cookie = has_cookie};
    vc_err err;

    if (!r.is_failed && !is_request(request.type)) {
        return VC_ERR_UNSUPPORTED;
    }
    if (has_cookie) {
        vc_read_copy(&r, request.cookie.b, sizeof request.cookie.b);
    }
    if (request.type == VC_DHT_FIND) {
        request.target = vc_read_u64(&r);
    }
    if (request.type == VC_DHT_GET || request.type == VC_DHT_REFRESH) {
        vc_read_copy(&r, request.place.b, sizeof request.place.b);
    }
    if (request.type == VC_DHT_PUT) {
        request.record = vc_read_bytes(&r, VC_DHT_RECORD_LEN);
    }
    if (request.type == VC_DHT_REFRESH) {
        request.seq = vc_read_u64(&r);
    }
    if (request.type == VC_DHT_RING) {
        vc_dht_contact_read(&r, &request.contact);
    }
    err = end_of_body(&r);
    if (err == VC_OK) {
        *ret_request = request;
    }
    return err;
}

static void contacts_write(struct vc_writer *w, const struct vc_dht_answer *answer)
{
    VC_CHECK(answer->contact_count <= contacts_max(answer->seen.family));
    vc_write_u8(w, answer->contact_count);
    for (size_t i = 0; i < answer->contact_count; i++) {
        VC_CHECK(answer->contacts[i].addr.family == answer->seen.family);
        vc_dht_contact_write(w, &answer->contacts[i]);
    }
}

static void contacts_read(struct vc_reader *r, struct vc_dht_answer *answer)
{
    uint8_t count = vc_read_u8(r);

    if (count > contacts_max(answer->seen.family)) {
        vc_reader_fail(r);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        vc_dht_contact_read(r, &answer->contacts[i]);
        if (answer->contacts[i].addr.family != answer->seen.family) {
            vc_reader_fail(r);
        }
    }
    answer->contact_count = count;
}

void vc_dht_answer_write(struct vc_writer *w, const struct vc_dht_answer *answer)
{
    VC_CHECK(is_answer(answer->type));
    vc_write_u8(w, (uint8_t)answer->type);
    vc_write_copy(w, answer->cookie.b, sizeof answer->cookie.b);
    vc_write_u32(w, answer->time_s);
    vc_addr_write(w, &answer->seen);
    if (answer->type == VC_DHT_NODES) {
        contacts_write(w, answer);
    }
    if (answer->type == VC_DHT_VALUE) {
        record_write(w, answer->record);
    }
    if (answer->type == VC_DHT_HOLD) {
        VC_CHECK(answer->hold <= VC_DHT_HOLD_FAR);
        vc_write_u8(w, (uint8_t)answer->hold);
        vc_write_u64(w, answer->seq);
    }
}

vc_err vc_dht_answer_read(struct vc_bytes body, struct vc_dht_answer *ret_answer)
{
    struct vc_reader r = vc_reader(body);
    struct vc_dht_answer answer = {.type = (enum vc_dht_type)vc_read_u8(&r)};
    vc_err err;

    if (!r.is_failed && !is_answer(answer.type)) {
        return VC_ERR_UNSUPPORTED;
    }
    vc_read_copy(&r, answer.cookie.b, sizeof answer.cookie.b);
    answer.time_s = vc_read_u32(&r);
    answer.seen = vc_addr_read(&r);
    if (!vc_addr_is_usable(&answer.seen)) {
        vc_reader_fail(&r);
    }
    if (answer.type == VC_DHT_NODES) {
        contacts_read(&r, &answer);
    }
    if (answer.type == VC_DHT_VALUE) {
        answer.record = vc_read_bytes(&r, VC_DHT_RECORD_LEN);
    }
    if (answer.type == VC_DHT_HOLD) {
        answer.hold = (enum vc_dht_hold)vc_read_u8(&r);
        answer.seq = vc_read_u64(&r);
        if (answer.hold > VC_DHT_HOLD_FAR) {
            vc_reader_fail(&r);
        }
    }
    err = end_of_body(&r);
    if (err == VC_OK) {
        *ret_answer = answer;
    }
    return err;
}

size_t vc_dht_request_body_min(enum vc_dht_type type, bool is_hello, bool has_cookie)
{
    if (has_cookie) {
        return 0;
    }
    if (type == VC_DHT_FIND) {
        return is_hello ? VC_DHT_HELLO_BODY_MIN : VC_DHT_FIND_BODY_MIN;
    }
    return type == VC_DHT_GET ? VC_DHT_GET_BODY_MIN : VC_DHT_PING_BODY_MIN;
}

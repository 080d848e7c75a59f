/*
 * What the datagrams of the DHT look like to somebody who sees every byte and holds no key, and
 * how many of them he can make somebody else send: every position is even over many of them,
 * lengths are spread, and nobody gets more than he has sent.
 *
 * Everything comes from fixed seeds, so a run says the same each time.
 */
#include <string.h>

#include "tests/support/dht_samples.h"
#include "tests/support/dht_talk.h"
#include "tests/support/judge.h"
#include "tests/support/test.h"

#define DATAGRAMS 10000
/* Of these, as many of each length as of any other, to six deviations of a binomial. */
#define OF_A_LENGTH     (DATAGRAMS / (VC_DHT_PAD_MAX + 1))
#define OF_A_LENGTH_OFF 146

/* A body as it is before it is padded. */
struct body {
    uint8_t b[VC_DHT_DATAGRAM_MAX];
    size_t len;
};

static struct vc_bytes bytes_of(const struct body *body)
{
    return (struct vc_bytes){body->b, body->len};
}

static struct body request_body(unsigned type, bool has_cookie)
{
    struct vc_dht_request request = dht_sample_request(type, has_cookie);
    struct body body;
    struct vc_writer w = vc_writer(body.b, sizeof body.b);

    vc_dht_request_write(&w, &request);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    body.len = vc_writer_bytes(&w).len;
    return body;
}

static struct body answer_body(unsigned type, uint8_t family)
{
    struct vc_dht_answer answer = dht_sample_answer(type, family);
    struct body body;
    struct vc_writer w = vc_writer(body.b, sizeof body.b);

    vc_dht_answer_write(&w, &answer);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    body.len = vc_writer_bytes(&w).len;
    return body;
}

/* Many datagrams of one kind, between the same two. */
struct look {
    struct judge judge;
    size_t shortest; /* what all of them have is judged */
    uint32_t lengths[VC_DHT_PAD_MAX + 1];
};

static struct look *look_begin(size_t shortest)
{
    static struct look look;

    memset(&look, 0, sizeof look);
    look.shortest = shortest;
    return &look;
}

static void look_at(struct look *look, const struct dht_datagram *datagram)
{
    assert_in_range(datagram->len, look->shortest, look->shortest + VC_DHT_PAD_MAX);
    look->lengths[datagram->len - look->shortest]++;
    judge_look(&look->judge, datagram->b, look->shortest);
}

static void look_end(const struct look *look)
{
    assert_int_equal(look->judge.objects, DATAGRAMS);
    assert_int_equal(judge_uneven(&look->judge), 0);
    for (size_t i = 0; i <= VC_DHT_PAD_MAX; i++) {
        assert_in_range(look->lengths[i], OF_A_LENGTH - OF_A_LENGTH_OFF,
                        OF_A_LENGTH + OF_A_LENGTH_OFF);
    }
}

static void judge_requests(unsigned type, bool is_hello, bool has_cookie)
{
    struct body body = request_body(type, has_cookie);
    size_t body_min =
        vc_dht_request_body_min((enum vc_dht_type)type, is_hello, has_cookie);
    struct look *look = look_begin(VC_DHT_REQUEST_OVERHEAD +
                                   (body.len > body_min ? body.len : body_min));
    struct dht_talk talk;
    struct dht_datagram datagram;

    dht_talk_begin(&talk, "veche", 1);
    for (int i = 0; i < DATAGRAMS; i++) {
        struct vc_dht_header header = dht_talk_header(&talk, is_hello);

        header.has_cookie = has_cookie;
        assert_int_equal(
            dht_talk_ask(&talk, &header, bytes_of(&body), body_min, &datagram), VC_OK);
        look_at(look, &datagram);
    }
    look_end(look);
}

static void judge_answers(unsigned type, uint8_t family, bool is_hello)
{
    struct body body = answer_body(type, family);
    struct look *look = look_begin(
        body.len + (is_hello ? VC_DHT_HELLO_ANSWER_OVERHEAD : VC_DHT_ANSWER_OVERHEAD));
    struct dht_talk talk;
    struct dht_datagram datagram;

    dht_talk_begin(&talk, "veche", 2);
    for (int i = 0; i < DATAGRAMS; i++) {
        struct vc_dht_header header = dht_talk_header(&talk, is_hello);

        assert_int_equal(dht_talk_answer(&talk, &header, bytes_of(&body),
                                         VC_DHT_DATAGRAM_MAX, &datagram),
                         VC_OK);
        look_at(look, &datagram);
    }
    look_end(look);
}

static void requests_look_random(void **state)
{
    (void)state;
    judge_requests(VC_DHT_PING, false, false);
    judge_requests(VC_DHT_FIND, false, false);
    judge_requests(VC_DHT_GET, false, true);
    judge_requests(VC_DHT_PUT, false, true);
}

static void hellos_look_random(void **state)
{
    (void)state;
    judge_requests(VC_DHT_FIND, true, false);
}

static void answers_look_random(void **state)
{
    (void)state;
    judge_answers(VC_DHT_PONG, 4, false);
    judge_answers(VC_DHT_NODES, 4, false);
    judge_answers(VC_DHT_VALUE, 6, false);
    judge_answers(VC_DHT_NODES, 6, true);
}

/* The answers that there are to each request without a cookie. */
static const struct {
    enum vc_dht_type request, answer;
    bool is_hello;
} pairs[] = {{VC_DHT_PING, VC_DHT_PONG, false},  {VC_DHT_FIND, VC_DHT_PONG, false},
             {VC_DHT_FIND, VC_DHT_NODES, false}, {VC_DHT_FIND, VC_DHT_PONG, true},
             {VC_DHT_FIND, VC_DHT_NODES, true},  {VC_DHT_GET, VC_DHT_PONG, false},
             {VC_DHT_GET, VC_DHT_NODES, false},  {VC_DHT_GET, VC_DHT_VALUE, false},
             {VC_DHT_PUT, VC_DHT_PONG, false},   {VC_DHT_REFRESH, VC_DHT_HOLD, false},
             {VC_DHT_CALL, VC_DHT_PONG, false},  {VC_DHT_RING, VC_DHT_PONG, false}};

/* As short as a request gets, and as long as its answer gets. */
static void judge_pair(struct dht_talk *talk, size_t i, uint8_t family)
{
    struct vc_dht_header header = dht_talk_header(talk, pairs[i].is_hello);
    struct body question = request_body(pairs[i].request, false);
    struct body answer = answer_body(pairs[i].answer, family);
    size_t body_min =
        vc_dht_request_body_min(pairs[i].request, pairs[i].is_hello, false);
    size_t ping = pairs[i].answer == VC_DHT_NODES ? VC_DHT_PING_LEN_MAX : 0;
    size_t shortest = SIZE_MAX, longest = 0;
    struct dht_datagram datagram;

    for (int again = 0; again < 200; again++) {
        assert_int_equal(
            dht_talk_ask(talk, &header, bytes_of(&question), body_min, &datagram),
            VC_OK);
        shortest = datagram.len < shortest ? datagram.len : shortest;
    }
    assert_int_equal(shortest, VC_DHT_REQUEST_OVERHEAD +
                                   (question.len > body_min ? question.len : body_min));
    for (int again = 0; again < 200; again++) {
        assert_int_equal(dht_talk_answer(talk, &header, bytes_of(&answer),
                                         shortest - ping, &datagram),
                         VC_OK);
        longest = datagram.len > longest ? datagram.len : longest;
    }
    assert_true(longest + ping <= shortest);
}

/* dht/SPEC.md, "Requests": the answer fits, and behind NODES a PING to the asker. */
static void nobody_without_a_cookie_gets_more_than_he_sends(void **state)
{
    struct dht_talk talk;

    (void)state;
    dht_talk_begin(&talk, "veche", 3);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        judge_pair(&talk, i, 4);
        judge_pair(&talk, i, 6);
    }
}

/* The table of the document, to the byte. */
static void the_longest_answers_are_as_long_as_the_document_says(void **state)
{
    (void)state;
    assert_int_equal(VC_DHT_ANSWER_OVERHEAD + answer_body(VC_DHT_PONG, 6).len, 80);
    assert_int_equal(VC_DHT_ANSWER_OVERHEAD + answer_body(VC_DHT_NODES, 6).len, 387);
    assert_int_equal(VC_DHT_HELLO_ANSWER_OVERHEAD + answer_body(VC_DHT_NODES, 6).len,
                     419);
    assert_int_equal(VC_DHT_ANSWER_OVERHEAD + answer_body(VC_DHT_VALUE, 6).len, 1080);
    for (unsigned type = DHT_ANSWER_FIRST; type <= DHT_ANSWER_LAST; type++) {
        assert_true(answer_body(type, 4).len < answer_body(type, 6).len);
    }
    assert_int_equal(VC_DHT_PING_LEN_MAX, 109);
}

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_look_random),
        cmocka_unit_test(hellos_look_random),
        cmocka_unit_test(answers_look_random),
        cmocka_unit_test(nobody_without_a_cookie_gets_more_than_he_sends),
        cmocka_unit_test(the_longest_answers_are_as_long_as_the_document_says),
    };

    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

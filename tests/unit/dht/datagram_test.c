#include "dht/datagram.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/dht_talk.h"
#include "tests/support/test.h"

static const uint8_t words[9] = "abcdefgh";
/* Bodies of zeros are parts of it. */
static const uint8_t nothing[VC_DHT_DATAGRAM_MAX];

/* Opens as whoever has these masks and this key; false: it is not for him. */
static bool open_request(const struct vc_dht_masks *masks,
                         const struct vc_secret32 *key, struct vc_bytes datagram)
{
    struct vc_dht_header header;
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_bytes body;

    return vc_dht_request_unmask(masks, datagram, &header) &&
           vc_dht_request_open(datagram, &header, key, scratch, &body);
}

static bool open_answer(bool is_hello, const struct vc_secret32 *key,
                        struct vc_bytes datagram)
{
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_bytes body;

    return vc_dht_answer_open(datagram, is_hello, key, scratch, &body);
}

/* The request of @talk, with @words in its body. */
static struct vc_dht_header ask(struct dht_talk *talk, bool is_hello,
                                struct dht_datagram *ret_datagram)
{
    struct vc_dht_header header = dht_talk_header(talk, is_hello);

    assert_int_equal(dht_talk_ask(talk, &header, VC_BYTES(words), 0, ret_datagram),
                     VC_OK);
    return header;
}

static struct vc_dht_header answer(struct dht_talk *talk, bool is_hello,
                                   struct dht_datagram *ret_datagram)
{
    struct vc_dht_header header = dht_talk_header(talk, is_hello);

    assert_int_equal(dht_talk_answer(talk, &header, VC_BYTES(words),
                                     VC_DHT_DATAGRAM_MAX, ret_datagram),
                     VC_OK);
    return header;
}

static void judge_body(struct vc_bytes body, size_t len_min)
{
    assert_in_range(body.len, len_min, len_min + VC_DHT_PAD_MAX);
    assert_memory_equal(body.data, words, sizeof words);
    assert_true(vc_is_zero(body.data + sizeof words, body.len - sizeof words));
}

static void test_a_request_is_opened_by_who_is_asked(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];

    (void)state;
    dht_talk_begin(&talk, "veche", 1);
    for (unsigned flags = 0; flags < 64; flags++) {
        bool is_hello = flags >= 32;
        struct vc_dht_header header = dht_talk_header(&talk, is_hello), read;
        struct vc_bytes body;

        header.is_router = (flags & 1) != 0;
        header.has_cookie = (flags & 2) != 0;
        assert_int_equal(dht_talk_ask(&talk, &header, VC_BYTES(words), 40, &datagram),
                         VC_OK);
        assert_true(vc_dht_request_unmask(&talk.masks[1], dht_bytes(&datagram), &read));
        assert_int_equal(read.is_hello, is_hello);
        assert_int_equal(read.is_router, header.is_router);
        assert_int_equal(read.has_cookie, header.has_cookie);
        assert_memory_equal(read.txid.b, header.txid.b, sizeof read.txid.b);
        assert_memory_equal(read.asker.b, talk.keys[0].b, 32);
        assert_true(vc_dht_request_open(dht_bytes(&datagram), &read,
                                        is_hello ? &talk.hello_key : &talk.pair.request,
                                        scratch, &body));
        assert_int_equal(body.len + VC_DHT_REQUEST_OVERHEAD, datagram.len);
        judge_body(body, 40);
    }
}

static void test_an_answer_is_opened_by_the_asker(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];

    (void)state;
    dht_talk_begin(&talk, "veche", 2);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        struct vc_dht_header header = answer(&talk, is_hello == 1, &datagram);
        size_t overhead =
            header.is_hello ? VC_DHT_HELLO_ANSWER_OVERHEAD : VC_DHT_ANSWER_OVERHEAD;
        struct vc_dht_txid txid;
        struct vc_bytes body;

        assert_true(vc_dht_answer_txid(dht_bytes(&datagram), &txid));
        assert_memory_equal(txid.b, header.txid.b, sizeof txid.b);
        assert_true(vc_dht_answer_open(dht_bytes(&datagram), header.is_hello,
                                       &talk.pair.answer, scratch, &body));
        assert_int_equal(body.len + overhead, datagram.len);
        judge_body(body, sizeof words);
    }
}

/* Whoever has said hello makes the keys from the key that stands in the answer. */
static void test_the_answer_to_a_hello_brings_the_key(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    struct vc_key32 key;
    struct vc_secret32 shared;
    struct vc_dht_pair pair;

    (void)state;
    dht_talk_begin(&talk, "veche", 3);
    (void)answer(&talk, true, &datagram);
    assert_true(
        vc_dht_hello_answer_key(dht_bytes(&datagram), &talk.masks[0].hello, &key));
    assert_memory_equal(key.b, talk.keys[1].b, 32);
    assert_true(vc_dh(&shared, &talk.secrets[0], &key));
    vc_dht_pair_make(&pair, talk.network_id, &shared, &talk.keys[0], &key);
    assert_true(open_answer(true, &pair.answer, dht_bytes(&datagram)));
}

static void test_a_request_is_for_one_node_in_one_network(void **state)
{
    struct dht_talk talk, other_network, other_nodes;
    struct dht_datagram datagram;

    (void)state;
    dht_talk_begin(&talk, "veche", 4);
    dht_talk_begin(&other_network, "veche2", 4);
    dht_talk_begin(&other_nodes, "veche", 5);
    assert_memory_equal(talk.keys, other_network.keys, sizeof talk.keys);
    (void)ask(&talk, false, &datagram);
    assert_true(open_request(&talk.masks[1], &talk.pair.request, dht_bytes(&datagram)));
    /* The mask does not fit: for somebody else, sent back to the asker, elsewhere. */
    assert_false(
        open_request(&other_nodes.masks[1], &talk.pair.request, dht_bytes(&datagram)));
    assert_false(
        open_request(&talk.masks[0], &talk.pair.request, dht_bytes(&datagram)));
    assert_false(open_request(&other_network.masks[1], &talk.pair.request,
                              dht_bytes(&datagram)));
    /* The mask fits and the key does not. */
    assert_false(
        open_request(&talk.masks[1], &other_nodes.pair.request, dht_bytes(&datagram)));
    assert_false(open_request(&talk.masks[1], &other_network.pair.request,
                              dht_bytes(&datagram)));
    assert_false(open_request(&talk.masks[1], &talk.pair.answer, dht_bytes(&datagram)));
    assert_false(open_request(&talk.masks[1], &talk.hello_key, dht_bytes(&datagram)));
}

static void test_a_hello_is_for_one_network(void **state)
{
    struct dht_talk talk, other_network, other_nodes;
    struct dht_datagram datagram;

    (void)state;
    dht_talk_begin(&talk, "veche", 6);
    dht_talk_begin(&other_network, "veche2", 6);
    dht_talk_begin(&other_nodes, "veche", 7);
    (void)ask(&talk, true, &datagram);
    assert_true(
        open_request(&other_nodes.masks[1], &talk.hello_key, dht_bytes(&datagram)));
    assert_false(
        open_request(&other_network.masks[1], &talk.hello_key, dht_bytes(&datagram)));
    assert_false(
        open_request(&talk.masks[1], &other_nodes.hello_key, dht_bytes(&datagram)));
    assert_false(
        open_request(&talk.masks[1], &other_network.hello_key, dht_bytes(&datagram)));
    assert_false(
        open_request(&talk.masks[1], &talk.pair.request, dht_bytes(&datagram)));
}

static void test_an_answer_is_for_one_asker_in_one_network(void **state)
{
    struct dht_talk talk, other_network, other_nodes;
    struct dht_datagram datagram;
    struct vc_key32 key;

    (void)state;
    dht_talk_begin(&talk, "veche", 8);
    dht_talk_begin(&other_network, "veche2", 8);
    dht_talk_begin(&other_nodes, "veche", 9);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        (void)answer(&talk, is_hello == 1, &datagram);
        struct vc_bytes bytes = dht_bytes(&datagram);

        assert_true(open_answer(is_hello == 1, &talk.pair.answer, bytes));
        assert_false(open_answer(is_hello == 1, &other_network.pair.answer, bytes));
        assert_false(open_answer(is_hello == 1, &other_nodes.pair.answer, bytes));
        assert_false(open_answer(is_hello == 1, &talk.pair.request, bytes));
        /* One kind does not pass for the other. */
        assert_false(open_answer(is_hello == 0, &talk.pair.answer, bytes));
    }
    assert_true(vc_dht_hello_answer_key(dht_bytes(&datagram),
                                        &other_network.masks[0].hello, &key));
    assert_memory_not_equal(key.b, talk.keys[1].b, 32);
}

/* The keys of both directions and of both roles are apart. */
static void test_who_asks_and_who_is_asked_are_not_exchanged(void **state)
{
    struct dht_talk talk;
    struct vc_dht_pair back;
    struct vc_secret32 shared;

    (void)state;
    dht_talk_begin(&talk, "veche", 10);
    assert_true(vc_dh(&shared, &talk.secrets[1], &talk.keys[0]));
    vc_dht_pair_make(&back, talk.network_id, &shared, &talk.keys[1], &talk.keys[0]);
    assert_memory_not_equal(back.request.b, talk.pair.request.b, 32);
    assert_memory_not_equal(back.answer.b, talk.pair.answer.b, 32);
    assert_memory_not_equal(back.request.b, back.answer.b, 32);
}

/* With the key for the asker whom the header names, and with the right one. */
static bool opens_anyhow(struct dht_talk *talk, struct vc_bytes datagram)
{
    struct vc_dht_header header;
    struct vc_secret32 shared, hello_key;
    struct vc_dht_pair pair;

    if (!vc_dht_request_unmask(&talk->masks[1], datagram, &header)) {
        return false;
    }
    vc_dht_hello_key(&hello_key, talk->network_id, &header.asker);
    if (!vc_dh(&shared, &talk->secrets[1], &header.asker)) {
        return false;
    }
    vc_dht_pair_make(&pair, talk->network_id, &shared, &header.asker, &talk->keys[1]);
    return open_request(&talk->masks[1], &pair.request, datagram) ||
           open_request(&talk->masks[1], &hello_key, datagram) ||
           open_request(&talk->masks[1], &talk->pair.request, datagram) ||
           open_request(&talk->masks[1], &talk->hello_key, datagram);
}

static void test_every_bit_of_a_request_counts(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;

    (void)state;
    dht_talk_begin(&talk, "veche", 11);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        (void)ask(&talk, is_hello == 1, &datagram);
        assert_true(opens_anyhow(&talk, dht_bytes(&datagram)));
        for (size_t bit = 0; bit < 8 * datagram.len; bit++) {
            datagram.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(opens_anyhow(&talk, dht_bytes(&datagram)));
            datagram.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t len = 0; len < datagram.len; len++) {
            assert_false(opens_anyhow(&talk, (struct vc_bytes){datagram.b, len}));
        }
    }
}

/* The mask is a key stream, so that somebody on the way can flip what is under it. */
static void test_a_header_with_other_zeros_is_none(void **state)
{
    static const struct {
        size_t byte;
        uint8_t bits;
        bool fits;
    } flips[] = {{16, 1, false},    {19, 0x80, false}, {20, 0x20, false},
                 {20, 0x40, false}, {20, 0x80, false}, {20, 0x04, false},
                 {20, 0x03, true},  {21, 0xff, true},  {60, 0x80, true}};
    struct dht_talk talk;
    struct dht_datagram datagram;
    struct vc_dht_header header;

    (void)state;
    dht_talk_begin(&talk, "veche", 12);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        (void)ask(&talk, is_hello == 1, &datagram);
        for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
            datagram.b[flips[i].byte] ^= flips[i].bits;
            assert_int_equal(
                vc_dht_request_unmask(&talk.masks[1], dht_bytes(&datagram), &header),
                flips[i].fits);
            datagram.b[flips[i].byte] ^= flips[i].bits;
        }
    }
}

static void test_every_bit_of_an_answer_counts(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;

    (void)state;
    dht_talk_begin(&talk, "veche", 13);
    for (int is_hello = 0; is_hello < 2; is_hello++) {
        (void)answer(&talk, is_hello == 1, &datagram);
        for (size_t bit = 0; bit < 8 * datagram.len; bit++) {
            datagram.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(
                open_answer(is_hello == 1, &talk.pair.answer, dht_bytes(&datagram)));
            datagram.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t len = 0; len < datagram.len; len++) {
            assert_false(open_answer(is_hello == 1, &talk.pair.answer,
                                     (struct vc_bytes){datagram.b, len}));
        }
    }
}

/* Wrong bytes leave what the caller has as it was. */
static void test_what_is_wrong_changes_nothing(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    struct vc_dht_header header = {.is_router = true};
    struct vc_dht_txid txid = {{6}};
    struct vc_key32 key = {{7}};

    (void)state;
    dht_talk_begin(&talk, "veche", 14);
    (void)ask(&talk, false, &datagram);
    datagram.b[16] ^= 1;
    assert_false(vc_dht_request_unmask(&talk.masks[1], dht_bytes(&datagram), &header));
    assert_true(header.is_router && vc_is_zero(header.asker.b, 32));
    datagram.len = VC_DHT_ANSWER_OVERHEAD;
    assert_false(vc_dht_answer_txid(dht_bytes(&datagram), &txid));
    assert_int_equal(txid.b[0], 6);
    datagram.len = VC_DHT_HELLO_ANSWER_OVERHEAD;
    assert_true(vc_dht_answer_txid(dht_bytes(&datagram), &txid));
    assert_false(
        vc_dht_hello_answer_key(dht_bytes(&datagram), &talk.masks[0].hello, &key));
    assert_int_equal(key.b[0], 7);
}

/* A datagram has the shortest and the longest form that there is, and no other. */
static void test_lengths_have_two_ends(void **state)
{
    struct dht_talk talk;
    static uint8_t bytes[VC_DHT_DATAGRAM_MAX + 1];
    struct vc_dht_txid txid;
    struct vc_key32 key;

    (void)state;
    dht_talk_begin(&talk, "veche", 15);
    assert_true(vc_dht_answer_txid((struct vc_bytes){bytes, VC_DHT_ANSWER_OVERHEAD + 1},
                                   &txid));
    assert_true(
        vc_dht_answer_txid((struct vc_bytes){bytes, VC_DHT_DATAGRAM_MAX}, &txid));
    assert_false(vc_dht_answer_txid(VC_BYTES(bytes), &txid));
    assert_true(vc_dht_hello_answer_key((struct vc_bytes){bytes, VC_DHT_DATAGRAM_MAX},
                                        &talk.masks[0].hello, &key));
    assert_false(vc_dht_hello_answer_key(VC_BYTES(bytes), &talk.masks[0].hello, &key));
    assert_false(open_request(&talk.masks[1], &talk.pair.request, VC_BYTES(bytes)));
}

static void test_padding_is_up_to_15_zeros(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    uint32_t asked = 0, answered = 0; /* lengths that were seen, by their bits */

    (void)state;
    dht_talk_begin(&talk, "veche", 16);
    for (int i = 0; i < 500; i++) {
        (void)ask(&talk, false, &datagram);
        assert_in_range(datagram.len, VC_DHT_REQUEST_OVERHEAD + sizeof words,
                        VC_DHT_REQUEST_OVERHEAD + sizeof words + VC_DHT_PAD_MAX);
        asked |= 1u << (datagram.len - VC_DHT_REQUEST_OVERHEAD - sizeof words);
        (void)answer(&talk, false, &datagram);
        assert_in_range(datagram.len, VC_DHT_ANSWER_OVERHEAD + sizeof words,
                        VC_DHT_ANSWER_OVERHEAD + sizeof words + VC_DHT_PAD_MAX);
        answered |= 1u << (datagram.len - VC_DHT_ANSWER_OVERHEAD - sizeof words);
    }
    assert_int_equal(asked, 0xffff);
    assert_int_equal(answered, 0xffff);
}

static void test_padding_stays_within_the_room(void **state)
{
    struct dht_talk talk;
    struct dht_datagram datagram;
    struct vc_dht_header header;

    (void)state;
    dht_talk_begin(&talk, "veche", 17);
    header = dht_talk_header(&talk, false);
    for (size_t short_of = 0; short_of < 20; short_of++) {
        size_t len = VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD - short_of;

        for (int i = 0; i < 40; i++) {
            assert_int_equal(dht_talk_ask(&talk, &header,
                                          (struct vc_bytes){nothing, len}, 0,
                                          &datagram),
                             VC_OK);
            assert_int_equal(
                dht_talk_ask(&talk, &header, VC_BYTES(words), len, &datagram), VC_OK);
            assert_int_equal(
                dht_talk_answer(&talk, &header, VC_BYTES(words),
                                VC_DHT_ANSWER_OVERHEAD + sizeof words + short_of,
                                &datagram),
                VC_OK);
            assert_in_range(datagram.len, VC_DHT_ANSWER_OVERHEAD + sizeof words,
                            VC_DHT_ANSWER_OVERHEAD + sizeof words + short_of);
        }
    }
    assert_int_equal(
        dht_talk_answer(
            &talk, &header,
            (struct vc_bytes){nothing, VC_DHT_DATAGRAM_MAX - VC_DHT_ANSWER_OVERHEAD},
            SIZE_MAX, &datagram),
        VC_OK);
    assert_int_equal(datagram.len, VC_DHT_DATAGRAM_MAX);
}

static void test_what_does_not_fit_is_not_written(void **state)
{
    struct dht_talk talk;
    struct vc_dht_header header;
    struct dht_datagram datagram;
    uint8_t room[VC_DHT_REQUEST_OVERHEAD + sizeof words];

    (void)state;
    dht_talk_begin(&talk, "veche", 18);
    header = dht_talk_header(&talk, false);
    for (size_t len = 0; len < VC_DHT_ANSWER_OVERHEAD + sizeof words; len++) {
        struct vc_writer w = vc_writer(room, len);

        assert_int_equal(vc_dht_request_seal(&w, &header, &talk.mask,
                                             &talk.pair.request, VC_BYTES(words), 0,
                                             &talk.rng),
                         VC_ERR_FULL);
        assert_int_equal(vc_dht_answer_seal(&w, &header.txid, &talk.pair.answer, NULL,
                                            NULL, VC_BYTES(words), VC_DHT_DATAGRAM_MAX,
                                            &talk.rng),
                         VC_ERR_FULL);
        assert_int_equal(
            dht_talk_answer(&talk, &header, VC_BYTES(words), len, &datagram),
            VC_ERR_FULL);
        assert_int_equal(vc_writer_bytes(&w).len + datagram.len, 0);
        assert_int_equal(vc_writer_end(&w), VC_OK);
    }
}

static void ask_with(struct dht_talk *talk, const struct vc_dht_header *header,
                     size_t len, size_t body_min)
{
    struct dht_datagram datagram;

    assert_int_equal(dht_talk_ask(talk, header, (struct vc_bytes){nothing, len},
                                  body_min, &datagram),
                     VC_OK);
}

static void answer_with(struct dht_talk *talk, const struct vc_dht_header *header,
                        size_t len)
{
    struct dht_datagram datagram;

    assert_int_equal(dht_talk_answer(talk, header, (struct vc_bytes){nothing, len},
                                     SIZE_MAX, &datagram),
                     VC_OK);
}

static void mask_with(struct dht_talk *talk, size_t id_len)
{
    struct vc_secret32 mask;

    vc_dht_mask_of(&mask, (struct vc_bytes){nothing, id_len}, &talk->keys[0]);
}

static void test_mistakes_of_the_caller_are_found(void **state)
{
    const size_t ask_max = VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD;
    const size_t answer_max = VC_DHT_DATAGRAM_MAX - VC_DHT_ANSWER_OVERHEAD;
    struct dht_talk talk;
    struct vc_dht_header header;

    (void)state;
    dht_talk_begin(&talk, "veche", 20);
    header = dht_talk_header(&talk, false);
    ask_with(&talk, &header, ask_max, 0);
    expect_assert_failure(ask_with(&talk, &header, ask_max + 1, 0));
    expect_assert_failure(ask_with(&talk, &header, 0, 0));
    expect_assert_failure(ask_with(&talk, &header, 1, ask_max + 1));
    answer_with(&talk, &header, answer_max);
    expect_assert_failure(answer_with(&talk, &header, answer_max + 1));
    expect_assert_failure(answer_with(&talk, &header, 0));
    mask_with(&talk, 32);
    expect_assert_failure(mask_with(&talk, 33));
    expect_assert_failure(mask_with(&talk, 0));
}

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_opened_by_who_is_asked),
        cmocka_unit_test(test_an_answer_is_opened_by_the_asker),
        cmocka_unit_test(test_the_answer_to_a_hello_brings_the_key),
        cmocka_unit_test(test_a_request_is_for_one_node_in_one_network),
        cmocka_unit_test(test_a_hello_is_for_one_network),
        cmocka_unit_test(test_an_answer_is_for_one_asker_in_one_network),
        cmocka_unit_test(test_who_asks_and_who_is_asked_are_not_exchanged),
        cmocka_unit_test(test_every_bit_of_a_request_counts),
        cmocka_unit_test(test_a_header_with_other_zeros_is_none),
        cmocka_unit_test(test_every_bit_of_an_answer_counts),
        cmocka_unit_test(test_what_is_wrong_changes_nothing),
        cmocka_unit_test(test_lengths_have_two_ends),
        cmocka_unit_test(test_padding_is_up_to_15_zeros),
        cmocka_unit_test(test_padding_stays_within_the_room),
        cmocka_unit_test(test_what_does_not_fit_is_not_written),
        cmocka_unit_test(test_mistakes_of_the_caller_are_found),
    };

    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

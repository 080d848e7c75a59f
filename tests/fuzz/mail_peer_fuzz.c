/*
 * A peer who says what he likes, against a whole mail machine: no bytes of his may
 * reach a check, and the machine's books must add up.  An input is a script of steps:
 * an opcode and what it takes.
 */
#include <string.h>

#include "node/mail/objects.h"
#include "tests/unit/mail/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEER = 1, SENDS_MAX = 6000 };

static struct host host;
static uint32_t sends_left;

static void give_words(const struct vc_mail_output *wanted)
{
    struct vc_mail_object object = {.head = {(const uint8_t *)"x", 1}};
    if (wanted->number % 17 == 0 ||
        vc_store_reserve(host.store, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(1)) != VC_OK)
        return;
    VC_CHECK(vc_mail_words(host.mail, &host.now, PEER, wanted->number, &object) ==
             VC_OK);
}

static void drain(void)
{
    struct vc_mail_output output;
    while (host_next(&host, &output)) {
        if (output.kind == VC_MAIL_WORDS)
            give_words(&output);
        if (output.kind != VC_MAIL_DELIVERY || output.number % 13 == 0)
            continue;
        if (vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) ==
            VC_OK)
            vc_mail_accept(host.mail, &host.now, output.peer, output.number);
    }
}

static void feed(struct vc_bytes bytes)
{
    host_feed(&host, PEER, bytes);
    drain();
}

/* A number near what the machine waits for, or any. */
static uint64_t read_number(struct vc_reader *r, uint64_t near)
{
    uint16_t offset = vc_read_u16(r);
    uint64_t number = near + (offset & 0x1fff);
    if ((offset & 0x8000) != 0)
        number = vc_read_u64(r) >> (offset & 0x3f);
    if (number == 0 || number > VC_MAIL_NUMBER_MAX)
        number = VC_MAIL_NUMBER_MAX;
    return number;
}

static void feed_numbered(struct vc_reader *r, enum vc_mail_type type)
{
    uint8_t bytes[VC_MAIL_HEAD_MAX + FAKE_SEAL_HEAD_MAX + 1];
    struct vc_mail_state state;
    bool is_known = vc_mail_state(host.mail, PEER, &state);
    uint64_t number = read_number(r, is_known ? state.received : 0);
    size_t len = vc_mail_head_encode(bytes, type, number).len;
    struct vc_writer w = vc_writer(bytes + len, sizeof(bytes) - len);
    if (type == VC_MAIL_DATA)
        fake_seal_write(
            &w, 1, number % 11 == 0 ? number + 1 : number,
            (struct vc_bytes){(const uint8_t *)"x", number % 7 == 0 ? 0 : 1});
    len += vc_writer_bytes(&w).len;
    feed((struct vc_bytes){bytes, len});
}

static void feed_ack_of(struct vc_reader *r)
{
    uint8_t bytes[VC_MAIL_ACK_MAX];
    struct vc_mail_state state = {0};
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));
    (void)vc_mail_state(host.mail, PEER, &state);
    uint64_t prefix = read_number(r, state.sent - state.waiting) - 1;
    vc_write_u8(&w, VC_MAIL_ACK);
    vc_write_varint(&w, prefix);
    vc_write_varint(&w, vc_read_u8(r) % 2 == 0 ? 0 : read_number(r, prefix));
    vc_write_bytes(&w, vc_read_bytes(r, vc_read_u8(r)));
    feed(vc_writer_bytes(&w));
}

static void feed_hello(struct vc_reader *r)
{
    uint8_t bytes[VC_MAIL_HELLO_MAX];
    struct vc_mail_state state = {0};
    (void)vc_mail_state(host.mail, PEER, &state);
    struct vc_mail_frame hello = {
        .wants_answer = vc_read_u8(r) % 2 == 0,
        .generation = vc_read_u8(r),
        .last = read_number(r, state.sent) - 1,
    };
    vc_read_copy(r, hello.tag, hello.last > 0 ? sizeof(hello.tag) : 0);
    feed(vc_mail_hello_encode(bytes, &hello));
}

static void feed_unopened(struct vc_reader *r)
{
    uint8_t bytes[VC_MAIL_UNOPENED_MAX];
    struct vc_mail_state state = {0};
    (void)vc_mail_state(host.mail, PEER, &state);
    struct vc_mail_frame unopened = {
        .number = read_number(r, state.sent - state.waiting),
        .generation = vc_read_u8(r),
    };
    feed(vc_mail_unopened_encode(bytes, &unopened));
}

/* The end-to-end session takes a turn of its own. */
static void seal_step(uint8_t opcode)
{
    struct fake_seal_peer *seals = fake_seal_peer(host.seal, PEER);
    seals->has_keys = opcode % 2 == 0;
    seals->open_err = opcode % 16 == 3 ? VC_ERR_AUTH : VC_OK;
    seals->owes_turn = opcode % 4 == 2;
    if (opcode % 8 == 5)
        seals->session = 0;
    vc_mail_keys(host.mail, &host.now, PEER);
    drain();
}

static void send(uint32_t count)
{
    struct vc_mail_object object = {.head = {(const uint8_t *)"x", 1}};
    uint64_t number;
    for (; count > 0 && sends_left > 0; count--, sends_left--) {
        if (vc_store_reserve(host.store, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(1)) !=
            VC_OK)
            return;
        if (vc_mail_send(host.mail, &host.now, PEER, &object, &number) != VC_OK)
            return;
    }
}

static void peer_step(uint8_t opcode)
{
    if (vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) != VC_OK)
        return;
    vc_err err = VC_OK;
    if (opcode < 8)
        err = vc_mail_abandon(host.mail, &host.now, PEER, opcode);
    else if (opcode == 8)
        vc_mail_peer_remove(host.mail, PEER);
    else
        err = vc_mail_peer_put(host.mail, opcode % 4);
    VC_CHECK(err == VC_OK || err == VC_ERR_NOT_FOUND || err == VC_ERR_EXISTS);
}

static void session_step(uint8_t opcode)
{
    struct vc_link_output output = {.peer = PEER, .kind = VC_LINK_WRITABLE};
    if (opcode % 4 == 0)
        output.kind = VC_LINK_UP;
    else if (opcode % 4 == 1)
        output.kind = VC_LINK_DOWN;
    else if (opcode % 4 == 2)
        vc_mail_wake(host.mail, &host.now, PEER);
    fake_link_set_session(host.link, PEER, opcode % 4 == 1 ? 0 : 1 + opcode / 8);
    fake_link_set_room(host.link, opcode % 8 < 4 ? 1000 : opcode);
    vc_mail_link_output(host.mail, &host.now, &output);
    drain();
    if (opcode % 16 < 12) {
        host_greet(&host, PEER, 0, NULL);
        drain();
    }
}

static void commit(void)
{
    host_turn(&host);
    struct fake_object object;
    while (fake_link_take(host.link, &object))
        ;
    drain();
}

static void step(struct vc_reader *r)
{
    switch (vc_read_u8(r) % 15) {
    case 0:
    case 1:
        feed_numbered(r, VC_MAIL_DATA);
        break;
    case 2:
        feed_numbered(r, VC_MAIL_ABANDON);
        break;
    case 3:
        feed_numbered(r, VC_MAIL_GONE);
        break;
    case 4:
        feed_ack_of(r);
        break;
    case 5:
        feed(vc_read_bytes(r, vc_read_u8(r)));
        break;
    case 6:
        send(1 + vc_read_u8(r) * 8u);
        break;
    case 7:
        peer_step(vc_read_u8(r) % 12);
        break;
    case 8:
        session_step(vc_read_u8(r));
        break;
    case 9:
        host_tick(&host, (vc_ms)1 << vc_read_u8(r) % 20);
        drain();
        break;
    case 10:
        commit();
        break;
    case 11:
        host_crash(&host, false);
        drain();
        break;
    case 12:
        feed_hello(r);
        break;
    case 13:
        feed_unopened(r);
        break;
    default:
        seal_step(vc_read_u8(r));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    struct vc_mail_state state;
    sends_left = SENDS_MAX;
    host_open(&host, false);
    host_peer_put(&host, PEER);
    session_step(0);
    commit();
    while (vc_reader_left(&r) > 0)
        step(&r);
    if (vc_mail_state(host.mail, PEER, &state))
        VC_CHECK(state.waiting <= state.sent);
    host_close(&host);
    return 0;
}

/*
 * The whole DHT machine under a script: each byte of the input is something that happens, with
 * the bytes behind it as its details.  Its owner asks, publishes, moves and goes back to a saved
 * table; time creeps and jumps; hostile peers over IPv4 and IPv6, who have the keys that belong
 * to them but keep to nothing else, answer what it asks with anything, ask it anything, and say
 * all of it again, to others, later, and from elsewhere.
 *
 * Judged are, beside the sanitizers and every VC_CHECK: that each ask ends once and in time, that
 * what is found is signed and gets newer, where it writes to and how much, and that it comes to
 * rest.
 */
#include "dht/machine.h"
#include "tests/support/dht_hand.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    STEPS = 500, /* of one script: longer ones only cost time */
    HANDS = 15,  /* the last three over IPv6; enough to hold a record */
    FIRST_IPV6 = 12,
    LETTERS = 32, /* requests to hands that were not answered yet */
    PEOPLE = 2,
    VERSIONS = 3,
    ASKS = 64,
    ROUNDS_MAX = 40 /* of ticks at one instant */
};

static const uint8_t network[] = {'f', 'u', 'z', 'z'};

/* A request that the machine made to a hand. */
struct letter {
    uint32_t hand;
    enum vc_dht_type type;
    struct vc_dht_header header;
};

struct asked {
    uint32_t id;
    vc_ms at;
    uint64_t seq;
};

static struct dht_hand made[HANDS]; /* as they are when a script begins */
static uint8_t records[PEOPLE][VERSIONS][VC_DHT_RECORD_LEN];
static struct vc_hash32 places[PEOPLE];

static struct {
    struct vc_now now;
    struct vc_dht *dht;
    struct vc_dht_config cfg;
    struct vc_addr own[VC_DHT_FAMILIES];
    struct dht_hand hands[HANDS];
    struct letter letters[LETTERS];
    uint32_t letter_count;
    uint64_t heard; /* requests to hands in all */
    struct asked asked[ASKS];
    uint32_t asked_count;
    struct dht_datagram last; /* what a hand said last */
    uint32_t last_hand;
    uint8_t saved[VC_DHT_SAVED_MAX];
    size_t saved_len;
} world;

/* ---- what stays the same ---- */

static void make_records(void)
{
    static const uint8_t body[VC_DHT_RECORD_BODY_LEN];

    for (uint8_t who = 0; who < PEOPLE; who++) {
        const struct vc_secret32 seed = {{'f', who}};
        struct vc_key32 key;
        struct vc_sign_secret secret;
        struct vc_scalar factor;
        struct vc_blinded signer;

        vc_sign_keypair(&key, &secret, &seed);
        vc_blind_of_device(&factor, &key, 1, 0);
        VC_CHECK(vc_blind_secret(&signer, &secret, &factor));
        vc_blind_place(&places[who], &signer.public_key);
        for (uint32_t version = 0; version < VERSIONS; version++) {
            vc_dht_record_sign(records[who][version], VC_DHT_RECORD_ACCOUNT,
                               1 + version, 1767225600 + 3600 * (1 + 9 * version),
                               VC_BYTES(body), &signer);
        }
    }
}

static void make_once(void)
{
    static bool is_made;

    if (is_made) {
        return;
    }
    is_made = true;
    VC_CHECK(vc_crypto_init() == VC_OK);
    make_records();
    for (uint8_t i = 0; i < HANDS; i++) {
        const uint8_t ipv4[4] = {50, i, 1, 1};
        const uint8_t ipv6[16] = {0x2a, 0, 0, i, [15] = 1};
        struct vc_addr addr =
            i < FIRST_IPV6 ? vc_addr_ipv4(ipv4, 5000) : vc_addr_ipv6(ipv6, 5000);

        dht_hand_begin(&made[i], VC_BYTES(network), &addr, i);
    }
}

static void begin(uint8_t kind)
{
    static const uint8_t ipv4[4] = {20, 1, 1, 1};
    static const uint8_t ipv6[16] = {0x2a, 1, 1, 1, [15] = 1};
    const struct vc_secret32 seed = {{kind}};

    memset(&world, 0, sizeof world);
    memcpy(world.hands, made, sizeof made);
    world.now = (struct vc_now){.mono = 1000000, .unix_ms = UINT64_C(1767225600000)};
    world.own[0] = vc_addr_ipv4(ipv4, 4000);
    world.own[1] = vc_addr_ipv6(ipv6, 4000);
    vc_dht_config_init(&world.cfg, VC_DHT_SIMULATION);
    world.cfg.network_id = VC_BYTES(network);
    world.cfg.nodes_max = 64;
    world.cfg.spares_max = 4;
    world.cfg.peers_max = 8;
    world.cfg.records_max = 1;
    world.cfg.calls_max = 6;
    world.cfg.asks_max = 3;
    world.cfg.keeps_max = 2;
    world.cfg.recent_max = 3;
    world.cfg.has_ipv4 = (kind & 3) != 1;
    world.cfg.has_ipv6 = (kind & 3) != 0;
    world.cfg.is_private = (kind & 4) != 0;
    world.cfg.is_bootstrap = (kind & 24) == 8;
    world.cfg.is_client = (kind & 24) == 16;
    void *mem = calloc(1, vc_dht_footprint(&world.cfg));
    VC_CHECK(mem != NULL);
    world.dht = vc_dht_init(mem, &world.cfg, &world.now, &seed);
    VC_CHECK((void *)world.dht == mem);
}

/* ---- what the machine says ---- */

static struct asked *find_ask(uint32_t id)
{
    for (uint32_t i = 0; i < world.asked_count; i++) {
        if (world.asked[i].id == id) {
            return &world.asked[i];
        }
    }
    return NULL;
}

static void forget_ask(uint32_t id)
{
    struct asked *asked = find_ask(id);

    VC_CHECK(asked != NULL);
    *asked = world.asked[--world.asked_count];
}

static void take_datagram(const struct vc_dht_output *output)
{
    VC_CHECK(output->bytes.len > 0 && output->bytes.len <= VC_DHT_DATAGRAM_MAX);
    VC_CHECK(vc_addr_is_usable(&output->addr));
    VC_CHECK(output->addr.family == 6 ? world.cfg.has_ipv6 : world.cfg.has_ipv4);
    for (uint32_t i = 0; i < HANDS; i++) {
        struct letter letter = {.hand = i};
        struct vc_dht_request request;

        if (vc_addr_equal(&world.hands[i].addr, &output->addr) &&
            dht_hand_hear(&world.hands[i], output->bytes, &letter.header, &request)) {
            letter.type = request.type;
            world.heard++;
            if (world.letter_count == LETTERS) {
                memmove(&world.letters[0], &world.letters[1],
                        sizeof letter * --world.letter_count);
            }
            world.letters[world.letter_count++] = letter;
        }
    }
}

static void take_found(const struct vc_dht_output *output)
{
    struct asked *asked = find_ask(output->ask);
    struct vc_dht_record record;

    VC_CHECK(asked != NULL);
    VC_CHECK(vc_dht_record_read(output->bytes, &record) == VC_OK);
    VC_CHECK(vc_dht_record_verify(&record, output->bytes));
    VC_CHECK(record.seq > asked->seq);
    asked->seq = record.seq;
}

static void drain(void)
{
    struct vc_dht_output output;

    while (vc_dht_next(world.dht, &world.now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM) {
            take_datagram(&output);
        } else if (output.kind == VC_DHT_FOUND) {
            take_found(&output);
        } else if (output.kind == VC_DHT_DONE) {
            forget_ask(output.ask);
        } else if (output.kind == VC_DHT_SAVE) {
            world.saved_len =
                vc_dht_save(world.dht, &world.now, world.saved, sizeof world.saved);
        }
        VC_CHECK(output.holders <= VC_DHT_REPLICAS_MAX);
    }
}

/* It comes to rest, and no ask is older than it may be. */
static void run_turn(void)
{
    uint32_t rounds = 0;

    drain();
    while (vc_dht_due(world.dht, &world.now) <= world.now.mono) {
        VC_CHECK(++rounds < ROUNDS_MAX);
        vc_dht_tick(world.dht, &world.now);
        drain();
    }
    for (uint32_t i = 0; i < world.asked_count; i++) {
        VC_CHECK(world.now.mono - world.asked[i].at < VC_DHT_ASK_MAX_MS);
    }
}

/* Every tick comes when it is due.  @is_ready: no longer than until it asks somebody something. */
static void pass(vc_ms ms, bool is_ready)
{
    vc_ms until = world.now.mono + ms;
    uint64_t heard = world.heard;

    while (world.now.mono < until && !(is_ready && world.heard > heard)) {
        vc_ms due = vc_ms_min(vc_dht_due(world.dht, &world.now), until);

        world.now.unix_ms += due - world.now.mono;
        world.now.mono = due;
        run_turn();
    }
}

/* ---- what its owner does ---- */

static void note_ask(vc_err err, uint32_t id)
{
    VC_CHECK(err == VC_OK || err == VC_ERR_FULL);
    if (err == VC_OK) {
        VC_CHECK(world.asked_count < ASKS && find_ask(id) == NULL);
        world.asked[world.asked_count++] =
            (struct asked){.id = id, .at = world.now.mono};
    }
}

static void get(uint8_t detail)
{
    uint32_t id = 0;
    vc_err err = vc_dht_get(world.dht, &world.now, &places[detail % PEOPLE], &id);

    note_ask(err, id);
}

static void publish(uint8_t detail)
{
    uint32_t id = 0;
    vc_err err = vc_dht_publish(
        world.dht, &world.now,
        VC_BYTES(records[detail % PEOPLE][detail / PEOPLE % VERSIONS]), &id);

    note_ask(err, id);
}

/* Asks of a get end without DONE; of a publish they do not. */
static void cancel(uint8_t detail)
{
    uint32_t open = 0;

    if (world.asked_count > 0) {
        struct asked *asked = &world.asked[detail % world.asked_count];

        for (uint32_t i = 0; i + 1 < world.dht->asks_count; i++) {
            const struct vc_dht_ask *ask = vc_dht_ask_at(world.dht, i);

            open += ask->kind == VC_DHT_ASK_GET && ask->id == asked->id;
        }
        vc_dht_cancel(world.dht, asked->id);
        if (open > 0) {
            forget_ask(asked->id);
        }
    }
}

static void withdraw(uint8_t detail)
{
    const struct vc_hash32 *place = &places[detail % PEOPLE];

    for (uint32_t i = 0; i + 1 < world.dht->asks_count; i++) {
        const struct vc_dht_ask *ask = vc_dht_ask_at(world.dht, i);

        if (ask->kind == VC_DHT_ASK_PUT && vc_equal(ask->place.b, place->b, 32) &&
            find_ask(ask->id) != NULL) {
            forget_ask(ask->id);
        }
    }
    vc_dht_withdraw(world.dht, place);
}

static void enter(uint8_t detail)
{
    const struct dht_hand *hand = &world.hands[detail % HANDS];
    struct vc_key32 key = hand->key;

    key.b[0] ^= detail >> 6;
    vc_dht_enter(world.dht, &world.now, &hand->addr, detail & 8 ? &key : NULL);
}

static void restore(uint8_t detail, struct vc_reader *r)
{
    struct vc_bytes bytes = {world.saved, world.saved_len};
    vc_err err;

    if (detail % 2 == 1) {
        bytes = vc_read_bytes(r, detail < vc_reader_left(r) ? detail : 0);
    }
    err = vc_dht_restore(world.dht, &world.now, bytes);
    VC_CHECK(err == VC_OK || err == VC_ERR_MALFORMED);
}

/* ---- what hostile peers do ---- */

static void say(uint32_t hand, const struct vc_addr *from,
                const struct dht_datagram *said)
{
    uint8_t *exact = malloc(said->len + 1); /* so that reading behind its end is seen */

    VC_CHECK(exact != NULL);
    memcpy(exact + 1, said->b, said->len);
    world.last = *said;
    world.last_hand = hand;
    (void)vc_dht_recv(world.dht, &world.now, from,
                      (struct vc_bytes){exact + 1, said->len});
    free(exact);
}

static void say_raw(uint8_t detail, struct vc_reader *r)
{
    struct vc_bytes raw = vc_read_bytes(r, detail < vc_reader_left(r) ? detail : 0);
    struct dht_datagram said = {.len = raw.len};

    if (raw.len > 0) {
        memcpy(said.b, raw.data, raw.len);
    }
    say(detail % HANDS, &world.hands[detail % HANDS].addr, &said);
}

/* The same once more, changed or from somewhere else. */
static void say_again(uint8_t detail)
{
    struct dht_datagram said = world.last;

    if (said.len == 0) {
        return;
    }
    if (detail & 0x80) {
        said.b[detail % said.len] ^= detail;
    }
    said.len -= (detail & 0xc0) == 0x40;
    say(world.last_hand,
        &world.hands[detail & 0x20 ? detail % HANDS : world.last_hand].addr, &said);
}

static struct vc_bytes any_record(uint8_t which)
{
    static uint8_t altered[VC_DHT_RECORD_LEN];

    memcpy(altered, records[which % PEOPLE][which / PEOPLE % VERSIONS], sizeof altered);
    if (which & 0x80) {
        altered[which] ^= which;
    }
    return VC_BYTES(altered);
}

/* Contacts of one family: hands, the machine itself, nobody, somebody at home. */
static struct vc_dht_contact any_contact(uint8_t which, uint8_t family)
{
    uint32_t number =
        family == 4 ? which % FIRST_IPV6 : FIRST_IPV6 + which % (HANDS - FIRST_IPV6);
    struct vc_dht_contact contact = dht_hand_contact(&world.hands[number]);

    if (which & 0x20) {
        contact.addr.ip[family == 4 ? 1 : 3] ^= which;
    }
    if (which & 0x40) {
        contact.key.b[which % 32] ^= which;
    }
    if (which & 0x80) {
        contact.key = world.dht->key;
    }
    if (which == 0xff && family == 4) {
        contact.addr.ip[0] = 10;
    }
    return contact;
}

static uint32_t take_letter(uint8_t detail, struct letter *ret_letter)
{
    uint32_t index;

    if (world.letter_count == 0) {
        return 0;
    }
    index = (detail & 0x7f) % world.letter_count;
    *ret_letter = world.letters[index];
    if ((detail & 0x80) == 0) {
        memmove(&world.letters[index], &world.letters[index + 1],
                sizeof *ret_letter * (--world.letter_count - index));
    }
    return 1;
}

/* What somebody says to a request who means well. */
static enum vc_dht_type fitting(enum vc_dht_type type, uint8_t what)
{
    if (type == VC_DHT_PUT || type == VC_DHT_REFRESH) {
        return VC_DHT_HOLD;
    }
    if (type == VC_DHT_GET && what % 3 == 0) {
        return VC_DHT_VALUE;
    }
    return type == VC_DHT_FIND || type == VC_DHT_GET ? VC_DHT_NODES : VC_DHT_PONG;
}

/* An answer that has the right form, whatever it says. */
static void answer(uint8_t detail, struct vc_reader *r)
{
    uint8_t type = vc_read_u8(r), what = vc_read_u8(r), seen = vc_read_u8(r);
    struct vc_dht_answer said = {.type = (enum vc_dht_type)(VC_DHT_PONG + type % 4),
                                 .hold = (enum vc_dht_hold)(what % 5),
                                 .seq = what,
                                 .cookie = {{what}}};
    struct dht_datagram datagram;
    struct letter letter;
    struct dht_hand *hand;

    if (take_letter(detail, &letter) == 0) {
        return;
    }
    hand = &world.hands[letter.hand];
    if (type & 0x80) {
        said.type = fitting(letter.type, what);
    }
    said.seen = world.own[hand->addr.family == 6];
    said.seen.port = (uint16_t)(said.seen.port + seen % 4);
    said.time_s = (uint32_t)(world.now.unix_ms / 1000) + (seen & 0x80 ? 100000u : 0);
    said.time_s = seen & 0x40 ? 0 : said.time_s;
    if (said.type == VC_DHT_NODES) {
        said.contact_count =
            (uint8_t)(what % (hand->addr.family == 4 ? VC_DHT_CONTACTS_IPV4 + 1
                                                     : VC_DHT_CONTACTS_IPV6 + 1));
        for (uint8_t i = 0; i < said.contact_count; i++) {
            said.contacts[i] = any_contact(vc_read_u8(r), hand->addr.family);
        }
    }
    said.record = any_record(what);
    dht_hand_answer(hand, &letter.header, &said, &datagram);
    say(letter.hand, &hand->addr, &datagram);
}

/* An answer with any body. */
static void answer_raw(uint8_t detail, struct vc_reader *r)
{
    uint8_t len = vc_read_u8(r);
    struct vc_bytes body = vc_read_bytes(r, len < vc_reader_left(r) ? len : 0);
    struct dht_datagram datagram;
    struct letter letter;

    if (body.len > 0 && take_letter(detail, &letter) > 0) {
        dht_hand_say(&world.hands[letter.hand], &letter.header, body, &datagram);
        say(letter.hand, &world.hands[letter.hand].addr, &datagram);
    }
}

/* Everybody answers what he was asked, as he should. */
static void answer_all(uint8_t detail)
{
    uint32_t count = world.letter_count;

    for (uint32_t i = 0; i < count && world.letter_count > 0; i++) {
        uint8_t script[16] = {0x80, detail, 0};
        struct vc_reader r = vc_reader(VC_BYTES(script));

        for (uint8_t n = 3; n < sizeof script; n++) {
            script[n] = (uint8_t)(n + i);
        }
        answer(0, &r);
    }
}

/* The machine's answer is opened by whom it is for, so that he has a good cookie. */
static void ask(uint8_t detail, struct vc_reader *r)
{
    uint8_t type = vc_read_u8(r), what = vc_read_u8(r);
    struct dht_hand *hand = &world.hands[detail % HANDS];
    struct vc_dht_request request = {
        .type = (enum vc_dht_type)(VC_DHT_PING + type % 7),
        .target = (uint64_t)what << 56,
        .place = places[what % PEOPLE],
        .seq = what / PEOPLE % VERSIONS,
        .record = any_record(what),
        .contact = any_contact(what, what & 0x10 && world.cfg.has_ipv6 ? 6 : 4)};
    struct dht_datagram datagram;
    struct vc_dht_output output;
    struct vc_dht_answer said;

    hand->is_router = (detail & 8) != 0;
    hand->has_cookie = (detail & 16) != 0;
    if (detail & 32) {
        memset(&hand->cookie, what, sizeof hand->cookie);
    }
    dht_hand_ask(hand, detail & 64 ? NULL : &world.dht->key, request,
                 type & 0x80 ? 0
                             : vc_dht_request_body_min(request.type, detail & 64,
                                                       hand->has_cookie),
                 &datagram);
    say(detail % HANDS, &hand->addr, &datagram);
    if (world.dht->answer_count > 0 && vc_dht_next(world.dht, &world.now, &output)) {
        VC_CHECK(output.kind == VC_DHT_DATAGRAM);
        (void)dht_hand_open(hand, &world.dht->key, output.bytes, &said);
    }
}

static void happen(struct vc_reader *r)
{
    uint8_t what = vc_read_u8(r), detail = vc_read_u8(r);

    switch (what % 16) {
    case 0:
        pass(detail, false);
        break;
    case 1:
        pass((vc_ms)detail * 100, false);
        break;
    case 2:
        pass((vc_ms)detail * detail * 100, detail % 2 == 1);
        break;
    case 3:
        vc_dht_tick(world.dht, &world.now);
        break;
    case 4:
        get(detail);
        break;
    case 5:
        publish(detail);
        break;
    case 6:
        cancel(detail);
        break;
    case 7:
        withdraw(detail);
        break;
    case 8:
        if (detail % 4 == 0) {
            vc_dht_moved(world.dht, &world.now);
        } else {
            restore(detail, r);
        }
        break;
    case 9:
        enter(detail);
        break;
    case 10:
        say_raw(detail, r);
        break;
    case 11:
        say_again(detail);
        break;
    case 12:
        answer(detail, r);
        break;
    case 13:
        answer_raw(detail, r);
        break;
    case 14:
        answer_all(detail);
        break;
    default:
        ask(detail, r);
        break;
    }
}

/* All asks end, nobody is waited for, and nothing that was said to it was too much. */
static void check_rest(void)
{
    struct vc_dht_status status;
    struct vc_dht_node node;
    uint32_t nodes = 0;

    pass(VC_DHT_ASK_MAX_MS + VC_DHT_GIVE_UP_MS, false);
    VC_CHECK(world.asked_count == 0);
    vc_dht_status(world.dht, &world.now, &status);
    while (vc_dht_node_at(world.dht, nodes, &node)) {
        VC_CHECK(vc_dht_is_place_for_node(world.dht, &node.contact.addr));
        nodes++;
    }
    VC_CHECK(nodes == status.nodes && status.suspects <= nodes);
    VC_CHECK(status.records <= world.cfg.records_max);
    VC_CHECK(world.dht->calls.map.count == world.dht->calls.pool.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});

    make_once();
    begin(vc_read_u8(&r));
    run_turn();
    for (uint32_t i = 0; i < STEPS && vc_reader_left(&r) > 0; i++) {
        happen(&r);
        run_turn();
    }
    check_rest();
    vc_dht_deinit(world.dht);
    free(world.dht);
    return 0;
}

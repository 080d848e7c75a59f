/*
 * Whatever a stranger sends who has not proved his address, the machine sends no more bytes there
 * than came from it: answers and pings, of all types, at every length.
 */
#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_samples.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

#define REQUESTS 6000
#define NODES    40 /* that the router knows, of each family */
#define KNOWN    (2 * NODES)

static const uint8_t network[5] = "veche";

struct world {
    struct vc_prop prop;
    struct vc_rng rng;
    struct vc_now now;
    void *mem;
    struct vc_dht *dht;
    struct vc_dht_contact known[KNOWN];
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place; /* of it */
    /* That the judge had something to judge. */
    uint32_t answers, pings, silences, values, nodes;
};

static void hold_record(struct world *world)
{
    static const uint8_t body[VC_DHT_RECORD_BODY_LEN];
    const struct vc_secret32 seed = {{1}};
    struct vc_dht_records_at at = {
        .now = world->now.mono, .unix_ms = world->now.unix_ms, .reach = UINT64_MAX};
    uint32_t now_s = (uint32_t)(world->now.unix_ms / 1000);
    struct vc_key32 key;
    struct vc_sign_secret secret;
    struct vc_scalar factor;
    struct vc_blinded signer;
    struct vc_dht_record record;
    enum vc_dht_hold hold;
    uint64_t seq;

    vc_sign_keypair(&key, &secret, &seed);
    vc_blind_of_device(&factor, &key, 1, 0);
    assert_true(vc_blind_secret(&signer, &secret, &factor));
    vc_dht_record_sign(world->record, VC_DHT_RECORD_ACCOUNT, 1, now_s + 86400,
                       VC_BYTES(body), &signer);
    assert_int_equal(vc_dht_record_read(VC_BYTES(world->record), &record), VC_OK);
    vc_dht_record_place(&world->place, &record);
    assert_int_equal(vc_dht_records_put(&world->dht->records, &at, &record,
                                        VC_BYTES(world->record), &hold, &seq),
                     VC_OK);
    assert_int_equal(hold, VC_DHT_HOLD_YES);
}

static void begin(struct world *world)
{
    const struct vc_secret32 seed = {{7}};
    struct vc_dht_config cfg;

    memset(world, 0, sizeof *world);
    assert_int_equal(vc_crypto_init(), VC_OK);
    world->prop = vc_prop_begin("amplification");
    vc_rng_init(&world->rng, &seed);
    world->now = (struct vc_now){.mono = 1000000, .unix_ms = UINT64_C(1767225600000)};
    vc_dht_config_init(&cfg, VC_DHT_SIMULATION);
    cfg.network_id = VC_BYTES(network);
    cfg.is_private = true;
    cfg.has_ipv4 = cfg.has_ipv6 = true;
    world->mem = calloc(1, vc_dht_footprint(&cfg));
    assert_non_null(world->mem);
    world->dht = vc_dht_init(world->mem, &cfg, &world->now, &seed);
    for (uint8_t i = 0; i < KNOWN; i++) {
        world->known[i].addr = dht_sample_addr(i < NODES ? 4 : 6, i);
        vc_rng_draw(&world->rng, world->known[i].key.b, sizeof world->known[i].key.b);
    }
    hold_record(world);
}

/* Its nodes answer it, so that it has some to tell of. */
static void hear_nodes(struct world *world)
{
    for (uint32_t i = 0; i < KNOWN; i++) {
        struct vc_dht_family *family =
            vc_dht_family_at(world->dht, &world->known[i].addr);

        (void)vc_dht_table_heard(&family->table, world->now.mono, &world->known[i]);
    }
}

/* A stranger: somewhere else each time, with a key of his own. */
struct stranger {
    struct vc_addr addr;
    struct vc_secret32 secret;
    struct vc_dht_header header;
    uint8_t datagram[VC_DHT_DATAGRAM_MAX];
    size_t len;
};

static void draw_stranger(struct world *world, struct stranger *stranger)
{
    uint8_t ip[16];

    memset(stranger, 0, sizeof *stranger);
    vc_prop_bytes(&world->prop, ip, sizeof ip);
    ip[0] = 0x20;
    stranger->addr = vc_prop_below(&world->prop, 2) == 0 ? vc_addr_ipv4(ip, 7777)
                                                         : vc_addr_ipv6(ip, 7777);
    vc_rng_fork(&world->rng, &stranger->secret);
    vc_dh_public(&stranger->header.asker, &stranger->secret);
    vc_rng_draw(&world->rng, &stranger->header.txid, sizeof stranger->header.txid);
    stranger->header.is_hello = vc_prop_below(&world->prop, 3) == 0;
    stranger->header.is_router = vc_prop_below(&world->prop, 4) != 0;
    stranger->header.has_cookie = vc_prop_below(&world->prop, 4) == 0; /* made up */
}

/* Of any type; at its shortest, at the least length of the document, or of any. */
static void write_request(struct world *world, struct stranger *stranger)
{
    const size_t body_max = VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD;
    unsigned type =
        stranger->header.is_hello ? VC_DHT_FIND : 1 + vc_prop_below(&world->prop, 7);
    struct vc_dht_request request =
        dht_sample_request(type, stranger->header.has_cookie);
    size_t least[3] = {0,
                       vc_dht_request_body_min((enum vc_dht_type)type,
                                               stranger->header.is_hello, false),
                       vc_prop_below(&world->prop, (uint32_t)body_max)};
    struct vc_secret32 mask = world->dht->masks.hello, shared;
    struct vc_dht_pair pair;
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer b = vc_writer(body, sizeof body);
    struct vc_writer w = vc_writer(stranger->datagram, sizeof stranger->datagram);

    request.place = world->place;
    vc_dht_request_write(&b, &request);
    vc_dht_hello_key(&pair.request, VC_BYTES(network), &stranger->header.asker);
    if (!stranger->header.is_hello) {
        assert_true(vc_dh(&shared, &stranger->secret, &world->dht->key));
        vc_dht_mask_of(&mask, VC_BYTES(network), &world->dht->key);
        vc_dht_pair_make(&pair, VC_BYTES(network), &shared, &stranger->header.asker,
                         &world->dht->key);
    }
    assert_int_equal(vc_dht_request_seal(&w, &stranger->header, &mask, &pair.request,
                                         vc_writer_bytes(&b),
                                         least[vc_prop_below(&world->prop, 3)],
                                         &world->rng),
                     VC_OK);
    stranger->len = vc_writer_bytes(&w).len;
}

/* What the machine says to the stranger: bytes in all. */
static size_t heard(struct world *world, const struct stranger *stranger)
{
    struct vc_dht_output output;
    size_t bytes = 0;
    uint32_t count = 0;

    while (vc_dht_next(world->dht, &world->now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM &&
            vc_addr_equal(&output.addr, &stranger->addr)) {
            bytes += output.bytes.len;
            count++;
            world->values += output.bytes.len > VC_DHT_RECORD_LEN;
            world->nodes += output.bytes.len > 350 && output.bytes.len < 450;
        }
    }
    world->silences += count == 0;
    world->answers += count > 0;
    world->pings += count > 1;
    return bytes;
}

static void nobody_unproved_gets_more_than_he_sends(void **state)
{
    static struct world world;
    static struct stranger stranger;

    (void)state;
    begin(&world);
    for (int i = 0; i < REQUESTS; i++) {
        /* So that the limits on pings and on work for strangers are not the reason. */
        world.now.mono += 1000;
        vc_dht_tick(world.dht, &world.now);
        hear_nodes(&world);
        draw_stranger(&world, &stranger);
        write_request(&world, &stranger);
        assert_true(vc_dht_recv(world.dht, &world.now, &stranger.addr,
                                (struct vc_bytes){stranger.datagram, stranger.len}));
        size_t bytes = heard(&world, &stranger);
        if (bytes > stranger.len) {
            fail_msg("%zu bytes for %zu, request %d", bytes, stranger.len, i);
        }
    }
    printf("%u answers, %u of nodes, %u of values, %u with a ping; %u times nothing\n",
           world.answers, world.nodes, world.values, world.pings, world.silences);
    assert_true(world.answers > REQUESTS / 2 && world.nodes > REQUESTS / 20);
    assert_true(world.values > 0 && world.pings > 0 && world.silences > 0);
    vc_dht_deinit(world.dht);
    free(world.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_unproved_gets_more_than_he_sends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

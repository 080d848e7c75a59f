/*
 * The DHT's ids, bodies and datagrams over lines; tests/vectors/README.md has the commands.
 *
 *     dht_driver <COMMANDS >ANSWERS
 */
#include "dht/datagram.h"
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_lines.h"
#include "tests/vectors/driver_words.h"

/* A node with its network, as the first two words of a line say. */
struct node {
    struct vc_bytes network_id;
    struct vc_secret32 secret;
    struct vc_key32 key;
    struct vc_dht_masks masks;
};

static bool read_node(char **words, struct node *ret_node)
{
    if (!word_room(words[0], &ret_node->network_id) || ret_node->network_id.len < 1 ||
        ret_node->network_id.len > 32 || !word_bytes(words[1], &ret_node->secret, 32)) {
        return false;
    }
    vc_dh_public(&ret_node->key, &ret_node->secret);
    vc_dht_masks_make(&ret_node->masks, ret_node->network_id, &ret_node->key);
    return true;
}

/* The keys of @asker's requests to @asked; one of them is @node. */
static bool make_pair(const struct node *node, const struct vc_key32 *asker,
                      const struct vc_key32 *asked, struct vc_dht_pair *ret_pair)
{
    const struct vc_key32 *other =
        memcmp(node->key.b, asker->b, 32) == 0 ? asked : asker;
    struct vc_secret32 shared;

    if (!vc_dh(&shared, &node->secret, other)) {
        return false;
    }
    vc_dht_pair_make(ret_pair, node->network_id, &shared, asker, asked);
    return true;
}

static bool word_bit(const char *word, bool *ret_bit)
{
    *ret_bit = word[0] == '1';
    return (word[0] == '0' || word[0] == '1') && word[1] == '\0';
}

static void answer_id(uint64_t id)
{
    answer_ok();
    (void)printf(" %016llx", (unsigned long long)id);
}

/* id BOUND IP KEY */
static vc_err run_id(struct world *world, char **words)
{
    struct vc_bytes ip;
    struct vc_addr addr;
    struct vc_key32 key;
    bool is_bound;

    (void)world;
    if (!word_bit(words[0], &is_bound) || !word_room(words[1], &ip) ||
        (ip.len != 4 && ip.len != 16) || !word_bytes(words[2], &key, 32)) {
        return VC_ERR_USAGE;
    }
    addr = (struct vc_addr){.family = ip.len == 4 ? 4 : 6};
    memcpy(addr.ip, ip.data, ip.len);
    answer_id(vc_dht_node_id(&addr, &key, is_bound));
    return VC_OK;
}

/* place PLACE */
static vc_err run_place(struct world *world, char **words)
{
    struct vc_hash32 place;

    (void)world;
    if (!word_bytes(words[0], &place, 32)) {
        return VC_ERR_USAGE;
    }
    answer_id(vc_dht_place_id(&place));
    return VC_OK;
}

/* request COOKIE BODY */
static vc_err run_request(struct world *world, char **words)
{
    uint8_t room[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_dht_request request;
    struct vc_bytes body;
    bool has_cookie;

    (void)world;
    if (!word_bit(words[0], &has_cookie) || !word_room(words[1], &body)) {
        return VC_ERR_USAGE;
    }
    vc_err err = vc_dht_request_read(body, has_cookie, &request);
    if (err == VC_OK) {
        vc_dht_request_write(&w, &request);
        answer_ok();
        answer_bytes(vc_writer_bytes(&w));
    }
    return err;
}

/* answer BODY */
static vc_err run_answer(struct world *world, char **words)
{
    uint8_t room[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_dht_answer answer;
    struct vc_bytes body;

    (void)world;
    if (!word_room(words[0], &body)) {
        return VC_ERR_USAGE;
    }
    vc_err err = vc_dht_answer_read(body, &answer);
    if (err == VC_OK) {
        vc_dht_answer_write(&w, &answer);
        answer_ok();
        answer_bytes(vc_writer_bytes(&w));
    }
    return err;
}

/* asked NETWORK SECRET DATAGRAM */
static vc_err run_asked(struct world *world, char **words)
{
    struct node node;
    struct vc_dht_header header;
    struct vc_dht_pair pair;
    struct vc_bytes datagram, body;
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];

    (void)world;
    if (!read_node(words, &node) || !word_room(words[2], &datagram)) {
        return VC_ERR_USAGE;
    }
    if (!vc_dht_request_unmask(&node.masks, datagram, &header)) {
        return VC_ERR_NOT_FOUND;
    }
    if (header.is_hello) {
        vc_dht_hello_key(&pair.request, node.network_id, &header.asker);
    } else if (!make_pair(&node, &header.asker, &node.key, &pair)) {
        return VC_ERR_AUTH;
    }
    if (!vc_dht_request_open(datagram, &header, &pair.request, scratch, &body)) {
        return VC_ERR_AUTH;
    }
    answer_ok();
    answer_word(header.is_hello ? "hello" : "request");
    answer_number((uint32_t)header.is_router | (uint32_t)header.has_cookie << 1);
    answer_bytes(VC_BYTES(header.txid.b));
    answer_bytes(VC_BYTES(header.asker.b));
    answer_bytes(body);
    return VC_OK;
}

/* answered NETWORK SECRET ASKED DATAGRAM */
static vc_err run_answered(struct world *world, char **words)
{
    struct node node;
    struct vc_key32 asked;
    struct vc_dht_txid txid;
    struct vc_dht_pair pair;
    struct vc_bytes datagram, body;
    uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    bool is_hello = word_is_none(words[2]);

    (void)world;
    if (!read_node(words, &node) || !word_room(words[3], &datagram) ||
        (!is_hello && !word_bytes(words[2], &asked, 32))) {
        return VC_ERR_USAGE;
    }
    if (!vc_dht_answer_txid(datagram, &txid) ||
        (is_hello && !vc_dht_hello_answer_key(datagram, &node.masks.hello, &asked))) {
        return VC_ERR_MALFORMED;
    }
    if (!make_pair(&node, &node.key, &asked, &pair) ||
        !vc_dht_answer_open(datagram, is_hello, &pair.answer, scratch, &body)) {
        return VC_ERR_AUTH;
    }
    answer_ok();
    answer_bytes(VC_BYTES(txid.b));
    answer_bytes(VC_BYTES(asked.b));
    answer_bytes(body);
    return VC_OK;
}

/* The seed of what a line draws. */
static bool word_rng(const char *word, struct vc_rng *ret_rng)
{
    struct vc_secret32 seed;

    if (!word_bytes(word, &seed, sizeof(seed))) {
        return false;
    }
    vc_rng_init(ret_rng, &seed);
    return true;
}

/* ask NETWORK SECRET ASKED FLAGS TXID BODY LEAST SEED */
static vc_err run_ask(struct world *world, char **words)
{
    const size_t body_max = VC_DHT_DATAGRAM_MAX - VC_DHT_REQUEST_OVERHEAD;
    uint8_t room[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_dht_header header = {.is_hello = word_is_none(words[2])};
    struct node node;
    struct vc_key32 asked;
    struct vc_secret32 mask;
    struct vc_dht_pair pair;
    struct vc_rng rng;
    struct vc_bytes body;
    uint32_t flags, least;

    (void)world;
    if (!read_node(words, &node) ||
        (!header.is_hello && !word_bytes(words[2], &asked, 32)) ||
        !word_number(words[3], &flags) || flags > 3 ||
        !word_bytes(words[4], &header.txid, 8) || !word_room(words[5], &body) ||
        body.len < 1 || body.len > body_max || !word_number(words[6], &least) ||
        least > body_max || !word_rng(words[7], &rng)) {
        return VC_ERR_USAGE;
    }
    header.is_router = (flags & 1) != 0;
    header.has_cookie = (flags & 2) != 0;
    header.asker = node.key;
    if (header.is_hello) {
        mask = node.masks.hello;
        vc_dht_hello_key(&pair.request, node.network_id, &node.key);
    } else {
        vc_dht_mask_of(&mask, node.network_id, &asked);
        if (!make_pair(&node, &node.key, &asked, &pair)) {
            return VC_ERR_AUTH;
        }
    }
    vc_err err =
        vc_dht_request_seal(&w, &header, &mask, &pair.request, body, least, &rng);
    if (err == VC_OK) {
        answer_ok();
        answer_bytes(vc_writer_bytes(&w));
    }
    return err;
}

/* reply NETWORK SECRET ASKER HELLO TXID BODY MOST SEED */
static vc_err run_reply(struct world *world, char **words)
{
    uint8_t room[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct node node;
    struct vc_key32 asker;
    struct vc_dht_txid txid;
    struct vc_dht_pair pair;
    struct vc_rng rng;
    struct vc_bytes body;
    uint32_t most;
    bool is_hello;

    (void)world;
    if (!read_node(words, &node) || !word_bytes(words[2], &asker, 32) ||
        !word_bit(words[3], &is_hello) || !word_bytes(words[4], &txid, 8) ||
        !word_room(words[5], &body) || body.len < 1 ||
        body.len > VC_DHT_DATAGRAM_MAX - VC_DHT_HELLO_ANSWER_OVERHEAD ||
        !word_number(words[6], &most) || !word_rng(words[7], &rng)) {
        return VC_ERR_USAGE;
    }
    if (!make_pair(&node, &asker, &node.key, &pair)) {
        return VC_ERR_AUTH;
    }
    vc_err err =
        vc_dht_answer_seal(&w, &txid, &pair.answer, is_hello ? &node.masks.hello : NULL,
                           is_hello ? &node.key : NULL, body, most, &rng);
    if (err == VC_OK) {
        answer_ok();
        answer_bytes(vc_writer_bytes(&w));
    }
    return err;
}

static const struct driver_line lines[] = {
    {"account", 6, 6, driver_account_record},
    {"answer", 1, 1, run_answer},
    {"answered", 4, 4, run_answered},
    {"ask", 8, 8, run_ask},
    {"asked", 3, 3, run_asked},
    {"id", 3, 3, run_id},
    {"invite", 4, 4, driver_invite_record},
    {"place", 1, 1, run_place},
    {"record", 1, 1, driver_record},
    {"reply", 8, 8, run_reply},
    {"request", 2, 2, run_request},
};

int main(void)
{
    return driver_run("dht_driver", lines, sizeof(lines) / sizeof(lines[0]), NULL);
}

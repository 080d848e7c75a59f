#include "tests/bench/party_ours.h"

#include <string.h>

#include "crypto/pad.h"
#include "crypto/ratchet.h"

#define FROM_S        1767225600
#define TODAY         (FROM_S / 86400)
#define STATEMENT_LEN 75 /* a live statement that names one device */
#define FRAME_MAX     512
#define OBJECT_MAX    (VC_OPENING_MAX + FRAME_MAX)
#define SPREAD_MAX    4

static const uint8_t network[8] = {'v', 'e', 'c', 'h', 'e', 'b', 'n', 'c'};

struct person {
    struct vc_account account;
    struct vc_device device;
    struct vc_key32 dh_public;
    uint8_t statement[STATEMENT_LEN];
    struct vc_ratchet ratchet;
    uint8_t stored[VC_RATCHET_ENCODED_MAX];
    size_t stored_len;
};

struct row {
    struct vc_ratchet_skipped skipped;
    bool is_there;
};

struct object {
    uint8_t b[OBJECT_MAX];
    size_t len;
};

static struct ours_mode mode;
static struct vc_rng rng;
static struct person people[2];
static struct vc_prekey prekey;
static struct vc_secret32 prekey_secret, one_time_secret;
static struct vc_one_time one_time;
static struct vc_secret32 mask;
static uint8_t opening[VC_OPENING_MAX];
static size_t opening_len; /* 0: the first has heard an answer */
static struct object objects[PARTY_SLOTS];
static struct row rows[VC_RATCHET_SKIPPED_MAX]; /* of the second, by n */
static struct vc_ratchet spread[SPREAD_MAX];
static size_t spread_count;

static void ok(vc_err err, const char *what)
{
    party_need(err == VC_OK, what);
}

static void draw(struct vc_secret32 *ret_secret)
{
    vc_rng_draw(&rng, ret_secret, sizeof(*ret_secret));
}

static void start_person(struct person *person)
{
    struct vc_secret32 a, b;
    struct vc_sig sig;

    draw(&a);
    draw(&b);
    vc_account_init(&person->account, &a, &b);
    draw(&a);
    draw(&b);
    vc_device_init(&person->device, &person->account, 0, FROM_S, &a, &b);
    vc_dh_public(&person->dh_public, &person->device.dh_secret);
    vc_rng_draw(&rng, person->statement, STATEMENT_LEN - sizeof(sig));
    vc_sign(&sig, &person->account.root_secret,
            (struct vc_bytes){person->statement, STATEMENT_LEN - sizeof(sig)});
    memcpy(person->statement + STATEMENT_LEN - sizeof(sig), &sig, sizeof(sig));
}

/* What the second has published. */
static void start_prekeys(void)
{
    draw(&prekey_secret);
    prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC,
                                .id = 7,
                                .from = FROM_S,
                                .until = FROM_S + VC_PREKEY_USE_S};
    vc_dh_public(&prekey.key, &prekey_secret);
    vc_prekey_sign(&prekey, &people[1].account.root, &people[1].device.sig_secret);
    draw(&one_time_secret);
    one_time.id = 9;
    vc_dh_public(&one_time.key, &one_time_secret);
    vc_opening_mask(&mask, VC_BYTES(network), &people[1].account.root, 0);
}

/* What either has to believe of the other when it meets him for the first time. */
static void verify(const struct person *of, const struct vc_certificate *certificate)
{
    struct vc_sig sig;

    ok(vc_certificate_verify(certificate, &of->account.root), "a certificate");
    memcpy(&sig, of->statement + STATEMENT_LEN - sizeof(sig), sizeof(sig));
    party_need(
        vc_sign_verify(&sig, &of->account.root,
                       (struct vc_bytes){of->statement, STATEMENT_LEN - sizeof(sig)}),
        "a statement");
}

static void open_session(void)
{
    struct vc_session_keys keys;
    struct vc_secret32 e, own;
    struct vc_writer w = vc_writer(opening, sizeof(opening));
    const struct vc_opening_recipient to = {.root = people[1].account.root,
                                            .dev_dh = people[1].dh_public,
                                            .prekey = &prekey,
                                            .one_time = &one_time};
    const struct vc_opening_sender from = {.root = people[0].account.root,
                                           .certificate = people[0].device.certificate,
                                           .generation = 1,
                                           .statement = VC_BYTES(people[0].statement)};
    const struct vc_opening_config cfg = {.network_id = VC_BYTES(network),
                                          .to = &to,
                                          .from = &from,
                                          .dev_dh = &people[0].device.dh_secret,
                                          .e = &e};

    if (mode.is_first_contact) {
        verify(&people[1], &people[1].device.certificate);
        ok(vc_prekey_verify(&prekey, &people[1].account.root,
                            &people[1].device.certificate),
           "a prekey");
    }
    draw(&e);
    draw(&own);
    ok(vc_opening_write(&cfg, &w, &keys), "vc_opening_write");
    opening_len = vc_writer_bytes(&w).len;
    ok(vc_ratchet_init_initiator(&people[0].ratchet, &keys, &prekey.key, &own),
       "vc_ratchet_init_initiator");
}

/* Gives how long the opening in front of @object is. */
static size_t accept_session(const struct object *object)
{
    const struct vc_opening_private own = {.network_id = VC_BYTES(network),
                                           .root = people[1].account.root,
                                           .dev_dh = &people[1].device.dh_secret,
                                           .dev_dh_public = &people[1].dh_public,
                                           .prekey = &prekey,
                                           .prekey_secret = &prekey_secret,
                                           .one_time = &one_time,
                                           .one_time_secret = &one_time_secret};
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX], bytes[2][VC_CERTIFICATE_LEN];
    struct vc_writer w[2] = {vc_writer(bytes[0], sizeof(bytes[0])),
                             vc_writer(bytes[1], sizeof(bytes[1]))};
    struct vc_opening_head head;
    struct vc_opening_sender sender;
    struct vc_session_keys keys;
    struct vc_id16 name;

    party_need(
        vc_opening_peek(&mask, (struct vc_bytes){object->b, object->len}, &head) &&
            head.prekey_id == prekey.id && head.one_time_id == one_time.id,
        "vc_opening_peek");
    vc_opening_name(&name, (struct vc_bytes){object->b, head.len});
    ok(vc_opening_read(&own, (struct vc_bytes){object->b, head.len}, scratch, &sender,
                       &keys),
       "vc_opening_read");
    if (mode.is_first_contact) {
        verify(&people[0], &sender.certificate);
    } else {
        vc_certificate_write(&w[0], &sender.certificate);
        vc_certificate_write(&w[1], &people[0].device.certificate);
        party_need(memcmp(bytes[0], bytes[1], sizeof(bytes[0])) == 0, "a known device");
    }
    vc_ratchet_init_recipient(&people[1].ratchet, &keys, &prekey_secret);
    return head.len;
}

static void load(struct person *person)
{
    struct vc_reader r =
        vc_reader((struct vc_bytes){person->stored, person->stored_len});

    if (mode.is_stored && person->stored_len > 0) {
        ok(vc_ratchet_read(&r, &person->ratchet), "vc_ratchet_read");
    }
}

static void store(struct person *person)
{
    struct vc_writer w = vc_writer(person->stored, sizeof(person->stored));

    vc_ratchet_write(&w, &person->ratchet);
    person->stored_len = vc_writer_bytes(&w).len;
}

static size_t seal(int side, size_t slot)
{
    struct object *object = &objects[slot];
    struct vc_ratchet *ratchet = &people[side].ratchet;
    size_t before = side == 0 ? opening_len : 0, len = PARTY_TEXT_LEN;
    uint8_t *text = object->b + before + VC_RATCHET_OVERHEAD;
    struct vc_ratchet_place place;
    struct vc_secret32 fresh;

    load(&people[side]);
    if (!ratchet->has_send) {
        draw(&fresh);
    }
    memcpy(object->b, opening, before);
    memset(text, 'a', len);
    if (mode.is_padded) {
        len = vc_pad_fill(text, len);
    }
    ok(vc_ratchet_seal(ratchet, &fresh, (struct vc_bytes){text, len},
                       object->b + before, &place),
       "vc_ratchet_seal");
    if (mode.is_stored) {
        store(&people[side]);
    }
    object->len = before + VC_RATCHET_OVERHEAD + len;
    return object->len;
}

/* The rows of the second's kept keys: an array for what is a table of the store. */
static void keep(const struct vc_ratchet_found *found,
                 const struct vc_ratchet_skipped *skipped,
                 const struct vc_ratchet_change *change)
{
    if (change->has_used) {
        rows[found->place.n % VC_RATCHET_SKIPPED_MAX].is_there = false;
    }
    for (size_t i = 0; i < change->skipped_count; i++) {
        struct row *row = &rows[skipped[i].place.n % VC_RATCHET_SKIPPED_MAX];

        *row = (struct row){skipped[i], true};
    }
}

static void open_frame(struct person *person, struct vc_bytes frame)
{
    static struct vc_ratchet_skipped skipped[VC_RATCHET_GAP_MAX];
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    uint8_t text[FRAME_MAX];
    size_t len = frame.len - VC_RATCHET_OVERHEAD;

    load(person);
    ok(vc_ratchet_find(&person->ratchet, frame, &found), "vc_ratchet_find");
    const struct row *row = &rows[found.place.n % VC_RATCHET_SKIPPED_MAX];
    bool has_row = row->is_there && row->skipped.place.chain == found.place.chain &&
                   row->skipped.place.n == found.place.n;
    ok(vc_ratchet_open(&person->ratchet, &found,
                       found.needs_key && has_row ? &row->skipped.key : NULL, TODAY,
                       frame, text, skipped, &change),
       "vc_ratchet_open");
    keep(&found, skipped, &change);
    if (mode.is_padded) {
        ok(vc_pad_strip((struct vc_bytes){text, len}, &len), "vc_pad_strip");
    }
    party_need(len == PARTY_TEXT_LEN && text[0] == 'a' && text[len - 1] == 'a',
               "the text");
    if (mode.is_stored) {
        store(person);
    }
}

static void open_one(int side, size_t slot)
{
    const struct object *object = &objects[slot];
    size_t before = side == 0 ? opening_len : 0;

    open_frame(&people[!side],
               (struct vc_bytes){object->b + before, object->len - before});
    if (side == 1) {
        opening_len = 0;
    }
}

static void meet(void)
{
    people[0].stored_len = people[1].stored_len = 0;
    open_session();
    (void)seal(0, 0);
    size_t before = accept_session(&objects[0]);
    people[1].stored_len = 0;
    open_frame(&people[1],
               (struct vc_bytes){objects[0].b + before, objects[0].len - before});
}

static size_t session_bytes(void)
{
    store(&people[1]);
    return people[1].stored_len;
}

/* One more older chain of the second's, of which one message is on its way for ever. */
static void leave_one_behind(void)
{
    (void)seal(0, 1);
    (void)seal(0, 0);
    open_one(0, 0);
    (void)seal(1, 0);
    open_one(1, 0);
}

void ours_spread(size_t count)
{
    spread_count = 0;
    memset(rows, 0, sizeof(rows));
    while (count > 0) {
        size_t here =
            count < VC_RATCHET_CHAINS_MAX + 2 ? count : VC_RATCHET_CHAINS_MAX + 2;

        if (count - here == 1) {
            here--; /* no session has one key only */
        }
        party_need(here >= 2 && spread_count < SPREAD_MAX, "a number of keys");
        meet();
        (void)seal(1, 0);
        open_one(1, 0);
        for (size_t i = 2; i < here; i++) {
            leave_one_behind();
        }
        (void)seal(0, 0);
        open_one(0, 0);
        party_need(vc_ratchet_tries(&people[1].ratchet) == here, "a number of keys");
        spread[spread_count++] = people[1].ratchet;
        count -= here;
    }
    (void)seal(0, 0);
    objects[0].b[0] ^= 1; /* nothing is in clear: all that an observer can do */
}

void ours_refuse_spread(void)
{
    const struct vc_bytes bytes = {objects[0].b, objects[0].len};
    struct vc_opening_head head;
    struct vc_ratchet_found found;

    for (size_t i = 0; i < spread_count; i++) {
        party_need(vc_ratchet_find(&spread[i], bytes, &found) == VC_ERR_AUTH,
                   "refusing a forgery");
    }
    /* A frame of no session may still be an opening. */
    party_need(!vc_opening_peek(&mask, bytes, &head), "refusing a forgery");
}

void ours_hold_back(size_t count)
{
    meet();
    (void)seal(1, 0);
    open_one(1, 0);
    for (size_t i = 0; i <= count; i++) {
        (void)seal(0, 0);
    }
    objects[0].b[objects[0].len - 1] ^= 1;
}

void ours_refuse_held_back(void)
{
    static struct vc_ratchet_skipped skipped[VC_RATCHET_GAP_MAX];
    const struct vc_bytes frame = {objects[0].b, objects[0].len};
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    uint8_t text[FRAME_MAX];

    ok(vc_ratchet_find(&people[1].ratchet, frame, &found), "vc_ratchet_find");
    party_need(vc_ratchet_open(&people[1].ratchet, &found, NULL, TODAY, frame, text,
                               skipped, &change) == VC_ERR_AUTH,
               "refusing a forgery");
}

static void forge(size_t slot)
{
    (void)slot;
    ours_spread(4);
}

static void refuse(int side, size_t slot)
{
    (void)side;
    (void)slot;
    ours_refuse_spread();
}

const struct party_protocol *party_ours(const struct ours_mode *new_mode)
{
    static const struct party_protocol protocol = {
        "ours", PARTY_SLOTS, meet, seal, open_one, forge, refuse, session_bytes};
    const struct vc_secret32 seed = {{1}};

    if (people[0].account.root.b[0] == 0) {
        ok(vc_crypto_init(), "vc_crypto_init");
        vc_rng_init(&rng, &seed);
        start_person(&people[0]);
        start_person(&people[1]);
        start_prekeys();
    }
    mode = *new_mode;
    return &protocol;
}

/*
 * What records say.  No fuzzer finds a signature or a seal, so the first byte of an input says
 * what of it is made right around the rest:
 *
 *     0   nothing: the rest is a record
 *     1   the rest is what the device signs and R seals
 *     2   the same, behind a good account up to the live statement
 *     3   the rest is what is for contacts, in a good account
 *     4   a forward or whatever else begins with the root
 *     5   the addresses at the place of an invite
 */
#include <string.h>

#include "tests/support/account_hand.h"

static struct account_hand hand;
static struct vc_account_place invite;
static uint8_t good[VC_ACCOUNT_PLAIN_LEN];
static const uint8_t nonce[VC_XNONCE_LEN] = {9};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_id16 secret = {{5}};
    uint8_t bytes[VC_DHT_RECORD_LEN];
    struct vc_dht_record record;

    (void)argc;
    (void)argv;
    if (vc_crypto_init() != VC_OK) {
        return 1;
    }
    account_hand_begin(&hand, 1, 5);
    account_hand_fill(&hand);
    account_hand_write(&hand, bytes);
    VC_CHECK(vc_account_place_read(&hand.place, VC_BYTES(bytes), &record, good) ==
             VC_OK);
    VC_CHECK(
        vc_account_place_of_invite(&invite, &hand.account.record, HAND_EPOCH, &secret));
    return 0;
}

/* Reads both ways; false when either finds a fault. */
static bool read(struct vc_bytes bytes, struct vc_account_record *ret_record)
{
    struct vc_account_record invited;
    vc_err err =
        vc_account_record_read(&hand.place, bytes, &hand.account.fingerprint, &invited);

    if (err != VC_OK) {
        VC_CHECK(vc_account_record_read_contact(&hand.place, bytes, &hand.account.root,
                                                &hand.account.contacts, 1,
                                                ret_record) == err);
        return false;
    }
    VC_CHECK(!invited.has_node && invited.addr_count == 0);
    return vc_account_record_read_contact(&hand.place, bytes, &hand.account.root,
                                          &hand.account.contacts, 1,
                                          ret_record) == VC_OK;
}

/* Bytes of an account up to its extensions. */
static size_t known_len(const struct vc_account_record *record)
{
    uint8_t room[VC_ACCOUNT_PLAIN_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    if (record->live.count > 0) {
        vc_live_write(&w, &record->live);
    }
    for (size_t i = 0; i < record->host_count; i++) {
        vc_addr_write(&w, &record->hosts[i].addr);
    }
    return HAND_LIVE + 1 + vc_writer_bytes(&w).len + 1 +
           16 * (size_t)record->host_count;
}

/* What was read and is written again has the same bytes, but for what is sealed inside, for
 * extensions and for the signature. */
static void judge(struct vc_account_record *record, const uint8_t *plain)
{
    const struct vc_account_signers signers = hand.signers;
    uint8_t bytes[VC_DHT_RECORD_LEN], again[VC_ACCOUNT_PLAIN_LEN];
    static const struct vc_secret32 seed = {{1}};
    struct vc_dht_record outer;
    struct vc_rng rng;

    vc_rng_init(&rng, &seed);
    vc_account_record_write(bytes, &hand.place, record, &signers, &rng);
    VC_CHECK(vc_account_place_read(&hand.place, VC_BYTES(bytes), &outer, again) ==
             VC_OK);
    if (record->kind == VC_RECORD_FORWARD) {
        VC_CHECK(memcmp(again, plain, sizeof(again)) == 0);
        return;
    }
    size_t end = known_len(record);
    VC_CHECK(memcmp(again, plain, HAND_INNER) == 0);
    VC_CHECK(memcmp(again + HAND_LIVE, plain + HAND_LIVE, end - HAND_LIVE) == 0);
    VC_CHECK(plain[end] != 0 || vc_is_zero(plain + end, HAND_SIG - end));
}

static void try_plain(const uint8_t plain[VC_ACCOUNT_PLAIN_LEN])
{
    uint8_t bytes[VC_DHT_RECORD_LEN];
    struct vc_account_record record;

    account_hand_seal(&hand, nonce, plain, bytes);
    if (read(VC_BYTES(bytes), &record)) {
        judge(&record, plain);
    }
}

static void try_invite(const uint8_t plain[VC_ACCOUNT_PLAIN_LEN])
{
    static const struct vc_secret32 seed = {{1}};
    uint8_t bytes[VC_DHT_RECORD_LEN], again[VC_ACCOUNT_PLAIN_LEN];
    struct vc_invite_record record;
    struct vc_dht_record outer;
    struct vc_rng rng;

    vc_rng_init(&rng, &seed);
    vc_account_place_write(bytes, &invite, &hand.account.record_secret, 7, nonce,
                           plain);
    if (vc_invite_record_read(&invite, VC_BYTES(bytes), &record) == VC_OK) {
        vc_invite_record_write(bytes, &invite, &record, &hand.account.record_secret,
                               &rng);
        VC_CHECK(vc_account_place_read(&invite, VC_BYTES(bytes), &outer, again) ==
                 VC_OK);
        VC_CHECK(memcmp(again, plain, sizeof(again)) == 0);
    }
}

static void seal_inner(uint8_t plain[VC_ACCOUNT_PLAIN_LEN], struct vc_bytes rest)
{
    uint8_t inner[HAND_INNER_LEN - VC_TAG_LEN] = {0};
    struct vc_secret32 key;

    if (rest.len > 0) {
        memcpy(inner, rest.data, rest.len < sizeof(inner) ? rest.len : sizeof(inner));
    }
    vc_hash(key.b, sizeof(key.b), "record contacts", &hand.account.contacts,
            VC_BYTES(hand.place.key.b));
    vc_xseal(plain + HAND_INNER, &key, nonce, (struct vc_bytes){NULL, 0},
             VC_BYTES(inner));
}

/* Puts the rest of the input at @at, and zeros behind it. */
static void put(uint8_t plain[VC_ACCOUNT_PLAIN_LEN], size_t at, struct vc_bytes rest)
{
    size_t room = VC_ACCOUNT_PLAIN_LEN - at;

    memset(plain + at, 0, room);
    if (rest.len > 0) {
        memcpy(plain + at, rest.data, rest.len < room ? rest.len : room);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t at[] = {0, 0, HAND_LIVE, HAND_SIG, 1 + 32, 1};
    struct vc_bytes rest = {data + (size > 0), size - (size > 0)};
    uint8_t plain[VC_ACCOUNT_PLAIN_LEN];
    uint8_t mode = size > 0 && data[0] < 6 ? data[0] : 0;
    struct vc_account_record record;
    struct vc_invite_record invited;

    if (mode == 0) {
        (void)read(rest, &record);
        if (vc_invite_record_read(&invite, rest, &invited) == VC_OK) {
            VC_CHECK(invited.addr_count <= VC_RECORD_INVITE_ADDRS_MAX);
        }
        return 0;
    }
    memcpy(plain, good, sizeof(plain));
    if (mode == 3) {
        seal_inner(plain, rest);
    } else {
        put(plain, at[mode], rest);
    }
    if (mode <= 3) {
        account_hand_sign(&hand, plain);
        try_plain(plain);
    } else if (mode == 4) {
        plain[0] = VC_RECORD_FORWARD;
        try_plain(plain);
    } else {
        plain[0] = VC_RECORD_INVITE;
        try_invite(plain);
    }
    return 0;
}

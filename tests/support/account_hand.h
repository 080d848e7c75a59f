/*
 * Accounts with a device that publishes, and records made by hand after dht/SPEC.md, "What a
 * record says": what somebody makes who has the keys, but says something else than one may.
 */
#ifndef VC_TESTS_SUPPORT_ACCOUNT_HAND_H
#define VC_TESTS_SUPPORT_ACCOUNT_HAND_H

#include <string.h>

#include "dht/account_record.h"

/* Where the parts of an account stand in what is sealed. */
enum {
    HAND_CERTIFICATE = 33,
    HAND_PREKEY = 174,
    HAND_PRICE = 323,
    HAND_INNER = 324,
    HAND_LIVE = 430,
    HAND_SIG = 787,
    HAND_INNER_LEN = 106,
};

#define HAND_EPOCH 20455u /* 2026-01-02 */

struct account_hand {
    struct vc_account account;
    struct vc_device device;
    struct vc_account_place place;
    struct vc_account_record record;
    struct vc_account_signers signers;
};

static inline struct vc_secret32 hand_seed(uint32_t account, uint8_t what)
{
    struct vc_secret32 seed = {{what}};

    memcpy(&seed.b[1], &account, sizeof(account));
    return seed;
}

/* Device @index of the account with the number @number; it says as little as it may.  The hand must
 * not be moved. */
static inline void account_hand_begin(struct account_hand *hand, uint32_t number,
                                      uint16_t index)
{
    const struct vc_secret32 entropy = hand_seed(number, 1),
                             contacts = hand_seed(number, 2);
    const struct vc_secret32 sig_seed = hand_seed(number, (uint8_t)(10 + index)),
                             dh_seed = hand_seed(number, (uint8_t)(100 + index));

    memset(hand, 0, sizeof(*hand));
    vc_account_init(&hand->account, &entropy, &contacts);
    vc_device_init(&hand->device, &hand->account, index, HAND_EPOCH * VC_EPOCH_S,
                   &sig_seed, &dh_seed);
    VC_CHECK(vc_account_place_of_device(&hand->place, &hand->account.record, HAND_EPOCH,
                                        index));
    hand->record = (struct vc_account_record){
        .kind = VC_RECORD_ACCOUNT,
        .seq = (uint64_t)HAND_EPOCH * VC_EPOCH_S * 1000,
        .root = hand->account.root,
        .certificate = hand->device.certificate,
        .prekey = {.suite = VC_SUITE_CLASSIC,
                   .index = index,
                   .id = 7,
                   .key = {{9}},
                   .from = HAND_EPOCH * VC_EPOCH_S,
                   .until = HAND_EPOCH * VC_EPOCH_S + VC_PREKEY_USE_S},
    };
    vc_prekey_sign(&hand->record.prekey, &hand->account.root, &hand->device.sig_secret);
    hand->signers = (struct vc_account_signers){&hand->account.record_secret,
                                                &hand->device.sig_secret, NULL};
}

static inline struct vc_addr hand_addr(uint8_t n, bool is_ipv6)
{
    const uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, n};

    return is_ipv6 ? vc_addr_ipv6(ip, (uint16_t)(1000 + n))
                   : vc_addr_ipv4(ip, (uint16_t)(1000 + n));
}

/* Now it says as much as fits. */
static inline void account_hand_fill(struct account_hand *hand)
{
    struct vc_account_record *record = &hand->record;
    uint16_t indices[VC_LIVE_INDICES_MAX];
    uint16_t index = hand->device.certificate.index;

    for (uint16_t i = 0; i < VC_LIVE_INDICES_MAX; i++) {
        indices[i] = (uint16_t)(index + i);
    }
    vc_account_sign_live(&hand->account, indices, VC_LIVE_INDICES_MAX,
                         HAND_EPOCH * VC_EPOCH_S);
    record->live = hand->account.live;
    record->stamp_price = 22;
    record->host_count = VC_RECORD_HOSTS_MAX;
    for (uint8_t i = 0; i < VC_RECORD_HOSTS_MAX; i++) {
        record->hosts[i].name = (struct vc_id16){{i, 1}};
        record->hosts[i].addr = hand_addr(i, true);
    }
    record->has_node = true;
    record->node = (struct vc_key32){{0x55}};
    record->addr_count = VC_RECORD_ADDRS_MAX;
    for (uint8_t i = 0; i < VC_RECORD_ADDRS_MAX; i++) {
        record->addrs[i] = hand_addr((uint8_t)(i + 100), true);
    }
    hand->signers.contacts = &hand->account.contacts;
}

static inline void account_hand_write(struct account_hand *hand,
                                      uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    const struct vc_secret32 seed = {{0x77}};
    struct vc_rng rng;

    vc_rng_init(&rng, &seed);
    vc_account_record_write(ret_bytes, &hand->place, &hand->record, &hand->signers,
                            &rng);
}

/* Puts dev_sig's signature of @plain where it belongs. */
static inline void account_hand_sign(const struct account_hand *hand,
                                     uint8_t plain[VC_ACCOUNT_PLAIN_LEN])
{
    uint8_t message[16 + 32 + 8 + 4 + HAND_SIG] = "account record";
    struct vc_writer w = vc_writer(&message[16], sizeof(message) - 16);
    struct vc_sig sig;

    vc_write_copy(&w, hand->place.key.b, 32);
    vc_write_u64(&w, hand->record.seq);
    vc_write_u32(&w, (hand->place.epoch + 1) * 86400 + 7200);
    vc_write_copy(&w, plain, HAND_SIG);
    vc_sign(&sig, &hand->device.sig_secret, VC_BYTES(message));
    memcpy(plain + HAND_SIG, sig.b, sizeof(sig.b));
}

/* Seals @plain and signs it with R for the hand's place. */
static inline void account_hand_seal(const struct account_hand *hand,
                                     const uint8_t nonce[VC_XNONCE_LEN],
                                     const uint8_t plain[VC_ACCOUNT_PLAIN_LEN],
                                     uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    vc_account_place_write(ret_bytes, &hand->place, &hand->account.record_secret,
                           hand->record.seq, nonce, plain);
}

#endif

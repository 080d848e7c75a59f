/*
 * libsignal-protocol-c as a protocol of party.h.  Its store is memory here: one record for each
 * side, in the bytes that the library gives and takes with every message.
 */
#include <key_helper.h>
#include <protocol.h>
#include <session_builder.h>
#include <session_cipher.h>
#include <session_pre_key.h>
#include <session_record.h>
#include <signal_protocol.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/party_peers.h"
#include "tests/bench/party_signal.h"

#define KEY_ID      7
#define MESSAGE_MAX 1024

struct side {
    signal_protocol_store_context *store;
    ratchet_identity_key_pair *identity;
    signal_buffer *identity_public, *identity_private;
    signal_buffer *record; /* of the session; NULL: none */
    session_cipher *cipher;
    session_builder *builder;
};

static const signal_protocol_address address = {"peer", 4, 1};
static signal_context *context;
static struct side sides[2];
static signal_buffer *prekey_record, *signed_prekey_record; /* the second's */
static session_pre_key_bundle *bundle;
static ciphertext_message *messages[PARTY_SLOTS];
static uint8_t forged[MESSAGE_MAX];
static size_t forged_len;

static void sg_need(int result, const char *what)
{
    party_need(result >= 0, what);
}

static int load_session(signal_buffer **record, signal_buffer **user_record,
                        const signal_protocol_address *of, void *data)
{
    const struct side *side = data;

    (void)of;
    (void)user_record;
    if (side->record == NULL) {
        return 0;
    }
    *record = signal_buffer_copy(side->record);
    return 1;
}

static int store_session(const signal_protocol_address *of, uint8_t *record, size_t len,
                         uint8_t *user_record, size_t user_len, void *data)
{
    struct side *side = data;

    (void)of;
    (void)user_record;
    (void)user_len;
    signal_buffer_bzero_free(side->record);
    side->record = signal_buffer_create(record, len);
    return 0;
}

static int contains_session(const signal_protocol_address *of, void *data)
{
    const struct side *side = data;

    (void)of;
    return side->record != NULL;
}

static int load_prekey(signal_buffer **record, uint32_t id, void *data)
{
    (void)data;
    if (id != KEY_ID) {
        return SG_ERR_INVALID_KEY_ID;
    }
    *record = signal_buffer_copy(prekey_record);
    return SG_SUCCESS;
}

static int contains_prekey(uint32_t id, void *data)
{
    (void)data;
    return id == KEY_ID;
}

/* It stays, so that every session may begin with the same. */
static int remove_prekey(uint32_t id, void *data)
{
    (void)id;
    (void)data;
    return 0;
}

static int load_signed_prekey(signal_buffer **record, uint32_t id, void *data)
{
    (void)data;
    if (id != KEY_ID) {
        return SG_ERR_INVALID_KEY_ID;
    }
    *record = signal_buffer_copy(signed_prekey_record);
    return SG_SUCCESS;
}

static int get_identity(signal_buffer **public_data, signal_buffer **private_data,
                        void *data)
{
    const struct side *side = data;

    *public_data = signal_buffer_copy(side->identity_public);
    *private_data = signal_buffer_copy(side->identity_private);
    return 0;
}

static int get_registration(void *data, uint32_t *id)
{
    (void)data;
    *id = 1;
    return 0;
}

static int save_identity(const signal_protocol_address *of, uint8_t *key, size_t len,
                         void *data)
{
    (void)of;
    (void)key;
    (void)len;
    (void)data;
    return 0;
}

static int is_trusted(const signal_protocol_address *of, uint8_t *key, size_t len,
                      void *data)
{
    (void)of;
    (void)key;
    (void)len;
    (void)data;
    return 1;
}

static void start_side(struct side *side)
{
    const signal_protocol_session_store session = {.load_session_func = load_session,
                                                   .store_session_func = store_session,
                                                   .contains_session_func =
                                                       contains_session,
                                                   .user_data = side};
    const signal_protocol_pre_key_store prekey = {.load_pre_key = load_prekey,
                                                  .contains_pre_key = contains_prekey,
                                                  .remove_pre_key = remove_prekey,
                                                  .user_data = side};
    const signal_protocol_signed_pre_key_store signed_prekey = {
        .load_signed_pre_key = load_signed_prekey,
        .contains_signed_pre_key = contains_prekey,
        .user_data = side};
    const signal_protocol_identity_key_store identity = {
        .get_identity_key_pair = get_identity,
        .get_local_registration_id = get_registration,
        .save_identity = save_identity,
        .is_trusted_identity = is_trusted,
        .user_data = side};

    sg_need(
        signal_protocol_key_helper_generate_identity_key_pair(&side->identity, context),
        "an identity");
    sg_need(
        ec_public_key_serialize(&side->identity_public,
                                ratchet_identity_key_pair_get_public(side->identity)),
        "an identity");
    sg_need(
        ec_private_key_serialize(&side->identity_private,
                                 ratchet_identity_key_pair_get_private(side->identity)),
        "an identity");
    sg_need(signal_protocol_store_context_create(&side->store, context), "a store");
    sg_need(signal_protocol_store_context_set_session_store(side->store, &session),
            "a store");
    sg_need(signal_protocol_store_context_set_pre_key_store(side->store, &prekey),
            "a store");
    sg_need(signal_protocol_store_context_set_signed_pre_key_store(side->store,
                                                                   &signed_prekey),
            "a store");
    sg_need(
        signal_protocol_store_context_set_identity_key_store(side->store, &identity),
        "a store");
    sg_need(session_cipher_create(&side->cipher, side->store, &address, context),
            "a cipher");
    sg_need(session_builder_create(&side->builder, side->store, &address, context),
            "a builder");
}

/* What the second has published. */
static void start_bundle(void)
{
    ec_key_pair *pair;
    session_pre_key *prekey;
    session_signed_pre_key *signed_prekey;

    sg_need(curve_generate_key_pair(context, &pair), "a key pair");
    sg_need(session_pre_key_create(&prekey, KEY_ID, pair), "a prekey");
    sg_need(session_pre_key_serialize(&prekey_record, prekey), "a prekey");
    sg_need(signal_protocol_key_helper_generate_signed_pre_key(
                &signed_prekey, sides[1].identity, KEY_ID, 0, context),
            "a signed prekey");
    sg_need(session_signed_pre_key_serialize(&signed_prekey_record, signed_prekey),
            "a signed prekey");
    sg_need(
        session_pre_key_bundle_create(
            &bundle, 1, 1, KEY_ID, ec_key_pair_get_public(pair), KEY_ID,
            ec_key_pair_get_public(session_signed_pre_key_get_key_pair(signed_prekey)),
            session_signed_pre_key_get_signature(signed_prekey),
            session_signed_pre_key_get_signature_len(signed_prekey),
            ratchet_identity_key_pair_get_public(sides[1].identity)),
        "a bundle");
}

static size_t seal(int side, size_t slot)
{
    static const uint8_t text[PARTY_TEXT_LEN];

    SIGNAL_UNREF(messages[slot]);
    sg_need(
        session_cipher_encrypt(sides[side].cipher, text, sizeof(text), &messages[slot]),
        "session_cipher_encrypt");
    return signal_buffer_len(ciphertext_message_get_serialized(messages[slot]));
}

static int decrypt(int side, const uint8_t *bytes, size_t len)
{
    signal_message *message = NULL;
    signal_buffer *plain = NULL;

    sg_need(signal_message_deserialize(&message, bytes, len, context), "a message");
    int result = session_cipher_decrypt_signal_message(sides[!side].cipher, message,
                                                       NULL, &plain);
    SIGNAL_UNREF(message);
    if (result >= 0) {
        party_need(signal_buffer_len(plain) == PARTY_TEXT_LEN, "the text");
    }
    signal_buffer_free(plain);
    return result;
}

static void open_first(int side, const uint8_t *bytes, size_t len)
{
    pre_key_signal_message *message = NULL;
    signal_buffer *plain = NULL;

    sg_need(pre_key_signal_message_deserialize(&message, bytes, len, context),
            "a message");
    sg_need(session_cipher_decrypt_pre_key_signal_message(sides[!side].cipher, message,
                                                          NULL, &plain),
            "a first message");
    SIGNAL_UNREF(message);
    signal_buffer_free(plain);
}

static void open_one(int side, size_t slot)
{
    const signal_buffer *bytes = ciphertext_message_get_serialized(messages[slot]);
    const uint8_t *data = signal_buffer_const_data(bytes);

    if (ciphertext_message_get_type(messages[slot]) == CIPHERTEXT_PREKEY_TYPE) {
        open_first(side, data, signal_buffer_len(bytes));
    } else {
        sg_need(decrypt(side, data, signal_buffer_len(bytes)), "decrypting");
    }
}

static void meet(void)
{
    for (int i = 0; i < 2; i++) {
        signal_buffer_bzero_free(sides[i].record);
        sides[i].record = NULL;
    }
    sg_need(session_builder_process_pre_key_bundle(sides[0].builder, bundle),
            "a bundle");
    (void)seal(0, 0);
    open_one(0, 0);
}

/* version 1, 0x0a 33 ratchet key 33, 0x10 counter, ...: the counter becomes one of 2 bytes. */
static void forge(size_t slot)
{
    const signal_buffer *bytes = ciphertext_message_get_serialized(messages[slot]);
    const uint8_t *data = signal_buffer_const_data(bytes);
    const size_t before = 1 + 2 + 33 + 1, len = signal_buffer_len(bytes);

    party_need(len < sizeof(forged) && data[before - 1] == 0x10 && data[before] < 0x80,
               "a forgery");
    memcpy(forged, data, before);
    forged[before] = 0x80 | (1990 & 0x7f);
    forged[before + 1] = 1990 >> 7;
    memcpy(forged + before + 2, data + before + 1, len - before - 1);
    forged[len] ^= 1;
    forged_len = len + 1;
}

static void refuse(int side, size_t slot)
{
    (void)slot;
    party_need(decrypt(side, forged, forged_len) == SG_ERR_INVALID_MESSAGE,
               "refusing a forgery");
}

static size_t session_bytes(void)
{
    return signal_buffer_len(sides[1].record);
}

const struct party_protocol *party_signal(void)
{
    static const struct party_protocol protocol = {
        "libsignal-c", PARTY_SLOTS, meet, seal, open_one, forge, refuse, session_bytes};

    sg_need(signal_context_create(&context, NULL), "a context");
    sg_need(signal_context_set_crypto_provider(context, party_signal_provider()),
            "the provider");
    for (int i = 0; i < 2; i++) {
        start_side(&sides[i]);
    }
    start_bundle();
    return &protocol;
}

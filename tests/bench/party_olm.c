/*
 * libolm as a protocol of party.h.
 */
#include <olm/olm.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/party_peers.h"

#define MESSAGE_MAX 1024
#define ROOM        65536

struct message {
    size_t type;
    size_t len;
    char text[MESSAGE_MAX];
};

static struct message messages[PARTY_SLOTS];
static OlmAccount *accounts[2];
static OlmSession *sessions[2];
static char identity[44]; /* the second's, as olm prints it: 43 characters */
static char one_time[44];

static uint8_t *fresh(size_t len)
{
    static uint8_t bytes[ROOM];

    party_need(len <= sizeof(bytes) && RAND_bytes(bytes, (int)len) == 1,
               "random bytes");
    return bytes;
}

static void olm_need(size_t result, const char *what)
{
    party_need(result != olm_error(), what);
}

/* The first base64 key behind @name in the JSON that olm gives. */
static void find_key(const char *json, const char *name, char ret_key[44])
{
    const char *at = strstr(json, name);

    party_need(at != NULL, "a key of olm's");
    at += strlen(name);
    memcpy(ret_key, at, 43);
    ret_key[43] = '\0';
}

static void start(void)
{
    static _Alignas(16) uint8_t room[4][ROOM];
    char json[ROOM] = {0};

    party_need(olm_account_size() <= ROOM && olm_session_size() <= ROOM, "olm's sizes");
    for (int i = 0; i < 2; i++) {
        accounts[i] = olm_account(room[i]);
        olm_need(olm_create_account(
                     accounts[i], fresh(olm_create_account_random_length(accounts[i])),
                     olm_create_account_random_length(accounts[i])),
                 "olm_create_account");
        sessions[i] = olm_session(room[2 + i]);
    }
    olm_need(olm_account_identity_keys(accounts[1], json, sizeof(json)),
             "identity keys");
    find_key(json, "\"curve25519\":\"", identity);
    size_t len = olm_account_generate_one_time_keys_random_length(accounts[1], 1);
    olm_need(olm_account_generate_one_time_keys(accounts[1], 1, fresh(len), len),
             "one-time keys");
    memset(json, 0, sizeof(json));
    olm_need(olm_account_one_time_keys(accounts[1], json, sizeof(json)),
             "one-time keys");
    find_key(json, "AAAAAQ\":\"", one_time);
}

static size_t seal(int side, size_t slot)
{
    static const uint8_t text[PARTY_TEXT_LEN];
    struct message *message = &messages[slot];
    OlmSession *session = sessions[side];
    size_t len = olm_encrypt_random_length(session);

    message->type = olm_encrypt_message_type(session);
    message->len = olm_encrypt(session, text, sizeof(text), len > 0 ? fresh(len) : NULL,
                               len, message->text, sizeof(message->text));
    olm_need(message->len, "olm_encrypt");
    return message->len;
}

/* Opening destroys the message that it is given. */
static size_t decrypt(int side, size_t slot)
{
    char copy[MESSAGE_MAX];
    uint8_t text[MESSAGE_MAX];
    struct message *message = &messages[slot];

    memcpy(copy, message->text, message->len);
    return olm_decrypt(sessions[!side], message->type, copy, message->len, text,
                       sizeof(text));
}

static void open_one(int side, size_t slot)
{
    party_need(decrypt(side, slot) == PARTY_TEXT_LEN, "olm_decrypt");
}

static void meet(void)
{
    char copy[MESSAGE_MAX];
    size_t len;

    for (int i = 0; i < 2; i++) {
        (void)olm_clear_session(sessions[i]);
        sessions[i] = olm_session(sessions[i]);
    }
    len = olm_create_outbound_session_random_length(sessions[0]);
    olm_need(olm_create_outbound_session(sessions[0], accounts[0], identity, 43,
                                         one_time, 43, fresh(len), len),
             "an outbound session");
    (void)seal(0, 0);
    memcpy(copy, messages[0].text, messages[0].len);
    olm_need(
        olm_create_inbound_session(sessions[1], accounts[1], copy, messages[0].len),
        "an inbound session");
    open_one(0, 0);
}

/* version 1, 0x0a 32 ratchet key 32, 0x10 index, ...: the index becomes one of 2 bytes. */
static void forge(size_t slot)
{
    uint8_t bytes[MESSAGE_MAX], changed[MESSAGE_MAX];
    struct message *message = &messages[slot];
    const size_t before = 1 + 2 + 32 + 1;
    size_t padded = message->len;
    char text[MESSAGE_MAX];

    memcpy(text, message->text, message->len);
    while (padded % 4 != 0) {
        text[padded++] = '=';
    }
    int len = EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)padded);
    party_need(len > 0 && bytes[before - 1] == 0x10 && bytes[before] < 0x80,
               "a forgery");
    size_t left = (size_t)len - (padded - message->len);
    memcpy(changed, bytes, before);
    changed[before] = 0x80 | (1990 & 0x7f);
    changed[before + 1] = 1990 >> 7;
    memcpy(changed + before + 2, bytes + before + 1, left - before - 1);
    changed[left] ^= 1;
    len = EVP_EncodeBlock((uint8_t *)text, changed, (int)left + 1);
    message->len = (size_t)len - (size_t)((3 - (left + 1) % 3) % 3);
    memcpy(message->text, text, message->len);
}

static void refuse(int side, size_t slot)
{
    party_need(decrypt(side, slot) == olm_error() &&
                   olm_session_last_error_code(sessions[!side]) == OLM_BAD_MESSAGE_MAC,
               "refusing a forgery");
}

static size_t session_bytes(void)
{
    return olm_pickle_session_length(sessions[1]);
}

const struct party_protocol *party_olm(void)
{
    static const struct party_protocol protocol = {
        "libolm", 40, meet, seal, open_one, forge, refuse, session_bytes};

    start();
    return &protocol;
}

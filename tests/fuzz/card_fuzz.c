/*
 * Contact cards.  An input that begins with a zero byte stands for what follows the
 * devices of a card whose signature is right, since no fuzzer finds a signature; one that
 * begins with 2 for what follows its signed prekey.
 */
#include <string.h>

#include "crypto/card.h"

static struct vc_card known;
/* Up to the devices, up to the prekey. */
static uint8_t head[2][VC_CARD_ENCODED_MAX];
static size_t head_len[2];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_secret32 seeds[4] = {{{1}}, {{2}}, {{3}}, {{4}}};
    struct vc_account account;
    struct vc_device device;
    struct vc_writer w = vc_writer(head[0], sizeof(head[0]));

    (void)argc;
    (void)argv;
    if (vc_crypto_init() != VC_OK) {
        return 1;
    }
    vc_account_init(&account, &seeds[0], &seeds[1]);
    vc_device_init(&device, &account, 0, 0, &seeds[2], &seeds[3]);
    known.root = account.root;
    known.record = account.record;
    known.contacts = account.contacts;
    known.devices[0] = device.certificate;
    known.device_count = 1;
    VC_CHECK(vc_card_write(&w, &known) == VC_OK);
    head_len[0] =
        vc_writer_bytes(&w).len - 2; /* without the counts of addresses and letters */
    known.prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC, .id = 1};
    vc_prekey_sign(&known.prekey, &account.root, &device.sig_secret);
    known.has_prekey = true;
    w = vc_writer(head[1], sizeof(head[1]));
    VC_CHECK(vc_card_write(&w, &known) == VC_OK);
    head_len[1] = vc_writer_bytes(&w).len;
    return 0;
}

static struct vc_bytes write(uint8_t room[VC_CARD_ENCODED_MAX],
                             const struct vc_card *card)
{
    struct vc_writer w = vc_writer(room, VC_CARD_ENCODED_MAX);

    VC_CHECK(vc_card_write(&w, card) == VC_OK);
    return vc_writer_bytes(&w);
}

static void try_card(struct vc_bytes bytes)
{
    struct vc_card card, again, bare;
    uint8_t rooms[2][VC_CARD_ENCODED_MAX];

    if (vc_card_read(bytes, &card) != VC_OK) {
        return;
    }
    /* All but the extensions, which come last, is as it was. */
    bare = card;
    bare.has_prekey = false;
    bare.one_time_count = bare.live.count = 0;
    struct vc_bytes written = write(rooms[0], &bare);
    VC_CHECK(written.len <= bytes.len);
    VC_CHECK(memcmp(written.data, bytes.data, written.len) == 0);
    /* Of the extensions those that are known, in one form. */
    written = write(rooms[0], &card);
    VC_CHECK(written.len <= bytes.len);
    VC_CHECK(vc_card_read(written, &again) == VC_OK);
    struct vc_bytes twice = write(rooms[1], &again);
    VC_CHECK(twice.len == written.len);
    VC_CHECK(memcmp(twice.data, written.data, written.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[VC_CARD_ENCODED_MAX + 1];
    size_t which = size > 0 && data[0] == 2;

    if (size > 0 && (data[0] == 0 || data[0] == 2) &&
        size - 1 <= sizeof(bytes) - head_len[which]) {
        memcpy(bytes, head[which], head_len[which]);
        memcpy(&bytes[head_len[which]], data + 1, size - 1);
        try_card((struct vc_bytes){bytes, head_len[which] + size - 1});
    } else {
        try_card((struct vc_bytes){data, size});
    }
    return 0;
}

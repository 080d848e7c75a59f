/*
 * Contact cards.  An input that begins with a zero byte stands for what follows the
 * devices of a card whose signature is right, since no fuzzer finds a signature.
 */
#include <string.h>

#include "crypto/card.h"

static struct vc_card known;
static uint8_t head[VC_CARD_ENCODED_MAX];
static size_t head_len;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_secret32 seeds[4] = {{{1}}, {{2}}, {{3}}, {{4}}};
    struct vc_account account;
    struct vc_device device;
    struct vc_writer w = vc_writer(head, sizeof(head));

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
    head_len =
        vc_writer_bytes(&w).len - 2; /* without the counts of addresses and letters */
    return 0;
}

static void try_card(struct vc_bytes bytes)
{
    struct vc_card card;
    struct vc_card again;
    uint8_t room[VC_CARD_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    if (vc_card_read(bytes, &card) != VC_OK) {
        return;
    }
    VC_CHECK(vc_card_write(&w, &card) == VC_OK);
    struct vc_bytes written = vc_writer_bytes(&w);
    VC_CHECK(written.len <= bytes.len);
    VC_CHECK(vc_card_read(written, &again) == VC_OK);
    VC_CHECK(again.live.count == card.live.count);
    /* All but the extensions, which come last, is as it was. */
    w = vc_writer(room, sizeof(room));
    card.live.count = 0;
    VC_CHECK(vc_card_write(&w, &card) == VC_OK);
    written = vc_writer_bytes(&w);
    VC_CHECK(memcmp(written.data, bytes.data, written.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[VC_CARD_ENCODED_MAX + 1];

    if (size > 0 && data[0] == 0 && size - 1 <= sizeof(bytes) - head_len) {
        memcpy(bytes, head, head_len);
        memcpy(&bytes[head_len], data + 1, size - 1);
        try_card((struct vc_bytes){bytes, head_len + size - 1});
    } else {
        try_card((struct vc_bytes){data, size});
    }
    return 0;
}

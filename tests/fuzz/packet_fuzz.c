/*
 * Data packets.  An input is the highest number that the receiver has seen (8 bytes), then
 * a raw datagram, whose first 4 bytes also say by how much the number of a good packet is
 * ahead or behind.  What is refused leaves the window as it was.
 */
#include <string.h>

#include "crypto/packet.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vc_packet_key key = {{{1}}, {{2}}};
static const struct vc_cid cid = {{3}};

static void try_raw(struct vc_replay replay, struct vc_bytes datagram)
{
    struct vc_replay before = replay;
    uint8_t plain[VC_PACKET_MAX];
    size_t plain_len;
    uint64_t number;

    if (!vc_packet_open(&key, &replay, datagram, plain, &plain_len, &number)) {
        VC_CHECK(memcmp(&before, &replay, sizeof(before)) == 0);
    }
}

/* A good packet opens if and only if its number is new and near enough. */
static void try_good(struct vc_replay replay, uint64_t number, struct vc_bytes plain)
{
    static uint8_t room[VC_PACKET_MAX], opened[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    bool is_new = vc_replay_is_new(&replay, number);
    size_t opened_len;
    uint64_t found;

    if (number >> 63 != 0) {
        return;
    }
    if (vc_packet_seal(&key, &cid, number, plain, &w) != VC_OK) {
        VC_CHECK(plain.len > VC_PACKET_MAX - VC_PACKET_OVERHEAD);
        return;
    }
    VC_CHECK(vc_packet_open(&key, &replay, vc_writer_bytes(&w), opened, &opened_len,
                            &found) == is_new);
    if (is_new) {
        VC_CHECK(found == number && opened_len == plain.len);
        VC_CHECK(plain.len == 0 || memcmp(opened, plain.data, plain.len) == 0);
        VC_CHECK(!vc_packet_open(&key, &replay, vc_writer_bytes(&w), opened,
                                 &opened_len, &found));
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_replay replay = {0};
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    uint64_t highest = vc_read_u64(&r) >> 2;
    uint32_t offset;
    struct vc_bytes rest;

    if (highest > 0) {
        vc_replay_mark(&replay, highest - 1);
    }
    rest = vc_read_rest(&r);
    try_raw(replay, rest);
    r = vc_reader(rest);
    offset = vc_read_u32(&r);
    if (offset < (uint32_t)1 << 31) {
        try_good(replay, highest + offset, rest);
    } else if (highest >= UINT32_MAX - offset) {
        try_good(replay, highest - (UINT32_MAX - offset), rest);
    }
    return 0;
}

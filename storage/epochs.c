/* SCHEMA.md, "Epochs". */
#include "storage/epochs.h"

#include <string.h>

#include "crypto/base/cursor.h"
#include "storage/secret.h"

#define VERSION    1
#define HEAD_BYTES 13

static const uint8_t magic[8] = {'v', 'e', 'c', 'h', 'e', 'p', 'o', 'c'};

static void write_head(struct vc_writer *w, uint32_t number)
{
    vc_write_bytes(w, VC_BYTES(magic));
    vc_write_u8(w, VERSION);
    vc_write_u32(w, number);
}

void vc_epoch_slot_encode(const struct vc_epoch_slot *slot,
                          uint8_t ret_bytes[VC_SLOT_BYTES])
{
    struct vc_writer w = vc_writer(ret_bytes, VC_SLOT_BYTES);

    memset(ret_bytes, 0, VC_SLOT_BYTES);
    write_head(&w, slot->number);
    vc_write_bytes(&w, VC_BYTES(slot->body));
    VC_CHECK(!w.is_failed);
}

vc_err vc_epoch_slot_decode(struct vc_bytes bytes, struct vc_epoch_slot *ret_slot)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_epoch_slot slot;
    struct vc_bytes rest;

    if (bytes.len != VC_SLOT_BYTES ||
        !vc_equal(vc_read_bytes(&r, sizeof magic).data, magic, sizeof magic) ||
        vc_read_u8(&r) != VERSION) {
        return VC_ERR_MALFORMED;
    }
    slot.number = vc_read_u32(&r);
    vc_read_copy(&r, slot.body, sizeof slot.body);
    rest = vc_read_rest(&r);
    if (vc_reader_end(&r) != VC_OK || slot.number == 0 ||
        !vc_is_zero(rest.data, rest.len)) {
        return VC_ERR_MALFORMED;
    }
    *ret_slot = slot;
    return VC_OK;
}

static bool open_slot(const struct vc_epoch_slot *slot, const struct vc_keyring *ring,
                      struct vc_epoch_key *ret_key)
{
    uint8_t head[HEAD_BYTES];
    struct vc_writer w = vc_writer(head, sizeof head);
    struct vc_bytes part = VC_BYTES(head);
    struct vc_siv_ad ad = {&part, 1};
    struct vc_secret32 seed;
    bool is_right;

    write_head(&w, slot->number);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    is_right =
        vc_siv_open(seed.b, VC_SIV_TAG_LEN, &ring->slots, &ad, VC_BYTES(slot->body));
    if (is_right) {
        vc_epoch_key_make(ret_key, slot->number, &seed);
    }
    vc_wipe(&seed, sizeof seed);
    return is_right;
}

/* Draws an epoch's seed: its key, and the slot to write. */
static vc_err draw(uint32_t number, const struct vc_keyring *ring,
                   struct vc_epoch_key *ret_key, uint8_t ret_bytes[VC_SLOT_BYTES])
{
    struct vc_epoch_slot slot = {.number = number};
    uint8_t head[HEAD_BYTES];
    struct vc_writer w = vc_writer(head, sizeof head);
    struct vc_bytes part = VC_BYTES(head);
    struct vc_siv_ad ad = {&part, 1};
    struct vc_secret32 seed;
    vc_err err = vc_secret_draw(seed.b, sizeof seed.b);

    if (err == VC_OK) {
        write_head(&w, number);
        VC_CHECK(vc_writer_end(&w) == VC_OK);
        vc_siv_seal(slot.body, VC_SIV_TAG_LEN, &ring->slots, &ad, VC_BYTES(seed.b));
        vc_epoch_slot_encode(&slot, ret_bytes);
        vc_epoch_key_make(ret_key, number, &seed);
    }
    vc_wipe(&seed, sizeof seed);
    vc_wipe(&slot, sizeof slot);
    return err;
}

vc_err vc_epochs_make(int dir_fd, struct vc_keyring *ring)
{
    const struct vc_epoch_key none = {.number = 0};
    struct vc_epoch_key first;
    struct vc_slots slots;
    vc_err err = vc_secret_draw(slots.bytes[0], VC_SLOT_BYTES);

    if (err == VC_OK) {
        err = draw(1, ring, &first, slots.bytes[1]);
    }
    if (err == VC_OK) {
        err = vc_slots_make(dir_fd, VC_EPOCH_FILE, &slots);
    }
    if (err == VC_OK) {
        vc_keyring_set(ring, &first, &none);
    }
    vc_wipe(&first, sizeof first);
    vc_wipe(&slots, sizeof slots);
    return err;
}

vc_err vc_epochs_load(int dir_fd, struct vc_keyring *ring)
{
    struct vc_epoch_key keys[VC_SLOTS] = {{.number = 0}, {.number = 0}};
    struct vc_slots slots;
    vc_err err = vc_slots_read(dir_fd, VC_EPOCH_FILE, &slots);

    if (err != VC_OK) {
        return err == VC_ERR_NOT_FOUND ? VC_ERR_STORE_KEY : err;
    }
    for (unsigned i = 0; i < VC_SLOTS; i++) {
        struct vc_epoch_slot slot;

        if (vc_epoch_slot_decode(VC_BYTES(slots.bytes[i]), &slot) == VC_OK &&
            (slot.number % VC_SLOTS != i || !open_slot(&slot, ring, &keys[i]))) {
            keys[i].number = 0; /* another data key's: as good as erased */
        }
    }
    if (keys[0].number == 0 && keys[1].number == 0) {
        err = VC_ERR_STORE_KEY;
    } else {
        unsigned newest = keys[1].number > keys[0].number ? 1 : 0;

        vc_keyring_set(ring, &keys[newest], &keys[1 - newest]);
    }
    vc_wipe(&slots, sizeof slots);
    vc_wipe(keys, sizeof keys);
    return err;
}

vc_err vc_epochs_begin(int dir_fd, struct vc_keyring *ring)
{
    uint8_t bytes[VC_SLOT_BYTES];
    struct vc_epoch_key newest;
    struct vc_epoch_key next;
    vc_err err;

    vc_keyring_newest(ring, &newest);
    err = draw(newest.number + 1, ring, &next, bytes);
    if (err == VC_OK) {
        err = vc_slots_write(dir_fd, VC_EPOCH_FILE, next.number % VC_SLOTS, bytes);
    }
    if (err == VC_OK) {
        vc_keyring_turn(ring, &next);
    }
    vc_wipe(bytes, sizeof bytes);
    vc_wipe(&newest, sizeof newest);
    vc_wipe(&next, sizeof next);
    return err;
}

vc_err vc_epochs_erase(int dir_fd, struct vc_keyring *ring)
{
    uint8_t noise[VC_SLOT_BYTES];
    struct vc_epoch_key newest;
    vc_err err = vc_secret_draw(noise, sizeof noise);

    vc_keyring_newest(ring, &newest);
    if (err == VC_OK) {
        err = vc_slots_write(dir_fd, VC_EPOCH_FILE, (newest.number + 1) % VC_SLOTS,
                             noise);
    }
    if (err == VC_OK) {
        vc_keyring_erased(ring);
    }
    vc_wipe(&newest, sizeof newest);
    return err;
}

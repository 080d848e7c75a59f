/* SCHEMA.md, "Keys". */
#include "storage/keyfile.h"

#include <string.h>
#include <unistd.h>

#include "crypto/base/cursor.h"
#include "storage/secret.h"

#define VERSION 1

/* Below this much memory the moderate cost would push other programs out. */
#define MEMORY_MODERATE ((uint64_t)1 << 30)

static const uint8_t magic[8] = {'v', 'e', 'c', 'h', 'e', 'k', 'e', 'y'};

static void write_head(struct vc_writer *w, const struct vc_key_slot *slot)
{
    vc_write_bytes(w, VC_BYTES(magic));
    vc_write_u8(w, VERSION);
    vc_write_u8(w, (uint8_t)slot->form);
    vc_write_u64(w, slot->number);
    vc_write_u32(w, slot->cost.passes);
    vc_write_u32(w, slot->cost.memory_kib);
    vc_write_bytes(w, VC_BYTES(slot->salt));
}

/* The key is no secret's: it only finds accidents. */
static void check_of(struct vc_bytes bytes, uint8_t ret_check[VC_KEY_CHECK_BYTES])
{
    vc_hash(ret_check, VC_KEY_CHECK_BYTES, "veche key slot", NULL, bytes);
}

void vc_key_slot_encode(const struct vc_key_slot *slot,
                        uint8_t ret_bytes[VC_SLOT_BYTES])
{
    struct vc_writer w = vc_writer(ret_bytes, VC_SLOT_BYTES);
    uint8_t check[VC_KEY_CHECK_BYTES];

    memset(ret_bytes, 0, VC_SLOT_BYTES);
    write_head(&w, slot);
    vc_write_bytes(&w, VC_BYTES(slot->body));
    check_of((struct vc_bytes){ret_bytes, VC_KEY_HEAD_BYTES + VC_KEY_BODY_BYTES},
             check);
    vc_write_bytes(&w, VC_BYTES(check));
    VC_CHECK(!w.is_failed);
}

static bool is_sane(const struct vc_key_slot *slot)
{
    const struct vc_argon2_cost *cost = &slot->cost;

    if (slot->number == 0) {
        return false;
    }
    if (slot->form == VC_KEY_PASSPHRASE) {
        return cost->passes >= 1 && cost->passes <= VC_ARGON2_PASSES_MAX &&
               cost->memory_kib >= 8 && cost->memory_kib <= VC_ARGON2_MEMORY_KIB_MAX;
    }
    return slot->form == VC_KEY_PLAIN && cost->passes == 0 && cost->memory_kib == 0 &&
           vc_is_zero(slot->salt, sizeof slot->salt) &&
           vc_is_zero(slot->body + 32, sizeof slot->body - 32);
}

vc_err vc_key_slot_decode(struct vc_bytes bytes, struct vc_key_slot *ret_slot)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_key_slot slot = {0};
    uint8_t check[VC_KEY_CHECK_BYTES];
    uint8_t seen[VC_KEY_CHECK_BYTES];
    struct vc_bytes rest;
    vc_err err = VC_ERR_MALFORMED;

    if (bytes.len != VC_SLOT_BYTES) {
        return VC_ERR_MALFORMED;
    }
    check_of((struct vc_bytes){bytes.data, VC_KEY_HEAD_BYTES + VC_KEY_BODY_BYTES},
             check);
    if (!vc_equal(vc_read_bytes(&r, sizeof magic).data, magic, sizeof magic) ||
        vc_read_u8(&r) != VERSION) {
        return VC_ERR_MALFORMED;
    }
    slot.form = (enum vc_key_form)vc_read_u8(&r);
    slot.number = vc_read_u64(&r);
    slot.cost.passes = vc_read_u32(&r);
    slot.cost.memory_kib = vc_read_u32(&r);
    vc_read_copy(&r, slot.salt, sizeof slot.salt);
    vc_read_copy(&r, slot.body, sizeof slot.body);
    vc_read_copy(&r, seen, sizeof seen);
    rest = vc_read_rest(&r);
    if (vc_reader_end(&r) == VC_OK && vc_equal(check, seen, sizeof check) &&
        vc_is_zero(rest.data, rest.len) && is_sane(&slot)) {
        *ret_slot = slot;
        err = VC_OK;
    }
    vc_wipe(&slot, sizeof slot);
    return err;
}

/* The key that a passphrase makes, and the head that its seal holds. */
static bool derive(const struct vc_key_slot *slot, struct vc_bytes passphrase,
                   struct vc_siv_key *ret_key, uint8_t ret_head[VC_KEY_HEAD_BYTES])
{
    struct vc_writer w = vc_writer(ret_head, VC_KEY_HEAD_BYTES);
    struct vc_secret32 derived;
    bool is_fine = vc_argon2id(&derived, passphrase, slot->salt, &slot->cost);

    write_head(&w, slot);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    if (is_fine) {
        vc_siv_key_make(ret_key, &derived);
    }
    vc_wipe(&derived, sizeof derived);
    return is_fine;
}

static vc_err open_slot(const struct vc_key_slot *slot, struct vc_bytes passphrase,
                        struct vc_secret32 *ret_key)
{
    uint8_t head[VC_KEY_HEAD_BYTES];
    struct vc_bytes part = VC_BYTES(head);
    struct vc_siv_ad ad = {&part, 1};
    struct vc_siv_key siv;
    bool is_right;

    if (slot->form == VC_KEY_PLAIN) {
        memcpy(ret_key->b, slot->body, sizeof ret_key->b);
        return VC_OK;
    }
    if (passphrase.len == 0) {
        return VC_ERR_LOCKED;
    }
    if (!derive(slot, passphrase, &siv, head)) {
        return VC_ERR_NO_MEMORY;
    }
    is_right = vc_siv_open(ret_key->b, VC_SIV_TAG_LEN, &siv, &ad, VC_BYTES(slot->body));
    vc_wipe(&siv, sizeof siv);
    return is_right ? VC_OK : VC_ERR_WRONG_PASSPHRASE;
}

static struct vc_argon2_cost cost_here(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);

    return pages > 0 && page > 0 && (uint64_t)pages * (uint64_t)page < MEMORY_MODERATE
               ? vc_argon2_interactive
               : vc_argon2_moderate;
}

/* Fills in a slot for @key; its number is the caller's. */
static vc_err wrap(struct vc_key_slot *slot, const struct vc_secret32 *key,
                   struct vc_bytes passphrase)
{
    uint8_t head[VC_KEY_HEAD_BYTES];
    struct vc_bytes part = VC_BYTES(head);
    struct vc_siv_ad ad = {&part, 1};
    struct vc_siv_key siv;
    vc_err err;

    if (passphrase.len == 0) {
        slot->form = VC_KEY_PLAIN;
        memcpy(slot->body, key->b, sizeof key->b);
        return VC_OK;
    }
    slot->form = VC_KEY_PASSPHRASE;
    slot->cost = cost_here();
    err = vc_secret_draw(slot->salt, sizeof slot->salt);
    if (err != VC_OK) {
        return err;
    }
    if (!derive(slot, passphrase, &siv, head)) {
        return VC_ERR_NO_MEMORY;
    }
    vc_siv_seal(slot->body, VC_SIV_TAG_LEN, &siv, &ad, VC_BYTES(key->b));
    vc_wipe(&siv, sizeof siv);
    return VC_OK;
}

/* What the file says: its newest slot, where it stands, and whether the other is the same. */
struct reading {
    struct vc_slots slots;
    struct vc_key_slot newest;
    unsigned place;
    bool is_settled;
};

static vc_err read_file(int dir_fd, struct reading *ret_reading)
{
    struct reading *reading = ret_reading;
    bool is_found = false;
    vc_err err = vc_slots_read(dir_fd, VC_KEY_FILE, &reading->slots);

    if (err != VC_OK) {
        return err;
    }
    for (unsigned i = 0; i < VC_SLOTS; i++) {
        struct vc_key_slot slot;

        if (vc_key_slot_decode(VC_BYTES(reading->slots.bytes[i]), &slot) == VC_OK) {
            if (!is_found || slot.number > reading->newest.number) {
                reading->newest = slot;
                reading->place = i;
            }
            is_found = true;
            vc_wipe(&slot, sizeof slot);
        }
    }
    reading->is_settled =
        memcmp(reading->slots.bytes[0], reading->slots.bytes[1], VC_SLOT_BYTES) == 0;
    return is_found ? VC_OK : VC_ERR_STORE_KEY;
}

vc_err vc_key_file_make(int dir_fd, struct vc_secret32 *ret_key)
{
    struct vc_key_slot slot = {.number = 1};
    struct vc_slots slots;
    struct vc_secret32 key;
    vc_err err = vc_secret_draw(key.b, sizeof key.b);

    if (err == VC_OK) {
        err = wrap(&slot, &key, (struct vc_bytes){0});
    }
    if (err == VC_OK) {
        vc_key_slot_encode(&slot, slots.bytes[0]);
        memcpy(slots.bytes[1], slots.bytes[0], VC_SLOT_BYTES);
        err = vc_slots_make(dir_fd, VC_KEY_FILE, &slots);
    }
    if (err == VC_OK) {
        *ret_key = key;
    }
    vc_wipe(&slot, sizeof slot);
    vc_wipe(&slots, sizeof slots);
    vc_wipe(&key, sizeof key);
    return err;
}

vc_err vc_key_file_open(int dir_fd, struct vc_bytes passphrase,
                        struct vc_secret32 *ret_key)
{
    struct reading reading;
    struct vc_secret32 key;
    vc_err err = read_file(dir_fd, &reading);

    if (err == VC_OK) {
        err = open_slot(&reading.newest, passphrase, &key);
    }
    if (err == VC_OK) {
        *ret_key = key;
    }
    vc_wipe(&reading, sizeof reading);
    vc_wipe(&key, sizeof key);
    return err;
}

vc_err vc_key_file_settle(int dir_fd)
{
    struct reading reading;
    vc_err err = read_file(dir_fd, &reading);

    if (err == VC_OK && !reading.is_settled) {
        err = vc_slots_write(dir_fd, VC_KEY_FILE, 1 - reading.place,
                             reading.slots.bytes[reading.place]);
    }
    vc_wipe(&reading, sizeof reading);
    return err;
}

/* The new form beside the old one, then over it. */
static vc_err write_both(int dir_fd, unsigned place, const struct vc_key_slot *slot)
{
    uint8_t bytes[VC_SLOT_BYTES];
    vc_err err;

    vc_key_slot_encode(slot, bytes);
    err = vc_slots_write(dir_fd, VC_KEY_FILE, 1 - place, bytes);
    if (err == VC_OK) {
        err = vc_slots_write(dir_fd, VC_KEY_FILE, place, bytes);
    }
    vc_wipe(bytes, sizeof bytes);
    return err;
}

vc_err vc_key_file_change(int dir_fd, struct vc_bytes old, struct vc_bytes fresh)
{
    struct vc_key_slot slot = {0};
    struct reading reading;
    struct vc_secret32 key;
    vc_err err = vc_key_file_settle(dir_fd);

    if (err == VC_OK) {
        err = read_file(dir_fd, &reading);
    }
    if (err == VC_OK) {
        err = open_slot(&reading.newest, old, &key);
        err = err == VC_ERR_LOCKED ? VC_ERR_EXISTS : err;
    }
    if (err == VC_OK) {
        slot.number = reading.newest.number + 1;
        err = wrap(&slot, &key, fresh);
    }
    if (err == VC_OK) {
        err = write_both(dir_fd, reading.place, &slot);
    }
    vc_wipe(&reading, sizeof reading);
    vc_wipe(&slot, sizeof slot);
    vc_wipe(&key, sizeof key);
    return err;
}

vc_err vc_key_file_form(int dir_fd, enum vc_key_form *ret_form)
{
    struct reading reading;
    vc_err err = read_file(dir_fd, &reading);

    if (err == VC_OK) {
        *ret_form = reading.newest.form;
    }
    vc_wipe(&reading, sizeof reading);
    return err;
}

/* crypto/SPEC.md, "Contact card". */
#include "crypto/card.h"

#include <string.h>

#include "crypto/base/utf8.h"
#include "crypto/extension.h"

/* The name's length; VC_NAME_MAX + 1 when it has no end. */
static size_t name_len(const char name[VC_NAME_MAX + 1])
{
    size_t len = 0;

    while (len <= VC_NAME_MAX && name[len] != '\0') {
        len++;
    }
    return len;
}

/* An empty name is allowed: then its reader has to find one. */
static bool is_name(struct vc_bytes name)
{
    return name.len == 0 || (name.len <= VC_NAME_MAX && vc_utf8_is_name(name));
}

static void write_live(struct vc_writer *w, const struct vc_live *live)
{
    uint8_t room[VC_LIVE_ENCODED_MAX];
    struct vc_writer value = vc_writer(room, sizeof(room));

    vc_live_write(&value, live);
    vc_extension_head(w, VC_CARD_STATEMENT, vc_writer_bytes(&value).len);
    vc_write_bytes(w, vc_writer_bytes(&value));
}

static void write_extensions(struct vc_writer *w, const struct vc_card *card)
{
    if (card->has_prekey) {
        vc_extension_head(w, VC_CARD_PREKEY, VC_PREKEY_LEN);
        vc_prekey_write(w, &card->prekey);
    }
    if (card->one_time_count > 0) {
        vc_extension_head(w, VC_CARD_ONE_TIMES,
                          (size_t)card->one_time_count * VC_ONE_TIME_LEN);
        vc_one_time_write(w, card->one_times, card->one_time_count);
    }
    if (card->live.count > 0) {
        write_live(w, &card->live);
    }
}

vc_err vc_card_write(struct vc_writer *w, const struct vc_card *card)
{
    struct vc_bytes name = {(const uint8_t *)card->name, name_len(card->name)};

    VC_CHECK(card->device_count >= 1 && card->device_count <= VC_CARD_DEVICES_MAX);
    VC_CHECK(card->addr_count <= VC_CARD_ADDRS_MAX);
    if (!is_name(name)) {
        return VC_ERR_BAD_NAME;
    }
    vc_write_u8(w, VC_CARD_VERSION);
    vc_write_copy(w, card->root.b, sizeof(card->root.b));
    vc_write_u8(w, card->record_generation);
    vc_write_copy(w, card->record.b, sizeof(card->record.b));
    vc_write_u8(w, card->contacts_generation);
    vc_write_copy(w, card->contacts.b, sizeof(card->contacts.b));
    vc_write_u8(w, card->device_count);
    for (size_t i = 0; i < card->device_count; i++) {
        VC_CHECK(i < 2 || card->devices[i - 1].index < card->devices[i].index);
        vc_certificate_write(w, &card->devices[i]);
    }
    vc_write_u8(w, card->addr_count);
    for (size_t i = 0; i < card->addr_count; i++) {
        VC_CHECK(vc_addr_is_usable(&card->addrs[i]));
        vc_addr_write(w, &card->addrs[i]);
    }
    vc_write_u8(w, (uint8_t)name.len);
    vc_write_bytes(w, name);
    write_extensions(w, card);
    return vc_writer_end(w);
}

static void read_devices(struct vc_reader *r, struct vc_card *card)
{
    card->device_count = vc_read_u8(r);
    if (card->device_count < 1 || card->device_count > VC_CARD_DEVICES_MAX) {
        vc_reader_fail(r);
        return;
    }
    for (size_t i = 0; i < card->device_count; i++) {
        vc_certificate_read(r, &card->devices[i]);
    }
    /* One order, and no index twice. */
    for (size_t i = 1; i < card->device_count; i++) {
        bool is_twice = card->devices[i].index == card->devices[0].index;
        bool is_behind = i > 1 && card->devices[i].index <= card->devices[i - 1].index;
        if (is_twice || is_behind) {
            vc_reader_fail(r);
        }
    }
}

static void read_addrs(struct vc_reader *r, struct vc_card *card)
{
    card->addr_count = vc_read_u8(r);
    if (card->addr_count > VC_CARD_ADDRS_MAX) {
        vc_reader_fail(r);
        return;
    }
    for (size_t i = 0; i < card->addr_count; i++) {
        card->addrs[i] = vc_addr_read(r);
        if (!vc_addr_is_usable(&card->addrs[i])) {
            vc_reader_fail(r);
        }
    }
}

static void read_name(struct vc_reader *r, struct vc_card *card)
{
    struct vc_bytes name = vc_read_bytes(r, vc_read_u8(r));

    if (!is_name(name)) {
        vc_reader_fail(r);
        return;
    }
    if (name.len > 0) {
        memcpy(card->name, name.data, name.len);
    }
}

static void read_live(struct vc_reader *r, struct vc_bytes value, struct vc_card *card)
{
    struct vc_reader inner = vc_reader(value);

    vc_live_read(&inner, &card->live);
    if (vc_reader_end(&inner) != VC_OK) {
        vc_reader_fail(r);
    }
}

/* Takes one extension; one that is not known belongs to a later version. */
static void read_extension(struct vc_reader *r, struct vc_card *card,
                           const struct vc_extension *extension)
{
    struct vc_reader inner = vc_reader(extension->bytes);
    size_t count = 0;

    if (extension->type == VC_CARD_PREKEY) {
        vc_prekey_read(&inner, &card->prekey);
        card->has_prekey = true;
        if (vc_reader_end(&inner) != VC_OK) {
            vc_reader_fail(r);
        }
    } else if (extension->type == VC_CARD_ONE_TIMES) {
        if (vc_one_time_read(&inner, card->one_times, &count) != VC_OK) {
            vc_reader_fail(r);
        }
        card->one_time_count = (uint8_t)count;
    } else if (extension->type == VC_CARD_STATEMENT) {
        read_live(r, extension->bytes, card);
    }
}

static void read_extensions(struct vc_reader *r, struct vc_card *card)
{
    struct vc_extension extension = VC_EXTENSION_NONE;

    while (vc_extension_next(r, &extension)) {
        read_extension(r, card, &extension);
    }
}

static vc_err verify_devices(const struct vc_card *card)
{
    for (size_t i = 0; i < card->device_count; i++) {
        vc_err err = vc_certificate_verify(&card->devices[i], &card->root);
        if (err != VC_OK) {
            return err;
        }
    }
    return VC_OK;
}

/* A device that the newest statement does not name has no place in a card. */
static vc_err verify_live(const struct vc_card *card)
{
    for (size_t i = 0; i < card->device_count && card->live.count > 0; i++) {
        if (!vc_live_has(&card->live, card->devices[i].index)) {
            return VC_ERR_MALFORMED;
        }
    }
    return card->live.count > 0 ? vc_live_verify(&card->live, &card->root) : VC_OK;
}

vc_err vc_card_read(struct vc_bytes bytes, struct vc_card *ret_card)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_card card = {.device_count = 0};

    if (bytes.len == 0 || bytes.len > VC_CARD_ENCODED_MAX) {
        return VC_ERR_MALFORMED;
    }
    if (vc_read_u8(&r) != VC_CARD_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    vc_read_copy(&r, card.root.b, sizeof(card.root.b));
    card.record_generation = vc_read_u8(&r);
    vc_read_copy(&r, card.record.b, sizeof(card.record.b));
    card.contacts_generation = vc_read_u8(&r);
    vc_read_copy(&r, card.contacts.b, sizeof(card.contacts.b));
    read_devices(&r, &card);
    read_addrs(&r, &card);
    read_name(&r, &card);
    read_extensions(&r, &card);
    vc_err err = vc_reader_end(&r);
    if (err == VC_OK && !vc_point_is_valid(&card.record)) {
        /* Later it is multiplied, and what is not in the group must not be. */
        err = VC_ERR_MALFORMED;
    }
    if (err == VC_OK) {
        err = verify_devices(&card);
    }
    if (err == VC_OK && card.has_prekey) {
        err = vc_prekey_verify(&card.prekey, &card.root, &card.devices[0]);
    }
    if (err == VC_OK) {
        err = verify_live(&card);
    }
    if (err == VC_OK) {
        *ret_card = card;
    }
    vc_card_wipe(&card);
    return err;
}

void vc_card_wipe(struct vc_card *card)
{
    vc_wipe(card, sizeof(*card));
}

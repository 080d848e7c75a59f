/*
 * Contact cards for tests, and what is written of them.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_CARD_CASE_H
#define VC_TESTS_UNIT_CRYPTO_CARD_CASE_H

#include <string.h>

#include "crypto/card.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

struct written {
    uint8_t bytes[VC_CARD_ENCODED_MAX + 1];
    size_t len;
};

static inline void card_of(struct vc_card *ret_card, const struct person *person)
{
    memset(ret_card, 0, sizeof(*ret_card));
    ret_card->root = person->account.root;
    ret_card->record = person->account.record;
    ret_card->record_generation = person->account.record_generation;
    ret_card->contacts = person->account.contacts;
    ret_card->contacts_generation = person->account.contacts_generation;
    ret_card->devices[0] = person->device.certificate;
    ret_card->device_count = 1;
}

static inline void add_addr(struct vc_card *card, const char *text)
{
    assert_int_equal(vc_addr_parse(text, &card->addrs[card->addr_count]), VC_OK);
    card->addr_count++;
}

static inline void add_device(struct vc_card *card, const struct person *person,
                              uint16_t index)
{
    struct vc_device device;

    person_device(&device, &person->account, 7, index);
    card->devices[card->device_count++] = device.certificate;
}

static inline void write(struct written *ret_written, const struct vc_card *card)
{
    struct vc_writer w = vc_writer(ret_written->bytes, VC_CARD_ENCODED_MAX);

    assert_int_equal(vc_card_write(&w, card), VC_OK);
    ret_written->len = vc_writer_bytes(&w).len;
}

static inline vc_err read(const struct written *written, struct vc_card *ret_card)
{
    return vc_card_read((struct vc_bytes){written->bytes, written->len}, ret_card);
}

/* A card with one device, two addresses and the name "Alice". */
static inline void simple_card(struct vc_card *ret_card, struct person *ret_person)
{
    person_init(ret_person, 7);
    card_of(ret_card, ret_person);
    add_addr(ret_card, "192.0.2.1:5000");
    add_addr(ret_card, "[2001:db8::1]:5000");
    memcpy(ret_card->name, "Alice", 6);
}

/* A prekey of @device, which is one of @person's. */
static inline void add_prekey(struct vc_card *card, const struct person *person,
                              const struct vc_device *device)
{
    card->prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC,
                                      .index = device->certificate.index,
                                      .id = 0x01020304,
                                      .key = {{5}},
                                      .from = PERSON_FROM_S,
                                      .until = PERSON_FROM_S + VC_PREKEY_USE_S};
    vc_prekey_sign(&card->prekey, &person->account.root, &device->sig_secret);
    card->has_prekey = true;
}

static inline void add_one_times(struct vc_card *card, uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        card->one_times[i].id = 0x100u * i + 7;
        memset(&card->one_times[i].key, i, sizeof(card->one_times[i].key));
    }
    card->one_time_count = count;
}

/* The first @count of the indices 0, 2, 4 ..., which include all devices of the card. */
static inline void add_live(struct vc_card *card, struct person *person, uint8_t count)
{
    static const uint16_t indices[VC_LIVE_INDICES_MAX] = {0, 2, 4, 6, 8, 10, 12, 14};

    vc_account_sign_live(&person->account, indices, count, PERSON_FROM_S);
    card->live = person->account.live;
}

/* Puts an extension behind the card. */
static inline void extend(struct written *written, uint16_t type, uint16_t len)
{
    struct vc_writer w =
        vc_writer(&written->bytes[written->len], sizeof(written->bytes) - written->len);

    vc_write_u16(&w, type);
    vc_write_u16(&w, len);
    for (uint16_t i = 0; i < len; i++) {
        vc_write_u8(&w, 0xee);
    }
    assert_int_equal(vc_writer_end(&w), VC_OK);
    written->len += vc_writer_bytes(&w).len;
}

#endif

/* The table as bytes for the disk, and what they are good for the next time. */
#include <string.h>

#include "dht/machine.h"

#define VERSION 1

void vc_dht_remember(struct vc_dht *dht, const struct vc_dht_contact *contact)
{
    if (dht->cfg.recent_max > 0) {
        dht->recent[dht->recent_next] = *contact;
        dht->recent_next = (dht->recent_next + 1) % dht->cfg.recent_max;
    }
}

size_t vc_dht_save(const struct vc_dht *dht, uint8_t *ret_bytes, size_t room)
{
    struct vc_writer w = vc_writer(ret_bytes, room);
    struct vc_dht_contact contacts[VC_DHT_SAVE_NODES];

    vc_write_u8(&w, VERSION);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        size_t count = 0;

        if (dht->families[i].is_on) {
            count = vc_dht_table_oldest(&dht->families[i].table, contacts,
                                        VC_DHT_SAVE_NODES);
        }
        for (size_t n = 0; n < count && vc_writer_left(&w) >= VC_DHT_CONTACT_LEN_IPV6;
             n++) {
            vc_dht_contact_write(&w, &contacts[n]);
        }
    }
    for (uint32_t i = 0; i < dht->cfg.recent_max; i++) {
        if (dht->recent[i].addr.family != 0 &&
            vc_writer_left(&w) >= VC_DHT_CONTACT_LEN_IPV6) {
            vc_dht_contact_write(&w, &dht->recent[i]);
        }
    }
    return vc_writer_bytes(&w).len;
}

vc_err vc_dht_restore(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_dht_contact contact;
    unsigned count = 0;

    if (vc_read_u8(&r) != VERSION) {
        return VC_ERR_MALFORMED;
    }
    while (vc_reader_left(&r) > 0 && !r.is_failed) {
        vc_dht_contact_read(&r, &contact);
    }
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    r = vc_reader(bytes);
    (void)vc_read_u8(&r);
    while (vc_reader_left(&r) > 0) {
        vc_dht_contact_read(&r, &contact);
        if (!vc_dht_is_place_for_node(dht, &contact.addr)) {
            continue;
        }
        vc_dht_table_restore(&vc_dht_family_at(dht, &contact.addr)->table, now->mono,
                             &contact);
        if (count++ < VC_DHT_FIRST_ASKED) {
            struct vc_dht_door *door =
                vc_dht_door_put(dht, now, &contact.addr, &contact.key);

            if (door != NULL) {
                door->is_saved = true;
            }
        }
    }
    return VC_OK;
}

/* The table as bytes for the disk, and what they are good for the next time. */
#include <string.h>

#include "dht/machine.h"

#define VERSION 2

void vc_dht_remember(struct vc_dht *dht, const struct vc_dht_contact *contact)
{
    if (dht->cfg.recent_max > 0) {
        dht->recent[dht->recent_next] = *contact;
        dht->recent_next = (dht->recent_next + 1) % dht->cfg.recent_max;
    }
}

/* ---- writing ---- */

/* The key under which we are known, and where; nothing while nobody has said where we are. */
static void write_key(struct vc_writer *w, const struct vc_dht *dht,
                      const struct vc_now *now)
{
    struct vc_dht_earlier key;
    uint8_t count = 0;

    vc_dht_key_save(dht, now, &key);
    for (unsigned i = 0; i < VC_DHT_FAMILIES; i++) {
        count = (uint8_t)(count + (key.homes[i].addr.family != 0));
    }
    vc_write_u8(w, count);
    if (count > 0) {
        vc_write_copy(w, key.secret.b, sizeof key.secret.b);
    }
    for (unsigned i = 0; i < VC_DHT_FAMILIES; i++) {
        if (key.homes[i].addr.family != 0) {
            vc_addr_write(w, &key.homes[i].addr);
            vc_write_u32(w, key.homes[i].up_ms);
        }
    }
    vc_wipe(&key, sizeof key);
}

size_t vc_dht_save(const struct vc_dht *dht, const struct vc_now *now,
                   uint8_t *ret_bytes, size_t room)
{
    struct vc_writer w = vc_writer(ret_bytes, room);
    struct vc_dht_contact contacts[VC_DHT_SAVE_NODES];

    if (room < VC_DHT_SAVED_MIN) {
        return 0;
    }
    vc_write_u8(&w, VERSION);
    vc_write_u64(&w, now->unix_ms);
    write_key(&w, dht, now);
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

/* ---- reading ---- */

/* What stands before the contacts. */
struct head {
    vc_ms saved_at; /* Unix */
    bool has_key;
    struct vc_dht_earlier key;
};

static void read_head(struct vc_reader *r, struct head *ret_head)
{
    uint8_t count;

    memset(ret_head, 0, sizeof *ret_head);
    if (vc_read_u8(r) != VERSION) {
        vc_reader_fail(r);
    }
    ret_head->saved_at = vc_read_u64(r);
    count = vc_read_u8(r);
    ret_head->has_key = count > 0;
    if (count > VC_DHT_FAMILIES) {
        vc_reader_fail(r);
    }
    if (count > 0) {
        vc_read_copy(r, ret_head->key.secret.b, sizeof ret_head->key.secret.b);
    }
    for (uint8_t i = 0; i < count && !r->is_failed; i++) {
        struct vc_addr addr = vc_addr_read(r);
        struct vc_dht_home *home = &ret_head->key.homes[vc_dht_family_of(&addr)];

        *home = (struct vc_dht_home){.addr = addr, .up_ms = vc_read_u32(r)};
        if (home->up_ms > VC_DHT_UPTIME_MS) {
            vc_reader_fail(r);
        }
    }
}

static bool is_well_formed(struct vc_reader r)
{
    struct vc_dht_contact contact;

    while (vc_reader_left(&r) > 0 && !r.is_failed) {
        vc_dht_contact_read(&r, &contact);
    }
    return vc_reader_end(&r) == VC_OK;
}

static void restore_node(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_dht_contact *contact, bool is_fresh,
                         bool is_door)
{
    struct vc_dht_door *door = NULL;

    vc_dht_table_restore(&vc_dht_family_at(dht, &contact->addr)->table, now->mono,
                         contact, is_fresh);
    if (is_door) {
        door = vc_dht_door_put(dht, now, &contact->addr, &contact->key);
    }
    if (door != NULL) {
        door->is_saved = true;
    }
}

/* We were away for minutes only: the table is what it was, and there is no hurry to look who has
 * come meanwhile. */
static void go_on(struct vc_dht *dht, const struct vc_now *now)
{
    dht->is_resumed = true;
    dht->afar_at = now->mono + vc_rng_below(&dht->rng, VC_DHT_AFAR_SPREAD_MS);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        if (vc_dht_knows_somebody_in(dht, i)) {
            vc_dht_learn_size(family);
            family->own_walk_at =
                now->mono + vc_rng_below(&dht->rng, VC_DHT_WALK_SPREAD_MS);
        }
    }
}

vc_err vc_dht_restore(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct head head;
    unsigned count = 0, doors;
    bool is_good, is_fresh;

    read_head(&r, &head);
    is_good = !r.is_failed && is_well_formed(r);
    is_fresh = is_good && head.has_key && now->unix_ms >= head.saved_at &&
               now->unix_ms - head.saved_at <= VC_DHT_SAVED_FRESH_MS;
    if (is_good && head.has_key) {
        vc_dht_key_expect(dht, now, &head.key);
    }
    vc_wipe(&head, sizeof head);
    doors = is_fresh ? VC_DHT_FIRST_ASKED_FRESH : VC_DHT_FIRST_ASKED;
    while (is_good && vc_reader_left(&r) > 0) {
        struct vc_dht_contact contact;

        vc_dht_contact_read(&r, &contact);
        if (vc_dht_is_place_for_node(dht, &contact.addr)) {
            restore_node(dht, now, &contact, is_fresh, count < doors);
            count++;
        }
    }
    if (is_fresh) {
        go_on(dht, now);
    }
    if (count > 0) {
        dht->door_wait_at = now->mono + VC_DHT_SAVED_FIRST_MS;
    }
    return is_good ? VC_OK : VC_ERR_MALFORMED;
}

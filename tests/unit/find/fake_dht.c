#include "tests/unit/find/fake_dht.h"

#include <string.h>

struct vc_dht *fake_dht_as_dht(struct fake_dht *fake)
{
    return (struct vc_dht *)(void *)fake;
}

static struct fake_dht *fake_of(struct vc_dht *dht)
{
    return (struct fake_dht *)(void *)dht;
}

static const struct fake_dht *look(const struct vc_dht *dht)
{
    return (const struct fake_dht *)(const void *)dht;
}

void vc_dht_enter(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_addr *addr, const struct vc_key32 *key)
{
    struct fake_dht *fake = fake_of(dht);

    (void)now;
    (void)key;
    if (fake->door_count < FAKE_DHT_MAX) {
        fake->doors[fake->door_count++] = *addr;
    }
}

size_t vc_dht_save(const struct vc_dht *dht, const struct vc_now *now,
                   uint8_t *ret_bytes, size_t room)
{
    (void)now;
    (void)room;
    memcpy(ret_bytes, look(dht)->table, look(dht)->table_len);
    return look(dht)->table_len;
}

vc_err vc_dht_restore(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes)
{
    struct fake_dht *fake = fake_of(dht);

    (void)now;
    if (bytes.len > sizeof fake->restored || bytes.len == 0 || bytes.data[0] != 1) {
        return VC_ERR_MALFORMED;
    }
    memcpy(fake->restored, bytes.data, bytes.len);
    fake->restored_len = bytes.len;
    return VC_OK;
}

void vc_dht_moved(struct vc_dht *dht, const struct vc_now *now)
{
    struct fake_dht *fake = fake_of(dht);

    (void)now;
    fake->moves++;
    fake->is_joined = false;
    fake->seen.family = 0;
    fake->key.b[0]++;
}

vc_err vc_dht_get(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_hash32 *place, uint32_t *ret_ask)
{
    struct fake_dht *fake = fake_of(dht);

    (void)now;
    if (fake->is_full || fake->get_count == FAKE_DHT_MAX) {
        return VC_ERR_FULL;
    }
    fake->gets[fake->get_count++] =
        (struct fake_get){.ask = ++fake->next_ask, .place = *place};
    *ret_ask = fake->next_ask;
    return VC_OK;
}

void vc_dht_cancel(struct vc_dht *dht, uint32_t ask)
{
    struct fake_dht *fake = fake_of(dht);

    for (size_t i = 0; i < fake->get_count; i++) {
        fake->gets[i].is_cancelled |= fake->gets[i].ask == ask;
    }
}

vc_err vc_dht_publish(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes, uint32_t *ret_ask)
{
    struct fake_dht *fake = fake_of(dht);
    struct vc_dht_record record;
    struct fake_put *put = &fake->puts[fake->put_count];

    (void)now;
    if (fake->is_full || fake->put_count == FAKE_DHT_MAX) {
        return VC_ERR_FULL;
    }
    if (vc_dht_record_read(bytes, &record) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    fake->put_count++;
    memset(put, 0, sizeof *put);
    put->ask = ++fake->next_ask;
    put->seq = record.seq;
    memcpy(put->bytes, bytes.data, bytes.len);
    vc_dht_record_place(&put->place, &record);
    *ret_ask = put->ask;
    return VC_OK;
}

void vc_dht_withdraw(struct vc_dht *dht, const struct vc_hash32 *place)
{
    struct fake_dht *fake = fake_of(dht);

    for (size_t i = 0; i < fake->put_count; i++) {
        fake->puts[i].is_withdrawn |=
            memcmp(fake->puts[i].place.b, place->b, sizeof place->b) == 0;
    }
}

void vc_dht_status(const struct vc_dht *dht, const struct vc_now *now,
                   struct vc_dht_status *ret_status)
{
    (void)now;
    *ret_status = (struct vc_dht_status){.is_joined = look(dht)->is_joined,
                                         .seen = look(dht)->seen,
                                         .network_size = look(dht)->network_size,
                                         .is_key_settled = !look(dht)->is_key_open,
                                         .key = look(dht)->key};
}

bool vc_dht_time(const struct vc_dht *dht, const struct vc_now *now, vc_ms *ret_unix_ms)
{
    (void)now;
    if (look(dht)->time == 0) {
        return false;
    }
    *ret_unix_ms = look(dht)->time;
    return true;
}

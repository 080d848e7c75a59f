/* What gets have found, and whether that is the last word. */
#include <string.h>

#include "dht/machine.h"

struct vc_room vc_dht_value_of(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    size_t index = (size_t)((const uint8_t *)ask - dht->asks) / dht->ask_size;

    return (struct vc_room){dht->values + index * VC_DHT_RECORD_LEN, VC_DHT_RECORD_LEN};
}

/*
 * Who is farther may have held a record since before others came nearer, and its owner asks him no
 * more: of what he gives one in ten is not the latest, of what those near give one in five hundred.
 */
static bool is_near(const struct vc_dht_lookup *lookup, uint8_t slot)
{
    return lookup->nodes[slot].distance <=
           vc_dht_size_reach(&lookup->size, VC_DHT_HOLDERS, 0);
}

bool vc_dht_value_is_final(const struct vc_dht_ask *ask)
{
    return ask->has_value && (ask->is_value_near || ask->misses >= VC_DHT_MISSES_MAX);
}

static void take(struct vc_dht *dht, const struct vc_now *now, struct vc_dht_ask *ask,
                 struct vc_bytes bytes, bool is_from_near)
{
    struct vc_room value = vc_dht_value_of(dht, ask);
    struct vc_dht_record record;
    struct vc_hash32 place;

    if (ask->has_value && bytes.len == value.len &&
        memcmp(bytes.data, value.data, value.len) == 0) {
        ask->is_value_near = ask->is_value_near || is_from_near;
        return;
    }
    if (vc_dht_record_read(bytes, &record) != VC_OK ||
        (ask->has_value && record.seq <= ask->seq)) {
        return;
    }
    vc_dht_record_place(&place, &record);
    if (!vc_equal(place.b, ask->place.b, sizeof place.b) ||
        !vc_dht_record_is_timely(&record, vc_dht_date(dht, now)) ||
        !vc_dht_record_verify(&record, bytes)) {
        return;
    }
    ask->has_value = ask->is_value_untold = true;
    ask->is_value_near = is_from_near;
    ask->misses = 0;
    ask->seq = record.seq;
    memcpy(value.data, bytes.data, bytes.len);
}

static void missed(struct vc_dht *dht, struct vc_dht_ask *ask, bool is_from_near)
{
    if (ask->has_value) {
        ask->misses = (uint8_t)(ask->misses + is_from_near);
    } else if (++ask->misses == VC_DHT_MISSES_MAX) {
        vc_dht_walks_widen(dht, ask);
    }
}

void vc_dht_value_answered(struct vc_dht *dht, const struct vc_now *now,
                           struct vc_dht_ask *ask, const struct vc_dht_call *call,
                           const struct vc_dht_answer *answer)
{
    const struct vc_dht_walk *walk = &ask->walks[call->owner % VC_DHT_FAMILIES];
    bool is_from_near = is_near(&walk->lookup, (uint8_t)call->slot);

    if (answer->type == VC_DHT_VALUE) {
        take(dht, now, ask, answer->record, is_from_near);
    } else {
        missed(dht, ask, is_from_near);
    }
}

bool vc_dht_value_take_held(struct vc_dht *dht, const struct vc_now *now,
                            struct vc_dht_ask *ask)
{
    const struct vc_dht_records_at at = {.unix_ms = vc_dht_date(dht, now)};
    struct vc_bytes record = vc_dht_records_get(&dht->records, &at, &ask->place);

    if (record.len > 0) {
        take(dht, now, ask, record, true);
    }
    return ask->has_value;
}

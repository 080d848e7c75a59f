#include "dht/spares.h"

#include <string.h>

void vc_dht_spares_init(struct vc_dht_spares *spares, uint64_t *ids,
                        struct vc_dht_contact *contacts, uint32_t capacity)
{
    *spares =
        (struct vc_dht_spares){.ids = ids, .contacts = contacts, .capacity = capacity};
}

void vc_dht_spares_remove(struct vc_dht_spares *spares, uint32_t index)
{
    size_t behind = spares->count - index - 1;

    VC_CHECK(index < spares->count);
    memmove(&spares->ids[index], &spares->ids[index + 1], behind * sizeof *spares->ids);
    memmove(&spares->contacts[index], &spares->contacts[index + 1],
            behind * sizeof *spares->contacts);
    spares->count--;
}

void vc_dht_spares_remove_key(struct vc_dht_spares *spares, const struct vc_key32 *key)
{
    for (uint32_t i = 0; i < spares->count; i++) {
        if (memcmp(spares->contacts[i].key.b, key->b, sizeof key->b) == 0) {
            vc_dht_spares_remove(spares, i);
            return;
        }
    }
}

void vc_dht_spares_put(struct vc_dht_spares *spares, uint64_t own, uint64_t id,
                       const struct vc_dht_contact *contact)
{
    unsigned bucket = vc_dht_bucket(vc_dht_distance(own, id));
    uint32_t in_bucket = 0;
    uint32_t oldest = 0; /* of the bucket */

    if (spares->capacity == 0) {
        return;
    }
    for (uint32_t i = spares->count; i-- > 0;) {
        if (vc_dht_bucket(vc_dht_distance(own, spares->ids[i])) == bucket) {
            in_bucket++;
            oldest = i;
        }
    }
    if (in_bucket >= VC_DHT_SPARES_PER_BUCKET) {
        vc_dht_spares_remove(spares, oldest);
    } else if (spares->count == spares->capacity) {
        vc_dht_spares_remove(spares, 0);
    }
    spares->ids[spares->count] = id;
    spares->contacts[spares->count] = *contact;
    spares->count++;
}

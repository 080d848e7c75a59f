#include "dht/limiter.h"

#include "dht/contact.h"
#include "dht/limits.h"

#define MILLI     1000
#define BURST_MAX (UINT32_MAX / MILLI)

static uint32_t refilled(const struct vc_dht_tokens *tokens, uint32_t rate_per_s,
                         uint32_t burst, vc_ms now)
{
    uint32_t full_milli = burst * MILLI;
    vc_ms elapsed_ms = now > tokens->at ? now - tokens->at : 0;

    VC_CHECK(rate_per_s > 0 && burst > 0 && burst <= BURST_MAX);
    VC_CHECK(tokens->left_milli <= full_milli);
    /* A token a second is a thousandth a millisecond. */
    if (elapsed_ms > (full_milli - tokens->left_milli) / rate_per_s) {
        return full_milli;
    }
    return tokens->left_milli + (uint32_t)(elapsed_ms * rate_per_s);
}

void vc_dht_tokens_init(struct vc_dht_tokens *tokens, uint32_t burst, vc_ms now)
{
    VC_CHECK(burst > 0 && burst <= BURST_MAX);
    *tokens = (struct vc_dht_tokens){burst * MILLI, now};
}

bool vc_dht_tokens_take(struct vc_dht_tokens *tokens, uint32_t rate_per_s,
                        uint32_t burst, vc_ms now)
{
    tokens->left_milli = refilled(tokens, rate_per_s, burst, now);
    tokens->at = now;
    if (tokens->left_milli < MILLI) {
        return false;
    }
    tokens->left_milli -= MILLI;
    return true;
}

vc_ms vc_dht_tokens_at(const struct vc_dht_tokens *tokens, uint32_t rate_per_s,
                       uint32_t burst, vc_ms now)
{
    uint32_t left_milli = refilled(tokens, rate_per_s, burst, now);

    if (left_milli >= MILLI) {
        return now;
    }
    return vc_ms_after(now, (MILLI - left_milli + rate_per_s - 1) / rate_per_s);
}

size_t vc_dht_limiter_footprint(uint32_t capacity)
{
    return vc_map_footprint(capacity) +
           (size_t)capacity *
               (sizeof(struct vc_dht_source) + sizeof(struct vc_fifo_link));
}

void vc_dht_limiter_init(struct vc_dht_limiter *limiter, void *mem, uint32_t capacity,
                         struct vc_rng *rng)
{
    struct vc_dht_source *items = mem;
    uint8_t *map_mem = (uint8_t *)(items + capacity);

    *limiter = (struct vc_dht_limiter){.items = items, .capacity = capacity};
    vc_map_init(&limiter->map, map_mem, capacity);
    vc_fifo_init(&limiter->order, (void *)(map_mem + vc_map_footprint(capacity)));
    vc_rng_draw(rng, limiter->map_key, sizeof limiter->map_key);
}

static uint64_t hash_of(const struct vc_dht_limiter *limiter, uint64_t prefix)
{
    uint8_t bytes[8];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    vc_write_u64(&w, prefix);
    return vc_siphash(limiter->map_key, VC_BYTES(bytes));
}

static bool has_prefix(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_dht_limiter *limiter = ctx;

    return limiter->items[value].prefix == *(const uint64_t *)key;
}

/* A place that was never used, or that of the network which was quiet for longest. */
static uint32_t take_place(struct vc_dht_limiter *limiter)
{
    uint32_t place = vc_fifo_first(&limiter->order);

    if (limiter->count < limiter->capacity) {
        return limiter->count++;
    }
    vc_map_remove(&limiter->map, hash_of(limiter, limiter->items[place].prefix), place);
    return place;
}

bool vc_dht_limiter_admit(struct vc_dht_limiter *limiter, vc_ms now,
                          const struct vc_addr *from)
{
    uint64_t prefix = vc_dht_prefix_narrow(from);
    uint64_t hash = hash_of(limiter, prefix);
    struct vc_dht_source *source;
    uint32_t place;

    if (!vc_map_find(&limiter->map, hash, has_prefix, limiter, &prefix, &place)) {
        vc_err err;

        place = take_place(limiter);
        err = vc_map_insert(&limiter->map, hash, place);
        VC_CHECK(err == VC_OK); /* it has as many places */
        limiter->items[place].prefix = prefix;
        vc_dht_tokens_init(&limiter->items[place].tokens, VC_DHT_PREFIX_BURST, now);
    }
    vc_fifo_remove(&limiter->order, place);
    vc_fifo_push(&limiter->order, place);
    source = &limiter->items[place];
    return vc_dht_tokens_take(&source->tokens, VC_DHT_PREFIX_RATE, VC_DHT_PREFIX_BURST,
                              now);
}

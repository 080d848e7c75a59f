/* The door of the find machine, and its turn. */
#include "node/find/find.h"

#include <string.h>

#include "node/find/machine.h"

vc_err vc_find_init(const struct vc_find_config *cfg, const struct vc_now *now,
                    const struct vc_secret32 *seed, struct vc_find **ret_find)
{
    struct vc_find *find = cfg->alloc.resize(cfg->alloc.ctx, NULL, 0, sizeof *find);
    vc_err err;

    VC_CHECK(cfg->dht != NULL && cfg->store != NULL);
    if (find == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    memset(find, 0, sizeof *find);
    find->cfg = *cfg;
    find->began_at = now->mono;
    find->save_at = VC_NEVER;
    find->stats.lookup_at = VC_NEVER;
    vc_rng_init(&find->rng, seed);
    err = vc_find_numbers_load(find);
    if (err == VC_OK) {
        err = vc_find_nodes_load(find, now);
    }
    if (err != VC_OK) {
        vc_find_deinit(find);
        return err;
    }
    vc_find_notices_init(find, now);
    (void)vc_find_look_at_self(find, now);
    *ret_find = find;
    return VC_OK;
}

void vc_find_deinit(struct vc_find *find)
{
    struct vc_alloc alloc;

    if (find == NULL) {
        return;
    }
    alloc = find->cfg.alloc;
    vc_find_seekers_deinit(find);
    vc_find_notices_deinit(find);
    vc_wipe(find, sizeof *find);
    alloc.resize(alloc.ctx, find, sizeof *find, 0);
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* What the wall clock says when the monotonic one says nothing: another value is another
 * setting, or the machine has slept. */
static int64_t setting_of(const struct vc_now *now)
{
    return (int64_t)now->unix_ms - (int64_t)now->mono;
}

vc_ms vc_find_date(const struct vc_find *find, const struct vc_now *now)
{
    vc_ms date;

    if (find == NULL) {
        return now->unix_ms;
    }
    if (!vc_dht_time(find->cfg.dht, now, &date)) {
        /* After a change of network the DHT has to be asked again; until then, what it said. */
        bool is_known = find->has_date && distance(setting_of(now), find->setting) <=
                                              VC_FIND_CLOCK_OFF_MS;

        date = is_known ? (vc_ms)((int64_t)now->unix_ms + find->clock_error)
                        : now->unix_ms;
    }
    return distance((int64_t)date, (int64_t)now->unix_ms) > VC_FIND_CLOCK_OFF_MS
               ? date
               : now->unix_ms;
}

/* It may be another day than it was, by the clock or because we know better now. */
static void look_at_date(struct vc_find *find, const struct vc_now *now)
{
    uint32_t epoch = vc_dht_epoch_of(vc_find_date(find, now));
    vc_ms date;

    if (vc_dht_time(find->cfg.dht, now, &date)) {
        find->has_date = true;
        find->clock_error = (int64_t)date - (int64_t)now->unix_ms;
        find->setting = setting_of(now);
    }

    if (epoch != find->epoch) {
        find->epoch = epoch;
        vc_find_notices_wake(find, now->mono);
    }
}

static void look_at_self(struct vc_find *find, const struct vc_now *now)
{
    bool was_joined = find->is_joined;

    if (vc_find_look_at_self(find, now) || find->is_joined != was_joined) {
        vc_find_notices_wake(find, now->mono);
    }
}

void vc_find_set_self(struct vc_find *find, const struct vc_now *now,
                      const struct vc_find_self *self)
{
    VC_CHECK(self->addr_count <= VC_FIND_OWN_ADDRS_MAX);
    find->self = *self;
    look_at_self(find, now);
    vc_find_notices_wake(find, now->mono); /* a key of the account may have turned */
}

void vc_find_door(struct vc_find *find, const struct vc_now *now,
                  const struct vc_addr *addr)
{
    if (find->cfg.is_private || vc_dht_addr_is_public(addr)) {
        vc_dht_enter(find->cfg.dht, now, addr, NULL);
    }
}

void vc_find_moved(struct vc_find *find, const struct vc_now *now)
{
    vc_dht_moved(find->cfg.dht, now);
    look_at_self(find, now);
}

static void done(struct vc_find *find, const struct vc_now *now,
                 const struct vc_dht_output *output)
{
    struct vc_find_seeker *seeker = vc_find_seeker_of_ask(find, output->ask);

    if (output->ask == find->check_ask) {
        find->check_ask = 0;
    } else if (seeker == NULL) {
        vc_find_notices_kept(find, now, output);
    } else if (!vc_find_lookup_done(find, now, seeker, output)) {
        vc_find_seeker_done(find, now, seeker);
    }
}

void vc_find_dht_output(struct vc_find *find, const struct vc_now *now,
                        const struct vc_dht_output *output)
{
    struct vc_find_seeker *seeker;

    switch (output->kind) {
    case VC_DHT_DATAGRAM:
        return;
    case VC_DHT_FOUND:
        seeker = vc_find_seeker_of_ask(find, output->ask);
        if (output->ask == find->check_ask) {
            vc_find_notices_checked(find, now, output->bytes);
        } else if (seeker != NULL) {
            vc_find_lookup_found(find, now, seeker, output->bytes);
        }
        break;
    case VC_DHT_DONE:
        done(find, now, output);
        break;
    case VC_DHT_KEPT:
        vc_find_notices_kept(find, now, output);
        break;
    case VC_DHT_CHANGED:
        look_at_self(find, now);
        break;
    case VC_DHT_SAVE:
        find->save_at = now->mono;
        break;
    }
    look_at_date(find, now);
}

void vc_find_tick(struct vc_find *find, const struct vc_now *now)
{
    look_at_date(find, now);
    vc_find_notices_tick(find, now);
    vc_find_seekers_tick(find, now);
    vc_find_nodes_tick(find, now);
}

vc_ms vc_find_due(const struct vc_find *find)
{
    vc_ms due = vc_ms_min(vc_find_notices_due(find), vc_find_seekers_due(find));

    return vc_ms_min(due, find->save_at);
}

bool vc_find_has_written(struct vc_find *find)
{
    bool has_written = find->has_written;

    find->has_written = false;
    return has_written;
}

bool vc_find_next(struct vc_find *find, struct vc_find_output *ret_output)
{
    if (find->output_count == 0) {
        return false;
    }
    *ret_output = find->outputs[find->output_first];
    find->output_first = (find->output_first + 1) % VC_FIND_OUTPUTS_MAX;
    find->output_count--;
    return true;
}

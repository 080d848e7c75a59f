/* Where others see us, what time they say it is, and so whether we route. */
#include <string.h>

#include "dht/machine.h"

/* ---- witnesses ---- */

/* One for each network, the latest word of it; else the oldest gives way. */
static struct vc_dht_witness *witness_place(struct vc_dht_family *family,
                                            uint64_t network)
{
    struct vc_dht_witness *oldest = &family->witnesses[0];

    for (unsigned i = 0; i < VC_DHT_WITNESSES_MAX; i++) {
        struct vc_dht_witness *witness = &family->witnesses[i];

        if (witness->network == network || witness->network == 0) {
            return witness;
        }
        if (witness->at < oldest->at) {
            oldest = witness;
        }
    }
    return oldest;
}

/* The address that most of the witnesses name. */
static unsigned count_agreeing(const struct vc_dht_family *family,
                               struct vc_addr *ret_addr, unsigned *ret_all)
{
    unsigned best = 0, all = 0;

    for (unsigned i = 0; i < VC_DHT_WITNESSES_MAX; i++) {
        const struct vc_dht_witness *witness = &family->witnesses[i];
        unsigned count = 0;

        if (witness->network == 0) {
            continue;
        }
        all++;
        for (unsigned n = 0; n < VC_DHT_WITNESSES_MAX; n++) {
            count += family->witnesses[n].network != 0 &&
                     vc_addr_equal(&family->witnesses[n].seen, &witness->seen);
        }
        if (count > best) {
            best = count;
            *ret_addr = witness->seen;
        }
    }
    *ret_all = all;
    return best;
}

static void take_address(struct vc_dht *dht, const struct vc_now *now,
                         struct vc_dht_family *family, const struct vc_addr *addr)
{
    bool is_bound = !dht->cfg.is_private;

    if (vc_addr_equal(&family->own, addr)) {
        return;
    }
    family->own = *addr;
    family->open_at = VC_NEVER;
    family->call_at = now->mono;
    dht->is_change_untold = true;
    if (is_bound) {
        family->id = vc_dht_node_id(addr, &dht->key, true);
        vc_dht_table_set_own(&family->table, now->mono, family->id);
        dht->wants_walk = true;
    }
}

void vc_dht_reach_heard(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, const struct vc_dht_answer *answer)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, from);
    uint64_t network = vc_dht_prefix_wide(from);
    struct vc_dht_witness *witness;
    struct vc_addr addr = family->own;
    unsigned all, agreeing;

    if (answer->seen.family != from->family) {
        return;
    }
    witness = witness_place(family, network);
    *witness = (struct vc_dht_witness){
        .network = network,
        .seen = answer->seen,
        .offset_ms = answer->time_s == 0
                         ? 0
                         : (int64_t)answer->time_s * 1000 - (int64_t)now->mono,
        .at = now->mono};
    agreeing = count_agreeing(family, &addr, &all);
    if (agreeing * 2 > all) {
        take_address(dht, now, family, &addr);
    }
}

void vc_dht_reach_open(struct vc_dht *dht, const struct vc_now *now,
                       const struct vc_addr *from)
{
    vc_dht_family_at(dht, from)->open_at = now->mono;
}

void vc_dht_reach_forget(struct vc_dht *dht)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        memset(family->witnesses, 0, sizeof family->witnesses);
        memset(&family->own, 0, sizeof family->own);
        family->open_at = family->stable_at = VC_NEVER;
        family->call_at = 0;
    }
}

/* ---- the role ---- */

/* Why this family does not route, or REACHABLE. */
static enum vc_dht_why judge_family(struct vc_dht *dht, const struct vc_now *now,
                                    struct vc_dht_family *family)
{
    struct vc_addr addr;
    unsigned all;
    unsigned agreeing = count_agreeing(family, &addr, &all);
    unsigned known = vc_dht_table_networks(&family->table, VC_DHT_QUORUM);

    if (all == 0) {
        return VC_DHT_WHY_NO_ANSWER;
    }
    if (all < (known < VC_DHT_QUORUM ? known : VC_DHT_QUORUM)) {
        family->stable_at = VC_NEVER;
        return VC_DHT_WHY_FEW;
    }
    if (agreeing * 4 < all * 3) {
        family->stable_at = VC_NEVER;
        return VC_DHT_WHY_UNSTABLE;
    }
    if (family->stable_at == VC_NEVER) {
        family->stable_at = now->mono;
    }
    if (family->open_at == VC_NEVER || family->open_at + VC_DHT_OPEN_MS < now->mono) {
        return VC_DHT_WHY_CLOSED;
    }
    return now->mono - dht->began_at < VC_DHT_UPTIME_MS ? VC_DHT_WHY_YOUNG
                                                        : VC_DHT_WHY_REACHABLE;
}

static enum vc_dht_why judge_all(struct vc_dht *dht, const struct vc_now *now)
{
    enum vc_dht_why best = VC_DHT_WHY_NO_ANSWER;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on) {
            enum vc_dht_why why = judge_family(dht, now, &dht->families[i]);

            best = why > best ? why : best;
        }
    }
    return best;
}

/* Asks somebody to let a stranger ping us, when all else says that we may be reached. */
static void ask_for_call(struct vc_dht *dht, const struct vc_now *now,
                         struct vc_dht_family *family)
{
    struct vc_dht_contact nodes[VC_DHT_K];
    size_t count;

    if (family->stable_at == VC_NEVER || family->call_at > now->mono) {
        return;
    }
    count = vc_dht_table_nearest(&family->table, family->id, true, nodes, VC_DHT_K);
    if (count == 0) {
        return;
    }
    (void)vc_dht_wish_for(
        dht,
        &(struct vc_dht_wish){.to = nodes[vc_rng_below(&dht->rng, (uint32_t)count)],
                              .type = VC_DHT_CALL,
                              .owner = VC_DHT_OWNER_CALL});
    family->call_at = now->mono + (family->open_at == VC_NEVER ? VC_DHT_CALL_AGAIN_MS
                                                               : VC_DHT_OPEN_MS / 2);
}

void vc_dht_reach_tick(struct vc_dht *dht, const struct vc_now *now)
{
    enum vc_dht_role role = VC_DHT_ROLE_CLIENT;
    enum vc_dht_why why = VC_DHT_WHY_CONFIGURED;

    if (dht->cfg.is_bootstrap) {
        role = VC_DHT_ROLE_ROUTER;
    } else if (dht->cfg.is_private && !dht->cfg.is_client) {
        role = VC_DHT_ROLE_ROUTER;
        why = VC_DHT_WHY_PRIVATE;
    } else if (!dht->cfg.is_client) {
        why = judge_all(dht, now);
        role = why == VC_DHT_WHY_REACHABLE ? VC_DHT_ROLE_ROUTER : VC_DHT_ROLE_CLIENT;
        for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
            if (dht->families[i].is_on) {
                ask_for_call(dht, now, &dht->families[i]);
            }
        }
    }
    if (role != dht->role || why != dht->why) {
        dht->is_change_untold = true;
        dht->wants_walk = dht->wants_walk || role != dht->role;
    }
    dht->role = role;
    dht->why = why;
}

vc_ms vc_dht_reach_due(const struct vc_dht *dht, const struct vc_now *now)
{
    vc_ms due = VC_NEVER;

    if (dht->cfg.is_bootstrap || dht->cfg.is_private || dht->cfg.is_client) {
        return VC_NEVER;
    }
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_family *family = &dht->families[i];

        if (family->is_on && family->stable_at != VC_NEVER &&
            family->call_at > now->mono) {
            due = vc_ms_min(due, family->call_at);
        }
    }
    if (dht->why == VC_DHT_WHY_YOUNG) {
        due = vc_ms_min(due, dht->began_at + VC_DHT_UPTIME_MS);
    }
    return due;
}

/* ---- the time ---- */

bool vc_dht_time(const struct vc_dht *dht, const struct vc_now *now, vc_ms *ret_unix_ms)
{
    int64_t offsets[VC_DHT_FAMILIES * VC_DHT_WITNESSES_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < vc_dht_family_count(dht) * VC_DHT_WITNESSES_MAX; i++) {
        const struct vc_dht_witness *witness =
            &dht->families[i / VC_DHT_WITNESSES_MAX]
                 .witnesses[i % VC_DHT_WITNESSES_MAX];
        unsigned at = count;

        if (witness->network == 0 || witness->offset_ms == 0) {
            continue;
        }
        while (at > 0 && offsets[at - 1] > witness->offset_ms) {
            offsets[at] = offsets[at - 1];
            at--;
        }
        offsets[at] = witness->offset_ms;
        count++;
    }
    if (count < VC_DHT_QUORUM) {
        return false;
    }
    *ret_unix_ms = (vc_ms)(offsets[count / 2] + (int64_t)now->mono);
    return true;
}

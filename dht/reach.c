/* Where others see us, what time they say it is, and so whether we route. */
#include <string.h>

#include "dht/machine.h"

/* More than VC_DHT_CALL_AGAIN_MAX_MS needs. */
#define DOUBLINGS_MAX 5

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

struct vc_dht_verdict vc_dht_reach_verdict(const struct vc_dht_family *family)
{
    struct vc_dht_verdict verdict = {0};

    for (unsigned i = 0; i < VC_DHT_WITNESSES_MAX; i++) {
        const struct vc_dht_witness *witness = &family->witnesses[i];
        unsigned count = 0;

        if (witness->network == 0) {
            continue;
        }
        for (unsigned n = 0; n < VC_DHT_WITNESSES_MAX; n++) {
            count += family->witnesses[n].network != 0 &&
                     vc_addr_equal(&family->witnesses[n].seen, &witness->seen);
        }
        if (count > verdict.agreeing) {
            verdict.agreeing = count;
            verdict.seen = witness->seen;
        }
        verdict.all++;
    }
    return verdict;
}

/* ---- the role ---- */

uint32_t vc_dht_family_up_ms(const struct vc_dht_family *family,
                             const struct vc_now *now)
{
    vc_ms up_ms =
        family->own.family == 0 ? 0 : now->mono - family->own_at + family->up_before_ms;

    return (uint32_t)vc_ms_min(up_ms, VC_DHT_UPTIME_MS);
}

/* Why this family does not route, or REACHABLE. */
static enum vc_dht_why judge_family(const struct vc_dht_family *family,
                                    const struct vc_now *now)
{
    struct vc_dht_verdict verdict = vc_dht_reach_verdict(family);
    unsigned quorum = vc_dht_table_networks(&family->table, VC_DHT_QUORUM);

    if (verdict.all == 0) {
        return VC_DHT_WHY_NO_ANSWER;
    }
    if (verdict.all < quorum) {
        return VC_DHT_WHY_FEW;
    }
    if (verdict.agreeing * 4 < verdict.all * 3) {
        return VC_DHT_WHY_UNSTABLE;
    }
    if (verdict.agreeing < quorum) {
        return VC_DHT_WHY_FEW;
    }
    if (family->open_at == VC_NEVER || family->open_at + VC_DHT_OPEN_MS < now->mono) {
        return VC_DHT_WHY_CLOSED;
    }
    return vc_dht_family_up_ms(family, now) < VC_DHT_UPTIME_MS ? VC_DHT_WHY_YOUNG
                                                               : VC_DHT_WHY_REACHABLE;
}

bool vc_dht_family_routes(const struct vc_dht_family *family)
{
    return family->routes;
}

static void take_role(struct vc_dht *dht, struct vc_dht_family *family,
                      enum vc_dht_why why)
{
    bool routes = why == VC_DHT_WHY_REACHABLE || why == VC_DHT_WHY_PRIVATE ||
                  (why == VC_DHT_WHY_CONFIGURED && !dht->cfg.is_client);

    family->wants_walk = family->wants_walk || routes != family->routes;
    family->routes = routes;
    family->table.is_of_client = !routes;
    family->why = why;
}

static enum vc_dht_why why_of(const struct vc_dht *dht, const struct vc_now *now,
                              const struct vc_dht_family *family)
{
    if (dht->cfg.is_client || dht->cfg.is_bootstrap) {
        return VC_DHT_WHY_CONFIGURED;
    }
    return dht->cfg.is_private ? VC_DHT_WHY_PRIVATE : judge_family(family, now);
}

/* Whether it routes follows from what was heard, in each family. */
static void judge(struct vc_dht *dht, const struct vc_now *now)
{
    enum vc_dht_role role = VC_DHT_ROLE_CLIENT;
    enum vc_dht_why why = VC_DHT_WHY_CONFIGURED;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        if (family->is_on) {
            take_role(dht, family, why_of(dht, now, family));
            role = family->routes ? VC_DHT_ROLE_ROUTER : role;
            why = family->why > why ? family->why : why;
        }
    }
    if (role != dht->role || why != dht->why) {
        dht->is_change_untold = true;
    }
    dht->role = role;
    dht->why = why;
}

/* ---- what is heard ---- */

static void take_address(struct vc_dht *dht, const struct vc_now *now,
                         struct vc_dht_family *family, const struct vc_addr *addr)
{
    bool was_elsewhere = family->own.family != 0 &&
                         now->mono - family->own_at >= VC_DHT_SAME_MS &&
                         !vc_dht_is_same_host(&family->own, addr);
    uint64_t id = vc_dht_node_id(addr, &dht->key, !dht->cfg.is_private);

    if (vc_addr_equal(&family->own, addr)) {
        return;
    }
    family->own = *addr;
    family->own_at = now->mono;
    family->up_before_ms = 0;
    family->open_at = VC_NEVER;
    family->call_at = now->mono;
    family->calls = 0;
    dht->is_change_untold = true;
    if (was_elsewhere) {
        vc_dht_key_renew(dht, now); /* nobody has told us that the network is another */
    } else if (id != family->id) {
        family->id = id;
        family->wants_walk = true;
        if (!dht->earlier.is_open) {
            vc_dht_table_set_own(&family->table, now->mono, id);
        }
    }
}

void vc_dht_reach_heard(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, const struct vc_dht_answer *answer)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, from);
    uint64_t network = vc_dht_prefix_wide(from);
    struct vc_dht_verdict verdict;

    /* Who is in the same house sees us at an address that means nothing outside it. */
    if (answer->seen.family != from->family ||
        !vc_dht_is_place_for_node(dht, &answer->seen)) {
        return;
    }
    *witness_place(family, network) = (struct vc_dht_witness){
        .network = network,
        .seen = answer->seen,
        .offset_ms = answer->time_s == 0
                         ? 0
                         : (int64_t)answer->time_s * 1000 - (int64_t)now->mono,
        .at = now->mono};
    verdict = vc_dht_reach_verdict(family);
    if (verdict.agreeing * 2 > verdict.all) {
        take_address(dht, now, family, &verdict.seen);
    }
    judge(dht, now);
}

void vc_dht_reach_asked(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, from);

    if (!vc_dht_written_has(&dht->written, now->mono, from)) {
        family->open_at = now->mono;
        family->calls = 0;
        judge(dht, now);
    }
}

void vc_dht_reach_forget(struct vc_dht *dht)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        memset(family->witnesses, 0, sizeof family->witnesses);
        memset(&family->own, 0, sizeof family->own);
        family->up_before_ms = 0;
        family->open_at = VC_NEVER;
        family->call_at = 0;
        family->calls = 0;
    }
}

/* ---- the turn ---- */

/* When to ask for a stranger's ping, if at all: when the last is half as old as it may get. */
static vc_ms call_due(const struct vc_dht_family *family)
{
    vc_ms at = family->open_at == VC_NEVER ? 0 : family->open_at + VC_DHT_OPEN_MS / 2;

    if (!family->is_on || family->why < VC_DHT_WHY_CLOSED) {
        return VC_NEVER;
    }
    return at > family->call_at ? at : family->call_at;
}

/* Asks somebody to let a stranger ping us, when all else says that we may be reached. */
static void ask_for_call(struct vc_dht *dht, const struct vc_now *now,
                         struct vc_dht_family *family)
{
    vc_ms wait = (vc_ms)VC_DHT_CALL_AGAIN_MS << family->calls;
    struct vc_dht_contact nodes[VC_DHT_K];
    size_t count =
        vc_dht_table_nearest(&family->table, family->id, true, nodes, VC_DHT_K);

    family->call_at = now->mono + vc_ms_min(wait, VC_DHT_CALL_AGAIN_MAX_MS);
    if (count > 0 &&
        vc_dht_wish_for(dht, &(struct vc_dht_wish){
                                 .to = nodes[vc_rng_below(&dht->rng, (uint32_t)count)],
                                 .type = VC_DHT_CALL,
                                 .owner = VC_DHT_OWNER_CALL})) {
        /* One that was reached will be again; who is behind a NAT will hardly ever be. */
        bool is_closed = family->why == VC_DHT_WHY_CLOSED;

        family->calls =
            (uint8_t)(family->calls + (is_closed && family->calls < DOUBLINGS_MAX));
    }
}

void vc_dht_reach_tick(struct vc_dht *dht, const struct vc_now *now)
{
    if (vc_dht_key_due(dht) <= now->mono) {
        vc_dht_key_settle(dht, now);
    }
    judge(dht, now);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (call_due(&dht->families[i]) <= now->mono) {
            ask_for_call(dht, now, &dht->families[i]);
        }
    }
}

vc_ms vc_dht_reach_due(const struct vc_dht *dht)
{
    vc_ms due = vc_dht_key_due(dht);

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_family *family = &dht->families[i];

        due = vc_ms_min(due, call_due(family));
        if (family->is_on && family->why == VC_DHT_WHY_YOUNG) {
            due = vc_ms_min(due,
                            family->own_at + VC_DHT_UPTIME_MS - family->up_before_ms);
        }
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

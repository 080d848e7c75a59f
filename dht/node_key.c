/*
 * The node key: of which it is made, when it is another, and how it comes over a restart.
 *
 * Who has the same key at the same address is the same node: others need not find out that the old
 * one is gone and a new one there, and what they keep at its place stays where it belongs.  But a
 * key that is seen at two addresses tells that both are of one person.  So a restarted node begins
 * with a new key, and takes up the earlier one when others see it where it was then.
 */
#include <string.h>

#include "dht/machine.h"

bool vc_dht_is_same_host(const struct vc_addr *a, const struct vc_addr *b)
{
    /* A host of IPv6 takes other addresses of its network every day (RFC 8981). */
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 8 : 4) == 0;
}

/* Where a node of this key stands when it is at @addr; before that is known, anywhere. */
static uint64_t id_at(const struct vc_dht *dht, const struct vc_addr *addr,
                      const struct vc_key32 *key)
{
    return vc_dht_node_id(addr, key, !dht->cfg.is_private && addr->family != 0);
}

void vc_dht_key_take(struct vc_dht *dht, const struct vc_now *now,
                     const struct vc_secret32 *secret)
{
    dht->last_secret = dht->secret;
    dht->last_key = dht->key;
    dht->key_turn++;
    dht->secret = *secret;
    vc_dh_public(&dht->key, &dht->secret);
    vc_dht_masks_make(&dht->masks, vc_dht_network(dht), &dht->key);
    vc_dht_peers_wipe(&dht->peers);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        family->id = id_at(dht, &family->own, &dht->key);
        family->wants_walk = true;
        if (family->is_on) {
            vc_dht_table_set_own(&family->table, now->mono, family->id);
        }
    }
}

/* It is not known yet whether we are where we were. */
static void wait_for_witnesses(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_key32 key;

    dht->earlier.until = VC_NEVER;
    vc_dh_public(&key, &dht->earlier.secret);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_addr *home = &dht->earlier.homes[i].addr;

        /* Whom it knew best are those near its earlier id: they have to find room. */
        if (dht->families[i].is_on && home->family != 0) {
            vc_dht_table_set_own(&dht->families[i].table, now->mono,
                                 id_at(dht, home, &key));
        }
    }
}

void vc_dht_key_renew(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_secret32 secret;

    vc_rng_draw(&dht->rng, &secret, sizeof secret);
    vc_dht_key_take(dht, now, &secret);
    vc_wipe(&secret, sizeof secret);
    if (dht->earlier.is_open) {
        wait_for_witnesses(dht, now);
    }
}

void vc_dht_key_wipe(struct vc_dht *dht)
{
    vc_wipe(&dht->secret, sizeof dht->secret);
    vc_wipe(&dht->last_secret, sizeof dht->last_secret);
    vc_wipe(&dht->earlier, sizeof dht->earlier);
}

/* ---- the key of an earlier life ---- */

void vc_dht_key_expect(struct vc_dht *dht, const struct vc_now *now,
                       const struct vc_dht_earlier *earlier)
{
    dht->earlier = *earlier;
    dht->earlier.is_open = true;
    wait_for_witnesses(dht, now);
}

static void take_up(struct vc_dht *dht, const struct vc_now *now)
{
    vc_dht_key_take(dht, now, &dht->earlier.secret);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        dht->families[i].up_before_ms = dht->earlier.homes[i].up_ms;
    }
    vc_wipe(&dht->earlier, sizeof dht->earlier);
    dht->door_wait_at = now->mono;
    dht->is_change_untold = true;
}

/* It is elsewhere: what it has now stays, and it looks around as any newcomer. */
static void give_up(struct vc_dht *dht, const struct vc_now *now)
{
    vc_wipe(&dht->earlier, sizeof dht->earlier);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        if (family->is_on) {
            vc_dht_table_set_own(&family->table, now->mono, family->id);
            family->wants_walk = true;
            family->own_walk_at = now->mono;
        }
    }
    dht->door_wait_at = now->mono;
    dht->is_change_untold = true;
}

/* Where others see us, beside where we were. */
struct comparison {
    unsigned all, at_home; /* witnesses of families in which it had an address */
};

static struct comparison compare(const struct vc_dht *dht)
{
    struct comparison comparison = {0};

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_addr *home = &dht->earlier.homes[i].addr;
        struct vc_dht_verdict verdict = vc_dht_reach_verdict(&dht->families[i]);

        if (home->family != 0) {
            comparison.all += verdict.all;
            comparison.at_home +=
                vc_dht_is_same_host(home, &verdict.seen) ? verdict.agreeing : 0;
        }
    }
    return comparison;
}

void vc_dht_key_settle(struct vc_dht *dht, const struct vc_now *now)
{
    unsigned enough = dht->cfg.is_private ? 1 : VC_DHT_SAME_WITNESSES;
    struct comparison seen;
    bool is_at_home, is_decided;

    if (!dht->earlier.is_open) {
        return;
    }
    if (dht->earlier.until == VC_NEVER) {
        dht->earlier.until = now->mono + VC_DHT_SAME_MS;
        dht->door_wait_at =
            dht->earlier.until; /* what they tell is who is near our id */
    }
    seen = compare(dht);
    is_at_home = seen.at_home * 2 > seen.all;
    is_decided = (is_at_home ? seen.at_home : seen.all - seen.at_home) >= enough;
    if (!is_decided && now->mono < dht->earlier.until) {
        return;
    }
    if (is_at_home) {
        take_up(dht, now);
    } else {
        give_up(dht, now);
    }
}

vc_ms vc_dht_key_due(const struct vc_dht *dht)
{
    return dht->earlier.is_open ? dht->earlier.until : VC_NEVER;
}

void vc_dht_key_save(const struct vc_dht *dht, const struct vc_now *now,
                     struct vc_dht_earlier *ret_earlier)
{
    if (dht->earlier.is_open) {
        *ret_earlier = dht->earlier;
        return;
    }
    *ret_earlier = (struct vc_dht_earlier){.secret = dht->secret};
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_family *family = &dht->families[i];

        ret_earlier->homes[i] = (struct vc_dht_home){
            .addr = family->own, .up_ms = vc_dht_family_up_ms(family, now)};
    }
}

/* ---- answers to the key before ---- */

bool vc_dht_key_answer_last(const struct vc_dht *dht, const struct vc_key32 *asked,
                            struct vc_secret32 *ret_key)
{
    struct vc_secret32 shared;
    bool is_made = vc_dh(&shared, &dht->last_secret, asked);

    if (is_made) {
        vc_dht_answer_key(ret_key, vc_dht_network(dht), &shared, &dht->last_key, asked);
    }
    vc_wipe(&shared, sizeof shared);
    return is_made;
}

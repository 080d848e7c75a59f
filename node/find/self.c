/* Where this device is, as far as others need to know. */
#include <string.h>

#include "node/find/machine.h"

static bool is_near(const struct vc_addr *addr)
{
    return vc_addr_is_loopback(addr) || vc_addr_is_link_local(addr);
}

struct addrs {
    struct vc_addr at[VC_FIND_ADDRS_MAX];
    uint8_t count;
};

static void add(struct addrs *addrs, const struct vc_addr *addr)
{
    if (!vc_addr_is_usable(addr) || addrs->count == VC_FIND_ADDRS_MAX) {
        return;
    }
    for (uint8_t i = 0; i < addrs->count; i++) {
        if (vc_addr_equal(&addrs->at[i], addr)) {
            return;
        }
    }
    addrs->at[addrs->count++] = *addr;
}

/* Those of the machine that are, or are not, where anybody can reach them. */
static void add_own(const struct vc_find *find, struct addrs *addrs, bool is_public)
{
    for (uint8_t i = 0; i < find->self.addr_count; i++) {
        const struct vc_addr *addr = &find->self.addrs[i];
        bool is_open = find->cfg.is_private || vc_dht_addr_is_public(addr);

        if (is_open == is_public && !is_near(addr)) {
            add(addrs, addr);
        }
    }
}

/*
 * The best first, as not all may have room: where others see us, which is through a NAT; then
 * what is public; then what may be on the same network.  What nobody on another machine can
 * reach is told only when there is nothing else.
 */
static void collect(const struct vc_find *find, const struct vc_dht_status *status,
                    struct addrs *addrs)
{
    addrs->count = 0;
    if (status->seen.family != 0 && !is_near(&status->seen)) {
        add(addrs, &status->seen);
    }
    add_own(find, addrs, true);
    add_own(find, addrs, false);
    if (addrs->count > 0) {
        return;
    }
    for (uint8_t i = 0; i < find->self.addr_count; i++) {
        add(addrs, &find->self.addrs[i]);
    }
    if (status->seen.family != 0) {
        add(addrs, &status->seen);
    }
}

bool vc_find_look_at_self(struct vc_find *find, const struct vc_now *now)
{
    struct vc_dht_status status;
    struct addrs addrs;
    bool is_same;

    vc_dht_status(find->cfg.dht, now, &status);
    collect(find, &status, &addrs);
    is_same = addrs.count == find->addr_count &&
              memcmp(status.key.b, find->node.b, sizeof status.key.b) == 0;
    for (uint8_t i = 0; i < addrs.count && is_same; i++) {
        is_same = vc_addr_equal(&addrs.at[i], &find->addrs[i]);
    }
    if (!is_same) {
        memcpy(find->addrs, addrs.at, sizeof addrs.at);
        find->addr_count = addrs.count;
        find->node = status.key;
        find->settle_at = vc_ms_after(now->mono, VC_FIND_UNSEEN_MS);
    }
    if (!status.is_key_settled) {
        /* The earlier one may be ours again in a moment, which is told as a change. */
        find->settle_at = vc_ms_after(now->mono, 2 * VC_DHT_SAME_MS);
    } else if (status.seen.family != 0) {
        find->settle_at =
            vc_ms_min(find->settle_at, vc_ms_after(now->mono, VC_FIND_SETTLE_MS));
    }
    find->is_joined = status.is_joined;
    return !is_same;
}

/* What the find machine knows, for people. */
#include <string.h>

#include "node/find/machine.h"

static void count_notices(const struct vc_find *find, struct vc_find_status *status)
{
    const struct vc_find_post *own = &find->notices[0].posts[find->epoch & 1];

    status->is_left = own->is_left && !own->is_posted && own->epoch == find->epoch;
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        const struct vc_find_notice *notice = &find->notices[i];
        const struct vc_find_post *today = &notice->posts[find->epoch & 1];
        bool is_posted = notice->kind != VC_FIND_NOTICE_FREE && today->is_posted &&
                         today->epoch == find->epoch;

        if (!is_posted) {
            continue;
        }
        if (notice->kind == VC_FIND_NOTICE_INVITE) {
            status->invite_places++;
        } else if (notice->kind == VC_FIND_NOTICE_FORWARD) {
            status->forward_places++;
        } else {
            status->is_published = today->holders > 0;
            status->published_at = today->posted_at;
            status->holders = today->holders;
            status->failure = today->failure;
        }
    }
}

void vc_find_status(const struct vc_find *find, const struct vc_now *now,
                    struct vc_find_status *ret_status)
{
    struct vc_find_status status = find->stats;

    status.epoch = vc_dht_epoch_of(vc_find_date(find, now));
    status.is_clock_off = vc_find_date(find, now) != now->unix_ms;
    status.published_at = VC_NEVER;
    memcpy(status.addrs, find->addrs, sizeof find->addrs);
    status.addr_count = find->addr_count;
    count_notices(find, &status);
    for (size_t i = 0; i < find->seeker_count; i++) {
        status.seeking += find->seekers[i]->is_on ? 1 : 0;
        status.waiting += find->seekers[i]->is_on ? 0 : 1;
    }
    *ret_status = status;
}

/* RFC 9002, section 6.1; RFC 4015. */
#include "node/link/reordering.h"

void vc_reordering_init(struct vc_reordering *reordering)
{
    *reordering = (struct vc_reordering){
        .packets = VC_LINK_REORDER_PACKETS, .eighths = 1, .halved_for = UINT64_MAX};
}

void vc_reordering_lost(struct vc_reordering *reordering, uint64_t number)
{
    uint64_t *place = &reordering->lost[reordering->next];
    /* Of one that is forgotten it is never known that it came. */
    if (*place > reordering->halved_for)
        reordering->halved_for = UINT64_MAX;
    *place = number + 1;
    reordering->next = (reordering->next + 1) % VC_LINK_LOST_REMEMBERED;
}

void vc_reordering_halved(struct vc_reordering *reordering, uint64_t first, uint64_t last)
{
    reordering->halved_for = last - first < VC_LINK_LOST_REMEMBERED ? first : UINT64_MAX;
}

static bool is_in(const struct vc_ranges *ranges, uint64_t number)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        if (number >= ranges->at[i].first && number <= ranges->at[i].last)
            return true;
    }
    return false;
}

static uint32_t doubled(uint32_t value, uint32_t max)
{
    return 2 * value < max ? 2 * value : max;
}

bool vc_reordering_acked(struct vc_reordering *reordering, const struct vc_ranges *ack)
{
    bool has_come = false, is_missing = false;
    for (uint32_t i = 0; i < VC_LINK_LOST_REMEMBERED; i++) {
        uint64_t *place = &reordering->lost[i];
        if (*place == 0)
            continue;
        if (is_in(ack, *place - 1)) {
            *place = 0;
            has_come = true;
        } else if (*place > reordering->halved_for) {
            is_missing = true;
        }
    }
    if (!has_come)
        return false;
    reordering->packets = doubled(reordering->packets, VC_LINK_REORDER_PACKETS_MAX);
    reordering->eighths = doubled(reordering->eighths, VC_LINK_REORDER_EIGHTHS_MAX);
    if (is_missing || reordering->halved_for == UINT64_MAX)
        return false;
    reordering->halved_for = UINT64_MAX;
    return true;
}

/* RFC 9000, section 13.2.3 and 13.2.4: which rows are kept and when they are let go. */
#include "node/link/ranges.h"

#include <string.h>

static void remove_at(struct vc_ranges *ranges, uint32_t i)
{
    ranges->count--;
    memmove(&ranges->at[i], &ranges->at[i + 1],
            (ranges->count - i) * sizeof ranges->at[0]);
}

/* Makes a row of one number in front of row @i; the lowest row goes when there is no
 * place. */
static void insert_at(struct vc_ranges *ranges, uint32_t i, uint64_t number)
{
    if (i == VC_LINK_RANGES_MAX)
        return;
    if (ranges->count == VC_LINK_RANGES_MAX)
        ranges->count--;
    memmove(&ranges->at[i + 1], &ranges->at[i],
            (ranges->count - i) * sizeof ranges->at[0]);
    ranges->at[i] = (struct vc_range){number, number};
    ranges->count++;
}

void vc_ranges_add(struct vc_ranges *ranges, uint64_t number)
{
    uint32_t i = 0;
    while (i < ranges->count && ranges->at[i].first > number + 1)
        i++;
    if (i == ranges->count) {
        insert_at(ranges, i, number);
        return;
    }
    struct vc_range *row = &ranges->at[i];
    VC_CHECK(number < row->first || number > row->last);
    if (number > row->last + 1) {
        insert_at(ranges, i, number);
    } else if (number == row->last + 1) {
        row->last = number;
    } else {
        row->first = number;
        if (i + 1 < ranges->count && ranges->at[i + 1].last + 1 == number) {
            row->first = ranges->at[i + 1].first;
            remove_at(ranges, i + 1);
        }
    }
}

void vc_ranges_forget(struct vc_ranges *ranges, uint64_t number)
{
    while (ranges->count > 1 && ranges->at[ranges->count - 1].last <= number)
        ranges->count--;
}

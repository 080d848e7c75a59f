#include "node/find/rows.h"

struct vc_bytes vc_find_days_key(void)
{
    static const uint8_t key[] = {'r', 'e', 'c', 'o', 'r', 'd', '_',
                                  'n', 'u', 'm', 'b', 'e', 'r', 's'};

    return VC_BYTES(key);
}

struct vc_bytes vc_find_nodes_key(void)
{
    static const uint8_t key[] = {'d', 'h', 't', '_', 'n', 'o', 'd', 'e', 's'};

    return VC_BYTES(key);
}

void vc_find_days_write(struct vc_writer *w, const struct vc_find_days *days)
{
    vc_write_u8(w, VC_FIND_ROW_VERSION);
    vc_write_u8(w, days->count);
    for (uint8_t i = 0; i < days->count; i++) {
        vc_write_u32(w, days->days[i].epoch);
        vc_write_u64(w, days->days[i].taken);
        vc_write_u64(w, days->days[i].said);
    }
}

static bool has_epoch(const struct vc_find_days *days, uint32_t epoch)
{
    for (uint8_t i = 0; i < days->count; i++) {
        if (days->days[i].epoch == epoch) {
            return true;
        }
    }
    return false;
}

vc_err vc_find_days_read(struct vc_bytes value, struct vc_find_days *ret_days)
{
    struct vc_reader r = vc_reader(value);
    struct vc_find_days days = {0};
    uint8_t version = vc_read_u8(&r);
    uint8_t count = vc_read_u8(&r);

    if (version < 1 || version > VC_FIND_ROW_VERSION || count > VC_FIND_DAYS_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    while (days.count < count) {
        struct vc_find_day day;

        day.epoch = vc_read_u32(&r);
        day.taken = vc_read_u64(&r);
        day.said = version == 1 ? 0 : vc_read_u64(&r);
        if (day.taken == 0 || has_epoch(&days, day.epoch)) {
            return VC_ERR_STORE_DAMAGED;
        }
        days.days[days.count++] = day;
    }
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_days = days;
    return VC_OK;
}

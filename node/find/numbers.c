/*
 * Numbers of records.  Of two records at one place the holders keep that with the greater
 * number, and of two with one number the first: so a number that was given away must not be
 * forgotten, or what is published next is refused.  Each number is durable before it is used,
 * some of them in advance.
 *
 * They are kept for each day, as a clock that was wrong by years would else take numbers that
 * nobody accepts later.
 */
#include <string.h>

#include "node/find/machine.h"

vc_err vc_find_numbers_load(struct vc_find *find)
{
    struct vc_find_days days;
    struct vc_bytes value;
    vc_err err =
        vc_store_get(find->cfg.store, VC_TABLE_SETTING, vc_find_days_key(), &value);

    if (err != VC_OK) {
        return err == VC_ERR_NOT_FOUND ? VC_OK : err;
    }
    err = vc_find_days_read(value, &days);
    if (err != VC_OK) {
        return err;
    }
    for (uint8_t i = 0; i < days.count; i++) {
        find->counts[i] = (struct vc_find_count){.day = days.days[i],
                                                 .durable = days.days[i].taken,
                                                 .before = days.days[i].taken};
    }
    find->count_count = days.count;
    return VC_OK;
}

static struct vc_find_count *count_of(struct vc_find *find, uint32_t epoch)
{
    for (uint8_t i = 0; i < find->count_count; i++) {
        if (find->counts[i].day.epoch == epoch) {
            return &find->counts[i];
        }
    }
    return NULL;
}

/* The day comes to the front; the last one gives way. */
static struct vc_find_count *bring_forward(struct vc_find *find, uint32_t epoch)
{
    struct vc_find_count *known = count_of(find, epoch);
    struct vc_find_count count = {.day = {.epoch = epoch}};
    size_t before;

    if (known != NULL) {
        count = *known;
        before = (size_t)(known - find->counts);
    } else {
        if (find->count_count < VC_FIND_DAYS_MAX) {
            find->count_count++;
        }
        before = find->count_count - 1u;
    }
    memmove(&find->counts[1], &find->counts[0], before * sizeof find->counts[0]);
    find->counts[0] = count;
    return &find->counts[0];
}

/* The row, with what the days are now. */
static void write_days(struct vc_find *find)
{
    uint8_t room[VC_FIND_DAYS_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_find_days days = {0};

    for (uint8_t i = 0; i < find->count_count; i++) {
        if (find->counts[i].day.taken > 0) {
            days.days[days.count++] = find->counts[i].day;
        }
    }
    vc_find_days_write(&w, &days);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    vc_store_put(find->cfg.store, VC_TABLE_SETTING, vc_find_days_key(),
                 vc_writer_bytes(&w));
    find->numbers_ticket = VC_FIND_TICKET_OPEN;
    find->has_written = true;
}

static vc_err reserve_days(struct vc_find *find)
{
    return vc_store_reserve(find->cfg.store, 1 + VC_FIND_SPARE_OPS,
                            vc_find_days_key().len + VC_FIND_DAYS_ROW_MAX +
                                VC_FIND_SPARE_BYTES);
}

static vc_err take(struct vc_find *find, uint32_t epoch, uint64_t number)
{
    vc_err err = reserve_days(find);

    if (err == VC_OK) {
        bring_forward(find, epoch)->day.taken = number + VC_FIND_NUMBERS_AHEAD - 1;
        write_days(find);
    }
    return err;
}

uint64_t vc_find_said(struct vc_find *find, uint32_t epoch)
{
    const struct vc_find_count *count = count_of(find, epoch);

    return count != NULL ? count->day.said : 0;
}

void vc_find_say(struct vc_find *find, uint32_t epoch, uint64_t mark)
{
    struct vc_find_count *count = count_of(find, epoch);

    /* Without room it is not kept, and the next life says it at once. */
    if (count != NULL && count->day.taken > 0 && count->day.said != mark &&
        reserve_days(find) == VC_OK) {
        count->day.said = mark;
        write_days(find);
    }
}

/*
 * The greatest number that somebody may hold.  One that is so far ahead that every node refuses it
 * was given while our clock was wrong; to go on from there would mean that nobody takes our records
 * for the rest of the day.  It goes on above all that a clock that is right has given.
 */
static uint64_t held_at_most(const struct vc_find *find, vc_ms unix_ms, uint64_t number)
{
    vc_ms latest = unix_ms + VC_DHT_SEQ_AHEAD_MS + VC_FIND_CLOCK_OFF_MS;

    if (!find->has_date || number <= latest) {
        return number;
    }
    return unix_ms - unix_ms % VC_DHT_SEQ_STEP_MS + VC_DHT_SEQ_STEP_MS - 1;
}

vc_err vc_find_number_next(struct vc_find *find, vc_ms unix_ms, uint32_t epoch,
                           uint64_t last, uint64_t *ret_number)
{
    const struct vc_find_count *count = count_of(find, epoch);
    uint64_t before = count != NULL ? held_at_most(find, unix_ms, count->before) : 0;
    uint64_t number;
    vc_err err = VC_OK;

    last = held_at_most(find, unix_ms, last);
    last = last < before ? before : last;
    number = vc_dht_record_next_seq(last, unix_ms);
    if (count != NULL && number <= count->durable) {
        *ret_number = number;
        return VC_OK;
    }
    if (count == NULL || number > count->day.taken) {
        err = take(find, epoch, number);
    }
    return err == VC_OK ? VC_ERR_BUSY : err;
}

uint64_t vc_find_numbers_taken(struct vc_find *find, uint32_t epoch)
{
    const struct vc_find_count *count = count_of(find, epoch);

    return count != NULL ? count->day.taken : 0;
}

void vc_find_numbers_raise(struct vc_find *find, uint32_t epoch, uint64_t number)
{
    struct vc_find_count *count = bring_forward(find, epoch);

    if (count->before < number) {
        count->before = number;
    }
}

void vc_find_submitted(struct vc_find *find, uint64_t ticket)
{
    if (find->numbers_ticket == VC_FIND_TICKET_OPEN) {
        find->numbers_ticket = ticket;
    }
}

void vc_find_committed(struct vc_find *find, const struct vc_now *now, uint64_t ticket)
{
    if (find->numbers_ticket == 0 || find->numbers_ticket > ticket) {
        return;
    }
    find->numbers_ticket = 0;
    for (uint8_t i = 0; i < find->count_count; i++) {
        find->counts[i].durable = find->counts[i].day.taken;
    }
    vc_find_notices_wake(find, now->mono);
}

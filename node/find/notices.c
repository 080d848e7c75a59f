/*
 * What is to stand in the DHT, and when it is published: today's record as soon as there is
 * something to say and when that changes, tomorrow's some time before midnight.
 */
#include <string.h>

#include "node/find/machine.h"

#define DAY_MS ((vc_ms)VC_EPOCH_S * 1000)

/* At random, and the later the more there are before it. */
static vc_ms first_due(struct vc_find *find, const struct vc_find_notice *notice)
{
    uint32_t index = (uint32_t)(notice - find->notices);
    uint32_t spread = (index + 1) * VC_FIND_SPREAD_MS;

    return vc_ms_after(find->began_at,
                       vc_rng_below(&find->rng, spread < VC_FIND_SPREAD_MAX_MS
                                                    ? spread
                                                    : VC_FIND_SPREAD_MAX_MS));
}

static struct vc_find_notice *begin(struct vc_find *find, enum vc_find_notice_kind kind)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        struct vc_find_notice *notice = &find->notices[i];

        if (notice->kind != VC_FIND_NOTICE_FREE) {
            continue;
        }
        memset(notice, 0, sizeof *notice);
        notice->kind = kind;
        notice->expires_at = VC_NEVER;
        for (size_t n = 0; n < 2; n++) {
            vc_find_unpost(find, &notice->posts[n]);
        }
        notice->ahead_ms = VC_DHT_RECORD_AHEAD_S * 1000u -
                           vc_rng_below(&find->rng, VC_FIND_AHEAD_SPREAD_MS);
        notice->due_at = first_due(find, notice);
        return notice;
    }
    return NULL;
}

static void end(struct vc_find *find, struct vc_find_notice *notice)
{
    for (size_t n = 0; n < 2; n++) {
        vc_find_unpost(find, &notice->posts[n]);
    }
    vc_wipe(notice, sizeof *notice);
}

void vc_find_notices_init(struct vc_find *find, const struct vc_now *now)
{
    find->same_at =
        vc_ms_after(find->began_at, vc_rng_below(&find->rng, VC_FIND_SAME_SPREAD_MS));
    find->epoch = vc_dht_epoch_of(vc_find_date(find, now));
    (void)begin(find, VC_FIND_NOTICE_SELF);
}

void vc_find_notices_deinit(struct vc_find *find)
{
    vc_wipe(find->notices, sizeof find->notices);
}

void vc_find_invite_put(struct vc_find *find, const struct vc_now *now, uint32_t invite,
                        const struct vc_id16 *secret, vc_ms expires_at)
{
    struct vc_find_notice *notice;
    size_t count = 0;

    (void)now;
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        const struct vc_find_notice *known = &find->notices[i];

        if (known->kind == VC_FIND_NOTICE_INVITE) {
            count++;
            if (known->invite == invite) {
                return;
            }
        }
    }
    notice = count < VC_FIND_INVITES_MAX ? begin(find, VC_FIND_NOTICE_INVITE) : NULL;
    if (notice != NULL) {
        notice->invite = invite;
        notice->secret = *secret;
        notice->expires_at = expires_at;
    }
}

void vc_find_invite_remove(struct vc_find *find, uint32_t invite)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        struct vc_find_notice *notice = &find->notices[i];

        if (notice->kind == VC_FIND_NOTICE_INVITE && notice->invite == invite) {
            end(find, notice);
        }
    }
}

void vc_find_forward_put(struct vc_find *find, const struct vc_now *now,
                         const struct vc_forward *forward,
                         const struct vc_sign_secret *old_secret)
{
    struct vc_find_notice *notice;

    (void)now;
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        if (find->notices[i].kind == VC_FIND_NOTICE_FORWARD &&
            memcmp(find->notices[i].forward.sig.b, forward->sig.b,
                   sizeof forward->sig.b) == 0) {
            return;
        }
    }
    notice = begin(find, VC_FIND_NOTICE_FORWARD);
    if (notice != NULL) {
        notice->forward = *forward;
        notice->old_secret = *old_secret;
        notice->expires_at = (vc_ms)forward->until * 1000;
    }
}

void vc_find_notices_wake(struct vc_find *find, vc_ms at)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        struct vc_find_notice *notice = &find->notices[i];

        /* Not before its first time, which is spread after the start. */
        if (notice->kind != VC_FIND_NOTICE_FREE && notice->is_begun) {
            notice->due_at = vc_ms_min(notice->due_at, at);
        }
    }
}

/* Does a record of an earlier life stand there that says the same?  Many nodes hold it, unless
 * they are few. */
static bool is_left(struct vc_find *find, const struct vc_now *now,
                    const struct vc_find_notice *notice,
                    const struct vc_find_post *post, uint64_t mark)
{
    struct vc_dht_status status;

    if (notice->kind != VC_FIND_NOTICE_SELF || post->is_posted ||
        vc_find_said(find, post->epoch) != mark) {
        return false;
    }
    vc_dht_status(find->cfg.dht, now, &status);
    return status.network_size >= VC_FIND_SAME_NODES;
}

/* Publishes for one day what is not published yet; gives when to look again. */
static vc_ms look_at_day(struct vc_find *find, const struct vc_now *now,
                         struct vc_find_notice *notice, uint32_t epoch)
{
    struct vc_find_post *post = &notice->posts[epoch & 1];
    uint64_t mark;
    vc_err err;

    if (post->epoch != epoch) {
        vc_find_unpost(find, post);
        post->epoch = epoch;
    }
    if (!vc_find_notice_mark(find, notice, &mark)) {
        return VC_NEVER;
    }
    if (post->is_posted && post->mark == mark && post->again_at > now->mono) {
        return post->again_at;
    }
    post->is_left = find->same_at > now->mono && is_left(find, now, notice, post, mark);
    if (post->is_left) {
        return find->same_at;
    }
    if (post->posted_before_at != VC_NEVER &&
        vc_ms_after(post->posted_before_at, VC_FIND_EVERY_MS) > now->mono) {
        return vc_ms_after(post->posted_before_at, VC_FIND_EVERY_MS);
    }
    err = vc_find_post(find, now, notice, post, mark);
    /* Its number comes with a commit, which wakes all. */
    return err == VC_OK || err == VC_ERR_BUSY
               ? VC_NEVER
               : vc_ms_after(now->mono, VC_FIND_AGAIN_MS);
}

static void look_at(struct vc_find *find, const struct vc_now *now,
                    struct vc_find_notice *notice)
{
    vc_ms date = vc_find_date(find, now);
    uint32_t today = vc_dht_epoch_of(date);
    vc_ms to_midnight = DAY_MS - date % DAY_MS, due;

    notice->is_begun = true;
    notice->due_at = VC_NEVER;
    if (notice->expires_at != VC_NEVER && date > notice->expires_at) {
        end(find, notice);
        return;
    }
    if (!find->is_joined) {
        return; /* it wakes all */
    }
    if (find->settle_at > now->mono) {
        notice->due_at = find->settle_at;
        return;
    }
    due = vc_ms_after(now->mono, to_midnight);
    due = vc_ms_min(due, look_at_day(find, now, notice, today));
    if (to_midnight <= notice->ahead_ms) {
        due = vc_ms_min(due, look_at_day(find, now, notice, today + 1));
    } else {
        due = vc_ms_min(due, vc_ms_after(now->mono, to_midnight - notice->ahead_ms));
    }
    if (notice->expires_at != VC_NEVER) {
        due = vc_ms_min(due, vc_ms_after(now->mono, notice->expires_at - date + 1));
    }
    notice->due_at = due;
}

void vc_find_notices_tick(struct vc_find *find, const struct vc_now *now)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        struct vc_find_notice *notice = &find->notices[i];

        if (notice->kind != VC_FIND_NOTICE_FREE && notice->due_at <= now->mono) {
            look_at(find, now, notice);
        }
    }
}

vc_ms vc_find_notices_due(const struct vc_find *find)
{
    vc_ms due = VC_NEVER;

    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        if (find->notices[i].kind != VC_FIND_NOTICE_FREE) {
            due = vc_ms_min(due, find->notices[i].due_at);
        }
    }
    return due;
}

static struct vc_find_post *post_at(struct vc_find *find, const struct vc_hash32 *place)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        for (size_t n = 0; n < 2; n++) {
            struct vc_find_post *post = &find->notices[i].posts[n];

            if (post->is_posted &&
                memcmp(post->place.b, place->b, sizeof place->b) == 0) {
                return post;
            }
        }
    }
    return NULL;
}

/* What was put under numbers that are not good. */
static void post_all_again(struct vc_find *find, uint32_t epoch, uint64_t number)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        struct vc_find_post *post = &find->notices[i].posts[epoch & 1];

        if (post->is_posted && post->epoch == epoch && post->number <= number) {
            post->again_at = 0;
        }
    }
}

/* A record that nobody has taken is put again soon, some times; then the DHT goes on alone. */
static void plan_again(struct vc_find *find, const struct vc_now *now,
                       struct vc_find_post *post)
{
    if (post->failures >= VC_FIND_AGAIN_TRIES) {
        return;
    }
    post->again_at =
        vc_ms_after(now->mono, (vc_ms)VC_FIND_AGAIN_MS << post->failures++);
    vc_find_notices_wake(find, post->again_at);
}

/*
 * Is it ours, the first record after a start, then it is looked for, once: when the store was put
 * back to an older state, there may be one with a greater number, and nobody takes ours.
 */
static void check(struct vc_find *find, const struct vc_now *now,
                  const struct vc_find_post *post)
{
    const struct vc_find_notice *self = &find->notices[0];

    if (find->is_checked || (post != &self->posts[0] && post != &self->posts[1])) {
        return;
    }
    find->is_checked =
        vc_dht_get(find->cfg.dht, now, &post->place, &find->check_ask) == VC_OK;
}

/* What the device's own record says stands somewhere now. */
static void say(struct vc_find *find, const struct vc_find_post *post)
{
    const struct vc_find_notice *self = &find->notices[0];

    if (post == &self->posts[0] || post == &self->posts[1]) {
        vc_find_say(find, post->epoch, post->mark);
    }
}

void vc_find_notices_kept(struct vc_find *find, const struct vc_now *now,
                          const struct vc_dht_output *output)
{
    struct vc_find_post *post = post_at(find, &output->place);

    if (post == NULL) {
        return;
    }
    post->holders = output->holders;
    if (output->holders > 0) {
        say(find, post);
        post->failures = 0;
        post->failure = VC_OK;
    }
    if (output->kind == VC_DHT_DONE) {
        post->failure = output->reason;
        if (output->reason != VC_OK && output->holders == 0) {
            plan_again(find, now, post);
        } else {
            check(find, now, post);
        }
    }
}

void vc_find_notices_checked(struct vc_find *find, const struct vc_now *now,
                             struct vc_bytes bytes)
{
    const struct vc_find_notice *self = &find->notices[0];
    struct vc_dht_record record;
    struct vc_hash32 place;
    uint32_t epoch;

    if (vc_dht_record_read(bytes, &record) != VC_OK) {
        return;
    }
    vc_dht_record_place(&place, &record);
    for (size_t n = 0; n < 2; n++) {
        if (memcmp(self->posts[n].place.b, place.b, sizeof place.b) == 0 &&
            self->posts[n].number < record.seq) {
            epoch = self->posts[n].epoch;
            vc_find_numbers_raise(find, epoch, record.seq);
            post_all_again(find, epoch, record.seq);
            vc_find_notices_wake(find, now->mono);
        }
    }
}

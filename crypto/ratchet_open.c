/*
 * crypto/SPEC.md, "Ratchet": how a frame is opened, and which keys are kept.
 *
 * A text is opened before anything is changed; what comes after it cannot fail.
 */
#include <string.h>

#include "crypto/ratchet.h"
#include "crypto/ratchet_step.h"

/* Gives out the keys of @from..end-1 of @chain, which goes on to @end. */
static void skip(struct vc_secret32 *chain, struct vc_ratchet_place from, uint32_t end,
                 struct vc_ratchet_skipped *ret_skipped)
{
    for (; from.n < end; from.n++, ret_skipped++) {
        ret_skipped->place = from;
        vc_ratchet_chain_step(chain, &ret_skipped->key);
    }
}

static uint32_t days_after(uint32_t today)
{
    return today > UINT32_MAX - VC_RATCHET_SKIPPED_DAYS
               ? UINT32_MAX
               : today + VC_RATCHET_SKIPPED_DAYS;
}

static void add_rows(struct vc_ratchet_rows *rows, struct vc_ratchet_place from,
                     uint32_t end, uint32_t today)
{
    if (from.n >= end) {
        return;
    }
    if (rows->left == 0) {
        rows->chain = from.chain;
        rows->first = from.n;
    }
    rows->end = end;
    rows->left += end - from.n;
    rows->until_day = days_after(today);
}

static void forget(struct vc_ratchet_rows *rows, struct vc_ratchet_change *change)
{
    VC_CHECK(change->forgotten_count <= VC_RATCHET_CHAINS_MAX);
    change->forgotten[change->forgotten_count++] = *rows;
    *rows = (struct vc_ratchet_rows){0};
}

static void remove_old(struct vc_ratchet *ratchet, uint8_t at)
{
    VC_CHECK(at < ratchet->old_count);
    ratchet->old_count--;
    memmove(&ratchet->old[at], &ratchet->old[at + 1],
            (size_t)(ratchet->old_count - at) * sizeof ratchet->old[0]);
    vc_wipe(&ratchet->old[ratchet->old_count], sizeof ratchet->old[0]);
}

static void forget_oldest(struct vc_ratchet *ratchet, struct vc_ratchet_change *change)
{
    forget(&ratchet->old[0].rows, change);
    remove_old(ratchet, 0);
}

static uint32_t count_kept(const struct vc_ratchet *ratchet)
{
    uint32_t kept = ratchet->recv_rows.left;

    for (uint8_t i = 0; i < ratchet->old_count; i++) {
        kept += ratchet->old[i].rows.left;
    }
    return kept;
}

/* @found skips keys: those of chains older than its own make room for them. */
static void make_room(struct vc_ratchet *ratchet, const struct vc_ratchet_found *found,
                      struct vc_ratchet_change *change)
{
    uint32_t skips = found->skips;

    if (skips == 0) {
        return;
    }
    while (ratchet->old_count > 0 &&
           count_kept(ratchet) + skips > VC_RATCHET_SKIPPED_MAX) {
        forget_oldest(ratchet, change);
    }
    if (count_kept(ratchet) + skips > VC_RATCHET_SKIPPED_MAX) {
        VC_CHECK(found->where == VC_RATCHET_NEXT);
        forget(&ratchet->recv_rows, change);
    }
}

/* The present chain becomes an old one, when keys of it are kept. */
static void retire_present(struct vc_ratchet *ratchet, struct vc_ratchet_change *change)
{
    struct vc_ratchet_old *old;

    if (ratchet->recv_rows.left == 0) {
        return;
    }
    if (ratchet->old_count == VC_RATCHET_CHAINS_MAX) {
        forget_oldest(ratchet, change);
    }
    old = &ratchet->old[ratchet->old_count++];
    old->rows = ratchet->recv_rows;
    old->header = ratchet->recv_header;
    ratchet->recv_rows = (struct vc_ratchet_rows){0};
}

static void end_sending(struct vc_ratchet *ratchet)
{
    if (ratchet->has_send) {
        ratchet->send_before = ratchet->send_n;
    }
    ratchet->has_send = false;
    ratchet->send_n = 0;
    ratchet->own_public = (struct vc_key32){{0}};
    vc_wipe(&ratchet->own_secret, sizeof ratchet->own_secret);
    vc_wipe(&ratchet->send_chain, sizeof ratchet->send_chain);
    vc_wipe(&ratchet->send_header, sizeof ratchet->send_header);
}

static vc_err open_kept(struct vc_ratchet *ratchet,
                        const struct vc_ratchet_found *found,
                        const struct vc_secret32 *key, struct vc_bytes frame,
                        uint8_t *ret_plain, struct vc_ratchet_change *change)
{
    bool is_old = found->where == VC_RATCHET_OLD;
    struct vc_ratchet_rows *rows =
        is_old ? &ratchet->old[found->old_at].rows : &ratchet->recv_rows;

    if (key == NULL || found->place.n < rows->first || found->place.n >= rows->end) {
        return VC_ERR_EXISTS;
    }
    if (!vc_ratchet_text_open(ret_plain, key, &ratchet->session, frame)) {
        return VC_ERR_AUTH;
    }
    change->has_used = true;
    rows->left--;
    if (rows->left == 0 && is_old) {
        remove_old(ratchet, found->old_at);
    } else if (rows->left == 0) {
        *rows = (struct vc_ratchet_rows){0};
    }
    return VC_OK;
}

static vc_err open_present(struct vc_ratchet *ratchet,
                           const struct vc_ratchet_found *found, uint32_t today,
                           struct vc_bytes frame, uint8_t *ret_plain,
                           struct vc_ratchet_skipped *ret_skipped,
                           struct vc_ratchet_change *change)
{
    struct vc_ratchet_place from = {ratchet->recv_count, ratchet->recv_n};
    struct vc_secret32 chain = ratchet->recv_chain, key;
    vc_err err = VC_ERR_AUTH;

    skip(&chain, from, found->place.n, ret_skipped);
    vc_ratchet_chain_step(&chain, &key);
    if (vc_ratchet_text_open(ret_plain, &key, &ratchet->session, frame)) {
        make_room(ratchet, found, change);
        add_rows(&ratchet->recv_rows, from, found->place.n, today);
        ratchet->recv_chain = chain;
        ratchet->recv_n = found->place.n + 1;
        err = VC_OK;
    }
    vc_wipe(&chain, sizeof chain);
    vc_wipe(&key, sizeof key);
    return err;
}

static vc_err open_next(struct vc_ratchet *ratchet,
                        const struct vc_ratchet_found *found, uint32_t today,
                        struct vc_bytes frame, uint8_t *ret_plain,
                        struct vc_ratchet_skipped *ret_skipped,
                        struct vc_ratchet_change *change)
{
    struct vc_ratchet_place rest = {ratchet->recv_count, ratchet->recv_n};
    struct vc_ratchet_place from = {found->place.chain, 0};
    struct vc_ratchet_turn turn;
    struct vc_secret32 key;
    vc_err err = VC_ERR_AUTH;

    if (!vc_ratchet_dh_step(&turn, &ratchet->root, &ratchet->own_secret, &found->key)) {
        return VC_ERR_AUTH;
    }
    /* The rest of the chain that ends stands first, and is stepped through last: a forged
     * text does not cost it. */
    skip(&turn.chain, from, found->place.n, ret_skipped + (found->before - rest.n));
    vc_ratchet_chain_step(&turn.chain, &key);
    if (vc_ratchet_text_open(ret_plain, &key, &ratchet->session, frame)) {
        skip(&ratchet->recv_chain, rest, found->before, ret_skipped);
        make_room(ratchet, found, change);
        add_rows(&ratchet->recv_rows, rest, found->before, today);
        retire_present(ratchet, change);
        add_rows(&ratchet->recv_rows, from, found->place.n, today);
        ratchet->root = turn.root;
        ratchet->peer_public = found->key;
        ratchet->recv_header = ratchet->recv_next;
        ratchet->recv_next = turn.header;
        ratchet->recv_chain = turn.chain;
        ratchet->recv_n = found->place.n + 1;
        ratchet->recv_count = found->place.chain;
        ratchet->has_recv = true;
        end_sending(ratchet);
        err = VC_OK;
    }
    vc_wipe(&turn, sizeof turn);
    vc_wipe(&key, sizeof key);
    return err;
}

/* Was @found made by this state and not by one that has gone on since? */
static bool is_found_here(const struct vc_ratchet *ratchet,
                          const struct vc_ratchet_found *found)
{
    switch (found->where) {
    case VC_RATCHET_PRESENT:
        return ratchet->has_recv && found->place.chain == ratchet->recv_count &&
               found->needs_key == (found->place.n < ratchet->recv_n) &&
               (found->needs_key || found->skips == found->place.n - ratchet->recv_n);
    case VC_RATCHET_NEXT:
        return found->place.chain == ratchet->recv_count + 1 && !found->needs_key &&
               found->skips == found->before - ratchet->recv_n + found->place.n;
    case VC_RATCHET_OLD:
        return found->needs_key && found->old_at < ratchet->old_count &&
               found->place.chain == ratchet->old[found->old_at].rows.chain;
    }
    return false;
}

vc_err vc_ratchet_open(struct vc_ratchet *ratchet, const struct vc_ratchet_found *found,
                       const struct vc_secret32 *skipped, uint32_t today,
                       struct vc_bytes frame, uint8_t *ret_plain,
                       struct vc_ratchet_skipped *ret_skipped,
                       struct vc_ratchet_change *ret_change)
{
    struct vc_ratchet_change change = {.skipped_count = found->skips};
    vc_err err;

    VC_CHECK(is_found_here(ratchet, found));
    if (found->needs_key) {
        err = open_kept(ratchet, found, skipped, frame, ret_plain, &change);
    } else if (found->where == VC_RATCHET_PRESENT) {
        err =
            open_present(ratchet, found, today, frame, ret_plain, ret_skipped, &change);
    } else {
        err = open_next(ratchet, found, today, frame, ret_plain, ret_skipped, &change);
    }
    if (err == VC_OK) {
        *ret_change = change;
    } else if (found->skips > 0) {
        vc_wipe(ret_skipped, found->skips * sizeof *ret_skipped);
    }
    return err;
}

void vc_ratchet_expire(struct vc_ratchet *ratchet, uint32_t today,
                       struct vc_ratchet_change *ret_change)
{
    struct vc_ratchet_change change = {0};

    for (uint8_t i = 0; i < ratchet->old_count;) {
        if (today < ratchet->old[i].rows.until_day) {
            i++;
            continue;
        }
        forget(&ratchet->old[i].rows, &change);
        remove_old(ratchet, i);
    }
    if (ratchet->recv_rows.left > 0 && today >= ratchet->recv_rows.until_day) {
        forget(&ratchet->recv_rows, &change);
    }
    *ret_change = change;
}

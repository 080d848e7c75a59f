/*
 * crypto/SPEC.md, "Stored session".
 *
 * Only what is set is written, so that a state has one encoding.  The own public key is
 * written although the private one gives it: a point multiplication would be most of what
 * reading a session costs.
 */
#include <string.h>

#include "crypto/ratchet.h"

#define STORED_VERSION 1
#define ROWS_LEN       16 /* left, first, end, until_day */
#define OLD_LEN        (4 + ROWS_LEN + 64)

_Static_assert(VC_RATCHET_ENCODED_MAX >= 3 + 16 + 32 + 2 * 64 + 3 * 4 + 1 /* always */
                                             + 3 * 32 + 64 + 4            /* sending */
                                             + 2 * 32 + 64 + 4 +
                                             ROWS_LEN /* receiving */
                                             + VC_RATCHET_CHAINS_MAX * OLD_LEN,
               "the longest state");

/* The private half is needed to receive: until the first frame, and again when a chain has
 * been begun with it. */
static bool has_own(const struct vc_ratchet *ratchet)
{
    return ratchet->has_send || !ratchet->has_recv;
}

static void write_header_key(struct vc_writer *w, const struct vc_siv_key *key)
{
    vc_write_copy(w, key->mac.b, sizeof key->mac.b);
    vc_write_copy(w, key->enc.b, sizeof key->enc.b);
}

static void read_header_key(struct vc_reader *r, struct vc_siv_key *ret_key)
{
    vc_read_copy(r, ret_key->mac.b, sizeof ret_key->mac.b);
    vc_read_copy(r, ret_key->enc.b, sizeof ret_key->enc.b);
}

/* All but the chain, which stands elsewhere. */
static void write_rows(struct vc_writer *w, const struct vc_ratchet_rows *rows)
{
    vc_write_u32(w, rows->left);
    if (rows->left > 0) {
        vc_write_u32(w, rows->first);
        vc_write_u32(w, rows->end);
        vc_write_u32(w, rows->until_day);
    }
}

static void read_rows(struct vc_reader *r, uint32_t chain,
                      struct vc_ratchet_rows *ret_rows)
{
    struct vc_ratchet_rows rows = {.chain = chain, .left = vc_read_u32(r)};

    if (rows.left == 0) {
        return;
    }
    rows.first = vc_read_u32(r);
    rows.end = vc_read_u32(r);
    rows.until_day = vc_read_u32(r);
    if (rows.end <= rows.first || rows.left > rows.end - rows.first) {
        vc_reader_fail(r);
    }
    *ret_rows = rows;
}

void vc_ratchet_write(struct vc_writer *w, const struct vc_ratchet *ratchet)
{
    vc_write_u8(w, STORED_VERSION);
    vc_write_u8(w, ratchet->has_send ? 1 : 0);
    vc_write_u8(w, ratchet->has_recv ? 1 : 0);
    vc_write_copy(w, ratchet->session.b, sizeof ratchet->session.b);
    vc_write_copy(w, ratchet->root.b, sizeof ratchet->root.b);
    if (has_own(ratchet)) {
        vc_write_copy(w, ratchet->own_secret.b, sizeof ratchet->own_secret.b);
    }
    vc_write_u32(w, ratchet->send_count);
    vc_write_u32(w, ratchet->send_before);
    if (ratchet->has_send) {
        vc_write_copy(w, ratchet->own_public.b, sizeof ratchet->own_public.b);
        vc_write_copy(w, ratchet->send_chain.b, sizeof ratchet->send_chain.b);
        write_header_key(w, &ratchet->send_header);
        vc_write_u32(w, ratchet->send_n);
    }
    write_header_key(w, &ratchet->send_next);
    vc_write_u32(w, ratchet->recv_count);
    if (ratchet->has_recv) {
        vc_write_copy(w, ratchet->peer_public.b, sizeof ratchet->peer_public.b);
        vc_write_copy(w, ratchet->recv_chain.b, sizeof ratchet->recv_chain.b);
        write_header_key(w, &ratchet->recv_header);
        vc_write_u32(w, ratchet->recv_n);
        write_rows(w, &ratchet->recv_rows);
    }
    write_header_key(w, &ratchet->recv_next);
    vc_write_u8(w, ratchet->old_count);
    for (uint8_t i = 0; i < ratchet->old_count; i++) {
        vc_write_u32(w, ratchet->old[i].rows.chain);
        write_rows(w, &ratchet->old[i].rows);
        write_header_key(w, &ratchet->old[i].header);
    }
}

static bool read_flag(struct vc_reader *r)
{
    uint8_t flag = vc_read_u8(r);

    if (flag > 1) {
        vc_reader_fail(r);
    }
    return flag == 1;
}

static void read_sending(struct vc_reader *r, struct vc_ratchet *ratchet)
{
    if (has_own(ratchet)) {
        vc_read_copy(r, ratchet->own_secret.b, sizeof ratchet->own_secret.b);
    }
    ratchet->send_count = vc_read_u32(r);
    ratchet->send_before = vc_read_u32(r);
    if (ratchet->has_send) {
        vc_read_copy(r, ratchet->own_public.b, sizeof ratchet->own_public.b);
        vc_read_copy(r, ratchet->send_chain.b, sizeof ratchet->send_chain.b);
        read_header_key(r, &ratchet->send_header);
        ratchet->send_n = vc_read_u32(r);
    }
    read_header_key(r, &ratchet->send_next);
}

static void read_receiving(struct vc_reader *r, struct vc_ratchet *ratchet)
{
    ratchet->recv_count = vc_read_u32(r);
    if (ratchet->has_recv) {
        vc_read_copy(r, ratchet->peer_public.b, sizeof ratchet->peer_public.b);
        vc_read_copy(r, ratchet->recv_chain.b, sizeof ratchet->recv_chain.b);
        read_header_key(r, &ratchet->recv_header);
        ratchet->recv_n = vc_read_u32(r);
        read_rows(r, ratchet->recv_count, &ratchet->recv_rows);
    }
    read_header_key(r, &ratchet->recv_next);
}

static void read_old(struct vc_reader *r, struct vc_ratchet *ratchet)
{
    ratchet->old_count = vc_read_u8(r);
    if (ratchet->old_count > VC_RATCHET_CHAINS_MAX) {
        vc_reader_fail(r);
        ratchet->old_count = 0;
    }
    for (uint8_t i = 0; i < ratchet->old_count; i++) {
        uint32_t chain = vc_read_u32(r);

        read_rows(r, chain, &ratchet->old[i].rows);
        read_header_key(r, &ratchet->old[i].header);
    }
}

/* The two sides begin chains in turn, so the counts of a state are never far apart. */
static bool are_counts_right(const struct vc_ratchet *ratchet)
{
    uint32_t sent = ratchet->send_count, received = ratchet->recv_count;

    if (ratchet->has_recv != (received > 0) || (ratchet->has_send && sent == 0)) {
        return false;
    }
    if (sent < 2 && ratchet->has_send && ratchet->send_before != 0) {
        return false; /* no chain was before */
    }
    if (sent == 0 && ratchet->send_before != 0) {
        return false;
    }
    return ratchet->has_send ? sent - received <= 1 : received - sent <= 1;
}

static bool are_rows_right(const struct vc_ratchet *ratchet)
{
    uint32_t chain = 0, kept = ratchet->recv_rows.left;

    /* The highest number that came has opened. */
    if (kept > VC_RATCHET_SKIPPED_MAX ||
        (ratchet->has_recv && ratchet->recv_rows.end >= ratchet->recv_n)) {
        return false;
    }
    for (uint8_t i = 0; i < ratchet->old_count; i++) {
        const struct vc_ratchet_rows *rows = &ratchet->old[i].rows;

        if (rows->left == 0 || rows->left > VC_RATCHET_SKIPPED_MAX - kept ||
            rows->chain <= chain || rows->chain >= ratchet->recv_count) {
            return false;
        }
        kept += rows->left;
        chain = rows->chain;
    }
    return true;
}

vc_err vc_ratchet_read(struct vc_reader *r, struct vc_ratchet *ret_ratchet)
{
    struct vc_ratchet ratchet;
    vc_err err;

    memset(&ratchet, 0, sizeof ratchet);
    if (vc_read_u8(r) != STORED_VERSION) {
        vc_reader_fail(r);
    }
    ratchet.has_send = read_flag(r);
    ratchet.has_recv = read_flag(r);
    vc_read_copy(r, ratchet.session.b, sizeof ratchet.session.b);
    vc_read_copy(r, ratchet.root.b, sizeof ratchet.root.b);
    read_sending(r, &ratchet);
    read_receiving(r, &ratchet);
    read_old(r, &ratchet);
    if (!are_counts_right(&ratchet) || !are_rows_right(&ratchet)) {
        vc_reader_fail(r);
    }
    err = vc_reader_end(r);
    if (err == VC_OK) {
        *ret_ratchet = ratchet;
    }
    vc_ratchet_wipe(&ratchet);
    return err;
}

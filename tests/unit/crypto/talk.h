/*
 * Two ends of a session with the rows that their callers keep: what the tests of the ratchet
 * talk with.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_TALK_H
#define VC_TESTS_UNIT_CRYPTO_TALK_H

#include <string.h>

#include "crypto/ratchet.h"
#include "tests/unit/crypto/checks.h"

#define TALK_TEXT_MAX 64
#define TALK_DAY      20000 /* some day of 2024 */

struct talk_side {
    struct vc_ratchet ratchet;
    struct vc_ratchet_skipped rows[VC_RATCHET_SKIPPED_MAX];
    size_t row_count;
    uint32_t today;
    uint32_t fresh; /* counts the ratchet keys that were made */
    struct vc_ratchet_change change;
};

struct talk_frame {
    uint8_t bytes[VC_RATCHET_OVERHEAD + TALK_TEXT_MAX];
    size_t len;
    struct vc_ratchet_place place;
};

struct talk_state {
    uint8_t bytes[VC_RATCHET_ENCODED_MAX];
    size_t len;
};

static inline struct vc_bytes talk_bytes(const struct talk_frame *frame)
{
    return (struct vc_bytes){frame->bytes, frame->len};
}

/* What a session's opening would give. */
static inline void talk_keys(struct vc_session_keys *ret_keys, uint8_t which)
{
    memset(&ret_keys->id, 0x10 + which, sizeof ret_keys->id);
    memset(&ret_keys->root, 0x20 + which, sizeof ret_keys->root);
    memset(ret_keys->to_recipient, 0x30 + which, sizeof ret_keys->to_recipient);
    memset(ret_keys->to_initiator, 0x40 + which, sizeof ret_keys->to_initiator);
}

static inline void talk_begin(struct talk_side *alice, struct talk_side *bob,
                              uint8_t which)
{
    struct vc_session_keys keys;
    struct vc_secret32 prekey = {{0x50, which}}, own = {{0x60, which}};
    struct vc_key32 prekey_public;

    talk_keys(&keys, which);
    vc_dh_public(&prekey_public, &prekey);
    memset(alice, 0, sizeof *alice);
    memset(bob, 0, sizeof *bob);
    alice->today = bob->today = TALK_DAY;
    alice->fresh = 1000;
    assert_int_equal(
        vc_ratchet_init_initiator(&alice->ratchet, &keys, &prekey_public, &own), VC_OK);
    vc_ratchet_init_recipient(&bob->ratchet, &keys, &prekey);
}

static inline void talk_save(const struct talk_side *side, struct talk_state *ret_state)
{
    struct vc_writer w = vc_writer(ret_state->bytes, sizeof ret_state->bytes);

    vc_ratchet_write(&w, &side->ratchet);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    ret_state->len = vc_writer_bytes(&w).len;
}

static inline void talk_restore(struct talk_side *side, const struct talk_state *state)
{
    struct vc_reader r = vc_reader((struct vc_bytes){state->bytes, state->len});

    assert_int_equal(vc_ratchet_read(&r, &side->ratchet), VC_OK);
}

static inline bool talk_is_same(const struct talk_state *a, const struct talk_state *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static inline vc_err talk_seal_bytes(struct talk_side *side, struct vc_bytes plain,
                                     struct talk_frame *ret_frame)
{
    struct vc_secret32 fresh = {{0x70}};
    vc_err err;

    assert_true(plain.len <= TALK_TEXT_MAX);
    side->fresh++;
    memcpy(fresh.b + 1, &side->fresh, sizeof side->fresh);
    err = vc_ratchet_seal(&side->ratchet, &fresh, plain, ret_frame->bytes,
                          &ret_frame->place);
    ret_frame->len = VC_RATCHET_OVERHEAD + plain.len;
    return err;
}

static inline void talk_seal(struct talk_side *side, const char *text,
                             struct talk_frame *ret_frame)
{
    struct vc_bytes plain = {(const uint8_t *)text, strlen(text)};

    assert_int_equal(talk_seal_bytes(side, plain, ret_frame), VC_OK);
}

static inline bool talk_is_row_of(const struct vc_ratchet_skipped *row,
                                  const struct vc_ratchet_rows *rows)
{
    return row->place.chain == rows->chain && row->place.n >= rows->first &&
           row->place.n < rows->end;
}

/* Deletes the rows of @rows: as many as the state says there are. */
static inline void talk_forget(struct talk_side *side,
                               const struct vc_ratchet_rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < side->row_count; i++) {
        if (!talk_is_row_of(&side->rows[i], rows)) {
            side->rows[kept++] = side->rows[i];
        }
    }
    assert_int_equal(side->row_count - kept, rows->left);
    side->row_count = kept;
}

static inline struct vc_ratchet_skipped *talk_row(struct talk_side *side,
                                                  struct vc_ratchet_place place)
{
    for (size_t i = side->row_count; i > 0; i--) {
        struct vc_ratchet_skipped *row = &side->rows[i - 1];
        if (row->place.n == place.n && row->place.chain == place.chain) {
            return row;
        }
    }
    return NULL;
}

static inline void talk_apply(struct talk_side *side, struct vc_ratchet_place used,
                              const struct vc_ratchet_skipped *skipped)
{
    const struct vc_ratchet_change *change = &side->change;

    if (change->has_used) {
        struct vc_ratchet_skipped *row = talk_row(side, used);
        if (row == NULL) {
            fail_msg("a row was used that is not there");
            return;
        }
        *row = side->rows[--side->row_count];
    }
    for (size_t i = 0; i < change->forgotten_count; i++) {
        talk_forget(side, &change->forgotten[i]);
    }
    assert_true(side->row_count + change->skipped_count <= VC_RATCHET_SKIPPED_MAX);
    for (size_t i = 0; i < change->skipped_count; i++) {
        side->rows[side->row_count++] = skipped[i];
    }
}

/* Finds, opens and keeps; on an error the state has not changed by a bit. */
static inline vc_err talk_open(struct talk_side *side, struct vc_bytes frame,
                               uint8_t ret_plain[TALK_TEXT_MAX],
                               struct vc_ratchet_found *ret_found)
{
    static struct vc_ratchet_skipped skipped[VC_RATCHET_GAP_MAX];
    struct talk_state before, after;
    struct vc_ratchet_skipped *row = NULL;
    vc_err err;

    talk_save(side, &before);
    err = vc_ratchet_find(&side->ratchet, frame, ret_found);
    if (err != VC_OK) {
        talk_save(side, &after);
        assert_true(talk_is_same(&before, &after));
        return err;
    }
    if (ret_found->needs_key) {
        row = talk_row(side, ret_found->place);
    }
    assert_true(ret_found->skips <= VC_RATCHET_GAP_MAX);
    memset(skipped, 0xee, ret_found->skips * sizeof skipped[0]);
    err = vc_ratchet_open(&side->ratchet, ret_found, row == NULL ? NULL : &row->key,
                          side->today, frame, ret_plain, skipped, &side->change);
    if (err == VC_OK) {
        assert_true(side->change.skipped_count == ret_found->skips);
        talk_apply(side, ret_found->place, skipped);
        return VC_OK;
    }
    talk_save(side, &after);
    assert_true(talk_is_same(&before, &after));
    assert_true(ret_found->skips == 0 ||
                vc_is_zero(skipped, ret_found->skips * sizeof skipped[0]));
    return err;
}

static inline void talk_expire(struct talk_side *side)
{
    vc_ratchet_expire(&side->ratchet, side->today, &side->change);
    assert_int_equal(side->change.skipped_count, 0);
    assert_false(side->change.has_used);
    for (size_t i = 0; i < side->change.forgotten_count; i++) {
        talk_forget(side, &side->change.forgotten[i]);
    }
}

/* What opening @frame says; the text has to be @text then. */
static inline vc_err talk_hear(struct talk_side *side, const struct talk_frame *frame,
                               const char *text)
{
    uint8_t plain[TALK_TEXT_MAX];
    struct vc_ratchet_found found;
    vc_err err = talk_open(side, talk_bytes(frame), plain, &found);

    if (err == VC_OK) {
        assert_int_equal(frame->len - VC_RATCHET_OVERHEAD, strlen(text));
        assert_memory_equal(plain, text, strlen(text));
        assert_int_equal(found.place.chain, frame->place.chain);
        assert_int_equal(found.place.n, frame->place.n);
    }
    return err;
}

/* Seals @text there and opens it here. */
static inline void talk_say(struct talk_side *from, struct talk_side *to,
                            const char *text)
{
    struct talk_frame frame;

    talk_seal(from, text, &frame);
    assert_int_equal(talk_hear(to, &frame, text), VC_OK);
}

#endif

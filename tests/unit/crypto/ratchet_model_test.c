/*
 * Random scripts of two people who seal, lose, repeat and reorder, whose processes stop in the
 * middle and whose days go by, beside a naive model: a list of what was sent and what became
 * of each frame.  Every frame opens exactly once, unless its key was given up.
 */
#include "crypto/ratchet.h"

#include "tests/support/prop.h"
#include "tests/unit/crypto/talk.h"

#define SCRIPTS    1000 /* of each kind */
#define STEPS      60
#define SENT_MAX   6000
#define CHAINS_MAX (2 * STEPS + 8)
#define BURST_MAX  1500

enum fate { UNSEEN, KEPT, OPENED, GIVEN_UP };

struct sent {
    struct talk_frame frame;
    uint32_t before; /* PN */
    uint64_t text;
    enum fate fate;
};

struct chain {
    size_t start; /* its frame 0 in the list */
    uint32_t count;
    uint32_t next; /* of the receiver */
    uint32_t kept;
    uint32_t until_day;
};

/* What one side sends, and what the other has made of it. */
struct way {
    struct talk_side *from, *to;
    struct sent sent[SENT_MAX];
    size_t sent_count;
    struct chain chains[CHAINS_MAX];
    uint32_t sent_chains;
    uint32_t present; /* of the receiver; 0: none */
};

static struct talk_side alice, bob;
static struct way ways[2];
static struct vc_prop prop;
static bool is_calm; /* no long bursts, no days: few limits are met */

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

static bool chance(uint32_t of)
{
    return vc_prop_below(&prop, of) == 0;
}

static uint32_t kept_in_all(const struct way *way)
{
    uint32_t kept = 0;

    for (uint32_t c = 1; c <= way->present; c++) {
        kept += way->chains[c].kept;
    }
    return kept;
}

static void keep(struct way *way, uint32_t chain, uint32_t from, uint32_t end)
{
    struct chain *c = &way->chains[chain];

    for (uint32_t n = from; n < end; n++) {
        way->sent[c->start + n].fate = KEPT;
        c->kept++;
        c->until_day = way->to->today + VC_RATCHET_SKIPPED_DAYS;
    }
}

static void give_up(struct way *way, uint32_t chain)
{
    struct chain *c = &way->chains[chain];

    for (uint32_t n = 0; n < c->count; n++) {
        struct sent *sent = &way->sent[c->start + n];
        sent->fate = sent->fate == KEPT ? GIVEN_UP : sent->fate;
    }
    c->kept = 0;
}

/* Gives up the oldest below @chain until @skips more keys have room. */
static void make_room(struct way *way, uint32_t chain, uint32_t skips)
{
    for (uint32_t c = 1; c < chain && skips > 0; c++) {
        if (kept_in_all(way) + skips <= VC_RATCHET_SKIPPED_MAX) {
            return;
        }
        give_up(way, c);
    }
}

static void limit_old_chains(struct way *way)
{
    uint32_t with_keys = 0;

    for (uint32_t c = way->present - 1; c > 0; c--) {
        with_keys += way->chains[c].kept > 0 ? 1 : 0;
        if (with_keys > VC_RATCHET_CHAINS_MAX) {
            give_up(way, c);
        }
    }
}

static uint32_t skips_of(const struct way *way, const struct sent *sent)
{
    const struct chain *present = &way->chains[way->present];
    uint32_t n = sent->frame.place.n;

    if (sent->frame.place.chain == way->present) {
        return n < present->next ? 0 : n - present->next;
    }
    return n + (way->present == 0 ? 0 : sent->before - present->next);
}

/* What must become of a frame that comes now. */
static vc_err expected_of(const struct way *way, const struct sent *sent)
{
    uint32_t chain = sent->frame.place.chain, skips;

    if (chain < way->present && way->chains[chain].kept == 0) {
        return VC_ERR_AUTH; /* its header key is gone */
    }
    if (chain < way->present ||
        (chain == way->present && sent->frame.place.n < way->chains[chain].next)) {
        return sent->fate == KEPT ? VC_OK : VC_ERR_EXISTS;
    }
    skips = skips_of(way, sent);
    if (skips > VC_RATCHET_GAP_MAX ||
        (chain == way->present &&
         way->chains[chain].kept + skips > VC_RATCHET_SKIPPED_MAX)) {
        return VC_ERR_FULL;
    }
    return VC_OK;
}

/* It has opened. */
static void note(struct way *way, struct sent *sent)
{
    struct vc_ratchet_place place = sent->frame.place;
    struct chain *chain = &way->chains[place.chain];
    uint32_t skips = skips_of(way, sent);

    assert_true(sent->fate == UNSEEN || sent->fate == KEPT);
    if (sent->fate == KEPT) {
        chain->kept--;
    } else if (place.chain == way->present) {
        make_room(way, place.chain, skips);
        keep(way, place.chain, chain->next, place.n);
        chain->next = place.n + 1;
    } else {
        make_room(way, place.chain, skips);
        if (way->present > 0) {
            struct chain *last = &way->chains[way->present];
            keep(way, way->present, last->next, sent->before);
            last->next = sent->before;
        }
        way->present = place.chain;
        limit_old_chains(way);
        keep(way, place.chain, 0, place.n);
        chain->next = place.n + 1;
    }
    sent->fate = OPENED;
}

static vc_err open_frame(struct way *way, const struct talk_frame *frame, uint64_t text)
{
    uint8_t plain[TALK_TEXT_MAX];
    struct vc_ratchet_found found;
    vc_err err = talk_open(way->to, talk_bytes(frame), plain, &found);

    if (err == VC_OK) {
        assert_int_equal(frame->len, VC_RATCHET_OVERHEAD + sizeof text);
        assert_memory_equal(plain, &text, sizeof text);
        assert_int_equal(found.place.chain, frame->place.chain);
        assert_int_equal(found.place.n, frame->place.n);
    }
    return err;
}

/* The process stops before it has kept what it opened: as if nothing had come. */
static void deliver_and_stop(struct way *way, const struct sent *sent)
{
    static struct talk_side before;
    struct talk_state state;

    before = *way->to;
    talk_save(way->to, &state);
    assert_int_equal(open_frame(way, &sent->frame, sent->text), expected_of(way, sent));
    *way->to = before;
    talk_restore(way->to, &state);
}

/* With one bit changed on the way. */
static void deliver_spoilt(struct way *way, const struct sent *sent)
{
    struct talk_frame spoilt = sent->frame;
    uint32_t bit = vc_prop_below(&prop, (uint32_t)(8 * spoilt.len));
    vc_err expected = expected_of(way, sent);

    if (bit < 8 * VC_RATCHET_HEADER_LEN || expected == VC_OK) {
        expected = VC_ERR_AUTH;
    }
    spoilt.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_equal(open_frame(way, &spoilt, sent->text), expected);
}

static void deliver(struct way *way, size_t index)
{
    struct sent *sent = &way->sent[index];
    vc_err expected = expected_of(way, sent);

    assert_int_equal(open_frame(way, &sent->frame, sent->text), expected);
    if (expected == VC_OK) {
        note(way, sent);
    }
    assert_int_equal(way->to->row_count, kept_in_all(way));
}

/* Something that was sent: the first that did not come, one of late, or any. */
static void deliver_some(struct way *way)
{
    uint32_t count = (uint32_t)way->sent_count, recent = count < 12 ? count : 12;
    size_t index = vc_prop_below(&prop, count == 0 ? 1 : count);

    if (count == 0) {
        return;
    }
    if (!chance(6)) {
        index = count - 1 - vc_prop_below(&prop, recent);
    }
    if (chance(3)) {
        for (index = 0; index + 1 < count && way->sent[index].fate != UNSEEN; index++) {
        }
    }
    if (chance(12)) {
        deliver_and_stop(way, &way->sent[index]);
    }
    if (chance(12)) {
        deliver_spoilt(way, &way->sent[index]);
    }
    deliver(way, index);
}

static void seal_one(struct way *way)
{
    struct sent *sent = &way->sent[way->sent_count];
    struct talk_state before;
    uint64_t text = vc_prop_u64(&prop);
    struct vc_bytes plain = {(const uint8_t *)&text, sizeof text};
    struct chain *chain;

    if (way->sent_count == SENT_MAX ||
        (!way->from->ratchet.has_send && !way->from->ratchet.has_recv)) {
        return;
    }
    if (chance(16)) { /* the process stops before it has kept what it sealed */
        talk_save(way->from, &before);
        assert_int_equal(talk_seal_bytes(way->from, plain, &sent->frame), VC_OK);
        talk_restore(way->from, &before);
    }
    assert_int_equal(talk_seal_bytes(way->from, plain, &sent->frame), VC_OK);
    if (sent->frame.place.chain > way->sent_chains) {
        way->sent_chains++;
        assert_true(way->sent_chains < CHAINS_MAX);
        way->chains[way->sent_chains] = (struct chain){.start = way->sent_count};
    }
    assert_int_equal(sent->frame.place.chain, way->sent_chains);
    chain = &way->chains[way->sent_chains];
    assert_int_equal(sent->frame.place.n, chain->count);
    chain->count++;
    sent->before = way->chains[way->sent_chains - 1].count; /* chain 0 is empty */
    sent->text = text;
    sent->fate = UNSEEN;
    way->sent_count++;
}

static void seal_some(struct way *way)
{
    uint32_t count = 1 + vc_prop_below(&prop, 4);

    if (!is_calm && chance(40)) {
        count = vc_prop_below(&prop, BURST_MAX);
    }
    while (count-- > 0) {
        seal_one(way);
    }
}

static void let_days_go_by(struct way *way)
{
    way->to->today += vc_prop_below(&prop, 12);
    talk_expire(way->to);
    for (uint32_t c = 1; c <= way->present; c++) {
        if (way->to->today >= way->chains[c].until_day) {
            give_up(way, c);
        }
    }
    assert_int_equal(way->to->row_count, kept_in_all(way));
}

static void start_again(struct talk_side *side)
{
    struct talk_state state;

    talk_save(side, &state);
    memset(&side->ratchet, 0xee, sizeof side->ratchet);
    talk_restore(side, &state);
}

static void step(struct way *way)
{
    switch (vc_prop_below(&prop, 16)) {
    case 0:
        start_again(way->to);
        break;
    case 1:
        if (!is_calm) {
            let_days_go_by(way);
        }
        break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        seal_some(way);
        break;
    default:
        deliver_some(way);
    }
}

/* All that was sent comes again, from a random place on; then what waited behind too much. */
static void deliver_all(struct way *way)
{
    for (size_t round = 0; round < 2 && way->sent_count > 0; round++) {
        size_t from = vc_prop_below(&prop, (uint32_t)way->sent_count);

        for (size_t i = 0; i < way->sent_count; i++) {
            deliver(way, (from + i) % way->sent_count);
        }
    }
    for (size_t i = 0; i < way->sent_count; i++) {
        assert_int_not_equal(way->sent[i].fate, KEPT);
        assert_true(way->sent[i].fate != UNSEEN || !is_calm);
    }
    assert_int_equal(way->to->row_count, 0);
}

static void run_script(uint8_t which)
{
    talk_begin(&alice, &bob, which);
    for (size_t i = 0; i < 2; i++) {
        ways[i].from = i == 0 ? &alice : &bob;
        ways[i].to = i == 0 ? &bob : &alice;
        ways[i].sent_count = 0;
        ways[i].sent_chains = ways[i].present = 0;
        ways[i].chains[0] = (struct chain){0};
    }
    for (size_t i = 0; i < STEPS; i++) {
        step(&ways[vc_prop_below(&prop, 2)]);
    }
    deliver_all(&ways[0]);
    deliver_all(&ways[1]);
}

static void every_frame_opens_once_unless_its_key_was_given_up(void **state)
{
    (void)state;
    prop = vc_prop_begin(__func__);
    is_calm = false;
    for (size_t i = 0; i < SCRIPTS; i++) {
        run_script((uint8_t)i);
    }
}

static void without_long_gaps_no_frame_stays_behind(void **state)
{
    (void)state;
    prop = vc_prop_begin(__func__);
    is_calm = true;
    for (size_t i = 0; i < SCRIPTS; i++) {
        run_script((uint8_t)i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_opens_once_unless_its_key_was_given_up),
        cmocka_unit_test(without_long_gaps_no_frame_stays_behind),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}

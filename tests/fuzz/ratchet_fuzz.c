/*
 * A session.  An input whose first byte is even is a stored state behind it; else the rest is
 * a script of two ends who seal, lose and repeat, and of a peer who has the header keys and
 * writes what he likes.  What is refused changes no bit; every state is read as it was written.
 */
#include <string.h>

#include "crypto/ratchet.h"
#include "crypto/ratchet_step.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 8
#define RAW_MAX  256

struct side {
    struct vc_ratchet ratchet;
    struct vc_ratchet_skipped rows[VC_RATCHET_SKIPPED_MAX];
    size_t row_count;
    uint8_t last[VC_RATCHET_OVERHEAD + TEXT_MAX]; /* that was sealed and lost */
};

struct stored {
    uint8_t bytes[VC_RATCHET_ENCODED_MAX];
    size_t len;
};

static struct side sides[2];
static uint32_t today, fresh_count;

static struct stored store(const struct vc_ratchet *ratchet)
{
    struct stored stored;
    struct vc_writer w = vc_writer(stored.bytes, sizeof stored.bytes);

    vc_ratchet_write(&w, ratchet);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    stored.len = vc_writer_bytes(&w).len;
    return stored;
}

static bool is_same(const struct stored *a, struct vc_bytes b)
{
    return a->len == b.len && memcmp(a->bytes, b.data, b.len) == 0;
}

static struct vc_bytes bytes_of(const struct stored *stored)
{
    return (struct vc_bytes){stored->bytes, stored->len};
}

static void forget(struct side *side, const struct vc_ratchet_rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < side->row_count; i++) {
        struct vc_ratchet_place place = side->rows[i].place;
        if (place.chain != rows->chain || place.n < rows->first ||
            place.n >= rows->end) {
            side->rows[kept++] = side->rows[i];
        }
    }
    VC_CHECK(side->row_count - kept == rows->left);
    side->row_count = kept;
}

static void keep(struct side *side, const struct vc_ratchet_change *change,
                 const struct vc_ratchet_skipped *skipped)
{
    struct stored stored;
    struct vc_reader r;
    struct vc_ratchet again;

    for (size_t i = 0; i < change->forgotten_count; i++) {
        forget(side, &change->forgotten[i]);
    }
    VC_CHECK(side->row_count + change->skipped_count <= VC_RATCHET_SKIPPED_MAX);
    for (size_t i = 0; i < change->skipped_count; i++) {
        side->rows[side->row_count++] = skipped[i];
    }
    stored = store(&side->ratchet);
    r = vc_reader(bytes_of(&stored));
    VC_CHECK(vc_ratchet_read(&r, &again) == VC_OK);
}

static void take(struct side *side, struct vc_bytes frame)
{
    static struct vc_ratchet_skipped skipped[VC_RATCHET_GAP_MAX];
    static uint8_t plain[RAW_MAX];
    struct stored before = store(&side->ratchet), after;
    struct vc_ratchet_change change;
    struct vc_ratchet_found found;
    const struct vc_secret32 *key = NULL;
    vc_err err = vc_ratchet_find(&side->ratchet, frame, &found);

    if (err == VC_OK) {
        for (size_t i = 0; i < side->row_count && found.needs_key; i++) {
            if (memcmp(&side->rows[i].place, &found.place, sizeof found.place) == 0) {
                key = &side->rows[i].key;
            }
        }
        err = vc_ratchet_open(&side->ratchet, &found, key, today, frame, plain, skipped,
                              &change);
    }
    if (err != VC_OK) {
        after = store(&side->ratchet);
        VC_CHECK(is_same(&before, bytes_of(&after)));
        return;
    }
    VC_CHECK(change.has_used == found.needs_key);
    if (change.has_used) {
        forget(side, &(struct vc_ratchet_rows){found.place.chain, found.place.n,
                                               found.place.n + 1, 1, 0});
    }
    keep(side, &change, skipped);
}

static void seal(struct side *side)
{
    static const uint8_t text[TEXT_MAX] = {'t', 'e', 'x', 't'};
    struct stored before = store(&side->ratchet);
    struct vc_secret32 fresh = {{0x70}};
    struct vc_ratchet_place place;
    vc_err err;

    fresh_count++;
    memcpy(fresh.b + 1, &fresh_count, sizeof fresh_count);
    err = vc_ratchet_seal(&side->ratchet, &fresh, VC_BYTES(text), side->last, &place);
    if (err != VC_OK) {
        struct stored after = store(&side->ratchet);
        VC_CHECK(is_same(&before, bytes_of(&after)));
    }
}

/* A header that @side believes, of numbers and a key out of the script. */
static void take_forged(struct side *side, struct vc_reader *r)
{
    static uint8_t frame[VC_RATCHET_OVERHEAD + TEXT_MAX];
    const struct vc_ratchet *ratchet = &side->ratchet;
    uint8_t which = vc_read_u8(r);
    struct vc_ratchet_header header = {.n = vc_read_u32(r), .before = vc_read_u32(r)};
    const struct vc_siv_key *key = &ratchet->recv_next;

    if (which % 3 == 0) {
        key = &ratchet->recv_header;
    } else if (which % 3 == 1 && ratchet->old_count > 0) {
        key = &ratchet->old[which / 3 % ratchet->old_count].header;
    }
    header.key = ratchet->peer_public;
    if (which > 127) {
        vc_read_copy(r, header.key.b, sizeof header.key.b);
    }
    if (which % 5 == 0) { /* near what is expected */
        header.n = ratchet->recv_n + header.n % 4096;
        header.before = ratchet->recv_n + header.before % 4096;
    }
    vc_ratchet_header_seal(frame, key, &ratchet->session, &header);
    take(side, VC_BYTES(frame));
}

/* A few frames that nobody gets; seldom many. */
static void lose(struct side *from, uint8_t number)
{
    uint32_t count = number < 240 ? 1 + number % 16u : 4u * number;

    while (count-- > 0) {
        seal(from);
    }
}

static void step(struct vc_reader *r)
{
    uint8_t op = vc_read_u8(r);
    struct side *from = &sides[op >> 7], *to = &sides[1 - (op >> 7)];
    struct vc_ratchet_change change;

    switch (op % 8) {
    case 0:
    case 1:
        seal(from);
        take(to, VC_BYTES(from->last));
        break;
    case 2:
        lose(from, vc_read_u8(r));
        break;
    case 3:
        take(to, VC_BYTES(from->last));
        break;
    case 4:
    case 5:
        take_forged(to, r);
        break;
    case 6:
        take(to, vc_read_bytes(r, vc_read_u8(r)));
        break;
    default:
        today += vc_read_u8(r);
        vc_ratchet_expire(&to->ratchet, today, &change);
        VC_CHECK(change.skipped_count == 0 && !change.has_used);
        keep(to, &change, NULL);
    }
}

static void run_script(struct vc_reader *r)
{
    struct vc_session_keys keys;
    const struct vc_secret32 prekey = {{5}}, own = {{6}};
    struct vc_key32 prekey_public;

    memset(&keys, 0x11, sizeof keys);
    keys.to_initiator[0] = 0x22;
    memset(sides, 0, sizeof sides);
    today = 20000;
    fresh_count = 0;
    vc_dh_public(&prekey_public, &prekey);
    VC_CHECK(vc_ratchet_init_initiator(&sides[0].ratchet, &keys, &prekey_public,
                                       &own) == VC_OK);
    vc_ratchet_init_recipient(&sides[1].ratchet, &keys, &prekey);
    while (vc_reader_left(r) > 0) {
        step(r);
    }
}

static void try_state(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_ratchet ratchet;
    struct stored again;

    if (vc_ratchet_read(&r, &ratchet) != VC_OK) {
        return;
    }
    again = store(&ratchet);
    VC_CHECK(is_same(&again, bytes));
    memset(&sides[0], 0, sizeof sides[0]);
    sides[0].ratchet = ratchet;
    take(&sides[0], bytes);
    seal(&sides[0]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});

    if (vc_read_u8(&r) % 2 == 0) {
        try_state(vc_read_rest(&r));
    } else {
        run_script(&r);
    }
    return 0;
}

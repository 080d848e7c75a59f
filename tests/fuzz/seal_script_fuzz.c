/*
 * Two devices that seal for each other, led by a script: an opcode and what it takes.  Frames
 * come in any order, twice, changed or not at all; devices crash, forget, run out of memory
 * and are put back to an older state; clocks jump.  What opens is what was sealed; what was
 * changed opens never; and no bytes of the other side reach a check.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "tests/unit/seal/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARCELS = 32, TEXT_LEN = 40, SEALS_MAX = 400 };

struct side {
    struct host host;
    struct parcel parcels[PARCELS]; /* to the other side */
    uint32_t count;                 /* of those that were sealed */
    struct vc_memory_disk *old;
};

static struct side sides[2];

/* What is sealed under a number. */
static void text_of(const struct side *side, uint64_t number, char text[TEXT_LEN + 1])
{
    size_t len = number % TEXT_LEN;

    memset(text, side == sides ? 'a' : 'b', TEXT_LEN);
    text[len] = 0;
}

static struct side *other_of(const struct side *side)
{
    return side == sides ? sides + 1 : sides;
}

static void seal(struct side *side)
{
    struct parcel *parcel = &side->parcels[side->count % PARCELS];
    char text[TEXT_LEN + 1];
    struct parcel fresh;

    if (side->count == SEALS_MAX) {
        return;
    }
    text_of(side, side->count, text);
    if (host_try_seal(&side->host, side->count, text, &fresh) == VC_OK) {
        parcel_free(parcel);
        *parcel = fresh;
        side->count++;
    }
}

static void check_opened(const struct side *from, const struct vc_opened *opened)
{
    char text[TEXT_LEN + 1];

    text_of(from, opened->number, text);
    VC_CHECK(opened->number < SEALS_MAX && opened->object.len == strlen(text));
    VC_CHECK(memcmp(opened->object.data, text, opened->object.len) == 0);
}

static void open_one(struct side *side, struct vc_reader *r, bool is_accepted)
{
    struct side *from = other_of(side);
    struct parcel *parcel = &from->parcels[vc_read_u8(r) % PARCELS];
    struct vc_opened opened;
    vc_err err = host_try_open(&side->host, parcel, &opened);

    if (err == VC_OK) {
        check_opened(from, &opened);
        if (is_accepted && vc_store_reserve(side->host.store, VC_SEAL_ACCEPT_OPS,
                                            VC_SEAL_ACCEPT_BYTES) == VC_OK) {
            vc_seal_accept(side->host.seal, &side->host.now, PEER);
        }
    }
}

static void open_changed(struct side *side, struct vc_reader *r)
{
    struct parcel *parcel = &other_of(side)->parcels[vc_read_u8(r) % PARCELS];
    uint16_t at = vc_read_u16(r);
    uint8_t bits = (uint8_t)(vc_read_u8(r) | 1);
    struct vc_opened opened;

    if (parcel->len > 0) {
        parcel->bytes[at % parcel->len] ^= bits;
        VC_CHECK(host_try_open(&side->host, parcel, &opened) != VC_OK);
        parcel->bytes[at % parcel->len] ^= bits;
    }
}

static void open_bytes(struct side *side, struct vc_reader *r)
{
    struct vc_opened opened;
    struct vc_bytes bytes = vc_read_bytes(r, vc_read_u8(r));

    VC_CHECK(vc_seal_open(side->host.seal, &side->host.now, PEER, bytes, &opened) !=
             VC_OK);
}

static void meet(struct side *side)
{
    host_meet(&side->host, &other_of(side)->host);
}

static void die(struct side *side, bool is_restored)
{
    if (is_restored && side->old != NULL) {
        host_restore(&side->host, side->old);
        side->old = NULL;
    } else {
        host_crash(&side->host);
    }
    meet(side);
}

static void keep(struct side *side)
{
    host_turn(&side->host);
    vc_memory_disk_free(side->old);
    side->old = vc_memory_disk_copy(side->host.disk);
}

static void purge(struct side *side, size_t budget)
{
    bool is_done = budget == 0;

    for (size_t left; !is_done;) {
        left = budget;
        host_turn(&side->host);
        VC_CHECK(vc_store_reserve(side->host.store, budget, budget * 64) == VC_OK);
        is_done = vc_seal_peer_purge(side->host.seal, PEER, &left);
    }
    meet(side);
}

static void pass(struct vc_reader *r)
{
    uint8_t days = vc_read_u8(r);

    for (int i = 0; i < 2; i++) {
        host_pass(&sides[i].host, days % 64 * VC_SEAL_DAY_MS / 4);
        if (days >= 128) { /* one clock jumps */
            sides[days & 1].host.now.unix_ms ^= UINT64_C(1) << 38;
        }
        vc_seal_tick(sides[i].host.seal, &sides[i].host.now);
    }
}

static void confirm(struct side *side, struct vc_reader *r)
{
    const struct parcel *parcel = &side->parcels[vc_read_u8(r) % PARCELS];

    vc_seal_confirm(side->host.seal, PEER, &parcel->session);
}

static void give_keys(struct side *side, size_t one_times)
{
    struct vc_prekey prekey;

    if (vc_seal_own_prekey(other_of(side)->host.seal, &prekey)) {
        host_give_keys(&side->host, &other_of(side)->host, one_times);
    }
}

static void step(struct vc_reader *r)
{
    uint8_t opcode = vc_read_u8(r);
    struct side *side = &sides[opcode & 1];
    struct host *host = &side->host;

    switch (opcode / 2 % 16) {
    case 0:
    case 1:
        seal(side);
        break;
    case 2:
    case 3:
        open_one(side, r, true);
        break;
    case 4:
        open_one(side, r, false);
        break;
    case 5:
        open_changed(side, r);
        break;
    case 6:
        open_bytes(side, r);
        break;
    case 7:
        host_turn(host);
        break;
    case 8:
        die(side, false);
        break;
    case 9:
        die(side, true);
        break;
    case 10:
        keep(side);
        break;
    case 11:
        host_rekey(host, vc_read_u8(r), VC_SEAL_UNOPENED);
        break;
    case 12:
        give_keys(side, vc_read_u8(r) % (VC_ONE_TIME_MAX + 1));
        break;
    case 13:
        pass(r);
        break;
    case 14:
        confirm(side, r);
        purge(side, opcode >= 224 ? vc_read_u8(r) : 0);
        break;
    default:
        host->alloc.fails_at = host->alloc.calls + 1 + opcode / 32;
        open_one(side, r, true);
        seal(side);
        host->alloc.fails_at = 0;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});

    for (int i = 0; i < 2; i++) {
        sides[i] = (struct side){.old = NULL};
        host_open(&sides[i].host, (uint8_t)(i + 1), false);
    }
    for (int i = 0; i < 2; i++) {
        meet(&sides[i]);
        give_keys(&sides[i], 2);
    }
    while (vc_reader_left(&r) > 0) {
        step(&r);
        for (int i = 0; i < 2; i++) {
            /* A batch that is nearly full is another test's business. */
            if (vc_store_reserve(sides[i].host.store, 4096, 1u << 19) != VC_OK) {
                host_turn(&sides[i].host);
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < PARCELS; j++) {
            parcel_free(&sides[i].parcels[j]);
        }
        vc_memory_disk_free(sides[i].old);
        host_close(&sides[i].host);
    }
    return 0;
}

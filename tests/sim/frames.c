/*
 * The judge of sealed bytes: two texts under one place of a session share nothing that
 * chance would not give them, the same words neither.  A store that was put back comes to
 * the same place again.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

#define RUN_MAX 8 /* equal bytes in a row: by chance once in 2^64 */

struct frame {
    struct vc_id16 session;
    struct vc_ratchet_place place;
    size_t len;
    uint8_t *bytes; /* behind the header; NULL: a free place */
};

static struct {
    struct frame *frames;
    size_t count, room;
    struct sim_world *world;
} memory;

void sim_frames_reset(struct sim_world *world)
{
    for (size_t i = 0; i < memory.room; i++) {
        free(memory.frames[i].bytes);
    }
    free(memory.frames);
    memset(&memory, 0, sizeof memory);
    memory.world = world;
}

static bool is_place_of(const struct frame *frame, const struct frame *other)
{
    return memcmp(&frame->session, &other->session, sizeof frame->session) == 0 &&
           frame->place.chain == other->place.chain && frame->place.n == other->place.n;
}

/* Its place in the table: where it is, or would be put. */
static struct frame *place_of(const struct frame *frame)
{
    uint64_t state;
    size_t at;

    memcpy(&state, frame->session.b, sizeof state); /* a session's name is random */
    state ^=
        ((uint64_t)frame->place.chain << 32 | frame->place.n) * 0x9e3779b97f4a7c15u;
    at = (size_t)sim_splitmix(&state) & (memory.room - 1);
    while (memory.frames[at].bytes != NULL && !is_place_of(&memory.frames[at], frame)) {
        at = (at + 1) & (memory.room - 1);
    }
    return &memory.frames[at];
}

static void grow(void)
{
    struct frame *old = memory.frames;
    size_t old_room = memory.room;

    memory.room = old_room == 0 ? 256 : old_room * 2;
    memory.frames = calloc(memory.room, sizeof *memory.frames);
    if (memory.frames == NULL) {
        abort();
    }
    for (size_t i = 0; i < old_room; i++) {
        if (old[i].bytes != NULL) {
            *place_of(&old[i]) = old[i];
        }
    }
    free(old);
}

static void compare(const struct frame *known, struct vc_bytes bytes)
{
    size_t len = known->len < bytes.len ? known->len : bytes.len;
    size_t equal = 0, run = 0, longest = 0;

    for (size_t i = 0; i < len; i++) {
        run = known->bytes[i] == bytes.data[i] ? run + 1 : 0;
        equal += run > 0 ? 1 : 0;
        longest = run > longest ? run : longest;
    }
    memory.world->put_backs.names_twice++;
    memory.world->put_backs.bytes += len;
    memory.world->put_backs.equal_bytes += equal;
    if (longest >= RUN_MAX || equal > len / 64 + RUN_MAX) {
        sim_complain(memory.world,
                     "two texts at one place of a session: %zu of %zu bytes are "
                     "equal",
                     equal, len);
    }
}

void sim_judge_frame(const struct vc_id16 *session, struct vc_ratchet_place place,
                     struct vc_bytes whole)
{
    struct frame frame = {.session = *session, .place = place};
    struct vc_bytes bytes = {whole.data + VC_RATCHET_HEADER_LEN,
                             whole.len - VC_RATCHET_HEADER_LEN};
    struct frame *known;

    if (memory.world == NULL) {
        return;
    }
    if (memory.count * 2 >= memory.room) {
        grow();
    }
    known = place_of(&frame);
    if (known->bytes != NULL) {
        compare(known, bytes);
        return;
    }
    frame.len = bytes.len;
    frame.bytes = malloc(bytes.len);
    if (frame.bytes == NULL) {
        abort();
    }
    memcpy(frame.bytes, bytes.data, bytes.len);
    *known = frame;
    memory.count++;
}

/* What the caller is told: session by session, in an order that makes sense to him. */
#include "node/link/machine.h"

/* Chunks that must be free before a session that met a full pool is told to go on. */
#define ROOM_AGAIN (2 * VC_LINK_CHUNKS_RESERVE)

static bool tell_object(struct vc_link *link, uint32_t session,
                        struct vc_link_output *ret_output)
{
    struct vc_session *s = &link->sessions[session];
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if (!vc_recv_stream_has_object(&s->recv[i]))
            continue;
        ret_output->kind = VC_LINK_OBJECT;
        ret_output->bytes =
            vc_recv_stream_read(&s->recv[i], &link->chunks, link->object);
        if (s->phase == VC_SESSION_UP)
            vc_session_was_read(link, session);
        return true;
    }
    return false;
}

static bool tell_up(struct vc_session *s, struct vc_link_output *ret_output)
{
    if (s->is_told || s->phase != VC_SESSION_UP)
        return false;
    s->is_told = true;
    s->is_moved = false;
    ret_output->kind = VC_LINK_UP;
    /* The caller will remember it, so rather one that is sure. */
    ret_output->addr = s->proved_addr.family != 0 ? s->proved_addr : s->addr;
    ret_output->is_join = s->is_join;
    ret_output->invite = s->invite;
    ret_output->dev_dh = s->dev_dh;
    return true;
}

static bool has_room(const struct vc_session *s)
{
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if ((s->full_streams & 1u << i) != 0 &&
            vc_send_stream_room(&s->send[i]) < VC_LINK_WINDOW / 2)
            return false;
    }
    return true;
}

static bool tell_room(struct vc_link *link, uint32_t session,
                      struct vc_link_output *ret_output)
{
    struct vc_session *s = &link->sessions[session];
    if (s->full_streams == 0 || s->phase != VC_SESSION_UP || !has_room(s))
        return false;
    if (!vc_session_may_send(link, s, VC_LINK_CHUNKS_RESERVE / 2)) {
        /* Its own acknowledgements ask again, or else whoever gives chunks back. */
        vc_fifo_push(&link->blocked, session);
        return false;
    }
    s->full_streams = 0;
    ret_output->kind = VC_LINK_WRITABLE;
    return true;
}

static bool tell_move(struct vc_session *s, struct vc_link_output *ret_output)
{
    if (!s->is_moved || s->phase != VC_SESSION_UP)
        return false;
    s->is_moved = false;
    ret_output->kind = VC_LINK_MOVED;
    ret_output->addr = s->proved_addr;
    return true;
}

static bool tell_silence(struct vc_session *s, struct vc_link_output *ret_output)
{
    if (s->is_silent == s->is_silent_told || s->phase != VC_SESSION_UP)
        return false;
    s->is_silent_told = s->is_silent;
    ret_output->kind = s->is_silent ? VC_LINK_SILENT : VC_LINK_HEARD;
    return true;
}

static bool tell_down(struct vc_link *link, uint32_t peer,
                      struct vc_link_output *ret_output)
{
    struct vc_peer *known = &link->peers[peer];
    if (!known->has_down)
        return false;
    known->has_down = false;
    ret_output->kind = VC_LINK_DOWN;
    ret_output->reason = known->down_reason;
    vc_peers_settle(link, peer);
    return true;
}

static bool tell_end(struct vc_link *link, uint32_t session,
                     struct vc_link_output *ret_output)
{
    const struct vc_session *s = &link->sessions[session];
    uint32_t peer = s->peer;
    if (s->phase != VC_SESSION_ENDED)
        return false;
    ret_output->kind = VC_LINK_DOWN;
    ret_output->reason = s->end_reason;
    vc_session_free(link, session);
    vc_peers_settle(link, peer);
    return true;
}

/* One thing about @peer; false when there is nothing. */
static bool tell(struct vc_link *link, uint32_t peer, struct vc_link_output *ret_output)
{
    *ret_output = (struct vc_link_output){.peer = link->peers[peer].number};
    if (tell_down(link, peer, ret_output))
        return true;
    uint32_t session = link->peers[peer].session;
    if (session == VC_SLOT_NONE)
        return false;
    struct vc_session *s = &link->sessions[session];
    return tell_up(s, ret_output) || tell_object(link, session, ret_output) ||
           tell_end(link, session, ret_output) || tell_move(s, ret_output) ||
           tell_silence(s, ret_output) || tell_room(link, session, ret_output);
}

/* Sessions that met a full pool are asked again, one at a time, the first first. */
static void unblock(struct vc_link *link)
{
    uint32_t session = vc_fifo_first(&link->blocked);
    if (session != VC_SLOT_NONE &&
        vc_chunks_left(&link->chunks) >= link->chunks.pool.capacity / 8 + ROOM_AGAIN) {
        vc_fifo_remove(&link->blocked, session);
        vc_peers_tell(link, link->sessions[session].peer);
    }
}

bool vc_telling_next(struct vc_link *link, struct vc_link_output *ret_output)
{
    unblock(link);
    for (;;) {
        uint32_t peer = vc_fifo_first(&link->telling);
        if (peer == VC_SLOT_NONE)
            return false;
        if (tell(link, peer, ret_output))
            return true;
        vc_fifo_remove(&link->telling, peer);
    }
}

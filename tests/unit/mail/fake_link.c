#include "tests/unit/mail/fake_link.h"

#include <stdlib.h>
#include <string.h>

struct queue {
    struct fake_object *objects;
    size_t first, end, room;
};

struct vc_link {
    struct queue queues[VC_LINK_STREAM_COUNT];
    vc_ms since[FAKE_LINK_PEERS];
    size_t room;
    bool was_full;
    uint8_t hidden; /* the first byte of objects that are not shown; 0: none */
    uint8_t *taken;
};

struct vc_link *fake_link_new(void)
{
    struct vc_link *link = calloc(1, sizeof(*link));
    VC_CHECK(link != NULL);
    link->room = SIZE_MAX;
    return link;
}

static void clear(struct queue *queue, uint32_t peer, bool is_all)
{
    size_t end = queue->first;
    for (size_t i = queue->first; i < queue->end; i++) {
        if (is_all || queue->objects[i].peer == peer)
            free(queue->objects[i].bytes);
        else
            queue->objects[end++] = queue->objects[i];
    }
    queue->end = end;
}

void fake_link_free(struct vc_link *link)
{
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        clear(&link->queues[i], 0, true);
        free(link->queues[i].objects);
    }
    free(link->taken);
    free(link);
}

void fake_link_set_session(struct vc_link *link, uint32_t peer, vc_ms since)
{
    VC_CHECK(peer < FAKE_LINK_PEERS);
    if (since != link->since[peer])
        for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
            clear(&link->queues[i], peer, false);
    link->since[peer] = since;
}

void fake_link_set_room(struct vc_link *link, size_t objects)
{
    link->room = objects;
}

void fake_link_hide(struct vc_link *link, uint8_t type)
{
    link->hidden = type;
}

size_t fake_link_waiting(const struct vc_link *link)
{
    size_t count = 0;
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        count += link->queues[i].end - link->queues[i].first;
    return count;
}

static bool take(struct vc_link *link, bool is_any, uint32_t peer,
                 struct fake_object *ret_object)
{
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        struct queue *queue = &link->queues[i];
        for (size_t at = queue->first; at < queue->end; at++) {
            if (!is_any && queue->objects[at].peer != peer)
                continue;
            free(link->taken);
            *ret_object = queue->objects[at];
            link->taken = ret_object->bytes;
            memmove(queue->objects + queue->first + 1, queue->objects + queue->first,
                    (at - queue->first) * sizeof(*queue->objects));
            queue->first++;
            return true;
        }
    }
    return false;
}

bool fake_link_take(struct vc_link *link, struct fake_object *ret_object)
{
    return take(link, true, 0, ret_object);
}

bool fake_link_take_of(struct vc_link *link, uint32_t peer,
                       struct fake_object *ret_object)
{
    return take(link, false, peer, ret_object);
}

bool fake_link_was_full(struct vc_link *link)
{
    bool was_full = link->was_full;
    link->was_full = false;
    return was_full;
}

static struct fake_object *push(struct queue *queue)
{
    if (queue->first == queue->end) {
        queue->first = 0;
        queue->end = 0;
    }
    if (queue->end == queue->room) {
        queue->room = queue->room == 0 ? 64 : 2 * queue->room;
        queue->objects = realloc(queue->objects, queue->room * sizeof(*queue->objects));
        VC_CHECK(queue->objects != NULL);
    }
    return &queue->objects[queue->end++];
}

vc_err vc_link_send(struct vc_link *link, vc_ms now, uint32_t peer,
                    enum vc_link_stream stream, struct vc_bytes head,
                    struct vc_bytes body)
{
    (void)now;
    VC_CHECK(peer < FAKE_LINK_PEERS);
    VC_CHECK(head.len + body.len >= 1 && head.len + body.len <= VC_LINK_OBJECT_MAX);
    if (link->since[peer] == 0)
        return VC_ERR_NOT_FOUND;
    if (link->room == 0) {
        link->was_full = true;
        return VC_ERR_FULL;
    }
    if (head.len > 0 && link->hidden != 0 && head.data[0] == link->hidden)
        return VC_OK;
    link->room--;
    struct fake_object *object = push(&link->queues[stream]);
    *object = (struct fake_object){
        .peer = peer,
        .stream = stream,
        .len = head.len + body.len,
        .bytes = malloc(head.len + body.len),
    };
    VC_CHECK(object->bytes != NULL);
    if (head.len > 0)
        memcpy(object->bytes, head.data, head.len);
    if (body.len > 0)
        memcpy(object->bytes + head.len, body.data, body.len);
    return VC_OK;
}

bool vc_link_state(const struct vc_link *link, uint32_t peer,
                   struct vc_link_state *ret_state)
{
    VC_CHECK(peer < FAKE_LINK_PEERS);
    if (link->since[peer] == 0)
        return false;
    *ret_state = (struct vc_link_state){.up_since = link->since[peer]};
    return true;
}

#include "crypto/base/fifo.h"

#define VC_FIFO_END UINT32_MAX

void vc_fifo_init(struct vc_fifo *fifo, struct vc_fifo_link *links)
{
    *fifo = (struct vc_fifo){links, VC_SLOT_NONE, VC_SLOT_NONE};
}

bool vc_fifo_has(const struct vc_fifo *fifo, uint32_t id)
{
    return fifo->links[id].next != 0;
}

void vc_fifo_push(struct vc_fifo *fifo, uint32_t id)
{
    VC_CHECK(id < VC_FIFO_END - 1);
    if (vc_fifo_has(fifo, id))
        return;
    struct vc_fifo_link *link = &fifo->links[id];
    link->next = VC_FIFO_END;
    if (fifo->tail == VC_SLOT_NONE) {
        link->prev = VC_FIFO_END;
        fifo->head = id;
    } else {
        link->prev = fifo->tail + 1;
        fifo->links[fifo->tail].next = id + 1;
    }
    fifo->tail = id;
}

void vc_fifo_remove(struct vc_fifo *fifo, uint32_t id)
{
    if (!vc_fifo_has(fifo, id))
        return;
    struct vc_fifo_link *link = &fifo->links[id];
    if (link->prev == VC_FIFO_END)
        fifo->head = link->next == VC_FIFO_END ? VC_SLOT_NONE : link->next - 1;
    else
        fifo->links[link->prev - 1].next = link->next;
    if (link->next == VC_FIFO_END)
        fifo->tail = link->prev == VC_FIFO_END ? VC_SLOT_NONE : link->prev - 1;
    else
        fifo->links[link->next - 1].prev = link->prev;
    *link = (struct vc_fifo_link){0, 0};
}

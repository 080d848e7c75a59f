#include <string.h>

#include "node/link/machine.h"

struct head {
    struct vc_addr to;
    uint16_t len;
};

void vc_replies_push(struct vc_link *link, const struct vc_addr *to,
                     struct vc_bytes datagram)
{
    struct vc_replies *replies = &link->replies;
    struct head head = {*to, (uint16_t)datagram.len};
    VC_CHECK(datagram.len <= VC_PACKET_MAX);
    if (replies->size - replies->tail < sizeof head + datagram.len) {
        link->stats.dropped_full++;
        return;
    }
    memcpy(replies->bytes + replies->tail, &head, sizeof head);
    memcpy(replies->bytes + replies->tail + sizeof head, datagram.data, datagram.len);
    replies->tail += sizeof head + datagram.len;
}

bool vc_replies_pop(struct vc_link *link, struct vc_addr *ret_to,
                    struct vc_bytes *ret_datagram)
{
    struct vc_replies *replies = &link->replies;
    struct head head;
    if (replies->head == replies->tail)
        return false;
    memcpy(&head, replies->bytes + replies->head, sizeof head);
    *ret_to = head.to;
    *ret_datagram =
        (struct vc_bytes){replies->bytes + replies->head + sizeof head, head.len};
    replies->head += sizeof head + head.len;
    if (replies->head == replies->tail)
        replies->head = replies->tail = 0;
    return true;
}

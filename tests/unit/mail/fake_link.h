/*
 * A link for mail alone: what is sent is kept until the test takes it.
 *
 * It has the functions of node/link/link.h that mail calls.  Sessions go up and down as
 * the test says, and what one has not delivered is lost with it.
 */
#ifndef VC_TESTS_UNIT_MAIL_FAKE_LINK_H
#define VC_TESTS_UNIT_MAIL_FAKE_LINK_H

#include "node/link/link.h"

enum { FAKE_LINK_PEERS = 64 }; /* peers 0 to 63 */

struct fake_object {
    uint32_t peer;
    enum vc_link_stream stream;
    size_t len;
    uint8_t *bytes;
};

struct vc_link *fake_link_new(void);
void fake_link_free(struct vc_link *link);

/* @since: 0 for no session, else what vc_link_state() tells as up_since.  A change of
 * it loses what was not taken. */
void fake_link_set_session(struct vc_link *link, uint32_t peer, vc_ms since);
/* After this many more objects vc_link_send() says VC_ERR_FULL. */
void fake_link_set_room(struct vc_link *link, size_t objects);

/* Objects that begin with this byte are taken and not shown; 0: all are shown. */
void fake_link_hide(struct vc_link *link, uint8_t type);

size_t fake_link_waiting(const struct vc_link *link);
/* Takes the oldest object, acks and the like before others; false when there is none.
 * It is borrowed until the next call. */
bool fake_link_take(struct vc_link *link, struct fake_object *ret_object);
/* The same, of one peer only. */
bool fake_link_take_of(struct vc_link *link, uint32_t peer,
                       struct fake_object *ret_object);
/* Did vc_link_send() say VC_ERR_FULL since the last time this was asked? */
bool fake_link_was_full(struct vc_link *link);

#endif

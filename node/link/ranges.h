/*
 * The packet numbers that have arrived, as rows: what an ACK frame says.
 *
 * At most VC_LINK_RANGES_MAX rows are kept, the highest ones.  A number that is forgotten
 * is not acknowledged any more; what was in its packet is then sent again.
 */
#ifndef VC_NODE_LINK_RANGES_H
#define VC_NODE_LINK_RANGES_H

#include "node/link/frames.h"

/* Adds a number that is not there yet; one below everything kept may be left out. */
void vc_ranges_add(struct vc_ranges *ranges, uint64_t number);

/* The peer knows all that was said up to @number: forgets the rows that end at or below it,
 * but never the highest row. */
void vc_ranges_forget(struct vc_ranges *ranges, uint64_t number);

#endif

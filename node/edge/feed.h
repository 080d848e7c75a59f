/*
 * Events on their way from the store to a subscriber.
 */
#ifndef VC_NODE_EDGE_FEED_H
#define VC_NODE_EDGE_FEED_H

#include "node/edge/client.h"

/*
 * Gives @client the next committed events: at most VC_EDGE_EVENTS_PER_TURN, none while he
 * has more than VC_EDGE_EVENT_BACKLOG_BYTES to read.  Nothing when he is not subscribed.
 */
void vc_feed_events(struct vc_client *client);

#endif

/*
 * What the control protocol says of the DHT, made from what the machines say.
 *
 * Each gives a new reference, or NULL when memory is short.
 */
#ifndef VC_NODE_EDGE_DHT_SHAPES_H
#define VC_NODE_EDGE_DHT_SHAPES_H

#include <jansson.h>

#include "node/edge/options.h"

/* The object "dht" of node.status. */
json_t *vc_shape_dht(const struct vc_dht_status *dht, const struct vc_find_status *find,
                     const struct vc_options *options, const struct vc_now *now);
json_t *vc_shape_dht_node(const struct vc_dht_node *node, const struct vc_now *now);
/* @record is a record of the DHT; @said is what it says, NULL when we cannot read it. */
json_t *vc_shape_dht_record(const struct vc_dht_record *record,
                            const struct vc_account_record *said, vc_ms first_ms);
json_t *vc_shape_day(uint32_t epoch); /* "2026-01-02" */

#endif

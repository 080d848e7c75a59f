/*
 * Hostile nodes: real machines whose answers are rewritten on their way out.
 *
 * The linker puts functions of ours around those that write and seal messages; when the
 * node that is running is hostile, they change what it says.  So a hostile node joins, is
 * known and is asked like any other.
 */
#ifndef VC_TESTS_SIM_DHT_HOSTILE_H
#define VC_TESTS_SIM_DHT_HOSTILE_H

#include "tests/sim/dht_world.h"

/* It has started: the others who collude learn of it. */
void sim_dht_evil_started(struct sim_dht *world, struct sim_dht_node *node);
/* Sends what its machine wants sent; or not, or later. */
void sim_dht_evil_send(struct sim_dht *world, struct sim_dht_node *node,
                       const struct vc_dht_output *output);
/* Changes the answer that the running node writes to the request it has just heard. */
void sim_dht_evil_answer(struct sim_dht *world, struct sim_dht_node *node,
                         struct vc_dht_answer *answer);
/* A request was heard by the running node, which is hostile. */
void sim_dht_evil_heard(struct sim_dht *world, const struct vc_dht_request *request);
/* What those who flood send in this millisecond. */
void sim_dht_flood(struct sim_dht *world);
/* Takes a datagram that has arrived: it may be sent again by those who flood. */
void sim_dht_capture(struct sim_dht *world, struct sim_dht_datagram *datagram);
/* Chooses the record that is ground at, and the addresses whose ids are nearest to it. */
void sim_dht_grind(struct sim_dht *world);
/* Where a node is when it is new. */
struct vc_addr sim_dht_choose_addr(struct sim_dht *world,
                                   const struct sim_dht_node *node);

#endif

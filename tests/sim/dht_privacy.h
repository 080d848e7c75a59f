/*
 * What all nodes together learn of whose records they are.
 *
 * Every node has a record of a real account, for the day before and for the day after a
 * midnight.  Whatever arrives at any node is caught: records, and the places that are asked
 * for.  Then everything is compared with everything and with the accounts' keys: eight equal
 * bytes in what belongs to two records, or to a record and an account, are a link.
 */
#ifndef VC_TESTS_SIM_DHT_PRIVACY_H
#define VC_TESTS_SIM_DHT_PRIVACY_H

#include "tests/sim/dht_world.h"

/* Makes accounts of the records, and gives each a second one, for the next day: it is published
 * two hours before midnight. */
void sim_dht_privacy_init(struct sim_dht *world);
void sim_dht_privacy_free(struct sim_dht *world);
void sim_dht_privacy_record(const struct sim_dht_record *record, uint64_t seq,
                            uint8_t ret_bytes[VC_DHT_RECORD_LEN]);
/* A request has arrived somewhere. */
void sim_dht_privacy_catch(struct sim_dht *world, const struct vc_dht_request *request);
/* Counts what links two of them. */
void sim_dht_privacy_judge(struct sim_dht *world);

#endif

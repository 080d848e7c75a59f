/*
 * The libraries that sessions are measured beside.  Each is made ready by the call.
 */
#ifndef VC_TESTS_BENCH_PARTY_PEERS_H
#define VC_TESTS_BENCH_PARTY_PEERS_H

#include "tests/bench/party.h"

const struct party_protocol *party_olm(void);
const struct party_protocol *party_signal(void);

#endif

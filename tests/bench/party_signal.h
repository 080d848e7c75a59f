/*
 * The primitives that libsignal-protocol-c asks its user for, of OpenSSL's fastest: a hash that
 * uses the processor's instructions, without a look-up for each call.
 */
#ifndef VC_TESTS_BENCH_PARTY_SIGNAL_H
#define VC_TESTS_BENCH_PARTY_SIGNAL_H

#include <signal_protocol.h>

const signal_crypto_provider *party_signal_provider(void);

#endif

/*
 * Cheap stand-ins for X25519, Ed25519, BLAKE2b and XChaCha20-Poly1305, put in by the linker.
 *
 * A public key is the hash of its secret and what two share is a hash of both public keys: as
 * symmetric and as free of collisions as the real thing, and no secret at all.  A signature is
 * a hash too; a hash is a quick mix of words that ends as MurmurHash3 does, and what is sealed
 * lies open before one.  So ten thousand nodes cost what their messages cost.
 * --real-crypto switches them off.
 */
#ifndef VC_TESTS_SIM_DHT_CRYPTO_H
#define VC_TESTS_SIM_DHT_CRYPTO_H

#include <stdbool.h>

/* False in worlds of whole nodes: nothing is changed there. */
extern bool sim_dht_crypto_is_fake;

#endif

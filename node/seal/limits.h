/*
 * What node/seal bounds, with units and reasons.  The bounds that callers need are in seal.h.
 */
#ifndef VC_NODE_SEAL_LIMITS_H
#define VC_NODE_SEAL_LIMITS_H

#include "node/seal/seal.h"

#define VC_SEAL_PEERS_MAX 65536 /* as many as mail knows */

/* Random bytes in each text.  A store that was put back comes to the same key and number again;
 * what it seals then, even in the same words, has another tag, by which the other side tells. */
#define VC_SEAL_SALT_LEN 8

/* Generations beyond this are not believed: a device that claims them could not be answered with
 * a higher one. */
#define VC_SEAL_GENERATION_MAX 0x7fffffff

/* Sessions that a device may have for a moment, until the oldest are dropped. */
#define VC_SEAL_SESSIONS_ROOM 8

/* Signed prekeys of ours whose private half is kept: one in two days for 62 days, and some
 * more for clocks that jump.  The oldest of more goes before its time. */
#define VC_SEAL_PREKEYS_MAX   40
#define VC_SEAL_ONE_TIMES_MAX VC_ONE_TIME_MAX /* of a contact's that are kept */

/* Frames of one chain that a side takes in without an answer of its own, until it turns the
 * ratchet with an empty object: so a theft heals also where only one side writes. */
#define VC_SEAL_TURN_FRAMES 100

/* A one-time prekey that was given away and not used is kept as long as a signed one. */
#define VC_SEAL_ONE_TIME_DAYS ((VC_PREKEY_USE_S + VC_PREKEY_KEEP_S) / 86400)

#define VC_SEAL_TURN_LOOK_MS   21600000 /* how often the age of prekeys is looked at */
#define VC_SEAL_SWEEP_MS       86400000 /* how often old one-time prekeys are looked for */
#define VC_SEAL_SWEEP_FIRST_MS 900000 /* a start has other things to do */
#define VC_SEAL_SWEEP_ROWS     256    /* deleted in one step */
#define VC_SEAL_SWEEP_PEERS    16     /* whose kept keys one step looks at */
#define VC_SEAL_RETRY_MS       1000   /* when the store had no room */

#define VC_SEAL_DAY_MS UINT64_C(86400000)

#endif

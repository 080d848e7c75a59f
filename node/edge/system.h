/*
 * What the machine gives: both clocks, randomness, memory, the notices a service manager
 * waits for.
 */
#ifndef VC_NODE_EDGE_SYSTEM_H
#define VC_NODE_EDGE_SYSTEM_H

#include <uv.h>

#include "crypto/base/alloc.h"
#include "crypto/prim.h"

/* Both clocks, now.  The monotonic one counts the time asleep. */
struct vc_now vc_system_now(void);

/* How long the machine has slept since it was started. */
vc_ms vc_system_asleep_ms(void);

/* 32 fresh bytes of the kernel's generator; waits only before the first seed after boot. */
VC_NODISCARD vc_err vc_system_seed(struct vc_secret32 *ret_seed);

/* malloc for small pieces; for large ones zero pages that cost nothing until touched and
 * are left out of core dumps. */
struct vc_alloc vc_system_alloc(void);

/* No core dumps, no debugger of the same user: secrets are in this memory. */
void vc_system_harden(void);

/* Tells a service manager (sd_notify's protocol, NOTIFY_SOCKET): "READY=1" and the like.
 * Nothing happens when there is none. */
void vc_system_notify(const char *state);

/* Closes every handle of a loop whose owners have let go of them, and the loop. */
void vc_system_close_loop(uv_loop_t *loop);

/* Resident memory of this process in bytes; 0: unknown. */
uint64_t vc_system_rss_bytes(void);

#endif

/*
 * The 22 bytes of an invite that say where to knock: four shapes.
 *
 * crypto/SPEC.md, "Invite".
 */
#ifndef VC_CRYPTO_INVITE_HINTS_H
#define VC_CRYPTO_INVITE_HINTS_H

#include "crypto/invite.h"

#define VC_INVITE_HINTS_LEN 22

enum vc_invite_shape {
    VC_INVITE_RELAY, /* one IPv4 address or none, a relay or none */
    VC_INVITE_IPV6,  /* one IPv6 address */
    VC_INVITE_IPV4S, /* two or three IPv4 addresses */
    VC_INVITE_BOTH   /* an IPv6 and an IPv4 address of one port */
};

/* Writes VC_INVITE_HINTS_LEN bytes and gives the shape they have. */
enum vc_invite_shape vc_invite_hints_write(struct vc_writer *w,
                                           const struct vc_invite *invite);

/* Reads them into relay and addrs; fails the reader when they are not what
 * vc_invite_hints_write() would have written. */
void vc_invite_hints_read(struct vc_reader *r, enum vc_invite_shape shape,
                          struct vc_invite *ret_invite);

#endif

/*
 * The one string that two people exchange: "VECHE:" and 148 letters of base32.
 *
 * crypto/SPEC.md, "Invite".  92 bytes: bits 3, fingerprint 16, R 32, secret 16, hints 22,
 * CRC-24 3.
 */
#ifndef VC_CRYPTO_INVITE_H
#define VC_CRYPTO_INVITE_H

#include "crypto/base/addr.h"
#include "crypto/identity.h"

#define VC_INVITE_BYTES     92
#define VC_INVITE_TEXT_LEN  154
#define VC_INVITE_VERSION   1
#define VC_INVITE_ADDRS_MAX 3
#define VC_INVITE_EPOCH_S   1767225600u /* 2026-01-01T00:00:00Z */
#define VC_INVITE_DAY_MAX   4095        /* 12 bits: days since the epoch; 0: never expires */

struct vc_invite {
    bool is_reusable;
    uint8_t device_index;
    uint16_t expiry_day; /* valid up to the end of this day (UTC); 0: never */
    struct vc_fingerprint fingerprint;
    struct vc_key32 record; /* R */
    struct vc_id16 secret;  /* secret: whoever has it may join once */
    struct vc_id16 relay;   /* prefix of a relay's service key; zero: none */
    struct vc_addr addrs[VC_INVITE_ADDRS_MAX];
    uint8_t addr_count;
};

/*
 * Writes the text of @invite.  The hints have room for one of: a relay and one IPv4
 * address; one IPv6; three IPv4; an IPv6 and an IPv4 of equal port.  With a relay it is the
 * first; else the one that holds the most of the addresses.  Addresses that do not fit or
 * that nobody can be at (vc_addr_is_usable()) are left out, the first ones kept.
 */
void vc_invite_format(const struct vc_invite *invite,
                      char ret_text[VC_INVITE_TEXT_LEN + 1]);

/*
 * Reads what people paste: lower case, spaces, dashes, line ends, invisible characters
 * and the slips 0->O, 1->I, 8->B are forgiven; anything around it is not.
 * VC_ERR_INVITE_CHECKSUM: the form is right, a character is not.  VC_ERR_INVITE_BAD:
 * something else.  VC_ERR_UNSUPPORTED: a newer version.
 */
VC_NODISCARD vc_err vc_invite_parse(const char *text, struct vc_invite *ret_invite);

/* The last millisecond of its life; VC_NEVER when it does not expire. */
vc_ms vc_invite_expires_at(const struct vc_invite *invite);

/* The last day that an invite made at @unix_ms for @days more days is good for: what goes
 * into expiry_day.  Kept within 1..VC_INVITE_DAY_MAX. */
uint16_t vc_invite_day(vc_ms unix_ms, uint32_t days);

/* The keys of the join handshake: psk and the key of mask and mac1. */
void vc_invite_keys(const struct vc_id16 *secret, struct vc_secret32 *ret_psk,
                    struct vc_secret32 *ret_mask);

#endif

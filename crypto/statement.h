/*
 * What the root signs beside certificates: which devices live, and where the account has
 * moved.
 *
 * crypto/SPEC.md, "Live statement" and "Forward".  Neither names its root: who checks one
 * knows whose it must be.  Neither knows the date: dates are the caller's to judge.
 */
#ifndef VC_CRYPTO_STATEMENT_H
#define VC_CRYPTO_STATEMENT_H

#include "crypto/base/cursor.h"
#include "crypto/prim.h"

#define VC_DEVICE_INDEX_MAX 63 /* an invite has 6 bits for it; never used again */

#define VC_LIVE_INDICES_MAX 8        /* as many devices as a card can hold */
#define VC_LIVE_ENCODED_MAX 89       /* bytes */
#define VC_LIVE_S           63072000 /* good for so long: two years of 365 days */
#define VC_LIVE_RENEW_S     15768000 /* and made again when less than half a year is left */

/* "These devices belong to the account", until a date. */
struct vc_live {
    uint32_t list_seq; /* from 1; of two statements the one with the greater counts */
    uint8_t count;     /* 1..VC_LIVE_INDICES_MAX; 0: there is no statement */
    uint16_t indices[VC_LIVE_INDICES_MAX]; /* ascending */
    uint32_t until;                        /* seconds since 1970 */
    struct vc_sig sig;
};

/* Signs it: all fields but sig are set. */
void vc_live_sign(struct vc_live *live, const struct vc_sign_secret *root_secret);
/* Writes 75 bytes and 2 more for each index but the first. */
void vc_live_write(struct vc_writer *w, const struct vc_live *live);
/* Fails the reader when it has not the form; see vc_live_verify() for the rest. */
void vc_live_read(struct vc_reader *r, struct vc_live *ret_live);
/* VC_ERR_AUTH when @root did not sign it, VC_ERR_MALFORMED when it has not the form.  One
 * signature check, about 36 us. */
VC_NODISCARD vc_err vc_live_verify(const struct vc_live *live,
                                   const struct vc_key32 *root);
bool vc_live_has(const struct vc_live *live, uint16_t index);

#define VC_FORWARD_VERSION 1
#define VC_FORWARD_LEN     139     /* bytes */
#define VC_FORWARD_S       5184000 /* it stands at the old places for 60 days */

/* "Who looks for the account at that record key finds it at this one." */
struct vc_forward {
    uint8_t version;
    uint8_t old_generation; /* g */
    struct vc_key32 old_record;
    uint8_t new_generation; /* greater */
    struct vc_key32 new_record;
    uint32_t made; /* seconds since 1970 */
    uint32_t until;
    struct vc_sig sig;
};

/* Signs it: all fields but version and sig are set. */
void vc_forward_sign(struct vc_forward *forward,
                     const struct vc_sign_secret *root_secret);
/* Writes VC_FORWARD_LEN bytes. */
void vc_forward_write(struct vc_writer *w, const struct vc_forward *forward);
/* Reads them without judging anything: see vc_forward_verify(). */
void vc_forward_read(struct vc_reader *r, struct vc_forward *ret_forward);
/*
 * VC_ERR_UNSUPPORTED for another version, VC_ERR_AUTH when @root did not sign it,
 * VC_ERR_MALFORMED when it did but the generation does not rise, the dates cannot be or
 * the new record key is no point of the group.
 */
VC_NODISCARD vc_err vc_forward_verify(const struct vc_forward *forward,
                                      const struct vc_key32 *root);

#endif

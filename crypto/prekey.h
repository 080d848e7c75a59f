/*
 * Prekeys: keys that a device hands out before anybody is there, so that others can open a
 * session with it while it is away; crypto/SPEC.md, "Prekeys".
 *
 * A signed prekey is turned every two days and serves everybody; a one-time prekey is given to
 * one contact and used once.  Who holds which private half until when is node/seal's business.
 */
#ifndef VC_CRYPTO_PREKEY_H
#define VC_CRYPTO_PREKEY_H

#include "crypto/identity.h"

#define VC_PREKEY_VERSION    1
#define VC_PREKEY_LEN        149    /* bytes */
#define VC_PREKEY_SIGNED_LEN 85     /* of them, which the signature is over */
#define VC_PREKEY_TURN_S     172800 /* a new one every 48 h */
#define VC_PREKEY_USE_S      2592000 /* 30 days in which a session may be opened with it */
#define VC_PREKEY_KEEP_S     2764800 /* 32 days more until the private half is deleted */

#define VC_ONE_TIME_LEN 36 /* bytes: id and key */
#define VC_ONE_TIME_MAX 8  /* in one card */

struct vc_prekey {
    uint16_t suite; /* the best that its owner takes; VC_SUITE_CLASSIC at least */
    uint16_t index; /* of the device */
    uint32_t id;    /* not 0; random, so that it tells no order */
    struct vc_key32 key;
    uint32_t from, until;      /* seconds since 1970 */
    uint32_t capabilities;     /* none is defined; unknown ones mean nothing */
    struct vc_hash32 kem_hash; /* of the KEM key that belongs to it; zeros: none */
    struct vc_sig sig;         /* of dev_sig */
};

struct vc_one_time {
    uint32_t id; /* not 0 */
    struct vc_key32 key;
};

/* Signs @prekey, all of whose other fields are set, for the account @root. */
void vc_prekey_sign(struct vc_prekey *prekey, const struct vc_key32 *root,
                    const struct vc_sign_secret *dev_sig);

/* VC_ERR_AUTH when dev_sig of @certificate did not sign it for @root, or it is another
 * device's.  One signature check, about 36 us.  Does not know the date. */
VC_NODISCARD vc_err vc_prekey_verify(const struct vc_prekey *prekey,
                                     const struct vc_key32 *root,
                                     const struct vc_certificate *certificate);

/* VC_PREKEY_LEN bytes, of a prekey that is whole.  Reading judges the form only: another version
 * fails the reader, as do an id of 0, a suite of 0 and an until before from. */
void vc_prekey_write(struct vc_writer *w, const struct vc_prekey *prekey);
void vc_prekey_read(struct vc_reader *r, struct vc_prekey *ret_prekey);

/* The first VC_PREKEY_SIGNED_LEN of them: all but the signature. */
void vc_prekey_write_signed(struct vc_writer *w, const struct vc_prekey *prekey);

/* @count entries of VC_ONE_TIME_LEN bytes; ids rise strictly, which reading demands. */
void vc_one_time_write(struct vc_writer *w, const struct vc_one_time *keys,
                       size_t count);
/* Reads the rest of @r.  VC_ERR_MALFORMED also for none or more than VC_ONE_TIME_MAX; what is
 * in @keys then is of no use. */
VC_NODISCARD vc_err vc_one_time_read(struct vc_reader *r,
                                     struct vc_one_time keys[VC_ONE_TIME_MAX],
                                     size_t *ret_count);

#endif

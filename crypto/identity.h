/*
 * Who somebody is: the account's root key, its devices, its record and contacts keys.
 *
 * crypto/SPEC.md, "Keys", "Names" and "Certificate".  Pure: seeds come in as arguments.
 * Structs that hold secrets have a wipe function: call it on every exit.
 */
#ifndef VC_CRYPTO_IDENTITY_H
#define VC_CRYPTO_IDENTITY_H

#include "crypto/base/cursor.h"
#include "crypto/prim.h"
#include "crypto/statement.h"

#define VC_CERTIFICATE_LEN     141
#define VC_CERTIFICATE_VERSION 1
#define VC_ID_VERSION          1
#define VC_ID_TEXT_LEN         65
#define VC_ID_TEXT_MAX         80 /* "veche1...", with the final NUL */
#define VC_SUITE_CLASSIC       0x0001

/* The account's name in bytes: BLAKE2b-128("account", root). */
struct vc_fingerprint {
    uint8_t b[16];
};

/* "This device belongs to that root", signed by the root. */
struct vc_certificate {
    uint8_t version; /* VC_CERTIFICATE_VERSION */
    uint16_t suite;  /* VC_SUITE_CLASSIC */
    uint16_t index;
    struct vc_key32 dev_sig;
    struct vc_key32 dev_dh;
    uint32_t from;  /* seconds since 1970 */
    uint32_t until; /* 0: no end; it ends by the device list */
    struct vc_sig sig;
};

/* What every device of the account holds, and the root while it is there. */
struct vc_account {
    struct vc_secret32 entropy; /* the 24 words; zeros without the root */
    struct vc_key32 root;
    struct vc_sign_secret root_secret; /* zeros without the root */
    uint8_t record_generation;         /* g */
    struct vc_key32 record;            /* R_g, Ed25519 */
    struct vc_sign_secret record_secret;
    uint8_t contacts_generation;
    struct vc_secret32 contacts; /* K */
    struct vc_fingerprint fingerprint;
    struct vc_live live; /* count 0: none was made yet */
};

/* What one device holds. */
struct vc_device {
    struct vc_sign_secret sig_secret;
    struct vc_secret32 dh_secret;
    struct vc_certificate certificate;
};

/* Makes the account of @entropy (root, R_0) with the contacts key @contacts, generation 0. */
void vc_account_init(struct vc_account *ret_account, const struct vc_secret32 *entropy,
                     const struct vc_secret32 *contacts);

/* Is the root's secret half here?  Without it no device can be added or removed. */
bool vc_account_has_root(const struct vc_account *account);

/* Takes the root off: wipes the words and the root's secret half.  What was stored with
 * them is the caller's business. */
void vc_account_drop_root(struct vc_account *account);

/* Puts the root of the words @entropy in its place.  VC_ERR_AUTH: they are the words of
 * another account, and nothing is changed. */
VC_NODISCARD vc_err vc_account_take_root(struct vc_account *account,
                                         const struct vc_secret32 *entropy);

/*
 * Signs a live statement for the devices @indices (1..VC_LIVE_INDICES_MAX, ascending), good
 * from @from_s on, with the next list_seq.  The account must have its root.
 */
void vc_account_sign_live(struct vc_account *account, const uint16_t *indices,
                          uint8_t count, uint32_t from_s);

/* Replaces K by @contacts, with the next generation. */
void vc_account_turn_contacts(struct vc_account *account,
                              const struct vc_secret32 *contacts);

/*
 * Replaces R_g by that of the next generation and signs the forward from the one to the
 * other.  The account must have its root.  VC_ERR_FULL after VC_RECORD_GENERATION_MAX.
 *
 * The forward is published at the places of the old R (crypto/blind.h): keep its secret half,
 * which without the root cannot be made again.
 */
#define VC_RECORD_GENERATION_MAX 255
VC_NODISCARD vc_err vc_account_turn_record(struct vc_account *account, uint32_t made_s,
                                           struct vc_forward *ret_forward);

/* Is generation @a of a contacts key newer than @b?  They wrap: it is when it is 1 to 127
 * steps ahead. */
bool vc_generation_is_newer(uint8_t a, uint8_t b);

/*
 * Makes device @index (0..VC_DEVICE_INDEX_MAX) of @account, which must have its root.
 * @sig_seed and @dh_seed: fresh randomness for dev_sig and dev_dh.
 */
void vc_device_init(struct vc_device *ret_device, const struct vc_account *account,
                    uint16_t index, uint32_t from_s, const struct vc_secret32 *sig_seed,
                    const struct vc_secret32 *dh_seed);

void vc_account_wipe(struct vc_account *account);
void vc_device_wipe(struct vc_device *device);

void vc_fingerprint_of(struct vc_fingerprint *ret_fingerprint,
                       const struct vc_key32 *root);

/* bech32m("veche", version 1 || root): for people to look at and compare. */
void vc_id_format(const struct vc_key32 *root, char ret_text[VC_ID_TEXT_MAX]);
/* All lower or all upper case.  VC_ERR_MALFORMED; VC_ERR_UNSUPPORTED for a newer version. */
VC_NODISCARD vc_err vc_id_parse(const char *text, struct vc_key32 *ret_root);

/* Writes VC_CERTIFICATE_LEN bytes. */
void vc_certificate_write(struct vc_writer *w,
                          const struct vc_certificate *certificate);
/* Reads them without judging anything: see vc_certificate_verify(). */
void vc_certificate_read(struct vc_reader *r, struct vc_certificate *ret_certificate);

/*
 * VC_ERR_UNSUPPORTED for another version or suite, VC_ERR_AUTH when @root did not sign it,
 * VC_ERR_MALFORMED when it did but an index or date cannot be.  Does not know the date.
 * One signature check, about 36 us.
 */
VC_NODISCARD vc_err vc_certificate_verify(const struct vc_certificate *certificate,
                                          const struct vc_key32 *root);

/*
 * The account and device as they are stored (secret: seal it).  Version byte first: 2, or
 * 1 when there is no live statement yet.
 *
 * Reading is strict: every public half is made again from its secret half, the certificate
 * must be the device's own, and it and the live statement, which names the device, be
 * signed by the root.  VC_ERR_MALFORMED, VC_ERR_AUTH, VC_ERR_UNSUPPORTED; on an error
 * nothing is given and nothing secret left.
 */
#define VC_IDENTITY_ENCODED_MAX 512
VC_NODISCARD vc_err vc_identity_write(struct vc_writer *w,
                                      const struct vc_account *account,
                                      const struct vc_device *device);
VC_NODISCARD vc_err vc_identity_read(struct vc_bytes bytes,
                                     struct vc_account *ret_account,
                                     struct vc_device *ret_device);

#endif

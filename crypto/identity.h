/*
 * Who somebody is: the account's root key, its devices, its record and contacts keys.
 *
 * crypto/SPEC.md, "Keys" and "Names".  Pure: seeds come in as arguments.
 */
#ifndef VC_CRYPTO_IDENTITY_H
#define VC_CRYPTO_IDENTITY_H

#include "crypto/base/cursor.h"
#include "crypto/prim.h"

#define VC_CERTIFICATE_LEN 141
#define VC_ID_TEXT_MAX 80      /* "veche1...", with the final NUL */
#define VC_DEVICE_INDEX_MAX 63 /* an invite has 6 bits for it; indices are never used again */
#define VC_SUITE_CLASSIC 0x0001

/* The account's name in bytes: BLAKE2b-128("account", root). */
struct vc_fingerprint { uint8_t b[16]; };

/* "This device belongs to that root", signed by the root. */
struct vc_certificate {
    uint8_t version; /* 1 */
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
    struct vc_secret32 entropy;   /* the 24 words */
    struct vc_key32 root;
    struct vc_sign_secret root_secret;
    uint8_t record_generation;    /* g */
    struct vc_key32 record;       /* R_g, Ed25519 */
    struct vc_sign_secret record_secret;
    uint8_t contacts_generation;
    struct vc_secret32 contacts;  /* K */
    struct vc_fingerprint fingerprint;
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
/* Makes device @index of @account from 64 bytes of fresh randomness: dev_sig, dev_dh. */
void vc_device_init(struct vc_device *ret_device, const struct vc_account *account,
                    uint16_t index, uint32_t from_s, const struct vc_secret32 *sig_seed,
                    const struct vc_secret32 *dh_seed);

void vc_account_wipe(struct vc_account *account);
void vc_device_wipe(struct vc_device *device);

void vc_fingerprint_of(struct vc_fingerprint *ret_fingerprint, const struct vc_key32 *root);
/* bech32m("veche", version 1 || root): for people to look at and compare. */
void vc_id_format(const struct vc_key32 *root, char ret_text[VC_ID_TEXT_MAX]);
VC_NODISCARD vc_err vc_id_parse(const char *text, struct vc_key32 *ret_root);

void vc_certificate_write(struct vc_writer *w, const struct vc_certificate *certificate);
/* Reads without judging the signature. */
void vc_certificate_read(struct vc_reader *r, struct vc_certificate *ret_certificate);
/* VC_ERR_AUTH when @root did not sign it; VC_ERR_UNSUPPORTED for another version or suite. */
VC_NODISCARD vc_err vc_certificate_verify(const struct vc_certificate *certificate,
                                          const struct vc_key32 *root);

/* The account and device as they are stored (secret: seal it).  Version byte first. */
#define VC_IDENTITY_ENCODED_MAX 512
VC_NODISCARD vc_err vc_identity_write(struct vc_writer *w, const struct vc_account *account,
                                      const struct vc_device *device);
VC_NODISCARD vc_err vc_identity_read(struct vc_bytes bytes, struct vc_account *ret_account,
                                     struct vc_device *ret_device);

#endif

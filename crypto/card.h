/*
 * The contact card: the first object that each side of a new contact sends, and again
 * when something in it has changed.
 *
 * crypto/SPEC.md, "Contact card".  It travels inside an authenticated session; what ties
 * it to that session is the certificate: its dev_dh must be the static key that the
 * handshake proved.
 */
#ifndef VC_CRYPTO_CARD_H
#define VC_CRYPTO_CARD_H

#include "crypto/base/addr.h"
#include "crypto/prekey.h"

#define VC_CARD_VERSION     1
#define VC_NAME_MAX         64 /* bytes of UTF-8 */
#define VC_CARD_ADDRS_MAX   8
#define VC_CARD_DEVICES_MAX 8
/* Bytes: two packets of the link.  The largest card that is written has 1984; the rest is for a
 * later version. */
#define VC_CARD_ENCODED_MAX 2048

/* Types of extensions. */
#define VC_CARD_PREKEY    1
#define VC_CARD_ONE_TIMES 2
#define VC_CARD_STATEMENT 3

struct vc_card {
    struct vc_key32 root;
    uint8_t record_generation;
    struct vc_key32 record;
    uint8_t contacts_generation;
    struct vc_secret32 contacts;
    struct vc_certificate devices[VC_CARD_DEVICES_MAX];
    uint8_t device_count; /* at least 1; the first is the one that sends the card, the
                             others follow by rising index */
    struct vc_addr addrs[VC_CARD_ADDRS_MAX];
    uint8_t addr_count;
    char name[VC_NAME_MAX + 1]; /* what the owner calls himself; may be empty */
    bool has_prekey;
    struct vc_prekey prekey;                       /* of the first device */
    struct vc_one_time one_times[VC_ONE_TIME_MAX]; /* for the receiver; by rising ids */
    uint8_t one_time_count;                        /* 0: none */
    struct vc_live live; /* names all devices; count 0: there is none */
};

/*
 * What is behind the name is written as extensions (crypto/extension.h); a reader passes over
 * types that it does not know.
 *
 * VC_ERR_BAD_NAME when the name is not one (vc_utf8_is_name()), VC_ERR_FULL.  Addresses
 * must be usable; the prekey is signed.
 */
VC_NODISCARD vc_err vc_card_write(struct vc_writer *w, const struct vc_card *card);

/* Strict; the record key must be a point of the group.  Verifies every certificate and the
 * live statement against the card's root, and the prekey against the first certificate, one
 * signature check each.
 * VC_ERR_MALFORMED, VC_ERR_AUTH or VC_ERR_UNSUPPORTED. */
VC_NODISCARD vc_err vc_card_read(struct vc_bytes bytes, struct vc_card *ret_card);

/* Wipes the contacts key with all the rest. */
void vc_card_wipe(struct vc_card *card);

#endif

/*
 * What the record of an account says, to whom.
 *
 * dht/SPEC.md, "What a record says".  Holders read nothing.  Whoever has R (every contact and
 * every holder of an invite) learns how to write to a device: its certificate, prekey and
 * mailbox hosts, but no address of its owner.  Contacts, who have K too, learn where the
 * device is.  At the place of an open invite stand the addresses of the inviter, for whoever
 * has the invite's text.
 *
 * Pure: dates are the caller's to judge (certificate, prekey, live statement, forward).
 */
#ifndef VC_DHT_ACCOUNT_RECORD_H
#define VC_DHT_ACCOUNT_RECORD_H

#include "crypto/base/addr.h"
#include "crypto/prekey.h"
#include "dht/account_place.h"

#define VC_RECORD_HOSTS_MAX        6
#define VC_RECORD_ADDRS_MAX        3  /* for contacts */
#define VC_RECORD_INVITE_ADDRS_MAX 6  /* for who has an invite */
#define VC_RECORD_KEYS_MAX         16 /* generations of K that may be valid at once */

enum vc_record_kind {
    VC_RECORD_ACCOUNT = 1, /* at a device's place: it is here */
    VC_RECORD_FORWARD = 2, /* at a device's place: the account has moved to another R */
    VC_RECORD_INVITE = 3   /* at an invite's place */
};

/* A super-node that keeps mail for the device. */
struct vc_record_host {
    struct vc_id16 name; /* prefix of its service key, as in invites */
    struct vc_addr addr;
};

/* What stands at the place of a device. */
struct vc_account_record {
    enum vc_record_kind kind; /* ACCOUNT or FORWARD */
    uint64_t seq;
    struct vc_key32 root;
    struct vc_forward forward; /* FORWARD: this and what is above; else: */
    struct vc_certificate certificate;
    struct vc_prekey prekey;
    struct vc_live live; /* count 0: none was made yet */
    uint8_t stamp_price; /* bits of work that a stranger's message must show; 0: none */
    struct vc_record_host hosts[VC_RECORD_HOSTS_MAX];
    uint8_t host_count;
    bool
        has_node; /* for contacts; false: nothing was said, or K was not among the keys */
    struct vc_key32 node; /* the key under which the device is met in the DHT */
    struct vc_addr addrs[VC_RECORD_ADDRS_MAX]; /* the best first */
    uint8_t addr_count;
};

/* Secret halves that make a record. */
struct vc_account_signers {
    const struct vc_sign_secret *record_secret; /* of the R of the place */
    const struct vc_sign_secret *dev_sig;       /* ACCOUNT: of the certificate */
    const struct vc_secret32 *contacts;         /* K; NULL when has_node is false */
};

/* Writes the record for @place.  @record must be whole: it says what a reader will take.  @rng:
 * nonce, and what stands there when nothing is said to contacts. */
void vc_account_record_write(uint8_t ret_bytes[VC_DHT_RECORD_LEN],
                             const struct vc_account_place *place,
                             const struct vc_account_record *record,
                             const struct vc_account_signers *signers,
                             struct vc_rng *rng);

/*
 * Reads what stands at the place of a device, strictly, and verifies all of it: that it is the
 * record of @place, that the root is the expected one and has signed certificate, live
 * statement or forward, and that dev_sig has signed the rest for this place, seq and expiry.
 *
 * VC_ERR_MALFORMED, VC_ERR_AUTH or VC_ERR_UNSUPPORTED: then @ret_record is as it was.  About 0.2 ms
 * for an account, six signatures or so.
 *
 * With an invite, which has the fingerprint:
 */
VC_NODISCARD vc_err vc_account_record_read(const struct vc_account_place *place,
                                           struct vc_bytes bytes,
                                           const struct vc_fingerprint *fingerprint,
                                           struct vc_account_record *ret_record);
/* As a contact, who has the root and the last @key_count (at most VC_RECORD_KEYS_MAX)
 * generations of K, the newest first. */
VC_NODISCARD vc_err vc_account_record_read_contact(
    const struct vc_account_place *place, struct vc_bytes bytes,
    const struct vc_key32 *root, const struct vc_secret32 *keys, size_t key_count,
    struct vc_account_record *ret_record);

/* What stands at the place of an invite: where the inviter is. */
struct vc_invite_record {
    uint64_t seq;
    struct vc_addr addrs[VC_RECORD_INVITE_ADDRS_MAX]; /* the best first */
    uint8_t addr_count;
};

void vc_invite_record_write(uint8_t ret_bytes[VC_DHT_RECORD_LEN],
                            const struct vc_account_place *place,
                            const struct vc_invite_record *record,
                            const struct vc_sign_secret *record_secret,
                            struct vc_rng *rng);
VC_NODISCARD vc_err vc_invite_record_read(const struct vc_account_place *place,
                                          struct vc_bytes bytes,
                                          struct vc_invite_record *ret_record);

#endif

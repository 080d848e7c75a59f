/*
 * The people of the driver: accounts, devices, prekeys, sessions and kept keys, in lists of
 * memory; crypto/SPEC.md, "Driver".
 *
 * What the node does with its store is done here with lists: which session a frame is of, whose
 * prekey an opening names, what was opened before.
 */
#ifndef VC_TESTS_VECTORS_DRIVER_WORLD_H
#define VC_TESTS_VECTORS_DRIVER_WORLD_H

#include "crypto/ratchet.h"

#define WORLD_NAME_MAX    64 /* bytes, with the final NUL: of a name made here */
#define WORLD_GIVEN_MAX   31 /* of one that the caller gives */
#define WORLD_NETWORK_LEN 8

struct world_account {
    struct world_account *next;
    char name[WORLD_NAME_MAX];
    struct vc_account account;
};

struct world_prekey {
    struct world_prekey *next;
    struct vc_prekey prekey;
    struct vc_secret32 secret;
};

struct world_one_time {
    struct world_one_time *next;
    struct vc_one_time key;
    struct vc_secret32 secret;
};

struct world_row {
    struct world_row *next;
    struct vc_ratchet_skipped skipped;
};

struct world_session {
    struct world_session *next;
    char name[WORLD_NAME_MAX];
    struct vc_ratchet ratchet;
    struct vc_key32 peer_root;
    uint16_t peer_index;
    uint32_t generation;
    uint8_t
        opening[VC_OPENING_MAX]; /* that it was begun with; none when it was taken */
    size_t opening_len;
    struct vc_id16 taken;   /* name of the opening that it was taken from; or zeros */
    struct world_row *rows; /* by chain and number */
};

struct world_device {
    struct world_device *next;
    char name[WORLD_NAME_MAX];
    struct world_account *account;
    struct vc_device device;
    struct vc_key32 dh_public;
    struct world_prekey *prekeys;
    struct world_one_time *one_times;
    struct world_session *sessions; /* the newest first */
};

struct world {
    uint8_t network[WORLD_NETWORK_LEN];
    uint32_t today; /* days since 1970 */
    struct world_account *accounts;
    struct world_device *devices;
};

/* Memory that is zero; ends the program when there is none. */
void *world_take(size_t len);

struct world_account *world_account(struct world *world, const char *name);
struct world_device *world_device(struct world *world, const char *name);
struct world_session *world_session(struct world *world, const char *name);

/* Adds a kept key where it belongs. */
void world_keep(struct world_session *session,
                const struct vc_ratchet_skipped *skipped);
/* Drops the kept keys of @first..@end-1 of @chain. */
void world_drop_rows(struct world_session *session, uint32_t chain, uint32_t first,
                     uint32_t end);

void world_clear_rows(struct world_session *session);

/* How much of @session's opening stands in front of what it seals: nothing once an answer was
 * heard. */
size_t world_opening_len(const struct world_session *session);

/* Drops the signed or one-time prekey @id; false when there is none. */
bool world_drop_prekey(struct world_device *device, uint32_t id);

struct world_opened {
    struct world_session *session;
    bool is_new;
    struct vc_ratchet_place place;
    uint8_t *plain; /* the caller's to free; NULL on an error */
    size_t len;
};

/* Opens @object, which came for @device.  VC_ERR_AUTH: of no session and no opening either. */
VC_NODISCARD vc_err world_decrypt(struct world *world, struct world_device *device,
                                  struct vc_bytes object,
                                  struct world_opened *ret_opened);

/* Forgets everything. */
void world_clear(struct world *world);

#endif

#include "tests/vectors/driver_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/hex.h"

void *world_take(size_t len)
{
    void *memory = calloc(1, len);

    if (memory == NULL) {
        (void)fprintf(stderr, "ratchet_driver: no memory\n");
        exit(1);
    }
    return memory;
}

struct world_account *world_account(struct world *world, const char *name)
{
    struct world_account *account = world->accounts;

    while (account != NULL && strcmp(account->name, name) != 0) {
        account = account->next;
    }
    return account;
}

struct world_device *world_device(struct world *world, const char *name)
{
    struct world_device *device = world->devices;

    while (device != NULL && strcmp(device->name, name) != 0) {
        device = device->next;
    }
    return device;
}

struct world_session *world_session(struct world *world, const char *name)
{
    for (struct world_device *device = world->devices; device != NULL;
         device = device->next) {
        for (struct world_session *session = device->sessions; session != NULL;
             session = session->next) {
            if (strcmp(session->name, name) == 0) {
                return session;
            }
        }
    }
    return NULL;
}

static bool is_before(const struct vc_ratchet_place *a,
                      const struct vc_ratchet_place *b)
{
    return a->chain != b->chain ? a->chain < b->chain : a->n < b->n;
}

void world_keep(struct world_session *session, const struct vc_ratchet_skipped *skipped)
{
    struct world_row *row = world_take(sizeof(*row)), **at = &session->rows;

    while (*at != NULL && is_before(&(*at)->skipped.place, &skipped->place)) {
        at = &(*at)->next;
    }
    *row = (struct world_row){*at, *skipped};
    *at = row;
}

void world_drop_rows(struct world_session *session, uint32_t chain, uint32_t first,
                     uint32_t end)
{
    struct world_row **at = &session->rows;

    while (*at != NULL) {
        struct world_row *row = *at;
        const struct vc_ratchet_place *place = &row->skipped.place;

        if (place->chain == chain && place->n >= first && place->n < end) {
            *at = row->next;
            free(row);
        } else {
            at = &row->next;
        }
    }
}

void world_clear_rows(struct world_session *session)
{
    while (session->rows != NULL) {
        struct world_row *next = session->rows->next;

        free(session->rows);
        session->rows = next;
    }
}

size_t world_opening_len(const struct world_session *session)
{
    return session->ratchet.has_recv ? 0 : session->opening_len;
}

static const struct vc_secret32 *kept_key(const struct world_session *session,
                                          const struct vc_ratchet_place *place)
{
    for (struct world_row *row = session->rows; row != NULL; row = row->next) {
        if (row->skipped.place.chain == place->chain &&
            row->skipped.place.n == place->n) {
            return &row->skipped.key;
        }
    }
    return NULL;
}

static void apply(struct world_session *session, const struct vc_ratchet_place *place,
                  const struct vc_ratchet_skipped *skipped,
                  const struct vc_ratchet_change *change)
{
    if (change->has_used) {
        world_drop_rows(session, place->chain, place->n, place->n + 1);
    }
    for (size_t i = 0; i < change->skipped_count; i++) {
        world_keep(session, &skipped[i]);
    }
    for (size_t i = 0; i < change->forgotten_count; i++) {
        const struct vc_ratchet_rows *rows = &change->forgotten[i];

        world_drop_rows(session, rows->chain, rows->first, rows->end);
    }
}

static vc_err open_in(struct world_session *session, uint32_t today,
                      struct vc_bytes frame, struct world_opened *ret_opened)
{
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    vc_err err = vc_ratchet_find(&session->ratchet, frame, &found);

    if (err != VC_OK) {
        return err;
    }
    struct vc_ratchet_skipped *skipped =
        world_take((found.skips + 1) * sizeof(struct vc_ratchet_skipped));
    uint8_t *plain = world_take(frame.len);
    err = vc_ratchet_open(&session->ratchet, &found,
                          found.needs_key ? kept_key(session, &found.place) : NULL,
                          today, frame, plain, skipped, &change);
    if (err == VC_OK) {
        apply(session, &found.place, skipped, &change);
        *ret_opened = (struct world_opened){.session = session,
                                            .place = found.place,
                                            .plain = plain,
                                            .len = frame.len - VC_RATCHET_OVERHEAD};
    } else {
        free(plain);
    }
    free(skipped);
    return err;
}

/* The private halves that @head names; false when one of them is not there. */
static bool find_private(struct world *world, struct world_device *device,
                         const struct vc_opening_head *head,
                         struct vc_opening_private *ret_own)
{
    struct world_prekey *prekey = device->prekeys;
    struct world_one_time *one_time = device->one_times;

    while (prekey != NULL && prekey->prekey.id != head->prekey_id) {
        prekey = prekey->next;
    }
    while (one_time != NULL && one_time->key.id != head->one_time_id) {
        one_time = one_time->next;
    }
    if (prekey == NULL || (head->one_time_id != 0 && one_time == NULL)) {
        return false;
    }
    *ret_own = (struct vc_opening_private){
        .network_id = VC_BYTES(world->network),
        .root = device->account->account.root,
        .index = device->device.certificate.index,
        .dev_dh = &device->device.dh_secret,
        .dev_dh_public = &device->dh_public,
        .prekey = &prekey->prekey,
        .prekey_secret = &prekey->secret,
        .one_time = one_time != NULL ? &one_time->key : NULL,
        .one_time_secret = one_time != NULL ? &one_time->secret : NULL};
    return true;
}

static bool drop_one_time(struct world_device *device, uint32_t id)
{
    for (struct world_one_time **at = &device->one_times; *at != NULL;
         at = &(*at)->next) {
        if ((*at)->key.id == id) {
            struct world_one_time *dropped = *at;

            *at = dropped->next;
            free(dropped);
            return true;
        }
    }
    return false;
}

bool world_drop_prekey(struct world_device *device, uint32_t id)
{
    for (struct world_prekey **at = &device->prekeys; *at != NULL; at = &(*at)->next) {
        if ((*at)->prekey.id == id) {
            struct world_prekey *dropped = *at;

            *at = dropped->next;
            free(dropped);
            return true;
        }
    }
    return drop_one_time(device, id);
}

/* A session from an opening and the frame behind it; nothing is kept when either is bad. */
static vc_err take_session(struct world *world, struct world_device *device,
                           const struct vc_opening_private *own,
                           struct vc_bytes opening, struct vc_bytes frame,
                           struct world_opened *ret_opened)
{
    struct world_session *session = world_take(sizeof(*session));
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX];
    char id[VC_HEX_ROOM(sizeof(struct vc_id16))];
    struct vc_opening_sender sender;
    struct vc_session_keys keys;
    vc_err err = vc_opening_read(own, opening, scratch, &sender, &keys);

    if (err == VC_OK) {
        err = vc_certificate_verify(&sender.certificate, &sender.root);
    }
    if (err == VC_OK) {
        vc_ratchet_init_recipient(&session->ratchet, &keys, own->prekey_secret);
        err = open_in(session, world->today, frame, ret_opened);
    }
    if (err != VC_OK) {
        free(session);
        return err;
    }
    session->peer_root = sender.root;
    session->peer_index = sender.certificate.index;
    session->generation = sender.generation;
    vc_opening_name(&session->taken, opening);
    vc_hex_encode(VC_BYTES(keys.id.b), id);
    (void)snprintf(session->name, sizeof(session->name), "%.30s/%s", device->name, id);
    if (own->one_time != NULL) {
        (void)drop_one_time(device, own->one_time->id);
    }
    session->next = device->sessions;
    device->sessions = session;
    ret_opened->is_new = true;
    return VC_OK;
}

static vc_err decrypt_opening(struct world *world, struct world_device *device,
                              struct vc_bytes object, struct world_opened *ret_opened)
{
    struct vc_secret32 mask;
    struct vc_opening_head head;
    struct vc_opening_private own;
    struct vc_id16 name;

    vc_opening_mask(&mask, VC_BYTES(world->network), &device->account->account.root,
                    device->device.certificate.index);
    if (!vc_opening_peek(&mask, object, &head)) {
        return VC_ERR_AUTH;
    }
    const struct vc_bytes opening = {object.data, head.len};
    const struct vc_bytes frame = {object.data + head.len, object.len - head.len};
    vc_opening_name(&name, opening);
    for (struct world_session *session = device->sessions; session != NULL;
         session = session->next) {
        if (vc_equal(&session->taken, &name, sizeof(name))) {
            return open_in(session, world->today, frame, ret_opened);
        }
    }
    if (!find_private(world, device, &head, &own)) {
        return VC_ERR_AUTH;
    }
    return take_session(world, device, &own, opening, frame, ret_opened);
}

vc_err world_decrypt(struct world *world, struct world_device *device,
                     struct vc_bytes object, struct world_opened *ret_opened)
{
    for (struct world_session *session = device->sessions; session != NULL;
         session = session->next) {
        vc_err err = open_in(session, world->today, object, ret_opened);

        /* A header that opens says whose frame it is; the text may be forged all the same. */
        struct vc_ratchet_found found;
        if (err != VC_ERR_AUTH ||
            vc_ratchet_find(&session->ratchet, object, &found) == VC_OK) {
            return err;
        }
    }
    return decrypt_opening(world, device, object, ret_opened);
}

static void clear_device(struct world_device *device)
{
    while (device->prekeys != NULL) {
        struct world_prekey *next = device->prekeys->next;

        free(device->prekeys);
        device->prekeys = next;
    }
    while (device->one_times != NULL) {
        struct world_one_time *next = device->one_times->next;

        free(device->one_times);
        device->one_times = next;
    }
    while (device->sessions != NULL) {
        struct world_session *next = device->sessions->next;

        world_clear_rows(device->sessions);
        free(device->sessions);
        device->sessions = next;
    }
}

void world_clear(struct world *world)
{
    while (world->devices != NULL) {
        struct world_device *next = world->devices->next;

        clear_device(world->devices);
        free(world->devices);
        world->devices = next;
    }
    while (world->accounts != NULL) {
        struct world_account *next = world->accounts->next;

        free(world->accounts);
        world->accounts = next;
    }
    *world = (struct world){0};
}

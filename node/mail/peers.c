/*
 * Who there is: the devices that mail knows, and their mailbox rows.
 */
#include <string.h>

#include "node/mail/machine.h"

enum { FIRST_ROOM = 16 };

/* Where the peer stands among the others, or would. */
static size_t place_of(const struct vc_mail *mail, uint32_t number)
{
    size_t low = 0, high = mail->peer_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mail->peers[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct vc_mail_peer *look(const struct vc_mail *mail, uint32_t number)
{
    size_t at = place_of(mail, number);
    if (at == mail->peer_count || mail->peers[at]->number != number)
        return NULL;
    return mail->peers[at];
}

const struct vc_mail_peer *vc_mail_peer_look(const struct vc_mail *mail,
                                             uint32_t number)
{
    const struct vc_mail_peer *peer = look(mail, number);
    return peer == NULL || peer->is_ending ? NULL : peer;
}

struct vc_mail_peer *vc_mail_peer_find(struct vc_mail *mail, uint32_t number)
{
    /* Most calls are for the peer of the call before. */
    struct vc_mail_peer *peer = mail->last_found;
    if (peer == NULL || peer->number != number)
        peer = look(mail, number);
    if (peer == NULL || peer->is_ending)
        return NULL;
    mail->last_found = peer;
    return peer;
}

static vc_err grow(const struct vc_alloc *alloc, struct vc_mail_peer ***array,
                   size_t *room)
{
    size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
    size_t unit = sizeof(struct vc_mail_peer *);
    void *grown = alloc->resize(alloc->ctx, (void *)*array, *room * unit, more * unit);
    if (grown == NULL)
        return VC_ERR_NO_MEMORY;
    *array = grown;
    *room = more;
    return VC_OK;
}

static vc_err make_room(struct vc_mail *mail)
{
    if (mail->peer_count == VC_MAIL_PEERS_MAX)
        return VC_ERR_FULL;
    vc_err err = VC_OK;
    if (mail->peer_count == mail->peer_room)
        err = grow(&mail->alloc, &mail->peers, &mail->peer_room);
    if (err == VC_OK && mail->peer_count == mail->heap_room)
        err = grow(&mail->alloc, &mail->heap, &mail->heap_room);
    return err;
}

vc_err vc_mail_peer_new(struct vc_mail *mail, uint32_t number,
                        struct vc_mail_peer **ret_peer)
{
    VC_CHECK(number < VC_LINK_PEER_JOINING);
    if (look(mail, number) != NULL)
        return VC_ERR_EXISTS;
    vc_err err = make_room(mail);
    if (err != VC_OK)
        return err;
    struct vc_mail_peer *peer =
        mail->alloc.resize(mail->alloc.ctx, NULL, 0, sizeof(*peer));
    if (peer == NULL)
        return VC_ERR_NO_MEMORY;

    *peer = (struct vc_mail_peer){
        .number = number,
        .next = 1,
        .hold_from = UINT64_MAX,
        .run_sent = UINT64_MAX,
        .run_seen = UINT64_MAX,
        .connect_at = VC_NEVER,
        .stall_at = VC_NEVER,
        .ack_at = VC_NEVER,
        .due_at = VC_NEVER,
        .unopened_at = VC_NEVER,
        .seal_at = VC_NEVER,
        .resealed_at = VC_NEVER,
        .rolled_at = VC_NEVER,
        .seal_ms = VC_MAIL_WORDS_MS,
        .reseal_ms = VC_MAIL_UNOPENED_MS,
        .stall_ms = VC_MAIL_STALL_MS,
        .refused_ms = VC_MAIL_REFUSED_MS,
    };
    size_t at = place_of(mail, number);
    memmove(mail->peers + at + 1, mail->peers + at,
            (mail->peer_count - at) * sizeof(struct vc_mail_peer *));
    mail->peers[at] = peer;
    mail->peer_count++;
    vc_schedule_insert(mail, peer);
    *ret_peer = peer;
    return VC_OK;
}

static void free_peer(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    vc_numbers_deinit(&peer->acked, &mail->alloc);
    vc_numbers_deinit(&peer->told, &mail->alloc);
    vc_numbers_deinit(&peer->seen, &mail->alloc);
    vc_numbers_deinit(&peer->durable, &mail->alloc);
    mail->alloc.resize(mail->alloc.ctx, peer, sizeof(*peer), 0);
}

static void drop_peer(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(!peer->is_output_listed && !peer->is_pump_listed);
    size_t at = place_of(mail, peer->number);
    mail->peer_count--;
    memmove(mail->peers + at, mail->peers + at + 1,
            (mail->peer_count - at) * sizeof(struct vc_mail_peer *));
    vc_schedule_remove(mail, peer);
    mail->ending_count--;
    mail->last_found = NULL;
    free_peer(mail, peer);
}

void vc_mail_peers_deinit(struct vc_mail *mail)
{
    const struct vc_alloc *alloc = &mail->alloc;
    for (size_t i = 0; i < mail->peer_count; i++)
        free_peer(mail, mail->peers[i]);
    size_t unit = sizeof(struct vc_mail_peer *);
    if (mail->peers != NULL)
        alloc->resize(alloc->ctx, (void *)mail->peers, mail->peer_room * unit, 0);
    if (mail->heap != NULL)
        alloc->resize(alloc->ctx, (void *)mail->heap, mail->heap_room * unit, 0);
}

static vc_err load_numbers(struct vc_mail *mail, struct vc_numbers *set,
                           uint64_t prefix, struct vc_bytes bitmap)
{
    if (bitmap.len > 0 && vc_numbers_widen(set, &mail->alloc) != VC_OK)
        return VC_ERR_NO_MEMORY;
    vc_numbers_load(set, prefix, bitmap);
    return VC_OK;
}

static vc_err load_row(struct vc_mail *mail, struct vc_bytes key, struct vc_bytes value)
{
    struct vc_mailbox_row row;
    uint32_t number;
    if (vc_mailbox_key_decode(key, &number) != VC_OK ||
        vc_mailbox_row_decode(value, &row) != VC_OK)
        return VC_ERR_STORE_DAMAGED;
    struct vc_mail_peer *peer;
    vc_err err = vc_mail_peer_new(mail, number, &peer);
    if (err != VC_OK)
        return err;

    peer->is_ending = row.is_ending;
    peer->is_rolled_back = row.is_rolled_back;
    mail->ending_count += row.is_ending ? 1 : 0;
    peer->next = row.next;
    peer->sealed = row.sealed > row.acked_prefix ? row.sealed : row.acked_prefix;
    peer->released = peer->sealed;
    peer->given_out = row.next - 1;
    peer->resealed = row.resealed;
    peer->dropped = row.dropped;
    peer->dropped_rows = row.dropped_rows;
    memcpy(peer->last_tag, row.last_tag, sizeof(peer->last_tag));
    peer->given = row.acked_prefix > row.dropped ? row.acked_prefix : row.dropped;
    peer->acked_durable = row.acked_prefix;
    err = load_numbers(mail, &peer->acked, row.acked_prefix, row.acked_bitmap);
    if (err == VC_OK)
        err = load_numbers(mail, &peer->told, row.acked_prefix, row.acked_bitmap);
    if (err == VC_OK)
        err = load_numbers(mail, &peer->seen, row.seen_prefix, row.seen_bitmap);
    if (err == VC_OK)
        err = load_numbers(mail, &peer->durable, row.seen_prefix, row.seen_bitmap);
    peer->last = vc_numbers_last(&peer->seen);
    mail->dropping_count += vc_mail_peer_is_dropping(peer) ? 1 : 0;
    if (!peer->is_ending && (peer->is_rolled_back || peer->sealed + 1 < peer->next))
        vc_mail_want_output(mail, peer);
    return err;
}

struct loading {
    struct vc_mail *mail;
    vc_err err;
};

static bool on_mailbox_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    loading->err = load_row(loading->mail, key, value);
    return loading->err == VC_OK;
}

vc_err vc_mail_peers_load(struct vc_mail *mail)
{
    struct loading loading = {.mail = mail, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_MAILBOX,
        .on_row = on_mailbox_row,
        .ctx = &loading,
    };
    vc_err err = vc_store_scan(mail->store, &scan);
    return err == VC_OK ? loading.err : err;
}

void vc_mail_peer_write(struct vc_mail *mail, const struct vc_mail_peer *peer)
{
    uint8_t key[VC_MAILBOX_KEY_LEN];
    uint8_t room[VC_MAILBOX_ROW_MAX];
    struct vc_mailbox_row row = {
        .is_ending = peer->is_ending,
        .is_rolled_back = peer->is_rolled_back,
        .next = peer->next,
        .sealed = peer->sealed,
        .resealed = peer->resealed,
        .dropped = peer->dropped,
        .dropped_rows = peer->dropped_rows,
    };
    memcpy(row.last_tag, peer->last_tag, sizeof(row.last_tag));
    vc_store_put(mail->store, VC_TABLE_MAILBOX, vc_mailbox_key(key, peer->number),
                 vc_mailbox_row_encode(room, &row, &peer->acked, &peer->seen));
    if (mail->row_owed == peer)
        mail->row_owed = NULL;
}

bool vc_mail_has_room(struct vc_mail *mail, size_t ops, size_t bytes)
{
    return vc_store_reserve(mail->store, ops + VC_MAIL_ACKED_OPS,
                            bytes + VC_MAIL_ACKED_BYTES) == VC_OK;
}

/* Deletes a part of all rows of a peer; false when some are left. */
static bool purge_rows(struct vc_mail *mail, struct vc_mail_peer *peer, size_t *budget)
{
    /* Between what was given up and what came after it there may be a leap. */
    if (peer->acked.prefix < peer->dropped) {
        if (!vc_outbox_delete_to(mail, peer, peer->dropped_rows, budget))
            return false;
        vc_numbers_raise(&peer->acked, peer->dropped);
    }
    return vc_outbox_delete_to(mail, peer, peer->next - 1, budget) &&
           vc_seal_peer_purge(mail->seal, peer->number, budget);
}

static void purge(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    const size_t ops = VC_MAIL_REMOVE_ROWS + VC_MAIL_ACCEPT_OPS;
    const size_t bytes = VC_MAIL_REMOVE_ROWS * VC_STORE_KEY_MAX + VC_MAIL_ACCEPT_BYTES;
    size_t budget = VC_MAIL_REMOVE_ROWS;
    if (!vc_mail_has_room(mail, ops, bytes)) {
        mail->store_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
        return;
    }
    if (!purge_rows(mail, peer, &budget)) {
        /* Nothing could be done now: not tried in every turn. */
        if (budget == VC_MAIL_REMOVE_ROWS)
            mail->purge_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
        else
            vc_mail_peer_write(mail, peer);
        return;
    }
    uint8_t key[VC_MAILBOX_KEY_LEN];
    vc_store_del(mail->store, VC_TABLE_MAILBOX, vc_mailbox_key(key, peer->number));
    drop_peer(mail, peer);
}

void vc_mail_peers_purge(struct vc_mail *mail)
{
    if (mail->ending_count == 0 || mail->store_at != VC_NEVER ||
        mail->purge_at != VC_NEVER)
        return;
    for (size_t i = 0; i < mail->peer_count; i++) {
        struct vc_mail_peer *peer = mail->peers[i];
        /* One that stands in a queue is left there until its turn has come. */
        if (peer->is_ending && !peer->is_output_listed && !peer->is_pump_listed) {
            purge(mail, peer);
            return;
        }
    }
}

/* What is beyond the dropped numbers is acknowledged only when they are gone. */
uint64_t vc_mail_peer_done(const struct vc_mail_peer *peer, uint64_t number)
{
    if (peer->acked.prefix < peer->dropped)
        return peer->dropped;
    return vc_numbers_count_to(&peer->acked, number);
}

uint64_t vc_mail_peer_waiting(const struct vc_mail_peer *peer)
{
    return peer->next - 1 - vc_mail_peer_done(peer, peer->next - 1);
}

bool vc_mail_peer_is_dropping(const struct vc_mail_peer *peer)
{
    return peer->acked.prefix < peer->dropped && !peer->is_ending;
}

void vc_mail_want_output(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->is_output_listed)
        return;
    peer->is_output_listed = true;
    peer->next_output = NULL;
    if (mail->outputs.last != NULL)
        mail->outputs.last->next_output = peer;
    else
        mail->outputs.first = peer;
    mail->outputs.last = peer;
}

void vc_mail_want_pump(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->is_pump_listed)
        return;
    peer->is_pump_listed = true;
    peer->next_pump = NULL;
    if (mail->pumps.last != NULL)
        mail->pumps.last->next_pump = peer;
    else
        mail->pumps.first = peer;
    mail->pumps.last = peer;
}

/*
 * The door of the mail machine: what comes in is handed to the file that knows, what
 * goes out is collected from them.
 */
#include "node/mail/mail.h"

#include "node/mail/machine.h"

static void release(struct vc_mail *mail)
{
    struct vc_alloc alloc = mail->alloc;
    vc_mail_peers_deinit(mail);
    vc_ledger_deinit(&mail->ledger, &alloc);
    if (mail->row != NULL)
        alloc.resize(alloc.ctx, mail->row, VC_OUTBOX_ROW_MAX, 0);
    vc_wipe(&mail->rng, sizeof(mail->rng));
    alloc.resize(alloc.ctx, mail, sizeof(*mail), 0);
}

/* Everybody for whom something waits is wanted, one after another. */
static void plan_start(struct vc_mail *mail)
{
    vc_ms at = mail->mono;
    for (size_t i = 0; i < mail->peer_count; i++) {
        struct vc_mail_peer *peer = mail->peers[i];
        if (peer->is_ending || vc_mail_peer_waiting(peer) == 0)
            continue;
        peer->connect_at = at;
        at += VC_MAIL_START_STEP_MS;
        vc_schedule_update(mail, peer);
    }
}

vc_err vc_mail_init(const struct vc_mail_config *cfg, const struct vc_now *now,
                    const struct vc_secret32 *seed, struct vc_mail **ret_mail)
{
    VC_CHECK(cfg->alloc.resize != NULL && cfg->store != NULL && cfg->link != NULL &&
             cfg->seal != NULL);
    struct vc_mail *mail = cfg->alloc.resize(cfg->alloc.ctx, NULL, 0, sizeof(*mail));
    if (mail == NULL)
        return VC_ERR_NO_MEMORY;
    *mail = (struct vc_mail){
        .alloc = cfg->alloc,
        .store = cfg->store,
        .link = cfg->link,
        .seal = cfg->seal,
        .mono = now->mono,
        .unix_ms = now->unix_ms,
        .store_at = VC_NEVER,
        .purge_at = VC_NEVER,
    };
    vc_rng_init(&mail->rng, seed);
    vc_err err = vc_ledger_init(&mail->ledger, &mail->alloc);
    if (err == VC_OK) {
        mail->row = cfg->alloc.resize(cfg->alloc.ctx, NULL, 0, VC_OUTBOX_ROW_MAX);
        err = mail->row == NULL ? VC_ERR_NO_MEMORY : vc_mail_peers_load(mail);
    }
    if (err != VC_OK) {
        release(mail);
        return err;
    }
    plan_start(mail);
    *ret_mail = mail;
    return VC_OK;
}

void vc_mail_deinit(struct vc_mail *mail)
{
    if (mail != NULL)
        release(mail);
}

vc_err vc_mail_peer_put(struct vc_mail *mail, uint32_t peer)
{
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known != NULL)
        return VC_OK;
    vc_err err = vc_mail_peer_new(mail, peer, &known);
    if (err != VC_OK)
        return err;
    vc_mail_peer_write(mail, known);
    known->must_check = true;
    vc_mail_want_pump(mail, known);
    return VC_OK;
}

void vc_mail_peer_remove(struct vc_mail *mail, uint32_t peer)
{
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known == NULL)
        return;
    mail->dropping_count -= vc_mail_peer_is_dropping(known) ? 1 : 0;
    known->is_ending = true;
    known->words = 0;
    mail->ending_count++;
    vc_mail_peer_write(mail, known);
    vc_retry_refresh(mail, known);
}

void vc_mail_wake(struct vc_mail *mail, const struct vc_now *now, uint32_t peer)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known == NULL)
        return;
    known->attempts = 0;
    known->connect_at = VC_NEVER;
    vc_retry_refresh(mail, known);
    known->must_check = true;
    vc_mail_want_pump(mail, known);
}

/* Puts a link's output into the slot as it came. */
static void pass(struct vc_mail *mail, enum vc_mail_output_kind kind,
                 const struct vc_link_output *output)
{
    VC_CHECK(!mail->is_slot_full);
    mail->slot = (struct vc_mail_output){
        .kind = kind,
        .peer = output->peer,
        .link = *output,
    };
    mail->is_slot_full = true;
}

static void on_object(struct vc_mail *mail, const struct vc_now *now,
                      const struct vc_link_output *output)
{
    struct vc_bytes bytes = output->bytes;
    if (bytes.len > 0 && bytes.data[0] >= VC_MAIL_TYPE_PASSED) {
        pass(mail, VC_MAIL_PASSED, output);
        mail->slot.object = bytes;
        return;
    }
    struct vc_mail_frame frame;
    if (vc_mail_frame_decode(bytes, &frame) != VC_OK) {
        mail->stats.dropped_malformed++;
        return;
    }
    struct vc_mail_peer *peer = vc_mail_peer_find(mail, output->peer);
    if (peer == NULL) {
        mail->stats.dropped_strange++;
        return;
    }
    if (!peer->is_up) {
        peer->must_check = true;
        vc_mail_want_pump(mail, peer);
    }
    /* A hello is said before anybody knows what the session is good for. */
    peer->is_session_good = peer->is_session_good || frame.type != VC_MAIL_HELLO;
    switch (frame.type) {
    case VC_MAIL_DATA:
        vc_inbox_on_data(mail, now, peer, &frame);
        break;
    case VC_MAIL_ACK:
        vc_outbox_on_ack(mail, peer, &frame);
        break;
    case VC_MAIL_ABANDON:
        vc_inbox_on_abandon(mail, peer, &frame);
        break;
    case VC_MAIL_GONE:
        vc_inbox_on_gone(mail, peer, &frame);
        break;
    case VC_MAIL_HELLO:
        vc_hello_on_hello(mail, now, peer, &frame);
        break;
    case VC_MAIL_UNOPENED:
        vc_hello_on_unopened(mail, now, peer, &frame);
        break;
    }
}

static void on_writable(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    peer->is_control_full = false;
    peer->is_chat_full = false;
    vc_mail_want_pump(mail, peer);
}

void vc_mail_link_output(struct vc_mail *mail, const struct vc_now *now,
                         const struct vc_link_output *output)
{
    VC_CHECK(!mail->is_slot_full);
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *peer = vc_mail_peer_find(mail, output->peer);
    switch (output->kind) {
    case VC_LINK_DATAGRAM:
        break;
    case VC_LINK_OBJECT:
        on_object(mail, now, output);
        break;
    case VC_LINK_UP:
        if (peer != NULL)
            vc_retry_on_up(mail, peer);
        pass(mail, VC_MAIL_UP, output);
        break;
    case VC_LINK_DOWN:
        if (peer != NULL)
            vc_retry_on_down(mail, peer);
        pass(mail, VC_MAIL_DOWN, output);
        break;
    case VC_LINK_MOVED:
        pass(mail, VC_MAIL_MOVED, output);
        break;
    case VC_LINK_SILENT:
        pass(mail, VC_MAIL_SILENT, output);
        break;
    case VC_LINK_HEARD:
        pass(mail, VC_MAIL_HEARD, output);
        break;
    case VC_LINK_WRITABLE:
        if (peer != NULL)
            on_writable(mail, peer);
        break;
    }
}

void vc_mail_flush(struct vc_mail *mail)
{
    if (mail->row_owed != NULL)
        vc_mail_peer_write(mail, mail->row_owed);
    vc_mail_peers_purge(mail);
    for (size_t i = 0; mail->dropping_count > 0 && i < mail->peer_count; i++)
        vc_sealing_drop_rows(mail, mail->peers[i]);
}

void vc_mail_submitted(struct vc_mail *mail, uint64_t ticket)
{
    vc_ledger_submitted(&mail->ledger, ticket);
}

/* Says to the link what is to be said to one peer; false when there is more. */
static bool pump(struct vc_mail *mail, struct vc_mail_peer *peer, size_t *budget)
{
    if (peer->is_ending)
        return true;
    if (peer->must_check)
        vc_retry_check(mail, peer);
    if (!peer->is_up)
        return true;
    vc_hello_send(mail, peer);
    vc_inbox_send_ack(mail, peer);
    bool is_done = vc_outbox_give(mail, peer, budget);
    vc_retry_refresh(mail, peer);
    return is_done;
}

static void run_pumps(struct vc_mail *mail)
{
    size_t budget = VC_MAIL_PUMP_MAX;
    while (budget > 0 && mail->pumps.first != NULL) {
        struct vc_mail_peer *peer = mail->pumps.first;
        mail->pumps.first = peer->next_pump;
        if (mail->pumps.first == NULL)
            mail->pumps.last = NULL;
        peer->is_pump_listed = false;
        budget--;
        if (!pump(mail, peer, &budget))
            vc_mail_want_pump(mail, peer);
    }
}

void vc_mail_committed(struct vc_mail *mail, const struct vc_now *now, uint64_t ticket)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    mail->store_at = VC_NEVER;
    struct vc_ledger_entry entry;
    while (vc_ledger_take(&mail->ledger, ticket, &entry)) {
        if (entry.kind == VC_LEDGER_SEEN || entry.kind == VC_LEDGER_GONE)
            vc_inbox_committed(mail, &entry);
        else
            vc_outbox_committed(mail, &entry);
    }
    run_pumps(mail);
}

void vc_mail_tick(struct vc_mail *mail, const struct vc_now *now)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    if (mail->store_at <= mail->mono)
        mail->store_at = VC_NEVER;
    if (mail->purge_at <= mail->mono)
        mail->purge_at = VC_NEVER;
    for (size_t i = 0; i < VC_MAIL_TICK_MAX && mail->peer_count > 0; i++) {
        if (mail->heap[0]->due_at > mail->mono)
            break;
        vc_retry_tick(mail, mail->heap[0]);
    }
    run_pumps(mail);
}

vc_ms vc_mail_due(const struct vc_mail *mail)
{
    bool has_store = mail->store_at == VC_NEVER;
    bool has_removal = mail->ending_count > 0 && mail->purge_at == VC_NEVER;
    if (mail->is_slot_full || mail->pumps.first != NULL ||
        (has_store &&
         (mail->outputs.first != NULL || has_removal || mail->dropping_count > 0)))
        return 0;
    vc_ms first_at = mail->peer_count > 0 ? mail->heap[0]->due_at : VC_NEVER;
    return vc_ms_min(first_at, vc_ms_min(mail->store_at, mail->purge_at));
}

/* What the first peer in the queue has to report. */
static bool next_of(struct vc_mail *mail, struct vc_mail_peer *peer,
                    struct vc_mail_output *ret_output)
{
    if (mail->store_at == VC_NEVER && vc_hello_next_rolled_back(mail, peer, ret_output))
        return true;
    if (peer->has_lost && !peer->is_ending) {
        peer->has_lost = false;
        *ret_output =
            (struct vc_mail_output){.kind = VC_MAIL_LOST, .peer = peer->number};
        return true;
    }
    if (mail->store_at == VC_NEVER && vc_outbox_next_acked(mail, peer, ret_output))
        return true;
    if (mail->store_at == VC_NEVER && vc_sealing_next(mail, peer, ret_output))
        return true;
    /* There may be a session already that nobody told of. */
    if (peer->wants_connect && peer->must_check)
        vc_retry_check(mail, peer);
    if (!peer->wants_connect)
        return false;
    vc_retry_after_wish(mail, peer);
    *ret_output =
        (struct vc_mail_output){.kind = VC_MAIL_CONNECT, .peer = peer->number};
    return true;
}

static bool take_slot(struct vc_mail *mail, struct vc_mail_output *ret_output)
{
    if (!mail->is_slot_full)
        return false;
    mail->is_slot_full = false;
    *ret_output = mail->slot;
    if (mail->slot.kind == VC_MAIL_DELIVERY) {
        mail->offered_peer = mail->slot.peer;
        mail->offered_number = mail->slot.number;
    }
    return true;
}

bool vc_mail_next(struct vc_mail *mail, const struct vc_now *now,
                  struct vc_mail_output *ret_output)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    if (mail->offered_number != 0) {
        struct vc_mail_peer *peer = vc_mail_peer_find(mail, mail->offered_peer);
        if (peer != NULL)
            vc_inbox_refused(mail, peer, mail->offered_number);
        mail->offered_number = 0;
    }
    if (take_slot(mail, ret_output))
        return true;
    while (mail->outputs.first != NULL) {
        struct vc_mail_peer *peer = mail->outputs.first;
        if (next_of(mail, peer, ret_output))
            return true;
        if (mail->store_at != VC_NEVER)
            break;
        mail->outputs.first = peer->next_output;
        if (mail->outputs.first == NULL)
            mail->outputs.last = NULL;
        peer->is_output_listed = false;
    }
    run_pumps(mail);
    return false;
}

bool vc_mail_state(const struct vc_mail *mail, uint32_t peer,
                   struct vc_mail_state *ret_state)
{
    const struct vc_mail_peer *known = vc_mail_peer_look(mail, peer);
    if (known == NULL)
        return false;
    *ret_state = (struct vc_mail_state){
        .waiting = vc_mail_peer_waiting(known),
        .retry_at = known->wants_connect ? mail->mono : known->connect_at,
        .sent = known->next - 1,
        .received = vc_numbers_count(&known->seen),
    };
    return true;
}

void vc_mail_stats(const struct vc_mail *mail, struct vc_mail_stats *ret_stats)
{
    *ret_stats = mail->stats;
}

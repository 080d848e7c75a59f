#include "node/mail/ledger.h"

static const size_t ring_bytes = VC_MAIL_LEDGER_MAX * sizeof(struct vc_ledger_entry);

static struct vc_ledger_entry *entry_at(const struct vc_ledger *ledger,
                                        uint64_t position)
{
    return &ledger->ring[position % VC_MAIL_LEDGER_MAX];
}

vc_err vc_ledger_init(struct vc_ledger *ledger, const struct vc_alloc *alloc)
{
    struct vc_ledger_entry *ring = alloc->resize(alloc->ctx, NULL, 0, ring_bytes);
    if (ring == NULL)
        return VC_ERR_NO_MEMORY;
    *ledger = (struct vc_ledger){.ring = ring};
    return VC_OK;
}

void vc_ledger_deinit(struct vc_ledger *ledger, const struct vc_alloc *alloc)
{
    if (ledger->ring != NULL)
        alloc->resize(alloc->ctx, ledger->ring, ring_bytes, 0);
    ledger->ring = NULL;
}

bool vc_ledger_has_room(const struct vc_ledger *ledger, size_t count)
{
    return VC_MAIL_LEDGER_MAX - (ledger->head - ledger->tail) >= count;
}

void vc_ledger_add(struct vc_ledger *ledger, uint64_t *run, enum vc_ledger_kind kind,
                   uint32_t peer, uint64_t number)
{
    if (*run >= ledger->turn && *run < ledger->head) {
        struct vc_ledger_entry *last = entry_at(ledger, *run);
        if (last->kind == kind && last->peer == peer && last->last + 1 == number) {
            last->last = number;
            return;
        }
    }
    VC_CHECK(vc_ledger_has_room(ledger, 1));
    *entry_at(ledger, ledger->head) = (struct vc_ledger_entry){
        .first = number,
        .last = number,
        .peer = peer,
        .kind = kind,
    };
    *run = ledger->head++;
}

void vc_ledger_submitted(struct vc_ledger *ledger, uint64_t ticket)
{
    /* An entry without a write could never come true. */
    VC_CHECK(ticket != 0 || ledger->turn == ledger->head);
    for (; ledger->turn < ledger->head; ledger->turn++)
        entry_at(ledger, ledger->turn)->ticket = ticket;
}

bool vc_ledger_take(struct vc_ledger *ledger, uint64_t ticket,
                    struct vc_ledger_entry *ret_entry)
{
    if (ledger->tail == ledger->turn)
        return false;
    const struct vc_ledger_entry *oldest = entry_at(ledger, ledger->tail);
    VC_CHECK(oldest->ticket != 0);
    if (oldest->ticket > ticket)
        return false;
    *ret_entry = *oldest;
    ledger->tail++;
    return true;
}

/*
 * Holes: asking for what others refer to and we have not, and answering who asks.
 *
 * Mail loses nothing, so a hole means that somebody gave a message up, or that a store was
 * put back to an older state.  node/SPEC.md, "Holes".
 */
#include <string.h>

#include "node/chat/state.h"

void vc_pull_plan(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person)
{
    if (person->open_gaps == 0) {
        person->pull_at = VC_NEVER;
        person->pull_backoff_ms = VC_CHAT_PULL_BACKOFF_MS;
    } else if (person->is_up && person->pull_at == VC_NEVER) {
        person->pull_at = now->mono + VC_CHAT_PULL_AFTER_MS;
        vc_chat_want(chat, person->pull_at);
    }
}

/* Sends a PULL or GONE; no mark: nobody waits for its arrival. */
static vc_err send_refs(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, enum vc_object_kind kind,
                        const struct vc_refs_object *refs)
{
    struct vc_mail_object object = {0};
    uint8_t room[VC_REFS_OBJECT_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    uint64_t number;

    vc_refs_object_write(&w, kind, refs);
    object.head = vc_writer_bytes(&w);
    return vc_mail_send(chat->cfg.mail, now, person->row.peer, &object, &number);
}

void vc_pull_tick(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person)
{
    struct vc_refs_object refs = {.count = 0};

    if (person->pull_at > now->mono) {
        vc_chat_want(chat, person->pull_at);
        return;
    }
    for (size_t i = 0; i < person->gap_count && refs.count < VC_CHAT_REFS_MAX; i++) {
        /* Ours are restored in another way. */
        if (!person->gaps[i].is_lost &&
            person->gaps[i].ref.author != person->own_author) {
            refs.refs[refs.count++] = person->gaps[i].ref;
        }
    }
    person->pull_at = VC_NEVER;
    if (refs.count == 0 || !person->is_up) {
        return;
    }
    person->pull_at = now->mono + VC_CHAT_CHORE_RETRY_MS;
    if (vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                     VC_MAIL_SEND_BYTES(VC_REFS_OBJECT_MAX)) == VC_OK &&
        send_refs(chat, now, person, VC_OBJECT_PULL, &refs) == VC_OK) {
        person->pull_at = now->mono + person->pull_backoff_ms;
        person->pull_backoff_ms =
            vc_ms_min(2 * person->pull_backoff_ms, VC_CHAT_PULL_BACKOFF_MAX_MS);
    }
    vc_chat_want(chat, person->pull_at);
}

/* Sends one of ours again, or says that it is nowhere.  What is on its way already, or
 * does not fit now, is asked for again if it is still missing. */
static bool answer_one(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_message_ref *ref,
                       bool *is_sent)
{
    struct vc_message_row row;
    uint64_t number;
    vc_err err = vc_message_get(chat, person->id, ref, &row);

    if (err == VC_ERR_NOT_FOUND || (err == VC_OK && row.is_failed)) {
        return false;
    }
    *is_sent =
        err == VC_OK && vc_delivered_has(&person->conversation, ref->seq) &&
        vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                     VC_MAIL_SEND_BYTES(VC_MESSAGE_HEAD_MAX + row.body.len)) == VC_OK &&
        vc_message_resend(chat, now, person, ref, &row, &number) == VC_OK;
    return true;
}

static void answer(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_person *person, const struct vc_refs_object *refs,
                   struct vc_refs_object *ret_gone)
{
    uint8_t device = (uint8_t)chat->cfg.device->certificate.index;
    int sent = 0;

    ret_gone->count = 0;
    for (uint8_t i = 0; i < refs->count && sent < VC_CHAT_PULL_ANSWER_MAX; i++) {
        const struct vc_message_ref *ref = &refs->refs[i];
        bool is_sent = false;

        if (ref->author != person->own_author || ref->device != device) {
            continue; /* his own: he knows best what he wrote */
        }
        if (!answer_one(chat, now, person, ref, &is_sent)) {
            ret_gone->refs[ret_gone->count++] = *ref;
        }
        sent += is_sent ? 1 : 0;
    }
}

bool vc_pull_on_pull(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person, struct vc_bytes object)
{
    struct vc_refs_object refs, gone = {.count = 0};

    if (vc_refs_object_read(object, &refs) != VC_OK) {
        chat->stats.dropped_malformed++;
    } else if (now->mono >= person->answer_at) {
        answer(chat, now, person, &refs, &gone);
        person->answer_at = now->mono + VC_CHAT_PULL_ANSWER_EVERY_MS;
    }
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + VC_MAIL_SEND_OPS,
                     VC_MAIL_ACCEPT_BYTES + VC_MAIL_SEND_BYTES(VC_REFS_OBJECT_MAX)) !=
        VC_OK) {
        return false;
    }
    return gone.count == 0 ||
           send_refs(chat, now, person, VC_OBJECT_GONE, &gone) == VC_OK;
}

vc_err vc_gone_send(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person, const struct vc_refs_object *gone)
{
    vc_err err = vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                              VC_MAIL_SEND_BYTES(VC_REFS_OBJECT_MAX));

    return err == VC_OK ? send_refs(chat, now, person, VC_OBJECT_GONE, gone) : err;
}

/* Nobody has asked for it, but what comes behind it is not to wait for it either. */
static struct vc_gap *open_unasked(struct vc_chat *chat, const struct vc_now *now,
                                   struct vc_person *person,
                                   const struct vc_message_ref *ref)
{
    struct vc_message_row row;

    if (ref->author == person->own_author ||
        ref->device != person->device.certificate.index ||
        ref->seq <= person->conversation.contiguous ||
        vc_message_get(chat, person->id, ref, &row) != VC_ERR_NOT_FOUND) {
        return NULL;
    }
    return vc_gap_open(chat, now, person, ref);
}

bool vc_pull_on_gone(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person, struct vc_bytes object)
{
    static const struct vc_message_ref nobody = {0};
    struct vc_refs_object refs;

    /* For each its row, and that of an older one which makes place, twice. */
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS + 3 * VC_CHAT_REFS_MAX,
                     VC_MAIL_ACCEPT_BYTES + 3 * VC_CHAT_REFS_MAX * 32) != VC_OK) {
        return false;
    }
    if (vc_refs_object_read(object, &refs) != VC_OK) {
        chat->stats.dropped_malformed++;
        return true;
    }
    for (uint8_t i = 0; i < refs.count; i++) {
        struct vc_gap *gap = vc_gap_find(person, &refs.refs[i]);

        if (gap == NULL) {
            gap = open_unasked(chat, now, person, &refs.refs[i]);
        }
        if (gap != NULL) {
            vc_gap_lose(chat, now, person, gap);
        }
    }
    vc_contiguous_advance(chat, person);
    vc_unsettled_settle(chat, person, &nobody, 0);
    person->pull_at = VC_NEVER;
    vc_pull_plan(chat, now, person);
    return true;
}

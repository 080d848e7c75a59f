/*
 * Words for mail: what a row of its outbox was about, said again.
 *
 * Mail asks for them when a row waited for keys, or when it has to be sealed anew because the
 * session with the other device ended.  A message has the words and the id that it had, a
 * receipt says what its mark says; our card is said as it is now.
 */
#include <string.h>

#include "node/chat/state.h"

/* What cannot be done now is asked for again. */
static void later(struct vc_chat *chat, const struct vc_now *now)
{
    vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
}

/* Nothing is there any more that could be said. */
static void give_up(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person, uint64_t number)
{
    if (vc_room_take(chat, person, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) != VC_OK ||
        vc_mail_abandon(chat->cfg.mail, now, person->row.peer, number) != VC_OK) {
        later(chat, now);
    }
}

static void say_message(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, uint64_t number,
                        const struct vc_mark *mark)
{
    struct vc_message_ref ref = {.author = person->own_author,
                                 .device = mark->device,
                                 .seq = (uint32_t)mark->value};
    struct vc_message_words words;
    struct vc_message_row row;
    vc_err err = mark->value > UINT32_MAX
                     ? VC_ERR_NOT_FOUND
                     : vc_message_get(chat, person->id, &ref, &row);

    if (err == VC_ERR_NOT_FOUND || (err == VC_OK && row.is_failed)) {
        give_up(chat, now, person, number);
        return;
    }
    if (err != VC_OK ||
        vc_room_take(chat, person, VC_MAIL_SEND_OPS,
                     VC_MAIL_SEND_BYTES(VC_MESSAGE_HEAD_MAX + row.body.len)) != VC_OK) {
        later(chat, now);
        return;
    }
    vc_message_words(person, &ref, &row, &words);
    if (vc_mail_words(chat->cfg.mail, now, person->row.peer, number, &words.object) !=
        VC_OK) {
        later(chat, now);
    }
}

static void say_read(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person, uint64_t number,
                     const struct vc_mark *mark)
{
    struct vc_read_object read = {.device = (uint8_t)person->device.certificate.index,
                                  .up_to = (uint32_t)mark->value};
    uint8_t room[VC_READ_OBJECT_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_mail_object object = {0};

    if (vc_room_take(chat, person, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(sizeof room)) !=
        VC_OK) {
        later(chat, now);
        return;
    }
    vc_read_object_write(&w, &read);
    vc_mark_write(object.ref, mark);
    object.head = vc_writer_bytes(&w);
    if (vc_mail_words(chat->cfg.mail, now, person->row.peer, number, &object) !=
        VC_OK) {
        later(chat, now);
    }
}

void vc_words_wanted(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person, uint64_t number,
                     const uint8_t ref[VC_MAIL_REF_LEN])
{
    struct vc_mark mark;

    if (vc_mark_read(ref, &mark) != VC_OK || mark.contact != person->id) {
        mark.kind = VC_MARK_NONE;
    }
    switch (mark.kind) {
    case VC_MARK_MESSAGE:
        say_message(chat, now, person, number, &mark);
        break;
    case VC_MARK_READ:
        say_read(chat, now, person, number, &mark);
        break;
    case VC_MARK_CARD:
        vc_card_say(chat, now, person, number);
        break;
    case VC_MARK_NONE:
        /* A request for what is missing, or the answer to one: it is made anew if need be. */
        give_up(chat, now, person, number);
        break;
    }
}

void vc_words_rolled_back(struct vc_chat *chat, const struct vc_now *now,
                          struct vc_person *person)
{
    if (vc_room_take(chat, person, 0, 0) != VC_OK) {
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
    }
    person->row.card_sent = 0;
    person->row.card_acked = 0;
    person->conversation.receipt_sent = person->conversation.receipt_acked;
    vc_restore_begin(chat, now, person, VC_RESTORING_BOTH);
    vc_person_conversation_dirty(chat, person);
    vc_chat_chore(chat, person, VC_CHORE_RECEIPT);
    vc_chat_chore(chat, person, VC_CHORE_CARD);
}

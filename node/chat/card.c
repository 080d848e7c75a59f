/*
 * Our card, and who has it.
 *
 * A contact gets it again when it has changed, while he is there.  At most one waits for
 * him: when it arrives and is old by then, the next one follows.  A card is known by its
 * mark, which says too which contacts key and record key are in it: so the mark that
 * somebody has acknowledged tells which keys he has.
 */
#include <string.h>

#include "node/chat/state.h"

void vc_own_card(const struct vc_chat *chat, struct vc_card *ret_card)
{
    const struct vc_account *account = chat->cfg.account;

    memset(ret_card, 0, sizeof *ret_card);
    ret_card->root = account->root;
    ret_card->record_generation = account->record_generation;
    ret_card->record = account->record;
    ret_card->contacts_generation = account->contacts_generation;
    ret_card->contacts = account->contacts;
    ret_card->devices[0] = chat->cfg.device->certificate;
    ret_card->device_count = 1;
    memcpy(ret_card->addrs, chat->addrs, sizeof chat->addrs);
    ret_card->addr_count = chat->addr_count;
    memcpy(ret_card->name, chat->owner.name, sizeof ret_card->name);
    ret_card->live = account->live;
}

bool vc_card_is_old(const struct vc_person *person, const struct vc_card *card)
{
    uint32_t list_seq = card->live.count > 0 ? card->live.list_seq : 0;

    return list_seq < person->row.live_seq;
}

static uint64_t mark_of(const struct vc_card *card, struct vc_bytes encoded)
{
    uint8_t hash[8];
    struct vc_reader r = vc_reader(VC_BYTES(hash));
    uint64_t mark;

    vc_hash(hash, sizeof hash, "card mark", NULL, encoded);
    mark = vc_read_u64(&r) | UINT64_C(1) << 63; /* no mark is 0 */
    mark &= ~UINT64_C(0xffff);
    return mark | (uint64_t)card->record_generation << 8 | card->contacts_generation;
}

void vc_own_card_changed(struct vc_chat *chat)
{
    uint8_t room[VC_CARD_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_card card;

    vc_own_card(chat, &card);
    VC_CHECK(vc_card_write(&w, &card) == VC_OK);
    chat->card_mark = mark_of(&card, vc_writer_bytes(&w));
    vc_wipe(&card, sizeof card);
    vc_wipe(room, sizeof room);
    for (size_t i = 0; i < chat->people_count; i++) {
        if (chat->people[i]->is_up) {
            vc_chat_chore(chat, chat->people[i], VC_CHORE_CARD);
        }
    }
}

vc_err vc_card_give(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person)
{
    uint8_t room[VC_CARD_OBJECT_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_mark mark = {.kind = VC_MARK_CARD, .contact = person->id};
    struct vc_mail_object object = {0};
    struct vc_card card;
    uint64_t number;
    vc_err err;

    if (person->row.card_sent != person->row.card_acked ||
        person->row.card_acked == chat->card_mark || !person->is_up) {
        return VC_OK;
    }
    err = vc_room_take(chat, person, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(sizeof room));
    if (err != VC_OK) {
        return err;
    }
    vc_own_card(chat, &card);
    vc_card_object_write(&w, &card);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    mark.value = chat->card_mark;
    vc_mark_write(object.ref, &mark);
    object.head = vc_writer_bytes(&w);
    err = vc_mail_send(chat->cfg.mail, now, person->row.peer, &object, &number);
    vc_wipe(&card, sizeof card);
    vc_wipe(room, sizeof room);
    if (err == VC_OK) {
        person->row.card_sent = chat->card_mark;
        vc_person_contact_dirty(chat, person);
    }
    return err;
}

void vc_card_acked(struct vc_chat *chat, struct vc_person *person, uint64_t mark)
{
    if (person->row.card_sent == mark) {
        person->row.card_acked = mark;
        vc_person_contact_dirty(chat, person);
        vc_turning_review(chat);
        vc_forwards_review(chat);
    }
    vc_chat_chore(chat, person, VC_CHORE_CARD);
}

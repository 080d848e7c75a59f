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
    ret_card->has_prekey = vc_seal_own_prekey(chat->cfg.seal, &ret_card->prekey);
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
    chat->is_self_changed = true;
    vc_wipe(&card, sizeof card);
    vc_wipe(room, sizeof room);
    for (size_t i = 0; i < chat->people_count; i++) {
        if (chat->people[i]->is_up) {
            vc_chat_chore(chat, chat->people[i], VC_CHORE_CARD);
        }
    }
}

/* A card as mail takes it. */
struct given_card {
    struct vc_mail_object object;
    uint8_t room[VC_CARD_OBJECT_MAX];
};

static vc_err take_card_room(struct vc_chat *chat, struct vc_person *person)
{
    return vc_room_take(chat, person, VC_MAIL_SEND_OPS + VC_CHAT_ONE_TIMES,
                        VC_MAIL_SEND_BYTES(VC_CARD_OBJECT_MAX) +
                            VC_CHAT_ONE_TIMES * 128);
}

void vc_card_add_one_times(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_card *card)
{
    if (card->has_prekey) {
        vc_seal_one_times(chat->cfg.seal, now, card->one_times, VC_CHAT_ONE_TIMES);
        card->one_time_count = VC_CHAT_ONE_TIMES;
    }
}

static void write_card(struct vc_chat *chat, const struct vc_now *now,
                       const struct vc_person *person, struct given_card *ret_given)
{
    struct vc_writer w = vc_writer(ret_given->room, sizeof ret_given->room);
    struct vc_mark mark = {
        .kind = VC_MARK_CARD, .contact = person->id, .value = chat->card_mark};
    struct vc_card card;

    vc_own_card(chat, &card);
    vc_card_add_one_times(chat, now, &card);
    vc_card_object_write(&w, &card);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    memset(&ret_given->object, 0, sizeof ret_given->object);
    vc_mark_write(ret_given->object.ref, &mark);
    ret_given->object.head = vc_writer_bytes(&w);
    vc_wipe(&card, sizeof card);
}

vc_err vc_card_give(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person)
{
    struct given_card given;
    uint64_t number;
    vc_err err;

    if (person->row.card_sent != person->row.card_acked ||
        person->row.card_acked == chat->card_mark || !person->is_up) {
        return VC_OK;
    }
    err = take_card_room(chat, person);
    if (err != VC_OK) {
        return err;
    }
    write_card(chat, now, person, &given);
    err = vc_mail_send(chat->cfg.mail, now, person->row.peer, &given.object, &number);
    vc_wipe(&given, sizeof given);
    if (err == VC_OK) {
        person->row.card_sent = chat->card_mark;
        vc_person_contact_dirty(chat, person);
    }
    return err;
}

void vc_card_say(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_person *person, uint64_t number)
{
    struct given_card given;

    if (take_card_room(chat, person) != VC_OK) {
        return;
    }
    write_card(chat, now, person, &given);
    if (vc_mail_words(chat->cfg.mail, now, person->row.peer, number, &given.object) ==
        VC_OK) {
        person->row.card_sent = chat->card_mark;
        vc_person_contact_dirty(chat, person);
    }
    vc_wipe(&given, sizeof given);
}

void vc_keys_give(struct vc_chat *chat, const struct vc_now *now,
                  const struct vc_person *person)
{
    uint8_t room[VC_KEYS_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes nothing = {room, 0};
    struct vc_prekey prekey;

    if (person->row.card_acked == chat->card_mark ||
        !vc_seal_own_prekey(chat->cfg.seal, &prekey)) {
        return;
    }
    vc_keys_write(&w, &prekey);
    if (vc_link_send(chat->cfg.link, now->mono, person->row.peer, VC_LINK_CONTROL,
                     vc_writer_bytes(&w), nothing) != VC_OK) {
        return; /* the card brings it, or the next session does */
    }
}

void vc_chat_prekey_turned(struct vc_chat *chat, const struct vc_now *now)
{
    vc_own_card_changed(chat);
    for (size_t i = 0; i < chat->people_count; i++) {
        if (chat->people[i]->is_up) {
            vc_keys_give(chat, now, chat->people[i]);
        }
    }
}

void vc_keys_take(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person, struct vc_bytes object)
{
    struct vc_prekey prekey;

    if (vc_keys_read(object, &prekey) != VC_OK) {
        chat->stats.dropped_malformed++;
        return;
    }
    if (vc_room_take(chat, person, 1, VC_SEAL_SEAL_BYTES) == VC_OK) {
        vc_seal_peer_keys(chat->cfg.seal, now, person->row.peer, &prekey, NULL, 0);
        vc_mail_keys(chat->cfg.mail, now, person->row.peer);
    }
}

void vc_card_acked(struct vc_chat *chat, struct vc_person *person, uint64_t mark)
{
    if (person->row.card_sent == mark) {
        chat->has_new_card = chat->has_new_card || person->row.card_acked == 0;
        person->row.card_acked = mark;
        vc_person_contact_dirty(chat, person);
        vc_turning_review(chat);
        vc_forwards_review(chat);
    }
    vc_chat_chore(chat, person, VC_CHORE_CARD);
}

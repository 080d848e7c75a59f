#include "tests/sim/plants.h"

#include <string.h>

#include "node/chat/state.h"
#include "node/mail/machine.h"
#include "tests/sim/world.h"

#define ACKS_MAX 256

enum sim_plant sim_plant;

/* What a plant needs to remember, of all hosts of the one world. */
static struct {
    struct vc_store *stores[SIM_HOSTS_MAX];
    uint64_t tickets[SIM_HOSTS_MAX];
    uint32_t dice;
    uint64_t arrivals;
    struct vc_mail_output acks[ACKS_MAX];
    struct vc_mail *ack_mails[ACKS_MAX];
    size_t ack_count;
    struct vc_node *answering;
    struct vc_addr stranger;
    struct vc_memory_disk *old_disks[SIM_HOSTS_MAX];
} memory;

const char *sim_plant_name(enum sim_plant plant)
{
    static const char *const names[] = {
#define SIM_PLANT_NAME(name, text, words) text,
        SIM_PLANTS(SIM_PLANT_NAME)
#undef SIM_PLANT_NAME
    };

    return names[plant];
}

const char *sim_plant_words(enum sim_plant plant)
{
    static const char *const all[] = {
#define SIM_PLANT_WORDS(name, text, words) words,
        SIM_PLANTS(SIM_PLANT_WORDS)
#undef SIM_PLANT_WORDS
    };

    return all[plant];
}

bool sim_plant_is_of_moves(enum sim_plant plant)
{
    return plant >= SIM_PLANT_NEVER_LOOK && plant <= SIM_PLANT_DEAF_SESSION;
}

bool sim_plant_is_of_copies(enum sim_plant plant)
{
    return plant >= SIM_PLANT_HELLO_DEAF && plant <= SIM_PLANT_KEYSTREAM;
}

void sim_plant_reset(void)
{
    for (size_t i = 0; i < SIM_HOSTS_MAX; i++) {
        vc_memory_disk_free(memory.old_disks[i]);
    }
    memset(&memory, 0, sizeof memory);
}

/* True each @n-th time. */
static bool now_and_then(enum sim_plant plant, uint32_t n)
{
    return sim_plant == plant && ++memory.dice % n == 0;
}

void sim_plant_restart(struct sim_host *host)
{
    struct vc_memory_disk **old = &memory.old_disks[host->index];

    if (sim_plant != SIM_PLANT_OLD_DISK) {
        return;
    }
    if (*old != NULL && vc_memory_disk_rows(*old) > 0) {
        vc_memory_disk_free(host->disk);
        host->disk = *old;
    } else {
        vc_memory_disk_free(*old);
    }
    *old = vc_memory_disk_copy(host->disk);
}

vc_err __real_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain, struct vc_writer *w);
vc_err __wrap_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain, struct vc_writer *w);

vc_err __wrap_vc_packet_seal(const struct vc_packet_key *key, const struct vc_cid *cid,
                             uint64_t number, struct vc_bytes plain, struct vc_writer *w)
{
    if (number > 0 && now_and_then(SIM_PLANT_REUSE_NUMBER, 50)) {
        number--;
    }
    sim_judge_seal(key->key.b, number);
    if (sim_plant == SIM_PLANT_NO_CIPHER) {
        vc_write_copy(w, cid->b, sizeof cid->b);
        vc_write_u32(w, (uint32_t)number);
        vc_write_bytes(w, plain);
        vc_write_copy(w, key->key.b, VC_TAG_LEN);
        return VC_OK;
    }
    return __real_vc_packet_seal(key, cid, number, plain, w);
}

bool __real_vc_packet_open(const struct vc_packet_key *key, struct vc_replay *replay,
                           struct vc_bytes datagram, uint8_t *ret_plain,
                           size_t *ret_plain_len, uint64_t *ret_number);
bool __wrap_vc_packet_open(const struct vc_packet_key *key, struct vc_replay *replay,
                           struct vc_bytes datagram, uint8_t *ret_plain,
                           size_t *ret_plain_len, uint64_t *ret_number);

/* The other half of what the seal above does without a cipher. */
static bool open_plain(struct vc_replay *replay, struct vc_bytes datagram, uint8_t *ret_plain,
                       size_t *ret_plain_len, uint64_t *ret_number)
{
    struct vc_reader r = vc_reader(datagram);
    struct vc_bytes plain;

    (void)vc_read_bytes(&r, VC_CID_LEN); /* it was looked up */
    *ret_number = vc_read_u32(&r);
    if (vc_reader_left(&r) < VC_TAG_LEN || !vc_replay_is_new(replay, *ret_number)) {
        return false;
    }
    plain = vc_read_bytes(&r, vc_reader_left(&r) - VC_TAG_LEN);
    vc_replay_mark(replay, *ret_number);
    memcpy(ret_plain, plain.data, plain.len);
    *ret_plain_len = plain.len;
    return true;
}

bool __wrap_vc_packet_open(const struct vc_packet_key *key, struct vc_replay *replay,
                           struct vc_bytes datagram, uint8_t *ret_plain,
                           size_t *ret_plain_len, uint64_t *ret_number)
{
    return sim_plant == SIM_PLANT_NO_CIPHER
               ? open_plain(replay, datagram, ret_plain, ret_plain_len, ret_number)
               : __real_vc_packet_open(key, replay, datagram, ret_plain, ret_plain_len,
                                       ret_number);
}

vc_err __real_vc_ratchet_seal(struct vc_ratchet *ratchet, const struct vc_secret32 *fresh,
                              struct vc_bytes plain, uint8_t *ret_frame,
                              struct vc_ratchet_place *ret_place);
vc_err __wrap_vc_ratchet_seal(struct vc_ratchet *ratchet, const struct vc_secret32 *fresh,
                              struct vc_bytes plain, uint8_t *ret_frame,
                              struct vc_ratchet_place *ret_place);

vc_err __wrap_vc_ratchet_seal(struct vc_ratchet *ratchet, const struct vc_secret32 *fresh,
                              struct vc_bytes plain, uint8_t *ret_frame,
                              struct vc_ratchet_place *ret_place)
{
    static uint8_t words[VC_RATCHET_TEXT_MAX];
    struct vc_bytes copy = {words, plain.len};
    vc_err err;

    memcpy(words, plain.data, plain.len); /* it may stand where the frame comes */
    err = __real_vc_ratchet_seal(ratchet, fresh, plain, ret_frame, ret_place);
    if (err == VC_OK && sim_plant == SIM_PLANT_KEYSTREAM) {
        static uint8_t hidden[VC_RATCHET_TEXT_MAX + VC_RATCHET_OVERHEAD];

        memcpy(hidden, ret_frame, VC_RATCHET_OVERHEAD);
        for (size_t i = 0; i < copy.len; i++) {
            hidden[VC_RATCHET_OVERHEAD + i] = (uint8_t)(words[i] ^ ret_place->n ^ i);
        }
        sim_judge_frame(&ratchet->session, *ret_place,
                        (struct vc_bytes){hidden, copy.len + VC_RATCHET_OVERHEAD});
    } else if (err == VC_OK) {
        sim_judge_frame(&ratchet->session, *ret_place,
                        (struct vc_bytes){ret_frame, plain.len + VC_RATCHET_OVERHEAD});
    }
    return err;
}

static uint64_t *ticket_of(const struct vc_store *store)
{
    for (size_t i = 0; i < SIM_HOSTS_MAX; i++) {
        if (memory.stores[i] == store) {
            return &memory.tickets[i];
        }
    }
    return NULL;
}

static void remember_ticket(struct vc_store *store, uint64_t ticket)
{
    uint64_t *place = ticket_of(store);

    for (size_t i = 0; place == NULL && i < SIM_HOSTS_MAX; i++) {
        if (memory.stores[i] == NULL) {
            memory.stores[i] = store;
            place = &memory.tickets[i];
        }
    }
    if (place != NULL) {
        *place = ticket;
    }
}

uint64_t __real_vc_store_submit(struct vc_store *store);
uint64_t __wrap_vc_store_submit(struct vc_store *store);

uint64_t __wrap_vc_store_submit(struct vc_store *store)
{
    uint64_t ticket = __real_vc_store_submit(store);

    if (sim_plant == SIM_PLANT_PROMISE_EARLY && ticket != 0) {
        remember_ticket(store, ticket);
    }
    return ticket;
}

struct vc_store_progress __real_vc_store_poll(struct vc_store *store);
struct vc_store_progress __wrap_vc_store_poll(struct vc_store *store);

struct vc_store_progress __wrap_vc_store_poll(struct vc_store *store)
{
    struct vc_store_progress progress = __real_vc_store_poll(store);
    const uint64_t *ticket = ticket_of(store);

    if (sim_plant == SIM_PLANT_PROMISE_EARLY && ticket != NULL &&
        progress.committed < *ticket) {
        progress.committed = *ticket;
    }
    return progress;
}

void __real_vc_store_put(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                         struct vc_bytes value);
void __wrap_vc_store_put(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                         struct vc_bytes value);

static void put_by_arrival(struct vc_store *store, struct vc_bytes key, struct vc_bytes value)
{
    uint8_t changed[VC_STORE_KEY_MAX];
    struct vc_writer w = vc_writer(changed + 4, 8);

    /* conversation 4 | order 8 | ...: SCHEMA.md */
    memcpy(changed, key.data, key.len);
    vc_write_be64(&w, ++memory.arrivals);
    __real_vc_store_put(store, VC_TABLE_ORDER, (struct vc_bytes){changed, key.len}, value);
}

void __wrap_vc_store_put(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                         struct vc_bytes value)
{
    if ((table == VC_TABLE_MAILBOX && sim_plant == SIM_PLANT_FORGET_SEEN) ||
        (table == VC_TABLE_IDENTITY && sim_plant == SIM_PLANT_NEW_IDENTITY) ||
        (table == VC_TABLE_TOKEN && sim_plant == SIM_PLANT_FORGET_TOKEN) ||
        (table == VC_TABLE_OUTBOX && now_and_then(SIM_PLANT_LOSE_OUTBOX, 20)) ||
        (table == VC_TABLE_MESSAGE && now_and_then(SIM_PLANT_TEAR_TURN, 20))) {
        return;
    }
    if (table == VC_TABLE_ORDER && sim_plant == SIM_PLANT_ORDER_BY_ARRIVAL) {
        put_by_arrival(store, key, value);
        return;
    }
    __real_vc_store_put(store, table, key, value);
}

vc_err __real_vc_mail_send(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                           const struct vc_mail_object *object, uint64_t *ret_number);
vc_err __wrap_vc_mail_send(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                           const struct vc_mail_object *object, uint64_t *ret_number);

vc_err __wrap_vc_mail_send(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                           const struct vc_mail_object *object, uint64_t *ret_number)
{
    vc_err err = __real_vc_mail_send(mail, now, peer, object, ret_number);

    if (err == VC_OK && sim_plant == SIM_PLANT_DELIVERED_EARLY &&
        memory.ack_count < ACKS_MAX) {
        struct vc_mail_output *ack = &memory.acks[memory.ack_count];

        *ack = (struct vc_mail_output){
            .kind = VC_MAIL_ACKED, .peer = peer, .number = *ret_number};
        memcpy(ack->ref, object->ref, sizeof ack->ref);
        memory.ack_mails[memory.ack_count++] = mail;
    }
    return err;
}

bool __real_vc_mail_next(struct vc_mail *mail, const struct vc_now *now,
                         struct vc_mail_output *ret_output);
bool __wrap_vc_mail_next(struct vc_mail *mail, const struct vc_now *now,
                         struct vc_mail_output *ret_output);

bool __wrap_vc_mail_next(struct vc_mail *mail, const struct vc_now *now,
                         struct vc_mail_output *ret_output)
{
    for (size_t i = 0; i < memory.ack_count; i++) {
        if (memory.ack_mails[i] == mail) {
            *ret_output = memory.acks[i];
            memory.ack_count--;
            memory.acks[i] = memory.acks[memory.ack_count];
            memory.ack_mails[i] = memory.ack_mails[memory.ack_count];
            return true;
        }
    }
    while (__real_vc_mail_next(mail, now, ret_output)) {
        if (ret_output->kind == VC_MAIL_ROLLED_BACK || ret_output->kind == VC_MAIL_LOST) {
            sim_judge_noticed(mail, ret_output->peer,
                              ret_output->kind == VC_MAIL_ROLLED_BACK);
        }
        if (ret_output->kind == VC_MAIL_DELIVERY &&
            now_and_then(SIM_PLANT_ACCEPT_BLINDLY, 30)) {
            vc_mail_accept(mail, now, ret_output->peer, ret_output->number);
            continue;
        }
        return true;
    }
    return false;
}

void __real_vc_mail_tick(struct vc_mail *mail, const struct vc_now *now);
void __wrap_vc_mail_tick(struct vc_mail *mail, const struct vc_now *now);

void __wrap_vc_mail_tick(struct vc_mail *mail, const struct vc_now *now)
{
    if (sim_plant != SIM_PLANT_NEVER_RETRY) {
        __real_vc_mail_tick(mail, now);
    }
}

vc_ms __real_vc_mail_due(const struct vc_mail *mail);
vc_ms __wrap_vc_mail_due(const struct vc_mail *mail);

vc_ms __wrap_vc_mail_due(const struct vc_mail *mail)
{
    return sim_plant == SIM_PLANT_NEVER_RETRY ? VC_NEVER : __real_vc_mail_due(mail);
}

void __real_vc_node_recv(struct vc_node *node, const struct vc_now *now,
                         const struct vc_addr *from, struct vc_bytes datagram);
void __wrap_vc_node_recv(struct vc_node *node, const struct vc_now *now,
                         const struct vc_addr *from, struct vc_bytes datagram);

void __wrap_vc_node_recv(struct vc_node *node, const struct vc_now *now,
                         const struct vc_addr *from, struct vc_bytes datagram)
{
    if (sim_plant == SIM_PLANT_ANSWER_STRANGER && from->ip[0] == 203) {
        memory.answering = node;
        memory.stranger = *from;
    }
    __real_vc_node_recv(node, now, from, datagram);
}

bool __real_vc_node_next(struct vc_node *node, const struct vc_now *now,
                         struct vc_node_output *ret_output);
bool __wrap_vc_node_next(struct vc_node *node, const struct vc_now *now,
                         struct vc_node_output *ret_output);

bool __wrap_vc_node_next(struct vc_node *node, const struct vc_now *now,
                         struct vc_node_output *ret_output)
{
    static const uint8_t answer[] = "who is there?";

    if (memory.answering == node && node != NULL) {
        memory.answering = NULL;
        *ret_output = (struct vc_node_output){.kind = VC_NODE_DATAGRAM,
                                              .addr = memory.stranger,
                                              .bytes = VC_BYTES(answer)};
        return true;
    }
    return __real_vc_node_next(node, now, ret_output);
}

void __real_vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                              struct vc_mail_peer *peer, const struct vc_mail_frame *hello);
void __wrap_vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                              struct vc_mail_peer *peer, const struct vc_mail_frame *hello);

void __wrap_vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                              struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    struct vc_mail_frame heard = *hello;

    if (sim_plant == SIM_PLANT_HELLO_DEAF ||
        (sim_plant == SIM_PLANT_HELLO_NO_TAG && heard.last < peer->next)) {
        heard.last = 0;
    }
    __real_vc_hello_on_hello(mail, now, peer, &heard);
}

bool __real_vc_restore_on_own(struct vc_chat *chat, const struct vc_now *now,
                              struct vc_person *person, struct vc_bytes object);
bool __wrap_vc_restore_on_own(struct vc_chat *chat, const struct vc_now *now,
                              struct vc_person *person, struct vc_bytes object);

/* Has another message of ours its name? */
static bool is_conflict(struct vc_chat *chat, const struct vc_person *person,
                        struct vc_bytes object)
{
    struct vc_message_object message;
    struct vc_message_row row;
    struct vc_message_ref ref = {.author = person->own_author};
    uint32_t highest;

    if (vc_own_object_read(object, &highest, &message) != VC_OK) {
        return false;
    }
    ref.device = (uint8_t)chat->cfg.device->certificate.index;
    ref.seq = message.seq;
    return vc_message_get(chat, person->id, &ref, &row) == VC_OK &&
           row.clock != message.clock;
}

bool __wrap_vc_restore_on_own(struct vc_chat *chat, const struct vc_now *now,
                              struct vc_person *person, struct vc_bytes object)
{
    if (now_and_then(SIM_PLANT_RESTORE_PART, 3) ||
        (sim_plant == SIM_PLANT_NO_RENAME && is_conflict(chat, person, object))) {
        return vc_room_take(chat, NULL, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES) == VC_OK;
    }
    return __real_vc_restore_on_own(chat, now, person, object);
}

void __real_vc_restore_begin(struct vc_chat *chat, const struct vc_now *now,
                             struct vc_person *person, enum vc_restoring what);
void __wrap_vc_restore_begin(struct vc_chat *chat, const struct vc_now *now,
                             struct vc_person *person, enum vc_restoring what);

void __wrap_vc_restore_begin(struct vc_chat *chat, const struct vc_now *now,
                             struct vc_person *person, enum vc_restoring what)
{
    __real_vc_restore_begin(chat, now, person,
                            sim_plant == SIM_PLANT_RESTORE_THEIRS ? VC_RESTORING_THEIRS
                                                                  : what);
}

void __real_vc_find_seek_contact(struct vc_find *find, const struct vc_now *now,
                                 uint32_t peer, const struct vc_find_contact *contact,
                                 enum vc_find_urgency urgency);
void __wrap_vc_find_seek_contact(struct vc_find *find, const struct vc_now *now,
                                 uint32_t peer, const struct vc_find_contact *contact,
                                 enum vc_find_urgency urgency);

void __wrap_vc_find_seek_contact(struct vc_find *find, const struct vc_now *now,
                                 uint32_t peer, const struct vc_find_contact *contact,
                                 enum vc_find_urgency urgency)
{
    if (sim_plant != SIM_PLANT_NEVER_LOOK) {
        __real_vc_find_seek_contact(find, now, peer, contact, urgency);
    }
}

void __real_vc_find_invite_put(struct vc_find *find, const struct vc_now *now,
                               uint32_t invite, const struct vc_id16 *secret,
                               vc_ms expires_at);
void __wrap_vc_find_invite_put(struct vc_find *find, const struct vc_now *now,
                               uint32_t invite, const struct vc_id16 *secret,
                               vc_ms expires_at);

void __wrap_vc_find_invite_put(struct vc_find *find, const struct vc_now *now,
                               uint32_t invite, const struct vc_id16 *secret,
                               vc_ms expires_at)
{
    if (sim_plant != SIM_PLANT_NO_INVITE_PLACE) {
        __real_vc_find_invite_put(find, now, invite, secret, expires_at);
    }
}

vc_err __real_vc_find_numbers_load(struct vc_find *find);
vc_err __wrap_vc_find_numbers_load(struct vc_find *find);

vc_err __wrap_vc_find_numbers_load(struct vc_find *find)
{
    return sim_plant == SIM_PLANT_NUMBERS_BACK ? VC_OK : __real_vc_find_numbers_load(find);
}

void __real_vc_session_look_at(struct vc_link *link, vc_ms now, uint32_t session,
                               const struct vc_addr *addrs, size_t count);
void __wrap_vc_session_look_at(struct vc_link *link, vc_ms now, uint32_t session,
                               const struct vc_addr *addrs, size_t count);

void __wrap_vc_session_look_at(struct vc_link *link, vc_ms now, uint32_t session,
                               const struct vc_addr *addrs, size_t count)
{
    if (sim_plant != SIM_PLANT_DEAF_SESSION) {
        __real_vc_session_look_at(link, now, session, addrs, count);
    }
}

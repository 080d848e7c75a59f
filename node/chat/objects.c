#include "node/chat/objects.h"

#include <string.h>

#define PARENTS_FIELD_MAX (VC_CHAT_PARENTS_MAX * 6)

vc_err vc_object_read_kind(struct vc_bytes object, uint8_t *ret_version,
                           uint8_t *ret_kind)
{
    struct vc_reader r = vc_reader(object);
    uint8_t version = vc_read_u8(&r);
    uint8_t kind = vc_read_u8(&r);

    if (r.is_failed) {
        return VC_ERR_MALFORMED;
    }
    *ret_version = version;
    *ret_kind = kind;
    return VC_OK;
}

static void write_start(struct vc_writer *w, enum vc_object_kind kind)
{
    vc_write_u8(w, VC_OBJECT_VERSION);
    vc_write_u8(w, (uint8_t)kind);
}

/* The caller has looked at the kind already; it is skipped here. */
static struct vc_reader read_start(struct vc_bytes object)
{
    struct vc_reader r = vc_reader(object);

    if (vc_read_u8(&r) != VC_OBJECT_VERSION) {
        vc_reader_fail(&r);
    }
    (void)vc_read_u8(&r);
    return r;
}

int vc_ref_compare(const struct vc_message_ref *a, const struct vc_message_ref *b)
{
    if (a->author != b->author) {
        return a->author < b->author ? -1 : 1;
    }
    if (a->device != b->device) {
        return a->device < b->device ? -1 : 1;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return 0;
}

void vc_ref_write(struct vc_writer *w, const struct vc_message_ref *ref)
{
    vc_write_u8(w, ref->author);
    vc_write_u8(w, ref->device);
    vc_write_u32(w, ref->seq);
}

struct vc_message_ref vc_ref_read(struct vc_reader *r)
{
    struct vc_message_ref ref;

    ref.author = vc_read_u8(r);
    ref.device = vc_read_u8(r);
    ref.seq = vc_read_u32(r);
    return ref;
}

static void write_refs(struct vc_writer *w, const struct vc_message_ref *refs,
                       uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        vc_ref_write(w, &refs[i]);
    }
}

/* Ascending and each once, so that one set of names has one encoding. */
static void read_refs(struct vc_reader *r, struct vc_message_ref *ret_refs,
                      uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        ret_refs[i] = vc_ref_read(r);
        if (ret_refs[i].seq == 0 ||
            (i > 0 && vc_ref_compare(&ret_refs[i - 1], &ret_refs[i]) >= 0)) {
            vc_reader_fail(r);
        }
    }
}

void vc_message_object_write_head(struct vc_writer *w,
                                  const struct vc_message_object *message)
{
    VC_CHECK(message->parent_count <= VC_CHAT_PARENTS_MAX);
    VC_CHECK(message->seq > 0 && message->clock <= VC_CHAT_CLOCK_MAX);

    write_start(w, VC_OBJECT_MESSAGE);
    vc_write_u32(w, message->seq);
    vc_write_u64(w, message->clock);
    vc_write_u8(w, message->parent_count);
    write_refs(w, message->parents, message->parent_count);
    vc_write_u16(w, message->type);
    vc_write_u8(w, message->type_version);
}

vc_err vc_message_object_read(struct vc_bytes object,
                              struct vc_message_object *ret_message)
{
    struct vc_reader r = read_start(object);
    struct vc_message_object message = {0};

    message.seq = vc_read_u32(&r);
    message.clock = vc_read_u64(&r);
    message.parent_count = vc_read_u8(&r);
    if (message.parent_count > VC_CHAT_PARENTS_MAX) {
        return VC_ERR_MALFORMED;
    }
    read_refs(&r, message.parents, message.parent_count);
    message.type = vc_read_u16(&r);
    message.type_version = vc_read_u8(&r);
    message.body = vc_read_rest(&r);
    if (vc_reader_end(&r) != VC_OK || message.seq == 0 ||
        message.clock > VC_CHAT_CLOCK_MAX || message.body.len == 0 ||
        message.body.len > VC_CHAT_BODY_MAX) {
        return VC_ERR_MALFORMED;
    }
    *ret_message = message;
    return VC_OK;
}

static void write_field(struct vc_writer *w, const void *bytes, size_t len)
{
    vc_write_u32(w, (uint32_t)len);
    vc_write_copy(w, bytes, len);
}

bool vc_message_has_sane_parents(const struct vc_message_object *message,
                                 const struct vc_message_ref *ref)
{
    for (uint8_t i = 0; i < message->parent_count; i++) {
        const struct vc_message_ref *parent = &message->parents[i];

        if (parent->author > 1 ||
            (parent->author == ref->author && parent->device == ref->device &&
             parent->seq >= ref->seq)) {
            return false;
        }
    }
    return true;
}

void vc_message_id(struct vc_hash32 *ret_id, const struct vc_hash32 *conversation,
                   const struct vc_key32 *author_root, uint8_t device,
                   const struct vc_message_object *message)
{
    uint8_t room[9 * 4 + 32 + 32 + 1 + 4 + 8 + PARENTS_FIELD_MAX + 2 + 1];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes parts[2];

    write_field(&w, conversation->b, sizeof conversation->b);
    write_field(&w, author_root->b, sizeof author_root->b);
    vc_write_u32(&w, 1);
    vc_write_u8(&w, device);
    vc_write_u32(&w, 4);
    vc_write_u32(&w, message->seq);
    vc_write_u32(&w, 8);
    vc_write_u64(&w, message->clock);
    vc_write_u32(&w, 6u * message->parent_count);
    write_refs(&w, message->parents, message->parent_count);
    vc_write_u32(&w, 2);
    vc_write_u16(&w, message->type);
    vc_write_u32(&w, 1);
    vc_write_u8(&w, message->type_version);
    vc_write_u32(&w, (uint32_t)message->body.len);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    parts[0] = vc_writer_bytes(&w);
    parts[1] = message->body;
    vc_hash_parts(ret_id->b, sizeof ret_id->b, "message", NULL, parts, 2);
}

void vc_pair_id(struct vc_hash32 *ret_id, uint8_t *ret_own_author,
                const struct vc_key32 *own, const struct vc_key32 *other)
{
    bool is_first = memcmp(own->b, other->b, sizeof own->b) < 0;
    struct vc_bytes parts[2];

    parts[0] = is_first ? VC_BYTES(own->b) : VC_BYTES(other->b);
    parts[1] = is_first ? VC_BYTES(other->b) : VC_BYTES(own->b);
    vc_hash_parts(ret_id->b, sizeof ret_id->b, "pair", NULL, parts, 2);
    *ret_own_author = is_first ? 0 : 1;
}

void vc_read_object_write(struct vc_writer *w, const struct vc_read_object *read)
{
    write_start(w, VC_OBJECT_READ);
    vc_write_u8(w, read->device);
    vc_write_u32(w, read->up_to);
}

vc_err vc_read_object_read(struct vc_bytes object, struct vc_read_object *ret_read)
{
    struct vc_reader r = read_start(object);
    struct vc_read_object read;

    read.device = vc_read_u8(&r);
    read.up_to = vc_read_u32(&r);
    if (vc_reader_end(&r) != VC_OK || read.up_to == 0) {
        return VC_ERR_MALFORMED;
    }
    *ret_read = read;
    return VC_OK;
}

void vc_restore_object_write(struct vc_writer *w, const struct vc_restore_object *ask)
{
    write_start(w, VC_OBJECT_RESTORE);
    vc_write_u64(w, ask->mark);
    vc_write_u32(w, ask->own_from);
    vc_write_u32(w, ask->theirs_from);
}

vc_err vc_restore_object_read(struct vc_bytes object, struct vc_restore_object *ret_ask)
{
    struct vc_reader r = read_start(object);
    struct vc_restore_object ask;

    ask.mark = vc_read_u64(&r);
    ask.own_from = vc_read_u32(&r);
    ask.theirs_from = vc_read_u32(&r);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_ask = ask;
    return VC_OK;
}

void vc_own_object_write_head(struct vc_writer *w, uint32_t highest,
                              struct vc_bytes message_head)
{
    write_start(w, VC_OBJECT_OWN);
    vc_write_u32(w, highest);
    vc_write_bytes(w, message_head);
}

vc_err vc_own_object_read(struct vc_bytes object, uint32_t *ret_highest,
                          struct vc_message_object *ret_message)
{
    struct vc_reader r = read_start(object);
    uint32_t highest = vc_read_u32(&r);
    struct vc_bytes message = vc_read_rest(&r);
    uint8_t version, kind;

    if (r.is_failed || vc_object_read_kind(message, &version, &kind) != VC_OK ||
        kind != VC_OBJECT_MESSAGE ||
        vc_message_object_read(message, ret_message) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_highest = highest;
    return VC_OK;
}

void vc_restored_object_write(struct vc_writer *w,
                              const struct vc_restored_object *done)
{
    write_start(w, VC_OBJECT_RESTORED);
    vc_write_u64(w, done->mark);
    vc_write_u32(w, done->highest);
    vc_write_u32(w, done->own_next);
    vc_write_u32(w, done->theirs_next);
}

vc_err vc_restored_object_read(struct vc_bytes object,
                               struct vc_restored_object *ret_done)
{
    struct vc_reader r = read_start(object);
    struct vc_restored_object done;

    done.mark = vc_read_u64(&r);
    done.highest = vc_read_u32(&r);
    done.own_next = vc_read_u32(&r);
    done.theirs_next = vc_read_u32(&r);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_done = done;
    return VC_OK;
}

void vc_refs_object_write(struct vc_writer *w, enum vc_object_kind kind,
                          const struct vc_refs_object *refs)
{
    VC_CHECK(refs->count > 0 && refs->count <= VC_CHAT_REFS_MAX);

    write_start(w, kind);
    vc_write_u8(w, refs->count);
    write_refs(w, refs->refs, refs->count);
}

vc_err vc_refs_object_read(struct vc_bytes object, struct vc_refs_object *ret_refs)
{
    struct vc_reader r = read_start(object);
    struct vc_refs_object refs;

    refs.count = vc_read_u8(&r);
    if (refs.count == 0 || refs.count > VC_CHAT_REFS_MAX) {
        return VC_ERR_MALFORMED;
    }
    read_refs(&r, refs.refs, refs.count);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_refs = refs;
    return VC_OK;
}

void vc_card_object_write(struct vc_writer *w, const struct vc_card *card)
{
    write_start(w, VC_OBJECT_CARD);
    VC_CHECK(vc_card_write(w, card) == VC_OK);
}

vc_err vc_card_object_read(struct vc_bytes object, struct vc_card *ret_card)
{
    struct vc_reader r = read_start(object);
    struct vc_bytes rest = vc_read_rest(&r);

    return r.is_failed ? VC_ERR_MALFORMED : vc_card_read(rest, ret_card);
}

vc_err vc_join_card_write(struct vc_writer *w, const struct vc_join_card *card)
{
    vc_write_u8(w, VC_JOIN_CARD);
    vc_write_u8(w, VC_OBJECT_VERSION);
    vc_write_u8(w, card->is_known ? 1 : 0);
    vc_write_u32(w, card->settled);
    vc_write_u32(w, card->highest);
    return vc_card_write(w, &card->card);
}

vc_err vc_join_card_read(struct vc_bytes object, struct vc_join_card *ret_card)
{
    struct vc_reader r = vc_reader(object);
    struct vc_join_card card;
    struct vc_bytes rest;
    uint8_t known;
    vc_err err;

    if (vc_read_u8(&r) != VC_JOIN_CARD || vc_read_u8(&r) != VC_OBJECT_VERSION) {
        return VC_ERR_MALFORMED;
    }
    known = vc_read_u8(&r);
    card.settled = vc_read_u32(&r);
    card.highest = vc_read_u32(&r);
    rest = vc_read_rest(&r);
    if (r.is_failed || known > 1) {
        return VC_ERR_MALFORMED;
    }
    card.is_known = known == 1;
    err = vc_card_read(rest, &card.card);
    if (err == VC_OK) {
        *ret_card = card;
    }
    vc_wipe(&card, sizeof card);
    return err;
}

static const vc_err refusals[] = {VC_ERR_REFUSED, VC_ERR_INVITE_USED,
                                  VC_ERR_INVITE_EXPIRED, VC_ERR_NO_INVITE,
                                  VC_ERR_BLOCKED};
#define REFUSAL_COUNT (sizeof refusals / sizeof refusals[0])

void vc_join_refused_write(struct vc_writer *w, vc_err reason)
{
    uint8_t code = 0;

    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        if (refusals[i] == reason) {
            code = (uint8_t)i;
        }
    }
    vc_write_u8(w, VC_JOIN_REFUSED);
    vc_write_u8(w, VC_OBJECT_VERSION);
    vc_write_u8(w, code);
}

void vc_keys_write(struct vc_writer *w, const struct vc_prekey *prekey)
{
    vc_write_u8(w, VC_KEYS);
    vc_write_u8(w, VC_OBJECT_VERSION);
    vc_prekey_write(w, prekey);
}

vc_err vc_keys_read(struct vc_bytes object, struct vc_prekey *ret_prekey)
{
    struct vc_reader r = vc_reader(object);
    struct vc_prekey prekey;

    if (vc_read_u8(&r) != VC_KEYS || vc_read_u8(&r) != VC_OBJECT_VERSION) {
        return VC_ERR_MALFORMED;
    }
    vc_prekey_read(&r, &prekey);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_prekey = prekey;
    return VC_OK;
}

vc_err vc_join_refused_read(struct vc_bytes object, vc_err *ret_reason)
{
    struct vc_reader r = vc_reader(object);
    uint8_t code;

    if (vc_read_u8(&r) != VC_JOIN_REFUSED || vc_read_u8(&r) != VC_OBJECT_VERSION) {
        return VC_ERR_MALFORMED;
    }
    code = vc_read_u8(&r);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_reason = code < REFUSAL_COUNT ? refusals[code] : VC_ERR_REFUSED;
    return VC_OK;
}

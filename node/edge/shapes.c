#include "node/edge/shapes.h"

#include <stdio.h>
#include <string.h>

#include "crypto/base/addr.h"
#include "crypto/base/utf8.h"
#include "node/control/control.h"

/* Message ids named in one notification of a state: the client sees the rest by the
 * range of numbers. */
#define EVENT_IDS_MAX 256

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

json_t *vc_shape_failure(vc_err err)
{
    return err == VC_OK ? json_null() : vc_control_error(err, NULL);
}

json_t *vc_shape_time(vc_ms unix_ms)
{
    return unix_ms == 0 || unix_ms == VC_NEVER ? json_null()
                                               : json_integer((json_int_t)unix_ms);
}

json_t *vc_shape_hex(const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = bytes;
    char text[129];

    VC_CHECK(len <= 64);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[at[i] >> 4];
        text[2 * i + 1] = digits[at[i] & 15];
    }
    return json_stringn_nocheck(text, 2 * len);
}

/* For bodies of types that this version does not know. */
static json_t *shape_base64(struct vc_bytes bytes)
{
    static char text[(VC_CHAT_BODY_MAX + 2) / 3 * 4 + 4];
    size_t out = 0;

    VC_CHECK(bytes.len <= (size_t)VC_CHAT_BODY_MAX);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)bytes.data[i] << 16;

        group |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes.data[i + 2] : 0;
        text[out++] = base64_letters[group >> 18];
        text[out++] = base64_letters[group >> 12 & 63];
        text[out++] = base64_letters[left > 1 ? group >> 6 & 63 : 64]; /* the last: "=" */
        text[out++] = base64_letters[left > 2 ? group & 63 : 64];
    }
    return json_stringn_nocheck(text, out);
}

static json_t *shape_session(const struct vc_seal_state *session)
{
    static const char *const reasons[] = {"first", "unopened", "rollback", "theirs"};

    VC_CHECK(session->reason <= VC_SEAL_THEIRS);
    return session->has_session
               ? json_pack("{s:I, s:I, s:s}", "generation", (json_int_t)session->generation,
                           "since", (json_int_t)session->since, "reason",
                           reasons[session->reason])
               : json_null();
}

json_t *vc_shape_contact(struct vc_chat *chat, const struct vc_contact *contact)
{
    char id[VC_ID_TEXT_MAX], addr[VC_ADDR_TEXT_MAX];
    bool has_addr = contact->addr.family != 0;

    vc_id_format(&contact->root, id);
    if (has_addr) {
        vc_addr_format(&contact->addr, addr);
    }
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:I, s:o, "
        "s:I, s:I, s:o}",
        "id", (json_int_t)contact->id, "name", contact->petname, "own_name",
        contact->own_name, "fingerprint",
        vc_shape_hex(contact->fingerprint.b, sizeof contact->fingerprint.b), "veche_id", id,
        "is_blocked", contact->is_blocked, "is_verified", contact->is_verified,
        "is_connected", contact->is_connected, "address",
        has_addr ? json_string(addr) : json_null(), "rtt_ms",
        contact->is_connected ? json_integer(contact->rtt_ms) : json_null(), "added_at",
        json_integer((json_int_t)contact->added_at), "device_since",
        vc_shape_time(contact->device_since), "last_seen_at",
        vc_shape_time(contact->last_seen_at), "session", shape_session(&contact->session),
        "is_waiting_for_keys", contact->is_waiting_for_keys, "waiting",
        (json_int_t)contact->waiting, "retry_at", vc_shape_time(contact->retry_at),
        "unread", (json_int_t)contact->unread, "gaps",
        (json_int_t)vc_chat_gaps(chat, contact->id), "failure",
        vc_shape_failure(contact->last_failure));
}

const char *vc_shape_state_name(enum vc_message_state state)
{
    switch (state) {
    case VC_MESSAGE_RECEIVED:
        return "received";
    case VC_MESSAGE_SEEN:
        return "seen";
    case VC_MESSAGE_QUEUED:
        return "queued";
    case VC_MESSAGE_DELIVERED:
        return "delivered";
    case VC_MESSAGE_READ:
        return "read";
    case VC_MESSAGE_FAILED:
        return "failed";
    }
    VC_CHECK(false);
}

static void contact_name(struct vc_chat *chat, const struct vc_now *now, uint32_t id,
                         char ret_name[VC_NAME_MAX + 1])
{
    struct vc_contact contact;

    if (vc_chat_contact(chat, now, id, &contact) != VC_OK) {
        contact.petname[0] = '\0'; /* he was removed meanwhile */
    }
    memcpy(ret_name, contact.petname, VC_NAME_MAX + 1);
}

json_t *vc_shape_message(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_message *message)
{
    char name[VC_NAME_MAX + 1], order[17];
    bool is_text = message->type == VC_BODY_TEXT && vc_utf8_is_valid(message->body);
    json_t *shape;

    contact_name(chat, now, message->contact, name);
    (void)snprintf(order, sizeof order, "%016llx", (unsigned long long)message->order);
    shape = json_pack(
        "{s:I, s:s, s:o, s:s, s:I, s:I, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:s, s:b}",
        "contact", (json_int_t)message->contact, "contact_name", name, "id",
        vc_shape_hex(message->id.b, sizeof message->id.b), "from",
        message->is_own ? "me" : "them", "seq", (json_int_t)message->ref.seq, "device",
        (json_int_t)message->ref.device, "state", vc_shape_state_name(message->state),
        "failure", vc_shape_failure(message->reason), "type", is_text ? "text" : "unknown",
        "type_number", (json_int_t)message->type, "type_version",
        (json_int_t)message->type_version, "sent_at", (json_int_t)(message->clock >> 16),
        "stored_at", (json_int_t)message->stored_at, "order", order, "has_gap",
        message->has_gap);
    if (shape == NULL) {
        return NULL;
    }
    if (json_object_set_new(shape, is_text ? "text" : "body",
                            is_text ? json_stringn_nocheck((const char *)message->body.data,
                                                           message->body.len)
                                    : shape_base64(message->body)) != 0) {
        json_decref(shape);
        return NULL;
    }
    return shape;
}

json_t *vc_shape_invite(const struct vc_invite_state *invite)
{
    const char *state = invite->contact != 0 ? "used"
                        : invite->is_revoked ? "revoked"
                        : invite->is_expired ? "expired"
                                             : "open";

    return json_pack("{s:I, s:s, s:s, s:I, s:o, s:o, s:s}", "id", (json_int_t)invite->id,
                     "text", invite->text, "note", invite->note, "made_at",
                     (json_int_t)invite->made_at, "expires_at",
                     vc_shape_time(invite->expires_at), "contact",
                     invite->contact != 0 ? json_integer(invite->contact) : json_null(),
                     "state", state);
}

json_t *vc_shape_join(const struct vc_join_state *join)
{
    static const char *const stages[] = {"connecting", "greeting", "done", "failed"};

    return json_pack("{s:I, s:s, s:s, s:o, s:o, s:I, s:o}", "id", (json_int_t)join->id,
                     "state", stages[join->stage], "name", join->petname, "failure",
                     vc_shape_failure(join->reason), "contact",
                     join->contact != 0 ? json_integer(join->contact) : json_null(),
                     "begun_at", (json_int_t)join->begun_at, "retry_at",
                     vc_shape_time(join->retry_at));
}

static json_t *state_ids(struct vc_chat *chat, const struct vc_event *event)
{
    json_t *ids = json_array();

    for (uint32_t seq = event->ref.seq; ids != NULL && seq <= event->seq_last; seq++) {
        struct vc_message_ref ref = event->ref;
        struct vc_message message;

        if (json_array_size(ids) == EVENT_IDS_MAX) {
            break;
        }
        ref.seq = seq;
        if (vc_chat_message(chat, event->contact, ref, &message) == VC_OK) {
            json_array_append_new(ids, vc_shape_hex(message.id.b, sizeof message.id.b));
        }
    }
    return ids;
}

/* What an event was about may be gone by now: then there is nothing to tell. */
static json_t *nothing_left(json_t *params)
{
    json_decref(params);
    return json_null();
}

static json_t *with_message(json_t *params, struct vc_chat *chat, const struct vc_now *now,
                            const struct vc_event *event)
{
    struct vc_message message;

    if (vc_chat_message(chat, event->contact, event->ref, &message) != VC_OK) {
        return nothing_left(params);
    }
    json_object_set_new(params, "message", vc_shape_message(chat, now, &message));
    return params;
}

static void add_states(json_t *params, struct vc_chat *chat, const struct vc_event *event)
{
    json_object_set_new(params, "state", json_string(vc_shape_state_name(event->state)));
    json_object_set_new(params, "failure", vc_shape_failure(event->reason));
    json_object_set_new(params, "seq_first", json_integer(event->ref.seq));
    json_object_set_new(params, "seq_last", json_integer(event->seq_last));
    json_object_set_new(params, "ids", state_ids(chat, event));
}

static json_t *with_contact(json_t *params, struct vc_chat *chat, const struct vc_now *now,
                            uint32_t id)
{
    struct vc_contact contact;

    if (vc_chat_contact(chat, now, id, &contact) != VC_OK) {
        return nothing_left(params);
    }
    json_object_set_new(params, "contact_now", vc_shape_contact(chat, &contact));
    return params;
}

static json_t *with_join(json_t *params, struct vc_chat *chat, const struct vc_now *now,
                         uint32_t id)
{
    struct vc_join_state joins[VC_CHAT_JOINS_MAX];
    size_t count = vc_chat_joins(chat, now, joins, VC_CHAT_JOINS_MAX);

    for (size_t i = 0; i < count && i < VC_CHAT_JOINS_MAX; i++) {
        if (joins[i].id == id) {
            json_object_set_new(params, "join", vc_shape_join(&joins[i]));
            return params;
        }
    }
    return nothing_left(params);
}

static const char *kind_name(const struct vc_event *event)
{
    switch (event->kind) {
    case VC_EVENT_MESSAGE:
        return "message.new";
    case VC_EVENT_STATE:
        return "message.state";
    case VC_EVENT_CONTACT_ADDED:
        return "contact.added";
    case VC_EVENT_CONTACT_CHANGED:
        return "contact.changed";
    case VC_EVENT_CONTACT_REMOVED:
        return "contact.removed";
    case VC_EVENT_JOIN:
        return event->reason == VC_OK ? "join.done" : "join.failed";
    case VC_EVENT_READ_HERE:
        return "message.read_here";
    }
    VC_CHECK(false);
}

static const char *change_name(enum vc_change change)
{
    switch (change) {
    case VC_CHANGE_DETAILS:
        return "details";
    case VC_CHANGE_DEVICE:
        return "device";
    case VC_CHANGE_SESSION:
        return "session";
    }
    VC_CHECK(false);
}

json_t *vc_shape_event(struct vc_chat *chat, const struct vc_now *now,
                       const struct vc_event *event)
{
    json_t *params = json_pack("{s:I, s:s, s:I}", "seq", (json_int_t)event->seq, "kind",
                               kind_name(event), "at", (json_int_t)event->at);
    char name[VC_NAME_MAX + 1];

    if (params == NULL) {
        return NULL;
    }
    if (event->kind == VC_EVENT_JOIN) {
        return with_join(params, chat, now, event->join);
    }
    json_object_set_new(params, "contact", json_integer(event->contact));
    contact_name(chat, now, event->contact, name);
    json_object_set_new(params, "contact_name", json_string(name));
    if (event->kind == VC_EVENT_MESSAGE) {
        return with_message(params, chat, now, event);
    }
    if (event->kind == VC_EVENT_CONTACT_CHANGED) {
        json_object_set_new(params, "change", json_string(change_name(event->change)));
    }
    if (event->kind == VC_EVENT_STATE) {
        add_states(params, chat, event);
    } else if (event->kind == VC_EVENT_CONTACT_ADDED ||
               event->kind == VC_EVENT_CONTACT_CHANGED) {
        return with_contact(params, chat, now, event->contact);
    }
    return params;
}

json_t *vc_shape_presence(struct vc_chat *chat, const struct vc_now *now,
                          const struct vc_chat_output *presence)
{
    char name[VC_NAME_MAX + 1];

    contact_name(chat, now, presence->contact, name);
    return json_pack("{s:s, s:I, s:I, s:s, s:b, s:o}", "kind", "presence", "at",
                     (json_int_t)now->unix_ms, "contact", (json_int_t)presence->contact,
                     "contact_name", name, "is_connected", presence->is_connected, "failure",
                     vc_shape_failure(presence->reason));
}

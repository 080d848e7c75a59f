/*
 * The one table of methods and events.  rpc.discover, the help, node/CONTROL.md and the API
 * test are made from it, and every request is checked against it.
 */
#include "node/control/fields.h"

#define CONTACT_FIELD \
    STRING("contact", 1, 256, "a name, the start of an id or fingerprint, or #NUMBER")
#define CONTACT_EVENT_FIELDS                                   \
    INTEGER("contact", 1, UINT32_MAX, "the contact's number"), \
        STRING("contact_name", 0, 64, "the contact's name here")

static const struct vc_control_field nothing[] = {END};

static const struct vc_control_field discover_results[] = {
    INTEGER("api", 1, UINT32_MAX, "version of this protocol"),
    STRING("version", 1, 64, "version of veched"),
    ARRAY("methods", "method", "every method"),
    ARRAY("objects", "named_object", "every object that methods and events speak of"),
    ARRAY("events", "event_kind", "every kind of event"),
    ARRAY("errors", "error_kind", "every error"),
    END};

static const struct vc_control_field status_results[] = {
    STRING("verdict", 1, 512, "one line for a person"),
    BOOLEAN("is_usable", "can messages be written and delivered?"),
    STRING("version", 1, 64, "version of veched"),
    INTEGER("api", 1, UINT32_MAX, "version of this protocol"),
    INTEGER("pid", 1, INT32_MAX, "veched's process"),
    INTEGER("started_at", 0, INT64_MAX, "Unix milliseconds"),
    STRING("directory", 1, 4096, "where everything is kept"),
    STRING("name", 0, 64, "what the owner is called"),
    STRING("veche_id", 1, 128, "the owner's public id"),
    STRING("fingerprint", 32, 32, "the owner's fingerprint, hexadecimal"),
    STRINGS("listen", "addresses it listens at"),
    STRINGS("addresses", "addresses that others are told, best first"),
    OPTIONAL_OBJECT("health", "error", "why nothing new is accepted; null when well"),
    INTEGER("contacts", 0, UINT32_MAX, "how many there are"),
    INTEGER("connected", 0, UINT32_MAX, "of these, with a session now"),
    INTEGER("waiting", 0, INT64_MAX, "messages that wait for their recipients"),
    INTEGER("unread", 0, INT64_MAX, "messages that wait for the owner"),
    INTEGER("open_invites", 0, UINT32_MAX, "invites that nobody has used"),
    INTEGER("sessions", 0, UINT32_MAX, "sessions, half-open ones too"),
    INTEGER("datagrams_in", 0, INT64_MAX, "since the start"),
    INTEGER("datagrams_out", 0, INT64_MAX, "since the start"),
    INTEGER("bytes_in", 0, INT64_MAX, "since the start"),
    INTEGER("bytes_out", 0, INT64_MAX, "since the start"),
    INTEGER("dropped", 0, INT64_MAX, "datagrams of strangers and damaged ones"),
    INTEGER("rss_bytes", 0, INT64_MAX, "memory in use"),
    INTEGER("store_bytes", 0, INT64_MAX, "size of the store's file"),
    INTEGER("commits", 0, INT64_MAX, "since the start"),
    INTEGER("event_first", 0, INT64_MAX, "the oldest event that is kept"),
    INTEGER("event_last", 0, INT64_MAX, "the newest event"),
    BOOLEAN("read_receipts", "are senders told what was read?"),
    BOOLEAN("has_root", "is the root of the account on this device?"),
    OPTIONAL_INTEGER("live_until", 0, INT64_MAX,
                     "Unix milliseconds, what says that this device is the owner's"),
    INTEGER("moves", 0, 255, "how often the account has moved to another address"),
    OPTIONAL_INTEGER("moved_at", 0, INT64_MAX,
                     "the last move, while a forward stands at the old address"),
    INTEGER("unknowing", 0, UINT32_MAX, "contacts that do not have the new address yet"),
    INTEGER("contacts_keys", 1, 16, "contacts keys that are answered to"),
    OPTIONAL_INTEGER("key_turns_at", 0, INT64_MAX,
                     "when the contacts key turns, after a removal or a block"),
    BOOLEAN("has_passphrase", "does the store want a passphrase at the next start?"),
    OBJECT("dht", "dht", "how it stands with finding others and being found"),
    END};

static const struct vc_control_field words_results[] = {
    STRING("words", 1, 240, "24 of them, a blank between; secret"),
    INTEGER("ask_first", 1, 24, "the number of a word to ask back"),
    INTEGER("ask_second", 1, 24, "and of the second"),
    INTEGER("ask_third", 1, 24, "and of the third"),
    END};
static const struct vc_control_field drop_root_params[] = {
    STRING("first", 1, 32, "the word that ask_first names; four letters are enough"),
    STRING("second", 1, 32, "the word that ask_second names"),
    STRING("third", 1, 32, "the word that ask_third names"), END};
static const struct vc_control_field root_params[] = {
    OPTIONAL_STRING("words", 1, 1024,
                    "the 24 words, when the root is not on this device"),
    END};
static const struct vc_control_field renew_results[] = {
    INTEGER("moves", 0, 255, "how often the account has moved"),
    INTEGER("invites", 0, UINT32_MAX, "open invites that are good no more"), END};
static const struct vc_control_field extend_results[] = {
    INTEGER("live_until", 0, INT64_MAX, "Unix milliseconds"), END};

static const struct vc_control_field log_params[] = {
    OPTIONAL_INTEGER("lines", 1, 1000, "at most so many, the newest (100)"),
    OPTIONAL_CHOICE("level", "error warn info debug", "this level and worse (debug)"),
    END};
static const struct vc_control_field log_results[] = {STRINGS("lines", "oldest first"),
                                                      END};

static const struct vc_control_field report_results[] = {
    STRING("text", 0, VC_CONTROL_LINE_MAX,
           "without names, texts, full keys and addresses"),
    END};

static const struct vc_control_field owner_params[] = {
    OPTIONAL_STRING("name", 1, 256, "what the owner is called"),
    OPTIONAL_BOOLEAN("read_receipts", "tell senders what was read?"), END};
static const struct vc_control_field owner_results[] = {
    STRING("name", 0, 64, "what the owner is called"),
    BOOLEAN("read_receipts", "are senders told what was read?"), END};

static const struct vc_control_field passphrase_params[] = {
    OPTIONAL_TEXT("old", 1, VC_CONTROL_PASSPHRASE_MAX, "the present one, if there is one"),
    OPTIONAL_TEXT("new", 1, VC_CONTROL_PASSPHRASE_MAX,
                  "the new one; without it there is none afterwards"),
    END};

static const struct vc_control_field lookup_params[] = {
    OPTIONAL_STRING("contact", 1, 256,
                    "whose record of today; a name, or as in other methods"),
    OPTIONAL_STRING("place", 64, 64, "or what stands here: a place, hexadecimal"), END};
static const struct vc_control_field lookup_results[] = {
    STRING("place", 64, 64, "where it was looked, hexadecimal"),
    OPTIONAL_STRING("day", 10, 10, "of a contact: the day whose place it is, in UTC"),
    OPTIONAL_OBJECT("failure", "error", "why nothing was found; null: something was"),
    OPTIONAL_OBJECT("record", "dht_record", "what was found, the latest of all"),
    INTEGER("took_ms", 0, UINT32_MAX, "until nobody was left to ask"),
    INTEGER("requests", 0, UINT16_MAX, "that it took"), END};
static const struct vc_control_field table_results[] = {
    ARRAY("nodes", "dht_node", "those known for longest first, IPv4 before IPv6"), END};

static const struct vc_control_field invite_params[] = {
    OPTIONAL_INTEGER("days", 1, 3650, "how long it is valid (7)"),
    OPTIONAL_STRING("note", 1, 256, "whom it is for: becomes the name of who joins"),
    END};
static const struct vc_control_field invite_result[] = {
    OBJECT("invite", "invite", "the new invite"), END};
static const struct vc_control_field invites_result[] = {
    ARRAY("invites", "invite", "oldest first"), END};
static const struct vc_control_field invite_id[] = {
    INTEGER("id", 1, UINT32_MAX, "the invite's number"), END};

static const struct vc_control_field join_params[] = {
    STRING("invite", 1, 4096, "the text that the other person sent"),
    OPTIONAL_STRING("name", 1, 256, "how to call the other person here"), END};
static const struct vc_control_field join_result[] = {
    OBJECT("join", "join", "the join as it is now"), END};
static const struct vc_control_field joins_result[] = {
    ARRAY("joins", "join", "oldest first"), END};
static const struct vc_control_field join_id[] = {
    INTEGER("id", 1, UINT32_MAX, "the join's number"), END};

static const struct vc_control_field contact_param[] = {CONTACT_FIELD, END};
static const struct vc_control_field contact_result[] = {
    OBJECT("contact", "contact", "the contact as it is now"), END};
static const struct vc_control_field contacts_result[] = {
    ARRAY("contacts", "contact", "in the order of their numbers"), END};
static const struct vc_control_field rename_params[] = {
    CONTACT_FIELD, STRING("name", 1, 256, "the new name"), END};
static const struct vc_control_field verify_params[] = {
    CONTACT_FIELD,
    OPTIONAL_BOOLEAN("is_verified", "what to set; without it nothing is changed"),
    OPTIONAL_STRING("scan", 1, 512,
                    "the contact's code: if it is the same as ours, the mark is set"),
    END};
static const struct vc_control_field verify_results[] = {
    OBJECT("contact", "contact", "the contact as it is now"),
    STRING("safety_number", 1, 128, "equal on both sides when nobody is in between"),
    STRING("code", 1, 128, "the same for a QR code"), END};
static const struct vc_control_field remove_results[] = {
    OPTIONAL_INTEGER("key_turns_at", 0, INT64_MAX,
                     "when the contacts key turns; null: at once"),
    END};

static const struct vc_control_field send_params[] = {
    CONTACT_FIELD, TEXT("text", 1, VC_CONTROL_LINE_MAX, "at most 32 KiB of UTF-8"),
    OPTIONAL_STRING("token", 1, 128,
                    "a random one: the same again does not send twice"),
    END};
static const struct vc_control_field message_result[] = {
    OBJECT("message", "message", "the message as it is now"), END};
static const struct vc_control_field list_params[] = {
    CONTACT_FIELD, OPTIONAL_INTEGER("limit", 1, 1000, "at most so many (50)"),
    OPTIONAL_STRING("before", 64, 64, "only messages before the one of this id"),
    OPTIONAL_STRING("after", 64, 64, "only messages after the one of this id"), END};
static const struct vc_control_field list_results[] = {
    ARRAY("messages", "message", "in the order of the conversation"),
    BOOLEAN("more", "are there more on the side that was cut off?"), END};
static const struct vc_control_field message_id[] = {
    STRING("id", 64, 64, "the message's id"), END};

static const struct vc_control_field subscribe_params[] = {
    OPTIONAL_INTEGER("since", 0, INT64_MAX,
                     "the last event that was seen; without it: from now on"),
    END};
static const struct vc_control_field subscribe_results[] = {
    INTEGER("first", 0, INT64_MAX, "the oldest event that is kept"),
    INTEGER("last", 0, INT64_MAX, "the newest event"), END};

const struct vc_control_method vc_control_methods[] = {
    {"rpc.discover", nothing, discover_results, "describes this protocol"},
    {"node.status", nothing, status_results, "tells how the node is"},
    {"node.stop", nothing, nothing, "stops veched; everything is kept"},
    {"node.log", log_params, log_results, "gives the last lines of the log"},
    {"node.report", nothing, report_results, "gives what a bug report needs"},
    {"owner.set", owner_params, owner_results, "changes the owner's settings"},
    {"identity.words", nothing, words_results,
     "gives the 24 words of the root, and chooses three to ask back"},
    {"identity.drop_root", drop_root_params, nothing,
     "takes the root off this device, if the three words are right"},
    {"address.renew", root_params, renew_results,
     "moves the account to another address; open invites end"},
    {"address.extend", root_params, extend_results,
     "says anew, for two years, that this device is the owner's"},
    {"node.passphrase", passphrase_params, nothing,
     "sets, changes or removes the passphrase of the store"},
    {"dht.lookup", lookup_params, lookup_results,
     "looks into the DHT, for you to see; answered within 8 s"},
    {"dht.table", nothing, table_results, "gives the nodes of the DHT that are known"},
    {"invite.create", invite_params, invite_result, "makes an invite for one person"},
    {"invite.list", nothing, invites_result, "gives all invites"},
    {"invite.revoke", invite_id, nothing, "makes an invite useless"},
    {"join.start", join_params, join_result,
     "begins to join; it is tried until it is done, refused or expired"},
    {"join.list", nothing, joins_result, "gives the joins and how they stand"},
    {"join.cancel", join_id, nothing, "gives a join up"},
    {"contacts.list", nothing, contacts_result, "gives all contacts"},
    {"contacts.get", contact_param, contact_result, "gives one contact"},
    {"contacts.rename", rename_params, contact_result, "changes a contact's name here"},
    {"contacts.verify", verify_params, verify_results,
     "shows the safety number; says whether it was compared"},
    {"contacts.block", contact_param, contact_result, "refuses a contact"},
    {"contacts.unblock", contact_param, contact_result, "accepts a contact again"},
    {"contacts.remove", contact_param, remove_results,
     "forgets a contact, the conversation and what waits"},
    {"contacts.try", contact_param, contact_result, "tries to reach a contact now"},
    {"messages.send", send_params, message_result,
     "queues a text; answered when it is durable"},
    {"messages.list", list_params, list_results,
     "gives a part of a conversation, the newest without before and after"},
    {"messages.get", message_id, message_result, "gives one message"},
    {"messages.mark_read", contact_param, nothing,
     "says that the owner has seen the conversation"},
    {"messages.abandon", message_id, message_result, "gives a queued message up"},
    {"events.subscribe", subscribe_params, subscribe_results,
     "sends events to this connection"},
    {"events.unsubscribe", nothing, nothing, "ends that"},
    {NULL, NULL, NULL, NULL}};

static const struct vc_control_field message_new[] = {
    CONTACT_EVENT_FIELDS, OBJECT("message", "message", "the message"), END};
static const struct vc_control_field message_state[] = {
    CONTACT_EVENT_FIELDS,
    CHOICE("state", VC_CONTROL_STATES, "what they are now"),
    OPTIONAL_OBJECT("failure", "error", "why they failed"),
    INTEGER("seq_first", 0, UINT32_MAX, "the number of the first of them"),
    INTEGER("seq_last", 0, UINT32_MAX, "the number of the last of them"),
    STRINGS("ids", "their message ids, at most 256"),
    END};
static const struct vc_control_field conversation_only[] = {CONTACT_EVENT_FIELDS, END};
static const struct vc_control_field contact_now[] = {
    CONTACT_EVENT_FIELDS, OBJECT("contact_now", "contact", "the contact as it is now"),
    END};
static const struct vc_control_field contact_changed[] = {
    CONTACT_EVENT_FIELDS,
    CHOICE("change", "details device session",
           "a name or a mark; its device is another; its session began anew"),
    OBJECT("contact_now", "contact", "the contact as it is now"), END};
static const struct vc_control_field join_now[] = {
    OBJECT("join", "join", "the join as it is now"), END};
static const struct vc_control_field presence[] = {
    CONTACT_EVENT_FIELDS, BOOLEAN("is_connected", "is there a session now?"),
    OPTIONAL_OBJECT("failure", "error", "why there is none"), END};
static const struct vc_control_field gap[] = {
    INTEGER("first", 0, INT64_MAX, "the oldest event that is kept"), END};

const struct vc_control_event vc_control_events[] = {
    {"message.new", message_new, "a message came, or one of ours was queued"},
    {"message.state", message_state, "messages of ours changed their state"},
    {"message.read_here", conversation_only, "the owner has read the conversation"},
    {"contact.added", contact_now, "there is a new contact"},
    {"contact.changed", contact_changed, "a contact's name, marks or details changed"},
    {"contact.removed", conversation_only, "a contact was removed"},
    {"join.done", join_now, "a join succeeded"},
    {"join.failed", join_now, "a join failed for good"},
    {"presence", presence, "a session began or ended; not kept"},
    {"gap", gap, "events were lost: subscribe again from first; not kept"},
    {NULL, NULL, NULL}};

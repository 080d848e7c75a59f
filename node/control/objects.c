/*
 * The named objects of the control protocol.
 */
#include "node/control/fields.h"

static const struct vc_control_field error_fields[] = {
    INTEGER("code", INT32_MIN, 0, "stable number"),
    STRING("name", 1, 32, "stable name"),
    STRING("message", 1, 512, "what happened, for a person"),
    STRING("hint", 0, 512, "what to do about it"),
    OPTIONAL_STRING("detail", 0, 512, "which one, where"),
    END};

static const struct vc_control_field session_fields[] = {
    INTEGER("generation", 1, UINT32_MAX, "how manieth it is; both sides count alike"),
    INTEGER("since", 0, INT64_MAX, "Unix milliseconds, when it began"),
    CHOICE(
        "reason", "first unopened rollback theirs",
        "why: as the first; the other side could not open what was sent; this node was "
        "put back to an older state; the other side began it"),
    END};

static const struct vc_control_field contact_fields[] = {
    INTEGER("id", 1, UINT32_MAX, "its number, never used again"),
    STRING("name", 0, 64, "what it is called here, the only one of that name"),
    STRING("own_name", 0, 64, "what it calls itself"),
    STRING("fingerprint", 32, 32, "hexadecimal"),
    STRING("veche_id", 1, 128, "its public id"),
    BOOLEAN("is_blocked", "is it refused?"),
    BOOLEAN("is_verified", "was the safety number compared?"),
    BOOLEAN("is_connected", "is there a session now?"),
    OPTIONAL_STRING("address", 1, 64, "where it is, or was last"),
    OPTIONAL_INTEGER("rtt_ms", 0, UINT32_MAX, "connected: the round trip"),
    INTEGER("added_at", 0, INT64_MAX, "Unix milliseconds"),
    OPTIONAL_INTEGER("device_since", 0, INT64_MAX,
                     "Unix milliseconds, when it came with another device"),
    OPTIONAL_INTEGER("last_seen_at", 0, INT64_MAX, "Unix milliseconds"),
    OPTIONAL_OBJECT("session", "session", "the end-to-end session with its device"),
    BOOLEAN("is_waiting_for_keys", "must keys of it come before what waits is sealed?"),
    INTEGER("waiting", 0, INT64_MAX, "how much waits for it"),
    OPTIONAL_INTEGER("retry_at", 0, INT64_MAX, "when it is tried again"),
    INTEGER("unread", 0, UINT32_MAX, "messages the owner has not seen"),
    INTEGER("gaps", 0, UINT32_MAX, "messages that others refer to and are missing"),
    OPTIONAL_OBJECT("failure", "error", "why the last attempt ended"),
    END};

static const struct vc_control_field message_fields[] = {
    INTEGER("contact", 1, UINT32_MAX, "the contact's number"),
    STRING("contact_name", 0, 64, "the contact's name here"),
    STRING("id", 64, 64, "hexadecimal, the same on both sides"),
    CHOICE("from", "me them", "who wrote it"),
    INTEGER("seq", 1, UINT32_MAX, "its number among its author's, from 1"),
    INTEGER("device", 0, 255, "its author's device"),
    CHOICE("state", VC_CONTROL_STATES, "always true"),
    OPTIONAL_OBJECT("failure", "error", "why it failed"),
    CHOICE("type", "text unknown", "what the body is"),
    INTEGER("type_number", 0, UINT16_MAX, "the type as it was sent"),
    INTEGER("type_version", 0, 255, "the type's version"),
    OPTIONAL_TEXT("text", 0, VC_CONTROL_LINE_MAX,
                  "type text: exactly what was written"),
    OPTIONAL_STRING("body", 0, VC_CONTROL_LINE_MAX, "type unknown: base64 of the body"),
    INTEGER("sent_at", 0, INT64_MAX, "Unix milliseconds, as its author's clock said"),
    INTEGER("stored_at", 0, INT64_MAX, "Unix milliseconds, when it was kept here"),
    STRING("order", 16, 16, "what it is sorted by, before the id"),
    BOOLEAN("has_gap", "is a message before it missing?"),
    END};

static const struct vc_control_field invite_fields[] = {
    INTEGER("id", 1, UINT32_MAX, "its number"),
    STRING("text", 1, 256, "what the other person pastes; whoever has it can join"),
    STRING("note", 0, 64, "whom it is for"),
    INTEGER("made_at", 0, INT64_MAX, "Unix milliseconds"),
    OPTIONAL_INTEGER("expires_at", 0, INT64_MAX, "Unix milliseconds"),
    OPTIONAL_INTEGER("contact", 1, UINT32_MAX, "who joined with it"),
    CHOICE("state", "open used expired revoked", "what it is worth"),
    END};

static const struct vc_control_field join_fields[] = {
    INTEGER("id", 1, UINT32_MAX, "its number"),
    CHOICE("state", "connecting greeting done failed", "how far it is"),
    STRING("name", 0, 64, "how the other person will be called here, if that was said"),
    OPTIONAL_OBJECT("failure", "error", "why it failed, or why the last attempt ended"),
    OPTIONAL_INTEGER("contact", 1, UINT32_MAX, "done: the new contact's number"),
    INTEGER("begun_at", 0, INT64_MAX, "Unix milliseconds"),
    OPTIONAL_INTEGER("retry_at", 0, INT64_MAX, "when it is tried again"),
    END};

static const struct vc_control_field field_fields[] = {
    STRING("name", 1, 64, "the field"),
    CHOICE("type", "string integer boolean object array", "what it is"),
    BOOLEAN("optional", "may it be absent or null?"),
    OPTIONAL_STRING("object", 1, 64, "the named object it is or holds"),
    OPTIONAL_INTEGER("min", INT64_MIN, INT64_MAX, "least value, or bytes of a string"),
    OPTIONAL_INTEGER("max", INT64_MIN, INT64_MAX,
                     "greatest value, or bytes of a string"),
    OPTIONAL_STRING("values", 1, 256, "the words it may be, a blank between"),
    STRING("words", 1, 256, "what it is, for a person"),
    END};

static const struct vc_control_field method_fields[] = {
    STRING("name", 1, 64, "the method"), STRING("words", 1, 256, "what it does"),
    ARRAY("params", "field", "what it takes"),
    ARRAY("results", "field", "what it gives"), END};

static const struct vc_control_field named_object_fields[] = {
    STRING("name", 1, 64, "the object"), STRING("words", 1, 256, "what it is"),
    ARRAY("fields", "field", "what is in it"), END};

static const struct vc_control_field event_kind_fields[] = {
    STRING("kind", 1, 64, "the kind"), STRING("words", 1, 256, "when it comes"),
    ARRAY("fields", "field", "what is in it, beside seq, kind and at"), END};

static const struct vc_control_field error_kind_fields[] = {
    INTEGER("code", INT32_MIN, 0, "stable number"),
    STRING("name", 1, 32, "stable name"),
    STRING("message", 1, 512, "what happened, for a person"),
    STRING("hint", 0, 512, "what to do about it"),
    INTEGER("exit_code", 0, 255, "what the command line ends with"),
    END};

static const struct vc_control_field dht_fields[] = {
    OPTIONAL_STRING("network", 1, 32, "the id of the network, if it is text"),
    BOOLEAN("is_private", "is it a network of people who trust each other?"),
    BOOLEAN("is_joined", "has a node of it answered lately?"),
    INTEGER("entry_points", 0, UINT32_MAX,
            "nodes to join by that the configuration names"),
    INTEGER("nodes", 0, UINT32_MAX, "nodes that are known"),
    INTEGER("suspects", 0, UINT32_MAX, "of these, the ones that did not answer lately"),
    OPTIONAL_INTEGER("size", 0, INT64_MAX, "nodes of the whole network, estimated"),
    CHOICE("role", "client router", "a client only asks, a router answers others"),
    CHOICE("why",
           "configured private no_answer few unstable closed young reachable",
           "the reason for it"),
    STRING("why_words", 1, 256, "the same for a person"),
    OPTIONAL_STRING("seen", 1, 64, "where others see this node"),
    STRINGS("addresses", "where the own record says that this node is, best first"),
    INTEGER("records", 0, UINT32_MAX, "kept for others"),
    OPTIONAL_OBJECT("published", "dht_published",
                    "the own record of today; null: it was not put since the start"),
    BOOLEAN("is_left", "does what was put before the start stand, as it says the same?"),
    OPTIONAL_OBJECT("looked", "dht_looked", "the last lookup"),
    INTEGER("seeking", 0, UINT32_MAX, "contacts and inviters that are looked for"),
    INTEGER("pausing", 0, UINT32_MAX, "those that were not found, and are again later"),
    BOOLEAN("is_clock_off",
            "do others say another time?  Then days are counted by theirs"),
    INTEGER("answers", 0, INT64_MAX, "given to others since the start"),
    INTEGER("datagrams_in", 0, INT64_MAX, "of the DHT since the start"),
    INTEGER("datagrams_out", 0, INT64_MAX, "of the DHT since the start"),
    INTEGER("bytes_in", 0, INT64_MAX, "of the DHT since the start"),
    INTEGER("bytes_out", 0, INT64_MAX, "of the DHT since the start"),
    END};

static const struct vc_control_field dht_published_fields[] = {
    STRING("day", 10, 10, "the day that it is for, in UTC: 2026-01-02"),
    INTEGER("at", 0, INT64_MAX, "Unix milliseconds, when it was put last"),
    INTEGER("holders", 0, 255, "nodes that have it, when they were asked last"),
    OPTIONAL_OBJECT("failure", "error", "why the last put did not end well"),
    END};

static const struct vc_control_field dht_looked_fields[] = {
    INTEGER("at", 0, INT64_MAX, "Unix milliseconds, when it ended"),
    INTEGER("took_ms", 0, UINT32_MAX, "from its begin"),
    INTEGER("requests", 0, UINT16_MAX, "that it took"),
    END};

static const struct vc_control_field dht_record_fields[] = {
    INTEGER("first_ms", 0, UINT32_MAX, "from the begin until a first record was there"),
    INTEGER("written_at", 0, INT64_MAX, "Unix milliseconds, to ten minutes"),
    INTEGER("expires_at", 0, INT64_MAX, "Unix milliseconds"),
    CHOICE("kind", "account forward sealed",
           "a device of the contact; the contact has moved; not for us to read"),
    STRINGS("addresses", "account: where the device says that it is, best first"),
    END};

static const struct vc_control_field dht_node_fields[] = {
    STRING("id", 16, 16, "hexadecimal"),
    INTEGER("bucket", 0, 255, "the higher, the nearer to our own id"),
    STRING("address", 1, 64, "where it is"),
    INTEGER("heard_at", 0, INT64_MAX, "Unix milliseconds, its last answer"),
    BOOLEAN("is_suspect", "has it failed to answer since?"),
    END};

const struct vc_control_object vc_control_objects[] = {
    {"error", error_fields, "what went wrong and what to do"},
    {"contact", contact_fields, "somebody the owner writes with"},
    {"session", session_fields,
     "what messages with a contact are sealed with, end to end"},
    {"message", message_fields, "one message of a conversation"},
    {"invite", invite_fields, "a text that lets one person join"},
    {"join", join_fields, "an invite of somebody else's on its way to a contact"},
    {"dht", dht_fields, "the distributed hash table as this node sees it"},
    {"dht_published", dht_published_fields, "the own record in the DHT"},
    {"dht_looked", dht_looked_fields, "a lookup that has ended"},
    {"dht_record", dht_record_fields, "a record that was found in the DHT"},
    {"dht_node", dht_node_fields, "a node of the DHT that is known"},
    {"field", field_fields, "a line of this table"},
    {"method", method_fields, "something to call"},
    {"named_object", named_object_fields, "an object of this table"},
    {"event_kind", event_kind_fields, "something that veched tells"},
    {"error_kind", error_kind_fields, "an error of this table"},
    {NULL, NULL, NULL}};

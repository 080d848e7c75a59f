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

const struct vc_control_object vc_control_objects[] = {
    {"error", error_fields, "what went wrong and what to do"},
    {"contact", contact_fields, "somebody the owner writes with"},
    {"session", session_fields,
     "what messages with a contact are sealed with, end to end"},
    {"message", message_fields, "one message of a conversation"},
    {"invite", invite_fields, "a text that lets one person join"},
    {"join", join_fields, "an invite of somebody else's on its way to a contact"},
    {"field", field_fields, "a line of this table"},
    {"method", method_fields, "something to call"},
    {"named_object", named_object_fields, "an object of this table"},
    {"event_kind", event_kind_fields, "something that veched tells"},
    {"error_kind", error_kind_fields, "an error of this table"},
    {NULL, NULL, NULL}};

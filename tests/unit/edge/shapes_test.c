#include "node/edge/shapes.h"

#include <string.h>

#include "node/control/control.h"
#include "tests/support/test.h"

static const struct vc_now now = {.mono = 5, .unix_ms = 1800000000000u};
static struct vc_contact contact;
static struct vc_message message;
static size_t message_count;
static struct vc_join_state joins[2];

vc_err __wrap_vc_chat_contact(const struct vc_chat *chat, const struct vc_now *at, uint32_t id,
                              struct vc_contact *ret_contact);
uint32_t __wrap_vc_chat_gaps(const struct vc_chat *chat, uint32_t id);
vc_err __wrap_vc_chat_message(struct vc_chat *chat, uint32_t id, struct vc_message_ref ref,
                              struct vc_message *ret_message);
size_t __wrap_vc_chat_joins(const struct vc_chat *chat, const struct vc_now *at,
                            struct vc_join_state *ret_joins, size_t room);

vc_err __wrap_vc_chat_contact(const struct vc_chat *chat, const struct vc_now *at, uint32_t id,
                              struct vc_contact *ret_contact)
{
    (void)chat;
    (void)at;
    if (id != contact.id)
        return VC_ERR_NO_CONTACT;
    *ret_contact = contact;
    return VC_OK;
}

uint32_t __wrap_vc_chat_gaps(const struct vc_chat *chat, uint32_t id)
{
    (void)chat;
    (void)id;
    return 2;
}

vc_err __wrap_vc_chat_message(struct vc_chat *chat, uint32_t id, struct vc_message_ref ref,
                              struct vc_message *ret_message)
{
    (void)chat;
    (void)id;
    if (ref.seq > message_count)
        return VC_ERR_NOT_FOUND;
    *ret_message = message;
    ret_message->ref = ref;
    return VC_OK;
}

size_t __wrap_vc_chat_joins(const struct vc_chat *chat, const struct vc_now *at,
                            struct vc_join_state *ret_joins, size_t room)
{
    (void)chat;
    (void)at;
    assert_true(room >= 2);
    memcpy(ret_joins, joins, sizeof joins);
    return 2;
}

static int begin(void **state)
{
    (void)state;
    contact = (struct vc_contact){.id = 3, .petname = "bob", .own_name = "Robert",
                                  .retry_at = VC_NEVER};
    message = (struct vc_message){.contact = 3, .ref = {.seq = 1}, .is_own = true,
                                  .state = VC_MESSAGE_QUEUED, .clock = UINT64_C(77) << 16 | 5,
                                  .order = 0xabc, .type = VC_BODY_TEXT,
                                  .body = {(const uint8_t *)"hello", 5}};
    message_count = 1;
    joins[0] = (struct vc_join_state){.id = 1, .stage = VC_JOIN_CONNECTING, .retry_at = 9};
    joins[1] = (struct vc_join_state){.id = 2, .stage = VC_JOIN_DONE, .contact = 3};
    return 0;
}

/* veched may say only what its own table says. */
static void assert_fits(const char *method, const char *field, json_t *shape)
{
    json_t *result = json_pack("{s:o}", field, shape);
    char detail[256] = "";

    assert_non_null(result);
    if (!vc_control_result_fits(vc_control_method_find(method), result, detail, sizeof detail))
        fail_msg("%s: %s", method, detail);
    json_decref(result);
}

static void assert_event_fits(const struct vc_event *event)
{
    json_t *params = vc_shape_event(NULL, &now, event);
    char detail[256] = "";

    if (!vc_control_event_fits(params, detail, sizeof detail))
        fail_msg("event %d: %s", (int)event->kind, detail);
    json_decref(params);
}

static void contacts_are_as_the_table_says(void **state)
{
    (void)state;

    assert_fits("contacts.get", "contact", vc_shape_contact(NULL, &contact));
    contact.is_connected = true;
    contact.rtt_ms = 12;
    contact.last_failure = VC_ERR_PEER_UNREACHABLE;
    contact.retry_at = contact.last_seen_at = 1800000000000u;
    assert_int_equal(vc_addr_parse("[2001:db8::1]:9", &contact.addr), VC_OK);
    assert_fits("contacts.get", "contact", vc_shape_contact(NULL, &contact));
}

static void sessions_are_shown_with_their_reason(void **state)
{
    static const char *const reasons[] = {"first", "unopened", "rollback", "theirs"};
    json_t *shape = vc_shape_contact(NULL, &contact);
    const json_t *session;

    (void)state;
    assert_true(json_is_null(json_object_get(shape, "session")));
    assert_false(json_boolean_value(json_object_get(shape, "is_waiting_for_keys")));
    json_decref(shape);
    contact.is_waiting_for_keys = true;
    shape = vc_shape_contact(NULL, &contact);
    assert_true(json_boolean_value(json_object_get(shape, "is_waiting_for_keys")));
    json_decref(shape);
    contact.is_waiting_for_keys = false;
    for (int reason = VC_SEAL_FIRST; reason <= VC_SEAL_THEIRS; reason++) {
        contact.session = (struct vc_seal_state){.has_session = true, .generation = 3,
                                                 .since = 1800000000000u,
                                                 .reason = (enum vc_seal_reason)reason};
        assert_fits("contacts.get", "contact", vc_shape_contact(NULL, &contact));
        shape = vc_shape_contact(NULL, &contact);
        session = json_object_get(shape, "session");
        assert_int_equal(json_integer_value(json_object_get(session, "generation")), 3);
        assert_int_equal(json_integer_value(json_object_get(session, "since")),
                         1800000000000);
        assert_string_equal(json_string_value(json_object_get(session, "reason")),
                            reasons[reason]);
        json_decref(shape);
    }
}

static void texts_are_given_exactly(void **state)
{
    (void)state;
    static const char text[] = "a\0b \"\\\x1b[31m \xe2\x80\xae";
    json_t *shape;

    message.body = (struct vc_bytes){(const uint8_t *)text, sizeof text - 1};
    shape = vc_shape_message(NULL, &now, &message);
    assert_int_equal(json_string_length(json_object_get(shape, "text")), sizeof text - 1);
    assert_memory_equal(json_string_value(json_object_get(shape, "text")), text,
                        sizeof text - 1);
    assert_string_equal(json_string_value(json_object_get(shape, "order")),
                        "0000000000000abc");
    assert_int_equal(json_integer_value(json_object_get(shape, "sent_at")), 77);
    assert_fits("messages.get", "message", shape);
}

static void unknown_bodies_are_given_in_base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xff\xfb\xff", "//v/"}};

    message.type = 900;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        json_t *shape;

        message.body = (struct vc_bytes){(const uint8_t *)pairs[i][0], strlen(pairs[i][0])};
        shape = vc_shape_message(NULL, &now, &message);
        assert_string_equal(json_string_value(json_object_get(shape, "type")), "unknown");
        assert_string_equal(json_string_value(json_object_get(shape, "body")), pairs[i][1]);
        assert_fits("messages.get", "message", shape);
    }
}

static void a_text_that_is_no_utf8_is_shown_as_unknown(void **state)
{
    (void)state;
    json_t *shape;

    message.body = (struct vc_bytes){(const uint8_t *)"\xc3(", 2};
    shape = vc_shape_message(NULL, &now, &message);
    assert_string_equal(json_string_value(json_object_get(shape, "type")), "unknown");
    assert_fits("messages.get", "message", shape);
}

static void every_state_has_its_word(void **state)
{
    (void)state;
    static const enum vc_message_state states[] = {VC_MESSAGE_RECEIVED, VC_MESSAGE_SEEN,
                                                   VC_MESSAGE_QUEUED, VC_MESSAGE_DELIVERED,
                                                   VC_MESSAGE_READ, VC_MESSAGE_FAILED};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        message.state = states[i];
        message.reason = states[i] == VC_MESSAGE_FAILED ? VC_ERR_ABANDONED : VC_OK;
        assert_fits("messages.get", "message", vc_shape_message(NULL, &now, &message));
    }
}

static void invites_and_joins_are_as_the_table_says(void **state)
{
    (void)state;
    struct vc_invite_state invite = {.id = 1, .made_at = 4, .expires_at = VC_NEVER,
                                     .note = "carol", .text = "VECHE:A"};

    assert_fits("invite.create", "invite", vc_shape_invite(&invite));
    invite.is_revoked = true;
    assert_fits("invite.create", "invite", vc_shape_invite(&invite));
    invite.contact = 3;
    invite.expires_at = 5;
    assert_fits("invite.create", "invite", vc_shape_invite(&invite));
    assert_fits("join.start", "join", vc_shape_join(&joins[0]));
    assert_fits("join.start", "join", vc_shape_join(&joins[1]));
}

static void events_are_as_the_table_says(void **state)
{
    (void)state;
    struct vc_event event = {.seq = 8, .at = 9, .contact = 3, .ref = {.seq = 1}, .seq_last = 1,
                             .state = VC_MESSAGE_DELIVERED};

    for (int kind = VC_EVENT_MESSAGE; kind <= VC_EVENT_READ_HERE; kind++) {
        event.kind = (enum vc_event_kind)kind;
        event.join = kind == VC_EVENT_JOIN ? 2 : 0;
        assert_event_fits(&event);
    }
    event.kind = VC_EVENT_JOIN;
    event.join = 2;
    event.reason = VC_ERR_INVITE_USED;
    assert_event_fits(&event);
}

static void a_range_of_states_names_no_more_ids_than_it_may(void **state)
{
    (void)state;
    struct vc_event event = {.seq = 8, .at = 9, .kind = VC_EVENT_STATE, .contact = 3,
                             .ref = {.seq = 1}, .seq_last = 5000,
                             .state = VC_MESSAGE_DELIVERED};
    json_t *params;

    message_count = 4000;
    params = vc_shape_event(NULL, &now, &event);
    assert_int_equal(json_array_size(json_object_get(params, "ids")), 256);
    assert_int_equal(json_integer_value(json_object_get(params, "seq_last")), 5000);
    json_decref(params);
}

static void an_event_whose_matter_is_gone_is_null(void **state)
{
    (void)state;
    struct vc_event event = {.seq = 8, .at = 9, .kind = VC_EVENT_MESSAGE, .contact = 3,
                             .ref = {.seq = 9}};
    json_t *params = vc_shape_event(NULL, &now, &event);

    assert_true(json_is_null(params));
    event.kind = VC_EVENT_CONTACT_CHANGED;
    event.change = VC_CHANGE_SESSION;
    assert_event_fits(&event);
    event.change = VC_CHANGE_DEVICE;
    event.contact = 4;
    params = vc_shape_event(NULL, &now, &event);
    assert_true(json_is_null(params));
}

static void presence_is_as_the_table_says(void **state)
{
    (void)state;
    struct vc_chat_output presence = {.kind = VC_CHAT_PRESENCE, .contact = 3,
                                      .reason = VC_ERR_TIMEOUT};
    json_t *params = vc_shape_presence(NULL, &now, &presence);
    char detail[256] = "";

    if (!vc_control_event_fits(params, detail, sizeof detail))
        fail_msg("presence: %s", detail);
    json_decref(params);
}

static void times_and_failures_may_be_absent(void **state)
{
    (void)state;
    json_t *time = vc_shape_time(7);

    assert_true(json_is_null(vc_shape_time(0)));
    assert_true(json_is_null(vc_shape_time(VC_NEVER)));
    assert_int_equal(json_integer_value(time), 7);
    assert_true(json_is_null(vc_shape_failure(VC_OK)));
    json_decref(time);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contacts_are_as_the_table_says),
        TEST(sessions_are_shown_with_their_reason),
        TEST(texts_are_given_exactly),
        TEST(unknown_bodies_are_given_in_base64),
        TEST(a_text_that_is_no_utf8_is_shown_as_unknown),
        TEST(every_state_has_its_word),
        TEST(invites_and_joins_are_as_the_table_says),
        TEST(events_are_as_the_table_says),
        TEST(a_range_of_states_names_no_more_ids_than_it_may),
        TEST(an_event_whose_matter_is_gone_is_null),
        TEST(presence_is_as_the_table_says),
        TEST(times_and_failures_may_be_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

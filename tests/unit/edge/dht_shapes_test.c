#include "node/edge/dht_shapes.h"

#include <string.h>

#include "node/control/fields.h"
#include "tests/support/test.h"

static const struct vc_now now = {.mono = 100000, .unix_ms = 1767312000000u};
static struct vc_dht_status dht;
static struct vc_find_status find;
static struct vc_options options;

static int begin(void **state)
{
    (void)state;
    memset(&dht, 0, sizeof dht);
    memset(&find, 0, sizeof find);
    memset(&options, 0, sizeof options);
    dht.lookup_at = VC_NEVER;
    find.published_at = VC_NEVER;
    find.epoch = 20455; /* 2026-01-02 */
    memcpy(options.network_id, "lab", 3);
    options.network_id_len = 3;
    return 0;
}

static struct vc_addr addr(const char *text)
{
    struct vc_addr parsed;

    assert_int_equal(vc_addr_parse(text, &parsed), VC_OK);
    return parsed;
}

/* veched may say only what its own table says. */
static void assert_fits(const char *object, const json_t *shape)
{
    char detail[256] = "";

    for (const struct vc_control_object *o = vc_control_objects; o->name != NULL; o++) {
        if (strcmp(o->name, object) == 0) {
            if (!vc_control_fields_fit(o->fields, shape, NULL, detail, sizeof detail)) {
                fail_msg("%s: %s", object, detail);
            }
            return;
        }
    }
    fail_msg("there is no object %s", object);
}

static json_t *shape(void)
{
    json_t *made = vc_shape_dht(&dht, &find, &options, &now);

    assert_fits("dht", made);
    return made;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void a_node_that_knows_nobody_says_so(void **state)
{
    (void)state;
    json_t *made;

    dht.why = VC_DHT_WHY_NO_ANSWER;
    made = shape();
    assert_true(json_is_false(json_object_get(made, "is_joined")));
    assert_string_equal(text_of(made, "network"), "lab");
    assert_string_equal(text_of(made, "role"), "client");
    assert_string_equal(text_of(made, "why"), "no_answer");
    assert_true(json_is_null(json_object_get(made, "size")));
    assert_true(json_is_null(json_object_get(made, "seen")));
    assert_true(json_is_null(json_object_get(made, "published")));
    assert_true(json_is_null(json_object_get(made, "looked")));
    json_decref(made);
}

static void what_is_known_is_told(void **state)
{
    (void)state;
    const json_t *part;
    json_t *made;

    dht = (struct vc_dht_status){.role = VC_DHT_ROLE_ROUTER,
                                 .why = VC_DHT_WHY_REACHABLE,
                                 .is_joined = true,
                                 .nodes = 7,
                                 .suspects = 2,
                                 .network_size = 5000,
                                 .seen = addr("192.0.2.1:5000"),
                                 .records = 9,
                                 .lookup_at = 40000,
                                 .lookup_ms = 81,
                                 .lookup_asked = 14};
    find.published_at = 90000;
    find.holders = 12;
    find.failure = VC_ERR_TIMEOUT;
    find.addrs[0] = addr("192.0.2.1:5000");
    find.addrs[1] = addr("[2001:db8::1]:5000");
    find.addr_count = 2;
    find.seeking = 1;
    find.waiting = 3;
    options.door_count = 4;
    made = shape();
    assert_string_equal(text_of(made, "role"), "router");
    assert_string_equal(text_of(made, "seen"), "192.0.2.1:5000");
    assert_int_equal(json_array_size(json_object_get(made, "addresses")), 2);
    assert_int_equal(number_of(made, "size"), 5000);
    assert_int_equal(number_of(made, "entry_points"), 4);
    assert_int_equal(number_of(made, "pausing"), 3);
    part = json_object_get(made, "published");
    assert_fits("dht_published", part);
    assert_string_equal(text_of(part, "day"), "2026-01-02");
    assert_int_equal(number_of(part, "at"), 1767312000000 - 10000);
    assert_int_equal(number_of(part, "holders"), 12);
    assert_string_equal(text_of(json_object_get(part, "failure"), "name"), "timeout");
    part = json_object_get(made, "looked");
    assert_fits("dht_looked", part);
    assert_int_equal(number_of(part, "at"), 1767312000000 - 60000);
    assert_int_equal(number_of(part, "requests"), 14);
    json_decref(made);
}

static void every_reason_has_a_name_and_words_of_its_own(void **state)
{
    (void)state;
    json_t *all[VC_DHT_WHY_REACHABLE + 1];

    for (int why = 0; why <= VC_DHT_WHY_REACHABLE; why++) {
        dht.why = (enum vc_dht_why)why;
        all[why] = shape();
        for (int other = 0; other < why; other++) {
            assert_string_not_equal(text_of(all[why], "why"),
                                    text_of(all[other], "why"));
            assert_string_not_equal(text_of(all[why], "why_words"),
                                    text_of(all[other], "why_words"));
        }
    }
    for (int why = 0; why <= VC_DHT_WHY_REACHABLE; why++)
        json_decref(all[why]);
}

static void a_configured_role_is_explained_either_way(void **state)
{
    (void)state;
    json_t *client, *router;

    dht.why = VC_DHT_WHY_CONFIGURED;
    client = shape();
    dht.role = VC_DHT_ROLE_ROUTER;
    router = shape();
    assert_string_not_equal(text_of(client, "why_words"), text_of(router, "why_words"));
    json_decref(client);
    json_decref(router);
}

static void a_network_id_that_is_no_text_is_left_out(void **state)
{
    (void)state;
    json_t *made;

    options.network_id[1] = 0xff;
    made = shape();
    assert_true(json_is_null(json_object_get(made, "network")));
    json_decref(made);
}

static void nodes_are_told_with_their_places(void **state)
{
    (void)state;
    struct vc_dht_node node = {.contact.addr = addr("[2001:db8::1]:7"),
                               .id = 0xab,
                               .bucket = 95,
                               .heard_at = 99000,
                               .is_suspect = true};
    json_t *made = vc_shape_dht_node(&node, &now);

    assert_fits("dht_node", made);
    assert_string_equal(text_of(made, "id"), "00000000000000ab");
    assert_string_equal(text_of(made, "address"), "[2001:db8::1]:7");
    assert_int_equal(number_of(made, "bucket"), 95);
    assert_int_equal(number_of(made, "heard_at"), 1767312000000 - 1000);
    assert_true(json_is_true(json_object_get(made, "is_suspect")));
    json_decref(made);
    node.heard_at = now.mono + 5; /* a part of a second that was rounded up */
    made = vc_shape_dht_node(&node, &now);
    assert_int_equal(number_of(made, "heard_at"), 1767312000000);
    json_decref(made);
}

static void a_record_says_only_what_we_can_read(void **state)
{
    (void)state;
    const struct vc_dht_record record = {.seq = 1767311400000, .expiry = 1767405600};
    struct vc_account_record said = {.kind = VC_RECORD_ACCOUNT, .addr_count = 1};
    json_t *made = vc_shape_dht_record(&record, NULL, 17);

    said.addrs[0] = addr("192.0.2.7:5000");
    assert_fits("dht_record", made);
    assert_string_equal(text_of(made, "kind"), "sealed");
    assert_int_equal(json_array_size(json_object_get(made, "addresses")), 0);
    assert_int_equal(number_of(made, "first_ms"), 17);
    assert_int_equal(number_of(made, "written_at"), 1767311400000);
    assert_int_equal(number_of(made, "expires_at"), 1767405600000);
    json_decref(made);
    made = vc_shape_dht_record(&record, &said, 17);
    assert_fits("dht_record", made);
    assert_string_equal(text_of(made, "kind"), "account");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(made, "addresses"), 0)),
        "192.0.2.7:5000");
    json_decref(made);
    said.kind = VC_RECORD_FORWARD;
    made = vc_shape_dht_record(&record, &said, 17);
    assert_fits("dht_record", made);
    assert_string_equal(text_of(made, "kind"), "forward");
    assert_int_equal(json_array_size(json_object_get(made, "addresses")), 0);
    json_decref(made);
}

static void a_stranger_s_number_fits_too(void **state)
{
    (void)state;
    const struct vc_dht_record record = {.seq = UINT64_MAX, .expiry = UINT32_MAX};
    json_t *made = vc_shape_dht_record(&record, NULL, 0);

    assert_fits("dht_record", made);
    json_decref(made);
}

static void days_have_dates(void **state)
{
    (void)state;
    json_t *day = vc_shape_day(0);

    assert_string_equal(json_string_value(day), "1970-01-01");
    json_decref(day);
    day = vc_shape_day(UINT32_MAX); /* eleven million years */
    assert_true(json_is_null(day));
    json_decref(day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_node_that_knows_nobody_says_so, begin),
        cmocka_unit_test_setup(what_is_known_is_told, begin),
        cmocka_unit_test_setup(every_reason_has_a_name_and_words_of_its_own, begin),
        cmocka_unit_test_setup(a_configured_role_is_explained_either_way, begin),
        cmocka_unit_test_setup(a_network_id_that_is_no_text_is_left_out, begin),
        cmocka_unit_test_setup(nodes_are_told_with_their_places, begin),
        cmocka_unit_test_setup(a_record_says_only_what_we_can_read, begin),
        cmocka_unit_test_setup(a_stranger_s_number_fits_too, begin),
        cmocka_unit_test_setup(days_have_dates, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

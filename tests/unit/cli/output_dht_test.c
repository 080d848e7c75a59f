#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static struct vc_run status_with(const char *more)
{
    char *status = vc_fake_dht(more);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    free(status);
    return vc_fake_veche("", "status");
}

static void status_says_how_others_find_this_node(void **state)
{
    (void)state;
    struct vc_run run = status_with("{}");

    assert_holds(run.out, "  network      7 nodes known, about 120 in all\n");
    assert_holds(run.out, "  reachable    client: strangers are kept out; seen at "
                          "198.51.100.7:5000\n");
    assert_holds(run.out, "  found by     a record for 2026-01-02, put at ");
    assert_holds(run.out, ", that 12 nodes keep\n");
    assert_holds(run.out, "in 81 ms with 14 requests\n");
    assert_null(strstr(run.out, "looks for"));
    assert_null(strstr(run.out, "clock"));
    vc_run_clear(&run);
}

static void a_private_network_is_named(void **state)
{
    (void)state;
    struct vc_run run =
        status_with("{\"is_private\":true,\"network\":\"home\\u001b[2J\",\"nodes\":1,"
                    "\"size\":1,\"role\":\"router\"}");

    assert_holds(run.out, "  network      private, home\\x1b[2J: 1 node known\n");
    assert_holds(run.out, "  reachable    router: ");
    vc_run_clear(&run);
}

static void who_knows_nobody_is_told_what_to_do(void **state)
{
    (void)state;
    struct vc_run run =
        status_with("{\"is_joined\":false,\"entry_points\":0,\"nodes\":0,\"size\":null,"
                    "\"seen\":null,\"published\":null,\"looked\":null}");

    assert_holds(run.out, "  network      no entry point known: add one with "
                          "network.bootstrap = ADDR:PORT in veche.conf\n");
    assert_holds(run.out, "  found by     addresses in invites and at contacts only");
    assert_holds(run.out, "client: strangers are kept out\n");
    assert_null(strstr(run.out, "last lookup"));
    vc_run_clear(&run);
    run = status_with("{\"is_joined\":false,\"entry_points\":1,\"nodes\":0}");
    assert_holds(run.out, "nobody has answered yet, of 1 entry point\n");
    vc_run_clear(&run);
    run = status_with("{\"is_joined\":false,\"entry_points\":0,\"nodes\":1}");
    assert_holds(run.out, "1 node known from before, nobody has answered yet\n");
    vc_run_clear(&run);
}

static void what_an_earlier_life_has_put_stands(void **state)
{
    (void)state;
    struct vc_run run = status_with("{\"published\":null,\"is_left\":true}");

    assert_holds(run.out, "  found by     the record that was put before the start; ");
    vc_run_clear(&run);
}

static void what_did_not_end_well_is_said(void **state)
{
    (void)state;
    struct vc_run run = status_with(
        "{\"published\":{\"day\":\"2026-01-02\",\"at\":1767312000000,\"holders\":1,"
        "\"failure\":{\"code\":-20,\"name\":\"timeout\",\"message\":\"it took too "
        "long\","
        "\"hint\":\"h\"}},\"seeking\":2,\"pausing\":3,\"is_clock_off\":true}");

    assert_holds(run.out, ", that 1 node keeps; it took too long\n");
    assert_holds(run.out, "  looks for    2 now, 3 not found and again later\n");
    assert_holds(run.out, "  clock        others say another time");
    vc_run_clear(&run);
}

static void a_record_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *words;
    } kinds[] = {{"account", "says         where this contact's device is\n"},
                 {"forward", "says         that this contact has moved"},
                 {"sealed", "says         something that is not for you to read\n"}};

    for (size_t i = 0; i < 3; i++) {
        json_t *lookup = json_pack(
            "{s:s, s:s, s:n, s:{s:i, s:I, s:I, s:s, s:[s]}, s:i, s:i}", "place",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "day",
            "2026-01-02", "failure", "record", "first_ms", 5, "written_at",
            (json_int_t)1767312000000, "expires_at", (json_int_t)1767405600000, "kind",
            kinds[i].kind, "addresses", "\x1b[2J", "took_ms", 9, "requests", 1);
        char *text = json_dumps(lookup, 0);

        vc_fake_reset();
        vc_fake_answer("dht.lookup", text);
        struct vc_run run = vc_fake_veche("", "dht", "lookup", "bob");
        assert_holds(run.out, kinds[i].words);
        assert_holds(run.out, "  at           \\x1b[2J\n");
        assert_holds(run.out, "  of           2026-01-02\n");
        vc_run_clear(&run);
        free(text);
        json_decref(lookup);
    }
}

static void quietly_only_the_result_is_said(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer(
        "dht.table",
        "{\"nodes\":[{\"id\":\"00112233445566ff\",\"bucket\":4,\"address\":"
        "\"192.0.2.7:5000\",\"heard_at\":1767312000000,\"is_suspect\":false}]}");
    struct vc_run run = vc_fake_veche("", "dht", "table", "-q");
    assert_string_equal(run.out, "192.0.2.7:5000\n");
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_says_how_others_find_this_node),
        cmocka_unit_test(a_private_network_is_named),
        cmocka_unit_test(who_knows_nobody_is_told_what_to_do),
        cmocka_unit_test(what_an_earlier_life_has_put_stands),
        cmocka_unit_test(what_did_not_end_well_is_said),
        cmocka_unit_test(a_record_is_told_in_words),
        cmocka_unit_test(quietly_only_the_result_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

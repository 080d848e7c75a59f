#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

#define PLACE "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static const char found[] =
    "{\"place\":\"" PLACE "\",\"day\":\"2026-01-02\",\"failure\":null,\"record\":"
    "{\"first_ms\":17,\"written_at\":1767312000000,\"expires_at\":1767405600000,"
    "\"kind\":\"account\",\"addresses\":[\"192.0.2.7:5000\"]},\"took_ms\":81,"
    "\"requests\":14}";
static const char not_found[] =
    "{\"place\":\"" PLACE "\",\"day\":null,\"failure\":{\"code\":-3,\"name\":"
    "\"not_found\",\"message\":\"there is no such thing\",\"hint\":\"check\"},"
    "\"record\":null,\"took_ms\":300,\"requests\":1}";

static void a_contact_is_looked_for_by_name(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("dht.lookup", found);
    struct vc_run run = vc_fake_veche("", "dht", "lookup", "bob");
    assert_int_equal(run.exit_code, 0);
    assert_true(vc_json_is(vc_fake_asked("dht.lookup", 0), "contact", "bob"));
    assert_null(json_object_get(vc_fake_asked("dht.lookup", 0), "place"));
    assert_memory_equal(run.out, "found after 17 ms; 14 requests in 81 ms\n", 40);
    vc_run_clear(&run);
}

static void a_place_is_what_has_64_digits(void **state)
{
    (void)state;
    char name[sizeof PLACE] = PLACE;

    vc_fake_reset();
    vc_fake_answer("dht.lookup", not_found);
    vc_fake_answer("dht.lookup", found);
    struct vc_run run = vc_fake_veche("", "dht", "lookup", PLACE);
    assert_int_equal(run.exit_code, 1);
    assert_true(vc_json_is(vc_fake_asked("dht.lookup", 0), "place", PLACE));
    assert_memory_equal(run.out, "nothing was found; 1 request in 300 ms\n", 39);
    assert_holds(run.err, "veche: no record stands there today\nhint: ");
    vc_run_clear(&run);
    name[63] = 'g';
    run = vc_fake_veche("", "dht", "lookup", name);
    assert_true(vc_json_is(vc_fake_asked("dht.lookup", 1), "contact", name));
    vc_run_clear(&run);
}

static void a_network_that_does_not_answer_has_its_exit_code(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("dht.lookup",
                   "{\"place\":\"" PLACE "\",\"day\":null,\"failure\":{\"code\":-38,"
                   "\"name\":\"no_network\",\"message\":\"m\",\"hint\":\"h\"},"
                   "\"record\":null,\"took_ms\":1500,\"requests\":4}");
    struct vc_run run = vc_fake_veche("", "dht", "lookup", PLACE, "--json");
    assert_int_equal(run.exit_code, vc_err_exit_code(VC_ERR_NO_NETWORK));
    json_t *line = json_loads(run.out, 0, NULL);
    assert_non_null(line);
    assert_true(vc_json_is(line, "kind", "dht_lookup"));
    assert_string_equal(run.err, "");
    json_decref(line);
    vc_run_clear(&run);
    vc_fake_failure("dht.lookup", VC_ERR_NO_CONTACT, "nobody");
    run = vc_fake_veche("", "dht", "lookup", "nobody");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "nobody");
    vc_run_clear(&run);
}

static void the_nodes_are_listed(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer(
        "dht.table",
        "{\"nodes\":[{\"id\":\"00112233445566ff\",\"bucket\":4,\"address\":"
        "\"192.0.2.7:5000\",\"heard_at\":1767312000000,\"is_suspect\":true}]}");
    vc_fake_answer("dht.table", "{\"nodes\":[]}");
    struct vc_run run = vc_fake_veche("", "dht", "table");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "00112233445566ff  bucket   4  heard ");
    assert_holds(run.out, "192.0.2.7:5000, suspect\n");
    vc_run_clear(&run);
    run = vc_fake_veche("", "dht", "table");
    assert_string_equal(run.out, "nobody is known yet; see: veche status\n");
    vc_run_clear(&run);
}

static void what_it_cannot_do_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[][4] = {
        {"dht", "lookup"}, {"dht", "tabel"}, {"dht", "table", "x"}};

    vc_fake_reset();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct vc_run run = vc_fake_run("", wrong[i]);
        assert_int_equal(run.exit_code, 2);
        assert_null(vc_fake_asked("dht.lookup", 0));
        assert_null(vc_fake_asked("dht.table", 0));
        vc_run_clear(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contact_is_looked_for_by_name),
        cmocka_unit_test(a_place_is_what_has_64_digits),
        cmocka_unit_test(a_network_that_does_not_answer_has_its_exit_code),
        cmocka_unit_test(the_nodes_are_listed),
        cmocka_unit_test(what_it_cannot_do_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

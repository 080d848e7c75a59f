/* Messages as they are read: forwards, backwards, from any message on, by id. */
#include <string.h>

#include "tests/unit/node/party.h"

struct page {
    char text[4096];
    size_t len;
    int room;
    struct vc_hash32 last;
};

static bool add(void *ctx, const struct vc_message *message)
{
    struct page *page = ctx;

    memcpy(page->text + page->len, message->body.data, message->body.len);
    page->len += message->body.len;
    page->text[page->len++] = ' ';
    page->text[page->len] = '\0';
    page->last = message->id;
    return --page->room > 0;
}

static const char *read_page(struct party_host *host, uint32_t contact, bool is_reverse,
                             const struct vc_hash32 *from, int room)
{
    static struct page page;
    struct vc_history history = {.contact = contact,
                                 .is_reverse = is_reverse,
                                 .from = from,
                                 .on_message = add,
                                 .ctx = &page};

    page.len = 0;
    page.text[0] = '\0';
    page.room = room;
    assert_int_equal(vc_chat_history(party_chat(host), &history), VC_OK);
    return page.text;
}

static uint32_t write_ten(struct party *party)
{
    uint32_t bob, alice;

    party_meet(party, &party->hosts[0], &party->hosts[1], &bob, &alice);
    for (char c = 'a'; c < 'k'; c++) {
        char text[2] = {c, '\0'};

        party_say(party, &party->hosts[0], bob, text);
        party_run(party, 20);
    }
    return bob;
}

static void pages_follow_each_other_both_ways(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob = write_ten(party);
    struct vc_hash32 c, h;

    assert_string_equal(read_page(a, bob, false, NULL, 3), "a b c ");
    c = party_find(a, bob, "c").id;
    assert_string_equal(read_page(a, bob, false, &c, 3), "d e f ");
    assert_string_equal(read_page(a, bob, true, NULL, 3), "j i h ");
    h = party_find(a, bob, "h").id;
    assert_string_equal(read_page(a, bob, true, &h, 100), "g f e d c b a ");
    assert_string_equal(read_page(a, bob, false, &h, 100), "i j ");
}

static void an_id_is_found_after_a_restart_too(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob = write_ten(party);
    struct vc_hash32 e = party_find(a, bob, "e").id, none = {{1}};
    struct vc_message message;

    assert_int_equal(vc_chat_message_by_id(party_chat(a), &e, &message), VC_OK);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(vc_chat_message_by_id(party_chat(a), &e, &message), VC_OK);
    assert_int_equal(message.body.data[0], 'e');
    assert_true(message.is_own);
    assert_int_equal(vc_chat_message_by_id(party_chat(a), &none, &message),
                     VC_ERR_NOT_FOUND);
    none = e;
    none.b[31] ^= 1; /* begins alike and is another */
    assert_int_equal(vc_chat_message_by_id(party_chat(a), &none, &message),
                     VC_ERR_NOT_FOUND);
    assert_string_equal(read_page(a, bob, false, &e, 2), "f g ");
}

static void what_does_not_belong_there_is_not_found(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob = write_ten(party);
    struct vc_hash32 e = party_find(a, bob, "e").id;
    struct page page;
    struct vc_history history = {.contact = bob, .on_message = add, .ctx = &page};
    struct vc_message message;
    uint32_t carol, alice;

    party_meet(party, a, &party->hosts[2], &carol, &alice);
    history.contact = carol;
    history.from = &e; /* of another conversation */
    assert_int_equal(vc_chat_history(party_chat(a), &history), VC_ERR_NOT_FOUND);
    history.contact = 99;
    assert_int_equal(vc_chat_history(party_chat(a), &history), VC_ERR_NO_CONTACT);
    assert_int_equal(vc_chat_message(party_chat(a), bob,
                                     (struct vc_message_ref){0, 0, 99}, &message),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(
        vc_chat_message(party_chat(a), 99, (struct vc_message_ref){0, 0, 1}, &message),
        VC_ERR_NO_CONTACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(pages_follow_each_other_both_ways),
        PARTY_TEST(an_id_is_found_after_a_restart_too),
        PARTY_TEST(what_does_not_belong_there_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

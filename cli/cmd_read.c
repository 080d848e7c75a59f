/*
 * read: conversations as they stand.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

#define PAGE  500
#define LIMIT 50

struct reading {
    const char *contact; /* as a parameter: "#7", or what was typed */
    int64_t limit;       /* 0: everything */
    bool is_unread_only;
};

/* What was fetched so far: pages, the newest first. */
struct pages {
    json_t *list;
    int64_t count, unread;
    bool has_more;
};

static void count_page(struct pages *pages, const json_t *page)
{
    const json_t *message;
    size_t i;

    pages->count += (int64_t)json_array_size(page);
    json_array_foreach(page, i, message) pages->unread +=
        vc_json_is(message, "state", "received");
}

/* Fetches the page before those that are there. */
static bool fetch_page(struct vc_cli *cli, const struct reading *reading,
                       struct pages *pages, int64_t limit, int *ret_exit)
{
    json_t *result = NULL;
    size_t count = json_array_size(pages->list);
    const json_t *oldest = count == 0 ? NULL : json_array_get(pages->list, count - 1);
    json_t *params = json_pack("{s:s, s:I, s:O*}", "contact", reading->contact, "limit",
                               (json_int_t)limit, "before",
                               json_object_get(json_array_get(oldest, 0), "id"));

    if (!vc_cli_call(cli, "messages.list", params, &result, ret_exit))
        return false;
    json_t *page = json_object_get(result, "messages");
    pages->has_more = vc_json_bool(result, "more") && json_array_size(page) > 0;
    if (json_array_size(page) > 0) {
        (void)json_array_append(pages->list,
                                page); /* short of memory: fewer are shown */
        count_page(pages, page);
    }
    json_decref(result);
    return true;
}

static bool fetch(struct vc_cli *cli, const struct reading *reading, int64_t unread,
                  struct pages *pages, int *ret_exit)
{
    while (pages->has_more) {
        int64_t left = reading->limit - pages->count;
        if (reading->is_unread_only ? pages->unread >= unread
                                    : reading->limit > 0 && left <= 0)
            return true;
        bool is_last = reading->limit > 0 && !reading->is_unread_only && left < PAGE;
        if (!fetch_page(cli, reading, pages, is_last ? left : PAGE, ret_exit))
            return false;
    }
    return true;
}

static bool put_conversation(struct vc_cli *cli, const struct reading *reading,
                             int64_t unread, int *ret_exit)
{
    struct pages pages = {.list = json_array(), .has_more = true};
    const json_t *message;
    size_t i;

    bool is_ok = fetch(cli, reading, unread, &pages, ret_exit);
    for (size_t page = json_array_size(pages.list); page > 0; page--) {
        json_array_foreach(json_array_get(pages.list, page - 1), i, message)
        {
            if (!reading->is_unread_only || vc_json_is(message, "state", "received"))
                cli->out->message(cli, message);
        }
    }
    json_decref(pages.list);
    return is_ok;
}

static bool mark_read(struct vc_cli *cli, const char *contact, int *ret_exit)
{
    return vc_cli_has(cli, "peek") ||
           vc_cli_call(cli, "messages.mark_read",
                       json_pack("{s:s}", "contact", contact), NULL, ret_exit);
}

static int read_one(struct vc_cli *cli, struct reading *reading)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "contacts.get",
                     json_pack("{s:s}", "contact", reading->contact), &result,
                     &exit_code))
        return exit_code;
    const json_t *contact = json_object_get(result, "contact");
    int64_t unread = vc_json_integer(contact, "unread");
    int64_t gaps = vc_json_integer(contact, "gaps");
    if (put_conversation(cli, reading, unread, &exit_code) &&
        (unread == 0 || mark_read(cli, reading->contact, &exit_code)) && gaps > 0)
        vc_note(cli,
                "%lld messages of this conversation are missing; they are asked for",
                (long long)gaps);
    json_decref(result);
    return exit_code;
}

/* Every conversation, or every one with something unread. */
static int read_all(struct vc_cli *cli, const struct reading *every)
{
    json_t *result = NULL;
    const json_t *contact;
    struct reading reading = *every;
    char number[32];
    size_t i;
    bool has_any = false;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "contacts.list", NULL, &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "contacts"), i, contact)
    {
        int64_t unread = vc_json_integer(contact, "unread");
        if (unread == 0 && reading.is_unread_only)
            continue;
        has_any = true;
        (void)snprintf(number, sizeof(number), "#%lld",
                       (long long)vc_json_integer(contact, "id"));
        reading.contact = number;
        if (!put_conversation(cli, &reading, unread, &exit_code) ||
            (unread > 0 && !mark_read(cli, number, &exit_code)))
            break;
    }
    if (!has_any)
        vc_note(cli, "nothing new");
    json_decref(result);
    return exit_code;
}

int vc_command_read(struct vc_cli *cli)
{
    struct reading reading = {0};
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "limit", 1, 1000000, LIMIT, &reading.limit) != VC_OK)
        return VC_EXIT_USAGE;
    if (vc_cli_has(cli, "all") && vc_cli_has(cli, "unread"))
        return vc_cli_usage(cli, "--all and --unread: which one?");
    if (vc_cli_has(cli, "all"))
        reading.limit = 0;
    if (!vc_cli_connect(cli, &exit_code))
        return exit_code;
    reading.is_unread_only =
        vc_cli_has(cli, "unread") || (cli->arg_count == 0 && !vc_cli_has(cli, "all"));
    if (cli->arg_count == 0)
        return read_all(cli, &reading);
    reading.contact = cli->args[0];
    return read_one(cli, &reading);
}

/*
 * The table of commands, and the help that is made from it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

#define NO_MORE             \
    {                       \
        NULL, NULL, NULL, 0 \
    }

static const struct vc_option no_options[] = {NO_MORE};

static const struct vc_option up_options[] = {
    {"listen", "ADDR:PORT", "where others reach this node", 0},
    {"qr", NULL, "show the invite as a QR code too", 0},
    {"no-qr", NULL, "show no QR code", 0},
    {"no-invite", NULL, "make no invite", 0},
    NO_MORE};

static const struct vc_option id_options[] = {
    {"name", "NAME", "change what you are called", 0},
    {"receipts", "YES|NO", "tell others what you have read, or do not", 0},
    NO_MORE};

static const struct vc_option invite_options[] = {
    {"days", "N", "valid for so long (7)", 0},
    {"for", "NAME", "whom it is for: what you will call them", 0},
    {"list", NULL, "show the invites that there are", 0},
    {"revoke", "ID", "make an invite useless", 0},
    {"qr", NULL, "show it as a QR code too", 0},
    {"no-qr", NULL, "show no QR code", 0},
    NO_MORE};

static const struct vc_option join_options[] = {
    {"name", "NAME", "what you will call the other person", 0},
    {"wait", "S", "wait so many seconds for the other side (15)", 0},
    {"list", NULL, "show the joins that there are", 0},
    {"cancel", "ID", "give a join up", 0},
    {"listen", "ADDR:PORT", "if veched is started: where others reach this node", 0},
    NO_MORE};

static const struct vc_option words_options[] = {
    {"keep", NULL, "only show them: the root stays on this device", 0}, NO_MORE};

static const struct vc_option address_options[] = {
    {"yes", NULL, "move without asking", 'y'}, NO_MORE};

static const struct vc_option verify_options[] = {
    {"yes", NULL, "they are equal: mark the contact as verified", 'y'},
    {"no", NULL, "take the mark away", 0},
    {"scan", "CODE", "compare the code that the contact shows, and mark", 0},
    {"qr", NULL, "show the code as a QR code in any case", 0},
    {"no-qr", NULL, "show no QR code", 0},
    NO_MORE};

static const struct vc_option send_options[] = {
    {"wait", "S", "wait so many seconds for the delivery (5)", 0},
    {"token", "TOKEN", "the same token again does not send twice", 0},
    NO_MORE};

static const struct vc_option read_options[] = {
    {"limit", "N", "the newest so many (50)", 'n'},
    {"all", NULL, "the whole conversation", 0},
    {"unread", NULL, "only what you have not read", 0},
    {"peek", NULL, "do not mark it as read", 0},
    NO_MORE};

static const struct vc_option log_options[] = {
    {"follow", NULL, "go on with what comes", 'f'},
    {"peer", "NAME", "only this contact", 0},
    {"since", "N", "begin after this event", 0},
    {"limit", "N", "begin with the newest so many events (20)", 'n'},
    {"node", NULL, "the log of veched itself", 0},
    {"level", "LEVEL", "with --node: error, warn, info or debug", 0},
    NO_MORE};

static const struct vc_option chat_options[] = {
    {"limit", "N", "begin with the newest so many messages (10)", 'n'}, NO_MORE};

static const struct vc_option contacts_options[] = {
    {"yes", NULL, "remove without asking", 'y'}, NO_MORE};

static const struct vc_option bugreport_options[] = {
    {"out", "FILE", "write it there, after it was shown", 'o'}, NO_MORE};

const struct vc_command vc_commands[] = {
    {"up", "", "start veched and show an invite",
     "Starts veched in the background, or with the service manager where a unit is\n"
     "installed.  If you have no contact yet, it shows an invite as well.  Asks for the\n"
     "passphrase when the store has one (veche help passphrase).",
     up_options, 0, 0, false, vc_command_up},
    {"down", "", "stop veched; everything is kept", NULL, no_options, 0, 0, false,
     vc_command_down},
    {"status", "", "how the node is",
     "Ends with 0 when messages can be written and delivered, 3 when something is in "
     "the\n"
     "way, 4 when veched is not running.",
     no_options, 0, 0, true, vc_command_status},
    {"id", "", "who you are: name, id, fingerprint", NULL, id_options, 0, 0, true,
     vc_command_id},
    {"words", "", "write the 24 words down, then take the root off this device",
     "Who has the words is you, for ever; so is a thief of a device that has the root. "
     "It\n"
     "shows them, clears the screen, asks three of them back, and takes the root off.\n"
     "Keep the paper: it is needed to move, to add devices, and when this one is gone.",
     words_options, 0, 0, true, vc_command_words},
    {"address", "[renew | extend]", "how you are found; renew: move to another address",
     "renew makes another record key: open invites are good no more, contacts get the "
     "new\n"
     "one as they are met, and status tells until all have it.  extend says anew, for "
     "two\n"
     "years, that this device is yours.  Both need the root, or the 24 words (typed, "
     "or on\n"
     "standard input).",
     address_options, 0, 1, true, vc_command_address},
    {"invite", "", "make an invite for one person",
     "Whoever has the text can join with it, once: send it over a way that you trust.",
     invite_options, 0, 0, true, vc_command_invite},
    {"join", "INVITE", "join with somebody's invite",
     "Starts veched if need be.  If the other side cannot be reached, it goes on "
     "trying by\n"
     "itself, also after a restart, and ends with 0: the join is kept.  --list shows "
     "how\n"
     "it stands.",
     join_options, 0, -1, true, vc_command_join},
    {"contacts",
     "[list | show NAME | rename NAME NEW | block NAME | unblock NAME | remove NAME]",
     "whom you write with", NULL, contacts_options, 0, 3, true, vc_command_contacts},
    {"verify", "NAME", "compare a contact's safety number",
     "Both sides see the same digits, and the same code, when nobody is in between.\n"
     "Compare the digits over another way, best face to face, then use --yes; or scan "
     "the\n"
     "other side's QR code and give its text to --scan.  A new device changes neither.",
     verify_options, 1, 1, true, vc_command_verify},
    {"send", "NAME TEXT... | -", "send a message",
     "With - the text comes from standard input; one line end at its end is left out.  "
     "A\n"
     "text that begins with a dash needs -- before it.  Ends with 0 once the message "
     "is\n"
     "kept durably: it is delivered by itself when the other side can be reached.",
     send_options, 1, -1, true, vc_command_send},
    {"read", "[NAME]", "show messages; without a name, what is unread",
     "< is what you got, > is what you wrote.  What is shown is marked as read.",
     read_options, 0, 1, true, vc_command_read},
    {"log", "", "show what happened lately in all conversations",
     "With --follow it goes on, also over restarts of veched, and loses nothing.  "
     "Every\n"
     "event in --json has a seq: give the last one to --since to go on from there.",
     log_options, 0, 0, true, vc_command_log},
    {"chat", "NAME", "write with a contact, line by line",
     "Every line you type is a message.  /help shows more, /quit ends.  With pipes it "
     "ends\n"
     "when its input ends and everything is kept.",
     chat_options, 1, 1, false, vc_command_chat},
    {"dht", "lookup NAME | lookup PLACE | table",
     "look into the network by which people find each other",
     "lookup looks for a contact's record of today, or for what stands at a place (64\n"
     "hexadecimal digits), and changes nothing.  table shows the nodes that are known.",
     no_options, 1, 2, true, vc_command_dht},
    {"rpc", "", "talk to veched in its own protocol, for programs",
     "JSON-RPC 2.0, one object a line, on standard input and output: see "
     "node/CONTROL.md.",
     no_options, 0, 0, false, vc_command_rpc},
    {"config", "[check [FILE] | show]", "check or show the configuration", NULL,
     no_options, 0, 2, true, vc_command_config},
    {"passphrase", "set | change | remove", "lock the store with a passphrase",
     "veche up asks for it then, and nobody reads the store without it, from a stolen disk\n"
     "or a copy.  It is asked for at the terminal, or read from standard input: the present\n"
     "one in a line, then the new one in a line.  There is no way around a forgotten one.",
     no_options, 1, 1, false, vc_command_passphrase},
    {"doctor", "", "look for what may be wrong, and say what to do",
     "Ends with 0 when all is well, 3 with warnings, 1 when something fails.",
     no_options, 0, 0, true, vc_command_doctor},
    {"bugreport", "", "show what a bug report needs",
     "No names, texts, full keys or addresses are in it.  Read it before you send it.",
     bugreport_options, 0, 0, false, vc_command_bugreport},
    {"version", "", "the versions of veche and veched", NULL, no_options, 0, 0, true,
     vc_command_version},
    {"help", "[COMMAND]", "show this, or the help of a command", NULL, no_options, 0, 1,
     false, vc_command_help},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, false, NULL}};

const struct vc_command *vc_cli_command_find(const char *name)
{
    for (const struct vc_command *c = vc_commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

static void put_option(const struct vc_option *option, FILE *out)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "--%s%s%s", option->name,
                   option->argument == NULL ? "" : " ",
                   option->argument == NULL ? "" : option->argument);
    if (option->letter != 0)
        (void)fprintf(out, "  -%c, %-20s %s\n", option->letter, name, option->words);
    else
        (void)fprintf(out, "      %-20s %s\n", name, option->words);
}

void vc_cli_help(const struct vc_command *command, FILE *out)
{
    (void)fprintf(out, "veche %s%s%s\n\n%s.\n", command->name,
                  command->synopsis[0] == '\0' ? "" : " ", command->synopsis,
                  command->words);
    if (command->more != NULL)
        (void)fprintf(out, "\n%s\n", command->more);
    (void)fputs("\n", out);
    for (const struct vc_option *o = command->options; o->name != NULL; o++)
        put_option(o, out);
    for (const struct vc_option *o = vc_common_options; o->name != NULL; o++) {
        if (command->has_json || strcmp(o->name, "json") != 0)
            put_option(o, out);
    }
}

void vc_cli_overview(FILE *out)
{
    (void)fputs("veche: write with people, without a server in between\n\n"
                "  veche up                start; shows an invite for somebody\n"
                "  veche join VECHE:...    join with an invite that you got\n"
                "  veche send NAME TEXT    and it arrives, now or later\n\n"
                "All commands (veche help COMMAND tells more):\n\n",
                out);
    for (const struct vc_command *c = vc_commands; c->name != NULL; c++)
        (void)fprintf(out, "  %-10s %s\n", c->name, c->words);
    (void)fputs(
        "\nExit codes: 0 done, 1 failed, 2 wrong use, 3 degraded, 4 veched is not "
        "running,\n"
        "5 the other side cannot be reached, 6 too late, 7 refused, 8 locked.\n",
        out);
}

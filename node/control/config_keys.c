#include "node/control/config_keys.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "crypto/base/addr.h"
#include "node/control/nearest.h"

/* A UNIX socket's path with its end has to fit in 108 bytes. */
#define SOCKET_PATH_MAX 107

const struct vc_config_key vc_config_keys[] = {
    [VC_CONFIG_LISTEN] = {"listen", VC_CONFIG_ADDRESS, true, 64, NULL,
                          "all addresses, and the port of the last run",
                          "where others reach this node: ADDR:PORT; may be repeated"},
    [VC_CONFIG_SOCKET] = {"socket", VC_CONFIG_PATH, false, SOCKET_PATH_MAX, NULL,
                          "control.sock in the runtime directory, or in --dir",
                          "where programs of this machine talk to veched"},
    [VC_CONFIG_NAME] = {"name", VC_CONFIG_TEXT, false, 64, NULL, "the login name",
                        "what the owner is called, until it is changed"},
    [VC_CONFIG_READ_RECEIPTS] = {"read_receipts", VC_CONFIG_BOOLEAN, false, 8, NULL,
                                 "yes", "are senders told what was read?"},
    [VC_CONFIG_LOG_LEVEL] = {"log.level", VC_CONFIG_CHOICE, false, 8,
                             "error warn info debug", "info", "how much veched tells"},
    [VC_CONFIG_NETWORK_ID] = {"network.id", VC_CONFIG_TEXT, false, 32, NULL, "veche",
                              "nodes of different networks do not meet"},
    [VC_CONFIG_NETWORK_PRIVATE] = {"network.private", VC_CONFIG_BOOLEAN, false, 8, NULL,
                                   "no; with a network.id of your own yes",
                                   "a network of people who trust each other: also at "
                                   "private addresses, and everybody answers others"},
    [VC_CONFIG_NETWORK_BOOTSTRAP] = {"network.bootstrap", VC_CONFIG_PEER, true, 64,
                                     NULL, "none; contacts are asked as well",
                                     "a node that knows others, to join by: ADDR:PORT; "
                                     "may be repeated"},
    [VC_CONFIG_NETWORK_ROLE] = {"network.role", VC_CONFIG_CHOICE, false, 16,
                                "auto client bootstrap", "auto",
                                "auto: answers others if they can reach it; client: "
                                "never; bootstrap: at once"},
    [VC_CONFIG_KEYS] = {NULL, VC_CONFIG_TEXT, false, 0, NULL, NULL, NULL}};

bool vc_config_boolean(const char *value, bool *ret_is_on)
{
    static const char *const words[] = {"no",    "yes",  "off", "on",
                                        "false", "true", "0",   "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret_is_on = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static bool is_one_of(const char *values, const char *value)
{
    size_t len = strlen(value);

    for (; *values != '\0'; values += strspn(values, " ")) {
        size_t span = strcspn(values, " ");
        if (span == len && memcmp(values, value, len) == 0)
            return true;
        values += span;
    }
    return false;
}

bool vc_config_value_fits(enum vc_config_place place, const char *value,
                          char *ret_words, size_t room)
{
    VC_CHECK(place < VC_CONFIG_KEYS);
    const struct vc_config_key *key = &vc_config_keys[place];
    struct vc_addr addr;
    bool is_on;

    if (value[0] == '\0' || strlen(value) > key->max) {
        (void)snprintf(ret_words, room, "%s: it needs 1 to %zu bytes", key->name,
                       key->max);
        return false;
    }
    switch (key->type) {
    case VC_CONFIG_PATH:
        (void)snprintf(ret_words, room, "%s: it has to begin with /", key->name);
        return value[0] == '/';
    case VC_CONFIG_ADDRESS:
        (void)snprintf(ret_words, room,
                       "%s: it has to be like 192.0.2.1:5000 or [2001:db8::1]:5000",
                       key->name);
        return vc_addr_parse(value, &addr) == VC_OK;
    case VC_CONFIG_PEER:
        (void)snprintf(ret_words, room,
                       "%s: it has to be where a node can be, like 192.0.2.1:5000 or "
                       "[2001:db8::1]:5000",
                       key->name);
        return vc_addr_parse(value, &addr) == VC_OK && vc_addr_is_usable(&addr);
    case VC_CONFIG_BOOLEAN:
        (void)snprintf(ret_words, room, "%s: it has to be yes or no", key->name);
        return vc_config_boolean(value, &is_on);
    case VC_CONFIG_CHOICE:
        (void)snprintf(ret_words, room, "%s: it has to be one of: %s", key->name,
                       key->values);
        return is_one_of(key->values, value);
    case VC_CONFIG_TEXT:
    default:
        return true;
    }
}

/* What inih works on, and what was found so far. */
struct reading {
    const struct vc_config_sink *sink;
    struct vc_bytes rest;
    unsigned line;
    unsigned faults;
    bool is_given[VC_CONFIG_KEYS];
};

static void fault(struct reading *reading, unsigned line, const char *words)
{
    reading->faults++;
    reading->sink->on_fault(reading->sink->ctx, line, words);
}

/* inih's fgets: gives the next line of the text. */
static char *next_line(char *ret_line, int room, void *ctx)
{
    struct reading *reading = ctx;
    struct vc_bytes rest = reading->rest;

    if (rest.len == 0 || room < 2)
        return NULL;
    const uint8_t *end = memchr(rest.data, '\n', rest.len);
    size_t len = end == NULL ? rest.len : (size_t)(end - rest.data) + 1;
    reading->rest = (struct vc_bytes){rest.data + len, rest.len - len};
    reading->line++;
    bool is_text = memchr(rest.data, '\0', len) == NULL;
    if (len <= VC_CONFIG_LINE_MAX && len < (size_t)room && is_text) {
        memcpy(ret_line, rest.data, len);
        ret_line[len] = '\0';
        return ret_line;
    }
    fault(reading, reading->line,
          is_text ? "the line is longer than 198 bytes" : "the line holds a zero byte");
    memcpy(ret_line, "\n", 2);
    return ret_line;
}

static void unknown_key(struct reading *reading, const char *name)
{
    char words[256];
    const char *best = NULL;
    size_t distance = 0;

    for (int i = 0; i < VC_CONFIG_KEYS; i++)
        vc_nearest(name, vc_config_keys[i].name, &best, &distance);
    if (best != NULL)
        (void)snprintf(words, sizeof(words), "there is no key %.60s; is it %s?", name,
                       best);
    else
        (void)snprintf(words, sizeof(words),
                       "there is no key %.60s; see: veche config show", name);
    fault(reading, reading->line, words);
}

/* inih's handler.  It always goes on: every mistake is told, not only the first. */
static int on_pair(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *reading = ctx;
    char full_name[2 * VC_CONFIG_LINE_MAX + 2];
    char words[256];

    (void)snprintf(full_name, sizeof(full_name), "%s%s%s", section,
                   section[0] == '\0' ? "" : ".", name);
    for (int i = 0; i < VC_CONFIG_KEYS; i++) {
        if (strcmp(vc_config_keys[i].name, full_name) != 0)
            continue;
        if (reading->is_given[i] && !vc_config_keys[i].is_list) {
            (void)snprintf(words, sizeof(words), "%.60s: it is given twice", full_name);
            fault(reading, reading->line, words);
        } else if (!vc_config_value_fits((enum vc_config_place)i, value, words,
                                         sizeof(words))) {
            fault(reading, reading->line, words);
        } else {
            reading->sink->on_value(reading->sink->ctx, reading->line,
                                    (enum vc_config_place)i, value);
        }
        reading->is_given[i] = true;
        return 1;
    }
    unknown_key(reading, full_name);
    return 1;
}

vc_err vc_config_read(struct vc_bytes text, const struct vc_config_sink *sink)
{
    struct reading reading = {.sink = sink, .rest = text};

    if (text.len > VC_CONFIG_TEXT_MAX) {
        fault(&reading, 1, "the file is longer than 64 KiB");
        return VC_ERR_CONFIG;
    }
    int bad_line = ini_parse_stream(next_line, &reading, on_pair, &reading);
    if (bad_line > 0)
        fault(&reading, (unsigned)bad_line, "it has to be: key = value, or [section]");
    if (bad_line < 0)
        fault(&reading, reading.line, "memory is short");
    return reading.faults > 0 ? VC_ERR_CONFIG : VC_OK;
}

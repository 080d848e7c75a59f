#include "tests/unit/cli/fake.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SAID_MAX 64

struct said {
    char method[64];
    json_t *result; /* NULL: the failure */
    vc_err err;
    char detail[128];
    bool is_used;
};

struct asked {
    char method[64];
    json_t *params;
};

static struct {
    vc_err gone;
    char gone_after[64];
    int socket; /* 0: none is set */
    struct said said[SAID_MAX];
    int said_count;
    struct asked asked[SAID_MAX];
    int asked_count;
    json_t *events[SAID_MAX];
    int event_count, event_next;
    bool ends;
    json_t *replies
        [SAID_MAX]; /* to vc_connection_send(), to be given by vc_connection_next() */
    int reply_count, reply_next;
} fake;

vc_err __wrap_vc_connection_open(struct vc_connection *connection, const char *path);
vc_err __wrap_vc_connection_call(struct vc_connection *connection, const char *method,
                                 json_t *params, json_t **ret_result);
vc_err __wrap_vc_connection_send(struct vc_connection *connection, const char *method,
                                 json_t *params, int64_t *ret_id);
vc_err __wrap_vc_connection_next(struct vc_connection *connection, int wait_ms,
                                 struct vc_control_message *ret_message);
vc_err __wrap_vc_connection_event(struct vc_connection *connection, int wait_ms,
                                  json_t **ret_params);
bool __wrap_vc_connection_has_more(const struct vc_connection *connection);

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);

    if (value == NULL)
        fail_msg("%s: %s", error.text, text);
    return value;
}

static void copy(char *ret_text, size_t room, const char *text)
{
    (void)snprintf(ret_text, room, "%s", text == NULL ? "" : text);
}

void vc_fake_reset(void)
{
    for (int i = 0; i < fake.said_count; i++)
        json_decref(fake.said[i].result);
    for (int i = 0; i < fake.asked_count; i++)
        json_decref(fake.asked[i].params);
    for (int i = fake.event_next; i < fake.event_count; i++)
        json_decref(fake.events[i]);
    memset(&fake, 0, sizeof(fake));
}

void vc_fake_gone(vc_err err)
{
    fake.gone = err;
}

void vc_fake_gone_after(const char *method)
{
    copy(fake.gone_after, sizeof(fake.gone_after), method);
}

void vc_fake_socket(int fd)
{
    fake.socket = fd;
}

static struct said *say(const char *method)
{
    assert_true(fake.said_count < SAID_MAX);
    struct said *said = &fake.said[fake.said_count++];
    copy(said->method, sizeof(said->method), method);
    return said;
}

void vc_fake_answer(const char *method, const char *result)
{
    json_t *value = parse(result);

    say(method)->result = value;
}

void vc_fake_failure(const char *method, vc_err err, const char *detail)
{
    struct said *said = say(method);

    said->err = err;
    copy(said->detail, sizeof(said->detail), detail);
}

void vc_fake_event(const char *params)
{
    assert_true(fake.event_count < SAID_MAX);
    fake.events[fake.event_count++] = parse(params);
}

void vc_fake_end(void)
{
    fake.ends = true;
}

const json_t *vc_fake_asked(const char *method, int nth)
{
    for (int i = 0; i < fake.asked_count; i++) {
        if (strcmp(fake.asked[i].method, method) == 0 && nth-- == 0)
            return fake.asked[i].params;
    }
    return NULL;
}

/* ---- in the connection's place ---- */

vc_err __wrap_vc_connection_open(struct vc_connection *connection, const char *path)
{
    (void)path;
    if (fake.gone == VC_OK)
        connection->fd = fake.socket > 0 ? fake.socket : open("/dev/null", O_RDONLY);
    fake.socket = 0;
    return fake.gone;
}

static void note_asked(const char *method, json_t *params)
{
    assert_true(fake.asked_count < SAID_MAX);
    struct asked *asked = &fake.asked[fake.asked_count++];
    char detail[256] = "";
    int place = vc_control_method_find(method);

    copy(asked->method, sizeof(asked->method), method);
    asked->params = params == NULL ? json_object() : params;
    /* What we ask has to be what veched takes. */
    size_t len = 0;
    struct vc_control_request request;
    assert_true(place >= 0);
    char *line = vc_control_call(1, method, json_incref(asked->params), &len);
    assert_non_null(line);
    vc_err err = vc_control_request_read((struct vc_bytes){(const uint8_t *)line, len},
                                         &request, detail, sizeof(detail));
    if (err != VC_OK)
        fail_msg("%s: %s", method, detail);
    vc_control_request_clear(&request);
    free(line);
}

/* What was said about this call, and the table agrees with. */
static struct said *find_said(const char *method)
{
    char detail[256] = "";

    for (int i = 0; i < fake.said_count; i++) {
        struct said *said = &fake.said[i];
        if (said->is_used || strcmp(said->method, method) != 0)
            continue;
        said->is_used = true;
        if (said->result != NULL &&
            !vc_control_result_fits(vc_control_method_find(method), said->result,
                                    detail, sizeof(detail)))
            fail_msg("the test's answer to %s: %s", method, detail);
        return said;
    }
    return NULL;
}

static struct vc_control_message failure_of(const struct said *said)
{
    struct vc_control_message failure = {.err = said->err};

    copy(failure.code_name, sizeof(failure.code_name), vc_err_name(said->err));
    copy(failure.words, sizeof(failure.words), vc_err_words(said->err));
    copy(failure.hint, sizeof(failure.hint), vc_err_hint(said->err));
    copy(failure.detail, sizeof(failure.detail), said->detail);
    return failure;
}

vc_err __wrap_vc_connection_call(struct vc_connection *connection, const char *method,
                                 json_t *params, json_t **ret_result)
{
    note_asked(method, params);
    if (strcmp(fake.gone_after, method) == 0)
        fake.gone = VC_ERR_NO_DAEMON;
    connection->failure = (struct vc_control_message){0};
    const struct said *said = find_said(method);
    if (said == NULL) { /* the answer is empty where it may be */
        json_t *nothing = json_object();
        char detail[256];
        if (!vc_control_result_fits(vc_control_method_find(method), nothing, detail,
                                    sizeof(detail)) &&
            strcmp(method, "events.subscribe") != 0 && ret_result != NULL)
            fail_msg("nobody said what %s gives", method);
        if (ret_result != NULL)
            *ret_result = nothing;
        else
            json_decref(nothing);
        return VC_OK;
    }
    if (said->err != VC_OK) {
        connection->failure = failure_of(said);
        return said->err;
    }
    if (ret_result != NULL)
        *ret_result = json_incref(said->result);
    return VC_OK;
}

vc_err __wrap_vc_connection_send(struct vc_connection *connection, const char *method,
                                 json_t *params, int64_t *ret_id)
{
    note_asked(method, params);
    *ret_id = ++connection->last_id;
    const struct said *said = find_said(method);
    assert_true(fake.reply_count < SAID_MAX);
    fake.replies[fake.reply_count++] =
        said != NULL && said->err != VC_OK ? json_integer(said->err) : json_object();
    return VC_OK;
}

bool __wrap_vc_connection_has_more(const struct vc_connection *connection)
{
    (void)connection;
    return fake.reply_next < fake.reply_count || fake.event_next < fake.event_count ||
           fake.ends;
}

vc_err __wrap_vc_connection_event(struct vc_connection *connection, int wait_ms,
                                  json_t **ret_params)
{
    char detail[256] = "";

    (void)connection;
    (void)wait_ms;
    if (fake.event_next == fake.event_count)
        return fake.ends ? VC_ERR_NO_DAEMON : VC_ERR_TIMEOUT;
    *ret_params = fake.events[fake.event_next++];
    if (!vc_control_event_fits(*ret_params, detail, sizeof(detail)))
        fail_msg("the test's event: %s", detail);
    return VC_OK;
}

vc_err __wrap_vc_connection_next(struct vc_connection *connection, int wait_ms,
                                 struct vc_control_message *ret_message)
{
    struct vc_control_message message = {0};

    if (fake.reply_next < fake.reply_count) {
        message.body = fake.replies[fake.reply_next++];
        if (json_is_integer(message.body)) {
            struct said said = {.err = (vc_err)json_integer_value(message.body)};
            json_decref(message.body);
            message = failure_of(&said);
        }
        *ret_message = message;
        return VC_OK;
    }
    message.is_notification = true;
    vc_err err = __wrap_vc_connection_event(connection, wait_ms, &message.body);
    if (err == VC_OK)
        *ret_message = message;
    return err;
}

/* ---- running ---- */

static int capture(int fd, int *ret_old)
{
    int file = memfd_create("capture", MFD_CLOEXEC);

    *ret_old = dup(fd);
    assert_true(file >= 0 && *ret_old >= 0 && dup2(file, fd) == fd);
    return file;
}

static char *restore(int fd, int file, int old)
{
    off_t len = lseek(file, 0, SEEK_END);
    char *text = malloc((size_t)len + 1);

    assert_non_null(text);
    assert_int_equal(pread(file, text, (size_t)len, 0), len);
    text[len] = '\0';
    assert_int_equal(dup2(old, fd), fd);
    close(file);
    close(old);
    return text;
}

static int run_command(int argc, char **argv)
{
    struct vc_cli cli = {.out = &vc_output_text};
    char detail[256];

    vc_connection_init(&cli.connection);
    cli.command = vc_cli_command_find(argv[0]);
    assert_non_null(cli.command);
    vc_err err = vc_cli_parse(&cli, argc, argv);
    if (err != VC_OK)
        return vc_err_exit_code(err);
    cli.term = vc_term_look();
    err = vc_paths_find(cli.dir, cli.socket, &cli.paths, detail, sizeof(detail));
    if (err != VC_OK)
        return vc_cli_fail(&cli, err, detail);
    int exit_code = cli.command->run(&cli);
    vc_connection_close(&cli.connection);
    return exit_code;
}

extern int optind;

struct vc_run vc_fake_run(const char *input, const char *const words[])
{
    struct vc_run run = {0};
    char *argv[32];
    int argc = 0;
    int old_in, old_out, old_err;

    for (; words[argc] != NULL; argc++) {
        assert_true(argc < 31);
        argv[argc] = strdup(words[argc]);
    }
    argv[argc] = NULL;
    char *given[32];
    memcpy(given, argv, sizeof(given)); /* getopt moves them about */
    fflush(NULL);
    int in = capture(STDIN_FILENO, &old_in);
    assert_int_equal(write(in, input, strlen(input)), strlen(input));
    lseek(in, 0, SEEK_SET);
    int out = capture(STDOUT_FILENO, &old_out);
    int err = capture(STDERR_FILENO, &old_err);
    optind = 0;
    run.exit_code = run_command(argc, argv);
    fflush(NULL);
    run.err = restore(STDERR_FILENO, err, old_err);
    run.out = restore(STDOUT_FILENO, out, old_out);
    free(restore(STDIN_FILENO, in, old_in));
    for (int i = 0; i < argc; i++)
        free(given[i]);
    return run;
}

void vc_run_clear(struct vc_run *run)
{
    free(run->out);
    free(run->err);
    *run = (struct vc_run){0};
}

/* ---- objects ---- */

static char *with_more(const char *usual, const char *more)
{
    json_t *object = parse(usual);
    json_t *changes = parse(more);

    json_object_update(object, changes);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    json_decref(changes);
    return text;
}

char *vc_fake_contact(const char *more)
{
    return with_more(
        "{\"id\":1,\"name\":\"bob\",\"own_name\":\"Bob\",\"fingerprint\":"
        "\"00112233445566778899aabbccddeeff\",\"veche_id\":\"veche1bob\","
        "\"is_blocked\":false,\"is_verified\":false,\"is_connected\":false,"
        "\"address\":null,\"rtt_ms\":null,\"added_at\":1764000000000,"
        "\"device_since\":null,\"last_seen_at\":null,\"session\":null,"
        "\"is_waiting_for_keys\":false,\"waiting\":0,\"retry_at\":null,"
        "\"unread\":0,"
        "\"gaps\":0,\"failure\":null}",
        more);
}

char *vc_fake_message(const char *more)
{
    return with_more(
        "{\"contact\":1,\"contact_name\":\"bob\",\"id\":"
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
        "\"from\":\"them\",\"seq\":1,\"device\":0,\"state\":\"received\",\"failure\":"
        "null,"
        "\"type\":\"text\",\"type_number\":1,\"type_version\":1,\"text\":\"hello\","
        "\"sent_at\":1764000000000,\"stored_at\":1764000000000,"
        "\"order\":\"0000000000000001\",\"has_gap\":false}",
        more);
}

char *vc_fake_status(const char *more)
{
    return with_more(
        "{\"verdict\":\"all is well\",\"is_usable\":true,\"version\":\"" VC_VERSION
        "\",\"api\":1,\"pid\":1,\"started_at\":1764000000000,\"directory\":\"/d\","
        "\"name\":\"alice\",\"veche_id\":\"veche1alice\",\"fingerprint\":"
        "\"00112233445566778899aabbccddeeff\",\"listen\":[\"0.0.0.0:5000\"],"
        "\"addresses\":[\"192.0.2.1:5000\"],\"health\":null,\"contacts\":1,"
        "\"connected\":1,\"waiting\":0,\"unread\":0,\"open_invites\":0,\"sessions\":1,"
        "\"datagrams_in\":1,\"datagrams_out\":1,\"bytes_in\":1,\"bytes_out\":1,"
        "\"dropped\":0,\"rss_bytes\":1000000,\"store_bytes\":1000,\"commits\":1,"
        "\"event_first\":1,\"event_last\":3,\"read_receipts\":true,\"has_root\":false,"
        "\"live_until\":4000000000000,\"moves\":0,\"moved_at\":null,\"unknowing\":0,"
        "\"contacts_keys\":1,\"key_turns_at\":null,\"has_passphrase\":false,"
        "\"dht\":{\"network\":\"veche\",\"is_private\":false,\"is_joined\":true,"
        "\"entry_points\":1,\"nodes\":7,\"suspects\":0,\"size\":120,\"role\":"
        "\"client\",\"why\":\"closed\",\"why_words\":\"strangers are kept out\","
        "\"seen\":\"198.51.100.7:5000\",\"addresses\":[\"198.51.100.7:5000\"],"
        "\"records\":0,\"published\":{\"day\":\"2026-01-02\",\"at\":1767312000000,"
        "\"holders\":12,\"failure\":null},\"is_left\":false,\"looked\":{\"at\":1767312000000,"
        "\"took_ms\":81,\"requests\":14},\"seeking\":0,\"pausing\":0,"
        "\"is_clock_off\":false,\"answers\":0,\"datagrams_in\":1,\"datagrams_out\":1,"
        "\"bytes_in\":1,\"bytes_out\":1}}",
        more);
}

char *vc_fake_dht(const char *more)
{
    char *usual = vc_fake_status("{}");
    json_t *status = parse(usual);
    json_t *changes = parse(more);

    free(usual);
    json_object_update(json_object_get(status, "dht"), changes);
    char *text = json_dumps(status, JSON_COMPACT);
    json_decref(status);
    json_decref(changes);
    return text;
}

void assert_holds_at(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part) != NULL)
        return;
    print_error("\"%s\"\ndoes not hold \"%s\"\n", text, part);
    _fail(file, line);
}

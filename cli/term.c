#include "cli/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#define MINUTE_MS 60000LL
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* A terminal narrower than this is left to wrap by itself. */
#define TEXT_COLUMNS_MIN 16
#define TAB_BLANKS       4

struct vc_term vc_term_look(void)
{
    struct vc_term term = {.is_tty = isatty(STDOUT_FILENO) == 1};
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    struct winsize size;

    if (!term.is_tty)
        return term;
    term.has_color = (no_color == NULL || no_color[0] == '\0') && kind != NULL &&
                     strcmp(kind, "dumb") != 0;
    term.columns = 80;
    term.rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        term.columns = size.ws_col;
        term.rows = size.ws_row;
    }
    return term;
}

const char *vc_term_style(const struct vc_term *term, enum vc_style style)
{
    static const char *const codes[] = {
        [VC_PLAIN] = "\033[0m",  [VC_BOLD] = "\033[1m",    [VC_DIM] = "\033[2m",
        [VC_GREEN] = "\033[32m", [VC_YELLOW] = "\033[33m", [VC_RED] = "\033[31m"};

    return term->has_color ? codes[style] : "";
}

/* Gives escaped text in memory of the caller's to free(); never NULL. */
static char *escape(const char *text, size_t len, unsigned policy, size_t *ret_len)
{
    size_t room = len * VC_UTF8_ESCAPE_FACTOR + 1;
    uint8_t *bytes = malloc(room);

    if (bytes == NULL) {
        (void)fputs("veche: memory is short\n", stderr);
        exit(1);
    }
    struct vc_writer w = vc_writer(bytes, room - 1);
    vc_utf8_escape(&w, (struct vc_bytes){(const uint8_t *)text, len}, policy);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    *ret_len = vc_writer_bytes(&w).len;
    bytes[*ret_len] = '\0';
    return (char *)bytes;
}

void vc_term_put(FILE *out, const char *text)
{
    size_t len = 0;
    char *clean = escape(text, strlen(text), VC_UTF8_ONE_LINE, &len);

    (void)fwrite(clean, 1, len, out); /* main() asks the stream at the end */
    free(clean);
}

/* A code point as JSON writes it in ASCII: one \u, or the two of a surrogate pair. */
static void put_json_escape(FILE *out, uint32_t code_point)
{
    if (code_point < 0x10000) {
        (void)fprintf(out, "\\u%04x", code_point);
        return;
    }
    code_point -= 0x10000;
    (void)fprintf(out, "\\u%04x\\u%04x", 0xd800 + (code_point >> 10),
                  0xdc00 + (code_point & 0x3ff));
}

void vc_term_json(FILE *out, const char *json, size_t len)
{
    struct vc_bytes rest = {(const uint8_t *)json, len};
    const uint8_t *plain = rest.data; /* what was looked at and not written */
    const uint8_t *before = rest.data;
    uint32_t code_point = 0;

    while (vc_utf8_next(&rest, &code_point)) {
        enum vc_utf8_class class = vc_utf8_classify(code_point);
        if (class != VC_UTF8_TEXT && class != VC_UTF8_JOINER &&
            class != VC_UTF8_NEWLINE) {
            (void)fwrite(plain, 1, (size_t)(before - plain), out);
            put_json_escape(out, code_point);
            plain = rest.data;
        }
        before = rest.data;
    }
    (void)fwrite(plain, 1, (size_t)(before - plain), out);
}

/* A part of a line that fits into @columns, broken at a blank when there is one. */
static size_t fitting_len(const char *text, size_t len, int columns)
{
    struct vc_bytes rest = {(const uint8_t *)text, len};
    uint32_t code_point = 0;
    size_t blank_end = 0;
    int width = 0;

    while (rest.len > 0) {
        size_t before = len - rest.len;
        if (!vc_utf8_next(&rest, &code_point))
            break;
        width += utf8proc_charwidth((utf8proc_int32_t)code_point);
        if (width > columns && before > 0)
            return blank_end > 0 ? blank_end : before;
        if (code_point == ' ')
            blank_end = len - rest.len;
    }
    return len;
}

static void put_line(FILE *out, int indent, int columns, const char *text, size_t len)
{
    while (columns > 0 && len > 0) {
        size_t part = fitting_len(text, len, columns);
        if (part == len)
            break;
        (void)fwrite(text, 1, part, out); /* main() asks the stream at the end */
        (void)fprintf(out, "\n%*s", indent, "");
        text += part;
        len -= part;
    }
    (void)fwrite(text, 1, len, out);
}

/* Puts blanks in the place of tabs: their width depends on where they stand. */
static char *expand_tabs(char *text, size_t *len)
{
    size_t tabs = 0;
    size_t at = 0;

    for (size_t i = 0; i < *len; i++)
        tabs += text[i] == '\t';
    if (tabs == 0)
        return text;
    char *wide = malloc(*len + tabs * TAB_BLANKS + 1);
    if (wide == NULL)
        return text;
    for (size_t i = 0; i < *len; i++) {
        if (text[i] == '\t') {
            memset(wide + at, ' ', TAB_BLANKS);
            at += TAB_BLANKS;
        } else {
            wide[at++] = text[i];
        }
    }
    free(text);
    *len = at;
    return wide;
}

void vc_term_block(FILE *out, const struct vc_term *term, int indent, const char *text,
                   size_t len, const char *tail)
{
    int columns = term->columns - indent;
    size_t clean_len = 0;
    char *clean =
        escape(text, len, VC_UTF8_KEEP_NEWLINE | VC_UTF8_KEEP_TAB, &clean_len);

    if (columns < TEXT_COLUMNS_MIN)
        columns = 0;
    clean = expand_tabs(clean, &clean_len);
    const char *line = clean;
    size_t left = clean_len;
    for (;;) {
        const char *end = memchr(line, '\n', left);
        put_line(out, indent, columns, line, end == NULL ? left : (size_t)(end - line));
        if (end == NULL)
            break;
        left -= (size_t)(end - line) + 1;
        line = end + 1;
        (void)fprintf(out, "\n%*s", indent, "");
    }
    (void)fprintf(out, "%s\n", tail);
    free(clean);
}

static void local_time(int64_t unix_ms, struct tm *ret_parts)
{
    time_t seconds = (time_t)(unix_ms / 1000);

    if (localtime_r(&seconds, ret_parts) == NULL)
        *ret_parts =
            (struct tm){0}; /* a year that is no year: somebody's clock is mad */
}

void vc_term_time(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX])
{
    struct tm parts;

    local_time(unix_ms, &parts);
    (void)strftime(ret_text, VC_TERM_TIME_MAX, "%H:%M", &parts);
}

void vc_term_date(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX])
{
    struct tm parts;

    local_time(unix_ms, &parts);
    if (strftime(ret_text, VC_TERM_TIME_MAX, "%Y-%m-%d", &parts) == 0)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "?");
}

void vc_term_when(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX])
{
    char today[VC_TERM_TIME_MAX];
    char day[VC_TERM_TIME_MAX];
    char hour[VC_TERM_TIME_MAX];

    vc_term_date(vc_term_now_ms(), today);
    vc_term_date(unix_ms, day);
    vc_term_time(unix_ms, hour);
    if (strcmp(today, day) == 0)
        memcpy(ret_text, hour, VC_TERM_TIME_MAX);
    else
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "%.20s %.8s", day, hour);
}

void vc_term_until(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX])
{
    int64_t left_ms = unix_ms - vc_term_now_ms();

    if (left_ms <= 0)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "now");
    else if (left_ms < 2 * MINUTE_MS)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "in %lld s",
                       (long long)(left_ms + 999) / 1000);
    else
        vc_term_when(unix_ms, ret_text);
}

void vc_term_span(int64_t span_ms, char ret_text[VC_TERM_TIME_MAX])
{
    long long ms = span_ms < 0 ? 0 : span_ms;

    if (ms < MINUTE_MS)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "%lld.%lld s", ms / 1000,
                       ms % 1000 / 100);
    else if (ms < 2 * HOUR_MS)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "%lld min", ms / MINUTE_MS);
    else if (ms < 2 * DAY_MS)
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "%lld h", ms / HOUR_MS);
    else
        (void)snprintf(ret_text, VC_TERM_TIME_MAX, "%lld days", ms / DAY_MS);
}

int64_t vc_term_now_ms(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

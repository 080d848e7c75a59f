#include "node/edge/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/edge/limits.h"

struct kept_line {
    enum vc_log_level level;
    char text[VC_EDGE_LOG_LINE_MAX];
};

/* The process has one log, as it has one stderr. */
static struct {
    enum vc_log_level level;
    bool has_priorities;
    size_t next, count;
    struct kept_line lines[VC_EDGE_LOG_LINES];
} the_log = {.level = VC_LOG_INFO};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const int priorities[] = {3, 4, 5, 7}; /* sd-daemon(3) */

void vc_log_open(enum vc_log_level level)
{
    the_log.level = level;
    the_log.has_priorities = getenv("JOURNAL_STREAM") != NULL;
}

void vc_log_set_level(enum vc_log_level level)
{
    the_log.level = level;
}

bool vc_log_level_parse(const char *text, enum vc_log_level *ret_level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum vc_log_level)i;
            return true;
        }
    }
    return false;
}

static void format_time(char *ret_text, size_t room)
{
    struct timespec now;
    struct tm parts;

    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &parts) == NULL ||
        strftime(ret_text, room, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        ret_text[0] = '\0';
    }
}

static void emit(const struct kept_line *line)
{
    if (the_log.has_priorities) {
        /* The service manager writes the time itself. */
        const char *text = strchr(line->text, ' ');

        (void)fprintf(stderr, "<%d>%s\n", priorities[line->level],
                text != NULL ? text + 1 : line->text);
    } else {
        (void)fprintf(stderr, "%s\n", line->text);
    }
}

void vc_log(enum vc_log_level level, const char *format, ...)
{
    struct kept_line *line = &the_log.lines[the_log.next];
    char words[VC_EDGE_LOG_LINE_MAX - 40];
    char when[32];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    format_time(when, sizeof when);
    line->level = level;
    (void)snprintf(line->text, sizeof line->text, "%s %s: %s", when, level_names[level], words);
    the_log.next = (the_log.next + 1) % VC_EDGE_LOG_LINES;
    the_log.count += the_log.count < VC_EDGE_LOG_LINES;
    if (level <= the_log.level) {
        emit(line);
    }
}

void vc_log_failure(enum vc_log_level level, const char *what, vc_err err)
{
    vc_log(level, "%s: %s (%s)", what, vc_err_words(err), vc_err_hint(err));
}

void vc_log_kept(enum vc_log_level level, size_t max,
                 void (*on_line)(void *ctx, const char *line), void *ctx)
{
    size_t first = (the_log.next + VC_EDGE_LOG_LINES - the_log.count) % VC_EDGE_LOG_LINES;
    size_t fitting = 0;

    for (size_t i = 0; i < the_log.count; i++) {
        fitting += the_log.lines[(first + i) % VC_EDGE_LOG_LINES].level <= level;
    }
    for (size_t i = 0; i < the_log.count; i++) {
        const struct kept_line *line = &the_log.lines[(first + i) % VC_EDGE_LOG_LINES];

        if (line->level > level) {
            continue;
        }
        if (fitting <= max) {
            on_line(ctx, line->text);
        } else {
            fitting--;
        }
    }
}

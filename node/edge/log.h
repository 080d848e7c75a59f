/*
 * The log: one line an occurrence, to stderr, with the last ones kept for a bug report.
 *
 * Lines never hold texts, names, keys or whole addresses: what names a person is written
 * as "contact 3", an address as its family.  Under a service manager that reads priorities
 * (JOURNAL_STREAM is set) a line begins with <N>, else with the time.
 */
#ifndef VC_NODE_EDGE_LOG_H
#define VC_NODE_EDGE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/base/err.h"

enum vc_log_level { VC_LOG_ERROR, VC_LOG_WARN, VC_LOG_INFO, VC_LOG_DEBUG };

void vc_log_open(enum vc_log_level level);
void vc_log_set_level(enum vc_log_level level);
/* "error", "warn", "info", "debug"; false: no such level. */
bool vc_log_level_parse(const char *text, enum vc_log_level *ret_level);

void vc_log(enum vc_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "@what: words (hint)". */
void vc_log_failure(enum vc_log_level level, const char *what, vc_err err);

/* Gives kept lines of @level and graver, oldest first, at most the newest @max of them. */
void vc_log_kept(enum vc_log_level level, size_t max,
                 void (*on_line)(void *ctx, const char *line), void *ctx);

#endif

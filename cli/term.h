/*
 * What goes to a person's terminal: everything that somebody else wrote passes here, so
 * that it can neither steer the terminal nor look like a line of ours.
 */
#ifndef VC_CLI_TERM_H
#define VC_CLI_TERM_H

#include <stdio.h>

#include "crypto/base/utf8.h"

struct vc_term {
    bool is_tty;    /* standard output is one */
    bool has_color; /* and colours are wanted */
    int columns;    /* 0: not a terminal, nothing is wrapped */
    int rows;
};

/* Looks at standard output, NO_COLOR and TERM. */
struct vc_term vc_term_look(void);

enum vc_style { VC_PLAIN, VC_BOLD, VC_DIM, VC_GREEN, VC_YELLOW, VC_RED };

/* The bytes that begin a style, or nothing without colours.  VC_PLAIN ends it. */
const char *vc_term_style(const struct vc_term *term, enum vc_style style);

/* Writes foreign text into one line, escaped. */
void vc_term_put(FILE *out, const char *text);

/*
 * Writes JSON, whose strings may hold anything: what a terminal would obey or hide is
 * written as JSON's own escapes, so that it is the same JSON.
 */
void vc_term_json(FILE *out, const char *json, size_t len);

/*
 * Writes foreign text of any number of lines and ends with a line end.  The cursor stands
 * at column @indent; every further line begins with as many blanks, and what is wider than
 * the terminal is wrapped by us: so no line of it begins where ours do.  @tail, our own
 * words, stands behind the text.
 */
void vc_term_block(FILE *out, const struct vc_term *term, int indent, const char *text,
                   size_t len, const char *tail);

/* "14:02"; "2026-11-21"; both, local time. */
#define VC_TERM_TIME_MAX 32
void vc_term_time(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX]);
void vc_term_date(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX]);
/* The time alone when it is today, else the date with it. */
void vc_term_when(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX]);
/* "now", "in 12 s", or as vc_term_when(), for something that is still to come. */
void vc_term_until(int64_t unix_ms, char ret_text[VC_TERM_TIME_MAX]);
/* "0.4 s", "12 min", "3 h", "5 days". */
void vc_term_span(int64_t span_ms, char ret_text[VC_TERM_TIME_MAX]);

int64_t vc_term_now_ms(void);

#endif

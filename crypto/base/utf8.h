/*
 * Text as it comes from other people: is it UTF-8, what is in it, and how to show it so
 * that it cannot play with the terminal it is shown on.
 */
#ifndef VC_CRYPTO_BASE_UTF8_H
#define VC_CRYPTO_BASE_UTF8_H

#include "crypto/base/cursor.h"

/* What a code point does to the text around it. */
enum vc_utf8_class {
    VC_UTF8_TEXT,
    VC_UTF8_NEWLINE,   /* U+000A */
    VC_UTF8_TAB,       /* U+0009 */
    VC_UTF8_CONTROL,   /* the other C0, DEL, C1, and the separators U+2028 and U+2029 */
    VC_UTF8_BIDI,      /* marks, embeddings, overrides and isolates of direction */
    VC_UTF8_INVISIBLE, /* takes no room: zero width space, soft hyphen, byte order mark ... */
    VC_UTF8_JOINER     /* invisible, but part of how scripts and emoji are written */
};

/*
 * Takes the next code point of @text and steps over it; false, with nothing taken, at the
 * end and at a byte that begins no valid sequence (RFC 3629: no surrogates, no longer form
 * than needed, at most U+10FFFF).
 */
VC_NODISCARD bool vc_utf8_next(struct vc_bytes *text, uint32_t *ret_code_point);

bool vc_utf8_is_valid(struct vc_bytes text);

enum vc_utf8_class vc_utf8_classify(uint32_t code_point);

/* Is it a space of some width, with nothing to see?  Its class is VC_UTF8_TEXT. */
bool vc_utf8_is_blank(uint32_t code_point);

/*
 * May this stand in one line as a name: valid, with something to see in it, no control,
 * no bidi control, nothing invisible but joiners?  Says nothing about the length.
 */
bool vc_utf8_is_name(struct vc_bytes text);

/* What vc_utf8_escape() lets through beside text and joiners. */
enum vc_utf8_policy {
    VC_UTF8_ONE_LINE = 0,
    VC_UTF8_KEEP_NEWLINE = 1,
    VC_UTF8_KEEP_TAB = 2,
    VC_UTF8_KEEP_INVISIBLE = 4,
    VC_UTF8_DOUBLE_BACKSLASH = 8 /* then different texts never look the same */
};

/* No byte of input becomes more than this many. */
#define VC_UTF8_ESCAPE_FACTOR 4

/*
 * Writes @text so that any terminal may have it: what is written is valid UTF-8 without
 * control characters (other than the newlines and tabs that @policy, a sum of
 * vc_utf8_policy, keeps) and without bidi controls.  In their place stand
 *
 *     \n \t \r       newline, tab, carriage return
 *     \x1b           another C0 control, DEL, or a byte that is not UTF-8
 *     \u202e         another code point up to U+FFFF
 *     \U000e0001     a code point above
 *
 * The writer fails (VC_ERR_FULL) when its room is short.
 */
void vc_utf8_escape(struct vc_writer *w, struct vc_bytes text, unsigned policy);

#endif

/*
 * Invites and the codes of verify as QR codes in half blocks: two modules a cell, one above
 * the other.
 */
#ifndef VC_CLI_QR_H
#define VC_CLI_QR_H

#include "cli/term.h"

/* The cells of an invite: version 5 has 37 modules, the quiet zone 4 on each side. */
#define VC_QR_COLUMNS 45
#define VC_QR_ROWS    23

/*
 * Draws @text with its quiet zone, foreground and background set, so that dark and light
 * terminals show the same.  VC_ERR_TOO_LONG: version 5 with level L does not hold it.
 */
VC_NODISCARD vc_err vc_qr_draw(FILE *out, const char *text);

/* Does an invite fit into the window, and are colours wanted there? */
bool vc_qr_fits(const struct vc_term *term);

#endif

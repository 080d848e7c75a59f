/*
 * Invites on the screen: the line to paste, and the QR code.
 */
#ifndef VC_CLI_INVITE_H
#define VC_CLI_INVITE_H

#include "cli/cli.h"

/* An invite for nobody in particular that is still open, or a new one; the caller's. */
bool vc_invite_open_one(struct vc_cli *cli, json_t **ret_invite, int *ret_exit);

/*
 * Shows the whole command that the other person pastes.  @is_asked: a QR code is drawn even
 * where it may not fit; @is_allowed: it is drawn where it fits.
 */
int vc_invite_show(struct vc_cli *cli, const json_t *invite, bool is_asked,
                   bool is_allowed);

#endif

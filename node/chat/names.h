/*
 * Names of people: one line of printable text, in Unicode's composed form (NFC), so that
 * what looks equal is equal.
 */
#ifndef VC_NODE_CHAT_NAMES_H
#define VC_NODE_CHAT_NAMES_H

#include "node/chat/chat.h"

/*
 * Trims spaces and composes.  VC_ERR_BAD_NAME: empty, longer than VC_NAME_MAX bytes, not
 * UTF-8, with control, bidi or invisible characters, or starting with "#", which stands
 * for a contact's number.
 */
VC_NODISCARD vc_err vc_name_clean(struct vc_bytes text, char ret_name[VC_NAME_MAX + 1]);

/* Equal but for the case of letters?  Both clean. */
bool vc_name_is_same(const char *a, const char *b);

/* @name with " 2", " 3" ... behind it, shortened where it must be. */
void vc_name_number(const char *name, uint32_t number, char ret_name[VC_NAME_MAX + 1]);

#endif

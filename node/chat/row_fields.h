/*
 * The fields that rows are made of, on top of the cursor.
 *
 * What a row holds of other people was checked when it came in; here only its form is.
 */
#ifndef VC_NODE_CHAT_ROW_FIELDS_H
#define VC_NODE_CHAT_ROW_FIELDS_H

#include "node/chat/rows.h"

/* Steps over the version, which must be ours. */
struct vc_reader vc_row_reader(struct vc_bytes value);
/* VC_OK, or VC_ERR_STORE_DAMAGED when something was wrong, missing or left over. */
VC_NODISCARD vc_err vc_row_end(const struct vc_reader *r);

/* A length of one byte, then the text without its NUL. */
void vc_row_write_text(struct vc_writer *w, const char *text);
void vc_row_read_text(struct vc_reader *r, char *ret_text, size_t room);

/* A byte, 0 or 1. */
bool vc_row_read_flag(struct vc_reader *r);

/* A byte: the negative of the code. */
void vc_row_write_err(struct vc_writer *w, vc_err err);
vc_err vc_row_read_err(struct vc_reader *r);

/* A byte that is at most @max. */
uint8_t vc_row_read_count(struct vc_reader *r, uint8_t max);

void vc_row_write_addrs(struct vc_writer *w, const struct vc_addr *addrs,
                        uint8_t count);
uint8_t vc_row_read_addrs(struct vc_reader *r, struct vc_addr *ret_addrs, uint8_t max);

/* At most VC_CHAT_PARENTS_MAX names of messages. */
void vc_row_write_refs(struct vc_writer *w, const struct vc_message_ref *refs,
                       uint8_t count);
uint8_t vc_row_read_refs(struct vc_reader *r, struct vc_message_ref *ret_refs);

#endif

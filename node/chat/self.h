/*
 * The row of account and device: storage/SCHEMA.md, "Node rows".
 *
 * It is made at the first start (node/identity_row.h) and written again here whenever a key
 * of the account turns or its root is taken off.
 */
#ifndef VC_NODE_CHAT_SELF_H
#define VC_NODE_CHAT_SELF_H

#include "crypto/identity.h"
#include "storage/store.h"

/* The room that it takes in a batch: one operation with so many bytes. */
#define VC_SELF_BYTES (VC_IDENTITY_ENCODED_MAX + 4)

/* Finds the row.  VC_ERR_NOT_FOUND, or what the store says. */
VC_NODISCARD vc_err vc_self_get(struct vc_store *store, struct vc_bytes *ret_value);
/* Writes it in the present turn; room is taken. */
void vc_self_put(struct vc_store *store, const struct vc_account *account,
                 const struct vc_device *device);

#endif

/*
 * The rows of account and device: storage/SCHEMA.md, "Node rows".
 *
 * They are made at the first start (node/identity_row.h) and written again here whenever a
 * key of the account turns or its root is taken off.  The root has a row of its own, in a
 * table that forgets, so that an hour after it is taken off the disk does not have it either.
 */
#ifndef VC_NODE_CHAT_SELF_H
#define VC_NODE_CHAT_SELF_H

#include "crypto/identity.h"
#include "storage/store.h"

/* The room that they take in a batch. */
#define VC_SELF_OPS   2
#define VC_SELF_BYTES (VC_IDENTITY_ENCODED_MAX + 64)

/*
 * Reads them.  @ret_is_old: the root stands in the row of the account, as earlier versions
 * wrote it; put them again.  VC_ERR_NOT_FOUND when there is no account, VC_ERR_STORE_DAMAGED,
 * or what the store says; on an error nothing is given.
 */
VC_NODISCARD vc_err vc_self_get(struct vc_store *store, struct vc_account *ret_account,
                                struct vc_device *ret_device, bool *ret_is_old);
/* Writes them in the present turn; room is taken. */
void vc_self_put(struct vc_store *store, const struct vc_account *account,
                 const struct vc_device *device);

#endif

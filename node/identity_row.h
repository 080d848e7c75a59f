/*
 * The row that says who this node is: storage/SCHEMA.md, "Node rows".
 */
#ifndef VC_NODE_IDENTITY_ROW_H
#define VC_NODE_IDENTITY_ROW_H

#include "crypto/identity.h"
#include "storage/store.h"

/* Reads it, or makes a new account with its first device from @rng and writes that in the
 * present turn.  While the root is there, a live statement that is missing or getting old is
 * made anew and written in this turn too.  VC_ERR_STORE_DAMAGED, or what the store says. */
VC_NODISCARD vc_err vc_identity_load(struct vc_store *store, const struct vc_now *now,
                                     struct vc_rng *rng, struct vc_account *ret_account,
                                     struct vc_device *ret_device);

#endif

/*
 * Makes a file of version 1, whose rows are not sealed, over into a new one.  In the same
 * file the old pages would stay, to be read by anybody.  Inside this folder only.
 */
#ifndef VC_STORAGE_UPGRADE_H
#define VC_STORAGE_UPGRADE_H

#include "storage/tables.h"

/* Is the file at @path of version 1?  VC_ERR_STORE_DAMAGED, or why it cannot be read. */
VC_NODISCARD vc_err vc_upgrade_is_wanted(const char *path, bool *ret_is_plain);

/* Copies every row of the file at @path into @tables, which are new.  The copy is durable
 * when it comes back.  VC_ERR_STORE_DAMAGED, or why one of the two does not work. */
VC_NODISCARD vc_err vc_upgrade_copy(const char *path, struct vc_tables *tables);

/* Overwrites a file of the directory with zeros, durably, and removes it.  Nothing happens
 * when there is none. */
VC_NODISCARD vc_err vc_upgrade_erase(int dir_fd, const char *name);

#endif

/*
 * A small file of two slots that are written in place, one at a time: what stood in a slot
 * is gone from the disk when something else has been written there, and a power loss in the
 * middle leaves the other slot.  Inside this folder only.
 *
 * Which slot counts is the business of those who know what stands in them: a slot that was
 * torn has to tell by a check of its own.
 */
#ifndef VC_STORAGE_SLOTS_H
#define VC_STORAGE_SLOTS_H

#include "storage/store.h"

#define VC_SLOT_BYTES 4096 /* a page, and a block of every usual file system */
#define VC_SLOTS      2

struct vc_slots {
    uint8_t bytes[VC_SLOTS][VC_SLOT_BYTES];
};

/*
 * Reads DIR/NAME; what is not there, because the file is short, is zeros.
 * VC_ERR_NOT_FOUND, _PERMISSION, _STORE_IO, _NO_MEMORY.
 */
VC_NODISCARD vc_err vc_slots_read(int dir_fd, const char *name,
                                  struct vc_slots *ret_slots);

/*
 * Makes DIR/NAME, mode 0600, or puts a new file in the place of an old one; durable when it
 * comes back.  It is made under the name NAME.new, so that a power loss leaves all or nothing.
 * VC_ERR_DISK_FULL, _PERMISSION, _STORE_IO, _NO_MEMORY.
 */
VC_NODISCARD vc_err vc_slots_make(int dir_fd, const char *name,
                                  const struct vc_slots *slots);

/* Writes one slot over what stood there; durable when it comes back.  As above. */
VC_NODISCARD vc_err vc_slots_write(int dir_fd, const char *name, unsigned slot,
                                   const uint8_t bytes[VC_SLOT_BYTES]);

#endif

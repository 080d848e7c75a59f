/*
 * Forgetting: turns the epoch of the tables whose deleted rows nobody shall find on the disk.
 *
 * The key of a new epoch is written; every row is sealed with it in one transaction; the key
 * before is overwritten.  What stands in freed pages of the file is then sealed with a key
 * that is nowhere.  SCHEMA.md, "Epochs".  Inside this folder only.
 */
#ifndef VC_STORAGE_FORGET_H
#define VC_STORAGE_FORGET_H

#include "storage/keyring.h"
#include "storage/tables.h"

struct vc_forget {
    int dir_fd;
    struct vc_keyring *ring;
    vc_ms after_ms;  /* between two turns at least; VC_NEVER: none at all */
    vc_ms turned_at; /* by a clock that goes on while the machine sleeps */
    bool has_waste;  /* something was deleted or overwritten since */
};

/* Begins with waste, because nobody knows what the last use has left. */
void vc_forget_init(struct vc_forget *forget, int dir_fd, struct vc_keyring *ring,
                    vc_ms after_ms);

/* Ends a turn that was cut off; nothing when there was none.  Rows are opened with the keys
 * of two epochs until then. */
VC_NODISCARD vc_err vc_forget_finish(struct vc_forget *forget,
                                     struct vc_tables *tables);

/*
 * Turns if it is time.  Gives whether it did, and in how many ms it wants to be called again
 * at the latest; VC_NEVER: not before something is committed.  A turn that fails is tried
 * again at the next time: nothing is lost by waiting.
 */
bool vc_forget_tend(struct vc_forget *forget, struct vc_tables *tables,
                    vc_ms *ret_again_after);

/* Turns now if there is waste: at a clean end. */
void vc_forget_end(struct vc_forget *forget, struct vc_tables *tables);

#endif

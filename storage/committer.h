/*
 * The committer: the one thread that commits, and tries again by itself after a failure.
 *
 * One batch at a time is handed to it.  It knows nothing about LMDB: what commits and what
 * probes are functions that it is given.  Inside this folder only.
 */
#ifndef VC_STORAGE_COMMITTER_H
#define VC_STORAGE_COMMITTER_H

#include "storage/batch.h"

struct vc_committer_config {
    /* On its thread.  @ret_health: may further promises be made? */
    vc_err (*apply)(void *ctx, const struct vc_batch *batch, vc_err *ret_health);
    /* Is the disk well again? */
    vc_err (*probe)(void *ctx);
    /*
     * What is to be done now and then: after each commit, and when the time that it gave has
     * come.  Gives whether there is news for the owner, and in how many ms it wants to be
     * called again; VC_NEVER: after the next commit.  NULL for none.
     */
    bool (*tend)(void *ctx, vc_ms *ret_again_after);
    void *ctx;
    /* After each commit and each change of health; NULL for none. */
    void (*wake)(void *ctx);
    void *wake_ctx;
    vc_err health; /* at the start; when it is not VC_OK, probing begins */
    vc_ms
        probe_after_ms; /* between two probes at first; it doubles up to 8 times that */
};

struct vc_committer;

VC_NODISCARD vc_err vc_committer_start(const struct vc_committer_config *cfg,
                                       struct vc_committer **ret_committer);
/* Ends the thread; no batch is with it.  NULL is fine. */
void vc_committer_stop(struct vc_committer *committer);

/* Hands a batch over; it stays as it is until vc_committer_take() or vc_committer_recover(). */
void vc_committer_commit(struct vc_committer *committer, const struct vc_batch *batch);
/* Has the commit ended?  Says so once. */
bool vc_committer_take(struct vc_committer *committer, vc_err *ret_result);
/* Waits until the commit has ended. */
void vc_committer_wait(struct vc_committer *committer);

/* Why no promise may be made now, or VC_OK. */
vc_err vc_committer_health(struct vc_committer *committer);

/* Waits for a commit and forgets its result; nothing is tried until vc_committer_recover(),
 * so that the owner may exchange what commits. */
void vc_committer_pause(struct vc_committer *committer);
/* After a failure, probing begins. */
void vc_committer_recover(struct vc_committer *committer);

#endif

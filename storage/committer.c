#include "storage/committer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define PROBE_DOUBLINGS_MAX 3

struct vc_committer {
    struct vc_committer_config cfg;
    pthread_t thread;
    pthread_mutex_t mutex; /* over all that follows */
    pthread_cond_t work;   /* for the thread: a batch, a probe or the end */
    pthread_cond_t done;   /* for the owner: the batch is done */
    const struct vc_batch *batch;
    bool is_done;
    bool is_stopping;
    bool is_probing;
    bool is_at_work; /* in apply or probe, without the mutex */
    vc_err result;
    vc_err health;
    unsigned probes; /* that failed in a row */
    vc_ms probe_at;  /* both by the monotonic clock; VC_NEVER: not at all */
    vc_ms tend_at;
};

static vc_ms now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC,
                        &now); /* fails only for a clock that is not there */
    return (vc_ms)now.tv_sec * 1000 + (vc_ms)now.tv_nsec / 1000000;
}

static void set_probe_at(struct vc_committer *committer, vc_ms after_ms)
{
    committer->probe_at = vc_ms_after(now_ms(), after_ms);
}

/* Sleeps until there is something to do; with the mutex. */
static void wait_for_work(struct vc_committer *committer)
{
    while (committer->batch == NULL && !committer->is_stopping) {
        vc_ms due_at = vc_ms_min(committer->is_probing ? committer->probe_at : VC_NEVER,
                                 committer->tend_at);
        struct timespec due = {(time_t)(due_at / 1000),
                               (long)(due_at % 1000) * 1000000};

        if (due_at == VC_NEVER) {
            (void)pthread_cond_wait(&committer->work, &committer->mutex);
        } else if (due_at > now_ms()) {
            (void)pthread_cond_timedwait(&committer->work, &committer->mutex,
                                         &due); /* the loop looks again */
        } else {
            return;
        }
    }
}

static void commit_one(struct vc_committer *committer)
{
    const struct vc_batch *batch = committer->batch;
    vc_err health = VC_OK;
    vc_err result;

    committer->is_at_work = true;
    (void)pthread_mutex_unlock(&committer->mutex);
    result = committer->cfg.apply(committer->cfg.ctx, batch, &health);
    (void)pthread_mutex_lock(&committer->mutex);
    committer->is_at_work = false;
    committer->batch = NULL;
    committer->is_done = true;
    committer->result = result;
    committer->health = result != VC_OK ? result : health;
    /* After a failure the owner has to recover before anything is tried. */
    committer->is_probing = result == VC_OK && health != VC_OK;
    committer->probes = 0;
    if (committer->is_probing) {
        set_probe_at(committer, committer->cfg.probe_after_ms);
    }
    (void)pthread_cond_signal(&committer->done);
}

/* Gives whether the health changed. */
static bool probe_once(struct vc_committer *committer)
{
    vc_err before = committer->health;
    vc_err health;

    committer->is_at_work = true;
    (void)pthread_mutex_unlock(&committer->mutex);
    health = committer->cfg.probe(committer->cfg.ctx);
    (void)pthread_mutex_lock(&committer->mutex);
    committer->is_at_work = false;
    (void)pthread_cond_signal(&committer->done);
    committer->health = health;
    committer->is_probing = health != VC_OK;
    set_probe_at(committer, committer->cfg.probe_after_ms << committer->probes);
    if (committer->probes < PROBE_DOUBLINGS_MAX) {
        committer->probes++;
    }
    return health != before;
}

/* Gives whether there is news. */
static bool tend_once(struct vc_committer *committer)
{
    vc_ms again_after = VC_NEVER;
    bool is_news;

    committer->is_at_work = true;
    (void)pthread_mutex_unlock(&committer->mutex);
    is_news = committer->cfg.tend(committer->cfg.ctx, &again_after);
    (void)pthread_mutex_lock(&committer->mutex);
    committer->is_at_work = false;
    (void)pthread_cond_signal(&committer->done);
    committer->tend_at = vc_ms_after(now_ms(), again_after);
    return is_news;
}

static void tell(struct vc_committer *committer)
{
    if (committer->cfg.wake != NULL) {
        (void)pthread_mutex_unlock(&committer->mutex);
        committer->cfg.wake(committer->cfg.wake_ctx);
        (void)pthread_mutex_lock(&committer->mutex);
    }
}

static void *run(void *ctx)
{
    struct vc_committer *committer = ctx;

    (void)pthread_mutex_lock(&committer->mutex);
    for (;;) {
        bool is_news = true;

        wait_for_work(committer);
        if (committer->batch != NULL) {
            commit_one(committer);
            /* Whoever waits for the commit does not wait for what is done behind it. */
            if (committer->result == VC_OK && committer->cfg.tend != NULL) {
                committer->tend_at = 0;
            }
        } else if (committer->is_stopping) {
            break;
        } else if (committer->tend_at <= now_ms()) {
            is_news = tend_once(committer);
        } else {
            is_news = probe_once(committer);
        }
        if (is_news) {
            tell(committer);
        }
    }
    (void)pthread_mutex_unlock(&committer->mutex);
    return NULL;
}

static bool init_locks(struct vc_committer *committer)
{
    pthread_condattr_t attr;
    bool is_fine;

    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    /* The monotonic clock: nobody's clock change makes a probe late. */
    is_fine = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_mutex_init(&committer->mutex, NULL) == 0 &&
              pthread_cond_init(&committer->work, &attr) == 0 &&
              pthread_cond_init(&committer->done, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return is_fine;
}

/* Signals are the loop's business. */
static int start_without_signals(struct vc_committer *committer)
{
    sigset_t all;
    sigset_t before;
    int rc;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSEGV); /* a damaged file: the handler has to see them */
    (void)sigdelset(&all, SIGBUS);
    rc = pthread_sigmask(SIG_BLOCK, &all, &before);
    if (rc == 0) {
        rc = pthread_create(&committer->thread, NULL, run, committer);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* as it was: cannot fail */
    }
    return rc;
}

vc_err vc_committer_start(const struct vc_committer_config *cfg,
                          struct vc_committer **ret_committer)
{
    struct vc_committer *committer = calloc(1, sizeof *committer);

    if (committer == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    committer->cfg = *cfg;
    committer->health = cfg->health;
    committer->is_probing = cfg->health != VC_OK;
    committer->tend_at = cfg->tend != NULL ? 0 : VC_NEVER;
    set_probe_at(committer, cfg->probe_after_ms);
    if (!init_locks(committer) || start_without_signals(committer) != 0) {
        free(committer);
        return VC_ERR_NO_MEMORY;
    }
    *ret_committer = committer;
    return VC_OK;
}

void vc_committer_stop(struct vc_committer *committer)
{
    if (committer == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&committer->mutex);
    VC_CHECK(committer->batch == NULL);
    committer->is_stopping = true;
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->mutex);
    (void)pthread_join(committer->thread, NULL);
    (void)pthread_mutex_destroy(&committer->mutex);
    (void)pthread_cond_destroy(&committer->work);
    (void)pthread_cond_destroy(&committer->done);
    free(committer);
}

void vc_committer_commit(struct vc_committer *committer, const struct vc_batch *batch)
{
    (void)pthread_mutex_lock(&committer->mutex);
    VC_CHECK(committer->batch == NULL && !committer->is_done);
    committer->batch = batch;
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->mutex);
}

bool vc_committer_take(struct vc_committer *committer, vc_err *ret_result)
{
    bool is_done;

    (void)pthread_mutex_lock(&committer->mutex);
    is_done = committer->is_done;
    if (is_done) {
        *ret_result = committer->result;
        committer->is_done = false;
    }
    (void)pthread_mutex_unlock(&committer->mutex);
    return is_done;
}

void vc_committer_wait(struct vc_committer *committer)
{
    (void)pthread_mutex_lock(&committer->mutex);
    while (committer->batch != NULL) {
        (void)pthread_cond_wait(&committer->done, &committer->mutex);
    }
    (void)pthread_mutex_unlock(&committer->mutex);
}

vc_err vc_committer_health(struct vc_committer *committer)
{
    vc_err health;

    (void)pthread_mutex_lock(&committer->mutex);
    health = committer->health;
    (void)pthread_mutex_unlock(&committer->mutex);
    return health;
}

void vc_committer_pause(struct vc_committer *committer)
{
    (void)pthread_mutex_lock(&committer->mutex);
    committer->is_probing = false;
    committer->tend_at = VC_NEVER; /* after the next good commit again */
    while (committer->batch != NULL || committer->is_at_work) {
        (void)pthread_cond_wait(&committer->done, &committer->mutex);
    }
    committer->is_done = false;
    committer->is_probing = false;
    committer->tend_at = VC_NEVER;
    (void)pthread_mutex_unlock(&committer->mutex);
}

void vc_committer_recover(struct vc_committer *committer)
{
    (void)pthread_mutex_lock(&committer->mutex);
    if (committer->health != VC_OK) {
        /* The first one at once: most failures are over when somebody looks. */
        committer->is_probing = true;
        committer->probes = 0;
        set_probe_at(committer, 0);
        (void)pthread_cond_signal(&committer->work);
    }
    (void)pthread_mutex_unlock(&committer->mutex);
}

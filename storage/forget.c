/* SCHEMA.md, "Epochs". */
#include "storage/forget.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "storage/epochs.h"
#include "storage/seal.h"

/* An hour is an hour also of a machine that sleeps. */
static vc_ms now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME,
                        &now); /* fails only for a clock that is not there */
    return (vc_ms)now.tv_sec * 1000 + (vc_ms)now.tv_nsec / 1000000;
}

/* When the file of the epochs was written last is when the last turn was. */
static vc_ms age_of(int dir_fd)
{
    struct timespec now;
    struct stat file;

    if (fstatat(dir_fd, VC_EPOCH_FILE, &file, AT_SYMLINK_NOFOLLOW) != 0 ||
        clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < file.st_mtim.tv_sec) {
        return VC_NEVER; /* a clock that was turned back: better too early */
    }
    return (vc_ms)(now.tv_sec - file.st_mtim.tv_sec) * 1000;
}

void vc_forget_init(struct vc_forget *forget, int dir_fd, struct vc_keyring *ring,
                    vc_ms after_ms)
{
    vc_ms now = now_ms();

    *forget = (struct vc_forget){
        .dir_fd = dir_fd,
        .ring = ring,
        .after_ms = after_ms,
        .turned_at = now - vc_ms_min(age_of(dir_fd), now),
        .has_waste = true,
    };
}

/* Every row of one table, written again: it is sealed in the newest epoch then. */
static vc_err reseal_table(struct vc_schema_tx *tx, enum vc_table table)
{
    uint8_t key[VC_STORE_KEY_MAX];
    struct vc_bytes after = {key, 0};

    for (;;) {
        struct vc_bytes found;
        struct vc_bytes value;
        vc_err err = tx->calls->next(tx, table, after, &found, &value);

        if (err != VC_OK) {
            return err == VC_ERR_NOT_FOUND ? VC_OK : err;
        }
        memcpy(key, found.data, found.len);
        after.len = found.len;
        err = tx->calls->put(tx, table, after, value);
        if (err != VC_OK) {
            return err;
        }
    }
}

static vc_err reseal(struct vc_schema_tx *tx, const void *ctx)
{
    vc_err err = VC_OK;

    (void)ctx;
    for (unsigned i = 0; i < VC_TABLE_COUNT && err == VC_OK; i++) {
        if (vc_table_forgets((enum vc_table)i)) {
            err = reseal_table(tx, (enum vc_table)i);
        }
    }
    return err;
}

vc_err vc_forget_finish(struct vc_forget *forget, struct vc_tables *tables)
{
    vc_err err = VC_OK;

    if (vc_keyring_has_older(forget->ring)) {
        err = vc_tables_run(tables, reseal, NULL);
        if (err == VC_OK) {
            err = vc_epochs_erase(forget->dir_fd, forget->ring);
        }
    }
    return err;
}

static bool turn(struct vc_forget *forget, struct vc_tables *tables)
{
    /* With an older epoch on the ring, an earlier try has got that far. */
    vc_err err = vc_keyring_has_older(forget->ring)
                     ? VC_OK
                     : vc_epochs_begin(forget->dir_fd, forget->ring);

    if (err == VC_OK) {
        err = vc_forget_finish(forget, tables);
    }
    if (err == VC_OK) {
        forget->turned_at = now_ms();
        forget->has_waste = false;
    }
    return err == VC_OK;
}

bool vc_forget_tend(struct vc_forget *forget, struct vc_tables *tables,
                    vc_ms *ret_again_after)
{
    vc_ms due_at = vc_ms_after(forget->turned_at, forget->after_ms);
    vc_ms now = now_ms();

    *ret_again_after = VC_NEVER;
    if (forget->after_ms == VC_NEVER || !forget->has_waste ||
        vc_keyring_may_forget(forget->ring)) {
        return false;
    }
    if (now < due_at) {
        *ret_again_after = due_at - now;
        return false;
    }
    if (turn(forget, tables)) {
        return true;
    }
    *ret_again_after = forget->after_ms > 1000 ? forget->after_ms : 1000;
    return false;
}

void vc_forget_end(struct vc_forget *forget, struct vc_tables *tables)
{
    (void)vc_keyring_forget(forget->ring);
    if (forget->after_ms != VC_NEVER && forget->has_waste) {
        (void)turn(forget, tables); /* else it is made good at the next start */
    }
}

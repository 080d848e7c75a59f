/* The backend on disk: the lock, the file, its tables and the committer, put together. */
#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/backend.h"
#include "storage/committer.h"
#include "storage/epochs.h"
#include "storage/forget.h"
#include "storage/image.h"
#include "storage/keyfile.h"
#include "storage/lock.h"
#include "storage/paths.h"
#include "storage/secret.h"
#include "storage/space.h"
#include "storage/tables.h"
#include "storage/unlock.h"
#include "storage/upgrade.h"

struct disk {
    struct vc_backend base;
    const struct vc_schema *schema;
    struct vc_store_paths paths;
    int dir_fd;
    int lock_fd; /* -1: only read */
    struct vc_tables *tables;
    struct vc_committer *committer; /* NULL: only read */
    struct vc_forget forget;        /* the committer's while it runs */
    vc_err broken;                  /* why there are no tables any more */
};

const struct vc_disk_config vc_disk_config_now = {
    .schema = &vc_schema_now,
    .probe_after_ms = 1000, /* a person who has made room does not want to wait */
    .forget_after_ms = (vc_ms)3600 * 1000,
};

static struct disk *disk_of(struct vc_backend *backend)
{
    return (struct disk *)backend;
}

/* On the committer's thread. */
static vc_err apply(void *ctx, const struct vc_batch *batch, vc_err *ret_health)
{
    struct disk *disk = ctx;
    vc_err err = vc_space_look(disk->paths.store, VC_SPACE_COMMIT_BYTES);

    if (err == VC_OK) {
        err = vc_tables_apply(disk->tables, batch);
    }
    disk->forget.has_waste = disk->forget.has_waste || batch->is_forgetting;
    *ret_health = vc_space_look(disk->paths.store, VC_SPACE_PROMISE_BYTES);
    return err;
}

/* On the committer's thread. */
static vc_err probe(void *ctx)
{
    struct disk *disk = ctx;
    vc_err err = vc_space_look(disk->paths.store, VC_SPACE_PROMISE_BYTES);

    if (disk->tables == NULL) {
        return disk->broken;
    }
    return err != VC_OK ? err : vc_tables_probe(disk->tables);
}

/* On the committer's thread. */
static bool tend(void *ctx, vc_ms *ret_again_after)
{
    struct disk *disk = ctx;

    return vc_forget_tend(&disk->forget, disk->tables, ret_again_after);
}

static vc_err disk_get(struct vc_backend *backend, enum vc_table table,
                       struct vc_bytes place, struct vc_bytes *ret_stored)
{
    struct disk *disk = disk_of(backend);

    return disk->tables == NULL ? disk->broken
                                : vc_tables_get(disk->tables, table, place, ret_stored);
}

static vc_err disk_scan(struct vc_backend *backend, const struct vc_scan *scan)
{
    struct disk *disk = disk_of(backend);

    return disk->tables == NULL ? disk->broken : vc_tables_scan(disk->tables, scan);
}

/* The reader is the last one who may want the key of an epoch that is over. */
static vc_err disk_tend(struct vc_backend *backend)
{
    struct disk *disk = disk_of(backend);
    vc_err err = VC_OK;

    if (disk->tables != NULL && vc_keyring_may_forget(disk->base.ring)) {
        err = vc_tables_renew(disk->tables);
        if (err == VC_OK) {
            (void)vc_keyring_forget(disk->base.ring);
        }
    }
    return err;
}

static void disk_commit(struct vc_backend *backend, const struct vc_batch *batch)
{
    VC_CHECK(disk_of(backend)->committer !=
             NULL); /* nobody writes where it is only read */
    vc_committer_commit(disk_of(backend)->committer, batch);
}

static bool disk_take(struct vc_backend *backend, vc_err *ret_result)
{
    struct disk *disk = disk_of(backend);
    vc_err result;

    if (disk->committer == NULL || !vc_committer_take(disk->committer, &result)) {
        return false;
    }
    if (result == VC_OK) {
        /* The batch is dropped now: only a reader that sees it may stand in for it. */
        result = vc_tables_renew(disk->tables);
    }
    *ret_result = result;
    return true;
}

static void disk_wait(struct vc_backend *backend)
{
    VC_CHECK(disk_of(backend)->committer != NULL);
    vc_committer_wait(disk_of(backend)->committer);
}

/*
 * After a failure LMDB may be in a state that only a new environment ends; the reader says
 * so.  If that does not come up, everything that is asked fails with the reason, for good:
 * the process has to start anew.
 */
static void disk_recover(struct vc_backend *backend)
{
    struct disk *disk = disk_of(backend);
    struct vc_tables_config cfg = {
        .path = disk->paths.store, .schema = disk->schema, .ring = disk->base.ring};

    if (disk->committer == NULL) {
        return; /* only read: there is nothing to come back from */
    }
    vc_committer_pause(disk->committer);
    if (disk->tables != NULL && vc_tables_renew(disk->tables) != VC_OK) {
        vc_tables_close(disk->tables);
        disk->tables = NULL;
        disk->broken = vc_tables_open(&cfg, &disk->tables);
    }
    vc_committer_recover(disk->committer);
}

static vc_err disk_health(struct vc_backend *backend)
{
    struct disk *disk = disk_of(backend);

    if (disk->tables == NULL) {
        return disk->broken;
    }
    return disk->committer == NULL ? VC_ERR_PERMISSION
                                   : vc_committer_health(disk->committer);
}

static uint64_t disk_file_bytes(struct vc_backend *backend)
{
    struct stat file;

    return stat(disk_of(backend)->paths.store, &file) == 0 ? (uint64_t)file.st_size : 0;
}

/* Also for one that is half open. */
static void free_disk(struct disk *disk)
{
    vc_committer_stop(disk->committer);
    vc_tables_close(disk->tables);
    vc_unlock_end(disk->base.ring);
    vc_lock_release(disk->lock_fd);
    if (disk->dir_fd >= 0) {
        (void)close(disk->dir_fd); /* only a name */
    }
    free(disk);
}

static void disk_close(struct vc_backend *backend, bool is_clean)
{
    struct disk *disk = disk_of(backend);

    vc_committer_stop(disk->committer);
    if (is_clean && disk->committer != NULL && disk->tables != NULL) {
        vc_forget_end(&disk->forget, disk->tables);
    }
    vc_tables_close(disk->tables);
    if (is_clean && disk->committer != NULL && disk->tables != NULL) {
        vc_clean_set(disk->dir_fd, VC_STORE_FILE);
    }
    disk->committer = NULL;
    disk->tables = NULL;
    free_disk(disk);
}

static const struct vc_backend_calls disk_calls = {
    .get = disk_get,
    .scan = disk_scan,
    .tend = disk_tend,
    .commit = disk_commit,
    .take = disk_take,
    .wait = disk_wait,
    .recover = disk_recover,
    .health = disk_health,
    .file_bytes = disk_file_bytes,
    .close = disk_close,
};

/* Makes the directory if need be, and opens it. */
static vc_err open_dir(const char *dir, bool is_read_only, int *ret_fd)
{
    int fd;

    if (!is_read_only && mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return errno == ENOSPC ? VC_ERR_DISK_FULL
               : errno == EIO  ? VC_ERR_STORE_IO
                               : VC_ERR_PERMISSION;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT                      ? VC_ERR_NOT_FOUND
               : errno == EMFILE || errno == ENFILE ? VC_ERR_NO_MEMORY
                                                    : VC_ERR_PERMISSION;
    }
    *ret_fd = fd;
    return VC_OK;
}

/* It may be what is left of an upgrade, and the old file then. */
static vc_err remove_made(const struct disk *disk)
{
    (void)unlinkat(disk->dir_fd, VC_STORE_NEW_FILE "-lock",
                   0); /* mostly it is not there */
    return vc_upgrade_erase(disk->dir_fd, VC_STORE_NEW_FILE);
}

/* Data and old names are durable; this makes the new names so. */
static vc_err sync_names(const struct disk *disk)
{
    return fsync(disk->dir_fd) == 0 ? VC_OK
           : errno == ENOSPC        ? VC_ERR_DISK_FULL
                                    : VC_ERR_STORE_IO;
}

/* Puts the made file in the place of the store; an old store has the made one's name then,
 * where the file system can do that. */
static vc_err name_made(const struct disk *disk)
{
    if (renameat2(disk->dir_fd, VC_STORE_NEW_FILE, disk->dir_fd, VC_STORE_FILE,
                  RENAME_EXCHANGE) != 0 &&
        renameat(disk->dir_fd, VC_STORE_NEW_FILE, disk->dir_fd, VC_STORE_FILE) != 0) {
        return errno == ENOSPC ? VC_ERR_DISK_FULL : VC_ERR_STORE_IO;
    }
    return sync_names(disk);
}

/*
 * Under another name until it is whole: an empty or half-made store.mdb is then always
 * damage, and never taken for a new store, which would forget who somebody is.  With an old
 * store of version 1, its rows are copied.
 */
static vc_err make_file(struct disk *disk, const struct vc_lmdb_config *cfg,
                        const struct vc_schema *schema, bool has_old)
{
    struct vc_tables_config tables_cfg = {
        .path = disk->paths.made, .schema = schema, .is_new = true};
    struct vc_tables *tables;
    vc_err err = vc_space_look(cfg->dir, VC_SPACE_COMMIT_BYTES);

    if (err == VC_OK) {
        err = remove_made(disk);
    }
    if (err == VC_OK && disk->base.ring == NULL) {
        err = vc_unlock_or_make(disk->dir_fd, cfg->passphrase, &disk->base.ring);
    }
    if (err == VC_OK) {
        err = vc_epochs_make(disk->dir_fd, disk->base.ring);
    }
    if (err == VC_OK) {
        tables_cfg.ring = disk->base.ring;
        err = vc_tables_open(&tables_cfg, &tables);
    }
    if (err == VC_OK) {
        if (has_old) {
            err = vc_upgrade_copy(disk->paths.store, tables);
        }
        vc_tables_close(tables);
    }
    if (err == VC_OK) {
        /* A commit does not make the file's name and length durable; this does. */
        err = name_made(disk);
    }
    /* What cannot be removed now is removed at the next start. */
    (void)!remove_made(disk);
    return err;
}

/* Makes sure that there is a file which can be mapped, and the keys for it. */
static vc_err prepare_file(struct disk *disk, const struct vc_lmdb_config *cfg,
                           const struct vc_schema *schema)
{
    bool is_short = false;
    bool is_plain = false;
    vc_err err = vc_image_look(disk->paths.store, &is_short);

    if (err == VC_ERR_NOT_FOUND && !cfg->is_read_only) {
        return make_file(disk, cfg, schema, false);
    }
    if (err == VC_OK && is_short) {
        /* Free pages at the end need not be there, but who knows which are missing. */
        err = vc_lmdb_check(cfg, NULL, NULL, 0);
    }
    if (err == VC_OK) {
        err = vc_upgrade_is_wanted(disk->paths.store, &is_plain);
    }
    if (err == VC_OK && is_plain) {
        return cfg->is_read_only ? VC_ERR_UNSUPPORTED
                                 : make_file(disk, cfg, schema, true);
    }
    if (err == VC_OK) {
        err = vc_unlock(disk->dir_fd, cfg->passphrase, &disk->base.ring);
        err = err == VC_ERR_NOT_FOUND ? VC_ERR_STORE_KEY : err;
    }
    if (err == VC_OK) {
        err = vc_epochs_load(disk->dir_fd, disk->base.ring);
    }
    return err;
}

/* Ends what a power loss has cut off. */
static vc_err finish_changes(struct disk *disk)
{
    vc_err err = vc_key_file_settle(disk->dir_fd);

    if (err == VC_OK) {
        (void)!remove_made(
            disk); /* an old file on a worn disk is no reason not to start */
        err = vc_forget_finish(&disk->forget, disk->tables);
    }
    return err == VC_OK ? disk_tend(&disk->base) : err;
}

static vc_err start_writing(struct disk *disk, const struct vc_lmdb_config *cfg,
                            const struct vc_disk_config *disk_cfg)
{
    struct vc_committer_config committer_cfg = {
        .apply = apply,
        .probe = probe,
        .tend = tend,
        .ctx = disk,
        .wake = cfg->wake,
        .wake_ctx = cfg->wake_ctx,
        .health = vc_space_look(disk->paths.store, VC_SPACE_PROMISE_BYTES),
        .probe_after_ms = disk_cfg->probe_after_ms,
    };
    vc_err err;

    vc_forget_init(&disk->forget, disk->dir_fd, disk->base.ring,
                   disk_cfg->forget_after_ms);
    err = finish_changes(disk);
    return err != VC_OK ? err : vc_committer_start(&committer_cfg, &disk->committer);
}

static vc_err open_parts(struct disk *disk, const struct vc_lmdb_config *cfg,
                         const struct vc_disk_config *disk_cfg, long *ret_holder)
{
    struct vc_tables_config tables_cfg = {.path = disk->paths.store,
                                          .schema = disk_cfg->schema,
                                          .is_read_only = cfg->is_read_only};
    vc_err err = vc_store_paths_make(cfg->dir, &disk->paths);

    if (err == VC_OK) {
        err = open_dir(cfg->dir, cfg->is_read_only, &disk->dir_fd);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        err = vc_lock_take(disk->dir_fd, &disk->lock_fd, ret_holder);
    }
    if (err == VC_OK) {
        err = prepare_file(disk, cfg, disk_cfg->schema);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        err = vc_clean_unset(disk->dir_fd);
    }
    if (err == VC_OK) {
        tables_cfg.ring = disk->base.ring;
        err = vc_tables_open(&tables_cfg, &disk->tables);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        err = start_writing(disk, cfg, disk_cfg);
    }
    return err;
}

vc_err vc_disk_open(const struct vc_lmdb_config *cfg,
                    const struct vc_disk_config *disk_cfg, struct vc_store **ret_store,
                    long *ret_holder)
{
    struct disk *disk = calloc(1, sizeof *disk);
    uint8_t hash_key[16];
    vc_err err;

    if (disk == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    disk->base.calls = &disk_calls;
    disk->schema = disk_cfg->schema;
    disk->dir_fd = -1;
    disk->lock_fd = -1;
    err = open_parts(disk, cfg, disk_cfg, ret_holder);
    if (err == VC_OK) {
        err = vc_secret_draw(hash_key, sizeof hash_key);
    }
    if (err == VC_OK) {
        err = vc_store_new(&disk->base, hash_key, ret_store);
    }
    if (err != VC_OK) {
        free_disk(disk);
    }
    return err;
}

vc_err vc_lmdb_open(const struct vc_lmdb_config *cfg, struct vc_store **ret_store,
                    long *ret_holder)
{
    return vc_disk_open(cfg, &vc_disk_config_now, ret_store, ret_holder);
}

bool vc_lmdb_was_clean(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_clean;

    if (fd < 0) {
        return true; /* where nothing is, nothing is damaged */
    }
    is_clean = vc_lock_is_taken(fd) || vc_clean_is_set(fd, VC_STORE_FILE);
    (void)close(fd); /* only a name */
    return is_clean;
}

vc_err vc_lmdb_has_passphrase(const char *dir, bool *ret_has_passphrase)
{
    enum vc_key_form form;
    int fd;
    vc_err err = open_dir(dir, true, &fd);

    if (err != VC_OK) {
        return err;
    }
    err = vc_key_file_form(fd, &form);
    if (err == VC_OK) {
        *ret_has_passphrase = form == VC_KEY_PASSPHRASE;
    }
    (void)close(fd); /* only a name */
    return err;
}

vc_err vc_lmdb_change_passphrase(const char *dir, struct vc_bytes old,
                                 struct vc_bytes fresh)
{
    int fd;
    vc_err err = open_dir(dir, true, &fd);

    if (err == VC_OK) {
        err = vc_key_file_change(fd, old, fresh);
        (void)close(fd); /* only a name */
    }
    return err;
}

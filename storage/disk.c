/* The backend on disk: the lock, the file, its tables and the committer, put together. */
#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/backend.h"
#include "storage/committer.h"
#include "storage/image.h"
#include "storage/lock.h"
#include "storage/paths.h"
#include "storage/space.h"
#include "storage/tables.h"

struct disk {
    struct vc_backend base;
    const struct vc_schema *schema;
    struct vc_store_paths paths;
    int dir_fd;
    int lock_fd; /* -1: only read */
    struct vc_tables *tables;
    struct vc_committer *committer; /* NULL: only read */
    vc_err broken;                  /* why there are no tables any more */
};

const struct vc_disk_config vc_disk_config_now = {
    .schema = &vc_schema_now,
    .probe_after_ms = 1000, /* a person who has made room does not want to wait */
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

static vc_err disk_get(struct vc_backend *backend, enum vc_table table,
                       struct vc_bytes key, struct vc_bytes *ret_sealed)
{
    struct disk *disk = disk_of(backend);

    return disk->tables == NULL ? disk->broken
                                : vc_tables_get(disk->tables, table, key, ret_sealed);
}

static vc_err disk_scan(struct vc_backend *backend, const struct vc_scan *scan)
{
    struct disk *disk = disk_of(backend);

    return disk->tables == NULL ? disk->broken : vc_tables_scan(disk->tables, scan);
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
    struct vc_tables_config cfg = {.path = disk->paths.store, .schema = disk->schema};

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

static void remove_made(const struct disk *disk)
{
    (void)unlinkat(disk->dir_fd, VC_STORE_NEW_FILE, 0); /* mostly it is not there */
    (void)unlinkat(disk->dir_fd, VC_STORE_NEW_FILE "-lock", 0);
}

/*
 * Under another name until it is whole: an empty or half-made store.mdb is then always
 * damage, and never taken for a new store, which would forget who somebody is.
 */
static vc_err make_file(const struct disk *disk, const char *dir)
{
    struct vc_tables_config cfg = {
        .path = disk->paths.made, .schema = disk->schema, .is_new = true};
    struct vc_tables *tables;
    vc_err err = vc_space_look(dir, VC_SPACE_COMMIT_BYTES);

    remove_made(disk);
    if (err == VC_OK) {
        err = vc_tables_open(&cfg, &tables);
    }
    if (err == VC_OK) {
        vc_tables_close(tables);
        /* A commit does not make the file's name and length durable; this does. */
        if (renameat(disk->dir_fd, VC_STORE_NEW_FILE, disk->dir_fd, VC_STORE_FILE) !=
                0 ||
            fsync(disk->dir_fd) != 0) {
            err = errno == ENOSPC ? VC_ERR_DISK_FULL : VC_ERR_STORE_IO;
        }
    }
    remove_made(disk);
    return err;
}

/* Makes sure that there is a file which can be mapped. */
static vc_err prepare_file(const struct disk *disk, const struct vc_lmdb_config *cfg)
{
    bool is_short = false;
    vc_err err = vc_image_look(disk->paths.store, &is_short);

    if (err == VC_ERR_NOT_FOUND && !cfg->is_read_only) {
        return make_file(disk, cfg->dir);
    }
    if (err == VC_OK && is_short) {
        /* Free pages at the end need not be there, but who knows which are missing. */
        err = vc_lmdb_check(cfg->dir, NULL, NULL, 0);
    }
    return err;
}

static vc_err open_parts(struct disk *disk, const struct vc_lmdb_config *cfg,
                         const struct vc_disk_config *disk_cfg, long *ret_holder)
{
    struct vc_tables_config tables_cfg = {.path = disk->paths.store,
                                          .schema = disk_cfg->schema,
                                          .is_read_only = cfg->is_read_only};
    struct vc_committer_config committer_cfg = {
        .apply = apply,
        .probe = probe,
        .ctx = disk,
        .wake = cfg->wake,
        .wake_ctx = cfg->wake_ctx,
        .probe_after_ms = disk_cfg->probe_after_ms,
    };
    vc_err err = vc_store_paths_make(cfg->dir, &disk->paths);

    if (err == VC_OK) {
        err = open_dir(cfg->dir, cfg->is_read_only, &disk->dir_fd);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        err = vc_lock_take(disk->dir_fd, &disk->lock_fd, ret_holder);
    }
    if (err == VC_OK) {
        err = prepare_file(disk, cfg);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        err = vc_clean_unset(disk->dir_fd);
    }
    if (err == VC_OK) {
        err = vc_tables_open(&tables_cfg, &disk->tables);
    }
    if (err == VC_OK && !cfg->is_read_only) {
        committer_cfg.health = vc_space_look(disk->paths.store, VC_SPACE_PROMISE_BYTES);
        err = vc_committer_start(&committer_cfg, &disk->committer);
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
    if (err == VC_OK && getrandom(hash_key, sizeof hash_key, 0) != sizeof hash_key) {
        err = VC_ERR_IO;
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

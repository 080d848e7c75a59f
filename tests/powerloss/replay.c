/*
 * Power losses: records a run of the store, then makes the directory as it may stand after
 * the power went at some moment, and opens it with the store.
 *
 *     powerloss_replay [-n STATES] [-s SEED] [-u | -m] [-l LOG] [-k | -v FILE]
 *                      RECORDER WORKLOAD
 *
 * What was synced is there; of the rest any part may be: a write is kept, lost or torn into
 * sectors of 512 bytes, in any order; of unsynced changes of names a beginning is kept.  A
 * state is good when the store opens, has the state after some turn exactly, and that turn
 * is not before the last one that was acknowledged.
 *
 * The log of a run with bad states is kept; with -l it is replayed, and the same seed makes
 * the same states.
 *
 * With -k the workload changes the passphrase, and one of those that it has set opens the
 * store; with -v it makes the store FILE of version 1 over, and all its rows are there.
 *
 * With -u syncs are taken for nothing, as if the disk lied; with -m only those of writes
 * through O_DSYNC, which is how LMDB writes its meta page.  Then there must be bad states, or
 * the judge does not see anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/lmdb.h"
#include "tests/powerloss/log.h"
#include "tests/powerloss/turns.h"

#define SECTOR         512
#define FILES_MAX      64
#define FILE_BYTES_MAX (4u << 20)
#define OLD_ROWS 44

struct entry {
    struct vc_powerloss_entry head;
    const uint8_t *bytes;
};

struct log {
    uint8_t *bytes;
    struct entry *entries;
    size_t count;
};

/* A file of the directory as the disk has it. */
struct file {
    uint64_t inode;
    char name[VC_POWERLOSS_NAME_MAX]; /* empty: it has none any more */
    uint8_t *bytes;
    size_t len;
};

struct disk {
    struct file files[FILES_MAX];
    size_t count;
    uint64_t acknowledged;
};

static bool are_syncs_ignored;
static bool are_metas_ignored;
static bool has_passphrases;
static bool is_upgrade;

static void need(bool is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "powerloss: %s: %s\n", what, strerror(errno));
        exit(2);
    }
}

static uint32_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(z >> 32);
}

static void read_log(const char *path, struct log *log)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat file;
    size_t at = 0;

    need(fd >= 0 && fstat(fd, &file) == 0, path);
    log->bytes = malloc((size_t)file.st_size);
    log->entries = malloc((size_t)file.st_size / sizeof(struct vc_powerloss_entry) *
                          sizeof(struct entry));
    log->count = 0;
    need(log->bytes != NULL && log->entries != NULL, "memory");
    for (ssize_t got; at < (size_t)file.st_size; at += (size_t)got) {
        got = read(fd, log->bytes + at, (size_t)file.st_size - at);
        need(got > 0, path);
    }
    for (at = 0; at < (size_t)file.st_size; log->count++) {
        struct entry *entry = &log->entries[log->count];

        memcpy(&entry->head, log->bytes + at, sizeof entry->head);
        at += sizeof entry->head;
        entry->bytes = log->bytes + at;
        at += entry->head.len;
    }
    (void)close(fd);
}

static struct file *find_file(struct disk *disk, const struct entry *entry)
{
    struct file *file;

    for (size_t i = disk->count; i > 0; i--) {
        if (disk->files[i - 1].inode == entry->head.inode) {
            return &disk->files[i - 1];
        }
    }
    need(disk->count < FILES_MAX, "too many files");
    file = &disk->files[disk->count++];
    memset(file, 0, sizeof *file);
    file->inode = entry->head.inode;
    memcpy(file->name, entry->head.name, sizeof file->name);
    file->bytes = calloc(1, FILE_BYTES_MAX);
    need(file->bytes != NULL, "memory");
    return file;
}

static void write_part(struct file *file, const struct entry *entry, size_t from,
                       size_t len)
{
    size_t at = entry->head.offset + from;

    need(at + len <= FILE_BYTES_MAX, "a larger file");
    memcpy(file->bytes + at, entry->bytes + from, len);
    if (at + len > file->len) {
        file->len = at + len;
    }
}

/* Some of the sectors of a write. */
static void tear(struct file *file, const struct entry *entry, uint64_t *rng)
{
    for (size_t from = 0; from < entry->head.len;) {
        size_t to_sector = SECTOR - (entry->head.offset + from) % SECTOR;
        size_t left = entry->head.len - from;
        size_t len = to_sector < left ? to_sector : left;

        if (draw(rng) % 2 == 0) {
            write_part(file, entry, from, len);
        }
        from += len;
    }
}

/* Changes that were made and may be lost: all since the last sync of what they change. */
struct pending {
    const struct entry **entries;
    size_t count;
};

static void apply_whole(struct disk *disk, const struct entry *entry)
{
    struct file *file = find_file(disk, entry);

    switch ((enum vc_powerloss_kind)entry->head.kind) {
    case VC_POWERLOSS_WRITE:
        write_part(file, entry, 0, entry->head.len);
        break;
    case VC_POWERLOSS_TRUNCATE:
        if (entry->head.offset < file->len) {
            memset(file->bytes + entry->head.offset, 0, file->len - entry->head.offset);
        }
        file->len = entry->head.offset;
        break;
    case VC_POWERLOSS_RENAME:
        for (size_t i = 0; i < disk->count; i++) {
            if (strcmp(disk->files[i].name, entry->head.name) == 0) {
                disk->files[i].name[0] = '\0';
            }
        }
        memcpy(file->name, entry->head.name, sizeof file->name);
        break;
    case VC_POWERLOSS_UNLINK:
        file->name[0] = '\0';
        file->inode = 0; /* the number may be given to another file */
        break;
    case VC_POWERLOSS_SYNC:
    case VC_POWERLOSS_SYNC_DIR:
    case VC_POWERLOSS_MARK:
        break;
    }
}

static bool is_name_change(const struct entry *entry)
{
    return entry->head.kind == VC_POWERLOSS_RENAME ||
           entry->head.kind == VC_POWERLOSS_UNLINK;
}

/* What a sync makes durable leaves the pending changes. */
static void settle(struct disk *disk, struct pending *pending, const struct entry *sync)
{
    size_t kept = 0;

    for (size_t i = 0; i < pending->count; i++) {
        const struct entry *entry = pending->entries[i];
        bool is_meant =
            sync->head.kind == VC_POWERLOSS_SYNC_DIR
                ? is_name_change(entry)
                : !is_name_change(entry) && entry->head.inode == sync->head.inode;

        if (is_meant) {
            apply_whole(disk, entry);
        } else {
            pending->entries[kept++] = entry;
        }
    }
    pending->count = kept;
}

/* Runs the log up to @cut into what is durable and what is pending. */
static void run_log(const struct log *log, size_t cut, struct disk *disk,
                    struct pending *pending)
{
    for (size_t i = 0; i < cut; i++) {
        const struct entry *entry = &log->entries[i];

        switch ((enum vc_powerloss_kind)entry->head.kind) {
        case VC_POWERLOSS_SYNC:
        case VC_POWERLOSS_SYNC_DIR:
            if (!are_syncs_ignored) {
                settle(disk, pending, entry);
            }
            break;
        case VC_POWERLOSS_MARK:
            disk->acknowledged = entry->head.offset;
            break;
        case VC_POWERLOSS_WRITE:
            if (entry->head.is_durable != 0 && !are_syncs_ignored &&
                !are_metas_ignored) {
                apply_whole(disk, entry);
                break;
            }
            pending->entries[pending->count++] = entry;
            break;
        case VC_POWERLOSS_TRUNCATE:
        case VC_POWERLOSS_RENAME:
        case VC_POWERLOSS_UNLINK:
            pending->entries[pending->count++] = entry;
            break;
        }
    }
    /* The call that was under way when the power went. */
    if (cut < log->count && log->entries[cut].head.kind == VC_POWERLOSS_WRITE) {
        pending->entries[pending->count++] = &log->entries[cut];
    }
}

/* Decides about each pending change. */
static void lose_some(struct disk *disk, const struct pending *pending, uint64_t *rng)
{
    uint32_t mood = draw(rng) % 4; /* all kept, all lost, or a mixture */
    uint32_t names = draw(rng) % 8;

    for (size_t i = 0; i < pending->count; i++) {
        const struct entry *entry = pending->entries[i];
        uint32_t fate = mood == 0 ? 0 : mood == 1 ? 1 : draw(rng) % 3;

        if (is_name_change(entry)) {
            if (names > 0) {
                names--;
                apply_whole(disk, entry);
            }
        } else if (fate == 0) {
            apply_whole(disk, entry);
        } else if (fate == 2 && entry->head.kind == VC_POWERLOSS_WRITE) {
            tear(find_file(disk, entry), entry, rng);
        }
    }
}

static int remove_entry(const char *path, const struct stat *stat, int kind,
                        struct FTW *place)
{
    (void)stat;
    (void)kind;
    (void)place;
    return remove(path);
}

static void write_disk(const struct disk *disk, const char *dir)
{
    (void)nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    need(mkdir(dir, 0700) == 0, dir);
    for (size_t i = 0; i < disk->count; i++) {
        const struct file *file = &disk->files[i];
        char path[512];
        FILE *stream;

        if (file->name[0] == '\0' || strstr(file->name, "-lock") != NULL) {
            continue;
        }
        need(snprintf(path, sizeof path, "%s/%s", dir, file->name) < (int)sizeof path,
             "a shorter path");
        stream = fopen(path, "wb");
        need(stream != NULL && fwrite(file->bytes, 1, file->len, stream) == file->len &&
                 fclose(stream) == 0,
             path);
    }
}

/* Opens the directory as veched would after a power loss. */
static vc_err open_with(struct vc_lmdb_config *cfg, struct vc_store **ret_store,
                        char ret_words[160])
{
    vc_err err = VC_OK;

    if (!vc_lmdb_was_clean(cfg->dir)) {
        err = vc_lmdb_check(cfg, NULL, ret_words, 128);
    }
    return err == VC_OK ? vc_lmdb_open(cfg, ret_store, NULL) : err;
}

/* With whatever passphrase it has at that moment. */
static vc_err open_any(struct vc_lmdb_config *cfg, struct vc_store **ret_store,
                       char ret_words[160])
{
    static const char *const passphrases[] = VC_TURNS_PASSPHRASES;
    vc_err err = VC_ERR_LOCKED;

    for (size_t i = 0; i < (has_passphrases ? 3 : 1); i++) {
        cfg->passphrase =
            (struct vc_bytes){(const uint8_t *)passphrases[i], strlen(passphrases[i])};
        err = open_with(cfg, ret_store, ret_words);
        if (err != VC_ERR_LOCKED && err != VC_ERR_WRONG_PASSPHRASE) {
            break;
        }
    }
    if (err != VC_OK && ret_words[0] == '\0') {
        (void)snprintf(ret_words, 160, "open: %s", vc_err_name(err));
    }
    return err;
}

static bool compare_turns(struct vc_store *store, uint64_t acknowledged,
                          char ret_words[160])
{
    struct vc_turns_state state;
    uint32_t turn;
    vc_err err = vc_turns_last(store, &turn);

    if (err != VC_OK || turn < acknowledged) {
        (void)snprintf(ret_words, 160, "%s: at turn %u, but %llu was acknowledged",
                       vc_err_name(err), turn, (unsigned long long)acknowledged);
        return false;
    }
    vc_turns_state(turn, &state);
    if (!vc_turns_compare(store, &state, ret_words)) {
        return false;
    }
    if (!vc_turns_write(store, turn + 1)) {
        (void)snprintf(ret_words, 160, "nothing can be written: %s",
                       vc_err_name(vc_store_health(store)));
        return false;
    }
    (void)vc_store_submit(store);
    return true;
}

static bool count_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key;
    *(size_t *)ctx += memmem(value.data, value.len, "canary", 6) != NULL ? 1 : 0;
    return true;
}

/* The rows of the old store; tests/unit/storage/fixtures says which. */
static bool compare_old(struct vc_store *store, char ret_words[160])
{
    size_t rows = 0;
    struct vc_scan scan = {.on_row = count_row, .ctx = &rows};

    for (unsigned i = 0; i < VC_TABLE_COUNT; i++) {
        scan.table = (enum vc_table)i;
        if (vc_store_scan(store, &scan) != VC_OK) {
            (void)snprintf(ret_words, 160, "table %u cannot be read", i);
            return false;
        }
    }
    (void)snprintf(ret_words, 160, "%zu rows of the old store", rows);
    return rows == OLD_ROWS;
}

/* false with words. */
static bool judge(const char *dir, uint64_t acknowledged, char ret_words[160])
{
    struct vc_lmdb_config cfg = {.dir = dir};
    struct vc_store *store;
    bool is_good;

    if (is_upgrade && acknowledged == 0) {
        return true; /* the old file was still being copied */
    }
    if (open_any(&cfg, &store, ret_words) != VC_OK) {
        return false;
    }
    is_good = is_upgrade ? compare_old(store, ret_words)
                         : compare_turns(store, acknowledged, ret_words);
    vc_store_close(store);
    return is_good && vc_lmdb_check(&cfg, NULL, ret_words, 128) == VC_OK;
}

/* A bad state may end the judge by a signal. */
static bool judge_in_child(const char *dir, uint64_t acknowledged, char ret_words[160])
{
    int status = 0;
    int fds[2];
    pid_t child;

    need(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
    child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
        char words[160] = "";
        bool is_good = judge(dir, acknowledged, words);

        (void)!write(fds[1], words, sizeof words); /* then there are none */
        _exit(is_good ? 0 : 1);
    }
    (void)close(fds[1]);
    memset(ret_words, 0, 160);
    (void)!read(fds[0], ret_words, 159); /* as above */
    (void)close(fds[0]);
    need(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status)) {
        (void)snprintf(ret_words, 160, "signal %d", WTERMSIG(status));
    }
    return status == 0;
}

static void record(const char *recorder, const char *workload, const char *dir,
                   const char *log_path, const char *old_path)
{
    const char *mode = has_passphrases ? "keys" : is_upgrade ? "upgrade" : NULL;
    pid_t child = fork();
    int status;

    need(child >= 0, "fork");
    if (child == 0) {
        /* A sanitizer wants to be first, but the recorder does not allocate. */
        need(setenv("LD_PRELOAD", recorder, 1) == 0 &&
                 setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1) == 0 &&
                 setenv(VC_POWERLOSS_DIR, dir, 1) == 0 &&
                 setenv(VC_POWERLOSS_LOG, log_path, 1) == 0,
             "setenv");
        (void)execl(workload, workload, dir, mode, old_path, (char *)NULL);
        _exit(127);
    }
    need(waitpid(child, &status, 0) == child, "waitpid");
    need(status == 0, "the workload");
}

/* One power loss; gives whether the store came through. */
static bool lose_power(const struct log *log, uint64_t seed, const char *dir,
                       bool is_loud)
{
    struct disk disk = {.count = 0};
    struct pending pending = {.count = 0};
    uint64_t rng = seed;
    size_t cut = draw(&rng) % (log->count + 1);
    char words[160];
    bool is_good;

    pending.entries = malloc((log->count + 1) * sizeof(*pending.entries));
    need(pending.entries != NULL, "memory");
    run_log(log, cut, &disk, &pending);
    lose_some(&disk, &pending, &rng);
    write_disk(&disk, dir);
    is_good = judge_in_child(dir, disk.acknowledged, words);
    if (!is_good && is_loud) {
        printf("bad: state %llu, at entry %zu of %zu, %zu pending: %s\n",
               (unsigned long long)seed, cut, log->count, pending.count, words);
    }
    for (size_t i = 0; i < disk.count; i++) {
        free(disk.files[i].bytes);
    }
    free(pending.entries);
    return is_good;
}

int main(int argc, char **argv)
{
    /* The states are written to memory where there is such a place: they lose no power. */
    char top[64];
    char dir[80];
    char log_path[80];
    struct log log;
    unsigned long states = 1000;
    unsigned long seed = 1;
    unsigned long bad = 0;
    const char *given_log = NULL;
    const char *old_path = NULL;
    bool is_lying;
    int option;

    while ((option = getopt(argc, argv, "n:s:uml:kv:")) != -1) {
        states = option == 'n' ? strtoul(optarg, NULL, 10) : states;
        seed = option == 's' ? strtoul(optarg, NULL, 10) : seed;
        given_log = option == 'l' ? optarg : given_log;
        old_path = option == 'v' ? optarg : old_path;
        has_passphrases = option == 'k' || has_passphrases;
        are_syncs_ignored = option == 'u' || are_syncs_ignored;
        are_metas_ignored = option == 'm' || are_metas_ignored;
    }
    is_upgrade = old_path != NULL;
    need(argc - optind == 2 && vc_crypto_init() == VC_OK, "usage");
    (void)snprintf(top, sizeof top, "%s/veche-powerloss-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    need(mkdtemp(top) != NULL, top);
    (void)snprintf(dir, sizeof dir, "%s/store", top);
    (void)snprintf(log_path, sizeof log_path, "%s/log", top);
    need(mkdir(dir, 0700) == 0, dir);
    if (given_log == NULL) {
        record(argv[optind], argv[optind + 1], dir, log_path, old_path);
    }
    read_log(given_log != NULL ? given_log : log_path, &log);
    for (unsigned long i = 0; i < states; i++) {
        bad += lose_power(&log, seed * 1000000 + i, dir, bad < 10) ? 0 : 1;
    }
    printf("%lu states of %zu recorded changes, seed %lu: %lu bad\n", states, log.count,
           seed, bad);
    free(log.bytes);
    free(log.entries);
    is_lying = are_syncs_ignored || are_metas_ignored;
    if (bad > 0 && !is_lying && given_log == NULL) {
        printf("the log is kept: -l %s\n", log_path);
        return 1;
    }
    (void)nftw(top, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return (bad > 0) == is_lying ? 0 : 1;
}

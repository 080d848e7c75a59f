#include "tests/unit/storage/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "tests/support/test.h"

#define FILE_BYTES_MAX (1u << 20)

int folder_set_up(void **state)
{
    const char *base = getenv("TMPDIR");
    struct folder *folder = malloc(sizeof *folder);

    assert_int_equal(vc_crypto_init(), VC_OK);
    assert_true(snprintf(folder->path, sizeof folder->path, "%s/veche-folder-XXXXXX",
                         base == NULL || strlen(base) > 32 ? "/tmp" : base) <
                (int)sizeof folder->path);
    assert_non_null(mkdtemp(folder->path));
    folder_open(folder);
    *state = folder;
    return 0;
}

void folder_open(struct folder *folder)
{
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->fd >= 0);
}

void folder_close(struct folder *folder)
{
    (void)close(folder->fd);
}

static int remove_entry(const char *path, const struct stat *stat, int kind,
                        struct FTW *place)
{
    (void)stat;
    (void)kind;
    (void)place;
    return remove(path);
}

int folder_tear_down(void **state)
{
    struct folder *folder = *state;

    folder_close(folder);
    (void)nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return 0;
}

struct vc_bytes folder_read(const struct folder *folder, const char *name)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    assert_true(fd >= 0);
    len = read(fd, bytes, sizeof bytes);
    assert_true(len >= 0 && (size_t)len < sizeof bytes);
    (void)close(fd);
    return (struct vc_bytes){bytes, (size_t)len};
}

void folder_write(const struct folder *folder, const char *name, struct vc_bytes bytes)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    assert_int_equal(close(fd), 0);
}

static size_t count_in_file(const char *path, struct vc_bytes needle)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;
    uint8_t *bytes;
    size_t len;
    size_t found = 0;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &facts), 0);
    len = (size_t)facts.st_size;
    bytes = malloc(len + 1);
    assert_int_equal(fread(bytes, 1, len, file), len);
    (void)fclose(file);
    for (const uint8_t *at = bytes;
         (at = memmem(at, len - (size_t)(at - bytes), needle.data, needle.len)) != NULL;
         at++) {
        found++;
    }
    free(bytes);
    return found;
}

size_t folder_find(const char *path, struct vc_bytes needle)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t found = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char full[512];

        if (entry->d_type == DT_REG) {
            assert_true(snprintf(full, sizeof full, "%s/%s", path, entry->d_name) <
                        (int)sizeof full);
            found += count_in_file(full, needle);
        }
    }
    (void)closedir(dir);
    return found;
}

#include "node/edge/system.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* From here on a piece is mapped by itself: a link machine's pools, never a row. */
#define MAPPED_FROM_BYTES ((size_t)1024 * 1024)

static vc_ms read_clock(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) != 0) {
        return 0;
    }
    return (vc_ms)t.tv_sec * 1000 + (vc_ms)t.tv_nsec / 1000000;
}

struct vc_now vc_system_now(void)
{
    return (struct vc_now){.mono = read_clock(CLOCK_BOOTTIME),
                           .unix_ms = read_clock(CLOCK_REALTIME)};
}

vc_ms vc_system_asleep_ms(void)
{
    vc_ms awake = read_clock(CLOCK_MONOTONIC);
    vc_ms since_boot = read_clock(CLOCK_BOOTTIME);

    return since_boot > awake ? since_boot - awake : 0;
}

vc_err vc_system_seed(struct vc_secret32 *ret_seed)
{
    size_t got = 0;

    while (got < sizeof ret_seed->b) {
        ssize_t n = getrandom(ret_seed->b + got, sizeof ret_seed->b - got, 0);

        if (n < 0 && errno != EINTR) {
            return VC_ERR_IO;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return VC_OK;
}

static void *map_zeroed(size_t size)
{
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (mem == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(mem, size, MADV_DONTDUMP); /* a core file is off anyway */
    return mem;
}

static void release(void *mem, size_t size)
{
    if (mem == NULL) {
        return;
    }
    if (size >= MAPPED_FROM_BYTES) {
        munmap(mem, size);
    } else {
        free(mem);
    }
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    void *mem;

    (void)ctx;
    if (new_size == 0) {
        release(old, old_size);
        return NULL;
    }
    if (old != NULL && old_size < MAPPED_FROM_BYTES && new_size < MAPPED_FROM_BYTES) {
        return realloc(old, new_size);
    }
    mem = new_size >= MAPPED_FROM_BYTES ? map_zeroed(new_size) : malloc(new_size);
    if (mem != NULL && old != NULL) {
        memcpy(mem, old, old_size < new_size ? old_size : new_size);
        release(old, old_size);
    }
    return mem;
}

struct vc_alloc vc_system_alloc(void)
{
    return (struct vc_alloc){.resize = resize};
}

/* JSON may hold a passphrase, and jansson's memory is not ours to wipe in time. */
static void free_wiped(void *mem)
{
    if (mem != NULL) {
        vc_wipe(mem, malloc_usable_size(mem));
        free(mem);
    }
}

void vc_system_harden(void)
{
    struct rlimit none = {0, 0};

    json_set_alloc_funcs(malloc, free_wiped);
    (void)setrlimit(RLIMIT_CORE,
                    &none); /* best effort: the next line does it as well */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void vc_system_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = path != NULL ? strlen(path) : 0;
    int fd;

    if (len == 0 || len >= sizeof addr.sun_path || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(addr.sun_path, path, len);
    if (path[0] == '@') {
        addr.sun_path[0] = '\0'; /* an abstract socket */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

uint64_t vc_system_rss_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[128] = "", *end = line;
    unsigned long long pages = 0;

    if (file == NULL) {
        return 0;
    }
    if (fgets(line, sizeof line, file) != NULL) {
        (void)strtoull(line, &end,
                       10); /* all pages; the resident ones stand behind them */
        pages = strtoull(end, NULL, 10);
    }
    (void)fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void on_walk(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void vc_system_close_loop(uv_loop_t *loop)
{
    uv_walk(loop, on_walk, NULL);
    while (uv_run(loop, UV_RUN_DEFAULT) != 0) {
    }
    (void)uv_loop_close(loop); /* the process ends anyway */
}

/*
 * Preloaded: one allocation of the process fails, the one that VC_FAIL_ALLOC numbers, from
 * 1 at the start; VC_FAIL_LENGTH more than one lets those after it fail as well.  A file
 * named by VC_FAIL_MARK is made when that happens, so that a lab sees where the end is.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong made;
static unsigned long fail_first, fail_length;
static const char *mark;

static void *(*next_malloc)(size_t size);
static void *(*next_calloc)(size_t count, size_t size);
static void *(*next_realloc)(void *mem, size_t size);
static void (*next_free)(void *mem);
static atomic_bool is_looking;

/* What the loader itself asks for while it looks the functions up. */
static _Alignas(16) char early[16384];
static size_t early_len;

static bool is_early(const void *mem)
{
    return (const char *)mem >= early && (const char *)mem < early + sizeof early;
}

static void *early_alloc(size_t size)
{
    void *mem = early + early_len;

    if (size > sizeof early - early_len) {
        _exit(99);
    }
    early_len += (size + 15) & ~(size_t)15;
    return mem;
}

static unsigned long number_of(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

/* A function pointer cannot be cast from dlsym()'s object pointer in standard C. */
static void find(void *ret_function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(ret_function, &found, sizeof found);
}

static bool is_ready(void)
{
    if (next_free != NULL) {
        return true;
    }
    if (atomic_exchange(&is_looking, true)) {
        return false;
    }
    find(&next_malloc, "malloc");
    find(&next_calloc, "calloc");
    find(&next_realloc, "realloc");
    find(&next_free, "free");
    return true;
}

__attribute__((constructor)) static void begin(void)
{
    (void)is_ready();
    mark = getenv("VC_FAIL_MARK");
    fail_length = number_of("VC_FAIL_LENGTH");
    fail_length += fail_length == 0;
    atomic_store(&made, 0);
    fail_first = number_of("VC_FAIL_ALLOC");
}

static bool fails(void)
{
    unsigned long number = atomic_fetch_add(&made, 1) + 1;

    if (fail_first == 0 || number < fail_first || number >= fail_first + fail_length) {
        return false;
    }
    if (mark != NULL) {
        int fd = open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

        if (fd >= 0) {
            close(fd);
        }
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (!is_ready()) {
        return early_alloc(size);
    }
    return fails() ? NULL : next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!is_ready()) {
        return early_alloc(count * size); /* zero, and never given out twice */
    }
    return fails() ? NULL : next_calloc(count, size);
}

void *realloc(void *mem, size_t size)
{
    void *moved;

    if (!is_ready()) {
        return early_alloc(size);
    }
    if (size > 0 && fails()) {
        return NULL;
    }
    if (!is_early(mem)) {
        return next_realloc(mem, size);
    }
    moved = next_malloc(size);
    if (moved != NULL) {
        size_t len = (size_t)(early + sizeof early - (char *)mem);

        memcpy(moved, mem, size < len ? size : len);
    }
    return moved;
}

void free(void *mem)
{
    if (mem != NULL && !is_early(mem)) {
        next_free(mem);
    }
}

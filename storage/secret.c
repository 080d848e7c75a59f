#include "storage/secret.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "crypto/prim.h"

static size_t page_bytes(void)
{
    long bytes = sysconf(_SC_PAGESIZE);

    return bytes > 0 ? (size_t)bytes : 4096;
}

/* Whole pages that hold @len bytes. */
static size_t round_up(size_t len)
{
    return (len + page_bytes() - 1) / page_bytes() * page_bytes();
}

void *vc_secret_new(size_t len, bool is_locked)
{
    size_t page = page_bytes();
    size_t inner = round_up(len);
    uint8_t *all = mmap(NULL, inner + 2 * page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (all == MAP_FAILED) {
        return NULL;
    }
    if (mprotect(all + page, inner, PROT_READ | PROT_WRITE) != 0) {
        (void)munmap(all, inner + 2 * page);
        return NULL;
    }
    if (is_locked) {
        /* Some systems let a process lock little; everything else still holds. */
        (void)mlock(all + page, inner);
    }
    (void)madvise(all + page, inner, MADV_DONTDUMP);
    return all + page;
}

void vc_secret_free(void *mem, size_t len)
{
    if (mem != NULL) {
        vc_wipe(mem, len);
    }
    vc_secret_drop(mem, len);
}

void vc_secret_drop(void *mem, size_t len)
{
    size_t page = page_bytes();

    if (mem != NULL) {
        (void)munmap((uint8_t *)mem - page, round_up(len) + 2 * page);
    }
}

vc_err vc_secret_draw(void *ret_bytes, size_t len)
{
    uint8_t *bytes = ret_bytes;

    for (size_t got = 0; got < len;) {
        ssize_t n = getrandom(bytes + got, len - got, 0);

        if (n < 0 && errno != EINTR) {
            return VC_ERR_IO;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return VC_OK;
}

/*
 * Preloaded: the machine has slept.  The file that VC_SLEPT names has a byte for each second;
 * CLOCK_BOOTTIME counts them, as after a real sleep, and CLOCK_MONOTONIC does not.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    const char *slept = getenv("VC_SLEPT");
    struct stat facts;

    if (syscall(SYS_clock_gettime, clock, ret_time) != 0) {
        return -1;
    }
    if (clock == CLOCK_BOOTTIME && slept != NULL && stat(slept, &facts) == 0) {
        ret_time->tv_sec += facts.st_size;
    }
    return 0;
}

/*
 * Calls of the system that fail on demand.  A program that links faults.c has its own malloc,
 * fdatasync and so on, and the shared libraries it uses call these; what is not to fail goes
 * on to the system.
 */
#ifndef VC_TESTS_UNIT_STORAGE_FAULTS_H
#define VC_TESTS_UNIT_STORAGE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_call {
    FAULT_MALLOC,    /* malloc, calloc, realloc */
    FAULT_FDATASYNC, /* fdatasync, fsync, msync */
    FAULT_WRITE,     /* write, pwrite, writev, pwritev; on regular files only */
    FAULT_CALL_COUNT
};

/* From now on the @nth call of this kind (1 is the next) fails with @error, and all after
 * it when @is_for_good.  @nth 0: none fails. */
void fault_set(enum fault_call call, unsigned nth, int error, bool is_for_good);
/* Calls of this kind since fault_set(). */
unsigned fault_calls(enum fault_call call);
/* What statvfs() says is free; UINT64_MAX: the truth. */
void fault_set_free_bytes(uint64_t bytes);

#endif

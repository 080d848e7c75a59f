/*
 * The log of what a process did to the files of one directory, in the order in which it was
 * done: written by record.c, read by replay.c.  Integers are those of the machine.
 */
#ifndef VC_TESTS_POWERLOSS_LOG_H
#define VC_TESTS_POWERLOSS_LOG_H

#include <stdint.h>

/* The environment of a recorded process. */
#define VC_POWERLOSS_DIR "VECHE_POWERLOSS_DIR" /* whose files */
#define VC_POWERLOSS_LOG "VECHE_POWERLOSS_LOG" /* where the log goes */

#define VC_POWERLOSS_NAME_MAX 31

enum vc_powerloss_kind {
    VC_POWERLOSS_WRITE = 1, /* @len bytes follow */
    VC_POWERLOSS_TRUNCATE,
    VC_POWERLOSS_SYNC,     /* of a file */
    VC_POWERLOSS_SYNC_DIR, /* of the directory */
    VC_POWERLOSS_RENAME,   /* the file is called @name from now on */
    VC_POWERLOSS_UNLINK,
    VC_POWERLOSS_MARK, /* everything up to @offset has been acknowledged */
};

struct vc_powerloss_entry {
    uint32_t kind;
    uint32_t len;
    uint64_t inode;
    uint64_t offset;
    uint8_t is_durable; /* a write through a descriptor with O_DSYNC or O_SYNC */
    char name[VC_POWERLOSS_NAME_MAX];
};

/* Called by the recorded program when record.c is there. */
void vc_powerloss_mark(uint64_t acknowledged) __attribute__((weak));

#endif

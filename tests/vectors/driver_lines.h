/*
 * A driver: a program that reads commands and answers each with one line, so that another
 * implementation can be run against it byte for byte.
 */
#ifndef VC_TESTS_VECTORS_DRIVER_LINES_H
#define VC_TESTS_VECTORS_DRIVER_LINES_H

#include "crypto/base/err.h"

struct world;

/* Gets the words behind the command's name, NULL behind the last of them, and prints "ok" and the
 * answer's words when it gives VC_OK, else nothing. */
typedef vc_err driver_command(struct world *world, char **words);

struct driver_line {
    const char *name;
    size_t min, max; /* words behind the name */
    driver_command *run;
};

/* Answers everything that comes to stdin; gives the code to exit with.  @program: its name, for
 * complaints. */
int driver_run(const char *program, const struct driver_line *lines, size_t count,
               struct world *world);

#endif

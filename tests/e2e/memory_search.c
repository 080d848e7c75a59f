/*
 * Searches the writable memory of a process for what comes as lines of hex on standard input.
 *
 *     vc_memory_search PID <LINES
 *
 * A line is found when any 16 bytes of it, at an offset that 16 divides, stand anywhere; for each
 * such place the line's number, the address and the mapping's name are printed.  The last line
 * says how many bytes were searched.  Mappings of a sanitizer's size are left out.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/hex.h"

#define PART_LEN    16
#define PARTS_MAX   65536
#define LINE_ROOM   1024
#define PIECE       ((size_t)1 << 20)
#define MAPPING_MAX ((uint64_t)1 << 29)

struct part {
    uint8_t bytes[PART_LEN];
    unsigned line;
};

static struct part parts[PARTS_MAX];
static size_t part_count;
static uint8_t may_begin[1 << 16]; /* by the first two bytes */

static void die(const char *what)
{
    (void)fprintf(stderr, "memory_search: %s\n", what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, PART_LEN);
}

static size_t begin_of(const uint8_t *bytes)
{
    return bytes[0] | (size_t)bytes[1] << 8;
}

static void read_lines(void)
{
    char line[LINE_ROOM];
    uint8_t bytes[LINE_ROOM / 2];

    for (unsigned number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
        size_t len = strcspn(line, "\n") / 2;

        line[2 * len] = '\0';
        if (vc_hex_decode(line, bytes, len) != VC_OK) {
            die("a line that is not hex");
        }
        for (size_t at = 0; at + PART_LEN <= len; at += PART_LEN) {
            if (part_count == PARTS_MAX) {
                die("too many lines");
            }
            memcpy(parts[part_count].bytes, bytes + at, PART_LEN);
            parts[part_count++].line = number;
            may_begin[begin_of(bytes + at)] = 1;
        }
    }
    qsort(parts, part_count, sizeof parts[0], compare);
}

static void look(const uint8_t *bytes, size_t len, uint64_t address, const char *name)
{
    for (size_t at = 0; at + PART_LEN <= len; at++) {
        const struct part *found;

        if (may_begin[begin_of(bytes + at)] == 0) {
            continue;
        }
        found = bsearch(bytes + at, parts, part_count, sizeof parts[0], compare);
        if (found != NULL) {
            printf("%u %" PRIx64 " %s\n", found->line, address + at, name);
        }
    }
}

/* Gives how much of it could be read. */
static uint64_t search(int fd, uint64_t begin, uint64_t end, const char *name)
{
    static uint8_t bytes[PIECE + PART_LEN];
    uint64_t done = 0;

    for (uint64_t at = begin; at < end; at += PIECE) {
        uint64_t left = end - at;
        ssize_t len = pread(
            fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, (off_t)at);

        if (len > 0) {
            look(bytes, (size_t)len, at, name);
            done += (uint64_t)len;
        }
    }
    return done;
}

int main(int argc, char **argv)
{
    char path[64], line[LINE_ROOM];
    uint64_t done = 0;
    FILE *maps;
    int fd;

    if (argc != 2) {
        die("vc_memory_search PID <LINES");
    }
    read_lines();
    (void)snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    maps = fopen(path, "r");
    if (fd < 0 || maps == NULL) {
        die("the memory cannot be read");
        return 1;
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        char *rest;
        uint64_t begin = strtoull(line, &rest, 16);
        uint64_t end = strtoull(rest + 1, &rest, 16);
        const char *name = strrchr(line, ' ') + 1;

        line[strcspn(line, "\n")] = '\0';
        if (strncmp(rest, " rw", 3) == 0 && end - begin <= MAPPING_MAX) {
            done += search(fd, begin, end, *name != '\0' ? name : "unnamed");
        }
    }
    printf("%" PRIu64 "\n", done);
    return 0;
}

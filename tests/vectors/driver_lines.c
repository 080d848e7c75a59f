#include "tests/vectors/driver_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "crypto/prim.h"

#define WORDS_MAX 12 /* of a line, with the command's name */

/* Words are separated by one space. */
static vc_err run_line(const struct driver_line *lines, size_t line_count,
                       struct world *world, char *line)
{
    char *words[WORDS_MAX + 2] = {line};
    size_t count = 1;

    for (char *at = strchr(line, ' '); at != NULL; at = strchr(at, ' ')) {
        *at++ = '\0';
        if (count == WORDS_MAX) {
            return VC_ERR_USAGE;
        }
        words[count++] = at;
    }
    for (size_t i = 0; i < line_count; i++) {
        if (strcmp(lines[i].name, line) == 0) {
            return count - 1 < lines[i].min || count - 1 > lines[i].max
                       ? VC_ERR_USAGE
                       : lines[i].run(world, words + 1);
        }
    }
    return VC_ERR_USAGE;
}

int driver_run(const char *program, const struct driver_line *lines, size_t count,
               struct world *world)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (vc_crypto_init() != VC_OK) {
        (void)fprintf(stderr, "%s: the self-test failed\n", program);
        return 1;
    }
    while ((len = getline(&line, &room, stdin)) > 0) {
        if (line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }
        vc_err err = run_line(lines, count, world, line);
        if (err != VC_OK) {
            (void)printf("err %s", vc_err_name(err));
        }
        (void)putchar('\n');
        (void)fflush(stdout);
    }
    free(line);
    return 0;
}

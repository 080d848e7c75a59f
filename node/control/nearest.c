#include "node/control/nearest.h"

#include <string.h>

/* Longer words are not suggested: nobody types them. */
#define WORD_BYTES_MAX 32

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of letters to put in, take out, change or swap with their neighbour. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_BYTES_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3];
        const size_t *two_up = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(up[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_up[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void vc_nearest(const char *word, const char *candidate, const char **best,
                size_t *best_distance)
{
    size_t word_len = strnlen(word, WORD_BYTES_MAX + 1);
    size_t len = strnlen(candidate, WORD_BYTES_MAX + 1);

    if (word_len > WORD_BYTES_MAX || len > WORD_BYTES_MAX)
        return;
    size_t changes = distance(word, word_len, candidate, len);
    size_t allowed = len / 3 > 2 ? len / 3 : 2;
    if (changes > allowed || changes >= len)
        return;
    if (*best == NULL || changes < *best_distance) {
        *best = candidate;
        *best_distance = changes;
    }
}

#include "crypto/base/err.h"

#include <string.h>

/* The longest name has 17 letters. */
enum { NAME_ROOM = 20 };

struct row {
    const char *words;
    const char *hint;
    int exit_code;
    char name[NAME_ROOM];
};

/*
 * The list has the names in upper case only, because they are enum constants as well.
 * The compiler folds the letters to lower case here, so that there is no second list to
 * keep equal and no table to fill at run time.
 */
#define IS_UPPER(c) ((c) >= 'A' && (c) <= 'Z')
#define LOWER(s, i) (char)(IS_UPPER((s)[i]) ? (s)[i] - 'A' + 'a' : (s)[i])
#define LOWER4(s, i) \
    LOWER(s, i), LOWER(s, (i) + 1), LOWER(s, (i) + 2), LOWER(s, (i) + 3)
#define LOWER20(s) \
    LOWER4(s, 0), LOWER4(s, 4), LOWER4(s, 8), LOWER4(s, 12), LOWER4(s, 16)
/* As long as the longest name may be, so that every letter that is asked for is there. */
#define PADDING "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define ROW(name, code, exit_code, words, hint) \
    [-(code)] = {words, hint, exit_code, {LOWER20(#name PADDING)}},
static const struct row rows[] = {VC_ERRORS(ROW)};
#undef ROW

#define NAME_FITS(name, code, exit_code, words, hint) \
    _Static_assert(sizeof(#name) <= NAME_ROOM, "the name of an error is too long");
VC_ERRORS(NAME_FITS)
#undef NAME_FITS

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

_Static_assert(ROW_COUNT == 1 - VC_ERR_LAST, "the last code is not the smallest");

/* A number that is no code is a mistake of ours: it is shown as VC_ERR_INTERNAL. */
static const struct row *row_of(vc_err err)
{
    int at = -(int)err;

    if (at < 0 || at >= ROW_COUNT || rows[at].words == NULL) {
        at = -VC_ERR_INTERNAL;
    }
    return &rows[at];
}

const char *vc_err_name(vc_err err)
{
    return row_of(err)->name;
}

const char *vc_err_words(vc_err err)
{
    return row_of(err)->words;
}

const char *vc_err_hint(vc_err err)
{
    return row_of(err)->hint;
}

int vc_err_exit_code(vc_err err)
{
    return row_of(err)->exit_code;
}

vc_err vc_err_from_name(const char *name)
{
    VC_CHECK(name != NULL);
    for (int i = 0; i < ROW_COUNT; i++) {
        if (rows[i].words != NULL && strcmp(rows[i].name, name) == 0) {
            return (vc_err)-i;
        }
    }
    return VC_ERR_INTERNAL;
}

/*
 * Words to write the table with, and the check of JSON values against it.  For the files of
 * this folder only.
 */
#ifndef VC_NODE_CONTROL_FIELDS_H
#define VC_NODE_CONTROL_FIELDS_H

#include "node/control/control.h"

#define STRING(name, min, max, words)                                       \
    {                                                                       \
        (name), VC_CONTROL_STRING, false, NULL, (min), (max), NULL, (words) \
    }
#define OPTIONAL_STRING(name, min, max, words)                             \
    {                                                                      \
        (name), VC_CONTROL_STRING, true, NULL, (min), (max), NULL, (words) \
    }
#define TEXT(name, min, max, words)                                       \
    {                                                                     \
        (name), VC_CONTROL_TEXT, false, NULL, (min), (max), NULL, (words) \
    }
#define OPTIONAL_TEXT(name, min, max, words)                             \
    {                                                                    \
        (name), VC_CONTROL_TEXT, true, NULL, (min), (max), NULL, (words) \
    }
#define CHOICE(name, values, words)                                      \
    {                                                                    \
        (name), VC_CONTROL_STRING, false, NULL, 1, 64, (values), (words) \
    }
#define OPTIONAL_CHOICE(name, values, words)                            \
    {                                                                   \
        (name), VC_CONTROL_STRING, true, NULL, 1, 64, (values), (words) \
    }
#define INTEGER(name, min, max, words)                                       \
    {                                                                        \
        (name), VC_CONTROL_INTEGER, false, NULL, (min), (max), NULL, (words) \
    }
#define OPTIONAL_INTEGER(name, min, max, words)                             \
    {                                                                       \
        (name), VC_CONTROL_INTEGER, true, NULL, (min), (max), NULL, (words) \
    }
#define BOOLEAN(name, words)                                         \
    {                                                                \
        (name), VC_CONTROL_BOOLEAN, false, NULL, 0, 0, NULL, (words) \
    }
#define OPTIONAL_BOOLEAN(name, words)                               \
    {                                                               \
        (name), VC_CONTROL_BOOLEAN, true, NULL, 0, 0, NULL, (words) \
    }
#define OBJECT(name, object, words)                                     \
    {                                                                   \
        (name), VC_CONTROL_OBJECT, false, (object), 0, 0, NULL, (words) \
    }
#define OPTIONAL_OBJECT(name, object, words)                           \
    {                                                                  \
        (name), VC_CONTROL_OBJECT, true, (object), 0, 0, NULL, (words) \
    }
#define ARRAY(name, object, words)                                     \
    {                                                                  \
        (name), VC_CONTROL_ARRAY, false, (object), 0, 0, NULL, (words) \
    }
#define STRINGS(name, words) ARRAY((name), NULL, (words))
#define END                                                    \
    {                                                          \
        NULL, VC_CONTROL_STRING, false, NULL, 0, 0, NULL, NULL \
    }

#define VC_CONTROL_STATES "received seen queued delivered read failed"

/* Formats words for a person into @ret_detail; what does not fit is cut off between two
 * characters, so that valid UTF-8 stays valid. */
void vc_control_say(char *ret_detail, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Is @object an object with these fields and no others, apart from @apart (names with a
 * blank between, or NULL)?  When not, @ret_detail says which and why. */
bool vc_control_fields_fit(const struct vc_control_field *fields, const json_t *object,
                           const char *apart, char *ret_detail, size_t room);

/* The same for one value. */
bool vc_control_value_fits(const struct vc_control_field *field, const json_t *value,
                           char *ret_detail, size_t room);

#endif

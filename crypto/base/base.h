/*
 * The words every floor speaks: borrowed bytes, instants, checks.
 *
 * Nothing here allocates, reads a clock or calls a library.
 */
#ifndef VC_CRYPTO_BASE_BASE_H
#define VC_CRYPTO_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller has to look at the result; a deliberate (void) needs a reason. */
#define VC_NODISCARD __attribute__((warn_unused_result))

/* Somebody else's bytes.  The function that takes or gives them says until when. */
struct vc_bytes {
    const uint8_t *data;
    size_t len;
};

/* Somebody else's room for bytes. */
struct vc_room {
    uint8_t *data;
    size_t len;
};

/* The bytes of an array.  A pointer, whose size would be taken for the array's, does not
 * compile: a conditional expression turns arrays into pointers too. */
#define VC_BYTES(array) \
    ((struct vc_bytes){(array), sizeof(array) + VC_ZERO_IF_ARRAY(array)})
#define VC_ZERO_IF_ARRAY(array)                                                        \
    (0 * sizeof(char[__builtin_types_compatible_p(__typeof__(array),                   \
                                                  __typeof__(&(array)[0]))             \
                         ? -1                                                          \
                         : 1]))

/* Milliseconds: an instant of some clock, or a duration.  Names end in _at or _ms. */
typedef uint64_t vc_ms;

/* The instant that never comes. */
#define VC_NEVER UINT64_MAX

/*
 * Both clocks of a turn, read once by whoever runs it.  Every duration is measured
 * with @mono; @unix_ms (wall time since 1970) is only for dates that are shown or signed.
 */
struct vc_now {
    vc_ms mono;
    vc_ms unix_ms;
};

/* An earlier of two instants. */
static inline vc_ms vc_ms_min(vc_ms a, vc_ms b)
{
    return a < b ? a : b;
}

/* The instant @delay_ms after @at; stays VC_NEVER at the end of time. */
static inline vc_ms vc_ms_after(vc_ms at, vc_ms delay_ms)
{
    return at > VC_NEVER - delay_ms ? VC_NEVER : at + delay_ms;
}

/*
 * A programmer's mistake, found: says where and does not come back.  On in every build.
 * Never reachable from bytes that came from outside.
 */
#define VC_CHECK(condition) \
    ((condition) ? (void)0 : vc_check_failed(#condition, __FILE__, __LINE__))

/* The link-time hook behind VC_CHECK: a test may bring its own. */
void vc_check_failed(const char *condition, const char *file, int line)
    __attribute__((noreturn));

#endif

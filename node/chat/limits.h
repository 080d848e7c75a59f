/*
 * The limits of the chat machine, with their units and reasons.
 */
#ifndef VC_NODE_CHAT_LIMITS_H
#define VC_NODE_CHAT_LIMITS_H

#include "node/chat/chat.h"

/* The other end of the clock's 48 bits of milliseconds is in the year 10889; a message
 * that claims half of it or more is malformed, so that the order never runs over. */
#define VC_CHAT_CLOCK_MAX      ((UINT64_C(1) << 63) - 1)
#define VC_CHAT_CLOCK_AHEAD_MS 600000 /* what our clock adopts from others */

/* Acknowledged messages beyond the first that is not: mail remembers no more numbers. */
#define VC_CHAT_BEYOND_MAX VC_MAIL_SPARSE_MAX

#define VC_CHAT_GAPS_MAX 1024 /* known holes of a conversation, open or lost */
#define VC_CHAT_UNSETTLED_MAX \
    4096                    /* messages whose ancestors are not all known, in all */
#define VC_CHAT_REFS_MAX 64 /* messages named in one object */

/* A hole is asked for when it stands longer than this: most fill by themselves. */
#define VC_CHAT_PULL_AFTER_MS        2000
#define VC_CHAT_PULL_BACKOFF_MS      300000 /* then doubled: a few times an hour */
#define VC_CHAT_PULL_BACKOFF_MAX_MS  3600000
#define VC_CHAT_PULL_ANSWER_MAX      16 /* messages sent again for one request */
#define VC_CHAT_PULL_ANSWER_EVERY_MS 1000

#define VC_CHAT_RESTORE_MAX         1048576 /* names beyond ours that may be lost ones */
#define VC_CHAT_RESTORE_ANSWER_MAX  16      /* messages sent for one request */
#define VC_CHAT_RESTORE_LOOK_MAX    1024    /* names looked at for one */
#define VC_CHAT_RESTORE_WAITING_MAX 256     /* with more for him, none is answered */
#define VC_CHAT_RESTORE_AGAIN_MS    5000    /* asked again when no answer came */

#define VC_CHAT_INVITES_KEPT    64 /* with those that are over, for the list */
#define VC_CHAT_INVITE_DAYS     7
#define VC_CHAT_INVITE_DAYS_MAX 3650
/* How long a used, revoked or expired invite is still answered with a "no". */
#define VC_CHAT_INVITE_GRACE_MS 86400000

#define VC_CHAT_ONE_TIMES 2 /* one-time prekeys in each card */

#define VC_CHAT_GUESTS_MAX        16    /* strangers with an invite, at the same time */
#define VC_CHAT_GREETING_MS       15000 /* from the session to the other side's card */
#define VC_CHAT_REFUSED_LINGER_MS 2000  /* a refusal needs a moment to arrive */

#define VC_CHAT_JOIN_BACKOFF_MS     1000
#define VC_CHAT_JOIN_BACKOFF_MAX_MS 300000

#define VC_CHAT_GOOD_ADDRS_MAX      4     /* where a device was met, newest first */
#define VC_CHAT_FIRST_TRY_SPREAD_MS 3000  /* at start everybody is tried within this */
#define VC_CHAT_TRY_BACKOFF_MS      60000 /* when nothing waits for a contact */
#define VC_CHAT_TRY_BACKOFF_MAX_MS  3600000
#define VC_CHAT_RECONNECT_MS        1000 /* after a session fell silent */

/* Patience with the addresses that are known, before somebody is looked for elsewhere: longer
 * than most handshakes, shorter than anybody wants to wait. */
#define VC_CHAT_SEEK_AFTER_MS 700
/* Who was there so long ago, or was wanted, is looked for though nothing waits for him. */
#define VC_CHAT_SOUGHT_MS 600000
/* The others, once: one after another at random, those who were seen in the last days, and not
 * at every change of a network that is not stable. */
#define VC_CHAT_ANNOUNCE_STEP_MS   1000
#define VC_CHAT_ANNOUNCE_SPREAD_MS 3600000
#define VC_CHAT_ANNOUNCE_DAYS      30
#define VC_CHAT_ANNOUNCE_EVERY_MS  600000

#define VC_CHAT_TURN_EVERY_MS 86400000 /* the contacts key turns no more often */
/* Contacts keys that are answered to beside the newest. */
#define VC_CHAT_OLD_KEYS_MAX (VC_LINK_GENERATIONS_MAX - 1)
/* Moves to another record key that are remembered; each for 60 days or more. */
#define VC_CHAT_FORWARDS_MAX 16

#define VC_CHAT_TOKEN_DAYS 30
#define VC_CHAT_TOKENS_FIRST \
    256 /* places for tokens in memory at first; then doubled */
#define VC_CHAT_SWEEP_MS       86400000 /* how often old tokens are looked for */
#define VC_CHAT_SWEEP_ROWS     1024     /* rows of one step of any housekeeping */
#define VC_CHAT_EVENTS_DROPPED 8        /* rows of old events that a turn drops */
#define VC_CHAT_CHORE_RETRY_MS 1000     /* when the store had no room for a chore */
#define VC_CHAT_SHOWN_MAX      1024     /* ids of shown messages that are kept */

/* Room in a batch: what one contact's rows take at the end of a turn (contact, device,
 * conversation), what the events take, and what an input takes at most. */
#define VC_CHAT_PERSON_OPS   3
#define VC_CHAT_PERSON_BYTES 2048
/* Mail leaves VC_MAIL_ACKED_BYTES of a batch alone, so the rows of the end of a turn may
 * take less than that in all; a turn ends before they do. */
#define VC_CHAT_ROWS_BYTES_MAX    65536
#define VC_CHAT_ROWS_BYTES_ENOUGH 49152
#define VC_CHAT_TURN_OPS          32
#define VC_CHAT_TURN_BYTES        4096
#define VC_CHAT_INPUT_OPS         3000
#define VC_CHAT_INPUT_BYTES       262144

_Static_assert(VC_CHAT_INPUT_OPS <= VC_SEAL_SPARE_OPS &&
                   VC_CHAT_INPUT_BYTES + VC_CHAT_ROWS_BYTES_MAX <= VC_SEAL_SPARE_BYTES,
               "an object that skips keys leaves room for its effects");
_Static_assert(VC_CHAT_ROWS_BYTES_MAX + VC_CHAT_TURN_BYTES <= VC_MAIL_ACKED_BYTES,
               "the end of a turn always has room");

#define VC_CHAT_DAY_MS UINT64_C(86400000)

#endif

/*
 * What mail bounds, with units and reasons.  The bounds that callers need are in
 * mail.h.
 */
#ifndef VC_NODE_MAIL_LIMITS_H
#define VC_NODE_MAIL_LIMITS_H

#include "node/mail/mail.h"

/* The largest delivery number; what lies in the window after it still fits a varint. */
#define VC_MAIL_NUMBER_MAX ((UINT64_C(1) << 62) - 1 - VC_MAIL_SPARSE_MAX)

/* Entries between submit and commit.  A run of numbers of one peer in one turn takes
 * one, so this is reached only by traffic that is torn to pieces; then senders wait. */
#define VC_MAIL_LEDGER_MAX 8192
/* Sending leaves one for the delivery that is being accepted. */
#define VC_MAIL_LEDGER_SPARE 2

/* Objects given to the link in one call: the loop comes back to its sockets after at
 * most some milliseconds. */
#define VC_MAIL_PUMP_MAX 512

/* Peers whose timers are served in one tick, for the same reason. */
#define VC_MAIL_TICK_MAX 1024

/* Outbox rows of a removed peer deleted in one turn: a small part of a batch. */
#define VC_MAIL_REMOVE_ROWS 512

/* Wishes for a session while something waits: the first at once, then after these
 * delays, doubled, so that a peer who is off for a month costs four attempts an hour.
 */
#define VC_MAIL_CONNECT_MS     1000
#define VC_MAIL_CONNECT_MAX_MS 900000
/* Somebody who has just written something waits for it: the next wish is at most this far
 * off then.  Attempts do not overlap, so that a stream of objects costs no more than one
 * attempt after the other. */
#define VC_MAIL_HURRY_MS 2000
/* The longest an attempt of the link lasts: until then its end is waited for. */
#define VC_MAIL_ATTEMPT_MS 15000
/* A session that stood this long was a good one, whatever it carried. */
#define VC_MAIL_SETTLED_MS 60000
/* At start the first wishes go out one after another, not all in one instant. */
#define VC_MAIL_START_STEP_MS 5

/* A given object without an answer on a live session is given again: the link loses
 * nothing, so the receiver refused it, and he says by himself when he has room again.
 */
#define VC_MAIL_STALL_MS     10000
#define VC_MAIL_STALL_MAX_MS 300000

/* A receiver who refused something asks for it again after these delays, doubled. */
#define VC_MAIL_REFUSED_MS     1000
#define VC_MAIL_REFUSED_MAX_MS 300000
/* A sender follows such a request at most this often. */
#define VC_MAIL_AGAIN_MS 500

/* What cannot be opened is complained of at most this often per peer: a complaint has all
 * that waits sealed anew, which takes a moment to come. */
#define VC_MAIL_UNOPENED_MS 2000
/* And who hears complaints seals anew at most this often, doubled each time up to this
 * while not everything is acknowledged that was: sealing thousands of rows is dear. */
#define VC_MAIL_RESEAL_MAX_MS 300000

/* Words that did not come, or could not be sealed, are asked for again after this,
 * doubled. */
#define VC_MAIL_WORDS_MS     1000
#define VC_MAIL_WORDS_MAX_MS 300000

/* A peer is believed at most this often that we were put back: each time all that waits is
 * written again. */
#define VC_MAIL_ROLLBACK_MS 60000

/* Duplicates are answered with an ack at most this often per peer. */
#define VC_MAIL_REPEAT_MS 100

/* When the store has no room or is ill and says nothing, mail looks again after this.
 */
#define VC_MAIL_STORE_MS 1000

/* Delays are spread by this part, in percent, both ways: nodes that fell silent
 * together must not come back together. */
#define VC_MAIL_JITTER_PERCENT 20

#endif

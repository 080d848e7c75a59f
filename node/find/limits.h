/*
 * The numbers of the find machine, each with its unit and its reason.  What a caller may have
 * to know stands in find.h.
 */
#ifndef VC_NODE_FIND_LIMITS_H
#define VC_NODE_FIND_LIMITS_H

#include "node/find/find.h"

/* Publishing */

/* After a change that is told to us piece by piece (own addresses first, then how others see
 * us), so that one record says all of it; */
#define VC_FIND_SETTLE_MS 200
/* and while nobody has said yet where we are seen. */
#define VC_FIND_UNSEEN_MS 1000
/* A place gets at most two records in this time. */
#define VC_FIND_EVERY_MS 10000
/* What an earlier life has said already stands there: it is said again some time in this, so that
 * not all do who have started at one moment; */
#define VC_FIND_SAME_SPREAD_MS 900000
/* where there are enough nodes that half of those who hold it stay when half of all restart. */
#define VC_FIND_SAME_NODES 64
/* After the start: spread at random, each further place later, up to the last number. */
#define VC_FIND_SPREAD_MS     1000
#define VC_FIND_SPREAD_MAX_MS 300000
/* The record of the next day, too, so that not everybody publishes at one moment. */
#define VC_FIND_AHEAD_SPREAD_MS 3600000
/* When the DHT has no place for another question, or the store no room. */
#define VC_FIND_AGAIN_MS 1000
/* A record that nobody took is put again after that, doubled each time, so often. */
#define VC_FIND_AGAIN_TRIES 3
/* Numbers of records that are taken at once, so that not every record waits for the disk. */
#define VC_FIND_NUMBERS_AHEAD 64
/* Days whose numbers are remembered: yesterday's to tomorrow's, and one of a clock that was
 * wrong. */
#define VC_FIND_DAYS_MAX 4

/* Left of a batch whenever find writes: what others owe to the end of the turn. */
#define VC_FIND_SPARE_OPS   512
#define VC_FIND_SPARE_BYTES 131072

/* Looking */

/* Lookups under way; more wait for their turn. */
#define VC_FIND_LOOKUPS_MAX 8
/* Pauses between the lookups of a quick round: the first, then doubled. */
#define VC_FIND_QUICK_MS    1000
#define VC_FIND_QUICK_TRIES 5
/* Pauses between rounds, doubled: for a contact, */
#define VC_FIND_PAUSE_MS     300000
#define VC_FIND_PAUSE_MAX_MS 7200000
/* and for an inviter, for whom somebody may be waiting. */
#define VC_FIND_INVITER_PAUSE_MS     15000
#define VC_FIND_INVITER_PAUSE_MAX_MS 300000
/* After a round, when somebody waits for it. */
#define VC_FIND_HURRY_MS       30000
#define VC_FIND_JITTER_PERCENT 20
/* Who may be looked for at a time: every contact and join of chat. */
#define VC_FIND_SEEKERS_MAX 8192
/* Outputs that wait to be taken; more are dropped: it is looked for again. */
#define VC_FIND_OUTPUTS_MAX 16

#endif

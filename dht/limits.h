/*
 * The numbers of the DHT, each with its unit and its reason.
 *
 * What a caller may have to know stands in dht.h; what all nodes must agree on stands in
 * dht/SPEC.md as well.
 */
#ifndef VC_DHT_LIMITS_H
#define VC_DHT_LIMITS_H

#include <stdint.h>

/* Sizes on the wire */

/* Bytes: no datagram is longer, so that none is ever cut into fragments (IPv6's smallest
 * packet has 1,280 bytes). */
#define VC_DHT_DATAGRAM_MAX 1200
/* Bytes of a record: one place holds exactly one. */
#define VC_DHT_RECORD_LEN 1000
/* Contacts in one answer: more help nobody, and cost padding in every first request. */
#define VC_DHT_CONTACTS_IPV4 8
#define VC_DHT_CONTACTS_IPV6 6
#define VC_DHT_COOKIE_LEN    16

/* The table */

/* Nodes in a bucket.  Buckets are of two bits of the id: three for each level. */
#define VC_DHT_K 16
/* The nodes nearest to our own id are kept whatever their buckets hold. */
#define VC_DHT_NEAR 32
/* Nodes that wait for a place in one bucket. */
#define VC_DHT_SPARES_PER_BUCKET 8
/* Diversity: nodes of one /24 (IPv6 /48) and /16 (/32) in one bucket, and of one /24 in the
 * whole table. */
#define VC_DHT_BUCKET_PER_24 2
#define VC_DHT_BUCKET_PER_16 4
#define VC_DHT_TABLE_PER_24  10
/* A second failure counts when it is so much later than the first. */
#define VC_DHT_FAILURES_APART_MS 30000
/* Nobody has answered for so long while something was asked: our own uplink is in doubt. */
#define VC_DHT_DOUBT_MS 10000
/* A node that was not heard for so long is asked whether it lives, one at a time. */
#define VC_DHT_UNHEARD_MS    (UINT64_C(30) * 60 * 1000)
#define VC_DHT_PING_EVERY_MS (UINT64_C(60) * 1000)
/* A bucket of which nothing was heard for so long is looked into. */
#define VC_DHT_BUCKET_STALE_MS (UINT64_C(60) * 60 * 1000)

/* Lookups */

#define VC_DHT_REPLICAS \
    12 /* nodes that hold a record, at least, where there are so many */
#define VC_DHT_REPLICAS_MAX   24 /* and at most */
#define VC_DHT_HOLDERS        16 /* how far from a place it is asked for: the 16th nearest */
#define VC_DHT_PATHS          4  /* disjoint paths of a lookup */
#define VC_DHT_ALPHA          4  /* questions under way, one on each path */
#define VC_DHT_PATHS_WIDE     8  /* the same when something is wrong, and for a put */
#define VC_DHT_ALPHA_WIDE     12 /* more than paths: the nearest are asked in any case */
#define VC_DHT_HEDGE_FIRST_MS 250 /* patience before anything is known of round trips */
#define VC_DHT_HEDGE_MIN_MS   80
#define VC_DHT_HEDGE_MAX_MS   600
#define VC_DHT_GIVE_UP_MS     1500 /* an answer that comes later counts for nothing */
#define VC_DHT_ASK_MAX_MS     8000 /* whatever was asked for has its result by then */

/* Cookies */

#define VC_DHT_COOKIE_SLOT_MS (UINT64_C(5) * 60 * 1000) /* two slots are good */
/* A cookie that we hold is used for so long: within its second slot wherever it began. */
#define VC_DHT_COOKIE_USE_MS (UINT64_C(4) * 60 * 1000 + 30 * 1000)
#define VC_DHT_SESSION_MS    (UINT64_C(60) * 60 * 1000) /* a shared key is kept unused */

/* Rates */

#define VC_DHT_PREFIX_RATE     50 /* requests a second from one /24 (IPv6 /48) */
#define VC_DHT_PREFIX_BURST    200
#define VC_DHT_DH_RATE         1000 /* shared keys a second made for strangers: 4 % of a core */
#define VC_DHT_DH_BURST        2000
#define VC_DHT_ASK_RATE        40 /* requests a second of our own; clients below */
#define VC_DHT_ASK_RATE_CLIENT 15
#define VC_DHT_ASK_BURST       120 /* a lookup or two and what they store */

/* Records */

#define VC_DHT_RECORDS_PER_24 32 /* places of which the writers are in one /24 */
#define VC_DHT_REGION_FACTOR \
    8 /* times the distance of the 12th: nothing farther is taken */
#define VC_DHT_REFRESH_MS \
    (UINT64_C(60) * 60 * 1000)     /* +-20 %: holders are asked again */
#define VC_DHT_REFRESHES_PER_PUT 4 /* every 4th time with a lookup */
#define VC_DHT_HOLDERS_MIN       9 /* or when fewer have answered */
#define VC_DHT_UNREFRESHED_MS \
    (UINT64_C(150) * 60 * 1000) /* is evicted first when full */
#define VC_DHT_SEQ_AHEAD_MS    (UINT64_C(2) * 60 * 60 * 1000)
#define VC_DHT_EXPIRY_AHEAD_MS (UINT64_C(30) * 60 * 60 * 1000)

/* Being reached */

#define VC_DHT_QUORUM    5 /* nodes in as many /16 that see us at one address */
#define VC_DHT_UPTIME_MS (UINT64_C(20) * 60 * 1000) /* before we route for others */

#endif

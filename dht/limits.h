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
/* Diversity: nodes of one /24 (IPv6 /48) and /16 (/32) in one bucket, and in the whole table: who
 * has thousands of ids reaches more of our buckets than an honest network fills. */
#define VC_DHT_BUCKET_PER_24 2
#define VC_DHT_BUCKET_PER_16 4
#define VC_DHT_TABLE_PER_24  10
#define VC_DHT_TABLE_PER_16  20
/* A second failure counts when it is so much later than the first. */
#define VC_DHT_FAILURES_APART_MS 30000
/* Nobody has answered for so long while something was asked: our own uplink is in doubt. */
#define VC_DHT_DOUBT_MS 10000
/* A suspect gives way to a verified node so long after its failure: a router has asked it again
 * by then, so that one lost datagram costs no old node its place. */
#define VC_DHT_SUSPECT_YIELDS_MS 60000
/* A node that was not heard for so long is asked whether it lives, one at a time: about what
 * keeps 30 nodes fresh, and all an idle router may spend. */
#define VC_DHT_UNHEARD_MS    (UINT64_C(60) * 60 * 1000)
#define VC_DHT_PING_EVERY_MS (UINT64_C(120) * 1000)
/* While nodes are found dead the next is asked so soon: half of 300 are found in minutes. */
#define VC_DHT_PING_SOON_MS 250
/* Pings at once after a change of network. */
#define VC_DHT_PING_BURST 8
/* Somebody was asked so long ago, and nobody has answered: another is asked, to know whether it
 * is he or we.  The patience of a call, and a second for answers under way. */
#define VC_DHT_PROBE_MS 2500
/* A bucket of which nothing was heard for so long is looked into. */
#define VC_DHT_STALE_WANTED    3 /* answers from there are enough then */
#define VC_DHT_EMPTY_WANTED    4 /* and where nobody of a bucket is known */
#define VC_DHT_BUCKET_STALE_MS (UINT64_C(180) * 60 * 1000)

/* Lookups */

#define VC_DHT_REPLICAS \
    12 /* nodes that hold a record, at least, where there are so many */
#define VC_DHT_REPLICAS_MAX 24 /* and at most */
#define VC_DHT_HOLDERS      16 /* how far from a place it is asked for: the 16th nearest */
/* A get widens when so many who may hold the record have not: many holders may have died. */
#define VC_DHT_MISSES_MAX 2
/* Nodes within so many times that distance are asked for the record, as it is an estimate;
 * those beyond are asked the way only. */
#define VC_DHT_GET_FACTOR 2
/* Nodes to which a put sends the record, with nearer ones that are found later. */
#define VC_DHT_PUT_NODES_MAX  48
#define VC_DHT_PUT_TRIES      3 /* times that a record is sent to one node in one put */
#define VC_DHT_PATHS          4 /* disjoint paths of a lookup */
#define VC_DHT_ALPHA          5 /* questions under way, the fifth to the nearest left */
#define VC_DHT_PATHS_WIDE     8 /* the same when something is wrong, and for a put */
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

/* Requests that wait to be sent, besides those of lookups and own records: pings, doors, second
 * tries; as much as both families may want at once after a change of network. */
#define VC_DHT_WISHES_MAX 16

/* Pings a second to routers that have asked us and would have a place in the table. */
#define VC_DHT_CHECK_RATE  2
#define VC_DHT_CHECK_BURST 32
/* Pings a second that others ask us to send. */
#define VC_DHT_RING_RATE  1
#define VC_DHT_RING_BURST 10

/* Joining */

#define VC_DHT_PATH_SHARE \
    2 /* answers that each path of a wide lookup brings for itself */
#define VC_DHT_FIRST_ASKED 8 /* nodes of a saved table that are asked at once; */
/* of a fresh one, of whom most are there: one more than have to see us (VC_DHT_SAME_WITNESSES). */
#define VC_DHT_FIRST_ASKED_FRESH 4
#define VC_DHT_DOOR_EVERY_MS \
    100 /* between two doors, and between nodes of a saved table */
/* The same door, doubled each time: at first as soon as a hello may be taken for lost. */
#define VC_DHT_DOOR_AGAIN_MS     200
#define VC_DHT_DOOR_AGAIN_MAX_MS (UINT64_C(5) * 60 * 1000)
/* Times that a door which does not answer is tried although others are known. */
#define VC_DHT_DOOR_TRIES 3
/* But who knows a network of fewer nodes only goes on, ever more seldom: it may be an island, as
 * who is behind a door may not route yet, and is silent till then. */
#define VC_DHT_DOOR_ISLAND          64
#define VC_DHT_DOOR_AGAIN_ISLAND_MS (UINT64_C(4) * 60 * 60 * 1000)
/* A node that went out is asked again after this, doubled each time, VC_DHT_LOST_TRIES times:
 * that is how two halves of a network that was cut find each other again. */
#define VC_DHT_LOST_AGAIN_MS (UINT64_C(60) * 1000)
#define VC_DHT_LOST_TRIES    7
#define VC_DHT_LOST_MAX      8 /* of them: one that answers leads to the others */
#define VC_DHT_AFAR_MAX \
    4 /* who answered at a door, or was lost, that wait for a walk from there */
/* Between two of those: soon, as by the first door alone we may know only what a liar wants. */
#define VC_DHT_AFAR_EVERY_MS 1000
/* Who has been at its address for so long knows whoever stands near it. */
#define VC_DHT_SETTLED_MS 600000
/* A new neighbour is asked by him whom he knows near us at most so often, */
#define VC_DHT_NEAR_EVERY_MS 60000
#define VC_DHT_NEAR_ASKED    8 /* and none of the last so many again. */
/* So many neighbours of whom new neighbours told, in so long, belong to another network; */
#define VC_DHT_STRANGERS    4
#define VC_DHT_STRANGERS_MS 60000
/* then it is made known elsewhere: some six requests for each bucket, at most so often. */
#define VC_DHT_INTRODUCE_EVERY_MS (UINT64_C(10) * 60 * 1000)
#define VC_DHT_WALK_EVERY_MS      30000 /* between two walks to our own id */
#define VC_DHT_WALK_AGAIN_MAX_MS  (UINT64_C(32) * 60 * 1000)
#define VC_DHT_WALK_PAUSE_MS      200 /* between two walks into buckets */
#define VC_DHT_SAVE_FIRST_MS      (UINT64_C(60) * 1000)
#define VC_DHT_SAVE_EVERY_MS      (UINT64_C(10) * 60 * 1000)
#define VC_DHT_SAVE_NODES         200
#define VC_DHT_REMEMBERED         4 /* of the nearest of each lookup, for the saved table */

/* Records */

#define VC_DHT_RECORDS_PER_24 32 /* places of which the writers are in one /24 */
#define VC_DHT_REGION_FACTOR \
    8 /* times the distance of the 12th: nothing farther is taken */
#define VC_DHT_REFRESH_MS \
    (UINT64_C(60) * 60 * 1000) /* +-20 %: holders are asked again */
#define VC_DHT_PUT_AGAIN_MS \
    5000 /* after a put that did not end well, doubled each time */
#define VC_DHT_REFRESHES_PER_PUT 6 /* every 6th time with a lookup */
#define VC_DHT_HOLDERS_MIN       9 /* or when fewer have answered, */
#define VC_DHT_OUTGROWN          3 /* or at once in a network so many times as large */
#define VC_DHT_UNREFRESHED_MS \
    (UINT64_C(150) * 60 * 1000) /* is evicted first when full */
#define VC_DHT_RECORD_AHEAD_S \
    7200 /* seconds before its day that a record is published */
#define VC_DHT_RECORD_AFTER_S 7200 /* and after it that it expires: clocks differ */
#define VC_DHT_SEQ_STEP_MS    (UINT64_C(10) * 60 * 1000)
#define VC_DHT_EXPIRED_PER_PUT \
    2 /* records that go for each that comes: no pause at midnight */
/* What says more than this of the future is refused, so that nobody locks a place for ever
 * nor holds one for long; the day, both ends and the difference of two clocks fit in. */
#define VC_DHT_SEQ_AHEAD_MS    (UINT64_C(2) * 60 * 60 * 1000)
#define VC_DHT_EXPIRY_AHEAD_MS (UINT64_C(30) * 60 * 60 * 1000)

/* Being reached */

#define VC_DHT_QUORUM 5 /* nodes in as many /16 that see us at one address */
/* Networks whose last word of it counts: enough that three liars are outvoted. */
#define VC_DHT_WITNESSES_MAX 8
#define VC_DHT_OPEN_MS \
    (UINT64_C(60) * 60 * 1000) /* a stranger's ping counts for so long */
/* When none came that was asked for; doubled each time while none has come for an hour. */
#define VC_DHT_CALL_AGAIN_MS     30000
#define VC_DHT_CALL_AGAIN_MAX_MS (UINT64_C(15) * 60 * 1000)
/* What was written to is no stranger for so long at least: NATs close a hole after half a minute
 * to some minutes (RFC 4787 wants two), and in a young network few are strangers for long. */
#define VC_DHT_WRITTEN_MS (UINT64_C(2) * 60 * 1000)
#define VC_DHT_UPTIME_MS \
    (UINT64_C(20) * 60 * 1000) /* at one address, before we route */

/* After a start */

/* Networks that have to see us where we were before the earlier node key is told to anybody; */
#define VC_DHT_SAME_WITNESSES 3
/* or all that have answered, so long after the first.  A key that was used at an address for
 * less than this is not used up there. */
#define VC_DHT_SAME_MS 2000
/* A table so young is as good as if we had never been away; */
#define VC_DHT_SAVED_FRESH_MS (UINT64_C(30) * 60 * 1000)
/* then the walk to our own id comes some time in this, as everybody may have started with us. */
#define VC_DHT_WALK_SPREAD_MS (UINT64_C(30) * 60 * 1000)
/* and those from doors that name nobody whom we know, as one in ten does in a large network, in
 * this: one may lead to another network, which is not to wait so long. */
#define VC_DHT_AFAR_SPREAD_MS (UINT64_C(5) * 60 * 1000)
/* The nodes of a saved table have so long before other doors are tried. */
#define VC_DHT_SAVED_FIRST_MS 1000

#endif

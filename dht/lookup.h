/*
 * One iterative lookup: who is to be asked next, over disjoint paths, and when it is over.
 *
 * It sends nothing and knows no time: it is told of answers, of late ones and of failures, and
 * says whom to ask.  Every node is asked once at most, but for vc_dht_lookup_ask_again().  Each
 * contact belongs to the path that first heard of it; the paths (S/Kademlia: Baumgart, Mies, 2007)
 * never share a node, so that who owns one of them owns no other.
 *
 * Who answers may lie: leave nodes out, name only those of his own, or have put some next to
 * the target.  None of this can be seen in one answer, but all of it in how dense the nearest
 * lie.  A wary lookup goes on until they lie as the size of the network lets expect: it
 * widens when they are too thin, asks everybody when they are too thick, and in both cases
 * puts every second question to those it began with, who may know others than have been named so
 * far.  dht/README.md has why the numbers are what they are.
 *
 *     begin, seed                     (a put: begin, hurry, seed)
 *     next ... answered, late, failed ...
 *     until is_over, or what was looked for is found
 *     a get that found nothing: widen, and on until is_over
 */
#ifndef VC_DHT_LOOKUP_H
#define VC_DHT_LOOKUP_H

#include "dht/contact.h"
#include "dht/limits.h"
#include "dht/size.h"

/* Nodes of which one lookup can know at a time, and so the most that it asks: enough for 64 that
 * lie and all whom they hide.  The farthest unasked give way. */
#define VC_DHT_LOOKUP_NODES 128

enum vc_dht_lookup_state {
    VC_DHT_LOOKUP_HEARD, /* of, from somebody */
    VC_DHT_LOOKUP_ASKED,
    VC_DHT_LOOKUP_LATE, /* asked; its place was given to another */
    VC_DHT_LOOKUP_ANSWERED,
    VC_DHT_LOOKUP_FAILED,
    VC_DHT_LOOKUP_PASSED /* not to be asked: another of its /24 was, on the same path */
};

/* How the nearest that have answered lie, beside what the network's size lets expect. */
enum vc_dht_density {
    VC_DHT_DENSITY_RIGHT,
    VC_DHT_DENSITY_THIN, /* somebody has left nodes out */
    VC_DHT_DENSITY_THICK /* somebody has put nodes there */
};

struct vc_dht_lookup_node {
    uint64_t distance;
    struct vc_dht_contact contact;
    uint8_t state; /* enum vc_dht_lookup_state */
    uint8_t path;
    bool is_seed; /* what it began with, and not named to it by anybody */
};

struct vc_dht_lookup {
    uint64_t target;
    struct vc_dht_size size; /* of the network, when it began */
    uint64_t near;    /* so far the neighbourhood of the target reaches; 0: not known */
    bool is_bound;    /* ids are bound to addresses: the public network */
    bool is_diverse;  /* one node of a /24 on a path */
    bool is_wide;     /* VC_DHT_PATHS_WIDE, VC_DHT_ALPHA_WIDE */
    uint8_t capacity; /* of nodes: VC_DHT_LOOKUP_NODES, or less where memory is short */
    uint8_t count;
    uint8_t wanted;     /* over when so many of the nearest have answered */
    uint8_t asked;      /* in all */
    uint8_t asked_near; /* of these for a point of the neighbourhood */
    uint8_t dead_row;   /* failures in a row: two widen it */
    uint8_t density;    /* enum vc_dht_density */
    uint8_t end;        /* as many of the order are needed, as the answers tell */
    bool is_hungry;     /* there is somebody to ask: */
    uint8_t next;       /* his slot */
    uint8_t order[VC_DHT_LOOKUP_NODES]; /* slots, nearest first */
    struct vc_dht_lookup_node nodes[VC_DHT_LOOKUP_NODES];
};

/* @wanted: 1..VC_DHT_HOLDERS; VC_DHT_HOLDERS for a get and a put.  @size: copied; of an unknown
 * network it is good for nothing but does no harm. */
void vc_dht_lookup_begin(struct vc_dht_lookup *lookup, uint64_t target, uint8_t wanted,
                         const struct vc_dht_size *size, bool is_bound,
                         bool is_diverse);

/* As wide as a second try from the start: for a put, which wants all the nearest and not only one
 * of them.  Before seeds. */
void vc_dht_lookup_hurry(struct vc_dht_lookup *lookup);

/*
 * Contacts to begin with, from our own table, nearest first: dealt out to the paths.
 *
 * To give a few of quite another region too, after the nearest (those nearest to target ^ 1 << 63),
 * helps one who himself is near the target when all whom he knows there lie.
 */
void vc_dht_lookup_seed(struct vc_dht_lookup *lookup,
                        const struct vc_dht_contact *contacts, size_t count);
/* The second try: more paths and more at a time; what is known stays, nobody is asked twice. */
void vc_dht_lookup_widen(struct vc_dht_lookup *lookup);

/*
 * Whom to ask now, as the number of a slot, marked as asked, and what a FIND is to ask for;
 * false when nobody, because all places are taken or nobody is left.
 *
 * Who is far from the target is asked for it.  Those in its neighbourhood would all name the
 * same eight nearest, so they are asked for points spread over the neighbourhood.
 */
VC_NODISCARD bool vc_dht_lookup_next(struct vc_dht_lookup *lookup, uint8_t *ret_slot,
                                     uint64_t *ret_point);
/* The same without marking: is there anybody to ask? */
bool vc_dht_lookup_is_hungry(const struct vc_dht_lookup *lookup);

/* What became of a slot.  @contacts: what he told, of routers that can be where they say;
 * those that are known already are passed over. */
void vc_dht_lookup_answered(struct vc_dht_lookup *lookup, uint8_t slot,
                            const struct vc_dht_contact *contacts, size_t count);
void vc_dht_lookup_late(struct vc_dht_lookup *lookup, uint8_t slot);
void vc_dht_lookup_failed(struct vc_dht_lookup *lookup, uint8_t slot);
/* Who has answered is to be asked once more, as he was asked the way only. */
void vc_dht_lookup_ask_again(struct vc_dht_lookup *lookup, uint8_t slot);

/* It is over: the wanted number of the nearest has answered, and lies as it should; or nobody is
 * left to ask or to wait for. */
bool vc_dht_lookup_is_over(const struct vc_dht_lookup *lookup);
/* The same without waiting for late ones: for a put, which may do without them. */
bool vc_dht_lookup_is_settled(const struct vc_dht_lookup *lookup);
/* Have the wanted nearest of all that are known answered, but such as are late?  A wary lookup may
 * go on all the same; a put need not wait for that with what it sends, only send more then. */
bool vc_dht_lookup_has_enough(const struct vc_dht_lookup *lookup);
/* The nearest that have answered, as slots, nearest first. */
size_t vc_dht_lookup_nearest(const struct vc_dht_lookup *lookup, uint8_t *ret_slots,
                             size_t room);

#endif

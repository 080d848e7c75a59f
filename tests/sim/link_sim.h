/*
 * The parts of link-sim: the world of link machines, and its judges.
 */
#ifndef VC_TESTS_SIM_LINK_SIM_H
#define VC_TESTS_SIM_LINK_SIM_H

#include "node/link/machine.h"
#include "tests/support/link_world.h"

#define NODES_MAX 4

/* How it stands from one node to another.  Objects are numbered from 0 in each session. */
struct pair {
    bool is_up, is_silent;
    uint64_t sent[VC_LINK_STREAM_COUNT]; /* accepted since UP */
    uint64_t read[VC_LINK_STREAM_COUNT]; /* taken out since UP */
    vc_ms connect_at;
    uint32_t ups, downs;
};

/* Somebody who has nothing to do with it: bytes that seemed to come from him to one
 * machine, and bytes that the machine sent him. */
struct victim {
    struct vc_addr addr;
    uint64_t in, out;
};
#define VICTIMS 64

enum plant {
    PLANT_NONE,
    PLANT_NUMBER, /* a packet number is used again */
    PLANT_ACK,    /* what was not stored is acknowledged */
    PLANT_PROOF,  /* an address counts as proved at once */
    PLANT_GAP,    /* a gap in a stream is read over */
    PLANT_CHUNK,  /* a chunk is not given back */
    PLANT_COUNT
};

struct sim {
    struct link_world world;
    uint64_t seed;
    uint32_t nodes;
    bool has_faults, is_verbose;
    struct pair pairs[NODES_MAX][NODES_MAX];
    uint32_t lives[NODES_MAX];
    vc_ms dark_until[NODES_MAX];
    uint16_t next_port;
    uint32_t outage, restart, move, close, talk; /* chances per step in 100,000 */
    uint32_t spoof;                              /* chance per datagram in 100,000 */
    struct victim victims[VICTIMS];
    uint32_t victim_count;
    enum plant plant;
    uint64_t objects, ups, restarts, moves;
    char complaint[256];
};

extern struct sim sim;

/* link_judges.c */

/* The first complaint of a run is kept. */
void sim_complain(const char *what, uint32_t a, uint32_t b, uint64_t x, uint64_t y);
/* The inside of a node's session with another; NULL: none is up. */
struct vc_session *sim_session(uint32_t a, uint32_t b);
/* Before a run. */
void sim_judges_begin(void);
/* After it: do both sides of a pair agree?  Is anything held by a node at rest? */
void sim_judge_pair(uint32_t a, uint32_t b);
void sim_judge_rest(uint32_t a);
/* Something is in flight. */
bool sim_is_busy(void);
/* Prints how a session stands. */
void sim_show(uint32_t a, uint32_t b);

#endif

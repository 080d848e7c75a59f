/*
 * Remembers what link machines tell, and helps two of them to talk: for unit tests.
 */
#ifndef VC_TESTS_SUPPORT_LINK_TOLD_H
#define VC_TESTS_SUPPORT_LINK_TOLD_H

#include "tests/support/link_world.h"

#define LINK_TOLD_MAX 64 /* outputs that are kept in order, of each node */

struct link_told {
    uint32_t ups, downs, objects, writables, moves, silences, hearings;
    vc_err reason; /* of the last DOWN */
    struct link_up_told {
        uint32_t peer, invite;
        bool is_join;
        struct vc_addr addr;
        struct vc_key32 dev_dh;
    } up; /* the last one */
    struct vc_addr moved_to;
    uint8_t last[VC_LINK_OBJECT_MAX]; /* the last object */
    size_t last_len;
    uint64_t bytes; /* of all objects */
    enum vc_link_output_kind order[LINK_TOLD_MAX];
    uint32_t count;
};

/* By index of node; cleared by link_duo_begin(). */
extern struct link_told told[LINK_WORLD_NODES_MAX];
extern struct link_world world;

/* A world of two nodes that know each other, 10 ms apart.  As cmocka's setup. */
int link_duo_begin(void **state);
int link_duo_end(void **state);
/* The same with other limits. */
void link_duo_begin_with(const struct vc_link_config *cfg);

/* Node 0 connects to node 1 and both are told. */
void link_duo_connect(void);
/* Runs the world for so long. */
void link_duo_wait(vc_ms ms);
/* An object of @len bytes, which begin with @text. */
vc_err link_duo_say(uint32_t from, uint32_t to, enum vc_link_stream stream,
                    const char *text, size_t len);

/* The inside of a node's session with a peer, which must be up. */
struct vc_session;
struct vc_session *link_duo_session(uint32_t node, uint32_t peer);

/* Hands @to a packet of frames that @from has sealed, as if it came from @addr. */
void link_duo_inject(uint32_t from, uint32_t to, const struct vc_addr *addr,
                     struct vc_bytes frames);

#endif

/*
 * A world of whole nodes on one thread: virtual time, one seed, one heap of happenings.
 *
 * Each host runs the same node as veched does, over a store in memory.  Faults are on for
 * the first part of a run: datagrams are lost, late, doubled and in other orders, parts of
 * the network are cut off, hosts crash between any two steps of a turn, lose batches that
 * were not committed, meet failing commits, sleep, move to another address, have clocks
 * that are wrong, are put back to an older state of their disk.  Then faults are off and
 * everything must settle.  Judges stand outside and complain; a run without a complaint is
 * a good run.
 *
 * The same seed gives the same trace hash, whatever compiler built it.
 */
#ifndef VC_TESTS_SIM_WORLD_H
#define VC_TESTS_SIM_WORLD_H

#include <stdio.h>

#include "node/node.h"
#include "storage/memory.h"
#include "tests/sim/random.h"

#define SIM_HOSTS_MAX 8
#define SIM_TEXTS_MAX 4096 /* messages of one run */
#define SIM_COMPLAINT_MAX 256
#define SIM_COPIES_MAX 3 /* of a host's disk */
#define SIM_ROUTERS_MAX 5
#define SIM_UNIX_MS 1790000000000u /* the date when a world begins */
#define SIM_TALK_MS 5000 /* after a move of both, two have what they wrote by then */
#define SIM_JOIN_MS 8000 /* and a newcomer has joined */

/* What a run is made of.  Chances are in a million. */
struct sim_config {
    uint64_t seed;
    uint32_t hosts;          /* 2..SIM_HOSTS_MAX; everybody knows everybody */
    vc_ms faults_ms;         /* first part */
    vc_ms settle_ms;         /* second part: at most */
    uint32_t texts;          /* each host writes so many in the first part */
    uint32_t delay_min_ms, delay_max_ms;
    uint32_t loss, duplication, slow; /* per datagram; slow: up to 3 s late */
    uint32_t crash;          /* per step of a turn */
    uint32_t commit_failure; /* per commit */
    uint32_t partition, sleep, move, garbage; /* per second and host */
    uint32_t skew_max_s;     /* clocks are wrong by up to this */
    uint32_t commit_max_ms;
    uint32_t burst;          /* texts that are written at once, at most */
    uint32_t put_back;       /* per second and host: its disk becomes an older copy */
    uint32_t put_backs_max;  /* of the world */
    uint32_t routers;        /* nodes of a DHT; 0: there is none */
    uint32_t moves;          /* in the second part: times that everybody moves at once */
    FILE *trace;             /* NULL: quiet */
};

/* The usual mixture for a seed: which faults are there, and how many, depends on it. */
void sim_config_of_seed(struct sim_config *ret_config, uint64_t seed);

enum sim_kind {
    SIM_DATAGRAM,
    SIM_WAKE,
    SIM_COMMIT,
    SIM_HEAL,
    SIM_RESTART,
    SIM_PERSON,
    SIM_SECOND,
    SIM_ROUTER,
    SIM_MOVE,
    SIM_SPEAK,
    SIM_MOVED,
    SIM_JOINED
};

struct sim_happening {
    vc_ms at;
    uint64_t order;  /* breaks ties: first planned, first happens */
    enum sim_kind kind;
    uint32_t host;
    uint32_t life;   /* of the host; an older one's happenings are void */
    struct vc_addr from, to;
    uint8_t *bytes;  /* DATAGRAM: owned */
    size_t len;
};

/* One text that somebody wants to say: he tries until it was accepted. */
struct sim_text {
    uint32_t from, to;
    bool is_asked;     /* handed to the node in this life, no answer yet */
    bool is_promised;  /* "queued" was said after its commit */
    uint64_t ticket;   /* is_asked: the turn that has to be committed */
    vc_ms shown_at;    /* the last time */
    uint32_t shown;    /* how often the other side's reader has seen it, and has it */
    bool was_shown;    /* to a reader whose disk may have been put back since */
    bool was_asked;    /* in any life */
    bool is_gone;      /* promised, and not on the disk that was put back, nor restored */
    uint32_t doubles;  /* times that it may have been accepted and forgotten: it is written
                          once more then, as nobody knows that it was */
    bool is_marked;    /* the reader has said that he has read it */
    bool is_delivered, is_read; /* what the writer's side says */
    bool is_of_move;   /* written when everybody moved: shown within SIM_TALK_MS */
    uint32_t seq;      /* is_asked or is_promised: its number at the writer's */
};

/* A person: has contacts by number, reads events, writes texts. */
struct sim_person {
    uint32_t contact_of[SIM_HOSTS_MAX]; /* contact number of each other host; 0: none yet */
    uint64_t cursor;                    /* last event read */
    uint32_t begun;                     /* texts begun */
    /* Invites for others: shown to them when the turn that made them is committed. */
    char invite_for[SIM_HOSTS_MAX][VC_INVITE_TEXT_LEN + 1];
    uint64_t invite_ticket[SIM_HOSTS_MAX];
    bool is_invite_shown[SIM_HOSTS_MAX];
};

struct sim_world;

/* A disk as it was, and what its reader had seen then. */
struct sim_copy {
    struct vc_memory_disk *disk; /* NULL: none */
    uint64_t taken;              /* counts the copies of the world */
    bool is_left; /* of a branch that was left: an older copy was put back since */
    uint64_t cursor;
    uint8_t shown[SIM_TEXTS_MAX];
};

struct sim_host {
    struct sim_world *world;
    uint32_t index;
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_node *node; /* NULL while it is down */
    uint32_t life;
    struct vc_addr addr, home;
    int64_t skew_ms;
    vc_ms asleep_until;
    vc_ms wake_at;         /* a SIM_WAKE is planned for then */
    vc_ms restart_at;      /* after a crash */
    vc_ms there_at;        /* where it has moved to */
    vc_ms cut_off_until;
    bool is_commit_planned, is_dying;
    uint64_t committed, ticket;
    bool has_root;
    struct vc_key32 root;  /* who it is; must not change over its lives */
    struct sim_person person;
    struct sim_copy copies[SIM_COPIES_MAX];
    bool is_put_back; /* it starts from one of them */
    uint32_t put_backs;
    /* What the other side had seen is not on the disk: that must be noticed, by our own
     * numbers or by what it says. */
    bool must_notice_own[SIM_HOSTS_MAX], must_notice_theirs[SIM_HOSTS_MAX];
};

struct sim_router {
    struct sim_world *world;
    uint32_t index;
    struct vc_dht *dht;
    void *memory;
    struct vc_addr addr;
    vc_ms wake_at;
};

/* How long texts took that were written when everybody moved, from the moment that both sides
 * had an address: counted by tenths of a second. */
#define SIM_TALK_STEP_MS 100
struct sim_talks {
    uint32_t count, longest_ms, joins, longest_join_ms;
    uint32_t steps[SIM_TALK_MS / SIM_TALK_STEP_MS + 1];
};

/* Times that everybody moves at once. */
struct sim_moves {
    uint32_t count;
    bool is_on;          /* one is not judged yet */
    uint32_t first_text; /* of those that were written in it */
    vc_ms judged_at;
    char invite[VC_INVITE_TEXT_LEN + 1]; /* of host 0, made before the first; empty: none */
    bool has_newcomer;   /* the host after the others has started, to join with it */
    vc_ms newcomer_at;
    struct sim_talks talks;
};

/* What a world had of stores that were put back. */
struct sim_put_backs {
    uint64_t count;
    uint64_t copies;   /* that were made */
    uint64_t changing; /* times that another side had seen what was gone, */
    uint64_t noticed;  /* that it was noticed with that side, */
    uint64_t overtaken; /* and that one of the two was put back again before */
    uint64_t gone;     /* texts that were not on the disk that was put back */
    uint64_t restored; /* of these: back at their writer's */
    uint64_t names_twice; /* places of a session that sealed two texts */
    uint64_t bytes, equal_bytes; /* compared of these, and the same by chance */
};

struct sim_world {
    struct sim_config config;
    struct sim_random random;   /* of the world: faults, people */
    struct sim_random seeds;    /* of the hosts' secret seeds */
    vc_ms now;
    bool has_faults;
    struct sim_host hosts[SIM_HOSTS_MAX];
    struct sim_happening *heap;
    size_t heap_len, heap_room;
    uint64_t planned;
    uint64_t trace_hash;
    bool is_over;
    struct sim_text texts[SIM_TEXTS_MAX];
    uint32_t text_count;
    uint64_t datagrams, turns, crashes, failed_commits;
    struct sim_put_backs put_backs;
    struct sim_router routers[SIM_ROUTERS_MAX];
    struct sim_moves moves;
    char complaint[SIM_COMPLAINT_MAX]; /* the first one; empty: none */
};

/* Runs it to its end.  false: a judge complained, see .complaint. */
bool sim_world_run(struct sim_world *world, const struct sim_config *config);
void sim_world_free(struct sim_world *world);

/* For the parts of the simulator. */
void sim_plan(struct sim_world *world, struct sim_happening happening);
void sim_trace(struct sim_world *world, const char *what, uint32_t host, uint64_t value);
void sim_complain(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* network.c */
void sim_network_send(struct sim_host *from, const struct vc_addr *to, struct vc_bytes bytes);
struct sim_host *sim_network_find(struct sim_world *world, const struct vc_addr *addr);
/* Of somebody who is no host. */
void sim_network_carry(struct sim_world *world, const struct vc_addr *from,
                       const struct vc_addr *to, struct vc_bytes bytes);

/* routers.c */
void sim_routers_open(struct sim_world *world);
void sim_routers_free(struct sim_world *world);
struct sim_router *sim_router_find(struct sim_world *world, const struct vc_addr *addr);
struct vc_addr sim_router_addr(uint32_t index);
void sim_router_recv(struct sim_router *router, const struct vc_addr *from,
                     struct vc_bytes bytes);
void sim_router_wake(struct sim_router *router);
/* As every node of the world has it. */
void sim_dht_config(struct sim_world *world, struct vc_dht_config *ret_config);

/* moves.c */
bool sim_moves_begin(struct sim_world *world); /* false: there were enough */
void sim_moves_move(struct sim_host *host);
void sim_moves_judge(struct sim_world *world);
void sim_moves_joined(struct sim_world *world);
void sim_talks_add(struct sim_talks *sum, const struct sim_talks *more);
/* In this time @thousandths of them were there. */
uint32_t sim_talks_within(const struct sim_talks *talks, uint32_t thousandths);

/* host.c */
void sim_host_start(struct sim_host *host);
void sim_host_crash(struct sim_host *host);
void sim_host_wake(struct sim_host *host);
void sim_host_recv(struct sim_host *host, const struct vc_addr *from, struct vc_bytes bytes);
void sim_host_commit(struct sim_host *host);
void sim_host_heal(struct sim_host *host);
void sim_host_move(struct sim_host *host, const struct vc_addr *addr);
/* Opens a turn; false: the host died in it.  @ask runs inside, then the turn is closed. */
void sim_host_turn(struct sim_host *host, void (*ask)(struct sim_host *host, void *ctx),
                   void *ctx);
struct vc_now sim_host_now(const struct sim_host *host);

/* copies.c: disks that are put back to an older state */
void sim_copies_keep(struct sim_host *host);  /* now and then, after a commit */
void sim_copies_second(struct sim_host *host); /* puts an old one back, perhaps */
void sim_copies_restart(struct sim_host *host); /* before the disk is opened */
void sim_copies_started(struct sim_host *host); /* the node is there */
void sim_copies_own(struct sim_host *host, const struct vc_message *message,
                    struct sim_text *text);     /* the writer sees a text of his */
void sim_copies_noticed(struct sim_host *host, uint32_t other, bool is_own);
void sim_copies_free(struct sim_host *host);

/* people.c */
void sim_person_act(struct sim_host *host);
void sim_person_read(struct sim_host *host);     /* events that are committed */
void sim_person_find(struct sim_host *host);     /* his contacts */
void sim_person_forget(struct sim_host *host);   /* the node died: no answer will come */
bool sim_text_of(struct vc_bytes body, uint32_t *ret_number);
void sim_person_answered(struct sim_host *host); /* tickets came back */

/* judges.c */
bool sim_is_settled(struct sim_world *world);
void sim_judge_end(struct sim_world *world);
void sim_judge_datagram(struct sim_host *from, const struct vc_addr *to, struct vc_bytes bytes);
/* What the wrapped primitives see (plants.c): a key and number never seal twice. */
void sim_judge_seal(const uint8_t key[32], uint64_t number);
/* Mail says that its own store was put back (@is_own), or that it has lost what @peer sent. */
void sim_judge_noticed(const struct vc_mail *mail, uint32_t peer, bool is_own);
/* frames.c: a place of a session never gives the bytes of one text to another. */
void sim_judge_frame(const struct vc_id16 *session, struct vc_ratchet_place place,
                     struct vc_bytes frame);
void sim_judge_reset(struct sim_world *world);
void sim_frames_reset(struct sim_world *world);

#endif

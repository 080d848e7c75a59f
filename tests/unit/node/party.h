/*
 * Whole nodes with memory disks and a network between them, in virtual time: what the
 * tests of node and chat run on.
 */
#ifndef VC_TESTS_UNIT_NODE_PARTY_H
#define VC_TESTS_UNIT_NODE_PARTY_H

#include "node/node.h"
#include "storage/memory.h"
#include "tests/support/test.h"

#define PARTY_HOSTS      3
#define PARTY_FLYING_MAX 65536
#define PARTY_START_UNIX UINT64_C(1790000000000)
#define PARTY_HOUR       ((vc_ms)3600 * 1000)

/* An allocator that counts, and fails when asked to. */
struct party_alloc {
    size_t used;       /* bytes */
    uint64_t calls;    /* that asked for memory */
    uint64_t fails_at; /* the call that fails, from 1; 0: none */
};

struct party_host {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_node *node; /* NULL: it is down */
    struct vc_addr addr;
    struct party_alloc alloc;
    uint64_t committed, ticket;
    uint8_t lives;
    bool is_held;    /* commits wait until the test completes them */
    bool is_deaf;    /* no datagram arrives or leaves */
    int64_t skew_ms; /* of the wall clock */
    uint64_t presences;
};

struct party_flying {
    vc_ms at;
    struct vc_addr from, to;
    uint16_t len;
    uint8_t bytes[1500];
};

struct party {
    vc_ms now;
    bool has_dht;      /* nodes that start from now on belong to a DHT */
    bool has_no_doors; /* and are not told where the others are */
    struct party_host hosts[PARTY_HOSTS];
    struct party_flying *flying;
    size_t first, count;
};

void party_open(struct party *party);
/* cmocka's setup and teardown: *state is the party. */
int party_setup(void **state);
int party_teardown(void **state);
#define PARTY_TEST(name) \
    cmocka_unit_test_setup_teardown(name, party_setup, party_teardown)
void party_close(struct party *party);

struct vc_now party_now(const struct party *party, const struct party_host *host);
struct vc_chat *party_chat(struct party_host *host);

/* What a host is given of the DHT: its capacities, and where the others are. */
void party_dht_config(struct vc_dht_config *ret_config);
size_t party_doors(const struct party *party, const struct party_host *host,
                   struct vc_addr ret_doors[PARTY_HOSTS]);
/* Everybody starts again, as a node of a DHT of their own. */
void party_begin_dht(struct party *party);
/* A host gets another address, which its node is told of. */
void party_move(struct party *party, struct party_host *host, uint8_t network);

/* Starts a host whose node is down; VC_OK or why it did not start. */
vc_err party_start(struct party *party, struct party_host *host);
/* The process dies: what was not committed is lost. */
void party_crash(struct party *party, struct party_host *host);
/* It ends as it should. */
void party_stop(struct party *party, struct party_host *host);

/* A host that is down loses all rows of a table. */
void party_lose(struct party_host *host, enum vc_table table);

/* One turn of everybody, with what has arrived by now. */
void party_turn(struct party *party);
/* Turns until @ms have passed. */
void party_run(struct party *party, vc_ms ms);
/* Turns until it is so; fails the test after @ms. */
void party_until(struct party *party, bool (*is_so)(void *ctx), void *ctx, vc_ms ms);

/* Ends the turn of one host after the test has asked it for something. */
void party_end_turn(struct party *party, struct party_host *host);

/* a invites b, and both have each other as contacts; gives their numbers. */
void party_meet(struct party *party, struct party_host *a, struct party_host *b,
                uint32_t *ret_b_at_a, uint32_t *ret_a_at_b);
/* Queues a text; its turn is ended. */
struct vc_message party_say(struct party *party, struct party_host *host,
                            uint32_t contact, const char *text);
vc_err party_try_say(struct party *party, struct party_host *host, uint32_t contact,
                     const char *text, struct vc_message *ret_message);

/* Puts any bytes into the mail for a contact, as a node that lies would. */
void party_forge(struct party *party, struct party_host *host, uint32_t contact,
                 struct vc_bytes object);
/* The same with a mark, or NULL for none. */
void party_forge_marked(struct party *party, struct party_host *host, uint32_t contact,
                        struct vc_bytes object, const uint8_t ref[VC_MAIL_REF_LEN]);
/* The same with a text, which may name what it likes as its seq, clock and parents. */
struct party_forged {
    uint32_t seq;
    uint64_t clock;
    struct vc_message_ref parents[VC_CHAT_PARENTS_MAX]; /* ascending */
    uint8_t parent_count;
    uint16_t type; /* 0: text */
    const char *text;
};
void party_forge_message(struct party *party, struct party_host *host, uint32_t contact,
                         const struct party_forged *forged);
/* The place of a host among the authors of a conversation. */
uint8_t party_author(struct party_host *host, struct party_host *other);
struct vc_chat_stats party_stats(struct party_host *host);
/* How it stands with the sessions of a host with a contact. */
struct vc_seal_state party_seal(struct party *party, struct party_host *host,
                                uint32_t contact);
/* How many rows of a table are committed. */
size_t party_rows(struct party_host *host, enum vc_table table);

/* Every event after @since is appended here. */
struct party_events {
    struct vc_event events[1024];
    size_t count;
};
void party_events(struct party_host *host, uint64_t since,
                  struct party_events *ret_events);
/* How many events of a kind there are in all. */
size_t party_event_count(struct party_host *host, enum vc_event_kind kind);

/* The texts of a conversation in its order, each with a newline; unknown bodies "?". */
#define PARTY_TEXT_MAX 65536
const char *party_texts(struct party_host *host, uint32_t contact);
struct vc_contact party_contact(struct party *party, struct party_host *host,
                                uint32_t id);
/* The state of the message whose text this is. */
enum vc_message_state party_state(struct party_host *host, uint32_t contact,
                                  const char *text);
struct vc_message party_find(struct party_host *host, uint32_t contact,
                             const char *text);

#endif

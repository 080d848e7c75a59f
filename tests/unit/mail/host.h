/*
 * A host with a mail machine, a memory disk, a fake link and fake seals, and the turns of
 * a conductor.
 */
#ifndef VC_TESTS_UNIT_MAIL_HOST_H
#define VC_TESTS_UNIT_MAIL_HOST_H

#include "node/mail/objects.h"
#include "storage/memory.h"
#include "tests/unit/mail/fake_link.h"
#include "tests/unit/mail/fake_seal.h"

/* An allocator that counts, and fails when asked to. */
struct test_alloc {
    size_t used;       /* bytes */
    uint64_t calls;    /* that asked for memory */
    uint64_t fails_at; /* the call that fails, from 1; 0: none */
    bool is_failing;   /* all calls fail */
};
struct vc_alloc test_alloc(struct test_alloc *alloc);

struct host {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_link *link;
    struct vc_seal *seal;
    struct vc_mail *mail;
    struct vc_now now;
    struct test_alloc alloc;
    uint8_t seed;
};

/* An empty host whose commits are done at once, or when the test says so.  Its hellos are
 * hidden by the link. */
void host_open(struct host *host, bool is_at_once);
void host_close(struct host *host);
/* The process dies and starts again: what was not committed is lost, all sessions too.
 */
void host_crash(struct host *host, bool is_at_once);
/* The same, and its disk is this one from now on, which is the host's then. */
void host_restore(struct host *host, struct vc_memory_disk *disk, bool is_at_once);
/* The machine is made anew on the store that there is. */
vc_err host_init(struct host *host);

void host_peer_put(struct host *host, uint32_t peer);
/* Reserves and sends @text under a ref that begins with its first byte. */
vc_err host_send(struct host *host, uint32_t peer, const char *text,
                 uint64_t *ret_number);
void host_abandon(struct host *host, uint32_t peer, uint64_t number);
void host_accept(struct host *host, const struct vc_mail_output *output);

/* Answers a VC_MAIL_WORDS with @text. */
vc_err host_words(struct host *host, const struct vc_mail_output *wanted,
                  const char *text);

/* A session begins or ends, as the link tells it; the peer says hello in a new one, and
 * that it has seen nothing. */
void host_up(struct host *host, uint32_t peer, vc_ms since);
/* The same without the hello. */
void host_up_in_silence(struct host *host, uint32_t peer, vc_ms since);
/* The peer says hello: what it saw last was this @text, sealed in session 1. */
void host_greet(struct host *host, uint32_t peer, uint64_t last, const char *text);
void host_down(struct host *host, uint32_t peer, vc_err reason);
/* Feeds one object as if it came from @peer. */
void host_feed(struct host *host, uint32_t peer, struct vc_bytes bytes);

/* Writes rows until the present batch has room for one of @bytes, and hardly more. */
void host_fill(struct host *host, size_t bytes);

bool host_next(struct host *host, struct vc_mail_output *ret_output);
/* The next output is of this kind. */
struct vc_mail_output host_expect(struct host *host, enum vc_mail_output_kind kind);
void host_expect_nothing(struct host *host);

/* Ends a turn: flush and submit; gives the ticket. */
uint64_t host_submit(struct host *host);
/* Begins one: tells mail what was committed. */
void host_poll(struct host *host);
/* Both, with the commit between them. */
void host_turn(struct host *host);
void host_pass(struct host *host, vc_ms delay_ms);
/* The same, and ticks. */
void host_tick(struct host *host, vc_ms delay_ms);

struct vc_mail_state host_state(const struct host *host, uint32_t peer);
struct vc_mail_stats host_stats(const struct host *host);

/* The next thing that the link was given for @peer is this. */
void host_expect_data(struct host *host, uint32_t peer, uint64_t number,
                      const char *text);
/* The same, and in which session it was sealed. */
void host_expect_sealed(struct host *host, uint32_t peer, uint32_t session,
                        uint64_t number, const char *text);
void host_expect_ack(struct host *host, uint32_t peer, uint64_t prefix);
/* What the link was given for @peer next is of this type; borrowed until the next call. */
struct vc_mail_frame host_expect_frame(struct host *host, uint32_t peer,
                                       enum vc_mail_type type);
void host_expect_abandon(struct host *host, uint32_t peer, uint64_t number);
void host_expect_silence(struct host *host, uint32_t peer);

void feed_data(struct host *host, uint32_t peer, uint64_t number, const char *text);
/* Sealed in this session, and under a number that may be another. */
void feed_sealed(struct host *host, uint32_t peer, uint64_t number, uint32_t session,
                 uint64_t sealed_number, const char *text);
/* An ack of all numbers up to @prefix and of @more, 0: none. */
void feed_ack(struct host *host, uint32_t peer, uint64_t prefix, uint64_t more,
              uint64_t again);

#endif

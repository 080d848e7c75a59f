/*
 * The loops of party.h.  Both ends are counted everywhere.
 */
#include "tests/bench/party.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The best slice is the one that was least disturbed by what shares caches and the core. */
#define SLICES        5
#define SLICE_SECONDS 0.25

static const struct party_protocol *now_measured;

/* The processor's time that we had: what else runs on the core is not counted. */
static double now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

void party_need(bool is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

void party_print(const char *name, const char *metric, double number, const char *unit)
{
    printf("%s.%s\t%.*f\t%s\n", name, metric, number < 1000 ? 2 : 0, number, unit);
}

double party_rate(void (*once)(void))
{
    double best = 0;

    once(); /* warms up */
    for (int i = 0; i < SLICES; i++) {
        double begin = now(), end;
        size_t count = 0;

        do {
            once();
            count++;
            end = now();
        } while (end - begin < SLICE_SECONDS);
        double rate = (double)count / (end - begin);
        best = rate > best ? rate : best;
    }
    return best;
}

static void say(int side)
{
    (void)now_measured->seal(side, 0);
    now_measured->open(side, 0);
}

static void meet_once(void)
{
    now_measured->meet();
}

/* Every message has a new ratchet key. */
static void ping_pong_once(void)
{
    say(1);
    say(0);
}

static void stream_once(void)
{
    for (size_t i = 0; i < 16; i++) {
        say(0);
    }
}

static void reverse_once(void)
{
    for (size_t i = 0; i < PARTY_SLOTS; i++) {
        (void)now_measured->seal(0, i);
    }
    for (size_t i = PARTY_SLOTS; i-- > 0;) {
        now_measured->open(0, i);
    }
}

static void refuse_once(void)
{
    now_measured->refuse(0, 0);
}

/* The metric's name with @how behind it. */
static const char *metric(const char *what, const char *how)
{
    static char name[64];

    (void)snprintf(name, sizeof(name), "%s%s%s", what, how[0] != '\0' ? "." : "", how);
    return name;
}

/* A session that both have spoken in; its last message came from the first. */
static void settle(void)
{
    now_measured->meet();
    ping_pong_once();
}

void party_measure_talk(const struct party_protocol *protocol, const char *how)
{
    const char *name = protocol->name;

    now_measured = protocol;
    settle();
    party_print(name, metric("pingpong.100B", how), 2 * party_rate(ping_pong_once),
                "msg/s");
    settle();
    party_print(name, metric("stream.100B", how), 16 * party_rate(stream_once),
                "msg/s");
    if (protocol->slots == PARTY_SLOTS) {
        settle();
        party_print(name, metric("reverse1000.100B", how),
                    PARTY_SLOTS * party_rate(reverse_once), "msg/s");
    }
}

void party_measure(const struct party_protocol *protocol)
{
    const char *name = protocol->name;

    now_measured = protocol;
    party_print(name, "session_setup+first_msg", party_rate(meet_once), "/s");
    party_measure_talk(protocol, "");
    settle();
    (void)protocol->seal(0, 0);
    protocol->forge(0);
    party_print(name, "forged_packet_cost", 1e6 / party_rate(refuse_once), "us");
    protocol->meet();
    party_print(name, "first_msg_bytes", (double)protocol->seal(0, 0), "B");
    settle();
    party_print(name, "msg_bytes", (double)protocol->seal(0, 0), "B");
    party_print(name, "session_bytes", (double)protocol->session_bytes(), "B");
}

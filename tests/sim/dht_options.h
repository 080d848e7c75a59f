/*
 * What a world of the DHT is made of: the command line of `veche-sim dht`.
 */
#ifndef VC_TESTS_SIM_DHT_OPTIONS_H
#define VC_TESTS_SIM_DHT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_DHT_EVENTS_MAX 8
#define SIM_DHT_WANTS_MAX  12

/* X(NAME, name, what it does) */
#define SIM_DHT_EVILS(X)                                                               \
    X(HONEST, "none", "")                                                              \
    X(COLLUDE, "collude", "name each other and deny what they hold")                   \
    X(DENY, "deny", "say that they hold everything and give nothing")                  \
    X(STALL, "stall", "answer pings, and all else after 1.4 s or never")               \
    X(POISON, "poison", "name private addresses, nobody, and others under wrong keys") \
    X(FORGE, "forge", "answer with altered and foreign records")                       \
    X(FLOOD, "flood", "send garbage, copies and requests in others' names")

enum sim_dht_evil {
#define SIM_DHT_EVIL_ENUM(name, text, words) SIM_DHT_##name,
    SIM_DHT_EVILS(SIM_DHT_EVIL_ENUM)
#undef SIM_DHT_EVIL_ENUM
        SIM_DHT_EVIL_COUNT
};

enum sim_dht_event_kind { SIM_DHT_KILL, SIM_DHT_STORM, SIM_DHT_SPLIT };

/* Minutes are counted from the end of the warm-up. */
struct sim_dht_event {
    enum sim_dht_event_kind kind;
    uint32_t share;             /* of a million */
    uint32_t at_min, until_min; /* until: SPLIT */
    bool is_past;
};

/* A figure that has to be at least or at most so much. */
struct sim_dht_want {
    char figure[32];
    bool is_least;
    double value;
};

/* Shares and chances are in a million. */
struct sim_dht_options {
    uint64_t seed;
    uint32_t nodes;
    uint32_t minutes, warm_up_min;
    uint32_t founders;  /* share of the reachable that route from the beginning */
    uint32_t clients;   /* share behind NATs */
    uint32_t churn_min; /* median session; 0: nobody leaves */
    uint32_t loss;      /* each way */
    uint32_t publishers, idle;       /* shares */
    uint32_t gets_per_h, puts_per_h; /* of each node */
    uint32_t skew_s;                 /* wall clocks are wrong by up to this */
    uint32_t wrong_clocks;           /* share that is wrong by up to two days */
    uint32_t hostile;                /* share */
    enum sim_dht_evil evil;
    bool is_mixed;                  /* hostile nodes of every kind */
    uint32_t grind, grind_networks; /* ids ground next to one place, from so many /24 */
    uint32_t merge_min;             /* two networks until then; 0: one */
    struct sim_dht_event events[SIM_DHT_EVENTS_MAX];
    uint32_t event_count;
    bool is_small, is_large; /* machines of the one profile or the other */
    bool is_private; /* real accounts over midnight; everybody tries to link them */
    bool is_ipv6, is_real_crypto, is_quiet, is_traced;
    bool is_twice; /* run it again: the hash has to be the same */
    bool judges_plants, wants_help;
    bool is_trial; /* of the judges: nothing is printed */
    const char *svg, *json;
    struct sim_dht_want wants[SIM_DHT_WANTS_MAX];
    uint32_t want_count;
};

/* Reads the command line; says what is wrong with it and gives false. */
bool sim_dht_options_read(struct sim_dht_options *ret_options, int argc, char **argv);
void sim_dht_options_init(struct sim_dht_options *ret_options);
/* Sets what a scenario sets; false when there is none of that name. */
bool sim_dht_scenario(struct sim_dht_options *options, const char *name);
/* FIGURE>=N or FIGURE<=N; it takes the place of an earlier one of that figure. */
bool sim_dht_want(struct sim_dht_options *options, const char *text);
void sim_dht_print_usage(void);
const char *sim_dht_evil_name(enum sim_dht_evil evil);

#endif

#include "tests/sim/dht_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERCENT = 10000, NODES_MIN = 16, NODES_MAX = 1000000 };

static const char *const evil_names[] = {
#define SIM_DHT_EVIL_NAME(name, text, words) text,
    SIM_DHT_EVILS(SIM_DHT_EVIL_NAME)
#undef SIM_DHT_EVIL_NAME
};

static const char *const evil_words[] = {
#define SIM_DHT_EVIL_WORDS(name, text, words) words,
    SIM_DHT_EVILS(SIM_DHT_EVIL_WORDS)
#undef SIM_DHT_EVIL_WORDS
};

/* A scenario is options, and what its figures have to be: the bars of 10,000 nodes. */
static const struct scenario {
    const char *name, *words, *options[6], *wants[10];
} scenarios[] = {
    {"plain",
     "nobody leaves",
     {NULL},
     {"found>=99.95", "get-p50<=140", "get-p99<=350", "put-ok>=99", "put-p50<=350",
      "put-p99<=900", "unreadable<=0"}},
    {"churn",
     "sessions of an hour, half of the nodes are clients",
     {"--churn=60", "--clients=50"},
     {"found>=99.9", "get-p50<=140", "get-p99<=350", "unreadable<=0", "cold-p50<=330",
      "cold-p99<=490", "saved-p50<=150"}},
    {"idle",
     "nobody asks for anything, half of the nodes are clients",
     {"--clients=50", "--idle=100", "--publishers=0", "--gets=0", "--minutes=130"},
     {"idle-router-kib<=23", "idle-client-kib<=2", "client-addresses<=40"}},
    {"half-dead",
     "half of the nodes die at one instant",
     {"--kill=50@2"},
     {"struck-found>=99.9", "struck-p50<=106", "struck-p99<=900", "later-found>=99.9",
      "later-p99<=300"}},
    {"storm",
     "half of the nodes restart at one instant",
     {"--storm=50@2"},
     {"found>=99.9", "unreadable<=0", "storm<=3"}},
    {"collude20",
     "20 % name each other and deny what they hold",
     {"--hostile=20"},
     {"found>=99.9", "unreadable<=0"}},
    {"deny",
     "20 % say that they hold everything",
     {"--hostile=20", "--evil=deny"},
     {"found>=99.9", "unreadable<=0"}},
    {"stall",
     "20 % answer late or never",
     {"--hostile=20", "--evil=stall"},
     {"found>=99.9"}},
    {"poison", "20 % name garbage", {"--hostile=20", "--evil=poison"}, {"found>=99.9"}},
    {"forge",
     "20 % answer with altered records",
     {"--hostile=20", "--evil=forge"},
     {"found>=99.9"}},
    {"flood", "20 % flood", {"--hostile=20", "--evil=flood"}, {"found>=99.9"}},
    {"grind",
     "64 ids next to one place",
     {"--grind=64"},
     {"found>=99.9", "attacked-found>=99"}},
    {"merge",
     "two networks become one after two minutes",
     {"--merge=2"},
     {"found>=99.9", "across>=99"}},
    {"split",
     "half of the nodes are cut off for an hour, while others come and go",
     {"--partition=50@2..62", "--churn=60", "--minutes=70"},
     {"found>=99.9", "across>=99"}},
    {"privacy",
     "all nodes together try to link records to accounts and to each other",
     {"--privacy", "--nodes=100", "--minutes=180", "--publishers=100", "--puts=2"},
     {"found>=99.9", "linked<=0"}},
    {"young",
     "one in twenty routes from the beginning; the rest has to find out that it can",
     {"--founders=5", "--warm-up=40"},
     {"found>=99.9", "unreadable<=0"}},
};

const char *sim_dht_evil_name(enum sim_dht_evil evil)
{
    return evil_names[evil];
}

void sim_dht_print_usage(void)
{
    puts("veche-sim dht: the DHT alone, many nodes in virtual time, under judges\n"
         "\n"
         "  --nodes N            1000\n"
         "  --minutes N          60; figures are of these\n"
         "  --warm-up MIN        10, before them\n"
         "  --seed N             1; the same seed gives the same datagrams\n"
         "  --churn MIN          median session; who leaves comes back, half of them "
         "as somebody new\n"
         "  --clients PERCENT    behind NATs that let in only whom they wrote to "
         "within a minute\n"
         "  --loss PERCENT       each way (1)\n"
         "  --idle PERCENT       nodes that ask nothing (10)\n"
         "  --publishers PERCENT of the others have a record (30: small machines hold "
         "21)\n"
         "  --gets N, --puts N   of each node an hour (6, 1)\n"
         "  --founders PERCENT   of the reachable route from the beginning (100)\n"
         "  --skew S             wall clocks are wrong by up to this (5)\n"
         "  --wrong-clocks PERCENT  wrong by up to two days (1)\n"
         "  --hostile PERCENT    hostile nodes\n"
         "  --evil KIND          what they do (collude); mixed: all of these");
    for (int i = 1; i < SIM_DHT_EVIL_COUNT; i++) {
        printf("                         %-8s %s\n", evil_names[i], evil_words[i]);
    }
    puts("  --grind N            N hostile nodes with ids next to one place; half of "
         "the gets are of it\n"
         "  --grind-networks N   in so many /24 (4)\n"
         "  --kill PERCENT@MIN   so many die at that minute\n"
         "  --storm PERCENT@MIN  so many restart at that minute, and of four of them "
         "one asks at once\n"
         "  --partition PERCENT@MIN..MIN  so many are cut off from the others "
         "meanwhile\n"
         "  --merge MIN          two networks until then; three nodes know one of the "
         "other\n"
         "  --large, --small     machines with the room of a router, though for fewer "
         "records; or\n"
         "                       of the profile for simulations (large up to 1000 "
         "nodes)\n"
         "  --privacy            records of real accounts, over a midnight: whatever "
         "any node has\n"
         "                       seen is searched for what would link two of them\n"
         "  --ipv6               all over IPv6\n"
         "  --real-crypto        all ciphers and hashes as they are, instead of cheap "
         "stand-ins\n"
         "  --want 'FIGURE>=N'   or <=: else the end is not good (--json has the "
         "names)\n"
         "  --twice              run it again: the datagrams have to be the same\n"
         "  --svg FILE           latency and success over time\n"
         "  --json FILE          the figures\n"
         "  --trace              say which gets and puts did not end well\n"
         "  --quiet              the last line only\n"
         "  --judge-plants       every planted bug must be caught\n"
         "  --scenario NAME      options, and figures that are wanted; further options "
         "change it");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        printf("                         %-9s %s\n", scenarios[i].name,
               scenarios[i].words);
    }
}

void sim_dht_options_init(struct sim_dht_options *ret_options)
{
    *ret_options = (struct sim_dht_options){.seed = 1,
                                            .nodes = 1000,
                                            .minutes = 60,
                                            .warm_up_min = 10,
                                            .founders = 100 * PERCENT,
                                            .loss = PERCENT,
                                            .publishers = 30 * PERCENT,
                                            .idle = 10 * PERCENT,
                                            .gets_per_h = 6,
                                            .puts_per_h = 1,
                                            .skew_s = 5,
                                            .wrong_clocks = PERCENT,
                                            .evil = SIM_DHT_COLLUDE,
                                            .grind_networks = 4};
}

static bool read_number(const char *text, char end, uint32_t *ret_number,
                        const char **ret_end)
{
    char *stop;
    unsigned long number = strtoul(text, &stop, 10);

    if (stop == text || *stop != end || number > NODES_MAX * 10ul) {
        return false;
    }
    *ret_number = (uint32_t)number;
    *ret_end = stop;
    return true;
}

static bool read_whole(const char *text, uint32_t *ret_number)
{
    const char *end;

    return read_number(text, '\0', ret_number, &end);
}

/* Percent, with a fraction if need be, as a share of a million. */
static bool read_share(const char *text, char end, uint32_t *ret_share,
                       const char **ret_end)
{
    char *stop;
    double percent = strtod(text, &stop);

    if (stop == text || *stop != end || !(percent >= 0 && percent <= 100)) {
        return false;
    }
    *ret_share = (uint32_t)(percent * PERCENT + 0.5);
    *ret_end = stop;
    return true;
}

static bool read_percent(const char *text, uint32_t *ret_share)
{
    const char *end;

    return read_share(text, '\0', ret_share, &end);
}

/* PERCENT@MIN, or PERCENT@MIN..MIN. */
static bool read_event(struct sim_dht_options *options, enum sim_dht_event_kind kind,
                       const char *text)
{
    struct sim_dht_event event = {.kind = kind};
    char end = kind == SIM_DHT_SPLIT ? '.' : '\0';

    if (options->event_count == SIM_DHT_EVENTS_MAX ||
        !read_share(text, '@', &event.share, &text) ||
        !read_number(text + 1, end, &event.at_min, &text)) {
        return false;
    }
    if (kind == SIM_DHT_SPLIT &&
        (text[1] != '.' || !read_whole(text + 2, &event.until_min) ||
         event.until_min <= event.at_min)) {
        return false;
    }
    options->events[options->event_count++] = event;
    return true;
}

bool sim_dht_want(struct sim_dht_options *options, const char *text)
{
    const char *sign = strpbrk(text, "<>");
    size_t len = sign == NULL ? 0 : (size_t)(sign - text);
    struct sim_dht_want *want = options->wants;
    char *end;

    if (len == 0 || sign[1] != '=') {
        return false;
    }
    while (want < options->wants + options->want_count &&
           (strncmp(want->figure, text, len) != 0 || want->figure[len] != '\0')) {
        want++;
    }
    if (want == options->wants + SIM_DHT_WANTS_MAX || len >= sizeof want->figure) {
        return false;
    }
    if (want == options->wants + options->want_count) {
        options->want_count++;
    }
    memset(want->figure, 0, sizeof want->figure);
    memcpy(want->figure, text, len);
    want->is_least = *sign == '>';
    want->value = strtod(sign + 2, &end);
    return end != sign + 2 && *end == '\0';
}

static bool read_evil(struct sim_dht_options *options, const char *text)
{
    options->is_mixed = strcmp(text, "mixed") == 0;
    for (int i = 1; i < SIM_DHT_EVIL_COUNT; i++) {
        if (strcmp(text, evil_names[i]) == 0) {
            options->evil = (enum sim_dht_evil)i;
            return true;
        }
    }
    return options->is_mixed;
}

static const struct option known[] = {
    {"nodes", required_argument, NULL, 'n'},
    {"minutes", required_argument, NULL, 'm'},
    {"warm-up", required_argument, NULL, 'u'},
    {"seed", required_argument, NULL, 's'},
    {"churn", required_argument, NULL, 'c'},
    {"clients", required_argument, NULL, 'C'},
    {"loss", required_argument, NULL, 'l'},
    {"idle", required_argument, NULL, 'i'},
    {"publishers", required_argument, NULL, 'p'},
    {"gets", required_argument, NULL, 'g'},
    {"puts", required_argument, NULL, 'P'},
    {"founders", required_argument, NULL, 'f'},
    {"skew", required_argument, NULL, 'k'},
    {"wrong-clocks", required_argument, NULL, 'K'},
    {"hostile", required_argument, NULL, 'e'},
    {"evil", required_argument, NULL, 'E'},
    {"grind", required_argument, NULL, 'G'},
    {"grind-networks", required_argument, NULL, 'N'},
    {"kill", required_argument, NULL, 'd'},
    {"storm", required_argument, NULL, 'r'},
    {"partition", required_argument, NULL, 'a'},
    {"merge", required_argument, NULL, 'M'},
    {"want", required_argument, NULL, 'w'},
    {"svg", required_argument, NULL, 'S'},
    {"json", required_argument, NULL, 'J'},
    {"scenario", required_argument, NULL, 'o'},
    {"privacy", no_argument, NULL, 'v'},
    {"ipv6", no_argument, NULL, '6'},
    {"real-crypto", no_argument, NULL, 'R'},
    {"twice", no_argument, NULL, '2'},
    {"small", no_argument, NULL, '1'},
    {"large", no_argument, NULL, '9'},
    {"quiet", no_argument, NULL, 'q'},
    {"trace", no_argument, NULL, 't'},
    {"judge-plants", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool take_flag(struct sim_dht_options *options, int letter)
{
    switch (letter) {
    case 'v':
        options->is_private = options->is_real_crypto = true;
        return true;
    case '6':
        options->is_ipv6 = true;
        return true;
    case 'R':
        options->is_real_crypto = true;
        return true;
    case '2':
        options->is_twice = true;
        return true;
    case '1':
        options->is_small = true;
        return true;
    case '9':
        options->is_large = true;
        return true;
    case 'q':
        options->is_quiet = true;
        return true;
    case 't':
        options->is_traced = true;
        return true;
    case 'j':
        options->judges_plants = true;
        return true;
    case 'h':
        options->wants_help = true;
        return true;
    default:
        return false;
    }
}

static bool take(struct sim_dht_options *options, int letter, const char *text)
{
    uint32_t *share = letter == 'C'   ? &options->clients
                      : letter == 'l' ? &options->loss
                      : letter == 'i' ? &options->idle
                      : letter == 'p' ? &options->publishers
                      : letter == 'f' ? &options->founders
                      : letter == 'K' ? &options->wrong_clocks
                      : letter == 'e' ? &options->hostile
                                      : NULL;
    uint32_t *number = letter == 'n'   ? &options->nodes
                       : letter == 'm' ? &options->minutes
                       : letter == 'u' ? &options->warm_up_min
                       : letter == 'c' ? &options->churn_min
                       : letter == 'g' ? &options->gets_per_h
                       : letter == 'P' ? &options->puts_per_h
                       : letter == 'k' ? &options->skew_s
                       : letter == 'G' ? &options->grind
                       : letter == 'N' ? &options->grind_networks
                       : letter == 'M' ? &options->merge_min
                                       : NULL;

    if (share != NULL) {
        return read_percent(text, share);
    }
    if (number != NULL) {
        return read_whole(text, number);
    }
    switch (letter) {
    case 's':
        options->seed = strtoull(text, NULL, 10);
        return true;
    case 'E':
        return read_evil(options, text);
    case 'd':
        return read_event(options, SIM_DHT_KILL, text);
    case 'r':
        return read_event(options, SIM_DHT_STORM, text);
    case 'a':
        return read_event(options, SIM_DHT_SPLIT, text);
    case 'w':
        return sim_dht_want(options, text);
    case 'S':
        options->svg = text;
        return true;
    case 'J':
        options->json = text;
        return true;
    case 'o':
        return sim_dht_scenario(options, text);
    default:
        return take_flag(options, letter);
    }
}

/* "--name=value" or "--name", as a scenario has it. */
static bool take_word(struct sim_dht_options *options, const char *word)
{
    const char *sign = strchr(word, '=');
    size_t name_len = (sign == NULL ? strlen(word) : (size_t)(sign - word)) - 2;

    for (const struct option *option = known; option->name != NULL; option++) {
        if (strlen(option->name) == name_len &&
            strncmp(word + 2, option->name, name_len) == 0 &&
            (sign != NULL) == (option->has_arg == required_argument)) {
            return take(options, option->val, sign == NULL ? NULL : sign + 1);
        }
    }
    return false;
}

bool sim_dht_scenario(struct sim_dht_options *options, const char *name)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        const struct scenario *scenario = &scenarios[i];
        bool is_good = true;

        if (strcmp(scenario->name, name) != 0) {
            continue;
        }
        for (int k = 0; scenario->options[k] != NULL; k++) {
            is_good &= take_word(options, scenario->options[k]);
        }
        for (int k = 0; scenario->wants[k] != NULL; k++) {
            is_good &= sim_dht_want(options, scenario->wants[k]);
        }
        return is_good;
    }
    return false;
}

bool sim_dht_options_read(struct sim_dht_options *ret_options, int argc, char **argv)
{
    bool is_good = true;
    int letter;

    sim_dht_options_init(ret_options);
    optind = 1;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        bool is_taken = take(ret_options, letter, optarg);

        if (!is_taken && letter != '?') {
            fprintf(stderr, "veche-sim: what is %s?\n", optarg);
        }
        is_good &= is_taken;
    }
    if (is_good && optind < argc) {
        fprintf(stderr, "veche-sim: what is %s?\n", argv[optind]);
        is_good = false;
    }
    if (is_good && ret_options->grind > 0 &&
        (ret_options->publishers == 0 || ret_options->idle == 100 * PERCENT)) {
        fputs("veche-sim: nobody has a record that could be ground at\n", stderr);
        is_good = false;
    }
    if (is_good && (ret_options->nodes < NODES_MIN || ret_options->nodes > NODES_MAX ||
                    ret_options->minutes == 0 || ret_options->warm_up_min == 0 ||
                    ret_options->grind > ret_options->grind_networks * 128 ||
                    (ret_options->grind > 0 && ret_options->is_ipv6))) {
        fprintf(
            stderr,
            "veche-sim: %d to %d nodes, a minute at least, 128 ids in a /24 of IPv4\n",
            NODES_MIN, NODES_MAX);
        is_good = false;
    }
    return is_good;
}

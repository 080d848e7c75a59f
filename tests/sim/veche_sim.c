/*
 * veche-sim: runs worlds of whole nodes, one for each seed, and says what the judges say.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/prim.h"
#include "tests/sim/dht_main.h"
#include "tests/sim/plants.h"
#include "tests/sim/world.h"

struct totals {
    uint64_t runs, complaints, texts, datagrams, turns, crashes, failed_commits;
    vc_ms virtual_ms;
    struct sim_put_backs put_backs;
    struct sim_talks talks;
};

static void print_usage(void)
{
    puts("veche-sim: whole nodes in virtual time, with faults, under judges\n"
         "\n"
         "  --seeds A[..B]   worlds to run (1..100)\n"
         "  --hosts N        2..8, instead of what the seed says\n"
         "  --loss PERCENT   likewise\n"
         "  --quiet-net      no fault of any kind\n"
         "  --put-backs N    up to N disks of each world are put back to an older state\n"
         "  --moves N        N times everybody moves at once; there is a DHT\n"
         "  --plant NAME     with a bug on purpose (--plants lists them)\n"
         "  --judge-plants   every planted bug must be caught within these seeds\n"
         "  --trace          say what happens\n"
         "  --hash           print each world's trace hash\n"
         "\n"
         "veche-sim dht      the DHT alone, with many nodes: veche-sim dht --help");
}

static struct sim_config overrides;
static bool is_quiet_net, wants_trace, wants_hash;

static void no_faults(struct sim_config *config)
{
    config->loss = config->duplication = config->slow = config->crash = 0;
    config->commit_failure = config->partition = config->sleep = config->move = 0;
    config->garbage = config->put_back = 0;
    config->skew_max_s = 1;
}

static void add_put_backs(struct sim_put_backs *sum, const struct sim_put_backs *more)
{
    sum->count += more->count;
    sum->changing += more->changing;
    sum->noticed += more->noticed;
    sum->overtaken += more->overtaken;
    sum->gone += more->gone;
    sum->restored += more->restored;
    sum->names_twice += more->names_twice;
    sum->bytes += more->bytes;
    sum->equal_bytes += more->equal_bytes;
}

static void print_put_backs(const struct sim_put_backs *sum)
{
    if (sum->count == 0) {
        return;
    }
    printf("%llu disks put back: %llu times another side had seen what was gone: %llu times "
           "noticed, %llu times put back again before; %llu texts gone, %llu of them restored; "
           "%llu places sealed twice: %llu of %llu bytes equal, by chance 1 in 256\n",
           (unsigned long long)sum->count, (unsigned long long)sum->changing,
           (unsigned long long)sum->noticed, (unsigned long long)sum->overtaken,
           (unsigned long long)sum->gone, (unsigned long long)sum->restored,
           (unsigned long long)sum->names_twice, (unsigned long long)sum->equal_bytes,
           (unsigned long long)sum->bytes);
}

static void print_talks(const struct sim_talks *talks)
{
    if (talks->count > 0) {
        printf("%u texts written when everybody moved: half of them there after %u ms, 99 of "
               "100 after %u, the last after %u; %u newcomers joined, the last after %u ms\n",
               talks->count, sim_talks_within(talks, 500), sim_talks_within(talks, 990),
               talks->longest_ms, talks->joins, talks->longest_join_ms);
    }
}

static bool run_seed(uint64_t seed, struct totals *totals, char *ret_complaint)
{
    static struct sim_world world;
    struct sim_config config;
    bool is_good;

    sim_config_of_seed(&config, seed);
    if (overrides.hosts != 0) {
        config.hosts = overrides.hosts;
    }
    if (overrides.loss != 0) {
        config.loss = overrides.loss;
    }
    if (is_quiet_net) {
        no_faults(&config);
    }
    if (overrides.put_backs_max != 0 || sim_plant_is_of_copies(sim_plant)) {
        config.put_back = 80000;
        config.put_backs_max = overrides.put_backs_max != 0 ? overrides.put_backs_max : 3;
    }
    if (overrides.moves != 0 || sim_plant_is_of_moves(sim_plant)) {
        config.moves = overrides.moves != 0 ? overrides.moves : 2;
        config.routers = SIM_ROUTERS_MAX;
    }
    config.trace = wants_trace ? stdout : NULL;
    memset(&world, 0, sizeof world);
    is_good = sim_world_run(&world, &config);
    memcpy(ret_complaint, world.complaint, SIM_COMPLAINT_MAX);
    totals->runs++;
    totals->complaints += !is_good;
    totals->texts += world.text_count;
    totals->datagrams += world.datagrams;
    totals->turns += world.turns;
    totals->crashes += world.crashes;
    totals->failed_commits += world.failed_commits;
    totals->virtual_ms += world.now;
    add_put_backs(&totals->put_backs, &world.put_backs);
    sim_talks_add(&totals->talks, &world.moves.talks);
    if (wants_hash) {
        printf("seed %llu hash %016llx\n", (unsigned long long)seed,
               (unsigned long long)world.trace_hash);
    }
    sim_world_free(&world);
    sim_plant_reset();
    return is_good;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* With what it takes to see it again. */
static void print_complaint(uint64_t seed, const char *complaint)
{
    printf("seed %llu: %s\n  again: veche-sim --trace --seeds %llu", (unsigned long long)seed,
           complaint, (unsigned long long)seed);
    if (overrides.moves != 0) {
        printf(" --moves %u", overrides.moves);
    }
    if (overrides.put_backs_max != 0) {
        printf(" --put-backs %u", overrides.put_backs_max);
    }
    if (is_quiet_net) {
        printf(" --quiet-net");
    }
    if (sim_plant != SIM_PLANT_NONE) {
        printf(" --plant %s", sim_plant_name(sim_plant));
    }
    putchar('\n');
}

static int run_all(uint64_t first, uint64_t last)
{
    struct totals totals = {0};
    double begun = seconds(), took;

    for (uint64_t seed = first; seed <= last; seed++) {
        char complaint[SIM_COMPLAINT_MAX];

        if (!run_seed(seed, &totals, complaint)) {
            print_complaint(seed, complaint);
        }
    }
    took = seconds() - begun;
    printf("%llu worlds, %llu complaints; %llu texts, %llu datagrams, %llu turns, %llu crashes, "
           "%llu failed commits; %.0f s of virtual time in %.1f s: %.0f times as fast\n",
           (unsigned long long)totals.runs, (unsigned long long)totals.complaints,
           (unsigned long long)totals.texts, (unsigned long long)totals.datagrams,
           (unsigned long long)totals.turns, (unsigned long long)totals.crashes,
           (unsigned long long)totals.failed_commits, (double)totals.virtual_ms / 1000, took,
           (double)totals.virtual_ms / 1000 / took);
    print_put_backs(&totals.put_backs);
    print_talks(&totals.talks);
    return totals.complaints == 0 ? 0 : 1;
}

/* The judges on trial: each planted bug has to be noticed. */
static int judge_plants(uint64_t first, uint64_t last)
{
    int missed = 0;

    for (int plant = SIM_PLANT_NONE + 1; plant < SIM_PLANT_COUNT; plant++) {
        struct totals totals = {0};
        char complaint[SIM_COMPLAINT_MAX] = "";
        uint64_t seed = first;

        sim_plant = (enum sim_plant)plant;
        while (seed <= last && run_seed(seed, &totals, complaint)) {
            seed++;
        }
        missed += complaint[0] == '\0';
        printf("%-18s %s (after %llu worlds)\n", sim_plant_name(sim_plant),
               complaint[0] != '\0' ? complaint : "NOT CAUGHT",
               (unsigned long long)totals.runs);
        fflush(stdout);
    }
    return missed == 0 ? 0 : 1;
}

static bool choose_plant(const char *name)
{
    for (int plant = 0; plant < SIM_PLANT_COUNT; plant++) {
        if (strcmp(sim_plant_name((enum sim_plant)plant), name) == 0) {
            sim_plant = (enum sim_plant)plant;
            return true;
        }
    }
    fprintf(stderr, "veche-sim: there is no plant %s\n", name);
    return false;
}

static int list_plants(void)
{
    for (int plant = 1; plant < SIM_PLANT_COUNT; plant++) {
        printf("%-18s %s\n", sim_plant_name((enum sim_plant)plant),
               sim_plant_words((enum sim_plant)plant));
    }
    return 0;
}

static bool parse_seeds(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
    char *end;

    *ret_first = strtoull(text, &end, 10);
    *ret_last = *ret_first;
    if (strncmp(end, "..", 2) == 0) {
        *ret_last = strtoull(end + 2, &end, 10);
    }
    return *end == '\0' && end != text && *ret_first <= *ret_last;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"seeds", required_argument, NULL, 's'}, {"hosts", required_argument, NULL, 'n'},
        {"loss", required_argument, NULL, 'l'},  {"quiet-net", no_argument, NULL, 'q'},
        {"put-backs", required_argument, NULL, 'b'},
        {"moves", required_argument, NULL, 'm'},
        {"plant", required_argument, NULL, 'p'}, {"plants", no_argument, NULL, 'L'},
        {"judge-plants", no_argument, NULL, 'j'}, {"trace", no_argument, NULL, 't'},
        {"hash", no_argument, NULL, 'x'},        {"help", no_argument, NULL, 'h'},
        {0},
    };
    uint64_t first = 1, last = 100;
    bool judges_on_trial = false, is_understood = true;
    int option;

    if (argc > 1 && strcmp(argv[1], "dht") == 0) {
        return sim_dht_main(argc - 1, argv + 1);
    }
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (option) {
        case 's': is_understood &= parse_seeds(optarg, &first, &last); break;
        case 'n': overrides.hosts = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'l': overrides.loss = 10000 * (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'b':
            overrides.put_backs_max = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'm': overrides.moves = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'q': is_quiet_net = true; break;
        case 'p': is_understood &= choose_plant(optarg); break;
        case 'L': return list_plants();
        case 'j': judges_on_trial = true; break;
        case 't': wants_trace = true; break;
        case 'x': wants_hash = true; break;
        case 'h': print_usage(); return 0;
        default: is_understood = false; break;
        }
    }
    if (!is_understood || optind < argc || overrides.hosts == 1 ||
        overrides.hosts > SIM_HOSTS_MAX || vc_crypto_init() != VC_OK) {
        print_usage();
        return 2;
    }
    return judges_on_trial ? judge_plants(first, last) : run_all(first, last);
}

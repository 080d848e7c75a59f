/* `veche-sim dht`: one world of the DHT, or the judges on trial. */
#include "tests/sim/dht_main.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/sim/dht_figures.h"
#include "tests/sim/dht_plants.h"

enum { TRIAL_NODES = 60, TRIAL_MINUTES = 6, TRIAL_WARM_UP_MIN = 2, TRIAL_GETS = 60 };

struct outcome {
    uint64_t hash;
    uint32_t complaints, missed;
};

/* Of this process alone, however busy the computer is. */
static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double peak_mib(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

/* Writes a file of results; says when it cannot. */
static bool write_file(const char *name, const struct sim_dht *world,
                       const struct sim_dht_figures *figures)
{
    FILE *file = fopen(name, "w");
    bool is_good = file != NULL;

    if (file != NULL) {
        if (figures != NULL) {
            sim_dht_json(world, figures, file);
        } else {
            sim_dht_plot(world, file);
        }
        is_good = ferror(file) == 0;
        is_good &= fclose(file) == 0;
    }
    if (!is_good) {
        perror(name);
    }
    return is_good;
}

static bool run(const struct sim_dht_options *options, struct outcome *ret_outcome)
{
    struct sim_dht *world;
    double begun = cpu_seconds(), took;
    struct sim_dht_figures figures;
    bool is_good = true;

    sim_dht_plant_reset();
    world = sim_dht_new(options);
    sim_dht_run(world);
    took = cpu_seconds() - begun;
    sim_dht_figures_make(&figures, world);
    *ret_outcome = (struct outcome){world->hash, world->complaints,
                                    sim_dht_missed(options, &figures)};
    if (!options->is_quiet) {
        sim_dht_print(world, &figures);
        printf("\n%llu datagrams, %llu lost, %llu kept out by NATs; %.1f h of virtual "
               "time in "
               "%.1f s of one core: %.1f us a datagram; %.0f MiB\n",
               (unsigned long long)world->datagrams, (unsigned long long)world->lost,
               (unsigned long long)world->filtered, (double)world->now / 3600e3, took,
               took * 1e6 / (double)world->datagrams, peak_mib());
    }
    if (!options->is_trial) {
        printf("seed %llu hash %016llx, %u complaints, %u figures missed\n",
               (unsigned long long)options->seed, (unsigned long long)world->hash,
               world->complaints, ret_outcome->missed);
    }
    if (options->svg != NULL) {
        is_good &= write_file(options->svg, world, NULL);
    }
    if (options->json != NULL) {
        is_good &= write_file(options->json, world, &figures);
    }
    sim_dht_free(world);
    return is_good;
}

static bool try_plant(const struct sim_dht_options *asked, enum sim_dht_plant plant,
                      const char *scenario, struct outcome *ret_outcome)
{
    struct sim_dht_options options = *asked;

    sim_dht_plant = plant;
    if (!sim_dht_scenario(&options, scenario)) {
        return false;
    }
    options.nodes = TRIAL_NODES;
    options.minutes = TRIAL_MINUTES;
    options.warm_up_min = TRIAL_WARM_UP_MIN;
    options.gets_per_h = TRIAL_GETS;
    options.is_quiet = options.is_trial = true;
    return run(&options, ret_outcome);
}

/* The judges on trial: each planted bug has to be noticed, in the world that suits it: by a
 * complaint, by figures that are missed and are not without it, or because the same world is
 * another the second time. */
static int judge_plants(const struct sim_dht_options *asked)
{
    struct outcome healthy = {0};
    const char *last = "";
    int missed = 0;

    for (int i = SIM_DHT_PLANT_NONE + 1; i < SIM_DHT_PLANT_COUNT; i++) {
        enum sim_dht_plant plant = (enum sim_dht_plant)i;
        const char *scenario = sim_dht_plant_scenario(plant);
        struct outcome planted, again;
        bool is_caught;

        if ((strcmp(scenario, last) != 0 &&
             !try_plant(asked, SIM_DHT_PLANT_NONE, scenario, &healthy)) ||
            !try_plant(asked, plant, scenario, &planted)) {
            return 2;
        }
        last = scenario;
        is_caught = planted.complaints > 0 || planted.missed > healthy.missed;
        if (!is_caught && try_plant(asked, plant, scenario, &again)) {
            is_caught = planted.hash != again.hash;
        }
        missed += !is_caught || healthy.complaints > 0;
        printf("%-16s %u complaints (%u without it), %u figures missed (%u): %s\n",
               sim_dht_plant_name(plant), planted.complaints, healthy.complaints,
               planted.missed, healthy.missed, is_caught ? "caught" : "NOT CAUGHT");
    }
    return missed == 0 ? 0 : 1;
}

int sim_dht_main(int argc, char **argv)
{
    struct sim_dht_options options;
    struct outcome outcome, again;

    if (!sim_dht_options_read(&options, argc, argv)) {
        fputs("veche-sim dht --help says what can be asked for\n", stderr);
        return 2;
    }
    if (options.wants_help) {
        sim_dht_print_usage();
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* a machine that aborts takes nothing with it */
    if (vc_crypto_init() != VC_OK) {
        return 1;
    }
    if (options.judges_plants) {
        return judge_plants(&options);
    }
    if (!run(&options, &outcome)) {
        return 1;
    }
    if (options.is_twice) {
        options.is_quiet = true;
        if (!run(&options, &again) || again.hash != outcome.hash) {
            puts("COMPLAINT: the same options have given other datagrams");
            return 1;
        }
    }
    return outcome.complaints == 0 && outcome.missed == 0 ? 0 : 1;
}

/*
 * What a world was like, in figures: for people, for programs, as a picture, and for what a
 * scenario wants.
 */
#ifndef VC_TESTS_SIM_DHT_FIGURES_H
#define VC_TESTS_SIM_DHT_FIGURES_H

#include <stdio.h>

#include "tests/sim/dht_world.h"

#define SIM_DHT_FIGURES_MAX 64

struct sim_dht_figure {
    const char *name; /* for --json and --want */
    const char *words;
    const char *unit;
    double value; /* INFINITY: never */
    int digits;   /* after the point */
};

struct sim_dht_figures {
    struct sim_dht_figure items[SIM_DHT_FIGURES_MAX];
    uint32_t count;
};

/* Gets of some time. */
struct sim_dht_window {
    double from_s, until_s; /* after the warm-up */
    uint32_t asked, found;
    double p50_ms, p99_ms; /* of the first value; NAN when nothing was found */
};

/* What is not there (no put was made, nobody was killed) has no figure. */
void sim_dht_figures_make(struct sim_dht_figures *ret_figures,
                          const struct sim_dht *world);
const struct sim_dht_figure *sim_dht_figure(const struct sim_dht_figures *figures,
                                            const char *name);
/* The gets of @kind from @from_s until before @until_s, in seconds of the world. */
void sim_dht_window(const struct sim_dht *world, uint32_t from_s, uint32_t until_s,
                    bool is_across, struct sim_dht_window *ret_window);
/* How much is wanted and not there. */
uint32_t sim_dht_missed(const struct sim_dht_options *options,
                        const struct sim_dht_figures *figures);

void sim_dht_print(const struct sim_dht *world, const struct sim_dht_figures *figures);
void sim_dht_json(const struct sim_dht *world, const struct sim_dht_figures *figures,
                  FILE *file);
/* Latency and success over time. */
void sim_dht_plot(const struct sim_dht *world, FILE *file);

#endif

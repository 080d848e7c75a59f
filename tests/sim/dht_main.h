/*
 * `veche-sim dht ...`: the DHT alone.
 */
#ifndef VC_TESTS_SIM_DHT_MAIN_H
#define VC_TESTS_SIM_DHT_MAIN_H

/* @argv: from the word "dht" on.  Gives the exit code: 0 when nobody complained and every
 * wanted figure is there, 1 when not, 2 when the command line makes no sense. */
int sim_dht_main(int argc, char **argv);

#endif

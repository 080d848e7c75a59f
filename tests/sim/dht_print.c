#include <math.h>
#include <string.h>

#include "tests/sim/dht_figures.h"

enum { HOUR_MS = 3600 * 1000 };

static void print_value(FILE *file, const struct sim_dht_figure *figure,
                        const char *never)
{
    if (isfinite(figure->value)) {
        fprintf(file, "%.*f", figure->digits, figure->value);
    } else {
        fputs(never, file);
    }
}

static const struct sim_dht_want *want_of(const struct sim_dht *world, const char *name)
{
    for (uint32_t i = 0; i < world->options.want_count; i++) {
        if (strcmp(world->options.wants[i].figure, name) == 0) {
            return &world->options.wants[i];
        }
    }
    return NULL;
}

static void print_figure(const struct sim_dht *world,
                         const struct sim_dht_figure *figure)
{
    const struct sim_dht_want *want = want_of(world, figure->name);
    bool is_good = want != NULL && (want->is_least ? figure->value >= want->value
                                                   : figure->value <= want->value);

    printf("%-58s ", figure->words);
    if (isfinite(figure->value)) {
        printf("%10.*f %-4s", figure->digits, figure->value, figure->unit);
    } else {
        printf("%10s %-4s", "never", "");
    }
    if (want != NULL) {
        printf(" %s %g%s", want->is_least ? ">=" : "<=", want->value,
               is_good ? "" : "  MISSED");
    }
    putchar('\n');
}

/* What each kind of node sends and receives in an hour. */
static void print_traffic(const struct sim_dht *world)
{
    static const char *const names[SIM_DHT_CLASSES][2] = {{"router", "router, idle"},
                                                          {"client", "client, idle"},
                                                          {"hostile", "hostile, idle"}};
    static const char *const types[VC_DHT_RING + 1] = {
        "", "PING", "FIND", "GET", "PUT", "REFRESH", "CALL", "RING"};

    printf("\n%-14s %8s %8s", "each an hour", "KiB", "packets");
    for (unsigned type = VC_DHT_PING; type <= VC_DHT_RING; type++) {
        printf(" %8s", types[type]);
    }
    putchar('\n');
    for (unsigned class = 0; class < SIM_DHT_CLASSES; class ++) {
        for (unsigned is_idle = 0; is_idle < 2; is_idle++) {
            const struct sim_dht_traffic *t = &world->classes[class][is_idle];
            double hours = (double)world->class_ms[class][is_idle] / HOUR_MS;

            if (hours <= 0) {
                continue;
            }
            printf("%-14s %8.1f %8.1f", names[class][is_idle],
                   (double)(t->bytes_in + t->bytes_out) / 1024 / hours,
                   (double)(t->datagrams_in + t->datagrams_out) / hours);
            for (unsigned type = VC_DHT_PING; type <= VC_DHT_RING; type++) {
                printf(" %8.1f", (double)t->requests[type] / hours);
            }
            putchar('\n');
        }
    }
}

/* What a start costs. */
static void print_start(const struct sim_dht *world)
{
    if (world->measured_starts > 0) {
        printf("%-32s", "first minute");
        for (unsigned type = VC_DHT_PING; type <= VC_DHT_RING; type++) {
            printf(" %8.1f", (double)world->first_requests[type] /
                                 (double)world->measured_starts);
        }
        putchar('\n');
    }
}

void sim_dht_print(const struct sim_dht *world, const struct sim_dht_figures *figures)
{
    for (uint32_t i = 0; i < figures->count; i++) {
        print_figure(world, &figures->items[i]);
    }
    for (uint32_t i = 0; i < world->options.want_count; i++) {
        const struct sim_dht_want *want = &world->options.wants[i];

        if (sim_dht_figure(figures, want->figure) == NULL) {
            printf("%-58s %10s      %s %g  MISSED\n", want->figure, "-",
                   want->is_least ? ">=" : "<=", want->value);
        }
    }
    print_traffic(world);
    print_start(world);
}

void sim_dht_json(const struct sim_dht *world, const struct sim_dht_figures *figures,
                  FILE *file)
{
    fprintf(file, "{\"seed\": %llu, \"nodes\": %u, \"minutes\": %u,\n",
            (unsigned long long)world->options.seed, world->options.nodes,
            world->options.minutes);
    fprintf(file, " \"hash\": \"%016llx\", \"complaints\": %u, \"datagrams\": %llu",
            (unsigned long long)world->hash, world->complaints,
            (unsigned long long)world->datagrams);
    for (uint32_t i = 0; i < figures->count; i++) {
        fprintf(file, ",\n \"%s\": ", figures->items[i].name);
        print_value(file, &figures->items[i], "null");
    }
    fputs("}\n", file);
}

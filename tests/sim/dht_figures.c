#include "tests/sim/dht_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MINUTE_S = 60,
    LAST_S = 300,
    SAMPLES_MIN = 50, /* gets in a window that says something */
    GOOD_PERCENT = 99,
    GOOD_P99_MS =
        600, /* after a mass death it is over when it is as good as this again */
    WINDOW_S = 10,
    HOUR_MS = 3600 * 1000,
};

static void add(struct sim_dht_figures *figures, const char *name, const char *words,
                const char *unit, double value, int digits)
{
    VC_CHECK(figures->count < SIM_DHT_FIGURES_MAX);
    figures->items[figures->count++] =
        (struct sim_dht_figure){name, words, unit, value, digits};
}

const struct sim_dht_figure *sim_dht_figure(const struct sim_dht_figures *figures,
                                            const char *name)
{
    for (uint32_t i = 0; i < figures->count; i++) {
        if (strcmp(figures->items[i].name, name) == 0) {
            return &figures->items[i];
        }
    }
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Sorts; the smallest of which that share is not larger. */
static double quantile(uint32_t *numbers, uint32_t count, double share)
{
    qsort(numbers, count, sizeof *numbers, by_number);
    return count == 0 ? (double)NAN
                      : numbers[(uint32_t)ceil(share * (double)count) - 1];
}

/* ---- results of one kind ---- */

struct summary {
    uint32_t asked, good, stale;
    double p50, p99, done_p50, queries;
};

typedef bool result_filter(const struct sim_dht *world,
                           const struct sim_dht_result *result, const void *ctx);

static struct summary summarise(const struct sim_dht *world, result_filter *is_wanted,
                                const void *ctx)
{
    uint32_t *first = sim_dht_alloc(world->result_count, sizeof *first);
    uint32_t *done = sim_dht_alloc(world->result_count, sizeof *done);
    struct summary summary = {0};
    double queries = 0;

    for (uint32_t i = 0; i < world->result_count; i++) {
        const struct sim_dht_result *result = &world->results[i];

        if (is_wanted(world, result, ctx)) {
            done[summary.asked++] = result->done_ms;
            queries += result->asked;
            summary.stale += result->is_stale;
            if (result->is_good) {
                first[summary.good++] = result->first_ms;
            }
        }
    }
    summary.p50 = quantile(first, summary.good, 0.5);
    summary.p99 = quantile(first, summary.good, 0.99);
    summary.done_p50 = quantile(done, summary.asked, 0.5);
    summary.queries = queries / summary.asked;
    free(first);
    free(done);
    return summary;
}

/* A get of one's own side, or when there is only one; never of the place that is attacked. */
static bool is_fair_get(const struct sim_dht *world,
                        const struct sim_dht_result *result)
{
    vc_ms at = (vc_ms)result->at_s * 1000;
    bool is_split = world->options.merge_min > 0 || world->split_from > 0;
    bool is_one = !is_split || (world->split_from > 0 && at < world->split_from);

    return result->kind == SIM_DHT_GET && !result->is_attacked &&
           (is_one || !result->is_across);
}

static bool is_get(const struct sim_dht *world, const struct sim_dht_result *result,
                   const void *ctx)
{
    (void)ctx;
    return is_fair_get(world, result);
}

static bool is_of_kind(const struct sim_dht *world, const struct sim_dht_result *result,
                       const void *ctx)
{
    (void)world;
    return result->kind == *(const enum sim_dht_ask_kind *)ctx &&
           !result->is_attacked && !result->is_across;
}

static bool is_of_attacked(const struct sim_dht *world,
                           const struct sim_dht_result *result, const void *ctx)
{
    (void)world;
    (void)ctx;
    return result->kind == SIM_DHT_GET && result->is_attacked;
}

struct span {
    uint32_t from_s, until_s;
    bool is_across;
};

static bool is_in_span(const struct sim_dht *world, const struct sim_dht_result *result,
                       const void *ctx)
{
    const struct span *span = ctx;

    return result->at_s >= span->from_s && result->at_s < span->until_s &&
           (span->is_across ? result->kind == SIM_DHT_GET && result->is_across
                            : is_fair_get(world, result));
}

void sim_dht_window(const struct sim_dht *world, uint32_t from_s, uint32_t until_s,
                    bool is_across, struct sim_dht_window *ret_window)
{
    struct span span = {from_s, until_s, is_across};
    struct summary summary = summarise(world, is_in_span, &span);
    double begin = (double)world->measured_from / 1000;

    *ret_window = (struct sim_dht_window){.from_s = from_s - begin,
                                          .until_s = until_s - begin,
                                          .asked = summary.asked,
                                          .found = summary.good,
                                          .p50_ms = summary.p50,
                                          .p99_ms = summary.p99};
}

static double percent(double part, double of)
{
    return 100.0 * part / of;
}

static void add_asks(struct sim_dht_figures *figures, const struct sim_dht *world)
{
    enum sim_dht_ask_kind put = SIM_DHT_PUT, back = SIM_DHT_READ_BACK,
                          cold = SIM_DHT_FIRST_COLD, saved = SIM_DHT_FIRST_SAVED;
    struct summary s = summarise(world, is_get, NULL);

    add(figures, "gets", "gets", "", s.asked, 0);
    if (s.asked > 0) {
        add(figures, "found", "  found", "%", percent(s.good, s.asked), 2);
        add(figures, "stale", "  found an older one only", "%",
            percent(s.stale, s.asked), 2);
        add(figures, "get-p50", "  first value, p50", "ms", s.p50, 0);
        add(figures, "get-p99", "  first value, p99", "ms", s.p99, 0);
        add(figures, "get-done", "  over, p50", "ms", s.done_p50, 0);
        add(figures, "get-queries", "  requests for one", "", s.queries, 1);
    }
    s = summarise(world, is_of_kind, &put);
    add(figures, "puts", "puts", "", s.asked, 0);
    if (s.asked > 0) {
        add(figures, "put-ok", "  acknowledged", "%", percent(s.good, s.asked), 2);
        add(figures, "put-p50", "  acknowledged, p50", "ms", s.p50, 0);
        add(figures, "put-p99", "  acknowledged, p99", "ms", s.p99, 0);
        add(figures, "put-queries", "  requests for one", "", s.queries, 1);
    }
    s = summarise(world, is_of_kind, &back);
    if (s.asked > 0) {
        add(figures, "read-backs", "acknowledged puts that were read by somebody", "",
            s.asked, 0);
        add(figures, "unreadable", "  not there", "", s.asked - s.good, 0);
    }
    s = summarise(world, is_of_kind, &cold);
    if (s.asked > 0) {
        add(figures, "cold-found", "first get after a start with doors: found", "%",
            percent(s.good, s.asked), 2);
        add(figures, "cold-p50", "  p50", "ms", s.p50, 0);
        add(figures, "cold-p99", "  p99", "ms", s.p99, 0);
    }
    s = summarise(world, is_of_kind, &saved);
    if (s.asked > 0) {
        add(figures, "saved-found", "the same with a saved table: found", "%",
            percent(s.good, s.asked), 2);
        add(figures, "saved-p50", "  p50", "ms", s.p50, 0);
        add(figures, "saved-p99", "  p99", "ms", s.p99, 0);
    }
    s = summarise(world, is_of_attacked, NULL);
    if (s.asked > 0) {
        add(figures, "attacked-found", "of the place that is ground at: found", "%",
            percent(s.good, s.asked), 2);
        add(figures, "attacked-p99", "  p99", "ms", s.p99, 0);
    }
}

/* ---- traffic ---- */

static double kib_per_hour(const struct sim_dht *world, enum sim_dht_class class,
                           int is_idle)
{
    const struct sim_dht_traffic *traffic = &world->classes[class][is_idle];

    return (double)(traffic->bytes_in + traffic->bytes_out) / 1024 * HOUR_MS /
           (double)world->class_ms[class][is_idle];
}

static void add_traffic(struct sim_dht_figures *figures, const struct sim_dht *world)
{
    static const struct {
        enum sim_dht_class class;
        int is_idle;
        const char *name, *words;
    } rows[] = {
        {SIM_DHT_ROUTER, 0, "router-kib", "both ways, a router an hour"},
        {SIM_DHT_ROUTER, 1, "idle-router-kib",
         "both ways, a router an hour that asks nothing"},
        {SIM_DHT_CLIENT, 0, "client-kib", "both ways, a client an hour"},
        {SIM_DHT_CLIENT, 1, "idle-client-kib",
         "both ways, a client an hour that asks nothing"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (world->class_ms[rows[i].class][rows[i].is_idle] > 0) {
            add(figures, rows[i].name, rows[i].words, "KiB",
                kib_per_hour(world, rows[i].class, rows[i].is_idle), 1);
        }
    }
    if (world->remote_hour_count > 0) {
        add(figures, "client-addresses-p50",
            "addresses an idle client writes to an hour, p50", "",
            quantile(world->remote_hours, world->remote_hour_count, 0.5), 0);
        add(figures, "client-addresses", "  p99", "",
            quantile(world->remote_hours, world->remote_hour_count, 0.99), 0);
    }
}

static void add_tables(struct sim_dht_figures *figures, const struct sim_dht *world)
{
    double nodes = (double)world->table_nodes, honest = 0;

    for (uint32_t i = 0; i < world->node_count; i++) {
        honest += world->nodes[i].dht != NULL && world->nodes[i].evil == SIM_DHT_HONEST;
    }
    if (nodes > 0) {
        add(figures, "table", "nodes in a table at the end", "", nodes / honest, 1);
        add(figures, "table-dead", "  gone, and not suspect", "%",
            percent((double)world->table_dead, nodes), 2);
        if (world->options.hostile > 0 || world->options.grind > 0) {
            add(figures, "table-hostile", "  hostile", "%",
                percent((double)world->table_hostile, nodes), 2);
        }
    }
}

/* What nodes take the size of the network for, in percent of the routers that there are. */
static void add_sizes(struct sim_dht_figures *figures, const struct sim_dht *world)
{
    uint32_t *sizes = sim_dht_alloc(world->node_count, sizeof *sizes);
    uint32_t count = 0;
    double routers = 0;

    for (uint32_t i = 0; i < world->node_count; i++) {
        const struct sim_dht_node *node = &world->nodes[i];
        struct vc_now now = sim_dht_clock(world, node);
        struct vc_dht_status status;

        if (node->dht != NULL) {
            vc_dht_status(node->dht, &now, &status);
            routers += status.role == VC_DHT_ROLE_ROUTER;
            if (node->evil == SIM_DHT_HONEST) {
                sizes[count++] = (uint32_t)status.network_size;
            }
        }
    }
    if (count > 0 && routers > 0) {
        add(figures, "routers", "routers at the end", "", routers, 0);
        add(figures, "size-p10", "  a tenth of the nodes take them for fewer than", "%",
            percent(quantile(sizes, count, 0.1), routers), 0);
        add(figures, "size-p50", "  half of them for fewer than", "%",
            percent(quantile(sizes, count, 0.5), routers), 0);
        add(figures, "size-p90", "  nine tenths for fewer than", "%",
            percent(quantile(sizes, count, 0.9), routers), 0);
    }
    free(sizes);
}

/* ---- after an event ---- */

/* So many seconds make a window in which there are enough gets. */
static uint32_t window_len(const struct sim_dht *world)
{
    uint64_t per_window = (uint64_t)world->options.gets_per_h * world->node_count *
                          WINDOW_S / (HOUR_MS / 1000);

    return WINDOW_S *
           (uint32_t)(per_window >= SAMPLES_MIN ? 1 : SAMPLES_MIN / (per_window + 1));
}

/* The end of the last bad window after @from_s, counted from then. */
static double good_after(const struct sim_dht *world, uint32_t from_s, bool is_across)
{
    uint32_t len = window_len(world), end_s = (uint32_t)(world->ends_at / 1000);
    double bad_until = 0;

    for (uint32_t at = from_s; at + len <= end_s; at += len) {
        struct sim_dht_window w;

        sim_dht_window(world, at, at + len, is_across, &w);
        if (w.asked > 0 && (w.found * 100 < w.asked * GOOD_PERCENT ||
                            (!is_across && w.p99_ms > GOOD_P99_MS))) {
            bad_until = at + len + len <= end_s ? (double)(at + len - from_s)
                                                : (double)INFINITY;
        }
    }
    return bad_until;
}

static double traffic_between(const struct sim_dht *world, vc_ms from, vc_ms until)
{
    double sum = 0;

    for (vc_ms at = from; at < until && at < world->ends_at; at += SIM_DHT_TRAFFIC_MS) {
        sum += (double)world->traffic[at / SIM_DHT_TRAFFIC_MS];
    }
    return sum;
}

/* The busiest minute after the event, in usual minutes. */
static double storm_ratio(const struct sim_dht *world)
{
    double usual = traffic_between(world, world->measured_from, world->struck_at) /
                   (double)(world->struck_at - world->measured_from) * MINUTE_S * 1000;
    double most = 0;

    for (vc_ms at = world->struck_at; at + MINUTE_S * 1000 <= world->ends_at;
         at += SIM_DHT_TRAFFIC_MS) {
        most = fmax(most, traffic_between(world, at, at + MINUTE_S * 1000));
    }
    return most / usual;
}

static void add_events(struct sim_dht_figures *figures, const struct sim_dht *world)
{
    uint32_t at = (uint32_t)(world->struck_at / 1000);
    struct sim_dht_window w;

    if (world->struck_at > 0) {
        sim_dht_window(world, at, at + MINUTE_S, false, &w);
        add(figures, "struck-found", "first minute after the event: found", "%",
            percent(w.found, w.asked), 2);
        add(figures, "struck-p50", "  p50", "ms", w.p50_ms, 0);
        add(figures, "struck-p99", "  p99", "ms", w.p99_ms, 0);
        sim_dht_window(world, at + MINUTE_S, at + 2 * MINUTE_S, false, &w);
        add(figures, "later-found", "second minute: found", "%",
            percent(w.found, w.asked), 2);
        add(figures, "later-p99", "  p99", "ms", w.p99_ms, 0);
        add(figures, "recovered", "99 % found and p99 below 600 ms again after", "s",
            good_after(world, at, false), 0);
        if (world->struck_at > world->measured_from) {
            add(figures, "storm", "busiest minute after it, in usual minutes", "",
                storm_ratio(world), 2);
        }
    }
    if (world->healed_at > 0) {
        sim_dht_window(world, (uint32_t)(world->ends_at / 1000) - LAST_S,
                       (uint32_t)(world->ends_at / 1000), true, &w);
        add(figures, "across", "of the other side, in the last five minutes: found",
            "%", percent(w.found, w.asked), 2);
        add(figures, "merged", "one network after", "s",
            good_after(world, (uint32_t)(world->healed_at / 1000), true), 0);
    }
}

void sim_dht_figures_make(struct sim_dht_figures *ret_figures,
                          const struct sim_dht *world)
{
    uint32_t here = 0;
    double first_requests = 0;

    *ret_figures = (struct sim_dht_figures){0};
    for (uint32_t i = 0; i < world->node_count; i++) {
        here += world->nodes[i].state == SIM_DHT_HERE;
    }
    add(ret_figures, "here", "nodes there at the end", "", here, 0);
    add(ret_figures, "starts", "starts of nodes", "", (double)world->starts, 0);
    add(ret_figures, "machine-kib", "memory of a machine", "KiB",
        (double)world->node_bytes / 1024, 1);
    for (unsigned type = VC_DHT_PING; type <= VC_DHT_RING; type++) {
        first_requests += (double)world->first_requests[type];
    }
    if (world->measured_starts > 0) {
        add(ret_figures, "start-requests", "requests of a node in its first minute", "",
            first_requests / (double)world->measured_starts, 1);
    }
    add(ret_figures, "refused", "asks that were refused: full", "",
        (double)world->refused_asks, 0);
    if (world->options.is_private) {
        add(ret_figures, "caught", "records and places that nodes have seen", "",
            world->caught_count, 0);
        add(ret_figures, "linked", "  equal bytes in what belongs to two", "",
            world->links, 0);
    }
    add_asks(ret_figures, world);
    add_events(ret_figures, world);
    add_traffic(ret_figures, world);
    add_tables(ret_figures, world);
    add_sizes(ret_figures, world);
}

uint32_t sim_dht_missed(const struct sim_dht_options *options,
                        const struct sim_dht_figures *figures)
{
    uint32_t missed = 0;

    for (uint32_t i = 0; i < options->want_count; i++) {
        const struct sim_dht_want *want = &options->wants[i];
        const struct sim_dht_figure *figure = sim_dht_figure(figures, want->figure);
        bool is_good =
            figure != NULL && (want->is_least ? figure->value >= want->value
                                              : figure->value <= want->value);

        missed += !is_good;
    }
    return missed;
}

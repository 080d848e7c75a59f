/*
 * Lookups of the DHT alone, over static tables: what dht/lookup.c and dht/size.c find, how
 * quickly and at what price, in networks of 200 to a million nodes.
 *
 *     dht-static --table                           the figures of dht/README.md
 *     dht-static --judge                           what the design aims at, in small
 *     dht-static --nodes 10000 --colluding 20      one line of them
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/dht_walk.h"

#define LEARN   40    /* lookups from which the size is learned, before */
#define PERCENT 10000 /* of a million */

struct setting {
    struct dht_walk_rules rules;
    uint64_t seed;
    uint32_t networks;
    uint32_t nodes, lookups;
    uint32_t dead, colluding; /* of a million */
    uint32_t ground;          /* colluders next to every target */
    bool
        is_put; /* who has the value is who was found by a put; else the nearest have it */
    bool is_absent; /* nobody has it */
};

/* Milliseconds, one for each lookup. */
struct times {
    uint32_t *ms;
    uint32_t count;
};

struct figures {
    struct times gets, puts;
    uint32_t tries;
    uint32_t puts_right; /* of all the nearest it had asked all */
    uint64_t asked, answers, put_asked, put_sent;
    uint64_t size; /* as it was estimated last */
};

static struct times take_times(uint32_t count)
{
    struct times times = {.ms = calloc(count > 0 ? count : 1, sizeof(uint32_t))};

    if (times.ms == NULL) {
        abort();
    }
    return times;
}

static int by_ms(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static uint32_t percentile(const struct times *times, uint32_t percent)
{
    return times->count == 0 ? 0
                             : times->ms[(uint64_t)(times->count - 1) * percent / 100];
}

/* ---- running ---- */

static void learn(const struct setting *setting, const struct dht_net *net,
                  uint64_t seed, struct vc_dht_size *size)
{
    struct vc_dht_size sample = {0};
    struct sim_random random;
    uint64_t sum = 0;

    sim_random_init(&random, seed);
    for (uint32_t i = 0; i < LEARN; i++) {
        uint64_t target = sim_random_next(&random);
        struct dht_walk walk;

        dht_walk_begin(&walk, &setting->rules, net, size, target,
                       sim_random_next(&random));
        walk.is_before = true;
        dht_walk_on(&walk);
        dht_walk_size(&walk, &sample);
        /* The mean so far; nodes take it from more that stand near them, all their life. */
        sum += sample.spacing / LEARN;
        size->spacing = sum / (i + 1) * LEARN;
    }
}

/* Has the put asked all of the nearest, but those that an attacker has put before them? */
static bool is_right(const struct dht_walk *walk, bool is_attacked)
{
    uint32_t nearest[VC_DHT_REPLICAS + 1];
    uint32_t count = dht_net_nearest(walk->net, walk->lookup.target,
                                     is_attacked ? DHT_NET_HONEST : -1, nearest,
                                     VC_DHT_REPLICAS + 1);
    uint32_t wanted = 0, asked = 0;

    for (uint32_t i = 0; i < count && wanted < VC_DHT_REPLICAS; i++) {
        uint64_t distance = walk->net->ids[nearest[i]] ^ walk->lookup.target;

        if (nearest[i] == walk->asker) {
            continue;
        }
        wanted++;
        for (unsigned slot = 0; slot < walk->lookup.count; slot++) {
            const struct vc_dht_lookup_node *node = &walk->lookup.nodes[slot];

            asked += node->distance == distance && node->state != VC_DHT_LOOKUP_HEARD;
        }
    }
    return asked == wanted;
}

static void look_up(const struct setting *setting, const struct dht_net *net,
                    const struct vc_dht_size *size, uint64_t target, uint64_t seed,
                    struct figures *figures)
{
    uint32_t holders[VC_DHT_LOOKUP_NODES];
    uint32_t count = dht_net_nearest(net, target, -1, holders, VC_DHT_REPLICAS);
    struct dht_walk walk;

    if (setting->is_put) {
        dht_walk_begin(&walk, &setting->rules, net, size, target, seed ^ 1);
        walk.is_before = true;
        dht_walk_put(&walk);
        count = walk.taken_count;
        memcpy(holders, walk.taken, count * sizeof *holders);
        figures->puts.ms[figures->puts.count++] = dht_walk_put_ms(&walk);
        figures->puts_right += is_right(&walk, setting->ground > 0);
        figures->put_asked += walk.lookup.asked;
        figures->put_sent += count;
    }
    dht_walk_begin(&walk, &setting->rules, net, size, target, seed);
    dht_walk_get(&walk, holders, setting->is_absent ? 0 : count);
    if (walk.found_ms != DHT_WALK_NEVER) {
        figures->gets.ms[figures->gets.count++] = walk.found_ms;
    }
    figures->tries++;
    figures->asked += walk.lookup.asked;
    figures->answers += walk.answers;
}

static void run(const struct setting *setting, struct figures *ret_figures)
{
    *ret_figures = (struct figures){.gets = take_times(setting->lookups),
                                    .puts = take_times(setting->lookups)};
    for (uint32_t i = 0; i < setting->networks; i++) {
        struct vc_dht_size size = {0};
        struct sim_random random;
        struct dht_net net;

        sim_random_init(&random, setting->seed + i);
        dht_net_init(&net, sim_random_next(&random), setting->nodes, setting->dead,
                     setting->colluding);
        learn(setting, &net, sim_random_next(&random), &size);
        for (uint32_t n = 0; n < setting->lookups / setting->networks; n++) {
            uint64_t target = sim_random_next(&random);

            if (setting->ground > 0) {
                dht_net_grind(&net, target, setting->ground);
            }
            look_up(setting, &net, &size, target, sim_random_next(&random),
                    ret_figures);
        }
        ret_figures->size = vc_dht_size_nodes(&size);
        dht_net_deinit(&net);
    }
    qsort(ret_figures->gets.ms, ret_figures->gets.count, sizeof(uint32_t), by_ms);
    qsort(ret_figures->puts.ms, ret_figures->puts.count, sizeof(uint32_t), by_ms);
}

static void forget(struct figures *figures)
{
    free(figures->gets.ms);
    free(figures->puts.ms);
}

static double found_percent(const struct figures *figures)
{
    return 100.0 * figures->gets.count / figures->tries;
}

static double asked_of(const struct figures *figures)
{
    return (double)figures->asked / figures->tries;
}

static void show(const struct setting *setting, const struct figures *f)
{
    double n = f->tries;

    printf(
        "%7u nodes%s, %u %% dead, %u %% colluding, %u ground: found %.2f %%, %u/%u ms, "
        "asked %.1f, packets %.1f",
        setting->nodes, setting->rules.is_lab ? " (lab)" : "", setting->dead / PERCENT,
        setting->colluding / PERCENT, setting->ground, found_percent(f),
        percentile(&f->gets, 50), percentile(&f->gets, 99), asked_of(f),
        (double)(f->asked + f->answers) / n);
    if (setting->is_put) {
        printf("; put %u/%u ms, asked %.1f, sent %.1f, right %.2f %%",
               percentile(&f->puts, 50), percentile(&f->puts, 99),
               (double)f->put_asked / n, (double)f->put_sent / n,
               100 * f->puts_right / n);
    }
    printf("; size %" PRIu64 "\n", f->size);
    (void)fflush(stdout);
}

/* ---- judging ---- */

/* What is aimed at; 0: nothing.  Figures in hundredths of a percent, milliseconds and packets. */
struct aims {
    uint32_t found, right;
    uint32_t get_50, get_99, packets;
    uint32_t put_50, put_99;
};

struct row {
    uint32_t nodes, networks, lookups;
    uint32_t dead, colluding, ground; /* percent, percent, number */
    bool is_lab, is_put, is_absent;
    struct aims aims;
};

static const struct row judged[] = {
    /* 200 nodes of a laboratory: in peace, and half of them dead at once. */
    {.nodes = 200,
     .networks = 5,
     .lookups = 1000,
     .is_lab = true,
     .is_put = true,
     .aims = {9995, 9990, 80, 220, 15, 350, 900}},
    {.nodes = 200,
     .networks = 10,
     .lookups = 1000,
     .dead = 50,
     .is_lab = true,
     .is_put = true,
     .aims = {9990, 9990, 106, 900, 15, 350, 900}},
    /* The public network. */
    {.nodes = 10000,
     .networks = 1,
     .lookups = 1000,
     .is_put = true,
     .aims = {.found = 10000, .right = 9990, .get_50 = 140, .get_99 = 350}},
    {.nodes = 10000,
     .networks = 1,
     .lookups = 500,
     .dead = 30,
     .aims = {.found = 9990}},
    {.nodes = 10000,
     .networks = 1,
     .lookups = 500,
     .dead = 50,
     .is_put = true,
     .aims = {.found = 9990}},
    /* Those that lie. */
    {.nodes = 10000,
     .networks = 1,
     .lookups = 500,
     .colluding = 20,
     .is_put = true,
     .aims = {.found = 9990}},
    {.nodes = 10000,
     .networks = 1,
     .lookups = 500,
     .colluding = 30,
     .is_put = true,
     .aims = {.found = 9950}},
    {.nodes = 100000,
     .networks = 2,
     .lookups = 2000,
     .colluding = 50,
     .is_put = true,
     .aims = {.found = 9900}},
    {.nodes = 10000,
     .networks = 1,
     .lookups = 200,
     .ground = 64,
     .is_put = true,
     .aims = {.found = 9900}}};

static const struct row tabled[] = {
    {.nodes = 200, .networks = 20, .lookups = 6000, .is_lab = true, .is_put = true},
    {.nodes = 200,
     .networks = 100,
     .lookups = 6000,
     .is_lab = true,
     .is_put = true,
     .dead = 50},
    {.nodes = 200, .networks = 20, .lookups = 2000, .is_lab = true, .is_absent = true},
    {.nodes = 1000, .networks = 4, .lookups = 4000, .is_put = true},
    {.nodes = 10000, .networks = 4, .lookups = 4000, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .is_put = true},
    {.nodes = 1000000, .networks = 1, .lookups = 2000, .is_put = true},
    {.nodes = 1000, .networks = 4, .lookups = 2000, .is_absent = true},
    {.nodes = 100000, .networks = 4, .lookups = 2000, .is_absent = true},
    {.nodes = 1000, .networks = 4, .lookups = 4000, .dead = 30},
    {.nodes = 1000, .networks = 4, .lookups = 4000, .dead = 50},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .dead = 30},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .dead = 50},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .dead = 50, .is_put = true},
    {.nodes = 1000, .networks = 4, .lookups = 4000, .colluding = 20, .is_put = true},
    {.nodes = 1000, .networks = 4, .lookups = 4000, .colluding = 30, .is_put = true},
    {.nodes = 1000, .networks = 4, .lookups = 8000, .colluding = 50, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .colluding = 20, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 4000, .colluding = 30, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 8000, .colluding = 50, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 8000, .colluding = 50},
    {.nodes = 1000000, .networks = 1, .lookups = 2000, .dead = 30, .colluding = 20},
    {.nodes = 1000, .networks = 4, .lookups = 2000, .ground = 64, .is_put = true},
    {.nodes = 10000, .networks = 4, .lookups = 2000, .ground = 64, .is_put = true},
    {.nodes = 100000, .networks = 4, .lookups = 1000, .ground = 64, .is_put = true}};

static struct setting setting_of(const struct row *row, uint64_t seed)
{
    return (struct setting){
        .rules = {.loss = PERCENT, .told = VC_DHT_CONTACTS_IPV4, .is_lab = row->is_lab},
        .seed = seed,
        .networks = row->networks,
        .nodes = row->nodes,
        .lookups = row->lookups,
        .dead = row->dead * PERCENT,
        .colluding = row->colluding * PERCENT,
        .ground = row->ground,
        .is_put = row->is_put,
        .is_absent = row->is_absent};
}

/* One line for each aim that is missed; gives how many. */
static unsigned judge(const struct aims *aims, const struct figures *f)
{
    const struct {
        const char *what;
        double is, aim;
        bool is_least; /* the aim is the least that is good */
    } checks[] = {
        {"found %", found_percent(f), aims->found / 100.0, true},
        {"puts right %", 100.0 * f->puts_right / f->tries, aims->right / 100.0, true},
        {"get p50 ms", percentile(&f->gets, 50), aims->get_50, false},
        {"get p99 ms", percentile(&f->gets, 99), aims->get_99, false},
        {"packets", (double)(f->asked + f->answers) / f->tries, aims->packets, false},
        {"put p50 ms", percentile(&f->puts, 50), aims->put_50, false},
        {"put p99 ms", percentile(&f->puts, 99), aims->put_99, false}};
    unsigned missed = 0;

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        bool is_good = checks[i].is_least ? checks[i].is >= checks[i].aim
                                          : checks[i].is <= checks[i].aim;

        if (checks[i].aim > 0 && !is_good) {
            printf("  MISSED: %s %.2f, aimed at %.2f\n", checks[i].what, checks[i].is,
                   checks[i].aim);
            missed++;
        }
    }
    return missed;
}

static unsigned run_rows(const struct row *rows, size_t count, uint64_t seed)
{
    unsigned missed = 0;

    for (size_t i = 0; i < count; i++) {
        struct setting setting = setting_of(&rows[i], seed);
        struct figures figures;

        run(&setting, &figures);
        show(&setting, &figures);
        missed += judge(&rows[i].aims, &figures);
        forget(&figures);
    }
    return missed;
}

/* Ten times as many nodes cost two and a half more questions at most: the logarithm. */
static unsigned judge_growth(uint64_t seed)
{
    double before = 0;
    unsigned missed = 0;

    for (uint32_t nodes = 1000; nodes <= 100000; nodes *= 10) {
        struct row row = {.nodes = nodes, .networks = 1, .lookups = 500};
        struct setting setting = setting_of(&row, seed);
        struct figures figures;

        run(&setting, &figures);
        show(&setting, &figures);
        if (before > 0 && asked_of(&figures) > before + 2.5) {
            printf("  MISSED: asked %.1f more\n", asked_of(&figures) - before);
            missed++;
        }
        before = asked_of(&figures);
        forget(&figures);
    }
    return missed;
}

/* ---- the command line ---- */

static int usage(void)
{
    (void)fprintf(
        stderr,
        "dht-static --table | --judge | [--nodes N] [--networks N] [--lookups N]\n"
        "    [--loss %%] [--dead %%] [--colluding %%] [--ground N] [--told N]\n"
        "    [--hedge MS] [--lab] [--put] [--upkeep] [--absent]    [--seed N]\n");
    return 2;
}

static bool read_flag(struct setting *setting, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--lab", &setting->rules.is_lab},
                 {"--put", &setting->is_put},
                 {"--absent", &setting->is_absent}};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool read_number(struct setting *setting, const char *name, const char *text)
{
    const struct {
        const char *name;
        uint32_t *number;
        uint32_t factor, least, most;
    } numbers[] = {{"--nodes", &setting->nodes, 1, 2, 4000000},
                   {"--networks", &setting->networks, 1, 1, 10000},
                   {"--lookups", &setting->lookups, 1, 1, 10000000},
                   {"--loss", &setting->rules.loss, PERCENT, 0, 100},
                   {"--dead", &setting->dead, PERCENT, 0, 90},
                   {"--colluding", &setting->colluding, PERCENT, 0, 90},
                   {"--ground", &setting->ground, 1, 0, DHT_NET_GROUND_MAX},
                   {"--told", &setting->rules.told, 1, 1, DHT_WALK_TOLD},
                   {"--hedge", &setting->rules.hedge_ms, 1, 1, VC_DHT_GIVE_UP_MS}};
    unsigned long long value = strtoull(text, NULL, 10);

    if (strcmp(name, "--seed") == 0) {
        setting->seed = value;
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0 && value >= numbers[i].least &&
            value <= numbers[i].most) {
            *numbers[i].number = (uint32_t)value * numbers[i].factor;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct row row = {.nodes = 1000, .networks = 1, .lookups = 1000};
    struct setting setting = setting_of(&row, 1);
    struct figures figures;
    bool is_table = false, is_judge = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--table") == 0) {
            is_table = true;
        } else if (strcmp(argv[i], "--judge") == 0) {
            is_judge = true;
        } else if (!read_flag(&setting, argv[i])) {
            if (i + 1 == argc || !read_number(&setting, argv[i], argv[i + 1])) {
                return usage();
            }
            i++;
        }
    }
    if (is_judge) {
        unsigned missed =
            run_rows(judged, sizeof judged / sizeof *judged, setting.seed) +
            judge_growth(setting.seed);

        printf("%u aims missed\n", missed);
        return missed > 0;
    }
    if (is_table) {
        (void)run_rows(tabled, sizeof tabled / sizeof *tabled, setting.seed);
        return 0;
    }
    run(&setting, &figures);
    show(&setting, &figures);
    forget(&figures);
    return 0;
}

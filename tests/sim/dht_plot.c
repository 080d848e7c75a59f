/* One picture of two plots: how long gets took, and how many found something. */
#include <math.h>

#include "tests/sim/dht_figures.h"

enum {
    WINDOWS = 90,
    WIDTH = 900,
    LEFT = 70,
    RIGHT = 880,
    LATENCY_TOP = 60,
    LATENCY_BOTTOM = 300,
    SUCCESS_TOP = 370,
    SUCCESS_BOTTOM = 530,
    HEIGHT = 590,
    X_TICKS = 10
};

struct plot {
    FILE *file;
    double minutes;
    double low, high; /* of the y axis */
    int top, bottom;
};

static double x_at(const struct plot *plot, double minute)
{
    return LEFT + (RIGHT - LEFT) * minute / plot->minutes;
}

static double y_at(const struct plot *plot, double value)
{
    double part = (value - plot->low) / (plot->high - plot->low);

    return plot->bottom - (plot->bottom - plot->top) * fmin(fmax(part, 0), 1);
}

/* 1, 2 or 5 times a power of ten, so that there are about @count steps up to @most. */
static double step_of(double most, int count)
{
    double raw = most / count, base = pow(10, floor(log10(raw)));

    return base * (raw <= base ? 1 : raw <= 2 * base ? 2 : raw <= 5 * base ? 5 : 10);
}

static void draw_axes(const struct plot *plot, const char *title, double y_step,
                      int y_digits)
{
    double x_step = step_of(plot->minutes, X_TICKS);

    fprintf(plot->file, "<text x=\"%d\" y=\"%d\" class=\"title\">%s</text>\n", LEFT,
            plot->top - 12, title);
    for (double y = plot->low; y <= plot->high + y_step / 1000; y += y_step) {
        fprintf(plot->file,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n",
                LEFT, RIGHT, y_at(plot, y), y_at(plot, y), LEFT - 8, y_at(plot, y) + 4,
                y_digits, y);
    }
    for (double x = 0; x <= plot->minutes + x_step / 1000; x += x_step) {
        fprintf(plot->file,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"grid\"/>"
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n",
                x_at(plot, x), x_at(plot, x), plot->top, plot->bottom, x_at(plot, x),
                plot->bottom + 18, x);
    }
}

/* A line through what the windows have; it is broken where they have nothing. */
static void draw_line(const struct plot *plot, const struct sim_dht_window *windows,
                      double (*value_of)(const struct sim_dht_window *),
                      const char *class)
{
    bool is_open = false;

    for (int i = 0; i < WINDOWS; i++) {
        double value = value_of(&windows[i]);
        double minute = (windows[i].from_s + windows[i].until_s) / 120;

        if (isnan(value)) {
            fputs(is_open ? "\"/>\n" : "", plot->file);
            is_open = false;
            continue;
        }
        if (!is_open) {
            fprintf(plot->file, "<polyline class=\"%s\" points=\"", class);
        }
        fprintf(plot->file, "%.1f,%.1f ", x_at(plot, minute), y_at(plot, value));
        is_open = true;
    }
    fputs(is_open ? "\"/>\n" : "", plot->file);
}

static double p50_of(const struct sim_dht_window *window)
{
    return window->p50_ms;
}

static double p99_of(const struct sim_dht_window *window)
{
    return window->p99_ms;
}

static double success_of(const struct sim_dht_window *window)
{
    return window->asked == 0 ? NAN : 100.0 * window->found / window->asked;
}

static void draw_event(const struct plot *plot, double minute, const char *words)
{
    if (minute < 0 || minute > plot->minutes) {
        return;
    }
    fprintf(plot->file,
            "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"event\"/>"
            "<text x=\"%.1f\" y=\"%d\" class=\"event\">%s</text>\n",
            x_at(plot, minute), x_at(plot, minute), plot->top, plot->bottom,
            x_at(plot, minute) + 4, plot->top + 12, words);
}

static void draw_events(const struct plot *plot, const struct sim_dht *world)
{
    static const char *const words[] = {"killed", "restarted", "split"};

    for (uint32_t i = 0; i < world->options.event_count; i++) {
        const struct sim_dht_event *event = &world->options.events[i];
        char text[64];

        snprintf(text, sizeof text, "%g %% %s", event->share / 10000.0,
                 words[event->kind]);
        draw_event(plot, event->at_min, event->kind == SIM_DHT_SPLIT ? "split" : text);
        if (event->kind == SIM_DHT_SPLIT) {
            draw_event(plot, event->until_min, "joined");
        }
    }
    if (world->options.merge_min > 0) {
        draw_event(plot, world->options.merge_min, "joined");
    }
}

static void draw_key(FILE *file, int x, const char *class, const char *words)
{
    fprintf(file,
            "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"%s\"/>"
            "<text x=\"%d\" y=\"%d\">%s</text>\n",
            x, x + 24, LATENCY_TOP - 16, LATENCY_TOP - 16, class, x + 30,
            LATENCY_TOP - 12, words);
}

static void draw_head(FILE *file, const struct sim_dht *world)
{
    fprintf(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n"
        "<style>.grid{stroke:#ddd}.p50,.p99,.found{fill:none;stroke-width:2}"
        ".p50{stroke:#1668b8}.p99{stroke:#d1690e}.found{stroke:#1a7f45}"
        ".title{font-weight:bold;font-size:13px}"
        "line.event{stroke:#b02a37;stroke-dasharray:4 "
        "3}text.event{fill:#b02a37}</style>\n"
        "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n"
        "<text x=\"%d\" y=\"24\" font-size=\"15\">%u nodes, %g %% behind NATs, sessions "
        "%s%.0u%s, %g %% loss, %g %% hostile, seed %llu</text>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, world->options.nodes,
        world->options.clients / 10000.0,
        world->options.churn_min > 0 ? "of " : "without end", world->options.churn_min,
        world->options.churn_min > 0 ? " min" : "", world->options.loss / 10000.0,
        world->options.hostile / 10000.0, (unsigned long long)world->options.seed);
}

void sim_dht_plot(const struct sim_dht *world, FILE *file)
{
    static struct sim_dht_window windows[WINDOWS];
    struct plot latency = {file,        world->options.minutes, 0, 200,
                           LATENCY_TOP, LATENCY_BOTTOM};
    struct plot success = {file,        world->options.minutes, 90, 100,
                           SUCCESS_TOP, SUCCESS_BOTTOM};
    double from_s = (double)world->measured_from / 1000;
    double len_s = ((double)world->ends_at / 1000 - from_s) / WINDOWS;

    for (int i = 0; i < WINDOWS; i++) {
        sim_dht_window(world, (uint32_t)(from_s + i * len_s),
                       (uint32_t)(from_s + (i + 1) * len_s), false, &windows[i]);
        latency.high = fmax(latency.high, windows[i].p99_ms);
        success.low = fmin(success.low, success_of(&windows[i]));
    }
    latency.high =
        ceil(latency.high / step_of(latency.high, 5)) * step_of(latency.high, 5);
    success.low = floor(success.low / 10) * 10;
    draw_head(file, world);
    draw_axes(&latency, "Time to the first value of a get, ms",
              step_of(latency.high, 5), 0);
    draw_key(file, RIGHT - 260, "p99", "99 of 100 within");
    draw_key(file, RIGHT - 110, "p50", "half within");
    draw_events(&latency, world);
    draw_line(&latency, windows, p99_of, "p99");
    draw_line(&latency, windows, p50_of, "p50");
    draw_axes(&success, "Gets that found the record, %", success.low >= 90 ? 2 : 10, 0);
    draw_events(&success, world);
    draw_line(&success, windows, success_of, "found");
    fprintf(file,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">minutes</text>\n</svg>\n",
            (LEFT + RIGHT) / 2, SUCCESS_BOTTOM + 42);
}

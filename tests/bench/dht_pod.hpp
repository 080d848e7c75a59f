/*
 * What the pods of the DHT bench share: a pod is N nodes in one process that do what lines
 * tell them.  dht_bench.py says what the lines mean.
 */
#ifndef TESTS_BENCH_DHT_POD_HPP
#define TESTS_BENCH_DHT_POD_HPP

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <string>

namespace pod
{

using clock = std::chrono::steady_clock;

/* POD [--table FILE] N FIRST PORT BOOT */
struct options {
    std::string table; /* empty: none */
    int count = 0, first = 0, port = 0;
    std::string boot; /* IP:PORT; empty: node 0 is the first of all */
};

struct command {
    std::string verb, tag, word; /* VALUE or KEYHEX */
    int node = 0;
};

inline options read_options(int argc, char **argv)
{
    options read;
    int at = 1;

    if (argc > 3 && std::string(argv[1]) == "--table") {
        read.table = argv[2];
        at = 3;
    }
    if (argc != at + 4) {
        std::fprintf(stderr, "usage: %s [--table FILE] N FIRST PORT BOOT\n", argv[0]);
        std::exit(2);
    }
    read.count = std::atoi(argv[at]);
    read.first = std::atoi(argv[at + 1]);
    read.port = std::atoi(argv[at + 2]);
    read.boot = std::string(argv[at + 3]) == "-" ? "" : argv[at + 3];
    return read;
}

inline command read_command(const std::string &line)
{
    command read;
    std::istringstream words(line);

    words >> read.verb >> read.tag >> read.node >> read.word;
    return read;
}

inline std::string address_of(int node)
{
    return "10." + std::to_string(64 + node / 250) + "." +
           std::to_string(1 + node % 250) + ".7";
}

inline double ms_since(clock::time_point begun)
{
    return std::chrono::duration<double, std::milli>(clock::now() - begun).count();
}

/* One line to the runner, from whatever thread. */
inline void say(const std::string &line)
{
    static std::mutex one_at_a_time;
    std::lock_guard<std::mutex> lock(one_at_a_time);

    std::puts(line.c_str());
    std::fflush(stdout);
}

inline std::string text(double ms)
{
    char digits[32];

    std::snprintf(digits, sizeof digits, "%.3f", ms);
    return digits;
}

} // namespace pod

#endif

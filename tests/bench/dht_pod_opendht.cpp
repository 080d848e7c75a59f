/*
 * A pod of OpenDHT nodes for the DHT bench: a DhtRunner for each, as its users have it.
 *
 * A value is a plain one of 200 bytes, neither signed nor encrypted, which is the cheapest
 * that OpenDHT has; its key is its hash, so that a reader knows whether it is valid.
 * Everything else is left at its default.  Node ids are random.
 */
#include "dht_pod.hpp"

#include <atomic>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <opendht.h>
#include <thread>
#include <vector>

namespace
{

struct node {
    dht::DhtRunner runner;
    std::atomic<bool> is_connected{false};
    std::mutex lock;                  /* of what waits */
    std::deque<pod::command> waiting; /* until it is connected */
};

pod::clock::time_point begun;
std::vector<std::unique_ptr<node>> nodes;
std::atomic<int> connected_count{0};

dht::InfoHash key_of(const std::vector<uint8_t> &value)
{
    return dht::InfoHash::get(value.data(), value.size());
}

void put(dht::DhtRunner &runner, const pod::command &command)
{
    std::vector<uint8_t> bytes(command.word.begin(), command.word.end());
    dht::InfoHash key = key_of(bytes);
    auto since = pod::clock::now();

    runner.put(key, std::make_shared<dht::Value>(bytes), [=](bool is_stored) {
        pod::say("put " + command.tag + (is_stored ? " ok " : " fail ") +
                 pod::text(pod::ms_since(since)) + " " + key.toString());
    });
}

void get(dht::DhtRunner &runner, const pod::command &command)
{
    dht::InfoHash key(command.word);
    auto since = pod::clock::now();
    auto first = std::make_shared<double>(-1);
    auto on_values = [=](const std::vector<std::shared_ptr<dht::Value>> &values) {
        for (const auto &value : values) {
            if (*first >= 0 || key_of(value->data) != key)
                continue;
            *first = pod::ms_since(since);
            pod::say("val " + command.tag + " " + pod::text(*first));
        }
        return true;
    };

    runner.get(key, on_values, [=](bool) {
        pod::say("get " + command.tag + (*first >= 0 ? " ok " : " miss ") +
                 pod::text(*first) + " " + pod::text(pod::ms_since(since)));
    });
}

void obey(node &node, const pod::command &command)
{
    if (command.verb == "put")
        put(node.runner, command);
    else if (command.verb == "get")
        get(node.runner, command);
}

void obey_when_connected(node &node, const pod::command &command)
{
    std::lock_guard<std::mutex> lock(node.lock);

    if (node.is_connected)
        obey(node, command);
    else
        node.waiting.push_back(command);
}

void on_connected(node &node)
{
    std::lock_guard<std::mutex> lock(node.lock);

    if (node.is_connected.exchange(true))
        return;
    for (const auto &command : node.waiting)
        obey(node, command);
    node.waiting.clear();
    if (++connected_count == static_cast<int>(nodes.size()))
        pod::say("READY " + std::to_string(nodes.size()) + " " +
                 pod::text(pod::ms_since(begun)));
}

std::vector<dht::NodeExport> read_table(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};

    if (bytes.empty())
        return {};
    return msgpack::unpack(bytes.data(), bytes.size())
        .get()
        .as<std::vector<dht::NodeExport>>();
}

void write_table(const std::string &path)
{
    std::ofstream file(path, std::ios::binary);

    msgpack::pack(file, nodes[0]->runner.exportNodes());
}

void start(node &node, int number, const pod::options &options)
{
    dht::DhtRunner::Config config;
    dht::DhtRunner::Context context;
    bool is_first = options.boot.empty() && number == options.first;
    auto table = options.table.empty() ? std::vector<dht::NodeExport>()
                                       : read_table(options.table);

    config.bind4.setFamily(AF_INET);
    config.bind4.setAddress(pod::address_of(number).c_str());
    config.bind4.setPort(static_cast<in_port_t>(options.port));
    context.statusChangedCallback = [&node](dht::NodeStatus v4, dht::NodeStatus) {
        if (v4 == dht::NodeStatus::Connected)
            on_connected(node);
    };
    node.runner.run(config, std::move(context));
    if (!table.empty())
        node.runner.bootstrap(table);
    if (is_first)
        on_connected(node);
    else if (!options.boot.empty())
        node.runner.bootstrap(options.boot);
    else
        node.runner.bootstrap(pod::address_of(options.first),
                              std::to_string(options.port));
}

} // namespace

int main(int argc, char **argv)
{
    pod::options options = pod::read_options(argc, argv);
    std::string line;

    begun = pod::clock::now();
    for (int i = 0; i < options.count; i++)
        nodes.push_back(std::make_unique<node>());
    for (int i = 0; i < options.count; i++)
        start(*nodes[i], options.first + i, options);
    while (std::getline(std::cin, line) && line != "quit") {
        pod::command command = pod::read_command(line);

        obey_when_connected(*nodes.at(command.node), command);
    }
    if (!options.table.empty())
        write_table(options.table);
    /* The runner's network takes care of what is under way: no farewell. */
    std::_Exit(0);
}

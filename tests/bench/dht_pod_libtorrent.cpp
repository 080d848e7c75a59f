/*
 * A pod of libtorrent's DHT nodes for the DHT bench: a session for each, all of them on one
 * thread, without torrents and without a disk.
 *
 * A value is a mutable item (BEP 44), signed with Ed25519 under a key pair of its own; its key
 * is the public key.  Settings are the defaults but for what looks for peers elsewhere.
 */
#include "dht_pod.hpp"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/disabled_disk_io.hpp>
#include <libtorrent/hex.hpp>
#include <libtorrent/io_context.hpp>
#include <libtorrent/kademlia/ed25519.hpp>
#include <libtorrent/kademlia/item.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <memory>
#include <unistd.h>
#include <vector>

namespace asio = boost::asio;

namespace
{

using key = std::array<char, 32>;

struct put_under_way {
    key name;
    std::string tag;
    pod::clock::time_point since;
};

struct get_under_way {
    key name;
    std::string tag;
    pod::clock::time_point since;
    double first_ms;
};

struct node {
    std::unique_ptr<lt::session> session;
    bool is_first = false, is_running = false, is_connected = false;
    std::vector<pod::command> waiting; /* until its DHT runs */
    std::vector<put_under_way> puts;
    std::vector<get_under_way> gets;
};

pod::clock::time_point begun;
lt::io_context context;
std::vector<node> nodes;
int connected_count;

std::string hex(const key &bytes)
{
    return lt::aux::to_hex(bytes);
}

void put(node &node, const pod::command &command)
{
    auto [public_key, secret_key] =
        lt::dht::ed25519_create_keypair(lt::dht::ed25519_create_seed());
    auto sign = [=, pk = public_key,
                 sk = secret_key](lt::entry &value, std::array<char, 64> &signature,
                                  std::int64_t &seq, const std::string &salt) {
        std::vector<char> bytes;

        value = command.word;
        lt::bencode(std::back_inserter(bytes), value);
        seq++;
        signature = lt::dht::sign_mutable_item(bytes, salt,
                                               lt::dht::sequence_number(seq), pk, sk)
                        .bytes;
    };

    node.puts.push_back({public_key.bytes, command.tag, pod::clock::now()});
    node.session->dht_put_item(public_key.bytes, sign);
}

void get(node &node, const pod::command &command)
{
    key name{};

    lt::aux::from_hex(command.word, name.data());
    node.gets.push_back({name, command.tag, pod::clock::now(), -1});
    node.session->dht_get_item(name);
}

void obey(node &node, const pod::command &command)
{
    if (!node.is_running)
        node.waiting.push_back(command);
    else if (command.verb == "put")
        put(node, command);
    else if (command.verb == "get")
        get(node, command);
}

void on_put(node &node, const lt::dht_put_alert &alert)
{
    auto under_way = std::find_if(
        node.puts.begin(), node.puts.end(),
        [&](const put_under_way &each) { return each.name == alert.public_key; });

    if (under_way == node.puts.end())
        return;
    pod::say("put " + under_way->tag + (alert.num_success > 0 ? " ok " : " fail ") +
             pod::text(pod::ms_since(under_way->since)) + " " + hex(under_way->name));
    node.puts.erase(under_way);
}

/* An item comes once with each newer version that is found, and once more at the end. */
void on_item(node &node, const lt::dht_mutable_item_alert &alert)
{
    bool is_there = alert.item.type() == lt::entry::string_t;

    for (auto &get : node.gets) {
        if (get.name != alert.key || !is_there || get.first_ms >= 0)
            continue;
        get.first_ms = pod::ms_since(get.since);
        pod::say("val " + get.tag + " " + pod::text(get.first_ms));
    }
    if (!alert.authoritative)
        return;
    auto get =
        std::find_if(node.gets.begin(), node.gets.end(),
                     [&](const get_under_way &each) { return each.name == alert.key; });
    if (get == node.gets.end())
        return;
    pod::say("get " + get->tag + (get->first_ms >= 0 ? " ok " : " miss ") +
             pod::text(get->first_ms) + " " + pod::text(pod::ms_since(get->since)));
    node.gets.erase(get);
}

/* Nothing tells of the first node of all, which has nobody to ask. */
void on_bootstrapped(node &node)
{
    if (node.is_connected)
        return;
    node.is_connected = true;
    if (++connected_count == static_cast<int>(nodes.size()))
        pod::say("READY " + std::to_string(nodes.size()) + " " +
                 pod::text(pod::ms_since(begun)));
}

void take_alerts(node &node)
{
    std::vector<lt::alert *> alerts;

    node.session->pop_alerts(&alerts);
    for (lt::alert *alert : alerts) {
        if (auto item = lt::alert_cast<lt::dht_mutable_item_alert>(alert))
            on_item(node, *item);
        else if (auto put = lt::alert_cast<lt::dht_put_alert>(alert))
            on_put(node, *put);
        else if (lt::alert_cast<lt::dht_bootstrap_alert>(alert))
            on_bootstrapped(node);
        else if (alert->category() & lt::alert_category::error)
            std::fprintf(stderr, "%s\n", alert->message().c_str());
    }
}

/* A question that is asked before the DHT runs is forgotten, and nothing says when it does. */
void obey_once_running(node &node)
{
    if (node.session->is_dht_running()) {
        node.is_running = true;
        if (node.is_first)
            on_bootstrapped(node);
        for (const auto &command : node.waiting)
            obey(node, command);
        node.waiting.clear();
        return;
    }
    auto timer =
        std::make_shared<asio::steady_timer>(context, std::chrono::milliseconds(1));
    timer->async_wait(
        [&node, timer](const boost::system::error_code &) { obey_once_running(node); });
}

lt::session_params read_table(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};

    return bytes.empty() ? lt::session_params()
                         : lt::read_session_params(bytes, lt::session::save_dht_state);
}

void write_table(const std::string &path)
{
    std::ofstream file(path, std::ios::binary);
    std::vector<char> bytes = lt::write_session_params_buf(
        nodes[0].session->session_state(lt::session::save_dht_state),
        lt::session::save_dht_state);

    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void start(node &node, int number, const pod::options &options)
{
    lt::session_params params =
        options.table.empty() ? lt::session_params() : read_table(options.table);
    std::string port = ":" + std::to_string(options.port), boot = options.boot;

    node.is_first = boot.empty() && number == options.first;
    if (boot.empty() && !node.is_first)
        boot = pod::address_of(options.first) + port;
    params.disk_io_constructor = lt::disabled_disk_io_constructor;
    params.settings.set_str(lt::settings_pack::listen_interfaces,
                            pod::address_of(number) + port);
    params.settings.set_str(lt::settings_pack::dht_bootstrap_nodes, boot);
    params.settings.set_int(lt::settings_pack::alert_mask,
                            lt::alert_category::dht | lt::alert_category::error);
    params.settings.set_bool(lt::settings_pack::enable_dht, true);
    params.settings.set_bool(lt::settings_pack::enable_lsd, false);
    params.settings.set_bool(lt::settings_pack::enable_upnp, false);
    params.settings.set_bool(lt::settings_pack::enable_natpmp, false);
    node.session = std::make_unique<lt::session>(std::move(params), context);
    node.session->set_alert_notify(
        [&node] { asio::post(context, [&node] { take_alerts(node); }); });
    asio::post(context, [&node] { obey_once_running(node); });
}

/* The network takes care of what is under way: no farewell. */
[[noreturn]] void quit(const pod::options &options)
{
    if (!options.table.empty())
        write_table(options.table);
    std::_Exit(0);
}

void read_lines(asio::posix::stream_descriptor &input, asio::streambuf &buffer,
                const pod::options &options)
{
    asio::async_read_until(
        input, buffer, '\n', [&](const boost::system::error_code &failed, std::size_t) {
            std::istream stream(&buffer);
            std::string line;

            if (failed || !std::getline(stream, line) || line == "quit")
                quit(options);
            pod::command command = pod::read_command(line);
            obey(nodes.at(command.node), command);
            read_lines(input, buffer, options);
        });
}

} // namespace

int main(int argc, char **argv)
{
    pod::options options = pod::read_options(argc, argv);
    asio::posix::stream_descriptor input(context, STDIN_FILENO);
    asio::streambuf buffer;

    begun = pod::clock::now();
    nodes.resize(options.count);
    for (int i = 0; i < options.count; i++)
        start(nodes[i], options.first + i, options);
    read_lines(input, buffer, options);
    context.run();
}

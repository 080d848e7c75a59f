/*
 * The network of the DHT bench: a TUN device whose packets come back into it after the
 * delay of their pair of nodes, or never.
 *
 *     vc-dht-net DEVICE SEED LOSS_PERCENT DELAY_MIN_MS DELAY_MAX_MS
 *
 * Node N, from 0 to 15,999, has the address 10.(64 + N / 250).(1 + N % 250).7.  The one-way
 * delay of a pair is drawn once, from the seed and the two numbers, and is the same both
 * ways; losses are drawn packet by packet.  Whatever is no UDP between two nodes is
 * dropped uncounted: where nobody listens there is silence and no ICMP.
 *
 * The runner asks over standard input, one line each:
 *
 *     stat          stat SENT BYTES LOST UNHEARD LATE_US FULL
 *     node N        node SENT BYTES HEARD BYTES
 *     kill A B      ok    nodes A to B - 1 are neither heard nor reached from now on
 *     revive A B    ok
 *     loss PERCENT  ok
 *
 * SENT and BYTES count every packet once, with its IP header, when it leaves its sender.
 * LOST were lost, UNHEARD were for the dead; LATE_US is by how much a packet came later than
 * its delay, at most, since the last stat: what a busy machine adds.  FULL packets found no
 * room here and were dropped; the bench means nothing if there is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX   16000
#define PACKETS_MAX 32768 /* under way: 100,000 a second for 80 ms need 8,000 */
#define PACKET_MAX  1500
#define READ_MAX    256 /* packets taken in before what is due is looked at again */
#define IP_HEADER   20
#define PROTOCOL_AT 9
#define SOURCE_AT   12
#define TARGET_AT   16
#define UDP         17
#define NOBODY      UINT32_MAX

struct packet {
    uint16_t len;
    uint8_t bytes[PACKET_MAX];
};

struct flight {
    uint64_t due_ns;
    uint64_t order; /* of those that are due at once, the one that was sent first */
    uint32_t slot;
    uint32_t target;
};

struct node {
    uint64_t sent, sent_bytes, heard, heard_bytes;
    bool is_dead;
};

static struct {
    int device;
    uint64_t seed, random, delay_min_ns, delay_span_ns;
    uint64_t loss; /* of 2^32 */
    uint64_t sent, sent_bytes, lost, unheard, late_ns, full, order;
    uint32_t flight_count, free_count;
    uint32_t free_slots[PACKETS_MAX];
    struct flight heap[PACKETS_MAX];
    struct packet packets[PACKETS_MAX];
    struct node nodes[NODES_MAX];
} net;

static void check(bool is_fine, const char *words)
{
    if (!is_fine) {
        fprintf(stderr, "vc-dht-net: %s: %s\n", words, strerror(errno));
        exit(1);
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "clock");
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The finalizer of SplitMix64: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t delay_ns(uint32_t a, uint32_t b)
{
    uint64_t low = a < b ? a : b, high = a < b ? b : a;

    return net.delay_min_ns + mix(net.seed ^ mix(low << 32 | high)) % net.delay_span_ns;
}

static uint32_t node_at(const uint8_t address[4])
{
    uint32_t node = (address[1] - 64u) * 250 + (address[2] - 1u);
    bool is_node = address[0] == 10 && address[1] >= 64 && address[2] >= 1 &&
                   address[2] <= 250 && address[3] == 7;

    return is_node && node < NODES_MAX ? node : NOBODY;
}

static bool is_before(const struct flight *a, const struct flight *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void push(struct flight flight)
{
    uint32_t at = net.flight_count++;

    while (at > 0 && is_before(&flight, &net.heap[(at - 1) / 2])) {
        net.heap[at] = net.heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    net.heap[at] = flight;
}

static struct flight pop(void)
{
    struct flight first = net.heap[0], last = net.heap[--net.flight_count];
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= net.flight_count)
            break;
        if (child + 1 < net.flight_count &&
            is_before(&net.heap[child + 1], &net.heap[child]))
            child++;
        if (!is_before(&net.heap[child], &last))
            break;
        net.heap[at] = net.heap[child];
        at = child;
    }
    net.heap[at] = last;
    return first;
}

static bool is_lost(void)
{
    net.random++;
    return mix(net.seed ^ mix(net.random)) >> 32 < net.loss;
}

/* Sends the packet in the free slot @slot on its way, and says whether it keeps the slot. */
static bool send_on(uint32_t slot, uint64_t now)
{
    struct packet *packet = &net.packets[slot];
    const uint8_t *bytes = packet->bytes;
    uint32_t from, to;

    if (packet->len < IP_HEADER || bytes[0] >> 4 != 4 || bytes[PROTOCOL_AT] != UDP)
        return false;
    from = node_at(bytes + SOURCE_AT);
    to = node_at(bytes + TARGET_AT);
    if (from == NOBODY || to == NOBODY || net.nodes[from].is_dead)
        return false;
    net.sent++;
    net.sent_bytes += packet->len;
    net.nodes[from].sent++;
    net.nodes[from].sent_bytes += packet->len;
    if (is_lost()) {
        net.lost++;
        return false;
    }
    push((struct flight){now + delay_ns(from, to), net.order++, slot, to});
    return true;
}

static void take_in(void)
{
    static uint8_t dropped[PACKET_MAX];

    for (int i = 0; i < READ_MAX; i++) {
        bool is_full = net.free_count == 0;
        uint32_t slot = is_full ? 0 : net.free_slots[net.free_count - 1];
        struct packet *packet = &net.packets[slot];
        ssize_t len = read(net.device, is_full ? dropped : packet->bytes, PACKET_MAX);

        if (len <= 0) {
            check(len < 0 && (errno == EAGAIN || errno == EINTR),
                  "read from the device");
            return;
        }
        if (is_full) {
            net.full++;
            continue;
        }
        packet->len = (uint16_t)len;
        if (send_on(slot, now_ns()))
            net.free_count--;
    }
}

/* Hands over what is due, and gives when the next packet is, or 0. */
static uint64_t hand_over(void)
{
    while (net.flight_count > 0) {
        uint64_t now = now_ns();
        struct flight flight;
        struct packet *packet;
        struct node *target;

        if (net.heap[0].due_ns > now)
            return net.heap[0].due_ns;
        flight = pop();
        packet = &net.packets[flight.slot];
        target = &net.nodes[flight.target];
        if (now - flight.due_ns > net.late_ns)
            net.late_ns = now - flight.due_ns;
        if (target->is_dead) {
            net.unheard++;
        } else {
            target->heard++;
            target->heard_bytes += packet->len;
            check(write(net.device, packet->bytes, packet->len) == packet->len,
                  "write to the device");
        }
        net.free_slots[net.free_count++] = flight.slot;
    }
    return 0;
}

/* Whether the line is this verb with so many numbers, at most two. */
static bool is_line(const char *line, const char *verb, int count,
                    double ret_numbers[2])
{
    size_t len = strlen(verb);
    const char *at = line + len;
    char *end;

    if (strncmp(line, verb, len) != 0)
        return false;
    for (int i = 0; i < count; i++, at = end) {
        ret_numbers[i] = strtod(at, &end);
        if (end == at || ret_numbers[i] < 0)
            return false;
    }
    return *at == '\n';
}

static void set_dead(const double range[2], bool is_dead)
{
    for (unsigned i = (unsigned)range[0]; i < range[1] && i < NODES_MAX; i++)
        net.nodes[i].is_dead = is_dead;
    puts("ok");
}

static void set_loss(double percent)
{
    net.loss = (uint64_t)(percent / 100 * 4294967296.0);
}

static void answer(const char *line)
{
    double numbers[2];

    if (is_line(line, "stat", 0, numbers)) {
        printf("stat %lu %lu %lu %lu %lu %lu\n", net.sent, net.sent_bytes, net.lost,
               net.unheard, net.late_ns / 1000, net.full);
        net.late_ns = 0;
    } else if (is_line(line, "node", 1, numbers) && numbers[0] < NODES_MAX) {
        const struct node *node = &net.nodes[(unsigned)numbers[0]];

        printf("node %lu %lu %lu %lu\n", node->sent, node->sent_bytes, node->heard,
               node->heard_bytes);
    } else if (is_line(line, "kill", 2, numbers)) {
        set_dead(numbers, true);
    } else if (is_line(line, "revive", 2, numbers)) {
        set_dead(numbers, false);
    } else if (is_line(line, "loss", 1, numbers)) {
        set_loss(numbers[0]);
        puts("ok");
    } else {
        puts("what?");
    }
    fflush(stdout);
}

static int open_device(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    check(device >= 0, "/dev/net/tun");
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    check(ioctl(device, TUNSETIFF, &request) == 0, name);
    return device;
}

static void run(void)
{
    struct pollfd fds[] = {{net.device, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    char line[100];

    for (;;) {
        uint64_t due = hand_over(), now = now_ns(), wait = due > now ? due - now : 0;
        struct timespec until = {(time_t)(wait / 1000000000u),
                                 (long)(wait % 1000000000u)};

        check(ppoll(fds, 2, due > 0 ? &until : NULL, NULL) >= 0 || errno == EINTR,
              "poll");
        if (fds[0].revents != 0)
            take_in();
        if (fds[1].revents != 0) {
            if (fgets(line, sizeof line, stdin) == NULL)
                return;
            answer(line);
        }
    }
}

int main(int argc, char **argv)
{
    double delay_min_ms, delay_max_ms;

    if (argc != 6) {
        fputs("usage: vc-dht-net DEVICE SEED LOSS_PERCENT DELAY_MIN_MS DELAY_MAX_MS\n",
              stderr);
        return 2;
    }
    net.device = open_device(argv[1]);
    net.seed = mix(strtoull(argv[2], NULL, 10));
    set_loss(strtod(argv[3], NULL));
    delay_min_ms = strtod(argv[4], NULL);
    delay_max_ms = strtod(argv[5], NULL);
    net.delay_min_ns = (uint64_t)(delay_min_ms * 1e6);
    net.delay_span_ns = (uint64_t)((delay_max_ms - delay_min_ms) * 1e6) + 1;
    for (uint32_t i = 0; i < PACKETS_MAX; i++)
        net.free_slots[net.free_count++] = PACKETS_MAX - 1 - i;
    /* The kernel would wake us up to 50 us late, to save its own work. */
    check(prctl(PR_SET_TIMERSLACK, 1000) == 0, "timer slack");
    puts("up");
    fflush(stdout);
    run();
    return 0;
}

/*
 * A pod: many nodes of the DHT in one process, each with a socket and an address of its own.
 *
 *     vc-dht-pod [--table FILE] [--client] [--own-record] N FIRST PORT BOOT
 *
 * Node i binds 10.(64+g/250).(1+g%250).7:PORT, g = FIRST+i, and joins by BOOT (IP:PORT, or "-":
 * it is the first).  Prints "READY N MS" when all have joined, then reads lines, any number in
 * flight:
 *
 *     put TAG NODE VALUE      put TAG ok|fail MS KEYHEX
 *     get TAG NODE KEYHEX     val TAG MS at the first valid value; get TAG ok|miss FIRST_MS DONE_MS
 *     quit
 *
 * --table FILE: nodes begin with the nodes in it; at quit those of node 0 are written to it.
 * --client: they never route.  --own-record: each keeps a record of its own alive.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/base/hex.h"
#include "dht/dht.h"

#define TAG_MAX      64
#define LINE_MAX_LEN 1024
/* Asks under way in one node. */
#define ASKS_MAX 32

struct pending {
    uint32_t ask; /* 0: a free place */
    bool is_get;
    char tag[TAG_MAX];
    vc_ms began_at, first_at; /* first_at 0: nothing yet */
    struct vc_hash32 place;
};

struct node {
    int fd;
    struct vc_dht *dht;
    vc_ms due_at; /* it has something to do then, or earlier; 0: now */
    struct pending pending[ASKS_MAX];
};

struct pod {
    struct node *nodes;
    struct pollfd *polls;
    uint32_t count;
    uint32_t first;
    uint16_t port;
    const char *table;
    bool is_client, has_own_record, is_first, is_ready, is_quitting;
    vc_ms began_at;
    char line[LINE_MAX_LEN];
    size_t line_len;
};

static struct vc_now clocks(void)
{
    struct timespec mono, wall;

    (void)clock_gettime(CLOCK_MONOTONIC, &mono);
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (struct vc_now){
        .mono = (vc_ms)mono.tv_sec * 1000 + (vc_ms)mono.tv_nsec / 1000000,
        .unix_ms = (vc_ms)wall.tv_sec * 1000 + (vc_ms)wall.tv_nsec / 1000000};
}

__attribute__((noreturn)) static void die(const char *what)
{
    (void)fprintf(stderr, "pod: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct vc_addr address_of(uint32_t g, uint16_t port)
{
    return vc_addr_ipv4(
        (const uint8_t[]){10, (uint8_t)(64 + g / 250), (uint8_t)(1 + g % 250), 7},
        port);
}

static struct sockaddr_in to_socket_address(const struct vc_addr *addr)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(addr->port)};

    memcpy(&in.sin_addr, addr->ip, 4);
    return in;
}

static void random_bytes(void *bytes, size_t len)
{
    if (getrandom(bytes, len, 0) != (ssize_t)len) {
        die("getrandom");
    }
}

/* ---- nodes ---- */

static int open_socket(const struct vc_addr *addr)
{
    struct sockaddr_in in = to_socket_address(addr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int size = 1 << 18;

    if (fd < 0 || bind(fd, (const struct sockaddr *)&in, sizeof in) != 0) {
        die("socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static void restore(struct node *node, const char *path, const struct vc_now *now)
{
    uint8_t bytes[VC_DHT_SAVED_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) {
        return;
    }
    len = read(fd, bytes, sizeof bytes);
    (void)close(fd);
    if (len <= 0 || vc_dht_restore(node->dht, now,
                                   (struct vc_bytes){bytes, (size_t)len}) != VC_OK) {
        die("the table cannot be read");
    }
}

static void save(const struct node *node, const char *path, const struct vc_now *now)
{
    uint8_t bytes[VC_DHT_SAVED_MAX];
    size_t len = vc_dht_save(node->dht, now, bytes, sizeof bytes);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) != 0) {
        die("the table cannot be written");
    }
}

static void start_node(struct pod *pod, uint32_t i, const struct vc_addr *boot,
                       const struct vc_now *now)
{
    struct node *node = &pod->nodes[i];
    struct vc_addr addr = address_of(pod->first + i, pod->port);
    struct vc_dht_config cfg;
    struct vc_secret32 seed;
    void *mem;

    vc_dht_config_init(&cfg, pod->is_client ? VC_DHT_CLIENT : VC_DHT_ROUTER);
    cfg.is_private = true;
    cfg.is_client = pod->is_client;
    cfg.asks_max = ASKS_MAX;
    mem = mmap(NULL, vc_dht_footprint(&cfg), PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem == MAP_FAILED) {
        die("memory");
    }
    random_bytes(&seed, sizeof seed);
    node->fd = open_socket(&addr);
    node->dht = vc_dht_init(mem, &cfg, now, &seed);
    pod->polls[i] = (struct pollfd){.fd = node->fd, .events = POLLIN};
    if (boot != NULL) {
        vc_dht_enter(node->dht, now, boot, NULL);
    }
    if (pod->table != NULL) {
        restore(node, pod->table, now);
    }
}

/* ---- asks ---- */

static struct pending *new_pending(struct node *node, const char *tag,
                                   const struct vc_now *now)
{
    for (unsigned i = 0; i < ASKS_MAX; i++) {
        struct pending *pending = &node->pending[i];

        if (pending->ask == 0) {
            *pending = (struct pending){.began_at = now->mono};
            (void)snprintf(pending->tag, sizeof pending->tag, "%s", tag);
            return pending;
        }
    }
    return NULL;
}

/* A record of a random account for today: the value in front, zeros behind it. */
static void make_record(const char *value, const struct vc_now *now,
                        uint8_t *ret_record, struct vc_hash32 *ret_place)
{
    uint8_t body[VC_DHT_RECORD_BODY_LEN] = {0};
    uint32_t epoch = vc_dht_epoch_of(now->unix_ms);
    struct vc_secret32 seed;
    struct vc_sign_secret secret;
    struct vc_key32 key;
    struct vc_scalar factor;
    struct vc_blinded blinded;

    random_bytes(&seed, sizeof seed);
    vc_sign_keypair(&key, &secret, &seed);
    vc_blind_of_device(&factor, &key, epoch, 0);
    if (!vc_blind_secret(&blinded, &secret, &factor)) {
        die("a record key that nobody meets by chance");
    }
    memcpy(body, value, strnlen(value, sizeof body));
    vc_dht_record_sign(ret_record, VC_DHT_RECORD_ACCOUNT,
                       vc_dht_record_next_seq(0, now->unix_ms),
                       vc_dht_record_expiry(epoch), VC_BYTES(body), &blinded);
    vc_blind_place(ret_place, &blinded.public_key);
}

static void put(struct node *node, const char *tag, const char *value,
                const struct vc_now *now)
{
    struct pending *pending = new_pending(node, tag, now);
    uint8_t record[VC_DHT_RECORD_LEN];

    node->due_at = 0;
    if (pending == NULL) {
        (void)printf("put %s fail 0 -\n", tag);
        return;
    }
    make_record(value, now, record, &pending->place);
    if (vc_dht_publish(node->dht, now, VC_BYTES(record), &pending->ask) != VC_OK) {
        pending->ask = 0;
        (void)printf("put %s fail 0 -\n", tag);
    }
}

static void get(struct node *node, const char *tag, const char *hex,
                const struct vc_now *now)
{
    struct pending *pending = new_pending(node, tag, now);

    node->due_at = 0;
    if (pending == NULL || strlen(hex) != 2 * sizeof pending->place ||
        vc_hex_decode(hex, pending->place.b, sizeof pending->place) != VC_OK ||
        vc_dht_get(node->dht, now, &pending->place, &pending->ask) != VC_OK) {
        (void)printf("get %s miss 0 0\n", tag);
        return;
    }
    pending->is_get = true;
}

static void tell(struct node *node, const struct vc_dht_output *output,
                 const struct vc_now *now)
{
    for (unsigned i = 0; i < ASKS_MAX; i++) {
        struct pending *pending = &node->pending[i];
        vc_ms took = now->mono - pending->began_at;

        if (pending->ask == 0 || pending->ask != output->ask) {
            continue;
        }
        if (output->kind == VC_DHT_FOUND) {
            if (pending->first_at == 0) {
                pending->first_at = now->mono;
                (void)printf("val %s %llu\n", pending->tag, (unsigned long long)took);
            }
            return;
        }
        if (pending->is_get) {
            (void)printf(
                "get %s %s %llu %llu\n", pending->tag,
                output->reason == VC_OK ? "ok" : "miss",
                (unsigned long long)(pending->first_at == 0
                                         ? took
                                         : pending->first_at - pending->began_at),
                (unsigned long long)took);
        } else {
            char hex[2 * sizeof pending->place + 1];

            vc_hex_encode(VC_BYTES(pending->place.b), hex);
            (void)printf("put %s %s %llu %s\n", pending->tag,
                         output->reason == VC_OK ? "ok" : "fail",
                         (unsigned long long)took, hex);
        }
        pending->ask = 0;
        return;
    }
}

/* ---- the loop ---- */

static void receive(struct node *node, const struct vc_now *now)
{
    uint8_t bytes[2048];
    struct sockaddr_in from;

    node->due_at = 0;
    for (unsigned i = 0; i < 32; i++) {
        socklen_t len = sizeof from;
        ssize_t got =
            recvfrom(node->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len);
        struct vc_addr addr;

        if (got < 0) {
            return;
        }
        addr = vc_addr_ipv4((const uint8_t *)&from.sin_addr, ntohs(from.sin_port));
        (void)vc_dht_recv(node->dht, now, &addr, (struct vc_bytes){bytes, (size_t)got});
    }
}

static void drain(struct node *node, const struct vc_now *now)
{
    struct vc_dht_output output;

    while (vc_dht_next(node->dht, now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM) {
            struct sockaddr_in in = to_socket_address(&output.addr);

            (void)sendto(node->fd, output.bytes.data, output.bytes.len, 0,
                         (const struct sockaddr *)&in, sizeof in);
        } else if (output.kind == VC_DHT_FOUND || output.kind == VC_DHT_DONE) {
            tell(node, &output, now);
        }
    }
}

/* A node that has nothing to do costs nothing, whatever the others in the pod do. */
static void turn(struct node *node, const struct vc_now *now)
{
    if (node->due_at > now->mono) {
        return;
    }
    if (vc_dht_due(node->dht, now) <= now->mono) {
        vc_dht_tick(node->dht, now);
    }
    drain(node, now);
    node->due_at = vc_dht_due(node->dht, now);
}

static bool all_joined(const struct pod *pod, const struct vc_now *now)
{
    for (uint32_t i = 0; i < pod->count; i++) {
        struct vc_dht_status status;

        vc_dht_status(pod->nodes[i].dht, now, &status);
        if (!status.is_joined && !(pod->is_first && i == 0)) {
            return false;
        }
    }
    return true;
}

static void get_ready(struct pod *pod, const struct vc_now *now)
{
    if (pod->is_ready || !all_joined(pod, now)) {
        return;
    }
    pod->is_ready = true;
    (void)printf("READY %u %llu\n", pod->count,
                 (unsigned long long)(now->mono - pod->began_at));
    for (uint32_t i = 0; pod->has_own_record && i < pod->count; i++) {
        put(&pod->nodes[i], "own", "own", now);
    }
}

static void command(struct pod *pod, char *line, const struct vc_now *now)
{
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    const char *tag = strsep(&rest, " ");
    const char *number = strsep(&rest, " ");
    unsigned long i;

    if (strcmp(verb, "quit") == 0) {
        pod->is_quitting = true;
        return;
    }
    if (tag == NULL || number == NULL || rest == NULL ||
        (i = strtoul(number, NULL, 10)) >= pod->count) {
        (void)fprintf(stderr, "pod: bad line: %s\n", verb);
        return;
    }
    if (strcmp(verb, "put") == 0) {
        put(&pod->nodes[i], tag, rest, now);
    } else if (strcmp(verb, "get") == 0) {
        get(&pod->nodes[i], tag, rest, now);
    }
}

static void read_lines(struct pod *pod, const struct vc_now *now)
{
    ssize_t got =
        read(STDIN_FILENO, pod->line + pod->line_len, sizeof pod->line - pod->line_len);
    char *end;

    if (got <= 0) {
        pod->is_quitting = got == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    pod->line_len += (size_t)got;
    while ((end = memchr(pod->line, '\n', pod->line_len)) != NULL) {
        size_t used = (size_t)(end - pod->line) + 1;

        *end = '\0';
        command(pod, pod->line, now);
        pod->line_len -= used;
        memmove(pod->line, pod->line + used, pod->line_len);
    }
    if (pod->line_len == sizeof pod->line) {
        pod->is_quitting = true;
    }
}

static int patience(const struct pod *pod, const struct vc_now *now)
{
    vc_ms due = now->mono + 60000;

    for (uint32_t i = 0; i < pod->count; i++) {
        due = vc_ms_min(due, pod->nodes[i].due_at);
    }
    return due > now->mono ? (int)(due - now->mono) : 0;
}

static void run(struct pod *pod)
{
    struct pollfd *input = &pod->polls[pod->count];

    *input = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    while (!pod->is_quitting) {
        struct vc_now now = clocks();
        int ready = poll(pod->polls, pod->count + 1, patience(pod, &now));

        if (ready < 0 && errno != EINTR) {
            die("poll");
        }
        now = clocks();
        for (uint32_t i = 0; i < pod->count; i++) {
            if (pod->polls[i].revents != 0) {
                receive(&pod->nodes[i], &now);
            }
        }
        if (input->revents != 0) {
            read_lines(pod, &now);
        }
        for (uint32_t i = 0; i < pod->count; i++) {
            turn(&pod->nodes[i], &now);
        }
        get_ready(pod, &now);
        (void)fflush(stdout);
    }
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: vc-dht-pod [--table FILE] [--client] [--own-record] "
                          "N FIRST PORT BOOT\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct pod pod = {.began_at = clocks().mono};
    struct vc_now now = clocks();
    struct vc_addr boot;
    int at = 1;

    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--table") == 0 && at + 1 < argc) {
            pod.table = argv[++at];
        } else if (strcmp(argv[at], "--client") == 0) {
            pod.is_client = true;
        } else if (strcmp(argv[at], "--own-record") == 0) {
            pod.has_own_record = true;
        } else {
            return usage();
        }
    }
    if (argc - at != 4 || vc_crypto_init() != VC_OK) {
        return usage();
    }
    pod.count = (uint32_t)strtoul(argv[at], NULL, 10);
    pod.first = (uint32_t)strtoul(argv[at + 1], NULL, 10);
    pod.port = (uint16_t)strtoul(argv[at + 2], NULL, 10);
    pod.is_first = strcmp(argv[at + 3], "-") == 0;
    if (pod.count == 0 || pod.count > 1000 ||
        (!pod.is_first && vc_addr_parse(argv[at + 3], &boot) != VC_OK)) {
        return usage();
    }
    pod.nodes = calloc(pod.count, sizeof *pod.nodes);
    pod.polls = calloc(pod.count + 1, sizeof *pod.polls);
    if (pod.nodes == NULL || pod.polls == NULL) {
        die("memory");
    }
    if (pod.is_first) {
        boot = address_of(pod.first, pod.port);
    }
    for (uint32_t i = 0; i < pod.count; i++) {
        start_node(&pod, i, pod.is_first && i == 0 ? NULL : &boot, &now);
    }
    run(&pod);
    if (pod.table != NULL) {
        now = clocks();
        save(&pod.nodes[0], pod.table, &now);
    }
    free(pod.nodes);
    free(pod.polls);
    return 0;
}

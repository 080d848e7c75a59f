/*
 * A stranger who sends a node datagrams of all kinds and counts what comes back.
 *
 *     stranger noise ADDR:PORT COUNT SEED [FILE]
 *         random datagrams and changed copies of those in FILE (each: length in two bytes,
 *         big-endian, then its bytes); says how many datagrams and bytes came back
 *     stranger flood ADDR:PORT SECONDS SEED INVITE NETWORK_ID PER_SECOND
 *         handshake starts that are right under the invite's mask, each from another
 *         address of 10.77.0.0/16 (route it to the loopback device of this namespace)
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/base/addr.h"
#include "crypto/handshake.h"
#include "crypto/invite.h"

#define DATAGRAM_MAX 2048
#define KEPT_MAX 4096
#define SOCKETS 8
#define BATCH 32
#define STARTS 8192 /* handshakes: each has a key of its own, which takes time to make */

static uint64_t chance_state;

static uint64_t chance(void)
{
    uint64_t z = (chance_state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fill(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)chance();
    }
}

static void die(const char *words)
{
    fprintf(stderr, "stranger: %s\n", words);
    exit(2);
}

static struct sockaddr_in target_of(const char *text)
{
    struct sockaddr_in target = {.sin_family = AF_INET};
    struct vc_addr addr;

    if (vc_addr_parse(text, &addr) != VC_OK || addr.family != 4) {
        die("write ADDR:PORT, IPv4");
    }
    memcpy(&target.sin_addr, addr.ip, 4);
    target.sin_port = htons(addr.port);
    return target;
}

static struct {
    uint8_t bytes[DATAGRAM_MAX];
    size_t len;
} kept[KEPT_MAX];
static size_t kept_count;

static void read_kept(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t head[2];

    if (file == NULL) {
        die("the file of datagrams cannot be read");
    }
    while (kept_count < KEPT_MAX && fread(head, 1, 2, file) == 2) {
        size_t len = (size_t)head[0] << 8 | head[1];

        if (len > DATAGRAM_MAX || fread(kept[kept_count].bytes, 1, len, file) != len) {
            break;
        }
        kept[kept_count++].len = len;
    }
    fclose(file);
}

/* A datagram that nobody whom the node knows has sent: every copy is changed. */
static size_t make_noise(uint8_t *bytes)
{
    size_t at, len;

    if (kept_count == 0 || chance() % 4 == 0) {
        len = chance() % 1300;
        fill(bytes, len);
        return len;
    }
    at = chance() % kept_count;
    len = kept[at].len;
    memcpy(bytes, kept[at].bytes, len);
    if (len > 0 && chance() % 4 == 0) {
        return chance() % len; /* cut off */
    }
    if (chance() % 8 == 0 && len + 16 < DATAGRAM_MAX) {
        fill(bytes + len, 16); /* lengthened */
        return len + 1 + chance() % 16;
    }
    for (size_t changes = 1 + chance() % 4; changes > 0 && len > 0; changes--) {
        bytes[chance() % len] ^= (uint8_t)(1 + chance() % 255);
    }
    if (memcmp(bytes, kept[at].bytes, len) == 0) {
        bytes[len++] = 0; /* two changes have undone each other */
    }
    return len;
}

/* Counts what has come back. */
static size_t drain(int fd, size_t *bytes)
{
    uint8_t room[DATAGRAM_MAX];
    size_t count = 0;
    ssize_t len;

    while ((len = recv(fd, room, sizeof room, MSG_DONTWAIT)) >= 0) {
        *bytes += (size_t)len;
        count++;
    }
    return count;
}

static int noise(const char *to, size_t count)
{
    struct sockaddr_in target = target_of(to);
    static uint8_t room[BATCH][DATAGRAM_MAX];
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    int sockets[SOCKETS];
    size_t back = 0, bytes = 0;

    for (size_t i = 0; i < SOCKETS; i++) {
        sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
    }
    for (size_t sent = 0; sent < count; sent += BATCH) {
        int fd = sockets[sent / BATCH % SOCKETS];

        memset(messages, 0, sizeof messages);
        for (size_t i = 0; i < BATCH; i++) {
            pieces[i] = (struct iovec){room[i], make_noise(room[i])};
            messages[i].msg_hdr.msg_iov = &pieces[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_name = &target;
            messages[i].msg_hdr.msg_namelen = sizeof target;
        }
        (void)sendmmsg(fd, messages, BATCH, 0);
        back += drain(fd, &bytes);
        usleep(200); /* a full socket would drop them before the node sees them */
    }
    sleep(1);
    for (size_t i = 0; i < SOCKETS; i++) {
        back += drain(sockets[i], &bytes);
    }
    printf("{\"sent\": %zu, \"datagrams_back\": %zu, \"bytes_back\": %zu}\n", count, back, bytes);
    return 0;
}

static struct vc_handshake starts[STARTS];
static size_t came_back, bytes_back, bytes_sent;

static void start_handshake(struct vc_handshake *hs, const struct vc_mask *mask,
                            const struct vc_invite *invite, struct vc_bytes network_id)
{
    struct vc_secret32 static_key, e;
    struct vc_handshake_config cfg = {.kind = VC_HANDSHAKE_JOIN,
                                      .is_initiator = true,
                                      .network_id = network_id,
                                      .mask = mask,
                                      .dev_dh = &static_key,
                                      .invite_secret = &invite->secret,
                                      .e = &e};

    fill(static_key.b, sizeof static_key.b);
    fill(e.b, sizeof e.b);
    fill(cfg.own_cid.b, sizeof cfg.own_cid.b);
    vc_handshake_init(hs, &cfg);
}

/* Sends from any address that is local here: the kernel is told which in each message. */
static void send_from(int fd, const struct sockaddr_in *target, struct vc_bytes datagram)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {0};
    struct in_pktinfo from = {0};
    struct iovec piece = {(void *)(uintptr_t)datagram.data, datagram.len};
    struct msghdr message = {.msg_name = (void *)(uintptr_t)target,
                             .msg_namelen = sizeof *target,
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};

    from.ipi_spec_dst.s_addr = htonl(0x0a4d0000u | (uint32_t)(1 + chance() % 65533));
    control.head.cmsg_level = IPPROTO_IP;
    control.head.cmsg_type = IP_PKTINFO;
    control.head.cmsg_len = CMSG_LEN(sizeof from);
    memcpy(CMSG_DATA(&control.head), &from, sizeof from);
    (void)sendmsg(fd, &message, 0);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Starts that are right each, under another salt and from another address every time. */
static size_t send_starts(int fd, const struct sockaddr_in *target, double seconds,
                          double per_second, struct vc_rng *rng)
{
    double begun = now_s();
    size_t sent = 0;

    while (now_s() - begun < seconds) {
        uint8_t room[VC_HANDSHAKE_MAX];
        struct vc_writer w = vc_writer(room, sizeof room);

        if (vc_handshake_write_msg1(&starts[sent % STARTS], NULL, rng, &w) != VC_OK) {
            die("no first message");
        }
        send_from(fd, target, vc_writer_bytes(&w));
        came_back += drain(fd, &bytes_back);
        bytes_sent += vc_writer_bytes(&w).len;
        sent++;
        while ((double)sent > (now_s() - begun) * per_second) {
            usleep(100);
        }
    }
    return sent;
}

static int flood(const char *to, double seconds, const char *text, const char *network,
                 double per_second)
{
    struct sockaddr_in target = target_of(to);
    struct vc_bytes network_id = {(const uint8_t *)network, strlen(network)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct vc_invite invite;
    struct vc_secret32 seed;
    struct vc_mask mask;
    struct vc_rng rng;
    size_t sent;

    if (vc_invite_parse(text, &invite) != VC_OK) {
        die("the invite cannot be read");
    }
    fill(seed.b, sizeof seed.b);
    vc_rng_init(&rng, &seed);
    vc_mask_of_invite(&mask, network_id, &invite.secret);
    for (size_t i = 0; i < STARTS; i++) {
        start_handshake(&starts[i], &mask, &invite, network_id);
    }
    sent = send_starts(fd, &target, seconds, per_second, &rng);
    sleep(1);
    came_back += drain(fd, &bytes_back);
    printf("{\"sent\": %zu, \"bytes_sent\": %zu, \"datagrams_back\": %zu, \"bytes_back\": %zu}\n",
           sent, bytes_sent, came_back, bytes_back);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 5 || vc_crypto_init() != VC_OK) {
        die("see the first lines of stranger.c");
    }
    chance_state = strtoull(argv[4], NULL, 10);
    if (strcmp(argv[1], "noise") == 0) {
        if (argc > 5) {
            read_kept(argv[5]);
        }
        return noise(argv[2], strtoul(argv[3], NULL, 10));
    }
    if (strcmp(argv[1], "flood") == 0 && argc == 8) {
        return flood(argv[2], strtod(argv[3], NULL), argv[5], argv[6], strtod(argv[7], NULL));
    }
    die("see the first lines of stranger.c");
}

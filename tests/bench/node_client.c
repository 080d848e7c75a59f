/*
 * A program that writes through a control socket as fast as it is answered, and says how
 * fast that was.
 *
 *     node_client SOCKET COUNT WINDOW [SINGLE]
 *
 * Sends COUNT texts of 100 bytes to contact #1 with up to WINDOW of them not yet
 * answered, and waits until all are delivered: durable there, and the receipt durable
 * here.  Then sends SINGLE texts one at a time, each when the one before is delivered.
 *
 * Requests are printed, replies are only looked through: this program has to be cheaper
 * than what it measures.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ROOM_BYTES (4u << 20)
#define REQUEST_MAX 400
#define SINGLES_MAX 100000

static struct {
    int fd;
    char in[ROOM_BYTES], out[ROOM_BYTES];
    size_t in_len, out_len, out_at;
    long answered; /* replies to messages.send */
    long delivered; /* texts of ours that are delivered */
    long first;     /* texts that the conversation had before */
    unsigned long run; /* makes the tokens of this run its own */
} the;

static void die(const char *words)
{
    fprintf(stderr, "node_client: %s\n", words);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof name.sun_path) {
        die("the socket's path is too long");
    }
    memcpy(name.sun_path, path, strlen(path) + 1);
    the.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(the.fd, (struct sockaddr *)&name, sizeof name) != 0 ||
        fcntl(the.fd, F_SETFL, O_NONBLOCK) != 0) {
        die("nobody answers at the socket");
    }
}

static bool has(const char *line, size_t len, const char *words)
{
    return memmem(line, len, words, strlen(words)) != NULL;
}

static long number_after(const char *line, size_t len, const char *words)
{
    const char *at = memmem(line, len, words, strlen(words));

    return at != NULL ? strtol(at + strlen(words), NULL, 10) : -1;
}

static void take_line(const char *line, size_t len)
{
    if (has(line, len < 60 ? len : 60, "\"error\"")) {
        fprintf(stderr, "%.*s\n", (int)len, line);
        die("a request was refused");
    }
    if (has(line, len, "\"kind\":\"message.state\"") &&
        has(line, len, "\"state\":\"delivered\"")) {
        the.delivered = number_after(line, len, "\"seq_last\":") - the.first;
    } else if (!has(line, len, "\"kind\":\"")) {
        the.answered++;
    }
}

static void take_lines(void)
{
    char *at = the.in, *end;

    while ((end = memchr(at, '\n', the.in_len - (size_t)(at - the.in))) != NULL) {
        take_line(at, (size_t)(end - at));
        at = end + 1;
    }
    the.in_len -= (size_t)(at - the.in);
    memmove(the.in, at, the.in_len);
}

/* Reads and writes what goes without waiting, then waits for more to come. */
static void pump(void)
{
    struct pollfd poll_fd = {.fd = the.fd, .events = POLLIN};
    ssize_t n;

    if (the.out_at < the.out_len) {
        n = write(the.fd, the.out + the.out_at, the.out_len - the.out_at);
        the.out_at += n > 0 ? (size_t)n : 0;
        if (the.out_at < the.out_len) {
            poll_fd.events |= POLLOUT;
        } else {
            the.out_at = the.out_len = 0;
        }
    }
    if (poll(&poll_fd, 1, 30000) == 0) {
        die("no answer for 30 s");
    }
    n = read(the.fd, the.in + the.in_len, sizeof the.in - the.in_len);
    if (n == 0) {
        die("the node closed the connection");
    }
    if (n > 0) {
        the.in_len += (size_t)n;
        take_lines();
    }
}

static void ask(const char *request)
{
    long before = the.answered;

    the.out_len += (size_t)snprintf(the.out, sizeof the.out, "%s\n", request);
    while (the.answered == before) {
        pump();
    }
}

static void put_text(long number)
{
    static const char filler[] =
        "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz";
    int len = snprintf(the.out + the.out_len, REQUEST_MAX,
                       "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"messages.send\",\"params\":"
                       "{\"contact\":\"#1\",\"text\":\"text %012ld %s\",\"token\":\"%lx-%ld\"}}\n",
                       number, number, filler, the.run, number);

    the.out_len += (size_t)len;
}

static void send_many(long count, long window)
{
    long sent = 0, first = the.answered;
    double begun = now_s(), answered = 0, ended;

    while (the.delivered < count) {
        while (sent < count && sent - (the.answered - first) < window &&
               the.out_len + REQUEST_MAX < sizeof the.out) {
            put_text(++sent);
        }
        pump();
        if (answered == 0 && the.answered - first == count) {
            answered = now_s();
        }
    }
    ended = now_s();
    printf("queued_per_s %.0f\ndelivered_per_s %.0f\n", (double)count / (answered - begun),
           (double)count / (ended - begun));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void send_singly(long count, long before)
{
    static double queued[SINGLES_MAX], delivered[SINGLES_MAX];

    if (count > SINGLES_MAX) {
        die("too many one at a time");
    }
    for (long i = 0; i < count; i++) {
        double begun = now_s();
        long answered = the.answered;

        queued[i] = 0;
        put_text(before + i + 1);
        while (the.delivered < before + i + 1) {
            pump();
            if (queued[i] == 0 && the.answered > answered) {
                queued[i] = now_s() - begun;
            }
        }
        delivered[i] = now_s() - begun;
    }
    qsort(queued, (size_t)count, sizeof *queued, by_size);
    qsort(delivered, (size_t)count, sizeof *delivered, by_size);
    printf("single_queued_median_us %.0f\nsingle_delivered_median_us %.0f\n"
           "single_delivered_p99_us %.0f\n",
           queued[count / 2] * 1e6, delivered[count / 2] * 1e6,
           delivered[count * 99 / 100] * 1e6);
}

int main(int argc, char **argv)
{
    long count, window, single;

    if (argc < 4) {
        die("SOCKET COUNT WINDOW [SINGLE]");
    }
    count = strtol(argv[2], NULL, 10);
    window = strtol(argv[3], NULL, 10);
    single = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    the.run = (unsigned long)time(NULL) * 1000 + (unsigned long)getpid() % 1000;
    connect_to(argv[1]);
    ask("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"events.subscribe\",\"params\":{}}");
    /* The first text tells at which number this run begins. */
    the.first = -1;
    put_text(0);
    while (the.delivered < 1) {
        pump();
    }
    the.first = the.delivered - 1;
    the.delivered = 0;
    the.answered = 0;
    if (count > 0) {
        send_many(count, window);
    }
    if (single > 0) {
        send_singly(single, count);
    }
    return 0;
}

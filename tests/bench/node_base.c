/*
 * What the node is compared with: bare LMDB that commits the same bytes, and a bare UDP
 * echo.
 *
 *     node_base lmdb DIR MESSAGES PER_COMMIT SIDES PUTS BYTES [PUTS BYTES]
 *         SIDES processes at once, each with an environment of its own; PUTS rows with
 *         BYTES of keys and values in all for each message, PER_COMMIT messages in a
 *         transaction.  With PER_COMMIT 1 also the median of a commit.
 *     node_base echo COUNT BYTES
 *         the median round trip between two processes over the loopback device
 */
#include <endian.h>
#include <lmdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAP_BYTES ((size_t)16 << 30)
#define VALUE_MAX 65536
#define SAMPLES_MAX 1000000

static double samples[SAMPLES_MAX];

static void check(int is_fine, const char *words)
{
    if (!is_fine) {
        fprintf(stderr, "node_base: %s\n", words);
        exit(1);
    }
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_us(long count)
{
    qsort(samples, (size_t)count, sizeof *samples, by_size);
    return samples[count / 2] * 1e6;
}

struct side {
    long messages, per_commit;
    double puts, bytes; /* a message */
};

static void put_rows(MDB_txn *txn, MDB_dbi dbi, const struct side *side, long message)
{
    static char value[VALUE_MAX];
    /* Whole rows: what the fractions add up to over the messages. */
    long first = (long)(side->puts * (double)message);
    long end = (long)(side->puts * (double)(message + 1));
    size_t len = (size_t)(side->bytes / side->puts);

    for (long row = first; row < end; row++) {
        /* Tables grow at their own ends: a row's table is its place in the message. */
        uint64_t key[2] = {htobe64((uint64_t)(row - first)), htobe64((uint64_t)message)};
        MDB_val k = {sizeof key, key}, v = {len > 16 ? len - 16 : 1, value};

        memcpy(value, key, sizeof key);
        check(mdb_put(txn, dbi, &k, &v, 0) == 0, "mdb_put");
    }
}

static void commit_all(const char *dir, const struct side *side)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    long commits = 0;
    double begun;

    check(mkdir(dir, 0700) == 0, "the directory is there already");
    check(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, MAP_BYTES) == 0 &&
              mdb_env_open(env, dir, 0, 0600) == 0,
          "mdb_env_open");
    check(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, 0, &dbi) == 0 &&
              mdb_txn_commit(txn) == 0,
          "mdb_dbi_open");
    for (long message = 0; message < side->messages;) {
        begun = now_s();
        check(mdb_txn_begin(env, NULL, 0, &txn) == 0, "mdb_txn_begin");
        for (long i = 0; i < side->per_commit && message < side->messages; i++) {
            put_rows(txn, dbi, side, message++);
        }
        check(mdb_txn_commit(txn) == 0, "mdb_txn_commit");
        if (commits < SAMPLES_MAX) {
            samples[commits++] = now_s() - begun;
        }
    }
    printf("lmdb_commit_median_us %.0f\n", median_us(commits));
    mdb_env_close(env);
}

static int lmdb(int argc, char **argv)
{
    struct side side = {0};
    int sides;
    double begun;

    check(argc >= 8, "lmdb DIR MESSAGES PER_COMMIT SIDES PUTS BYTES [PUTS BYTES]");
    side.messages = strtol(argv[3], NULL, 10);
    side.per_commit = strtol(argv[4], NULL, 10);
    sides = (int)strtol(argv[5], NULL, 10);
    check(argc >= 6 + 2 * sides, "PUTS and BYTES for each side");
    begun = now_s();
    for (int i = 0; i < sides; i++) {
        char dir[4096];

        side.puts = strtod(argv[6 + 2 * i], NULL);
        side.bytes = strtod(argv[7 + 2 * i], NULL);
        snprintf(dir, sizeof dir, "%s/%d", argv[2], i);
        fflush(stdout);
        if (fork() == 0) {
            commit_all(dir, &side);
            exit(0);
        }
    }
    for (int i = 0; i < sides; i++) {
        int status;

        check(wait(&status) > 0 && status == 0, "a side failed");
    }
    printf("lmdb_messages_per_s %.0f\n", (double)side.messages / (now_s() - begun));
    return 0;
}

static void echo_back(int fd)
{
    char room[2048];
    struct sockaddr_in from;
    socklen_t len = sizeof from;

    for (;;) {
        ssize_t n = recvfrom(fd, room, sizeof room, 0, (struct sockaddr *)&from, &len);

        check(n > 0, "recvfrom");
        (void)sendto(fd, room, (size_t)n, 0, (struct sockaddr *)&from, len);
    }
}

static int echo(long count, size_t bytes)
{
    int far = socket(AF_INET, SOCK_DGRAM, 0), near = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    char room[2048] = "";
    pid_t child;

    check(count <= SAMPLES_MAX && bytes <= sizeof room, "too many or too long");
    check(bind(far, (struct sockaddr *)&name, sizeof name) == 0 &&
              getsockname(far, (struct sockaddr *)&name, &len) == 0,
          "bind");
    child = fork();
    if (child == 0) {
        echo_back(far);
    }
    for (long i = 0; i < count; i++) {
        double begun = now_s();

        (void)sendto(near, room, bytes, 0, (struct sockaddr *)&name, sizeof name);
        check(recv(near, room, sizeof room, 0) > 0, "recv");
        samples[i] = now_s() - begun;
    }
    kill(child, SIGKILL);
    printf("echo_median_us %.0f\n", median_us(count));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "lmdb") == 0) {
        return lmdb(argc, argv);
    }
    if (argc == 4 && strcmp(argv[1], "echo") == 0) {
        return echo(strtol(argv[2], NULL, 10), (size_t)strtoul(argv[3], NULL, 10));
    }
    check(0, "lmdb or echo; see the first lines of node_base.c");
}

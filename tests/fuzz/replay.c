/*
 * The driver of a fuzz target where there is no libFuzzer: feeds it every file of a
 * corpus, and of each file a number of mutations that are the same in every run.
 *
 *     NAME_replay [-m MUTATIONS] [-s SEED] [-n NUMBER] FILE_OR_FOLDER...
 *
 * -n runs one mutation only, 0 being the file as it is: the line that stands under a
 * crash tells it.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUTATIONS_DEFAULT 200
#define INPUT_BYTES_MAX   (1u << 20) /* larger files are no seeds but a mistake */
#define PATH_BYTES_MAX    4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* The sanitizers' runtime calls this before it ends the process. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct replay {
    unsigned long mutations;
    unsigned long seed;
    long only;
    unsigned long files;
    unsigned long runs;
};

/* What runs now, for the words under a crash. */
static char where[PATH_BYTES_MAX + 128];

static void tell_where(void)
{
    size_t len = strlen(where);

    if (len > 0 && write(STDERR_FILENO, where, len) < 0) {
        /* There is nobody left to tell. */
        where[0] = '\0';
    }
    where[0] = '\0';
}

static void on_signal(int number)
{
    tell_where();
    raise(number); /* SA_RESETHAND: this time for real */
}

static void catch_crashes(void)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTERM};
    struct sigaction action;

    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(tell_where);
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction old;

        /* A sanitizer that has its own handler says more than ours. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

/* splitmix64: enough to spread mutations, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(draw(state) % limit);
}

/* Copies @count bytes from one place of the input in between at another. */
static size_t repeat_part(uint8_t *bytes, size_t len, size_t room, uint64_t *state)
{
    size_t from = below(state, len);
    size_t count = 1 + below(state, len - from);
    size_t to = below(state, len + 1);
    uint8_t part[64];

    if (count > sizeof part) {
        count = sizeof part;
    }
    if (count > room - len) {
        return len;
    }
    memcpy(part, bytes + from, count);
    memmove(bytes + to + count, bytes + to, len - to);
    memcpy(bytes + to, part, count);
    return len + count;
}

static size_t cut_part(uint8_t *bytes, size_t len, uint64_t *state)
{
    size_t from = below(state, len);
    size_t count = 1 + below(state, len - from);

    memmove(bytes + from, bytes + from + count, len - from - count);
    return len - count;
}

/* One change of the kinds that find mistakes in decoders. */
static size_t mutate_once(uint8_t *bytes, size_t len, size_t room, uint64_t *state)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
    uint64_t kind = draw(state) % 7;

    if (len == 0) {
        bytes[0] = (uint8_t)draw(state);
        return 1;
    }
    switch (kind) {
    case 0:
        bytes[below(state, len)] ^= (uint8_t)(1u << below(state, 8));
        return len;
    case 1:
        bytes[below(state, len)] = (uint8_t)draw(state);
        return len;
    case 2:
        bytes[below(state, len)] = edges[below(state, sizeof edges)];
        return len;
    case 3:
        return below(state, len);
    case 4:
        return cut_part(bytes, len, state);
    case 5:
        return repeat_part(bytes, len, room, state);
    default:
        bytes[below(state, len)] += (uint8_t)(below(state, 2) == 0 ? 1 : 0xff);
        return len;
    }
}

static void *take_memory(size_t len)
{
    void *memory = malloc(len == 0 ? 1 : len);

    if (memory == NULL) {
        (void)fputs("replay: memory is short\n", stderr);
        exit(1);
    }
    return memory;
}

/* The target gets a block of exactly @len bytes, so that a read past its end is seen. */
static void run_one(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = take_memory(len);

    memcpy(exact, bytes, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static uint64_t hash_of(const uint8_t *bytes, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

/* The mutations of a file hang on its bytes and the seed, not on its name or its place. */
static void run_mutations(struct replay *replay, const char *path, const uint8_t *bytes,
                          size_t len)
{
    size_t room = len + 256;
    uint8_t *mutant = take_memory(room);

    for (unsigned long i = 0; i <= replay->mutations; i++) {
        uint64_t state = hash_of(bytes, len) ^ (replay->seed << 32) ^ i;
        size_t mutant_len = len;
        size_t changes = i == 0 ? 0 : 1 + below(&state, 4);

        if (replay->only >= 0 && i != (unsigned long)replay->only) {
            continue;
        }
        (void)snprintf(where, sizeof where, "replay: while running -s %lu -n %lu %s\n",
                       replay->seed, i, path);
        memcpy(mutant, bytes, len);
        for (size_t change = 0; change < changes; change++) {
            mutant_len = mutate_once(mutant, mutant_len, room, &state);
        }
        run_one(mutant, mutant_len);
        replay->runs++;
    }
    where[0] = '\0';
    free(mutant);
}

static bool run_file(struct replay *replay, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = take_memory(INPUT_BYTES_MAX + 1);
    size_t len = file == NULL ? 0 : fread(bytes, 1, INPUT_BYTES_MAX + 1, file);
    bool is_read = file != NULL && ferror(file) == 0 && len <= INPUT_BYTES_MAX;

    if (file != NULL) {
        (void)fclose(file);
    }
    if (is_read) {
        run_mutations(replay, path, bytes, len);
        replay->files++;
    } else {
        (void)fprintf(stderr, "replay: cannot read %s, or it is over %u bytes\n", path,
                      INPUT_BYTES_MAX);
    }
    free(bytes);
    return is_read;
}

static bool run_folder(struct replay *replay, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    unsigned long files_before = replay->files;
    bool is_fine = count >= 0;

    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES_MAX];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);

        if (entries[i]->d_name[0] != '.') {
            is_fine = len > 0 && (size_t)len < sizeof path && run_file(replay, path) &&
                      is_fine;
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    if (replay->files == files_before) {
        (void)fprintf(stderr, "replay: there is no file to run in %s\n", folder);
        return false;
    }
    return is_fine;
}

static bool parse_number(const char *text, long *ret_number)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool parse_options(struct replay *replay, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "m:s:n:")) != -1) {
        long number;

        if (option == '?' || !parse_number(optarg, &number)) {
            return false;
        }
        if (option == 'm') {
            replay->mutations = (unsigned long)number;
        } else if (option == 's') {
            replay->seed = (unsigned long)number;
        } else {
            replay->only = number;
        }
    }
    if (replay->only > (long)replay->mutations) {
        replay->mutations = (unsigned long)replay->only;
    }
    return optind < argc;
}

int main(int argc, char **argv)
{
    struct replay replay = {.mutations = MUTATIONS_DEFAULT, .seed = 1, .only = -1};
    bool is_fine = true;

    if (!parse_options(&replay, argc, argv)) {
        (void)fprintf(
            stderr,
            "usage: %s [-m MUTATIONS] [-s SEED] [-n NUMBER] FILE_OR_FOLDER...\n",
            argv[0]);
        return 2;
    }
    catch_crashes();
    if (LLVMFuzzerInitialize != NULL) {
        (void)LLVMFuzzerInitialize(&argc, &argv);
    }
    for (int i = optind; i < argc; i++) {
        struct stat stat_of;

        if (stat(argv[i], &stat_of) == 0 && S_ISDIR(stat_of.st_mode)) {
            is_fine = run_folder(&replay, argv[i]) && is_fine;
        } else {
            is_fine = run_file(&replay, argv[i]) && is_fine;
        }
    }
    printf("%lu files, %lu runs, seed %lu\n", replay.files, replay.runs, replay.seed);
    return is_fine ? 0 : 1;
}

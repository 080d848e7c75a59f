#include "node/edge/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/control/config_keys.h"

static const char usual_network_id[] = "veche";

/* What the command line has said must not be changed by the file. */
struct reading {
    struct vc_options *options;
    bool has_listen, has_socket, has_network_id, has_private;
};

static bool print_path(char *ret_path, size_t room, const char *front, const char *back)
{
    int len = snprintf(ret_path, room, "%s%s", front, back);

    return len > 0 && (size_t)len < room;
}

/* The environment knows in every session; to ask the system's user database loads much. */
static const char *home(void)
{
    const char *path = getenv("HOME");
    const struct passwd *user;

    if (path != NULL && path[0] == '/') {
        return path;
    }
    user = getpwuid(geteuid());
    return user != NULL ? user->pw_dir : "/";
}

static const char *login_name(void)
{
    static const char *const variables[] = {"LOGNAME", "USER"};
    const struct passwd *user;

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *name = getenv(variables[i]);

        if (name != NULL && name[0] != '\0') {
            return name;
        }
    }
    user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : "somebody";
}

static bool find_dir(struct vc_options *options)
{
    const char *data = getenv("XDG_DATA_HOME");

    if (options->dir[0] != '\0') {
        return true;
    }
    return data != NULL && data[0] == '/'
               ? print_path(options->dir, sizeof options->dir, data, "/veche")
               : print_path(options->dir, sizeof options->dir, home(), "/.local/share/veche");
}

/* The usual path in a session of a person; false when there is no such place. */
static bool usual_socket(char *ret_path, size_t room)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    return runtime != NULL && runtime[0] == '/' &&
           print_path(ret_path, room, runtime, "/veche/control.sock");
}

/* The folder of the usual path is ours to make, also when veche has named the path. */
static void make_usual_folder(const char *socket_path)
{
    char path[VC_PATH_MAX];

    if (usual_socket(path, sizeof path) && strcmp(path, socket_path) == 0) {
        *strrchr(path, '/') = '\0';
        (void)mkdir(path, 0700); /* it may be there; binding says what else is wrong */
    }
}

static bool find_socket(struct vc_options *options, bool has_dir)
{
    if (options->socket_path[0] == '\0' &&
        (has_dir || !usual_socket(options->socket_path, sizeof options->socket_path)) &&
        !print_path(options->socket_path, sizeof options->socket_path, options->dir,
                    "/control.sock")) {
        return false;
    }
    make_usual_folder(options->socket_path);
    return true;
}

static void find_name(struct vc_options *options)
{
    if (options->name[0] == '\0') {
        (void)snprintf(options->name, sizeof options->name, "%s", login_name());
    }
}

static bool add_listen(struct vc_options *options, const char *text)
{
    if (options->listen_count == VC_UDP_SOCKETS_MAX ||
        vc_addr_parse(text, &options->listen[options->listen_count]) != VC_OK) {
        return false;
    }
    options->listen_count++;
    return true;
}

static bool add_door(struct vc_options *options, const char *text)
{
    struct vc_addr *door = &options->doors[options->door_count];

    if (options->door_count == VC_NODE_DOORS_MAX || vc_addr_parse(text, door) != VC_OK ||
        !vc_addr_is_usable(door)) {
        return false;
    }
    options->door_count++;
    return true;
}

static bool set_network_id(struct vc_options *options, const char *id)
{
    size_t len = strlen(id);

    if (len == 0 || len > sizeof options->network_id) {
        return false;
    }
    memcpy(options->network_id, id, len);
    options->network_id_len = len;
    return true;
}

/* A network with an id of its own is that of a few people, in a lab or at home: what guards a
 * public one against strangers would only be in its way. */
static bool is_private_by_id(const struct vc_options *options)
{
    return options->network_id_len != sizeof usual_network_id - 1 ||
           memcmp(options->network_id, usual_network_id, options->network_id_len) != 0;
}

static enum vc_role role_of(const char *value)
{
    return strcmp(value, "client") == 0      ? VC_ROLE_CLIENT
           : strcmp(value, "bootstrap") == 0 ? VC_ROLE_BOOTSTRAP
                                             : VC_ROLE_AUTO;
}

/* The table of keys has checked @value. */
static void on_network_value(struct reading *reading, enum vc_config_place key,
                             const char *value)
{
    struct vc_options *options = reading->options;

    if (key == VC_CONFIG_NETWORK_ID && !reading->has_network_id) {
        VC_CHECK(set_network_id(options, value));
    } else if (key == VC_CONFIG_NETWORK_PRIVATE) {
        reading->has_private = vc_config_boolean(value, &options->is_private);
    } else if (key == VC_CONFIG_NETWORK_BOOTSTRAP && !add_door(options, value)) {
        (void)fprintf(stderr, "veched: more than %d nodes to join by\n", VC_NODE_DOORS_MAX);
    } else if (key == VC_CONFIG_NETWORK_ROLE) {
        options->role = role_of(value);
    }
}

static void on_value(void *ctx, unsigned line, enum vc_config_place key, const char *value)
{
    struct reading *reading = ctx;
    struct vc_options *options = reading->options;

    (void)line;
    switch (key) {
    case VC_CONFIG_LISTEN:
        if (!reading->has_listen && !add_listen(options, value)) {
            (void)fprintf(stderr, "veched: more than %d addresses to listen at\n",
                    VC_UDP_SOCKETS_MAX);
        }
        break;
    case VC_CONFIG_SOCKET:
        if (!reading->has_socket) {
            (void)snprintf(options->socket_path, sizeof options->socket_path, "%s", value);
        }
        break;
    case VC_CONFIG_NAME:
        (void)snprintf(options->name, sizeof options->name, "%s", value);
        break;
    case VC_CONFIG_READ_RECEIPTS:
        options->has_read_receipts = vc_config_boolean(value, &options->read_receipts);
        break;
    case VC_CONFIG_LOG_LEVEL:
        (void)vc_log_level_parse(value, &options->log_level); /* the table has checked it */
        break;
    case VC_CONFIG_NETWORK_ID:
    case VC_CONFIG_NETWORK_PRIVATE:
    case VC_CONFIG_NETWORK_BOOTSTRAP:
    case VC_CONFIG_NETWORK_ROLE:
        on_network_value(reading, key, value);
        break;
    case VC_CONFIG_KEYS:
        VC_CHECK(false);
    }
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    const struct reading *reading = ctx;

    (void)fprintf(stderr, "veched: %s:%u: %s\n", reading->options->config_path, line, words);
}

static vc_err read_file(struct reading *reading)
{
    struct vc_options *options = reading->options;
    struct vc_config_sink sink = {on_value, on_fault, reading};
    FILE *file = fopen(options->config_path, "re");
    bool was_read;
    char *text;
    size_t len;
    vc_err err;

    if (file == NULL) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return VC_OK;
        }
        (void)fprintf(stderr, "veched: %s cannot be read\n", options->config_path);
        return VC_ERR_CONFIG;
    }
    text = malloc(VC_CONFIG_TEXT_MAX + 1);
    len = text != NULL ? fread(text, 1, VC_CONFIG_TEXT_MAX + 1, file) : 0;
    was_read = text != NULL && !ferror(file);
    (void)fclose(file);
    if (!was_read || len > VC_CONFIG_TEXT_MAX) {
        (void)fprintf(stderr, "veched: %s %s\n", options->config_path,
                was_read ? "is longer than 64 KiB" : "cannot be read");
        free(text);
        return VC_ERR_CONFIG;
    }
    err = vc_config_read((struct vc_bytes){(const uint8_t *)text, len}, &sink);
    free(text);
    return err;
}

static vc_err read_config(struct vc_options *options)
{
    struct reading reading = {.options = options,
                              .has_listen = options->listen_count > 0,
                              .has_socket = options->socket_path[0] != '\0',
                              .has_network_id = options->network_id_len > 0};
    vc_err err;

    if (!reading.has_network_id) {
        VC_CHECK(set_network_id(options, usual_network_id));
    }
    err = read_file(&reading);
    if (!reading.has_private) {
        options->is_private = is_private_by_id(options);
    }
    return err;
}

void vc_options_print_usage(void)
{
    puts("veched: the veche node, in the foreground\n"
         "\n"
         "  --dir DIR           where everything is kept\n"
         "  --listen ADDR:PORT  where others reach it (may be repeated; port 0: any)\n"
         "  --socket PATH       where programs of this machine talk to it\n"
         "  --config FILE       settings (DIR/veche.conf)\n"
         "  --passphrase-fd N   read the store's passphrase from this descriptor\n"
         "  --network ID        the network to be in, instead of the public one\n"
         "  --bootstrap ADDR:PORT  a node to join it by (may be repeated)\n"
         "  --bootstrap-only    be only a node that others join by: no account, no store\n"
         "  --check             look the store over, say what was found, and end\n"
         "  --version, --help");
}

static bool set_path(char *ret_path, size_t room, const char *value, const char *option)
{
    if (!print_path(ret_path, room, value, "")) {
        (void)fprintf(stderr, "veched: %s: the path is longer than %zu bytes\n", option, room - 1);
        return false;
    }
    return true;
}

static bool set_passphrase_fd(struct vc_options *options, const char *value)
{
    char *end;
    long fd;

    errno = 0;
    fd = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || fd < 0 || fd > INT_MAX) {
        (void)fprintf(stderr, "veched: --passphrase-fd: write the number of a descriptor\n");
        return false;
    }
    options->passphrase_fd = (int)fd;
    return true;
}

static bool take_option(struct vc_options *options, int option)
{
    switch (option) {
    case 'd':
        return set_path(options->dir, sizeof options->dir, optarg, "--dir");
    case 'l':
        if (!add_listen(options, optarg)) {
            (void)fprintf(stderr, "veched: --listen %s: write ADDR:PORT, [ADDR]:PORT for IPv6\n",
                    optarg);
            return false;
        }
        return true;
    case 's':
        return set_path(options->socket_path, sizeof options->socket_path, optarg,
                        "--socket");
    case 'f':
        return set_path(options->config_path, sizeof options->config_path, optarg,
                        "--config");
    case 'p':
        return set_passphrase_fd(options, optarg);
    case 'n':
        if (!set_network_id(options, optarg)) {
            (void)fprintf(stderr, "veched: --network: write 1 to %zu bytes\n",
                          sizeof options->network_id);
            return false;
        }
        return true;
    case 'b':
        if (!add_door(options, optarg)) {
            (void)fprintf(stderr, "veched: --bootstrap %s: write ADDR:PORT of a node, %d "
                          "of them at most\n", optarg, VC_NODE_DOORS_MAX);
            return false;
        }
        return true;
    case 'o':
        options->is_bootstrap_only = true;
        return true;
    case 'c':
        options->wants_check = true;
        return true;
    case 'v':
        options->wants_version = true;
        return true;
    case 'h':
        options->wants_help = true;
        return true;
    default:
        return false; /* getopt has said what is wrong */
    }
}

static bool read_command_line(struct vc_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"dir", required_argument, NULL, 'd'},    {"listen", required_argument, NULL, 'l'},
        {"socket", required_argument, NULL, 's'}, {"config", required_argument, NULL, 'f'},
        {"passphrase-fd", required_argument, NULL, 'p'},
        {"network", required_argument, NULL, 'n'},
        {"bootstrap", required_argument, NULL, 'b'},
        {"bootstrap-only", no_argument, NULL, 'o'},
        {"check", no_argument, NULL, 'c'},        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (!take_option(options, option)) {
            return false;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "veched: there is no argument %s\n", argv[optind]);
        return false;
    }
    return true;
}

vc_err vc_options_read(struct vc_options *ret_options, int argc, char **argv)
{
    static struct vc_options options; /* 9 KiB, once */
    bool has_dir;
    vc_err err;

    options = (struct vc_options){.passphrase_fd = -1, .log_level = VC_LOG_INFO};
    if (!read_command_line(&options, argc, argv)) {
        return VC_ERR_USAGE;
    }
    has_dir = options.dir[0] != '\0';
    if (!find_dir(&options) ||
        (options.config_path[0] == '\0' &&
         !print_path(options.config_path, sizeof options.config_path, options.dir,
                     "/veche.conf"))) {
        (void)fprintf(stderr, "veched: the directory's path is too long\n");
        return VC_ERR_USAGE;
    }
    err = options.wants_help || options.wants_version ? VC_OK : read_config(&options);
    if (err != VC_OK) {
        return err;
    }
    if (options.is_bootstrap_only && options.listen_count == 0) {
        (void)fprintf(stderr, "veched: --bootstrap-only: write with --listen ADDR:PORT where "
                      "others find it\n");
        return VC_ERR_USAGE;
    }
    if (!options.is_bootstrap_only && !find_socket(&options, has_dir)) {
        (void)fprintf(stderr, "veched: the control socket's path is longer than %d bytes: "
                        "choose a shorter one with --socket\n",
                VC_SOCKET_PATH_MAX - 1);
        return VC_ERR_USAGE;
    }
    find_name(&options);
    *ret_options = options;
    return VC_OK;
}

#include "node/edge/control_server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/edge/daemon.h"
#include "node/edge/feed.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"

#define PLACES (VC_EDGE_CLIENTS_MAX + 1)
/* Connections that wait while a turn runs: more than can be served. */
#define LISTEN_BACKLOG 128

/* Root and the owner of the process only: the socket's mode says the same. */
static bool is_peer_allowed(uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    uv_os_fd_t fd;

    return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static struct vc_client *free_place(struct vc_control_server *server)
{
    for (size_t i = 0; i < PLACES; i++) {
        if (!server->clients[i].is_taken) {
            return &server->clients[i];
        }
    }
    return NULL;
}

static void refuse(struct vc_client *client, vc_err err, const char *detail)
{
    vc_client_fail(client, NULL, err, detail);
    vc_client_close(client);
}

/* libuv offers no further connection before this one is accepted. */
static void take_connection(struct vc_control_server *server)
{
    struct vc_client *client = free_place(server);

    if (client == NULL) {
        server->has_waiting = true;
        return;
    }
    server->has_waiting = false;
    *client = (struct vc_client){.server = server};
    if (uv_pipe_init(server->listener.loop, &client->pipe, 0) != 0) {
        return;
    }
    client->is_taken = true;
    client->pipe.data = client;
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&client->pipe) != 0) {
        vc_client_close(client);
    } else if (!is_peer_allowed(&client->pipe)) {
        refuse(client, VC_ERR_PERMISSION, "this veched serves its owner and root");
    } else if (client == &server->clients[PLACES - 1]) {
        refuse(client, VC_ERR_FULL, "64 programs are connected already");
    } else {
        vc_client_open(client);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0) {
        take_connection(listener->data);
    }
}

void vc_control_server_left(struct vc_control_server *server)
{
    if (server->has_waiting && server->is_open) {
        take_connection(server);
    }
}

void vc_control_server_forget(struct vc_control_server *server,
                              const struct vc_client *client)
{
    for (size_t i = 0; i < server->parked_count; i++) {
        struct vc_parked_reply *parked =
            &server->parked[(server->parked_first + i) % VC_EDGE_PARKED_MAX];

        if (parked->client == client) {
            parked->client = NULL; /* what was promised is kept all the same */
        }
    }
    vc_methods_secret_forget(server->daemon, client);
    vc_methods_dht_forget(server->daemon, client);
}

/* Is somebody there?  A socket that nobody answers is a leftover of a crash. */
static bool is_answered(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there;

    if (fd < 0) {
        return false;
    }
    memcpy(name.sun_path, path, strlen(path) + 1);
    is_there = connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
    close(fd);
    return is_there;
}

/* What stands at @path and is no socket was put there by somebody for something else. */
static bool remove_leftover(const char *path)
{
    struct stat found;

    return lstat(path, &found) != 0 || (S_ISSOCK(found.st_mode) && unlink(path) == 0);
}

vc_err vc_control_server_open(struct vc_control_server *server, struct vc_daemon *daemon,
                              const char *path)
{
    mode_t mask;
    int status;

    server->daemon = daemon;
    server->parked = calloc(VC_EDGE_PARKED_MAX, sizeof *server->parked);
    if (server->parked == NULL || uv_pipe_init(&daemon->loop, &server->listener, 0) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    server->listener.data = server;
    server->is_open = true;
    VC_CHECK(strlen(path) < sizeof server->path);
    if (is_answered(path) || !remove_leftover(path)) {
        vc_log(VC_LOG_ERROR, "something else stands at the control socket's path");
        return VC_ERR_ADDRESS_IN_USE;
    }
    memcpy(server->path, path, strlen(path) + 1);
    mask = umask(0177);
    status = uv_pipe_bind(&server->listener, path);
    umask(mask);
    if (status == 0) {
        status = uv_listen((uv_stream_t *)&server->listener, LISTEN_BACKLOG, on_connection);
    }
    if (status != 0) {
        vc_log(VC_LOG_ERROR, "the control socket cannot be made: %s", uv_strerror(status));
        return status == UV_EACCES ? VC_ERR_PERMISSION : VC_ERR_IO;
    }
    return VC_OK;
}

void vc_control_server_close(struct vc_control_server *server)
{
    if (!server->is_open) {
        free(server->parked);
        server->parked = NULL;
        return;
    }
    server->is_open = false;
    for (size_t i = 0; i < PLACES; i++) {
        if (server->clients[i].is_taken) {
            vc_client_close(&server->clients[i]);
        }
    }
    for (; server->parked_count > 0; server->parked_count--) {
        struct vc_parked_reply *parked = &server->parked[server->parked_first];

        json_decref(parked->id);
        json_decref(parked->result);
        server->parked_first = (server->parked_first + 1) % VC_EDGE_PARKED_MAX;
    }
    free(server->parked);
    server->parked = NULL;
    if (server->path[0] != '\0') {
        (void)unlink(server->path); /* may be gone already */
    }
    uv_close((uv_handle_t *)&server->listener, NULL);
}

bool vc_control_server_has_place(const struct vc_control_server *server)
{
    return server->parked_count < VC_EDGE_PARKED_MAX;
}

void vc_control_server_park(struct vc_control_server *server, struct vc_client *client,
                            json_t *id, json_t *result)
{
    VC_CHECK(server->parked_count < VC_EDGE_PARKED_MAX);
    server->parked[(server->parked_first + server->parked_count) % VC_EDGE_PARKED_MAX] =
        (struct vc_parked_reply){.client = client, .id = json_incref(id), .result = result};
    server->parked_count++;
    client->parked++;
}

void vc_control_server_submitted(struct vc_control_server *server, uint64_t ticket)
{
    for (size_t i = server->parked_count; i-- > 0;) {
        struct vc_parked_reply *parked =
            &server->parked[(server->parked_first + i) % VC_EDGE_PARKED_MAX];

        if (parked->ticket != 0) {
            break; /* and so all before it */
        }
        parked->ticket = ticket;
    }
    if (server->daemon->committed >= ticket) {
        vc_control_server_committed(server, ticket); /* nothing had to be written */
    }
}

/* Takes the oldest parked reply out and gives it, or the error in its place. */
static void release_first(struct vc_control_server *server, vc_err err)
{
    struct vc_parked_reply parked = server->parked[server->parked_first];

    server->parked_first = (server->parked_first + 1) % VC_EDGE_PARKED_MAX;
    server->parked_count--;
    if (parked.client != NULL) {
        parked.client->parked--;
    }
    if (parked.client != NULL && err == VC_OK) {
        vc_client_reply(parked.client, parked.id, parked.result);
    } else {
        json_decref(parked.result);
        if (parked.client != NULL) {
            vc_client_fail(parked.client, parked.id, err, "");
        }
    }
    json_decref(parked.id);
}

void vc_control_server_committed(struct vc_control_server *server, uint64_t ticket)
{
    while (server->parked_count > 0) {
        const struct vc_parked_reply *parked = &server->parked[server->parked_first];

        if (parked->ticket == 0 || parked->ticket > ticket) {
            break;
        }
        release_first(server, VC_OK);
    }
}

void vc_control_server_failed(struct vc_control_server *server, vc_err err)
{
    while (server->parked_count > 0) {
        release_first(server, err);
    }
}

void vc_control_server_resume(struct vc_control_server *server)
{
    server->has_work = false;
    for (size_t i = 0; i < VC_EDGE_CLIENTS_MAX; i++) {
        struct vc_client *client = &server->clients[i];

        if (!client->is_taken || client->is_closing) {
            continue;
        }
        vc_feed_events(client);
        if (client->in.len > 0) {
            vc_client_take_requests(client);
        }
    }
}

void vc_control_server_flush(struct vc_control_server *server)
{
    for (size_t i = 0; i < VC_EDGE_CLIENTS_MAX; i++) {
        if (server->clients[i].is_taken) {
            vc_client_flush(&server->clients[i]);
        }
    }
}

void vc_control_server_tell(struct vc_control_server *server, json_t *params)
{
    for (size_t i = 0; params != NULL && i < VC_EDGE_CLIENTS_MAX; i++) {
        struct vc_client *client = &server->clients[i];
        size_t len = 0;
        char *line;

        /* It is not kept: who is behind does without it. */
        if (!client->is_taken || !client->is_subscribed || client->is_closing ||
            vc_client_backlog(client) > VC_EDGE_EVENT_BACKLOG_BYTES) {
            continue;
        }
        line = vc_control_notify("event", json_incref(params), &len);
        vc_client_write(client, line, len);
    }
    json_decref(params);
}

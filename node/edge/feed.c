#include "node/edge/feed.h"

#include "node/edge/daemon.h"
#include "node/edge/shapes.h"

struct feed {
    struct vc_client *client;
    struct vc_daemon *daemon;
    size_t given;
    bool has_more;
};

static bool give_event(void *ctx, const struct vc_event *event)
{
    struct feed *feed = ctx;
    struct vc_client *client = feed->client;
    json_t *params;
    size_t len = 0;
    char *line;

    if (client->is_closing) {
        return false;
    }
    if (feed->given == VC_EDGE_EVENTS_PER_TURN ||
        vc_client_backlog(client) > VC_EDGE_EVENT_BACKLOG_BYTES) {
        feed->has_more = !client->is_writing; /* else it goes on when he has read */
        return false;
    }
    params = vc_shape_event(vc_node_chat(feed->daemon->node), &feed->daemon->now, event);
    client->event_cursor = event->seq;
    if (json_is_null(params)) {
        json_decref(params);
        return true;
    }
    line = params != NULL ? vc_control_notify("event", params, &len) : NULL;
    vc_client_write(client, line, len);
    feed->given++;
    return true;
}

static void tell_gap(struct vc_client *client, vc_ms at, uint64_t first)
{
    json_t *params = json_pack("{s:s, s:I, s:I}", "kind", "gap", "at", (json_int_t)at, "first",
                               (json_int_t)first);
    size_t len = 0;
    char *line = vc_control_notify("event", params, &len);

    client->is_subscribed = false;
    vc_client_write(client, line, len);
}

void vc_feed_events(struct vc_client *client)
{
    struct vc_daemon *daemon = client->server->daemon;
    struct vc_chat *chat = vc_node_chat(daemon->node);
    struct feed feed = {.client = client, .daemon = daemon};
    uint64_t last = vc_chat_event_last(chat);

    if (!client->is_subscribed) {
        return;
    }
    if (client->event_cursor > last) {
        client->event_cursor = last; /* events that a failed commit has taken back */
    }
    if (client->event_cursor == last ||
        vc_client_backlog(client) > VC_EDGE_EVENT_BACKLOG_BYTES) {
        return;
    }
    if (vc_chat_events(chat, client->event_cursor, give_event, &feed) == VC_ERR_GAP) {
        tell_gap(client, daemon->now.unix_ms, vc_chat_event_first(chat));
    }
    if (feed.has_more) {
        client->server->has_work = true;
    }
}

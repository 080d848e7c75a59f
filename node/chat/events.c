/*
 * Events: what happened, in an order that outlives the node, so that a program that was
 * away misses nothing.
 *
 * A row holds a run of them: messages of one author that follow each other in one turn
 * make one row, and each still has a seq of its own.  storage/SCHEMA.md, "event".
 */
#include <string.h>

#include "node/chat/state.h"

static void write_run(struct vc_chat *chat, const struct vc_open_event *open)
{
    uint8_t room[VC_EVENT_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_chat_key key = vc_key_long(open->event.seq);
    struct vc_event_row row = {.count = open->count, .event = open->event};

    vc_event_row_write(&w, &row);
    vc_chat_put(chat, VC_TABLE_EVENT, &key, &w);
}

static void close_run(struct vc_chat *chat, struct vc_open_event *open)
{
    if (open->count > 0) {
        write_run(chat, open);
        open->count = 0;
    }
}

static bool continues(const struct vc_open_event *open, const struct vc_event *event,
                      uint64_t next_seq)
{
    const struct vc_event *first = &open->event;

    return open->count > 0 && first->seq + open->count == next_seq &&
           first->contact == event->contact && first->ref.author == event->ref.author &&
           first->ref.device == event->ref.device &&
           first->ref.seq + open->count == event->ref.seq &&
           first->state == event->state;
}

static void add_message(struct vc_chat *chat, const struct vc_event *event)
{
    struct vc_open_event *open = &chat->open_message;

    if (continues(open, event, event->seq)) {
        open->count++;
        return;
    }
    close_run(chat, open);
    open->event = *event;
    open->count = 1;
}

/* A range that ends where this one starts, or NULL. */
static struct vc_open_event *range_before(struct vc_chat *chat,
                                          const struct vc_event *event)
{
    for (size_t i = 0; i < VC_OPEN_STATES_MAX; i++) {
        struct vc_open_event *open = &chat->open_states[i];

        if (open->count > 0 && open->event.contact == event->contact &&
            open->event.state == event->state && open->event.reason == event->reason &&
            open->event.ref.author == event->ref.author &&
            open->event.ref.device == event->ref.device &&
            open->event.seq_last + 1 == event->ref.seq) {
            return open;
        }
    }
    return NULL;
}

static void add_state(struct vc_chat *chat, const struct vc_event *event)
{
    struct vc_open_event *place = &chat->open_states[0];

    for (size_t i = 0; i < VC_OPEN_STATES_MAX; i++) {
        if (chat->open_states[i].count == 0) {
            place = &chat->open_states[i];
            break;
        }
        if (chat->open_states[i].event.seq < place->event.seq) {
            place = &chat->open_states[i];
        }
    }
    close_run(chat, place);
    place->event = *event;
    place->count = 1;
}

void vc_event_add(struct vc_chat *chat, const struct vc_now *now,
                  const struct vc_event *event)
{
    struct vc_event next = *event;
    struct vc_open_event *range;

    VC_CHECK(event->kind >= VC_EVENT_MESSAGE && event->kind <= VC_EVENT_READ_HERE);
    chat->has_events = true;
    chat->is_event_new = true;
    if (event->kind == VC_EVENT_STATE) {
        range = range_before(chat, event);
        if (range != NULL) {
            range->event.seq_last = event->seq_last;
            return;
        }
    }
    next.at = now->unix_ms;
    next.seq = ++chat->event_last;
    if (event->kind == VC_EVENT_MESSAGE) {
        add_message(chat, &next);
    } else if (event->kind == VC_EVENT_STATE) {
        add_state(chat, &next);
    } else {
        struct vc_open_event single = {.event = next, .count = 1};

        write_run(chat, &single);
    }
}

/* Old rows go a few at a time; each says how far it reaches. */
static void drop_old(struct vc_chat *chat)
{
    for (int i = 0; i < VC_CHAT_EVENTS_DROPPED; i++) {
        struct vc_chat_key key = vc_key_long(chat->event_first);
        struct vc_event_row row;
        struct vc_bytes value;

        if (chat->event_last - chat->event_first < VC_CHAT_EVENTS_KEPT ||
            vc_store_get(chat->cfg.store, VC_TABLE_EVENT, vc_key_bytes(&key), &value) !=
                VC_OK ||
            vc_event_row_read(value, &row) != VC_OK) {
            return;
        }
        vc_store_del(chat->cfg.store, VC_TABLE_EVENT, vc_key_bytes(&key));
        chat->event_first += row.count;
    }
}

void vc_events_flush(struct vc_chat *chat)
{
    close_run(chat, &chat->open_message);
    for (size_t i = 0; i < VC_OPEN_STATES_MAX; i++) {
        close_run(chat, &chat->open_states[i]);
    }
    if (chat->is_event_new) {
        chat->is_event_new = false;
        drop_old(chat);
    }
}

struct bound {
    bool is_found;
    uint64_t seq;
    struct vc_event_row row;
    vc_err err;
};

static bool read_row(struct bound *bound, struct vc_bytes key, struct vc_bytes value)
{
    struct vc_reader r = vc_reader(key);

    bound->seq = vc_read_be64(&r);
    bound->err = vc_reader_end(&r) == VC_OK ? vc_event_row_read(value, &bound->row)
                                            : VC_ERR_STORE_DAMAGED;
    bound->is_found = bound->err == VC_OK;
    return bound->is_found;
}

static bool take_bound(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)read_row(ctx, key, value);
    return false;
}

static vc_err find_bound(struct vc_chat *chat, uint64_t from, bool is_reverse,
                         struct bound *ret_bound)
{
    struct vc_chat_key key = vc_key_long(from);
    struct vc_scan scan = {.table = VC_TABLE_EVENT,
                           .is_reverse = is_reverse,
                           .on_row = take_bound,
                           .ctx = ret_bound};
    vc_err err;

    if (from > 0) {
        scan.from = vc_key_bytes(&key);
    }
    *ret_bound = (struct bound){.err = VC_OK};
    err = vc_store_scan(chat->cfg.store, &scan);
    return err != VC_OK ? err : ret_bound->err;
}

vc_err vc_events_load(struct vc_chat *chat)
{
    struct bound first, last;
    vc_err err = find_bound(chat, 0, false, &first);

    if (err == VC_OK) {
        err = find_bound(chat, 0, true, &last);
    }
    if (err != VC_OK) {
        return err;
    }
    chat->event_first = first.is_found ? first.seq : 1;
    chat->event_last = last.is_found ? last.seq + last.row.count - 1 : 0;
    return VC_OK;
}

uint64_t vc_chat_event_first(const struct vc_chat *chat)
{
    return chat->event_first;
}

uint64_t vc_chat_event_last(const struct vc_chat *chat)
{
    return chat->event_last;
}

struct walk {
    uint64_t since;
    bool (*on_event)(void *ctx, const struct vc_event *event);
    void *ctx;
    struct bound row;
};

/* Gives the events of a run one by one. */
static bool walk_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct walk *walk = ctx;

    if (!read_row(&walk->row, key, value)) {
        return false;
    }
    for (uint32_t i = 0; i < walk->row.row.count; i++) {
        struct vc_event event = walk->row.row.event;

        event.seq = walk->row.seq + i;
        event.ref.seq += i;
        if (event.kind == VC_EVENT_MESSAGE) {
            event.seq_last = event.ref.seq;
        }
        if (event.seq > walk->since && !walk->on_event(walk->ctx, &event)) {
            return false;
        }
    }
    return true;
}

vc_err vc_chat_events(struct vc_chat *chat, uint64_t since,
                      bool (*on_event)(void *ctx, const struct vc_event *event),
                      void *ctx)
{
    struct walk walk = {.since = since, .on_event = on_event, .ctx = ctx};
    struct vc_chat_key key;
    struct vc_scan scan = {.table = VC_TABLE_EVENT, .on_row = walk_row, .ctx = &walk};
    struct bound start;
    vc_err err;

    if (since >= chat->event_last) {
        return VC_OK;
    }
    if (since + 1 < chat->event_first) {
        return VC_ERR_GAP;
    }
    /* The run that holds the first one may start before it. */
    err = find_bound(chat, since + 1, true, &start);
    if (err != VC_OK) {
        return err;
    }
    key = vc_key_long(start.is_found ? start.seq : since + 1);
    scan.from = vc_key_bytes(&key);
    err = vc_store_scan(chat->cfg.store, &scan);
    return err != VC_OK ? err : walk.row.err;
}

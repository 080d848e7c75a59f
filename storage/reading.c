/*
 * Rows of a table whose keys are hidden stand together by their keys' first bytes, but in no
 * order of these.  A scan that needs that order looks for the groups first: there are about
 * as many as contacts.
 */
#include "storage/reading.h"

#include <stdlib.h>
#include <string.h>

#include "storage/rows.h"
#include "storage/seal.h"

vc_err vc_reading_get(struct vc_backend *backend, struct vc_opened_values *opened,
                      enum vc_table table, struct vc_bytes key,
                      struct vc_bytes *ret_value)
{
    struct vc_row_key place = {.len = 0};
    struct vc_bytes stored;
    struct vc_row row;
    uint8_t *room;
    vc_err err;

    vc_row_key_make(&place, backend->ring, table, key);
    err = backend->calls->get(backend, table, vc_row_key_bytes(&place), &stored);
    if (err != VC_OK) {
        return err;
    }
    if (stored.len > VC_STORED_MAX) {
        return VC_ERR_STORE_DAMAGED;
    }
    room = vc_opened_take(opened, stored.len);
    if (room == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = vc_row_open(&row, (struct vc_room){room, stored.len}, backend->ring, table,
                      vc_row_key_bytes(&place), stored);
    if (err == VC_OK && vc_key_compare(row.key, key) != 0) {
        err = VC_ERR_STORE_DAMAGED;
    }
    if (err == VC_OK) {
        *ret_value = row.value;
    }
    return err;
}

/* A scan under way. */
struct scanning {
    struct vc_backend *backend;
    struct vc_opened_values *opened;
    const struct vc_scan *scan; /* as the caller has asked */
    bool is_over;               /* the caller has enough, or an error came */
    vc_err err;
};

static bool open_row(void *ctx, struct vc_bytes place, struct vc_bytes stored)
{
    struct scanning *scanning = ctx;
    const struct vc_scan *scan = scanning->scan;
    struct vc_row row;
    uint8_t *room;

    if (stored.len > VC_STORED_MAX) {
        scanning->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    room = vc_opened_take(scanning->opened, stored.len);
    if (room == NULL) {
        scanning->err = VC_ERR_NO_MEMORY;
        return false;
    }
    scanning->err = vc_row_open(&row, (struct vc_room){room, stored.len},
                                scanning->backend->ring, scan->table, place, stored);
    scanning->is_over =
        scanning->err != VC_OK || !scan->on_row(scan->ctx, row.key, row.value);
    vc_opened_give_back(scanning->opened, room, stored.len);
    return !scanning->is_over;
}

/* Runs a part of the scan, with prefix and start as places. */
static vc_err scan_places(struct scanning *scanning, struct vc_bytes prefix,
                          struct vc_bytes from)
{
    struct vc_scan inner = *scanning->scan;
    vc_err err;

    inner.prefix = prefix;
    inner.from = from;
    inner.on_row = open_row;
    inner.ctx = scanning;
    err = scanning->backend->calls->scan(scanning->backend, &inner);
    return err != VC_OK ? err : scanning->err;
}

/* The rows whose keys begin alike. */
struct group {
    struct vc_row_key place; /* of a key that is the front alone */
};

static struct vc_bytes front_of(const struct group *group)
{
    return (struct vc_bytes){group->place.front + 1, group->place.front[0]};
}

static struct group make_group(const struct vc_backend *backend, enum vc_table table,
                               struct vc_bytes key)
{
    struct group group = {.place.len = 0};

    key.len = key.len < VC_FRONT_BYTES ? key.len : VC_FRONT_BYTES;
    vc_row_key_make(&group.place, backend->ring, table, key);
    return group;
}

/* The place of a key, or of the start of one, that begins with the group's front. */
static struct vc_bytes place_in(const struct group *group, struct vc_bytes key,
                                uint8_t room[VC_ROW_KEY_MAX])
{
    size_t rest = key.len - front_of(group).len;

    memcpy(room, group->place.bytes, VC_PLACE_BYTES);
    if (rest > 0) {
        memcpy(room + VC_PLACE_BYTES, key.data + front_of(group).len, rest);
    }
    return (struct vc_bytes){room, VC_PLACE_BYTES + rest};
}

static bool begins_with(struct vc_bytes key, struct vc_bytes front)
{
    return key.len >= front.len &&
           (front.len == 0 || memcmp(key.data, front.data, front.len) == 0);
}

/* Of one group, what the scan asks for. */
static vc_err scan_group(struct scanning *scanning, const struct group *group)
{
    const struct vc_scan *scan = scanning->scan;
    struct vc_bytes front = front_of(group);
    uint8_t prefix_room[VC_ROW_KEY_MAX];
    uint8_t from_room[VC_ROW_KEY_MAX];
    struct vc_bytes prefix = vc_row_key_bytes(&group->place);
    struct vc_bytes from = {0};

    if (scan->prefix.len > front.len) {
        if (!begins_with(scan->prefix, front)) {
            return VC_OK;
        }
        prefix = place_in(group, scan->prefix, prefix_room);
    } else if (!begins_with(front, scan->prefix)) {
        return VC_OK;
    }
    if (scan->from.len > 0 && begins_with(scan->from, front)) {
        from = place_in(group, scan->from, from_room);
    } else if (scan->from.len > 0) {
        bool is_before = vc_key_compare(front, scan->from) < 0;

        if (is_before != scan->is_reverse) {
            return VC_OK; /* all of it is on the wrong side of the start */
        }
    }
    return scan_places(scanning, prefix, from);
}

struct groups {
    struct scanning *scanning;
    struct group *list;
    size_t count;
    size_t room;
    uint8_t place[VC_PLACE_BYTES]; /* of the group that was met last */
    bool is_found;
    vc_err damage; /* of a row that cannot be opened */
};

static bool take_group(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct groups *groups = ctx;
    const struct scanning *scanning = groups->scanning;

    (void)value;
    groups->list[groups->count++] =
        make_group(scanning->backend, scanning->scan->table, key);
    return false;
}

/* Takes the group of the first row that comes. */
static bool note_group(void *ctx, struct vc_bytes place, struct vc_bytes stored)
{
    struct groups *groups = ctx;
    struct scanning looking = *groups->scanning;
    struct vc_scan first = {
        .table = looking.scan->table, .on_row = take_group, .ctx = groups};

    looking.scan = &first;
    if (place.len < VC_PLACE_BYTES) {
        groups->damage = VC_ERR_STORE_DAMAGED;
        return false;
    }
    groups->is_found = true;
    memcpy(groups->place, place.data, sizeof groups->place);
    (void)open_row(&looking, place, stored); /* says what is wrong in looking.err */
    groups->damage = looking.err != VC_OK ? looking.err : groups->damage;
    return false;
}

static bool make_room(struct groups *groups)
{
    size_t room = groups->room == 0 ? 16 : groups->room * 2;
    struct group *list;

    if (groups->count < groups->room) {
        return true;
    }
    list = realloc(groups->list, room * sizeof *list);
    if (list == NULL) {
        return false;
    }
    groups->list = list;
    groups->room = room;
    return true;
}

/* Counts a place up, to the first of those behind its group; false behind the last. */
static bool step_over(uint8_t place[VC_PLACE_BYTES])
{
    for (size_t i = VC_PLACE_BYTES; i > 0; i--) {
        if (++place[i - 1] != 0) {
            return true;
        }
    }
    return false;
}

/* Damage does not hide the groups behind it. */
static vc_err find_groups(struct groups *groups)
{
    struct vc_backend *backend = groups->scanning->backend;
    struct vc_scan first = {
        .table = groups->scanning->scan->table, .on_row = note_group, .ctx = groups};

    for (;;) {
        vc_err err;

        if (!make_room(groups)) {
            return VC_ERR_NO_MEMORY;
        }
        groups->is_found = false;
        err = backend->calls->scan(backend, &first);
        if (err != VC_OK || !groups->is_found || !step_over(groups->place)) {
            return err;
        }
        first.from = VC_BYTES(groups->place);
    }
}

static int compare_groups(const void *left, const void *right)
{
    return vc_key_compare(front_of(left), front_of(right));
}

static vc_err scan_groups(struct scanning *scanning)
{
    struct groups groups = {.scanning = scanning};
    vc_err err = find_groups(&groups);

    if (err == VC_OK && groups.count > 1) {
        qsort(groups.list, groups.count, sizeof *groups.list, compare_groups);
    }
    for (size_t i = 0; i < groups.count && err == VC_OK && !scanning->is_over; i++) {
        size_t number = scanning->scan->is_reverse ? groups.count - 1 - i : i;

        err = scan_group(scanning, &groups.list[number]);
    }
    free(groups.list);
    return err != VC_OK ? err : groups.damage;
}

vc_err vc_reading_scan(struct vc_backend *backend, struct vc_opened_values *opened,
                       const struct vc_scan *scan)
{
    struct scanning scanning = {.backend = backend, .opened = opened, .scan = scan};
    struct group group;

    if (!vc_row_key_is_hidden(scan->table)) {
        return scan_places(&scanning, scan->prefix, scan->from);
    }
    if (scan->prefix.len < VC_FRONT_BYTES) {
        return scan_groups(&scanning);
    }
    group = make_group(backend, scan->table, scan->prefix);
    return scan_group(&scanning, &group);
}

/*
 * Somebody who has stolen a node's directory, and every version of its pages.
 *
 *     vc_thief objects DIR FILE...        openings, and the frames of all outbox rows: a line each
 *     vc_thief open DIR FILE... <LINES    what of these lines opens with what is there
 *     vc_thief secrets DIR FILE...        every secret that is there: what it is, and hex
 *
 * The keys are those of DIR (a passphrase comes in VC_THIEF_PASSPHRASE); rows are looked for at
 * every byte of each FILE, as the store's free pages and a record of its writes have them.  A
 * frame is opened with every state of a session and every kept key that was found, and with what
 * an opening begins again with the prekeys that were.  Openings come before frames.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/hex.h"
#include "node/mail/rows.h"
#include "node/seal/rows.h"
#include "storage/epochs.h"
#include "storage/seal.h"
#include "storage/unlock.h"

#define FOUND_MAX  32768
#define SKIPS_ROOM (2 * VC_RATCHET_GAP_MAX)
#define LINE_ROOM  (2 * VC_MAIL_OBJECT_MAX + 8)

/* A row of LMDB's pages: 8 bytes of lengths and flags, the key, the value. */
enum { NODE_HEAD = 8, NODE_FLAGS_AT = 4, NODE_KEY_LEN_AT = 6 };

/* What was found, once each: rows are known again by their seal. */
struct loot {
    struct vc_keyring *ring;
    size_t count; /* of seals */
    uint8_t seals[FOUND_MAX][VC_SEAL_TAG_LEN * 2];
    struct vc_ratchet *states;
    size_t state_count;
    struct vc_ratchet *again; /* of sessions that an opening begins again */
    size_t again_count;
    struct vc_secret32 kept[FOUND_MAX];
    size_t kept_count;
    struct vc_seal_prekey_row prekeys[FOUND_MAX / 64];
    uint32_t prekey_ids[FOUND_MAX / 64];
    size_t prekey_count;
    struct vc_account account;
    struct vc_device device;
    struct vc_secret32 words; /* of the root: zeros, or what was found last */
    bool has_identity, prints_objects, prints_secrets;
};

static struct loot loot;

static void die(const char *what)
{
    (void)fprintf(stderr, "thief: %s\n", what);
    exit(1);
}

static bool is_new(struct vc_bytes stored)
{
    const uint8_t *seal = stored.data + 4; /* behind an epoch; else some of it */

    for (size_t i = 0; i < loot.count; i++) {
        if (memcmp(loot.seals[i], seal, sizeof loot.seals[i]) == 0) {
            return false;
        }
    }
    if (loot.count == FOUND_MAX) {
        die("too many rows");
    }
    memcpy(loot.seals[loot.count++], seal, sizeof loot.seals[0]);
    return true;
}

/* An opening ("o") or a frame ("f"). */
static void print(char kind, struct vc_bytes object)
{
    static char line[LINE_ROOM];

    if (loot.prints_objects && object.len > 0) {
        vc_hex_encode(object, line);
        printf("%c %s\n", kind, line);
    }
}

static void take(enum vc_table table, const struct vc_row *row)
{
    struct vc_seal_session_row session;
    struct vc_seal_prekey_row prekey;
    struct vc_outbox_row outbox;

    if (table == VC_TABLE_SESSION &&
        vc_seal_session_row_read(row->value, &session,
                                 &loot.states[loot.state_count]) == VC_OK) {
        loot.state_count++;
        print('o', session.opening);
    } else if (table == VC_TABLE_SKIPPED &&
               vc_seal_skipped_row_read(row->value, &loot.kept[loot.kept_count]) ==
                   VC_OK) {
        loot.kept_count++;
    } else if (table == VC_TABLE_PREKEY &&
               loot.prekey_count < sizeof loot.prekeys / sizeof loot.prekeys[0] &&
               vc_seal_prekey_row_read(row->value, &prekey) == VC_OK &&
               vc_seal_key_prekey_read(row->key, &loot.prekey_ids[loot.prekey_count]) ==
                   VC_OK) {
        loot.prekeys[loot.prekey_count++] = prekey;
    } else if (table == VC_TABLE_OUTBOX &&
               vc_outbox_row_decode(row->value, &outbox) == VC_OK &&
               outbox.kind == VC_OUTBOX_OBJECT) {
        print('f', outbox.object);
    } else if (table == VC_TABLE_ROOT && row->value.len == sizeof loot.words) {
        memcpy(loot.words.b, row->value.data, sizeof loot.words);
    } else if (table == VC_TABLE_IDENTITY) {
        loot.has_identity =
            vc_identity_read(row->value, &loot.account, &loot.device) == VC_OK;
    }
}

static void try_row(enum vc_table table, struct vc_bytes place, struct vc_bytes stored)
{
    static uint8_t room[VC_STORED_MAX];
    struct vc_epoch_key epoch;
    struct vc_row row;

    if (vc_table_forgets(table) &&
        !vc_keyring_find(loot.ring, vc_row_epoch(stored), &epoch)) {
        return;
    }
    if (vc_row_open(&row, (struct vc_room){room, stored.len}, loot.ring, table, place,
                    stored) == VC_OK &&
        is_new(stored)) {
        take(table, &row);
    }
}

/* What may be a row at @at of @file is opened as one of each table that has such keys. */
static void try_place(struct vc_bytes file, size_t at)
{
    static const struct {
        enum vc_table table;
        size_t key_len;
    } kinds[] = {
        {VC_TABLE_SESSION, VC_PLACE_BYTES + 4},
        {VC_TABLE_SKIPPED, VC_PLACE_BYTES + 12},
        {VC_TABLE_PREKEY, VC_PLACE_BYTES},
        {VC_TABLE_OUTBOX, VC_PLACE_BYTES + VC_OUTBOX_KEY_LEN - VC_FRONT_BYTES},
        {VC_TABLE_IDENTITY, 4},
        {VC_TABLE_ROOT, 4},
    };
    const uint8_t *node = file.data + at;
    size_t key_len = node[NODE_KEY_LEN_AT] | (size_t)node[NODE_KEY_LEN_AT + 1] << 8;
    size_t len = node[0] | (size_t)node[1] << 8 | (size_t)node[2] << 16;
    size_t left = file.len - at - NODE_HEAD;

    if (node[3] != 0 || node[NODE_FLAGS_AT] != 0 || node[NODE_FLAGS_AT + 1] != 0 ||
        len <= VC_SEAL_OVERHEAD + VC_EPOCH_BYTES || len > VC_STORED_MAX ||
        key_len > left || len > left - key_len) {
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].key_len == key_len) {
            try_row(kinds[i].table, (struct vc_bytes){node + NODE_HEAD, key_len},
                    (struct vc_bytes){node + NODE_HEAD + key_len, len});
        }
    }
}

static void search(const char *path)
{
    FILE *stream = fopen(path, "rb");
    struct stat facts;
    uint8_t *bytes;

    if (stream == NULL || fstat(fileno(stream), &facts) != 0 ||
        (bytes = malloc((size_t)facts.st_size + 1)) == NULL ||
        fread(bytes, 1, (size_t)facts.st_size, stream) != (size_t)facts.st_size) {
        die(path);
        return;
    }
    (void)fclose(stream);
    for (size_t at = 0; at + NODE_HEAD <= (size_t)facts.st_size; at++) {
        try_place((struct vc_bytes){bytes, (size_t)facts.st_size}, at);
    }
    free(bytes);
}

static void unlock(const char *dir)
{
    const char *words = getenv("VC_THIEF_PASSPHRASE");
    struct vc_bytes passphrase = {(const uint8_t *)words,
                                  words == NULL ? 0 : strlen(words)};
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || vc_unlock(fd, passphrase, &loot.ring) != VC_OK ||
        vc_epochs_load(fd, loot.ring) != VC_OK) {
        die("the directory has no keys for this");
    }
    (void)close(fd);
}

/* Does the frame open in this state, of which the search knows nothing more? */
static bool opens_in(const struct vc_ratchet *state, struct vc_bytes frame)
{
    static struct vc_ratchet_skipped skipped[SKIPS_ROOM];
    static uint8_t plain[VC_SEAL_FRAME_MAX];
    struct vc_ratchet_change change;
    struct vc_ratchet_found found;
    struct vc_ratchet copy = *state;
    size_t keys;

    if (frame.len < VC_RATCHET_OVERHEAD || frame.len > VC_SEAL_FRAME_MAX ||
        vc_ratchet_find(state, frame, &found) != VC_OK) {
        return false;
    }
    keys = found.needs_key ? loot.kept_count : 1;
    for (size_t i = 0; i < keys; i++) {
        if (vc_ratchet_open(&copy, &found, found.needs_key ? &loot.kept[i] : NULL, 0,
                            frame, plain, skipped, &change) == VC_OK) {
            return true;
        }
    }
    return false;
}

/* What the sender holds opens his own frames as well. */
static struct vc_ratchet mirror_of(const struct vc_ratchet *state)
{
    return (struct vc_ratchet){.session = state->session,
                               .has_recv = state->has_send,
                               .peer_public = state->own_public,
                               .recv_header = state->send_header,
                               .recv_chain = state->send_chain,
                               .recv_n = state->send_n,
                               .recv_count = state->send_count};
}

static bool opens_in_any(const struct vc_ratchet *states, size_t count,
                         struct vc_bytes frame)
{
    for (size_t i = count; i > 0; i--) {
        struct vc_ratchet mirror = mirror_of(&states[i - 1]);

        if (opens_in(&states[i - 1], frame) ||
            (mirror.has_recv && opens_in(&mirror, frame))) {
            return true;
        }
    }
    return false;
}

static const struct vc_seal_prekey_row *prekey_of(uint32_t id, bool is_one_time)
{
    for (size_t i = 0; i < loot.prekey_count; i++) {
        if (loot.prekey_ids[i] == id && loot.prekeys[i].is_one_time == is_one_time) {
            return &loot.prekeys[i];
        }
    }
    return NULL;
}

/* Begins the session of an opening once more; false when its keys are gone. */
static bool begin_again(struct vc_bytes opening, const struct vc_opening_head *head,
                        struct vc_ratchet *ret_state)
{
    static const uint8_t network_id[] = {'v', 'e', 'c', 'h', 'e'};
    const struct vc_seal_prekey_row *own = prekey_of(head->prekey_id, false);
    const struct vc_seal_prekey_row *once = prekey_of(head->one_time_id, true);
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX];
    struct vc_one_time one_time = {.id = head->one_time_id};
    struct vc_opening_sender sender;
    struct vc_session_keys keys;
    struct vc_key32 dev_dh_public;
    struct vc_opening_private private = {.network_id = VC_BYTES(network_id),
                                         .root = loot.account.root,
                                         .index = loot.device.certificate.index,
                                         .dev_dh = &loot.device.dh_secret,
                                         .dev_dh_public = &dev_dh_public};

    if (own == NULL || (head->one_time_id != 0 && once == NULL)) {
        return false;
    }
    vc_dh_public(&dev_dh_public, &loot.device.dh_secret);
    private.prekey = &own->prekey;
    private.prekey_secret = &own->secret;
    if (head->one_time_id != 0) {
        vc_dh_public(&one_time.key, &once->secret);
        private.one_time = &one_time;
        private.one_time_secret = &once->secret;
    }
    if (vc_opening_read(&private, opening, scratch, &sender, &keys) != VC_OK) {
        return false;
    }
    vc_ratchet_init_recipient(ret_state, &keys, &own->secret);
    return true;
}

struct figures {
    size_t frames, opened;  /* these open with rows */
    size_t openings, begun; /* these begin their session again */
    size_t first_chain;     /* frames that open with nothing but a session begun so */
};

static void judge_opening(struct vc_bytes opening, const struct vc_secret32 *mask,
                          struct figures *figures)
{
    struct vc_opening_head head;
    struct vc_ratchet state;

    figures->openings++;
    if (vc_opening_peek(mask, opening, &head) && head.len == opening.len &&
        loot.again_count < FOUND_MAX && begin_again(opening, &head, &state)) {
        figures->begun++;
        loot.again[loot.again_count++] = state;
    }
}

static void judge_frame(struct vc_bytes frame, struct figures *figures)
{
    figures->frames++;
    if (opens_in_any(loot.states, loot.state_count, frame)) {
        figures->opened++;
    } else if (opens_in_any(loot.again, loot.again_count, frame)) {
        figures->first_chain++;
    }
}

static size_t count_one_time(void)
{
    size_t count = 0;

    for (size_t i = 0; i < loot.prekey_count; i++) {
        count += loot.prekeys[i].is_one_time ? 1 : 0;
    }
    return count;
}

static void tell(const char *what, const void *secret, size_t len)
{
    char text[VC_HEX_ROOM(64)];
    struct vc_bytes bytes = {secret, len};

    if (!vc_is_zero(secret, len)) {
        vc_hex_encode(bytes, text);
        printf("%s %s\n", what, text);
    }
}

static void tell_secrets(void)
{
    tell("rows", &loot.ring->values, 32);
    tell("places", &loot.ring->places, 32);
    tell("slots", &loot.ring->slots, 32);
    tell("epoch", &loot.ring->newest.key, 32);
    if (vc_account_take_root(&loot.account, &loot.words) == VC_OK) {
        tell("words", &loot.words, 32);
        tell("root", &loot.account.root_secret, 32);
    }
    tell("record", &loot.account.record_secret, 32);
    tell("contacts", &loot.account.contacts, 32);
    tell("dev_sig", &loot.device.sig_secret, 32);
    tell("dev_dh", &loot.device.dh_secret, 32);
    for (size_t i = 0; i < loot.prekey_count; i++) {
        tell("prekey", &loot.prekeys[i].secret, 32);
    }
    for (size_t i = 0; i < loot.kept_count; i++) {
        tell("kept", &loot.kept[i], 32);
    }
    for (size_t i = 0; i < loot.state_count; i++) {
        const struct vc_ratchet *state = &loot.states[i];

        tell("session", &state->session, sizeof state->session);
        tell("ratchet_root", &state->root, 32);
        tell("ratchet_key", &state->own_secret, 32);
        tell("send_chain", &state->send_chain, 32);
        tell("recv_chain", &state->recv_chain, 32);
        tell("send_header", &state->send_header, 32);
        tell("send_next", &state->send_next, 32);
        tell("recv_header", &state->recv_header, 32);
        tell("recv_next", &state->recv_next, 32);
    }
}

static void open_objects(void)
{
    static char line[LINE_ROOM];
    static uint8_t object[VC_MAIL_OBJECT_MAX];
    static const uint8_t network_id[] = {'v', 'e', 'c', 'h', 'e'};
    struct figures figures = {0};
    struct vc_secret32 mask;

    if (!loot.has_identity) {
        die("no row says whose store it is");
    }
    vc_opening_mask(&mask, VC_BYTES(network_id), &loot.account.root,
                    loot.device.certificate.index);
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t len = (strcspn(line, "\n") - 2) / 2;
        struct vc_bytes bytes = {object, len};

        line[2 + 2 * len] = '\0';
        if (vc_hex_decode(line + 2, object, len) != VC_OK) {
            die("a line that is no object");
        }
        if (line[0] == 'o') {
            judge_opening(bytes, &mask, &figures);
        } else {
            judge_frame(bytes, &figures);
        }
    }
    printf("{\"frames\": %zu, \"opened\": %zu, \"openings\": %zu, \"begun\": %zu, "
           "\"first_chain\": %zu, \"states\": %zu, \"kept\": %zu, \"signed\": %zu, "
           "\"once\": %zu}\n",
           figures.frames, figures.opened, figures.openings, figures.begun,
           figures.first_chain, loot.state_count, loot.kept_count,
           loot.prekey_count - count_one_time(), count_one_time());
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        die("vc_thief objects|open|secrets DIR FILE...");
    }
    loot.prints_objects = strcmp(argv[1], "objects") == 0;
    loot.prints_secrets = strcmp(argv[1], "secrets") == 0;
    loot.states = calloc(FOUND_MAX, sizeof *loot.states);
    loot.again = calloc(FOUND_MAX, sizeof *loot.again);
    if (loot.states == NULL || loot.again == NULL || vc_crypto_init() != VC_OK) {
        die("no memory");
    }
    unlock(argv[2]);
    for (int i = 3; i < argc; i++) {
        search(argv[i]);
    }
    if (loot.prints_secrets) {
        tell_secrets();
    } else if (!loot.prints_objects) {
        open_objects();
    }
    vc_unlock_end(loot.ring);
    free(loot.states);
    free(loot.again);
    return 0;
}

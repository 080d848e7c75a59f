/* Sessions, what is said in them, and their states; crypto/SPEC.md, "Driver". */
#include "crypto/pad.h"
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_words.h"

/* What `start` is given of the recipient's. */
struct start {
    struct vc_opening_recipient to;
    struct vc_certificate certificate;
    struct vc_prekey prekey;
    struct vc_one_time one_time[VC_ONE_TIME_MAX];
    struct vc_opening_sender from;
    struct vc_secret32 e, own;
};

static vc_err read_recipient(char **words, struct start *start)
{
    struct vc_bytes certificate, prekey, one_time;
    struct vc_reader r;
    size_t count;

    if (!word_bytes(words[2], &start->to.root, sizeof(start->to.root)) ||
        !word_room(words[3], &certificate) || !word_room(words[4], &prekey) ||
        !word_room(words[5], &one_time)) {
        return VC_ERR_USAGE;
    }
    r = vc_reader(certificate);
    vc_certificate_read(&r, &start->certificate);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    r = vc_reader(prekey);
    vc_prekey_read(&r, &start->prekey);
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    if (one_time.len > 0) {
        r = vc_reader(one_time);
        if (vc_one_time_read(&r, start->one_time, &count) != VC_OK || count != 1) {
            return VC_ERR_MALFORMED;
        }
        start->to.one_time = start->one_time;
    }
    start->to.index = start->certificate.index;
    start->to.dev_dh = start->certificate.dev_dh;
    start->to.prekey = &start->prekey;
    vc_err err = vc_certificate_verify(&start->certificate, &start->to.root);
    return err != VC_OK
               ? err
               : vc_prekey_verify(&start->prekey, &start->to.root, &start->certificate);
}

/* start SESSION DEVICE ROOT CERTIFICATE PREKEY ONETIME GENERATION CAPABILITIES STATEMENT E OWN */
vc_err driver_start(struct world *world, char **words)
{
    struct world_device *device = world_device(world, words[1]);
    struct start start = {0};
    struct vc_session_keys keys;

    if (!word_is_name(words[0]) || !word_number(words[6], &start.from.generation) ||
        start.from.generation == 0 ||
        !word_number(words[7], &start.from.capabilities) ||
        !word_room(words[8], &start.from.statement) ||
        start.from.statement.len > VC_OPENING_STATEMENT_MAX ||
        !word_bytes(words[9], &start.e, sizeof(start.e)) ||
        !word_bytes(words[10], &start.own, sizeof(start.own))) {
        return VC_ERR_USAGE;
    }
    if (device == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    if (world_session(world, words[0]) != NULL) {
        return VC_ERR_EXISTS;
    }
    vc_err err = read_recipient(words, &start);
    if (err != VC_OK) {
        return err;
    }
    start.from.root = device->account->account.root;
    start.from.certificate = device->device.certificate;
    struct world_session *session = world_take(sizeof(*session));
    struct vc_writer w = vc_writer(session->opening, sizeof(session->opening));
    const struct vc_opening_config cfg = {.network_id = VC_BYTES(world->network),
                                          .to = &start.to,
                                          .from = &start.from,
                                          .dev_dh = &device->device.dh_secret,
                                          .e = &start.e};
    err = vc_opening_write(&cfg, &w, &keys);
    if (err == VC_OK) {
        err = vc_ratchet_init_initiator(&session->ratchet, &keys, &start.prekey.key,
                                        &start.own);
    }
    if (err != VC_OK) {
        free(session);
        return err;
    }
    memcpy(session->name, words[0], strlen(words[0]) + 1);
    session->opening_len = vc_writer_bytes(&w).len;
    session->peer_root = start.to.root;
    session->peer_index = start.to.index;
    session->generation = start.from.generation;
    session->next = device->sessions;
    device->sessions = session;
    answer_ok();
    answer_bytes((struct vc_bytes){session->opening, session->opening_len});
    answer_bytes(VC_BYTES(keys.id.b));
    return VC_OK;
}

/* Is there a last word, and is it "raw"?  false: there is another. */
static bool read_raw(const char *word, bool *ret_is_raw)
{
    *ret_is_raw = word != NULL;
    return word == NULL || strcmp(word, "raw") == 0;
}

/* encrypt SESSION FRESH CONTENT [raw] */
vc_err driver_encrypt(struct world *world, char **words)
{
    struct world_session *session = world_session(world, words[0]);
    struct vc_secret32 fresh;
    struct vc_bytes content;
    struct vc_ratchet_place place;
    bool has_fresh = !word_is_none(words[1]), is_raw;

    if ((has_fresh && !word_bytes(words[1], &fresh, sizeof(fresh))) ||
        !word_room(words[2], &content) || !read_raw(words[3], &is_raw)) {
        return VC_ERR_USAGE;
    }
    if (session == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    size_t len = is_raw ? content.len : vc_pad_len(content.len);
    if (len > VC_RATCHET_TEXT_MAX) {
        return VC_ERR_TOO_LONG;
    }
    if (!session->ratchet.has_send && !has_fresh) {
        return VC_ERR_USAGE;
    }
    size_t before = world_opening_len(session);
    uint8_t *object = world_take(before + VC_RATCHET_OVERHEAD + len);
    uint8_t *frame = object + before, *text = frame + VC_RATCHET_OVERHEAD;
    memcpy(object, session->opening, before);
    memcpy(text, content.data, content.len);
    if (!is_raw) {
        (void)vc_pad_fill(text, content.len);
    }
    vc_err err = vc_ratchet_seal(&session->ratchet, has_fresh ? &fresh : NULL,
                                 (struct vc_bytes){text, len}, frame, &place);
    if (err == VC_OK) {
        answer_ok();
        answer_number(place.chain);
        answer_number(place.n);
        answer_bytes((struct vc_bytes){object, before + VC_RATCHET_OVERHEAD + len});
    }
    free(object);
    return err;
}

/* decrypt DEVICE OBJECT [raw] */
vc_err driver_decrypt(struct world *world, char **words)
{
    struct world_device *device = world_device(world, words[0]);
    struct world_opened opened;
    struct vc_bytes object;
    bool is_raw;

    if (!word_room(words[1], &object) || !read_raw(words[2], &is_raw)) {
        return VC_ERR_USAGE;
    }
    if (device == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    vc_err err = world_decrypt(world, device, object, &opened);
    if (err != VC_OK) {
        return err;
    }
    size_t len = opened.len;
    if (!is_raw) {
        err = vc_pad_strip((struct vc_bytes){opened.plain, opened.len}, &len);
    }
    if (err == VC_OK) {
        answer_ok();
        answer_word(opened.session->name);
        answer_word(opened.is_new ? "new" : "known");
        answer_bytes(VC_BYTES(opened.session->peer_root.b));
        answer_number(opened.session->peer_index);
        answer_number(opened.session->generation);
        answer_number(opened.place.chain);
        answer_number(opened.place.n);
        answer_bytes((struct vc_bytes){opened.plain, len});
    }
    free(opened.plain);
    return err;
}

/* Kept keys as words: "-", or CHAIN.N.KEY with commas between. */
static void answer_rows(const struct world_row *row)
{
    (void)fputs(row == NULL ? " -" : " ", stdout);
    for (; row != NULL; row = row->next) {
        char key[VC_HEX_ROOM(sizeof(row->skipped.key))];

        vc_hex_encode(VC_BYTES(row->skipped.key.b), key);
        (void)printf("%lu.%lu.%s%s", (unsigned long)row->skipped.place.chain,
                     (unsigned long)row->skipped.place.n, key,
                     row->next != NULL ? "," : "");
    }
}

/* export SESSION */
vc_err driver_export(struct world *world, char **words)
{
    const struct world_session *session = world_session(world, words[0]);
    uint8_t bytes[VC_RATCHET_ENCODED_MAX];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    if (session == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    vc_ratchet_write(&w, &session->ratchet);
    answer_ok();
    answer_bytes(vc_writer_bytes(&w));
    answer_rows(session->rows);
    return VC_OK;
}

static bool read_row(char *word, struct vc_ratchet_skipped *ret_skipped)
{
    char *n = strchr(word, '.'), *key = n != NULL ? strchr(n + 1, '.') : NULL;

    if (key == NULL) {
        return false;
    }
    *n++ = '\0';
    *key++ = '\0';
    return word_number(word, &ret_skipped->place.chain) &&
           word_number(n, &ret_skipped->place.n) &&
           word_bytes(key, &ret_skipped->key, sizeof(ret_skipped->key));
}

/* import SESSION STATE ROWS */
vc_err driver_import(struct world *world, char **words)
{
    struct world_session *session = world_session(world, words[0]);
    struct world_session made = {0};
    struct vc_bytes state;
    vc_err err = VC_OK;

    if (!word_room(words[1], &state)) {
        return VC_ERR_USAGE;
    }
    if (session == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    for (char *word = word_is_none(words[2]) ? NULL : words[2]; word != NULL;) {
        struct vc_ratchet_skipped skipped;
        char *next = strchr(word, ',');

        if (next != NULL) {
            *next++ = '\0';
        }
        if (!read_row(word, &skipped)) {
            err = VC_ERR_USAGE;
            break;
        }
        world_keep(&made, &skipped);
        word = next;
    }
    if (err == VC_OK) {
        struct vc_reader r = vc_reader(state);
        err = vc_ratchet_read(&r, &made.ratchet);
    }
    if (err == VC_OK) {
        struct world_row *old = session->rows;

        session->ratchet = made.ratchet;
        session->rows = made.rows;
        made.rows = old;
        answer_ok();
    }
    world_clear_rows(&made);
    return err;
}

/* expire SESSION */
vc_err driver_expire(struct world *world, char **words)
{
    struct world_session *session = world_session(world, words[0]);
    struct vc_ratchet_change change;

    if (session == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    vc_ratchet_expire(&session->ratchet, world->today, &change);
    answer_ok();
    answer_number((uint32_t)change.forgotten_count);
    for (size_t i = 0; i < change.forgotten_count; i++) {
        const struct vc_ratchet_rows *rows = &change.forgotten[i];

        world_drop_rows(session, rows->chain, rows->first, rows->end);
        (void)printf(" %lu.%lu.%lu", (unsigned long)rows->chain,
                     (unsigned long)rows->first, (unsigned long)rows->end);
    }
    return VC_OK;
}

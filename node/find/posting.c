/* Records made of what a notice says, and published at the places of a day. */
#include <string.h>

#include "node/find/machine.h"

/* The index under which this device's places are. */
static uint16_t own_index(const struct vc_find *find)
{
    return find->cfg.device->certificate.index;
}

/* What a notice says, as bytes that are the same when it says the same. */
#define SAYING_MAX (32 + 32 + 64 + 64 + 32 + VC_FIND_ADDRS_MAX * VC_ADDR_ENCODED_MAX)

static void write_keys(struct vc_writer *w, const struct vc_find *find)
{
    const struct vc_account *account = find->cfg.account;

    vc_write_copy(w, account->contacts.b, sizeof account->contacts.b);
    vc_write_copy(w, account->live.sig.b, sizeof account->live.sig.b);
    vc_write_copy(w, find->self.prekey.sig.b, sizeof find->self.prekey.sig.b);
    vc_write_copy(w, find->node.b, sizeof find->node.b);
}

bool vc_find_notice_mark(const struct vc_find *find,
                         const struct vc_find_notice *notice, uint64_t *ret_mark)
{
    uint8_t room[SAYING_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_hash32 hash;

    if (notice->kind == VC_FIND_NOTICE_FORWARD) {
        vc_write_copy(&w, notice->forward.sig.b, sizeof notice->forward.sig.b);
    } else if (find->addr_count == 0 ||
               (notice->kind == VC_FIND_NOTICE_SELF && !find->self.has_prekey)) {
        return false;
    } else {
        vc_write_copy(&w, find->cfg.account->record.b, 32);
        if (notice->kind == VC_FIND_NOTICE_SELF) {
            write_keys(&w, find);
        }
        for (uint8_t i = 0; i < find->addr_count; i++) {
            vc_addr_write(&w, &find->addrs[i]);
        }
    }
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    vc_hash(hash.b, sizeof hash.b, "find mark", NULL, vc_writer_bytes(&w));
    memcpy(ret_mark, hash.b, sizeof *ret_mark);
    vc_wipe(room, sizeof room);
    return true;
}

static bool find_place(const struct vc_find *find, const struct vc_find_notice *notice,
                       uint32_t epoch, struct vc_account_place *ret_place)
{
    const struct vc_key32 *record = &find->cfg.account->record;

    if (notice->kind == VC_FIND_NOTICE_INVITE) {
        return vc_account_place_of_invite(ret_place, record, epoch, &notice->secret);
    }
    if (notice->kind == VC_FIND_NOTICE_FORWARD) {
        record = &notice->forward.old_record;
    }
    return vc_account_place_of_device(ret_place, record, epoch, own_index(find));
}

static uint8_t at_most(uint8_t count, uint8_t max)
{
    return count < max ? count : max;
}

static void write_invite(struct vc_find *find, const struct vc_account_place *place,
                         uint64_t number, uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    struct vc_invite_record record = {.seq = number};

    record.addr_count = at_most(find->addr_count, VC_RECORD_INVITE_ADDRS_MAX);
    memcpy(record.addrs, find->addrs, record.addr_count * sizeof find->addrs[0]);
    vc_invite_record_write(ret_bytes, place, &record, &find->cfg.account->record_secret,
                           &find->rng);
}

static void write_account(struct vc_find *find, const struct vc_find_notice *notice,
                          const struct vc_account_place *place, uint64_t number,
                          uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    const struct vc_account *account = find->cfg.account;
    struct vc_account_record record = {.seq = number, .root = account->root};
    struct vc_account_signers signers = {.record_secret = &account->record_secret,
                                         .dev_sig = &find->cfg.device->sig_secret,
                                         .contacts = &account->contacts};

    if (notice->kind == VC_FIND_NOTICE_FORWARD) {
        record.kind = VC_RECORD_FORWARD;
        record.forward = notice->forward;
        signers.record_secret = &notice->old_secret;
    } else {
        record.kind = VC_RECORD_ACCOUNT;
        record.certificate = find->cfg.device->certificate;
        record.prekey = find->self.prekey;
        record.live = account->live;
        record.has_node = true;
        record.node = find->node;
        record.addr_count = at_most(find->addr_count, VC_RECORD_ADDRS_MAX);
        memcpy(record.addrs, find->addrs, record.addr_count * sizeof find->addrs[0]);
    }
    vc_account_record_write(ret_bytes, place, &record, &signers, &find->rng);
}

static vc_err publish(struct vc_find *find, const struct vc_now *now,
                      const struct vc_find_notice *notice, struct vc_find_post *post,
                      const struct vc_account_place *place)
{
    uint8_t bytes[VC_DHT_RECORD_LEN];
    uint64_t number;
    uint32_t ask;
    vc_err err;

    if (notice->kind == VC_FIND_NOTICE_FORWARD && post->number == 0) {
        /* Before the move our own record stood there. */
        post->number = vc_find_numbers_taken(find, post->epoch);
    }
    err = vc_find_number_next(find, vc_find_date(find, now), post->epoch, post->number,
                              &number);
    if (err != VC_OK) {
        return err;
    }
    if (notice->kind == VC_FIND_NOTICE_INVITE) {
        write_invite(find, place, number, bytes);
    } else {
        write_account(find, notice, place, number, bytes);
    }
    err = vc_dht_publish(find->cfg.dht, now, VC_BYTES(bytes), &ask);
    if (err == VC_OK) {
        post->number = number; /* it may be with holders from here on */
    }
    return err;
}

vc_err vc_find_post(struct vc_find *find, const struct vc_now *now,
                    const struct vc_find_notice *notice, struct vc_find_post *post,
                    uint64_t mark)
{
    struct vc_account_place place;
    vc_err err;

    if (!find_place(find, notice, post->epoch, &place)) {
        return VC_ERR_MALFORMED;
    }
    if (memcmp(post->place.b, place.place.b, sizeof place.place.b) != 0) {
        vc_find_unpost(find, post); /* the record key is another */
        post->place = place.place;
    }
    err = publish(find, now, notice, post, &place);
    if (err == VC_OK) {
        if (notice->kind == VC_FIND_NOTICE_SELF) {
            vc_find_say(find, post->epoch, 0); /* until somebody holds this one */
        }
        post->is_posted = true;
        post->mark = mark;
        post->posted_before_at = post->posted_at;
        post->posted_at = now->mono;
        post->again_at = VC_NEVER;
    }
    vc_account_place_wipe(&place);
    return err;
}

/* After a move a forward stands where the record of the device stood. */
static bool is_taken_over(const struct vc_find *find, const struct vc_find_post *post)
{
    for (size_t i = 0; i < VC_FIND_NOTICES_MAX; i++) {
        for (size_t n = 0; n < 2; n++) {
            const struct vc_find_post *other = &find->notices[i].posts[n];

            if (other != post && other->is_posted &&
                memcmp(other->place.b, post->place.b, sizeof post->place.b) == 0) {
                return true;
            }
        }
    }
    return false;
}

void vc_find_unpost(struct vc_find *find, struct vc_find_post *post)
{
    uint32_t epoch = post->epoch;

    if (post->number > 0) {
        /* The place may be ours again: a clock that was wrong is set right. */
        vc_find_numbers_raise(find, epoch, post->number);
    }
    if (post->is_posted && !is_taken_over(find, post)) {
        vc_dht_withdraw(find->cfg.dht, &post->place);
    }
    *post = (struct vc_find_post){.epoch = epoch,
                                  .posted_at = VC_NEVER,
                                  .posted_before_at = VC_NEVER,
                                  .again_at = VC_NEVER};
}

/*
 * One lookup: today's place of whom is looked for, and that of the day beside it when today's
 * shows nothing and midnight is near, as clocks differ.
 */
#include <string.h>

#include "node/find/machine.h"

static bool find_place(const struct vc_find_seeker *seeker,
                       struct vc_account_place *ret_place)
{
    if (seeker->is_inviter) {
        return vc_account_place_of_invite(ret_place, &seeker->invite.record,
                                          seeker->epoch, &seeker->invite.secret);
    }
    return vc_account_place_of_device(ret_place, &seeker->contact.record, seeker->epoch,
                                      seeker->contact.certificate.index);
}

static bool ask(struct vc_find *find, const struct vc_now *now,
                struct vc_find_seeker *seeker)
{
    struct vc_account_place place;
    bool has_begun =
        find_place(seeker, &place) &&
        vc_dht_get(find->cfg.dht, now, &place.place, &seeker->ask) == VC_OK;

    vc_account_place_wipe(&place);
    return has_begun;
}

bool vc_find_lookup_begin(struct vc_find *find, const struct vc_now *now,
                          struct vc_find_seeker *seeker)
{
    seeker->epoch = vc_dht_epoch_of(vc_find_date(find, now));
    seeker->is_neighbour = false;
    seeker->has_found = false;
    if (!ask(find, now, seeker)) {
        seeker->ask = 0;
        return false;
    }
    find->lookups_on++;
    find->stats.lookups++;
    return true;
}

/* A place in the queue; when it is full, what was found is dropped, and found again. */
static struct vc_find_output *push(struct vc_find *find,
                                   const struct vc_find_seeker *seeker,
                                   enum vc_find_output_kind kind)
{
    struct vc_find_output *output;

    if (find->output_count == VC_FIND_OUTPUTS_MAX) {
        return NULL;
    }
    output = &find->outputs[(find->output_first + find->output_count++) %
                            VC_FIND_OUTPUTS_MAX];
    memset(output, 0, sizeof *output);
    output->kind = kind;
    output->peer = seeker->peer;
    return output;
}

static void found_inviter(struct vc_find *find, const struct vc_find_seeker *seeker,
                          const struct vc_invite_record *record)
{
    struct vc_find_output *output = push(find, seeker, VC_FIND_FOUND);

    if (output != NULL) {
        output->addr_count = record->addr_count;
        memcpy(output->addrs, record->addrs, sizeof record->addrs);
    }
}

/* Is it of the device that is looked for?  Another one with its number is not for us to
 * believe in before it has come by itself. */
static bool is_same_device(const struct vc_certificate *a,
                           const struct vc_certificate *b)
{
    return memcmp(a->dev_dh.b, b->dev_dh.b, sizeof a->dev_dh.b) == 0 &&
           memcmp(a->dev_sig.b, b->dev_sig.b, sizeof a->dev_sig.b) == 0;
}

static void found_contact(struct vc_find *find, const struct vc_now *now,
                          const struct vc_find_seeker *seeker,
                          const struct vc_account_record *record)
{
    uint64_t date_s = vc_find_date(find, now) / 1000;
    bool is_forward = record->kind == VC_RECORD_FORWARD;
    struct vc_find_output *output;

    if (is_forward
            ? record->forward.new_generation <= seeker->contact.record_generation
            : !is_same_device(&record->certificate, &seeker->contact.certificate)) {
        return;
    }
    output = push(find, seeker, is_forward ? VC_FIND_FORWARD : VC_FIND_FOUND);
    if (output == NULL) {
        return;
    }
    if (is_forward) {
        output->forward = record->forward;
        return;
    }
    output->has_prekey = record->prekey.until > date_s;
    output->prekey = record->prekey;
    output->addr_count = record->addr_count;
    memcpy(output->addrs, record->addrs, sizeof record->addrs);
}

void vc_find_lookup_found(struct vc_find *find, const struct vc_now *now,
                          struct vc_find_seeker *seeker, struct vc_bytes bytes)
{
    const struct vc_find_contact *contact = &seeker->contact;
    struct vc_account_place place;
    struct vc_account_record record;
    struct vc_invite_record inviter;

    if (!find_place(seeker, &place)) {
        return;
    }
    if (seeker->is_inviter) {
        seeker->has_found = vc_invite_record_read(&place, bytes, &inviter) == VC_OK;
        if (seeker->has_found) {
            found_inviter(find, seeker, &inviter);
        }
    } else {
        seeker->has_found =
            vc_account_record_read_contact(&place, bytes, &contact->root,
                                           &contact->contacts, 1, &record) == VC_OK;
        if (seeker->has_found) {
            found_contact(find, now, seeker, &record);
        }
    }
    vc_account_place_wipe(&place);
}

/* The day whose record stands too, or may be the only one; today when there is none. */
static uint32_t neighbour_of(vc_ms date)
{
    uint32_t today = vc_dht_epoch_of(date);
    uint64_t second = date / 1000 % VC_EPOCH_S;

    if (second >= VC_EPOCH_S - VC_DHT_RECORD_AHEAD_S) {
        return today + 1;
    }
    return second < VC_DHT_RECORD_AFTER_S && today > 0 ? today - 1 : today;
}

bool vc_find_lookup_done(struct vc_find *find, const struct vc_now *now,
                         struct vc_find_seeker *seeker,
                         const struct vc_dht_output *output)
{
    uint32_t neighbour = neighbour_of(vc_find_date(find, now));

    find->stats.lookup_at = now->mono;
    find->stats.lookup_ms = output->took_ms;
    find->stats.lookup_reason = output->reason;
    seeker->ask = 0;
    if (output->reason == VC_ERR_NOT_FOUND && !seeker->is_neighbour &&
        neighbour != seeker->epoch) {
        seeker->is_neighbour = true;
        seeker->epoch = neighbour;
        if (ask(find, now, seeker)) {
            return true;
        }
    }
    find->lookups_on--;
    find->stats.found += seeker->has_found ? 1 : 0;
    return false;
}

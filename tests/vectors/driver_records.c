/* Commands about records; tests/vectors/README.md has them. */
#include "dht/account_record.h"
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_words.h"

/* record RECORD */
vc_err driver_record(struct world *world, char **words)
{
    struct vc_dht_record record;
    struct vc_hash32 place;
    struct vc_bytes bytes;

    (void)world;
    if (!word_room(words[0], &bytes)) {
        return VC_ERR_USAGE;
    }
    vc_err err = vc_dht_record_read(bytes, &record);
    if (err != VC_OK) {
        return err;
    }
    if (!vc_dht_record_verify(&record, bytes)) {
        return VC_ERR_AUTH;
    }
    vc_dht_record_place(&place, &record);
    answer_ok();
    answer_bytes(VC_BYTES(place.b));
    (void)printf(" %016llx", (unsigned long long)record.seq);
    answer_number(record.expiry);
    return VC_OK;
}

/* Encoded addresses, one behind the other. */
static void answer_addrs(const struct vc_addr *addrs, uint8_t count)
{
    uint8_t room[VC_RECORD_INVITE_ADDRS_MAX * VC_ADDR_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    for (uint8_t i = 0; i < count; i++) {
        vc_addr_write(&w, &addrs[i]);
    }
    answer_bytes(vc_writer_bytes(&w));
}

static void answer_account(const struct vc_account_record *record)
{
    uint8_t room[VC_DHT_RECORD_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    answer_bytes(VC_BYTES(record->root.b));
    vc_certificate_write(&w, &record->certificate);
    answer_bytes(vc_writer_bytes(&w));
    w = vc_writer(room, sizeof(room));
    vc_prekey_write(&w, &record->prekey);
    answer_bytes(vc_writer_bytes(&w));
    answer_number(record->stamp_price);
    w = vc_writer(room, sizeof(room));
    if (record->live.count > 0) {
        vc_live_write(&w, &record->live);
    }
    answer_bytes(vc_writer_bytes(&w));
    w = vc_writer(room, sizeof(room));
    for (uint8_t i = 0; i < record->host_count; i++) {
        vc_write_copy(&w, record->hosts[i].name.b, sizeof(record->hosts[i].name.b));
        vc_addr_write(&w, &record->hosts[i].addr);
    }
    answer_bytes(vc_writer_bytes(&w));
    if (record->has_node) {
        answer_bytes(VC_BYTES(record->node.b));
        answer_addrs(record->addrs, record->addr_count);
    }
}

static void answer_forward(const struct vc_account_record *record)
{
    uint8_t room[VC_FORWARD_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_forward_write(&w, &record->forward);
    answer_bytes(VC_BYTES(record->root.b));
    answer_bytes(vc_writer_bytes(&w));
}

/* account R EPOCH INDEX ROOT KEYS RECORD */
vc_err driver_account_record(struct world *world, char **words)
{
    struct vc_secret32 keys[VC_RECORD_KEYS_MAX];
    struct vc_account_record record;
    struct vc_account_place place;
    struct vc_key32 key, root;
    struct vc_bytes given, bytes;
    uint32_t epoch, index;

    (void)world;
    if (!word_bytes(words[0], &key, 32) || !word_number(words[1], &epoch) ||
        !word_number(words[2], &index) || index > UINT16_MAX ||
        !word_bytes(words[3], &root, 32) || !word_room(words[4], &given) ||
        given.len > sizeof(keys) || given.len % 32 != 0 ||
        !word_room(words[5], &bytes)) {
        return VC_ERR_USAGE;
    }
    if (!vc_account_place_of_device(&place, &key, epoch, (uint16_t)index)) {
        return VC_ERR_AUTH;
    }
    memcpy(keys, given.data, given.len);
    vc_err err = vc_account_record_read_contact(&place, bytes, &root, keys,
                                                given.len / 32, &record);
    if (err == VC_OK) {
        answer_ok();
        answer_word(record.kind == VC_RECORD_ACCOUNT ? "account" : "forward");
        if (record.kind == VC_RECORD_ACCOUNT) {
            answer_account(&record);
        } else {
            answer_forward(&record);
        }
    }
    return err;
}

/* invite R EPOCH SECRET RECORD */
vc_err driver_invite_record(struct world *world, char **words)
{
    struct vc_invite_record record;
    struct vc_account_place place;
    struct vc_key32 key;
    struct vc_id16 secret;
    struct vc_bytes bytes;
    uint32_t epoch;

    (void)world;
    if (!word_bytes(words[0], &key, 32) || !word_number(words[1], &epoch) ||
        !word_bytes(words[2], &secret, 16) || !word_room(words[3], &bytes)) {
        return VC_ERR_USAGE;
    }
    if (!vc_account_place_of_invite(&place, &key, epoch, &secret)) {
        return VC_ERR_AUTH;
    }
    vc_err err = vc_invite_record_read(&place, bytes, &record);
    if (err == VC_OK) {
        answer_ok();
        answer_addrs(record.addrs, record.addr_count);
    }
    return err;
}

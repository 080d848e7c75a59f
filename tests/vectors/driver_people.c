/* Accounts, devices and their prekeys; crypto/SPEC.md, "Driver". */
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_words.h"

static void take_name(char name[WORLD_NAME_MAX], const char *word)
{
    memcpy(name, word, strlen(word) + 1);
}

vc_err driver_account(struct world *world, char **words)
{
    const struct vc_secret32 contacts = {{0}};
    struct vc_secret32 entropy;

    if (!word_is_name(words[0]) || !word_bytes(words[1], &entropy, sizeof(entropy))) {
        return VC_ERR_USAGE;
    }
    if (world_account(world, words[0]) != NULL) {
        return VC_ERR_EXISTS;
    }
    struct world_account *account = world_take(sizeof(*account));
    take_name(account->name, words[0]);
    vc_account_init(&account->account, &entropy, &contacts);
    account->next = world->accounts;
    world->accounts = account;
    answer_ok();
    answer_bytes(VC_BYTES(account->account.root.b));
    return VC_OK;
}

static void answer_certificate(const struct vc_certificate *certificate)
{
    uint8_t bytes[VC_CERTIFICATE_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    vc_certificate_write(&w, certificate);
    answer_bytes(vc_writer_bytes(&w));
}

vc_err driver_device(struct world *world, char **words)
{
    struct world_account *account = world_account(world, words[1]);
    struct vc_secret32 sig_seed, dh_seed;
    uint32_t index, from;

    if (!word_is_name(words[0]) || !word_number(words[2], &index) ||
        index > VC_DEVICE_INDEX_MAX || !word_number(words[3], &from) ||
        !word_bytes(words[4], &sig_seed, sizeof(sig_seed)) ||
        !word_bytes(words[5], &dh_seed, sizeof(dh_seed))) {
        return VC_ERR_USAGE;
    }
    if (account == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    if (world_device(world, words[0]) != NULL) {
        return VC_ERR_EXISTS;
    }
    struct world_device *device = world_take(sizeof(*device));
    take_name(device->name, words[0]);
    device->account = account;
    vc_device_init(&device->device, &account->account, (uint16_t)index, from, &sig_seed,
                   &dh_seed);
    vc_dh_public(&device->dh_public, &device->device.dh_secret);
    device->next = world->devices;
    world->devices = device;
    answer_ok();
    answer_certificate(&device->device.certificate);
    return VC_OK;
}

static void answer_prekey(const struct vc_prekey *prekey)
{
    uint8_t bytes[VC_PREKEY_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    vc_prekey_write(&w, prekey);
    answer_bytes(vc_writer_bytes(&w));
}

/* prekey DEVICE ID FROM UNTIL CAPABILITIES SECRET */
vc_err driver_prekey(struct world *world, char **words)
{
    struct world_device *device = world_device(world, words[0]);
    struct world_prekey made = {.prekey = {.suite = VC_SUITE_CLASSIC}};
    struct vc_prekey *prekey = &made.prekey;

    if (!word_number(words[1], &prekey->id) || prekey->id == 0 ||
        !word_number(words[2], &prekey->from) ||
        !word_number(words[3], &prekey->until) || prekey->until < prekey->from ||
        !word_number(words[4], &prekey->capabilities) ||
        !word_bytes(words[5], &made.secret, sizeof(made.secret))) {
        return VC_ERR_USAGE;
    }
    if (device == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    for (struct world_prekey *other = device->prekeys; other != NULL;
         other = other->next) {
        if (other->prekey.id == prekey->id) {
            return VC_ERR_EXISTS;
        }
    }
    prekey->index = device->device.certificate.index;
    vc_dh_public(&prekey->key, &made.secret);
    vc_prekey_sign(prekey, &device->account->account.root, &device->device.sig_secret);
    made.next = device->prekeys;
    device->prekeys = world_take(sizeof(made));
    *device->prekeys = made;
    answer_ok();
    answer_prekey(prekey);
    return VC_OK;
}

/* onetime DEVICE ID SECRET */
vc_err driver_onetime(struct world *world, char **words)
{
    struct world_device *device = world_device(world, words[0]);
    struct world_one_time made = {0};
    uint8_t bytes[VC_ONE_TIME_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    if (!word_number(words[1], &made.key.id) || made.key.id == 0 ||
        !word_bytes(words[2], &made.secret, sizeof(made.secret))) {
        return VC_ERR_USAGE;
    }
    if (device == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    for (struct world_one_time *other = device->one_times; other != NULL;
         other = other->next) {
        if (other->key.id == made.key.id) {
            return VC_ERR_EXISTS;
        }
    }
    vc_dh_public(&made.key.key, &made.secret);
    made.next = device->one_times;
    device->one_times = world_take(sizeof(made));
    *device->one_times = made;
    vc_one_time_write(&w, &made.key, 1);
    answer_ok();
    answer_bytes(vc_writer_bytes(&w));
    return VC_OK;
}

/* forget DEVICE ID */
vc_err driver_forget(struct world *world, char **words)
{
    struct world_device *device = world_device(world, words[0]);
    uint32_t id;

    if (!word_number(words[1], &id)) {
        return VC_ERR_USAGE;
    }
    if (device == NULL || !world_drop_prekey(device, id)) {
        return VC_ERR_NOT_FOUND;
    }
    answer_ok();
    return VC_OK;
}

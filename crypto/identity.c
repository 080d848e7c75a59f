/* crypto/SPEC.md, "Keys", "Names" and "Certificate". */
#include "crypto/identity.h"

#include <string.h>

#include "crypto/base/bech32m.h"

#define ID_PREFIX "veche"

enum {
    IDENTITY_WITHOUT_LIVE = 1, /* the versions of a stored identity */
    IDENTITY_WITH_LIVE = 2,
    /* What is signed: the label, filled up with zeros, and all fields before the signature. */
    LABEL_LEN = 16,
    SIGNED_LEN = LABEL_LEN + VC_CERTIFICATE_LEN - 64,
};

static void record_seed_of(struct vc_secret32 *ret_seed,
                           const struct vc_secret32 *root_seed, uint8_t generation)
{
    vc_hash(ret_seed->b, sizeof(ret_seed->b), "record key", root_seed,
            (struct vc_bytes){&generation, 1});
}

static void root_seed_of(struct vc_secret32 *ret_seed,
                         const struct vc_secret32 *entropy)
{
    vc_hash(ret_seed->b, sizeof(ret_seed->b), "root seed", NULL, VC_BYTES(entropy->b));
}

void vc_account_init(struct vc_account *ret_account, const struct vc_secret32 *entropy,
                     const struct vc_secret32 *contacts)
{
    struct vc_account *account = ret_account;
    struct vc_secret32 root_seed;
    struct vc_secret32 record_seed;

    *account = (struct vc_account){.entropy = *entropy, .contacts = *contacts};
    root_seed_of(&root_seed, entropy);
    vc_sign_keypair(&account->root, &account->root_secret, &root_seed);
    record_seed_of(&record_seed, &root_seed, account->record_generation);
    vc_sign_keypair(&account->record, &account->record_secret, &record_seed);
    vc_fingerprint_of(&account->fingerprint, &account->root);
    vc_wipe(&root_seed, sizeof(root_seed));
    vc_wipe(&record_seed, sizeof(record_seed));
}

bool vc_account_has_root(const struct vc_account *account)
{
    return !vc_is_zero(account->root_secret.b, sizeof(account->root_secret.b));
}

void vc_account_drop_root(struct vc_account *account)
{
    vc_wipe(&account->entropy, sizeof(account->entropy));
    vc_wipe(&account->root_secret, sizeof(account->root_secret));
}

vc_err vc_account_take_root(struct vc_account *account,
                            const struct vc_secret32 *entropy)
{
    struct vc_secret32 root_seed;
    struct vc_key32 root;
    struct vc_sign_secret secret;
    vc_err err = VC_ERR_AUTH;

    root_seed_of(&root_seed, entropy);
    vc_sign_keypair(&root, &secret, &root_seed);
    if (memcmp(root.b, account->root.b, sizeof(root.b)) == 0) {
        account->entropy = *entropy;
        account->root_secret = secret;
        err = VC_OK;
    }
    vc_wipe(&root_seed, sizeof(root_seed));
    vc_wipe(&secret, sizeof(secret));
    return err;
}

static uint32_t later(uint32_t from_s, uint32_t span_s)
{
    return from_s <= UINT32_MAX - span_s ? from_s + span_s : UINT32_MAX;
}

void vc_account_sign_live(struct vc_account *account, const uint16_t *indices,
                          uint8_t count, uint32_t from_s)
{
    struct vc_live live = {.list_seq = account->live.list_seq + 1,
                           .count = count,
                           .until = later(from_s, VC_LIVE_S)};

    VC_CHECK(vc_account_has_root(account));
    VC_CHECK(count >= 1 && count <= VC_LIVE_INDICES_MAX);
    memcpy(live.indices, indices, count * sizeof(*indices));
    vc_live_sign(&live, &account->root_secret);
    account->live = live;
}

void vc_account_turn_contacts(struct vc_account *account,
                              const struct vc_secret32 *contacts)
{
    account->contacts_generation++;
    account->contacts = *contacts;
}

vc_err vc_account_turn_record(struct vc_account *account, uint32_t made_s,
                              struct vc_forward *ret_forward)
{
    struct vc_forward forward = {.old_generation = account->record_generation,
                                 .old_record = account->record,
                                 .made = made_s,
                                 .until = later(made_s, VC_FORWARD_S)};
    struct vc_secret32 root_seed;
    struct vc_secret32 record_seed;

    VC_CHECK(vc_account_has_root(account));
    if (account->record_generation == VC_RECORD_GENERATION_MAX) {
        return VC_ERR_FULL;
    }
    account->record_generation++;
    root_seed_of(&root_seed, &account->entropy);
    record_seed_of(&record_seed, &root_seed, account->record_generation);
    vc_sign_keypair(&account->record, &account->record_secret, &record_seed);
    forward.new_generation = account->record_generation;
    forward.new_record = account->record;
    vc_forward_sign(&forward, &account->root_secret);
    *ret_forward = forward;
    vc_wipe(&root_seed, sizeof(root_seed));
    vc_wipe(&record_seed, sizeof(record_seed));
    return VC_OK;
}

bool vc_generation_is_newer(uint8_t a, uint8_t b)
{
    uint8_t ahead = (uint8_t)(a - b);

    return ahead >= 1 && ahead <= 127;
}

/* Writes what the root signs. */
static void write_signed(struct vc_writer *w, const struct vc_certificate *certificate)
{
    static const char label[LABEL_LEN] = "certificate";

    vc_write_copy(w, label, sizeof(label));
    vc_write_u8(w, certificate->version);
    vc_write_u16(w, certificate->suite);
    vc_write_u16(w, certificate->index);
    vc_write_copy(w, certificate->dev_sig.b, sizeof(certificate->dev_sig.b));
    vc_write_copy(w, certificate->dev_dh.b, sizeof(certificate->dev_dh.b));
    vc_write_u32(w, certificate->from);
    vc_write_u32(w, certificate->until);
}

void vc_device_init(struct vc_device *ret_device, const struct vc_account *account,
                    uint16_t index, uint32_t from_s, const struct vc_secret32 *sig_seed,
                    const struct vc_secret32 *dh_seed)
{
    struct vc_certificate *certificate = &ret_device->certificate;
    uint8_t message[SIGNED_LEN];
    struct vc_writer w = vc_writer(message, sizeof(message));

    VC_CHECK(index <= VC_DEVICE_INDEX_MAX);
    VC_CHECK(vc_account_has_root(account));
    *certificate = (struct vc_certificate){.version = VC_CERTIFICATE_VERSION,
                                           .suite = VC_SUITE_CLASSIC,
                                           .index = index,
                                           .from = from_s};
    vc_sign_keypair(&certificate->dev_sig, &ret_device->sig_secret, sig_seed);
    ret_device->dh_secret = *dh_seed;
    vc_dh_public(&certificate->dev_dh, dh_seed);
    write_signed(&w, certificate);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    vc_sign(&certificate->sig, &account->root_secret, vc_writer_bytes(&w));
}

void vc_account_wipe(struct vc_account *account)
{
    vc_wipe(account, sizeof(*account));
}

void vc_device_wipe(struct vc_device *device)
{
    vc_wipe(device, sizeof(*device));
}

void vc_fingerprint_of(struct vc_fingerprint *ret_fingerprint,
                       const struct vc_key32 *root)
{
    vc_hash(ret_fingerprint->b, sizeof(ret_fingerprint->b), "account", NULL,
            VC_BYTES(root->b));
}

void vc_id_format(const struct vc_key32 *root, char ret_text[VC_ID_TEXT_MAX])
{
    uint8_t bytes[1 + sizeof(root->b)] = {VC_ID_VERSION};

    memcpy(&bytes[1], root->b, sizeof(root->b));
    vc_bech32m_encode(ID_PREFIX, VC_BYTES(bytes), ret_text, VC_ID_TEXT_MAX);
}

vc_err vc_id_parse(const char *text, struct vc_key32 *ret_root)
{
    uint8_t bytes[1 + sizeof(ret_root->b)];
    vc_err err = vc_bech32m_decode(text, ID_PREFIX, bytes, sizeof(bytes));

    if (err != VC_OK) {
        return err;
    }
    if (bytes[0] != VC_ID_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    memcpy(ret_root->b, &bytes[1], sizeof(ret_root->b));
    return VC_OK;
}

void vc_certificate_write(struct vc_writer *w, const struct vc_certificate *certificate)
{
    uint8_t message[SIGNED_LEN];
    struct vc_writer fields = vc_writer(message, sizeof(message));

    write_signed(&fields, certificate);
    VC_CHECK(vc_writer_left(&fields) == 0 && vc_writer_end(&fields) == VC_OK);
    vc_write_copy(w, &message[LABEL_LEN], SIGNED_LEN - LABEL_LEN);
    vc_write_copy(w, certificate->sig.b, sizeof(certificate->sig.b));
}

void vc_certificate_read(struct vc_reader *r, struct vc_certificate *ret_certificate)
{
    struct vc_certificate *certificate = ret_certificate;

    certificate->version = vc_read_u8(r);
    certificate->suite = vc_read_u16(r);
    certificate->index = vc_read_u16(r);
    vc_read_copy(r, certificate->dev_sig.b, sizeof(certificate->dev_sig.b));
    vc_read_copy(r, certificate->dev_dh.b, sizeof(certificate->dev_dh.b));
    certificate->from = vc_read_u32(r);
    certificate->until = vc_read_u32(r);
    vc_read_copy(r, certificate->sig.b, sizeof(certificate->sig.b));
}

vc_err vc_certificate_verify(const struct vc_certificate *certificate,
                             const struct vc_key32 *root)
{
    uint8_t message[SIGNED_LEN];
    struct vc_writer w = vc_writer(message, sizeof(message));

    if (certificate->version != VC_CERTIFICATE_VERSION ||
        certificate->suite != VC_SUITE_CLASSIC) {
        return VC_ERR_UNSUPPORTED;
    }
    write_signed(&w, certificate);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    if (!vc_sign_verify(&certificate->sig, root, vc_writer_bytes(&w))) {
        return VC_ERR_AUTH;
    }
    bool has_end = certificate->until != 0;
    if (certificate->index > VC_DEVICE_INDEX_MAX ||
        (has_end && certificate->until < certificate->from)) {
        return VC_ERR_MALFORMED;
    }
    return VC_OK;
}

/* The seed stands in front of the public key in an Ed25519 secret. */
static void write_seed(struct vc_writer *w, const struct vc_sign_secret *secret)
{
    vc_write_copy(w, secret->b, sizeof(struct vc_secret32));
}

vc_err vc_identity_write(struct vc_writer *w, const struct vc_account *account,
                         const struct vc_device *device)
{
    bool has_root = vc_account_has_root(account);
    bool has_live = account->live.count > 0;

    vc_write_u8(w, has_live ? IDENTITY_WITH_LIVE : IDENTITY_WITHOUT_LIVE);
    vc_write_u8(w, has_root ? 1 : 0);
    vc_write_copy(w, account->root.b, sizeof(account->root.b));
    if (has_root) {
        vc_write_copy(w, account->entropy.b, sizeof(account->entropy.b));
    }
    vc_write_u8(w, account->record_generation);
    write_seed(w, &account->record_secret);
    vc_write_u8(w, account->contacts_generation);
    vc_write_copy(w, account->contacts.b, sizeof(account->contacts.b));
    write_seed(w, &device->sig_secret);
    vc_write_copy(w, device->dh_secret.b, sizeof(device->dh_secret.b));
    vc_certificate_write(w, &device->certificate);
    if (has_live) {
        vc_live_write(w, &account->live);
    }
    return vc_writer_end(w);
}

/* Makes the key pair of the seed that comes next. */
static void read_keypair(struct vc_reader *r, struct vc_key32 *ret_public,
                         struct vc_sign_secret *ret_secret)
{
    struct vc_secret32 seed;

    vc_read_copy(r, seed.b, sizeof(seed.b));
    vc_sign_keypair(ret_public, ret_secret, &seed);
    vc_wipe(&seed, sizeof(seed));
}

/* Reads the account; false when its parts do not belong together. */
static bool read_account(struct vc_reader *r, struct vc_account *account)
{
    struct vc_secret32 root_seed = {{0}};
    struct vc_secret32 record_seed;
    struct vc_key32 root;
    uint8_t has_root = vc_read_u8(r);
    bool is_whole = has_root <= 1;

    vc_read_copy(r, account->root.b, sizeof(account->root.b));
    if (has_root == 1) {
        vc_read_copy(r, account->entropy.b, sizeof(account->entropy.b));
        root_seed_of(&root_seed, &account->entropy);
        vc_sign_keypair(&root, &account->root_secret, &root_seed);
        is_whole = memcmp(root.b, account->root.b, sizeof(root.b)) == 0;
    }
    account->record_generation = vc_read_u8(r);
    read_keypair(r, &account->record, &account->record_secret);
    account->contacts_generation = vc_read_u8(r);
    vc_read_copy(r, account->contacts.b, sizeof(account->contacts.b));
    vc_fingerprint_of(&account->fingerprint, &account->root);
    if (has_root == 1) {
        record_seed_of(&record_seed, &root_seed, account->record_generation);
        is_whole = is_whole && vc_equal(record_seed.b, account->record_secret.b,
                                        sizeof(record_seed.b));
        vc_wipe(&record_seed, sizeof(record_seed));
    }
    vc_wipe(&root_seed, sizeof(root_seed));
    return is_whole;
}

/* Reads the device; false when the certificate is not its own. */
static bool read_device(struct vc_reader *r, struct vc_device *device)
{
    const struct vc_certificate *certificate = &device->certificate;
    struct vc_key32 dev_sig;
    struct vc_key32 dev_dh;

    read_keypair(r, &dev_sig, &device->sig_secret);
    vc_read_copy(r, device->dh_secret.b, sizeof(device->dh_secret.b));
    vc_dh_public(&dev_dh, &device->dh_secret);
    vc_certificate_read(r, &device->certificate);
    return memcmp(dev_sig.b, certificate->dev_sig.b, sizeof(dev_sig.b)) == 0 &&
           memcmp(dev_dh.b, certificate->dev_dh.b, sizeof(dev_dh.b)) == 0;
}

/* What the root has signed, in an identity that has its form. */
static vc_err verify_signed(const struct vc_account *account,
                            const struct vc_device *device)
{
    vc_err err = vc_certificate_verify(&device->certificate, &account->root);

    if (err == VC_OK && account->live.count > 0) {
        err = vc_live_verify(&account->live, &account->root);
        if (err == VC_OK && !vc_live_has(&account->live, device->certificate.index)) {
            err = VC_ERR_MALFORMED;
        }
    }
    return err;
}

vc_err vc_identity_read(struct vc_bytes bytes, struct vc_account *ret_account,
                        struct vc_device *ret_device)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_account account = {0};
    struct vc_device device = {0};
    uint8_t version = vc_read_u8(&r);

    if (version != IDENTITY_WITHOUT_LIVE && version != IDENTITY_WITH_LIVE) {
        return bytes.len == 0 ? VC_ERR_MALFORMED : VC_ERR_UNSUPPORTED;
    }
    bool is_whole = read_account(&r, &account);
    is_whole = read_device(&r, &device) && is_whole;
    if (version == IDENTITY_WITH_LIVE) {
        vc_live_read(&r, &account.live);
    }
    vc_err err = vc_reader_end(&r);
    if (err == VC_OK && !is_whole) {
        err = VC_ERR_MALFORMED;
    }
    if (err == VC_OK) {
        err = verify_signed(&account, &device);
    }
    if (err == VC_OK) {
        *ret_account = account;
        *ret_device = device;
    }
    vc_account_wipe(&account);
    vc_device_wipe(&device);
    return err;
}

/*
 * The worked examples of dht/SPEC.md, "What a record says", read from the document and made
 * again: document and code cannot part.  The generator gives one byte over and over.
 */
#include <string.h>

#include "dht/account_record.h"
#include "tests/unit/crypto/example.h"

enum { EPOCH = 20455, FROM = 1767225600 };

void __real_vc_rng_draw(struct vc_rng *rng, void *ret_bytes, size_t len);
void __wrap_vc_rng_draw(struct vc_rng *from, void *ret_bytes, size_t len);

static struct vc_rng rng; /* that of the examples; the self-test has its own */

void __wrap_vc_rng_draw(struct vc_rng *from, void *ret_bytes, size_t len)
{
    if (from == &rng) {
        memset(ret_bytes, 7, len);
    } else {
        __real_vc_rng_draw(from, ret_bytes, len);
    }
}

static struct example example;
static struct vc_account account;
static struct vc_device device;
static struct vc_account_place place;
static uint8_t bytes[VC_DHT_RECORD_LEN];
static uint8_t plain[VC_ACCOUNT_PLAIN_LEN];

static struct vc_secret32 secret_of(uint8_t value)
{
    struct vc_secret32 secret;

    memset(secret.b, value, sizeof(secret.b));
    return secret;
}

static void choose(const char *title)
{
    example_choose(&example, "### Worked examples of section 7", title);
}

static void says(const char *name, struct vc_bytes value)
{
    example_says(&example, name, value);
}

static void says_record(void)
{
    struct vc_hash32 hash;

    vc_hash(hash.b, sizeof(hash.b), "", NULL, VC_BYTES(bytes));
    says("record", VC_BYTES(hash.b));
}

static struct vc_addr example_addr(void)
{
    return vc_addr_ipv4((const uint8_t[]){192, 0, 2, 1}, 5000);
}

static int prepare(void **state)
{
    const struct vc_secret32 entropy = secret_of(1), contacts = secret_of(2);
    const struct vc_secret32 sig_seed = secret_of(3), dh_seed = secret_of(4);

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_account_init(&account, &entropy, &contacts);
    vc_device_init(&device, &account, 5, FROM, &sig_seed, &dh_seed);
    vc_account_sign_live(&account, (const uint16_t[]){0, 5}, 2, FROM);
    assert_true(vc_account_place_of_device(&place, &account.record, EPOCH, 5));
    return 0;
}

static struct vc_account_record example_record(void)
{
    const struct vc_secret32 prekey = secret_of(0x25);
    struct vc_account_record record = {.kind = VC_RECORD_ACCOUNT,
                                       .seq = UINT64_C(1767312000000),
                                       .root = account.root,
                                       .certificate = device.certificate,
                                       .prekey = {.suite = VC_SUITE_CLASSIC,
                                                  .index = 5,
                                                  .id = 0x01020304,
                                                  .from = FROM,
                                                  .until = FROM + VC_PREKEY_USE_S}};

    vc_dh_public(&record.prekey.key, &prekey);
    vc_prekey_sign(&record.prekey, &account.root, &device.sig_secret);
    return record;
}

static void the_account_of_the_document_is_ours(void **state)
{
    const struct vc_account_signers signers = {&account.record_secret,
                                               &device.sig_secret, &account.contacts};
    struct vc_account_record record = example_record();
    struct vc_dht_record outer;

    (void)state;
    record.live = account.live;
    record.stamp_price = 22;
    record.host_count = 1;
    memset(record.hosts[0].name.b, 0x0a, sizeof(record.hosts[0].name.b));
    record.hosts[0].addr = example_addr();
    record.has_node = true;
    memset(record.node.b, 0x0b, sizeof(record.node.b));
    record.addr_count = 1;
    record.addrs[0] =
        vc_addr_ipv6((const uint8_t[16]){0x20, 1, 0x0d, 0xb8, [15] = 1}, 5000);
    vc_account_record_write(bytes, &place, &record, &signers, &rng);
    choose("\nThe account.");
    says("place", VC_BYTES(place.place.b));
    says("seal", VC_BYTES(place.seal.b));
    assert_int_equal(vc_account_place_read(&place, VC_BYTES(bytes), &outer, plain),
                     VC_OK);
    says("for contacts", (struct vc_bytes){&plain[324], 106});
    says("dev_sig's signature", (struct vc_bytes){&plain[787], 64});
    says_record();
}

static void the_bare_account_of_the_document_is_ours(void **state)
{
    const struct vc_account_signers signers = {&account.record_secret,
                                               &device.sig_secret, NULL};
    struct vc_account_record record = example_record();

    (void)state;
    vc_account_record_write(bytes, &place, &record, &signers, &rng);
    choose("\nThe same device");
    says_record();
}

static void the_forward_of_the_document_is_ours(void **state)
{
    struct vc_account turned = account;
    struct vc_account_record record = example_record();
    const struct vc_account_signers signers = {&account.record_secret, NULL, NULL};

    (void)state;
    record.kind = VC_RECORD_FORWARD;
    assert_int_equal(vc_account_turn_record(&turned, FROM, &record.forward), VC_OK);
    vc_account_record_write(bytes, &place, &record, &signers, &rng);
    choose("\nThe forward");
    says_record();
}

static void the_invite_of_the_document_is_ours(void **state)
{
    const struct vc_invite_record record = {
        .seq = UINT64_C(1767312000000), .addrs = {example_addr()}, .addr_count = 1};
    struct vc_account_place invite;
    struct vc_id16 secret;

    (void)state;
    memset(secret.b, 5, sizeof(secret.b));
    assert_true(vc_account_place_of_invite(&invite, &account.record, EPOCH, &secret));
    vc_invite_record_write(bytes, &invite, &record, &account.record_secret, &rng);
    choose("\nAn invite");
    says("place", VC_BYTES(invite.place.b));
    says("seal", VC_BYTES(invite.seal.b));
    says_record();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_account_of_the_document_is_ours),
        cmocka_unit_test(the_bare_account_of_the_document_is_ours),
        cmocka_unit_test(the_forward_of_the_document_is_ours),
        cmocka_unit_test(the_invite_of_the_document_is_ours),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

/* A whole store file: its first pages, then every page and row of it. */
#include "crypto/prim.h"
#include "storage/pages.h"
#include "storage/plain.h"
#include "storage/seal.h"

static struct vc_keyring ring;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK &&
                   vc_keyring_init(&ring, &(struct vc_secret32){{0}}) == VC_OK
               ? 0
               : 1;
}

/* Reads every byte that it is given; a wrong check must not hide the rows behind it. */
static vc_err read_row(void *ctx, enum vc_table table, struct vc_bytes key,
                       struct vc_bytes sealed)
{
    static uint8_t room[VC_STORED_MAX];
    unsigned *sum = ctx;
    struct vc_bytes value;
    struct vc_row row;

    VC_CHECK((unsigned)table < VC_TABLE_COUNT);
    for (size_t i = 0; i < key.len; i++) {
        *sum += key.data[i];
    }
    for (size_t i = 0; i < sealed.len; i++) {
        *sum += sealed.data[i];
    }
    if (vc_plain_decode(table, key, sealed, &value) == VC_OK) {
        VC_CHECK(value.len + VC_PLAIN_CHECK_BYTES == sealed.len);
    }
    if (vc_row_open(&row, (struct vc_room){room, sizeof room}, &ring, table, key,
                    sealed) == VC_OK) {
        VC_CHECK(row.value.len < sealed.len);
    }
    return VC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned sum = 0;
    struct vc_pages_walk walk = {.file = {data, size}, .on_row = read_row, .ctx = &sum};

    if (vc_image_decode(walk.file, &walk.image) == VC_OK) {
        vc_err err = vc_pages_walk(&walk);

        VC_CHECK(err == VC_OK || (err == VC_ERR_STORE_DAMAGED && walk.words != NULL));
    }
    return 0;
}

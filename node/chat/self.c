#include "node/chat/self.h"

static const uint8_t key_bytes[] = {'s', 'e', 'l', 'f'};

vc_err vc_self_get(struct vc_store *store, struct vc_bytes *ret_value)
{
    return vc_store_get(store, VC_TABLE_IDENTITY, VC_BYTES(key_bytes), ret_value);
}

void vc_self_put(struct vc_store *store, const struct vc_account *account,
                 const struct vc_device *device)
{
    uint8_t room[VC_IDENTITY_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    VC_CHECK(vc_identity_write(&w, account, device) == VC_OK);
    vc_store_put(store, VC_TABLE_IDENTITY, VC_BYTES(key_bytes), vc_writer_bytes(&w));
    vc_wipe(room, sizeof room);
}

/* crypto/SPEC.md, "Prekeys". */
#include "crypto/kem.h"

void vc_kem_hash(struct vc_hash32 *ret_hash, struct vc_bytes public_key)
{
    vc_hash(ret_hash->b, sizeof(ret_hash->b), "kem key", NULL, public_key);
}

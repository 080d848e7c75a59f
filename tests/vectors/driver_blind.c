/* Blinded record keys; crypto/SPEC.md, "Driver". */
#include "crypto/blind.h"
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_words.h"

static vc_err answer_public(const struct vc_key32 *record,
                            const struct vc_scalar *factor)
{
    struct vc_key32 public_key;
    struct vc_hash32 place;

    if (!vc_blind_public(&public_key, record, factor)) {
        return VC_ERR_AUTH;
    }
    vc_blind_place(&place, &public_key);
    answer_ok();
    answer_bytes(VC_BYTES(factor->b));
    answer_bytes(VC_BYTES(public_key.b));
    answer_bytes(VC_BYTES(place.b));
    return VC_OK;
}

/* blind RECORD EPOCH INDEX */
vc_err driver_blind(struct world *world, char **words)
{
    struct vc_key32 record;
    struct vc_scalar factor;
    uint32_t epoch, index;

    (void)world;
    if (!word_bytes(words[0], &record, sizeof(record)) ||
        !word_number(words[1], &epoch) || !word_number(words[2], &index) ||
        index > UINT16_MAX) {
        return VC_ERR_USAGE;
    }
    vc_blind_of_device(&factor, &record, epoch, (uint16_t)index);
    return answer_public(&record, &factor);
}

/* blindinvite RECORD EPOCH SECRET */
vc_err driver_blindinvite(struct world *world, char **words)
{
    struct vc_key32 record;
    struct vc_id16 secret;
    struct vc_scalar factor;
    uint32_t epoch;

    (void)world;
    if (!word_bytes(words[0], &record, sizeof(record)) ||
        !word_number(words[1], &epoch) ||
        !word_bytes(words[2], &secret, sizeof(secret))) {
        return VC_ERR_USAGE;
    }
    vc_blind_of_invite(&factor, &record, epoch, &secret);
    return answer_public(&record, &factor);
}

/* blindsign SEED H MESSAGE */
vc_err driver_blindsign(struct world *world, char **words)
{
    struct vc_secret32 seed;
    struct vc_scalar factor;
    struct vc_bytes message;
    struct vc_key32 record;
    struct vc_sign_secret secret;
    struct vc_blinded key;
    struct vc_sig sig;

    (void)world;
    if (!word_bytes(words[0], &seed, sizeof(seed)) ||
        !word_bytes(words[1], &factor, sizeof(factor)) ||
        !word_room(words[2], &message)) {
        return VC_ERR_USAGE;
    }
    vc_sign_keypair(&record, &secret, &seed);
    if (!vc_blind_secret(&key, &secret, &factor)) {
        return VC_ERR_AUTH;
    }
    vc_blinded_sign(&sig, &key, message);
    answer_ok();
    answer_bytes(VC_BYTES(key.secret.b));
    answer_bytes(VC_BYTES(key.public_key.b));
    answer_bytes(VC_BYTES(sig.b));
    return VC_OK;
}

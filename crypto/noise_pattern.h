/*
 * The handshake patterns of Noise as data: one row each, tokens per message.
 */
#ifndef VC_CRYPTO_NOISE_PATTERN_H
#define VC_CRYPTO_NOISE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define VC_NOISE_MESSAGES_MAX 4 /* of any pattern in the table */
#define VC_NOISE_TOKENS_MAX   6 /* of one message, with the END */

enum vc_noise_token {
    VC_NOISE_END,
    VC_NOISE_E,
    VC_NOISE_S,
    VC_NOISE_EE,
    VC_NOISE_ES,
    VC_NOISE_SE,
    VC_NOISE_SS,
    VC_NOISE_PSK
};

struct vc_noise_pattern {
    const char *name;
    bool initiator_is_known; /* pre-message -> s */
    bool responder_is_known; /* pre-message <- s */
    bool has_psk;
    bool is_one_way; /* the initiator alone sends afterwards */
    uint8_t message_count;
    /* The initiator writes the messages 0, 2, the responder 1, 3. */
    uint8_t messages[VC_NOISE_MESSAGES_MAX][VC_NOISE_TOKENS_MAX];
};

/* Does one side of @pattern send @token (E or S) in some message? */
bool vc_noise_pattern_sends(const struct vc_noise_pattern *pattern, bool is_initiator,
                            enum vc_noise_token token);

#endif

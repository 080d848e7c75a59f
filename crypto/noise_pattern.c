/*
 * The table of patterns (Noise revision 34, sections 7 and 9); crypto/SPEC.md, "Noise".
 *
 * XK and XXpsk3 are ours.  The others are here because vectors are published for them:
 * code that runs them all byte for byte has no room for a mistake in two.
 */
#include "crypto/noise_pattern.h"

#include <string.h>

#include "crypto/noise.h"

#define E   VC_NOISE_E
#define S   VC_NOISE_S
#define EE  VC_NOISE_EE
#define ES  VC_NOISE_ES
#define SE  VC_NOISE_SE
#define SS  VC_NOISE_SS
#define PSK VC_NOISE_PSK

#define UNKNOWN   false, false /* no static key is known beforehand */
#define RESPONDER false, true
#define BOTH      true, true

#define PLAIN   false, false
#define WITH    true, false /* a pre-shared key */
#define ONE_WAY false, true
#define WITH_1  true, true

static const struct vc_noise_pattern patterns[] = {
    {"XK", RESPONDER, PLAIN, 3, {{E, ES}, {E, EE}, {S, SE}}},
    {"XXpsk3", UNKNOWN, WITH, 3, {{E}, {E, EE, S, ES}, {S, SE, PSK}}},

    {"N", RESPONDER, ONE_WAY, 1, {{E, ES}}},
    {"K", BOTH, ONE_WAY, 1, {{E, ES, SS}}},
    {"X", RESPONDER, ONE_WAY, 1, {{E, ES, S, SS}}},
    {"Npsk0", RESPONDER, WITH_1, 1, {{PSK, E, ES}}},
    {"Kpsk0", BOTH, WITH_1, 1, {{PSK, E, ES, SS}}},
    {"Xpsk1", RESPONDER, WITH_1, 1, {{E, ES, S, SS, PSK}}},

    {"NN", UNKNOWN, PLAIN, 2, {{E}, {E, EE}}},
    {"NK", RESPONDER, PLAIN, 2, {{E, ES}, {E, EE}}},
    {"XN", UNKNOWN, PLAIN, 3, {{E}, {E, EE}, {S, SE}}},
    {"XX", UNKNOWN, PLAIN, 3, {{E}, {E, EE, S, ES}, {S, SE}}},
    {"KK", BOTH, PLAIN, 2, {{E, ES, SS}, {E, EE, SE}}},
    {"IN", UNKNOWN, PLAIN, 2, {{E, S}, {E, EE, SE}}},
    {"IK", RESPONDER, PLAIN, 2, {{E, ES, S, SS}, {E, EE, SE}}},
    {"IX", UNKNOWN, PLAIN, 2, {{E, S}, {E, EE, SE, S, ES}}},
    {"NNpsk0", UNKNOWN, WITH, 2, {{PSK, E}, {E, EE}}},
    {"NKpsk0", RESPONDER, WITH, 2, {{PSK, E, ES}, {E, EE}}},
    {"NKpsk2", RESPONDER, WITH, 2, {{E, ES}, {E, EE, PSK}}},
    {"XKpsk3", RESPONDER, WITH, 3, {{E, ES}, {E, EE}, {S, SE, PSK}}},
    {"IKpsk1", RESPONDER, WITH, 2, {{E, ES, S, SS, PSK}, {E, EE, SE}}},
    {"IKpsk2", RESPONDER, WITH, 2, {{E, ES, S, SS}, {E, EE, SE, PSK}}},

    {"NK1", RESPONDER, PLAIN, 2, {{E}, {E, EE, ES}}},
    {"X1K", RESPONDER, PLAIN, 4, {{E, ES}, {E, EE}, {S}, {SE}}},
    {"XK1", RESPONDER, PLAIN, 3, {{E}, {E, EE, ES}, {S, SE}}},
    {"X1K1", RESPONDER, PLAIN, 4, {{E}, {E, EE, ES}, {S}, {SE}}},
    {"I1K", RESPONDER, PLAIN, 3, {{E, ES, S}, {E, EE}, {SE}}},
    {"IK1", RESPONDER, PLAIN, 2, {{E, S}, {E, EE, SE, ES}}},
    {"I1K1", RESPONDER, PLAIN, 3, {{E, S}, {E, EE, ES}, {SE}}},
};

const struct vc_noise_pattern *vc_noise_pattern_find(const char *name)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (strcmp(patterns[i].name, name) == 0) {
            return &patterns[i];
        }
    }
    return NULL;
}

bool vc_noise_pattern_sends(const struct vc_noise_pattern *pattern, bool is_initiator,
                            enum vc_noise_token token)
{
    for (size_t i = is_initiator ? 0 : 1; i < pattern->message_count; i += 2) {
        for (const uint8_t *t = pattern->messages[i]; *t != VC_NOISE_END; t++) {
            if (*t == token) {
                return true;
            }
        }
    }
    return false;
}

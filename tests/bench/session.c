/*
 * Our end-to-end sessions under the loops of party.h.
 *
 *     session_bench [--ours]     --ours: only what has a bar, not how the node's habits (padding,
 *                                a state that is read and written each time) change it
 */
#include <string.h>

#include "crypto/ratchet.h"
#include "tests/bench/party_ours.h"

static const struct party_protocol *party;

static void meet_once(void)
{
    party->meet();
}

static void print_bytes(const char *first, const char *later)
{
    party->meet();
    party_print("ours", first, (double)party->seal(0, 0), "B");
    (void)party->seal(1, 0);
    party->open(1, 0);
    party_print("ours", later, (double)party->seal(0, 0), "B");
}

int main(int argc, char **argv)
{
    const struct ours_mode plain = {0}, first = {.is_first_contact = true},
                           padded = {.is_padded = true},
                           stored = {.is_padded = true, .is_stored = true};

    party_measure(party_ours(&plain));
    ours_spread(32);
    party_print("ours", "forged_packet_cost.32", 1e6 / party_rate(ours_refuse_spread),
                "us");
    party = party_ours(&first);
    party_print("ours", "session_setup+first_msg.first_contact", party_rate(meet_once),
                "/s");
    party = party_ours(&padded);
    print_bytes("first_msg_bytes.padded", "msg_bytes.padded");
    if (argc < 2 || strcmp(argv[1], "--ours") != 0) {
        (void)party_ours(&plain);
        ours_hold_back(VC_RATCHET_GAP_MAX - 1);
        party_print("ours", "forged_packet_cost.held_back",
                    1e6 / party_rate(ours_refuse_held_back), "us");
        party_measure_talk(party_ours(&padded), "padded");
        party_measure_talk(party_ours(&stored), "padded.stored");
    }
    return 0;
}

/*
 * Debian's libsignal-protocol-c and libolm under the loops of party.h.
 */
#include "tests/bench/party_peers.h"

int main(void)
{
    party_measure(party_signal());
    party_measure(party_olm());
    return 0;
}

/*
 * Linked into a veched of the labs: tells every key that is used once, so that its memory can be
 * searched for them afterwards (lab_wiped.py).
 *
 * The functions that use such keys are wrapped by the linker; the product knows nothing of it.
 * VC_TELLER_FILE names the file that gets a line for each, what it is and hex; nothing of it
 * stays in this process.  With VC_TELLER_KEEPS nothing is ever wiped: what is searched for is
 * then found, which is the control.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/base/hex.h"
#include "crypto/opening.h"
#include "crypto/ratchet_step.h"

#define SECRET_MAX 64

static bool keeps(void)
{
    static int answer = -1;

    if (answer < 0) {
        answer = getenv("VC_TELLER_KEEPS") != NULL;
    }
    return answer == 1;
}

void __real_sodium_memzero(void *secret, size_t len);
void __wrap_sodium_memzero(void *secret, size_t len);

void __wrap_sodium_memzero(void *secret, size_t len)
{
    if (!keeps()) {
        __real_sodium_memzero(secret, len);
    }
}

static void tell(const char *what, const void *secret, size_t len)
{
    static int fd = -1;
    char line[16 + VC_HEX_ROOM(SECRET_MAX)];
    size_t begin = strlen(what) + 1;
    size_t end = begin + 2 * len;

    if (fd < 0) {
        const char *path = getenv("VC_TELLER_FILE");

        fd = path == NULL ? -1
                          : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    memcpy(line, what, begin - 1);
    line[begin - 1] = ' ';
    vc_hex_encode((struct vc_bytes){secret, len}, line + begin);
    line[end] = '\n';
    if (fd < 0 || write(fd, line, end + 1) != (ssize_t)(end + 1)) {
        abort();
    }
    __real_sodium_memzero(line, sizeof line);
}

void __real_vc_ratchet_chain_step(struct vc_secret32 *chain,
                                  struct vc_secret32 *ret_key);
void __wrap_vc_ratchet_chain_step(struct vc_secret32 *chain,
                                  struct vc_secret32 *ret_key);

void __wrap_vc_ratchet_chain_step(struct vc_secret32 *chain,
                                  struct vc_secret32 *ret_key)
{
    tell("chain", chain, sizeof *chain);
    __real_vc_ratchet_chain_step(chain, ret_key);
    tell("message", ret_key, sizeof *ret_key);
}

bool __real_vc_ratchet_dh_step(struct vc_ratchet_turn *ret_turn,
                               const struct vc_secret32 *root,
                               const struct vc_secret32 *own,
                               const struct vc_key32 *peer);
bool __wrap_vc_ratchet_dh_step(struct vc_ratchet_turn *ret_turn,
                               const struct vc_secret32 *root,
                               const struct vc_secret32 *own,
                               const struct vc_key32 *peer);

bool __wrap_vc_ratchet_dh_step(struct vc_ratchet_turn *ret_turn,
                               const struct vc_secret32 *root,
                               const struct vc_secret32 *own,
                               const struct vc_key32 *peer)
{
    tell("root", root, sizeof *root);
    tell("own", own, sizeof *own);
    return __real_vc_ratchet_dh_step(ret_turn, root, own, peer);
}

/* Message keys are made into pairs, as others are that live long. */
static bool is_in_text;

void __real_vc_siv_key_make(struct vc_siv_key *ret_pair, const struct vc_secret32 *key);
void __wrap_vc_siv_key_make(struct vc_siv_key *ret_pair, const struct vc_secret32 *key);

void __wrap_vc_siv_key_make(struct vc_siv_key *ret_pair, const struct vc_secret32 *key)
{
    __real_vc_siv_key_make(ret_pair, key);
    if (is_in_text) {
        tell("pair", ret_pair, sizeof *ret_pair);
    }
}

void __real_vc_ratchet_text_seal(uint8_t *frame, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes plain);
void __wrap_vc_ratchet_text_seal(uint8_t *frame, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes plain);

void __wrap_vc_ratchet_text_seal(uint8_t *frame, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes plain)
{
    is_in_text = true;
    __real_vc_ratchet_text_seal(frame, key, session, plain);
    is_in_text = false;
}

bool __real_vc_ratchet_text_open(uint8_t *ret_plain, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes frame);
bool __wrap_vc_ratchet_text_open(uint8_t *ret_plain, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes frame);

bool __wrap_vc_ratchet_text_open(uint8_t *ret_plain, const struct vc_secret32 *key,
                                 const struct vc_id16 *session, struct vc_bytes frame)
{
    bool is_open;

    is_in_text = true;
    is_open = __real_vc_ratchet_text_open(ret_plain, key, session, frame);
    is_in_text = false;
    return is_open;
}

/* Of handshakes too: no shared secret lives longer than what is made of it. */
bool __real_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key);
bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key);

bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key)
{
    bool is_good = __real_vc_dh(ret_shared, secret, public_key);

    if (is_good) {
        tell("shared", ret_shared, sizeof *ret_shared);
    }
    return is_good;
}

vc_err __real_vc_opening_write(const struct vc_opening_config *cfg, struct vc_writer *w,
                               struct vc_session_keys *ret_keys);
vc_err __wrap_vc_opening_write(const struct vc_opening_config *cfg, struct vc_writer *w,
                               struct vc_session_keys *ret_keys);

vc_err __wrap_vc_opening_write(const struct vc_opening_config *cfg, struct vc_writer *w,
                               struct vc_session_keys *ret_keys)
{
    tell("ephemeral", cfg->e, sizeof *cfg->e);
    return __real_vc_opening_write(cfg, w, ret_keys);
}

vc_err __real_vc_opening_read(const struct vc_opening_private *own,
                              struct vc_bytes opening, uint8_t *scratch,
                              struct vc_opening_sender *ret_sender,
                              struct vc_session_keys *ret_keys);
vc_err __wrap_vc_opening_read(const struct vc_opening_private *own,
                              struct vc_bytes opening, uint8_t *scratch,
                              struct vc_opening_sender *ret_sender,
                              struct vc_session_keys *ret_keys);

vc_err __wrap_vc_opening_read(const struct vc_opening_private *own,
                              struct vc_bytes opening, uint8_t *scratch,
                              struct vc_opening_sender *ret_sender,
                              struct vc_session_keys *ret_keys)
{
    tell("prekey", own->prekey_secret, sizeof *own->prekey_secret);
    if (own->one_time_secret != NULL) {
        tell("one_time", own->one_time_secret, sizeof *own->one_time_secret);
    }
    return __real_vc_opening_read(own, opening, scratch, ret_sender, ret_keys);
}

/*
 * The end-to-end layer over lines, so that another implementation can be run against it byte for
 * byte: every random byte and the date come from the caller; crypto/SPEC.md, "Driver".
 *
 *     ratchet_driver <COMMANDS >ANSWERS
 */
#include "crypto/pad.h"
#include "crypto/siv.h"
#include "tests/vectors/driver_commands.h"
#include "tests/vectors/driver_lines.h"
#include "tests/vectors/driver_words.h"

static vc_err run_reset(struct world *world, char **words)
{
    (void)words;
    world_clear(world);
    answer_ok();
    return VC_OK;
}

static vc_err run_network(struct world *world, char **words)
{
    if (!word_bytes(words[0], world->network, sizeof(world->network))) {
        return VC_ERR_USAGE;
    }
    answer_ok();
    return VC_OK;
}

static vc_err run_day(struct world *world, char **words)
{
    if (!word_number(words[0], &world->today)) {
        return VC_ERR_USAGE;
    }
    answer_ok();
    return VC_OK;
}

/* The key and the tag's length of a SIV; @ret_bytes: words[2] and words[3]. */
static bool read_siv(char **words, struct vc_siv_key *ret_key, uint32_t *ret_tag_len,
                     struct vc_bytes ret_bytes[2])
{
    struct vc_secret32 key;

    if (!word_bytes(words[0], &key, sizeof(key)) ||
        !word_number(words[1], ret_tag_len) ||
        (*ret_tag_len != VC_SIV_TAG_LEN && *ret_tag_len != VC_SIV_SHORT_TAG_LEN) ||
        !word_room(words[2], &ret_bytes[0]) || !word_room(words[3], &ret_bytes[1])) {
        return false;
    }
    vc_siv_key_make(ret_key, &key);
    return true;
}

/* seal KEY TAG_LEN AD PLAIN */
static vc_err run_seal(struct world *world, char **words)
{
    struct vc_siv_key key;
    struct vc_bytes bytes[2];
    uint32_t tag_len;

    (void)world;
    if (!read_siv(words, &key, &tag_len, bytes)) {
        return VC_ERR_USAGE;
    }
    uint8_t *sealed = world_take(tag_len + bytes[1].len);
    vc_siv_seal(sealed, tag_len, &key, &(struct vc_siv_ad){&bytes[0], 1}, bytes[1]);
    answer_ok();
    answer_bytes((struct vc_bytes){sealed, tag_len + bytes[1].len});
    free(sealed);
    return VC_OK;
}

/* unseal KEY TAG_LEN AD SEALED */
static vc_err run_unseal(struct world *world, char **words)
{
    struct vc_siv_key key;
    struct vc_bytes bytes[2];
    uint32_t tag_len;
    vc_err err = VC_ERR_AUTH;

    (void)world;
    if (!read_siv(words, &key, &tag_len, bytes)) {
        return VC_ERR_USAGE;
    }
    uint8_t *plain = world_take(bytes[1].len + 1);
    if (vc_siv_open(plain, tag_len, &key, &(struct vc_siv_ad){&bytes[0], 1},
                    bytes[1])) {
        answer_ok();
        answer_bytes((struct vc_bytes){plain, bytes[1].len - tag_len});
        err = VC_OK;
    }
    free(plain);
    return err;
}

/* pad BYTES */
static vc_err run_pad(struct world *world, char **words)
{
    struct vc_bytes bytes;

    (void)world;
    if (!word_room(words[0], &bytes)) {
        return VC_ERR_USAGE;
    }
    uint8_t *padded = world_take(vc_pad_len(bytes.len));
    memcpy(padded, bytes.data, bytes.len);
    answer_ok();
    answer_bytes((struct vc_bytes){padded, vc_pad_fill(padded, bytes.len)});
    free(padded);
    return VC_OK;
}

/* strip BYTES */
static vc_err run_strip(struct world *world, char **words)
{
    struct vc_bytes bytes;
    size_t len;

    (void)world;
    if (!word_room(words[0], &bytes)) {
        return VC_ERR_USAGE;
    }
    vc_err err = vc_pad_strip(bytes, &len);
    if (err == VC_OK) {
        answer_ok();
        answer_bytes((struct vc_bytes){bytes.data, len});
    }
    return err;
}

static const struct driver_line lines[] = {
    {"account", 2, 2, driver_account},
    {"blind", 3, 3, driver_blind},
    {"blindinvite", 3, 3, driver_blindinvite},
    {"blindsign", 3, 3, driver_blindsign},
    {"day", 1, 1, run_day},
    {"decrypt", 2, 3, driver_decrypt},
    {"device", 6, 6, driver_device},
    {"encrypt", 3, 4, driver_encrypt},
    {"expire", 1, 1, driver_expire},
    {"export", 1, 1, driver_export},
    {"forget", 2, 2, driver_forget},
    {"import", 3, 3, driver_import},
    {"network", 1, 1, run_network},
    {"onetime", 3, 3, driver_onetime},
    {"pad", 1, 1, run_pad},
    {"prekey", 6, 6, driver_prekey},
    {"reset", 0, 0, run_reset},
    {"seal", 4, 4, run_seal},
    {"start", 11, 11, driver_start},
    {"strip", 1, 1, run_strip},
    {"unseal", 4, 4, run_unseal},
};

int main(void)
{
    struct world world = {0};
    int code =
        driver_run("ratchet_driver", lines, sizeof(lines) / sizeof(lines[0]), &world);

    world_clear(&world);
    return code;
}

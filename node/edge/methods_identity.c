/* The root and the address: what is done with the 24 words. */
#include <stdio.h>
#include <string.h>

#include "node/edge/daemon.h"
#include "node/edge/methods.h"

static struct vc_chat *chat_of(struct vc_method_call *call)
{
    return vc_node_chat(call->daemon->node);
}

static int give_number(struct vc_method_call *call, const char *name, uint64_t value)
{
    return json_object_set_new(call->result, name, json_integer((json_int_t)value));
}

static vc_err run_words(struct vc_method_call *call)
{
    static const char *const names[] = {"ask_first", "ask_second", "ask_third"};
    struct vc_chat_words words;
    vc_err err = vc_chat_words(chat_of(call), &words);
    int failed;

    if (err != VC_OK) {
        return err;
    }
    failed = json_object_set_new(call->result, "words", json_string(words.text));
    for (size_t i = 0; i < VC_CHAT_WORDS_ASKED; i++) {
        failed |= give_number(call, names[i], words.asked[i]);
    }
    vc_wipe(&words, sizeof words);
    return failed == 0 ? VC_OK : VC_ERR_NO_MEMORY;
}

static vc_err run_drop_root(struct vc_method_call *call)
{
    static const char *const names[] = {"first", "second", "third"};
    const char *answers[VC_CHAT_WORDS_ASKED];

    for (size_t i = 0; i < VC_CHAT_WORDS_ASKED; i++) {
        answers[i] = json_string_value(json_object_get(call->params, names[i]));
    }
    call->is_durable = true;
    return vc_chat_drop_root(chat_of(call), answers);
}

/* What the words say, or NULL without them. */
static vc_err entropy_of(struct vc_method_call *call, struct vc_secret32 *room,
                         const struct vc_secret32 **ret_entropy)
{
    const char *words = json_string_value(json_object_get(call->params, "words"));
    int bad_word = 0;

    *ret_entropy = NULL;
    if (words == NULL) {
        return VC_OK;
    }
    if (vc_words_parse(words, room, &bad_word) != VC_OK) {
        (void)snprintf(call->detail, sizeof call->detail,
                       bad_word > 0 ? "word %d is not one of the list"
                                    : "there must be 24, and the last one fits them",
                       bad_word);
        return VC_ERR_WORDS_WRONG;
    }
    *ret_entropy = room;
    return VC_OK;
}

static vc_err run_renew(struct vc_method_call *call)
{
    const struct vc_secret32 *entropy;
    struct vc_secret32 room;
    struct vc_chat_keys keys;
    uint32_t invites = 0;
    vc_err err = entropy_of(call, &room, &entropy);

    if (err == VC_OK) {
        err = vc_chat_move(chat_of(call), &call->daemon->now, entropy, &invites);
    }
    vc_wipe(&room, sizeof room);
    if (err != VC_OK) {
        return err;
    }
    call->is_durable = true;
    vc_chat_keys(chat_of(call), &keys);
    return (give_number(call, "moves", keys.record_generation) |
            give_number(call, "invites", invites)) == 0
               ? VC_OK
               : VC_ERR_NO_MEMORY;
}

static vc_err run_extend(struct vc_method_call *call)
{
    const struct vc_secret32 *entropy;
    struct vc_secret32 room;
    struct vc_chat_keys keys;
    vc_err err = entropy_of(call, &room, &entropy);

    if (err == VC_OK) {
        err = vc_chat_extend(chat_of(call), &call->daemon->now, entropy);
    }
    vc_wipe(&room, sizeof room);
    if (err != VC_OK) {
        return err;
    }
    call->is_durable = true;
    vc_chat_keys(chat_of(call), &keys);
    return give_number(call, "live_until", keys.live_until) == 0 ? VC_OK
                                                                 : VC_ERR_NO_MEMORY;
}

vc_method_fn vc_methods_identity(const char *name)
{
    static const struct {
        const char *name;
        vc_method_fn run;
    } methods[] = {
        {"identity.words", run_words},
        {"identity.drop_root", run_drop_root},
        {"address.renew", run_renew},
        {"address.extend", run_extend},
    };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].run;
        }
    }
    return NULL;
}

#include <stdio.h>
#include <string.h>

#include "node/edge/daemon.h"
#include "node/edge/methods.h"
#include "node/edge/shapes.h"

/* Invites that are shown: revoked and used ones are kept for a while. */
#define INVITES_SHOWN_MAX 256

static struct vc_chat *chat_of(struct vc_method_call *call)
{
    return vc_node_chat(call->daemon->node);
}

static vc_err give(struct vc_method_call *call, const char *name, json_t *shape)
{
    return json_object_set_new(call->result, name, shape) == 0 ? VC_OK : VC_ERR_NO_MEMORY;
}

static const char *text_param(struct vc_method_call *call, const char *name)
{
    const char *text = json_string_value(json_object_get(call->params, name));

    return text != NULL ? text : "";
}

static uint32_t number_param(struct vc_method_call *call, const char *name)
{
    return (uint32_t)json_integer_value(json_object_get(call->params, name));
}

static vc_err run_invite_create(struct vc_method_call *call)
{
    struct vc_invite_state invite;
    vc_err err = vc_chat_invite(chat_of(call), &call->daemon->now,
                                number_param(call, "days"), text_param(call, "note"), &invite);

    call->is_durable = true;
    return err != VC_OK ? err : give(call, "invite", vc_shape_invite(&invite));
}

static vc_err run_invite_list(struct vc_method_call *call)
{
    static struct vc_invite_state invites[INVITES_SHOWN_MAX]; /* 70 KiB: not on the stack */
    size_t count = vc_chat_invites(chat_of(call), &call->daemon->now, invites,
                                   INVITES_SHOWN_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < count && i < INVITES_SHOWN_MAX; i++) {
        json_array_append_new(list, vc_shape_invite(&invites[i]));
    }
    return give(call, "invites", list);
}

static vc_err run_invite_revoke(struct vc_method_call *call)
{
    call->is_durable = true;
    return vc_chat_invite_revoke(chat_of(call), &call->daemon->now, number_param(call, "id"));
}

static vc_err run_join_start(struct vc_method_call *call)
{
    struct vc_join_state join;
    vc_err err = vc_chat_join(chat_of(call), &call->daemon->now, text_param(call, "invite"),
                              text_param(call, "name"), &join);

    call->is_durable = true;
    return err != VC_OK ? err : give(call, "join", vc_shape_join(&join));
}

static vc_err run_join_list(struct vc_method_call *call)
{
    struct vc_join_state joins[VC_CHAT_JOINS_MAX];
    size_t count = vc_chat_joins(chat_of(call), &call->daemon->now, joins, VC_CHAT_JOINS_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < count && i < VC_CHAT_JOINS_MAX; i++) {
        json_array_append_new(list, vc_shape_join(&joins[i]));
    }
    return give(call, "joins", list);
}

static vc_err run_join_cancel(struct vc_method_call *call)
{
    call->is_durable = true;
    return vc_chat_join_cancel(chat_of(call), &call->daemon->now, number_param(call, "id"));
}

static vc_err give_contact(struct vc_method_call *call, uint32_t id)
{
    struct vc_contact contact;
    vc_err err = vc_chat_contact(chat_of(call), &call->daemon->now, id, &contact);

    return err != VC_OK ? err
                        : give(call, "contact", vc_shape_contact(chat_of(call), &contact));
}

static vc_err run_contacts_list(struct vc_method_call *call)
{
    static struct vc_contact contacts[VC_CHAT_CONTACTS_MAX]; /* untouched pages cost nothing */
    size_t count = vc_chat_contacts(chat_of(call), &call->daemon->now, contacts,
                                    VC_CHAT_CONTACTS_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < count && i < VC_CHAT_CONTACTS_MAX; i++) {
        json_array_append_new(list, vc_shape_contact(chat_of(call), &contacts[i]));
    }
    return give(call, "contacts", list);
}

static vc_err run_contacts_get(struct vc_method_call *call)
{
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    return err != VC_OK ? err : give_contact(call, id);
}

static vc_err run_contacts_rename(struct vc_method_call *call)
{
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    if (err == VC_OK) {
        err = vc_chat_contact_rename(chat_of(call), &call->daemon->now, id,
                                     text_param(call, "name"));
    }
    call->is_durable = true;
    return err != VC_OK ? err : give_contact(call, id);
}

static vc_err run_contacts_verify(struct vc_method_call *call)
{
    const json_t *wanted = json_object_get(call->params, "is_verified");
    const json_t *scan = json_object_get(call->params, "scan");
    char number[VC_SAFETY_TEXT_MAX], code[VC_SAFETY_CODE_LEN + 1];
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    if (err == VC_OK && wanted != NULL) {
        call->is_durable = true;
        err = vc_chat_contact_set_verified(chat_of(call), &call->daemon->now, id,
                                           json_is_true(wanted));
    }
    if (err == VC_OK && scan != NULL) {
        call->is_durable = true;
        err = vc_chat_contact_scan(chat_of(call), &call->daemon->now, id,
                                   json_string_value(scan));
    }
    if (err == VC_OK) {
        err = vc_chat_safety_number(chat_of(call), id, number);
    }
    if (err == VC_OK) {
        err = vc_chat_safety_code(chat_of(call), id, code);
    }
    if (err == VC_OK) {
        err = give(call, "safety_number", json_string(number));
    }
    if (err == VC_OK) {
        err = give(call, "code", json_string(code));
    }
    return err != VC_OK ? err : give_contact(call, id);
}

static vc_err set_blocked(struct vc_method_call *call, bool is_blocked)
{
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    if (err == VC_OK) {
        err = vc_chat_contact_set_blocked(chat_of(call), &call->daemon->now, id, is_blocked);
    }
    call->is_durable = true;
    return err != VC_OK ? err : give_contact(call, id);
}

static vc_err run_contacts_block(struct vc_method_call *call)
{
    return set_blocked(call, true);
}

static vc_err run_contacts_unblock(struct vc_method_call *call)
{
    return set_blocked(call, false);
}

static vc_err run_contacts_remove(struct vc_method_call *call)
{
    struct vc_chat_keys keys;
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    call->is_durable = true;
    if (err == VC_OK) {
        err = vc_chat_contact_remove(chat_of(call), &call->daemon->now, id);
    }
    if (err != VC_OK) {
        return err;
    }
    vc_chat_keys(chat_of(call), &keys);
    return give(call, "key_turns_at",
                keys.turn_at > call->daemon->now.unix_ms ? vc_shape_time(keys.turn_at)
                                                         : json_null());
}

static vc_err run_contacts_try(struct vc_method_call *call)
{
    uint32_t id;
    vc_err err = vc_method_contact(call, &id);

    if (err == VC_OK) {
        err = vc_chat_contact_try(chat_of(call), &call->daemon->now, id);
    }
    return err != VC_OK ? err : give_contact(call, id);
}

vc_method_fn vc_methods_people(const char *name)
{
    static const struct {
        const char *name;
        vc_method_fn run;
    } methods[] = {
        {"invite.create", run_invite_create},
        {"invite.list", run_invite_list},
        {"invite.revoke", run_invite_revoke},
        {"join.start", run_join_start},
        {"join.list", run_join_list},
        {"join.cancel", run_join_cancel},
        {"contacts.list", run_contacts_list},
        {"contacts.get", run_contacts_get},
        {"contacts.rename", run_contacts_rename},
        {"contacts.verify", run_contacts_verify},
        {"contacts.block", run_contacts_block},
        {"contacts.unblock", run_contacts_unblock},
        {"contacts.remove", run_contacts_remove},
        {"contacts.try", run_contacts_try},
    };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].run;
        }
    }
    return NULL;
}

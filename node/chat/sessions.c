/*
 * End-to-end sessions as the owner sees them: which one there is with a contact, since when and
 * why, and that another began.
 */
#include "node/chat/state.h"

void vc_session_show(const struct vc_chat *chat, const struct vc_now *now,
                     const struct vc_person *person, struct vc_contact *contact)
{
    contact->session = (struct vc_seal_state){.has_session = false};
    /* What cannot be read now is shown as none. */
    if (vc_seal_state(chat->cfg.seal, now, person->row.peer, &contact->session)) {
        contact->is_waiting_for_keys = contact->waiting > 0 &&
                                       !contact->session.has_session &&
                                       !contact->session.has_prekey;
    }
}

bool vc_session_tell(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person)
{
    struct vc_event event = {.kind = VC_EVENT_CONTACT_CHANGED,
                             .change = VC_CHANGE_SESSION,
                             .contact = person->id};
    struct vc_seal_state state;

    /* Those of the first generation come with the contact; both sides may begin one. */
    if (!vc_seal_state(chat->cfg.seal, now, person->row.peer, &state) ||
        !state.has_session || state.generation <= 1 ||
        state.generation <= person->session_told) {
        return true;
    }
    if (vc_room_take(chat, NULL, 1, 64) != VC_OK) {
        return false;
    }
    person->session_told = state.generation;
    vc_event_add(chat, now, &event);
    return true;
}

void vc_sessions_flush(struct vc_chat *chat, const struct vc_now *now)
{
    uint32_t peer;

    while (vc_seal_begun(chat->cfg.seal, &peer)) {
        struct vc_person *person = vc_person_of_peer(chat, peer);

        if (person != NULL && !vc_session_tell(chat, now, person)) {
            vc_chat_chore(chat, person, VC_CHORE_SESSION);
        }
    }
}

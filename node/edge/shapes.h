/*
 * The objects of the control protocol, made from what the machines say.
 *
 * Each gives a new reference, or NULL when memory is short.
 */
#ifndef VC_NODE_EDGE_SHAPES_H
#define VC_NODE_EDGE_SHAPES_H

#include <jansson.h>

#include "node/chat/chat.h"

/* Why something is as it is; JSON null for VC_OK. */
json_t *vc_shape_failure(vc_err err);
/* JSON null for VC_NEVER and 0. */
json_t *vc_shape_time(vc_ms unix_ms);
json_t *vc_shape_hex(const void *bytes, size_t len);
json_t *vc_shape_contact(struct vc_chat *chat, const struct vc_contact *contact);
json_t *vc_shape_message(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_message *message);
json_t *vc_shape_invite(const struct vc_invite_state *invite);
json_t *vc_shape_join(const struct vc_join_state *join);
/* One notification's params for a kept event; JSON null when what it was about is gone. */
json_t *vc_shape_event(struct vc_chat *chat, const struct vc_now *now,
                       const struct vc_event *event);
json_t *vc_shape_presence(struct vc_chat *chat, const struct vc_now *now,
                          const struct vc_chat_output *presence);
const char *vc_shape_state_name(enum vc_message_state state);

#endif

/*
 * What commands tell, as text for a person or as JSON for a program.  A command never
 * prints an object of veched's itself.
 *
 * JSON: one object a line, in the order of the text.  "v" is the version of this form,
 * "kind" says which object of node/CONTROL.md the rest is.
 */
#ifndef VC_CLI_OUTPUT_H
#define VC_CLI_OUTPUT_H

#include "cli/cli.h"

#define VC_OUTPUT_VERSION 1

/* How a check of `veche doctor` or `veche config check` ended. */
enum vc_verdict { VC_VERDICT_OK, VC_VERDICT_WARN, VC_VERDICT_FAIL };

struct vc_check {
    enum vc_verdict verdict;
    const char *name;
    char words[512]; /* what was found; may hold foreign text */
    char hint[256];  /* what to do about it */
};

struct vc_output {
    void (*status)(struct vc_cli *cli, const json_t *status);
    void (*identity)(struct vc_cli *cli, const json_t *status);
    void (*invite)(struct vc_cli *cli, const json_t *invite);
    void (*join)(struct vc_cli *cli, const json_t *join);
    void (*contact)(struct vc_cli *cli, const json_t *contact);
    void (*message)(struct vc_cli *cli, const json_t *message);
    void (*event)(struct vc_cli *cli, const json_t *event);
    void (*check)(struct vc_cli *cli, const struct vc_check *check);
    void (*dht_lookup)(struct vc_cli *cli, const json_t *lookup);
    void (*dht_node)(struct vc_cli *cli, const json_t *node);
    /* A line about how it goes; not for programs, and not with --quiet. */
    void (*note)(struct vc_cli *cli, const char *words);
    void (*failure)(struct vc_cli *cli, const struct vc_control_message *failure);
    /* Anything else that only programs read: takes over @object. */
    void (*object)(struct vc_cli *cli, const char *kind, json_t *object);
};

extern const struct vc_output vc_output_text;
extern const struct vc_output vc_output_json;

/* Formats a note.  The arguments may be foreign: what comes out is escaped. */
void vc_note(struct vc_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A message as text; one of ours names its recipient only when conversations are mixed. */
void vc_text_message(struct vc_cli *cli, const json_t *message, bool with_name);
/* Why a session began, in words. */
const char *vc_text_session_reason(const json_t *session);
void vc_text_event(struct vc_cli *cli, const json_t *event);
/* A line of "name  text", the text escaped. */
void vc_text_row(const char *name, const char *text);
/* The lines of status about the DHT: who is known, what we are there, whether we are found. */
void vc_text_dht(const json_t *dht);
/* How far it is with joining, in one line. */
#define VC_TEXT_DHT_MAX 256
void vc_text_dht_joined(const json_t *dht, char ret_text[VC_TEXT_DHT_MAX]);
void vc_text_dht_lookup(struct vc_cli *cli, const json_t *lookup);
void vc_text_dht_node(struct vc_cli *cli, const json_t *node);

#endif

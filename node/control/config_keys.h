/*
 * The configuration's keys, and the one reader of its text: veched takes its settings and
 * `veche config` checks them with the same table.
 *
 * INI: `key = value` a line, ; or # begin a comment line.  The key log.level is `level` in
 * the section [log], or `log.level` before any section.  Pure: the text is an argument.
 */
#ifndef VC_NODE_CONTROL_CONFIG_KEYS_H
#define VC_NODE_CONTROL_CONFIG_KEYS_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

#define VC_CONFIG_TEXT_MAX 65536 /* bytes of a file: a person wrote it */
#define VC_CONFIG_LINE_MAX 198   /* bytes of a line: what inih takes, with its end */

enum vc_config_type {
    VC_CONFIG_TEXT,
    VC_CONFIG_PATH,    /* absolute */
    VC_CONFIG_ADDRESS, /* what vc_addr_parse() takes */
    VC_CONFIG_PEER,    /* the same, but somebody can be there */
    VC_CONFIG_BOOLEAN, /* yes or no: see vc_config_boolean() */
    VC_CONFIG_CHOICE   /* one of .values */
};

struct vc_config_key {
    const char *name; /* "listen", "log.level" */
    enum vc_config_type type;
    bool is_list;       /* may be given more than once */
    size_t max;         /* bytes of a value */
    const char *values; /* CHOICE: a blank between */
    const char *usual;  /* what holds without it, in words or as a value */
    const char *words;
};

/* Ends with a NULL name. */
extern const struct vc_config_key vc_config_keys[];

/* The places of the keys in the table. */
enum vc_config_place {
    VC_CONFIG_LISTEN,
    VC_CONFIG_SOCKET,
    VC_CONFIG_NAME,
    VC_CONFIG_READ_RECEIPTS,
    VC_CONFIG_LOG_LEVEL,
    VC_CONFIG_NETWORK_ID,
    VC_CONFIG_NETWORK_PRIVATE,
    VC_CONFIG_NETWORK_BOOTSTRAP,
    VC_CONFIG_NETWORK_ROLE,
    VC_CONFIG_KEYS
};

/* What the reader finds.  Strings are borrowed for the call; @words is for a person and
 * may quote the text: escape it. */
struct vc_config_sink {
    void (*on_value)(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value);
    void (*on_fault)(void *ctx, unsigned line, const char *words);
    void *ctx;
};

/*
 * Reads a whole configuration: every good value goes to on_value, every mistake to
 * on_fault with its line (1 is the first).  VC_ERR_CONFIG when there was a mistake.
 */
VC_NODISCARD vc_err vc_config_read(struct vc_bytes text,
                                   const struct vc_config_sink *sink);

/* Is @value a value of the key?  When not, @ret_words says why. */
bool vc_config_value_fits(enum vc_config_place key, const char *value, char *ret_words,
                          size_t room);

/* yes, on, true, 1 and their opposites; false when it is none of them. */
bool vc_config_boolean(const char *value, bool *ret_is_on);

#endif

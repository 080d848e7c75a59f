/*
 * Asking for a passphrase: at the terminal without showing it, or a line of standard input
 * when that is no terminal.  Never from an argument or the environment, which others can see.
 */
#ifndef VC_CLI_ASK_H
#define VC_CLI_ASK_H

#include "cli/cli.h"

/* Secret; wipe it. */
struct vc_asked {
    char text[VC_CONTROL_PASSPHRASE_MAX + 1];
    size_t len;
};

/*
 * Asks with @words.  VC_ERR_LOCKED: nothing was given; VC_ERR_TOO_LONG, VC_ERR_BAD_TEXT,
 * VC_ERR_IO.  A person who interrupts it ends the program, with the terminal as it was.
 */
VC_NODISCARD vc_err vc_ask(const char *words, struct vc_asked *ret_asked);

/* The same for a new one: a person writes it twice.  VC_ERR_USAGE: the two differ. */
VC_NODISCARD vc_err vc_ask_new(struct vc_asked *ret_asked);

/* Is a person there, who can be asked again? */
bool vc_ask_is_person(void);

void vc_asked_wipe(struct vc_asked *asked);

#endif

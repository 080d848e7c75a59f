/*
 * The driver's commands.  Each gets the words behind its name, NULL behind the last of them, and
 * prints "ok" and the answer's words when it gives VC_OK, else nothing.
 */
#ifndef VC_TESTS_VECTORS_DRIVER_COMMANDS_H
#define VC_TESTS_VECTORS_DRIVER_COMMANDS_H

#include "tests/vectors/driver_world.h"

typedef vc_err driver_command(struct world *world, char **words);

/* driver_blind.c */
driver_command driver_blind, driver_blindinvite, driver_blindsign;

/* driver_people.c */
driver_command driver_account, driver_device, driver_prekey, driver_onetime,
    driver_forget;

/* driver_talk.c */
driver_command driver_start, driver_encrypt, driver_decrypt, driver_export,
    driver_import, driver_expire;

#endif

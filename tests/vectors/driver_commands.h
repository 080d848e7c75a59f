/*
 * The commands of drivers that stand in files of their own.
 */
#ifndef VC_TESTS_VECTORS_DRIVER_COMMANDS_H
#define VC_TESTS_VECTORS_DRIVER_COMMANDS_H

#include "tests/vectors/driver_lines.h"

/* driver_blind.c */
driver_command driver_blind, driver_blindinvite, driver_blindsign;

/* driver_people.c */
driver_command driver_account, driver_device, driver_prekey, driver_onetime,
    driver_forget;

/* driver_records.c */
driver_command driver_record, driver_account_record, driver_invite_record;

/* driver_talk.c */
driver_command driver_start, driver_encrypt, driver_decrypt, driver_export,
    driver_import, driver_expire;

#endif

/*
 * The configuration file as the command line sees it: veched is who obeys it.
 */
#ifndef VC_CLI_SETTINGS_H
#define VC_CLI_SETTINGS_H

#include "node/control/config_keys.h"

/*
 * Reads the file into memory of the caller's to free().  VC_ERR_NOT_FOUND, PERMISSION, IO,
 * TOO_LONG: more than VC_CONFIG_TEXT_MAX; NO_MEMORY.
 */
VC_NODISCARD vc_err vc_settings_load(const char *path, char **ret_text,
                                     size_t *ret_len);

/* The value of one key; false when there is no such file or it has no good value. */
bool vc_settings_value(const char *path, enum vc_config_place key, char *ret_value,
                       size_t room);

#endif

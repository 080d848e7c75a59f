/*
 * Where a node's things are: its directory, its socket, its configuration, its log.
 */
#ifndef VC_CLI_PATHS_H
#define VC_CLI_PATHS_H

#include <limits.h>

#include "crypto/base/base.h"
#include "crypto/base/err.h"

/* Bytes of a UNIX socket's path, without its end. */
#define VC_SOCKET_PATH_MAX 107

struct vc_paths {
    char dir[PATH_MAX];
    char socket[PATH_MAX];
    char config[PATH_MAX];
    char log[PATH_MAX]; /* of a veched that `veche up` started */
    bool is_usual;      /* neither a directory nor a socket was named */
};

/*
 * Finds them.  @dir and @socket are what the person said, or NULL.  VC_ERR_USAGE with
 * @ret_detail: no home directory, or a path is too long.
 */
VC_NODISCARD vc_err vc_paths_find(const char *dir, const char *socket,
                                  struct vc_paths *ret_paths, char *ret_detail,
                                  size_t room);

/* The program @name beside this one, or in PATH; false when there is none. */
bool vc_paths_program(const char *name, char ret_path[PATH_MAX]);

#endif

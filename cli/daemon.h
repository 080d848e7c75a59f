/*
 * veched as a process: starting it in the background, and waiting for its end.
 */
#ifndef VC_CLI_DAEMON_H
#define VC_CLI_DAEMON_H

#include "cli/cli.h"

/*
 * Connects to veched, and starts it first when it is not running.  @listen may be NULL.
 * @ret_status is the caller's; *ret_was_running says that nothing had to be started.  When
 * it fails, false: it was said why, and *ret_exit is how to end.
 */
bool vc_daemon_ensure(struct vc_cli *cli, const char *listen, json_t **ret_status,
                      bool *ret_was_running, int *ret_exit);

/* Waits until the process is gone and its socket is dead; false after @wait_ms. */
bool vc_daemon_wait_end(struct vc_cli *cli, int pid_fd, int wait_ms);

/* A descriptor that becomes readable when the process ends, or -1. */
int vc_daemon_watch(int64_t pid);

#endif

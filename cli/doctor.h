/*
 * The checks of `veche doctor`; a bug report has their verdicts too.
 */
#ifndef VC_CLI_DOCTOR_H
#define VC_CLI_DOCTOR_H

#include "cli/output.h"

/* Runs every check, tells each one, and gives the worst verdict. */
enum vc_verdict vc_doctor_run(struct vc_cli *cli,
                              void (*on_check)(struct vc_cli *cli, void *ctx,
                                               const struct vc_check *check),
                              void *ctx);

#endif
